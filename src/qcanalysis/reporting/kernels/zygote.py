"""The warm process of a batch: it has imported what notebooks need, and forks kernels.

Run as ``python -m qcanalysis.reporting.kernels.zygote LISTENER PARENT MODULE ...`` by
:func:`~qcanalysis.reporting.kernels.warm.warm_kernels`; Linux only.

A client opens one connection per kernel and sends one packet: arguments, folder, environment
and interpreter as JSON, with the two files its output goes to. It gets one packet when the
kernel's sockets are bound, and one with its exit status; in between it may send signals. A
client that hangs up, by its death too, ends its kernel.

What must hold for a forked kernel to be as good as a fresh one, each with a test: no second
thread at the time of a fork; nothing drawn, opened or configured here that a kernel would see;
no library that chose its output by looking for Jupyter and not finding it; own random numbers.
"""

import builtins
import ctypes
import gc
import importlib
import json
import os
import random
import selectors
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from qcanalysis.reporting.provenance import environment, replace_environment

PACKET_BYTES = 1_000_000
"""No packet is longer [bytes]."""

# What a kernel would load anyway, at its start or when it first does something.
_KERNEL_MODULES = (
    *("ipykernel_launcher", "qcanalysis.reporting.kernels.kernel", "sqlite3"),
    *("IPython.core.debugger", "faulthandler"),
    *("IPython.core.completerlib", "IPython.core.logger", "IPython.core.oinspect"),
    *("IPython.extensions.storemagic", "tornado.platform.asyncio", "tornado.queues"),
)
_LIBRARY_MODULES = (
    *("pandas.io.formats.string", "pandas.core.arrays.arrow.extension_types"),
    *("pandas.core.methods.to_dict", "pyarrow.pandas_compat", "pyarrow.parquet", "pyarrow.dataset"),
    *("duckdb", "encodings.utf_8_sig"),
    *("qcanalysis.reporting.display", "qcanalysis.reporting.figures"),
)
# They hook themselves into the shell when imported, and here is none: a kernel imports them anew.
_HOOKS = ("matplotlib_inline.backend_inline", "ipywidgets")
# What these say is read once, when Python or a library is loaded.
_READ_AT_IMPORT = (
    *("PYTHON", "LANG", "LC_", "TZ", "LD_", "HOME", "XDG_", "IPYTHON", "JUPYTER"),
    *("MPL", "OMP_", "OPENBLAS_", "MKL_", "NUMEXPR_", "JE_ARROW_", "ARROW_"),
)
_PR_SET_PDEATHSIG = 1
_REHEARSALS = 8  # Python speeds up what has run a few times

Handler = Callable[[], "Newborn | None"]


@dataclass(frozen=True)
class Newborn:
    """A kernel to be, seen from its own freshly forked process."""

    request: dict[str, Any]
    connection: socket.socket
    streams: Sequence[int]
    zygote_pid: int

    def live(self) -> None:
        """Run the kernel to its end, as ``python -m ipykernel_launcher`` would."""
        os.setsid()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != self.zygote_pid:  # it died before it was watched
            return
        for stream, number in zip(self.streams, (1, 2), strict=True):
            os.dup2(stream, number)
            os.close(stream)
        os.chdir(self.request["folder"])
        replace_environment(self.request["environment"])
        _reseed()
        gc.enable()
        import ipykernel_launcher  # type: ignore[import-untyped]

        from qcanalysis.reporting.kernels.kernel import PageKernelApp

        arguments = self.request["arguments"]
        sys.argv[:] = [ipykernel_launcher.__file__, *arguments]
        kernel = PageKernelApp.instance(parent_handle=self.zygote_pid)
        kernel.initialize(arguments)  # type: ignore[no-untyped-call]
        _send(self.connection, {"pid": os.getpid()})
        self.connection.close()
        kernel.start()  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class _Kernel:
    pid: int
    pidfd: int
    connection: socket.socket


