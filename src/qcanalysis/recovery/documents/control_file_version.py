"""Control file version as a document: fields by family, what changed, alerts (R82-R85)."""

from __future__ import annotations

from typing import Any

from qcanalysis.recovery.control.comparison import differences, returning_concessions
from qcanalysis.recovery.control.control_file import (
    FIELDS,
    ControlFile,
    ControlLine,
    PastConcession,
    revised,
)
from qcanalysis.recovery.control.prevention import prevention_flags
from qcanalysis.recovery.documents.context import Context
from qcanalysis.recovery.documents.document import (
    Cell,
    Document,
    Missing,
    Part,
    Table,
    frame_table,
    stated,
)
from qcanalysis.recovery.documents.respecification import size_text
from qcanalysis.recovery.rows import rows_of
from qcanalysis.recovery.specification.lines import lint
from qcanalysis.recovery.triage.claims import number_text

_FLAGS = {"flag": "Flag", "is_raised": "Raised", "reason": "Reason", "advice": "Advice"}


def control_file_version(context: Context) -> Document:
    """Document of the control files of an order, one part a family, for the next order."""
    current = control_files_of(context)
    earlier = {file.product_family: file for file in context.decisions.earlier_control_files}
    parts: list[Part] = []
    refusals: list[str] = []
    for file in current:
        parts.append(_fields_part(file))
        parts.append(_changes_part(file, earlier.get(file.product_family)))
        parts.append(_flags_part(context, file))
        before = earlier.get(file.product_family, file)
        refusals += [alert.sentence for alert in _alerts(context, before)]
        remarks = rows_of(lint(file.lines))
        refusals += [
            f"line {row['spec_id']}: {row['reason']}" for row in remarks if row["level"] == "error"
        ]
    if not parts:
        datum = Missing("product family of the order lines", "R83")
        parts.append(Part("Control files", "R83", sentences=(datum,)))
    return context.document(
        "control_file",
        *parts,
        signatories=("buyer", "factory"),
        refusals=tuple(refusals),
    )


def control_files_of(context: Context) -> tuple[ControlFile, ...]:
    """Control files that were decided; else the next version of those in force, or a first one."""
    given = {file.product_family: file for file in context.decisions.control_files}
    earlier = {file.product_family: file for file in context.decisions.earlier_control_files}
    families = dict.fromkeys(row["product_family"] for row in context.skus)
    return tuple(
        given.get(family) or _drafted(context, family, earlier.get(family))
        for family in families
        if family
    )


def _drafted(context: Context, family: str, earlier: ControlFile | None) -> ControlFile:
    draft = draft_control_file(context, family)
    return draft if earlier is None else next_version(earlier, draft)


def next_version(earlier: ControlFile, draft: ControlFile) -> ControlFile:
    """Next version of the file in force: what the order states is new, all else inherited (R82).

    Lines are taken by their number; concessions are added to those before (R83).

    Examples
    --------
    >>> before = ControlFile(product_family="coin", version=3, material="zinc", finish="bright")
    >>> after = next_version(before, ControlFile(product_family="coin", version=1, finish="matt",
    ...     changed_on="2026-10-07", change="first version", why="a failure"))
    >>> after.version, after.material, after.finish
    (4, 'zinc', 'matt')
    """
    stated = {name: getattr(draft, name) for name in FIELDS if getattr(draft, name) is not None}
    for name in ("critical_dimensions", "limits"):
        lines = (*(getattr(earlier, name) or ()), *stated.get(name, ()))
        stated[name] = tuple({line.spec_id: line for line in lines}.values()) or None
    for name in ("concession_history", "non_repeat_concessions"):
        entries = (*(getattr(earlier, name) or ()), *stated.get(name, ()))
        stated[name] = tuple(entry for n, entry in enumerate(entries) if entry not in entries[:n])
    return revised(
        earlier,
        changed_on=draft.changed_on,
        change="what this order states; all else is inherited",
        why=draft.why,
        from_failure=draft.from_failure,
        order_id=draft.order_id,
        **stated,
    )


def draft_control_file(context: Context, product_family: str) -> ControlFile:
    """First version for a family, of what the case states and nothing else."""
    skus = [row for row in context.skus if row["product_family"] == product_family]
    names = {row["sku"] for row in skus}
    lines = tuple(
        ControlLine.model_validate(_line_fields(line))
        for line in context.lines
        if line["sku"] in names
    )
    measured = tuple(line for line in lines if line.nominal is not None)
    history = tuple(
        PastConcession(
            defect_type=row["defect_type"],
            quantity=row["quantity"] or None,
            order_id=context.case.order.order_id,
            conceded_on=row["at"].date(),
            remedy=row["remedy"],
            document=row["document"],
        )
        for row in context.events
        if row["event"] == "concession_signed" and row["sku"] in names and row["defect_type"]
    )
    return ControlFile(
        product_family=product_family,
        version=1,
        order_id=context.case.order.order_id,
        changed_on=context.issue.on,
        change="first version, drafted from the case",
        why="the order failed its inspection",
        from_failure=context.failed_visit["inspection_id"],
        artwork_revision=_only(skus, "artwork_revision"),
        thickness=_size_of(measured, "thickness"),
        size=_size_of(measured, "length") or _size_of(measured, "diameter"),
        finish=_only(skus, "finish"),
        carding=_carding(skus),
        pack_out=_pack_out(skus),
        critical_dimensions=measured or None,
        limits=tuple(line for line in lines if line.nominal is None) or None,
        concession_history=history,
        non_repeat_concessions=tuple(dict.fromkeys(past.defect_type for past in history)),
    )


