"""Severity in force of many suppliers, walked in one pass: for the page of all of them."""

from __future__ import annotations

import pandas as pd

from qcanalysis.sampling.switching_rules import NORMAL, SwitchingRules, SwitchingState
from qcanalysis.suppliers.severity import OF_THE_RESULT, lot_outcome, strictest

SERIES = ["supplier_id", "sku_family", "standard", "defect_class"]


def strictest_severities(
    results: pd.DataFrame, *, reduced_is_permitted: bool = False
) -> dict[str, str]:
    """Strictest severity in force for the next lots of each supplier.

    Parameters
    ----------
    results
        Original pre-shipment results of any number of suppliers, each one's oldest first:
        supplier_id, sku_family, standard, defect_class, aql_percent, is_accepted,
        nonconforming_count, acceptance_number, rejection_number.
    reduced_is_permitted
        Whether the responsible authority agrees to reduced inspection.

    Returns
    -------
    Severity by supplier_id; a supplier without a class that has severities is left out. The
    same rules as `class_severities`, which also remembers every step.
    """
    rules = {
        standard: SwitchingRules(standard, reduced_is_permitted)
        for standard in results["standard"].unique()
    }
    states: dict[tuple[str, ...], SwitchingState] = {}
    counted = results[results["aql_percent"].isna() | (results["aql_percent"] > 0)]
    columns = [counted[name].tolist() for name in (*SERIES, *OF_THE_RESULT)]
    for supplier_id, family, standard, defect_class, *fact in zip(*columns, strict=True):
        series = (supplier_id, family, standard, defect_class)
        state = states.setdefault(series, NORMAL)
        if pd.notna(fact[0]):
            states[series], _ = rules[standard].after(state, lot_outcome(*fact))
    found: dict[str, list[str]] = {}
    for (supplier_id, *_), state in states.items():
        found.setdefault(supplier_id, []).append(state.severity)
    return {supplier_id: strictest(severities) for supplier_id, severities in found.items()}
