"""Reading one CSV file into cells, refusing what is not honest UTF-8 comma-separated text."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from qcanalysis.records.problems import Problem
from qcanalysis.records.sheet import Sheet

_SIGNATURES = {
    b"PK\x03\x04": ("an Excel workbook or other zip archive", "Open it and save it as CSV UTF-8."),
    b"\xd0\xcf\x11\xe0": ("an old Excel workbook", "Open it and save it as CSV UTF-8."),
    b"%PDF": ("a PDF document", "Type its table into the workbook template or a CSV file."),
    b"\xff\xfe": ("text in UTF-16", "Save it again as CSV UTF-8."),
    b"\xfe\xff": ("text in UTF-16", "Save it again as CSV UTF-8."),
}
_OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}


def read_csv(path: Path) -> tuple[Sheet | None, list[Problem]]:
    r"""Cells of a CSV file, or None where it is no such file, and the problems found.

    Parameters
    ----------
    path
        File to read: UTF-8 (a byte order mark is fine), comma-separated, header in row 1.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "lots.csv")
    ...     _ = path.write_bytes(b"lot_id,sku,lot_size\n001,PIN,8000\n")
    ...     sheet, problems = read_csv(path)
    >>> sheet.rows
    ((2, ('001', 'PIN', '8000')),)
    """
    content = path.read_bytes()
    fault = refusal(path.name, content)
    if fault is not None:
        return None, [fault]
    text = content.decode("utf-8-sig", errors="surrogateescape")
    lines: list[list[str]] = []
    try:
        lines.extend(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        return None, [
            Problem(
                path.name,
                len(lines) + 1,
                "",
                "",
                f"the row cannot be taken apart ({error})",
                "Look for a quotation mark that is not closed; double a quotation mark in a text.",
            )
        ]
    header = tuple(name.strip() for name in lines[0])
    problems = [*_encoding_problems(path.name, lines), *separator_problems(path.name, header)]
    if problems:
        return None, problems
    rows = []
    for row, cells in enumerate(lines[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            problems.append(_ragged(path.name, row, len(cells), len(header)))
        else:
            rows.append((row, tuple(cells)))
    return Sheet(path.name, header, tuple(rows), is_whole=not problems), problems


def refusal(file: str, content: bytes) -> Problem | None:
    """Problem of a file that is no CSV text at all, by its first bytes; None where it may be.

    Examples
    --------
    >>> refusal("lots.csv", b"").message
    'the file is empty'
    """
    for signature, (what, advice) in _SIGNATURES.items():
        if content.startswith(signature):
            return Problem(file, None, "", "", f"the file is not CSV but {what}", advice)
    if b"\x00" in content:
        row = content[: content.index(b"\x00")].count(b"\n") + 1
        message = "the file holds NUL bytes, so it is damaged or not CSV"
        return Problem(file, row, "", "", message, "Save the table again as CSV UTF-8.")
    if not content.removeprefix(b"\xef\xbb\xbf").strip() or not content.splitlines()[0].strip():
        message = "the file is empty" if not content.strip() else "row 1 is empty, not a header"
        advice = "Put the column names in row 1, or delete the file if there is nothing to say."
        return Problem(file, None, "", "", message, advice)
    return None


def _encoding_problems(file: str, lines: list[list[str]]) -> Iterator[Problem]:
    """Yield cells with bytes that are not UTF-8; say if other cells of the file are."""
    is_mixed = any(
        not cell.isascii() and not _has_foreign_byte(cell) for cells in lines for cell in cells
    )
    for row, cells in enumerate(lines, start=1):
        for place, cell in enumerate(cells):
            if _has_foreign_byte(cell):
                guess = cell.encode("utf-8", "surrogateescape").decode("cp1252", "replace")
                kind = "one encoding here and UTF-8 in other rows" if is_mixed else "no UTF-8"
                yield Problem(
                    file,
                    row,
                    lines[0][place] if row > 1 and place < len(lines[0]) else "",
                    "",
                    f"the text has {kind}; read as Windows-1252 it says {guess[:40]!r}",
                    "Type the cell again if that is wrong, and save the file as CSV UTF-8.",
                )


def _has_foreign_byte(text: str) -> bool:
    return any("\udc80" <= character <= "\udcff" for character in text)


def separator_problems(file: str, header: tuple[str, ...]) -> Iterator[Problem]:
    """Yield a problem for a header whose names are separated by something else than commas.

    Examples
    --------
    >>> next(separator_problems("lots.csv", ("lot_id;sku",))).message
    'the columns are separated by semicolons, not commas'
    """
    for separator, name in _OTHER_SEPARATORS.items():
        if len(header) == 1 and separator in header[0]:
            yield Problem(
                file,
                1,
                "",
                "",
                f"the columns are separated by {name}, not commas",
                "Save the file again with commas, or use the workbook template.",
            )


def _ragged(file: str, row: int, cells: int, columns: int) -> Problem:
    return Problem(
        file,
        row,
        "",
        "",
        f"the row has {cells} cells and the header {columns}",
        "Put a text that holds a comma in quotation marks; give every row all its commas.",
    )
