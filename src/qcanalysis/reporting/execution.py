"""Run the cells of a notebook in a kernel of this very interpreter, to the last cell or not at all.

Papermill puts the parameters in and drives the cells. What it leaves open is closed here: the
kernel is the current environment's whatever the notebook's metadata says, there are time
limits, and a notebook that stopped early without an error counts as failed.
"""

import copy
import os
import tempfile
from pathlib import Path
from typing import Any, TextIO

from ipykernel.kernelspec import get_kernel_dict
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode, ValidationError
from papermill.engines import papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.execute import raise_for_execution_errors
from papermill.parameterize import parameterize_notebook
from traitlets import Float, Unicode
from traitlets.config import Config

from qcanalysis.reporting.kernels import engine, provisioner
from qcanalysis.reporting.kernels.warm import is_serving
from qcanalysis.reporting.notebook import cell_tags
from qcanalysis.reporting.outcomes import NotebookFailed, TimeLimits
from qcanalysis.reporting.provenance import Stopwatch, batch_environment

_NOT_OURS = {"injected-parameters", "papermill-error-cell-tag"}
_SOCKET_PATH_LIMIT = 80  # a Unix socket's path holds about 100 bytes


class BatchKernelManager(AsyncKernelManager):
    """Kernel of the running interpreter, in the notebook's folder, with a batch environment."""

    folder = Unicode(config=True)
    log_path = Unicode(config=True)
    zygote = Unicode(config=True)
    start_seconds = Float(config=True)

    @property
    def kernel_spec(self) -> KernelSpec:
        """The current environment's own kernel, also where another one is called python3."""
        specification = KernelSpec(**get_kernel_dict())
        if self.zygote:
            specification.metadata["kernel_provisioner"] = {
                "provisioner_name": provisioner.NAME,
                "config": {"zygote": self.zygote, "start_seconds": self.start_seconds},
            }
        return specification

    async def start_kernel(self, **options: Any) -> None:  # type: ignore[override]
        """Start the kernel; what its process prints outside cells goes to a log file."""
        with Path(self.log_path).open("ab") as log:
            await super().start_kernel(
                **options, cwd=self.folder, env=batch_environment(), stdout=log, stderr=log
            )


def execute(
    notebook: NotebookNode,
    *,
    name: str,
    folder: Path,
    parameters: dict[str, Any],
    limits: TimeLimits,
    progress: TextIO | None = None,
    zygote: str | None = None,
) -> NotebookNode:
    """Executed copy of `notebook`, every code cell run without an error.

    Parameters
    ----------
    notebook : NotebookNode
        What to run; it is not changed.
    name : str
        Name for messages.
    folder : Path
        Working directory of the kernel.
    parameters : dict
        Checked values to inject.
    limits : TimeLimits
        Time limits [s].
    progress : text stream, optional
        Where a progress bar is drawn if it is a terminal.
    zygote : str, optional
        Address of a warm process that forks the kernel, see
        :func:`~qcanalysis.reporting.kernels.warm.warm_kernels`. Outputs are the same without.

    Raises
    ------
    NotebookFailed
        If a cell raised, exited, ran out of time or killed the kernel, or no kernel started
        in two attempts.
    """
    work = (notebook, name, folder.resolve(), parameters, limits, progress)
    try:
        return _attempt(*work, zygote)
    except NotebookFailed as failure:
        # Starting a kernel is a race for sockets and memory; running cells is not, unless the
        # warm process ended and took the kernel with it.
        died = failure.error_name == DeadKernelError.__name__
        is_ours = failure.cell_number is None or (died and zygote and not is_serving(zygote))
        if not is_ours:
            raise
    return _attempt(*work, None)


