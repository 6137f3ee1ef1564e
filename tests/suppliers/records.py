"""Sums by supplier that the estimates start from, made from a simulated history."""

from __future__ import annotations

import pandas as pd
from benchmarks.estimates_against_truth import sums_of_lots

from qcanalysis.suppliers.simulation import SimulatedHistory


def supplier_sums(history: SimulatedHistory, defect_class: str) -> pd.DataFrame:
    """Lots, items, counts and sums of squares by supplier, with the true rate beside them."""
    rows = history.tables["inspections"]
    originals = rows[(rows["kind"] == "pre_shipment") & (rows["defect_class"] == defect_class)]
    found, size = originals["nonconforming_count"], originals["sample_size"]
    truth = history.truth[history.truth["defect_class"] == defect_class]
    true_rate = truth.set_index("supplier_id")["true_rate"]
    return sums_of_lots(size, found, originals["supplier_id"]).join(true_rate)
