"""Worker processes that make plain values; tasks are expressions, what makes them is `eval`."""

import os
import subprocess
import sys
import time

import psutil

from qcanalysis.reporting.batch.workers import WorkerDiedError, in_workers

PID = "__import__('os').getpid()"
KILL = f"__import__('os').kill({PID}, 9)"


def results(*tasks: str, workers: int = 2) -> dict[str, object]:
    return dict(in_workers(eval, tasks, workers))


def is_running(pid: str) -> bool:
    return psutil.pid_exists(int(pid)) and psutil.Process(int(pid)).status() != "zombie"


def test_tasks_are_shared_among_the_workers_and_none_is_left():
    pids = results(*(f"(__import__('time').sleep(0.3), {PID}, {number})" for number in range(4)))
    assert sorted(value[2] for value in pids.values()) == [0, 1, 2, 3]
    assert len({value[1] for value in pids.values()}) == 2
    assert os.getpid() not in {value[1] for value in pids.values()}
    assert not [value[1] for value in pids.values() if is_running(value[1])]
    assert results() == {}


def test_a_worker_that_dies_costs_its_task_one_more_try_and_the_others_nothing(tmp_path):
    seen = f"__import__('pathlib').Path({str(tmp_path / 'seen')!r})"
    once = f"'done' if {seen}.exists() else ({seen}.touch(), {KILL})"
    leaves = "__import__('os')._exit(3)"
    done = results(once, KILL, leaves, "1 + 1", "2 + 2")
    assert (done[once], done["1 + 1"], done["2 + 2"]) == ("done", 2, 4)
    assert isinstance(done[KILL], WorkerDiedError)
    assert "SIGKILL" in str(done[KILL])
    assert "by itself with code 3" in str(done[leaves])


def test_closing_it_ends_the_workers_so_that_they_can_tidy_up(tmp_path):
    file = tmp_path / "unfinished"
    tidy = (
        f"exec('''import os, time, pathlib\\nfile = pathlib.Path({str(file)!r})\\n"
        "try:\\n    file.write_text(str(os.getpid())); time.sleep(60)\\n"
        "finally:\\n    file.unlink()''') or 1"
    )
    running = in_workers(eval, ["1 + 1", tidy], 2)
    assert next(running)[1] == 2
    deadline = time.monotonic() + 30
    while not (file.exists() and (pid := file.read_text())):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    started = time.monotonic()
    running.close()
    assert time.monotonic() - started < 10
    assert not file.exists()
    assert not is_running(pid)


def test_workers_end_when_their_parent_is_killed(tmp_path):
    script = tmp_path / "script.py"
    task = f"__import__('pathlib').Path({str(tmp_path)!r}, str({PID})).touch() or {PID}"
    script.write_text(
        "import time\n"
        "from qcanalysis.reporting.batch.workers import in_workers\n"
        "if __name__ == '__main__':\n"
        f"    for done in in_workers(eval, [{task!r}] * 10**6, 2):\n"
        "        pass\n"
    )
    parent = subprocess.Popen([sys.executable, str(script)])
    while len(workers := [path.name for path in tmp_path.iterdir() if path.suffix == ""]) < 2:
        assert parent.poll() is None
        time.sleep(0.01)
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 15
    while any(map(is_running, workers)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
