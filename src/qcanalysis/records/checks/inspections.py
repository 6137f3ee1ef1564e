"""Sampling plans that cannot be, counts that cannot be, and limits in the wrong order."""

from collections.abc import Iterator

from qcanalysis.records.checks.book import Book, stated
from qcanalysis.records.problems import Problem, shown


def check_plans(book: Book) -> Iterator[Problem]:
    """Yield results with Re not above Ac, a count above the sample, a sample above the lot.

    Examples
    --------
    >>> from qcanalysis.records.header import Header
    >>> from qcanalysis.records.sheet import Table
    >>> list(check_plans(Book(Header(""), {"class_results": Table(""), "skus": Table(""),
    ...                                    "lots": Table(""), "units": Table("")})))
    []
    """
    for entry in stated(book.entries("class_results"), "acceptance_number", "rejection_number"):
        acceptance, rejection = entry["acceptance_number"], entry["rejection_number"]
        if rejection <= acceptance:
            yield book.problem(
                "class_results",
                entry,
                "rejection_number",
                "R02",
                f"rejection number {rejection} is not above acceptance number {acceptance}",
                "Copy both from the report; leave the cell empty if the report does not give Re.",
            )
    yield from _counts_above_the_sample(book)
    yield from _samples_above_the_lot(book)


def _counts_above_the_sample(book: Book) -> Iterator[Problem]:
    for entry in stated(book.entries("class_results"), "found", "sample_size"):
        found, size = entry["found"], entry["sample_size"]
        if found > size and entry["counting_basis"] != "defects":
            yield book.problem(
                "class_results",
                entry,
                "found",
                "T3",
                f"{found} found in a sample of {size}: more defective pieces than pieces",
                "Correct the count; if it counts defects, write defects in counting_basis.",
            )
        elif entry["acceptance_number"] is not None and entry["acceptance_number"] >= size:
            yield book.problem(
                "class_results",
                entry,
                "acceptance_number",
                "R02",
                f"acceptance number {entry['acceptance_number']} is not below "
                f"the sample size {size}",
                "Copy both again from the report.",
            )


def _samples_above_the_lot(book: Book) -> Iterator[Problem]:
    lot_sizes = {entry["lot_id"]: entry["lot_size"] for entry in book.entries("lots")}
    line_sizes = {entry["sku"]: entry["quantity"] for entry in book.entries("skus")}
    for entry in stated(book.entries("class_results"), "sample_size"):
        sizes = (
            entry["lot_size"],
            lot_sizes.get(entry["lot_id"]),
            line_sizes.get(entry["sku"]) if entry["sku"] else book.header["order.quantity"],
        )
        lot_size = next((size for size in sizes if size is not None), None)
        if lot_size is not None and entry["sample_size"] > lot_size:
            yield book.problem(
                "class_results",
                entry,
                "sample_size",
                "R02",
                f"a sample of {entry['sample_size']} is above the lot of {lot_size} pieces",
                "Correct the sample size or the lot size.",
            )
        stated_lot = lot_sizes.get(entry["lot_id"])
        if None not in (stated_lot, entry["lot_size"]) and stated_lot != entry["lot_size"]:
            yield book.problem(
                "class_results",
                entry,
                "lot_size",
                "R02",
                f"lot {shown(entry['lot_id'])} has {entry['lot_size']} pieces here "
                f"and {stated_lot} in lots",
                "Correct the one that is wrong, or leave it empty here.",
            )


def check_limits(book: Book) -> Iterator[Problem]:
    """Yield limits in the wrong order, and values measured in another unit than their line."""
    for low, high in (
        ("lower_limit", "upper_limit"),
        ("po_lower_limit", "po_upper_limit"),
        ("lower_limit", "nominal"),
        ("nominal", "upper_limit"),
        ("illuminance_min_lux", "illuminance_max_lux"),
    ):
        yield from _order_problems(book, "specification", low, high)
    yield from _order_problems(
        book, "skus", "carton_gross_weight_min_kg", "carton_gross_weight_max_kg"
    )
    units = {entry["spec_id"]: entry["unit"] for entry in book.entries("specification")}
    for entry in stated(book.entries("measurements"), "unit", "spec_id"):
        unit = units.get(entry["spec_id"])
        if unit is not None and unit != entry["unit"]:
            yield book.problem(
                "measurements",
                entry,
                "unit",
                "R22",
                f"the value is in {shown(entry['unit'])} and its line in {shown(unit)}",
                f"Convert the value to {unit} and say so in the note.",
            )


def _order_problems(book: Book, table: str, low: str, high: str) -> Iterator[Problem]:
    for entry in stated(book.entries(table), low, high):
        if entry[low] > entry[high]:
            yield book.problem(
                table,
                entry,
                high,
                "R22" if table == "specification" else "R79",
                f"{high} {entry[high]:g} is below {low} {entry[low]:g}",
                "Swap the two, or correct the wrong one.",
            )
