"""The answer of an audit: one sentence, true whatever the report states."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import pandas as pd

from qcanalysis.recovery.report.implied_plans import SEVERITY_ORDER, letters_with_limits
from qcanalysis.recovery.report.stated_plan import (
    ACCEPT_ZERO,
    CANNOT_TELL,
    DEVIATES,
    OPEN_REJECTION,
)
from qcanalysis.sampling.tables import printed_aql

State = Literal["good", "bad", "caution", "unknown"]
EVERY_CLASS = "every class is accepted"
FAILS = "it is not accepted"
MOST_ASKED = 5  # data named in the sentence; the list of questions has them all


def plan_is_unknown(results: pd.DataFrame) -> bool:
    """Whether the report states no AQL for any class that needs one."""
    judged = results[results["plan"].ne(ACCEPT_ZERO)]
    return bool(len(judged)) and bool(judged["aql_percent"].isna().all())


def contradicts(reported: str, recomputed: str) -> bool:
    """Whether a stated verdict is not the one that the figures give; open verdicts never are.

    Examples
    --------
    >>> contradicts("accepted", "accepted, back to normal"), contradicts("accepted", "not accepted")
    (False, True)
    """
    is_open = recomputed.startswith(CANNOT_TELL) or recomputed == OPEN_REJECTION
    return not is_open and reported != "not stated" and not recomputed.startswith(reported)


def audit_in_words(
    results: pd.DataFrame,
    usual_aql_percent: Mapping[str, float],
    missing: pd.DataFrame,
    *,
    overall: str,
) -> tuple[str, State]:
    """Answer of an audit in one sentence, and its state.

    Parameters
    ----------
    results, missing
        As in `ReportAudit`.
    usual_aql_percent
        AQL of trade custom or of the order for each class [percent].
    overall
        "accepted", "not accepted", "pending" or "not stated": the visit's own result.

    Returns
    -------
    A failed critical class, an unknown plan, a plan that is not the standard's and a report
    that contradicts itself are each told; "reproduced" is said of complete reports alone.
    """
    asked = ", ".join(
        missing["datum"][missing["missing"].str.contains("class results|visit")][:MOST_ASKED]
    )
    request = f": ask the agency for {asked}." if asked else "."
    if plan_is_unknown(results):
        sentence, state = _unknown_plan(results, usual_aql_percent)
    else:
        sentence, state = _known_plan(results, overall)
    return sentence + request, state


def _known_plan(results: pd.DataFrame, overall: str) -> tuple[str, State]:
    own, is_real = _own_verdict(results)
    deviating = results["plan"][results["plan"].str.startswith(DEVIATES)].unique()
    against = [
        f"{row['product']}, {row['defect_class']}: reported {row['reported']}, by its figures "
        f"{row['recomputed']}"
        for _, row in results.iterrows()
        if contradicts(row["reported"], row["recomputed"])
    ]
    unchecked = results["plan"].str.startswith(CANNOT_TELL).sum()
    if len(deviating):
        faults = "; ".join(text.removeprefix(f"{DEVIATES} ") for text in deviating)
        head = f"The report {DEVIATES} the standard it is judged by: {faults}"
        return f"{head}; by its own limits {own}", "caution"
    if against:
        return f"The report contradicts itself: {'; '.join(against)}", "caution"
    if overall == "not accepted" and own == EVERY_CLASS:
        return f"The report contradicts itself: the visit is {overall}, and {own}", "caution"
    if unchecked:
        head = f"{unchecked} of the {len(results)} plans cannot be checked"
        return f"{head}; by the report's own limits {own}", "bad" if is_real else "caution"
    if own == EVERY_CLASS:
        return f"The report can be reproduced and {own}", "good"
    if is_real:
        failure = own.removeprefix(FAILS)
        return f"The report can be reproduced and the failure is real{failure}", "bad"
    return f"The plans of the report can be reproduced; {own}", "unknown"


def _own_verdict(results: pd.DataFrame) -> tuple[str, bool]:
    """Verdict by the report's own limits in words, and whether it is a failure beyond doubt."""
    failed = results[results["recomputed"].str.startswith("not accepted")]
    is_open = failed["recomputed"].eq(OPEN_REJECTION)
    named = "; ".join(
        f"{row['product']}: {int(row['found'])} {row['defect_class']} against Ac "
        f"{int(row['acceptance_number'])}"
        for _, row in failed.iterrows()
    )
    if len(failed):
        # Only a reduced plan has a gap, and its Re is asked for (T14).
        return FAILS + f": {named}" + (" (if Re is Ac + 1)" if is_open.all() else ""), True
    unclear = results[results["recomputed"].str.startswith(CANNOT_TELL)]
    if len(unclear):
        where = ", ".join(
            f"{row['product']} {row['defect_class']}" for _, row in unclear.iterrows()
        )
        return f"the verdict on {where} cannot be told, for want of a count or Ac", False
    return EVERY_CLASS, False


