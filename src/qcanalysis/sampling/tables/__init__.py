"""The transcribed tables: their axes, their rows, and what lies on an axis.

Origin and confidence of every file: ``SOURCES.md`` beside this module.
"""

from __future__ import annotations

import csv
import operator
from bisect import bisect
from difflib import get_close_matches
from functools import cache
from pathlib import Path

ISO_2859_1_1999 = "ISO 2859-1:1999"
MIL_STD_105E = "MIL-STD-105E"
STANDARDS = (ISO_2859_1_1999, MIL_STD_105E)
INSPECTION_LEVELS = ("S-1", "S-2", "S-3", "S-4", "I", "II", "III")
SEVERITIES = ("normal", "tightened", "reduced")
SAMPLINGS = ("single", "double", "multiple")
CODE_LETTERS = tuple("ABCDEFGHJKLMNPQR")
AQLS = (
    *(0.010, 0.015, 0.025, 0.040, 0.065),
    *(0.10, 0.15, 0.25, 0.40, 0.65),
    *(1.0, 1.5, 2.5, 4.0, 6.5),
    *(10.0, 15.0, 25.0, 40.0, 65.0),
    *(100.0, 150.0, 250.0, 400.0, 650.0, 1000.0),
)
LARGEST_PERCENT_AQL = 10.0  # above it an AQL counts nonconformities per 100 items

IN_WORDS = (
    "ISO 2859-1:1999 single sampling, and MIL-STD-105E where named; public transcriptions compared "
    "cell by cell. ISO 2859-1:2026 replaces that edition and is not included."
)

Row = dict[str, str]
Cell = tuple[str, str, float]
"""Severity, code letter, AQL [%]."""

_PLAN_FILES = {
    (ISO_2859_1_1999, "single"): "iso2859_1_1999_single.csv",
    (MIL_STD_105E, "single"): "milstd105e_single.csv",
    (MIL_STD_105E, "double"): "milstd105e_double.csv",
    (MIL_STD_105E, "multiple"): "milstd105e_multiple.csv",
}


def printed_aql(aql_percent: float) -> str:
    """AQL with the digits that the standards print.

    Examples
    --------
    >>> [printed_aql(aql) for aql in (0.065, 0.4, 4, 10, 150)]
    ['0.065', '0.40', '4.0', '10', '150']
    """
    decimals = sum(aql_percent < limit for limit in (10, 1, 0.1))
    return f"{aql_percent:.{decimals}f}"


@cache
def rows(file_name: str) -> tuple[Row, ...]:
    """Rows of a table file, as text.

    Examples
    --------
    >>> rows("code_letters.csv")[0]["III"]
    'B'
    """
    with (Path(__file__).parent / file_name).open(encoding="utf-8", newline="") as lines:
        return tuple(csv.DictReader(lines))


@cache
def plan_cells(standard: str, sampling: str) -> dict[Cell, Row]:
    """Rows of a standard's plan table by severity, code letter and AQL.

    Raises
    ------
    ValueError
        If the standard or its table is not transcribed.

    Examples
    --------
    >>> plan_cells("ISO 2859-1:1999", "single")["normal", "F", 1.5]["plan_letter"]
    'G'
    """
    if standard == "ISO 2859-1:2026":
        raise ValueError(
            "standard 'ISO 2859-1:2026' is not transcribed here: use 'ISO 2859-1:1999', name that "
            "edition on the report, and say that a newer one exists"
        )
    check_option("standard", standard, STANDARDS)
    check_option("sampling", sampling, SAMPLINGS)
    if (standard, sampling) not in _PLAN_FILES:
        raise ValueError(
            f"sampling must be 'single' with {standard}, got {sampling!r}: no verified text of its "
            f"double and multiple tables was at hand; use standard={MIL_STD_105E!r} for them"
        )
    return {
        (row["severity"], row["code_letter"], float(row["aql_percent"])): row
        for row in rows(_PLAN_FILES[standard, sampling])
    }


def covers_lot(row: Row, lot_size: int) -> bool:
    """Whether a lot size lies between the ends of a row, both included.

    Examples
    --------
    >>> covers_lot({"lot_size_min": "500001", "lot_size_max": ""}, 10**6)
    True
    """
    largest = row["lot_size_max"]
    return int(row["lot_size_min"]) <= lot_size and (not largest or lot_size <= int(largest))


def checked_lot_size(lot_size: int) -> int:
    """Lot size as a plain int of at least 2 [items].

    Examples
    --------
    >>> checked_lot_size(1)
    Traceback (most recent call last):
    ValueError: lot_size must be at least 2, where the tables start, got 1
    """
    try:
        size = operator.index(lot_size)
    except TypeError:
        raise TypeError(f"lot_size must be a whole number of items, got {lot_size!r}") from None
    if size < 2:
        raise ValueError(f"lot_size must be at least 2, where the tables start, got {lot_size!r}")
    return size


def checked_aql(aql_percent: float, tabulated: tuple[float, ...] = AQLS) -> float:
    """AQL as the float that the tables hold [%].

    Examples
    --------
    >>> checked_aql(3)
    Traceback (most recent call last):
    ValueError: aql_percent must be a tabulated AQL (nearest: 2.5 and 4), got 3
    """
    try:
        aql = float(aql_percent)
    except (TypeError, ValueError):
        raise TypeError(f"aql_percent must be a number in percent, got {aql_percent!r}") from None
    if aql in tabulated:
        return aql
    place = bisect(tabulated, aql)
    nearest = " and ".join(f"{a:g}" for a in tabulated[max(place - 1, 0) : place + 1])
    raise ValueError(f"aql_percent must be a tabulated AQL (nearest: {nearest}), got {aql:g}")


def check_option(name: str, value: str, allowed: tuple[str, ...]) -> None:
    """Refuse a value that is not one of those allowed.

    Examples
    --------
    >>> check_option("severity", "Normal", SEVERITIES)
    Traceback (most recent call last):
    ValueError: severity must be one of normal, tightened, reduced, got 'Normal'; did you mean 'normal'?
    """  # noqa: E501
    if value in allowed:
        return
    by_folded = {option.casefold(): option for option in allowed}
    close = get_close_matches(str(value).casefold(), by_folded, n=1)
    meant = f"; did you mean {by_folded[close[0]]!r}?" if close else ""
    raise ValueError(f"{name} must be one of {', '.join(allowed)}, got {value!r}{meant}")
