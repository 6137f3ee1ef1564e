"""A run at a terminal, and one stopped in the middle by Ctrl-C or SIGTERM."""

import fcntl
import os
import pty
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

REPOSITORY = Path(__file__).parents[3]
SCRIPT = """
import sys, time
from qcanalysis import cli
from qcanalysis.reporting.batch import run
from qcanalysis.reporting.batch.pages import PageMade
from qcanalysis.reporting.outcomes import Page

def outcomes(maker, work, *_):
    for task, _ in work:
        time.sleep(0.5)
        yield task, PageMade(task.name, Page("new", task.name, "It is fine.", "good", ()), 0.5)

run._outcomes = outcomes
run.code_key = lambda: "the same"
cli.main(sys.argv[1:])
"""


@pytest.fixture(autouse=True)
def _heard() -> Iterator[None]:
    """Tests run in the background may ignore Ctrl-C, and so would all that they start."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    """The command on four suppliers; pages are made slowly, and without kernels."""
    given, history = REPOSITORY / "data" / "history", tmp_path / "history"
    history.mkdir()
    shutil.copy(given / "history.yaml", history)
    suppliers = pd.read_csv(given / "suppliers.csv", dtype=str)[:4]
    suppliers.to_csv(history / "suppliers.csv", index=False)
    rows = pd.read_csv(given / "inspections.csv", dtype=str)
    rows = rows[rows["supplier_id"].isin(suppliers["supplier_id"])]
    rows.to_csv(history / "inspections.csv", index=False)
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    notebook = REPOSITORY / "notebooks" / "07_supplier_scorecard.ipynb"
    return [
        *(sys.executable, str(script), "scorecards", "--period", "2026-10"),
        *("--history", str(history), "--notebook", str(notebook), "--out", str(tmp_path / "out")),
    ]


def at_terminal(command: list[str], *, when: str = "", then: bytes | int = b"") -> tuple[int, str]:
    """Exit code and what a terminal got; `then` is typed or sent as a signal once `when` shows."""
    process, terminal = pty.fork()
    if process == 0:
        os.execv(command[0], command)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    said, is_awaited = b"", bool(when)
    while True:
        try:
            said += os.read(terminal, 65536)
        except OSError:  # Linux: the other end is closed
            break
        if is_awaited and when.encode() in said:
            is_awaited = False
            if isinstance(then, int):
                os.kill(process, then)
            else:
                os.write(terminal, then)
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), said.decode()


@pytest.mark.slow
def test_a_stopped_run_says_so_leaves_nothing_and_the_next_one_finishes(command, tmp_path):
    folder = tmp_path / "out" / "2026-10"
    for when, then in (("1/4 [", b"\x03"), ("1/3 [", signal.SIGTERM)):
        code, said = at_terminal(command, when=when, then=then)
        assert code == 130, said
        assert said.rstrip().endswith("Stopped.")
        assert "Traceback" not in said
        files = {path.name for path in folder.iterdir()}
        assert {name for name in files if name.startswith(".")} == {".lock"}
        last = (folder / "run.log").read_text("utf-8").splitlines()[-1]
        assert last.endswith("stopped: 1 page made; the next run makes the others")

    code, said = at_terminal(command)
    assert code == 0
    assert "\r100%|" in said
    assert "2/2 [" in said
    assert ": made in" not in said  # the bar says it; the log has a line for each
    assert said.count("4 suppliers, 2 made, 2 skipped") == 1
    log = (folder / "run.log").read_text("utf-8")
    assert log.count(": made in 0.5 s. It is fine.\n") == 4
    assert "\r" not in log
    assert "%|" not in log


@pytest.mark.parametrize("seconds", [0.0, 0.3, 1.5])
def test_ctrl_c_while_workers_start_says_nothing_of_them(seconds):
    script = (
        "import subprocess\n"
        "from qcanalysis.reporting.batch.workers import in_workers\n"
        "print('begun', flush=True)\n"
        "try:\n    list(in_workers(subprocess.call, [['sleep', '60']] * 2, 2))\n"
        "except KeyboardInterrupt:\n    print('stopped')\n"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # as a terminal does: Ctrl-C goes to all that it has started
    )
    assert running.stdout is not None
    assert running.stdout.readline() == "begun\n"
    time.sleep(seconds)
    os.killpg(running.pid, signal.SIGINT)
    assert running.communicate(timeout=60) == ("stopped\n", "")
