"""Plans found from the risks that they have to keep."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from qcanalysis.sampling.decisions import Plan
from qcanalysis.sampling.distributions import Distribution, hypergeometric_at_most
from qcanalysis.sampling.oc import probability_of_acceptance, producers_risk
from qcanalysis.sampling.plan import RiskPoint, SamplingPlan, whole_number

ROUNDING = 1e-9  # a risk kept exactly counts as kept, whatever the last digits say


def find_plan(
    producer: RiskPoint,
    consumer: RiskPoint,
    *,
    distribution: Distribution = "binomial",
    lot_size: int | None = None,
) -> SamplingPlan:
    """Smallest single sampling plan that keeps both risks.

    Parameters
    ----------
    producer
        Good quality, to be accepted with at least the stated probability.
    consumer
        Poor quality, to be accepted with at most the stated probability.
    distribution
        "binomial" and "hypergeometric" take qualities as fractions
        nonconforming, "poisson" as nonconformities per item.
    lot_size
        Items in the lot, for "hypergeometric". "As good as 1 %" then means at
        most the whole items below it, "as bad as 4 %" at least the whole items
        above it: the producer's quality is rounded down, the consumer's up.

    Returns
    -------
    The single plan with the smallest n, and then the smallest Ac.

    Raises
    ------
    ValueError
        If the two points ask for what no plan can do; the message says which
        wish to change.

    References
    ----------
    Kiermeier, Visualizing and assessing acceptance sampling plans, J. Stat. Softw. 26(6), 2008.

    Examples
    --------
    >>> find_plan(RiskPoint(0.05, 0.95), RiskPoint(0.15, 0.075))
    SamplingPlan(80 7/8)
    """
    check_order(producer, consumer, distribution)
    if distribution == "hypergeometric":
        return _find_in_lot(producer, consumer, lot_size)
    if distribution == "poisson":
        needed, allowed = _poisson_size(consumer), _poisson_size(producer)
    elif distribution == "binomial":
        needed, allowed = _binomial_size(consumer), _binomial_size(producer)
    else:
        raise ValueError(
            f"distribution must be 'binomial', 'poisson' or 'hypergeometric', got {distribution!r}"
        )

    # In real numbers the allowed size overtakes the needed one once and for all; the smallest
    # plan in whole items lies at that acceptance number or a few above it.
    def is_wide_enough(limit: int) -> bool:
        return allowed(limit) + ROUNDING >= needed(limit)

    low, high = -1, 1
    while not is_wide_enough(high):
        low, high = high, 2 * high
    if is_wide_enough(0):
        high = 0
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_wide_enough(middle) else (middle, high)
    while math.floor(allowed(high) + ROUNDING) < math.ceil(needed(high) - ROUNDING):
        high += 1
    return SamplingPlan.single(max(math.ceil(needed(high) - ROUNDING), 1), high)


def check_order(producer: RiskPoint, consumer: RiskPoint, distribution: Distribution) -> None:
    """Refusal of two points that lie in the wrong order, or off the scale."""
    if producer.quality >= consumer.quality:
        raise ValueError(
            "the consumer's quality must be worse than the producer's, got "
            f"{consumer.quality} against {producer.quality}: raise the one or lower the other"
        )
    if producer.probability_of_acceptance <= consumer.probability_of_acceptance:
        raise ValueError(
            "the producer's probability of acceptance must be above the consumer's, got "
            f"{producer.probability_of_acceptance} against {consumer.probability_of_acceptance}"
        )
    if distribution != "poisson":
        _check_fraction(consumer)


def _check_fraction(point: RiskPoint) -> None:
    if point.quality > 1:
        raise ValueError(
            f"a fraction nonconforming cannot be above 1, got {point.quality}; "
            "use distribution='poisson' for nonconformities per item"
        )


def _poisson_size(point: RiskPoint) -> Callable[[int], float]:
    """Sample size at which a lot of this quality is accepted with this probability."""
    return lambda limit: float(
        special.gammainccinv(limit + 1, point.probability_of_acceptance) / point.quality
    )


def _binomial_size(point: RiskPoint) -> Callable[[int], float]:
    """As `_poisson_size`, for the binomial; fractional, the incomplete beta being smooth in n."""
    from scipy.optimize import brentq  # slow to import, and look-ups can do without it

    if point.quality == 1.0:
        return lambda limit: limit + 1.0
    poisson_size = _poisson_size(point)

    def size(limit: int) -> float:
        def excess(n: float) -> float:
            return float(
                special.betaincc(limit + 1, n - limit, point.quality)
                - point.probability_of_acceptance
            )

        lowest = limit + 1e-12
        highest = max(poisson_size(limit), limit + 1.0) * 1.01 + 1
        while excess(highest) > 0:
            highest *= 1.5
        return float(brentq(excess, lowest, highest, xtol=1e-12, rtol=1e-14))

    return size


def _find_in_lot(producer: RiskPoint, consumer: RiskPoint, lot_size: int | None) -> SamplingPlan:
    if lot_size is None:
        raise ValueError("lot_size is needed for distribution='hypergeometric'")
    good, poor = nonconforming_in_lot(producer, consumer, lot_size)

    def size(limit: int) -> int:
        return smallest_sample_size(limit, poor, lot_size, consumer.probability_of_acceptance)

    def keeps_producer(limit: int, size: int) -> bool:
        kept = float(hypergeometric_at_most(limit, size, good, lot_size))
        return kept >= producer.probability_of_acceptance * (1 - ROUNDING)

    # One item fewer than needed and still too strict: then no smaller Ac will do either.
    low, high = -1, good
    while high - low > 1:
        middle = (low + high) // 2
        hopeless = not keeps_producer(middle, size(middle) - 1)
        low, high = (middle, high) if hopeless else (low, middle)
    limit = low + 1
    while not keeps_producer(limit, size(limit)):
        limit += 1
    return SamplingPlan.single(size(limit), limit)


def nonconforming_in_lot(
    producer: RiskPoint, consumer: RiskPoint, lot_size: int
) -> tuple[int, int]:
    """Whole nonconforming items that the two qualities mean in a lot.

    "As good as p" is at most p times the lot size, rounded down; "as bad as p" at least
    that, rounded up. Figures within 1e-9 of a whole number count as it.

    Examples
    --------
    >>> nonconforming_in_lot(RiskPoint(0.01, 0.95), RiskPoint(0.04, 0.10), 180)
    (1, 8)
    """
    whole_number("lot_size", lot_size, least=1)
    good = math.floor(round(producer.quality * lot_size, 9))
    poor = math.ceil(round(consumer.quality * lot_size, 9))
    if good >= poor:
        raise ValueError(
            f"in a lot of {lot_size} both qualities mean {good} nonconforming items: "
            "move them further apart"
        )
    return good, poor


@dataclass(frozen=True)
class AttainedRisks:
    """Exact risks of a plan at two qualities, each from 0 to 1."""

    producers_risk: float
    consumers_risk: float

    def keep(self, producer: RiskPoint, consumer: RiskPoint) -> bool:
        """Whether both are within what the two points allow; kept exactly is kept."""
        allowed = 1 - producer.probability_of_acceptance
        return (
            self.producers_risk <= allowed + ROUNDING * producer.probability_of_acceptance
            and self.consumers_risk <= consumer.probability_of_acceptance * (1 + ROUNDING)
        )


def attained_risks(
    plan: Plan, producer: RiskPoint, consumer: RiskPoint, *, lot_size: int | None = None
) -> AttainedRisks:
    """Exact risks of a plan of any kind at two points, beside those wished for.

    Parameters
    ----------
    plan
        Plan of any kind.
    producer, consumer
        Good and poor quality as fractions nonconforming.
    lot_size
        Items in the lot, which the qualities are rounded to (`nonconforming_in_lot`);
        None for a lot much larger than the sample.

    Examples
    --------
    >>> points = RiskPoint(0.05, 0.95), RiskPoint(0.15, 0.075)
    >>> risks = attained_risks(find_plan(*points), *points)
    >>> round(risks.producers_risk, 4), round(risks.consumers_risk, 4)
    (0.0466, 0.0727)
    """
    if lot_size is None:
        return AttainedRisks(
            producers_risk(plan, producer.quality),
            probability_of_acceptance(plan, consumer.quality),
        )
    good, poor = nonconforming_in_lot(producer, consumer, lot_size)
    in_lot: Distribution = "hypergeometric"
    return AttainedRisks(
        producers_risk(plan, good, distribution=in_lot, lot_size=lot_size),
        probability_of_acceptance(plan, poor, distribution=in_lot, lot_size=lot_size),
    )


def smallest_sample_size(
    acceptance_number: int, nonconforming: int, lot_size: int, consumers_risk: float
) -> int:
    """Smallest sample that accepts a lot with so many nonconforming items at most so often.

    Parameters
    ----------
    acceptance_number
        Ac, below ``nonconforming``.

    Examples
    --------
    >>> smallest_sample_size(0, 5, 50, 0.10)
    18
    """
    low, high = acceptance_number, lot_size
    most = consumers_risk * (1 + ROUNDING)
    while high - low > 1:
        middle = (low + high) // 2
        often = float(hypergeometric_at_most(acceptance_number, middle, nonconforming, lot_size))
        low, high = (low, middle) if often <= most else (middle, high)
    return high


def find_accept_zero_plan(consumer: RiskPoint, *, lot_size: int | None = None) -> SamplingPlan:
    """Smallest plan with acceptance number 0 that keeps the consumer's risk.

    Parameters
    ----------
    consumer
        Poor quality as a fraction nonconforming, and the most often that it may
        be accepted.
    lot_size
        Items in the lot; None for a lot much larger than the sample. In a lot
        the quality is rounded up to whole items.

    Returns
    -------
    A single plan with Ac 0.

    Examples
    --------
    >>> find_accept_zero_plan(RiskPoint(0.10, 0.10), lot_size=50)
    SamplingPlan(18 0/1)
    >>> find_accept_zero_plan(RiskPoint(0.01, 0.05))
    SamplingPlan(299 0/1)
    """
    _check_fraction(consumer)
    if lot_size is None:
        if consumer.quality == 1:
            return SamplingPlan.single(1, 0)
        ratio = np.log(consumer.probability_of_acceptance) / np.log1p(-consumer.quality)
        return SamplingPlan.single(max(1, math.ceil(round(float(ratio), 9))), 0)
    whole_number("lot_size", lot_size, least=1)
    poor = math.ceil(round(consumer.quality * lot_size, 9))
    return SamplingPlan.single(
        smallest_sample_size(0, poor, lot_size, consumer.probability_of_acceptance), 0
    )
