"""Papers that let goods go: the partial-release note and the final inspection record."""

from __future__ import annotations

from typing import Any

from qcanalysis.recovery.documents.context import Context
from qcanalysis.recovery.documents.document import (
    Cell,
    Document,
    Missing,
    Part,
    Table,
    stated,
    text,
)
from qcanalysis.recovery.gates.carton_ranges import CartonSet
from qcanalysis.recovery.gates.replay import replay, unmet_needs
from qcanalysis.recovery.reinspection.final_confirmations import OF_PLANS, SAMPLE
from qcanalysis.recovery.rows import rows_of

CONFIRMATIONS = (*OF_PLANS, SAMPLE)
"""The four points of R81."""


def partial_release_note(context: Context) -> Document:
    """Note of the cartons that may leave and those that stay, for forwarder and warehouse.

    Refused where accepted and blocked cartons overlap or leave cartons out (R80), where pieces do
    not sum to the order line (R53), or where goods with a critical failure would leave (R16).
    """
    facts, decisions = context.facts, context.decisions
    accepted = decisions.accepted or _signed_cartons(context)
    blocked = facts.all_goods - accepted if decisions.blocked is None else decisions.blocked
    needs: tuple[Cell, ...] = tuple(
        Missing(need.missing, need.rule)
        for need in unmet_needs(
            "partial_release_signed", accepted, replay(context.case.events, facts).standing, facts
        )
    )
    if not accepted:
        needs = (Missing("accepted carton ranges", "R80", "nothing may leave without them"),)
    return context.document(
        "partial_release_note",
        Part("Cartons", "R53, R80", tables=(_carton_table(context, accepted, blocked),)),
        Part(
            "Before it is signed",
            "R53, R88",
            sentences=needs or ("Everything that must come before is on record.",),
        ),
        Part(
            "For forwarder and warehouse",
            "R80",
            sentences=(
                "Only the accepted carton numbers may be moved. All others stay in quarantine.",
            ),
        ),
        signatories=("buyer", "factory"),
        refusals=tuple(_release_refusals(context, accepted, blocked)),
    )


def _signed_cartons(context: Context) -> CartonSet:
    signed = [row for row in context.events if row["event"] == "partial_release_signed"]
    return CartonSet.union(
        context.facts.goods_of(row) for row in signed if row["first_carton_no"] is not None
    )


def _carton_table(context: Context, accepted: CartonSet, blocked: CartonSet) -> Table:
    rows = []
    for sku, goods in context.facts.goods.items():
        cells: list[Cell] = []
        for part in (goods & accepted, goods & blocked):
            pieces = context.facts.pieces(part)
            cells += [str(part) or "none", stated(pieces, f"pieces in cartons {part}", "R53")]
        rows.append((sku, *cells, context.quantity(sku)))
    columns = ("Product", "Accepted cartons", "Pieces", "Blocked cartons", "Pieces", "Ordered")
    return Table(columns, tuple(rows))


def _release_refusals(context: Context, accepted: CartonSet, blocked: CartonSet) -> list[str]:
    facts = context.facts
    refusals = []
    if accepted & blocked:
        refusals.append(f"cartons {accepted & blocked} are both accepted and blocked (R80)")
    if left_out := facts.all_goods - accepted - blocked:
        refusals.append(f"{facts.named(left_out)} is neither accepted nor blocked (R80)")
    if strangers := (accepted | blocked) - facts.all_goods:
        refusals.append(f"cartons {strangers} are not in the carton register (R05)")
    if critical := accepted & facts.critical_goods:
        refusals.append(f"{facts.named(critical)} had a critical failure (R16)")
    for sku, goods in facts.goods.items():
        pieces = [facts.pieces(goods & part) for part in (accepted, blocked)]
        known = [count for count in pieces if count is not None]
        if not refusals and len(known) == 2 and sum(known) != facts.quantities[sku]:
            refusals.append(
                f"{sku}: {sum(known):,} pieces in cartons, {facts.quantities[sku]:,} ordered (R53)"
            )
    return refusals


