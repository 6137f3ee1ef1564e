"""Double sampling plans found from the risks that they have to keep."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from qcanalysis.sampling.design import (
    ROUNDING,
    check_order,
    find_accept_zero_plan,
    nonconforming_in_lot,
)
from qcanalysis.sampling.distributions import Array, Distribution, probability
from qcanalysis.sampling.plan import RiskPoint, SamplingPlan


def find_double_plan(
    producer: RiskPoint, consumer: RiskPoint, *, lot_size: int | None = None
) -> SamplingPlan:
    """Double plan with two equal samples that keeps both risks and inspects least.

    Searched are all plans with n1 = n2 and Re1 = Re2 = Ac2 + 1, the usual form; the
    second sample is always inspected in full. Every n is tried, with every pair of
    acceptance numbers, until n alone exceeds the best average sample number.

    Parameters
    ----------
    producer, consumer
        As in `find_plan`: fractions nonconforming. In a lot the producer's quality is
        rounded down to whole items and the consumer's up.
    lot_size
        Items in the lot, drawn without replacement; None for a lot much larger
        than the sample.

    Returns
    -------
    The plan with the smallest average sample number at the producer's quality, then the
    smallest n.

    Raises
    ------
    ValueError
        As `find_plan`; and if no such plan fits the lot.

    Examples
    --------
    >>> points = RiskPoint(0.01, 0.95), RiskPoint(0.06, 0.10)
    >>> find_double_plan(*points)      # on average 76 items at 1 %; the single plan takes 110
    SamplingPlan(67 1/4; 67 3/4)
    """
    check_order(producer, consumer, "binomial")
    good, poor = producer.quality, consumer.quality
    if lot_size is not None:
        good, poor = nonconforming_in_lot(producer, consumer, lot_size)
    often = producer.probability_of_acceptance * (1 - ROUNDING)
    seldom = consumer.probability_of_acceptance * (1 + ROUNDING)
    largest = math.inf if lot_size is None else lot_size // 2
    size = find_accept_zero_plan(consumer, lot_size=lot_size).sample_size  # as Ac1 is at least 0
    limits, lowest = 0, math.inf
    best: SamplingPlan | None = None
    while size < lowest and size <= largest:
        # A double plan accepts whatever the single plan (2n, Ac2) accepts: Ac2 has an end.
        while _sample(2 * size, limits + 1, poor, lot_size).sum() <= seldom:
            limits += 1
        kept = _acceptance(size, limits, poor, lot_size) <= seldom
        kept &= np.tri(limits, k=-1, dtype=bool).T  # Ac1 below Ac2
        if kept.any():
            kept &= _acceptance(size, limits, good, lot_size) >= often
        if kept.any():
            so_far = _sample(size, limits, good, lot_size).cumsum()
            numbers = np.where(kept, size * (1 + so_far - so_far[:, None]), math.inf)
            first, last = np.unravel_index(int(np.argmin(numbers)), numbers.shape)
            if numbers[first, last] < lowest:
                best, lowest = _equal(size, int(first), int(last)), numbers[first, last]
        size += 1
    if best is None:
        raise ValueError(
            f"no double plan with two equal samples keeps both points in a lot of {lot_size}: "
            "use find_plan, or move the points further apart"
        )
    return best


def _equal(size: int, first: int, last: int) -> SamplingPlan:
    return SamplingPlan((size, size), (first, last), (last + 1, last + 1))


def _sample(size: int, counts: int, quality: float, lot_size: int | None) -> Array:
    """Probability of 0, 1, ... nonconforming items in a sample."""
    law: Distribution = "binomial" if lot_size is None else "hypergeometric"
    return probability(np.arange(counts), size, np.array([quality]), law, lot_size)


def _acceptance(size: int, limits: int, quality: float, lot_size: int | None) -> Array:
    """Pa of every pair of acceptance numbers below ``limits``; rows Ac1, columns Ac2."""
    both = _sample(2 * size, limits, quality, lot_size) * _split(size, limits)
    after_two = both.cumsum(axis=1)  # x in the first sample and at most Ac2 in the two
    beyond = after_two[::-1].cumsum(axis=0)[::-1] - after_two
    result: Array = _sample(size, limits, quality, lot_size).cumsum()[:, None] + beyond
    return result


def _split(size: int, limits: int) -> Array:
    """Probability of x in the first sample, given t in both: rows x, columns t, any quality."""
    x = np.arange(limits)
    chosen = special.gammaln(size + 1) - special.gammaln(x + 1) - special.gammaln(size - x + 1)
    of_both = (
        special.gammaln(2 * size + 1) - special.gammaln(x + 1) - special.gammaln(2 * size - x + 1)
    )
    rest = x[None, :] - x[:, None]
    result: Array = np.where(
        rest >= 0, np.exp(chosen[:, None] + chosen[np.maximum(rest, 0)] - of_both), 0.0
    )
    return result
