"""What is made, skipped, kept and removed; kernels are tested in test_making.py."""

import json
import subprocess
import sys
import time

import fsspec
import pytest
from tests.reporting.batch.conftest import names, pages, run_in, tasks_of

from qcanalysis.reporting.batch import keys
from qcanalysis.reporting.batch import run as run_module
from qcanalysis.reporting.parameters import ParameterError

pytestmark = pytest.mark.usefixtures("without_kernels")


def test_only_what_changed_is_made_again(write_notebook, tmp_path, monkeypatch):
    out, notebook = tmp_path / "out", write_notebook()
    tasks = tasks_of("acme", "bolt", "cogs")
    done, said = run_in(out, notebook, tasks)
    assert (done.made, done.skipped, done.failed) == (("acme", "bolt", "cogs"), (), ())
    assert names(out) == ["acme.html", "bolt.html", "cogs.html", "pages.json", "run.log"]
    assert "Z bolt: made in 0.1 s. It is fine.\n" in said
    assert (out / "run.log").read_text("utf-8") == said

    before = pages(out)
    done, said = run_in(out, notebook, tasks)
    assert (done.made, done.skipped) == ((), ("acme", "bolt", "cogs"))
    assert "0 of 3 pages to make, 3 unchanged and skipped" in said
    assert pages(out) == before

    changed = [*tasks_of("acme"), *tasks_of("bolt", data="2"), *tasks_of("cogs", period="2026-09")]
    assert run_in(out, notebook, changed)[0].made == ("bolt", "cogs")
    assert pages(out)["acme.html"] == before["acme.html"]
    (out / "acme.html").write_text("edited by hand")
    (out / "bolt.html").unlink()
    assert run_in(out, notebook, changed)[0].made == ("acme", "bolt")
    notebook = write_notebook(("a_new_cell = 1",))
    assert run_in(out, notebook, changed)[0].made == ("acme", "bolt", "cogs")
    monkeypatch.setattr(run_module, "code_key", lambda: "another version")
    assert run_in(out, notebook, changed)[0].made == ("acme", "bolt", "cogs")
    assert run_in(out, notebook, changed)[0].made == ()


def test_code_is_every_file_of_the_package_and_what_it_computes_with(monkeypatch):
    assert {"python", "qcanalysis", "numpy", "pandas", "matplotlib"} <= keys.versions().keys()
    now = keys.code_key()
    monkeypatch.setattr(keys, "versions", lambda: {"numpy": "0"})
    assert keys.code_key() == now  # taken once: a process that goes on keeps its own
    assert keys.code_key.__wrapped__() != now


def test_where_the_data_lie_is_no_change(write_notebook, tmp_path):
    out, notebook = tmp_path / "out", write_notebook()
    run_in(out, notebook, tasks_of("acme", data_dir="/here"))
    assert run_in(out, notebook, tasks_of("acme", data_dir="/there"))[0].made == ()


def test_a_page_of_nobody_is_removed_and_a_persons_own_file_is_not(write_notebook, tmp_path):
    out, notebook = tmp_path / "out", write_notebook()
    run_in(out, notebook, tasks_of("acme", "bolt"))
    (out / "notes.html").write_text("somebody's own")
    done, _ = run_in(out, notebook, tasks_of("acme"))
    assert (done.removed, done.skipped) == (("bolt",), ("acme",))
    assert sorted(pages(out)) == ["acme.html", "notes.html"]


def test_a_failure_leaves_the_others_and_the_older_page(write_notebook, tmp_path, without_kernels):
    out, notebook = tmp_path / "out", write_notebook()
    run_in(out, notebook, tasks_of("acme", "bolt", "cogs"))
    older = pages(out)["bolt.html"]
    without_kernels.add("bolt")
    done, said = run_in(out, notebook, tasks_of("acme", "bolt", "cogs", data="2"))
    assert (done.made, [failure.name for failure in done.failed]) == (("acme", "cogs"), ["bolt"])
    assert "Z bolt: FAILED. ValueError while its page was made: no data at all\n" in said
    assert pages(out)["bolt.html"] == older
    without_kernels.clear()
    done, _ = run_in(out, notebook, tasks_of("acme", "bolt", "cogs", data="2"))
    assert (done.made, done.skipped) == (("bolt",), ("acme", "cogs"))


@pytest.mark.parametrize("ledger", [b"", b"{", b"[]", b'{"acme": 1}', b'{"acme": {"key": 1}}'])
def test_a_ledger_that_cannot_be_read_costs_time_alone(write_notebook, tmp_path, ledger):
    out, notebook = tmp_path / "out", write_notebook()
    run_in(out, notebook, tasks_of("acme"))
    (out / "pages.json").write_bytes(ledger)
    assert run_in(out, notebook, tasks_of("acme"))[0].made == ("acme",)
    assert run_in(out, notebook, tasks_of("acme"))[0].made == ()


