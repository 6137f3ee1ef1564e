"""What the last sample says of the next inspection."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats
from tests.sampling.exact import beta_binomial_at_most, relative_error

from qcanalysis.estimation import BetaPrior, nonconforming_remainder, probability_of_passing
from qcanalysis.sampling import SamplingPlan, lookup_plan, probability_of_acceptance

single = SamplingPlan.single
FAILED = {"nonconforming_count": 7, "sample_size": 315}
FAILED_ALONE = {"nonconforming_count": 7, "sample_size": 200}


def test_t4_a_tightened_aql_may_be_looser():
    """No rework at all: the order again as one lot, at the plans that trade talk calls tighter."""
    same = single(315, 5)
    aql_1, aql_1_5 = (lookup_plan(20_000, aql).plan for aql in (1.0, 1.5))
    assert (aql_1, aql_1_5) == (single(315, 7), single(315, 10))
    found = [round(probability_of_passing(plan, **FAILED), 2) for plan in (same, aql_1, aql_1_5)]
    assert found == [0.34, 0.55, 0.80]
    alone = lookup_plan(8000, 1.0).plan
    assert alone == single(200, 5)
    assert round(probability_of_passing(alone, **FAILED_ALONE), 2) == 0.33


def test_t5_rework_needed_for_a_real_chance():
    removed = [0.5, 0.6, 0.7, 0.8]
    found = probability_of_passing(single(200, 5), **FAILED_ALONE, share_removed=removed)
    assert found.round(2).tolist() == [0.80, 0.89, 0.96, 0.99]


@pytest.mark.parametrize(
    ("count", "size"),
    [(7, 315), (0, 1), (0, 20), (0, 315), (10, 10), (50, 50), (1, 5), (900, 90_000)],
)
@pytest.mark.parametrize(
    ("n", "ac"), [(1, 0), (13, 0), (315, 5), (200, 10), (80, 44), (5000, 100), (100_000, 1000)]
)
def test_no_rework_is_the_beta_binomial(count, size, n, ac):
    right = beta_binomial_at_most(ac, n, count + 0.5, size - count + 0.5)
    found = probability_of_passing(single(n, ac), nonconforming_count=count, sample_size=size)
    if right > 1e-25:
        assert relative_error(found, right) < 1e-9
    else:
        assert found < 1e-25


@pytest.mark.parametrize(
    "plan",
    [
        single(200, 5),
        single(125, 5, 8),
        SamplingPlan((125, 125), (3, 8), (7, 9)),
        SamplingPlan((50,) * 7, (None, 1, 3, 5, 7, 10, 13), (4, 6, 8, 10, 11, 12, 14)),
    ],
    ids=repr,
)
@pytest.mark.parametrize("share", [0.0, 0.35, 0.9, 0.999])
def test_against_quadrature_over_the_quality(plan, share):
    prior = BetaPrior(2.0, 30.0)
    posterior = stats.beta(9.0, 223.0)

    def integrand(p):
        return posterior.pdf(p) * probability_of_acceptance(plan, p * (1 - share))

    right, _ = integrate.quad(
        integrand, 0, 0.5, epsabs=0, epsrel=1e-12, limit=400, points=[0.03, 0.06]
    )
    found = probability_of_passing(
        plan, nonconforming_count=7, sample_size=200, share_removed=share, prior=prior
    )
    assert found == pytest.approx(right, rel=1e-9)


@given(st.integers(0, 30), st.integers(1, 300), st.integers(1, 400), st.integers(0, 30))
def test_removing_more_never_hurts(bad, good, n, ac):
    shares = np.linspace(0, 1, 11)
    found = probability_of_passing(
        single(n, ac), nonconforming_count=bad, sample_size=bad + good, share_removed=shares
    )
    assert found.shape == shares.shape
    assert np.all(np.diff(found) >= -1e-12)
    assert np.all((found >= 0) & (found <= 1 + 1e-12))
    assert found[-1] == pytest.approx(1, rel=1e-12)  # nothing bad left


def test_without_rework_the_size_of_the_lot_does_not_matter():
    # Through whole units: every content of the rest, then a draw of 200 from that rest.
    lot, plan = 4000, single(200, 5)
    rest = nonconforming_remainder(7, 200, lot_size=lot)
    counts = np.arange(rest.probabilities.size)
    passing = probability_of_acceptance(
        plan, counts, distribution="hypergeometric", lot_size=lot - 200
    )
    right = passing @ rest.probabilities
    assert probability_of_passing(plan, **FAILED_ALONE) == pytest.approx(right, rel=1e-10)


def test_shapes():
    plan = single(200, 5)
    scalar = probability_of_passing(plan, **FAILED_ALONE, share_removed=0.5)
    assert isinstance(scalar, float)
    grid = probability_of_passing(plan, **FAILED_ALONE, share_removed=[[0.5, 0.6], [0.7, 0.8]])
    assert grid.shape == (2, 2)
    assert grid[0, 0] == pytest.approx(scalar, rel=1e-14)


@pytest.mark.parametrize("share", [-0.1, 1.1, 70, math.nan])
def test_a_share_is_a_share(share):
    with pytest.raises(ValueError, match="share_removed must lie between 0 and 1"):
        probability_of_passing(single(200, 5), **FAILED_ALONE, share_removed=share)


@pytest.mark.parametrize(
    ("count", "size", "error", "message"),
    [
        (8, 5, ValueError, "got 8 of 5"),
        (-1, 5, ValueError, "nonconforming_count must be a whole number of at least 0, got -1"),
        (1.5, 5, TypeError, "nonconforming_count must be a whole number, got 1.5"),
    ],
)
def test_what_is_refused(count, size, error, message):
    with pytest.raises(error, match=message):
        probability_of_passing(single(200, 5), nonconforming_count=count, sample_size=size)
