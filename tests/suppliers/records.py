"""Lots that the estimates start from, made from a simulated history."""

from __future__ import annotations

import pandas as pd

from qcanalysis.suppliers.simulation import SimulatedHistory


def lots_and_truth(
    history: SimulatedHistory, defect_class: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Original lots, one a row, and the true rate of each supplier that has any."""
    rows = history.tables["inspections"]
    lots = rows[(rows["kind"] == "pre_shipment") & (rows["defect_class"] == defect_class)]
    truth = history.truth[history.truth["defect_class"] == defect_class]
    return lots.assign(lots=1), truth[truth["supplier_id"].isin(lots["supplier_id"])]
