"""What all suppliers' records say of the spread between suppliers, and how surely."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from qcanalysis.estimation import JEFFREYS, BetaPrior
from qcanalysis.sampling.distributions import Array
from qcanalysis.suppliers.phrases import count

FEWEST_SUPPLIERS = 5
"""Suppliers with a record from which the spread between them can be estimated at all."""
FEWEST_NONCONFORMING = 20
"""Independent nonconforming items of all suppliers below which the spread is guesswork."""
SMALLEST_PRECISION = 0.1
LOGIT_LIMIT = 30.0
_MOST_PRECISION = 1e3
_PRECISIONS = 30
_STEPS = np.linspace(-4.5, 4.5, 13)
_NEGLIGIBLE = 1e-4


@dataclass(frozen=True, eq=False)
class FittedPrior:
    """Distribution of the rate over suppliers, or what stands in for it.

    Parameters
    ----------
    prior
        The likeliest beta distribution; Jeffreys' where none could be fitted.
    alpha, beta, weight
        Beta distributions that the records leave possible, with their probabilities.
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
    alpha: Array
    beta: Array
    weight: Array


def fit_prior(nonconforming: npt.ArrayLike, conforming: npt.ArrayLike) -> FittedPrior:
    """Beta distribution of the fraction nonconforming over suppliers, by maximum likelihood.

    Parameters
    ----------
    nonconforming, conforming
        Independent items of either kind by supplier, whole or not: from `effective_counts`,
        so that lots which differ are not taken for suppliers which differ. Suppliers without
        items are left out.

    Returns
    -------
    The prior that makes the counts likeliest, each beta-binomial, and those that make them
    nearly as likely. It is never worth more items than the records of all suppliers
    together: that is where the precision ends when the suppliers differ by no more than
    chance. Jeffreys' prior where fewer than 5 suppliers have a record, or the nonconforming
    items of all are fewer than 20.

    Raises
    ------
    ValueError
        If a count is negative.

    Notes
    -----
    A few suppliers say little of the spread between them, and the likeliest spread is often
    none at all. The possible priors are therefore weighted by the likelihood under a
    precision of which any degree of shrinkage, precision / (precision + items), is as
    probable as any other, and a mean that is flat in its log-odds.

    References
    ----------
    Griffiths, Biometrics 29, 1973 (maximum likelihood of the beta-binomial). Efron and
    Morris, JASA 70, 1975 (shrinkage towards the group). Christiansen and Morris, JASA 92,
    1997 (uniform shrinkage).

    Examples
    --------
    >>> fitted = fit_prior([0, 2, 9, 4, 14, 1], [250, 298, 311, 196, 301, 124])
    >>> fitted.is_fitted, round(100 * fitted.prior.mean, 2)
    (True, 1.84)
    >>> fit_prior([3], [197]).reason
    "1 supplier with items inspected, at least 5 are needed: Jeffreys' prior instead"
    """
    bad, good = checked_counts(nonconforming, conforming)
    has_items = bad + good > 0
    bad, good = bad[has_items], good[has_items]
    used = bad.size
    if used < FEWEST_SUPPLIERS:
        who = count(used, "supplier")
        reason = f"{who} with items inspected, at least {FEWEST_SUPPLIERS} are needed"
        return _not_fitted(reason, used)
    found, others = float(np.sum(bad)), float(np.sum(good))
    if found < FEWEST_NONCONFORMING or not others:
        return _not_fitted(
            f"the records of all suppliers are worth {found:,.0f} nonconforming and {others:,.0f} "
            f"conforming items, at least {FEWEST_NONCONFORMING} nonconforming and one conforming "
            "are needed",
            used,
        )
    largest = float(np.sum(bad + good))
    likeliest = _likeliest(bad, good, largest)
    is_at_end = likeliest.alpha + likeliest.beta > 0.999 * largest
    reason = "the suppliers differ by no more than chance explains" if is_at_end else ""
    return FittedPrior(likeliest, True, reason, used, *_possible(bad, good))


