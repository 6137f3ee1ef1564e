"""How alike the items of one lot are, and how many independent items a record is worth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from qcanalysis.sampling.distributions import Array

_NO_EFFECT = 1e-4
_EDGE = 1e-9


@dataclass(frozen=True, eq=False)
class LotClustering:
    """Intra-class correlation of the items of a lot, and what it costs each supplier.

    Parameters
    ----------
    intraclass_correlation
        Correlation between two items of one lot of a supplier, pooled over suppliers
        [0 or more]; None where no supplier has two lots and a bad item: it cannot be told.
    design_effect
        By how much each supplier's variance exceeds the binomial one [1 or more];
        1 throughout where the correlation cannot be told.
    """

    intraclass_correlation: float | None
    design_effect: Array


def lot_clustering(
    lots: npt.ArrayLike,
    items_inspected: npt.ArrayLike,
    nonconforming: npt.ArrayLike,
    squared_sample_sizes: npt.ArrayLike,
    squared_counts_per_item: npt.ArrayLike,
) -> LotClustering:
    """Intra-class correlation of lots, from sums that one pass over the records gives.

    Parameters
    ----------
    lots, items_inspected, nonconforming
        Lots, items inspected and nonconforming items found, by supplier.
    squared_sample_sizes
        Sum over a supplier's lots of n², by supplier.
    squared_counts_per_item
        Sum over a supplier's lots of x² / n, by supplier.

    Returns
    -------
    Analysis-of-variance estimate of the correlation, lots nested in suppliers, a negative
    one counted as 0; design effects 1 + (Σn² / Σn - 1) times the correlation.

    References
    ----------
    Donner, International Statistical Review 54, 1986. Ridout, Demetrio and Firth,
    Biometrics 55, 1999. Kish, Survey Sampling, 1965, 5.4.

    Examples
    --------
    One supplier, ten lots of five items each: two lots are bad through and through.

    >>> found = lot_clustering([10], [50], [10], [250], [10.0])
    >>> round(found.intraclass_correlation, 6), found.design_effect.round(6)
    (1.0, array([5.]))
    """
    count, items, bad, squares, means = (
        np.asarray(values, dtype=float)
        for values in (
            lots,
            items_inspected,
            nonconforming,
            squared_sample_sizes,
            squared_counts_per_item,
        )
    )
    several = count >= 2
    between_freedom = float(np.sum(count[several] - 1))
    within_freedom = float(np.sum(items[several] - count[several]))
    within = float(np.sum(bad[several] - means[several]))
    between = float(np.sum(means[several] - bad[several] ** 2 / items[several]))
    if not within_freedom or not between + within > 0:
        return LotClustering(None, np.ones(count.size))
    typical = float(np.sum(items[several] - squares[several] / items[several])) / between_freedom
    mean_between, mean_within = between / between_freedom, within / within_freedom
    correlation = (mean_between - mean_within) / (mean_between + (typical - 1) * mean_within)
    correlation = max(correlation, 0.0)
    per_lot = np.divide(squares, items, out=np.ones_like(items), where=items > 0)
    return LotClustering(correlation, 1 + (per_lot - 1) * correlation)


def effective_counts(
    nonconforming: npt.ArrayLike, items_inspected: npt.ArrayLike, design_effect: npt.ArrayLike
) -> tuple[Array, Array]:
    """Nonconforming and conforming items, as many as independent ones would say as much.

    Parameters
    ----------
    nonconforming, items_inspected
        Nonconforming items found, of items inspected, by supplier.
    design_effect
        Of each supplier, from `lot_clustering` [1 or more].

    Returns
    -------
    Two arrays, not of whole numbers. A beta likelihood with them has, at the rate found,
    the slope and curvature of the beta-binomial likelihood with that design effect. Both
    counts divided by it where many items were found; but one item found stays one, and n
    items without any are worth n ln d / (d - 1), for a single one cannot have come in a
    crowd.

    Raises
    ------
    ValueError
        If a count exceeds its items, or a design effect is below 1.

    Examples
    --------
    >>> bad, good = effective_counts([0, 1, 1000], [3500, 3500, 3500], 2.0)
    >>> bad.round(), good.round()
    (array([  0.,   1., 500.]), array([2426., 2425., 1250.]))
    """
    found, items, effect = (
        np.asarray(values, dtype=float)
        for values in np.broadcast_arrays(nonconforming, items_inspected, design_effect)
    )
    if not np.all((found >= 0) & (found <= items) & np.isfinite(items)):
        raise ValueError(
            "need 0 <= nonconforming <= items_inspected for every supplier, got "
            f"{nonconforming!r} of {items_inspected!r}"
        )
    if not np.all(effect >= 1):
        raise ValueError(f"design_effect must be at least 1, got {design_effect!r}")
    others = items - found
    is_clustered = (effect > 1 + _NO_EFFECT) & (items > 0)
    excess = np.where(is_clustered, effect - 1, 1.0)
    # precision of the beta distribution whose beta-binomial of n items has the design effect
    precision = np.maximum((items - effect) / excess, 1e-3)
    rate = np.clip(found / np.maximum(items, 1), _EDGE, 1 - _EDGE)
    first, second = precision * rate, precision * (1 - rate)
    slope = precision * (_rise(special.psi, first, found) - _rise(special.psi, second, others))
    curvature = -(precision**2) * (
        _rise(_trigamma, first, found) + _rise(_trigamma, second, others)
    )
    bad = np.maximum(rate**2 * (slope + (1 - rate) * curvature), 0)
    good = np.maximum((1 - rate) ** 2 * (rate * curvature - slope), 0)
    return (
        np.where(is_clustered, bad, found / effect),
        np.where(is_clustered, good, others / effect),
    )


def _trigamma(values: Array) -> Array:
    return np.asarray(special.polygamma(1, values))


def _rise(function: Callable[[Array], Array], start: Array, step: Array) -> Array:
    return function(start + step) - function(start)
