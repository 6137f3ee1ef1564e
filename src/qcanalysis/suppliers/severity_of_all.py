"""Severity in force of many suppliers, walked in one pass: for the page of all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import pandas as pd

from qcanalysis.sampling.switching_rules import NORMAL, SwitchingRules, SwitchingState
from qcanalysis.suppliers.severity import OF_THE_RESULT, lot_outcome, resumed, strictest

SERIES = ["supplier_id", "sku_family", "standard", "defect_class"]


def strictest_severities(
    results: pd.DataFrame,
    *,
    reduced_is_permitted: bool = False,
    action_accepted_on: Mapping[str, Sequence[date]] | None = None,
) -> dict[str, str]:
    """Strictest severity in force for the next lots of each supplier.

    Parameters
    ----------
    results
        Original pre-shipment results of any number of suppliers, each one's oldest first:
        supplier_id, inspected_on, sku_family, standard, defect_class, aql_percent, is_accepted,
        nonconforming_count, acceptance_number, rejection_number.
    reduced_is_permitted
        Whether the responsible authority agrees to reduced inspection.
    action_accepted_on
        By supplier, days on which it accepted the action after a discontinuation.

    Returns
    -------
    Severity by supplier_id; a supplier without a class that has severities is left out. The
    same rules as `class_severities`, which also remembers every step.
    """
    rules = {
        standard: SwitchingRules(standard, reduced_is_permitted)
        for standard in results["standard"].unique()
    }
    accepted_on = action_accepted_on or {}
    states: dict[tuple[str, ...], SwitchingState] = {}
    last: dict[tuple[str, ...], date] = {}
    counted = results[results["aql_percent"].isna() | (results["aql_percent"] > 0)]
    columns = [counted[name].tolist() for name in (*SERIES, *OF_THE_RESULT)]
    days = counted["inspected_on"].to_numpy("datetime64[D]").tolist()
    for today, supplier_id, family, standard, defect_class, *fact in zip(
        days, *columns, strict=True
    ):
        series = (supplier_id, family, standard, defect_class)
        state = states.setdefault(series, NORMAL)
        if pd.notna(fact[0]):
            lot = lot_outcome(*fact)
            if state.severity == "discontinued":
                accepted = accepted_on.get(supplier_id, ())
                lot = replace(lot, resumes_inspection=resumed(accepted, last[series], today))
            states[series], _ = rules[standard].after(state, lot)
            last[series] = today
    found: dict[str, list[str]] = {}
    for (supplier_id, *_), state in states.items():
        found.setdefault(supplier_id, []).append(state.severity)
    return {supplier_id: strictest(severities) for supplier_id, severities in found.items()}
