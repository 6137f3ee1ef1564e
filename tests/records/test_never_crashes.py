"""Whatever the bytes, the reader answers with a case or with problems, never a traceback."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qcanalysis.records import Case, RecordsError, check_case, read_case
from qcanalysis.records.carton_numbers import CartonNumber, CartonRange
from qcanalysis.records.schema import TABLES, columns

BARE = Path(__file__).parents[2] / "data" / "cases" / "metal-promo"
names = st.sampled_from(sorted(TABLES))
hostile = st.sampled_from(
    ["", "0", "007", "-1", "1e9", "1.23E+05", "nan", "=1+1", "<img src=x>", "PSI-1", "major",
     "struck-coin", "9999-12-31", "2026-10-06T17:30+08:00", "2026-10-06T17:30-23:59", "yes",
     "\u202e", "99999999999999999999", '"', "2026-10-05", "1", "5", "200", "defectives", "001"]
)  # fmt: skip
cells = st.one_of(hostile, st.text(max_size=8))


def answer(folder: Path) -> None:
    problems = check_case(folder)
    assert all(problem.message and problem.advice and problem.file for problem in problems)
    if problems:
        with pytest.raises(RecordsError) as caught:
            read_case(folder)
        assert list(caught.value.problems) == problems
    else:
        assert isinstance(read_case(folder), Case)


def in_a_copy(file: str, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(shutil.copytree(BARE, Path(parent, "case")))
        (folder / file).write_bytes(content)
        answer(folder)


@settings(max_examples=60, deadline=None)
@given(names, st.binary(max_size=200))
def test_any_bytes_as_csv(name: str, content: bytes) -> None:
    in_a_copy(f"{name}.csv", content)


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.text(max_size=100).map(str.encode)))
def test_any_bytes_as_case_yaml(content: bytes) -> None:
    in_a_copy("case.yaml", content)


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_as_workbook(content: bytes, is_zip: bool) -> None:
    with tempfile.TemporaryDirectory() as parent:
        path = Path(parent, "case.xlsx")
        path.write_bytes(b"PK\x03\x04" * is_zip + content)
        assert check_case(path)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_cells_under_a_right_header(data: st.DataObject) -> None:
    name = data.draw(names)
    header = [column.name for column in columns(TABLES[name])]
    rows = data.draw(
        st.lists(st.lists(cells, min_size=len(header), max_size=len(header)), max_size=3)
    )
    quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    text = "\n".join([",".join(header), *quoted])
    in_a_copy(f"{name}.csv", text.encode("utf-8", "surrogatepass"))


@given(st.integers(0, 999), st.integers(0, 400), st.sampled_from(["", "K-", "7/"]))
def test_carton_range_holds_exactly_its_cartons(first: int, extra: int, prefix: str) -> None:
    start = f"{prefix}{first:04d}"
    number = CartonNumber.parse(start)
    assert number is not None
    cartons = CartonRange.parse(start, number.written(first + extra))
    assert cartons is not None
    assert len(cartons) == extra + 1
    assert start in cartons
    assert number.written(first + extra) in cartons
    assert number.written(first + extra + 1) not in cartons
    assert f"{prefix}{first}" not in cartons or len(str(first)) == 4
