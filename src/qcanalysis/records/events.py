"""Adding one entry to the event log of a case: whole or not at all, one writer at a time."""

from __future__ import annotations

import codecs
import csv
import io
import os
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock
from pydantic import ValidationError

from qcanalysis.records.actions import Event
from qcanalysis.records.delimited import read_csv
from qcanalysis.records.problems import Problem, RecordsError, did_you_mean
from qcanalysis.records.sheet import read_table

LOG_FILE = "events.csv"
LOCK_FILE = ".events.csv.lock"
ASIDE_FILE = ".events.csv.part"
LOCK_TIMEOUT = 30.0
_NUMBERED = re.compile(r"E([0-9]{1,15})")

Rows = Sequence[Mapping[str, Any]]
Forbids = Callable[[Mapping[str, Any], Rows], Sequence[object]]


class EventRefusedError(ValueError):
    """Entry that the gates forbid; `refusals` holds the reasons.

    Examples
    --------
    >>> EventRefusedError(("R04: missing a passed re-inspection",)).refusals
    ('R04: missing a passed re-inspection',)
    """

    def __init__(self, refusals: Sequence[object]) -> None:
        self.refusals = tuple(refusals)
        super().__init__("\n".join(str(refusal) for refusal in self.refusals))


def record_event(
    case_dir: str | Path,
    event: Mapping[str, Any],
    *,
    forbids: Forbids,
    lock_timeout: float = LOCK_TIMEOUT,
) -> Event:
    """Entry as it now stands at the end of ``events.csv``.

    The log is locked, read, checked and written aside, then put in place by one rename, so that
    a reader, a full disk or a kill at any moment finds the old log or the new one. The rows
    before it are kept byte for byte, save that a column the entry needs and the log lacks is
    added to them, empty; a log that is missing is begun.

    Parameters
    ----------
    case_dir
        Folder of the case.
    event
        Cells by column of the table ``events``, as text or as values; without `event_id` the
        entry gets the number after the highest ``E...`` in the log.
    forbids
        Reasons why the entry (first argument) may not follow the log (second), empty when it
        may; called while the log is locked. `qcanalysis.recovery.gates.replay.refusals` is meant.
    lock_timeout
        Time to wait for another recorder [s].

    Raises
    ------
    RecordsError
        If a cell of the entry or the log itself is wrong, the number is taken, or the time is
        before that of the last entry; the log is then unchanged.
    EventRefusedError
        If `forbids` gives a reason; the log is then unchanged.
    filelock.Timeout
        If another recorder keeps the lock.
    OSError
        If the disk is full or does not let itself be written; the log is then unchanged.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     entry = {"at": "2026-10-06T17:30+08:00", "event": "report_received"}
    ...     record_event(folder, entry, forbids=lambda entry, log: ()).event_id
    'E0001'
    """
    folder = Path(case_dir)
    if not folder.is_dir():
        message = "there is no such folder, and only a case in a folder has a log to add to"
        advice = "Give the folder that holds case.yaml; turn a workbook into CSV files first."
        raise RecordsError([Problem(str(folder), None, "", "", message, advice)])
    with FileLock(folder / LOCK_FILE, timeout=lock_timeout):
        log = folder / LOG_FILE
        content = log.read_bytes() if log.exists() else b""
        header, rows = _read_log(log) if content else (tuple(Event.model_fields), [])
        entry = _checked({"event_id": _next_number(rows), **_stated(event)}, rows)
        reasons = forbids(entry.model_dump(), rows)
        if reasons:
            raise EventRefusedError(reasons)
        _put_in_place(log, _extended(content, header, entry))
    return entry


def _read_log(log: Path) -> tuple[tuple[str, ...], list[dict[str, Any]]]:
    """Header and typed rows of the log, refused with all its problems if it has any."""
    sheet, problems = read_csv(log)
    if sheet is None:
        raise RecordsError(problems)
    table, more = read_table(sheet, Event)
    if problems or more:
        raise RecordsError([*problems, *more])
    return sheet.header, [dict(entry.values) for entry in table.entries]


