"""Defect list and unit rows against the counts of the result block (R03, T3)."""

from collections.abc import Iterator

from qcanalysis.records.checks.book import Book, stated
from qcanalysis.records.problems import Problem
from qcanalysis.records.sheet import Entry

_CLASSES = ("critical", "major", "minor")


def check_findings(book: Book) -> Iterator[Problem]:
    """Yield results whose count differs from the sum of the defect list (R03).

    Defects must sum to the count exactly. A defective piece may carry several defects, so a
    list may exceed a count of defectives but never fall short of it. Findings counted per lot
    or carton stay out of the unit count (R29). Where a line has no count nothing is compared.

    Examples
    --------
    >>> from qcanalysis.records.header import Header
    >>> from qcanalysis.records.sheet import Table
    >>> tables = {"class_results": Table("class_results.csv"), "findings": Table("findings.csv")}
    >>> list(check_findings(Book(Header(""), tables)))
    []
    """
    if not book.is_sound("findings", "inspection_id", "sku", "defect_class", "count"):
        return
    for entry in stated(book.entries("class_results"), "inspection_id", "defect_class", "found"):
        total = _listed_defects(book, entry)
        found, basis = entry["found"], entry["counting_basis"]
        if total is None or total == found or (basis == "defectives" and total > found):
            continue
        advice = "Add the lines that are missing or correct the counts"
        if basis is None and total > found:
            advice += "; if pieces were counted, write defectives in counting_basis"
        yield book.problem(
            "class_results",
            entry,
            "found",
            "R03",
            f"{found} {entry['defect_class']} found, and the lines of findings sum to {total}",
            f"{advice}.",
        )


def _listed_defects(book: Book, result: Entry) -> int | None:
    """Sum of the counts that belong to a result; None where the list cannot tell."""
    if result["lot_id"] is not None and _has_several_lots(book, result):
        return None  # findings name the product, not the lot
    lines = [
        entry
        for entry in book.entries("findings")
        if entry["inspection_id"] == result["inspection_id"]
        and entry["counted_per"] in (None, "item")
    ]
    own = [entry for entry in lines if entry["defect_class"] == result["defect_class"]]
    if result["sku"] is not None:
        if any(entry["sku"] is None for entry in own):
            return None
        own = [entry for entry in own if entry["sku"] == result["sku"]]
    if not lines or any(entry["count"] is None for entry in own):
        return None
    return sum(int(entry["count"]) for entry in own)


def _has_several_lots(book: Book, result: Entry) -> bool:
    same = ("inspection_id", "sku", "defect_class")
    return any(
        all(entry[column] == result[column] for column in same)
        and entry["lot_id"] != result["lot_id"]
        for entry in book.entries("class_results")
    )


def check_units(book: Book) -> Iterator[Problem]:
    """Yield results that the unit rows contradict: pieces, defects or defectives (T3)."""
    counts = tuple(f"{defect_class}_defects" for defect_class in _CLASSES)
    if not book.is_sound("units", "inspection_id", "sku", *counts):
        return
    rules = {
        entry["inspection_id"]: entry["unit_class_rule"] for entry in book.entries("inspections")
    }
    for entry in stated(book.entries("class_results"), "inspection_id", "defect_class"):
        units = _units_of(book, entry)
        if not units or (entry["lot_id"] is not None and _has_several_lots(book, entry)):
            continue
        size, found = entry["sample_size"], entry["found"]
        if size is not None and len(units) > size:
            yield book.problem(
                "class_results",
                entry,
                "sample_size",
                "T3",
                f"the sample is {size} pieces and units holds {len(units)} rows for it",
                "Correct the sample size or delete the rows that are too many.",
            )
        possible = _possible_counts(entry, units, rules.get(entry["inspection_id"]))
        if found is not None and found not in possible.values():
            words = ", ".join(f"{count} {what}" for what, count in possible.items())
            yield book.problem(
                "class_results",
                entry,
                "found",
                "T3",
                f"{found} {entry['defect_class']} found, and the rows of units give {words}",
                "Correct the count or the rows; check counting_basis and unit_class_rule.",
            )


def _units_of(book: Book, result: Entry) -> list[Entry]:
    return [
        entry
        for entry in book.entries("units")
        if entry["inspection_id"] == result["inspection_id"]
        and result["sku"] in (None, entry["sku"])
    ]


def _possible_counts(result: Entry, units: list[Entry], rule: str | None) -> dict[str, int]:
    """Counts that the unit rows allow, by what would be counted."""
    place = _CLASSES.index(result["defect_class"])
    own = f"{result['defect_class']}_defects"
    worse = [f"{defect_class}_defects" for defect_class in _CLASSES[:place]]
    offending = [unit for unit in units if unit[own] > 0]
    counts = {
        "defects": sum(unit[own] for unit in units),
        "defectives in every class": len(offending),
        "defectives by worst defect": sum(
            not any(unit[column] for column in worse) for unit in offending
        ),
    }
    if result["counting_basis"] == "defects":
        return {"defects": counts["defects"]}
    if result["counting_basis"] == "defectives":
        del counts["defects"]
    if rule == "worst_defect":
        counts.pop("defectives in every class")
    elif rule == "every_class":
        counts.pop("defectives by worst defect")
    return counts
