"""Sampling plans as the standards tabulate them, looked up cell by cell.

The tables lie in ``tables/`` with their origin in ``tables/SOURCES.md``. Arrows
are resolved there: every cell holds the plan that is to be used.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from qcanalysis.sampling.plan import SamplingPlan
from qcanalysis.sampling.tables import (
    AQLS,
    CODE_LETTERS,
    INSPECTION_LEVELS,
    ISO_2859_1_1999,
    LARGEST_PERCENT_AQL,
    SEVERITIES,
    Cell,
    Row,
    check_option,
    checked_aql,
    checked_lot_size,
    covers_lot,
    plan_cells,
    rows,
)


@dataclass(frozen=True, kw_only=True)
class TabulatedPlan:
    """One cell of a standard's table: the plan that it prints or points to.

    Parameters
    ----------
    standard, severity, code_letter, aql_percent
        Where the cell stands.
    sampling
        What the plan really is: "single", "double" or "multiple".
    plan_letter
        Code letter whose plan is used; another than ``code_letter`` where an
        arrow was followed ("S" only from Q and R, tightened, AQL 0.025).
    plan
        The plan exactly as tabulated, whatever the lot size.
    confidence
        How well the transcriptions agree on the cell; see ``tables/SOURCES.md``.
    note
        What a reader of the plan has to know, or "".
    """

    standard: str
    severity: str
    sampling: str
    code_letter: str
    aql_percent: float
    plan_letter: str
    plan: SamplingPlan
    confidence: str
    note: str

    @property
    def is_own_row(self) -> bool:
        """Whether the plan is printed in the letter's own row: no arrow was followed."""
        return self.plan_letter == self.code_letter


@dataclass(frozen=True, kw_only=True)
class StandardPlan(TabulatedPlan):
    """The tabulated plan of one lot, made by `lookup_plan`.

    Parameters
    ----------
    lot_size
        Items in the lot.
    inspection_level
        "S-1" to "S-4", "I", "II" or "III".
    """

    lot_size: int
    inspection_level: str

    @property
    def inspects_all(self) -> bool:
        """Whether the (first) sample takes in the whole lot; Ac and Re stay as tabulated."""
        return self.plan.sample_sizes[0] >= self.lot_size


def lookup_plan(
    lot_size: int,
    aql_percent: float,
    *,
    inspection_level: str = "II",
    severity: str = "normal",
    standard: str = ISO_2859_1_1999,
    sampling: str = "single",
) -> StandardPlan:
    """Plan that a standard tabulates for a lot.

    Parameters
    ----------
    lot_size
        Items in the lot, at least 2.
    aql_percent
        Tabulated AQL: percent nonconforming up to 10, nonconformities per 100
        items throughout and alone above 10.
    inspection_level
        "S-1" to "S-4", "I", "II" or "III".
    severity
        "normal", "tightened" or "reduced".
    standard
        "ISO 2859-1:1999" or "MIL-STD-105E".
    sampling
        "single", or with MIL-STD-105E also "double" and "multiple". Where that
        standard prints no such plan, the result is the plan it prints instead:
        ``sampling`` and ``note`` of the result say so.

    Returns
    -------
    The plan as tabulated, arrows followed, with the cell it came from.

    Raises
    ------
    ValueError, TypeError
        If the tables have no such lot size, AQL, level, severity, standard or
        sampling; the message names the nearest that they have.

    References
    ----------
    ISO 2859-1:1999, tables 1 and 2-A to 2-C; MIL-STD-105E, tables I to IV-C.

    Examples
    --------
    >>> lookup_plan(20_000, 2.5).plan, lookup_plan(20_000, 4.0).plan   # requirements T1
    (SamplingPlan(315 14/15), SamplingPlan(315 21/22))
    >>> lookup_plan(5_000, 1.5, standard="MIL-STD-105E", sampling="double").plan
    SamplingPlan(125 3/7; 125 8/9)
    """
    size = checked_lot_size(lot_size)
    cell = tabulated_plan(
        code_letter(size, inspection_level),
        aql_percent,
        severity=severity,
        standard=standard,
        sampling=sampling,
    )
    return StandardPlan(lot_size=size, inspection_level=inspection_level, **vars(cell))


def tabulated_plan(
    code_letter: str,
    aql_percent: float,
    *,
    severity: str = "normal",
    standard: str = ISO_2859_1_1999,
    sampling: str = "single",
) -> TabulatedPlan:
    """Plan in the cell of a code letter and an AQL, arrows followed.

    Takes and raises what `lookup_plan` does, with the letter in place of the lot.

    Examples
    --------
    >>> cell = tabulated_plan("F", 1.5)
    >>> cell.plan, cell.plan_letter, cell.is_own_row
    (SamplingPlan(32 1/2), 'G', False)
    """
    check_option("code_letter", code_letter, CODE_LETTERS)
    check_option("severity", severity, SEVERITIES)
    key = (severity, code_letter, checked_aql(aql_percent))
    return _cell(key, standard, sampling)