class Nursery:
    """Forks kernels on request until its own parent ends.

    Parameters
    ----------
    listener : socket
        Where clients connect.
    parent_pid : int
        Process whose end ends this one.
    """

    def __init__(self, listener: socket.socket, parent_pid: int) -> None:
        self._pid = os.getpid()
        self._listener = listener
        self._parent = os.pidfd_open(parent_pid)
        self._connections: set[socket.socket] = set()
        self._kernels: dict[int, _Kernel] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        self._selector.register(self._parent, selectors.EVENT_READ, None)
        self._environment = environment()

    def serve(self) -> Newborn | None:
        """The kernel to live as, in a forked process; None in this one, at the end."""
        while True:
            # One event at a time: handling one may close what another is about.
            handle: Handler | None = self._selector.select()[0][0].data
            if handle is None:
                return None
            newborn = handle()
            if newborn is not None:
                return newborn

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        self._connections.add(connection)
        self._selector.register(connection, selectors.EVENT_READ, partial(self._asked, connection))

    def _asked(self, connection: socket.socket) -> Newborn | None:
        try:
            packet, streams, _, _ = socket.recv_fds(connection, PACKET_BYTES, 2)
        except OSError:
            packet, streams = b"", []
        try:
            if not packet:
                self._hang_up(connection)
                return None
            request = json.loads(packet)
            reason = self._reason_to_refuse(request)
            if reason:
                _send(connection, {"refused": reason})
                self._hang_up(connection)
                return None
            return self._fork(request, connection, streams)
        finally:
            if os.getpid() == self._pid:
                for stream in streams:
                    os.close(stream)

    def _reason_to_refuse(self, request: dict[str, Any]) -> str:
        threads = len(list(Path("/proc/self/task").iterdir()))
        if threads != 1:
            return f"{threads} threads are running; a fork would copy their locks only"
        if request["executable"] != sys.executable:
            return f"the interpreter is {sys.executable}, asked for was {request['executable']}"
        asked = request["environment"]
        for name in asked.keys() | self._environment.keys():
            differs = asked.get(name) != self._environment.get(name)
            if differs and name.startswith(_READ_AT_IMPORT):
                return f"the variable {name} differs; libraries are already loaded"
        return ""

    def _fork(
        self, request: dict[str, Any], connection: socket.socket, streams: Sequence[int]
    ) -> Newborn | None:
        pid = os.fork()
        if pid == 0:
            self._forget_all_but(connection)
            return Newborn(request, connection, streams, self._pid)
        kernel = _Kernel(pid, os.pidfd_open(pid), connection)
        self._kernels[pid] = kernel
        self._selector.modify(connection, selectors.EVENT_READ, partial(self._told, kernel))
        self._selector.register(kernel.pidfd, selectors.EVENT_READ, partial(self._ended, kernel))
        return None

    def _told(self, kernel: _Kernel) -> None:
        """A signal for a kernel; a client that is gone needs its kernel no more."""
        try:
            packet = kernel.connection.recv(PACKET_BYTES)
        except OSError:
            packet = b""
        if packet:
            _signal(kernel.pid, json.loads(packet)["signal"])
        else:
            _signal(kernel.pid, signal.SIGKILL)
            self._hang_up(kernel.connection)

    def _ended(self, kernel: _Kernel) -> None:
        # Not reaped yet, so its number is still its own: what it left running ends with it.
        _signal(kernel.pid, signal.SIGKILL)
        _, status = os.waitpid(kernel.pid, 0)
        self._selector.unregister(kernel.pidfd)
        os.close(kernel.pidfd)
        del self._kernels[kernel.pid]
        if kernel.connection in self._connections:
            _send(kernel.connection, {"status": os.waitstatus_to_exitcode(status)})
            self._hang_up(kernel.connection)

    def _hang_up(self, connection: socket.socket) -> None:
        self._selector.unregister(connection)
        self._connections.remove(connection)
        connection.close()

    def _forget_all_but(self, connection: socket.socket) -> None:
        self._selector.close()
        self._listener.close()
        os.close(self._parent)
        for other in self._connections - {connection}:
            other.close()
        for kernel in self._kernels.values():
            os.close(kernel.pidfd)


