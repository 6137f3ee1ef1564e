"""Sampling by variables: the k-method for a normal characteristic with one limit."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from qcanalysis.sampling.decisions import Decisions, check_binomial
from qcanalysis.sampling.design import ROUNDING, check_order
from qcanalysis.sampling.distributions import Array, Distribution
from qcanalysis.sampling.plan import RiskPoint, whole_number

NODES = 200
NODES_OF_FEW_ITEMS = 2000  # over n - 1: with few items the left tail is long
NEGLIGIBLE_LOG = 45.0  # e^-45 of the peak
BISECTIONS = 30
BISECTIONS_OF_AN_END = 16


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
    >>> from qcanalysis.sampling import probability_of_acceptance
    >>> plan = VariablesPlan(sample_size=35, acceptability_constant=1.89, sigma_is_known=False)
    >>> round(probability_of_acceptance(plan, 0.01), 7)     # AcceptanceSampling prints 0.9416725
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

    def decisions(
        self, quality: Array, distribution: Distribution, lot_size: int | None
    ) -> Decisions:
        """Decision after the one sample; `Decisions` is read by the verbs."""
        check_binomial(self, distribution, OF_A_PROCESS)
        return one_sample(self.sample_size, self._accepted(quality), self._accepted(quality, -1))

    def _accepted(self, quality: Array, sign: int = 1) -> Array:
        """Chance that a normal sample keeps k from the limit; with sign -1, that it does not."""
        inside = np.clip(quality, 1e-300, 1 - 1e-16)
        distance, k = -sign * special.ndtri(inside), sign * self.acceptability_constant
        if self.sigma_is_known:
            kept: Array = special.ndtr(np.sqrt(self.sample_size) * (distance - k))
        else:
            kept = kept_from_limit(self.sample_size, k, distance)
        best, worst = (1.0, 0.0) if sign > 0 else (0.0, 1.0)
        return np.where(quality == 0, best, np.where(quality == 1, worst, kept))


OF_A_PROCESS = "measurements speak of the process behind the lot, give its fraction nonconforming"


def one_sample(sample_size: int, accepted: Array, refused: Array) -> Decisions:
    """Decisions of a single plan by variables."""
    return Decisions(
        np.array([float(sample_size)]),
        accepted[None, :],
        refused[None, :],
        cannot_rectify="cannot tell what leaves after a plan by variables: it finds no single "
        "nonconforming items to replace and says nothing of measuring the rest of a refused lot. "
        "Ask a plan that counts (find_plan with the same two risk points)",
    )


def kept_from_limit(n: int, k: float, distance: Array) -> Array:
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
    left = _last_where(
        lambda t: log_integrand(t) < negligible, peak - 60, peak, BISECTIONS_OF_AN_END
    )
    right = _last_where(
        lambda t: log_integrand(t) > negligible, peak, peak + 5, BISECTIONS_OF_AN_END
    )
    steps = NODES + NODES_OF_FEW_ITEMS // nu
    nodes = left + (right - left) * np.linspace(0, 1, steps + 1)[:, None]
    sums: Array = np.exp(log_integrand(nodes)).sum(axis=0)
    return np.minimum(sums * (right - left) / steps, 1.0)


def _last_where(
    holds: Callable[[Array], npt.NDArray[np.bool_]],
    low: Array,
    high: Array,
    steps: int = BISECTIONS,
) -> Array:
    """Where a condition that holds at ``low`` ceases to, by bisection."""
    for _ in range(steps):
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
        often = _chance(plan_of(size), consumer.quality)
        return often <= consumer.probability_of_acceptance * (1 + ROUNDING)

    low, high = (0, 1) if sigma_is_known else (1, 2)
    while not keeps_consumer(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if keeps_consumer(middle) else (middle, high)
    return plan_of(high)


def _chance(plan: VariablesPlan, quality: float) -> float:
    """Probability of acceptance alone: a search asks for it often."""
    return float(plan._accepted(np.array([quality]))[0])


def _largest_constant(producer: RiskPoint, size: int, sigma_is_known: bool) -> float:
    """Largest k at which a sample of this size still accepts the producer's lots often enough."""
    distance = -float(special.ndtri(producer.quality))
    spread = -float(special.ndtri(producer.probability_of_acceptance))
    known = distance + spread / math.sqrt(size)
    if sigma_is_known:
        return known

    def excess(k: float) -> float:
        often = _chance(VariablesPlan(size, k, sigma_is_known), producer.quality)
        return often - producer.probability_of_acceptance

    from scipy.optimize import brentq  # slow to import

    reach = 1.0
    while excess(known - reach) < 0 or excess(known + reach) > 0:
        reach *= 2
    return float(brentq(excess, known - reach, known + reach, xtol=1e-14, rtol=1e-14))
