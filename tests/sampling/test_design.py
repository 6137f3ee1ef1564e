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
    find_accept_zero_plan,
    find_plan,
    probability_of_acceptance,
    producers_risk,
)

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
