"""Files and cells that are not what they should be: each with its message, place and advice."""

import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from qcanalysis.records import Problem, check_case

Edit = Callable[[str, int, str, str], Path]


def first(problems: list[Problem]) -> Problem:
    assert problems
    return problems[0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf \n", "empty"),
        (b"\nsku,quantity\n", "row 1 is empty"),
        (b"PK\x03\x04rest", "Excel workbook or other zip"),
        (b"\xd0\xcf\x11\xe0rest", "old Excel workbook"),
        (b"%PDF-1.7 ...", "a PDF document"),
        ("sku,quantity\nPIN,8000\n".encode("utf-16"), "UTF-16"),
        (b"sku,quantity\nPI\x00N,8000\n", "NUL bytes"),
        (b"sku;quantity\nPIN;8000\n", "separated by semicolons"),
        (b"sku\tquantity\nPIN\t8000\n", "separated by tabs"),
        (b'sku,quantity\n"PIN,8000\n', "cannot be taken apart"),
        (b"sku,quantity\nPIN,8000,9\n", "the row has 3 cells and the header 2"),
        (b"sku,quantity\nPIN\n", "the row has 1 cells and the header 2"),
        (b"sku,quantity,quantity\nPIN,1,1\n", "the column occurs twice"),
        (b"sku,quantity,\nPIN,1,2\n", "column 3 holds values and has no name"),
        (b"sku\nPIN\n", "a column that is needed is missing"),
        (b"sku,Quantity\nPIN,1\n", "'Quantity' is not a known column"),
        (b"sku,quantity\n", "the table has no rows"),
        ("sku,quantity,description\nA,1,\u00e9mail\n".encode("cp1252"), "no UTF-8"),
    ],
)
def test_csv_that_is_not_what_its_ending_says(bare_case: Path, content: bytes, words: str) -> None:
    (bare_case / "skus.csv").write_bytes(content)
    own = [p for p in check_case(bare_case) if p.file == "skus.csv" and words in p.message]
    assert own, "\n".join(map(str, check_case(bare_case)))
    assert own[0].advice.endswith((".", "?"))


def test_mixed_encodings_name_row_and_column(bare_case: Path) -> None:
    utf8 = "émail doux".encode()
    cp1252 = "émail doux".encode("cp1252")
    (bare_case / "skus.csv").write_bytes(
        b"sku,quantity,description\nA,10000," + utf8 + b"\nB,10000," + cp1252 + b"\n"
    )
    problem = first(check_case(bare_case))
    assert (problem.file, problem.row, problem.column) == ("skus.csv", 3, "description")
    assert "UTF-8 in other rows" in problem.message
    assert "'émail doux'" in problem.message


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"sku,quantity\nA,1,2\n"])
def test_refused_file_brings_no_follow_up_problems(full_case: Path, content: bytes) -> None:
    (full_case / "skus.csv").write_bytes(content)
    (full_case / "units.csv").write_bytes(b"")
    assert [p.file for p in check_case(full_case)] == ["skus.csv", "units.csv"]


def test_byte_order_mark_and_line_break_in_a_cell_are_fine(bare_case: Path) -> None:
    path = bare_case / "findings.csv"
    text = path.read_text().replace("by strokes under 0.30 mm", '"by strokes\nunder 0.30 mm"')
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert check_case(bare_case) == []


def test_row_is_the_one_a_spreadsheet_shows_below_a_line_break_and_a_blank_line(
    bare_case: Path,
) -> None:
    (bare_case / "skus.csv").write_text(
        'sku,quantity,description\nA,10000,"two\nlines"\n\nB,ten thousand,\n'
    )
    assert first(check_case(bare_case)).row == 4


