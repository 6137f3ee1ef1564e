"""Measured values against the specification: conforms, does not conform, cannot tell.

Terms of ISO 3534-2: a value conforms when it lies inside the specification limits, the limits
themselves included unless the line words them "under" or "above" (`limits_conform` no).
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from decimal import Context, Decimal
from typing import Literal

import pandas as pd

from qcanalysis.recovery.rows import Row, rows_of
from qcanalysis.recovery.triage.claims import condition_claim, known, number_text

Verdict = Literal["conforms", "does not conform", "cannot tell"]

_FACTORS: dict[str, tuple[str, Decimal]] = {
    "µm": ("length", Decimal("0.001")),
    "mm": ("length", Decimal(1)),
    "cm": ("length", Decimal(10)),
    "m": ("length", Decimal(1000)),
    "in": ("length", Decimal("25.4")),
    "N": ("force", Decimal(1)),
    "kgf": ("force", Decimal("9.80665")),
    "lbf": ("force", Decimal("4.4482216152605")),
    "g": ("mass", Decimal("0.001")),
    "kg": ("mass", Decimal(1)),
}
_SPELLINGS = {"um": "µm", "\u03bcm": "µm"}
_COUNT_UNITS = ("marks", "count")
_CYCLE_UNITS = ("cycles",)
_LEAST_DIGITS = 4


class _CannotTellError(Exception):
    """A value cannot be judged; the message says which datum would settle it."""


@dataclass(frozen=True)
class Conformity:
    """Judgement of one value against one specification line.

    Attributes
    ----------
    verdict
        ``conforms``, ``does not conform`` or ``cannot tell``.
    limit
        Limits in words, in the unit of the value; empty where there are none.
    margin
        Distance to the nearest limit [unit of the value]: below 0 outside, 0 on the limit.
    reason
        A sentence with both numbers, or the datum that would settle it.
    """

    verdict: Verdict
    limit: str
    margin: float | None
    reason: str


@dataclass(frozen=True)
class _Bound:
    """One limit in the unit of the value: sign +1 for an upper limit, -1 for a lower one."""

    sign: int
    limit: Decimal
    is_inclusive: bool

    def margin(self, value: Decimal) -> Decimal:
        return self.limit - value if self.sign > 0 else value - self.limit

    def admits(self, value: Decimal) -> bool:
        margin = self.margin(value)
        return margin > 0 or (margin == 0 and self.is_inclusive)

    @property
    def words(self) -> str:
        inclusive, exclusive = ("at most", "under") if self.sign > 0 else ("at least", "above")
        return f"{inclusive if self.is_inclusive else exclusive} {number_text(float(self.limit))}"


def convert(value: float, unit: str, to_unit: str) -> float:
    """Value in another unit of the same kind.

    Parameters
    ----------
    value
        Finite number [unit].
    unit, to_unit
        Length µm mm cm m in, force N kgf lbf, or mass g kg; ``um`` is read as µm.

    Raises
    ------
    ValueError
        If a unit is not known or the two measure different things.

    References
    ----------
    1 kgf = 9.80665 N, 1 in = 25.4 mm, 1 lb = 0.45359237 kg, all exact (NIST SP 811, B.8).

    Examples
    --------
    >>> round(convert(8, "kgf", "N"), 2)
    78.45
    >>> convert(150, "µm", "mm")
    0.15
    """
    if not math.isfinite(value):
        raise ValueError(f"value must be a finite number, got {value!r}")
    return float(_exact(value) * _factor(unit, to_unit))


def judge_value(value: float, unit: str, line: Row, *, facts: Row | None = None) -> Conformity:
    """Judgement of one value by one specification line.

    A value in marks is judged by the line's ``max_count``, one in cycles by its ``test_cycles``,
    any other by its lower and upper limit. A limit in another unit is converted and rounded to
    the digits of the value or the limit, four at least, as a gauge shows it.

    Parameters
    ----------
    value, unit
        What was measured.
    line
        Row of the table ``specification``. A ``condition`` such as ``card_width_mm <= 90`` is
        looked up in `facts`; one in prose is taken to apply, and the reason says so.
    facts
        Row of the table ``skus``.

    Examples
    --------
    >>> hairline = {"upper_limit": 2.0, "limits_conform": False, "unit": "mm", "max_count": 3}
    >>> judge_value(2.0, "mm", hairline).reason
    '2 mm is not under 2 mm.'
    >>> judge_value(3, "marks", hairline).verdict
    'conforms'
    >>> judge_value(78.45, "N", {"lower_limit": 8, "unit": "kgf"}).margin
    0.0
    """
    unit = unit.strip()
    try:
        assumption = _applies(line, facts or {})
        measured = _measured(value)
        bounds = _bounds(line, measured, unit)
    except _CannotTellError as why:
        return Conformity("cannot tell", "", None, f"{why}.")
    nearest = min(bounds, key=lambda bound: (bound.admits(measured), bound.margin(measured)))
    holds = nearest.admits(measured)
    limit = " and ".join(bound.words for bound in bounds) + f" {unit}"
    shown = f"{number_text(float(value))} {unit} is {'' if holds else 'not '}"
    return Conformity(
        verdict="conforms" if holds else "does not conform",
        limit=limit,
        margin=float(nearest.margin(measured)),
        reason=f"{shown}{limit if holds else nearest.words + ' ' + unit}{assumption}.",
    )


def judge_measurements(
    measurements: pd.DataFrame,
    specification: pd.DataFrame,
    skus: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Judgement of each measurement by the specification line it names.

    Parameters
    ----------
    measurements, specification, skus
        Tables of the records; `skus` is needed for lines with a condition.

    Returns
    -------
    Frame, a row a measurement in the given order: ``inspection_id``, ``sku``, ``sample_id``,
    ``spec_id``, ``characteristic``, ``value``, ``unit``, ``verdict``, ``limit``, ``margin``,
    ``reason``, ``defect_class`` (class of a breach, by the line), ``source``.

    Examples
    --------
    >>> lines = pd.DataFrame({"spec_id": ["S1"], "lower_limit": [-1.0], "upper_limit": [1.0],
    ...                       "unit": ["mm"], "defect_class": ["major"]})
    >>> posts = pd.DataFrame({"spec_id": ["S1", "S1"], "value": [1.0, 1.01], "unit": "mm"})
    >>> judge_measurements(posts, lines)["verdict"].tolist()
    ['conforms', 'does not conform']
    """
    lines = {known(line, "spec_id"): line for line in rows_of(specification)}
    facts = {} if skus is None else {known(row, "sku"): row for row in rows_of(skus)}
    judged = [
        _judged(row, lines.get(known(row, "spec_id")), facts.get(known(row, "sku"), {}))
        for row in rows_of(measurements)
    ]
    return pd.DataFrame(judged, columns=_COLUMNS)


