"""Specification lines: can they be inspected, are they stricter than the PO, how are they sampled.

A line can be inspected when it states place, size, light, gauge and class (R22).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Literal

import pandas as pd

from qcanalysis.recovery.rows import Row, rows_of
from qcanalysis.recovery.specification.wording import VagueWording, find_vague_wording
from qcanalysis.recovery.triage.claims import known, number_text
from qcanalysis.sampling import lookup_plan
from qcanalysis.sampling.zero_acceptance import zero_acceptance_plan

_TEXTS = ("characteristic", "place", "condition", "method")
_SIZES = ("lower_limit", "upper_limit", "max_count", "test_cycles")
_LIGHT = ("viewing_distance_cm", "illuminance_min_lux", "illuminance_max_lux")
_SEEN_KINDS = ("cosmetic", None)  # a line of no stated kind may be judged by eye


@dataclass(frozen=True)
class Remark:
    """What is wrong with one field of a line, and what to write.

    Attributes
    ----------
    level
        ``error``: the line must not be issued; ``warning``: it can be argued about.
    rule_id, field
        Rule, and the field or column at fault.
    found
        Words or numbers at fault; empty where something is missing.
    reason, suggestion
        Why, and what to write instead.
    """

    level: Literal["error", "warning"]
    rule_id: str
    field: str
    found: str
    reason: str
    suggestion: str


def lint(lines: pd.DataFrame, *, wordings: tuple[VagueWording, ...] | None = None) -> pd.DataFrame:
    """Remarks on specification lines: what cannot be inspected, what is looser than the PO.

    Parameters
    ----------
    lines
        Table ``specification``.
    wordings
        Phrases that cannot be inspected; the packaged ones unless given.

    Returns
    -------
    Frame, a row a remark: ``spec_id``, ``level`` (``error`` for a line looser than the PO's,
    which must not be issued, else ``warning``), ``rule_id``, ``field``, ``found`` (the words or
    numbers at fault), ``reason``, ``suggestion``. Empty for lines that can be inspected.

    Examples
    --------
    >>> from qcanalysis.recovery.specification.library import library_lines
    >>> vague = pd.DataFrame({"spec_id": ["1"], "characteristic": ["strong ring"]})
    >>> lint(vague)["field"].tolist()
    ['characteristic', 'place', 'size', 'light', 'gauge', 'class']
    >>> lint(library_lines("struck-coin")).empty
    True
    """
    remarks = [
        {"spec_id": known(line, "spec_id"), **asdict(remark)}
        for line in rows_of(lines)
        for remark in (*_vague(line, wordings), *_incomplete(line), *_looser(line))
    ]
    return pd.DataFrame(remarks, columns=["spec_id", *(field.name for field in fields(Remark))])


def _vague(line: Row, wordings: tuple[VagueWording, ...] | None) -> list[Remark]:
    return [
        Remark(
            level="warning",
            rule_id=match.wording.rule_id,
            field=column,
            found=match.words,
            reason="two inspectors would judge it differently",
            suggestion=match.wording.measurable_form,
        )
        for column in _TEXTS
        for match in find_vague_wording(str(known(line, column) or ""), wordings)
    ]


def _incomplete(line: Row) -> list[Remark]:
    """Remarks for the five fields of R22; light is asked of what is judged by eye."""
    has = {column: known(line, column) is not None for column in (*_SIZES, *_LIGHT)}
    has_limit = has["lower_limit"] or has["upper_limit"]
    has_size = any(has[column] for column in _SIZES)
    is_seen = known(line, "fault_kind") in _SEEN_KINDS
    gaps = {
        "place": (known(line, "place") is None, "name the place on the piece"),
        "size": (
            not has_size or (has_limit and known(line, "unit") is None),
            "state a limit with its unit, a largest count or a number of test cycles",
        ),
        "light": (
            is_seen and not all(has[column] for column in _LIGHT),
            "state distance and illuminance, for example 30 cm and 800-1000 lux",
        ),
        "gauge": (known(line, "method") is None, "name the gauge or test method"),
        "class": (known(line, "defect_class") is None, "say critical, major or minor"),
    }
    return [
        Remark("warning", "R22", field, "", f"no {field}", advice)
        for field, (is_missing, advice) in gaps.items()
        if is_missing
    ]


def _looser(line: Row) -> list[Remark]:
    """Remarks for limits looser than the PO's, or dropped (R22)."""
    remarks = []
    for side, sign in (("lower", -1), ("upper", +1)):
        po, own = known(line, f"po_{side}_limit"), known(line, f"{side}_limit")
        if po is None or (own is not None and sign * (own - po) <= 0):
            continue
        unit = known(line, "unit") or ""
        po_text = f"{number_text(po)} {unit}".strip()
        own_text = "none" if own is None else f"{number_text(own)} {unit}".strip()
        reason = f"{side} limit is {own_text}, looser than {po_text} of the purchase order"
        advice = f"set the {side} limit to {po_text} or stricter"
        found = f"{own_text} against {po_text}"
        remarks.append(Remark("error", "R22", f"{side}_limit", found, reason, advice))
    return remarks