@pytest.mark.parametrize(
    ("table", "column", "value", "words", "advice"),
    [
        ("class_results", "defect_class", "majr", "not a word allowed", "Did you mean 'major'?"),
        ("class_results", "defect_class", "Major", "not a word allowed", "Did you mean 'major'?"),
        ("findings", "appearance_zone", "front", "not a word allowed", "zero_defect"),
        ("class_results", "found", "7.0", "not a whole number", "digits only"),
        ("class_results", "found", "-7", "not a whole number", "digits only"),
        ("class_results", "found", "n/a", "not a whole number", "leave the cell empty"),
        ("class_results", "found", "9" * 400, "not a whole number", "digits only"),
        ("class_results", "sample_size", "0", "0 is not possible", "real count"),
        ("class_results", "aql_percent", "2,5", "not a number", "decimal point"),
        ("class_results", "aql_percent", "2.5%", "not a number", "percent sign"),
        ("class_results", "aql_percent", "nan", "not a number", "decimal point"),
        ("class_results", "aql_percent", "1e999", "not a number", "decimal point"),
        ("class_results", "aql_percent", "0", "not above zero", "above 0"),
        ("skus", "unit_price", "-1", "below zero", "0 or more"),
        ("inspections", "inspected_on", "05/10/2026", "not a date", "2026-10-05"),
        ("inspections", "inspected_on", "2026-02-30", "not a date", "2026-10-05"),
        ("inspections", "inspected_on", "0206-10-05", "not a date", "2026-10-05"),
        ("inspections", "reported_at", "2026-10-06T17:30", "no time zone", "+08:00"),
        ("inspections", "reported_at", "2026-10-06", "not a date and time", "+08:00"),
        ("inspections", "golden_sample_compared", "maybe", "neither yes nor no", "yes or no"),
        ("payments", "currency", "usd", "not a currency code", "USD"),
        ("lots", "lot_id", "1.23E+05", "spreadsheet turned into a number", "Text"),
        ("lots", "lot_id", "00123.0", "spreadsheet turned into a number", "Text"),
        ("lots", "lot_id", "001 ", "does not belong to an identifier", "Write '001'."),
        ("skus", "description", "pin\x07", "control character", "Delete"),
        ("skus", "quantity", "", "must be filled", "Enter the pieces ordered [pieces]."),
    ],
)
def test_cell_that_cannot_be_read(
    edit: Edit, table: str, column: str, value: str, words: str, advice: str
) -> None:
    problems = check_case(edit(table, 2, column, value))
    own = [p for p in problems if p.file == f"{table}.csv" and p.column == column]
    assert own[0].row == 2
    assert words in own[0].message
    assert advice in own[0].advice


def test_batch_number_with_an_e_in_it_is_no_number(edit: Edit) -> None:
    assert check_case(edit("cartons", 2, "plating_batch", "12E5")) == []


def test_unknown_columns_and_files_are_named_with_the_nearest_known(bare_case: Path) -> None:
    (bare_case / "finding.csv").write_text("finding_id\nF1\n")
    (bare_case / "units.xlsx").write_bytes(b"PK\x03\x04")
    (bare_case / "photo.jpg").write_bytes(b"\xff\xd8")
    problems = check_case(bare_case)
    assert [p.file for p in problems] == ["finding.csv", "units.xlsx"]
    assert "'findings.csv'" in problems[0].advice
    assert "'units.csv'" in problems[1].advice


def test_path_that_is_no_case(tmp_path: Path) -> None:
    assert "no such file" in first(check_case(tmp_path / "none")).message
    (tmp_path / "skus.csv").write_text("sku,quantity\nPIN,1\n")
    assert "not a .csv file" in first(check_case(tmp_path / "skus.csv")).message
    (tmp_path / "empty").mkdir()
    problems = check_case(tmp_path / "empty")
    assert [p.file for p in problems] == [
        "case.yaml", "skus.csv", "inspections.csv", "class_results.csv",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "row", "column", "words"),
    [
        ("case_id: metal-promo", "case_id: 00123", 1, "case_id", "without quotes is not text"),
        ("case_id: metal-promo", "case_id: no", 1, "case_id", "without quotes is not text"),
        ("case_id: metal-promo", "case_id:", 1, "case_id", "must be filled"),
        ("case_id: metal-promo", "case_id: [a, b]", 1, "", "one value is expected"),
        ("case_id: metal-promo", "case_id: 'open", 1, "", "not valid YAML"),
        ("case_id: metal-promo", "\tcase_id: x", 1, "", "not valid YAML"),
        ("case_id: metal-promo", "case_ID: x", 1, "case_ID", "not a known key"),
        ("quantity: 20000", "quantity: 20_000", 9, "order.quantity", "not a whole number"),
        ("quantity: 20000", "quantity: 020000", 9, "order.quantity", "not a whole number"),
        ("quantity: 20000", "quantity: 5:33:20", 9, "order.quantity", "not a whole number"),
        ("quantity: 20000", "quantity: 20000\n  quantity: 1", 10, "order.quantity", "occurs twice"),
        ("is_packed: yes", "is_packed: perhaps", 10, "order.is_packed", "neither yes nor no"),
        ("order:\n", "order: 5\nmoney2:\n", 7, "", "order is a section"),
    ],
)
def test_case_yaml_says_no_more_and_no_less_than_it_holds(
    bare_case: Path, old: str, new: str, row: int, column: str, words: str
) -> None:
    path = bare_case / "case.yaml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    own = [p for p in check_case(bare_case) if words in p.message]
    assert own, "\n".join(map(str, check_case(bare_case)))
    assert (own[0].file, own[0].column) == ("case.yaml", column)
    assert own[0].row == row or "valid YAML" in words
    assert own[0].advice


