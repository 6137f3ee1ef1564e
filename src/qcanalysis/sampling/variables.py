"""Sampling by variables: the k-method for a normal characteristic with one specification limit."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special
from scipy.optimize import brentq

from qcanalysis.sampling.design import ROUNDING, check_order
from qcanalysis.sampling.distributions import Array
from qcanalysis.sampling.plan import RiskPoint, whole_number
from qcanalysis.sampling.stages import shaped_like

NODES = 200
NODES_OF_FEW_ITEMS = 2000  # over n - 1: with few items the left tail is long
NEGLIGIBLE_LOG = 45.0  # e^-45 of the peak
BISECTIONS = 30


@dataclass(frozen=True)
class VariablesPlan:
    """A single sampling plan by variables, for one specification limit.

    The lot is accepted when the mean of the sample keeps at least k standard
    deviations from the limit: (U - mean) / s >= k for an upper limit U.

    Parameters
    ----------
    sample_size
        Items measured, at least 2 unless the standard deviation is known.
    acceptability_constant
        k, in standard deviations.
    sigma_is_known
        True: the process standard deviation is known. False: that of the sample is used.

    References
    ----------
    ISO 3951-1:2013, 15 and 16 (s-method, sigma-method).

    Examples
    --------
    >>> plan = VariablesPlan(sample_size=35, acceptability_constant=1.89, sigma_is_known=False)
    >>> round(plan.probability_of_acceptance(0.01), 7)      # AcceptanceSampling prints 0.9416725
    0.9416725
    """

    sample_size: int
    acceptability_constant: float
    sigma_is_known: bool

    def __post_init__(self) -> None:
        whole_number("sample_size", self.sample_size, least=1 if self.sigma_is_known else 2)
        if not math.isfinite(self.acceptability_constant):
            raise ValueError(
                f"acceptability_constant must be finite, got {self.acceptability_constant!r}"
            )

    def probability_of_acceptance(self, fraction_nonconforming: npt.ArrayLike) -> float | Array:
        """Probability of acceptance of a normal lot, exact, for a scalar or an array.

        Parameters
        ----------
        fraction_nonconforming
            Share of the items beyond the limit, from 0 to 1.
        """
        p = np.asarray(fraction_nonconforming, dtype=float)
        if not np.all((p >= 0) & (p <= 1)):
            raise ValueError(
                f"fraction_nonconforming must lie between 0 and 1, got {fraction_nonconforming!r}"
            )
        inside = np.clip(p.ravel(), 1e-300, 1 - 1e-16)
        distance = -special.ndtri(inside)
        if self.sigma_is_known:
            margin = distance - self.acceptability_constant
            accepted: Array = special.ndtr(np.sqrt(self.sample_size) * margin)
        else:
            accepted = _noncentral_t(self.sample_size, self.acceptability_constant, distance)
        ends = np.where(p.ravel() == 0, 1.0, np.where(p.ravel() == 1, 0.0, accepted))
        return shaped_like(ends, fraction_nonconforming)


def _noncentral_t(n: int, k: float, distance: Array) -> Array:
    """Mean over s of the chance that a normal mean keeps k s from the limit.

    Trapezoid sum over t = log(s / sigma) around the peak of the integrand, each quality
    with its own range: digits stay in the far tail, where library routines lose them.
    """
    root, nu = math.sqrt(n), n - 1
    constant = math.log(2) + nu / 2 * math.log(nu / 2) - special.gammaln(nu / 2)

    def log_integrand(t: Array) -> Array:
        keeps = special.log_ndtr(root * (distance - k * np.exp(t)))
        result: Array = constant + nu * (t - np.exp(2 * t) / 2) + keeps
        return result

    def slope(t: Array) -> Array:
        z = root * (distance - k * np.exp(t))
        mills = np.exp(-z * z / 2 - special.log_ndtr(z)) / math.sqrt(2 * math.pi)
        result: Array = nu * (1 - np.exp(2 * t)) - k * root * np.exp(t) * mills
        return result

    peak = _last_where(
        lambda t: slope(t) > 0, np.full_like(distance, -60.0), np.full_like(distance, 4.0)
    )
    negligible = log_integrand(peak) - NEGLIGIBLE_LOG
    left = _last_where(lambda t: log_integrand(t) < negligible, peak - 60, peak)
    right = _last_where(lambda t: log_integrand(t) > negligible, peak, peak + 5)
    steps = NODES + NODES_OF_FEW_ITEMS // nu
    nodes = left + (right - left) * np.linspace(0, 1, steps + 1)[:, None]
    sums: Array = np.exp(log_integrand(nodes)).sum(axis=0)
    return np.minimum(sums * (right - left) / steps, 1.0)


def _last_where(holds: Callable[[Array], npt.NDArray[np.bool_]], low: Array, high: Array) -> Array:
    """Where a condition that holds at ``low`` ceases to, by bisection."""
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        still = holds(middle)
        low, high = np.where(still, middle, low), np.where(still, high, middle)
    return low


def find_variables_plan(
    producer: RiskPoint, consumer: RiskPoint, *, sigma_is_known: bool
) -> VariablesPlan:
    """Smallest variables plan that keeps both risks.

    Parameters
    ----------
    producer, consumer
        Good and poor quality as fractions nonconforming, to be accepted at least
        and at most so often.
    sigma_is_known
        Whether the process standard deviation is known.

    Returns
    -------
    The smallest n, with the largest k that keeps the producer's risk: the
    consumer gets what the whole number of items leaves over.

    References
    ----------
    Kiermeier, J. Stat. Softw. 26(6), 2008; ISO 3951-1:2013.

    Examples
    --------
    >>> plan = find_variables_plan(
    ...     RiskPoint(0.05, 0.95), RiskPoint(0.15, 0.075), sigma_is_known=True)
    >>> plan.sample_size, round(plan.acceptability_constant, 6)     # AcceptanceSampling
    (26, 1.322271)
    """
    check_order(producer, consumer, "binomial")
    if consumer.quality >= 1:
        raise ValueError(
            "a normal characteristic is never beyond its limit for certain: consumer's quality "
            f"must be below 1, got {consumer.quality}"
        )

    def plan_of(size: int) -> VariablesPlan:
        return VariablesPlan(
            size, _largest_constant(producer, size, sigma_is_known), sigma_is_known
        )

    def keeps_consumer(size: int) -> bool:
        often = plan_of(size).probability_of_acceptance(consumer.quality)
        return bool(often <= consumer.probability_of_acceptance * (1 + ROUNDING))

    low, high = (0, 1) if sigma_is_known else (1, 2)
    while not keeps_consumer(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if keeps_consumer(middle) else (middle, high)
    return plan_of(high)


def _largest_constant(producer: RiskPoint, size: int, sigma_is_known: bool) -> float:
    """Largest k at which a sample of this size still accepts the producer's lots often enough."""
    distance = -float(special.ndtri(producer.quality))
    spread = -float(special.ndtri(producer.probability_of_acceptance))
    known = distance + spread / math.sqrt(size)
    if sigma_is_known:
        return known

    def excess(k: float) -> float:
        often = VariablesPlan(size, k, sigma_is_known).probability_of_acceptance(producer.quality)
        return float(often) - producer.probability_of_acceptance

    reach = 1.0
    while excess(known - reach) < 0 or excess(known + reach) > 0:
        reach *= 2
    return float(brentq(excess, known - reach, known + reach, xtol=1e-14, rtol=1e-14))
