"""The candidates side by side, and the one to put into the order."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from qcanalysis.estimation.least_cost import PlanSearch
from qcanalysis.estimation.lot_cost import LotCosts, LotExpectation
from qcanalysis.estimation.plan_choice.any_plan import plan_expectation
from qcanalysis.estimation.plan_choice.candidates import (
    ComparedPlan,
    PlanQuestion,
    candidate_plans,
)
from qcanalysis.estimation.quality_prior import QualityPrior
from qcanalysis.sampling.decisions import Plan
from qcanalysis.sampling.design import AttainedRisks, attained_risks, nonconforming_in_lot
from qcanalysis.sampling.plan import SamplingPlan
from qcanalysis.sampling.plan_words import plan_mark
from qcanalysis.sampling.sample_number import average_sample_number

MARGIN = 0.05


@dataclass(frozen=True)
class CostedPlan:
    """A candidate with its exact risks in the lot and what it costs on average."""

    candidate: ComparedPlan
    risks: AttainedRisks
    keeps_wishes: bool
    sample_numbers: tuple[float, float, float]
    expectation: LotExpectation
    expected_cost: float

    @property
    def name(self) -> str:
        """Name of the candidate."""
        return self.candidate.name

    @property
    def plan(self) -> Plan:
        """The plan itself."""
        return self.candidate.plan

    @property
    def is_single(self) -> bool:
        """Whether it takes one sample from the lot and nothing else."""
        return isinstance(self.plan, SamplingPlan) and self.plan.stages == 1


@dataclass(frozen=True, eq=False)
class PlanChoice:
    """Every candidate costed, made by `choose_plan`.

    Parameters
    ----------
    question, prior, costs
        What was asked.
    plans
        Candidates by expected cost, the cheapest first.
    without_sampling
        Name and expected cost of the ways without a sample, the cheapest first.
    today, recommended
        Two of the plans.
    left_out
        Candidates that are none here, with the reason.
    margin
        Share of a cost that counts as no difference.
    """

    question: PlanQuestion
    prior: QualityPrior
    costs: LotCosts
    plans: tuple[CostedPlan, ...]
    without_sampling: tuple[tuple[str, float], ...]
    today: CostedPlan
    recommended: CostedPlan
    left_out: dict[str, str]
    margin: float

    @property
    def keeping(self) -> tuple[CostedPlan, ...]:
        """Plans that keep both wishes, the cheapest first."""
        return tuple(one for one in self.plans if one.keeps_wishes)


def share_above(cost: float, least: float) -> float:
    """What a cost is above another, as a share of that; NaN above nothing."""
    return (cost - least) / least if least > 0 else math.nan


def choose_plan(
    question: PlanQuestion,
    search: PlanSearch,
    costs: LotCosts,
    *,
    margin: float = MARGIN,
) -> PlanChoice:
    """Every candidate costed over the prior, and the one to put into the order.

    Parameters
    ----------
    question
        Lot, AQL and the two wishes.
    search
        Search over the prior of the next lot, of the same lot size.
    costs
        What inspection and being wrong cost.
    margin
        Share of an expected cost that counts as no difference.

    Returns
    -------
    The choice. Recommended is a plan that keeps both wishes and costs at most the margin
    more than the cheapest that does: today's if it is one, then a single plan, then the
    cheapest. The costs settle which plan, not whether the wishes hold.

    Raises
    ------
    ValueError
        If the two wishes contradict each other, or the search is for another lot size.

    Examples
    --------
    >>> from qcanalysis.estimation.remainder import BetaPrior
    >>> from qcanalysis.sampling.plan import RiskPoint
    >>> question = PlanQuestion(3_000, 2.5, RiskPoint(0.01, 0.95), RiskPoint(0.06, 0.10))
    >>> costs = LotCosts(per_item=0.5, per_visit=250, per_bad_item_shipped=12, per_rejected_lot=900)
    >>> choice = choose_plan(question, PlanSearch(BetaPrior(2, 98), 3_000), costs)
    >>> choice.recommended.name, choice.recommended.plan
    ('isolated lot, limiting quality', SamplingPlan(109 3/4))
    """
    if search.lot_size != question.lot_size:
        raise ValueError(
            f"search is for a lot of {search.lot_size}, the question for {question.lot_size}"
        )
    candidates, left_out = candidate_plans(question, search, costs)
    costed = [_costed(one, question, search.prior, costs) for one in candidates]
    plans = tuple(sorted(costed, key=lambda one: one.expected_cost))
    today = costed[0]
    keeping = [one for one in plans if one.keeps_wishes]  # 'both wishes, single' at the least
    limit = (1 + margin) * keeping[0].expected_cost
    recommended = min(
        (one for one in keeping if one.expected_cost <= limit),
        key=lambda one: (one is not today, not one.is_single, one.expected_cost),
    )
    ways = [(way.name, way.expected_cost) for way in search.without_sampling(costs)]
    return PlanChoice(
        question,
        search.prior,
        costs,
        plans,
        tuple(sorted(ways, key=lambda way: way[1])),
        today,
        recommended,
        left_out,
        margin,
    )


def _costed(
    candidate: ComparedPlan, question: PlanQuestion, prior: QualityPrior, costs: LotCosts
) -> CostedPlan:
    plan, lot_size = candidate.plan, question.lot_size
    points = question.producer, question.consumer
    risks = attained_risks(plan, *points, lot_size=lot_size)
    good, poor = nonconforming_in_lot(*points, lot_size)
    average = round(prior.mean * lot_size)
    numbers = average_sample_number(
        plan, [good, average, poor], distribution="hypergeometric", lot_size=lot_size
    )
    means = plan_expectation(plan, prior, lot_size, good_quality=costs.good_quality)
    return CostedPlan(
        candidate,
        risks,
        risks.keep(*points),
        (float(numbers[0]), float(numbers[1]), float(numbers[2])),
        means,
        means.cost(costs),
    )


def effort_table(choice: PlanChoice) -> pd.DataFrame:
    """What every candidate asks of the inspector and promises, in the order of cost.

    Returns
    -------
    Columns ``candidate, plan_mark, producers_risk, consumers_risk, keeps_wishes, items_good,
    items_average, items_poor`` (mean items drawn from a good, an average and a poor lot),
    ``mean_acceptance`` (over the prior) and ``for_the_inspector``.
    """
    rows = [
        {
            "candidate": one.name,
            "plan_mark": plan_mark(one.plan),
            "producers_risk": one.risks.producers_risk,
            "consumers_risk": one.risks.consumers_risk,
            "keeps_wishes": one.keeps_wishes,
            "items_good": one.sample_numbers[0],
            "items_average": one.sample_numbers[1],
            "items_poor": one.sample_numbers[2],
            "mean_acceptance": one.expectation.probability_of_acceptance,
            "for_the_inspector": one.candidate.for_the_inspector,
        }
        for one in choice.plans
    ]
    return pd.DataFrame(rows)


def cost_table(choice: PlanChoice) -> pd.DataFrame:
    """Expected cost of a lot under every candidate and without any sample, cheapest first.

    Returns
    -------
    Columns ``candidate, plan_mark, expected_cost, regret`` (above the cheapest plan or way),
    ``regret_share, lots_inspected, mean_items, mean_acceptance, bad_shipped``; what the
    ways without a sample lead to is left empty.
    """
    rows = [
        {
            "candidate": one.name,
            "plan_mark": plan_mark(one.plan),
            "expected_cost": one.expected_cost,
            "visits_per_lot": one.expectation.visits,
            "mean_items": one.expectation.items_inspected,
            "mean_acceptance": one.expectation.probability_of_acceptance,
            "bad_shipped": one.expectation.bad_items_shipped,
        }
        for one in choice.plans
    ]
    rows += [{"candidate": name, "expected_cost": cost} for name, cost in choice.without_sampling]
    table = pd.DataFrame(rows).sort_values("expected_cost", kind="stable", ignore_index=True)
    least = table["expected_cost"].iloc[0]
    table.insert(3, "regret", table["expected_cost"] - least)
    table.insert(4, "regret_share", [share_above(c, least) for c in table["expected_cost"]])
    return table