def _line_fields(line: dict[str, Any]) -> dict[str, Any]:
    known = {name: value for name, value in line.items() if name in ControlLine.model_fields}
    return known | {"source": line["source"] or "case"}


def _only(skus: list[dict[str, Any]], column: str) -> str | None:
    """Value of a column where all products of the family have the same."""
    values = {row[column] for row in skus}
    return values.pop() if len(values) == 1 else None


def _size_of(lines: tuple[ControlLine, ...], characteristic: str) -> str | None:
    return next(
        (
            size_text(line.model_dump())
            for line in lines
            if line.characteristic.casefold() == characteristic
        ),
        None,
    )


def _carding(skus: list[dict[str, Any]]) -> str | None:
    widths = {row["card_width_mm"] for row in skus} - {None}
    return ", ".join(f"card {number_text(width)} mm wide" for width in sorted(widths)) or None


def _pack_out(skus: list[dict[str, Any]]) -> str | None:
    mode = _only(skus, "packing_mode")
    inner, outer = _only(skus, "units_per_inner"), _only(skus, "inners_per_carton")
    parts = [
        *([mode.replace("_", " ")] if mode else []),
        *([f"{inner} pieces an inner"] if inner else []),
        *([f"{outer} inners a carton"] if outer else []),
    ]
    return ", ".join(parts) or None


def _fields_part(file: ControlFile) -> Part:
    def value_of(name: str) -> Cell:
        value = getattr(file, name)
        if value is None:
            return Missing(f"{name.replace('_', ' ')} of {file.product_family}", "R83")
        if isinstance(value, str):
            return value
        return "; ".join(_entry_text(entry) for entry in value) or "none"

    why = stated(file.why, f"why {file.product_family} changed", "R82")
    return Part(
        f"{file.product_family}, version {file.version}",
        "R83",
        facts=(
            ("What changed", stated(file.change, f"what changed in {file.product_family}", "R82")),
            ("Why", why),
            ("After failure", file.from_failure or "none"),
            *((name.replace("_", " ").capitalize(), value_of(name)) for name in FIELDS),
        ),
    )


def _entry_text(entry: ControlLine | PastConcession | str) -> str:
    if isinstance(entry, str):
        return entry
    if isinstance(entry, PastConcession):
        return f"{entry.defect_type} ({entry.quantity or 'quantity not stated'})"
    words = (entry.characteristic, entry.place or "", size_text(entry.model_dump()))
    return f"{entry.spec_id}: {', '.join(word for word in words if word)}"


def _changes_part(file: ControlFile, earlier: ControlFile | None) -> Part:
    title = f"{file.product_family}: changes against the version before"
    if earlier is None:
        return Part(title, "R82", sentences=("There is no version before.",))
    rows = tuple(
        (d.field.replace("_", " "), d.item, d.before or "none", d.after or "none")
        for d in differences(earlier, file)
    )
    sentence = f"Version {earlier.version} to {file.version}; all else is inherited unchanged."
    tables = (Table(("Field", "Line", "Before", "Now"), rows),) if rows else ()
    return Part(title, "R82", sentences=(sentence,), tables=tables)


def _flags_part(context: Context, file: ControlFile) -> Part:
    sku = next((row for row in context.skus if row["product_family"] == file.product_family), {})
    flags = prevention_flags(sku, hardware=file.attachment, lines=file.lines)
    title = f"{file.product_family}: flags at artwork approval"
    return Part(title, "R85", tables=(frame_table(flags, _FLAGS),))


def _alerts(context: Context, before: ControlFile) -> list[Any]:
    """Conceded defects of earlier orders that the findings of this one show again."""
    own = context.case.order.order_id
    past = before.model_copy(
        update={
            "concession_history": tuple(
                entry
                for entry in before.concession_history or ()
                if entry.order_id is None or entry.order_id != own
            )
        }
    )
    if any(entry.order_id == own for entry in before.concession_history or () if own):
        past = past.model_copy(update={"non_repeat_concessions": ()})
    names = {row["sku"] for row in context.skus if row["product_family"] == past.product_family}
    rows = [row for row in context.findings if row["sku"] in names]
    return list(returning_concessions(past, rows))
