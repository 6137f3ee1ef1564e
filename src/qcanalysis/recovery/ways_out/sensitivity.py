"""What would flip a recommendation: tornado and break-even values (R41)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import optimize

from qcanalysis.recovery.ways_out.band import Band
from qcanalysis.recovery.ways_out.catalogue import Catalogue
from qcanalysis.recovery.ways_out.decision import ranked
from qcanalysis.recovery.ways_out.outlook import PathOutlook, path_outlook
from qcanalysis.recovery.ways_out.prices import line_price
from qcanalysis.recovery.ways_out.situation import OrderSituation, SkuSituation
from qcanalysis.sampling.distributions import Array

Setting = Callable[[OrderSituation, Catalogue, float], tuple[OrderSituation, Catalogue]]
OWN_PRICE_SPREAD = 0.2
DAYS_SPREAD = 3.0
RATES = {
    "labour": "labour",
    "bad_piece": "cost of a bad piece shipped",
    "missing_piece": "cost of a missing piece",
    "late_piece": "cost of a late piece",
    "visit": "third-party visit",
}


@dataclass(frozen=True)
class Driver:
    """One number the decision hangs on, its range, and how to set it."""

    name: str
    unit: str
    low: float
    high: float
    set_to: Setting


def drivers_of(line: SkuSituation, order: OrderSituation, catalogue: Catalogue) -> list[Driver]:
    """Drivers of one product's decision with the ranges of the catalogue (R41).

    Returns
    -------
    Unit price, days left, share of bad pieces found, success of rework, fraction
    bad of remade goods, and the rates that weigh most.

    Examples
    --------
    >>> from qcanalysis.recovery.ways_out.catalogue import default_catalogue
    >>> pin = SkuSituation("PIN", 8000, "pin")
    >>> found = drivers_of(pin, OrderSituation((pin,), days_to_cut_off=12), default_catalogue())
    >>> [driver.name for driver in found][:2]
    ['unit price', 'days to the cut-off']
    """
    found = []
    quote = line_price(line, catalogue)
    if quote is not None:
        spread = OWN_PRICE_SPREAD if quote.basis == "order" else 0.0
        low, high = quote.price.low * (1 - spread), quote.price.high * (1 + spread)
        found.append(Driver("unit price", "a piece", low, high, _price_of(line.sku)))
    if order.days_to_cut_off is not None:
        days = order.days_to_cut_off
        found.append(
            Driver(
                "days to the cut-off",
                "days",
                max(days - DAYS_SPREAD, 0.0),
                days + DAYS_SPREAD,
                _days,
            )
        )
    finding = list(catalogue.finding[order.sorted_by].values())
    found.append(_spanning("share of bad pieces found", finding, _finding))
    success = [kind.success for kind in catalogue.rework_kinds.values()]
    found.append(_spanning("share of rework that succeeds", success, _success))
    remade = [catalogue.remade_fraction["major"]]
    found.append(_spanning("fraction bad of remade goods", remade, _remade))
    for name, label in RATES.items():
        band: Band = getattr(catalogue.rates, name)
        found.append(Driver(label, band.unit, band.low, band.high, _rate(name)))
    return found


def tornado(
    outlooks: Sequence[PathOutlook], order: OrderSituation, catalogue: Catalogue
) -> pd.DataFrame:
    """Table of what each driver does to the decision on one product, strongest first.

    Parameters
    ----------
    outlooks
        Outlooks of one product.
    order, catalogue
        What they were made from.

    Returns
    -------
    ``driver, unit, low, high, loss_at_low, loss_at_high, best_at_low,
    best_at_high, flips, break_even, worth_knowing``: the recommended path's
    expected loss at both ends, the best path there, the value in the range at
    which another path becomes as good, and what knowing the number before the
    decision saves on average; empty where nothing can be ranked.

    Notes
    -----
    One driver at a time; a share or a rate is set to a single value. What a number
    is worth to know takes every value in its range as equally likely, and is 0
    where neither end flips the decision. High-risk rework cannot become best (R45).

    Examples
    --------
    >>> from qcanalysis.recovery.ways_out.catalogue import default_catalogue
    >>> tornado([], OrderSituation(()), default_catalogue()).columns[-1]
    'worth_knowing'
    """
    order_of_paths = ranked(outlooks)
    if not order_of_paths:
        return pd.DataFrame(columns=COLUMNS)
    best = order_of_paths[0]
    rivals = [o for o in order_of_paths[1:] if o.is_high_risk == best.is_high_risk]
    line = next(line for line in order.skus if line.sku == best.sku)
    rows = [_fraction_row(best, rivals)]
    for driver in drivers_of(line, order, catalogue):
        rows.append(_driver_row(driver, best, rivals, order, catalogue))
    table = pd.DataFrame(rows, columns=COLUMNS)
    width = (table["loss_at_high"] - table["loss_at_low"]).abs()
    return table.loc[width.sort_values(ascending=False, kind="stable").index].reset_index(drop=True)


COLUMNS = [
    *("driver", "unit", "low", "high", "loss_at_low", "loss_at_high", "best_at_low"),
    *("best_at_high", "flips", "break_even", "worth_knowing"),
]


def _driver_row(
    driver: Driver,
    best: PathOutlook,
    rivals: Sequence[PathOutlook],
    order: OrderSituation,
    catalogue: Catalogue,
) -> dict[str, object]:
    def losses(value: float) -> Array:
        changed, defaults = driver.set_to(order, catalogue, value)
        line = next(line for line in changed.skus if line.sku == best.sku)
        found = [path_outlook(o.path, line, changed, defaults).estimate for o in (best, *rivals)]
        return np.array([np.inf if e is None else e.expected_loss for e in found])

    return _row(driver.name, driver.unit, driver.low, driver.high, best, rivals, losses)


def _fraction_row(best: PathOutlook, rivals: Sequence[PathOutlook]) -> dict[str, object]:
    """How bad the goods truly are: the losses over the posterior, between its 5 % and 95 %."""
    assert best.estimate is not None
    posterior = best.estimate.posterior
    below = np.cumsum(posterior.weights)
    low, high = np.interp([0.05, 0.95], below, posterior.fractions)

    def losses(value: float) -> Array:
        found = [o.estimate for o in (best, *rivals) if o.estimate]
        return np.array([np.interp(value, posterior.fractions, e.loss) for e in found])

    return _row("true fraction bad", "fraction", low, high, best, rivals, losses)


def _row(
    name: str,
    unit: str,
    low: float,
    high: float,
    best: PathOutlook,
    rivals: Sequence[PathOutlook],
    losses: Callable[[float], Array],
) -> dict[str, object]:
    labels = [best.label, *(o.label for o in rivals)]
    at_low, at_high = losses(low), losses(high)
    first, last = int(at_low.argmin()), int(at_high.argmin())
    return {
        "driver": name,
        "unit": unit,
        "low": low,
        "high": high,
        "loss_at_low": at_low[0],
        "loss_at_high": at_high[0],
        "best_at_low": labels[first],
        "best_at_high": labels[last],
        "flips": bool(first or last),
        "break_even": _break_even(losses, low, high) if bool(first) != bool(last) else np.nan,
        "worth_knowing": _worth_knowing(losses, low, high) if first or last else 0.0,
    }


def _break_even(losses: Callable[[float], Array], low: float, high: float) -> float:
    """Value at which the best rival costs as much as the recommended path."""

    def margin(value: float) -> float:
        found = losses(value)
        return float(found[0] - found[1:].min())

    return float(optimize.brentq(margin, low, high, rtol=1e-4))


def _worth_knowing(losses: Callable[[float], Array], low: float, high: float) -> float:
    """Saving if the path is chosen after the value is known, the value even over its range."""
    values, weights = Band(low=low, high=high).nodes()
    found = np.array([losses(float(value)) for value in values])
    return max(float((weights @ found).min() - weights @ found.min(axis=1)), 0.0)


def _spanning(name: str, bands: Sequence[Band], set_to: Setting) -> Driver:
    low, high = min(band.low for band in bands), max(band.high for band in bands)
    return Driver(name, "fraction", low, high, set_to)


def _price_of(sku: str) -> Setting:
    def set_to(
        order: OrderSituation, catalogue: Catalogue, value: float
    ) -> tuple[OrderSituation, Catalogue]:
        lines = [replace(x, unit_price=value) if x.sku == sku else x for x in order.skus]
        return replace(order, skus=tuple(lines)), catalogue

    return set_to


def _days(
    order: OrderSituation, catalogue: Catalogue, value: float
) -> tuple[OrderSituation, Catalogue]:
    return replace(order, days_to_cut_off=value), catalogue


def _finding(
    order: OrderSituation, catalogue: Catalogue, value: float
) -> tuple[OrderSituation, Catalogue]:
    known = dict.fromkeys(catalogue.finding[order.sorted_by], Band.exactly(value))
    changed = {**catalogue.finding, order.sorted_by: known}
    return order, catalogue.model_copy(update={"finding": changed})


def _success(
    order: OrderSituation, catalogue: Catalogue, value: float
) -> tuple[OrderSituation, Catalogue]:
    kinds = {
        name: kind.model_copy(update={"success": Band.exactly(value)})
        for name, kind in catalogue.rework_kinds.items()
    }
    return order, catalogue.model_copy(update={"rework_kinds": kinds})


def _remade(
    order: OrderSituation, catalogue: Catalogue, value: float
) -> tuple[OrderSituation, Catalogue]:
    fractions = {**catalogue.remade_fraction, "major": Band.exactly(value)}
    return order, catalogue.model_copy(update={"remade_fraction": fractions})


def _rate(name: str) -> Setting:
    def set_to(
        order: OrderSituation, catalogue: Catalogue, value: float
    ) -> tuple[OrderSituation, Catalogue]:
        rates = catalogue.rates.model_copy(update={name: Band.exactly(value)})
        return order, catalogue.model_copy(update={"rates": rates})

    return set_to
