"""What is presented again: lots by product and treatment (R75)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from qcanalysis.recovery.gates.carton_ranges import CartonSet
from qcanalysis.recovery.reinspection.carton_list import NOT_STATED, treatment_of
from qcanalysis.recovery.rows import rows_of

TREATMENTS = ("sorted", "reworked", "remade", "conceded", "untouched")
COLUMNS = ("sku", "treatment", "lot_size", "share_of_sku", "carton_count", "cartons", "reason")


def treated_lots(
    skus: pd.DataFrame, cartons: pd.DataFrame, lots: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Lots to inspect again: the pieces of each product by what was done to them (R75).

    Parameters
    ----------
    skus
        Order lines: ``sku``, ``quantity`` and, where known, ``quantity_presented`` [pieces].
    cartons
        Carton register with ``treatment`` or a ``lot_id``; may be empty.
    lots
        Lots with ``sku, lot_size, treatment``: used for cartons that state no
        treatment, and for products that have no carton rows.

    Returns
    -------
    Columns ``sku, treatment, lot_size`` [pieces], ``share_of_sku`` [fraction],
    ``carton_count, cartons, reason``. Sorted, reworked, remade, conceded and
    untouched pieces add up to the quantity presented; pieces of which nothing is
    known form a lot "not stated", whose ``reason`` says what to ask.

    Raises
    ------
    ValueError
        If more pieces are accounted for than are presented, or a treatment is unknown.

    Examples
    --------
    >>> skus = pd.DataFrame({"sku": ["COIN"], "quantity": [5000]})
    >>> lots = pd.DataFrame({"lot_id": ["1", "2"], "sku": ["COIN", "COIN"],
    ...     "lot_size": [4400, 600], "treatment": ["sorted", "conceded"]})
    >>> treated_lots(skus, pd.DataFrame(), lots)[["treatment", "share_of_sku"]].values.tolist()
    [['sorted', 0.88], ['conceded', 0.12]]
    """
    of_lots = [] if lots is None else rows_of(lots)
    by_lot = {row["lot_id"]: row.get("treatment") for row in of_lots}
    of_cartons = rows_of(cartons)
    rows: list[dict[str, Any]] = []
    for line in rows_of(skus):
        parts = [_part(row, "quantity", by_lot) for row in of_cartons if row["sku"] == line["sku"]]
        parts = parts or [
            _part(row, "lot_size", by_lot) for row in of_lots if row["sku"] == line["sku"]
        ]
        rows += _lots_of(line, parts)
    return pd.DataFrame(rows, columns=list(COLUMNS))


Part = tuple[str, int, CartonSet]


def _part(row: dict[str, Any], quantity: str, by_lot: dict[str, Any]) -> Part:
    treatment = treatment_of(row, by_lot)
    if treatment not in (*TREATMENTS, NOT_STATED):
        raise ValueError(f"treatment must be one of {TREATMENTS}, got {treatment!r}")
    first = row.get("first_carton_no")
    goods = CartonSet() if first is None else CartonSet.between(first, row["last_carton_no"])
    return treatment, int(row[quantity]), goods


def _lots_of(line: dict[str, Any], parts: list[Part]) -> Iterator[dict[str, Any]]:
    sku, presented = line["sku"], int(line.get("quantity_presented") or line["quantity"])
    unaccounted = presented - sum(quantity for _, quantity, _ in parts)
    if unaccounted < 0:
        raise ValueError(
            f"quantity of the treated parts of {sku!r} is {presented - unaccounted}, but "
            f"{presented} are presented; R75 wants sorted + reworked + remade + conceded + "
            "untouched to equal the lot: correct the register or quantity_presented"
        )
    parts = [*parts, (NOT_STATED, unaccounted, CartonSet())]
    for treatment in (*TREATMENTS, NOT_STATED):
        of_treatment = [part for part in parts if part[0] == treatment]
        lot_size = sum(quantity for _, quantity, _ in of_treatment)
        if lot_size:
            goods = CartonSet.union(cartons for _, _, cartons in of_treatment)
            yield {
                "sku": sku,
                "treatment": treatment,
                "lot_size": lot_size,
                "share_of_sku": lot_size / presented,
                "carton_count": len(goods),
                "cartons": str(goods),
                "reason": ""
                if treatment != NOT_STATED
                else f"cannot tell: state which of these {lot_size} pieces were sorted, reworked, "
                "remade, conceded or left untouched",
            }
