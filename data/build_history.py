"""Rebuild the simulated inspection history: python data/build_history.py [FOLDER].

Everything comes from the seed; the same seed and package give the same bytes. Nothing in the
folder tells which supplier drifts or deteriorates: `SimulatedHistory.truth` does.
"""

import sys
from datetime import date
from pathlib import Path

import yaml

from qcanalysis.suppliers.simulation import SimulatedHistory, simulate_history

SEED = 20261232
FOLDER = Path(__file__).parent / "history"
HEADER = {
    "title": "Inspection history of 24 invented suppliers",
    "is_simulated": True,
    "time_zone": "Asia/Hong_Kong",
    "note": (
        f"Simulated (seed {SEED}): no supplier, agency or lot in it exists. "
        "Made by data/build_history.py."
    ),
}


def bundled_history() -> SimulatedHistory:
    """History of 24 suppliers, January 2024 to October 2026, with its truth."""
    return simulate_history(
        SEED, suppliers=24, months=34, start=date(2024, 1, 1), lots_a_month=0.85
    )


def write_history(folder: Path) -> None:
    """Write a CSV for each table of the history, and ``history.yaml``, into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in bundled_history().tables.items():
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    header = yaml.safe_dump(HEADER, sort_keys=False, width=1000)
    (folder / "history.yaml").write_text(header, encoding="utf-8")


if __name__ == "__main__":
    write_history(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
