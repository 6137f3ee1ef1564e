"""Rows of a table as plain mappings: what a rule reads, one row at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

Row = Mapping[str, Any]


def rows_of(table: pd.DataFrame | Iterable[Row]) -> list[dict[str, Any]]:
    """Rows of a frame, or of mappings, as dictionaries where an empty cell is None.

    Examples
    --------
    >>> rows_of(pd.DataFrame({"sku": ["PIN"], "quantity": [pd.NA]}))
    [{'sku': 'PIN', 'quantity': None}]
    """
    rows: Iterable[Any] = (
        table.to_dict("records") if isinstance(table, pd.DataFrame) else map(dict, table)
    )
    return [
        {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for row in rows
    ]
