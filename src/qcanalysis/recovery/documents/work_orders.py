"""Papers before work starts: the corrective action sheet and the rework instruction."""

from __future__ import annotations

from typing import Any

from qcanalysis.recovery.documents.context import Context
from qcanalysis.recovery.documents.document import (
    Cell,
    Document,
    FillIn,
    Missing,
    Part,
    Table,
    stated,
    text,
)
from qcanalysis.recovery.documents.respecification import (
    reinspection_aql,
    release_gates,
    size_text,
)
from qcanalysis.recovery.gates.case_facts import HARDWARE_COLUMNS
from qcanalysis.recovery.rows import rows_of
from qcanalysis.recovery.triage.findings import triage
from qcanalysis.recovery.triage.work_list import work_list
from qcanalysis.recovery.ways_out.band import Band
from qcanalysis.recovery.ways_out.catalogue import default_catalogue
from qcanalysis.recovery.ways_out.cost import RoundOfWork, round_costs
from qcanalysis.recovery.ways_out.payers import PayerRuling

_AGREED = "agreed before work starts"
_ACTION_OF_COST = {
    "sort and rework labour": "sorting",
    "parts and remade pieces": "parts",
    "third-party visit": "reinspection",
    "repacking": "repacking",
    "re-cartoning": "repacking",
}


def corrective_action_sheet(context: Context) -> Document:
    """Sheet that both sides sign before work: who pays what, how much is remade (R66, R67)."""
    return context.document(
        "corrective_action_sheet",
        Part("Six fields agreed before work", "R67", facts=six_fields(context)),
        Part("Cost lines and payers", "R66", tables=(_cost_lines(context),)),
        Part(
            "Re-inspection",
            "R15",
            facts=(*release_gates(context)[:1], *reinspection_aql(context)),
        ),
        signatories=("buyer", "factory"),
    )


def six_fields(context: Context) -> tuple[tuple[str, Cell], ...]:
    """The six fields of R67; one that is missing keeps work from being authorised."""
    fields = (
        ("Payer of the sort", "sorting", "payer"),
        ("Payer of the parts", "parts", "payer"),
        ("Payer of the re-inspection", "reinspection", "payer"),
        ("Pieces remade", "remake", "quantity"),
        ("Remake runs in parallel", "remake", "runs_in_parallel"),
    )
    facts = [
        (name, stated(_agreed(context, kind, column), name.lower(), "R67", _AGREED))
        for name, kind, column in fields
    ]
    trigger = stated(
        context.last_stated("release_trigger"), "trigger for partial shipment", "R67", _AGREED
    )
    return (*facts, ("Trigger for partial shipment", trigger))


def _agreed(context: Context, kind: str, column: str) -> Any:
    values = [row[column] for row in context.actions if row["action_kind"] == kind]
    known = [value for value in values if value is not None]
    if column == "quantity" and known:
        return sum(known)
    return known[0] if known else None


def _cost_lines(context: Context) -> Table:
    """Eight lines with payer; amounts for the internal audience only."""
    is_internal = context.issue.audience == "internal"
    amounts = _amounts(context) if is_internal else {}
    rows = []
    for name, ruling in _rulings(context).items():
        kind = _ACTION_OF_COST.get(name)
        agreed = _agreed(context, kind, "payer") if kind else None
        payer, basis = _payer(name, ruling, agreed)
        amount = (amounts.get(name, "not estimated"),) if is_internal else ()
        rows.append((name, payer, basis, *amount, FillIn("both")))
    amount_heading = ("Amount (internal)",) if is_internal else ()
    return Table(("Cost", "Payer", "Basis", *amount_heading, "Agreed"), tuple(rows))


def _rulings(context: Context) -> dict[str, PayerRuling]:
    """Who pays each of the eight lines by the contract and the rules."""
    nothing = Band.exactly(0.0)
    costs = round_costs(
        RoundOfWork(),
        price=nothing,
        goods_value=nothing,
        rates=default_catalogue().rates,
        contract=vars(context.case.contract),
    )
    return {line.name: line.payer for line in costs.lines}


def _payer(name: str, ruling: PayerRuling, agreed: str | None) -> tuple[Cell, str]:
    if agreed is not None:
        return agreed, "line of the corrective action table"
    if ruling.payer == "negotiate":
        question = "was the specification measurable, and unchanged since the sample was approved"
        return Missing(f"payer of {name}", ruling.rule, question), "to be negotiated"
    claimed = ruling.payer if ruling.is_agreed else f"{ruling.payer}, claimed"
    return claimed, f"{ruling.sentence} ({ruling.rule})"