def final_record(context: Context) -> Document:
    """Record of the final inspection: four confirmations, Pass, photos (R81)."""
    visit = _last_reinspection(context)
    signed = context.last("final_record_signed", "reinspection_passed")
    mark = {"accepted": "Pass", "not_accepted": "Fail"}.get(visit.get("reported_result") or "")
    return context.document(
        "final_record",
        Part(
            "Re-inspection",
            "R47",
            facts=(
                ("Visit", stated(visit.get("inspection_id"), "re-inspection visit", "R47")),
                ("Inspected on", stated(visit.get("inspected_on"), "date of the visit", "R47")),
                ("Inspector", stated(visit.get("inspector_id"), "inspector", "R60")),
                ("Report", stated(visit.get("report_reference"), "report number", "R74")),
                ("Marked", stated(mark, "mark Pass", "R81")),
                ("Photos", stated(signed.get("photo"), "photos of the final inspection", "R81")),
            ),
        ),
        Part("Four confirmations", "R81", facts=_confirmations(context)),
        Part("Results", "R81", tables=(_results(context, visit),)),
        Part("Evidence kept", "R74", **_evidence(context)),
        signatories=("inspector", "buyer"),
        refusals=tuple(_final_refusals(context, visit)),
    )


def _confirmation_rows(context: Context) -> list[dict[str, Any]]:
    given = context.decisions.confirmations
    return [] if given is None else rows_of(given.table)


def _confirmations(context: Context) -> tuple[tuple[str, Cell], ...]:
    """The four confirmations with their basis; what cannot be told is missing."""
    answers = {row["confirmation"]: row for row in _confirmation_rows(context)}
    facts: list[tuple[str, Cell]] = []
    for name in CONFIRMATIONS:
        answer = answers.get(name)
        if answer is None or answer["answer"] == "cannot tell":
            why = "" if answer is None else answer["basis"]
            facts.append((name.capitalize(), Missing(f"confirmation of {name}", "R81", why)))
        else:
            facts.append((name.capitalize(), f"{answer['answer']}: {answer['basis']}"))
    return tuple(facts)


def _last_reinspection(context: Context) -> dict[str, Any]:
    visits = [
        row
        for row in rows_of(context.case.inspections)
        if row["inspection_kind"] == "reinspection" or row["resubmission_of"] is not None
    ]
    return visits[-1] if visits else {}


def _class_rows(context: Context, visit: dict[str, Any]) -> list[dict[str, Any]]:
    name = visit.get("inspection_id")
    return [row for row in rows_of(context.case.class_results) if row["inspection_id"] == name]


def _results(context: Context, visit: dict[str, Any]) -> Table:
    """Both readings of "resolved": nothing found, and the plan passed."""
    rows = []
    for row in _class_rows(context, visit):
        found, limit = row["found"], row["acceptance_number"]
        passed = None if found is None or limit is None else found <= limit
        rows.append(
            (
                row["sku"] or "all products",
                row["defect_class"],
                stated(found, f"count of {row['defect_class']}", "R81"),
                stated(limit, f"Ac for {row['defect_class']}", "R81"),
                "cannot tell" if found is None else text(found == 0),
                "cannot tell" if passed is None else text(bool(passed)),
            )
        )
    columns = ("Product", "Class", "Found", "Ac", "Zero found", "Plan passed")
    nothing: tuple[Cell, ...] = (Missing("results of the re-inspection", "R81"), *[""] * 5)
    return Table(columns, tuple(rows) or (nothing,))


def _evidence(context: Context) -> dict[str, Any]:
    index = context.decisions.evidence
    if index is None:
        why = "report, messages, terms, dates and outcome are kept with their hashes"
        return {"sentences": (Missing("evidence index", "R74", why),)}
    table = Table(("File", "SHA-256"), tuple((file.name, file.sha256) for file in index.files))
    return {
        "sentences": tuple(Missing(words, "R74") for words in index.missing),
        "tables": (table,),
    }


def _final_refusals(context: Context, visit: dict[str, Any]) -> list[str]:
    refusals = [
        f"{row['confirmation']}: not confirmed, {row['basis']} (R81)"
        for row in _confirmation_rows(context)
        if row["answer"] == "not confirmed"
    ]
    if visit.get("reported_result") == "not_accepted":
        refusals.append(f"the re-inspection {visit['inspection_id']} failed (R04)")
    for row in _class_rows(context, visit):
        found, limit = row["found"], row["acceptance_number"]
        if row["defect_class"] != "minor" and None not in (found, limit) and found > limit:
            product = row["sku"] or "all products"
            refusals.append(f"{product}: {found} {row['defect_class']} against Ac {limit} (R81)")
    return refusals
