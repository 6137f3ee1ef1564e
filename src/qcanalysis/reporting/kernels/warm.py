"""The warm process of a batch: started with it, ended with it.

It keeps the code it has imported, so it must not outlive a batch: the next one has its own.
"""

import ast
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from qcanalysis.reporting.notebook import read_notebook
from qcanalysis.reporting.provenance import batch_environment

# Others start threads (polars) or must not be loaded twice; kernels import those themselves.
_SAFE_TO_PRELOAD = {"qcanalysis", "numpy", "pandas", "scipy", "matplotlib"}
_END_SECONDS = 5.0


@contextmanager
def warm_kernels(modules: Sequence[str] = ()) -> Iterator[str | None]:
    """Address of a warm process that forks kernels, for the time of a batch.

    Parameters
    ----------
    modules : sequence of str
        Modules it imports beforehand, see :func:`imported_modules`.

    Yields
    ------
    str or None
        Address to give to :func:`~qcanalysis.reporting.execution.execute`, from any process of
        this machine; None where there can be no such process (only Linux has what it takes).

    Notes
    -----
    It gets ready in the background; a kernel asked for earlier waits. It ends with the block or
    with this process, however that ends, and so do its kernels.
    """
    if sys.platform != "linux" or not hasattr(os, "pidfd_open"):
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="qcanalysis-warm-") as private:
        address = str(Path(private, "zygote"))
        try:
            process = _started(address, Path(private, "zygote.log"), modules)
        except OSError:  # no socket with so long a path, no process left: not worth a failure
            yield None
            return
        try:
            yield address
        finally:
            process.send_signal(signal.SIGKILL)  # it has nothing to tidy up; its kernels follow
            with suppress(subprocess.TimeoutExpired):
                process.wait(_END_SECONDS)


def is_serving(zygote: str) -> bool:
    """Whether a warm process listens at an address."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        try:
            connection.connect(zygote)
        except OSError:
            return False
    return True


def imported_modules(notebook: Path) -> tuple[str, ...]:
    """Modules that the cells of a notebook import and that may be imported beforehand.

    What is imported from a package may be a module or not; both are listed.

    Raises
    ------
    NotebookError
        If `notebook` is not one.
    """
    names: set[str] = set()
    for cell in read_notebook(notebook).cells:
        if cell.cell_type != "code":
            continue
        try:
            tree = ast.parse(cell.source)
        except SyntaxError:  # a magic, or an error that its cell will report
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return tuple(sorted(name for name in names if name.partition(".")[0] in _SAFE_TO_PRELOAD))


def _started(address: str, log_path: Path, modules: Sequence[str]) -> "subprocess.Popen[bytes]":
    """The process; it inherits a socket that listens already, so that no client is too early."""
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener,
        log_path.open("ab") as log,
    ):
        listener.bind(address)
        listener.listen(128)
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "qcanalysis.reporting.kernels.zygote"),
                *(str(listener.fileno()), str(os.getpid()), *modules),
            ],
            env=batch_environment(),
            pass_fds=[listener.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for the batch, which ends this process itself
        )
