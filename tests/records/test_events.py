import csv
import errno
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from filelock import FileLock, Timeout
from hypothesis import given, settings
from hypothesis import strategies as st

from qcanalysis.records import RecordsError
from qcanalysis.records.actions import Event
from qcanalysis.records.delimited import read_csv
from qcanalysis.records.events import LOCK_FILE, EventRefusedError, record_event
from qcanalysis.records.sheet import read_table
from qcanalysis.recovery.gates.case_facts import CaseFacts
from qcanalysis.recovery.gates.replay import refusals

START = datetime(2026, 10, 6, 9, 30, tzinfo=UTC)
AT = "2026-10-06T17:30+08:00"


def nothing_forbidden(entry: Any, log: Any) -> tuple[()]:
    return ()


def record(folder: Path, **cells: Any) -> Event:
    return record_event(folder, {"at": AT, "event": "hold_placed", **cells},
                        forbids=nothing_forbidden)  # fmt: skip


def rows_in(folder: Path) -> list[dict[str, Any]]:
    """Rows as the case reader sees them; no problem allowed."""
    sheet, problems = read_csv(folder / "events.csv")
    assert sheet is not None
    assert problems == []
    table, problems = read_table(sheet, Event)
    assert problems == []
    return [entry.values for entry in table.entries]


def problem_of(caught: pytest.ExceptionInfo[RecordsError]) -> tuple[str, str, str]:
    (problem,) = caught.value.problems
    return problem.column, problem.message, problem.advice


# --- what is written --------------------------------------------------------------------------


def test_a_missing_log_is_begun_with_every_column(tmp_path):
    assert record(tmp_path).event_id == "E0001"
    assert record(tmp_path).event_id == "E0002"
    with (tmp_path / "events.csv").open(encoding="utf-8", newline="") as stream:
        assert next(csv.reader(stream)) == list(Event.model_fields)
    assert [row["event_id"] for row in rows_in(tmp_path)] == ["E0001", "E0002"]
    assert sorted(p.name for p in tmp_path.iterdir()) == [LOCK_FILE, "events.csv"]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_the_rows_before_are_kept_byte_for_byte(tmp_path, end, closed, mark):
    old = mark + end.join(
        [b"at,event_id,event,detail", b'2026-10-05 08:00Z, 007 ,hold_placed,"a, ""b"""',
         "2026-10-05T09:00Z,E0041,report_audited,Prüfung".encode()]
    ).replace(b" 007 ", b"007") + (end if closed else b"")  # fmt: skip
    (tmp_path / "events.csv").write_bytes(old)
    assert record(tmp_path, detail="x").event_id == "E0042"
    new = (tmp_path / "events.csv").read_bytes()
    assert new.startswith(old)
    assert new.endswith(b"17:30:00+08:00,E0042,hold_placed,x" + end)
    assert [row["event_id"] for row in rows_in(tmp_path)] == ["007", "E0041", "E0042"]


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_column_that_the_log_lacks_is_added_and_every_cell_kept(tmp_path, mark, end):
    old = f'{mark}"event_id",at,event,document{end}'
    old += f'007,2026-10-05T08:00Z,hold_placed,"a, ""b""\n 2"{end}{end}'
    (tmp_path / "events.csv").write_bytes(old.encode())
    record(tmp_path, sku="PIN", detail="x")
    first, last = rows_in(tmp_path)
    assert (first["event_id"], first["document"], first["sku"]) == ("007", 'a, "b"\n 2', None)
    assert (last["event_id"], last["document"], last["sku"]) == ("E0001", None, "PIN")
    new = (tmp_path / "events.csv").read_bytes().decode()
    assert new.startswith(f"{mark}event_id,at,event,document,sku,detail{end}")


