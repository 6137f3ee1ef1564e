"""Chain sampling (ChSP-1): one nonconforming item forgiven after a run of clean samples."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qcanalysis.sampling.decisions import Decisions
from qcanalysis.sampling.design import (
    ROUNDING,
    attained_risks,
    check_order,
    find_accept_zero_plan,
)
from qcanalysis.sampling.distributions import Array, Distribution, more_than, probability
from qcanalysis.sampling.plan import RiskPoint, whole_number


@dataclass(frozen=True)
class ChainPlan:
    """A chain sampling plan ChSP-1, for a small sample from each lot of a series.

    The lot is accepted when its sample holds no nonconforming item; with one it is
    accepted only if the samples of the ``previous_lots`` lots just before held none.
    Its figures are those of a long series of lots of one quality.

    Parameters
    ----------
    sample_size
        Items inspected from every lot, n.
    previous_lots
        Preceding lots that have to be clean, i.

    References
    ----------
    Dodge, Chain sampling inspection plan, Industrial Quality Control 11(4), 1955.

    Examples
    --------
    >>> from qcanalysis.sampling import probability_of_acceptance
    >>> plan = ChainPlan(sample_size=5, previous_lots=3)
    >>> round(probability_of_acceptance(plan, 0.10), 3)     # Montgomery: 0.590 + 0.328 × 0.590³
    0.658
    """

    sample_size: int
    previous_lots: int

    def __post_init__(self) -> None:
        for name in ("sample_size", "previous_lots"):
            object.__setattr__(self, name, whole_number(name, getattr(self, name), least=1))

    def decisions(
        self, quality: Array, distribution: Distribution, lot_size: int | None
    ) -> Decisions:
        """Decision on the whole sample: Pa = P0 + P1 P0^i, where Px is the chance of x found.

        With "hypergeometric" every lot of the series holds the same number of
        nonconforming items.
        """
        n, i = self.sample_size, self.previous_lots
        none = probability(0, n, quality, distribution, lot_size)
        one = probability(1, n, quality, distribution, lot_size)
        any_found = more_than(0, n, quality, distribution, lot_size)
        with np.errstate(divide="ignore"):
            chain_broken = -np.expm1(i * np.log1p(-any_found))
        refused = more_than(1, n, quality, distribution, lot_size) + one * chain_broken
        return Decisions(np.array([float(n)]), (none + one * none**i)[None, :], refused[None, :])


def find_chain_plan(
    producer: RiskPoint, consumer: RiskPoint, *, lot_size: int | None = None
) -> ChainPlan:
    """Smallest chain plan that keeps both risks.

    Parameters
    ----------
    producer, consumer
        As in `find_plan`: fractions nonconforming. In a lot the producer's quality is
        rounded down to whole items and the consumer's up.
    lot_size
        Items in the lot; None for a lot much larger than the sample.

    Returns
    -------
    The plan with the smallest n, and then the fewest previous lots, that keeps both points.

    Raises
    ------
    ValueError
        As `find_plan`; and if no chain plan keeps both. Chains forgive a single
        item, so points close together need another kind of plan.

    Examples
    --------
    >>> find_chain_plan(RiskPoint(0.005, 0.95), RiskPoint(0.10, 0.10))
    ChainPlan(sample_size=22, previous_lots=3)
    """
    check_order(producer, consumer, "binomial")
    size = find_accept_zero_plan(consumer, lot_size=lot_size).sample_size
    while True:
        shortest = ChainPlan(size, 1)
        risks = attained_risks(shortest, producer, consumer, lot_size=lot_size)
        if risks.producers_risk > 1 - producer.probability_of_acceptance + ROUNDING:
            raise ValueError(
                f"no chain plan keeps both points: it takes {size} items or more for the "
                f"consumer's, and then a lot of quality {producer.quality:g} is refused "
                f"{risks.producers_risk:.3g} of the time even if one clean lot before suffices; "
                "use find_plan, or move the points further apart"
            )
        plan = _kept_by_chain(size, producer, consumer, lot_size)
        if plan is not None:
            return plan
        size += 1


def _kept_by_chain(
    size: int, producer: RiskPoint, consumer: RiskPoint, lot_size: int | None
) -> ChainPlan | None:
    """Plan with this sample and the fewest previous lots that keeps both points, if any does."""
    previous_lots = 1
    before = math.inf
    while True:
        plan = ChainPlan(size, previous_lots)
        risks = attained_risks(plan, producer, consumer, lot_size=lot_size)
        if risks.keep(producer, consumer):
            return plan
        too_strict = risks.producers_risk > 1 - producer.probability_of_acceptance + ROUNDING
        if too_strict or risks.consumers_risk >= before:
            return None
        before = risks.consumers_risk
        previous_lots += 1
