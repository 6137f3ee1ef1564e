"""Small histories to test with: random but seeded, written as the files that a user has."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

Frames = dict[str, pd.DataFrame]
WriteHistory = Callable[..., Path]
START, END = date(2025, 1, 1), date(2025, 12, 31)
PLANS = {"critical": (0.0, 0), "major": (2.5, 5), "minor": (4.0, 7)}


def random_history(seed: int, suppliers: int = 4, lots: int = 12) -> Frames:
    """Tables of a history: some lots fail and come again, some are conceded, some not judged."""
    random = np.random.default_rng(seed)
    rows, findings = [], []
    for supplier in range(suppliers):
        for lot in range(int(random.integers(0, lots))):
            day = START - timedelta(days=60) + timedelta(days=int(random.integers(0, 430)))
            visit = f"{supplier:02d}-{lot:03d}"
            head = {
                "inspection_id": visit,
                "supplier_id": f"{supplier:03d}",
                "inspected_on": day,
                "lot_id": f"L{visit}",
                "lot_size": int(random.integers(300, 20_000)),
                "sku_family": random.choice(["pins", "coins"]),
                "kind": random.choice(["pre_shipment"] * 4 + ["during_production"]),
                "is_original_submission": True,
                "severity": random.choice(["normal", "tightened"]),
                "inspector_id": random.choice(["I1", "I2"]),
                "agency": random.choice(["North", "South"]),
                "disposition": random.choice(["shipped", "conceded", "reworked", "rejected", None]),
            }
            heads = [head]
            if head["disposition"] == "reworked":
                again = {"inspection_id": f"{visit}-R", "is_original_submission": False}
                later = {"inspected_on": day + timedelta(days=9), "disposition": "shipped"}
                heads.append(head | again | later)
            for one in heads:
                for defect_class, (aql, acceptance) in PLANS.items():
                    found = int(random.poisson(acceptance * 0.8))
                    rows.append(
                        one
                        | {
                            "defect_class": defect_class,
                            "aql_percent": aql if random.random() < 0.8 else 1.5,
                            "sample_size": 80,
                            "acceptance_number": acceptance,
                            "rejection_number": acceptance + 1,
                            "nonconforming_count": found,
                            "nonconformity_count": found + int(random.integers(0, 3)),
                        }
                    )
                    if found:
                        code = f"{defect_class}-{random.integers(0, 3)}"
                        findings.append((one["inspection_id"], code, defect_class, found))
    names = ["inspection_id", "defect_code", "defect_class", "count"]
    known = [f"{supplier:03d}" for supplier in range(suppliers)]
    return {
        "inspections": pd.DataFrame(rows),
        "findings": pd.DataFrame(findings, columns=names),
        "suppliers": pd.DataFrame(
            {"supplier_id": known, "supplier_name": [f"Factory {name}" for name in known]}
        ),
    }


def one_inspection(**changes: object) -> dict[str, object]:
    """One row of inspections, with some cells changed."""
    row: dict[str, object] = {
        "inspection_id": "V1",
        "supplier_id": "S1",
        "inspected_on": "2025-03-05",
        "lot_id": "001",
        "lot_size": 8000,
        "defect_class": "major",
        "aql_percent": 2.5,
        "sample_size": 200,
        "acceptance_number": 10,
        "rejection_number": 11,
        "nonconforming_count": 7,
    }
    return row | changes


@pytest.fixture
def write_history(tmp_path: Path) -> WriteHistory:
    """Write tables (frames or lists of rows) as CSV or Parquet into a folder."""

    def write(
        folder: str = "history", *, kind: str = "csv", about: str = "", **tables: object
    ) -> Path:
        path = tmp_path / folder
        path.mkdir(exist_ok=True)
        for name, table in tables.items():
            frame = table if isinstance(table, pd.DataFrame) else pd.DataFrame(table)
            if kind == "csv":
                frame.to_csv(path / f"{name}.csv", index=False)
            else:
                frame.to_parquet(path / f"{name}.parquet", index=False)
        if about:
            (path / "history.yaml").write_text(about, "utf-8")
        return path

    return write
