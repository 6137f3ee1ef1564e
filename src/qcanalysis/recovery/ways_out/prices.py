"""Unit prices where the guides quote them, between the quotes, and beyond them (R42, T7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from qcanalysis.recovery.ways_out.band import Band
from qcanalysis.recovery.ways_out.catalogue import Catalogue, PriceTier, Product
from qcanalysis.recovery.ways_out.situation import OrderSituation, SkuSituation

Basis = Literal["order", "quoted", "interpolated", "beyond the last tier", "below the first tier"]


@dataclass(frozen=True)
class PriceQuote:
    """Price a piece [order currency; USD FOB for the guides' tiers], and where it comes from."""

    price: Band
    basis: Basis
    remark: str = ""


def unit_price(product: Product, quantity: int) -> PriceQuote:
    """Price band of a product at a quantity.

    Parameters
    ----------
    product
        Product family with its price tiers.
    quantity
        Pieces ordered.

    Returns
    -------
    The tier's band at a tier; a straight line between two tiers, marked; the
    nearest tier's band outside them, flagged: nobody quotes a price there.

    Examples
    --------
    >>> from qcanalysis.recovery.ways_out.catalogue import default_catalogue
    >>> quote = unit_price(default_catalogue().products["pin"], 8000)
    >>> round(quote.price.low, 3), round(quote.price.high, 3), quote.basis
    (0.204, 0.396, 'interpolated')
    """
    tiers = sorted(product.price_tiers, key=lambda tier: tier.quantity)
    first, last = tiers[0], tiers[-1]
    if quantity < first.quantity:
        remark = f"no price is quoted below {first.quantity:,} pieces; expect more than this"
        return PriceQuote(_plain(first), "below the first tier", remark)
    if quantity > last.quantity:
        remark = f"no price is quoted above {last.quantity:,} pieces; expect less than this"
        return PriceQuote(_plain(last), "beyond the last tier", remark)
    below = max((tier for tier in tiers if tier.quantity <= quantity), key=lambda t: t.quantity)
    if below.quantity == quantity:
        return PriceQuote(_plain(below), "quoted")
    above = min((tier for tier in tiers if tier.quantity > quantity), key=lambda t: t.quantity)
    share = (quantity - below.quantity) / (above.quantity - below.quantity)
    low, high = (
        start + share * (end - start)
        for start, end in ((below.low, above.low), (below.high, above.high))
    )
    if (below.low, below.high) == (above.low, above.high):
        return PriceQuote(_plain(below), "quoted")
    remark = f"between the tiers at {below.quantity:,} and {above.quantity:,} pieces"
    band = Band(low=low, high=high, unit=below.unit, source=below.source)
    return PriceQuote(band, "interpolated", remark)


def line_price(line: SkuSituation, catalogue: Catalogue) -> PriceQuote | None:
    """Price of an order line: the order's own if known, else the guides'; None without either.

    Examples
    --------
    >>> from qcanalysis.recovery.ways_out.catalogue import default_catalogue
    >>> line_price(SkuSituation("PIN", 8000, unit_price=0.31), default_catalogue()).price.mean
    0.31
    """
    if line.unit_price is not None:
        return PriceQuote(Band.exactly(line.unit_price), "order")
    product = catalogue.product(line.product_family)
    return None if product is None else unit_price(product, line.quantity)


def order_values(order: OrderSituation, catalogue: Catalogue) -> pd.DataFrame:
    """Table of the order's value: a row per SKU, and one for the order.

    Returns
    -------
    ``sku, quantity, price_low, price_high, value_low, value_high, basis, remark``;
    a price nobody states leaves the line and the order's sum empty.

    Examples
    --------
    >>> from qcanalysis.recovery.ways_out.catalogue import default_catalogue
    >>> order = OrderSituation((SkuSituation("PIN", 8000, "pin"),
    ...     SkuSituation("KEY", 7000, "keychain"), SkuSituation("COIN", 5000, "coin")))
    >>> total = order_values(order, default_catalogue()).iloc[-1]
    >>> round(total["value_low"]), round(total["value_high"])
    (10772, 21318)
    """
    rows: list[dict[str, object]] = []
    for line in order.skus:
        quote = line_price(line, catalogue)
        row: dict[str, object] = {"sku": line.sku, "quantity": line.quantity}
        if quote is None:
            row |= {"basis": "cannot tell", "remark": "state the unit price or a known family"}
        else:
            value = quote.price.times(line.quantity)
            row |= {"price_low": quote.price.low, "price_high": quote.price.high}
            row |= {"value_low": value.low, "value_high": value.high}
            row |= {"basis": quote.basis, "remark": quote.remark}
        rows.append(row)
    columns = ["sku", "quantity", "price_low", "price_high", "value_low", "value_high"]
    table = pd.DataFrame(rows, columns=[*columns, "basis", "remark"])
    total = {name: table[name].sum(skipna=False) for name in ("quantity", *columns[4:])}
    table.loc[len(table)] = {"sku": "order", "basis": "sum", "remark": "", **total}
    return table


def _plain(tier: PriceTier) -> Band:
    return Band(low=tier.low, high=tier.high, unit=tier.unit, source=tier.source)
