"""Problems of a history: what was found, and whether the row is used all the same."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from qcanalysis.records.problems import Problem, RecordsError

LISTED_PER_RULE = 200


@dataclass(frozen=True)
class HistoryProblem(Problem):
    """One fault of a history.

    Attributes
    ----------
    severity
        "error": the row, and every row of the same inspection, is not used;
        "warning": it is used, and listed.
    supplier_id
        Supplier of the row, empty where that is not known.

    Examples
    --------
    >>> problem = HistoryProblem("inspections.csv", 7, "sample_size", "sample above lot",
    ...     "125 items from a lot of 80", "Put the size right.", supplier_id="S-01")
    >>> print(problem)
    inspections.csv, row 7, sample_size: 125 items from a lot of 80 (sample above lot). Put the
    size right.
    """

    severity: Literal["error", "warning"] = "error"
    supplier_id: str = ""


class HistoryError(RecordsError):
    """A history that cannot be read at all; `problems` has a clear line for each reason.

    Examples
    --------
    >>> line = HistoryProblem("h", None, "", "", "there is no such folder", "Look.")
    >>> len(HistoryError([line]).problems)
    1
    """

    def __init__(self, problems: Iterable[HistoryProblem]) -> None:
        super().__init__(problems)


def refusal(file: str, message: str, advice: str, *, column: str = "") -> HistoryError:
    """Error with one problem, of a file as a whole.

    Examples
    --------
    >>> print(refusal("inspections.csv", "the file is empty", "Fill it."))
    inspections.csv: the file is empty. Fill it.
    """
    return HistoryError([HistoryProblem(file, None, column, "", message, advice)])
