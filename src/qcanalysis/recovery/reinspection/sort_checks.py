"""Samples that check a sort, product by product: claimed ones, and ones that may come (R76)."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pandas as pd

from qcanalysis.recovery.reinspection.reverse_check import reverse_check_plan
from qcanalysis.recovery.release.partial_release import REJECTING_SCOPES
from qcanalysis.recovery.rows import rows_of

COLUMNS = ["sku", "stocks", "passed_quantity", "rejected_quantity", "passed_sample_size",
           "rejected_sample_size", "expected_half_width", "reason"]  # fmt: skip


def sort_checks(
    skus: pd.DataFrame,
    pieces: pd.DataFrame,
    *,
    products: Collection[str],
    claimed: Mapping[str, Sequence[int]],
    missed: float = 0.20,
    falsely_rejected: float = 0.02,
    half_width: float = 0.15,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Pieces to take from the passed and from the rejected stock of each sort (R76).

    Parameters
    ----------
    skus
        Order lines: ``sku``, ``quantity`` and, where known, ``quantity_presented`` [pieces].
    pieces
        What `inspected_pieces` returns for the failed visit: how bad each product was.
    products
        Products that a sort may be chosen for.
    claimed
        Pieces that passed and pieces that were rejected, by product, where a sort is claimed.
    missed, falsely_rejected
        Share of the bad pieces that the sort is taken to miss, and of the good ones that it
        throws out, above 0 and below 1: for the sizes alone; the check then estimates both. The
        defaults are ours.
    half_width
        Half of the wanted width of the interval of the share missed, as a fraction.
    confidence_level
        Level of that interval.

    Returns
    -------
    Columns ``sku, stocks`` ("claimed" or "if sorted"), ``passed_quantity, rejected_quantity,
    passed_sample_size, rejected_sample_size`` [pieces], ``expected_half_width`` [fraction] and
    ``reason``, why there is no plan.

    Raises
    ------
    ValueError
        If a claim names no product of the order, or is not two counts within its quantity.

    Examples
    --------
    >>> skus = pd.DataFrame({"sku": ["KEY"], "quantity": [7000]})
    >>> seen = pd.DataFrame({"sku": ["KEY"] * 200, "critical": False, "zero_defect": False,
    ...     "major": [True] * 8 + [False] * 192})
    >>> table = sort_checks(skus, seen, products=[], claimed={"KEY": [6600, 400]})
    >>> table[["passed_quantity", "rejected_quantity", "reason"]].values.tolist()
    [[6600, 400, '']]
    """
    presented = {
        row["sku"]: int(row.get("quantity_presented") or row["quantity"]) for row in rows_of(skus)
    }
    for sku, stocks in claimed.items():
        if sku not in presented or len(stocks) != 2 or not 0 < sum(stocks) <= presented[sku]:
            raise ValueError(
                "claimed must give the passed and the rejected pieces of a product within its "
                f"quantity, got {sku!r}: {list(stocks)}; the quantities are {presented}"
            )
    rows = []
    for sku, quantity in presented.items():
        rate = _expected_rate(pieces[pieces["sku"].eq(sku)])
        if sku in claimed:
            row = {"sku": sku, "stocks": "claimed"} | _stocks(*claimed[sku])
        elif sku in products:
            row = {"sku": sku, "stocks": "if sorted"}
            row |= {} if rate is None else _sorted(quantity, rate, missed, falsely_rejected)
        else:
            continue
        rows.append(row | _plan(row, rate, missed, half_width, confidence_level))
    return pd.DataFrame(rows, columns=COLUMNS).convert_dtypes()


def _expected_rate(seen: pd.DataFrame) -> float | None:
    """Mean fraction bad of a product under Jeffreys' prior; None where nothing was seen."""
    if seen.empty:
        return None
    found = int(seen[list(REJECTING_SCOPES)].any(axis=1).sum())
    return (found + 0.5) / (len(seen) + 1)


def _stocks(passed: int, rejected: int) -> dict[str, int]:
    return {"passed_quantity": passed, "rejected_quantity": rejected}


def _sorted(quantity: int, rate: float, missed: float, falsely_rejected: float) -> dict[str, int]:
    """Stocks that a sort with these shares would leave."""
    bad = rate * quantity
    rejected = math.ceil(bad * (1 - missed) + (quantity - bad) * falsely_rejected)
    return _stocks(quantity - rejected, rejected)


def _plan(
    row: dict[str, Any], rate: float | None, missed: float, half_width: float, level: float
) -> dict[str, Any]:
    """Sizes of the two samples, or why there are none."""
    if rate is None:
        return {"reason": "cannot tell: rows of inspected pieces needed, to know how bad it was"}
    passed, rejected = row["passed_quantity"], row["rejected_quantity"]
    bad = rate * (passed + rejected)
    if not passed or bad * (1 - missed) >= rejected:
        return {
            "reason": f"cannot tell: about {bad:,.0f} bad pieces are expected, but {rejected:,} "
            f"rejected and {passed:,} passed: count both stocks and ask for the sort record"
        }
    plan = reverse_check_plan(
        passed,
        rejected,
        expected_fraction_passed=bad * missed / passed,
        expected_fraction_rejected=bad * (1 - missed) / rejected,
        half_width=half_width,
        confidence_level=level,
    )
    return vars(plan) | {"reason": ""}