def _attempt(
    notebook: NotebookNode,
    name: str,
    folder: Path,
    parameters: dict[str, Any],
    limits: TimeLimits,
    progress: TextIO | None,
    zygote: str | None,
) -> NotebookNode:
    stopwatch = Stopwatch(limits.notebook_seconds)
    running: list[NotebookNode] = []
    with tempfile.TemporaryDirectory(prefix="qcanalysis-") as private:
        try:
            executed = _by_papermill(
                notebook,
                parameters,
                running=running,
                progress_bar=_bar(name, progress),
                autosave_cell_every=0,
                start_timeout=limits.start_seconds,
                kernel_manager_class=BatchKernelManager,
                config=_kernel_config(Path(private), folder, limits, zygote),
                shutdown_kernel="immediate",
                record_timing=False,
                timeout_func=lambda _: min(limits.cell_seconds, stopwatch.remaining_seconds + 0.1),
            )
        except PapermillExecutionError as error:
            raise _failure(name, running, error.ename, error.evalue) from error
        except CellTimeoutError as error:
            limit = f"a cell may take {limits.cell_seconds:g} s"
            if stopwatch.remaining_seconds == 0:
                limit = f"a notebook may take {limits.notebook_seconds:g} s"
            raise _failure(name, running, "TimeoutError", f"{limit}.") from error
        except DeadKernelError as error:
            reason = "the kernel died (out of memory, or the process ended itself)."
            raise _failure(name, running, DeadKernelError.__name__, reason) from error
        except ValidationError as error:
            raise _failure(name, running, type(error).__name__, error.message) from error
        except (RuntimeError, TimeoutError, OSError, ImportError) as error:
            log = Path(private, "kernel.log")
            said = log.read_text("utf-8", "replace").strip().splitlines() if log.exists() else []
            reason = " ".join([str(error), *said[-1:]])
            raise _failure(name, running, type(error).__name__, reason) from error
    if not _every_code_cell_ran(executed):
        reason = "the notebook ended early; its last cell must run."
        raise _failure(name, running, "SystemExit", reason)
    return executed


def _by_papermill(
    notebook: NotebookNode, parameters: dict[str, Any], **options: Any
) -> NotebookNode:
    """The steps of ``papermill.execute_notebook`` on a copy that stays in memory.

    Papermill's own sequence turns the notebook into text and back before, and into text for
    nobody afterwards.
    """
    copied = copy.deepcopy(notebook)
    copied.metadata["papermill"] = {}
    for cell in copied.cells:
        cell.metadata.setdefault("tags", [])
    kernel = {"kernel_name": "python3", "engine_name": engine.NAME}
    if parameters:
        copied = parameterize_notebook(copied, parameters, language="python", **kernel)
    executed: NotebookNode = papermill_engines.execute_notebook_with_engine(
        nb=copied, **kernel, **options
    )
    raise_for_execution_errors(executed, None)
    return executed


def _kernel_config(private: Path, folder: Path, limits: TimeLimits, zygote: str | None) -> Config:
    options: dict[str, Any] = {
        "folder": str(folder),
        "log_path": str(private / "kernel.log"),
        "connection_file": str(private / "kernel.json"),
        "zygote": zygote or "",
        "start_seconds": limits.start_seconds,
    }
    # With TCP the client picks free ports and the kernel binds them later: now and then another
    # process is faster (papermill#511). Sockets in a private folder cannot clash.
    if os.name == "posix" and len(str(private)) < _SOCKET_PATH_LIMIT:
        options |= {"transport": "ipc", "ip": str(private / "kernel")}
    return Config({"BatchKernelManager": options})


def _bar(name: str, progress: TextIO | None) -> dict[str, Any] | bool:
    if progress is None or not progress.isatty():
        return False
    return {"desc": name, "file": progress, "leave": False, "dynamic_ncols": True}


def _every_code_cell_ran(notebook: NotebookNode) -> bool:
    return all(
        cell.execution_count is not None
        and not any(output.output_type == "error" for output in cell.outputs)
        for cell in notebook.cells
        if cell.cell_type == "code" and cell.source.strip()
    )


def _failure(
    name: str, running: list[NotebookNode], error_name: str, message: str
) -> NotebookFailed:
    notebook = running[-1]
    cells = [cell for cell in notebook.cells if _NOT_OURS.isdisjoint(cell_tags(cell))]
    started = [
        number
        for number, cell in enumerate(cells, start=1)
        if cell.metadata.get("papermill", {}).get("start_time")
    ]
    number = started[-1] if started else None
    where = "before the first cell"
    if number is not None:
        where = f"in cell {number} ({cells[number - 1].source.strip().partition(chr(10))[0][:100]})"
    return NotebookFailed(
        name,
        cell_number=number,
        where=where,
        error_name=error_name,
        error_message=message.strip(),
        partial=notebook,
    )
