"""Pages made by real kernels in worker processes: same as alone, failures told, nothing left."""

import hashlib
import multiprocessing.util
import os
import tempfile
import time
from pathlib import Path

import psutil
import pytest
from tests.reporting.batch.conftest import names, pages, run_in, tasks_of
from tests.reporting.kernels.conftest import command


def is_of_kernels(process: psutil.Process) -> bool:
    """Whether it is a kernel or forks them, and has not ended meanwhile."""
    return any(name in str(command(process)) for name in ("ipykernel", "kernels.zygote"))


@pytest.mark.slow
def test_pages_are_made_in_processes_and_nothing_is_left(write_notebook, tmp_path, monkeypatch):
    multiprocessing.util.get_temp_dir()  # the fork server's socket stays where paths are short
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", None)
    out = tmp_path / "out"
    notebook = write_notebook(
        ("1 / (supplier_id != 'bolt')",),
        ("import os, signal\nos.kill(os.getpid(), 9) if supplier_id == 'cogs' else None",),
    )
    out.mkdir()
    (out / "acme.html").write_text("older")
    tasks = tasks_of("acme", "bolt", "cogs", "dyes", data_dir=str(tmp_path))
    done, said = run_in(out, notebook, tasks)
    assert done.made == ("acme", "dyes")
    failed = {failure.name: failure for failure in done.failed}
    assert (failed["bolt"].cell_number, failed["bolt"].error_name) == (3, "ZeroDivisionError")
    assert (failed["cogs"].cell_number, failed["cogs"].error_name) == (4, "DeadKernelError")
    assert "bolt: FAILED. ZeroDivisionError in cell 3 (1 / (supplier_id" in said
    assert {"bolt.failed.ipynb", "cogs.failed.ipynb"} <= set(names(out))
    older = pages(out)["dyes.html"]
    assert "Supplier dyes is fine." in older.decode()
    assert str(tmp_path) not in older.decode()

    fixed = [*tasks[:1], *tasks_of("dyes", data="2")]
    run_in(out, notebook, fixed)
    assert hashlib.sha256(older).hexdigest() in pages(out)["dyes.html"].decode()
    deadline = time.monotonic() + 10
    while left := [
        each for each in psutil.Process(os.getpid()).children(recursive=True) if is_of_kernels(each)
    ]:
        assert time.monotonic() < deadline, left
        time.sleep(0.1)
    started = {path.name for path in Path(tempfile.gettempdir()).iterdir()}
    assert not {name for name in started if name.startswith("qcanalysis")}
