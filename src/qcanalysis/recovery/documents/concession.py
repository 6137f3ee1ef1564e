"""Concession records: what is let through, how many, where, for what remedy (R50, R51)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qcanalysis.recovery.documents.context import Context
from qcanalysis.recovery.documents.document import Cell, Document, Missing, Part, stated, text
from qcanalysis.recovery.rows import rows_of
from qcanalysis.recovery.specification.wording import find_vague_wording

_STATEMENTS = {
    "standard_is_unchanged": ("R50", "that the standard is unchanged"),
    "excludes_future_runs": ("R51", "that it is not for future runs"),
}
_TEXTS = ("defect_type", "remedy", "detail")


def concession_records(context: Context) -> tuple[Document, ...]:
    """Record of each concession asked for or signed; one empty record where there is none."""
    signed = [row for row in context.events if row["event"] == "concession_signed"]
    asked = rows_of(context.decisions.concessions)
    records = [*signed, *asked]
    if not records:
        return (concession_record(context, {}),)
    return tuple(
        concession_record(context, entry, number=position)
        for position, entry in enumerate(records, start=1)
    )


def concession_record(
    context: Context, concession: Mapping[str, Any], *, number: int = 1
) -> Document:
    """Record of one concession, refused where its words or its cap would not hold.

    Parameters
    ----------
    context
        Case, issue and decisions.
    concession
        Columns of the table ``events``: `sku`, `quantity`, `first_carton_no`, `last_carton_no`,
        `defect_type`, `remedy`, `photo`, `standard_is_unchanged`, `excludes_future_runs`,
        `detail`, `document`.
    number
        Number of the concession in its case, where the entry has no document number.
    """
    get = concession.get
    first, last = get("first_carton_no"), get("last_carton_no")
    marks = None if first is None else f"{first} to {last or first}"
    facts = (
        ("Product", stated(get("sku"), "product conceded", "R51")),
        ("Defect", stated(get("defect_type"), "defect conceded", "R51")),
        ("Place", _zone(context, concession)),
        ("Largest quantity", stated(get("quantity"), "quantity cap", "R51")),
        ("Carton marks", stated(marks, "carton marks", "R51")),
        ("Photo", stated(get("photo"), "photo of the defect", "R51")),
        ("Remedy", stated(get("remedy"), "price cut, credit or other remedy", "R50")),
        ("Report in hand", stated(_report(context), "number of the report", "R50")),
    )
    return context.document(
        "concession",
        Part("What is conceded", "R50, R51", facts=facts),
        Part("Statements", "R50, R51", sentences=_statements(concession)),
        Part("What follows", "T11", sentences=_consequences(context, concession)),
        signatories=("buyer", "factory"),
        refusals=tuple(_refusals(context, concession)),
        number=get("document") or f"CON-{context.case.case_id}-{number}",
    )


def _report(context: Context) -> str | None:
    reference: str | None = context.failed_visit["report_reference"]
    return reference


def _zones(context: Context, concession: Mapping[str, Any]) -> set[str | None]:
    """Appearance zones in which the conceded defect was found."""
    return {
        row["appearance_zone"]
        for row in context.findings
        if row["defect_type"] == concession.get("defect_type")
        and row["sku"] in (None, concession.get("sku"))
    }


def _zone(context: Context, concession: Mapping[str, Any]) -> Cell:
    zones = _zones(context, concession)
    if not zones or None in zones:
        why = "only hidden places may be conceded"
        return Missing("appearance zone of the conceded defect", "R39", why)
    return ", ".join(sorted(str(zone).replace("_", " ") for zone in zones))


def _statements(concession: Mapping[str, Any]) -> tuple[Cell, ...]:
    words = {
        "standard_is_unchanged": "The agreed standard is unchanged by this record.",
        "excludes_future_runs": "It holds for this order only and not for future runs.",
    }
    return tuple(
        sentence
        if concession.get(name) is True
        else Missing(f"the statement {_STATEMENTS[name][1]}", _STATEMENTS[name][0])
        for name, sentence in words.items()
    )


def _consequences(context: Context, concession: Mapping[str, Any]) -> tuple[Cell, ...]:
    if not concession:
        return ("No concession has been asked for in this case.",)
    cap, sku = concession.get("quantity"), concession.get("sku")
    ordered = context.facts.quantities.get(sku or "")
    if cap is None or ordered is None:
        return ("The conceded cartons are counted apart at the re-inspection (T11).",)
    return (
        f"{text(int(cap))} of {text(ordered)} {sku} are {cap / ordered:.0%} of the line. The "
        "re-inspection leaves this defect out for these cartons and counts them apart (T11).",
    )


def _refusals(context: Context, concession: Mapping[str, Any]) -> list[str]:
    cap, sku = concession.get("quantity"), concession.get("sku")
    found = [
        match for name in _TEXTS for match in find_vague_wording(str(concession.get(name) or ""))
    ]
    refusals = [
        f"{match.words!r} cannot be inspected; write instead: "
        f"{match.wording.measurable_form.rstrip('. ')} (R51)"
        for match in found
    ]
    ordered = context.facts.quantities.get(sku or "", 0)
    if sku is not None and sku not in context.facts.quantities:
        refusals.append(f"{sku!r} is no product of the order (R51)")
    elif cap is not None and sku is not None and not 0 < cap <= ordered:
        refusals.append(f"the cap of {cap:,} is not within the {ordered:,} {sku} ordered (R51)")
    for name, (rule, words) in _STATEMENTS.items():
        if concession.get(name) is False:
            refusals.append(f"it does not state {words} ({rule})")
    if "zero_defect" in _zones(context, concession):
        refusals.append("the defect lies in a zero-defect zone (R39)")
    if context.facts.critical_goods & context.facts.goods.get(sku or "", context.facts.all_goods):
        refusals.append("good pieces cannot offset a critical failure (R16)")
    return refusals
