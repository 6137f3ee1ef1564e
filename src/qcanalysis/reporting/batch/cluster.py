"""The same pages on the workers of an existing Dask cluster (extra ``qcanalysis[cluster]``).

Each worker needs this version of qcanalysis, with the same versions of what it computes with,
and sees the folder of tables under the same path. It gives back the page; this process writes.
"""

import threading
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from distributed import (
    Client,
    Future,
    KilledWorker,
    Worker,
    WorkerPlugin,
    as_completed,
)

from qcanalysis.reporting.batch.keys import code_key
from qcanalysis.reporting.batch.pages import PageMade, PageMaker, PageTask, failed_outside
from qcanalysis.reporting.batch.workers import WorkerDiedError
from qcanalysis.reporting.kernels.warm import warm_kernels
from qcanalysis.reporting.outcomes import NotebookFailed

CONNECT_SECONDS = 15
_LOOK_EVERY_SECONDS = 30
_KERNELS = "qcanalysis-warm-kernels"
_ONE_AT_A_TIME = threading.Lock()  # the page exporter of a process does not serve two threads


class ClusterError(OSError):
    """A cluster that cannot be used; says what to do."""


class WarmKernels(WorkerPlugin):
    """Warm kernels on each worker, also one that joins later, for as long as a batch lasts."""

    zygote: str | None = None  # of the worker process that this is imported in

    def __init__(self, modules: tuple[str, ...]) -> None:
        self._modules = modules

    def setup(self, worker: Worker) -> None:
        """Start them."""
        self._kernels = ExitStack()
        WarmKernels.zygote = self._kernels.enter_context(warm_kernels(self._modules))

    def teardown(self, worker: Worker) -> None:
        """End them."""
        WarmKernels.zygote = None
        self._kernels.close()


def on_cluster(
    maker: PageMaker, tasks: Iterable[tuple[PageTask, str]], address: str, modules: tuple[str, ...]
) -> Generator[tuple[tuple[PageTask, str], PageMade | NotebookFailed | WorkerDiedError]]:
    """Each task with its page or failure, in the order they are done.

    Parameters
    ----------
    maker : PageMaker
        Makes a page on a worker.
    tasks : iterable of (PageTask, str)
        What to make, each with the hash of the page it replaces.
    address : str
        Of the scheduler, as "tcp://10.0.0.5:8786".
    modules : tuple of str
        What warm kernels have imported beforehand.

    Yields
    ------
    The scheduler gives the pages of a worker that is gone to others; a page whose workers die
    one after the other is a :class:`WorkerDiedError`.

    Raises
    ------
    ClusterError
        If no scheduler answers, it has no workers (left), or it went away.
    """
    try:
        client = Client(address, timeout=CONNECT_SECONDS, name="qcanalysis")  # type: ignore[no-untyped-call]
    except (OSError, TimeoutError, ValueError) as error:
        raise ClusterError(
            f"no Dask scheduler answers at {address} within {CONNECT_SECONDS} s. "
            f"Give its address as tcp://host:8786. ({error})"
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=CONNECT_SECONDS)
        except TimeoutError as error:
            raise _no_workers(address) from error
        client.register_plugin(WarmKernels(modules), name=_KERNELS)
        waiting = {
            client.submit(_on_worker, maker, task, code_key(), pure=False): task for task in tasks
        }
        try:
            while waiting:
                for future in _done(client, waiting, address):
                    task = waiting.pop(future)
                    yield task, _result(future, address)
                    future.release()  # type: ignore[no-untyped-call]
        finally:
            client.cancel(list(waiting))  # type: ignore[no-untyped-call]
            client.unregister_worker_plugin(_KERNELS)  # type: ignore[no-untyped-call]


def _done(client: Client, waiting: Iterable[Future[Any]], address: str) -> Iterator[Future[Any]]:
    """Futures that are done; ends after a while, to look whether anybody is still at work."""
    try:
        done = as_completed(list(waiting), timeout=_LOOK_EVERY_SECONDS)  # type: ignore[no-untyped-call]
        yield from done
    except TimeoutError:
        if not client.scheduler_info()["workers"]:
            raise _no_workers(address) from None


def _result(future: Future[Any], address: str) -> PageMade | NotebookFailed | WorkerDiedError:
    try:
        result: PageMade | NotebookFailed = future.result()
    except KilledWorker:
        return WorkerDiedError("its worker died, and so did the others that it was given to")
    except CancelledError as error:
        raise ClusterError(f"the scheduler at {address} went away; run again.") from error
    return result


def _no_workers(address: str) -> ClusterError:
    return ClusterError(
        f"the scheduler at {address} has no workers; start some: dask worker {address}"
    )


def _on_worker(
    maker: PageMaker, work: tuple[PageTask, str], client_code_key: str
) -> PageMade | NotebookFailed:
    if code_key() != client_code_key:
        return failed_outside(
            work[0].name,
            "OtherCodeError",
            "the worker runs another version of qcanalysis, or of a package it computes with; "
            "install the same there and restart the worker",
        )
    with _ONE_AT_A_TIME:
        return replace(maker, zygote=WarmKernels.zygote)(work)
