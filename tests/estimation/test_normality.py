"""Anderson-Darling check: size, power, published points, and when it cannot tell."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from qcanalysis.estimation.normality import (
    anderson_darling,
    anderson_darling_p_value,
    check_normality,
)


def share_called_not_normal(draw, n, samples=4000):
    p_values = [anderson_darling_p_value(anderson_darling(draw(n))) for _ in range(samples)]
    return np.mean(np.array(p_values) < 0.05)


def test_published_percentage_points():
    # D'Agostino and Stephens, table 4.7, case 3.
    for point, level in ((0.631, 0.10), (0.752, 0.05), (0.873, 0.025), (1.035, 0.01)):
        assert anderson_darling_p_value(point) == pytest.approx(level, rel=0.02)


def test_the_p_value_falls_without_jumps():
    values = [anderson_darling_p_value(a) for a in np.linspace(0.05, 12, 2000)]
    assert all(0 < value <= 1 for value in values)
    assert max(np.diff(values)) < 0.002  # the four pieces meet to three digits
    assert min(np.diff(values)) > -0.03


def test_the_statistic_by_its_integral():
    values = np.array([9.1, 9.9, 10.4, 9.6, 10.0, 8.8, 9.4, 10.1, 9.7])
    n, z = values.size, np.sort((values - values.mean()) / values.std(ddof=1))
    u = stats.norm.cdf(z)
    edges = np.concatenate([[0.0], u, [1.0]])
    total = 0.0
    for i in range(n + 1):  # n * integral of (F_n(u) - u)^2 / (u (1 - u)), step by step
        a, b, f = edges[i], edges[i + 1], i / n
        low = f * f * math.log(a) if f else 0.0
        high = f * f * math.log(b) if f else 0.0
        other = (1 - f) ** 2
        low_other = other * math.log1p(-a) if other else 0.0
        high_other = other * math.log1p(-b) if other else 0.0
        total += (high - low) - (high_other - low_other) - (b - a)
    corrected = n * total * (1 + 0.75 / n + 2.25 / n**2)
    assert anderson_darling(values) == pytest.approx(corrected, rel=1e-9)
    assert anderson_darling(25.4 * values - 3) == pytest.approx(corrected, rel=1e-9)


def test_normal_samples_are_called_so_and_skewed_ones_seldom_by_few_values():
    """The figures that the caveat states: 25 % of samples of 20, 57 % of 50, 89 % of 100."""
    rng = np.random.default_rng(1)
    for n in (8, 20, 100):
        assert share_called_not_normal(lambda n: rng.normal(size=n), n) == pytest.approx(
            0.05, abs=0.012
        )
    for n, power in ((20, 0.25), (50, 0.57), (100, 0.89)):
        found = share_called_not_normal(lambda n: rng.gamma(4, size=n), n, samples=2000)
        assert found == pytest.approx(power, abs=0.04)  # gamma of shape 4 has skewness 1


def test_verdicts_say_what_to_do():
    rng = np.random.default_rng(2)
    normal = check_normality(rng.normal(size=25))
    assert normal.verdict == "no sign against"
    assert "25 values often hide a skew" in normal.reason
    assert "often hide" not in check_normality(rng.normal(size=150)).reason
    skewed = check_normality(rng.exponential(size=60))
    assert skewed.verdict == "not normal"
    assert "Count the items outside the limits instead: find_plan" in skewed.reason


def test_when_it_cannot_tell():
    few = check_normality([1.50, 1.51, 1.49, 1.52, 1.48, 1.53, 1.47])
    assert (few.verdict, few.p_value) == ("cannot tell", None)
    assert few.reason.startswith("7 values are too few")
    coarse = check_normality([1.5, 1.6, 1.5, 1.4, 1.5, 1.6, 1.5, 1.5, 1.4, 1.5])
    assert coarse.verdict == "cannot tell"
    assert "gauge's step is too coarse" in coarse.reason
    assert check_normality([]).verdict == "cannot tell"


def test_what_is_refused():
    with pytest.raises(ValueError, match="values must be finite"):
        check_normality([1.0] * 8 + [math.nan])
    with pytest.raises(ValueError, match="significance_level must lie between"):
        check_normality(range(20), significance_level=0.5)
