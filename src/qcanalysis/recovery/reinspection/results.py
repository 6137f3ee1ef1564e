"""What a re-inspection found: verdict per lot, and what is still in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any, Literal

import pandas as pd

from qcanalysis.estimation import nonconforming_remainder
from qcanalysis.recovery.reinspection.carton_list import NOT_STATED
from qcanalysis.recovery.reinspection.lot_plans import SCOPES
from qcanalysis.recovery.reinspection.pack_out import ALL_CARTONS
from qcanalysis.recovery.rows import rows_of

Verdict = Literal["accepted", "not_accepted", "cannot tell"]
CLASSES = ("critical", "major", "minor")
COUNT_COLUMNS = ["sku", "treatment", "scope", "inspected", "found"]
LOT_KEY = ["sku", "treatment", "scope"]


def inspected_pieces(
    units: pd.DataFrame,
    findings: pd.DataFrame,
    register: pd.DataFrame,
    *,
    inspection_id: str,
    unit_class_rule: str,
    conceded: Mapping[str, Collection[str]] | None = None,
) -> pd.DataFrame:
    """Pieces inspected in one visit, with the scopes in which each is nonconforming.

    Parameters
    ----------
    units, findings
        Tables of a case: a row per piece, and the defect list by ``sample_id``.
    register
        What `carton_list` returns.
    inspection_id
        The visit.
    unit_class_rule
        "worst_defect": a piece counts once, in the first scope of critical,
        zero_defect, major, minor that it offends; "every_class": in each (T3).
    conceded
        Defect types conceded, by product: not counted on pieces from conceded
        cartons, counted everywhere else (T11).

    Returns
    -------
    Columns ``sku, sample_id, carton_no, treatment, critical, zero_defect, major,
    minor``. A fault in the zero-defect zone counts there and not in its class; a
    defect that the list does not explain counts in its class.

    Examples
    --------
    >>> units = pd.DataFrame({"inspection_id": "RI", "sku": "PIN", "sample_id": ["1"],
    ...     "carton_no": "004", "critical_defects": 0, "major_defects": 1, "minor_defects": 1})
    >>> findings = pd.DataFrame({"inspection_id": "RI", "sku": "PIN", "sample_id": ["1"],
    ...     "defect_class": "major", "appearance_zone": "zero_defect", "defect_type": "scratch"})
    >>> pieces = inspected_pieces(units, findings, pd.DataFrame(columns=["carton_no"]),
    ...     inspection_id="RI", unit_class_rule="every_class")
    >>> pieces.loc[0, ["critical", "zero_defect", "major", "minor"]].tolist()
    [False, True, False, True]
    """
    if unit_class_rule not in ("worst_defect", "every_class"):
        raise ValueError(
            f"unit_class_rule must be 'worst_defect' or 'every_class', got {unit_class_rule!r}"
        )
    treatments = {row["carton_no"]: row["treatment"] for row in rows_of(register)}
    listed = defaultdict(list)
    for row in rows_of(findings):
        if row["inspection_id"] == inspection_id and row.get("counted_per") in (None, "item"):
            listed[row.get("sku"), row.get("sample_id")].append(row)
    rows = []
    for unit in rows_of(units):
        if unit["inspection_id"] != inspection_id:
            continue
        treatment = treatments.get(unit.get("carton_no"), NOT_STATED)
        excused = (conceded or {}).get(unit["sku"], ()) if treatment == "conceded" else ()
        offended = _offended(unit, listed[unit["sku"], unit["sample_id"]], excused)
        if unit_class_rule == "worst_defect":
            offended = [scope for scope in SCOPES if scope in offended][:1]
        rows.append(
            {name: unit.get(name) for name in ("sku", "sample_id", "carton_no")}
            | {"treatment": treatment}
            | {scope: scope in offended for scope in SCOPES}
        )
    return pd.DataFrame(rows, columns=["sku", "sample_id", "carton_no", "treatment", *SCOPES])


def _offended(
    unit: dict[str, Any], listed: list[dict[str, Any]], excused: Collection[str]
) -> list[str]:
    """Scopes in which a piece is nonconforming."""
    offended = []
    for name in CLASSES:
        left = int(unit[f"{name}_defects"])
        for finding in listed:
            if finding["defect_class"] != name:
                continue
            in_zone = finding.get("appearance_zone") == "zero_defect" and name != "critical"
            if finding["defect_type"] in excused:
                left -= int(finding.get("count") or 1)
            elif in_zone:
                left -= int(finding.get("count") or 1)
                offended.append("zero_defect")
        if left > 0:
            offended.append(name)
    return offended


def counts_from_pieces(pieces: pd.DataFrame) -> pd.DataFrame:
    """Pieces inspected and found nonconforming in each lot and scope.

    Parameters
    ----------
    pieces
        What `inspected_pieces` returns.

    Returns
    -------
    Columns ``sku, treatment, scope, inspected, found``.
    """
    rows = [
        {"sku": sku, "treatment": treatment, "scope": scope, "inspected": len(group),
         "found": int(group[scope].sum())}
        for (sku, treatment), group in pieces.groupby(["sku", "treatment"], sort=False)
        for scope in SCOPES
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=COUNT_COLUMNS)


def counts_from_classes(
    class_results: pd.DataFrame, lots: pd.DataFrame, *, inspection_id: str
) -> pd.DataFrame:
    """Counts as the report states them by class, for a visit without rows per piece.

    Returns
    -------
    As `counts_from_pieces`; there is no count for the zero-defect zone, which
    only rows per piece can tell. A result without a lot is of the treatment "not stated".
    """
    treatments = {row["lot_id"]: row.get("treatment") for row in rows_of(lots)}
    rows = [
        {
            "sku": row.get("sku"),
            "treatment": treatments.get(row.get("lot_id")) or NOT_STATED,
            "scope": row["defect_class"],
            "inspected": row.get("sample_size"),
            "found": row.get("found"),
        }
        for row in rows_of(class_results)
        if row["inspection_id"] == inspection_id
    ]
    return pd.DataFrame(rows, columns=COUNT_COLUMNS)


def counts_from_cartons(checked: pd.DataFrame) -> pd.DataFrame:
    """Cartons checked and found nonconforming, by product.

    Parameters
    ----------
    checked
        What `check_cartons` returns.
    """
    rows = [
        {"sku": sku, "treatment": ALL_CARTONS, "scope": "pack_out", "inspected": len(group),
         "found": int(group["is_nonconforming"].sum())}
        for sku, group in checked.groupby("sku", sort=False)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=COUNT_COLUMNS)


def judge_lots(
    plans: pd.DataFrame, counts: pd.DataFrame, *, interval_level: float = 0.90
) -> pd.DataFrame:
    """Verdict of each plan, and what is still in its lot (R75, R77, section 2).

    Parameters
    ----------
    plans
        Plans of a `ReinspectionPlan`.
    counts
        Counts by lot and scope, of pieces and of cartons.
    interval_level
        Level of the interval of what is left.

    Returns
    -------
    The plans with ``inspected, found, verdict`` ("accepted", "not_accepted",
    "cannot tell"), ``zero_found``, ``bad_mean, bad_lower, bad_upper`` (items in
    the part nobody inspected, beta-binomial) and ``reason``. "Plan passed" and
    "zero found" are two answers: an AQL plan accepts with some found.

    Examples
    --------
    >>> plans = pd.DataFrame({"sku": ["KEY"], "treatment": ["sorted"], "scope": ["major"],
    ...     "lot_size": [7000], "sample_size": [200], "acceptance_number": [5],
    ...     "rejection_number": [6]})
    >>> counts = pd.DataFrame([["KEY", "sorted", "major", 200, 3]], columns=COUNT_COLUMNS)
    >>> row = judge_lots(plans, counts).iloc[0]
    >>> row["verdict"], bool(row["zero_found"]), round(row["bad_mean"])
    ('accepted', False, 118)
    """
    found = {tuple(row[name] for name in LOT_KEY): row for row in rows_of(counts)}
    rows = []
    for plan in rows_of(plans):
        count = found.get(tuple(plan[name] for name in LOT_KEY), {})
        rows.append(plan | _judged(plan, count, interval_level))
    return pd.DataFrame(rows).convert_dtypes()


def _judged(plan: dict[str, Any], count: dict[str, Any], level: float) -> dict[str, Any]:
    inspected, found = count.get("inspected"), count.get("found")
    unknown = dict.fromkeys(["zero_found", "bad_mean", "bad_lower", "bad_upper"]) | {
        "inspected": inspected,
        "found": found,
        "verdict": "cannot tell",
    }
    if plan["sample_size"] is None:
        return unknown | {"reason": plan["reason"]}
    if inspected is None or found is None:
        needed = "rows per piece with their zone" if plan["scope"] == "zero_defect" else "a count"
        return unknown | {"reason": f"cannot tell: {needed} needed of this lot"}
    if not found <= inspected <= plan["lot_size"]:
        return unknown | {
            "reason": f"cannot tell: {found:g} found of {inspected:g} inspected of a lot of "
            f"{plan['lot_size']:g} cannot be items; give nonconforming items"
        }
    verdict, reason = _verdict(plan, int(inspected), int(found))
    rest = nonconforming_remainder(int(found), int(inspected), lot_size=int(plan["lot_size"]))
    lower, upper = rest.interval(level)
    return {
        "inspected": int(inspected),
        "found": int(found),
        "verdict": verdict,
        "zero_found": found == 0,
        "bad_mean": rest.mean,
        "bad_lower": lower,
        "bad_upper": upper,
        "reason": reason,
    }


def _verdict(plan: dict[str, Any], inspected: int, found: int) -> tuple[Verdict, str]:
    """Verdict, given only where a sample of another size than planned leaves no doubt."""
    planned = int(plan["sample_size"])
    if found <= plan["acceptance_number"] and inspected >= planned:
        return "accepted", ""
    if found >= plan["rejection_number"] and inspected <= planned:
        return "not_accepted", ""
    what = "inspect the rest" if inspected < planned else f"say which {planned} were the sample"
    return "cannot tell", f"cannot tell: {inspected} inspected, {planned} planned: {what}"


def judge_products(judged: pd.DataFrame) -> pd.DataFrame:
    """Verdict of each product: accepted only if every lot and scope of it is (R77).

    Parameters
    ----------
    judged
        What `judge_lots` returns.

    Returns
    -------
    Columns ``sku, verdict, zero_found, not_accepted, cannot_tell``: the last two
    name the lots and scopes. ``zero_found`` is of pieces and cartons alike.
    """
    rows = []
    for sku, group in judged.groupby("sku", sort=False):
        names = group["treatment"] + " " + group["scope"].str.replace("_", " ")
        failed, open_ = (
            names[group["verdict"] == word] for word in ("not_accepted", "cannot tell")
        )
        zero = group["zero_found"]
        rows.append(
            {
                "sku": sku,
                "verdict": "not_accepted"
                if len(failed)
                else "cannot tell"
                if len(open_)
                else "accepted",
                "zero_found": False
                if zero.eq(False).any()
                else None
                if zero.isna().any()
                else True,
                "not_accepted": ", ".join(failed),
                "cannot_tell": ", ".join(open_),
            }
        )
    return pd.DataFrame(rows)
