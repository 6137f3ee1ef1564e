"""Identifiers: each once, each reference answered, leading zeros kept."""

from collections.abc import Iterator, Mapping

from qcanalysis.records.carton_numbers import CartonRange
from qcanalysis.records.checks.book import Book, stated
from qcanalysis.records.problems import Problem, did_you_mean, shown
from qcanalysis.records.schema import TABLES, columns
from qcanalysis.records.sheet import Entry


def check_keys(book: Book) -> Iterator[Problem]:
    """Yield rows whose identifier an earlier row of the table already has.

    Examples
    --------
    >>> from qcanalysis.records.header import Header
    >>> list(check_keys(Book(Header(""), {})))
    []
    """
    for name in book.tables:
        key = TABLES[name].key
        first_rows: dict[tuple[object, ...], int] = {}
        for entry in book.entries(name):
            identity = tuple(entry[column] for column in key)
            if all(part is None for part in identity) or not book.is_sound(name, *key):
                continue
            first = first_rows.setdefault(identity, entry.row)
            if first != entry.row:
                words = ", ".join(str(part) for part in identity if part is not None)
                yield book.problem(
                    name,
                    entry,
                    key[-1],
                    "",
                    f"{shown(words)} is already in row {first}",
                    "Give every row its own; delete the row if it is there twice.",
                )


def check_references(book: Book) -> Iterator[Problem]:
    """Yield identifiers that point to no row of the table they refer to, each of them once."""
    for name in book.tables:
        for column in columns(TABLES[name]):
            table, _, target = column.refers_to.partition(".")
            if not table or not book.is_sound(table, target):
                continue
            known = {entry[target]: entry.row for entry in book.entries(table)}
            dangling: dict[str, list[Entry]] = {}
            for entry in stated(book.entries(name), column.name):
                if entry[column.name] not in known:
                    dangling.setdefault(entry[column.name], []).append(entry)
            for entries in dangling.values():
                yield _dangling(book, name, entries, column.name, table, known)


def _dangling(
    book: Book,
    name: str,
    entries: list[Entry],
    column: str,
    table: str,
    known: Mapping[str, int],
) -> Problem:
    value = entries[0][column]
    with_zeros = [other for other in known if other.lstrip("0") == value.lstrip("0")]
    if with_zeros:
        return _dropped_zeros(book, name, entries[0], column, value, with_zeros[0])
    more = f" (and in {len(entries) - 1} more rows)" if len(entries) > 1 else ""
    if not known:
        message = f"{shown(value)} refers to {table}, and there are no {table}{more}"
        advice = f"Add it to {table}, or leave the cell empty where that is allowed."
    else:
        message = f"{shown(value)} is not in {table}{more}"
        advice = f"{did_you_mean(value, known)} Otherwise add it to {table}."
    return book.problem(name, entries[0], column, "", message, advice)


def _dropped_zeros(
    book: Book, name: str, entry: Entry, column: str, value: str, marked: str
) -> Problem:
    return book.problem(
        name,
        entry,
        column,
        "",
        f"{shown(value)} and {shown(marked)} are the same but for leading zeros: "
        "the spreadsheet dropped leading zeros",
        f"Write {shown(marked)} as it is on the goods, in a column formatted as Text.",
    )


def check_places(book: Book) -> Iterator[Problem]:
    """Yield carton numbers in no carton range, and samples that are in no row of units."""
    ranges = [
        (entry["sku"], cartons)
        for entry in book.entries("cartons")
        if (cartons := CartonRange.parse(entry["first_carton_no"], entry["last_carton_no"]))
    ]
    is_placeable = ranges and book.is_sound("cartons", "first_carton_no", "last_carton_no")
    for name in ("units", "findings"):
        for entry in stated(book.entries(name), "carton_no") if is_placeable else ():
            yield from _carton_problem(book, name, entry, ranges)
    samples: dict[object, set[object]] = {}
    for entry in book.entries("units"):
        samples.setdefault(entry["inspection_id"], set()).add(entry["sample_id"])
    for name in ("findings", "measurements"):
        for entry in stated(book.entries(name), "sample_id", "inspection_id"):
            known = samples.get(entry["inspection_id"], set())
            if known and entry["sample_id"] not in known and book.is_sound("units", "sample_id"):
                yield book.problem(
                    name,
                    entry,
                    "sample_id",
                    "R13",
                    f"{shown(entry['sample_id'])} is not in units for this inspection",
                    f"{did_you_mean(entry['sample_id'], [str(s) for s in known][:500])} "
                    "Otherwise add the piece to units.",
                )


def _carton_problem(
    book: Book, name: str, entry: Entry, ranges: list[tuple[str, CartonRange]]
) -> Iterator[Problem]:
    carton_no = entry["carton_no"]
    homes = [(sku, cartons) for sku, cartons in ranges if cartons.holds_number_of(carton_no)]
    if not homes:
        message = f"carton {shown(carton_no)} is in no range of cartons"
        advice = "Correct the number, or add the range to cartons."
        yield book.problem(name, entry, "carton_no", "R05", message, advice)
        return
    sku, cartons = homes[0]
    if carton_no not in cartons:
        marked = cartons.marked(carton_no)
        yield _dropped_zeros(book, name, entry, "carton_no", carton_no, marked)
    elif entry["sku"] is not None and entry["sku"] not in [home for home, _ in homes]:
        message = f"carton {shown(carton_no)} holds {shown(sku)}, not {shown(entry['sku'])}"
        advice = "Correct the carton or the product; a mixed carton needs a range of its own."
        yield book.problem(name, entry, "carton_no", "R05", message, advice)
