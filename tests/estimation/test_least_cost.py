"""Least-cost plans against quadrature, against every plan of a small lot, and Deming's rule."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest
from scipy import integrate, stats

from qcanalysis.estimation.cost_range import COSTS, cost_range, value_of_visit
from qcanalysis.estimation.least_cost import PlanSearch
from qcanalysis.estimation.lot_cost import (
    LotCosts,
    LotExpectation,
    accepted_unseen,
    expectation,
    inspected_in_full,
    rejected_unseen,
)
from qcanalysis.estimation.quality_prior import CountTable, MixturePrior, below, count_weights
from qcanalysis.estimation.remainder import BetaPrior
from qcanalysis.sampling import SamplingPlan, probability_of_acceptance

PRIOR = BetaPrior(0.8, 9.0)
GOOD = 0.04
COST = LotCosts(
    per_item=1.0,
    per_visit=3.0,
    per_bad_item_shipped=25.0,
    per_rejected_lot=40.0,
    per_rejected_good_lot=30.0,
    good_quality=GOOD,
    per_item_screened=0.2,
)
MIXTURE = MixturePrior((BetaPrior(2, 60), BetaPrior(3, 9), 0.02, 0.5), (0.4, 0.2, 0.3, 0.1))


def averaged(function, prior=PRIOR, low=0.0, high=1.0):
    """Mean of a function of the fraction nonconforming over a beta prior, by quadrature."""

    def weighted(p):
        return function(p) * stats.beta.pdf(p, prior.alpha, prior.beta)

    edges = sorted({low, high, *(e for e in (1e-6, 1e-3, GOOD, 0.2) if low < e < high)})
    return sum(
        integrate.quad(weighted, a, b, epsabs=1e-13, epsrel=1e-12, limit=400)[0]
        for a, b in pairwise(edges)
    )


@pytest.mark.parametrize(
    "plan",
    [
        SamplingPlan.single(7, 1),
        SamplingPlan.single(20, 3, 5),
        SamplingPlan((6, 9), (0, 2), (2, 4)),
        SamplingPlan((4, 4, 4), (None, 1, 3), (2, 3, 4)),
    ],
)
def test_the_expectation_of_a_plan_is_the_quadrature_over_the_prior(plan):
    lot_size = 60
    ours = expectation(plan, PRIOR, lot_size, good_quality=GOOD)

    def accepted(p):
        return probability_of_acceptance(plan, p)

    assert ours.probability_of_acceptance == pytest.approx(averaged(accepted), abs=1e-9)
    assert ours.rejected_good == pytest.approx(
        averaged(lambda p: 1 - accepted(p), high=GOOD), abs=1e-9
    )
    assert ours.visits == 1
    sizes = plan.cumulative_sample_sizes
    if plan.stages == 1:
        left = lot_size - sizes[0]
        assert ours.bad_items_shipped == pytest.approx(
            left * averaged(lambda p: p * accepted(p)), abs=1e-8
        )
        assert ours.items_screened == pytest.approx(
            left * averaged(lambda p: 1 - accepted(p)), abs=1e-8
        )
        assert ours.items_inspected == sizes[0]


def test_a_two_stage_plan_equals_the_walk_through_all_counts():
    plan, lot_size = SamplingPlan((5, 6), (0, 2), (3, 3)), 30
    items = bad = screened = 0.0
    for first in range(6):
        chance = averaged(lambda p, x=first: stats.binom.pmf(x, 5, p))
        if first > 0 and first < 3:
            items += 11 * chance
            for second in range(7):

                def both(p, x=first, y=second):
                    return stats.binom.pmf(x, 5, p) * stats.binom.pmf(y, 6, p)

                if first + second <= 2:
                    bad += 19 * averaged(lambda p, f=both: p * f(p))
                else:
                    screened += 19 * averaged(both)
        else:
            items += 5 * chance
            if first == 0:
                bad += 25 * averaged(lambda p: p * (1 - p) ** 5)
            else:
                screened += 25 * chance
    ours = expectation(plan, PRIOR, lot_size, good_quality=GOOD)
    assert ours.items_inspected == pytest.approx(items, abs=1e-8)
    assert ours.bad_items_shipped == pytest.approx(bad, abs=1e-8)
    assert ours.items_screened == pytest.approx(screened, abs=1e-8)


@pytest.mark.parametrize("prior", [PRIOR, MIXTURE], ids=["beta", "mixture"])
def test_thinning_gives_the_weights_of_every_smaller_sample(prior):
    table = CountTable(prior, 300, GOOD, width=40)
    for size in (0, 1, 7, 39, 120, 300):
        direct = count_weights(prior, size, GOOD)[:, :40]
        kept = direct.shape[1]
        for name, row in zip(("probability", "fraction", "good"), direct, strict=True):
            ours = getattr(table, name)[size]
            assert ours[:kept] == pytest.approx(row, rel=1e-10, abs=1e-15)
            assert not ours[kept:].any()


def test_weights_of_a_beta_prior_are_quadratures():
    weights = count_weights(PRIOR, 6, GOOD)
    for count in range(7):

        def chance(p, x=count):
            return stats.binom.pmf(x, 6, p)

        assert weights[0, count] == pytest.approx(averaged(chance), abs=1e-9)
        assert weights[1, count] == pytest.approx(averaged(lambda p, f=chance: p * f(p)), abs=1e-9)
        assert weights[2, count] == pytest.approx(averaged(chance, high=GOOD), abs=1e-9)
    assert weights[0] == pytest.approx(
        stats.betabinom.pmf(np.arange(7), 6, PRIOR.alpha, PRIOR.beta), rel=1e-11
    )


def test_below_of_a_mixture_adds_its_parts():
    chance, mean = below(MIXTURE, 0.05)
    simulated = np.random.default_rng(3)
    part = simulated.choice(4, size=400_000, p=MIXTURE.weights)
    p = np.choose(
        part,
        [simulated.beta(2, 60, part.size), simulated.beta(3, 9, part.size), 0.02, 0.5],
    )
    assert chance == pytest.approx((p <= 0.05).mean(), abs=4 * 0.5 / 400_000**0.5)
    assert mean == pytest.approx(np.where(p <= 0.05, p, 0).mean(), abs=2e-4)
    assert p.mean() == pytest.approx(MIXTURE.mean, abs=2e-3)
    assert below(MIXTURE, 1.0) == pytest.approx((1, MIXTURE.mean))
    assert below(PRIOR, -0.1) == (0, 0)


@pytest.mark.parametrize("prior", [PRIOR, MIXTURE], ids=["beta", "mixture"])
@pytest.mark.parametrize("lot_size", [9, 25])
@pytest.mark.parametrize("bad", [2.0, 8.0, 60.0])
def test_no_single_plan_costs_less(prior, lot_size, bad):
    costs = replace(COST, per_bad_item_shipped=bad)
    search = PlanSearch(prior, lot_size, good_quality=GOOD)
    every = {
        (size, limit): expectation(
            SamplingPlan.single(size, limit), prior, lot_size, good_quality=GOOD
        ).cost(costs)
        for size in range(1, lot_size)
        for limit in range(size)
    }
    assert search.single(costs).expected_cost == pytest.approx(min(every.values()), rel=1e-10)
    assert search.accept_zero(costs).expected_cost == pytest.approx(
        min(cost for (_, limit), cost in every.items() if limit == 0), rel=1e-10
    )
    limits, by_size = search.single_costs(costs)
    for size in range(1, lot_size):
        cheapest = min(cost for (n, _), cost in every.items() if n == size)
        assert by_size[size - 1] == pytest.approx(cheapest, rel=1e-10)
        assert every[size, int(limits[size - 1])] == pytest.approx(cheapest, rel=1e-10)


def every_two_stage(total):
    """All two-stage plans with at most so many items."""
    for first, second in product(range(1, total), range(1, total)):
        if first + second > total:
            continue
        for low, high in product(range(-1, first), range(1, first + 2)):
            if high - low < 2:
                continue
            for last in range(max(low, high - 1, 0), first + second):
                yield SamplingPlan(
                    (first, second), (None if low < 0 else low, last), (high, last + 1)
                )


@pytest.mark.parametrize("prior", [PRIOR, MIXTURE], ids=["beta", "mixture"])
@pytest.mark.parametrize("bad", [8.0, 20.0, 60.0])
def test_no_two_stage_plan_costs_less(prior, bad):
    costs = replace(COST, per_bad_item_shipped=bad, per_item_screened=0.0)
    lot_size = 40
    search = PlanSearch(prior, lot_size, good_quality=GOOD)
    found = search.two_stage(costs, largest_total=8)
    cheapest = min(
        expectation(plan, prior, lot_size, good_quality=GOOD).cost(costs)
        for plan in every_two_stage(8)
    )
    if found is None:  # then no second sample pays for itself
        at_once = [rejected_unseen(prior, lot_size, GOOD).cost(costs)]
        assert cheapest > min([*search.single_costs(costs)[1][:8], *at_once])
        assert bad == 60.0
        return
    assert found.expected_cost == pytest.approx(cheapest, rel=1e-10)


def test_two_stages_cost_no_more_than_one():
    search = PlanSearch(BetaPrior(2, 98), 3_000)
    costs = LotCosts(per_item=0.5, per_visit=250, per_bad_item_shipped=12, per_rejected_lot=900)
    single, double = search.single(costs), search.two_stage(costs)
    assert double is not None
    assert double.expected_cost < single.expected_cost
    assert double.expected_cost == pytest.approx(
        expectation(double.plan, search.prior, 3_000).cost(costs)
    )


@pytest.mark.parametrize(("fraction", "ratio"), [(0.01, 2.0), (0.01, 0.5), (0.2, 1.1), (0.2, 0.9)])
def test_demings_rule_a_known_process_asks_for_all_or_nothing(fraction, ratio):
    """All of the lot if p > k1 / k2, none if p < k1 / k2 (Out of the Crisis, ch. 15)."""
    costs = LotCosts(per_item=1.0, per_visit=0.0, per_bad_item_shipped=ratio / fraction)
    known = MixturePrior((fraction,), (1.0,))
    # Whatever is not accepted is sorted at the price of the sample.
    costs = replace(costs, per_item_screened=1.0)
    search = PlanSearch(known, 200)
    costs_of = {one.name: one.expected_cost for one in search.without_sampling(costs)}
    way = "inspect every item" if ratio > 1 else "accept without inspection"
    least = search.least(costs).expected_cost
    assert costs_of[way] <= 1.000001 * least
    assert least == pytest.approx(200 * min(1.0, ratio))


def test_costless_bad_items_ask_for_no_inspection_and_dear_ones_for_every_item():
    search = PlanSearch(PRIOR, 500, good_quality=GOOD)
    free = search.least(replace(COST, per_bad_item_shipped=0.0))
    assert free.name == "accept without inspection"
    dear = search.least(replace(COST, per_bad_item_shipped=1e9, per_rejected_lot=1e6))
    assert dear.name == "inspect every item"


def test_the_ways_without_a_sample_are_plain_arithmetic():
    assert accepted_unseen(PRIOR, 100).cost(COST) == pytest.approx(25 * 100 * PRIOR.mean)
    assert inspected_in_full(100).cost(COST) == pytest.approx(3 + 100)
    good = stats.beta.cdf(GOOD, PRIOR.alpha, PRIOR.beta)
    assert rejected_unseen(PRIOR, 100, GOOD).cost(COST) == pytest.approx(40 + 30 * good + 20)
    assert LotExpectation(1, 2, 0.25, 0.1, 5, 6).cost(COST) == pytest.approx(
        3 + 2 + 10 + 3 + 1 + 150
    )


# Which costs make the plan the right one.


@pytest.mark.parametrize("cost", COSTS)
@pytest.mark.parametrize("margin", [0.02, 0.3])
def test_the_range_of_a_cost_is_where_the_plan_is_near_the_cheapest(cost, margin):
    lot_size = 200
    search = PlanSearch(PRIOR, lot_size, good_quality=GOOD)
    costs = replace(COST, per_bad_item_shipped=8.0)
    plan = search.single(costs).plan
    found = cost_range(search, plan, costs, cost, margin=margin)

    def is_near(value):
        there = replace(costs, **{cost: value})
        return search.candidate("", plan, there).expected_cost <= (1 + margin) * (
            search.least(there).expected_cost
        )

    stated = getattr(costs, cost)
    if found.lower is None:
        values = np.concatenate([[0.0], np.geomspace(1e-3, 1e4, 60)])
        assert not any(is_near(float(value)) for value in values)
        assert not found.holds
        return
    assert found.holds == is_near(stated)
    assert is_near((found.lower + min(found.upper, found.lower + 1e4)) / 2)
    if found.lower > 0:
        assert not is_near(0.999 * found.lower)
    if np.isfinite(found.upper):
        assert not is_near(1.001 * found.upper)
        assert is_near(0.9999 * found.upper) or found.upper == found.lower
    else:
        assert is_near(1e6)


def test_the_cheapest_way_holds_its_own_costs_with_no_margin():
    search = PlanSearch(PRIOR, 2_000, good_quality=GOOD)
    costs = replace(COST, per_item_screened=0.0, per_rejected_lot=600.0, per_bad_item_shipped=5.0)
    plan = search.single(costs).plan
    assert search.least(costs).plan == plan
    for cost in ("per_item", "per_bad_item_shipped", "per_rejected_lot"):
        found = cost_range(search, plan, costs, cost, margin=0.0)
        assert found.holds
        assert found.lower < getattr(costs, cost) < found.upper < 10 * getattr(costs, cost)


# What one more visit is worth.


@pytest.mark.parametrize("items", [1, 5, 30])
def test_the_value_of_a_visit_is_the_enumeration_over_what_it_may_find(items):
    lot_size = 80
    search = PlanSearch(PRIOR, lot_size, good_quality=GOOD)
    costs = replace(COST, per_bad_item_shipped=7.0)
    now = min(
        accepted_unseen(PRIOR, lot_size).cost(costs),
        rejected_unseen(PRIOR, lot_size, GOOD).cost(costs),
    )
    later = 0.0
    for count in range(items + 1):
        chance = stats.betabinom.pmf(count, items, PRIOR.alpha, PRIOR.beta)
        posterior = PRIOR.updated(count, items)
        rest = lot_size - items
        accept = 7.0 * rest * posterior.mean
        good = stats.beta.cdf(GOOD, posterior.alpha, posterior.beta)
        later += chance * min(accept, 40.0 + 30.0 * good + 0.2 * rest)
    value = value_of_visit(search, costs, items)
    assert value.information == pytest.approx(max(now - later, 0.0), rel=1e-9, abs=1e-9)
    assert value.visit == 3.0 + items
    assert value.net == pytest.approx(value.information - 3.0 - items)


@pytest.mark.parametrize("per_bad", [1.0, 7.0, 20.0, 200.0])
def test_knowing_the_quality_exactly_is_worth_the_quadrature(per_bad):
    lot_size = 80
    costs = replace(COST, per_bad_item_shipped=per_bad)
    search = PlanSearch(PRIOR, lot_size, good_quality=GOOD)

    def known(p):
        refusal = 40.0 + 30.0 * (p <= GOOD) + 0.2 * lot_size
        return min(per_bad * lot_size * p, refusal)

    best = averaged(known)
    now = min(one.expected_cost for one in search.without_sampling(costs)[:2])
    value = value_of_visit(search, costs, 10)
    assert value.perfect_information == pytest.approx(max(now - best, 0.0), abs=1e-4)


def test_more_items_tell_more_and_never_more_than_everything():
    search = PlanSearch(BetaPrior(2, 98), 50_000, good_quality=0.015)
    costs = LotCosts(
        per_item=0.0,
        per_visit=0.0,
        per_bad_item_shipped=2.0,
        per_rejected_lot=1_500.0,
        per_rejected_good_lot=500.0,
        good_quality=0.015,
    )
    values = [value_of_visit(search, costs, items) for items in (1, 20, 200, 2_000)]
    worth = [value.information for value in values]
    assert worth == sorted(worth)
    # The bad items found are taken out, 2,000 of 50,000: that much more than the knowledge.
    found = 2_000 * 0.02 * 2.0
    assert worth[-1] <= values[-1].perfect_information + found
    assert worth[-1] > 0.8 * values[-1].perfect_information


def test_every_sample_size_up_to_2000_takes_less_than_a_second():
    costs = LotCosts(per_item=0.5, per_visit=250, per_bad_item_shipped=12, per_rejected_lot=900)
    start = time.process_time()
    search = PlanSearch(BetaPrior(2, 98), 10_000, largest_sample_size=2_000)
    search.single_costs(costs)
    assert time.process_time() - start < 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: replace(COST, per_item=-1.0), "per_item must be at least 0 and finite, got -1.0"),
        (lambda: replace(COST, good_quality=0.0), "per_rejected_good_lot needs good_quality"),
        (lambda: replace(COST, good_quality=4.0), "good_quality is a fraction nonconforming"),
        (
            lambda: LotCosts(per_item=0.0, per_visit=0.0, per_bad_item_shipped=0.0),
            "all costs are 0",
        ),
        (lambda: MixturePrior((0.1, 0.2), (0.5, 0.4)), "weights must be at least 0 and sum to 1"),
        (lambda: MixturePrior((0.1,), (0.5, 0.5)), "a mixture needs one weight for each part"),
        (lambda: MixturePrior((2.0,), (1.0,)), "a fraction nonconforming must lie between 0 and 1"),
        (
            lambda: expectation(SamplingPlan.single(50, 1), PRIOR, 40),
            "the plan draws up to 50 items, the lot has 40",
        ),
        (lambda: PlanSearch(PRIOR, 100).single(COST), "good_quality must be that of the search"),
        (
            lambda: cost_range(
                PlanSearch(PRIOR, 100, good_quality=GOOD), SamplingPlan.single(9, 1), COST, "item"
            ),
            "cost must be one of per_item",
        ),
        (
            lambda: value_of_visit(PlanSearch(PRIOR, 100, good_quality=GOOD), COST, 101),
            "sample_size must be at most 99",
        ),
    ],
)
def test_what_has_no_answer_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
