"""Dates and times in the order in which things happen."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from qcanalysis.records.checks.book import Book, stated
from qcanalysis.records.problems import Problem

# Earlier column, later column: the later may not come before the earlier.
_ORDER = {
    "events": (("at", "due_at"),),
    "payments": (("requested_on", "due_on"), ("requested_on", "paid_on")),
    "deliveries": (("shipped_on", "received_on"),),
    "corrective_actions": (("requested_on", "due_on"), ("requested_on", "closed_on")),
}
_ZONE_SPREAD = timedelta(hours=14)  # a calendar day begins 14 h before UTC at the earliest


def check_dates(book: Book) -> Iterator[Problem]:
    """Yield dates that contradict each other.

    Examples
    --------
    >>> from qcanalysis.records.header import Header
    >>> from qcanalysis.records.sheet import Table
    >>> from qcanalysis.records.schema import TABLES
    >>> header = Header("case.yaml", {
    ...     "schedule.reported_at": datetime.fromisoformat("2026-10-06T17:30+08:00"),
    ...     "schedule.vessel_cut_off": datetime.fromisoformat("2026-10-01T12:00+08:00")})
    >>> [problem.column for problem in check_dates(Book(header, dict.fromkeys(TABLES, Table(""))))]
    ['schedule.vessel_cut_off']
    """
    yield from _schedule_problems(book)
    yield from _inspection_problems(book)
    for table, pairs in _ORDER.items():
        for earlier, later in pairs:
            for entry in stated(book.entries(table), earlier, later):
                if entry[later] < entry[earlier]:
                    message = f"{later} {entry[later]} is before {earlier} {entry[earlier]}"
                    advice = "Correct the date that is wrong."
                    yield book.problem(table, entry, later, "", message, advice)
    yield from _log_problems(book)


def _schedule_problems(book: Book) -> Iterator[Problem]:
    reported = book.header["schedule.reported_at"]
    if reported is None:
        return
    for key in ("vessel_cut_off", "answer_due_at", "rework_deadline"):
        moment = book.header[f"schedule.{key}"]
        if moment is not None and moment <= reported:
            yield book.header_problem(
                f"schedule.{key}",
                "R01",
                f"{key} {moment.isoformat()} is not after the report, {reported.isoformat()}",
                "Correct the time that is wrong; check both time zones.",
            )
    cut_off, days = (
        book.header["schedule.vessel_cut_off"],
        book.header["schedule.days_to_vessel_cut_off"],
    )
    if cut_off is not None and days is not None:
        between = (cut_off - reported) / timedelta(days=1)
        if abs(between - days) > 1:
            yield book.header_problem(
                "schedule.days_to_vessel_cut_off",
                "R01",
                f"{days:g} days are stated and the two times are {between:.1f} days apart",
                "Correct the times, or delete days_to_vessel_cut_off.",
            )


def _inspection_problems(book: Book) -> Iterator[Problem]:
    visits = {entry["inspection_id"]: entry for entry in book.entries("inspections")}
    for entry in stated(book.entries("inspections"), "inspected_on"):
        start = datetime.fromisoformat(f"{entry['inspected_on']}T00:00+00:00") - _ZONE_SPREAD
        reported = entry["reported_at"]
        if reported is not None and reported < start:
            yield book.problem(
                "inspections",
                entry,
                "reported_at",
                "",
                f"the report of {reported.isoformat()} is before the visit "
                f"on {entry['inspected_on']}",
                "Correct the date that is wrong.",
            )
        earlier = visits.get(entry["resubmission_of"])
        day = earlier["inspected_on"] if earlier else None
        if day is not None and day > entry["inspected_on"]:
            yield book.problem(
                "inspections",
                entry,
                "inspected_on",
                "R75",
                f"the re-inspection on {entry['inspected_on']} is before the visit "
                f"it follows, on {day}",
                "Correct the date or resubmission_of.",
            )


def _log_problems(book: Book) -> Iterator[Problem]:
    log = list(stated(book.entries("events"), "at"))
    for earlier, entry in pairwise(log):
        if entry["at"] < earlier["at"]:
            yield book.problem(
                "events",
                entry,
                "at",
                "R04",
                f"{entry['at'].isoformat()} is before the entry above it, "
                f"{earlier['at'].isoformat()}",
                "Entries are added at the end as things happen; correct the time or the order.",
            )