def tabulated_plans(
    standard: str = ISO_2859_1_1999,
    *,
    sampling: str = "single",
    severities: tuple[str, ...] = SEVERITIES,
) -> tuple[TabulatedPlan, ...]:
    """All cells of a standard's tables: severity, then code letter, then AQL.

    Examples
    --------
    >>> len(tabulated_plans()), len(tabulated_plans(severities=("normal",)))
    (1248, 416)
    """
    return tuple(
        tabulated_plan(letter, aql, severity=severity, standard=standard, sampling=sampling)
        for severity in severities
        for letter in CODE_LETTERS
        for aql in AQLS
    )


def plans_with_acceptance_number(
    acceptance_number: int,
    *,
    standard: str = ISO_2859_1_1999,
    severities: tuple[str, ...] = SEVERITIES,
) -> tuple[TabulatedPlan, ...]:
    """Single plans printed with a given acceptance number, each in its own row.

    Cells that only point to such a plan are left out.

    Examples
    --------
    Requirements T1: no tightened plan accepts on 10.

    >>> plans_with_acceptance_number(10, severities=("tightened",))
    ()
    >>> [(c.code_letter, c.aql_percent) for c in plans_with_acceptance_number(
    ...     5, severities=("normal",)) if c.code_letter in "JKLM"]
    [('J', 2.5), ('K', 1.5), ('L', 1.0), ('M', 0.65)]
    """
    return tuple(
        cell
        for cell in tabulated_plans(standard, severities=severities)
        if cell.is_own_row and cell.plan.acceptance_number == acceptance_number
    )


def code_letter(lot_size: int, inspection_level: str = "II") -> str:
    """Sample size code letter of a lot (ISO 2859-1:1999 table 1, MIL-STD-105E table I).

    Examples
    --------
    >>> code_letter(10_000), code_letter(10_001), code_letter(10_001, "III")
    ('L', 'M', 'N')
    """
    size = checked_lot_size(lot_size)
    check_option("inspection_level", inspection_level, INSPECTION_LEVELS)
    return next(row[inspection_level] for row in rows("code_letters.csv") if covers_lot(row, size))


def lot_sizes(code_letter: str, inspection_level: str = "II") -> tuple[int, int | None] | None:
    """Smallest and largest lot size with a code letter at an inspection level.

    Returns
    -------
    Both ends included [items]; None for the largest where the range is open, None
    alone where no lot size has the letter.

    Examples
    --------
    >>> lot_sizes("M"), lot_sizes("Q"), lot_sizes("R")
    ((10001, 35000), (500001, None), None)
    """
    check_option("code_letter", code_letter, CODE_LETTERS)
    check_option("inspection_level", inspection_level, INSPECTION_LEVELS)
    ranges = [row for row in rows("code_letters.csv") if row[inspection_level] == code_letter]
    if not ranges:
        return None
    largest = ranges[-1]["lot_size_max"]
    return int(ranges[0]["lot_size_min"]), int(largest) if largest else None


def next_tighter_aql(aql_percent: float) -> float | None:
    """Next smaller tabulated AQL [%], or None below the smallest.

    Examples
    --------
    >>> next_tighter_aql(2.5), next_tighter_aql(0.01)
    (1.5, None)
    """
    place = AQLS.index(checked_aql(aql_percent))
    return AQLS[place - 1] if place else None


@cache
def _cell(key: Cell, standard: str, asked: str) -> TabulatedPlan:
    severity, letter, aql = key
    row = asked_row = plan_cells(standard, asked)[key]
    sampling, notes = asked, [row["note"]]
    while (printed := row.get("sampling", "single")) != sampling:
        notes += [f"the standard prints no {sampling} plan here: use {printed} sampling"]
        row, sampling = plan_cells(standard, printed)[key], printed
        notes += [row["note"]]
    if aql > LARGEST_PERCENT_AQL:
        notes += ["AQLs above 10 count nonconformities per 100 items, not percent nonconforming"]
    return TabulatedPlan(
        standard=standard,
        severity=severity,
        sampling=sampling,
        code_letter=letter,
        aql_percent=aql,
        plan_letter=row["plan_letter"],
        plan=_plan(row),
        confidence=asked_row["confidence"],
        note="; ".join(filter(None, notes)),
    )


def _plan(row: Row) -> SamplingPlan:
    return SamplingPlan(
        sample_sizes=tuple(map(int, row["sample_sizes"].split())),
        acceptance_numbers=tuple(
            None if ac == "#" else int(ac) for ac in row["acceptance_numbers"].split()
        ),
        rejection_numbers=tuple(map(int, row["rejection_numbers"].split())),
    )
