"""First papers after a failed report: the hold notice and the audit sheet of the report."""

from __future__ import annotations

from typing import Any

from qcanalysis.recovery.documents.context import Context
from qcanalysis.recovery.documents.document import (
    Cell,
    Document,
    Missing,
    Part,
    Table,
    frame_table,
    stated,
    whole_table,
)
from qcanalysis.recovery.report.audit import audit_report
from qcanalysis.recovery.rows import rows_of
from qcanalysis.recovery.triage.work_list import unsupported_findings

_KEYS = (
    ("production_date", "production date"),
    ("plating_batch", "plating batch"),
    ("assembly_line", "assembly line"),
)


def hold_notice(context: Context) -> Document:
    """Notice that no goods move: products, cartons, five quarantine keys, time (R04, R05, R71)."""
    case, hold = context.case, context.last("hold_placed")
    report = context.failed_visit.get("report_reference")
    held_at = stated(hold.get("at"), "time of the hold", "R05", "record hold_placed in the log")
    return context.document(
        "hold_notice",
        Part(
            "What is held",
            "R04",
            facts=(
                ("Order", stated(case.order.order_id, "purchase order number", "R01")),
                ("Goods", stated(case.order.product, "product in words", "R01")),
                ("Pieces", stated(case.order.quantity, "pieces ordered", "R01")),
                ("Held since", held_at),
                ("Because of", stated(report, "number of the failed report", "R07")),
                ("Balance paid", stated(case.money.balance_is_paid, "state of the balance", "R71")),
            ),
            sentences=(
                "No booking is released and nothing moves to the forwarder before a revised "
                "inspection passes or a written partial release is signed (R04, R05).",
                "The balance stays unpaid while the result is failed and unresolved (R71).",
            ),
        ),
        Part("Quarantine register", "R05", tables=(_quarantine_register(context),)),
        signatories=("buyer", "factory", "warehouse"),
    )


def _quarantine_register(context: Context) -> Table:
    """Cartons with the five keys: product, date or lot, plating batch, line, carton range."""
    columns = (
        *("Product", "Production date", "Lot", "Plating batch", "Assembly line"),
        *("Cartons", "Pieces", "Place"),
    )
    rows: list[tuple[Cell, ...]] = []
    for row in rows_of(context.case.cartons):
        cartons = f"{row['first_carton_no']} to {row['last_carton_no']}"
        keys = [stated(row[name], f"{words} of cartons {cartons}", "R05") for name, words in _KEYS]
        if row["production_date"] is None and row["lot_id"] is not None:
            keys[0] = "by lot"  # R05 asks for the date or the lot
        lot, place = (row[name] or "not stated" for name in ("lot_id", "location"))
        pieces = stated(row["quantity"], f"pieces in cartons {cartons}", "R05")
        rows.append((row["sku"], keys[0], lot, *keys[1:], cartons, pieces, place))
    for sku, goods in context.facts.goods.items():
        block = [first for first, _ in goods.ranges() if "no carton number" in first]
        if block:
            rows.append(_unregistered(context, sku))
    return Table(columns, tuple(rows))


def _unregistered(context: Context, sku: str) -> tuple[Cell, ...]:
    """Row for the pieces of a product that stand in no registered carton."""
    registered = sum(row["quantity"] for row in rows_of(context.case.cartons) if row["sku"] == sku)
    pieces = context.facts.quantities[sku] - registered
    missing = [Missing(f"{words} of {sku}", "R05") for _, words in _KEYS]
    cartons = Missing(f"carton ranges of {sku}", "R05", "goods in no known carton cannot be traced")
    return (sku, missing[0], "not stated", *missing[1:], cartons, f"{pieces:,}", "not stated")


def report_audit_sheet(context: Context) -> Document:
    """Audit of the report: plan and verdict recomputed, flaws, questions to ask (R02-R07)."""
    case, visit = context.case, context.failed_visit
    audit = audit_report(
        case.class_results,
        case.inspections,
        case.findings,
        case.skus,
        order_quantity=case.order.quantity,
        usual_aql_percent=context.decisions.usual_aql_percent,
        inspection_id=visit["inspection_id"],
    )
    unsupported = unsupported_findings(
        case.findings[case.findings["inspection_id"].eq(visit["inspection_id"])]
    )
    joint = audit.joint_in_percent if len(audit.joint) else audit.joint
    return context.document(
        "report_audit",
        Part("Report", "R02", facts=_report_facts(visit)),
        Part("Verdict recomputed", "R02, T1", sentences=(audit.sentence,)),
        Part("Results as stated", "R02", tables=(frame_table(audit.stated, _STATED),)),
        Part("The same counts at the usual AQLs", "T1", tables=(frame_table(audit.usual, _USUAL),)),
        Part(
            "Each product as a lot of its own", "T2", tables=(frame_table(audit.products, _USUAL),)
        ),
        Part(
            "Plans that give the stated limits",
            "T1, T14",
            sentences=(
                f"{len(joint)} tabulated pairs of plans give all stated limits."
                if len(audit.implied)
                else "Not needed: the report states sample sizes and AQLs.",
            ),
            tables=(whole_table(joint),) if len(joint) else (),
        ),
        Part("What the report leaves out", "R07", tables=(frame_table(audit.missing, _GAPS),)),
        Part(
            "Findings that would not stand in a dispute",
            "R13, R19",
            tables=(frame_table(unsupported, _UNSUPPORTED),),
        ),
        Part("Questions to the agency", "R07", sentences=audit.questions),
        signatories=("buyer",),
    )


_STATED = {
    "product": "Product",
    "defect_class": "Class",
    "lot_size": "Lot size",
    "sample_size": "n",
    "aql_percent": "AQL [%]",
    "acceptance_number": "Ac",
    "rejection_number": "Re",
    "found": "Found",
    "reported": "Reported",
    "recomputed": "Recomputed",
    "plan": "Plan",
}
_USUAL = {
    "product": "Product",
    "defect_class": "Class",
    "lot_size": "Lot size",
    "code_letter": "Letter",
    "sample_size": "n",
    "aql_percent": "AQL [%]",
    "acceptance_number": "Ac",
    "found": "Found",
    "verdict": "Verdict",
}
_GAPS = {"datum": "Datum", "missing": "Missing for", "why": "Why it matters", "rule": "Rule"}
_UNSUPPORTED = {
    "finding_id": "Finding",
    "defect_type": "Defect",
    "reason": "Gap",
    "rule_id": "Rule",
}


def _report_facts(visit: dict[str, Any]) -> tuple[tuple[str, Cell], ...]:
    """What the report says of itself; what it leaves out is a finding of the audit."""
    names = {
        "Visit": "inspection_id",
        "Report": "report_reference",
        "Agency": "agency",
        "Inspector": "inspector_id",
        "Inspected on": "inspected_on",
        "Standard and edition": "standard",
        "Level": "inspection_level",
        "Severity": "severity",
        "Golden sample at the table": "golden_sample_compared",
    }
    return tuple(
        (
            label,
            "not stated in the report"
            if visit[name] is None
            else str(stated(visit[name], label, "R07")),
        )
        for label, name in names.items()
    )
