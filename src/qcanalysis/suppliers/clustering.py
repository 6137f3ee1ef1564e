"""How alike the items of one lot are, and how many independent items a record is worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qcanalysis.sampling.distributions import Array


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
