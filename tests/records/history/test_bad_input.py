"""Every bad input of a history: a clear line each, the rest goes on."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from tests.records.history.conftest import END, START, WriteHistory, one_inspection

from qcanalysis.records.history import (
    HistoryError,
    HistoryProblem,
    check_history,
    is_history,
    open_history,
)

GOOD = one_inspection(inspection_id="GOOD", lot_id="GOOD", supplier_id="S9")
TODAY = date(2026, 1, 1)


def problems_of(path: Path, rule: str) -> list[HistoryProblem]:
    """Problems of a rule; the good inspection is still used."""
    with open_history(path, today=TODAY) as history:
        assert history.inspected_lots("S9")["inspection_id"].to_list() == ["GOOD"]
        assert all(str(problem) for problem in history.problems)
        return [problem for problem in history.problems if problem.rule == rule]


BAD: list[tuple[str, dict[str, object], str, str]] = [
    ("sample above lot", {"lot_size": 80}, "sample_size", "200 items inspected of a lot of 80"),
    ("count above sample", {"nonconforming_count": 201}, "nonconforming_count", "201"),
    ("fewer defects than items", {"nonconformity_count": 3}, "nonconformity_count", "3"),
    ("Ac not below Re", {"rejection_number": 10}, "acceptance_number", "Ac 10"),
    ("future date", {"inspected_on": "2026-01-02"}, "inspected_on", "2026-01-02"),
    ("not a whole number", {"nonconforming_count": -1}, "nonconforming_count", "'-1'"),
    ("not a whole number", {"lot_size": 0}, "lot_size", "'0'"),
    ("not a whole number", {"lot_size": "8,000"}, "lot_size", "'8,000'"),
    ("not a whole number", {"sample_size": 12.5}, "sample_size", "'12.5'"),
    ("not a number", {"aql_percent": "2.5%"}, "aql_percent", "'2.5%'"),
    ("not a number", {"aql_percent": "nan "}, "aql_percent", "'nan '"),
    ("not a date", {"inspected_on": "05/03/2025"}, "inspected_on", "'05/03/2025'"),
    ("not a date", {"inspected_on": "2025-02-30"}, "inspected_on", "'2025-02-30'"),
    ("not a date", {"inspected_on": "1025-02-20"}, "inspected_on", "'1025-02-20'"),
    ("unknown word", {"defect_class": "Majr"}, "defect_class", "Did you mean 'major'?"),
    ("unknown word", {"severity": "tight"}, "severity", "tightened"),
    ("empty cell", {"supplier_id": None}, "supplier_id", "empty"),
    ("unfit identifier", {"lot_id": " 7"}, "lot_id", "' 7'"),
    ("unfit identifier", {"supplier_id": "1.2E+05"}, "supplier_id", "spreadsheet"),
    ("neither yes nor no", {"is_original_submission": "x"}, "is_original_submission", "'x'"),
    ("control character", {"agency": "a\x07b"}, "agency", "control character"),
]


def test_bad_cells_and_rows_are_listed_and_their_inspections_left_out(
    write_history: WriteHistory,
) -> None:
    rows = [GOOD]
    for number, (_, changes, _, _) in enumerate(BAD):
        name = f"V{number}"
        bad = one_inspection(inspection_id=name, lot_id=name) | changes
        whole = {key: bad[key] for key in ("supplier_id", "inspected_on", "lot_id", "lot_size")}
        sibling = one_inspection(inspection_id=name, defect_class="minor", **whole)
        rows += [bad, sibling]
    with open_history(write_history(inspections=rows), today=TODAY) as history:
        listed = {(p.rule, p.column, p.row): p for p in history.problems}
        assert history.class_counts(START, END)["supplier_id"].to_list() == ["S9"]
        assert history.inspected_lots("S9")["inspection_id"].to_list() == ["GOOD"]
        assert (history.rows, history.rows_unused) == (1, 2 * len(BAD))
        unused = history.unused_rows.groupby("rule")["rows"].sum()
    for number, (rule, _, column, words) in enumerate(BAD):
        problem = listed[rule, column, 3 + 2 * number]
        assert words in str(problem)
        assert (problem.file, problem.severity) == ("inspections.csv", "error")
        assert unused[rule] == 2 * sum(case[0] == rule for case in BAD), rule


def test_a_class_twice_and_rows_that_disagree(write_history: WriteHistory) -> None:
    rows = [
        GOOD,
        one_inspection(),
        one_inspection(nonconforming_count=1),
        one_inspection(inspection_id="V2", defect_class="major"),
        one_inspection(inspection_id="V2", defect_class="minor", lot_id="002"),
    ]
    path = write_history(inspections=rows)
    assert "V1, major stands in 2 rows" in problems_of(path, "class twice")[0].message
    message = problems_of(path, "rows of one inspection disagree")[0].message
    assert message == "the rows of inspection V2 disagree: 001 and 002"


def test_warnings_are_listed_and_their_rows_used(write_history: WriteHistory) -> None:
    rows = [
        GOOD,
        one_inspection(),
        one_inspection(inspection_id="V2"),
        one_inspection(inspection_id="V3", supplier_id="s1", lot_id="9", inspected_on="2025-06-02"),
        one_inspection(inspection_id="V4", lot_id="8", reported_result="not_accepted"),
    ]
    path = write_history(inspections=rows)
    twice = problems_of(path, "lot inspected twice on a day")
    assert [p.message for p in twice] == [
        "lot 001 has 2 original inspections on 2025-03-05; all are used"
    ]
    assert (
        "S1 and s1 differ only in capitals"
        in problems_of(path, "supplier ids differ only in case")[0].message
    )
    assert (
        "by its counts it is accepted"
        in problems_of(path, "reported result contradicts the counts")[0].message
    )
    months = [p.message[-7:] for p in problems_of(path, "missing month")]
    assert months == ["2025-04", "2025-05"]
    with open_history(path) as history:
        assert {p.severity for p in history.problems} == {"warning"}
        assert history.rows_unused == 0
        assert history.lot_counts(START, END)["lots"].to_list() == [3, 1, 1]


def test_a_result_of_the_whole_inspection_does_not_contradict_one_class(
    write_history: WriteHistory,
) -> None:
    rows = [
        GOOD,
        one_inspection(nonconforming_count=11, reported_result="not_accepted"),
        one_inspection(defect_class="minor", reported_result="not_accepted"),
    ]
    path = write_history(inspections=rows)
    assert problems_of(path, "reported result contradicts the counts") == []


def test_findings_of_unknown_and_of_unused_inspections(write_history: WriteHistory) -> None:
    findings = [
        {"inspection_id": name, "defect_code": "scratch", "defect_class": "major", "count": 2}
        for name in ("GOOD", "NONE", "V1")
    ]
    lots = [{"lot_id": "GOOD", "supplier_id": "S9"}, {"lot_id": "X", "supplier_id": "S9"}]
    path = write_history(
        inspections=[GOOD, one_inspection(lot_size=1)], findings=findings, lots=lots
    )
    assert "no inspection NONE" in problems_of(path, "unknown inspection")[0].message
    assert "lot X of supplier S9" in problems_of(path, "lot never inspected")[0].message
    with open_history(path) as history:
        assert history.findings("S9", START, END)["count"].to_list() == [2]
        unused = history.unused_rows.query("table == 'findings'").set_index("rule")["rows"]
    assert unused.to_dict() == {"inspection not used": 1, "unknown inspection": 1}


def test_the_row_said_is_the_row_of_the_file(tmp_path: Path) -> None:
    lines = [
        ",".join(GOOD),
        ",".join(map(str, GOOD.values())),
        "",  # blank
        "a,row,with,too,few",
        ",".join(map(str, one_inspection(inspection_id="V5", lot_size="x").values())),
    ]
    (tmp_path / "inspections.csv").write_text("\n".join(lines) + "\n\n", "utf-8")
    broken = problems_of(tmp_path, "row cannot be taken apart")
    assert [problem.row for problem in broken] == [4]
    assert [problem.row for problem in problems_of(tmp_path, "not a whole number")] == [5]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"\xff\xfea\x00", "text in UTF-16"),
        (b"PK\x03\x04xx", "an Excel workbook"),
        (b"inspection_id;supplier_id\n1;2\n", "separated by semicolons"),
        (b"inspection_id,Inspection_ID\n1,2\n", "names two columns"),
        (b"inspection_id,supplier,inspected_on\n1,2,3\n", "Did you mean 'supplier'?"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_words(
    tmp_path: Path, content: bytes, words: str
) -> None:
    (tmp_path / "inspections.csv").write_bytes(content)
    with pytest.raises(HistoryError) as refused:
        open_history(tmp_path)
    assert any(words in str(problem) for problem in refused.value.problems)
    assert [str(p) for p in check_history(tmp_path)] == [str(p) for p in refused.value.problems]


def test_every_missing_column_is_said_at_once_with_the_line_that_mends_it(
    write_history: WriteHistory,
) -> None:
    row = {"Inspection ID": "1", "supplier_id": "2", "lot size": "3"}
    found = check_history(write_history(inspections=[row]))
    assert len(found) == 6
    advice = {problem.column: problem.advice for problem in found}
    assert advice["lot_size"].endswith("inspections: {columns: {lot_size: lot size}}.")


def test_a_corrupt_parquet_file_is_refused_and_one_of_many_left_out(
    write_history: WriteHistory,
) -> None:
    path = write_history(kind="parquet", inspections=[GOOD])
    whole = (path / "inspections.parquet").read_bytes()
    for content in (
        whole[:100],
        b"",
        whole[:-20] + bytes(20),
        whole[:60] + b"x" * 40 + whole[100:],
    ):
        (path / "inspections.parquet").write_bytes(content)
        with pytest.raises(
            HistoryError, match=r"inspections\.parquet: the Parquet file is damaged"
        ):
            open_history(path)
    (path / "inspections.parquet").unlink()
    (path / "inspections").mkdir()
    (path / "inspections" / "a.parquet").write_bytes(whole)
    (path / "inspections" / "b.parquet").write_bytes(whole[:100])
    damaged = problems_of(path, "damaged file")
    assert [problem.file for problem in damaged] == ["inspections/b.parquet"]
    (path / "findings.parquet").write_bytes(b"PAR1")
    assert len(problems_of(path, "damaged file")) == 2


def test_a_locked_database_is_said_to_be_locked(tmp_path: Path) -> None:
    import duckdb

    path = tmp_path / "history.duckdb"
    frame = pd.DataFrame([GOOD])
    with duckdb.connect(str(path)) as connection:
        connection.register("frame", frame)
        connection.execute("CREATE TABLE inspections AS SELECT * FROM frame")
    assert problems_of(path, "any") == []
    code = f"import duckdb; c = duckdb.connect({str(path)!r}); print('open', flush=True); input()"
    holder = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(HistoryError, match="locked by another program"):
            open_history(path)
    finally:
        holder.communicate("\n")
    path.write_bytes(b"no database")
    with pytest.raises(HistoryError, match="cannot be opened as a DuckDB database"):
        open_history(path)


def test_a_vanished_share_and_an_unknown_address_are_said_without_the_password(
    tmp_path: Path,
) -> None:
    with pytest.raises(HistoryError, match="no such file or folder"):
        open_history(tmp_path / "gone")
    for address in ("ftp://me:pa55word@localhost:1/exports", "nonsense://me:pa55word@x/exports"):
        with pytest.raises(HistoryError, match="exports: it cannot be reached") as refused:
            open_history(address)
        assert "pa55word" not in repr(refused.value)
    with pytest.raises(HistoryError, match="no such file or folder"):
        open_history("memory://nothing/there")


def test_a_share_that_vanishes_while_a_store_is_read(write_history: WriteHistory) -> None:
    import shutil

    from qcanalysis.records.history import write_store

    path = write_history(inspections=[GOOD])
    with open_history(path) as history:
        store = write_store(history, path.parent / "store")
    with open_history(store) as kept:
        shutil.rmtree(store)
        with pytest.raises(HistoryError, match="gone or damaged"):
            kept.class_counts(START, END)
        with pytest.raises(HistoryError, match="gone or damaged"):
            kept.inspected_lots("S9")


HOSTILE = [
    "x" * 300,
    "../../etc",
    "a/b\\c",
    'O\'Neil "Best" Ltd',
    "<img src=x onerror=alert(1)>",
    "two\nlines",
    "a;DROP TABLE rows;--",
    "*?[x]",
    "ümläut 厂",
    "=cmd()",
]


def test_hostile_names_stay_what_they_are(write_history: WriteHistory) -> None:
    ids = [name.replace("\n", " ") for name in HOSTILE]
    visits = [
        one_inspection(supplier_id=name, inspection_id=f"V{number}", lot_id=f"L{number}")
        for number, name in enumerate(ids)
    ]
    suppliers = pd.DataFrame({"supplier_id": ids, "supplier_name": HOSTILE})
    path = write_history("h [a]'*?", inspections=[GOOD, *visits], suppliers=suppliers)
    with open_history(path) as history:
        assert history.problems == []
        named = history.suppliers().set_index("supplier_id")["supplier_name"]
        for supplier_id, name in zip(ids, HOSTILE, strict=True):
            assert named[supplier_id] == name
            assert history.inspected_lots(supplier_id)["lot_id"].to_list() == [
                f"L{ids.index(supplier_id)}"
            ]
        assert len(history.findings(ids[0], START, END)) == 0


def test_many_problems_of_a_rule_are_listed_up_to_a_limit_with_their_number(
    write_history: WriteHistory,
) -> None:
    rows = [GOOD] + [one_inspection(inspection_id=f"V{i}", lot_size=1) for i in range(250)]
    found = problems_of(write_history(inspections=rows), "sample above lot")
    assert len(found) == 201
    assert "50 more of these, 250 in all" in " ".join(problem.message for problem in found)


def test_a_history_is_told_from_a_case(write_history: WriteHistory, tmp_path: Path) -> None:
    assert is_history(write_history(inspections=[GOOD]))
    assert is_history("s3://bucket/history")
    assert not is_history("data/cases/metal-promo")
    assert not is_history(tmp_path)


def test_a_history_without_one_sound_row_still_opens(write_history: WriteHistory) -> None:
    with open_history(write_history(inspections=[one_inspection(lot_size=1)])) as history:
        assert (history.rows, history.rows_unused) == (0, 1)
        assert history.class_counts(START, END).empty
        assert history.lot_counts(START, END).empty
        assert history.first_date is None


def test_a_connection_is_not_used_across_a_fork(write_history: WriteHistory) -> None:
    with open_history(write_history(inspections=[GOOD])) as history:
        before = history.class_counts(START, END)
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(write, str(len(history.class_counts(START, END))).encode())
            os._exit(0)
        os.waitpid(child, 0)
        assert os.read(read, 9) == str(len(before)).encode()
        os.close(read)
        os.close(write)
        assert len(history.class_counts(START, END)) == len(before)
