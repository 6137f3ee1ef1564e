"""The pages of one notebook: those that changed are made, each whole or not at all.

This process alone writes into the folder. It can be ended at any moment: what was written is
whole, and the next run finishes the job.
"""

import re
from collections import Counter
from collections.abc import Collection, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import nbformat

from qcanalysis.reporting.batch.keys import code_key
from qcanalysis.reporting.batch.ledger import Ledger, LedgerEntry
from qcanalysis.reporting.batch.pages import PageMade, PageMaker, PageTask, failed_outside
from qcanalysis.reporting.batch.run_log import RunLog
from qcanalysis.reporting.batch.storage import Storage
from qcanalysis.reporting.batch.workers import WorkerDiedError, default_workers, in_workers
from qcanalysis.reporting.kernels.warm import imported_modules, warm_kernels
from qcanalysis.reporting.outcomes import NotebookFailed, TimeLimits
from qcanalysis.reporting.provenance import file_sha256, run_facts
from qcanalysis.suppliers.phrases import count

Work = tuple[PageTask, str]
FAILED = ".failed.ipynb"
_SAFE_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,79}", re.IGNORECASE)


@dataclass(frozen=True)
class BatchResult:
    """What a run did, by name of the page.

    Attributes
    ----------
    made, skipped, removed : tuple of str
        Written; left as they were since nothing changed; of nobody any more.
    failed : tuple of NotebookFailed
        Not made: an older page stays as it was.
    """

    made: tuple[str, ...]
    skipped: tuple[str, ...]
    removed: tuple[str, ...]
    failed: tuple[NotebookFailed, ...]


def run_batch(
    tasks: Sequence[PageTask],
    *,
    notebook: Path,
    folder: Storage,
    log: RunLog,
    workers: int | None = None,
    cluster: str | None = None,
    operator: str | None = None,
    limits: TimeLimits | None = None,
) -> BatchResult:
    """Pages of `tasks` in `folder`, made where data, parameters, notebook or code have changed.

    Parameters
    ----------
    tasks : sequence of PageTask
        Every page that the folder is to hold; one that an earlier run made for another task
        is removed.
    notebook : Path
        Makes each of them.
    folder : Storage
        Where they go; made when missing. Hold its lock.
    log : RunLog
        Told of each page.
    workers : int, optional
        Number of processes, default :func:`~qcanalysis.reporting.batch.workers.default_workers`.
    cluster : str, optional
        Address of a Dask scheduler whose workers make the pages instead.
    operator : str, optional
        Who runs it, for the provenance of the pages.
    limits : TimeLimits, optional
        Time limits of each page [s].

    Raises
    ------
    ValueError
        If two names are the same in the eyes of a file system, or `workers` is below 1.
    ParameterError, NotebookError
        Before a kernel starts.
    OSError
        If `folder` cannot be written to, or there is no such cluster.
    """
    if workers is not None and workers < 1:
        raise ValueError(f"workers: must be at least 1, got {workers}.")
    _require_unique_names(tasks)
    folder.make()
    folder.sweep()
    maker = PageMaker.of(
        notebook,
        facts=run_facts(notebook=notebook, operator=operator),
        private=(folder.path,) if folder.path else (),
        limits=limits or TimeLimits(),
    )
    if tasks:
        maker.checked(tasks[0])
    hashes = {"notebook_sha256": file_sha256(notebook), "code_key": code_key()}
    keys = {task.name: task.key(**hashes) for task in tasks}
    ledger = Ledger.read(folder)
    there = ledger.present(ledger.names() & keys.keys())
    current = {name for name in there if ledger[name].key == keys[name]}
    work = [
        (task, ledger[task.name].sha256 if task.name in there else "none")
        for task in tasks
        if task.name not in current
    ]
    log.line(f"{len(work)} of {len(tasks)} pages to make, {len(current)} unchanged and skipped")
    made: list[str] = []
    failed: list[NotebookFailed] = []
    outcomes = _outcomes(maker, work, imported_modules(notebook), workers, cluster)
    try:
        with log.bar(len(work)), closing(outcomes), closing(ledger):
            for task, outcome in outcomes:
                if isinstance(outcome, PageMade):
                    _write(folder, ledger, keys[task.name], outcome)
                    made.append(task.name)
                else:
                    failed.append(outcome)
                    _keep(folder, outcome)
                _tell(log, outcome)
    except KeyboardInterrupt:
        log.line(f"stopped: {count(len(made), 'page')} made; the next run makes the others")
        raise
    removed = _remove_others(folder, ledger, keys.keys())
    return BatchResult(tuple(sorted(made)), tuple(sorted(current)), removed, tuple(failed))


