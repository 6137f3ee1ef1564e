"""A run in which something has changed: history read, suppliers assessed, pages made, all listed.

The order makes a killed run harmless: pages one by one, then tables and index, the record last.
"""

import io
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import pandas as pd

from qcanalysis.records.history import History, open_history
from qcanalysis.reporting.batch.front_page import front_page, periods_page
from qcanalysis.reporting.batch.inputs import ScorecardRequest, is_remote_file, latest_date
from qcanalysis.reporting.batch.keys import code_key, versions
from qcanalysis.reporting.batch.pages import PageTask
from qcanalysis.reporting.batch.run import BatchResult, run_batch
from qcanalysis.reporting.batch.run_log import RunLog
from qcanalysis.reporting.batch.run_record import moment, stamps, write_record
from qcanalysis.reporting.batch.storage import Stamp, Storage
from qcanalysis.reporting.batch.tables import (
    CHANGE_COLUMNS,
    changes_since,
    csv_bytes,
    json_bytes,
    parquet_bytes,
)
from qcanalysis.reporting.execution import NotebookFailed
from qcanalysis.reporting.notebook import read_notebook
from qcanalysis.reporting.parameters import (
    ParameterError,
    checked_parameters,
    declared_parameters,
    read_parameter_file,
)
from qcanalysis.reporting.provenance import Stopwatch, code_commit, file_sha256
from qcanalysis.reporting.scorecards import PreparedBatch, prepare
from qcanalysis.suppliers.period import Period

SET_BY_BATCH = ("history_dir", "prepared_dir", "supplier_id", "period")
_PREPARED = ".prepared"


def full_run(
    request: ScorecardRequest,
    out: Storage,
    folder: Storage,
    inputs_key: str | None,
    stopwatch: Stopwatch,
    stream: TextIO,
) -> dict[str, Any]:
    """Record of a run that made what had changed; `folder` is the period's, locked.

    Raises
    ------
    ValueError, OSError
        As of :func:`~qcanalysis.reporting.batch.scorecards.make_scorecards`.
    """
    started_at = moment()
    settings, chosen = _settings(request)
    address = request.address
    secrets = [address] if address else []
    with _prepared_folder(request, folder) as prepared_folder, _history(request) as history:
        log = RunLog(folder, stream, private=[prepared_folder], secrets=secrets)
        log.line(f"scorecards of {request.period.label}: {history.title}")
        _say_problems(history, log)
        prepared = prepare(history, request.period, settings, prepared_folder)
        tasks = [
            PageTask(page.page_name, page.parameters, page.data_key, request.audience)
            for page in prepared.pages
        ]
        result = run_batch(
            tasks,
            notebook=request.notebook,
            folder=folder,
            log=log,
            workers=request.workers,
            cluster=request.cluster,
            operator=request.operator,
        )
        earlier = _table_of(out, request.period.previous)
        changes = None if earlier is None else changes_since(prepared.table, earlier)
        failed = [_failure(failure, prepared, log) for failure in result.failed]
        written = _write(folder, history, request.period, prepared, changes, failed)
        facts = {
            "title": history.title,
            "is_simulated": history.is_simulated,
            "time_zone": history.time_zone,
            "rows_used": history.rows,
            "rows_not_used": history.rows_unused,
            "problems": history.problem_totals,
            "sources": [{"name": name, "sha256": value} for name, value in history.source_files],
        }
        record = {
            "period": _period_facts(request.period),
            "history": facts,
            "settings": chosen,
            "audience": request.audience,
            "started_at": started_at,
            "finished_at": moment(),
            "seconds": round(stopwatch.elapsed_seconds, 2),
            "is_complete": not failed,
            "counts": _counts(prepared, result),
            "made": result.made,
            "skipped": result.skipped,
            "removed": result.removed,
            "failed": failed,
            "changes_since": request.period.previous.label if changes is not None else None,
            "versions": versions(),
            "commit": code_commit(),
            "notebook_sha256": file_sha256(request.notebook),
            "code_key": code_key(),
            "inputs_key": inputs_key,
            "outputs": stamps(folder, written),
        }
        write_record(folder, record)
        out.write("index.html", periods_page(out).encode())
        counts = ", ".join(f"{n} {name}" for name, n in _counts(prepared, result).items())
        log.line(f"{counts}, {stopwatch.elapsed_seconds:.1f} s")
        log.save()
    return record


