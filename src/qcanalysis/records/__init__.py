"""Reading and checking the records of a case and its workbook.

Inspection histories are in :mod:`~qcanalysis.records.history`. Who needs only those is spared the
workbooks: what reads a case is imported when it is first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from qcanalysis.records.problems import Problem, RecordsError

if TYPE_CHECKING:
    from qcanalysis.records.case import Case, check_case, read_case
    from qcanalysis.records.workbook import write_template

__all__ = ["Case", "Problem", "RecordsError", "check_case", "read_case", "write_template"]

_MODULES = {
    "Case": "case",
    "check_case": "case",
    "read_case": "case",
    "write_template": "workbook",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