def _outcomes(
    maker: PageMaker,
    work: Sequence[Work],
    modules: tuple[str, ...],
    workers: int | None,
    cluster: str | None,
) -> Generator[tuple[PageTask, PageMade | NotebookFailed]]:
    """Each task with its page or failure; closing it ends all that makes them."""
    if not work:
        return
    if cluster is not None:
        try:
            from qcanalysis.reporting.batch.cluster import on_cluster
        except ImportError as error:
            raise ValueError(
                'cluster: needs the package distributed; pip install "qcanalysis[cluster]".'
            ) from error
        with closing(on_cluster(maker, work, cluster, modules)) as results:
            for (task, _), result in results:
                yield task, _failure(task, result)
        return
    with (
        warm_kernels(modules) as zygote,
        closing(
            in_workers(replace(maker, zygote=zygote), work, workers or default_workers())
        ) as results,
    ):
        for (task, _), result in results:
            yield task, _failure(task, result)


def _failure(
    task: PageTask, result: PageMade | NotebookFailed | WorkerDiedError
) -> PageMade | NotebookFailed:
    if isinstance(result, WorkerDiedError):
        return failed_outside(task.name, "WorkerDiedError", str(result))
    return result


def _write(folder: Storage, ledger: Ledger, key: str, made: PageMade) -> None:
    page = made.page
    stamp = folder.write(f"{made.name}.html", page.html.encode())
    seconds = round(made.seconds, 2)
    ledger.record(
        made.name,
        LedgerEntry(key, stamp.sha256, stamp.size, page.title, page.verdict, page.state, seconds),
    )
    folder.remove(f"{made.name}{FAILED}")


def _keep(folder: Storage, failure: NotebookFailed) -> None:
    """The partly executed notebook beside the pages; an older page stays as it was."""
    if failure.partial.cells:
        partial = nbformat.writes(failure.partial)  # type: ignore[no-untyped-call]
        folder.write(f"{failure.name}{FAILED}", partial.encode())


def _tell(log: RunLog, outcome: PageMade | NotebookFailed) -> None:
    if isinstance(outcome, NotebookFailed):
        log.page(f"{outcome.name}: FAILED. {outcome.reason}", is_failure=True)
        return
    log.page(f"{outcome.name}: made in {outcome.seconds:.1f} s. {outcome.page.verdict}")
    for warning in outcome.page.warnings:
        log.line(f"{outcome.name}: warning: {warning}")


def _remove_others(folder: Storage, ledger: Ledger, names: Collection[str]) -> tuple[str, ...]:
    """Names of the pages that an earlier run made and nobody asks for now; they are removed."""
    others = sorted(ledger.names().difference(names))
    for name in others:
        folder.remove(f"{name}.html")
        ledger.forget(name)
    ledger.save()
    return tuple(others)


def _require_unique_names(tasks: Sequence[PageTask]) -> None:
    counts = Counter(task.name.casefold() for task in tasks)
    twice = sorted(name for name, count in counts.items() if count > 1)
    if twice:
        raise ValueError(f"tasks: more than one page is named {', '.join(twice)}.")
    wrong = sorted(task.name for task in tasks if not _SAFE_NAME.fullmatch(task.name))
    if wrong:
        raise ValueError(f"tasks: {wrong[0]!r} is no safe file name; use a-z, 0-9, '-', '_'.")
