"""`qcanalysis scorecards`: a history in; pages, tables, index and record of one period out.

Here is what every run does; :mod:`~qcanalysis.reporting.batch.full_run`, imported only where
something has changed, computes and makes the rest.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any, TextIO

from qcanalysis.reporting.batch.inputs import ScorecardRequest
from qcanalysis.reporting.batch.lock import only_run
from qcanalysis.reporting.batch.run_record import (
    TABLE,
    counts_in_words,
    is_current,
    read_record,
    repeated,
    write_record,
)
from qcanalysis.reporting.batch.storage import Storage
from qcanalysis.reporting.provenance import Stopwatch
from qcanalysis.suppliers.phrases import count

INDEX = "index.html"


@dataclass(frozen=True)
class ScorecardRun:
    """What a run did: where its index is, and its record as in ``run.json``."""

    index: str
    record: dict[str, Any]

    @property
    def counts_in_words(self) -> str:
        """How many suppliers, and how many pages were made, skipped, removed and failed."""
        return counts_in_words(self.record["counts"])

    @property
    def failed(self) -> list[dict[str, Any]]:
        """Pages that were not made: page, supplier_id, cell_number, error_name, error_message."""
        return list(self.record["failed"])


def make_scorecards(request: ScorecardRequest, stream: TextIO) -> ScorecardRun:
    """Scorecards of all suppliers for a period, in the period's folder; what changed is made.

    Parameters
    ----------
    request : ScorecardRequest
        What is wanted.
    stream : text stream
        Gets a bar on a terminal, else a line per page.

    Raises
    ------
    ValueError
        If the history, the mapping, the settings or the notebook are wrong; nothing is changed.
    FolderInUseError
        If another run is at work in the period's folder.
    OSError
        If the output cannot be written, or the cluster cannot be used.
    KeyboardInterrupt
        On Ctrl-C or SIGTERM; what was made stays, and the next run goes on.
    """
    stopwatch = Stopwatch(0)
    out = Storage.at(request.out)
    folder = out.folder(request.period.label)
    folder.make()
    with only_run(folder), _stopped_by_sigterm():
        earlier = out.folder(request.period.previous.label).read(TABLE)
        inputs_key = request.inputs_key(earlier)
        record = read_record(folder)
        if is_current(record, inputs_key, folder):
            record = repeated(record, seconds=stopwatch.elapsed_seconds)
            write_record(folder, record)
            skipped = count(record["counts"]["skipped"], "page")
            print(f"nothing has changed: {skipped} skipped", file=stream)
        else:
            from qcanalysis.reporting.batch.full_run import full_run

            record = full_run(request, out, folder, inputs_key, earlier, stopwatch, stream)
    return ScorecardRun(folder.where(INDEX), record)


@contextmanager
def _stopped_by_sigterm() -> Iterator[None]:
    """SIGTERM, as a service manager or a scheduler sends it, stops a run like Ctrl-C."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