def _settings(request: ScorecardRequest) -> tuple[dict[str, Any], dict[str, Any]]:
    """Every parameter of the notebook that a batch does not set itself, and those chosen."""
    declared = declared_parameters(read_notebook(request.notebook))
    given = read_parameter_file(request.settings_file) if request.settings_file else {}
    taken = [name for name in given if name in SET_BY_BATCH]
    if taken:
        raise ParameterError([f"{name}: is set by the batch; leave it out." for name in taken])
    chosen = checked_parameters(declared, given)
    defaults = {p.name: p.default for p in declared if p.name not in SET_BY_BATCH}
    return defaults | chosen, chosen


@contextmanager
def _prepared_folder(request: ScorecardRequest, folder: Storage) -> Iterator[Path]:
    """Empty folder for what the pages read, gone afterwards; workers of a cluster see it too."""
    if folder.path is None:
        if request.cluster is not None:
            raise ValueError(
                "--cluster: the workers read tables from a folder beside the pages; let --out be "
                "a folder that every worker sees under the same path."
            )
        with tempfile.TemporaryDirectory(prefix="qcanalysis-batch-") as made:
            yield Path(made)
        return
    place = folder.path / _PREPARED
    shutil.rmtree(place, ignore_errors=True)  # of a run that was killed
    place.mkdir()
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _history(request: ScorecardRequest) -> History:
    address = request.address
    if address is None or not _is_server(address):
        source = address or request.source
        return open_history(source, mapping=request.mapping, today=latest_date())
    return open_history("", mapping=request.mapping, address=address, today=latest_date())


def _is_server(address: str) -> bool:
    return "://" in address and not is_remote_file(address)


def _say_problems(history: History, log: RunLog) -> None:
    for rule, count in history.problem_totals.items():
        log.line(f"problem in the history: {rule}: {count}")
    if history.rows_unused:
        log.line(f"{history.rows_unused} rows are not used; problems.csv says which and why")


def _table_of(out: Storage, period: Period) -> pd.DataFrame | None:
    content = out.folder(period.label).read("scorecards.parquet")
    return None if content is None else pd.read_parquet(io.BytesIO(content))


def _write(
    folder: Storage,
    history: History,
    period: Period,
    prepared: PreparedBatch,
    changes: pd.DataFrame | None,
    failed: list[dict[str, Any]],
) -> dict[str, Stamp]:
    """Stamps of the tables and the index, written."""
    problems = pd.DataFrame(
        [vars(problem) for problem in history.problems],
        columns=["severity", "supplier_id", "file", "row", "column", "rule", "message", "advice"],
    )
    shown = pd.DataFrame(columns=CHANGE_COLUMNS) if changes is None else changes
    contents = {
        "scorecards.parquet": parquet_bytes(prepared.table),
        "scorecards.csv": csv_bytes(prepared.table),
        "changes.json": json_bytes(shown),
        "changes.csv": csv_bytes(shown),
        "problems.csv": csv_bytes(problems),
        "index.html": front_page(
            prepared, history=history, period=period, changes=changes, failed=failed
        ).encode(),
    }
    return {name: folder.write(name, content) for name, content in contents.items()}


def _failure(failure: NotebookFailed, prepared: PreparedBatch, log: RunLog) -> dict[str, Any]:
    page = next(page for page in prepared.pages if page.page_name == failure.name)
    return {
        "page": failure.name,
        "supplier_id": page.supplier_id,
        "supplier": page.supplier_name,
        "cell_number": failure.cell_number,
        "error_name": failure.error_name,
        "error_message": log.clean(failure.error_message),
        "reason": log.clean(failure.reason),
    }


def _period_facts(period: Period) -> dict[str, str]:
    return {
        "label": period.label,
        "start": period.start.isoformat(),
        "end": period.end.isoformat(),
    }


def _counts(prepared: PreparedBatch, result: BatchResult) -> dict[str, int]:
    return {
        "suppliers": len(prepared.pages),
        "made": len(result.made),
        "skipped": len(result.skipped),
        "removed": len(result.removed),
        "failed": len(result.failed),
    }
