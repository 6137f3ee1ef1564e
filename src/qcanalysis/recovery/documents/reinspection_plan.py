"""Re-inspection plan: a new control event with its own lots, plans, draw and checks (R47, R75)."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from qcanalysis.recovery.documents.context import Context
from qcanalysis.recovery.documents.document import (
    Cell,
    Document,
    Missing,
    Part,
    Table,
    frame_table,
    stated,
    with_blank,
)
from qcanalysis.recovery.documents.respecification import (
    quantity_disposition,
    reinspection_aql,
    release_gates,
)
from qcanalysis.recovery.reinspection.lot_plans import CORRECTED, ReinspectionTerms
from qcanalysis.recovery.reinspection.plan import ReinspectionPlan, plan_reinspection
from qcanalysis.recovery.triage.claims import number_text

_PLAN = {
    "sku": "Product",
    "treatment": "Treatment",
    "scope": "Judged on",
    "lot_size": "Lot size",
    "inspection_level": "Level",
    "severity": "Severity",
    "code_letter": "Letter",
    "aql_percent": "AQL or LQ [%]",
    "sample_size": "n",
    "acceptance_number": "Ac",
    "rejection_number": "Re",
    "lines": "Lines",
    "not_counted": "Not counted",
}
_PACK_OUT = {**{name: _PLAN[name] for name in ("sku", "sample_size", "acceptance_number")}}
_DRAW = {
    "sku": "Product",
    "treatment": "Treatment",
    "stratum": "Stratum",
    "carton_no": "Carton",
    "units_to_draw": "Pieces to take",
}
_STRATA = {
    "sku": "Product",
    "stratum": "Stratum",
    "cartons": "Cartons",
    "cartons_drawn": "Opened",
    "inclusion_probability": "Chance of a carton",
}
_CHECKS = {
    "sku": "Product",
    "check": "Check",
    "look_for": "Look for",
    "gauge": "Gauge",
    "limit": "Limit",
    "source": "Rule",
}


def reinspection_plan(context: Context) -> Document:
    """Plan the inspector works by: lots as treated, plans, cartons, checklists, checks.

    Cartons and seed are left out for the factory: a draw that is known beforehand is no draw.
    """
    plan = _planned(context)
    is_pack_out = plan.plans["scope"].eq("pack_out")
    pack_out = plan.plans[is_pack_out & plan.plans["sample_size"].notna()]
    plans = with_blank(_plan_table(plan.plans[~is_pack_out]), "Found", "inspector")
    checks = with_blank(frame_table(plan.checklists, _CHECKS), "Result", "inspector")
    cartons = with_blank(frame_table(pack_out, _PACK_OUT), "Found", "inspector")
    return context.document(
        "reinspection_plan",
        Part("Visit", "R15, R75", facts=_visit(context)),
        Part("Lots by treatment", "R75", tables=(quantity_disposition(context),)),
        Part(
            "Plan by lot and class",
            "R33, R34, T16",
            facts=reinspection_aql(context),
            sentences=(f"Tables of {_terms(context).standard}.", *_proposal(context)),
            tables=(plans,),
        ),
        _draw_part(context, plan),
        Part("Checklists", "R77, R78", tables=(checks,)),
        Part("Reverse check of the sort", "R76", sentences=_reverse_check(context)),
        Part(
            "Pack-out, by carton",
            "R79",
            sentences=() if len(pack_out) else (Missing("carton list for pack-out", "R79"),),
            tables=(cartons,) if len(pack_out) else (),
        ),
        Part("Warnings and notes", "R47, R60, T15", sentences=(*plan.warnings, *plan.notes)),
        signatories=("buyer", "inspector"),
    )


def _plan_table(plans: pd.DataFrame) -> Table:
    """Table of the plans, without columns that are empty throughout; accept-zero named so."""
    limiting = plans["limiting_quality"]
    shown = plans.assign(
        scope=plans["scope"].str.replace("_", " "),
        aql_percent=[
            number_text(aql) if pd.notna(aql) else f"accept zero, LQ {100 * lq:g}"
            for aql, lq in zip(plans["aql_percent"], limiting, strict=True)
        ],
    )
    headings = {
        name: heading
        for name, heading in _PLAN.items()
        if not shown[name].astype("string").fillna("").eq("").all()
    }
    return frame_table(shown, headings)


def _terms(context: Context) -> ReinspectionTerms:
    decided = dict(context.decisions.reinspection_aql_percent)
    logged = context.last_stated("aql_percent")
    if logged is not None:
        decided.setdefault("major", logged)
    return ReinspectionTerms(aql_percent={**CORRECTED, **decided})


def _proposal(context: Context) -> tuple[str, ...]:
    """What is said where the AQLs are the guide's and not agreed."""
    if not any(isinstance(value, Missing) for _, value in reinspection_aql(context)):
        return ()
    aqls = ", ".join(f"{name} {aql:g}" for name, aql in _terms(context).aql_percent.items())
    return (f"Proposed at AQL {aqls}, the guide's values, until the AQLs are agreed (R33).",)


