"""Corrective action request: what the factory must answer, item by item (R59, R62)."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml

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

ASKED = {
    "acknowledgement": "acknowledgement that the report is received and the lot is not accepted",
    "root_cause": "root cause of each defect, and how it was found",
    "corrective_plan": "what is done to these goods and to the process",
    "time_line": "dates for each step",
}
ItemState = Literal["open", "closed", "overdue"]


@cache
def process_changes(product_family: str) -> tuple[str, ...]:
    """Process changes to ask of a product family (R62); empty for a family without a template.

    Examples
    --------
    >>> process_changes("soft-enamel-pin")[0]
    'die review'
    """
    template = files(__package__) / "process_changes.yaml"
    return tuple(yaml.safe_load(template.read_text(encoding="utf-8")).get(product_family, ()))


def item_state(item: dict[str, Any], on: Any) -> ItemState:
    """State of an item on a day: closed when done and shown, overdue after its date (R59).

    Examples
    --------
    >>> from datetime import date
    >>> item_state({"closed_on": None, "due_on": date(2026, 10, 8)}, date(2026, 10, 9))
    'overdue'
    """
    if item["closed_on"] is not None:
        return "closed"
    due_on = item["due_on"]
    return "overdue" if due_on is not None and _day(due_on) < on else "open"


def _day(moment: Any) -> Any:
    return moment.date() if hasattr(moment, "date") else moment


def corrective_action_request(context: Context) -> Document:
    """Request for acknowledgement, cause, plan, dates and process changes."""
    has_iso = context.case.contract.supplier_has_iso_9001
    route = {
        True: "The supplier holds ISO 9001: answer in its own corrective action form, with number.",
        False: "The supplier holds no ISO 9001: answer in the tables below, one line a defect; "
        "the buyer helps with the cause.",
    }
    guidance: Cell = Missing("whether the supplier holds ISO 9001", "R59")
    return context.document(
        "corrective_action_request",
        Part(
            "How to answer",
            "R59",
            facts=(
                ("Supplier", stated(context.case.order.supplier, "supplier's name", "R90")),
                (
                    "Answer due",
                    stated(context.case.schedule.answer_due_at, "date of the answer", "R59"),
                ),
            ),
            sentences=(guidance if has_iso is None else route[has_iso],),
        ),
        Part("What is asked", "R59", tables=(_asked(context),)),
        Part("Failed defects", "R46", tables=(_defects(context),)),
        Part("Process changes by product", "R62", tables=(_changes(context),)),
        signatories=("factory", "buyer"),
    )


def _asked(context: Context) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for kind, what in ASKED.items():
        items: list[dict[str, Any] | None] = [
            row for row in context.actions if row["action_kind"] == kind
        ]
        for item in items or [None]:
            name = kind.replace("_", " ")
            rows.append((name.capitalize(), *_asked_cells(context, name, what, item)))
    rest = [row for row in context.actions if row["action_kind"] == "process_change"]
    rows += [("Process change", *_asked_cells(context, "process change", "", row)) for row in rest]
    columns = ("Item", "What", "Product", "Owner", "Due", "State", "Answer")
    return Table(columns, tuple(rows))


def _asked_cells(
    context: Context, name: str, what: str, item: dict[str, Any] | None
) -> tuple[Cell, ...]:
    if item is None:
        due = Missing(f"due date of the {name}", "R59")
        return (what, "all", FillIn("factory"), due, "open", FillIn("factory"))
    return (
        item["description"],
        item["sku"] or "all",
        item["owner"] or FillIn("factory"),
        stated(item["due_on"], f"due date of {item['action_id']}", "R59"),
        item_state(item, context.issue.on),
        item["evidence"] or FillIn("factory"),
    )


def _defects(context: Context) -> Table:
    counts: dict[tuple[Cell, str, str], int | None] = {}
    for row in context.findings:
        product = stated(row["sku"], f"product with {row['defect_type']}", "R06")
        key = (product, row["defect_type"], row["defect_class"])
        before, found = counts.get(key, 0), row["count"]
        counts[key] = None if before is None or found is None else before + found
    rows = tuple(
        (*key, stated(count, f"count of {key[1]}", "R46"), FillIn("factory"), FillIn("factory"))
        for key, count in counts.items()
    )
    columns = ("Product", "Defect", "Class", "Found", "Root cause", "Corrective action")
    return Table(columns, rows or ((Missing("findings", "R03"), *[""] * 5),))


def _changes(context: Context) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for sku in context.skus:
        changes = process_changes(sku["product_family"] or "")
        if not changes:
            family = text(sku["product_family"] or "not stated")
            datum = f"process changes for {sku['sku']} (family {family})"
            rows.append((sku["sku"], Missing(datum, "R62"), FillIn("factory"), FillIn("factory")))
        rows += [(sku["sku"], what, FillIn("factory"), FillIn("factory")) for what in changes]
    return Table(("Product", "Process step", "Change made", "Date"), tuple(rows))
