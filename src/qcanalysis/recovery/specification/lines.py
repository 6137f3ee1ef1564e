"""Specification lines: can they be inspected, are they stricter than the PO, were they breached.

A line can be inspected when it states place, size, light, gauge and class (R22).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Literal

import pandas as pd

from qcanalysis.recovery.rows import Row, rows_of
from qcanalysis.recovery.specification.wording import VagueWording, find_vague_wording
from qcanalysis.recovery.triage.claims import known, number_text

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


def breached_lines(
    findings: pd.DataFrame, judged: pd.DataFrame, lines: pd.DataFrame
) -> pd.DataFrame:
    """Lines that goods breached, and whether anybody can argue about it (R68).

    A breach is clear when its line is measurable: no vague wording, size and gauge stated, not
    looser than the PO. Who pays also hangs on whether the specification changed after the sample
    was approved.

    Parameters
    ----------
    findings
        Table of the records; its rows name the line that they offend, or count for none.
    judged
        Result of `qcanalysis.recovery.specification.conformity.judge_measurements`.
    lines
        Table ``specification``.

    Returns
    -------
    Frame, a row a line: ``spec_id``, ``sku``, ``characteristic``, ``times_found`` (in the
    findings), ``values_outside`` (measured values that do not conform), ``breach`` (``clear`` or
    ``arguable``), ``reason`` (what makes it arguable).

    Examples
    --------
    >>> from qcanalysis.recovery.specification.library import library_lines
    >>> judged = pd.DataFrame({"spec_id": ["R25-front-pit"], "verdict": ["does not conform"]})
    >>> found = pd.DataFrame({"spec_reference": ["R25-front-pit"]})
    >>> row = breached_lines(found, judged, library_lines("struck-coin")).iloc[0]
    >>> int(row["times_found"]), int(row["values_outside"]), row["breach"]
    (1, 1, 'clear')
    """
    counts = findings.get("count", pd.Series(1, findings.index)).fillna(1)
    found = counts.groupby(findings["spec_reference"]).sum()
    outside = judged.loc[judged["verdict"] == "does not conform", "spec_id"].value_counts()
    remarks = lint(lines)
    remarks = remarks[~remarks["field"].isin(("place", "light", "class"))]
    doubts = remarks.groupby("spec_id")["reason"].agg(lambda reasons: "; ".join(reasons.unique()))
    rows = [
        {name: known(line, name) for name in ("spec_id", "characteristic")}
        | {"sku": known(line, "sku") or "all products"}
        | {"times_found": int(found.get(spec_id, 0))}
        | {"values_outside": int(outside.get(spec_id, 0))}
        | {"breach": "arguable" if spec_id in doubts else "clear"}
        | {"reason": doubts.get(spec_id, "")}
        for line in rows_of(lines)
        if (spec_id := known(line, "spec_id")) in found or spec_id in outside
    ]
    columns = ["spec_id", "sku", "characteristic", "times_found", "values_outside"]
    return pd.DataFrame(rows, columns=[*columns, "breach", "reason"])
