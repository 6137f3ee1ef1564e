"""Respecification sheet: seven mandatory parts, five fields a line, a clock of 24 h (R21, R22)."""

from __future__ import annotations

from datetime import timedelta
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
    text,
)
from qcanalysis.recovery.rows import rows_of
from qcanalysis.recovery.specification.library import library_families, library_lines
from qcanalysis.recovery.specification.lines import lint
from qcanalysis.recovery.triage.claims import number_text

SEVEN_PARTS = (
    *("Defect classes", "Appearance zones", "Tolerances", "Test methods"),
    *("Re-inspection AQL", "Quantity disposition", "Release gates"),
)
ALLOWED, ALARM = timedelta(hours=24), timedelta(hours=48)
TREATMENTS = ("untouched", "sorted", "reworked", "remade", "conceded")


def respecification_sheet(context: Context) -> Document:
    """Sheet that says anew, and measurably, what the goods must be before anything is reworked.

    Lines looser than the purchase order refuse the sheet (R22).
    """
    remarks = lint(context.case.specification)
    errors = remarks[remarks["level"] == "error"]
    gaps = {(row["spec_id"], row["field"]) for row in rows_of(remarks)}
    parts = [
        Part("Clock", "R21", facts=_clock(context)),
        Part(SEVEN_PARTS[0], "R08", tables=(_defect_classes(context),)),
        Part(SEVEN_PARTS[1], "R14", tables=(_zones(context),)),
        _tolerances(context, gaps),
        Part(SEVEN_PARTS[3], "R21", tables=(_methods(context),)),
        Part(SEVEN_PARTS[4], "R33", facts=reinspection_aql(context), sentences=(_ZONE_PLAN,)),
        Part(SEVEN_PARTS[5], "R75", tables=(quantity_disposition(context),)),
        Part(SEVEN_PARTS[6], "R15", facts=release_gates(context)),
    ]
    if len(remarks):
        parts.append(Part("Wording to mend", "R31", tables=(frame_table(remarks, _REMARKS),)))
    if not context.lines:
        parts.append(_lines_to_start_from(context))
    return context.document(
        "respecification",
        *parts,
        signatories=("buyer", "factory"),
        refusals=tuple(f"line {row['spec_id']}: {row['reason']} (R22)" for row in rows_of(errors)),
    )


_ZONE_PLAN = "Lines of a zero-defect zone are judged on accept-zero plans, not on the AQL (R14)."
_REMARKS = {
    "spec_id": "Line",
    "level": "Level",
    "field": "Field",
    "found": "Found",
    "reason": "Reason",
    "suggestion": "Write instead",
}
_NO_LINES = Missing("specification lines", "R22", "place, size, light, gauge and class of each")


def _clock(context: Context) -> tuple[tuple[str, Cell], ...]:
    reported_at = context.case.schedule.reported_at
    why = "the 24 h of the respecification run from it"
    facts = [("Report received", stated(reported_at, "time of the report", "R21", why))]
    if reported_at is not None:
        facts += [
            ("Respecification due", text(reported_at + ALLOWED)),
            ("Hard alarm", text(reported_at + ALARM)),
        ]
    return tuple(facts)


def _defect_classes(context: Context) -> Table:
    seen: dict[tuple[Cell, ...], None] = {}
    for row in context.findings:
        product = stated(row["sku"], f"product with {row['defect_type']}", "R06")
        kind = stated(row["fault_kind"], f"fault kind of {row['defect_type']}", "R08")
        seen[(product, row["defect_type"], row["defect_class"], kind)] = None
    columns = ("Product", "Defect", "Class", "Fault kind")
    if not seen:
        return Table(columns, ((Missing("findings", "R03"), "", "", ""),))
    return Table(columns, tuple(seen))


def _zones(context: Context) -> Table:
    columns = ("Line", "Product", "Place", "Zone")
    rows = tuple(
        (
            line["spec_id"],
            line["sku"] or "all products",
            stated(line["place"], f"place of line {line['spec_id']}", "R22"),
            _zone(line),
        )
        for line in context.lines
    )
    return Table(columns, rows or ((_NO_LINES, "", "", ""),))


def _zone(line: dict[str, Any]) -> Cell:
    """Zone of a line; only what is judged by eye needs one (R14)."""
    if line["appearance_zone"] is None and line["fault_kind"] not in ("cosmetic", None):
        return "measured, no zone"
    zone = stated(line["appearance_zone"], f"appearance zone of line {line['spec_id']}", "R14")
    return zone.replace("_", " ") if isinstance(zone, str) else zone


def _tolerances(context: Context, gaps: set[tuple[str, str]]) -> Part:
    columns = ("Line", "Product", "Characteristic", "Place", "Size", "Light", "Gauge", "Class")
    rows = []
    for line in context.lines:
        fields = {
            "place": line["place"],
            "size": size_text(line),
            "light": _light_text(line),
            "gauge": line["method"],
            "class": line["defect_class"],
        }
        cells = [
            Missing(
                f"{name} of line {line['spec_id']}", "R22", "five fields make a line measurable"
            )
            if (line["spec_id"], name) in gaps
            else text(value or "not by eye")
            for name, value in fields.items()
        ]
        rows.append((line["spec_id"], line["sku"] or "all", line["characteristic"], *cells))
    table = Table(columns, tuple(rows) or ((_NO_LINES, *[""] * 7),))
    return Part("Tolerances", "R22", tables=(table,))


