"""Inspection histories: reading, checking and counting them, and the store they are kept in."""

from qcanalysis.records.history.history import History, write_store
from qcanalysis.records.history.opening import check_history, is_history, open_history
from qcanalysis.records.history.problems import HistoryError, HistoryProblem

__all__ = [
    "History",
    "HistoryError",
    "HistoryProblem",
    "check_history",
    "is_history",
    "open_history",
    "write_store",
]
