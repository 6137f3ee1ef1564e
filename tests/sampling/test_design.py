"""Plans found from risks, against a search through every smaller plan."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from qcanalysis.sampling import (
    RiskPoint,
    SamplingPlan,
    average_sample_number,
    find_accept_zero_plan,
    find_plan,
    probability_of_acceptance,
    producers_risk,
)
from qcanalysis.sampling.design import attained_risks, nonconforming_in_lot
from qcanalysis.sampling.double_sampling import find_double_plan
from qcanalysis.sampling.two_point_design import UnattainableRisksError, design_from_risks

single = SamplingPlan.single
TIE = 1e-12  # a risk kept exactly is kept: 0.5 ** 2 is 0.25
GOOD = [0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5]


def acceptance(distribution, n, points, lot_size):
    """Pa at both points of every Ac from 0 to n (Poisson: further)."""
    limits = np.arange(n + 1 + 60 * (distribution == "poisson"))
    producer, consumer = points
    if distribution == "binomial":
        return [stats.binom.cdf(limits, n, point.quality) for point in points]
    if distribution == "poisson":
        return [stats.poisson.cdf(limits, n * point.quality) for point in points]
    good = math.floor(round(producer.quality * lot_size, 9))
    poor = math.ceil(round(consumer.quality * lot_size, 9))
    return [stats.hypergeom.cdf(limits, lot_size, bad, n) for bad in (good, poor)]


def first_plan_of_all(producer, consumer, distribution, lot_size, largest):
    """Smallest n, then smallest Ac, by trying them all."""
    for n in range(1, largest + 1):
        often, seldom = acceptance(distribution, n, (producer, consumer), lot_size)
        keeps = (often >= producer.probability_of_acceptance * (1 - TIE)) & (
            seldom <= consumer.probability_of_acceptance * (1 + TIE)
        )
        if keeps.any():
            return single(n, int(np.argmax(keeps)))
    return None


@given(
    st.sampled_from(["binomial", "poisson", "hypergeometric"]),
    st.sampled_from(GOOD) | st.floats(0.005, 0.5),
    st.sampled_from([1.5, 2, 3, 4, 5, 10]),
    st.sampled_from([0.5, 0.75, 0.8, 0.9, 0.95, 0.99]),
    st.sampled_from([0.25, 0.1, 0.05, 0.01, 0.001]),
    st.integers(5, 120),
)
def test_no_smaller_plan_keeps_both_risks(distribution, good, ratio, often, seldom, lot_size):
    producer = RiskPoint(good, often)
    consumer = RiskPoint(
        good * ratio if distribution == "poisson" else min(1, good * ratio), seldom
    )
    assume(consumer.quality > producer.quality)
    largest = lot_size if distribution == "hypergeometric" else 250
    by_trial = first_plan_of_all(producer, consumer, distribution, lot_size, largest)
    found = find_plan(
        producer,
        consumer,
        distribution=distribution,
        lot_size=lot_size if distribution == "hypergeometric" else None,
    )
    if by_trial is None:
        assert found.sample_size > largest
    else:
        assert found == by_trial


@pytest.mark.parametrize(
    ("producer", "consumer", "plan"),
    [
        ((0.1, 0.9), (0.5, 0.5), single(1, 0)),
        ((0.2, 0.8), (0.8, 0.25), single(1, 0)),
        ((0.1, 0.8), (0.5, 0.25), single(2, 0)),
        ((0.25, 0.5625), (0.5, 0.25), single(2, 0)),
        ((0.1, 0.99), (1.0, 0.01), single(2, 1)),
        ((0.1, 0.5), (0.5, 0.125), single(3, 0)),
    ],
)
def test_a_risk_kept_exactly_is_kept(producer, consumer, plan):
    assert find_plan(RiskPoint(*producer), RiskPoint(*consumer)) == plan


def test_a_risk_kept_exactly_in_a_lot_is_kept():
    # 24 of 32 items miss the one bad item in 8 draws of 32: exactly 0.25.
    found = find_plan(
        RiskPoint(0.01, 0.9), RiskPoint(0.03, 0.25), distribution="hypergeometric", lot_size=32
    )
    assert found == single(24, 0)
    assert find_accept_zero_plan(RiskPoint(0.03, 0.25), lot_size=32) == single(24, 0)


def test_a_large_plan():
    producer, consumer = RiskPoint(0.001, 0.95), RiskPoint(0.0012, 0.10)
    found = find_plan(producer, consumer)
    assert found == single(234_045, 259)
    assert producers_risk(found, 0.001) <= 0.05
    assert probability_of_acceptance(found, 0.0012) <= 0.10
    for limit in range(200, 320):  # one item fewer: no acceptance number will do
        smaller = single(234_044, limit)
        keeps_producer = producers_risk(smaller, 0.001) <= 0.05
        assert not (keeps_producer and probability_of_acceptance(smaller, 0.0012) <= 0.10)


def test_a_large_lot_needs_fewer_items_and_converges_on_the_process():
    points = RiskPoint(0.01, 0.95), RiskPoint(0.04, 0.10)
    process = find_plan(*points)
    sizes = [
        find_plan(*points, distribution="hypergeometric", lot_size=lot).sample_size
        for lot in (500, 5000, 10**6)
    ]
    assert sizes[0] < sizes[1] <= sizes[2] == process.sample_size


def test_published_two_point_plans():
    assert find_plan(RiskPoint(0.05, 0.95), RiskPoint(0.15, 0.075)) == single(80, 7)
    assert find_plan(RiskPoint(0.019296, 0.95), RiskPoint(0.045884, 0.10)) == single(359, 11)


@given(st.floats(1e-4, 0.99), st.sampled_from([0.5, 0.25, 0.1, 0.05, 0.01]))
def test_accept_zero_plan_is_the_smallest(quality, seldom):
    n = find_accept_zero_plan(RiskPoint(quality, seldom)).sample_size
    assert (1 - quality) ** n <= seldom * (1 + 1e-8)
    assert n == 1 or (1 - quality) ** (n - 1) > seldom


@given(st.integers(1, 300), st.floats(0.001, 1), st.sampled_from([0.5, 0.1, 0.05]))
def test_accept_zero_plan_in_a_lot_is_the_smallest(lot_size, quality, seldom):
    bad = math.ceil(round(quality * lot_size, 9))
    n = find_accept_zero_plan(RiskPoint(quality, seldom), lot_size=lot_size).sample_size
    missed = [math.comb(lot_size - bad, size) / math.comb(lot_size, size) for size in (n - 1, n)]
    assert missed[1] <= seldom * (1 + TIE)
    assert n == 1 or missed[0] > seldom * (1 - TIE)


def test_accept_zero_limits():
    assert find_accept_zero_plan(RiskPoint(1.0, 0.1)) == single(1, 0)
    assert find_accept_zero_plan(RiskPoint(0.5, 0.25)) == single(2, 0)
    assert find_accept_zero_plan(RiskPoint(0.5, 0.1), lot_size=1) == single(1, 0)
    assert find_accept_zero_plan(RiskPoint(0.001, 1e-9), lot_size=100) == single(100, 0)


@pytest.mark.parametrize(
    ("producer", "consumer", "options", "message"),
    [
        ((0.05, 0.95), (0.05, 0.10), {}, "consumer's quality must be worse"),
        ((0.05, 0.10), (0.15, 0.95), {}, "producer's probability of acceptance must be above"),
        ((0.05, 0.95), (1.5, 0.10), {}, "cannot be above 1, got 1.5; use distribution='poisson'"),
        ((0.05, 0.95), (0.15, 0.10), {"distribution": "normal"}, "distribution must be"),
        ((0.05, 0.95), (0.15, 0.10), {"distribution": "hypergeometric"}, "lot_size is needed"),
        (
            (0.05, 0.95),
            (0.15, 0.10),
            {"distribution": "hypergeometric", "lot_size": 0},
            "lot_size must be a whole number of at least 1, got 0",
        ),
        (
            (0.1, 0.9),
            (0.10000000001, 0.10),
            {"distribution": "hypergeometric", "lot_size": 10},
            "both qualities mean 1 nonconforming items",
        ),
    ],
)
def test_what_is_refused(producer, consumer, options, message):
    with pytest.raises(ValueError, match=message):
        find_plan(RiskPoint(*producer), RiskPoint(*consumer), **options)


def test_accept_zero_refusals():
    with pytest.raises(ValueError, match="cannot be above 1"):
        find_accept_zero_plan(RiskPoint(2.0, 0.1))
    with pytest.raises(TypeError, match="lot_size must be a whole number"):
        find_accept_zero_plan(RiskPoint(0.1, 0.1), lot_size=10.5)


def test_a_quality_in_a_lot_is_rounded_in_its_owners_favour():
    points = RiskPoint(0.01, 0.95), RiskPoint(0.04, 0.10)
    assert nonconforming_in_lot(*points, 180) == (1, 8)  # 1.8 down, 7.2 up
    assert nonconforming_in_lot(*points, 1000) == (10, 40)
    third = RiskPoint(1 / 3, 0.95), RiskPoint(2 / 3, 0.10)
    assert nonconforming_in_lot(*third, 300) == (100, 200)  # a whole number is left as it is


def test_attained_risks_are_those_at_the_whole_items():
    points = RiskPoint(0.01, 0.95), RiskPoint(0.04, 0.10)
    plan = find_plan(*points, distribution="hypergeometric", lot_size=180)
    risks = attained_risks(plan, *points, lot_size=180)
    n, limit = plan.sample_size, plan.acceptance_number
    assert risks.producers_risk == pytest.approx(stats.hypergeom.sf(limit, 180, 1, n), abs=1e-14)
    assert risks.consumers_risk == pytest.approx(stats.hypergeom.cdf(limit, 180, 8, n))
    assert risks.keep(*points)
    assert not attained_risks(single(n - 1, limit), *points, lot_size=180).keep(*points)


WISHES = {"reject_good_at_most": 1 / 20, "accept_poor_at_most": 1 / 10}


@pytest.mark.parametrize("lot_size", [None, 40, 250, 1000, 8000])
@pytest.mark.parametrize(("good", "poor"), [(0.01, 0.04), (0.025, 0.10), (0.04, 0.05)])
def test_a_design_shows_the_next_smaller_plans_failing(good, poor, lot_size):
    design = design_from_risks(good_quality=good, poor_quality=poor, lot_size=lot_size, **WISHES)
    points = design.producer, design.consumer
    law = {} if lot_size is None else {"distribution": "hypergeometric", "lot_size": lot_size}
    assert design.plan == find_plan(*points, **law)
    assert design.risks.keep(*points)
    n, limit = design.plan.sample_size, design.plan.acceptance_number
    plans = [smaller.plan for smaller in design.smaller_plans]
    assert plans == [single(n - 1, c) for c in (limit, limit - 1) if c >= 0]
    for smaller in design.smaller_plans:
        assert not smaller.risks.keep(*points)
        assert not (smaller.keeps_producers_risk and smaller.keeps_consumers_risk)
        assert smaller.keeps_producers_risk == (smaller.risks.producers_risk <= 0.05)
        assert smaller.keeps_consumers_risk == (smaller.risks.consumers_risk <= 0.10)


def test_a_design_in_sentences():
    design = design_from_risks(good_quality=0.01, poor_quality=0.04, lot_size=1000, **WISHES)
    refused = 100 * stats.hypergeom.sf(4, 1000, 10, 189)
    accepted = 100 * stats.hypergeom.cdf(4, 1000, 40, 189)
    assert (round(refused, 2), round(accepted, 2)) == (2.54, 9.8)
    assert design.sentences == (
        "Inspect 189 items; accept the lot with at most 4 defective, refuse it with 5 or more.",
        "In a lot of 1,000 items, 1 % defective means at most 10 and 4 % at least 40.",
        "A lot at 1 % is refused 2.54 % of the time (1 lot in 39); wished: at most "
        "5 % of the time (1 lot in 20).",
        "A lot at 4 % is accepted 9.8 % of the time (1 lot in 10); wished: at most "
        "10 % of the time (1 lot in 10).",
        "188 items with at most 4 defective would accept a lot at 4 % 10.1 % of the time: "
        "too often.",
        "188 items with at most 3 defective would refuse a lot at 1 % 9.96 % of the time: "
        "too often.",
    )
    small = design_from_risks(good_quality=0.01, poor_quality=0.04, lot_size=20, **WISHES)
    assert (
        "In a lot of 20 items, 1 % defective means at most 0 and 4 % at least 1." in small.sentences
    )
    assert any(line.startswith("A lot at 1 % is refused in no case") for line in small.sentences)


@pytest.mark.parametrize("lot_size", [None, 400])
@pytest.mark.parametrize("limit", [5, 30, 80])
def test_what_is_attainable_within_a_limit(lot_size, limit):
    wishes = {"good_quality": 0.01, "poor_quality": 0.04, "lot_size": lot_size, **WISHES}
    needed = design_from_risks(**wishes)
    with pytest.raises(UnattainableRisksError, match=f"sample_size_limit is {limit}") as caught:
        design_from_risks(**wishes, sample_size_limit=limit)
    assert caught.value.needed == needed.plan
    points = needed.producer, needed.consumer
    every = [
        (single(n, c), attained_risks(single(n, c), *points, lot_size=lot_size))
        for n in range(1, limit + 1)
        for c in range(min(n, 6))
    ]
    lenient = [(plan, risk) for plan, risk in every if risk.producers_risk <= 0.05]
    assert caught.value.smallest_consumers_risk == min(risk.consumers_risk for _, risk in lenient)
    strict = [risk.producers_risk for _, risk in every if risk.consumers_risk <= 0.10]
    assert caught.value.smallest_producers_risk == min(strict, default=1.0)
    nearest = caught.value.nearest_poor_quality  # kept as the poor quality it can be designed for
    again = design_from_risks(**{**wishes, "poor_quality": nearest}, sample_size_limit=limit)
    assert again.plan.sample_size <= limit
    better = nearest - (1 / lot_size if lot_size else 1e-6)
    with pytest.raises(UnattainableRisksError):
        design_from_risks(**{**wishes, "poor_quality": better}, sample_size_limit=limit)


def test_a_limit_at_which_no_change_of_one_wish_is_enough():
    with pytest.raises(UnattainableRisksError, match="no change of one wish is enough") as caught:
        design_from_risks(good_quality=0.3, poor_quality=0.5, sample_size_limit=1, **WISHES)
    assert caught.value.nearest_poor_quality == math.inf
    assert caught.value.smallest_consumers_risk == caught.value.smallest_producers_risk == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"poor_quality": 0.01}, "poor_quality must be worse than good_quality, got 0.01"),
        ({"reject_good_at_most": 0.0}, "reject_good_at_most must lie strictly between 0 and 1"),
        ({"accept_poor_at_most": 1.0}, "accept_poor_at_most must lie strictly between 0 and 1"),
        ({"accept_poor_at_most": 0.96}, "must add up to less than 1, got 0.05 and 0.96"),
        ({"poor_quality": 1.2}, "a fraction nonconforming cannot be above 1"),
        ({"sample_size_limit": 0}, "sample_size_limit must be a whole number of at least 1"),
    ],
)
def test_wishes_that_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        design_from_risks(**{"good_quality": 0.01, "poor_quality": 0.04, **WISHES, **change})


def best_double_plan(producer, consumer, lot_size, largest):
    """Smallest ASN of all double plans with two equal samples, each evaluated alone."""
    best, lowest = None, math.inf
    law = {} if lot_size is None else {"distribution": "hypergeometric", "lot_size": lot_size}
    good, poor = producer.quality, consumer.quality
    if lot_size is not None:
        good, poor = nonconforming_in_lot(producer, consumer, lot_size)
    for n in range(1, largest + 1):
        for last in range(1, 2 * n):
            if probability_of_acceptance(single(2 * n, last), poor, **law) > 0.1:
                break
            for first in range(min(last, n)):
                plan = SamplingPlan((n, n), (first, last), (last + 1, last + 1))
                if (
                    probability_of_acceptance(plan, poor, **law) <= 0.1
                    and probability_of_acceptance(plan, good, **law) >= 0.95
                    and average_sample_number(plan, good, **law) < lowest
                ):
                    best, lowest = plan, average_sample_number(plan, good, **law)
    return best


@pytest.mark.parametrize("lot_size", [None, 80])
@pytest.mark.parametrize(("good", "poor"), [(0.05, 0.30), (0.1, 0.5), (0.02, 0.20), (0.10, 0.30)])
def test_no_double_plan_of_its_kind_inspects_less(good, poor, lot_size):
    points = RiskPoint(good, 0.95), RiskPoint(poor, 0.10)
    law = {} if lot_size is None else {"distribution": "hypergeometric", "lot_size": lot_size}
    plan = find_double_plan(*points, lot_size=lot_size)
    assert attained_risks(plan, *points, lot_size=lot_size).keep(*points)
    largest = find_plan(*points, **law).sample_size
    assert plan == best_double_plan(*points, lot_size, largest)


def test_a_double_plan_inspects_less_than_the_single_one():
    points = RiskPoint(0.01, 0.95), RiskPoint(0.06, 0.10)
    plan = find_double_plan(*points)
    assert plan == SamplingPlan((67, 67), (1, 3), (4, 4))
    assert average_sample_number(plan, 0.01) < 0.7 * find_plan(*points).sample_size


def test_no_double_plan_fits_a_lot_that_must_be_inspected_in_full():
    points = RiskPoint(0.01, 0.95), RiskPoint(0.04, 0.01)
    with pytest.raises(ValueError, match=r"no double plan with two equal samples .* lot of 20"):
        find_double_plan(*points, lot_size=20)
