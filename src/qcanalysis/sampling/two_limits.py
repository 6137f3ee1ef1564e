"""Sampling by variables for a characteristic with a lower and an upper limit."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import special

from qcanalysis.sampling.acceptance_region import (
    AcceptanceRegion,
    acceptance_between,
    acceptance_region,
)
from qcanalysis.sampling.decisions import Decisions, check_binomial
from qcanalysis.sampling.design import ROUNDING
from qcanalysis.sampling.distributions import Array, Distribution
from qcanalysis.sampling.oc import probability_of_acceptance
from qcanalysis.sampling.plan import RiskPoint, whole_number
from qcanalysis.sampling.variables import OF_A_PROCESS, find_variables_plan, one_sample

BISECTIONS = 60
LEAST_K = 1e-6
SPLITS = 11


@dataclass(frozen=True)
class TwoLimitPlan:
    """A single sampling plan by variables, for a lower and an upper limit together.

    Parameters
    ----------
    sample_size
        Items measured: at least 4, or 2 when sigma is known or the limits count apart.
    acceptability_constant
        k above 0, in standard deviations, as for one limit.
    sigma_is_known
        True: the process standard deviation is known. False: that of the sample is used.
    limit_distance
        (U - L) / sigma; needed when sigma is known, and None otherwise.
    share_above
        Share of the nonconforming items that lie above the upper limit, 0 to 1: what the
        probability of acceptance is given for when sigma is unknown. 0 and 1 leave one limit.
        With sigma known the quality and the distance of the limits settle it.
    is_combined
        True: accepted when the estimated share outside both limits together is at most the
        one that k stands for at one limit. False: when the mean keeps k from each limit.

    Raises
    ------
    ValueError
        If a number is off its scale, or the limits are so near for the known sigma that the
        plan could never accept.

    References
    ----------
    ISO 3951-2:2013, combined control of double limits; Schilling and Neubauer, ch. 10.

    Examples
    --------
    >>> plan = TwoLimitPlan(sample_size=35, acceptability_constant=1.89, sigma_is_known=False)
    >>> round(probability_of_acceptance(plan, 0.01), 4)
    0.9391
    >>> round(probability_of_acceptance(replace(plan, share_above=1.0), 0.01), 7)   # one limit
    0.9416725
    """

    sample_size: int
    acceptability_constant: float
    sigma_is_known: bool
    limit_distance: float | None = None
    share_above: float = 0.5
    is_combined: bool = True

    def __post_init__(self) -> None:
        least = 1 + self.is_combined if self.sigma_is_known else 2 + 2 * self.is_combined
        whole_number("sample_size", self.sample_size, least=least)
        k, distance = self.acceptability_constant, self.limit_distance
        if not (math.isfinite(k) and k > 0):
            raise ValueError(f"acceptability_constant must be above 0 for two limits, got {k!r}")
        if not 0 <= self.share_above <= 1:
            raise ValueError(f"share_above must lie between 0 and 1, got {self.share_above!r}")
        if not self.sigma_is_known:
            if distance is not None:
                raise ValueError(
                    f"limit_distance is for a known sigma, got {distance!r}: leave it out, the "
                    "quality and share_above settle how far apart the limits are"
                )
        elif distance is None or not (math.isfinite(distance) and distance > 0):
            raise ValueError(
                "limit_distance must be (U - L) / sigma above 0 when sigma is known, got "
                f"{distance!r}: check the limits and the sigma"
            )
        elif k > self.largest_constant:
            raise ValueError(
                f"with limits {distance:g} sigma apart the plan never accepts at k = {k:g}: lower "
                f"k to {self.largest_constant:.4g}, widen the limits or ask for a process that "
                "spreads less"
            )

    @property
    def largest_constant(self) -> float:
        """Largest k at which a sample right in the middle is accepted; inf, sigma unknown."""
        if self.limit_distance is None:
            return math.inf
        if not self.is_combined:
            return self.limit_distance / 2
        scale = math.sqrt(self.sample_size / (self.sample_size - 1))
        return -float(special.ndtri(2 * special.ndtr(-self.limit_distance / 2 * scale))) / scale

    def decisions(
        self, quality: Array, distribution: Distribution, lot_size: int | None
    ) -> Decisions:
        """Decision after the one sample; `Decisions` is read by the verbs."""
        check_binomial(self, distribution, OF_A_PROCESS)
        accepted = self._accepted_known(quality) if self.sigma_is_known else self._accepted(quality)
        return one_sample(self.sample_size, accepted, 1 - accepted)

    def _accepted(self, quality: Array) -> Array:
        region = acceptance_region(self.sample_size, self.acceptability_constant, self.is_combined)
        return acceptance_of_split(region, quality, np.full_like(quality, self.share_above))

    def _accepted_known(self, quality: Array) -> Array:
        """A normal mean within the half width; a lot better than the centred one counts as it."""
        assert self.limit_distance is not None  # the constructor saw to it
        half, root = self.limit_distance / 2, math.sqrt(self.sample_size)
        low, high = np.zeros_like(quality), np.full_like(quality, half + 38.0)
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            better = special.ndtr(middle - half) + special.ndtr(-middle - half) < quality
            low, high = np.where(better, middle, low), np.where(better, high, middle)
        width = self._half_width()
        inside = special.ndtr(root * (width - low)) - special.ndtr(root * (-width - low))
        return np.where(quality == 1, 0.0, inside)

    def _half_width(self) -> float:
        """Largest distance of an accepted mean from the middle, sigma known [sigma]."""
        assert self.limit_distance is not None
        half, k = self.limit_distance / 2, self.acceptability_constant
        if not self.is_combined:
            return half - k
        scale = math.sqrt(self.sample_size / (self.sample_size - 1))
        largest_estimate = special.ndtr(-k * scale)
        low, high = 0.0, half - k
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            estimate = special.ndtr((middle - half) * scale) + special.ndtr(
                -(middle + half) * scale
            )
            low, high = (middle, high) if estimate <= largest_estimate else (low, middle)
        return low


def acceptance_of_split(region: AcceptanceRegion, quality: Array, share_above: Array) -> Array:
    """Probability of acceptance at fractions nonconforming split between the limits, flat.

    The split and the fraction settle how far apart the limits are, in standard deviations of
    the process, and where its mean lies.
    """
    inside = np.clip(quality, 1e-290, 1 - 1e-12)
    to_upper = -special.ndtri(np.maximum(inside * share_above, 1e-300))
    to_lower = -special.ndtri(np.maximum(inside * (1 - share_above), 1e-300))
    accepted = acceptance_between(region, to_upper + to_lower, (to_lower - to_upper) / 2)
    return np.where(quality == 0, 1.0, np.where(quality == 1, 0.0, accepted))


def acceptance_over_splits(plan: TwoLimitPlan, quality: npt.ArrayLike) -> tuple[Array, Array]:
    """Lowest and highest probability of acceptance, however the fraction splits.

    Parameters
    ----------
    plan
        Plan with sigma unknown.
    quality
        Fractions nonconforming.

    Returns
    -------
    Two arrays in the shape of ``quality``; from all beyond one limit to half beyond each,
    in 11 steps.

    Examples
    --------
    >>> plan = TwoLimitPlan(sample_size=35, acceptability_constant=1.89, sigma_is_known=False)
    >>> [round(float(chance), 3) for chance in acceptance_over_splits(plan, 0.05)]
    [0.209, 0.216]
    """
    if plan.sigma_is_known:
        raise ValueError("with sigma known the split follows from the quality: there is one curve")
    curves = np.stack(
        [
            np.asarray(probability_of_acceptance(replace(plan, share_above=share), quality))
            for share in np.linspace(0, 0.5, SPLITS)
        ]
    )
    return curves.min(axis=0), curves.max(axis=0)


def find_two_limit_plan(
    producer: RiskPoint,
    consumer: RiskPoint,
    *,
    sigma_is_known: bool,
    limit_distance: float | None = None,
    share_above: float = 0.5,
    is_combined: bool = True,
) -> TwoLimitPlan:
    """Smallest two-limit plan that keeps both risks at the stated split.

    Parameters
    ----------
    producer, consumer
        Good and poor quality as fractions outside the limits together, to be accepted at
        least and at most so often.
    sigma_is_known, limit_distance, share_above, is_combined
        As in `TwoLimitPlan`.

    Returns
    -------
    The smallest n, with the largest k that keeps the producer's risk.

    Raises
    ------
    ValueError
        If the points are in the wrong order, or a process with the known sigma cannot be as
        good as the producer's quality.

    Examples
    --------
    >>> plan = find_two_limit_plan(
    ...     RiskPoint(0.01, 0.95), RiskPoint(0.06, 0.10), sigma_is_known=False)
    >>> plan.sample_size, round(plan.acceptability_constant, 3)
    (43, 1.903)
    """
    one_limit = find_variables_plan(producer, consumer, sigma_is_known=sigma_is_known)
    if sigma_is_known and limit_distance is not None:
        best = 2 * float(special.ndtr(-limit_distance / 2))
        if producer.quality < best:
            raise ValueError(
                f"with limits {limit_distance:g} sigma apart even a centred process has "
                f"{best:.3g} outside: the producer's quality {producer.quality:g} cannot be met; "
                "raise it, widen the limits or ask for a process that spreads less"
            )
    least = (1 if sigma_is_known else 2) * (1 + is_combined)
    plan = TwoLimitPlan(least, LEAST_K, sigma_is_known, limit_distance, share_above, is_combined)

    def plan_of(size: int) -> TwoLimitPlan | None:
        sized = replace(plan, sample_size=size)
        guess = min(one_limit.acceptability_constant, (1 - ROUNDING) * sized.largest_constant)
        return _with_largest_constant(replace(sized, acceptability_constant=guess), producer)

    def keeps_both(size: int) -> bool:
        found = plan_of(size)
        if found is None:
            return False
        often = probability_of_acceptance(found, consumer.quality)
        return often <= consumer.probability_of_acceptance * (1 + ROUNDING)

    size = _smallest_from(max(one_limit.sample_size, least), least, keeps_both)
    found = plan_of(size)
    assert found is not None  # it keeps both
    return found


def _smallest_from(start: int, least: int, holds: Callable[[int], bool]) -> int:
    """Smallest size at which a condition holds for good, galloping from a good guess."""
    low, high, step = least - 1, start, 1
    if holds(start):
        while high - step > low and holds(high - step):
            high, step = high - step, 2 * step
        low = max(low, high - step)
    else:
        while not holds(high):
            low, high, step = high, high + step, 2 * step
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _with_largest_constant(plan: TwoLimitPlan, producer: RiskPoint) -> TwoLimitPlan | None:
    """Plan with the largest k that accepts the producer's lots often enough; None without one."""
    from scipy.optimize import brentq  # slow to import

    def excess(k: float) -> float:
        often = probability_of_acceptance(replace(plan, acceptability_constant=k), producer.quality)
        return often - producer.probability_of_acceptance

    low, high, reach = plan.acceptability_constant, plan.acceptability_constant, 0.01
    while excess(high) > 0:
        high, reach = min(high + reach, (1 - ROUNDING) * plan.largest_constant), 4 * reach
    while excess(low) < 0:
        if low == LEAST_K:
            return None
        low, reach = max(low - reach, LEAST_K), 4 * reach
    k = float(brentq(excess, low, high, xtol=1e-12, rtol=1e-14))
    return replace(plan, acceptability_constant=k)
