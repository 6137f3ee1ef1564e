"""Copies of the bundled cases that a test may spoil."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

CASES = Path(__file__).parents[2] / "data" / "cases"


@pytest.fixture
def bare_case(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CASES / "metal-promo", tmp_path / "metal-promo"))


@pytest.fixture
def full_case(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CASES / "metal-promo-illustrative", tmp_path / "illustrative"))


@pytest.fixture
def edit(full_case: Path) -> Callable[[str, int, str, str], Path]:
    """Set one cell, by the row a spreadsheet shows; the column is added when it is not there."""

    def set_cell(table: str, row: int, column: str, value: str) -> Path:
        path = full_case / f"{table}.csv"
        with path.open(encoding="utf-8", newline="") as stream:
            lines = list(csv.reader(stream))
        if column not in lines[0]:
            lines = [[*lines[0], column], *([*line, ""] for line in lines[1:])]
        lines[row - 1][lines[0].index(column)] = value
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows(lines)
        return full_case

    return set_cell
