"""Whatever dies or hangs, the failure is told and nothing stays behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from tests.reporting.cells import ANSWER, TITLE
from tests.reporting.kernels.conftest import command, printed, run

from qcanalysis.reporting.kernels import warm
from qcanalysis.reporting.kernels.warm import is_serving, warm_kernels
from qcanalysis.reporting.outcomes import NotebookFailed, TimeLimits
from qcanalysis.reporting.runner import run_notebook

WRITES_PID = "import os; _ = open('pid', 'w').write(str(os.getpid()))"
WAITS = "import time\nwhile True: time.sleep(0.1)"


def is_gone(pid: int) -> bool:
    """Whether a process ends within thirty seconds."""
    for _ in range(600):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False


def pid_in(folder: Path) -> int:
    """The pid that a kernel has written, waited for."""
    for _ in range(1200):
        if (folder / "pid").exists() and (folder / "pid").read_text():
            return int((folder / "pid").read_text())
        time.sleep(0.05)
    raise AssertionError("no kernel has started")


def zygote_pid(process: psutil.Process) -> int:
    """The warm process that `process` has started last."""
    children = process.children()
    while not all(command(child) for child in children):  # one is about to become what it will be
        time.sleep(0.01)
    warm = [each for each in children if "qcanalysis.reporting.kernels.zygote" in command(each)]
    return max(warm, key=psutil.Process.create_time).pid


@pytest.mark.parametrize(
    ("source", "error_name"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("import sys; sys.exit(0)", "SystemExit"),
        ("import sys; sys.exit(3)", "SystemExit"),
        ("import os; os._exit(0)", "DeadKernelError"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "DeadKernelError"),
        (WAITS, "TimeoutError"),
        (
            "import signal\nsignal.pthread_sigmask(0, range(1, 31))\nwhile True: pass",
            "TimeoutError",
        ),
    ],
)
def test_a_cell_that_fails_or_hangs_is_told_and_its_kernel_is_gone(
    zygote, tmp_path, source, error_name
):
    limits = TimeLimits(cell_seconds=1 if error_name == "TimeoutError" else 60)
    with pytest.raises(NotebookFailed) as caught:
        run(tmp_path, WRITES_PID, source, "print('not reached')", zygote=zygote, limits=limits)
    assert (caught.value.error_name, caught.value.cell_number) == (error_name, 2)
    assert is_gone(pid_in(tmp_path))
    assert caught.value.partial.cells[-1].get("outputs", []) == []
    assert is_serving(zygote)


def test_what_a_kernel_started_ends_with_it(zygote, tmp_path):
    starts = (
        "import subprocess\nchild = subprocess.Popen(['sleep', '600'])\n"
        "open('pid', 'w').write(str(child.pid))"
    )
    run(tmp_path, starts, zygote=zygote)
    assert is_gone(pid_in(tmp_path))
    (tmp_path / "pid").unlink()
    with pytest.raises(NotebookFailed):
        run(tmp_path, starts, "import os; os._exit(1)", zygote=zygote)
    assert is_gone(pid_in(tmp_path))


def test_a_page_whose_warm_process_is_killed_is_made_by_a_plain_kernel(tmp_path):
    with warm_kernels() as zygote:
        pid = zygote_pid(psutil.Process())

        def kill_when_running() -> None:
            pid_in(tmp_path)  # written by the cell that waits: the next kernel does not wait
            os.kill(pid, signal.SIGKILL)

        killer = threading.Thread(target=kill_when_running)
        killer.start()
        waits_once = (
            "import os, time\n"
            f"if not os.path.exists('pid'):\n    {WRITES_PID}; time.sleep(600)\n"
            "print('done')"
        )
        executed = run(tmp_path, waits_once, zygote=zygote)
        killer.join()
        assert printed(executed) == ["done\n"]
        assert not is_serving(zygote)
        assert printed(run(tmp_path, "print('next')", zygote=zygote)) == ["next\n"]


def test_a_warm_process_that_does_not_answer_is_not_waited_for_without_end(tmp_path):
    with warm_kernels() as zygote:
        pid = zygote_pid(psutil.Process())
        os.kill(pid, signal.SIGSTOP)
        limits = TimeLimits(start_seconds=2, cell_seconds=60)
        assert printed(run(tmp_path, "print('plain')", zygote=zygote, limits=limits)) == ["plain\n"]
    assert is_gone(pid)


CLIENT = """
import sys
from pathlib import Path
from nbformat.v4 import new_code_cell, new_notebook
from qcanalysis.reporting.execution import execute
from qcanalysis.reporting.outcomes import TimeLimits
from qcanalysis.reporting.kernels.warm import warm_kernels
folder, zygote = Path(sys.argv[1]), sys.argv[2]
def run(zygote):
    cells = [new_code_cell(source) for source in {cells!r}]
    execute(new_notebook(cells=cells), name="client", folder=folder, parameters={{}},
            limits=TimeLimits(), zygote=zygote)
if zygote == "own":
    with warm_kernels() as zygote:
        run(zygote)
else:
    run(zygote)
"""


def started_client(folder: Path, zygote: str) -> "subprocess.Popen[bytes]":
    code = CLIENT.format(cells=[WRITES_PID, WAITS])
    return subprocess.Popen([sys.executable, "-c", code, str(folder), zygote])


def test_a_killed_client_takes_its_kernel_with_it(zygote, tmp_path):
    client = started_client(tmp_path, zygote)
    pid = pid_in(tmp_path)
    client.kill()
    client.wait()
    assert is_gone(pid)
    assert is_serving(zygote)


def test_a_killed_batch_takes_its_warm_process_and_kernels_with_it(tmp_path):
    batch = started_client(tmp_path, "own")
    kernel = pid_in(tmp_path)
    warm_pid = zygote_pid(psutil.Process(batch.pid))
    batch.kill()
    batch.wait()
    assert is_gone(kernel)
    assert is_gone(warm_pid)


def test_the_warm_process_ends_with_its_block_and_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with warm_kernels() as zygote:
        pid = zygote_pid(psutil.Process())
        assert Path(zygote).is_socket()
        assert len(list(tmp_path.iterdir())) == 1
    assert is_gone(pid)
    assert list(tmp_path.iterdir()) == []


def test_without_linux_there_is_no_warm_process_and_pages_are_made_all_the_same(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(warm.sys, "platform", "darwin")
    with warm_kernels() as zygote:
        assert zygote is None
        assert printed(run(tmp_path, "print(1)", zygote=zygote)) == ["1\n"]


def test_a_stale_address_gives_a_plain_kernel(tmp_path):
    stale = str(tmp_path / "nobody")
    assert printed(run(tmp_path, "print(1)", zygote=stale)) == ["1\n"]


def test_no_reader_finds_a_half_written_file(zygote, tmp_path, write_notebook):
    out_dir = tmp_path / "out"
    out_dir.mkdir()
    older = out_dir / "05_check.html"
    older.write_text("older report")
    look = (
        "import os\nprint('x' * 100_000)\n"
        f"seen = [(name, os.path.getsize(os.path.join({str(out_dir)!r}, name)))"
        f" for name in os.listdir({str(out_dir)!r})]\nassert seen == [('05_check.html', 12)], seen"
    )
    notebook = write_notebook(TITLE, (look,), (look,), ANSWER)
    report = run_notebook(notebook, out_dir=out_dir)
    assert [path.name for path in out_dir.iterdir()] == ["05_check.html"]
    assert "It is so." in report.html.read_text()
