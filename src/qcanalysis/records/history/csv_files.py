"""CSV files for the database: the header read by hand, the lines that it leaves out counted."""

import csv
import io
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path

from qcanalysis.records.delimited import refusal as csv_refusal
from qcanalysis.records.delimited import separator_problems
from qcanalysis.records.history.problems import HistoryError, HistoryProblem, refusal
from qcanalysis.records.history.sql import literal
from qcanalysis.records.problems import shown

_HEAD = 1 << 16


@dataclass(frozen=True)
class RowNumbers:
    """Row of the file, the header being 1, of the n-th row that the database read.

    Attributes
    ----------
    left_out
        Rows that the database does not number, in order: blank ones, and those it refused.

    Examples
    --------
    >>> RowNumbers((3, 5)).of(1), RowNumbers((3, 5)).of(2), RowNumbers((3, 5)).of(3)
    (2, 4, 6)
    """

    left_out: tuple[int, ...] = ()

    def of(self, number: int) -> int:
        """Row of the file [1 is the header]."""
        row = number + 1
        while (shifted := number + 1 + bisect_right(self.left_out, row)) != row:
            row = shifted
        return row


def csv_header(path: Path, label: str) -> list[str]:
    """Names in row 1 of a CSV file.

    Raises
    ------
    HistoryError
        If the file is empty, no comma-separated UTF-8 text, or names a column twice.
    """
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    fault = csv_refusal(label, head)
    if fault is not None:
        raise refusal(label, fault.message, fault.advice)
    try:
        text = head.decode("utf-8-sig", errors="replace")
        header = [name.strip() for name in next(csv.reader(io.StringIO(text, newline="")))]
    except (csv.Error, StopIteration):
        raise refusal(label, "row 1 cannot be taken apart", "Save it as CSV UTF-8.") from None
    faults = [
        HistoryProblem(label, 1, "", "", fault.message, fault.advice)
        for fault in separator_problems(label, tuple(header))
    ]
    lowered = [name.lower() for name in header]
    for place, name in enumerate(header, start=1):
        if not name:
            message = f"column {place} has no name"
            faults.append(HistoryProblem(label, 1, "", "", message, "Name every column."))
        elif lowered.index(name.lower()) < place - 1:
            message = f"{shown(name)} names two columns, capitals apart"
            faults.append(HistoryProblem(label, 1, name, "", message, "Rename one of them."))
    if faults:
        raise HistoryError(faults)
    return header


def csv_relation(path: Path, header: list[str]) -> str:
    """SQL of a CSV file as text columns; rows that cannot be taken apart go to `reject_errors`."""
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in header)
    return (
        f"read_csv({literal(str(path))}, columns = {{{columns}}}, header = true, delim = ',', "
        "quote = '\"', escape = '\"', auto_detect = false, store_rejects = true, "
        "rejects_limit = 0)"
    )


def blank_rows(path: Path) -> list[int]:
    """Rows of a text file with nothing in them, the header being row 1."""
    rest = b""
    with path.open("rb") as stream:
        while piece := stream.read(1 << 20):
            text = rest + piece
            if b"\n\n" in text or b"\n\r\n" in text:
                break
            rest = text[-2:]
        else:
            return []
        stream.seek(0)
        return [row for row, line in enumerate(stream, start=1) if not line.strip()]
