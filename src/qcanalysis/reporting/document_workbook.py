"""A document as a spreadsheet that a factory or an inspector fills in; every cell is plain text."""

import os
import re
from collections.abc import Sequence
from datetime import datetime, time
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import Cell as SheetCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from qcanalysis.recovery.documents.document import Cell, Document, FillIn, Missing, Part
from qcanalysis.reporting.wording import BEGINS_FORMULA, visible_text

LONGEST_CELL = 32_767  # characters, the limit of the file format
_CUT = " … (cut: the whole text is in the HTML document)"
_NOT_XML = re.compile(r"[\ud800-\udfff\ufffe\uffff]")
_TITLE, _HEADING = Font(bold=True, size=14), Font(bold=True)
_MISSING = Font(bold=True, color="A01C1C")
_BLANK = PatternFill("solid", fgColor="FFF5E0")
_LINE = Side("thin", color="B0B7BF")
_FRAME = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_WIDTH_FIRST, _WIDTH_OTHERS = 26, 20


def write_document_workbook(document: Document, path: Path) -> None:
    """Write a document as ``.xlsx``, whole or not at all.

    Text that begins like a formula stays text, marked so that editing the cell keeps it text.

    Parameters
    ----------
    document : Document
        What to write.
    path : Path
        Target; its folder must exist.

    Raises
    ------
    OSError
        If it cannot be written; an older file at `path` is then untouched.
    """
    workbook = Workbook()
    workbook.properties.creator = "qcanalysis"
    workbook.properties.created = datetime.combine(document.on, time())
    workbook.remove(workbook.worksheets[0])
    _fill_sheet(workbook.create_sheet(document.form.title[:31]), document)
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        workbook.save(aside)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def _fill_sheet(sheet: Worksheet, document: Document) -> None:
    widest = max(
        (len(table.columns) for part in document.parts for table in part.tables), default=2
    )
    for number in range(1, max(widest, 4) + 1):
        width = _WIDTH_FIRST if number == 1 else _WIDTH_OTHERS
        sheet.column_dimensions[get_column_letter(number)].width = width
    row = _put_row(sheet, 1, [document.form.title], font=_TITLE)
    row = _put_row(sheet, row, [document.verdict])
    if document.is_illustrative:
        row = _put_row(sheet, row, ["Illustrative case: figures were made up."])
    for pair in document.heading:
        row = _put_row(sheet, row, pair)
    for part in document.parts:
        row = _put_part(sheet, row + 1, part)
    if document.missing:
        row = _put_row(sheet, row + 1, ["What is missing"], font=_HEADING)
        for gap in document.missing:
            row = _put_row(sheet, row, [str(gap)])
    row = _put_row(sheet, row + 1, ["Signatures"], font=_HEADING)
    row = _put_row(sheet, row, ["Role", "Name", "Signature", "Date"], font=_HEADING)
    for role in document.signatories:
        row = _put_row(sheet, row, [role.replace("_", " "), *[FillIn("")] * 3])
    sheet.page_setup.paperSize = "9"  # A4
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    if sheet.sheet_properties.pageSetUpPr is not None:
        sheet.sheet_properties.pageSetUpPr.fitToPage = True


def _put_part(sheet: Worksheet, row: int, part: Part) -> int:
    row = _put_row(sheet, row, [f"{part.title} ({part.rule})"], font=_HEADING)
    for pair in part.facts:
        row = _put_row(sheet, row, pair)
    for sentence in part.sentences:
        row = _put_row(sheet, row, [str(sentence)])
    for table in part.tables:
        row = _put_row(sheet, row, table.columns, font=_HEADING)
        for cells in table.rows:
            row = _put_row(sheet, row, cells, framed=True)
    return row


def _put_row(
    sheet: Worksheet,
    row: int,
    cells: Sequence[Cell],
    *,
    font: Font | None = None,
    framed: bool = False,
) -> int:
    """Put cells into a row and give the number of the next one."""
    is_table = len(cells) > 1
    for column, value in enumerate(cells, start=1):
        cell = sheet.cell(row, column)
        assert isinstance(cell, SheetCell)  # the sheet is new, so nothing is merged
        _put_text(cell, value)
        cell.alignment = Alignment(wrap_text=is_table, vertical="top")
        if font is not None:
            cell.font = font
        elif isinstance(value, Missing):
            cell.font = _MISSING
        if isinstance(value, FillIn):
            cell.fill = _BLANK
        if framed or isinstance(value, FillIn):
            cell.border = _FRAME
    return row + 1


def _put_text(cell: SheetCell, value: Cell) -> None:
    """Put a value as text, whatever it begins with."""
    if isinstance(value, FillIn):
        cell.number_format = "@"
        return
    text = value.short if isinstance(value, Missing) else value
    text = _NOT_XML.sub("�", visible_text(text))
    if len(text) > LONGEST_CELL:
        text = text[: LONGEST_CELL - len(_CUT)] + _CUT
    cell.value = text
    cell.data_type = "s"
    cell.number_format = "@"
    if text.startswith(BEGINS_FORMULA):
        cell.quotePrefix = True
