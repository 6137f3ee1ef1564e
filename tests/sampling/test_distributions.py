"""Counts in a sample, against 50-digit sums and exact fractions."""

from __future__ import annotations

from math import comb

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from tests.sampling import exact
from tests.sampling.exact import relative_error

from qcanalysis.sampling.distributions import (
    at_most,
    binomial_probability,
    expected_weight,
    hypergeometric_at_most,
    hypergeometric_more_than,
    hypergeometric_probability,
    more_than,
    probability,
)

NEAR = 1e-11


@given(st.data())
def test_binomial_probability_is_the_exact_term(data):
    n = data.draw(st.integers(1, 10**6))
    x = data.draw(st.integers(0, min(n, 2000)))
    p = data.draw(st.floats(1e-9, 1 - 1e-9))
    with mpmath.workdps(50):
        term = mpmath.binomial(n, x) * mpmath.mpf(p) ** x * (1 - mpmath.mpf(p)) ** (n - x)
        if term > mpmath.mpf(10) ** -290:
            assert relative_error(binomial_probability(x, n, p), term) < NEAR


def test_binomial_probability_at_its_edges():
    assert binomial_probability([0, 1, 2], 2, 0.0).tolist() == [1, 0, 0]
    assert binomial_probability([0, 1, 2], 2, 1.0).tolist() == [0, 0, 1]
    assert binomial_probability(0, 0, 0.3) == 1
    assert binomial_probability([-1, 3], 2, 0.3).tolist() == [0, 0]
    assert binomial_probability(range(31), 30, 0.3).sum() == pytest.approx(1, rel=1e-14)


@given(st.data())
def test_hypergeometric_probability_is_the_exact_fraction(data):
    lot = data.draw(st.integers(1, 300))
    bad = data.draw(st.integers(0, lot))
    n = data.draw(st.integers(1, lot))
    found = hypergeometric_probability(np.arange(-1, n + 2), n, bad, lot)
    for x, value in zip(range(-1, n + 2), found, strict=True):
        ways = comb(bad, x) * comb(lot - bad, n - x) if 0 <= x <= n else 0
        assert relative_error(value, exact.Fraction(ways, comb(lot, n))) < NEAR


@given(st.data())
def test_both_hypergeometric_tails_keep_their_digits(data):
    lot = data.draw(st.integers(1, 2000))
    bad = data.draw(st.integers(0, lot))
    n = data.draw(st.integers(1, lot))
    count = data.draw(st.integers(-1, min(n + 1, 60)))
    below = exact.hypergeometric_at_most(count, n, bad, lot) if count >= 0 else exact.Fraction(0)
    for value, right in (
        (hypergeometric_at_most(count, n, bad, lot), below),
        (hypergeometric_more_than(count, n, bad, lot), 1 - below),
    ):
        if right == 0 or right > exact.Fraction(1, 10**280):
            assert relative_error(value, right) < NEAR


def test_hypergeometric_limits_on_a_large_lot():
    # Whole lot inspected: the count is certain. One item: a Bernoulli trial.
    assert hypergeometric_at_most([4, 5], 10**6, 5, 10**6).tolist() == [0, 1]
    assert hypergeometric_at_most(0, 1, 250_000, 10**6) == pytest.approx(0.75, rel=1e-14)
    # A small sample from a large lot is close to binomial, and closer the larger the lot.
    binomial = stats.binom.cdf(5, 315, 0.025)
    gaps = [
        abs(hypergeometric_at_most(5, 315, lot // 40, lot) - binomial) for lot in (10**4, 10**6)
    ]
    assert gaps[1] < gaps[0] / 50
    # A lot of a million, against fractions of whole numbers.
    right = exact.hypergeometric_at_most(12, 20_000, 1000, 10**6)
    assert relative_error(hypergeometric_at_most(12, 20_000, 1000, 10**6), right) < 1e-10


@pytest.mark.parametrize("distribution", ["binomial", "poisson", "hypergeometric"])
def test_at_most_and_more_than_are_the_sum_of_the_terms(distribution):
    quality = (
        np.array([0.0, 3.0, 40.0]) if distribution == "hypergeometric" else np.array([0, 0.04])
    )
    terms = probability(np.arange(4)[:, None], 25, quality, distribution, 100).sum(axis=0)
    assert at_most(3, 25, quality, distribution, 100) == pytest.approx(terms, rel=1e-12)
    assert more_than(3, 25, quality, distribution, 100) == pytest.approx(1 - terms, rel=1e-10)
    assert more_than(-1, 25, quality, distribution, 100).tolist() == [1.0] * quality.size


@pytest.mark.parametrize("distribution", ["binomial", "poisson"])
@pytest.mark.parametrize("length", [1, 6, 300, 301, 900])
def test_a_weighted_sum_is_the_sum_of_weighted_terms(distribution, length):
    # 300 weights is the longest polynomial, a mean of 650 its largest: both sides are crossed.
    weights = np.linspace(1.0, 0.25, length)
    quality = np.array([0.0, 1e-6, 0.01, 0.2, 0.6, 0.9])
    n = 1000
    found = expected_weight(weights, n, quality, distribution)
    for q, value in zip(quality, found, strict=True):
        with mpmath.workdps(40):
            p = mpmath.mpf(q)
            terms = (
                mpmath.binomial(n, x) * p**x * (1 - p) ** (n - x)
                if distribution == "binomial"
                else mpmath.exp(-n * p) * (n * p) ** x / mpmath.factorial(x)
                for x in range(length)
            )
            right = mpmath.fsum(mpmath.mpf(w) * t for w, t in zip(weights, terms, strict=True))
        if right > mpmath.mpf(10) ** -290:
            assert relative_error(value, right) < NEAR


def test_a_weighted_sum_of_nothing_is_nothing():
    assert expected_weight(np.zeros(4), 10, np.array([0.1, 0.2]), "binomial").tolist() == [0, 0]
