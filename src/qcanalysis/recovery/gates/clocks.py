"""Deadlines of a failed inspection: when each was due, and whether it was kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from qcanalysis.recovery.gates.carton_ranges import CartonSet
from qcanalysis.recovery.gates.case_facts import CaseFacts
from qcanalysis.recovery.rows import Row

ClockStatus = Literal["running", "overdue", "met", "met late", "cannot tell"]
ReplayedEntry = tuple[Row, CartonSet]
RELEASES = ("booking_released", "cartons_released")
WORK_ENDS = ("rework_finished", "remake_finished")


@dataclass(frozen=True)
class Clock:
    """One deadline.

    Attributes
    ----------
    name
        What is due, in words.
    rule
        Requirement it comes from.
    due_at
        When it is due; None where that is not known.
    met_at
        When it was done for all goods concerned; None while it is not.
    missing
        Datum that would settle the deadline where `due_at` is None.

    Examples
    --------
    >>> from datetime import UTC
    >>> clock = Clock("respecification", "R21", datetime(2026, 10, 7, 9, 30, tzinfo=UTC))
    >>> now = datetime(2026, 10, 7, 12, 30, tzinfo=UTC)
    >>> clock.status(now), clock.text(now)
    ('overdue', 'respecification overdue by 3 h (due 2026-10-07 09:30+00:00)')
    """

    name: str
    rule: str
    due_at: datetime | None
    met_at: datetime | None = None
    missing: str = ""

    def status(self, now: datetime) -> ClockStatus:
        """Whether the deadline is kept, judged at `now`; a thing done on the minute is in time."""
        if self.due_at is None:
            return "cannot tell"
        if self.met_at is not None:
            return "met" if self.met_at <= self.due_at else "met late"
        return "running" if now <= self.due_at else "overdue"

    def text(self, now: datetime) -> str:
        """Sentence part that says how the deadline stands at `now`."""
        status = self.status(now)
        if self.due_at is None:
            return f"{self.name}: cannot tell when it is due; missing: {self.missing}"
        due = f"(due {self.due_at:%Y-%m-%d %H:%M}{_offset(self.due_at)})"
        if status == "running":
            return f"{self.name} due in {_duration(self.due_at - now)} {due}"
        if status == "overdue":
            return f"{self.name} overdue by {_duration(now - self.due_at)} {due}"
        return f"{self.name} {status} {due}"


def clocks(entries: Sequence[ReplayedEntry], facts: CaseFacts) -> tuple[Clock, ...]:
    """Deadlines of a case, from the entries that the gates let through, in time order.

    The clocks of R21 and R58 start at the report: at the entry ``report_received``, or else at
    the schedule's date. The factory's answer and the rework have the date that the last letter
    or order sets, or else the schedule's.
    """
    reported_at = next(
        (entry["at"] for entry, _ in entries if entry["event"] == "report_received"),
        facts.reported_at,
    )
    return tuple(_clocks(entries, facts, reported_at))


def _clocks(
    entries: Sequence[ReplayedEntry], facts: CaseFacts, reported_at: datetime | None
) -> Iterator[Clock]:
    goods = facts.all_goods
    for name, rule, allowed, event in (
        ("respecification", "R21", facts.respecification_time, "respecification_issued"),
        ("written answer to the factory", "R58", facts.answer_time, "answer_sent"),
    ):
        due_at = None if reported_at is None else reported_at + allowed
        missing = "when the report arrived (report_received, or reported_at in the schedule)"
        yield Clock(name, rule, due_at, _done_at(entries, goods, (event,)), missing)
    due_at = _last_deadline(entries, "answer_sent") or facts.factory_answer_due_at
    if due_at is not None:
        done_at = _done_at(entries, goods, ("answer_received",))
        yield Clock("factory's answer", "R59", due_at, done_at)
    for place, (entry, concerned) in enumerate(entries):
        if entry["event"] in ("rework_authorised", "remake_approved"):
            work = entry["event"].partition("_")[0]
            due_at = entry.get("due_at") or facts.rework_deadline
            done_at = _done_at(entries[place:], concerned, WORK_ENDS)
            yield Clock(f"{work} of {facts.named(concerned)}", "R57", due_at, done_at)
    if facts.vessel_cut_off is not None:
        done_at = _done_at(entries, goods, RELEASES)
        yield Clock("release for the vessel", "R01", facts.vessel_cut_off, done_at)


def _last_deadline(entries: Sequence[ReplayedEntry], event: str) -> datetime | None:
    stated = [entry.get("due_at") for entry, _ in entries if entry["event"] == event]
    return next((due_at for due_at in reversed(stated) if due_at is not None), None)


def _done_at(
    entries: Sequence[ReplayedEntry], goods: CartonSet, events: tuple[str, ...]
) -> datetime | None:
    """Time at which entries of these kinds first cover all goods."""
    left = goods
    for entry, concerned in entries:
        if entry["event"] in events:
            left -= concerned
            if not left:
                moment: datetime = entry["at"]
                return moment
    return None


def _offset(moment: datetime) -> str:
    return moment.strftime("%z")[:3] + ":" + moment.strftime("%z")[3:5]


def _duration(span: timedelta) -> str:
    hours, rest = divmod(int(span.total_seconds()), 3600)
    if hours >= 72:
        return f"{hours // 24} days"
    return f"{hours} h" if hours else f"{rest // 60} min"
