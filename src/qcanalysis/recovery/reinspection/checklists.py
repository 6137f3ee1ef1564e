"""What the inspector checks on each product: checklists by family (R30, R76-R79)."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import pandas as pd
import yaml

from qcanalysis.recovery.rows import rows_of
from qcanalysis.recovery.ways_out.catalogue import default_catalogue

COLUMNS = ("checklist", "check", "look_for", "gauge", "limit", "unit", "source")


@cache
def _packaged() -> dict[str, list[dict[str, Any]]]:
    text = (files(__package__) / "checklists.yaml").read_text(encoding="utf-8")
    lists: dict[str, list[dict[str, Any]]] = yaml.safe_load(text)
    return lists


def checklist(name: str) -> pd.DataFrame:
    """One packaged checklist.

    Parameters
    ----------
    name
        "pin", "keychain", "coin", "card", "pack_out" or "claimed_sort".

    Returns
    -------
    Columns ``checklist, check, look_for, gauge, limit, unit, source``, a row per check.

    Examples
    --------
    >>> checklist("coin")["check"].tolist()                                     # R78
    ['diameter', 'thickness', 'edge', 'antique', 'two-side scratch by zone', 'rim']
    """
    lists = _packaged()
    if name not in lists:
        raise ValueError(f"name must be one of {', '.join(lists)}, got {name!r}")
    return pd.DataFrame([{"checklist": name, **row} for row in lists[name]], columns=list(COLUMNS))


def sku_checklists(skus: pd.DataFrame, *, is_sorted: bool) -> pd.DataFrame:
    """Checklists of the products of an order, product by product (R77).

    Parameters
    ----------
    skus
        Order lines: ``sku, product_family`` and, for products on cards, ``card_width_mm``.
    is_sorted
        Whether a sort is claimed, which is then to be checked as well (R76).

    Returns
    -------
    Column ``sku`` and those of `checklist`. A product of a family without a list
    has a row that says which datum is missing, before its pack-out.

    Examples
    --------
    >>> skus = pd.DataFrame({"sku": ["PIN"], "product_family": ["soft-enamel pin"]})
    >>> sku_checklists(skus, is_sorted=False)["checklist"].value_counts().to_dict()
    {'pin': 7, 'pack_out': 5}
    """
    tables = []
    for line in rows_of(skus):
        parts = [_of_family(line.get("product_family"))]
        if line.get("card_width_mm") is not None:
            parts.append(checklist("card"))
        parts.append(checklist("pack_out"))
        if is_sorted:
            parts.append(checklist("claimed_sort"))
        table = pd.concat(parts, ignore_index=True)
        table.insert(0, "sku", line["sku"])
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _of_family(family: str | None) -> pd.DataFrame:
    catalogue = default_catalogue()
    product = catalogue.product(family)
    for name, known in catalogue.products.items():
        if known is product:
            return checklist(name)
    reason = (
        f"cannot tell: state a product_family with one of the words {', '.join(catalogue.products)}"
    )
    row = dict.fromkeys(COLUMNS, "") | {"checklist": "missing", "check": reason, "source": "R77"}
    return pd.DataFrame([row], columns=list(COLUMNS))
