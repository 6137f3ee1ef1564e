"""Letter to the supplier: the way out, its conditions and deadline; no claim without a reference.

A claim whose reference is not on record is not made; it is listed as missing (R89).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from qcanalysis.recovery.documents.context import Context
from qcanalysis.recovery.documents.corrective_action_request import ASKED
from qcanalysis.recovery.documents.document import (
    Cell,
    Document,
    Missing,
    Part,
    Table,
    stated,
    text,
)
from qcanalysis.recovery.documents.respecification import size_text
from qcanalysis.recovery.rows import rows_of
from qcanalysis.recovery.ways_out.payers import payer_of_reinspection

ANSWER_TIME = timedelta(hours=48)
_LEFT_OUT = "Findings without a photo and a specification line are not claimed in this letter."
_NO_CLAIM = Missing(
    "anything that can be claimed",
    "R89",
    "no report number, and no finding with a photo and a specification line",
)


@dataclass(frozen=True)
class ReferencedClaim:
    """Sentence of the letter with what proves it.

    Raises
    ------
    ValueError
        If there is no reference (R89).

    Examples
    --------
    >>> ReferencedClaim("7 major defects were found against Ac 5", "report R-2026-1005").reference
    'report R-2026-1005'
    """

    sentence: str
    reference: str

    def __post_init__(self) -> None:
        if not self.reference.strip():
            raise ValueError(
                f"reference of the claim {self.sentence!r} must not be empty (R89): name the "
                "report, photo, specification line or clause, or leave the claim out"
            )


@cache
def judging_words() -> tuple[str, ...]:
    """Words that judge and that no letter may hold.

    Examples
    --------
    >>> "unacceptable" in judging_words()
    True
    """
    listed = files(__package__) / "letter_words.yaml"
    return tuple(yaml.safe_load(listed.read_text(encoding="utf-8")))


def judging_words_in(words: str) -> tuple[str, ...]:
    """Judging words of a text, capitals ignored.

    Examples
    --------
    >>> judging_words_in("This poor finish is Unacceptable.")
    ('poor', 'unacceptable')
    """
    return tuple(w for w in judging_words() if re.search(rf"\b{w}(ly)?\b", words, re.IGNORECASE))


def supplier_letter(context: Context) -> Document:
    """Letter with path, conditions, deadline and evidence, from the record only (R58, R89)."""
    claims = (*_results(context), *_findings(context), *_clauses(context))
    decisions, schedule = context.decisions, context.case.schedule
    ways_out = tuple(
        (row["sku"], stated(decisions.ways_out.get(row["sku"]), f"way out for {row['sku']}", "R58"))
        for row in context.skus
    )
    own_words = (*decisions.ways_out.values(), *decisions.conditions)
    table = Table(
        ("Statement", "Reference"), tuple((claim.sentence, claim.reference) for claim in claims)
    )
    return context.document(
        "supplier_letter",
        Part("To", "R90", facts=_addressee(context)),
        Part(
            "What was found",
            "R89",
            sentences=(_LEFT_OUT if claims else _NO_CLAIM,),
            tables=(table,) if claims else (),
        ),
        Part("Way out", "R58", facts=ways_out),
        Part("Conditions", "R58", sentences=_conditions(context)),
        Part(
            "Answer",
            "R58, R59",
            facts=(
                ("Answer due", stated(schedule.answer_due_at, "deadline for the answer", "R58")),
                *_clock(context),
            ),
            sentences=tuple(f"Please send: {what}." for what in ASKED.values()),
        ),
        signatories=("buyer",),
        refusals=tuple(
            f"{word!r} judges instead of stating a fact (R89)"
            for word in dict.fromkeys(w for said in own_words for w in judging_words_in(said))
        ),
    )


def _addressee(context: Context) -> tuple[tuple[str, Cell], ...]:
    order = context.case.order
    return (
        ("Supplier", stated(order.supplier, "supplier's name", "R90")),
        ("Order", stated(order.order_id, "purchase order number", "R89")),
        ("Specification", stated(order.specification_document, "approved specification", "R89")),
    )


def _results(context: Context) -> Iterator[ReferencedClaim]:
    visit = context.failed_visit
    report = visit["report_reference"]
    if report is None:
        return
    for row in rows_of(context.case.class_results):
        found, limit = row["found"], row["acceptance_number"]
        if row["inspection_id"] != visit["inspection_id"] or None in (found, limit):
            continue
        if found > limit:
            product = row["sku"] or "all products"
            sample = f" in {text(row['sample_size'])} pieces" if row["sample_size"] else ""
            yield ReferencedClaim(
                f"{product}: {found} {row['defect_class']}{sample}, acceptance number {limit}.",
                f"report {report}",
            )


def _findings(context: Context) -> Iterator[ReferencedClaim]:
    """Findings with a photo and a specification line, by product, defect and line."""
    lines = {line["spec_id"]: line for line in context.lines}
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in context.findings:
        if row["photo"] is not None and row["spec_reference"] in lines:
            key = (row["sku"] or "all products", row["defect_type"], row["spec_reference"])
            groups.setdefault(key, []).append(row)
    for (product, defect_type, spec_id), rows in groups.items():
        counts = [row["count"] for row in rows]
        times = "count not stated" if None in counts else f"{sum(counts)} found"
        limit = f"{lines[spec_id]['characteristic']} {size_text(lines[spec_id])}".strip()
        photos = ", ".join(dict.fromkeys(row["photo"] for row in rows))
        yield ReferencedClaim(
            f"{product}: {defect_type}, {times}; the line asks: {limit}.",
            f"line {spec_id}; photos {photos}",
        )


def _clauses(context: Context) -> Iterator[ReferencedClaim]:
    contract = context.case.contract
    for what, clause in (
        ("The buyer may have the goods inspected before shipment.", "inspection_rights_clause"),
        ("Consequences of a failure are agreed.", "failure_consequences_clause"),
    ):
        words = getattr(contract, clause)
        if words:
            yield ReferencedClaim(what, words)
    ruling = payer_of_reinspection(vars(contract))
    if ruling.is_agreed and contract.reinspection_payer_clause:
        yield ReferencedClaim(
            f"The re-inspection is paid by: {ruling.payer}.", contract.reinspection_payer_clause
        )


def _conditions(context: Context) -> tuple[Cell, ...]:
    asked: tuple[Cell, ...] = context.decisions.conditions or (
        Missing("conditions of the way out", "R58"),
    )
    return (
        *asked,
        "No carton is booked or moved before a re-inspection passes or a written partial release "
        "is signed by both (R04).",
        "The balance is requested after the pass, not on a promise (R71).",
    )


def _clock(context: Context) -> tuple[tuple[str, Cell], ...]:
    """When this letter is due, and whether it is late (R58)."""
    reported_at = context.case.schedule.reported_at
    due_at = None if reported_at is None else reported_at + ANSWER_TIME
    facts = [("This letter due", stated(due_at, "time of the report", "R58"))]
    if due_at is not None and context.issue.on > due_at.date():
        late = (context.issue.on - due_at.date()).days
        facts.append(("Overdue", f"{late} days after the 48 h of R58"))
    return tuple(facts)