def test_every_kind_of_cell_reads_back_as_it_was_given(tmp_path):
    given_cells = {
        "event": "concession_signed", "sku": "0012", "first_carton_no": "001",
        "last_carton_no": "K-007", "quantity": 600, "document_kind": "concession",
        "document": "CON-1", "issuer": "李伟", "issuer_role": "factory", "approver": "A, \"B\"",
        "approver_role": "buyer", "due_at": "2026-10-08T09:00+08:00",
        "reinspection_on": "2026-10-12", "aql_percent": "1.5", "release_trigger": "two\nlines",
        "defect_type": "=HYPERLINK(\"x\")", "standard_is_unchanged": True,
        "excludes_future_runs": "no", "detail": "<img onerror=x> \u202e {{ 7 * 7 }}",
    }  # fmt: skip
    entry = record(tmp_path, **given_cells)
    (row,) = rows_in(tmp_path)
    assert row == entry.model_dump()
    assert row["sku"] == "0012"
    assert (row["standard_is_unchanged"], row["excludes_future_runs"]) == (True, False)


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=60), st.text(max_size=20))
def test_any_text_is_either_kept_or_refused_and_never_breaks_the_log(tmp_path_factory, one, two):
    folder = tmp_path_factory.mktemp("case")
    record(folder)
    before = (folder / "events.csv").read_bytes()
    try:
        entry = record(folder, detail=one, document=two)
    except RecordsError:
        assert (folder / "events.csv").read_bytes() == before
    else:
        last = rows_in(folder)[-1]
        assert last["detail"] == (entry.detail if one.strip() else None)
        assert last["document"] == (entry.document if two.strip() else None)


def test_the_zone_of_a_time_is_kept_in_the_log(tmp_path):
    record(tmp_path, at=START.astimezone(datetime.fromisoformat(AT).tzinfo))
    assert b",hold_placed," in (tmp_path / "events.csv").read_bytes()
    assert b"2026-10-06T17:30:00+08:00" in (tmp_path / "events.csv").read_bytes()


def test_the_mode_of_the_file_is_kept(tmp_path):
    record(tmp_path)
    (tmp_path / "events.csv").chmod(0o640)
    record(tmp_path)
    assert (tmp_path / "events.csv").stat().st_mode & 0o777 == 0o640


# --- what is refused, with the log unchanged --------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "column", "message"),
    [
        ({"event": "shipped"}, "event", "'shipped' is not a word allowed"),
        ({"event": None}, "event", "must be filled"),
        ({"at": "2026-10-06T17:30"}, "at", "has no time zone"),
        ({"at": datetime(2026, 10, 6)}, "at", "has no time zone"),
        ({"quantity": "7,000"}, "quantity", "is not a whole number"),
        ({"sku": 123}, "sku", "leading zeros may be lost"),
        ({"colour": "red"}, "colour", "is not a known column"),
        ({"event_id": "E0001"}, "event_id", "has an entry 'E0001' already"),
        ({"at": "2026-10-06T17:29+08:00"}, "at", "is before the last entry"),
        ({"at": "2026-10-06T12:00+03:00"}, "at", "is before the last entry"),
    ],
)
def test_a_wrong_entry_is_refused_with_its_cell(tmp_path, cells, column, message):
    record(tmp_path)
    before = (tmp_path / "events.csv").read_bytes()
    with pytest.raises(RecordsError) as caught:
        record(tmp_path, **cells)
    found = problem_of(caught)
    assert (found[0], message in found[1], found[2] != "") == (column, True, True)
    assert (tmp_path / "events.csv").read_bytes() == before


@pytest.mark.parametrize(
    "content",
    [b"PK\x03\x04", b"event_id,at\nE1,2026-10-05T08:00Z\n", b"\n", b'event_id,at,event\n"E1',
     b"event_id,at,event\nE1,yesterday,hold_placed\n", b"event_id,at,event\nE1\n"],
)  # fmt: skip
def test_a_damaged_log_is_left_alone(tmp_path, content):
    (tmp_path / "events.csv").write_bytes(content)
    with pytest.raises(RecordsError):
        record(tmp_path)
    assert (tmp_path / "events.csv").read_bytes() == content


def test_a_case_that_is_no_folder_is_refused(tmp_path):
    with pytest.raises(RecordsError, match="no such folder"):
        record(tmp_path / "case.xlsx")


