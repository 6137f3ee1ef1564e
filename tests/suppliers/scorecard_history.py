"""A small history with a supplier for each thing that a scorecard has to say."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from qcanalysis.records.history import History, open_history
from qcanalysis.suppliers.period import Period
from qcanalysis.suppliers.population import Population, ScorecardSettings, assess_population
from qcanalysis.suppliers.scorecard import Scorecard, SupplierRecord, scorecard

PERIOD = Period.parse("2025-06")
MARKUP = "<script>alert(\"1\")</script> & 'Söhne' ${x} {{y}}"
SLASH = 'a/b "x"'
FOUND = {
    "good": [0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1],
    "GOOD": [1, 0, 1, 0, 1, 0],
    "one": [0],
    "stopped": [9, 10, 9, 8, 9, 10, 9, 9],
    "tight": [1, 1, 1, 0, 1, 1, 0, 1, 9, 1, 9, 1],
    "worse": [1] * 16 + [6] * 6,
    SLASH: [0, 1, 0, 1, 0, 0],
}
"""Major nonconforming items in samples of 125 at AQL 2.5 % (Ac 7), a lot a month to June 2025."""
NAMES = {"good": "Good Ltd", "none": "Nothing yet", SLASH: MARKUP, "one": "N" * 300}


def inspections() -> pd.DataFrame:
    """Rows of inspections: one class, one SKU family, the last lot in the period."""
    rows = [
        _row(supplier_id, number, found, months_before=len(counts) - 1 - number)
        for supplier_id, counts in FOUND.items()
        for number, found in enumerate(counts)
    ]
    return pd.DataFrame(rows)


def _row(supplier_id: str, number: int, found: int, months_before: int) -> dict[str, object]:
    return {
        "inspection_id": f"{supplier_id}-{number:02d}",
        "supplier_id": supplier_id,
        "inspected_on": f"{pd.Period('2025-06', 'M') - months_before}-15",
        "lot_id": f"L-{number:02d}",
        "lot_size": 2000,
        "sku_family": "pins",
        "defect_class": "major",
        "aql_percent": 2.5,
        "sample_size": 125,
        "acceptance_number": 7,
        "rejection_number": 8,
        "nonconforming_count": found,
        "disposition": "shipped" if found <= 7 else "reworked",
    }


def tables() -> dict[str, pd.DataFrame]:
    """The inspections with findings of one supplier, names, and an open corrective action."""
    rows = inspections()
    bad = rows[rows["supplier_id"].isin(["stopped", "good"]) & (rows["nonconforming_count"] > 0)]
    ids = [*FOUND, "none"]
    return {
        "inspections": rows,
        "findings": pd.DataFrame(
            {
                "inspection_id": bad["inspection_id"],
                "defect_code": "scratch",
                "defect_class": "major",
                "count": bad["nonconforming_count"],
            }
        ),
        "suppliers": pd.DataFrame(
            {"supplier_id": ids, "supplier_name": [NAMES.get(one, one) for one in ids]}
        ),
        "corrective_actions": pd.DataFrame(
            [{"action_id": "C1", "supplier_id": "tight", "opened_on": "2025-05-20"}]
        ),
    }


def written(folder: Path, frames: dict[str, pd.DataFrame]) -> Path:
    """Folder with the tables as CSV."""
    folder.mkdir(parents=True)
    for name, frame in frames.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    (folder / "history.yaml").write_text("title: Small history\nis_simulated: true\n", "utf-8")
    return folder


def all_cards(folder: Path, settings: ScorecardSettings | None = None) -> dict[str, Scorecard]:
    """Scorecard of every supplier of a history, by supplier_id."""
    chosen = settings or ScorecardSettings()
    with open_history(folder) as history:
        now, before = (_assessed(history, each, chosen) for each in (PERIOD, PERIOD.previous))
        return {
            one: scorecard(
                PERIOD, now.of(one), before.of(one), _record(history, one, now.start), chosen
            )
            for one in history.suppliers()["supplier_id"]
        }


def _assessed(history: History, period: Period, settings: ScorecardSettings) -> Population:
    window = period.window(settings.window_months)
    counts = (
        history.class_counts,
        history.lot_results,
        history.lot_counts,
        history.agency_counts,
    )
    return assess_population(period, *(count(*window) for count in counts), settings)


def _record(history: History, supplier_id: str, start: date) -> SupplierRecord:
    return SupplierRecord(
        history.inspected_lots(supplier_id, PERIOD.end),
        history.class_results(supplier_id, PERIOD.end),
        history.findings(supplier_id, start, PERIOD.end),
        history.unused_rows,
    )
