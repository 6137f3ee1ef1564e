"""The inspection clause of a purchase order, in words ready to paste."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from qcanalysis.sampling.decisions import Plan
from qcanalysis.sampling.plan_words import plan_in_words
from qcanalysis.sampling.standard import code_letter, lookup_plan
from qcanalysis.sampling.tables import ISO_2859_1_1999, printed_aql

ReinspectionPayer = Literal["factory", "split", "buyer"]
PAYERS: dict[ReinspectionPayer, str] = {
    "factory": "The factory pays every inspection after a lot that was not accepted.",
    "split": "Factory and buyer pay half each of every inspection after a lot not accepted.",
    "buyer": "The buyer pays the inspections after a lot that was not accepted.",
}


def purchase_order_clause(
    plan: Plan,
    *,
    lot_size: int,
    defect_class: str,
    aql_percent: Mapping[str, float],
    inspection_level: str = "II",
    severity: str = "normal",
    reinspection_payer: ReinspectionPayer = "factory",
    is_tabulated: bool,
) -> tuple[str, ...]:
    """Sentences of the clause: standard, plan, severity, refusal, who draws and who pays.

    Parameters
    ----------
    plan
        Plan chosen for ``defect_class``.
    lot_size
        Items in the lot that it is for.
    defect_class, aql_percent
        The class in question, and the AQL of every class [%]; 0 accepts no such defect.
    inspection_level, severity
        Of the classes that follow the standard.
    reinspection_payer
        Who pays the visits after a lot not accepted (R69: only what the order says holds).
    is_tabulated
        Whether ``plan`` is the standard's own, so that its switching rules hold for it.

    Raises
    ------
    ValueError
        If the class has no AQL, or the payer is none of "factory", "split", "buyer".

    Examples
    --------
    >>> from qcanalysis.sampling import SamplingPlan
    >>> clause = purchase_order_clause(SamplingPlan.single(200, 10), lot_size=8_000,
    ...     defect_class="major", aql_percent={"major": 2.5, "minor": 4.0}, is_tabulated=True)
    >>> print(clause[1])
    Major: AQL 2.5. In a lot of 8,000: Inspect 200 pieces; accept the lot with at most 10
    defective, refuse it with 11 or more.
    """
    if defect_class not in aql_percent:
        raise ValueError(
            f"aql_percent must name the class {defect_class!r}, got {sorted(aql_percent)}"
        )
    if reinspection_payer not in PAYERS:
        raise ValueError(
            f"reinspection_payer must be one of {', '.join(PAYERS)}, got {reinspection_payer!r}"
        )
    classes = [
        _class_line(plan, name, aql, lot_size, inspection_level, severity, is_tabulated)
        if name == defect_class
        else _standard_line(name, aql, lot_size, inspection_level, severity)
        for name, aql in sorted(aql_percent.items(), key=lambda item: item[0] != defect_class)
    ]
    return (
        f"Inspection before shipment by attributes to {ISO_2859_1_1999}, single sampling, level "
        f"{inspection_level}, {severity} inspection at the start; code letter "
        f"{code_letter(lot_size, inspection_level)} for a lot of {lot_size:,}. The tables of this "
        "edition hold, although a newer one exists.",
        *classes,
        _severity_rule(defect_class, is_tabulated),
        "A lot that is not accepted in any class is not shipped and its balance is not due. The "
        "factory sorts or reworks every piece of it, not the sample alone, and presents it again "
        "once; it is then inspected on a fresh random sample, and not counted for the severity. "
        "Only a concession signed by the buyer ships a lot that was not accepted.",
        "The inspector draws the pieces at random over all cartons of the finished and packed "
        "lot, from a carton list; pieces that the factory puts forward do not count.",
        PAYERS[reinspection_payer],
    )


def _class_line(
    plan: Plan,
    name: str,
    aql: float,
    lot_size: int,
    level: str,
    severity: str,
    is_tabulated: bool,
) -> str:
    if is_tabulated:
        return f"{name.capitalize()}: AQL {printed_aql(aql)}. {_rule(plan, lot_size)}"
    return f"{name.capitalize()}: in place of the tables, this plan. {_rule(plan, lot_size)}"


def _rule(plan: Plan, lot_size: int) -> str:
    return f"In a lot of {lot_size:,}: {plan_in_words(plan)}"


def _standard_line(name: str, aql: float, lot_size: int, level: str, severity: str) -> str:
    if not aql:
        return f"{name.capitalize()}: no such defect is accepted in any sample."
    cell = lookup_plan(lot_size, aql, inspection_level=level, severity=severity)
    return f"{name.capitalize()}: AQL {printed_aql(aql)}. {_rule(cell.plan, lot_size)}"


def _severity_rule(defect_class: str, is_tabulated: bool) -> str:
    rules = (
        "The switching rules of the standard apply class by class to lots presented for the "
        "first time: tightened after two of five or fewer lots in a row not accepted, normal "
        "again after five accepted in a row, no more inspection once five are not accepted on "
        "tightened; reduced only if the buyer agrees in writing."
    )
    if is_tabulated:
        return rules
    return (
        f"{rules} They do not apply to {defect_class} defects, whose plan stays as written; the "
        "buyer may go back to the tables after two of five lots in a row not accepted."
    )
