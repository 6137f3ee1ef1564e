"""The kernel that a warm process forks: ipykernel's own, without what no page asks of it.

Its cells, their outputs and their order are those of a plain kernel; a test compares them.
"""

import sys
from functools import lru_cache
from typing import Any

import zmq
from ipykernel.iostream import OutStream
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from traitlets.config import Config

# Nobody debugs a page; without debugpy no debugger is made ready in each kernel.
sys.modules.setdefault("debugpy", None)  # type: ignore[arg-type]
import ipykernel.debugger  # noqa: E402, F401

del sys.modules["debugpy"]

NO_HISTORY_FILE = "--HistoryManager.hist_file=:memory:"
"""What nbclient adds to the command of a kernel."""


class PageStream(OutStream):
    """Standard output of cells, flushed only where there is something to flush.

    The kernel asks for a flush six times a cell, and each time waits for another thread.
    """

    def flush(self) -> None:
        """Send what was written, if anything was."""
        with self._buffer_lock:
            is_empty = not self._buffers
        if not is_empty:
            super().flush()  # type: ignore[no-untyped-call]


class PageKernel(IPythonKernel):
    """Kernel that tells its client only what becomes part of a notebook, and when it is done."""

    def _publish_execute_input(self, code: str, parent: Any, execution_count: int) -> None:
        """Not the code, which came from there; the reply has the number of the execution."""

    def _publish_status(self, status: str, channel: str, parent: Any = None) -> None:
        if status != "busy":
            super()._publish_status(status, channel, parent)  # type: ignore[no-untyped-call]


class PageKernelApp(IPKernelApp):
    """Kernel for one client that runs one cell after the other, and never asks if it lives."""

    def __init__(self, **options: Any) -> None:
        stream = f"{PageStream.__module__}.{PageStream.__qualname__}"
        classes = {"outstream_class": stream, "kernel_class": PageKernel}
        super().__init__(**classes, **options)  # type: ignore[no-untyped-call]

    def parse_command_line(self, argv: list[str] | None = None) -> None:
        """Take what the client of a page gives without building a parser; else read everything."""
        match argv:
            case ["-f", connection_file, *rest] if rest in ([], [NO_HISTORY_FILE]):
                self.connection_file = connection_file
                if rest:
                    self.update_config(Config({"HistoryManager": {"hist_file": ":memory:"}}))
            case _:
                super().parse_command_line(argv)

    def init_control(self, context: "zmq.Context[Any]") -> None:
        """Open the channel for interrupts; cells come to the main thread without a detour."""
        super().init_control(context)  # type: ignore[no-untyped-call]
        self.shell_channel_thread = None  # it serves subshells, for cells side by side

    def init_kernel(self) -> None:
        """Make the kernel; what a cell means to Python is worked out once, not twice."""
        super().init_kernel()  # type: ignore[no-untyped-call]
        shell = self.kernel.shell
        manager = shell.input_transformer_manager
        manager.transform_cell = once = lru_cache(maxsize=1)(manager.transform_cell)
        shell.events.register("post_run_cell", lambda _: once.cache_clear())

    def init_heartbeat(self) -> None:
        """Start no thread that answers a client which does not ask."""
