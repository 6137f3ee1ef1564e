"""Where each supplier stands among its peers, and how sure that is."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qcanalysis.sampling.distributions import Array
from qcanalysis.suppliers.shrinkage import ShrunkenRates

DRAWS_AT_ONCE = 250


@dataclass(frozen=True, eq=False)
class SupplierRanks:
    """Ranks by fraction nonconforming, 1 the lowest; arrays in the order given, NaN if unranked.

    ``expected`` is the posterior mean of the rank, ``lower`` and ``upper`` the ends of its
    interval; ``probability_worst`` that of being among the ``worst`` highest rates, with its
    Monte Carlo ``standard_error``. ``ranked`` suppliers took part.
    """

    expected: Array
    lower: Array
    upper: Array
    probability_worst: Array
    standard_error: Array
    ranked: int
    worst: int


def rank_suppliers(
    rates: ShrunkenRates,
    *,
    seed: int,
    draws: int = 2000,
    worst_share: float = 0.1,
    interval_level: float = 0.9,
) -> SupplierRanks:
    """Distribution of each supplier's rank, by draws from the posteriors of the rates.

    Parameters
    ----------
    rates
        From `shrunken_rates`; a supplier whose posterior is NaN (not enough data) is not
        ranked, and the others are ranked among themselves.
    seed
        The same seed gives the same ranks.
    draws
        Joint draws of all rates.
    worst_share
        Share of the ranked suppliers, rounded up, that counts as the worst.
    interval_level
        Probability that the interval of a rank holds at least.

    Returns
    -------
    Expected ranks, intervals and probabilities of being among the worst.

    Raises
    ------
    ValueError
        If the draws, the share or the level are out of range.

    References
    ----------
    Goldstein and Spiegelhalter, JRSS A 159, 1996 (ranks have wide intervals).

    Examples
    --------
    >>> from qcanalysis.estimation import BetaPrior
    >>> from qcanalysis.suppliers.shrinkage import shrunken_rates
    >>> rates = shrunken_rates([1, 4, 30], [499, 496, 470], BetaPrior(1, 60))
    >>> ranks = rank_suppliers(rates, seed=1)
    >>> ranks.worst, ranks.probability_worst.round(2), ranks.upper
    (1, array([0., 0., 1.]), array([2., 2., 3.]))
    """
    if draws < 1:
        raise ValueError(f"draws must be at least 1, got {draws}")
    if not 0 < worst_share < 1:
        raise ValueError(f"worst_share must lie between 0 and 1, got {worst_share!r}")
    if not 0 < interval_level < 1:
        raise ValueError(f"interval_level must lie between 0 and 1, got {interval_level!r}")
    is_ranked = np.isfinite(rates.alpha)
    alpha, beta = rates.alpha[is_ranked], rates.beta[is_ranked]
    suppliers = alpha.size
    worst = math.ceil(worst_share * suppliers)
    rng = np.random.default_rng(seed)
    ranks = np.empty((draws, suppliers), dtype=np.int32)
    for start in range(0, draws, DRAWS_AT_ONCE):
        block = ranks[start : start + DRAWS_AT_ONCE]
        order = np.argsort(rng.beta(alpha, beta, block.shape), axis=1)
        places = np.broadcast_to(np.arange(1, suppliers + 1, dtype=np.int32), block.shape)
        np.put_along_axis(block, order, places, axis=1)
    tail = (1 - interval_level) / 2
    # The k-th smallest of the draws, so that at most a tail of them lies beyond it.
    ranks.sort(axis=0)
    lower = ranks[math.floor(tail * draws)]
    upper = ranks[draws - 1 - math.floor(tail * draws)]
    among_worst = np.mean(ranks > suppliers - worst, axis=0)

    def spread(values: Array) -> Array:
        every = np.full(is_ranked.size, np.nan)
        every[is_ranked] = values
        return every

    return SupplierRanks(
        expected=spread(ranks.mean(axis=0)),
        lower=spread(lower),
        upper=spread(upper),
        probability_worst=spread(among_worst),
        standard_error=spread(np.sqrt(among_worst * (1 - among_worst) / draws)),
        ranked=suppliers,
        worst=worst,
    )
