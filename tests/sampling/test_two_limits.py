"""Plans by variables for two limits, against quadrature over the mean, mpmath and simulation."""

from __future__ import annotations

import math
from dataclasses import replace

import mpmath
import numpy as np
import pytest
from scipy import integrate, special, stats

from qcanalysis.sampling import RiskPoint, probability_of_acceptance
from qcanalysis.sampling.acceptance_region import (
    acceptance_between,
    acceptance_region,
    share_outside,
)
from qcanalysis.sampling.two_limits import (
    TwoLimitPlan,
    acceptance_over_splits,
    find_two_limit_plan,
)
from qcanalysis.sampling.variables import VariablesPlan, find_variables_plan


def largest_spread(mean, n, k, is_combined, distance):
    """Largest sample standard deviation accepted at a mean; process sigma is 1, middle at 0."""
    away = abs(mean)
    apart = (distance / 2 - away) / k
    if apart <= 0 or not is_combined or k >= (n - 1) / math.sqrt(n):
        return max(apart, 0.0)
    scale, shape = math.sqrt(n) / (n - 1) / 2, n / 2 - 1
    most = special.betainc(shape, shape, 0.5 - scale * k)

    def estimate(s):
        x = (max(0.5 - scale * (distance / 2 + m) / s, 0.0) for m in (-away, away))
        return sum(special.betainc(shape, shape, value) for value in x)

    low, high = 0.0, apart
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if estimate(middle) <= most else (low, middle)
    return low


def by_mean(n, k, is_combined, distance, centre):
    """Second route: over the mean of the sample, the chi-square law of its spread inside."""

    def integrand(mean):
        s = largest_spread(mean, n, k, is_combined, distance)
        density = math.sqrt(n / (2 * math.pi)) * math.exp(-n * (mean - centre) ** 2 / 2)
        return density * special.gammainc((n - 1) / 2, (n - 1) * s * s / 2)

    ends = max(-distance / 2, centre - 9 / n**0.5), min(distance / 2, centre + 9 / n**0.5)
    points = sorted({min(max(x, ends[0]), ends[1]) for x in (0.0, centre)})
    return integrate.quad(integrand, *ends, epsabs=1e-12, epsrel=1e-12, limit=400, points=points)[0]


@pytest.mark.parametrize(
    ("n", "k", "is_combined", "distance", "centre"),
    [
        (10, 1.5, True, 4.0, 0.2),
        (10, 1.5, False, 4.0, 0.2),
        (5, 1.1, True, 3.0, 0.0),
        (4, 1.0, True, 4.0, 0.1),
        (2, 1.0, False, 4.0, 0.1),
        (20, 2.5, True, 6.0, 0.8),
        (20, 5.0, True, 12.0, 0.2),  # k beyond (n - 1) / sqrt(n)
        (300, 1.8, True, 4.2, 0.1),
        (15, 1.5, True, 40.0, 18.0),  # one limit far away
    ],
)
def test_unknown_sigma_against_quadrature_over_the_mean(n, k, is_combined, distance, centre):
    region = acceptance_region(n, k, is_combined)
    found = acceptance_between(region, np.array([distance]), np.array([centre]))[0]
    assert found == pytest.approx(by_mean(n, k, is_combined, distance, centre), abs=1e-10)


def test_the_limits_kept_apart_against_mpmath_quadrature():
    """Both limits kept by k: 40 digits, the normal law inside, chi outside."""
    mpmath.mp.dps = 40
    n, k, distance, centre = 12, mpmath.mpf("1.4"), mpmath.mpf("3.7"), mpmath.mpf("0.25")
    nu = n - 1
    constant = 2 * (mpmath.mpf(nu) / 2) ** (mpmath.mpf(nu) / 2) / mpmath.gamma(mpmath.mpf(nu) / 2)

    def integrand(s):
        half, root = distance / 2 - k * s, mpmath.sqrt(n)
        inside = mpmath.ncdf(root * (half - centre)) - mpmath.ncdf(root * (-half - centre))
        return constant * s ** (nu - 1) * mpmath.exp(-nu * s * s / 2) * inside

    right = mpmath.quad(integrand, [0, 0.4, 0.8, 1.1, distance / (2 * k)])
    region = acceptance_region(n, float(k), False)
    found = acceptance_between(region, np.array([float(distance)]), np.array([float(centre)]))[0]
    assert abs(found - right) < 1e-12