def test_a_lock_that_is_kept_is_reported(tmp_path):
    with FileLock(tmp_path / LOCK_FILE), pytest.raises(Timeout):
        record_event(tmp_path, {"at": AT, "event": "hold_placed"}, forbids=nothing_forbidden,
                     lock_timeout=0.1)  # fmt: skip


def test_r04_an_entry_the_gates_forbid_is_refused_and_the_log_unchanged(tmp_path):
    facts = CaseFacts(skus=pd.DataFrame({"sku": ["PIN"], "quantity": [8000]}))

    def forbids(entry: Any, log: Any) -> Any:
        return refusals(entry, log, facts)

    def recorded(event: str, **cells: Any) -> Event:
        return record_event(tmp_path, {"at": AT, "event": event, **cells}, forbids=forbids)

    recorded("report_received")
    recorded("report_audited", sku="PIN")
    before = (tmp_path / "events.csv").read_bytes()
    with pytest.raises(EventRefusedError) as caught:
        recorded("booking_released", approver="A. Buyer", approver_role="buyer")
    assert [refusal.rule for refusal in caught.value.refusals] == ["R04", "R58"]
    assert "R04: missing a passed re-inspection" in str(caught.value)
    assert (tmp_path / "events.csv").read_bytes() == before


KINDS = (
    "report_received", "report_audited", "respecification_issued", "answer_sent",
    "reinspection_booked", "reinspection_passed", "booking_released", "balance_paid",
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(KINDS), st.integers(-12, 12)), max_size=12))
def test_a_refused_entry_never_changes_the_log_and_an_accepted_one_adds_one_row(
    tmp_path_factory, drawn
):
    folder = tmp_path_factory.mktemp("case")
    facts = CaseFacts(skus=pd.DataFrame({"sku": ["PIN"], "quantity": [8000]}))
    log, accepted = folder / "events.csv", 0
    for hours, (event, offset) in enumerate(drawn):
        zone = datetime.strptime(f"{offset:+03d}00", "%z").tzinfo
        cells = {"event": event, "at": (START + timedelta(hours=hours)).astimezone(zone),
                 "document": "D-1", "reinspection_on": "2026-10-12",
                 "issuer_role": "inspector"}  # fmt: skip
        before = log.read_bytes() if log.exists() else b""
        try:
            record_event(folder, cells, forbids=lambda entry, rows: refusals(entry, rows, facts))
        except EventRefusedError:
            assert (log.read_bytes() if log.exists() else b"") == before
        else:
            accepted += 1
            assert log.read_bytes().startswith(before)
            assert len(rows_in(folder)) == accepted


# --- two at once, a kill, a full disk ---------------------------------------------------------


def _record_many(folder: Path, name: str, count: int) -> None:
    for number in range(count):
        record(folder, detail=f"{name}{number}")


def test_two_recorders_at_once_lose_and_double_nothing(tmp_path):
    context = multiprocessing.get_context("spawn")
    recorders = [
        context.Process(target=_record_many, args=(tmp_path, name, 40)) for name in ("a", "b")
    ]
    for recorder in recorders:
        recorder.start()
    for recorder in recorders:
        recorder.join()
    assert [recorder.exitcode for recorder in recorders] == [0, 0]
    rows = rows_in(tmp_path)
    assert [row["event_id"] for row in rows] == [f"E{number:04d}" for number in range(1, 81)]
    for name in ("a", "b"):
        own = [row["detail"] for row in rows if row["detail"].startswith(name)]
        assert own == [f"{name}{number}" for number in range(40)]


