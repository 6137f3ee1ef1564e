import io
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import nbformat
import pytest
from tests.reporting.cells import Cell, notebook_of

from qcanalysis.reporting.batch import run
from qcanalysis.reporting.batch.pages import PageMade, PageTask, failed_outside
from qcanalysis.reporting.batch.run import BatchResult, run_batch
from qcanalysis.reporting.batch.run_log import RunLog
from qcanalysis.reporting.batch.storage import Storage
from qcanalysis.reporting.outcomes import Page

PARAMETERS = (
    "supplier_id: str = ''  # Supplier\nperiod: str = '2026-10'  # Period\n"
    "data_dir: str = '.'  # Where the data lie",
    "parameters",
)
ANSWER = (
    "from qcanalysis.reporting.display import show_answer\n"
    "show_answer(f'Supplier {supplier_id} is fine.', state='good')",
)


@pytest.fixture
def write_notebook(tmp_path: Path) -> Callable[..., Path]:
    """Writes a notebook on one supplier, with `cells` before its answer."""

    def write(*cells: Cell, name: str = "07_supplier") -> Path:
        folder = tmp_path / "notebooks"
        folder.mkdir(exist_ok=True)
        path = folder / f"{name}.ipynb"
        nbformat.write(notebook_of("# Supplier\n\nIs it fine?", PARAMETERS, *cells, ANSWER), path)
        return path

    return write


def tasks_of(*names: str, data: str = "1", **parameters: object) -> list[PageTask]:
    """A task per name, each of the same data."""
    return [
        PageTask(name, {"supplier_id": name, **parameters}, data_key=f"{name}{data}")
        for name in names
    ]


def made_page(task: PageTask, previous_sha256: str = "none") -> PageMade:
    """A page as a notebook would make it, without a kernel."""
    html = f"<html>{task.name} of {task.data_key}, replaces {previous_sha256}</html>"
    return PageMade(task.name, Page(html, task.name, "It is fine.", "good", ()), 0.1)


@pytest.fixture
def without_kernels(monkeypatch) -> set[str]:
    """Makes pages at once, without kernels; those named in the set fail."""
    failing: set[str] = set()

    def outcomes(maker, work, *_):
        for task, previous_sha256 in work:
            if task.name in failing:
                yield task, failed_outside(task.name, "ValueError", "no data\nat all")
            else:
                yield task, made_page(task, previous_sha256)

    monkeypatch.setattr(run, "_outcomes", outcomes)
    monkeypatch.setattr(os, "fsync", lambda _: None)  # slow, and no power fails here
    return failing


def run_in(
    out: Path | str, notebook: Path, tasks: Sequence[PageTask], **options
) -> tuple[BatchResult, str]:
    """What a run did, and what it said."""
    folder, said = Storage.at(str(out)), io.StringIO()
    folder.make()
    options = {"workers": 2} | options
    done = run_batch(tasks, notebook=notebook, folder=folder, log=RunLog(folder, said), **options)
    return done, said.getvalue()


def pages(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.html")}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())
