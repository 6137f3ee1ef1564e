"""Tables of a re-inspection as a reader sees them."""

from __future__ import annotations

import pandas as pd

ACCEPT_ZERO = "accept zero"


def plan_table(plans: pd.DataFrame) -> pd.DataFrame:
    """Plans of pieces as a reader sees them: without columns that are the same throughout.

    Parameters
    ----------
    plans
        Plans of a `ReinspectionPlan`; pack-out plans are left out.
    """
    of_pieces = plans[plans["scope"].ne("pack_out")]
    columns = ["sku", "treatment", "lot_size", "scope", "aql_percent", "inspection_level"]
    columns += ["code_letter", "sample_size", "acceptance_number", "rejection_number"]
    columns += ["upper_if_zero_found", "not_counted"]
    table = of_pieces[columns].assign(
        aql_percent=of_pieces["aql_percent"].astype(object).fillna(ACCEPT_ZERO)
    )
    return table if table["not_counted"].ne("").any() else table.drop(columns="not_counted")


def pack_out_table(plans: pd.DataFrame) -> pd.DataFrame:
    """Plans of cartons, without the reasons that are among the warnings."""
    columns = ["sku", "lot_size", "aql_percent", "code_letter", "sample_size"]
    columns += ["acceptance_number", "rejection_number"]
    return plans.loc[plans["scope"].eq("pack_out"), columns].rename(
        columns={"lot_size": "cartons", "sample_size": "cartons_checked"}
    )


def result_table(lots: pd.DataFrame) -> pd.DataFrame:
    """Lots as `judge_lots` returns them, with what was found, their verdict and what is left."""
    columns = ["sku", "treatment", "scope", "inspected", "found", "acceptance_number", "verdict"]
    columns += ["zero_found", "bad_mean", "bad_lower", "bad_upper", "reason"]
    return lots.reindex(columns=columns)


def checklist_table(checklists: pd.DataFrame) -> pd.DataFrame:
    """Checklists with a check that several products share written once.

    Examples
    --------
    >>> from qcanalysis.recovery.reinspection.checklists import sku_checklists
    >>> skus = pd.DataFrame({"sku": ["A", "B"], "product_family": ["coin", "coin"]})
    >>> checklist_table(sku_checklists(skus, is_sorted=False))["products"].unique().tolist()
    ['A, B']
    """
    columns = [name for name in checklists if name != "sku"]
    grouped = checklists.groupby(columns, sort=False, dropna=False)["sku"]
    table = grouped.agg(", ".join).reset_index(name="products")
    return table[["check", "products", "look_for", "gauge", "limit", "unit", "source"]].rename(
        columns={"unit": "checked_per"}
    )