def test_one_limit_against_mpmath_quadrature():
    mpmath.mp.dps = 40
    for n, k, p in ((5, 1.2, 0.02), (35, 1.89, 0.01), (35, 1.89, 1e-6)):
        nu, distance = n - 1, -mpmath.mpf(float(special.ndtri(p)))
        half = mpmath.mpf(nu) / 2
        constant = 2 * half**half / mpmath.gamma(half)

        def integrand(s, n=n, k=k, nu=nu, constant=constant, distance=distance):
            kept = mpmath.ncdf(mpmath.sqrt(n) * (distance - mpmath.mpf(k) * s))
            return constant * s ** (nu - 1) * mpmath.exp(-nu * s * s / 2) * kept

        right = mpmath.quad(integrand, [0, 0.3, 0.7, 1, 1.4, 2, 3, 6, 12])
        found = probability_of_acceptance(VariablesPlan(n, k, False), p)
        assert abs(found - right) < 1e-12


@pytest.mark.parametrize("is_combined", [True, False])
@pytest.mark.parametrize("share_above", [0.5, 0.1])
def test_against_simulated_samples(is_combined, share_above):
    plan = TwoLimitPlan(12, 1.5, False, share_above=share_above, is_combined=is_combined)
    p, samples = 0.04, 200_000
    upper = stats.norm.isf(p * share_above)
    lower = stats.norm.ppf(p * (1 - share_above))
    rng = np.random.default_rng(5)
    mean = rng.normal(size=samples) / math.sqrt(12)
    s = np.sqrt(rng.chisquare(11, size=samples) / 11)
    to_upper, to_lower = (upper - mean) / s, (mean - lower) / s
    if is_combined:
        accepted = share_outside(to_upper, 12) + share_outside(to_lower, 12) <= share_outside(
            np.array(1.5), 12
        )
    else:
        accepted = np.minimum(to_upper, to_lower) >= 1.5
    error = 4 * math.sqrt(0.25 / samples)
    assert probability_of_acceptance(plan, p) == pytest.approx(accepted.mean(), abs=error)


@pytest.mark.parametrize("is_combined", [True, False])
def test_known_sigma_against_quadrature_and_simulation(is_combined):
    plan = TwoLimitPlan(8, 1.6, True, limit_distance=5.0, is_combined=is_combined)
    rng, samples = np.random.default_rng(6), 400_000
    for centre in (0.0, 0.4, 1.2):
        p = stats.norm.cdf(centre - 2.5) + stats.norm.cdf(-centre - 2.5)
        mean = centre + rng.normal(size=samples) / math.sqrt(8)
        if is_combined:
            v = math.sqrt(8 / 7)
            outside = stats.norm.cdf(v * (mean - 2.5)) + stats.norm.cdf(v * (-mean - 2.5))
            accepted = outside <= stats.norm.cdf(-1.6 * v)
        else:
            accepted = np.abs(mean) <= 2.5 - 1.6
        error = 4 * math.sqrt(0.25 / samples)
        found = probability_of_acceptance(plan, float(p))
        assert found == pytest.approx(accepted.mean(), abs=error)


def test_all_beyond_one_limit_is_the_plan_for_one_limit():
    quality = np.array([0.001, 0.01, 0.1, 0.4])
    for n, k in ((5, 1.1), (35, 1.89), (200, 1.2)):
        right = probability_of_acceptance(VariablesPlan(n, k, False), quality)
        for share in (0.0, 1.0):
            for is_combined in (True, False):
                plan = TwoLimitPlan(n, k, False, share_above=share, is_combined=is_combined)
                assert probability_of_acceptance(plan, quality) == pytest.approx(right, abs=1e-12)
    far = TwoLimitPlan(20, 1.6, True, limit_distance=30.0)
    right = probability_of_acceptance(VariablesPlan(20, 1.6, True), quality)
    assert probability_of_acceptance(far, quality) == pytest.approx(right, rel=1e-9)


def test_a_split_matters_little_when_combined_and_much_when_apart():
    plan = TwoLimitPlan(35, 1.89, False)
    low, high = acceptance_over_splits(plan, [0.01, 0.05, 0.1])
    assert np.all((low < high) & (high - low < 0.011))
    low, high = acceptance_over_splits(replace(plan, is_combined=False), [0.01, 0.05, 0.1])
    assert np.max(high - low) > 0.1
    mirrored = [
        probability_of_acceptance(replace(plan, share_above=share), 0.03) for share in (0.3, 0.7)
    ]
    assert mirrored[0] == pytest.approx(mirrored[1], rel=1e-12)


def test_limits_and_order():
    for plan in (TwoLimitPlan(20, 1.7, False), TwoLimitPlan(20, 1.7, True, limit_distance=7.0)):
        accepted = probability_of_acceptance(plan, np.linspace(0, 1, 101))
        assert accepted[-1] == 0
        assert np.all(np.diff(accepted) <= 1e-12)
        assert np.all((accepted >= 0) & (accepted <= 1))
    assert probability_of_acceptance(TwoLimitPlan(20, 1.7, False), 0.0) == 1


