"""Suppliers' rates, raw and drawn towards what their peers show as far as a record is short."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from qcanalysis.estimation import BetaPrior
from qcanalysis.sampling.distributions import Array
from qcanalysis.suppliers.rate_prior import FittedPrior, checked_counts


@dataclass(frozen=True, eq=False)
class RawRates:
    """Rates by each supplier's own record alone with limits, fractions; NaN without items."""

    rate: Array
    lower: Array
    upper: Array


@dataclass(frozen=True, eq=False)
class ShrunkenRates:
    """Posterior means with central intervals, fractions in the order given, NaN without items.

    ``alpha`` and ``beta`` are the parameters of the posterior distributions.
    """

    mean: Array
    lower: Array
    upper: Array
    alpha: Array
    beta: Array

    def probability_above(self, fraction_nonconforming: npt.ArrayLike) -> Array:
        """Posterior probability that each supplier's rate exceeds a limit.

        Parameters
        ----------
        fraction_nonconforming
            The limit, an AQL of 2.5 % as 0.025: one for all or one a supplier. An AQL of 0
            (accept on zero) limits the sample, not the rate: NaN for it, as for a missing one.

        Examples
        --------
        >>> shrunken_rates([0, 12], [400, 388], BetaPrior(2, 98)).probability_above(0.02).round(3)
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


def raw_rates(
    nonconforming: npt.ArrayLike,
    items_inspected: npt.ArrayLike,
    design_effect: npt.ArrayLike,
    *,
    confidence_level: float = 0.95,
) -> RawRates:
    """Rates by each supplier's own record, with limits that know how lots differ.

    Parameters
    ----------
    nonconforming, items_inspected
        Nonconforming items found, of items inspected, by supplier.
    design_effect
        Of each supplier [1 or more], from `lot_clustering`.
    confidence_level
        Coverage wanted at least, between 0 and 1.

    Returns
    -------
    Rates with Clopper-Pearson limits at the effective sample size.

    Raises
    ------
    ValueError
        If a count exceeds its items, or the level or a design effect is out of range.

    References
    ----------
    Korn and Graubard, Survey Methodology 24, 1998 (limits at the effective sample size).

    Examples
    --------
    >>> rates = raw_rates([0, 12], [50, 400], [1.0, 2.0])
    >>> rates.rate, rates.lower.round(4), rates.upper.round(4)
    (array([0.  , 0.03]), array([0.    , 0.0111]), array([0.0711, 0.0642]))
    """
    _check_level(confidence_level)
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
    effect = np.where(items > 0, effect, np.nan)
    bad, good = found / effect, (items - found) / effect
    tail = (1 - confidence_level) / 2
    lower = special.betaincinv(np.where(bad > 0, bad, np.nan), good + 1, tail)
    upper = special.betainccinv(bad + 1, np.where(good > 0, good, np.nan), tail)
    return RawRates(
        bad / (bad + good), np.where(bad == 0, 0.0, lower), np.where(good == 0, 1.0, upper)
    )


def shrunken_rates(
    nonconforming: npt.ArrayLike,
    conforming: npt.ArrayLike,
    prior: BetaPrior | FittedPrior,
    *,
    confidence_level: float = 0.95,
) -> ShrunkenRates:
    """Rates of suppliers drawn towards what the prior says, with intervals.

    Parameters
    ----------
    nonconforming, conforming
        Independent items of either kind by supplier, whole or not: from `effective_counts`,
        so that lots which differ widen the interval.
    prior
        Distribution of the rate over suppliers; from `fit_prior`, with all that it leaves
        possible.
    confidence_level
        Coverage wanted, between 0 and 1.

    Returns
    -------
    Posterior means with limits of the beta distribution that has the mean and variance of
    the posterior: central ones, but a record without a nonconforming item leaves 0 possible
    and has an upper limit only, as one without a conforming item has a lower limit only.

    Raises
    ------
    ValueError
        If a count is negative, or the level is out of range.

    Examples
    --------
    >>> rates = shrunken_rates([0, 12], [50, 388], BetaPrior(2, 98))
    >>> rates.mean.round(4), rates.upper.round(4)
    (array([0.0133, 0.028 ]), array([0.0314, 0.0441]))
    """
    _check_level(confidence_level)
    bad, good = checked_counts(nonconforming, conforming)
    alpha, beta = _posterior(prior, bad, good)
    outside = 1 - confidence_level
    below = np.where(bad == 0, 0.0, np.where(good == 0, outside, outside / 2))
    return ShrunkenRates(
        mean=alpha / (alpha + beta),
        lower=np.asarray(special.betaincinv(alpha, beta, below)),
        upper=np.asarray(special.betainccinv(alpha, beta, outside - below)),
        alpha=alpha,
        beta=beta,
    )


def _check_level(confidence_level: float) -> None:
    if not 0 < confidence_level < 1:
        raise ValueError(f"confidence_level must lie between 0 and 1, got {confidence_level!r}")


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
