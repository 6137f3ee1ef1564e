"""Audit of an inspection report against the standard: plan, verdict, gaps, questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from qcanalysis.recovery.completeness import missing_data
from qcanalysis.recovery.implied_plans import (
    VERDICT_WORDS,
    implied_plans,
    joint_plans,
    letters_with_limits,
)
from qcanalysis.sampling.plan import SamplingPlan
from qcanalysis.sampling.standard import lookup_plan
from qcanalysis.sampling.tables import ISO_2859_1_1999, LARGEST_PERCENT_AQL, printed_aql

USUAL_LEVEL = "II"
State = Literal["good", "bad", "caution", "unknown"]


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
    level = _known(visit["inspection_level"].iloc[0], USUAL_LEVEL)
    severity = _known(visit["severity"].iloc[0], "normal")

    lots = _lot_sizes(stated, skus, order_quantity)
    results = _recomputed(stated, lots, level, severity, usual_aql_percent)
    missing = missing_data(stated[~_needs_no_aql(stated)], visit, listed)
    implied = joint = pd.DataFrame()
    if _plan_is_unknown(results):
        limits, counts = _by_class(stated, "acceptance_number"), _by_class(stated, "found")
        if limits and counts.keys() >= limits.keys():
            implied = implied_plans(limits, counts, inspection_level=level)
            joint = joint_plans(implied)
    products = _products(skus, stated, level, usual_aql_percent)
    questions = (*missing["question"], *_contradictions(results, stated, skus, listed))
    sentence, state = _verdict_in_words(results, usual_aql_percent, missing)
    return ReportAudit(
        sentence,
        state,
        results,
        _usual(results),
        implied,
        joint,
        products,
        missing,
        questions,
    )


def _needs_no_aql(stated: pd.DataFrame) -> pd.Series[bool]:
    """Critical classes that accept on zero: the limit says all there is to say."""
    return stated["defect_class"].eq("critical") & stated["acceptance_number"].eq(0).fillna(False)


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
    level: str,
    severity: str,
    usual_aql_percent: Mapping[str, float],
) -> pd.DataFrame:
    rows = []
    for lot_size, no_aql, (_, row) in zip(
        lots, _needs_no_aql(stated), stated.iterrows(), strict=True
    ):
        usual_aql = usual_aql_percent.get(row["defect_class"])
        check, usual = "cannot tell: no AQL stated", None
        if pd.notna(row["aql_percent"]):
            check = _plan_check(row, lot_size, level, severity)
        elif no_aql:
            check = "accept zero: no critical defect is allowed, so no AQL is needed"
        if usual_aql is not None:
            usual = lookup_plan(lot_size, usual_aql, inspection_level=level)
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
                "recomputed": _verdict_as_stated(row),
                "plan": check,
                "usual_aql_percent": usual_aql,
                "usual_code_letter": usual.code_letter if usual else None,
                "usual_sample_size": usual.plan.sample_size if usual else None,
                "usual_acceptance_number": usual.plan.acceptance_number if usual else None,
                "usual_verdict": _verdict_at(usual.plan, row) if usual else "no usual AQL given",
            }
        )
    return pd.DataFrame(rows)


def _verdict_as_stated(row: pd.Series) -> str:
    """Verdict that the stated limits give; a missing Re leaves it open (T14)."""
    limit, rejection, found = row["acceptance_number"], row["rejection_number"], row["found"]
    if pd.isna(found) or pd.isna(limit):
        return "cannot tell: no count or no Ac"
    if pd.isna(rejection):
        return "accepted" if found <= limit else "not accepted, if Re is Ac + 1"
    size = 1 if pd.isna(row["sample_size"]) else int(row["sample_size"])
    plan = SamplingPlan.single(size, int(limit), int(rejection))
    return VERDICT_WORDS[plan.verdict(int(found))]


def _plan_check(row: pd.Series, lot_size: int, level: str, severity: str) -> str:
    """Whether the stated n and Ac are those of the standard for the stated AQL."""
    expected = lookup_plan(
        lot_size,
        float(row["aql_percent"]),
        inspection_level=level,
        severity=severity,
        standard=ISO_2859_1_1999,
    )
    faults = [
        f"{symbol} {int(row[column])}, not {standard}"
        for symbol, column, standard in (
            ("n", "sample_size", expected.plan.sample_size),
            ("Ac", "acceptance_number", expected.plan.acceptance_number),
            ("Re", "rejection_number", expected.plan.rejection_number),
        )
        if pd.notna(row[column]) and int(row[column]) != standard
    ]
    where = f"letter {expected.code_letter}, AQL {printed_aql(row['aql_percent'])}, {severity}"
    return f"does not follow {where}: {'; '.join(faults)}" if faults else f"follows {where}"


def _verdict_at(plan: SamplingPlan, row: pd.Series) -> str:
    if pd.isna(row["found"]):
        return "cannot tell: no count"
    if pd.notna(row["sample_size"]) and int(row["sample_size"]) != plan.sample_size:
        return f"cannot tell: {int(row['sample_size'])} inspected, not {plan.sample_size}"
    return VERDICT_WORDS[plan.verdict(int(row["found"]))]


def _plan_is_unknown(results: pd.DataFrame) -> bool:
    return bool(results["plan"].str.startswith("cannot tell").all())


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
    level: str,
    usual_aql_percent: Mapping[str, float],
) -> pd.DataFrame:
    """Each product as a lot of its own, with its verdict where the report gives one (R06, T2)."""
    rows = []
    for _, line in skus.iterrows():
        own = stated[stated["sku"].eq(line["sku"])]
        for defect_class, aql in usual_aql_percent.items():
            cell = lookup_plan(int(line["quantity"]), aql, inspection_level=level)
            result = own[own["defect_class"].eq(defect_class)]
            rows.append(
                {
                    "product": line["sku"],
                    "defect_class": defect_class,
                    "lot_size": int(line["quantity"]),
                    "code_letter": cell.code_letter,
                    "sample_size": cell.plan.sample_size,
                    "aql_percent": aql,
                    "acceptance_number": cell.plan.acceptance_number,
                    "found": result["found"].iloc[0] if len(result) else pd.NA,
                    "verdict": _verdict_at(cell.plan, result.iloc[0])
                    if len(result)
                    else "cannot tell: counts are pooled over all products",
                }
            )
    return pd.DataFrame(rows)


def _contradictions(
    results: pd.DataFrame, stated: pd.DataFrame, skus: pd.DataFrame, findings: pd.DataFrame
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
        if row["plan"].startswith("does not follow"):
            questions.append(f"{where}: why was this plan used? It {row['plan']}.")
        clear = row["recomputed"] in VERDICT_WORDS.values()
        if clear and row["reported"] not in ("not stated", row["recomputed"]):
            questions.append(
                f"{where}: the report says {row['reported']}, its own figures say "
                f"{row['recomputed']}. Which is right?"
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


def _verdict_in_words(
    results: pd.DataFrame,
    usual_aql_percent: Mapping[str, float],
    missing: pd.DataFrame,
) -> tuple[str, State]:
    asked = ", ".join(missing["datum"][missing["missing"].str.contains("class results|visit")][:5])
    request = f": ask the agency for {asked}." if asked else "."
    if _plan_is_unknown(results):
        return _unknown_plan_in_words(results, usual_aql_percent, request)
    failed = results[results["recomputed"].str.startswith("not accepted")]
    named = "; ".join(
        f"{row['product']}: {int(row['found'])} {row['defect_class']} against Ac "
        f"{int(row['acceptance_number'])}"
        for _, row in failed.iterrows()
    )
    if results["plan"].str.startswith("does not follow").any():
        return (
            "The report does not follow the standard it is judged by: "
            + "; ".join(results["plan"][results["plan"].str.startswith("does not")].unique())
            + request,
            "caution",
        )
    if failed.empty:
        return "The report can be reproduced and every class is accepted" + request, "good"
    return f"The report can be reproduced and the failure is real: {named}{request}", "bad"


def _unknown_plan_in_words(
    results: pd.DataFrame,
    usual_aql_percent: Mapping[str, float],
    request: str,
) -> tuple[str, State]:
    known = results[results["acceptance_number"].notna() & results["usual_aql_percent"].notna()]
    if known.empty:
        return "The report states no acceptance numbers, so no verdict can be checked" + (
            request
        ), "unknown"
    limits = {row["defect_class"]: int(row["acceptance_number"]) for _, row in known.iterrows()}
    stated = " / ".join(f"Ac {limit}" for limit in limits.values())
    aqls = "/".join(printed_aql(usual_aql_percent[name]) for name in limits)
    letters = letters_with_limits(limits, {name: usual_aql_percent[name] for name in limits})
    verdicts = set(known["usual_verdict"])
    outcome = "would have passed" if verdicts <= {"accepted"} else "would not have passed"
    if any(verdict.startswith("cannot tell") for verdict in verdicts):
        outcome = "cannot be judged"
    against = ", ".join(
        f"{int(row['found'])} {row['defect_class']} against Ac "
        f"{int(row['usual_acceptance_number'])}"
        for _, row in known.iterrows()
        if pd.notna(row["found"])
    )
    lot = f"at {aqls} this lot of {int(known['lot_size'].iloc[0]):,} {outcome} ({against})"
    if not letters:
        return f"{stated} is not AQL {aqls} at any sample size, and {lot}{request}", "caution"
    return (
        f"{stated} is AQL {aqls} only at code letter {' or '.join(letters)}; {lot}{request}",
        "caution",
    )