def test_a_lot_better_than_the_centred_one_counts_as_the_centred_one():
    plan = TwoLimitPlan(12, 1.7, True, limit_distance=4.5)
    best = 2 * stats.norm.cdf(-2.25)
    assert probability_of_acceptance(plan, 0.0) == probability_of_acceptance(plan, best / 2)
    assert probability_of_acceptance(plan, best * 1.5) < probability_of_acceptance(plan, best)


@pytest.mark.parametrize(
    ("known", "limit_distance", "is_combined"),
    [(False, None, True), (False, None, False), (True, 8.0, True), (True, 6.1, False)],
)
@pytest.mark.parametrize("points", [((0.01, 0.95), (0.06, 0.10)), ((0.02, 0.9), (0.4, 0.1))])
def test_no_smaller_plan_keeps_both_risks(points, known, limit_distance, is_combined):
    producer, consumer = (RiskPoint(*point) for point in points)
    plan = find_two_limit_plan(
        producer,
        consumer,
        sigma_is_known=known,
        limit_distance=limit_distance,
        is_combined=is_combined,
    )
    assert probability_of_acceptance(plan, producer.quality) == pytest.approx(
        producer.probability_of_acceptance, rel=1e-9
    )
    assert probability_of_acceptance(plan, consumer.quality) <= consumer.probability_of_acceptance
    least = (1 if known else 2) * (1 + is_combined)
    if plan.sample_size > least:  # one item fewer: every k breaks one of the two risks
        smaller = replace(plan, sample_size=plan.sample_size - 1)
        highest = min(plan.acceptability_constant + 0.3, smaller.largest_constant - 1e-9)
        for k in np.linspace(plan.acceptability_constant - 0.3, highest, 61):
            tried = replace(smaller, acceptability_constant=float(k))
            good, poor = probability_of_acceptance(tried, [producer.quality, consumer.quality])
            assert good < producer.probability_of_acceptance or (
                poor > consumer.probability_of_acceptance
            )


def test_two_limits_take_a_few_items_more_than_one():
    points = RiskPoint(0.01, 0.95), RiskPoint(0.06, 0.10)
    sizes = [
        find_variables_plan(*points, sigma_is_known=False).sample_size,
        find_two_limit_plan(*points, sigma_is_known=False).sample_size,
        find_two_limit_plan(*points, sigma_is_known=False, is_combined=False).sample_size,
    ]
    assert sizes == sorted(sizes)
    one_sided = find_two_limit_plan(*points, sigma_is_known=False, share_above=1.0)
    assert one_sided.sample_size == sizes[0]
    k = find_variables_plan(*points, sigma_is_known=False).acceptability_constant
    assert one_sided.acceptability_constant == pytest.approx(k, rel=1e-9)


def test_what_is_refused():
    with pytest.raises(ValueError, match="sample_size must be a whole number of at least 4"):
        TwoLimitPlan(3, 1.5, False)
    assert TwoLimitPlan(2, 1.5, False, is_combined=False).sample_size == 2
    with pytest.raises(ValueError, match="acceptability_constant must be above 0"):
        TwoLimitPlan(9, 0.0, False)
    with pytest.raises(ValueError, match="share_above must lie between 0 and 1"):
        TwoLimitPlan(9, 1.5, False, share_above=1.5)
    with pytest.raises(ValueError, match="limit_distance is for a known sigma"):
        TwoLimitPlan(9, 1.5, False, limit_distance=6.0)
    for distance in (None, 0.0, -6.0, math.nan):  # sigma of zero, limits reversed
        with pytest.raises(ValueError, match="check the limits and the sigma"):
            TwoLimitPlan(9, 1.5, True, limit_distance=distance)
    with pytest.raises(ValueError, match=r"never accepts at k = 2\.5: lower k to"):
        TwoLimitPlan(9, 2.5, True, limit_distance=4.0)
    with pytest.raises(ValueError, match=r"even a centred process has 0\.0124 outside"):
        find_two_limit_plan(
            RiskPoint(0.005, 0.95), RiskPoint(0.05, 0.1), sigma_is_known=True, limit_distance=5.0
        )
    with pytest.raises(ValueError, match="consumer's quality must be worse"):
        find_two_limit_plan(RiskPoint(0.1, 0.9), RiskPoint(0.05, 0.1), sigma_is_known=False)
    with pytest.raises(ValueError, match="with sigma known the split follows"):
        acceptance_over_splits(TwoLimitPlan(9, 1.5, True, limit_distance=9.0), 0.1)