_COLUMNS = [
    *("inspection_id", "sku", "sample_id", "spec_id", "characteristic", "value", "unit"),
    *("verdict", "limit", "margin", "reason", "defect_class", "source"),
]


def _judged(measurement: Row, line: Row | None, facts: Row) -> dict[str, object]:
    value, unit, sku = (known(measurement, name) for name in ("value", "unit", "sku"))
    line_sku = known(line or {}, "sku")
    if line is None:
        why = "The specification has no line of this spec_id: add the line."
        result = Conformity("cannot tell", "", None, why)
    elif line_sku is not None and line_sku != sku:
        why = f"The line is for product {line_sku}: name the line for {sku}."
        result = Conformity("cannot tell", "", None, why)
    elif value is None or unit is None:
        why = f"The measurement has no {'value' if value is None else 'unit'}: state it."
        result = Conformity("cannot tell", "", None, why)
    else:
        result = judge_value(value, unit, line, facts=facts)
    kept = ("inspection_id", "sku", "sample_id", "spec_id", "value", "unit")
    of_line = ("characteristic", "defect_class", "source")
    return {
        **{name: known(measurement, name) for name in kept},
        **{name: known(line or {}, name) for name in of_line},
        **asdict(result),
    }


def _applies(line: Row, facts: Row) -> str:
    """Text to add to the reason where the line applies (R27: cards by their width)."""
    condition = known(line, "condition")
    if condition is None:
        return ""
    claim = condition_claim(condition, facts)
    if claim is None:
        return f" (taken to apply: {condition})"
    if claim.holds is None:
        raise _CannotTellError(f"The line is for {condition}, and {claim.reason}: record it")
    if not claim.holds:
        raise _CannotTellError(
            f"The line is for {condition}, but {claim.reason}: use the line for it"
        )
    return ""


def _bounds(line: Row, measured: Decimal, unit: str) -> list[_Bound]:
    if unit in _COUNT_UNITS and known(line, "max_count") is not None:
        return [_Bound(+1, _exact(line["max_count"]), True)]
    if unit in _CYCLE_UNITS and known(line, "test_cycles") is not None:
        return [_Bound(-1, _exact(line["test_cycles"]), True)]
    limits = [(-1, known(line, "lower_limit")), (+1, known(line, "upper_limit"))]
    stated = [(sign, _exact(limit)) for sign, limit in limits if limit is not None]
    if not stated:
        raise _CannotTellError(f"The line has no limit for a value in {unit}: state one")
    if len(stated) == 2 and stated[0][1] > stated[1][1]:
        raise _CannotTellError("The line's lower limit is above its upper limit: correct the line")
    line_unit = known(line, "unit")
    if line_unit is None:
        raise _CannotTellError("The line's limit has no unit: state it")
    limits_conform = known(line, "limits_conform")
    is_inclusive = limits_conform is None or bool(limits_conform)
    return [
        _Bound(sign, _in_unit(limit, line_unit, unit, measured), is_inclusive)
        for sign, limit in stated
    ]


def _in_unit(limit: Decimal, line_unit: str, unit: str, measured: Decimal) -> Decimal:
    if line_unit.strip() == unit:
        return limit
    try:
        factor = _factor(line_unit, unit)
    except ValueError as error:
        raise _CannotTellError(
            f"The limit is in {line_unit}, the value in {unit}: {error}"
        ) from error
    digits = (len(number.as_tuple().digits) for number in (limit, measured))
    return Context(prec=max(_LEAST_DIGITS, *digits)).plus(limit * factor)


def _factor(unit: str, to_unit: str) -> Decimal:
    kinds = []
    for name in (unit, to_unit):
        spelt = _SPELLINGS.get(name.strip(), name.strip())
        if spelt not in _FACTORS:
            raise ValueError(f"unit {name!r} is not known; known are {', '.join(_FACTORS)}")
        kinds.append(_FACTORS[spelt])
    (kind, factor), (to_kind, to_factor) = kinds
    if kind != to_kind:
        raise ValueError(f"{unit!r} is a {kind} and {to_unit!r} a {to_kind}; give the same kind")
    return factor / to_factor


def _measured(value: float) -> Decimal:
    if not math.isfinite(value):
        raise _CannotTellError("The value is not a finite number: measure again")
    return _exact(value)


def _exact(number: float) -> Decimal:
    """Return the decimal that was typed: 0.15 is 0.15, not its nearest binary fraction."""
    return Decimal(str(float(number)))
