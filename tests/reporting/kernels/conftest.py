from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from nbformat import NotebookNode
from tests.reporting.cells import notebook_of

from qcanalysis.reporting.execution import execute
from qcanalysis.reporting.kernels.warm import warm_kernels
from qcanalysis.reporting.outcomes import TimeLimits


@pytest.fixture(scope="module")
def zygote() -> Iterator[str]:
    """Address of a warm process for the tests of a module."""
    with warm_kernels() as address:
        if address is None:
            pytest.skip("no warm kernels here: they need Linux and pidfd_open")
        yield address


def run(folder: Path, *sources: str, **options: Any) -> NotebookNode:
    """Executed notebook of these code cells."""
    options.setdefault("limits", TimeLimits(start_seconds=60, cell_seconds=60))
    notebook = notebook_of(*[(source,) for source in sources])
    return execute(notebook, name="check", folder=folder, parameters={}, **options)


def command(process: psutil.Process) -> list[str]:
    """Command line of a process; empty for a moment when it starts."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:  # a zombie is one too
        return ["ended"]


def printed(executed: NotebookNode) -> list[str]:
    """What the cells printed, a text per output."""
    return [
        output.get("text") or output.get("data", {}).get("text/plain", "")
        for cell in executed.cells
        for output in cell.get("outputs", [])
    ]


Run = Callable[..., NotebookNode]