def checked_counts(nonconforming: npt.ArrayLike, conforming: npt.ArrayLike) -> tuple[Array, Array]:
    """Both counts as arrays of one shape.

    Raises
    ------
    ValueError
        If a count is negative, or no number.

    Examples
    --------
    >>> checked_counts([0, 1], 99)
    (array([0., 1.]), array([99., 99.]))
    """
    bad, good = (
        np.asarray(values, dtype=float) for values in np.broadcast_arrays(nonconforming, conforming)
    )
    if not np.all((bad >= 0) & (good >= 0) & np.isfinite(bad + good)):
        raise ValueError(
            "nonconforming and conforming must be 0 or more for every supplier, got "
            f"{nonconforming!r} and {conforming!r}"
        )
    return bad, good


def _not_fitted(reason: str, used: int) -> FittedPrior:
    reason = f"{reason}: Jeffreys' prior instead"
    alpha, beta = np.array([JEFFREYS.alpha]), np.array([JEFFREYS.beta])
    return FittedPrior(JEFFREYS, False, reason, used, alpha, beta, np.ones(1))


def _likeliest(bad: Array, good: Array, largest: float) -> BetaPrior:
    """Beta distribution of the largest beta-binomial likelihood, its precision bounded."""
    from scipy.optimize import minimize  # slow to import

    mean = float(np.sum(bad)) / largest
    fits = [
        minimize(
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
    return BetaPrior(centre * precision, (1 - centre) * precision)


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


def _possible(bad: Array, good: Array) -> tuple[Array, Array, Array]:
    """Beta distributions and their probabilities, on a grid refined to where the weight lies."""
    typical = bad.size / float(np.sum(1 / np.maximum(bad + good, 1.0)))
    low, high = np.log(SMALLEST_PRECISION), np.log(_MOST_PRECISION * typical)
    for _ in range(2):
        precision = np.exp(np.linspace(low, high, _PRECISIONS))
        weight = _weighted(bad, good, precision, typical, np.zeros(1))[2][:, 0]
        kept = np.flatnonzero(weight > _NEGLIGIBLE * weight.max())
        ends = np.clip([kept[0] - 1, kept[-1] + 1], 0, _PRECISIONS - 1)
        low, high = np.log(precision[ends])
    precision = np.exp(np.linspace(low, high, _PRECISIONS))
    alpha, beta, weight = _weighted(bad, good, precision, typical, _STEPS)
    is_kept = weight > _NEGLIGIBLE * weight.max()
    weight = weight[is_kept]
    return alpha[is_kept], beta[is_kept], weight / np.sum(weight)


def _weighted(
    bad: Array, good: Array, precision: Array, typical: float, steps: Array
) -> tuple[Array, Array, Array]:
    """Priors by precision (rows) and by standard errors of the mean (columns), weighted."""
    items = bad + good
    share = items / (items + precision[:, None] + 1)
    share /= np.sum(share, axis=1, keepdims=True)
    least = 0.5 / np.sum(items)
    mean = np.clip(share @ (bad / items), least, 1 - least)
    error = np.sqrt(
        (share**2 @ (1 / items) + np.sum(share**2, axis=1) / (precision + 1)) / (mean * (1 - mean))
    )
    centre = special.expit(special.logit(mean)[:, None] + steps * error[:, None])
    alpha, beta = centre * precision[:, None], (1 - centre) * precision[:, None]
    shrinkage = precision * typical / (precision + typical) ** 2
    log_weight = np.log(error * shrinkage)[:, None] + _log_likelihood(alpha, beta, bad, good)
    return alpha, beta, np.exp(log_weight - np.max(log_weight))


def _log_likelihood(alpha: Array, beta: Array, bad: Array, good: Array) -> Array:
    """Beta-binomial log likelihood of each prior, all suppliers together."""
    each = [
        np.sum(special.betaln(a + bad, b + good)) - bad.size * special.betaln(a, b)
        for a, b in zip(alpha.ravel(), beta.ravel(), strict=True)
    ]
    return np.reshape(each, alpha.shape)