RECORDER = """
import os, signal, sys
from pathlib import Path
from qcanalysis.records.events import record_event

{hook}
number = 0
while True:
    entry = {{"at": "2026-10-06T17:30+08:00", "event": "hold_placed", "detail": str(number)}}
    entry = record_event(Path(sys.argv[1]), entry, forbids=lambda entry, log: ())
    print(entry.event_id, flush=True)
    number += 1
"""
KILL = "os.kill(os.getpid(), signal.SIGKILL)"
HOOKS = {
    "before the data is on the disk": f"os.fsync = lambda fd: {KILL}",
    "in the middle of the data": f"""
import io
class Half(io.FileIO):
    def write(self, data):
        super().write(bytes(data)[: len(data) // 2])
        {KILL}
really_open = Path.open
Path.open = lambda self, mode, *more: (
    Half(self, "w") if mode == "wb" else really_open(self, mode, *more)
)
""",
    "before the rename": f"Path.replace = lambda self, target: {KILL}",
    "after the rename": f"replace = os.replace\n"
    f"Path.replace = lambda self, target: (replace(self, target), {KILL})",
}


def start_recorder(folder: Path, hook: str = "") -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", RECORDER.format(hook=hook), str(folder)],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.parametrize("moment", HOOKS)
def test_a_kill_in_the_middle_of_a_write_leaves_the_old_log_or_the_new(tmp_path, moment):
    for number in range(3):
        record(tmp_path, detail=f"before {number}")
    old = (tmp_path / "events.csv").read_bytes()
    with start_recorder(tmp_path, HOOKS[moment]) as recorder:
        said, _ = recorder.communicate(timeout=60)
    assert recorder.returncode == -signal.SIGKILL
    assert said == ""
    assert (tmp_path / "events.csv").read_bytes().startswith(old)
    assert len(rows_in(tmp_path)) == (4 if moment == "after the rename" else 3)
    entry = record(tmp_path, detail="after the kill")
    assert [row["event_id"] for row in rows_in(tmp_path)][-1] == entry.event_id
    assert not list(tmp_path.glob("*.part"))


def test_kills_at_random_moments_lose_no_entry_that_was_reported(tmp_path):
    generator = random.Random(20261006)
    reported: list[str] = []
    for _ in range(5):
        with start_recorder(tmp_path) as recorder:
            assert recorder.stdout is not None
            first = recorder.stdout.readline().strip()
            time.sleep(generator.uniform(0.0, 0.12))
            recorder.kill()
            reported += [first, *recorder.stdout.read().split()]
        ids = [row["event_id"] for row in rows_in(tmp_path)]
        assert len(ids) == len(set(ids))
        assert set(reported) <= set(ids)
        assert len(ids) <= len(reported) + 5  # at most one a kill was written and not reported
    assert len(reported) > 5


class _FullStream:
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __enter__(self) -> "_FullStream":
        return self

    def __exit__(self, *exception: object) -> None:
        self._stream.close()

    def write(self, data: bytes) -> int:
        self._stream.write(data[: len(data) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_leaves_the_log_and_no_half_file(tmp_path, monkeypatch):
    record(tmp_path)
    before = (tmp_path / "events.csv").read_bytes()
    really_open = Path.open
    monkeypatch.setattr(Path, "open", lambda self, *args, **options: (
        _FullStream(really_open(self, *args, **options)) if args == ("wb",)
        else really_open(self, *args, **options)
    ))  # fmt: skip
    with pytest.raises(OSError, match="No space left") as caught:
        record(tmp_path)
    assert caught.value.errno == errno.ENOSPC
    monkeypatch.undo()
    assert (tmp_path / "events.csv").read_bytes() == before
    assert not list(tmp_path.glob("*.part"))
    assert record(tmp_path).event_id == "E0002"


LIMITED = """
import resource, signal, sys
from qcanalysis.records.events import record_event
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
try:
    while True:
        record_event(sys.argv[1], {"at": "2026-10-06T17:30+08:00", "event": "hold_placed",
                                   "detail": "x" * 200}, forbids=lambda entry, log: ())
except OSError as error:
    print(error.errno)
"""


def test_a_limit_of_the_system_on_the_file_leaves_the_last_sound_log(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [str(errno.EFBIG)]
    rows = rows_in(tmp_path)
    assert len(rows) > 10
    assert (tmp_path / "events.csv").stat().st_size <= 4096
    assert not list(tmp_path.glob("*.part"))
    assert record(tmp_path).event_id == f"E{len(rows) + 1:04d}"
