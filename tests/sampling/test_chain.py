"""Chain sampling, against its Markov chain, a simulation and its limits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from qcanalysis.sampling import (
    RiskPoint,
    SamplingPlan,
    average_outgoing_quality,
    average_sample_number,
    average_total_inspection,
    find_accept_zero_plan,
    find_plan,
    probability_of_acceptance,
    producers_risk,
)
from qcanalysis.sampling.chain import ChainPlan, find_chain_plan

PLANS = [ChainPlan(n, i) for n in (1, 5, 20) for i in (1, 2, 3, 8)]


def markov_acceptance(plan, none, one):
    """Pa from the stationary chain of clean samples in a row: 0, 1, ..., i or more."""
    i = plan.previous_lots
    step = np.zeros((i + 1, i + 1))
    step[:, 0] = 1 - none
    for state in range(i + 1):
        step[state, min(state + 1, i)] += none
    share = np.linalg.solve(
        np.vstack([(step.T - np.eye(i + 1))[:-1], np.ones(i + 1)]), np.eye(i + 1)[-1]
    )
    return none + one * share[i]


@pytest.mark.parametrize("plan", PLANS, ids=repr)
def test_against_the_markov_chain(plan):
    n = plan.sample_size
    for p in (0.001, 0.02, 0.1, 0.3):
        right = markov_acceptance(plan, *stats.binom.pmf([0, 1], n, p))
        assert probability_of_acceptance(plan, p) == pytest.approx(right, rel=1e-10)
        assert producers_risk(plan, p) == pytest.approx(1 - right, rel=1e-8)
        right = markov_acceptance(plan, *stats.poisson.pmf([0, 1], n * p))
        found = probability_of_acceptance(plan, p, distribution="poisson")
        assert found == pytest.approx(right, rel=1e-10)
    for bad in (0, 1, 5, 30):
        right = markov_acceptance(plan, *stats.hypergeom.pmf([0, 1], 50, bad, n))
        found = probability_of_acceptance(plan, bad, distribution="hypergeometric", lot_size=50)
        assert found == pytest.approx(right, rel=1e-10, abs=1e-15)


def test_against_a_simulated_series_of_lots():
    plan, p, lots = ChainPlan(10, 3), 0.08, 400_000
    found = np.random.default_rng(5).binomial(plan.sample_size, p, lots)
    clean = found == 0
    run_before = clean[2:-1] & clean[1:-2] & clean[:-3]
    accepted = clean[3:] | ((found[3:] == 1) & run_before)
    error = 3 * np.sqrt(0.25 / accepted.size)  # lots are hardly correlated; 0.25 bounds p (1 - p)
    assert accepted.mean() == pytest.approx(probability_of_acceptance(plan, p), abs=1.5 * error)


def test_published_value():
    # Montgomery, 16.1: n = 5, i = 3 at p = 0.10: 0.590 + 0.328 × 0.590³ = 0.657 from rounded terms
    found = probability_of_acceptance(ChainPlan(5, 3), 0.10)
    assert found == pytest.approx(0.59049 + 0.32805 * 0.59049**3, rel=1e-12)
    assert found == pytest.approx(0.657, abs=1.5e-3)


def test_between_the_plans_that_accept_at_none_and_at_one():
    p = np.linspace(0, 1, 101)
    zero, one = (probability_of_acceptance(SamplingPlan.single(12, c), p) for c in (0, 1))
    before = one
    for i in (1, 2, 4, 8, 1000):
        chain = probability_of_acceptance(ChainPlan(12, i), p)
        assert np.all(chain <= before + 1e-15)
        assert np.all(chain >= zero - 1e-15)
        before = chain
    assert before[10:] == pytest.approx(zero[10:], abs=1e-12)  # a chain without end forgives none


def test_risks_keep_their_digits_and_add_up():
    plan = ChainPlan(20, 5)
    tiny = 1e-9  # 190 p² of two found, and 20 p of one with a chain broken 5 × 20 p of the time
    assert producers_risk(plan, tiny) == pytest.approx((190 + 20 * 100) * tiny**2, rel=1e-6)
    p = np.linspace(0, 1, 51)
    total = probability_of_acceptance(plan, p) + producers_risk(plan, p)
    assert total == pytest.approx(np.ones(51), abs=1e-14)
    assert probability_of_acceptance(plan, [0.0, 1.0]).tolist() == [1.0, 0.0]


def test_effort_and_rectification():
    plan, p, lot = ChainPlan(10, 2), 0.05, 500
    accepted = probability_of_acceptance(plan, p)
    assert average_sample_number(plan, p) == pytest.approx(10, rel=1e-14)
    assert average_total_inspection(plan, p, lot_size=lot) == pytest.approx(
        10 * accepted + lot * (1 - accepted)
    )
    assert average_outgoing_quality(plan, p, lot_size=lot) == pytest.approx(
        p * accepted * (lot - 10) / lot
    )


@pytest.mark.parametrize("lot_size", [None, 100, 400])
@pytest.mark.parametrize(
    "pair",
    [((0.005, 0.95), (0.10, 0.10)), ((0.01, 0.90), (0.12, 0.05)), ((0.02, 0.9), (0.4, 0.1))],
)
def test_no_smaller_chain_keeps_both_points(pair, lot_size):
    producer, consumer = (RiskPoint(*point) for point in pair)
    plan = find_chain_plan(producer, consumer, lot_size=lot_size)

    def keeps(n):
        """Which chains of 1 to 39 previous lots keep both points with n items."""
        i = np.arange(1, 40)
        if lot_size is None:
            good, poor = (stats.binom.pmf([0, 1], n, q) for q, _ in pair)
        else:
            bad = math.floor(pair[0][0] * lot_size), math.ceil(pair[1][0] * lot_size)
            good, poor = (stats.hypergeom.pmf([0, 1], lot_size, b, n) for b in bad)
        often, seldom = (none + one * none**i for none, one in (good, poor))
        return (often >= pair[0][1] * (1 - 1e-12)) & (seldom <= pair[1][1] * (1 + 1e-12))

    assert plan.previous_lots == 1 + np.argmax(keeps(plan.sample_size))
    assert keeps(plan.sample_size).any()
    assert not any(keeps(n).any() for n in range(1, plan.sample_size))
    options = {} if lot_size is None else {"distribution": "hypergeometric", "lot_size": lot_size}
    assert plan.sample_size <= find_plan(producer, consumer, **options).sample_size
    assert plan.sample_size >= find_accept_zero_plan(consumer, lot_size=lot_size).sample_size


def test_what_is_refused():
    with pytest.raises(ValueError, match="previous_lots must be a whole number of at least 1"):
        ChainPlan(5, 0)
    with pytest.raises(ValueError, match="sample_size must be a whole number of at least 1"):
        ChainPlan(0, 1)
    with pytest.raises(ValueError, match="no chain plan keeps both points: it takes 57 items"):
        find_chain_plan(RiskPoint(0.01, 0.95), RiskPoint(0.04, 0.10))
    with pytest.raises(ValueError, match="consumer's quality must be worse"):
        find_chain_plan(RiskPoint(0.1, 0.95), RiskPoint(0.04, 0.10))