def _unknown_plan(
    results: pd.DataFrame, usual_aql_percent: Mapping[str, float]
) -> tuple[str, State]:
    known = results[results["acceptance_number"].notna() & results["usual_aql_percent"].notna()]
    if known.empty:
        own, is_real = _own_verdict(results)
        if is_real:
            return f"No plan of the report can be checked; by its own limits {own}", "bad"
        return "The report states no acceptance numbers, so no verdict can be checked", "unknown"
    aqls = "/".join(printed_aql(usual_aql_percent[name]) for name in known["defect_class"].unique())
    lots = results.groupby("product", sort=False)
    outcomes = [_at_usual_aqls(str(product), rows, len(lots) == 1) for product, rows in lots]
    critical = results[results["defect_class"].eq("critical") & results["found"].gt(0)]
    state: State = "bad" if len(critical) else "caution"
    return (
        f"{_limits_in_words(known, usual_aql_percent, aqls)} at {aqls} {'; '.join(outcomes)}",
        state,
    )


def _limits_in_words(known: pd.DataFrame, usual_aql_percent: Mapping[str, float], aqls: str) -> str:
    """What the stated limits say about the AQLs behind them, up to the words on the lots."""
    limits = known.groupby("defect_class", sort=False)["acceptance_number"].unique()
    if limits.map(len).gt(1).any():
        return "The report states no AQL, and its limits differ from product to product;"
    acceptance = {str(name): int(values[0]) for name, values in limits.items()}
    stated = " / ".join(f"Ac {limit}" for limit in acceptance.values())
    letters = letters_with_limits(
        acceptance, {name: usual_aql_percent[name] for name in acceptance}
    )
    if not letters:
        return f"{stated} is not AQL {aqls} at any sample size, and"
    by_severity = [
        f"{', '.join(found)} ({severity})"
        for severity in SEVERITY_ORDER
        if (found := [pair.split()[0] for pair in letters if pair.endswith(f" {severity}")])
    ]
    return f"{stated} is AQL {aqls} only at code letter {' or '.join(by_severity)};"


def _at_usual_aqls(product: str, rows: pd.DataFrame, is_only_lot: bool) -> str:
    """What the usual AQLs would say about one lot, critical defects by their own limit."""
    size = int(rows["lot_size"].iloc[0])
    lot = f"this lot of {size:,}" if is_only_lot else f"{product} ({size:,} pieces)"
    verdicts, counts = [], []
    for _, row in rows.iterrows():
        usual, limit = row["usual_acceptance_number"], row["acceptance_number"]
        has_usual = pd.notna(usual)
        verdicts.append(row["usual_verdict"] if has_usual else row["recomputed"])
        if pd.notna(row["found"]) and (has_usual or row["found"] > 0):
            against = usual if has_usual else limit
            words = "no stated limit" if pd.isna(against) else f"Ac {int(against)}"
            counts.append(f"{int(row['found'])} {row['defect_class']} against {words}")
    if any(verdict.startswith("not accepted") for verdict in verdicts):
        outcome = "would not have passed"
    elif any(verdict.startswith(CANNOT_TELL) for verdict in verdicts):
        outcome = "cannot be judged"
    else:
        outcome = "would have passed"
    return f"{lot} {outcome}" + (f" ({', '.join(counts)})" if counts else "")
