"""A run in which something has changed: history read, suppliers assessed, pages made, all listed.

The order makes a killed run harmless: pages one by one, then tables and index, the record last.
"""

import io
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import pandas as pd

from qcanalysis.records.history import History, open_history
from qcanalysis.reporting.batch.front_page import answer_on_all, front_page, periods_page
from qcanalysis.reporting.batch.inputs import ScorecardRequest, is_remote_file, latest_date
from qcanalysis.reporting.batch.keys import code_key, versions
from qcanalysis.reporting.batch.ledger import Ledger
from qcanalysis.reporting.batch.pages import PageTask
from qcanalysis.reporting.batch.run import BatchResult, run_batch
from qcanalysis.reporting.batch.run_log import RunLog
from qcanalysis.reporting.batch.run_record import (
    TABLE,
    counts_in_words,
    moment,
    stamps,
    write_record,
)
from qcanalysis.reporting.batch.storage import Stamp, Storage, reaching
from qcanalysis.reporting.batch.tables import (
    CHANGE_COLUMNS,
    changes_since,
    csv_bytes,
    json_bytes,
    parquet_bytes,
)
from qcanalysis.reporting.notebook import read_notebook
from qcanalysis.reporting.outcomes import NotebookFailed
from qcanalysis.reporting.parameters import (
    ParameterError,
    checked_parameters,
    declared_parameters,
    read_parameter_file,
)
from qcanalysis.reporting.provenance import Stopwatch, code_commit, file_sha256
from qcanalysis.reporting.scorecards import PreparedBatch, prepare, settings_of
from qcanalysis.reporting.wording import State
from qcanalysis.suppliers.period import Period
from qcanalysis.suppliers.phrases import count
from qcanalysis.suppliers.severity_outlook import checked_costs

SET_BY_BATCH = ("history_dir", "prepared_dir", "supplier_id", "period")
_PREPARED = ".prepared"
_COSTS = "inspection_costs"


def full_run(
    request: ScorecardRequest,
    out: Storage,
    folder: Storage,
    inputs_key: str | None,
    earlier: bytes | None,
    stopwatch: Stopwatch,
    stream: TextIO,
) -> dict[str, Any]:
    """Record of a run that made what had changed; `folder` is the period's, locked.

    `earlier` is the table of the previous period as it was written, if it was.

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
        with reaching(str(prepared_folder), OSError):
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
        changes = None
        if earlier is not None:
            changes = changes_since(prepared.table, pd.read_parquet(io.BytesIO(earlier)))
        failed = [_failure(failure, prepared, log) for failure in result.failed]
        answer = answer_on_all(prepared, failed, Ledger.read(folder).states())
        written = _write(folder, history, request.period, prepared, changes, failed, answer)
        facts = {
            "title": history.title,
            "is_simulated": history.is_simulated,
            "time_zone": history.time_zone,
            "rows_used": history.rows,
            "rows_not_used": history.rows_unused,
            "problems": _problem_counts(history),
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
            "state": answer[0],
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
        said = counts_in_words(_counts(prepared, result))
        log.line(f"{said}, {stopwatch.elapsed_seconds:.1f} s", is_shown=False)
        log.save()
    return record


def _settings(request: ScorecardRequest) -> tuple[dict[str, Any], dict[str, Any]]:
    """Every parameter of the notebook that a batch does not set itself, and those chosen.

    Checked before the history is read, which may take long.
    """
    declared = declared_parameters(read_notebook(request.notebook))
    given = read_parameter_file(request.settings_file) if request.settings_file else {}
    taken = [name for name in given if name in SET_BY_BATCH]
    if taken:
        raise ParameterError([f"{name}: is set by the batch; leave it out." for name in taken])
    chosen = checked_parameters(declared, given)
    defaults = {p.name: p.default for p in declared if p.name not in SET_BY_BATCH}
    settings = defaults | chosen
    settings_of(settings)
    if _COSTS in settings:
        checked_costs(settings[_COSTS])
    return settings, chosen


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
    first = {problem.rule: problem for problem in reversed(history.problems)}
    for rule, number in _problem_counts(history).items():
        log.line(f"problem in the history, {number:,} of this kind: {first.get(rule, rule)}")
    if history.rows_unused:
        rows = count(history.rows_unused, "row")
        log.line(f"not used: {rows} of the history; problems.csv says which and why")


def _problem_counts(history: History) -> Counter[str]:
    """Number of problems by rule, those of a file as a whole among them."""
    return Counter(problem.rule for problem in history.problems) | Counter(history.problem_totals)


def _write(
    folder: Storage,
    history: History,
    period: Period,
    prepared: PreparedBatch,
    changes: pd.DataFrame | None,
    failed: list[dict[str, Any]],
    answer: tuple[State, str],
) -> dict[str, Stamp]:
    """Stamps of the tables and the index, written."""
    problems = pd.DataFrame(
        [vars(problem) for problem in history.problems],
        columns=["severity", "supplier_id", "file", "row", "column", "rule", "message", "advice"],
    ).astype({"row": "Int64"})
    shown = pd.DataFrame(columns=CHANGE_COLUMNS) if changes is None else changes
    contents = {
        TABLE: parquet_bytes(prepared.table),
        "scorecards.csv": csv_bytes(prepared.table),
        "changes.json": json_bytes(shown),
        "changes.csv": csv_bytes(shown),
        "problems.csv": csv_bytes(problems),
        "index.html": front_page(
            prepared,
            history=history,
            period=period,
            changes=changes,
            failed=failed,
            answer=answer,
            today=latest_date(),
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
