"""How alike the items of one lot are, and how many independent items a record is worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from qcanalysis.sampling.distributions import Array
from qcanalysis.suppliers.lot_results import LotResults

_LEAST_CORRELATION = 1e-8
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


def lot_clustering(results: LotResults) -> LotClustering:
    """Intra-class correlation of lots, pooled over suppliers.

    Parameters
    ----------
    results
        Lots of one defect class.

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

    >>> import pandas as pd
    >>> rows = pd.DataFrame({"supplier_id": "S1", "sample_size": 5,
    ...     "nonconforming_count": [0, 5], "lots": [8, 2]})
    >>> found = lot_clustering(LotResults(rows, ["S1"]))
    >>> round(found.intraclass_correlation, 6), found.design_effect.round(6)
    (1.0, array([5.]))
    """
    size, found = results.sample_size, results.nonconforming
    count, items, bad = (results.total(values) for values in (1.0, size, found))
    squares, means = results.total(size**2), results.total(found**2 / size)
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
    results: LotResults, intraclass_correlation: float | None
) -> tuple[Array, Array]:
    """Nonconforming and conforming items, as many as independent ones would say as much.

    Parameters
    ----------
    results
        Lots of one defect class.
    intraclass_correlation
        Of the items of a lot [0 to 1], from `lot_clustering`; None counts as 0.

    Returns
    -------
    Two arrays, a value for each supplier, not of whole numbers. The beta likelihood with them
    has, at the rate found, the slope and the curvature of the supplier's own: the product of
    the beta-binomial likelihoods of its lots. One item found stays nearly one, for it cannot
    have come in a crowd; three in one lot say less than three in three lots. A supplier
    without a find has 0 and Σ s (ψ(s + n) - ψ(s)), with s = 1 / correlation - 1; without
    items it has 0 and 0.

    Raises
    ------
    ValueError
        If the correlation lies outside 0 to 1.

    References
    ----------
    Griffiths, Biometrics 29, 1973 (the likelihood). Efron and Hinkley, Biometrika 65, 1978
    (the observed information).

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"supplier_id": ["S1", "S2", "S2", "S3", "S3"], "sample_size": 125,
    ...     "nonconforming_count": [0, 0, 1, 0, 3], "lots": [24, 21, 3, 23, 1]})
    >>> bad, good = effective_counts(LotResults(rows, ["S1", "S2", "S3"]), 0.006)
    >>> bad.round(2), good.round()
    (array([0.  , 3.  , 1.03]), array([2240., 2238., 2046.]))
    """
    correlation = intraclass_correlation or 0.0
    if not 0 <= correlation <= 1:
        raise ValueError(
            f"intraclass_correlation must lie between 0 and 1, got {intraclass_correlation!r}"
        )
    others = results.sample_size - results.nonconforming
    found, conforming = results.total(results.nonconforming), results.total(others)
    if correlation < _LEAST_CORRELATION:
        return found, conforming
    precision = 1 / min(correlation, 1 - _EDGE) - 1
    rate = np.clip(found / np.maximum(found + conforming, 1), _EDGE, 1 - _EDGE)
    bad_slope, bad_information = _slope_and_information(
        results, results.nonconforming, precision, rate
    )
    good_slope, good_information = _slope_and_information(results, others, precision, 1 - rate)
    slope, information = bad_slope - good_slope, bad_information + good_information
    return (
        np.maximum(rate**2 * (slope + (1 - rate) * information), 0),
        np.maximum((1 - rate) ** 2 * (rate * information - slope), 0),
    )


def _slope_and_information(
    results: LotResults, count: Array, precision: float, rate: Array
) -> tuple[Array, Array]:
    """First and minus second derivative by the rate of Σ log Γ(s rate + count) / Γ(s rate)."""
    start = precision * rate
    end = start[results.supplier] + count
    first = special.psi(end) - special.psi(start)[results.supplier]
    second = special.zeta(2, start)[results.supplier] - special.zeta(2, end)  # trigamma
    return precision * results.total(first), precision**2 * results.total(second)