def _stated(event: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if value not in (None, "")}


def _next_number(rows: Rows) -> str:
    numbers = [int(m[1]) for row in rows if (m := _NUMBERED.fullmatch(row["event_id"]))]
    return f"E{max(numbers, default=0) + 1:04d}"


def _checked(cells: Mapping[str, Any], rows: Rows) -> Event:
    """Entry made of the cells, if it is sound and comes after the rows."""
    try:
        entry = Event.model_validate({name: _as_cell(value) for name, value in cells.items()})
    except ValidationError as error:
        raise RecordsError(_problem_of(fault) for fault in error.errors()) from None
    problems = []
    if entry.event_id in {row["event_id"] for row in rows}:
        message = f"the log has an entry {entry.event_id!r} already"
        advice = "Leave event_id out, and the entry gets the next number."
        problems.append(Problem(LOG_FILE, None, "event_id", "", message, advice))
    last_at = max((row["at"] for row in rows), default=entry.at)
    if entry.at < last_at:
        message = f"{entry.at.isoformat()} is before the last entry, of {last_at.isoformat()}"
        advice = "The log only grows: record with the time of recording, say in detail when it was."
        problems.append(Problem(LOG_FILE, None, "at", "", message, advice))
    if problems:
        raise RecordsError(problems)
    return entry


def _as_cell(value: Any) -> Any:
    """Value as the schema reads it: moments as text with their zone."""
    return value.isoformat() if isinstance(value, datetime) else value


def _problem_of(fault: Mapping[str, Any]) -> Problem:
    column = str(fault["loc"][0])
    context = fault.get("ctx", {})
    message = context.get("message", fault["msg"])
    advice = context.get("advice", "")
    if fault["type"] == "missing":
        message = "the cell is empty and must be filled"
        advice = f"Enter the {Event.model_fields[column].description}."
    elif fault["type"] == "extra_forbidden":
        message = f"{column!r} is not a known column"
        advice = did_you_mean(column, Event.model_fields)
    elif fault["type"] == "literal_error":
        message = f"{str(fault['input'])[:60]!r} is not a word allowed in {column}"
        advice = f"Use one of: {context['expected']}."
    return Problem(LOG_FILE, None, column, "", message, advice)


def _extended(content: bytes, header: Sequence[str], entry: Event) -> bytes:
    """Content with one row more, in the line ends it has."""
    cells = {name: _as_text(value) for name, value in entry.model_dump().items()}
    line_end = "\r\n" if content.split(b"\n", 1)[0].endswith(b"\r") else "\n"
    new = [name for name, text in cells.items() if text and name not in header]
    if new:
        content = _widened(content, new, line_end)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=line_end)
    if not content:
        writer.writerow(header)
    elif not content.endswith(b"\n"):
        text.write(line_end)
    writer.writerow([cells.get(name, "") for name in (*header, *new)])
    return content + text.getvalue().encode("utf-8")


def _widened(content: bytes, new: Sequence[str], line_end: str) -> bytes:
    """Content with more columns at the end, empty in the rows that are there."""
    mark = codecs.BOM_UTF8 if content.startswith(codecs.BOM_UTF8) else b""
    lines = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=line_end)
    writer.writerow([*next(lines), *new])
    writer.writerows([*cells, *("" for _ in new)] if cells else [] for cells in lines)
    return mark + text.getvalue().encode("utf-8")


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if isinstance(value, date) else str(value)


def _put_in_place(log: Path, content: bytes) -> None:
    """Write the log aside, get it onto the disk, and rename it over the old one."""
    aside = log.with_name(ASIDE_FILE)  # one name will do: the lock allows one writer
    try:
        with aside.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        if log.exists():
            shutil.copymode(log, aside)
        aside.replace(log)
    finally:
        aside.unlink(missing_ok=True)
    directory = os.open(log.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
