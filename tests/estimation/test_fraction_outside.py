"""Share outside the limits: exact limits for one limit, covering ones for two."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special, stats

from qcanalysis.estimation.fraction_outside import distance_limits, fraction_outside
from qcanalysis.sampling import probability_of_acceptance
from qcanalysis.sampling.acceptance_region import share_outside
from qcanalysis.sampling.measurements import MeasuredSample
from qcanalysis.sampling.two_limits import TwoLimitPlan, acceptance_over_splits

# One-sided tolerance factors, 95 % content with 95 % confidence (Owen; Natrella, table A-7).
TOLERANCE_FACTORS = [(10, 2.911), (20, 2.396), (30, 2.220), (50, 2.065)]


@pytest.mark.parametrize(("n", "factor"), TOLERANCE_FACTORS)
def test_the_upper_limit_is_the_tolerance_factor_read_backwards(n, factor):
    for limits in ({"upper_limit": factor}, {"lower_limit": -factor}):
        found = fraction_outside(MeasuredSample(n, 0.0, 1.0, **limits), alternative="upper")
        assert found.upper == pytest.approx(0.05, abs=2e-5)
        assert found.lower == 0


def test_distance_limits_against_the_noncentral_t():
    for n, found in ((5, 1.2), (12, -0.4), (40, 3.0)):
        root = math.sqrt(n)
        low, high = distance_limits(found, n, 0.025)
        assert stats.nct.sf(found * root, n - 1, low * root) == pytest.approx(0.025, rel=1e-7)
        assert stats.nct.cdf(found * root, n - 1, high * root) == pytest.approx(0.025, rel=1e-7)


def test_the_estimate_is_unbiased():
    rng, samples, n = np.random.default_rng(8), 200_000, 7
    mean = rng.normal(size=samples) / math.sqrt(n)
    s = np.sqrt(rng.chisquare(n - 1, size=samples) / (n - 1))
    estimate = share_outside((1.5 - mean) / s, n) + share_outside((mean + 2.0) / s, n)
    right = stats.norm.sf(1.5) + stats.norm.sf(2.0)
    assert estimate.mean() == pytest.approx(right, abs=4 * estimate.std() / math.sqrt(samples))


def test_below_and_above_add_up():
    sample = MeasuredSample(20, 1.52, 0.04, lower_limit=1.4, upper_limit=1.6)  # R84
    found = fraction_outside(sample)
    one = [
        fraction_outside(MeasuredSample(20, 1.52, 0.04, **limit))
        for limit in ({"lower_limit": 1.4}, {"upper_limit": 1.6})
    ]
    assert found.below == one[0].estimate
    assert found.above == one[1].estimate
    assert found.estimate == found.below + found.above
    assert found.lower < found.estimate < found.upper
    assert found.upper > one[1].upper


def test_two_limits_with_one_far_away_are_one_limit():
    for mean in (1.5, 2.1):
        near = fraction_outside(MeasuredSample(15, mean, 1.0, upper_limit=3.0))
        both = fraction_outside(MeasuredSample(15, mean, 1.0, lower_limit=-90, upper_limit=3.0))
        assert both.estimate == near.estimate
        assert both.lower <= near.lower * (1 + 1e-9)
        assert both.upper >= near.upper * (1 - 1e-9)
        assert both.upper == pytest.approx(near.upper, rel=0.03)  # the price of any split


def test_the_limits_of_two_limits_leave_the_sample_just_not_too_rare():
    """At the upper limit no split makes the sample's estimate rarer than stated, nor likelier."""
    sample = MeasuredSample(12, 1.51, 0.04, lower_limit=1.4, upper_limit=1.6)
    found = fraction_outside(sample, confidence_level=0.90)
    x = special.betaincinv(5, 5, found.estimate)
    plan = TwoLimitPlan(12, float(1 - 2 * x) * 11 / math.sqrt(12), False)
    assert acceptance_over_splits(plan, found.upper)[1] == pytest.approx(0.05, rel=1e-6)
    assert acceptance_over_splits(plan, found.lower)[0] == pytest.approx(0.95, rel=1e-6)