def _planned(context: Context) -> ReinspectionPlan:
    conceded: dict[str, list[str]] = {}
    for entry in (*context.events, *context.decisions.concessions):
        if entry.get("event", "concession_signed") == "concession_signed":
            _note_concession(conceded, entry)
    case, decisions = context.case, context.decisions
    return plan_reinspection(
        case.skus,
        case.cartons,
        case.lots,
        case.specification,
        seed=decisions.seed or 0,
        terms=_terms(context),
        conceded=conceded,
        failed_inspector=context.failed_visit["inspector_id"],
        next_inspector=decisions.next_inspector,
    )


def _note_concession(conceded: dict[str, list[str]], entry: Mapping[str, object]) -> None:
    sku, defect_type = entry.get("sku"), entry.get("defect_type")
    if sku is not None and defect_type is not None:
        conceded.setdefault(str(sku), []).append(str(defect_type))


def _visit(context: Context) -> tuple[tuple[str, Cell], ...]:
    order = context.case.order
    document, sample = order.specification_document, order.golden_sample_id
    photos = [row["photo"] for row in context.findings if row["photo"] is not None]
    return (
        release_gates(context)[0],
        ("Inspector", stated(context.decisions.next_inspector, "next inspector", "R60")),
        ("Tolerance sheet", stated(document, "specification with its revision", "R75")),
        ("Approved sample", stated(sample, "approved sample", "R19")),
        (
            "Photos of the failure",
            stated(", ".join(dict.fromkeys(photos)), "photos of the findings", "R75"),
        ),
    )


def _draw_part(context: Context, plan: ReinspectionPlan) -> Part:
    title, rule = "Cartons to open", "R47"
    if context.issue.audience == "factory":
        sentence = "The inspector names the cartons at the visit. All cartons must be at hand."
        return Part(title, rule, sentences=(sentence,))
    why = "chosen by the buyer, unknown to the factory"
    seed = stated(context.decisions.seed, "seed of the carton draw", rule, why)
    if context.decisions.seed is None or plan.draw.cartons.empty:
        gaps = tuple(Missing("carton list", rule, reason) for reason in plan.draw.reasons)
        return Part(title, rule, facts=(("Seed", seed),), sentences=gaps)
    chances = plan.draw.strata["inclusion_probability"].map("{:.1%}".format)
    return Part(
        title,
        rule,
        facts=(("Seed", seed),),
        tables=(
            frame_table(plan.draw.strata.assign(inclusion_probability=chances), _STRATA),
            with_blank(frame_table(plan.draw.for_inspector, _DRAW), "Seen", "inspector"),
        ),
    )


def _reverse_check(context: Context) -> tuple[Cell, ...]:
    """Samples of passed and of rejected stock, where a sort is claimed."""
    check = context.decisions.reverse_check
    if check is not None:
        return (
            f"Take {check.passed_sample_size:,} pieces of the passed and "
            f"{check.rejected_sample_size:,} of the rejected stock at random.",
            "Check labels, reject bins and the trace of each carton; a table of good samples "
            "proves nothing.",
        )
    lots = context.case.lots
    if lots["treatment"].isna().any() or lots.empty:
        return (Missing("whether a sort is claimed", "R76"),)
    if lots["treatment"].eq("sorted").any():
        return (Missing("sample sizes of passed and rejected stock", "R76"),)
    return ("No lot is said to be sorted.",)
