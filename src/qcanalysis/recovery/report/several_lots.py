"""Several products in one order: what pooling hides (T2), and how false alarms multiply (T12)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from qcanalysis.sampling import lookup_plan, probability_of_acceptance
from qcanalysis.sampling.tables import printed_aql


def hidden_by_pooling(
    quantities: Mapping[str, int],
    *,
    bad_fraction: float,
    aql_percent: float,
    inspection_level: str = "II",
) -> pd.DataFrame:
    """How a pooled sample hides one bad product (T2).

    Parameters
    ----------
    quantities
        Pieces of each product.
    bad_fraction
        Fraction nonconforming of the one bad product; the others are perfect.
    aql_percent
        AQL of the class [percent].
    inspection_level
        Level of the order.

    Returns
    -------
    A row for each product taken as the bad one: ``product, lot_size,
    pooled_rate, pooled_acceptance, own_rate, own_acceptance``.

    Examples
    --------
    >>> table = hidden_by_pooling({"PIN": 8000, "KEY": 7000, "COIN": 5000},
    ...                           bad_fraction=0.06, aql_percent=2.5).set_index("product")
    >>> [round(float(table.loc["KEY", name]), 3) for name in
    ...  ("pooled_rate", "pooled_acceptance", "own_acceptance")]
    [0.021, 0.997, 0.341]
    """
    total = sum(quantities.values())
    pooled = lookup_plan(total, aql_percent, inspection_level=inspection_level).plan
    rows = []
    for product, quantity in quantities.items():
        own = lookup_plan(quantity, aql_percent, inspection_level=inspection_level).plan
        blend = bad_fraction * quantity / total
        rows.append(
            {
                "product": product,
                "lot_size": quantity,
                "pooled_rate": blend,
                "pooled_acceptance": probability_of_acceptance(pooled, blend),
                "own_rate": bad_fraction,
                "own_acceptance": probability_of_acceptance(own, bad_fraction),
            }
        )
    return pd.DataFrame(rows)


def chance_that_all_pass(
    lot_sizes: Sequence[int], *, aql_percent: Sequence[float], inspection_level: str = "II"
) -> pd.DataFrame:
    """Chance that lots exactly at their AQLs all pass, lot by lot and together (T12).

    Returns
    -------
    Columns ``verdict_on, sample_size, acceptance_number, passes``; the last row
    is the chance that all of them do.

    Examples
    --------
    >>> table = chance_that_all_pass([8000, 7000, 5000], aql_percent=[2.5, 4.0])
    >>> round(float(table["passes"].iloc[-1]), 2)
    0.92
    """
    rows = []
    for lot_size in lot_sizes:
        for aql in aql_percent:
            plan = lookup_plan(lot_size, aql, inspection_level=inspection_level).plan
            rows.append(
                {
                    "verdict_on": f"{lot_size:,} pieces, AQL {printed_aql(aql)}",
                    "sample_size": plan.sample_size,
                    "acceptance_number": plan.acceptance_number,
                    "passes": probability_of_acceptance(plan, aql / 100),
                }
            )
    table = pd.DataFrame(rows)
    together = pd.DataFrame([{"verdict_on": "all of them", "passes": table["passes"].prod()}])
    return pd.concat([table.convert_dtypes(), together.convert_dtypes()], ignore_index=True)
