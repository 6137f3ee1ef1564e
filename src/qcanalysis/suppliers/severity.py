"""Severity in force for a supplier: what the switching rules ask, and what was used instead.

The standards apply the rules to each defect class on its own (ISO 2859-1:1999 9.2,
MIL-STD-105E 4.6), and here to each SKU family as well: a lot of lapel pins says nothing
of the next lot of keychains. A visit is inspected at one severity all the same: the
strictest that any class of the family asks for. The history is taken as it was
inspected: a lot that was inspected at another severity counts with the result that it
had, and is listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pandas as pd

from qcanalysis.sampling.switching_rules import (
    NORMAL,
    LotOutcome,
    SwitchingRules,
    SwitchingState,
    SwitchingStep,
)
from qcanalysis.sampling.switching_score import score_points

STRICTEST_FIRST = ("discontinued", "tightened", "normal", "reduced")
FROM_THE_START = "normal since the first lot"
OF_THE_RESULT = ["is_accepted", "nonconforming_count", "acceptance_number", "rejection_number"]
OF_THE_LOT = ["inspection_id", "standard", "inspection_level", "severity", "kind"]
TABLE_COLUMNS = [
    *("sku_family", "standard", "defect_class", "severity", "visit_severity"),
    *("severity_used", "agrees", "since", "lots_since", "reason"),
    *("switching_score", "score_for_reduced"),
    *("lots_to_next", "next_switch", "not_accepted_to_switch"),
    *("lots", "lots_otherwise", "lots_without_result"),
]
OTHERWISE_COLUMNS = [
    *("inspection_id", "inspected_on", "sku_family", "standard", "defect_class"),
    *("severity_asked", "severity_used", "because"),
]


@dataclass(frozen=True, eq=False)
class ClassSeverity:
    """The switching rules walked over one SKU family and defect class.

    Parameters
    ----------
    sku_family, defect_class
        What the lots have in common.
    rules
        Rules of the standard that they were inspected by.
    lots
        Original pre-shipment lots with a result, oldest first: one row a lot.
    steps
        What the rules made of each of them.
    asked
        By inspection, lots without a result too: the severity that this class asked for,
        and the switch that brought it into force, with its clause.
    lots_without_result
        Lots left out because their result is pending or not recorded.
    """

    sku_family: str
    defect_class: str
    rules: SwitchingRules
    lots: pd.DataFrame
    steps: tuple[SwitchingStep, ...]
    asked: Mapping[str, tuple[str, str]]
    lots_without_result: int

    @property
    def state(self) -> SwitchingState:
        """State before the next lot."""
        return self.steps[-1].after if self.steps else NORMAL


def strictest(severities: Iterable[str]) -> str:
    """Strictest of some severities: what a visit to several classes is inspected at.

    Examples
    --------
    >>> strictest(["normal", "tightened", "reduced"])
    'tightened'
    """
    return min(severities, key=STRICTEST_FIRST.index)


def class_severities(
    inspected_lots: pd.DataFrame,
    class_results: pd.DataFrame,
    *,
    reduced_is_permitted: bool = False,
    action_accepted_on: Sequence[date] = (),
) -> tuple[ClassSeverity, ...]:
    """Switching rules walked over the history of one supplier.

    Parameters
    ----------
    inspected_lots
        One row per inspection, oldest first: inspection_id, standard, inspection_level,
        severity, kind.
    class_results
        One row per inspection and defect class, oldest first: inspection_id,
        inspected_on, lot_size, sku_family, is_original_submission, defect_class,
        aql_percent, sample_size, acceptance_number, rejection_number,
        nonconforming_count, is_accepted.
    reduced_is_permitted
        Whether the responsible authority agrees to reduced inspection.
    action_accepted_on
        Days on which it accepted the supplier's action after a discontinuation.

    Returns
    -------
    One for each SKU family, standard and defect class with an original pre-shipment
    lot. Classes with AQL 0 (nothing accepted) have no severities and are left out.

    References
    ----------
    ISO 2859-1:1999, 9.2 to 9.4; MIL-STD-105E, 4.6 to 4.8 (limit numbers of table VIII
    not checked).
    """
    rows = class_results.merge(inspected_lots[OF_THE_LOT], on="inspection_id", validate="m:1")
    rows = rows[
        (rows["kind"] == "pre_shipment")
        & rows["is_original_submission"].astype(bool)
        & (rows["aql_percent"].isna() | (rows["aql_percent"] > 0))
    ]
    severities = []
    groups = rows.groupby(["sku_family", "standard", "defect_class"], sort=True)
    for (family, standard, defect_class), group in groups:
        has_result = group["is_accepted"].notna()
        lots = group[has_result].reset_index(drop=True)
        rules = SwitchingRules(str(standard), reduced_is_permitted)
        steps = rules.walk(_outcomes(lots, action_accepted_on))
        severities.append(
            ClassSeverity(
                sku_family=str(family),
                defect_class=str(defect_class),
                rules=rules,
                lots=lots,
                steps=steps,
                asked=_asked(group["inspection_id"], has_result, steps),
                lots_without_result=int((~has_result).sum()),
            )
        )
    return tuple(severities)


def _outcomes(lots: pd.DataFrame, action_accepted_on: Sequence[date]) -> list[LotOutcome]:
    days = [day.date() for day in pd.to_datetime(lots["inspected_on"])]
    resumes_each = [
        resumed(action_accepted_on, last, today)
        for last, today in zip([date.min, *days], days, strict=False)
    ]
    facts = (lots[name].tolist() for name in OF_THE_RESULT)
    return [
        replace(lot_outcome(*fact), resumes_inspection=resumes)
        for *fact, resumes in zip(*facts, resumes_each, strict=True)
    ]


def resumed(action_accepted_on: Sequence[date], last: date, today: date) -> bool:
    """Whether an action was accepted after the lot before, by the day of this one.

    Examples
    --------
    >>> resumed([date(2026, 1, 10)], date(2026, 1, 3), date(2026, 1, 12))
    True
    """
    return any(last < day <= today for day in action_accepted_on)


def lot_outcome(accepted: object, count: Any, limit: Any, rejection: Any) -> LotOutcome:
    """What the switching rules ask about one class of a lot; a missing number is NA.

    Without an acceptance number the score cannot be shown to have grown: no points.
    """
    if pd.isna(count) or pd.isna(limit):
        return LotOutcome(is_accepted=bool(accepted))
    in_gap = bool(pd.notna(rejection) and limit < count < rejection)
    points = score_points(int(count), int(limit))
    return LotOutcome(is_accepted=bool(accepted) or in_gap, points=points, is_in_gap=in_gap)


def _asked(
    inspections: pd.Series, has_result: pd.Series, steps: Sequence[SwitchingStep]
) -> dict[str, tuple[str, str]]:
    """What the results before each inspection asked for, and since which switch."""
    in_force = [(NORMAL.severity, FROM_THE_START)]
    for step in steps:
        reason = step.event if _is_switch(step) else in_force[-1][1]
        in_force.append((step.after.severity, reason))
    results_before = has_result.cumsum() - has_result
    return {
        str(inspection): in_force[lots]
        for inspection, lots in zip(inspections, results_before, strict=True)
    }


def severity_table(severities: Sequence[ClassSeverity]) -> pd.DataFrame:
    """Severity in force now, a row per SKU family, standard and defect class.

    Returns
    -------
    Columns ``sku_family, standard, defect_class, severity`` (of the class, for the next
    lot), ``visit_severity`` (the strictest of the family's classes: what to book),
    ``severity_used`` (of the last lot), ``agrees`` (whether that lot was inspected at the
    strictest severity then asked for by any class of the family, 'discontinued' agreeing
    with none), ``since`` (day of the lot that brought ``severity`` into force; NaT
    for the first severity), ``lots_since``, ``reason`` (the last switch with its clause),
    ``switching_score`` (of ``score_for_reduced``; missing unless normal), ``lots_to_next``
    (fewest lots to a less severe inspection; missing where no number will do),
    ``next_switch`` (in words), ``not_accepted_to_switch`` (lots not accepted, the very
    next ones, to a more severe one), ``lots, lots_otherwise`` (whose visit did not
    agree), ``lots_without_result``.
    """
    asked = _asked_of_visits(severities)
    rows = []
    for one in severities:
        family = [
            other.state.severity
            for other in severities
            if (other.sku_family, other.rules.standard) == (one.sku_family, one.rules.standard)
        ]
        agrees = [
            asked[visit] == used
            for visit, used in zip(one.lots["inspection_id"], one.lots["severity"], strict=True)
        ]
        rows.append(_table_row(one, agrees) | {"visit_severity": strictest(family)})
    return pd.DataFrame(rows, columns=TABLE_COLUMNS)


def _asked_of_visits(severities: Sequence[ClassSeverity]) -> dict[str, str]:
    """Strictest severity that any class asks for, by inspection."""
    found = dict[str, str]()
    for one in severities:
        for visit, (severity, _) in one.asked.items():
            found[visit] = strictest((severity, found.get(visit, severity)))
    return found


def _table_row(one: ClassSeverity, agrees: Sequence[bool]) -> dict[str, object]:
    state, lots = one.state, one.lots
    switches = [lot for lot, step in enumerate(one.steps) if _is_switch(step)]
    points = lots["acceptance_number"].dropna()
    step = 2 if len(points) and points.iloc[-1] < 2 else 3
    coming = one.rules.next_switch(state, points_per_lot=step)
    return {
        "sku_family": one.sku_family,
        "standard": one.rules.standard,
        "defect_class": one.defect_class,
        "severity": state.severity,
        "severity_used": lots["severity"].iloc[-1] if len(lots) else pd.NA,
        "agrees": agrees[-1] if agrees else pd.NA,
        "since": pd.Timestamp(lots["inspected_on"][switches[-1]]) if switches else pd.NaT,
        "lots_since": one.steps[-1].lots_since_switch if one.steps else 0,
        "reason": one.steps[switches[-1]].event if switches else FROM_THE_START,
        "switching_score": state.switching_score if state.severity == "normal" else pd.NA,
        "score_for_reduced": one.rules.score_for_reduced,
        "lots_to_next": pd.NA if coming.lots is None else coming.lots,
        "next_switch": coming.in_words,
        "not_accepted_to_switch": one.rules.not_accepted_to_switch(state),
        "lots": len(lots),
        "lots_otherwise": agrees.count(False),
        "lots_without_result": one.lots_without_result,
    }


def _is_switch(step: SwitchingStep) -> bool:
    return step.before.severity != step.after.severity


def inspected_otherwise(severities: Sequence[ClassSeverity]) -> pd.DataFrame:
    """Inspections at another severity than the rules asked for, oldest first.

    Returns
    -------
    One row per inspection with a result. Columns ``inspection_id, inspected_on,
    sku_family, standard, defect_class`` (those that asked for the strictest severity),
    ``severity_asked`` (that severity), ``severity_used, because``: the switch in force,
    with its clause, of each of these classes.
    """
    asked = _asked_of_visits(severities)
    rows = dict[str, dict[str, object]]()
    for one in severities:
        for lot in one.lots.itertuples():
            visit = str(lot.inspection_id)
            if lot.severity != asked[visit] and visit not in rows:
                rows[visit] = {
                    "inspection_id": visit,
                    "inspected_on": lot.inspected_on,
                    "sku_family": one.sku_family,
                    "standard": one.rules.standard,
                    **_who_asked(severities, visit, asked[visit]),
                    "severity_used": lot.severity,
                }
    table = pd.DataFrame(list(rows.values()), columns=OTHERWISE_COLUMNS)
    return table.sort_values("inspected_on", kind="stable", ignore_index=True)


def _who_asked(
    severities: Sequence[ClassSeverity], visit: str, severity_asked: str
) -> dict[str, object]:
    """Classes that asked for the severity of a visit, and why."""
    reasons = {
        one.defect_class: one.asked[visit][1]
        for one in severities
        if visit in one.asked and one.asked[visit][0] == severity_asked
    }
    alike = set(reasons.values())
    because = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
    return {
        "defect_class": ", ".join(reasons),
        "severity_asked": severity_asked,
        "because": alike.pop() if len(alike) == 1 else because,
    }
