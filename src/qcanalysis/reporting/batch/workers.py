"""A few worker processes of this machine that make pages side by side.

``concurrent.futures`` cannot say which task killed a worker, and its workers outlive a parent
that was killed. Here each worker has a pipe of its own: its death is told from the others', and
when the parent is gone the pipe ends and so does the worker.
"""

import contextlib
import gc
import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.resource_tracker import ensure_running
from types import FrameType
from typing import Generic, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")

# Never forked from here: that would copy the locks of DuckDB and Arrow. A fork server has imported
# what makes pages, once for all workers, and nothing else.
_FRESH: ForkServerContext | SpawnContext
if sys.platform == "linux":
    _FRESH = multiprocessing.get_context("forkserver")
    _FRESH.set_forkserver_preload(
        [
            *("qcanalysis.reporting.quick_start", "qcanalysis.reporting.batch.pages"),
            "qcanalysis.reporting.runner",
        ]
    )
else:
    _FRESH = multiprocessing.get_context("spawn")
_ATTEMPTS = 2
_GRACE_SECONDS = 5.0


class WorkerDiedError(Exception):
    """A worker process that ended while it made a page, in each of the attempts."""


def default_workers() -> int:
    """Number of worker processes where none is asked for: a kernel waits part of its time."""
    return min(3, (os.cpu_count() or 1) + 1)


class _Worker(Generic[Task, Result]):
    """A process that makes one result at a time, and the pipe to it."""

    def __init__(self, make: Callable[[Task], Result], task: Task, attempt: int = 1) -> None:
        self.pipe, far_end = _FRESH.Pipe()
        self.process = _FRESH.Process(target=_work, args=(make, far_end), daemon=True)
        with _ctrl_c_waits():
            self.process.start()
        far_end.close()  # so that the pipe ends with the worker
        self.give(task, attempt)

    def give(self, task: Task, attempt: int = 1) -> None:
        """Put a task into its hands."""
        self.task, self.attempt = task, attempt
        with contextlib.suppress(BrokenPipeError):  # it died idle; then there is no answer
            self.pipe.send(task)

    def answer(self) -> Result | None:
        """What it made; None if it died."""
        try:
            result: Result = self.pipe.recv()
        except (EOFError, ConnectionResetError):
            self.process.join()
            return None
        return result

    def how_it_died(self) -> str:
        """Exit code in words."""
        code = self.process.exitcode or 0
        if code < 0:
            return f"its process was ended by {signal.Signals(-code).name} (out of memory?)"
        return f"its process ended by itself with code {code}"

    def end(self) -> None:
        """End the process, at once if need be."""
        self.pipe.close()
        self.process.terminate()
        self.process.join(_GRACE_SECONDS)
        self.process.kill()
        self.process.join()


@contextlib.contextmanager
def _ctrl_c_waits() -> Iterator[None]:
    """Hold Ctrl-C back from what starts here, the fork server too, until it can be ignored."""
    if sys.platform == "win32":
        yield
        return
    ensure_running()  # else it starts with the first worker, and lets Ctrl-C in again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def in_workers(
    make: Callable[[Task], Result], tasks: Iterable[Task], workers: int
) -> Generator[tuple[Task, Result | WorkerDiedError]]:
    """Each task with what `make` gives for it, in the order they are done.

    Parameters
    ----------
    make : callable
        Picklable, never gives None; an exception out of it ends its worker.
    tasks : iterable
        Picklable.
    workers : int
        Number of processes, at least 1.

    Yields
    ------
    A task whose worker died is given to a fresh one once more; then a :class:`WorkerDiedError`
    stands for its result. Closing the iterator ends the workers.
    """
    waiting = deque(tasks)
    busy: list[_Worker[Task, Result]] = []
    try:
        while waiting and len(busy) < workers:
            busy.append(_Worker(make, waiting.popleft()))
        while busy:
            ready = wait([worker.pipe for worker in busy])
            for worker in [each for each in busy if each.pipe in ready]:
                task, result = worker.task, worker.answer()
                if result is None and worker.attempt < _ATTEMPTS:
                    busy[busy.index(worker)] = _Worker(make, task, worker.attempt + 1)
                    continue
                if result is None:
                    busy.remove(worker)
                    if waiting:
                        busy.append(_Worker(make, waiting.popleft()))
                    yield task, WorkerDiedError(worker.how_it_died())
                    continue
                if waiting:  # before the result is dealt with, so that nobody waits
                    worker.give(waiting.popleft())
                else:
                    busy.remove(worker)
                    worker.end()
                yield task, result
    finally:
        for worker in busy:
            worker.end()


def _work(make: Callable[[Task], Result], pipe: Connection) -> None:
    """Make what the pipe asks for until it ends: with the batch, or with the parent's death."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # kernels inherit the mask
    signal.signal(signal.SIGTERM, _leave)
    gc.freeze()  # all that was imported stays: no need to look through it again and again
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            pipe.send(make(pipe.recv()))


def _leave(number: int, frame: FrameType | None) -> None:
    """By an exception, so that files go; what it cuts off in the middle has nothing to tell."""
    sys.stderr = None
    sys.exit(1)
