"""Checks between cells, rows and tables; each yields every problem it finds."""

from collections.abc import Callable, Iterator

from qcanalysis.records.checks.book import Book
from qcanalysis.records.checks.dates import check_dates
from qcanalysis.records.checks.goods import check_cartons, check_quantities
from qcanalysis.records.checks.identifiers import check_keys, check_places, check_references
from qcanalysis.records.checks.inspections import check_limits, check_plans
from qcanalysis.records.checks.sums import check_findings, check_units
from qcanalysis.records.problems import Problem

CHECKS: tuple[Callable[[Book], Iterator[Problem]], ...] = (
    check_keys,
    check_references,
    check_places,
    check_quantities,
    check_cartons,
    check_plans,
    check_findings,
    check_units,
    check_limits,
    check_dates,
)

__all__ = ["CHECKS", "Book"]
