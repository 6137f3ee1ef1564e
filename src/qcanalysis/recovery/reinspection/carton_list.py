"""Every carton of the register on a row of its own, with what was done to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from qcanalysis.recovery.gates.carton_ranges import CartonSet
from qcanalysis.recovery.rows import rows_of

NOT_STATED = "not stated"
ORIGINS = ("lot_id", "plating_batch", "assembly_line", "production_date")
COLUMNS = ("carton_no", "sku", "pieces", "treatment", *ORIGINS)


def carton_list(cartons: pd.DataFrame, lots: pd.DataFrame | None = None) -> pd.DataFrame:
    """List of single cartons from a register of carton ranges.

    Parameters
    ----------
    cartons
        Register in the columns of the records: ``first_carton_no, last_carton_no,
        sku, quantity``, and where known ``units_per_carton, lot_id, plating_batch,
        assembly_line, production_date, treatment``.
    lots
        Lots with their ``treatment``, for cartons whose own row states none.

    Returns
    -------
    Columns ``carton_no, sku, pieces, treatment, lot_id, plating_batch,
    assembly_line, production_date``, a row per carton. ``pieces`` [pieces] is
    missing where the register does not say how a range is filled; all cartons of
    a range but the last are full. What is not stated reads "not stated".

    Raises
    ------
    ValueError
        If a carton is in two ranges (R05), or ``quantity`` does not fit the cartons.

    Examples
    --------
    >>> register = pd.DataFrame({"first_carton_no": ["008"], "last_carton_no": ["010"],
    ...     "sku": ["PIN"], "quantity": [550], "units_per_carton": [200]})
    >>> carton_list(register)[["carton_no", "pieces"]].values.tolist()
    [['008', 200], ['009', 200], ['010', 150]]
    """
    by_lot = {row["lot_id"]: row.get("treatment") for row in rows_of(_frame(lots))}
    rows = [
        {
            "carton_no": mark,
            "sku": row["sku"],
            "pieces": pieces,
            "treatment": treatment_of(row, by_lot),
            **{name: row.get(name) or NOT_STATED for name in ORIGINS},
        }
        for row in rows_of(cartons)
        for mark, pieces in _filled(row)
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"pieces": "Int64"})
    twice = table.loc[table["carton_no"].duplicated(), "carton_no"]
    if not twice.empty:
        raise ValueError(
            f"carton_no {twice.iloc[0]!r} is registered twice; R05 wants each carton once: "
            "correct first_carton_no or last_carton_no"
        )
    return table


def treatment_of(row: dict[str, Any], by_lot: dict[Any, Any]) -> str:
    """Treatment of a register row, or else of its lot; "not stated" where neither says.

    Examples
    --------
    >>> treatment_of({"lot_id": "001", "treatment": None}, {"001": "sorted"})
    'sorted'
    """
    return row.get("treatment") or by_lot.get(row.get("lot_id")) or NOT_STATED


def as_ranges(carton_numbers: pd.Series) -> CartonSet:
    """Set of the cartons with these marks.

    Examples
    --------
    >>> print(as_ranges(pd.Series(["011", "009", "010"])))
    009 to 011
    """
    return CartonSet.union(CartonSet.between(mark) for mark in carton_numbers)


def _frame(table: pd.DataFrame | None) -> pd.DataFrame:
    return pd.DataFrame() if table is None else table


def _filled(row: dict[str, Any]) -> Iterator[tuple[str, int | None]]:
    """Mark and pieces of each carton of a range."""
    cartons = CartonSet.between(row["first_carton_no"], row["last_carton_no"])
    quantity, full, count = int(row["quantity"]), row.get("units_per_carton"), len(cartons)
    if count == 1:
        full = quantity
    in_last = None if full is None else quantity - int(full) * (count - 1)
    if in_last is not None and not 0 < in_last <= int(full or 0):
        raise ValueError(
            f"quantity {quantity} of cartons {cartons} does not fit {count} cartons of "
            f"{full} pieces with one left open; correct quantity or units_per_carton"
        )
    ((prefix, first, last),) = cartons.intervals
    for number in range(first, last + 1):
        ((mark, _),) = CartonSet(((prefix, number, number),), cartons.widths).ranges()
        yield mark, None if full is None else (in_last if number == last else int(full))
