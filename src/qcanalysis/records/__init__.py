"""Reading and checking the records of a case and its workbook, and inspection histories."""

from qcanalysis.records.case import Case, check_case, read_case
from qcanalysis.records.history import (
    History,
    HistoryError,
    HistoryProblem,
    check_history,
    is_history,
    open_history,
    write_store,
)
from qcanalysis.records.problems import Problem, RecordsError
from qcanalysis.records.workbook import write_template

__all__ = [
    "Case",
    "History",
    "HistoryError",
    "HistoryProblem",
    "Problem",
    "RecordsError",
    "check_case",
    "check_history",
    "is_history",
    "open_history",
    "read_case",
    "write_store",
    "write_template",
]