def preload(modules: Sequence[str]) -> None:
    """Import `modules` and what every kernel needs, leaving no trace that a kernel would see.

    A module that cannot be imported is left to the notebook that wants it.
    """
    gc.disable()
    # pandas, for one, sets the width of tables when imported, by what front end it finds.
    builtins.get_ipython = _FrontEnd  # type: ignore[attr-defined]
    try:
        for name in (*_KERNEL_MODULES, *_LIBRARY_MODULES, *modules):
            try:
                importlib.import_module(name)
            except ModuleNotFoundError:
                continue
            except Exception:
                traceback.print_exc()
        _rehearse_figures()
        _rehearse_tables()
    finally:
        del builtins.get_ipython  # type: ignore[attr-defined]
    for name in _HOOKS:
        sys.modules.pop(name, None)
    gc.freeze()  # what no kernel looks at, no kernel copies; some garbage with it


class _FrontEnd:
    """What a library looking for Jupyter must find: a shell that belongs to a kernel."""

    kernel = True


def _rehearse_figures() -> None:
    """Load fonts and the machinery of drawing; pyplot, which has a state, is left alone."""
    import io

    from matplotlib import rc_context
    from matplotlib.figure import Figure
    from matplotlib.ticker import PercentFormatter

    from qcanalysis.reporting.figures import encoded_figure
    from qcanalysis.reporting.page_axes import key_above, name_places
    from qcanalysis.reporting.plots import STYLE, new_axes

    for _ in range(_REHEARSALS):
        with rc_context(STYLE):
            axes = new_axes(3.0)
            axes.plot([0, 1], [0, 1], "-o", label="a line")
            axes.barh([0, 1], [0.2, 1])
            axes.annotate("a point", (1, 1), (4, 4), textcoords="offset points")
            axes.xaxis.set_major_formatter(PercentFormatter(1.0))
            name_places(axes.yaxis, [0, 1], ["none", "all"])
            axes.set_xlabel("a share")
            axes.set_ylabel("a name")
            key_above(axes)
        encoded_figure(axes, salt="")
    figure = Figure()
    figure.text(0.5, 0.5, "a label")
    figure.savefig(io.BytesIO(), format="png")


def _rehearse_tables() -> None:
    """Read the tables of the standards; summarise records, and write them as a page does."""
    from datetime import date

    import pandas as pd

    from qcanalysis.records.history.frames import defect_types, typed
    from qcanalysis.reporting.tables import table_markup, written_table
    from qcanalysis.sampling.standard import code_letter
    from qcanalysis.sampling.switching_score import score_points
    from qcanalysis.sampling.tables import STANDARDS, plan_cells

    code_letter(2, "II")
    score_points(0, 2)
    for standard in STANDARDS:
        plan_cells(standard, "single")
    one = {"defect_code": "burr", "defect_class": "major", "lot_id": "1", "count": 1}
    other = one | {"defect_code": "dent", "acceptance_number": 1.0, "is_accepted": True}
    for _ in range(_REHEARSALS):
        found = pd.DataFrame([one, other]).assign(inspected_on=date(2025, 1, 2))
        types = defect_types(found)
        frame = typed(types.merge(typed(found).drop(columns="count"), on="defect_code"))
        written = written_table(frame, formats={"lots": "{:.1f}"}, missing="-")
        written.plain()
        table_markup(written.headings, written.rows, "a table", written.numeric, "-")


def _reseed() -> None:
    """Random numbers of one's own; Python's generator is reseeded after a fork by itself."""
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()


def _send(connection: socket.socket, message: dict[str, Any]) -> None:
    with suppress(OSError):  # nobody listens any more: the hang-up will be noticed
        connection.send(json.dumps(message).encode())


def _signal(pid: int, number: int) -> None:
    """Signal an unreaped child and the group it leads, if it does so already."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)
    with suppress(ProcessLookupError):
        os.killpg(pid, number)


def main() -> None:
    """Preload, then serve; in a forked process, be the kernel."""
    listener_fd, parent_pid, *modules = sys.argv[1:]
    if os.getppid() != int(parent_pid):
        return
    if not sys.flags.safe_path:
        del sys.path[0]  # the folder it was started in; a kernel is started in another
    preload(modules)
    nursery = Nursery(socket.socket(fileno=int(listener_fd)), int(parent_pid))
    newborn = nursery.serve()
    if newborn is not None:
        newborn.live()


if __name__ == "__main__":
    main()
