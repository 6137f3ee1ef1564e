"""Plans by variables, against quadrature, the noncentral t and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special, stats

from qcanalysis.sampling import RiskPoint, probability_of_acceptance
from qcanalysis.sampling.variables import VariablesPlan, find_variables_plan


def by_quadrature(n, k, p):
    """Mean over the sample standard deviation s: Gauss-Legendre on 400 panels from 0 to 12."""
    edges = np.linspace(0, 12, 401)
    nodes, weights = np.polynomial.legendre.leggauss(40)
    half = np.diff(edges) / 2
    s = (edges[:-1] + half)[:, None] + half[:, None] * nodes
    root = math.sqrt(n - 1)
    density = stats.chi.logpdf(root * s, n - 1) + math.log(root)
    keeps = stats.norm.logcdf(math.sqrt(n) * (stats.norm.isf(p) - k * s))
    return float(half @ np.exp(density + keeps) @ weights)


@pytest.mark.parametrize(
    ("n", "k"), [(2, 0.5), (2, 8.0), (3, 1.2), (10, -0.4), (35, 1.89), (200, 1.5)]
)
def test_unknown_sigma_against_quadrature(n, k):
    qualities = [1e-6, 0.01, 0.1, 0.3, 0.7, 0.9]  # down to 1e-99 and below
    found = probability_of_acceptance(VariablesPlan(n, k, False), qualities)
    right = [by_quadrature(n, k, p) for p in qualities]
    assert found == pytest.approx(right, rel=1e-10, abs=0)


def test_unknown_sigma_against_the_noncentral_t():
    # P(T >= k sqrt(n)) with noncentrality sqrt(n) K, taken at its accurate side.
    for n in (5, 35, 100, 1000):
        for p in (0.001, 0.01, 0.05, 0.1):
            right = special.nctdtr(n - 1, math.sqrt(n) * special.ndtri(p), -1.5 * math.sqrt(n))
            found = probability_of_acceptance(VariablesPlan(n, 1.5, False), p)
            assert found == pytest.approx(right, rel=1e-10)


def test_known_sigma_is_the_normal_distribution():
    plan = VariablesPlan(26, 1.322271, True)
    for p in (0.01, 0.05, 0.15):
        distance = stats.norm.isf(p)
        right = stats.norm.cdf(math.sqrt(26) * (distance - 1.322271))
        assert probability_of_acceptance(plan, p) == pytest.approx(right, rel=1e-12)


def test_k_zero_accepts_when_the_mean_is_inside():
    for known in (True, False):
        found = probability_of_acceptance(VariablesPlan(9, 0.0, known), [0.5, 0.1])
        assert found == pytest.approx([0.5, stats.norm.cdf(3 * stats.norm.isf(0.1))], rel=1e-12)


def test_limits_and_order():
    for known in (True, False):
        plan = VariablesPlan(20, 1.7, known)
        quality = np.linspace(0, 1, 201)
        accepted = probability_of_acceptance(plan, quality)
        assert (accepted[0], accepted[-1]) == (1, 0)
        assert np.all(np.diff(accepted) <= 1e-12)
        assert np.all((accepted >= 0) & (accepted <= 1))
        assert isinstance(probability_of_acceptance(plan, 0.1), float)
        assert probability_of_acceptance(plan, quality.reshape(3, 67)).shape == (3, 67)


def test_with_many_items_an_unknown_sigma_costs_the_textbook_factor():
    distance = stats.norm.isf(0.1)
    gaps = []
    for n in (100, 10_000, 1_000_000):
        k = distance - 1 / math.sqrt(n)
        known, unknown = (
            probability_of_acceptance(VariablesPlan(n, k, s), 0.1) for s in (True, False)
        )
        assert known == pytest.approx(stats.norm.cdf(1), rel=1e-9)
        gaps.append(abs(unknown - stats.norm.cdf(1 / math.sqrt(1 + k * k / 2))))
    assert gaps[2] < 1e-3 > gaps[1]
    assert gaps[0] > gaps[1] > gaps[2]


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(
    "points",
    [((0.01, 0.95), (0.06, 0.10)), ((0.05, 0.95), (0.15, 0.075)), ((0.02, 0.9), (0.4, 0.1))],
)
def test_no_smaller_plan_keeps_both_risks(points, known):
    producer, consumer = (RiskPoint(*point) for point in points)
    plan = find_variables_plan(producer, consumer, sigma_is_known=known)
    assert probability_of_acceptance(plan, producer.quality) == pytest.approx(
        producer.probability_of_acceptance, rel=1e-9
    )
    assert probability_of_acceptance(plan, consumer.quality) <= consumer.probability_of_acceptance
    n = plan.sample_size - 1  # one item fewer: the k that the producer needs is too loose
    root = math.sqrt(n)
    spread = stats.norm.isf(producer.quality)
    if known:
        k = spread + stats.norm.ppf(1 - producer.probability_of_acceptance) / root
    else:
        k = stats.nct.ppf(1 - producer.probability_of_acceptance, n - 1, root * spread) / root
    smaller = VariablesPlan(n, k, known)
    assert probability_of_acceptance(smaller, consumer.quality) > consumer.probability_of_acceptance


def test_measuring_needs_fewer_items_than_counting():
    points = RiskPoint(0.05, 0.95), RiskPoint(0.15, 0.075)
    sizes = [find_variables_plan(*points, sigma_is_known=k).sample_size for k in (True, False)]
    assert sizes == [26, 49]  # AcceptanceSampling; by attributes it takes 80


def test_what_is_refused():
    with pytest.raises(ValueError, match="sample_size must be a whole number of at least 2"):
        VariablesPlan(1, 1.5, False)
    with pytest.raises(TypeError, match="sample_size must be a whole number"):
        VariablesPlan(9.5, 1.5, True)
    with pytest.raises(ValueError, match="acceptability_constant must be finite"):
        VariablesPlan(9, math.nan, True)
    with pytest.raises(ValueError, match="quality must be a fraction nonconforming from 0 to 1"):
        probability_of_acceptance(VariablesPlan(9, 1.5, True), 2.5)
    with pytest.raises(ValueError, match="consumer's quality must be worse"):
        find_variables_plan(RiskPoint(0.1, 0.9), RiskPoint(0.05, 0.1), sigma_is_known=True)
    with pytest.raises(ValueError, match="below 1, got 1"):
        find_variables_plan(RiskPoint(0.1, 0.9), RiskPoint(1.0, 0.1), sigma_is_known=True)
