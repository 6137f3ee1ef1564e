"""A table as it was found in a file, and its reading into typed records."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError

from qcanalysis.records.fields import Cell
from qcanalysis.records.problems import Problem, did_you_mean, shown
from qcanalysis.records.schema import Column, columns


@dataclass(frozen=True)
class Sheet:
    """Cells of one CSV file or worksheet; `rows` pairs each row's number with its cells.

    Not `is_whole` where some row could not be taken apart and is left out.

    Examples
    --------
    >>> Sheet("skus.csv", ("sku", "quantity"), ((2, ("PIN", "8000")),)).rows[0][0]
    2
    """

    file: str
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[Cell, ...]], ...]
    is_whole: bool = True


@dataclass(frozen=True)
class Entry:
    """One typed row: its number in the file and its values by column, None where empty.

    Examples
    --------
    >>> Entry(2, {"sku": "PIN"})["sku"]
    'PIN'
    """

    row: int
    values: dict[str, Any]

    def __getitem__(self, column: str) -> Any:
        return self.values[column]


@dataclass(frozen=True)
class Table:
    """Typed rows of one table; `damaged` names the columns where some cell could not be read.

    Examples
    --------
    >>> Table("skus.csv").entries
    ()
    """

    file: str
    entries: tuple[Entry, ...] = ()
    damaged: frozenset[str] = field(default_factory=frozenset)

    def is_sound(self, *names: str) -> bool:
        """Whether every cell of the named columns could be read."""
        return self.damaged.isdisjoint(names)


def read_table(sheet: Sheet, model: type[BaseModel]) -> tuple[Table, list[Problem]]:
    """Typed rows of a sheet, and every problem with its header and cells.

    Examples
    --------
    >>> from qcanalysis.records.goods import Lot
    >>> sheet = Sheet("lots.csv", ("lot_id", "sku", "lot_size"), ((2, ("001", "PIN", "8,000")),))
    >>> table, problems = read_table(sheet, Lot)
    >>> problems[0].row, problems[0].column, table.entries[0]["lot_size"] is None
    (2, 'lot_size', True)
    """
    known = {column.name: column for column in columns(model)}
    problems = _header_problems(sheet, known)
    places = {name: sheet.header.index(name) for name in known if name in sheet.header}
    missing = {column.name for column in known.values() if column.is_required} - places.keys()
    damaged = missing if sheet.is_whole else set(known)
    entries = []
    for row, cells in sheet.rows:
        values: dict[str, Any] = dict.fromkeys(known)
        for name, place in places.items():
            value, fault = read_cell(known[name], cells[place])
            values[name] = value
            if fault is not None:
                damaged.add(name)
                problems.append(Problem(sheet.file, row, name, "", *fault))
        entries.append(Entry(row, values))
    return Table(sheet.file, tuple(entries), frozenset(damaged)), problems


def read_cell(column: Column, cell: Cell) -> tuple[Any, tuple[str, str] | None]:
    """Value of a cell, and None or the message and advice of what is wrong with it.

    Examples
    --------
    >>> from qcanalysis.records.goods import Sku
    >>> read_cell(columns(Sku)[3], "8000")
    (8000, None)
    """
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        if column.is_required:
            return None, ("the cell is empty and must be filled", f"Enter the {_what(column)}.")
        return None, None
    try:
        return column.adapter.validate_python(cell), None
    except ValidationError as error:
        context: Mapping[str, Any] = error.errors()[0].get("ctx", {})
        if "advice" in context:
            return None, (context["message"], context["advice"])
        return None, (
            f"{shown(cell)} is not a word allowed in {column.name}",
            did_you_mean(str(cell), column.allowed),
        )


def _what(column: Column) -> str:
    return f"{column.description} [{column.unit}]" if column.unit else column.description


def _header_problems(sheet: Sheet, known: Mapping[str, Column]) -> list[Problem]:
    problems = []
    for place, name in enumerate(sheet.header):
        if not name.strip():
            filled = [row for row, cells in sheet.rows if cells[place] not in (None, "")]
            if filled:
                problems.append(
                    Problem(
                        sheet.file,
                        filled[0],
                        "",
                        "",
                        f"column {place + 1} holds values and has no name",
                        "Name the column or delete it.",
                    )
                )
        elif name not in known:
            advice = f"{did_you_mean(name, known)} Rename the column or delete it."
            problems.append(
                Problem(sheet.file, 1, name, "", f"{shown(name)} is not a known column", advice)
            )
        elif name in sheet.header[:place]:
            problems.append(
                Problem(sheet.file, 1, name, "", "the column occurs twice", "Delete one of them.")
            )
    problems += [
        Problem(
            sheet.file,
            1,
            column.name,
            "",
            "a column that is needed is missing",
            f"Add the column {column.name}: {_what(column)}.",
        )
        for column in known.values()
        if column.is_required and column.name not in sheet.header
    ]
    return problems
