"""Reading and checking the records of a case, and the workbook they can be kept in."""

from qcanalysis.records.case import Case, check_case, read_case
from qcanalysis.records.problems import Problem, RecordsError
from qcanalysis.records.workbook import write_template

__all__ = ["Case", "Problem", "RecordsError", "check_case", "read_case", "write_template"]