def _amounts(context: Context) -> dict[str, str]:
    """Amount of each cost line [order currency], from the records or the estimate."""
    currency = context.case.money.currency or ""
    amounts = {}
    if context.decisions.costs is not None:
        for row in rows_of(context.decisions.costs):
            amounts[row["cost"]] = f"{row['low']:,.0f} to {row['high']:,.0f} {currency}".strip()
    for name, kind in _ACTION_OF_COST.items():
        costs = [row["cost"] for row in context.actions if row["action_kind"] == kind]
        known = [cost for cost in costs if cost is not None]
        if known:
            amounts[name] = f"{sum(known):,.2f} {currency}".strip()
    return amounts


def rework_instruction(context: Context) -> Document:
    """Instruction that cites defect types, counts, standard, product and tolerance (R46).

    Irreparable defects are left out (R18), and failed attachments need their hardware facts (R63).
    """
    deadline = context.last("rework_authorised", "remake_approved").get("due_at")
    deadline = deadline or context.case.schedule.rework_deadline
    document = context.case.order.specification_document
    supervisor = context.decisions.supervisor
    why = "a vague order gets a cosmetic pass"
    return context.document(
        "rework_instruction",
        Part(
            "Order",
            "R46, R57",
            facts=(
                ("Supplier", stated(context.case.order.supplier, "supplier's name", "R90")),
                ("Standard to reach", stated(document, "approved specification", "R46", why)),
                ("Supervised by", stated(supervisor.name and str(supervisor), "supervisor", "R46")),
                ("Deadline", stated(deadline, "deadline of the rework", "R57")),
            ),
        ),
        Part("Work, in this order", "R12, R46", tables=_work(context)),
        Part("Hardware before rework", "R63", sentences=_hardware(context)),
        Part("How the work is followed", "R61", sentences=_monitoring(context)),
        signatories=("buyer", "factory", "line_supervisor"),
    )


def _work(context: Context) -> tuple[Table, ...]:
    """Tables of the work in order of risk, and of what is not for rework."""
    lines = {line["spec_id"]: line for line in context.lines}
    findings = context.case.findings
    findings = findings[findings["inspection_id"].eq(context.failed_visit["inspection_id"])]
    triaged = triage(findings, context.case.inspections, context.case.specification)
    is_barred = triaged["rework_is_offered"].eq(False).fillna(False)
    rows = []
    for work in rows_of(work_list(triaged[~is_barred])):
        defect, sku = work["defect_type"], work["sku"] or None
        own = [
            row for row in context.findings if row["defect_type"] == defect and row["sku"] == sku
        ]
        named = [row["spec_reference"] for row in own if row["spec_reference"] in lines]
        line = lines[named[0]] if named else {}
        limit = f"{line.get('characteristic') or ''} {size_text(line)}".strip()
        rows.append(
            (
                text(work["rank"]),
                stated(sku, f"product with {defect}", "R46"),
                defect,
                stated(work["count"], f"count of {defect}", "R46"),
                stated(named[0] if named else None, f"specification line for {defect}", "R46"),
                stated(limit, f"tolerance for {defect}", "R46"),
                FillIn("factory"),
                FillIn("factory"),
            )
        )
    columns = ("Rank", "Product", "Defect", "Found", "Line", "Tolerance", "Done", "Date")
    nothing: tuple[Cell, ...] = (Missing("findings to rework", "R46"), *[""] * 7)
    barred = {
        (row["sku"] or "not stated", row["defect_type"], "irreparable: remake or reject (R18)")
        for row in rows_of(triaged[is_barred])
    }
    tables = [Table(columns, tuple(rows) or (nothing,))]
    if barred:
        tables.append(Table(("Product", "Defect", "Not for rework"), tuple(sorted(barred))))
    return tuple(tables)


def _hardware(context: Context) -> tuple[Cell, ...]:
    failed = context.facts.attachment_goods
    if not failed:
        return ("No attachment failed.",)
    goods = context.facts.named(failed)
    return tuple(
        Missing(f"{name.removesuffix('_mm').replace('_', ' ')} for {goods}", "R63")
        for name in HARDWARE_COLUMNS
        if not failed <= context.facts.goods_where("hardware", name)
    )


def _monitoring(context: Context) -> tuple[Cell, ...]:
    why = "agent on site, progress photos, video or a defect-specific checklist"
    return context.decisions.monitoring or (
        Missing("way in which the work is followed", "R61", why),
    )