@pytest.mark.parametrize(
    "content",
    [b"", b"- a\n- b\n", b"just text", b"a: !!python/object/apply:os.system [echo]\n",
     b"a: \xff\n", b"[" * 20_000, b"a: &x [*x]\n", b"a: 1\n---\nb: 2\n", b"? [a]\n: b\n",
     b"a: \x01"],
)  # fmt: skip
def test_case_yaml_that_is_no_header_is_refused(bare_case: Path, content: bytes) -> None:
    (bare_case / "case.yaml").write_bytes(content)
    assert first(check_case(bare_case)).file == "case.yaml"


def book(path: Path, **sheets: list[list[object]]) -> Path:
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(row)
    workbook.save(path)
    return path


def small_book(path: Path, sku: object = "00123", quantity: object = 20, **more: object) -> Path:
    header = [["key", "value"], ["case_id", "x"], ["title", "y"], ["is_illustrative", "no"],
              ["order.quantity", 20]]  # fmt: skip
    sheets: dict[str, list[list[object]]] = {
        "case": header,
        "skus": [["sku", "quantity"], [sku, quantity]],
        "inspections": [["inspection_id", "inspected_on"], ["I1", more.get("day")]],
        "class_results": [["inspection_id", "defect_class", "found"], ["I1", "major", 1]],
    }
    return book(path, **sheets)


def test_small_workbook_is_a_case(tmp_path: Path) -> None:
    assert check_case(small_book(tmp_path / "case.xlsx")) == []


def test_identifier_that_a_spreadsheet_stored_as_a_number_is_refused(tmp_path: Path) -> None:
    problem = first(check_case(small_book(tmp_path / "case.xlsx", sku=123)))
    assert (problem.file, problem.row, problem.column) == ("case.xlsx[skus]", 2, "sku")
    assert "leading zeros may be lost" in problem.message
    assert "Text" in problem.advice


def test_identifier_that_a_spreadsheet_turned_into_a_date_is_refused(tmp_path: Path) -> None:
    path = small_book(tmp_path / "case.xlsx", sku=datetime(2026, 3, 4))
    assert "the spreadsheet changed what was typed" in first(check_case(path)).message


def test_dates_of_a_workbook_are_read_and_times_of_day_in_them_refused(tmp_path: Path) -> None:
    assert check_case(small_book(tmp_path / "a.xlsx", day=datetime(2026, 10, 5))) == []
    problem = first(check_case(small_book(tmp_path / "b.xlsx", day=datetime(2026, 10, 5, 9, 30))))
    assert problem.column == "inspected_on"
    assert "not a date" in first(check_case(small_book(tmp_path / "c.xlsx", day=46000))).message


def test_formula_is_never_run_and_refused_without_a_stored_value(tmp_path: Path) -> None:
    problem = first(check_case(small_book(tmp_path / "case.xlsx", quantity="=10+10")))
    assert (problem.row, problem.column) == (2, "quantity")
    assert "formula with no stored value" in problem.message
    assert "paste it as a value" in problem.advice


def test_spreadsheet_error_is_refused(tmp_path: Path) -> None:
    messages = [p.message for p in check_case(small_book(tmp_path / "c.xlsx", quantity="#REF!"))]
    assert any("spreadsheet error #REF!" in message for message in messages)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"sku,quantity\n", "not an Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old .xls workbook or protected"),
        (b"PK\x03\x04 no zip at all", "not an Excel workbook"),
    ],
)
def test_xlsx_that_is_not_what_its_ending_says(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "case.xlsx"
    path.write_bytes(content)
    assert words in first(check_case(path)).message


def test_damaged_workbook_and_unpacking_bomb_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "case.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<broken")
    assert "damaged" in first(check_case(path)).message
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", b"0" * (201 * 2**20))
    assert "unpacks to 201 MB" in first(check_case(path)).message


def test_sheet_that_reaches_to_the_end_of_the_world_is_refused(tmp_path: Path) -> None:
    path = small_book(tmp_path / "case.xlsx")
    workbook = load_workbook(path)
    workbook["skus"].cell(1_048_576, 200, "x")
    workbook.save(path)
    assert "mostly empty" in first(check_case(path)).message


def test_unknown_sheet_is_refused_and_an_empty_one_is_not(tmp_path: Path) -> None:
    path = small_book(tmp_path / "case.xlsx")
    workbook = load_workbook(path)
    workbook.create_sheet("Sheet1")
    workbook.create_sheet("finding")["A1"] = "finding_id"
    workbook.save(path)
    problems = check_case(path)
    assert [p.file for p in problems] == ["case.xlsx[finding]"]
    assert "'findings'" in problems[0].advice
