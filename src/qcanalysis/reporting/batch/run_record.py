"""``run.json``: what a run did, and by what the next one sees that nothing has changed."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from qcanalysis.reporting.batch.ledger import LEDGER, Ledger
from qcanalysis.reporting.batch.storage import Stamp, Storage
from qcanalysis.reporting.provenance import run_time
from qcanalysis.suppliers.phrases import count

RUN_FILE = "run.json"
TABLE = "scorecards.parquet"


def read_record(folder: Storage) -> dict[str, Any]:
    """Record of the last run that came to its end; empty where there is none."""
    try:
        record = json.loads(folder.read(RUN_FILE) or b"{}")
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


def write_record(folder: Storage, record: Mapping[str, Any]) -> None:
    """Write the record of a run that came to its end, the last of its files."""
    text = json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False, default=str)
    folder.write(RUN_FILE, text.encode())


def is_current(record: Mapping[str, Any], inputs_key: str | None, folder: Storage) -> bool:
    """Whether a run would change nothing: same inputs, and every file as it was written."""
    if not inputs_key or record.get("inputs_key") != inputs_key or not record.get("is_complete"):
        return False
    outputs = {name: Stamp(**facts) for name, facts in record["outputs"].items()}
    if folder.holding(outputs) != outputs.keys():
        return False
    ledger = Ledger.read(folder)
    return ledger.present(ledger.names()) == ledger.names()


def repeated(record: Mapping[str, Any], *, seconds: float) -> dict[str, Any]:
    """Record of a run that found everything as the last one had left it."""
    skipped = sorted([*record["skipped"], *record["made"]])
    counts = record["counts"] | {"made": 0, "skipped": len(skipped), "removed": 0}
    return {
        **record,
        **{"finished_at": moment(), "seconds": round(seconds, 2), "counts": counts},
        **{"made": [], "skipped": skipped, "removed": []},
    }


def counts_in_words(counts: Mapping[str, int]) -> str:
    """What a run did.

    Examples
    --------
    >>> counts_in_words({"suppliers": 1, "made": 1, "failed": 0})
    '1 supplier, 1 made, 0 failed'
    """
    pages = [f"{number:,} {name}" for name, number in counts.items() if name != "suppliers"]
    return ", ".join([count(counts["suppliers"], "supplier"), *pages])


def stamps(folder: Storage, written: Mapping[str, Stamp]) -> dict[str, dict[str, Any]]:
    """What later runs know the outputs by, the ledger of the pages among them."""
    ledger = Stamp.of(folder.read(LEDGER) or b"")
    return {name: asdict(stamp) for name, stamp in ({**written, LEDGER: ledger}).items()}


def moment() -> str:
    """Time of the run, as written in the record."""
    return f"{run_time():%Y-%m-%d %H:%M:%S} UTC"
