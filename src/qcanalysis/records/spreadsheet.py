"""Reading the sheets of one .xlsx workbook into cells. Formulas are never run.

A cell with a formula gives the value that the spreadsheet program stored beside it; where none
is stored, the cell is refused.
"""

import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from qcanalysis.records.fields import Cell
from qcanalysis.records.problems import Problem
from qcanalysis.records.sheet import Sheet

_MOST_CELLS = 5_000_000
_LARGEST_UNPACKED = 200 * 1024 * 1024  # bytes; a real workbook of a case has a few megabytes


def read_workbook(path: Path) -> tuple[dict[str, Sheet], list[Problem]]:
    """Sheets of a workbook by name, empty ones left out, and the problems found.

    Parameters
    ----------
    path
        An ``.xlsx`` file.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "case.xlsx")
    ...     _ = path.write_bytes(b"no workbook")
    ...     sheets, problems = read_workbook(path)
    >>> problems[0].message
    'the file is not an Excel workbook'
    """
    refusal = _refusal(path)
    if refusal is not None:
        return {}, [refusal]
    try:
        formulas, values = _load(path, data_only=False), _load(path, data_only=True)
    except Exception as error:  # noqa: BLE001, RUF100 - openpyxl raises many kinds on damaged XML
        message = f"the workbook is damaged ({type(error).__name__})"
        advice = "Open it in the spreadsheet program, let it repair the file and save it again."
        return {}, [Problem(path.name, None, "", "", message, advice)]
    sheets, problems = {}, []
    for worksheet in values.worksheets:
        file = f"{path.name}[{worksheet.title}]"
        if worksheet.max_row * worksheet.max_column > _MOST_CELLS:
            message = f"the sheet reaches to row {worksheet.max_row}, mostly empty"
            advice = "Delete the empty rows and columns below and beside the table."
            problems.append(Problem(file, None, "", "", message, advice))
            continue
        sheet = _read_sheet(file, worksheet)
        if sheet is not None:
            sheets[worksheet.title] = sheet
            problems += list(_cell_problems(file, formulas[worksheet.title], worksheet))
    return sheets, problems


def _load(path: Path, *, data_only: bool) -> Workbook:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and extensions, never about values
        return load_workbook(path, data_only=data_only)


def _refusal(path: Path) -> Problem | None:
    with path.open("rb") as stream:
        start = stream.read(8)
    if not start:
        return Problem(path.name, None, "", "", "the file is empty", "Save the workbook again.")
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        message = "the file is an old .xls workbook or protected by a password"
        advice = "Remove the password and save it as .xlsx."
        return Problem(path.name, None, "", "", message, advice)
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
            is_workbook = "[Content_Types].xml" in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        unpacked, is_workbook = 0, False
    if not is_workbook:
        message = "the file is not an Excel workbook"
        advice = "Save the table as .xlsx, or give a folder of CSV files with case.yaml."
        return Problem(path.name, None, "", "", message, advice)
    if unpacked > _LARGEST_UNPACKED:
        message = f"the workbook unpacks to {unpacked // 2**20} MB, more than the 200 MB allowed"
        advice = "Delete pictures and empty rows, or give a folder of CSV files with case.yaml."
        return Problem(path.name, None, "", "", message, advice)
    return None


def _read_sheet(file: str, worksheet: Worksheet) -> Sheet | None:
    lines = [tuple(line) for line in worksheet.iter_rows(values_only=True)]
    if not any(cell is not None for line in lines for cell in line):
        return None
    header = tuple("" if cell is None else str(cell).strip() for cell in lines[0])
    rows = tuple(
        (row, tuple(_cell(cell) for cell in line))
        for row, line in enumerate(lines[1:], start=2)
        if any(cell is not None and str(cell).strip() for cell in line)
    )
    return Sheet(file, header, rows)


def _cell(value: Any) -> Cell:
    """Value of a cell as the readers know it; durations and rich text as their text."""
    is_known = value is None or isinstance(value, Cell)
    return value if is_known else str(value)


def _cell_problems(file: str, formulas: Worksheet, values: Worksheet) -> Iterator[Problem]:
    for row, line in enumerate(formulas.iter_rows(), start=1):
        for place, cell in enumerate(line, start=1):
            if cell.data_type not in ("f", "e"):
                continue
            stored = values.cell(row, place)
            column = str(values.cell(1, place).value or get_column_letter(place))
            if stored.value is None:
                yield Problem(
                    file,
                    row,
                    column,
                    "",
                    "the cell holds a formula with no stored value, and formulas are never run",
                    "Copy the cell and paste it as a value, then save.",
                )
            elif stored.data_type == "e":
                yield Problem(
                    file,
                    row,
                    column,
                    "",
                    f"the cell holds the spreadsheet error {stored.value}",
                    "Enter the value itself, or leave the cell empty.",
                )
