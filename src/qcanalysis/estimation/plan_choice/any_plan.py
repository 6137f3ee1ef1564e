"""What a plan of any kind leads to on average, lots being drawn from a prior."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np

from qcanalysis.estimation.lot_cost import LotExpectation, accepted_unseen, expectation
from qcanalysis.estimation.quality_prior import QualityPrior, below, count_weights
from qcanalysis.sampling.chain import ChainPlan
from qcanalysis.sampling.decisions import Plan
from qcanalysis.sampling.plan import SamplingPlan
from qcanalysis.sampling.sequential import SequentialPlan
from qcanalysis.sampling.skip_lot import SkipLotPlan


def plan_expectation(
    plan: Plan, prior: QualityPrior, lot_size: int, *, good_quality: float = 0.0
) -> LotExpectation:
    """What a plan of any kind that counts leads to on average, exactly.

    Parameters
    ----------
    plan
        `SamplingPlan`, `SequentialPlan`, `ChainPlan` or `SkipLotPlan` over one of them.
    prior, lot_size, good_quality
        As for `qcanalysis.estimation.lot_cost.expectation`.

    Returns
    -------
    Means over the prior. A chain or skip-lot plan looks back on earlier lots: their
    qualities are taken as independent draws from the prior, as the next lot's is. (At a
    constant quality, as its OC curve has it, bad lots would be skipped less often.)

    Raises
    ------
    TypeError
        If the plan measures: then it has no count of bad items to weigh.

    Examples
    --------
    >>> from qcanalysis.estimation.remainder import BetaPrior
    >>> lots = BetaPrior(2, 98)
    >>> every = plan_expectation(SamplingPlan.single(80, 3), lots, 3_000)
    >>> some = plan_expectation(SkipLotPlan(SamplingPlan.single(80, 3), 8, 0.25), lots, 3_000)
    >>> round(every.probability_of_acceptance, 3), round(some.visits, 3)
    (0.875, 0.492)
    """
    if isinstance(plan, SamplingPlan):
        return expectation(plan, prior, lot_size, good_quality=good_quality)
    if isinstance(plan, SequentialPlan):
        return expectation(item_by_item(plan), prior, lot_size, good_quality=good_quality)
    if isinstance(plan, ChainPlan):
        return _chain(plan, prior, lot_size, good_quality)
    if isinstance(plan, SkipLotPlan):
        seen = plan_expectation(plan.reference, prior, lot_size, good_quality=good_quality)
        f, cleared = plan.fraction_inspected, seen.probability_of_acceptance**plan.clearance_number
        share = f / ((1 - f) * cleared + f)
        return _mixed(share, seen, accepted_unseen(prior, lot_size))
    raise TypeError(f"plan must count nonconforming items, got {type(plan).__name__}")


def item_by_item(plan: SequentialPlan) -> SamplingPlan:
    """A sequential plan as a multiple plan with one item at each stage.

    Examples
    --------
    >>> from qcanalysis.sampling import probability_of_acceptance
    >>> plan = SequentialPlan(0.1, 1.0, 1.5, sample_size=30, acceptance_number=3)
    >>> round(probability_of_acceptance(plan, 0.1) -
    ...       probability_of_acceptance(item_by_item(plan), 0.1), 12)
    0.0
    """
    accepting, refusing = (numbers.tolist() for numbers in plan.decision_numbers())
    return SamplingPlan(
        sample_sizes=(1,) * plan.sample_size,
        acceptance_numbers=tuple(limit if limit >= 0 else None for limit in accepting),
        rejection_numbers=tuple(refusing),
    )


def _chain(
    plan: ChainPlan, prior: QualityPrior, lot_size: int, good_quality: float
) -> LotExpectation:
    n = plan.sample_size
    if n > lot_size:
        raise ValueError(f"the plan draws {n} items, the lot has {lot_size}: use one that fits")
    weights = count_weights(prior, n, good_quality)
    clean_before = float(weights[0, 0]) ** plan.previous_lots
    often, bad, good = weights[:, 0] + clean_before * weights[:, 1]
    return LotExpectation(
        visits=1.0,
        items_inspected=float(n),
        rejected=1 - float(often),
        rejected_good=max(below(prior, good_quality)[0] - float(good), 0.0),
        items_screened=(1 - float(often)) * (lot_size - n),
        bad_items_shipped=float(bad) * (lot_size - n),
    )


def _mixed(share: float, seen: LotExpectation, unseen: LotExpectation) -> LotExpectation:
    """Means of lots inspected this often, and let through otherwise."""
    means = share * np.array(astuple(seen)) + (1 - share) * np.array(astuple(unseen))
    return LotExpectation(*means.tolist())