SCRIPT = """
import sys, time
from pathlib import Path
from qcanalysis.reporting.batch import run
from qcanalysis.reporting.batch.pages import PageMade, PageTask
from qcanalysis.reporting.batch.run_log import RunLog
from qcanalysis.reporting.batch.storage import Storage
from qcanalysis.reporting.outcomes import Page

def outcomes(maker, work, *_):
    for task, _ in work:
        time.sleep(0.02)
        yield task, PageMade(task.name, Page("new" * 5_000, "", "", "good", ()), 0.0)

run._outcomes = outcomes
run.code_key = lambda: 'the same'
folder = Storage.at(sys.argv[1])
tasks = [PageTask(f"s{i}", {"supplier_id": f"s{i}"}, f"s{i}2") for i in range(60)]
run.run_batch(tasks, notebook=Path(sys.argv[2]), folder=folder, log=RunLog(folder, sys.stderr))
"""


def test_killed_at_any_moment_each_page_is_the_old_or_the_new_one_and_the_next_run_finishes(
    write_notebook, tmp_path, monkeypatch
):
    out, notebook = tmp_path / "out", write_notebook()
    monkeypatch.setattr(run_module, "code_key", lambda: "the same")
    (tmp_path / "script.py").write_text(SCRIPT)
    suppliers, new = [f"s{number}" for number in range(60)], b"new" * 5_000
    run_in(out, notebook, tasks_of(*suppliers))
    old = pages(out)
    for kill_after in (1, 55):  # before the ledger is saved for the first time, and after
        command = [sys.executable, str(tmp_path / "script.py"), str(out), str(notebook)]
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        while list(pages(out).values()).count(new) < kill_after:
            assert process.poll() is None
            time.sleep(0.02)
        process.kill()
        process.wait()
        stopped = pages(out)
        assert stopped.keys() == old.keys()
        assert all(page in (old[name], new) for name, page in stopped.items())
    made = run_in(out, notebook, tasks_of(*suppliers, data="2"))[0].made
    assert 0 < len(made) < 60
    assert all(page != old[name] for name, page in pages(out).items())
    assert names(out) == sorted([*old, "pages.json", "run.log"])
    assert len(json.loads((out / "pages.json").read_text("utf-8"))) == 60


def test_wrong_input_is_refused_before_anything_is_made(write_notebook, tmp_path):
    notebook, out = write_notebook(), tmp_path / "out"
    with pytest.raises(ParameterError, match="did you mean period"):
        run_in(out, notebook, tasks_of("acme", periode="2026-10"))
    with pytest.raises(ValueError, match="more than one page is named acme"):
        run_in(out, notebook, tasks_of("acme", "Acme"))
    for name in ("../acme", "a b", "", ".hidden", "x" * 81, "<script>"):
        with pytest.raises(ValueError, match="no safe file name"):
            run_in(out, notebook, tasks_of(name))
    with pytest.raises(ValueError, match="workers: must be at least 1"):
        run_in(out, notebook, tasks_of("acme"), workers=0)
    assert names(out) == []


def test_pages_go_to_any_fsspec_address(write_notebook):
    memory, address = fsspec.filesystem("memory"), "memory://scorecards/2026-10"
    tasks, notebook = tasks_of("acme", "bolt"), write_notebook()
    memory.pipe_file("/scorecards/2026-10/.bolt.html.1.part", b"killed here")
    assert run_in(address, notebook, tasks)[0].made == ("acme", "bolt")
    there = sorted(name.rpartition("/")[2] for name in memory.ls("/scorecards/2026-10", False))
    assert there == ["acme.html", "bolt.html", "pages.json", "run.log"]
    assert b"acme of acme1" in memory.cat_file("/scorecards/2026-10/acme.html")
    assert run_in(address, notebook, tasks)[0].made == ()
    memory.rm_file("/scorecards/2026-10/bolt.html")
    assert run_in(address, notebook, tasks)[0].made == ("bolt",)
    page = "/scorecards/2026-10/acme.html"  # an edit that leaves its size as it was
    memory.pipe_file(page, memory.cat_file(page).replace(b"acme", b"ACME"))
    assert run_in(address, notebook, tasks)[0].made == ("acme",)
    assert b"ACME" not in memory.cat_file(page)
    memory.rm("/scorecards", recursive=True)


def test_local_addresses_are_local_folders(write_notebook, tmp_path):
    run_in(f"file://{tmp_path}/out", write_notebook(), tasks_of("acme"))
    assert "acme.html" in names(tmp_path / "out")
