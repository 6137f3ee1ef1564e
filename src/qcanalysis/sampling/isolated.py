"""Plans for an isolated lot: no series, no switching, the consumer protected in this very lot.

A lot counts as being of limiting quality when it holds at least the whole number of
nonconforming items at or above LQ x N. The count is hypergeometric, so n and Ac depend
on the lot size; that is what sets these plans apart from an AQL plan of a series.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from qcanalysis.sampling.design import ROUNDING, smallest_sample_size
from qcanalysis.sampling.distributions import hypergeometric_at_most
from qcanalysis.sampling.plan import SamplingPlan, whole_number

CONSUMERS_RISK = 0.10


@dataclass(frozen=True)
class LimitingQualityPlan:
    """Single plan for one isolated lot, made by `limiting_quality_plan`.

    Parameters
    ----------
    plan, lot_size
        The plan, and the lot that it is for.
    nonconforming_at_limit
        Nonconforming items that make this lot one of limiting quality.
    consumers_risk
        Probability that such a lot is accepted: at most the risk asked for.
    nonconforming_accepted
        Most nonconforming items that this lot may hold and still be accepted at least
        19 times in 20: what the supplier has to deliver.
    """

    plan: SamplingPlan
    lot_size: int
    nonconforming_at_limit: int
    consumers_risk: float
    nonconforming_accepted: int

    @property
    def inspects_all(self) -> bool:
        """Whether the sample is the lot."""
        return self.plan.sample_size == self.lot_size


def limiting_quality_plan(
    lot_size: int,
    limiting_quality: float,
    *,
    acceptance_number: int = 0,
    consumers_risk: float = CONSUMERS_RISK,
) -> LimitingQualityPlan:
    """Smallest sample that keeps the consumer's risk at the limiting quality of one lot.

    Parameters
    ----------
    lot_size
        Items in the lot.
    limiting_quality
        LQ: quality that is to be accepted no more often than ``consumers_risk``, as a
        fraction nonconforming; rounded up to whole items in the lot.
    acceptance_number
        Ac; a larger one asks a larger sample and refuses fewer good lots.
    consumers_risk
        Most often that a lot of limiting quality may be accepted.

    Returns
    -------
    The plan with what it does to this lot.

    Raises
    ------
    ValueError
        If no sample of the lot can do it; the message says what is attainable.

    References
    ----------
    ISO 2859-2, procedure A (lots isolated for both sides); its tables take n and Ac from
    preferred series and let the risk go up to 13 %, this keeps the risk exactly.

    Examples
    --------
    >>> lot = limiting_quality_plan(500, 0.05)
    >>> lot.plan, round(lot.consumers_risk, 4), lot.nonconforming_at_limit
    (SamplingPlan(43 0/1), 0.0996, 25)
    """
    whole_number("lot_size", lot_size, least=1)
    whole_number("acceptance_number", acceptance_number, least=0)
    _check_fraction("limiting_quality", limiting_quality)
    _check_fraction("consumers_risk", consumers_risk)
    poor = nonconforming_items(limiting_quality, lot_size)
    if acceptance_number >= poor:
        raise ValueError(
            f"acceptance_number must be below {poor}, got {acceptance_number}: a lot of "
            f"{lot_size} is of limiting quality {limiting_quality:g} with {poor} nonconforming "
            f"items already; accept at most {poor - 1}, or raise limiting_quality"
        )
    size = smallest_sample_size(acceptance_number, poor, lot_size, consumers_risk)
    return LimitingQualityPlan(
        plan=SamplingPlan.single(size, acceptance_number),
        lot_size=lot_size,
        nonconforming_at_limit=poor,
        consumers_risk=float(hypergeometric_at_most(acceptance_number, size, poor, lot_size)),
        nonconforming_accepted=_most_nonconforming(acceptance_number, size, lot_size, 0.95),
    )


def limiting_quality_plans(
    lot_size: int,
    limiting_quality: float,
    *,
    largest_acceptance_number: int = 10,
    consumers_risk: float = CONSUMERS_RISK,
) -> tuple[LimitingQualityPlan, ...]:
    """Plans of an isolated lot for each acceptance number that it leaves room for.

    Examples
    --------
    >>> [(lot.plan, lot.nonconforming_accepted) for lot in limiting_quality_plans(
    ...     1_000, 0.05, largest_acceptance_number=2)]
    [(SamplingPlan(44 0/1), 1), (SamplingPlan(75 1/2), 5), (SamplingPlan(102 2/3), 8)]
    """
    most = min(largest_acceptance_number, nonconforming_items(limiting_quality, lot_size) - 1)
    return tuple(
        limiting_quality_plan(
            lot_size, limiting_quality, acceptance_number=limit, consumers_risk=consumers_risk
        )
        for limit in range(most + 1)
    )


def nonconforming_items(fraction: float, lot_size: int) -> int:
    """Fewest whole items that are at least this fraction of the lot.

    Examples
    --------
    >>> nonconforming_items(0.05, 501), nonconforming_items(0.05, 500)
    (26, 25)
    """
    return max(math.ceil(round(fraction * lot_size, 9)), 1)


def _most_nonconforming(limit: int, sample_size: int, lot_size: int, acceptance: float) -> int:
    """Most nonconforming items with which the lot is accepted at least so often."""
    low, high = limit, lot_size + 1
    while high - low > 1:
        middle = (low + high) // 2
        often = float(hypergeometric_at_most(limit, sample_size, middle, lot_size))
        low, high = (middle, high) if often >= acceptance * (1 - ROUNDING) else (low, middle)
    return low


def _check_fraction(name: str, value: float) -> None:
    if not 0 < value < 1:
        raise ValueError(f"{name} must lie strictly between 0 and 1, got {value!r}")