def clear_breaches(judged: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Measurements that breach a line nobody can argue about (R68).

    A breach is clear when the value does not conform and the line is measurable: no vague wording,
    size and gauge stated, not looser than the PO. Who pays the re-inspection also hangs on whether
    the specification changed after the sample was approved.

    Parameters
    ----------
    judged
        Result of `qcanalysis.recovery.specification.conformity.judge_measurements`.
    lines
        Table ``specification``.

    Examples
    --------
    >>> from qcanalysis.recovery.specification.library import library_lines
    >>> judged = pd.DataFrame({"spec_id": ["R25-front-pit"], "verdict": ["does not conform"]})
    >>> len(clear_breaches(judged, library_lines("struck-coin")))
    1
    """
    remarks = lint(lines)
    remarked = remarks.loc[~remarks["field"].isin(("place", "light", "class")), "spec_id"]
    is_breach = (judged["verdict"] == "does not conform") & ~judged["spec_id"].isin(remarked)
    return judged[is_breach]


def line_plans(
    lines: pd.DataFrame,
    *,
    lot_size: int,
    aql_percent: Mapping[str, float],
    inspection_level: str = "II",
    severity: str = "normal",
) -> pd.DataFrame:
    """Single sampling plan of each specification line (R14).

    Lines of a zero-defect zone and critical lines get the accept-zero plan associated with the
    AQL of their class, other lines the AQL plan; lines judged on the lot get none (R29).

    Parameters
    ----------
    lines
        Table ``specification``.
    lot_size
        Items in the lot.
    aql_percent
        AQL by defect class [%].
    inspection_level, severity
        Of ISO 2859-1:1999.

    Returns
    -------
    Frame, a row a line: ``spec_id``, ``defect_class``, ``appearance_zone``, ``basis``
    (``accept-zero``, ``AQL``, ``judged on the lot``, ``cannot tell``), ``sample_size``,
    ``acceptance_number``, ``reason``.

    Raises
    ------
    ValueError
        If `aql_percent` has no AQL for the class of a line.

    Examples
    --------
    >>> from qcanalysis.recovery.specification.library import library_lines
    >>> plans = line_plans(library_lines("struck-coin"), lot_size=5_000,
    ...                    aql_percent={"major": 1.0, "minor": 2.5}).set_index("spec_id")
    >>> plans.loc[["R23-front-scratch", "R24-back-hairline"], "acceptance_number"].tolist()
    [0, 10]
    """
    plans = []
    for line in rows_of(lines):
        basis, reason = _basis(line)
        plan = None
        if basis in ("accept-zero", "AQL"):
            aql = _aql_of(line, aql_percent)
            plan = (
                zero_acceptance_plan(lot_size, aql).plan
                if basis == "accept-zero"
                else lookup_plan(
                    lot_size, aql, inspection_level=inspection_level, severity=severity
                ).plan
            )
        plans.append(
            {name: known(line, name) for name in ("spec_id", "defect_class", "appearance_zone")}
            | {"basis": basis, "reason": reason}
            | {"sample_size": plan.sample_size if plan else None}
            | {"acceptance_number": plan.acceptance_number if plan else None}
        )
    frame = pd.DataFrame(plans, columns=_PLAN_COLUMNS)
    return frame.astype({"sample_size": "Int64", "acceptance_number": "Int64"})


_PLAN_COLUMNS = [
    *("spec_id", "defect_class", "appearance_zone", "basis"),
    *("sample_size", "acceptance_number", "reason"),
]


def _basis(line: Row) -> tuple[str, str]:
    if known(line, "counted_per") in ("lot", "carton"):
        return f"judged on the {line['counted_per']}", "does not enter the unit count (R29)"
    if known(line, "defect_class") is None:
        return "cannot tell", "defect_class is not recorded: state it"
    if known(line, "appearance_zone") == "zero_defect":
        return "accept-zero", "zero-defect zone (R14)"
    if known(line, "defect_class") == "critical":
        return "accept-zero", "critical: good units cannot offset one (R16)"
    return "AQL", f"AQL of its class, {line['defect_class']}"


def _aql_of(line: Row, aql_percent: Mapping[str, float]) -> float:
    defect_class = line["defect_class"]
    if defect_class not in aql_percent:
        raise ValueError(
            f"aql_percent must give an AQL for {defect_class!r}, the class of line "
            f"{known(line, 'spec_id')!r}, got {dict(aql_percent)!r}"
        )
    return aql_percent[defect_class]