def size_text(line: dict[str, Any]) -> str:
    """Limits of a specification line in words; empty where it has none.

    Examples
    --------
    >>> size_text({"lower_limit": None, "upper_limit": 2.0, "limits_conform": False, "unit": "mm"})
    'under 2 mm'
    """
    low, high, unit = (line.get(name) for name in ("lower_limit", "upper_limit", "unit"))
    unit = f" {unit}" if unit else ""
    strict = line.get("limits_conform") is False
    parts = []
    if low is not None and high is not None:
        between = "between, ends excluded," if strict else "from"
        parts.append(f"{between} {number_text(low)} to {number_text(high)}{unit}")
    elif high is not None:
        parts.append(f"{'under' if strict else 'at most'} {number_text(high)}{unit}")
    elif low is not None:
        parts.append(f"{'above' if strict else 'at least'} {number_text(low)}{unit}")
    if line.get("max_count") is not None:
        circle = line.get("count_circle_mm")
        where = f" in a circle of {number_text(circle)} mm" if circle is not None else ""
        count = f"at most {line['max_count']}" if line["max_count"] else "no"
        parts.append(f"{count} marks{where}")
    if line.get("test_cycles") is not None:
        parts.append(f"{line['test_cycles']} cycles")
    return "; ".join(parts)


def _light_text(line: dict[str, Any]) -> str:
    distance, low, high = (
        line.get(name)
        for name in ("viewing_distance_cm", "illuminance_min_lux", "illuminance_max_lux")
    )
    if distance is None or low is None or high is None:
        return ""
    return f"{number_text(distance)} cm, {number_text(low)} to {number_text(high)} lux"


def _methods(context: Context) -> Table:
    columns = ("Line", "Characteristic", "Gauge or method", "Condition", "Spoils the piece")
    rows = tuple(
        (
            line["spec_id"],
            line["characteristic"],
            stated(line["method"], f"gauge of line {line['spec_id']}", "R22"),
            line["condition"] or "always",
            "yes" if line["is_destructive"] else "no",
        )
        for line in context.lines
    )
    return Table(columns, rows or ((_NO_LINES, "", "", "", ""),))


def reinspection_aql(context: Context) -> tuple[tuple[str, Cell], ...]:
    """AQL of the re-inspection by class, with what is missing (R15, R33)."""
    decided = dict(context.decisions.reinspection_aql_percent)
    logged = context.last_stated("aql_percent")
    if logged is not None:
        decided.setdefault("major", logged)
    classes = ("major", "minor")
    why = "corrected majors usually go to 1.0 or 1.5, secondary cosmetic faults to 2.5"
    return tuple(
        (
            f"AQL for {name} [%]",
            stated(decided.get(name), f"re-inspection AQL for {name}", "R15, R33", why),
        )
        for name in classes
    )


def quantity_disposition(context: Context) -> Table:
    """Pieces of each product by treatment, which must sum to the order line (R75)."""
    lots = rows_of(context.case.lots)
    rows = []
    for row in context.skus:
        sku, own = row["sku"], [lot for lot in lots if lot["sku"] == row["sku"]]
        why = "sorted, reworked, remade, conceded and untouched sum to the lot"
        by_treatment: list[Cell] = [
            Missing(f"pieces of {sku} by treatment", "R75", why),
            *[""] * 4,
        ]
        if own and all(lot["treatment"] for lot in own):
            sums = [sum(x["lot_size"] for x in own if x["treatment"] == t) for t in TREATMENTS]
            if sum(sums) == row["quantity"]:
                by_treatment = [f"{pieces:,}" for pieces in sums]
        way_out = stated(context.decisions.ways_out.get(sku), f"way out for {sku}", "R21")
        rows.append((sku, f"{row['quantity']:,}", *by_treatment, way_out))
    headings = (*(word.capitalize() for word in TREATMENTS), "Way out decided")
    return Table(("Product", "Ordered", *headings), tuple(rows))


def release_gates(context: Context) -> tuple[tuple[str, Cell], ...]:
    """Re-inspection date and release trigger, fixed before rework is authorised (R15)."""
    why = "fixed before work is authorised"
    date_stated, trigger = map(context.last_stated, ("reinspection_on", "release_trigger"))
    return (
        ("Re-inspection on", stated(date_stated, "re-inspection date", "R15", why)),
        ("Goods are released by", stated(trigger, "release trigger", "R15", why)),
    )


def _lines_to_start_from(context: Context) -> Part:
    """Lines of the packaged library for the products of the order: proposed, not agreed."""
    products: dict[tuple[Cell, ...], list[str]] = {}
    for sku in context.skus:
        if sku["product_family"] not in library_families():
            continue
        for line in rows_of(library_lines(sku["product_family"], product=sku)):
            gap = Missing(f"limit of {line['characteristic']}", "R28")
            row = (
                *(line["characteristic"], line["place"], size_text(line) or gap, line["method"]),
                *(line["defect_class"], line["source"]),
            )
            products.setdefault(row, []).append(sku["sku"])
    rows = tuple((", ".join(names), *row) for row, names in products.items())
    columns = ("Products", "Characteristic", "Place", "Size", "Gauge", "Class", "Source")
    return Part(
        "Lines to start from",
        "R23-R30",
        sentences=("Proposed by the library of guide S0. Nobody has agreed to them yet.",)
        if rows
        else ("The library has no lines for the product families of this order.",),
        tables=(Table(columns, rows),) if rows else (),
    )
