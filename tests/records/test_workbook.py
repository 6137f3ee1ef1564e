"""The template workbook: made from the schema, whole or not at all, and it reads back."""

import csv
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from qcanalysis.records import check_case, read_case, write_template
from qcanalysis.records.fields import COUNT, FLAG, NUMBER, Kind
from qcanalysis.records.header import read_case_yaml
from qcanalysis.records.schema import TABLES, Column, columns, header_columns


def typed(kind: Kind, text: str) -> object:
    """What a person's spreadsheet would store for the text of a CSV cell."""
    if not text:
        return None
    if kind is COUNT:
        return int(text)
    if kind is NUMBER:
        return float(text)
    return pd.Timestamp(text).to_pydatetime() if kind.name == "date" else text


def fill(sheet: Worksheet, described: dict[str, Column], path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as stream:
        header, *lines = csv.reader(stream)
    places = [list(described).index(name) + 1 for name in header]
    for row, line in enumerate(lines, start=2):
        for place, name, text in zip(places, header, line, strict=True):
            sheet.cell(row, place).value = typed(described[name].kind, text)  # type: ignore[assignment]


def workbook_of(case: Path, target: Path) -> Path:
    """Fill the template by hand, as it were, with the cells of a case folder."""
    write_template(target)
    workbook = load_workbook(target)
    header, problems = read_case_yaml(case / "case.yaml")
    assert problems == []
    keys = [cell.value for cell in workbook["case"]["A"]]
    for key, value in header.values.items():
        column = header_columns()[key]
        if column.kind is FLAG:
            value = "yes" if value else "no"
        elif column.kind.name == "date and time":
            value = value.isoformat()
        workbook["case"].cell(keys.index(key) + 1, 2).value = value
    for name, model in TABLES.items():
        if (case / f"{name}.csv").exists():
            described = {column.name: column for column in columns(model)}
            fill(workbook[name], described, case / f"{name}.csv")
    workbook.save(target)
    return target


@pytest.mark.parametrize("which", ["bare_case", "full_case"])
def test_filled_template_reads_back_the_same(
    which: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    folder: Path = request.getfixturevalue(which)
    path = workbook_of(folder, tmp_path / "filled.xlsx")
    assert check_case(path) == []
    from_book, from_folder = read_case(path), read_case(folder)
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(from_book, name), getattr(from_folder, name))
    for section in ("order", "schedule", "contract", "money", "case_id", "title", "note"):
        assert getattr(from_book, section) == getattr(from_folder, section)
    assert [name for name, _ in from_book.files] == ["filled.xlsx"]


def test_empty_template_says_what_is_still_to_be_filled(tmp_path: Path) -> None:
    problems = check_case(write_template(tmp_path / "empty.xlsx"))
    assert {p.column for p in problems if p.file == "empty.xlsx[case]"} == {
        "case_id", "title", "is_illustrative", "order.quantity",
    }  # fmt: skip
    assert {p.file for p in problems if not p.column} == {
        "empty.xlsx[skus]", "empty.xlsx[inspections]", "empty.xlsx[class_results]",
    }  # fmt: skip


def test_template_has_lists_notes_and_text_columns(tmp_path: Path) -> None:
    workbook = load_workbook(write_template(tmp_path / "t.xlsx"))
    assert workbook.sheetnames == ["read me", "case", *TABLES, "terms"]
    for name, model in TABLES.items():
        sheet = workbook[name]
        assert sheet.freeze_panes == "A2"
        lists = {
            str(rule.sqref).split("2:")[0]: rule.formula1
            for rule in sheet.data_validations.dataValidation
            if rule.type == "list"
        }
        for cell, column in zip(sheet[1], columns(model), strict=True):
            assert cell.value == column.name
            assert column.description in cell.comment.text
            assert column.unit in cell.comment.text
            if column.kind.name == "identifier":
                assert sheet.column_dimensions[cell.column_letter].number_format == "@"
            assert (cell.column_letter in lists) == bool(column.allowed)
            if column.allowed:
                words = workbook["terms"][lists[cell.column_letter].split("!")[1].replace("$", "")]
                assert tuple(word.value for (word,) in words) == column.allowed


def test_template_is_not_written_over_data_unless_told(tmp_path: Path) -> None:
    path = tmp_path / "mine.xlsx"
    path.write_bytes(b"my data")
    with pytest.raises(FileExistsError, match="choose another name"):
        write_template(path)
    assert path.read_bytes() == b"my data"
    write_template(path, overwrite=True)
    assert load_workbook(path).sheetnames[0] == "read me"
    assert [p.name for p in tmp_path.iterdir()] == ["mine.xlsx"]


def test_template_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full_disk)
    with pytest.raises(OSError, match="No space"):
        write_template(tmp_path / "t.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_template_needs_the_right_ending(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"must end in \.xlsx"):
        write_template(tmp_path / "t.csv")
