"""Audit of an inspection report against the standard: plan, verdict, gaps, questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from qcanalysis.recovery.report.answer import State, audit_in_words, contradicts, plan_is_unknown
from qcanalysis.recovery.report.completeness import missing_data
from qcanalysis.recovery.report.implied_plans import implied_plans, joint_plans
from qcanalysis.recovery.report.stated_plan import (
    ACCEPT_ZERO,
    CANNOT_TELL,
    DEVIATES,
    needs_no_aql,
    plan_check,
    verdict_as_stated,
    verdict_at,
)
from qcanalysis.sampling.standard import lookup_plan
from qcanalysis.sampling.tables import ISO_2859_1_1999, LARGEST_PERCENT_AQL

USUAL_LEVEL = "II"
PRODUCT_COLUMNS = (
    *("product", "defect_class", "lot_size", "code_letter", "sample_size", "aql_percent"),
    *("acceptance_number", "found", "verdict"),
)


@dataclass(frozen=True, eq=False)
class ReportAudit:
    """What an audit found; ``sentence`` and ``state`` first, the evidence after.

    Attributes
    ----------
    results
        A row per class result: what is stated, and the verdict recomputed from it.
    usual
        The same counts under the usual AQLs, at the lot size and level of the report.
    implied, joint
        Every tabulated plan with a stated limit; those that give all limits at once.
        Empty where the report states its AQLs and sample sizes.
    products
        Each product as a lot of its own.
    missing, questions
        What the report leaves out, and what to ask the agency.
    """

    sentence: str
    state: State
    results: pd.DataFrame
    usual: pd.DataFrame
    implied: pd.DataFrame
    joint: pd.DataFrame
    products: pd.DataFrame
    missing: pd.DataFrame
    questions: tuple[str, ...]

    @property
    def stated(self) -> pd.DataFrame:
        """Results as the report states them, with the verdict its own figures give."""
        return self.results[[name for name in self.results if not str(name).startswith("usual_")]]

    @property
    def joint_in_percent(self) -> pd.DataFrame:
        """Joint plans whose AQLs are percentages, not nonconformities per 100 items."""
        aqls = [name for name in self.joint if str(name).startswith("aql_")]
        return self.joint[(self.joint[aqls] <= LARGEST_PERCENT_AQL).all(axis=1)]


def audit_report(
    class_results: pd.DataFrame,
    inspections: pd.DataFrame,
    findings: pd.DataFrame,
    skus: pd.DataFrame,
    *,
    order_quantity: int,
    usual_aql_percent: Mapping[str, float],
    inspection_id: str,
) -> ReportAudit:
    """Audit of one inspection report.

    Parameters
    ----------
    class_results, inspections, findings, skus
        Tables of a case, in the columns of the records schema.
    order_quantity
        Pieces ordered: the lot size of a result pooled over all products.
    usual_aql_percent
        AQL that trade custom or the order names for each defect class [percent].
    inspection_id
        Visit to audit.

    Raises
    ------
    ValueError
        If the case holds no such visit, or no result for it.

    References
    ----------
    ISO 2859-1:1999, 9-11 and tables 1, 2-A to 2-C; MIL-STD-105E, 4.7 and tables I to II-C.
    """
    visit, stated, listed = (
        frame[frame["inspection_id"].eq(inspection_id)].reset_index(drop=True)
        for frame in (inspections, class_results, findings)
    )
    for name, frame in (("inspections", visit), ("class_results", stated)):
        if frame.empty:
            raise ValueError(f"{name} holds no row for inspection_id {inspection_id!r}")
    stated_visit = visit.iloc[0]
    level = _known(stated_visit["inspection_level"], USUAL_LEVEL)

    lots = _lot_sizes(stated, skus, order_quantity)
    results = _recomputed(stated, lots, stated_visit, level, usual_aql_percent)
    judged = stated[~needs_no_aql(stated)]
    missing = missing_data(stated if judged.empty else judged, visit, listed)
    implied = joint = pd.DataFrame()
    if plan_is_unknown(results):
        limits, counts = _by_class(stated, "acceptance_number"), _by_class(stated, "found")
        if limits and counts.keys() >= limits.keys():
            implied = implied_plans(limits, counts, inspection_level=level)
            if limits.keys() == set(implied["defect_class"]):
                joint = joint_plans(implied)
    overall = _known(stated_visit["reported_result"], "not stated").replace("_", " ")
    sentence, state = audit_in_words(results, usual_aql_percent, missing, overall=overall)
    return ReportAudit(
        sentence,
        state,
        results,
        _usual(results),
        implied,
        joint,
        _products(skus, stated, lots, level, usual_aql_percent),
        missing,
        (*missing["question"], *_contradictions(results, stated, skus, listed, overall)),
    )


def _known(value: object, otherwise: str) -> str:
    return otherwise if pd.isna(value) else str(value)  # type: ignore[call-overload]


def _by_class(stated: pd.DataFrame, column: str) -> dict[str, int]:
    """Stated whole number of each class, where the report pools all products."""
    known = stated[stated[column].notna() & stated["sku"].isna()]
    return {row["defect_class"]: int(row[column]) for _, row in known.iterrows()}


def _lot_sizes(stated: pd.DataFrame, skus: pd.DataFrame, order_quantity: int) -> list[int]:
    quantities = dict(zip(skus["sku"], skus["quantity"], strict=True))
    return [
        int(row["lot_size"])
        if pd.notna(row["lot_size"])
        else int(quantities.get(row["sku"], order_quantity))
        for _, row in stated.iterrows()
    ]


def _recomputed(
    stated: pd.DataFrame,
    lots: list[int],
    visit: pd.Series,
    level: str,
    usual_aql_percent: Mapping[str, float],
) -> pd.DataFrame:
    named = {
        "level": level,
        "severity": _known(visit["severity"], "normal"),
        "standard": _known(visit["standard"], ISO_2859_1_1999),
        "sampling": _known(visit["sampling"], "single"),
    }
    rows = []
    for lot_size, no_aql, (_, row) in zip(
        lots, needs_no_aql(stated), stated.iterrows(), strict=True
    ):
        usual_aql = usual_aql_percent.get(row["defect_class"])
        usual = (
            None if usual_aql is None else lookup_plan(lot_size, usual_aql, inspection_level=level)
        )
        rows.append(
            {
                "product": _known(row["sku"], "all products"),
                "defect_class": row["defect_class"],
                "lot_size": lot_size,
                "sample_size": row["sample_size"],
                "aql_percent": row["aql_percent"],
                "acceptance_number": row["acceptance_number"],
                "rejection_number": row["rejection_number"],
                "found": row["found"],
                "reported": _known(row["reported_result"], "not stated").replace("_", " "),
                "recomputed": verdict_as_stated(row),
                "plan": ACCEPT_ZERO if no_aql else plan_check(row, lot_size, **named),
                "usual_aql_percent": usual_aql,
                "usual_code_letter": usual.code_letter if usual else None,
                "usual_sample_size": min(usual.plan.sample_size, lot_size) if usual else None,
                "usual_acceptance_number": usual.plan.acceptance_number if usual else None,
                "usual_verdict": verdict_at(usual.plan, row, lot_size)
                if usual
                else "no usual AQL given",
            }
        )
    return pd.DataFrame(rows)


def _usual(results: pd.DataFrame) -> pd.DataFrame:
    """The counts under the usual AQLs, named as the other tables name them."""
    columns = {
        "product": "product",
        "defect_class": "defect_class",
        "lot_size": "lot_size",
        "usual_code_letter": "code_letter",
        "usual_aql_percent": "aql_percent",
        "usual_sample_size": "sample_size",
        "usual_acceptance_number": "acceptance_number",
        "found": "found",
        "usual_verdict": "verdict",
    }
    known = results[results["usual_aql_percent"].notna()]
    return known[list(columns)].rename(columns=columns)


def _products(
    skus: pd.DataFrame,
    stated: pd.DataFrame,
    lots: list[int],
    level: str,
    usual_aql_percent: Mapping[str, float],
) -> pd.DataFrame:
    """Each product as a lot of its own, with its verdict where the report gives one (R06, T2)."""
    sized = stated.assign(lot_size=lots)
    rows = []
    for _, line in skus.iterrows():
        own = sized[sized["sku"].eq(line["sku"])]
        for defect_class, aql in usual_aql_percent.items():
            results = own[own["defect_class"].eq(defect_class)]
            rows += [
                {"product": line["sku"], "defect_class": defect_class, "found": result["found"]}
                | _alone(int(result["lot_size"]), aql, level, result)
                for _, result in results.iterrows()
            ] or [
                {"product": line["sku"], "defect_class": defect_class, "found": pd.NA}
                | _alone(int(line["quantity"]), aql, level, None)
                | {"verdict": _unjudged(stated, defect_class)}
            ]
    return pd.DataFrame(rows).reindex(columns=PRODUCT_COLUMNS)


def _alone(lot_size: int, aql: float, level: str, result: pd.Series | None) -> dict[str, object]:
    """Plan of a lot at an AQL, and the verdict of its result if it has one."""
    cell = lookup_plan(lot_size, aql, inspection_level=level)
    return {
        "lot_size": lot_size,
        "code_letter": cell.code_letter,
        "sample_size": min(cell.plan.sample_size, lot_size),
        "aql_percent": aql,
        "acceptance_number": cell.plan.acceptance_number,
        "verdict": None if result is None else verdict_at(cell.plan, result, lot_size),
    }


def _unjudged(stated: pd.DataFrame, defect_class: str) -> str:
    if (stated["defect_class"].eq(defect_class) & stated["sku"].isna()).any():
        return f"{CANNOT_TELL}: counts are pooled over all products"
    return f"{CANNOT_TELL}: the report gives no count for it"


def _contradictions(
    results: pd.DataFrame,
    stated: pd.DataFrame,
    skus: pd.DataFrame,
    findings: pd.DataFrame,
    overall: str,
) -> list[str]:
    """Questions that the report's own figures raise."""
    questions = []
    if len(skus) > 1 and stated["sku"].isna().any():
        questions.append(
            f"The order holds {len(skus)} products. Were they judged as one lot, and what was "
            "found on each? A lot is made of like goods under like conditions."
        )
    for _, row in results.iterrows():
        where = f"{row['product']}, {row['defect_class']}"
        if row["plan"].startswith(DEVIATES):
            questions.append(f"{where}: why was this plan used? It {row['plan']}.")
        if contradicts(row["reported"], row["recomputed"]):
            questions.append(
                f"{where}: the report says {row['reported']}, its own figures say "
                f"{row['recomputed']}. Which is right?"
            )
    if overall == "not accepted" and results["recomputed"].str.startswith("accepted").all():
        questions.append(
            "The visit is reported as not accepted, and every class is accepted by its own "
            "figures. On which ground was it refused?"
        )
    irreproducible = findings["count"].isna().all() if len(findings) else False
    if irreproducible and results["found"].notna().any():
        questions.append(
            "The defect list has no counts, so the totals "
            f"({', '.join(_totals(results))}) cannot be checked. Please add them."
        )
    return questions


def _totals(results: pd.DataFrame) -> list[str]:
    counted = results[results["found"].notna()]
    return [f"{int(row['found'])} {row['defect_class']}" for _, row in counted.iterrows()]
