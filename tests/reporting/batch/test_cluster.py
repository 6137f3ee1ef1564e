"""A real Dask scheduler and two workers on loopback, one of them killed in the middle."""

import json
import signal
import subprocess
import sys
import time

import pytest
from tests.reporting.batch.conftest import names, pages, run_in, tasks_of

from qcanalysis.reporting.batch.cluster import ClusterError

SUPPLIERS = [f"s{number}" for number in range(6)]


@pytest.fixture
def cluster(tmp_path):
    """Address of a scheduler, and its two workers as processes."""
    address_file = tmp_path / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    scheduler = [*("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show")]
    started = [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "distributed.cli.dask_scheduler"),
                *(*scheduler, "--scheduler-file", str(address_file)),
            ],
            **quiet,
        )
    ]
    for number in range(2):
        started.append(
            subprocess.Popen(
                [
                    *(sys.executable, "-m", "distributed.cli.dask_worker"),
                    *("--scheduler-file", str(address_file), "--nthreads", "1", "--no-nanny"),
                    *("--no-dashboard", "--name", f"w{number}"),
                    *("--local-directory", str(tmp_path / f"w{number}")),
                ],
                **quiet,
            )
        )
    deadline = time.monotonic() + 60
    while not address_file.exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    time.sleep(0.2)
    yield json.loads(address_file.read_text())["address"], started[1:]
    for process in started[::-1]:
        process.send_signal(signal.SIGTERM)
    for process in started[::-1]:
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:  # a worker that looks for its scheduler, gone already
            process.kill()
            process.wait()


@pytest.mark.slow
def test_a_killed_worker_costs_no_page(write_notebook, tmp_path, cluster):
    address, workers = cluster
    kill = (
        "import os, pathlib, signal\n"
        f"first = pathlib.Path({str(tmp_path / 'first')!r})\n"
        f"is_first = supplier_id == 's3' and not first.exists()\n"
        f"os.kill({workers[0].pid}, signal.SIGKILL) if is_first else None\n"
        "first.touch() if supplier_id == 's3' else None"
    )
    notebook = write_notebook((kill,))
    done, _ = run_in(tmp_path / "out", notebook, tasks_of(*SUPPLIERS), cluster=address)
    assert done.failed == ()
    assert done.made == tuple(sorted(SUPPLIERS))
    assert workers[0].wait(timeout=10) == -signal.SIGKILL
    assert workers[1].poll() is None
    assert all(
        f"Supplier {n[:-5]} is" in page.decode() for n, page in pages(tmp_path / "out").items()
    )
    assert len(names(tmp_path / "out")) == len(SUPPLIERS) + 2


def test_an_address_where_no_scheduler_is_gets_an_answer(write_notebook, tmp_path, monkeypatch):
    from qcanalysis.reporting.batch import cluster

    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1)
    with pytest.raises(ClusterError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        run_in(tmp_path, write_notebook(), tasks_of("acme"), cluster="tcp://127.0.0.1:9")


def test_without_the_extra_it_is_named(write_notebook, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "qcanalysis.reporting.batch.cluster", None)
    with pytest.raises(ValueError, match=r"qcanalysis\[cluster\]"):
        run_in(tmp_path, write_notebook(), tasks_of("acme"), cluster="tcp://127.0.0.1:9")
