"""Suppliers' rates, each drawn towards what its peers show as far as its own record is short."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from qcanalysis.estimation import BetaPrior
from qcanalysis.sampling.distributions import Array
from qcanalysis.suppliers.clustering import effective_counts
from qcanalysis.suppliers.rate_prior import FittedPrior


@dataclass(frozen=True, eq=False)
class SupplierRates:
    """Rates of many suppliers, raw and shrunken; arrays in the order given, NaN without items.

    ``raw``, ``raw_lower`` and ``raw_upper`` come from a supplier's own record alone;
    ``shrunken``, ``lower`` and ``upper`` are posterior mean and central interval; all are
    fractions. ``alpha`` and ``beta`` are the parameters of the posterior distributions.
    """

    raw: Array
    raw_lower: Array
    raw_upper: Array
    shrunken: Array
    lower: Array
    upper: Array
    alpha: Array
    beta: Array
    confidence_level: float

    def probability_above(self, fraction_nonconforming: npt.ArrayLike) -> Array:
        """Posterior probability that each supplier's rate exceeds a limit.

        Parameters
        ----------
        fraction_nonconforming
            The limit, an AQL of 2.5 % as 0.025: one for all or one a supplier. An AQL of 0
            (accept on zero) limits the sample, not the rate: NaN for it, as for a missing one.

        Examples
        --------
        >>> shrunken_rates([0, 12], [400, 400], BetaPrior(2, 98)).probability_above(0.02).round(3)
        array([0.   , 0.868])
        """
        limit = np.broadcast_to(np.asarray(fraction_nonconforming, dtype=float), self.alpha.shape)
        if np.any((limit < 0) | (limit > 1)):
            raise ValueError(
                "fraction_nonconforming must lie between 0 and 1 (2.5 % is 0.025), "
                f"got {fraction_nonconforming!r}"
            )
        known = np.where(limit > 0, limit, np.nan)
        return np.asarray(special.betaincc(self.alpha, self.beta, known))


def shrunken_rates(
    nonconforming: npt.ArrayLike,
    items_inspected: npt.ArrayLike,
    prior: BetaPrior | FittedPrior,
    *,
    confidence_level: float = 0.95,
    design_effect: npt.ArrayLike = 1.0,
) -> SupplierRates:
    """Raw and shrunken rates of suppliers, with intervals.

    Parameters
    ----------
    nonconforming, items_inspected
        Nonconforming items found, of items inspected, by supplier.
    prior
        Distribution of the rate over suppliers; from `fit_prior`, with all that it leaves
        possible.
    confidence_level
        Coverage wanted, between 0 and 1.
    design_effect
        Of each supplier [1 or more], so that lots which differ widen the interval: see
        `lot_clustering`.

    Returns
    -------
    Raw rates with Clopper-Pearson limits at the effective sample size, and posterior means
    with central limits of the beta distribution that has the mean and variance of the
    posterior.

    Raises
    ------
    ValueError
        If a count exceeds its items, or the level or a design effect is out of range.

    References
    ----------
    Korn and Graubard, Survey Methodology 24, 1998 (limits at the effective sample size).

    Examples
    --------
    >>> rates = shrunken_rates([0, 12], [50, 400], BetaPrior(2, 98))
    >>> rates.raw, rates.shrunken.round(4), rates.upper.round(4)
    (array([0.  , 0.03]), array([0.0133, 0.028 ]), array([0.0368, 0.0441]))
    """
    if not 0 < confidence_level < 1:
        raise ValueError(f"confidence_level must lie between 0 and 1, got {confidence_level!r}")
    alpha, beta = _posterior(
        prior, *effective_counts(nonconforming, items_inspected, design_effect)
    )
    bad, items, effect = (
        np.asarray(values, dtype=float)
        for values in np.broadcast_arrays(nonconforming, items_inspected, design_effect)
    )
    effect = np.where(items > 0, effect, np.nan)
    bad, good = bad / effect, (items - bad) / effect
    tail = (1 - confidence_level) / 2
    lower = special.betaincinv(np.where(bad > 0, bad, np.nan), good + 1, tail)
    upper = special.betainccinv(bad + 1, np.where(good > 0, good, np.nan), tail)
    return SupplierRates(
        raw=bad / (bad + good),
        raw_lower=np.where(bad == 0, 0.0, lower),
        raw_upper=np.where(good == 0, 1.0, upper),
        shrunken=alpha / (alpha + beta),
        lower=np.asarray(special.betaincinv(alpha, beta, tail)),
        upper=np.asarray(special.betainccinv(alpha, beta, tail)),
        alpha=alpha,
        beta=beta,
        confidence_level=confidence_level,
    )


def _posterior(prior: BetaPrior | FittedPrior, bad: Array, good: Array) -> tuple[Array, Array]:
    """Beta distributions with mean and variance of the posteriors; NaN without items."""
    alphas, betas = np.atleast_1d(prior.alpha), np.atleast_1d(prior.beta)
    weight = np.ones(1) if isinstance(prior, BetaPrior) else prior.weight
    alpha, total = alphas[:, None] + bad, (alphas + betas)[:, None] + bad + good
    means = alpha / total
    mean = weight @ means
    second = weight @ (means * (alpha + 1) / (total + 1))
    precision = (mean - second) / (second - mean**2)
    precision = np.where(bad + good > 0, precision, np.nan)
    return mean * precision, (1 - mean) * precision