def test_coverage_of_two_limits_by_simulation():
    """True share inside the 90 % interval in 90 % of samples or more; some 93 % at most."""
    n, samples, half, centre = 8, 120, 2.0, 0.8
    p = float(stats.norm.sf(half - centre) + stats.norm.sf(half + centre))
    rng = np.random.default_rng(21)
    covered = 0
    for _ in range(samples):
        values = rng.normal(centre, 1, size=n)
        found = fraction_outside(
            MeasuredSample.of(values, lower_limit=-half, upper_limit=half), confidence_level=0.90
        )
        covered += found.lower <= p <= found.upper
    error = 3 * math.sqrt(0.09 / samples)
    assert 0.90 - error <= covered / samples <= 0.93 + error


def test_samples_at_the_ends():
    nil = fraction_outside(MeasuredSample(20, 1.5, 0.01, lower_limit=1.4, upper_limit=1.6))
    assert nil.estimate == 0  # the limits are further than (n - 1) / sqrt(n) away
    assert 0 < nil.upper < 1e-10
    nearer = fraction_outside(MeasuredSample(20, 1.5, 0.02, lower_limit=1.4, upper_limit=1.6))
    assert nearer.estimate == 0
    assert nearer.upper > nil.upper
    beyond = fraction_outside(MeasuredSample(8, 1.9, 0.03, lower_limit=1.4, upper_limit=1.6))
    assert (beyond.estimate, beyond.upper) == (1, 1)
    assert 0.99 < beyond.lower < 1
    nearly = fraction_outside(MeasuredSample(8, 1.715, 0.05, lower_limit=1.4, upper_limit=1.6))
    assert 0.999 < nearly.estimate < 1
    assert 0.7 < nearly.lower < nearly.upper < 1


def test_alternatives_and_levels():
    sample = MeasuredSample(20, 1.52, 0.04, lower_limit=1.4, upper_limit=1.6)
    both = fraction_outside(sample, confidence_level=0.90)
    upper, lower = (
        fraction_outside(sample, confidence_level=0.95, alternative=a) for a in ("upper", "lower")
    )
    assert (upper.lower, lower.upper) == (0, 1)
    assert upper.upper == pytest.approx(both.upper, rel=1e-12)
    assert lower.lower == pytest.approx(both.lower, rel=1e-12)
    assert fraction_outside(sample, confidence_level=0.99).upper > both.upper


def test_what_is_refused():
    with pytest.raises(ValueError, match=r"cannot tell from 2 values.*at least 3"):
        fraction_outside(MeasuredSample(2, 1.5, 0.1, upper_limit=1.6))
    with pytest.raises(ValueError, match=r"cannot tell from 3 values.*at least 4"):
        fraction_outside(MeasuredSample(3, 1.5, 0.1, lower_limit=1.4, upper_limit=1.6))
    sample = MeasuredSample(9, 1.5, 0.1, upper_limit=1.6)
    with pytest.raises(ValueError, match="confidence_level must lie between 0 and 1, got 95"):
        fraction_outside(sample, confidence_level=95)
    with pytest.raises(ValueError, match="alternative must be one of"):
        fraction_outside(sample, alternative="less")


def test_the_upper_limit_agrees_with_the_plan_that_just_accepts():
    sample = MeasuredSample(25, 9.6, 0.7, lower_limit=8.0)  # R28 [kgf]
    found = fraction_outside(sample, alternative="upper", confidence_level=0.9)
    from qcanalysis.sampling.variables import VariablesPlan

    plan = VariablesPlan(25, sample.to_lower, False)
    assert probability_of_acceptance(plan, found.upper) == pytest.approx(0.1, rel=1e-9)
