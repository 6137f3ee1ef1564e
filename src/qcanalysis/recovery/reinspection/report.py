"""What a report on a re-inspection says beside its plan: warnings, results, answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from qcanalysis.recovery.reinspection.carton_draw import LotKey
from qcanalysis.recovery.reinspection.final_confirmations import final_confirmations
from qcanalysis.recovery.reinspection.plan import ReinspectionPlan
from qcanalysis.recovery.reinspection.results import (
    counts_from_cartons,
    counts_from_classes,
    counts_from_pieces,
    judge_lots,
    judge_products,
)
from qcanalysis.recovery.reinspection.tables import plan_table
from qcanalysis.recovery.reinspection.treated_lots import treated_lots
from qcanalysis.recovery.release.partial_release import PartialRelease
from qcanalysis.recovery.rows import rows_of
from qcanalysis.sampling import SamplingPlan, quality_at_acceptance

State = Literal["good", "bad", "caution", "unknown"]


@dataclass(frozen=True, eq=False)
class ReinspectionFindings:
    """What a re-inspection found, made by `reinspection_findings`.

    Attributes
    ----------
    inspection_id
        The visit; "" when there is none yet.
    sentence
        Verdict of each product in words.
    lots, products, confirmations
        What `judge_lots` and `judge_products` return, and the four confirmations of R81;
        without a visit the first two have no rows.
    """

    inspection_id: str
    sentence: str
    lots: pd.DataFrame
    products: pd.DataFrame
    confirmations: pd.DataFrame


def reinspection_visit(inspections: pd.DataFrame, failed_visit: str) -> str:
    """Latest visit to goods that were presented again after a failed one; "" where there is none.

    Examples
    --------
    >>> visits = pd.DataFrame({"inspection_id": ["P1", "R1"],
    ...     "inspection_kind": ["pre_shipment", "reinspection"]})
    >>> reinspection_visit(visits, "P1")
    'R1'
    """
    again = [
        row
        for row in rows_of(inspections)
        if row["inspection_id"] != failed_visit
        and row.get("resubmission_of") in (None, failed_visit)
        and (row.get("inspection_kind") == "reinspection" or row.get("resubmission_of"))
    ]
    again.sort(key=lambda row: pd.Timestamp(row.get("inspected_on") or pd.Timestamp.min))
    return str(again[-1]["inspection_id"]) if again else ""


def stated_by(inspections: pd.DataFrame, inspection_id: str, column: str) -> Any:
    """What a visit says about itself in a column; None where it says nothing.

    Examples
    --------
    >>> stated_by(pd.DataFrame({"inspection_id": ["P1"], "inspector_id": ["I-07"]}), "P1",
    ...           "inspector_id")
    'I-07'
    """
    rows = [row for row in rows_of(inspections) if row["inspection_id"] == inspection_id]
    return rows[0].get(column) if rows else None


def reinspection_findings(
    plans: pd.DataFrame,
    pieces: pd.DataFrame,
    cartons: pd.DataFrame,
    class_results: pd.DataFrame,
    lots: pd.DataFrame,
    findings: pd.DataFrame,
    inspections: pd.DataFrame,
    *,
    inspection_id: str,
) -> ReinspectionFindings:
    """Findings of a re-inspection against its plan, or that there are none (R75, R77, R79, R81).

    Parameters
    ----------
    plans
        Plans of a `ReinspectionPlan`.
    pieces
        What `inspected_pieces` returns for the visit; where it has no rows, the counts
        by class are taken. Not looked at when there is no visit.
    cartons
        What `check_cartons` returns for the visit.
    class_results, lots, findings, inspections
        Tables of a case.
    inspection_id
        The re-inspection; "" when none was made.
    """
    of_visit = findings[findings["inspection_id"].eq(inspection_id)]
    counts = (
        counts_from_pieces(pieces)
        if len(pieces)
        else counts_from_classes(class_results, lots, inspection_id=inspection_id)
    )
    counts = pd.DataFrame([*rows_of(counts), *rows_of(counts_from_cartons(cartons))])
    judged = judge_lots(plans, counts) if inspection_id else plans.iloc[:0].assign(verdict="")
    confirmed = final_confirmations(
        judged,
        golden_sample_compared=stated_by(inspections, inspection_id, "golden_sample_compared"),
        sample_deviations=list(of_visit.loc[of_visit["counted_per"].eq("lot"), "defect_type"]),
        photos=int(of_visit["photo"].nunique()),
    )
    if not inspection_id:
        sentence = "There are no re-inspection results yet."
        return ReinspectionFindings("", sentence, judged, judged, confirmed.table)
    products = judge_products(judged)
    words = products["sku"] + " " + products["verdict"].str.replace("_", " ")
    mark = "can be marked Pass" if confirmed.is_pass else "cannot be marked Pass"
    sentence = f"Re-inspection {inspection_id}: {', '.join(words)}; the record {mark}."
    return ReinspectionFindings(inspection_id, sentence, judged, products, confirmed.table)


def cartons_of_each_lot(
    skus: pd.DataFrame, cartons: pd.DataFrame, lots: pd.DataFrame, count: int
) -> dict[LotKey, int]:
    """Cartons to open of each lot where one number is wanted for all; empty at 0.

    Examples
    --------
    >>> skus = pd.DataFrame({"sku": ["PIN"], "quantity": [8000]})
    >>> cartons_of_each_lot(skus, pd.DataFrame(), pd.DataFrame(), 20)
    {('PIN', 'not stated'): 20}
    """
    if count < 0:
        raise ValueError(f"cartons_to_open must be 0 (the rule) or more, got {count}")
    parts = treated_lots(skus, cartons, lots)
    keys = zip(parts["sku"], parts["treatment"], strict=True)
    return {(str(sku), str(treatment)): count for sku, treatment in keys if count}


def failed_products(
    class_results: pd.DataFrame, skus: pd.DataFrame, *, inspection_id: str
) -> tuple[str, ...]:
    """Products with a class beyond its acceptance number; all of them where the order was pooled.

    Examples
    --------
    >>> results = pd.DataFrame({"inspection_id": "P1", "sku": ["PIN", "KEY"],
    ...     "found": [7, 2], "acceptance_number": [5, 5]})
    >>> failed_products(results, pd.DataFrame({"sku": ["PIN", "KEY"]}), inspection_id="P1")
    ('PIN',)
    """
    failed = [row.get("sku") for row in _failed_rows(class_results, inspection_id)]
    return tuple(sku for sku in skus["sku"] if sku in failed or None in failed)


def _failed_rows(class_results: pd.DataFrame, inspection_id: str) -> list[dict[str, Any]]:
    rows = [row for row in rows_of(class_results) if row["inspection_id"] == inspection_id]
    known = [row for row in rows if None not in (row.get("found"), row.get("acceptance_number"))]
    return [row for row in known if row["found"] > row["acceptance_number"]]


def plan_warnings(
    plan: ReinspectionPlan, class_results: pd.DataFrame, skus: pd.DataFrame, *, inspection_id: str
) -> tuple[str, ...]:
    """Warnings of a plan, and what the failed visit adds to them (T4, T15).

    Parameters
    ----------
    plan
        Plan of the re-inspection.
    class_results, skus
        Tables of a case.
    inspection_id
        The visit that failed.

    Returns
    -------
    Those of the plan; a failed product that nobody worked on; a plan that accepts, one
    time in ten, a lot worse than the plan that failed would (OC curves are compared, not labels).
    """
    failed = failed_products(class_results, skus, inspection_id=inspection_id)
    idle = plan.lots[plan.lots["sku"].isin(failed) & plan.lots["treatment"].eq("untouched")]
    warnings = [
        f"{row['sku']}: failed visit {inspection_id} and {row['lot_size']:,} of its pieces are "
        "recorded as untouched: the supplier has to examine all of them before they are presented "
        "again, and the record has to say what was done"
        for _, row in idle.iterrows()
    ]
    for row in _failed_rows(class_results, inspection_id):
        name = f"{row.get('sku') or 'all products'}, {row['defect_class']}"
        if row.get("sample_size") is None:
            warnings.append(
                f"{name}: cannot tell whether the new plan is tighter than the one that failed: "
                f"state the sample size of visit {inspection_id}"
            )
        else:
            warnings += _looser(plan.plans, row, name)
    return (*warnings, *plan.warnings)


def _looser(plans: pd.DataFrame, failed: dict[str, Any], name: str) -> list[str]:
    """Warning where a plan of the class accepts worse lots than the one that failed."""
    old = _accepted_one_in_ten(failed)
    rows = plans[plans["scope"].eq(failed["defect_class"])]
    if failed.get("sku") is not None:
        rows = rows[rows["sku"].eq(failed["sku"])]
    worst = max(rows_of(rows), key=_accepted_one_in_ten, default=None)
    if worst is None or (new := _accepted_one_in_ten(worst)) <= old * (1 + 1e-9):
        return []
    return [
        f"{name}: the plan {worst['sample_size']}/{worst['acceptance_number']} is looser than the "
        f"{failed['sample_size']}/{failed['acceptance_number']} that failed: it accepts a lot with "
        f"{new:.1%} bad one time in ten, the other one with {old:.1%}: lower its AQL"
    ]


def _accepted_one_in_ten(row: dict[str, Any]) -> float:
    if row["acceptance_number"] >= row["sample_size"]:
        return 1.0  # accepts whatever is found
    plan = SamplingPlan.single(int(row["sample_size"]), int(row["acceptance_number"]))
    return quality_at_acceptance(plan, 0.10)


def answer_in_words(
    plan: ReinspectionPlan, release: PartialRelease, results: ReinspectionFindings
) -> tuple[str, State]:
    """Sentence on what was found or is to be inspected again and on what can go, and its state."""
    lots = plan_table(plan.plans).groupby(["sku", "treatment"])["sample_size"].max()
    cartons = len(plan.draw.for_inspector)
    where = f"from {cartons} cartons" if cartons else "from cartons that cannot be named yet"
    again = f"To inspect again: {len(lots)} lots, {lots.sum():,} pieces {where}."
    if results.inspection_id:
        verdicts = set(results.products["verdict"])
        failed = "not_accepted" in verdicts
        state: State = "bad" if failed else "good" if verdicts == {"accepted"} else "caution"
        return f"{results.sentence} {release.sentence}", state
    if release.products.empty:
        unknown = "Cannot tell which cartons may go now, because the carton list is missing."
        return f"{unknown} {again}", "unknown"
    return f"{release.sentence} {again}", "caution" if release.released else "bad"
