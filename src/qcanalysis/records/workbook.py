"""Writing the empty inspection workbook, drop-downs and notes included, from the schema."""

import os
import tempfile
from pathlib import Path

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from qcanalysis.records.fields import COUNT, DATE, NUMBER
from qcanalysis.records.schema import TABLES, Column, columns, header_columns

SHEETS_WITHOUT_DATA = ("read me", "terms")
_LAST_ROW = 5000
_READ_ME = (
    "Inspection workbook of qcanalysis",
    "Fill the sheet case first, then the tables. Needed: skus, inspections, class_results.",
    "Shaded column names must be filled; the others may stay empty.",
    "An empty cell means: not known. Never enter a guess, a dash or n/a.",
    "Point at a column name to read what belongs there; lists show the allowed words.",
    "Columns for numbers of orders, lots and cartons are formatted as Text, so that 00123 stays "
    "00123. Keep that format when you paste (paste values only).",
    "Dates: 2026-10-05. Times: text with the zone, 2026-10-06T17:30+08:00.",
    "AQL is a percentage as tabulated: 2.5 means AQL 2.5.",
    "Check the workbook with: qcanalysis check FILE.xlsx",
)


def write_template(path: str | Path, *, overwrite: bool = False) -> Path:
    """Path of the empty inspection workbook, written whole or not at all.

    Parameters
    ----------
    path
        File to write, ending in ``.xlsx``.
    overwrite
        Whether a file that is there may be replaced.

    Raises
    ------
    ValueError
        If `path` does not end in ``.xlsx``.
    FileExistsError
        If the file is there and `overwrite` is not set.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_template(Path(folder, "inspection.xlsx")).name
    'inspection.xlsx'
    """
    target = Path(path)
    if target.suffix.lower() != ".xlsx":
        raise ValueError(f"path must end in .xlsx, not {target.suffix!r}: rename {target.name}")
    if target.exists() and not overwrite:
        raise FileExistsError(
            f"path {target.name} is there already and may hold data: "
            "choose another name, or allow it to be overwritten"
        )
    workbook = template()
    handle, aside = tempfile.mkstemp(suffix=".xlsx.part", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            workbook.save(stream)
            stream.flush()
            os.fsync(stream.fileno())
        Path(aside).chmod(0o644)
        Path(aside).replace(target)
    finally:
        Path(aside).unlink(missing_ok=True)
    return target


def template() -> Workbook:
    """Empty inspection workbook, in memory.

    Examples
    --------
    >>> template().sheetnames[:4]
    ['read me', 'case', 'skus', 'lots']
    """
    workbook = Workbook()
    read_me = workbook.worksheets[0]
    read_me.title = "read me"
    for line in _READ_ME:
        read_me.append([line])
    read_me["A1"].font = Font(bold=True, size=14)
    read_me.column_dimensions["A"].width = 110
    lists = _allowed_words()
    _write_case(workbook.create_sheet("case"), lists)
    for name, model in TABLES.items():
        _write_table(workbook.create_sheet(name), columns(model), lists)
    terms = workbook.create_sheet("terms")
    for place, words in enumerate(lists, start=1):
        for row, word in enumerate((lists[words], *words), start=1):
            terms.cell(row, place, word)
    _freeze_header(terms)
    return workbook


def _allowed_words() -> dict[tuple[str, ...], str]:
    """Each list of allowed words, with the column it is named after."""
    lists: dict[tuple[str, ...], str] = {}
    for model in TABLES.values():
        for column in columns(model):
            if column.allowed:
                lists.setdefault(column.allowed, column.name)
    for key, column in header_columns().items():
        if column.allowed:
            lists.setdefault(column.allowed, key)
    return lists


def _write_case(sheet: Worksheet, lists: dict[tuple[str, ...], str]) -> None:
    sheet.append(["key", "value", "meaning"])
    for row, (key, column) in enumerate(header_columns().items(), start=2):
        sheet.cell(row, 1, key)
        sheet.cell(row, 3, note(column))
        sheet.cell(row, 3).alignment = Alignment(wrap_text=True, vertical="top")
        sheet.cell(row, 2).number_format = column.kind.number_format
        if column.is_required:
            sheet.cell(row, 1).fill = PatternFill("solid", fgColor="DCE6F1")
        _restrict(sheet, column, f"B{row}", lists)
    for letter, width in (("A", 42), ("B", 34), ("C", 80)):
        sheet.column_dimensions[letter].width = width
    _freeze_header(sheet)


def _write_table(
    sheet: Worksheet, described: tuple[Column, ...], lists: dict[tuple[str, ...], str]
) -> None:
    for place, column in enumerate(described, start=1):
        letter = get_column_letter(place)
        cell = sheet.cell(1, place, column.name)
        cell.comment = Comment(note(column), "qcanalysis", width=320, height=120)
        if column.is_required:
            cell.fill = PatternFill("solid", fgColor="DCE6F1")
        sheet.column_dimensions[letter].number_format = column.kind.number_format
        sheet.column_dimensions[letter].width = max(12, len(column.name) + 3)
        _restrict(sheet, column, f"{letter}2:{letter}{_LAST_ROW}", lists)
    _freeze_header(sheet)


def note(column: Column) -> str:
    """Sentence that says what belongs in a column.

    Examples
    --------
    >>> note(header_columns()["order.quantity"])
    'pieces ordered, all lines together [pieces]; must be filled'
    """
    parts = [f"{column.description} [{column.unit}]" if column.unit else column.description]
    if column.allowed:
        parts.append(f"one of: {', '.join(column.allowed)}")
    if column.refers_to:
        parts.append(f"as in {column.refers_to}")
    parts.append("must be filled" if column.is_required else "may be empty")
    return "; ".join(parts)


def _restrict(
    sheet: Worksheet, column: Column, cells: str, lists: dict[tuple[str, ...], str]
) -> None:
    if column.allowed:
        letter = get_column_letter(list(lists).index(column.allowed) + 1)
        words = f"terms!${letter}$2:${letter}${len(column.allowed) + 1}"
        rule = DataValidation(type="list", formula1=words, allow_blank=True)
        rule.error = "Choose a word from the list."
    elif column.kind is COUNT:
        rule = DataValidation(type="whole", operator="greaterThanOrEqual", formula1="0")
        rule.error = "Enter a whole number of 0 or more."
    elif column.kind is NUMBER:
        rule = DataValidation(type="decimal", operator="between", formula1="-1E9", formula2="1E9")
        rule.error = "Enter a number without unit."
    elif column.kind is DATE:
        rule = DataValidation(type="date", operator="greaterThan", formula1="32874")
        rule.error = "Enter a date, for example 2026-10-05."
    else:
        return
    rule.allow_blank, rule.showErrorMessage = True, True
    sheet.add_data_validation(rule)
    rule.add(cells)


def _freeze_header(sheet: Worksheet) -> None:
    sheet.freeze_panes = "A2"
    for cell in sheet[1]:
        cell.font = Font(bold=True)
