"""Quantities of order, lines, lots and cartons; carton ranges of the quarantine register."""

from collections import defaultdict
from collections.abc import Iterator

from qcanalysis.records.carton_numbers import CartonNumber, CartonRange
from qcanalysis.records.checks.book import Book, stated
from qcanalysis.records.problems import Problem, shown
from qcanalysis.records.sheet import Entry


def check_quantities(book: Book) -> Iterator[Problem]:
    """Yield sums that do not match: lines to order (R01), lots and cartons to what was presented.

    Examples
    --------
    >>> from qcanalysis.records.header import Header
    >>> from qcanalysis.records.sheet import Table
    >>> lines = (Entry(2, {"sku": "PIN", "quantity": 8000, "quantity_presented": None}),)
    >>> tables = {"skus": Table("skus.csv", lines), "lots": Table(""), "cartons": Table("")}
    >>> [problem.rule for problem in check_quantities(
    ...     Book(Header("case.yaml", {"order.quantity": 20000}), tables))]
    ['R01']
    """
    lines = book.entries("skus")
    ordered = book.header["order.quantity"]
    total = sum(entry["quantity"] or 0 for entry in lines)
    if lines and book.is_sound("skus", "quantity") and ordered is not None and total != ordered:
        yield book.header_problem(
            "order.quantity",
            "R01",
            f"the order is for {ordered} pieces and the lines of skus sum to {total}",
            "Correct the line quantities or order.quantity, or add the line that is missing.",
        )
    presented = {
        entry["sku"]: (
            entry["quantity"]
            if entry["quantity_presented"] is None
            else entry["quantity_presented"]
        )
        for entry in lines
    }
    lot_sizes = {entry["lot_id"]: entry["lot_size"] for entry in book.entries("lots")}
    if book.is_sound("skus", "quantity", "quantity_presented"):
        yield from _sum_problems(book, "lots", "sku", "lot_size", presented, "R53")
        yield from _sum_problems(book, "cartons", "sku", "quantity", presented, "R05")
    if book.is_sound("lots", "lot_size"):
        yield from _sum_problems(book, "cartons", "lot_id", "quantity", lot_sizes, "R05")


def _sum_problems(
    book: Book, table: str, group: str, column: str, expected: dict[str, int | None], rule: str
) -> Iterator[Problem]:
    if not book.is_sound(table, group, column):
        return
    parts: dict[str, list[Entry]] = defaultdict(list)
    for entry in stated(book.entries(table), group):
        parts[entry[group]].append(entry)
    for name, entries in parts.items():
        total = sum(entry[column] for entry in entries)
        whole = expected.get(name)
        if whole is not None and total != whole:
            yield book.problem(
                table,
                entries[-1],
                column,
                rule,
                f"the rows of {group} {shown(name)} sum to {total} pieces, not {whole}",
                "Correct the quantities or add the rows that are missing; if fewer pieces were "
                "presented than ordered, say so in quantity_presented of skus.",
            )


def check_cartons(book: Book) -> Iterator[Problem]:
    """Yield carton ranges that are not ranges, overlap, leave a gap or hold too many (R05)."""
    ranges: list[tuple[CartonRange, Entry]] = []
    for entry in stated(book.entries("cartons"), "first_carton_no", "last_carton_no"):
        cartons = CartonRange.parse(entry["first_carton_no"], entry["last_carton_no"])
        if cartons is None:
            yield _no_range(book, entry)
        else:
            ranges.append((cartons, entry))
            yield from _content_problems(book, cartons, entry)
    if not book.is_sound("cartons", "first_carton_no", "last_carton_no"):
        return
    ranges.sort(key=lambda item: (item[0].first, item[1].row))
    furthest = None
    for cartons, entry in ranges:
        if furthest is not None and furthest[0].last.prefix == cartons.first.prefix:
            yield from _neighbour_problems(book, furthest, (cartons, entry))
            if cartons.last.number <= furthest[0].last.number:
                continue
        furthest = cartons, entry


def _neighbour_problems(
    book: Book, before: tuple[CartonRange, Entry], after: tuple[CartonRange, Entry]
) -> Iterator[Problem]:
    (cartons, entry), (later, later_entry) = before, after
    end = cartons.last.number
    if later.first.number <= end:
        first = later.first.written(later.first.number)
        last = later.first.written(min(end, later.last.number))
        yield book.problem(
            "cartons",
            later_entry,
            "first_carton_no",
            "R05",
            f"cartons {first} to {last} are in row {entry.row} too: the ranges overlap",
            "Give every carton one row; split the range at the carton where it changes.",
        )
    elif later.first.number > end + 1:
        first, last = (cartons.first.written(n) for n in (end + 1, later.first.number - 1))
        yield book.problem(
            "cartons",
            later_entry,
            "first_carton_no",
            "R05",
            f"cartons {first} to {last} are missing between rows {entry.row} and {later_entry.row}",
            "Add their range; every carton needs a row to be held or released.",
        )


def _no_range(book: Book, entry: Entry) -> Problem:
    first, last = entry["first_carton_no"], entry["last_carton_no"]
    start, end = CartonNumber.parse(first), CartonNumber.parse(last)
    if start is None or end is None:
        message = f"{shown(first if start is None else last)} does not end in a number"
        advice = "Write the carton number as marked, its running number at the end."
    elif start.prefix != end.prefix:
        message = f"the range from {shown(first)} to {shown(last)} changes its prefix"
        advice = "Give each prefix a row of its own."
    else:
        message = f"the range from {shown(first)} to {shown(last)} runs backwards"
        advice = "Swap the two numbers, or correct the wrong one."
    return book.problem("cartons", entry, "last_carton_no", "R05", message, advice)


def _content_problems(book: Book, cartons: CartonRange, entry: Entry) -> Iterator[Problem]:
    if cartons.first.written(cartons.last.number) != entry["last_carton_no"]:
        marked = shown(cartons.first.written(cartons.last.number))
        yield book.problem(
            "cartons",
            entry,
            "last_carton_no",
            "R05",
            f"{shown(entry['last_carton_no'])} is not marked like "
            f"{shown(entry['first_carton_no'])}: the spreadsheet dropped leading zeros",
            f"Write {marked} if the marks have leading zeros, and format the column as Text.",
        )
    quantity, full = entry["quantity"], entry["units_per_carton"]
    if quantity is None or full is None:
        return
    if not (len(cartons) - 1) * full < quantity <= len(cartons) * full:
        yield book.problem(
            "cartons",
            entry,
            "quantity",
            "R05",
            f"{len(cartons)} cartons of {full} hold up to {len(cartons) * full} pieces, "
            f"not {quantity}",
            "Correct the range, the quantity or the pieces a carton; only the last carton of "
            "a range may be part full.",
        )
