"""Bad units left in the uninspected rest of a lot."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from tests.sampling.exact import relative_error

from qcanalysis.estimation import (
    BetaPrior,
    CountDistribution,
    nonconforming_remainder,
    total_remainder,
)

priors = st.builds(BetaPrior, st.floats(0.05, 50), st.floats(0.05, 50))


@given(st.integers(0, 60), st.integers(0, 300), st.integers(0, 2000), priors)
def test_against_scipy(count, conforming, rest, prior):
    size = count + conforming
    found = nonconforming_remainder(count, size, lot_size=size + rest, prior=prior)
    right = stats.betabinom(rest, prior.alpha + count, prior.beta + conforming)
    assert found.probabilities.shape == (rest + 1,)
    assert found.probabilities == pytest.approx(right.pmf(np.arange(rest + 1)), rel=1e-8, abs=1e-15)
    assert found.mean == pytest.approx(right.mean(), rel=1e-10, abs=1e-12)
    assert found.probabilities.sum() == pytest.approx(1, rel=1e-13)


@pytest.mark.parametrize(
    ("count", "size", "lot"), [(7, 200, 8000), (0, 315, 20_000), (315, 315, 5000), (9, 500, 10**6)]
)
def test_against_50_digits(count, size, lot):
    found = nonconforming_remainder(count, size, lot_size=lot)
    rest = lot - size
    with mpmath.workdps(50):
        alpha, beta = mpmath.mpf(count) + 0.5, mpmath.mpf(size - count) + 0.5
        for bad in {0, 1, round(found.mean), round(2 * found.mean) % rest, rest // 2, rest}:
            right = mpmath.binomial(rest, bad) * (
                mpmath.beta(bad + alpha, rest - bad + beta) / mpmath.beta(alpha, beta)
            )
            if right > mpmath.mpf(10) ** -290:
                assert relative_error(found.probabilities[bad], right) < 1e-10


def test_t10_what_seven_of_200_implies_for_8000():
    rest = nonconforming_remainder(7, 200, lot_size=8000)
    assert (round(rest.mean), *rest.interval(0.90)) == (291, 141, 483)
    order = nonconforming_remainder(7, 315, lot_size=20_000)
    assert (round(order.mean), *order.interval(0.90)) == (467, 226, 776)
    # 180 failed units are below the mean: a remake of 180 is more likely than not too small.
    assert rest.probability_of_more_than(180) > 0.85
    assert rest.quantile(0.80) > rest.mean


def test_t5_a_pass_does_not_prove_the_sort():
    # A sort that catches 70 % leaves about 90 bad units of 8,000.
    bad_in_lot = 7 + nonconforming_remainder(7, 200, lot_size=8000).mean
    assert 0.3 * bad_in_lot == pytest.approx(90, abs=1)


def test_a_uniform_prior_and_no_sample_make_every_content_equally_likely():
    found = nonconforming_remainder(0, 0, lot_size=100, prior=BetaPrior(1, 1))
    assert found.probabilities == pytest.approx(np.full(101, 1 / 101), rel=1e-12)


def test_a_lot_inspected_in_full_has_no_rest():
    found = nonconforming_remainder(3, 20, lot_size=20)
    assert (found.mean, found.quantile(0.5), found.interval(0.9)) == (0, 0, (0, 0))
    assert found.probability_of_more_than(0) == 0


def test_a_firm_prior_makes_the_rest_binomial():
    found = nonconforming_remainder(0, 1, lot_size=51, prior=BetaPrior(3e9, 97e9))
    right = stats.binom.pmf(np.arange(51), 50, 0.03)
    assert found.probabilities == pytest.approx(right, abs=1e-8)


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=12), st.floats(0.001, 0.999), st.integers(-3, 14)
)
def test_quantiles_and_tails_of_any_distribution(weights, level, units):
    weights = np.array(weights) + 1e-3
    found = CountDistribution(weights / weights.sum())
    below = [sum(found.probabilities[: k + 1]) for k in range(len(weights))]
    quantile = found.quantile(level)
    assert below[quantile] >= level - 1e-12
    assert quantile == 0 or below[quantile - 1] < level + 1e-12
    right = sum(p for k, p in enumerate(found.probabilities) if k > units)
    assert found.probability_of_more_than(units) == pytest.approx(right, abs=1e-15)
    low, high = found.interval(level)
    assert low <= found.quantile(0.5) <= high


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 20), st.integers(0, 30)), min_size=1, max_size=4
    )
)
def test_the_total_is_the_convolution(lots):
    parts = [
        nonconforming_remainder(bad, bad + good, lot_size=bad + good + rest)
        for bad, good, rest in lots
    ]
    right = [1.0]
    for part in parts:  # every pair of counts, one by one
        sums = [0.0] * (len(right) + part.probabilities.size - 1)
        for i, p in enumerate(right):
            for j, q in enumerate(part.probabilities):
                sums[i + j] += p * q
        right = sums
    total = total_remainder(parts)
    assert total.probabilities == pytest.approx(right, abs=1e-14)
    assert total.mean == pytest.approx(sum(part.mean for part in parts), rel=1e-9, abs=1e-9)


def test_the_total_of_large_lots_keeps_mean_and_spread():
    parts = [nonconforming_remainder(bad, 200, lot_size=8000) for bad in (0, 7, 3)]
    total = total_remainder(iter(parts))

    def variance(part):
        counts = np.arange(part.probabilities.size)
        return counts**2 @ part.probabilities - part.mean**2

    assert total.mean == pytest.approx(sum(part.mean for part in parts), rel=1e-11)
    assert variance(total) == pytest.approx(sum(map(variance, parts)), rel=1e-9)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((8, 5, 100), ValueError, "got 8, 5, 100"),
        ((1, 20, 19), ValueError, "got 1, 20, 19"),
        ((-1, 20, 100), ValueError, "nonconforming_count must be a whole number of at least 0"),
        ((1.5, 20, 100), TypeError, "nonconforming_count must be a whole number, got 1.5"),
        ((1, 20, 1e3), TypeError, "lot_size must be a whole number, got 1000.0"),
    ],
)
def test_what_is_refused(arguments, error, message):
    count, size, lot = arguments
    with pytest.raises(error, match=message):
        nonconforming_remainder(count, size, lot_size=lot)


@pytest.mark.parametrize("alpha", [0, -1, math.nan, math.inf])
def test_a_prior_needs_two_positive_numbers(alpha):
    with pytest.raises(ValueError, match="alpha and beta must be above 0 and finite"):
        BetaPrior(alpha, 0.5)
    with pytest.raises(ValueError, match="alpha and beta must be above 0 and finite"):
        BetaPrior(0.5, alpha)


def test_more_refusals():
    with pytest.raises(ValueError, match="at least one distribution"):
        total_remainder([])
    rest = nonconforming_remainder(1, 20, lot_size=30)
    for level in (0, 1, 90, math.nan):
        with pytest.raises(ValueError, match="probability must lie between 0 and 1"):
            rest.quantile(level)
