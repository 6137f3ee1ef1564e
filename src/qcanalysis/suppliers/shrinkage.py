"""Suppliers' rates, each drawn towards what its peers show as far as its own record is short."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

from qcanalysis.estimation import JEFFREYS, BetaPrior
from qcanalysis.sampling.distributions import Array

FEWEST_SUPPLIERS = 5
"""Suppliers with a record from which the spread between them can be estimated at all."""
FEWEST_NONCONFORMING = 20
"""Nonconforming items, over all suppliers, below which the spread is guesswork."""
SMALLEST_PRECISION = 0.1
LOGIT_LIMIT = 30.0


@dataclass(frozen=True)
class FittedPrior:
    """Distribution of the rate over suppliers, or what stands in for it.

    Parameters
    ----------
    prior
        The fitted beta distribution; Jeffreys' where none could be fitted.
    is_fitted
        Whether the suppliers' records gave it.
    reason
        Why it was not fitted, or what to know of the fit; "" when there is nothing to say.
    suppliers_used
        Suppliers with items inspected.
    """

    prior: BetaPrior
    is_fitted: bool
    reason: str
    suppliers_used: int


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


def fit_prior(
    nonconforming: npt.ArrayLike,
    items_inspected: npt.ArrayLike,
) -> FittedPrior:
    """Beta distribution of the fraction nonconforming over suppliers, by maximum likelihood.

    Parameters
    ----------
    nonconforming, items_inspected
        Nonconforming items found, of items inspected, by supplier; suppliers without items
        are left out.

    Returns
    -------
    The prior that makes the counts likeliest, each beta-binomial. It is never worth more
    items than were inspected at all suppliers together: that is where the precision ends
    when the suppliers differ by no more than chance. Jeffreys' prior where fewer than 5
    suppliers have a record, or fewer than 20 nonconforming items were found in all.

    Raises
    ------
    ValueError
        If a count exceeds its items.

    Notes
    -----
    The counts go in as they are: lots that differ then widen the prior a little, which
    errs on the side of the supplier's own record. Counts divided by a design effect would
    be no whole numbers, and rare items would seem more alike at all suppliers than they are.

    References
    ----------
    Griffiths, Biometrics 29, 1973 (maximum likelihood of the beta-binomial). Efron and
    Morris, JASA 70, 1975 (shrinkage towards the group).

    Examples
    --------
    >>> found, items = [0, 2, 9, 4, 14, 1], [250, 300, 320, 200, 315, 125]
    >>> fitted = fit_prior(found, items)
    >>> fitted.is_fitted, round(100 * fitted.prior.mean, 2)
    (True, 1.84)
    >>> fit_prior([3], [200]).reason
    "1 supplier with items inspected, at least 5 are needed: Jeffreys' prior instead"
    """
    bad, good = _effective_counts(nonconforming, items_inspected, 1.0)
    has_items = bad + good > 0
    bad, good = bad[has_items], good[has_items]
    used = bad.size
    if used < FEWEST_SUPPLIERS:
        who = "supplier" if used == 1 else "suppliers"
        return FittedPrior(
            JEFFREYS,
            False,
            f"{used} {who} with items inspected, at least {FEWEST_SUPPLIERS} are needed: "
            "Jeffreys' prior instead",
            used,
        )
    if np.sum(bad) < FEWEST_NONCONFORMING or not good.any():
        reason = (
            f"{np.sum(bad):.0f} nonconforming and {np.sum(good):.0f} conforming items over all "
            f"suppliers, at least {FEWEST_NONCONFORMING} nonconforming and one conforming are "
            "needed: Jeffreys' prior instead"
        )
        return FittedPrior(JEFFREYS, False, reason, used)
    largest = float(np.sum(bad + good))
    mean = float(np.sum(bad) / largest)
    fits = [
        optimize.minimize(
            _minus_log_likelihood,
            [special.logit(mean), np.log(precision)],
            args=(bad, good),
            jac=True,
            method="L-BFGS-B",
            options={"ftol": 1e-13, "gtol": 1e-9},
            bounds=[(-LOGIT_LIMIT, LOGIT_LIMIT), (np.log(SMALLEST_PRECISION), np.log(largest))],
        )
        for precision in np.clip(np.array([1.0, 30.0]) / mean, 2 * SMALLEST_PRECISION, largest)
    ]
    best = min(fits, key=lambda fit: float(fit.fun))
    centre, precision = float(special.expit(best.x[0])), float(np.exp(best.x[1]))
    is_at_end = precision > 0.999 * largest
    reason = "the suppliers differ by no more than chance explains" if is_at_end else ""
    return FittedPrior(BetaPrior(centre * precision, (1 - centre) * precision), True, reason, used)


def shrunken_rates(
    nonconforming: npt.ArrayLike,
    items_inspected: npt.ArrayLike,
    prior: BetaPrior,
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
        Distribution of the rate over suppliers, from `fit_prior`.
    confidence_level
        Coverage wanted, between 0 and 1.
    design_effect
        Divides both counts of a supplier [1 or more], so that lots which differ widen the
        interval: see `lot_clustering`.

    Returns
    -------
    Raw rates with Clopper-Pearson limits at the effective sample size, and posterior means
    with central limits under the prior.

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
    bad, good = _effective_counts(nonconforming, items_inspected, design_effect)
    missing = bad + good == 0
    bad, good = np.where(missing, np.nan, bad), np.where(missing, np.nan, good)
    tail = (1 - confidence_level) / 2
    lower = special.betaincinv(np.where(bad > 0, bad, np.nan), good + 1, tail)
    upper = special.betainccinv(bad + 1, np.where(good > 0, good, np.nan), tail)
    alpha, beta = prior.alpha + bad, prior.beta + good
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


def _effective_counts(
    nonconforming: npt.ArrayLike, items_inspected: npt.ArrayLike, design_effect: npt.ArrayLike
) -> tuple[Array, Array]:
    """Nonconforming and conforming items, as many as independent ones would say as much."""
    bad, items, effect = (
        np.asarray(values, dtype=float)
        for values in np.broadcast_arrays(nonconforming, items_inspected, design_effect)
    )
    if not np.all((bad >= 0) & (bad <= items) & np.isfinite(items)):
        raise ValueError(
            "need 0 <= nonconforming <= items_inspected for every supplier, got "
            f"{nonconforming!r} of {items_inspected!r}"
        )
    if not np.all(effect >= 1):
        raise ValueError(f"design_effect must be at least 1, got {design_effect!r}")
    return bad / effect, (items - bad) / effect


def _minus_log_likelihood(parameters: Array, bad: Array, good: Array) -> tuple[float, Array]:
    """Beta-binomial log likelihood and its gradient, sign reversed, per supplier.

    ``parameters`` are the log-odds of the mean and the logarithm of the precision.
    """
    mean, precision = special.expit(parameters[0]), np.exp(parameters[1])
    alpha, beta = mean * precision, special.expit(-parameters[0]) * precision
    total = bad + good
    value = special.betaln(alpha + bad, beta + good) - special.betaln(alpha, beta)
    common = special.psi(alpha + beta) - special.psi(alpha + beta + total)
    by_alpha = float(np.mean(special.psi(alpha + bad) - special.psi(alpha) + common))
    by_beta = float(np.mean(special.psi(beta + good) - special.psi(beta) + common))
    slope = alpha * special.expit(-parameters[0]) * (by_alpha - by_beta)
    gradient = np.array([slope, alpha * by_alpha + beta * by_beta])
    return -float(np.mean(value)), -gradient
