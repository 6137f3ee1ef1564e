"""Statements about a record that hold, do not hold, or cannot be assessed, with the reason.

Three-valued throughout: a datum that is not recorded makes a claim unknown, never false,
and the claim names the datum that would settle it.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from qcanalysis.recovery.rows import Row

"""One row of a table: column name to value."""
Relation = Literal["<=", "<", ">=", ">"]

_RELATIONS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "<=": (operator.le, "at most"),
    "<": (operator.lt, "below"),
    ">=": (operator.ge, "at least"),
    ">": (operator.gt, "above"),
}
_LABELS = {
    "visible_seconds": "time until it is seen",
    "fails_within_one_use": "failing within one event cycle",
}
_CONDITION = re.compile(r"\s*([a-z][a-z0-9_]*)\s*(<=|<|>=|>)\s*([0-9]+(?:\.[0-9]+)?)\s*")


@dataclass(frozen=True)
class Claim:
    """A statement with its truth, its reason and what is missing to tell.

    Attributes
    ----------
    holds
        True, False, or None where the record does not tell.
    reason
        The numbers or the missing datum behind it, a clause without a full stop.
    missing
        Columns that would settle a claim that cannot be assessed.

    Examples
    --------
    >>> Claim(None, "illuminance_lux is not recorded", ("illuminance_lux",)).word
    'not assessable'
    """

    holds: bool | None
    reason: str
    missing: tuple[str, ...] = ()

    @property
    def word(self) -> str:
        """The truth in words: yes, no or not assessable."""
        return {True: "yes", False: "no", None: "not assessable"}[self.holds]


def known(row: Row, column: str) -> Any:
    """Value of a cell; None where the cell is empty or the column is not there.

    Examples
    --------
    >>> known({"photo": float("nan")}, "photo") is None
    True
    """
    value = row.get(column)
    is_blank = isinstance(value, str) and not value.strip()
    return None if is_blank or pd.isna(value) else value


def number_text(value: float) -> str:
    """Shortest decimal text of a number, no trailing zeros.

    Examples
    --------
    >>> number_text(2.0), number_text(78.4532)
    ('2', '78.4532')
    """
    return f"{value:.10g}"


def label(column: str) -> str:
    """Column name in words, without its unit.

    Examples
    --------
    >>> label("viewing_distance_cm")
    'viewing distance'
    """
    return _LABELS.get(column) or re.sub("_(mm|cm|um|lux)$", "", column).replace("_", " ")


def compare(row: Row, column: str, relation: Relation, number: float, unit: str = "") -> Claim:
    """Claim that a recorded number is at most, below, at least or above a number.

    Parameters
    ----------
    row, column
        The record and its cell.
    relation, number
        What is claimed of the value.
    unit
        Unit written in the reason.

    Examples
    --------
    >>> compare({"size_mm": 0.06}, "size_mm", ">", 0.05, "mm").reason
    'size is 0.06 mm, above 0.05 mm'
    >>> compare({}, "size_mm", ">", 0.05, "mm").missing
    ('size_mm',)
    """
    value = known(row, column)
    if value is None:
        return Claim(None, f"{label(column)} is not recorded", (column,))
    holds_for, words = _RELATIONS[relation]
    holds = bool(holds_for(float(value), number))
    unit = f" {unit}" if unit else ""
    verb = words if holds else f"not {words}"
    return Claim(
        holds, f"{label(column)} is {number_text(value)}{unit}, {verb} {number_text(number)}{unit}"
    )


def is_word(row: Row, column: str, words: tuple[str, ...]) -> Claim:
    """Claim that a recorded word is one of some words.

    Examples
    --------
    >>> is_word({"packing_mode": "bulk"}, "packing_mode", ("bulk",)).holds
    True
    """
    value = known(row, column)
    if value is None:
        return Claim(None, f"{label(column)} is not recorded", (column,))
    holds = value in words
    said = f"{label(column)} is {label(str(value))}"
    return Claim(holds, said if holds else f"{said}, not {' or '.join(map(label, words))}")


def negation(claim: Claim) -> Claim:
    """Claim that another claim does not hold; unknown stays unknown.

    Examples
    --------
    >>> negation(Claim(True, "packing_mode is bulk")).holds
    False
    """
    holds = None if claim.holds is None else not claim.holds
    return Claim(holds, claim.reason, claim.missing)


def conjunction(*claims: Claim) -> Claim:
    """Claim that all claims hold: one false settles it, else what is missing is listed.

    Examples
    --------
    >>> unknown = Claim(None, "illuminance_lux is not recorded", ("illuminance_lux",))
    >>> conjunction(unknown, Claim(False, "appearance_zone is non_appearance")).holds
    False
    >>> conjunction(unknown, Claim(True, "seen")).missing
    ('illuminance_lux',)
    """
    for truth in (False, None):
        found = [claim for claim in claims if claim.holds is truth]
        if found:
            missing = tuple(dict.fromkeys(name for claim in found for name in claim.missing))
            return Claim(truth, _joined(found), missing)
    return Claim(True, _joined(list(claims)))


def _joined(claims: list[Claim]) -> str:
    return "; ".join(dict.fromkeys(claim.reason for claim in claims))


def condition_claim(condition: str, facts: Row) -> Claim | None:
    """Claim that a condition such as ``card_width_mm <= 90`` holds; None for one in prose.

    Parameters
    ----------
    condition
        Column, one of ``<= < >= >``, number.
    facts
        Record that holds the column, usually a row of ``skus``.

    Examples
    --------
    >>> condition_claim("card_width_mm <= 90", {"card_width_mm": 90.1}).holds
    False
    >>> condition_claim("outside the logo zone", {}) is None
    True
    """
    match = _CONDITION.fullmatch(condition)
    if match is None:
        return None
    column, relation, number = match.groups()
    return compare(facts, column, relation, float(number))  # type: ignore[arg-type]
