"""Capability indices and their intervals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import optimize, stats

from qcanalysis.estimation.capability import capability
from qcanalysis.sampling.measurements import MeasuredSample


def test_cp_has_exact_chi_square_limits():
    sample = MeasuredSample(20, 50.0, 0.05, lower_limit=49.8, upper_limit=50.2)  # R84
    cp = capability(sample).cp
    assert cp.estimate == pytest.approx(0.4 / 0.3)
    limits = cp.estimate * np.sqrt(stats.chi2.ppf([0.025, 0.975], 19) / 19)
    assert (cp.lower, cp.upper) == pytest.approx(tuple(limits), rel=1e-10)
    # Montgomery, example 8.4, with Cp rounded to 2.29: 95 % interval 1.57 to 3.01.
    book = capability(MeasuredSample(20, 50.0, 1.75, lower_limit=38, upper_limit=62)).cp
    assert (book.estimate, book.lower, book.upper) == pytest.approx((2.29, 1.57, 3.01), abs=0.006)


def test_cpk_of_one_limit_has_exact_noncentral_t_limits():
    for limits in ({"upper_limit": 0.15}, {"lower_limit": 0.01}):  # R25: sink depth, one-sided
        sample = MeasuredSample(25, 0.08, 0.02, **limits)
        found = capability(sample)
        assert found.cp is None
        index, root = found.cpk, 3 * math.sqrt(25)
        assert index.estimate == pytest.approx(3.5 / 3)
        at = index.estimate * root
        assert stats.nct.sf(at, 24, index.lower * root) == pytest.approx(0.025, rel=1e-7)
        assert stats.nct.cdf(at, 24, index.upper * root) == pytest.approx(0.025, rel=1e-7)


def test_a_second_limit_leaves_the_lower_bound_and_lifts_the_upper():
    one = capability(MeasuredSample(30, 50.02, 0.04, upper_limit=50.2)).cpk
    two = capability(MeasuredSample(30, 50.02, 0.04, lower_limit=49.8, upper_limit=50.2)).cpk
    assert two.estimate == one.estimate
    assert two.lower == one.lower
    assert one.upper < two.upper < 1.05 * one.upper
    assert "at least" in two.method


@pytest.mark.parametrize(("centre", "sigma"), [(0.0, 1 / 3), (0.0, 1.0), (0.4, 1 / 3), (1.1, 0.5)])
def test_coverage_of_cpk_by_simulation(centre, sigma):
    """Limits at +-1: the lower and the upper limit each err in at most 5 % of samples."""
    n, samples, right = 10, 100_000, (1 - centre) / (3 * sigma)

    def limits(estimate):
        sample = MeasuredSample(n, 0.0, 1.0, lower_limit=-90.0, upper_limit=3 * estimate)
        found = capability(sample, confidence_level=0.90).cpk
        return found.lower, found.upper

    # Both limits rise with the estimate: these are the estimates at which they meet the truth.
    too_high = optimize.brentq(lambda q: limits(q)[0] - right, right, right + 3, xtol=1e-4)
    too_low = optimize.brentq(lambda q: limits(q)[1] - right, right - 3, right, xtol=1e-4)
    rng = np.random.default_rng(9)
    mean = centre + sigma * rng.normal(size=samples) / math.sqrt(n)
    s = sigma * np.sqrt(rng.chisquare(n - 1, size=samples) / (n - 1))
    estimate = (1 - np.abs(mean)) / (3 * s)
    most = 0.05 + 3 * math.sqrt(0.05 * 0.95 / samples)
    errs_high, errs_low = np.mean(estimate > too_high), np.mean(estimate < too_low)
    assert max(errs_high, errs_low) <= most
    if centre > 1:  # one limit is out of sight: the lower bound is exact, the upper has half
        assert (errs_high, errs_low) == pytest.approx((0.05, 0.025), abs=0.004)


def test_alternatives():
    sample = MeasuredSample(30, 50.02, 0.04, lower_limit=49.8, upper_limit=50.2)
    both = capability(sample, confidence_level=0.90)
    lower = capability(sample, alternative="lower")
    upper = capability(sample, alternative="upper")
    for one in (lower, upper):
        assert one.cpk.estimate == both.cpk.estimate
    assert (lower.cp.lower, upper.cp.upper) == pytest.approx((both.cp.lower, both.cp.upper))
    assert (lower.cpk.lower, upper.cpk.upper) == pytest.approx((both.cpk.lower, both.cpk.upper))
    assert (lower.cpk.upper, upper.cpk.lower) == (math.inf, -math.inf)
    with pytest.raises(ValueError, match="confidence_level must lie"):
        capability(sample, confidence_level=1.0)
