"""Intervals of the fraction nonconforming: second routes, coverage, and what is refused."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from tests.sampling import exact

from qcanalysis.estimation import defect_rate_interval

ALTERNATIVES = ["two-sided", "lower", "upper"]


@pytest.mark.parametrize(
    ("count", "size", "lower", "upper"),
    [
        (7, 315, "1.05", "4.13"),
        (7, 200, "1.65", "6.47"),
        (7, 125, "2.66", "10.26"),
        (7, 80, "4.18", "15.81"),
        (11, 315, "1.97", "5.71"),
        (11, 200, "3.11", "8.94"),
    ],
)
def test_golden_clopper_pearson(count, size, lower, upper):
    interval = defect_rate_interval(count, size, confidence_level=0.90)
    assert (f"{100 * interval.lower:.2f}", f"{100 * interval.upper:.2f}") == (lower, upper)


def test_t13_zero_found_is_not_zero():
    upper = defect_rate_interval(0, [315, 200, 80], alternative="upper").upper
    assert [f"{100 * limit:.2g}" for limit in upper] == ["0.95", "1.5", "3.7"]
    # In closed form: (1 - p) ** n = 0.05.
    assert upper == pytest.approx([1 - 0.05 ** (1 / n) for n in (315, 200, 80)], rel=1e-12)


SCIPY = {"two-sided": "two-sided", "lower": "greater", "upper": "less"}


@given(
    st.integers(1, 2000),
    st.floats(0, 1),
    st.floats(0.5, 0.999),
    st.sampled_from(ALTERNATIVES),
    st.sampled_from(["exact", "wilson"]),
)
def test_against_scipy(size, share, level, alternative, method):
    count = round(share * size)
    found = defect_rate_interval(
        count, size, confidence_level=level, alternative=alternative, method=method
    )
    right = stats.binomtest(count, size, alternative=SCIPY[alternative]).proportion_ci(
        confidence_level=level, method=method
    )
    assert found.estimate == count / size
    assert (found.lower, found.upper) == pytest.approx((right.low, right.high), rel=1e-7, abs=1e-12)


@given(st.integers(1, 10**6), st.floats(0, 1), st.floats(0.5, 0.999))
def test_exact_limits_turn_the_test_round(size, share, level):
    count = min(round(share * size), 250)
    found = defect_rate_interval(count, size, confidence_level=level)
    tail = (1 - level) / 2
    if count:
        with mpmath.workdps(50):
            at_least = 1 - exact.binomial_at_most(count - 1, size, found.lower)
        assert float(at_least) == pytest.approx(tail, rel=1e-8)
    if count < size:
        at_most = exact.binomial_at_most(count, size, found.upper)
        assert float(at_most) == pytest.approx(tail, rel=1e-8)


@given(st.integers(1, 2000), st.floats(0, 1), st.floats(0.5, 0.999))
def test_jeffreys_limits_are_quantiles_of_the_posterior(size, share, level):
    count = round(share * size)
    found = defect_rate_interval(count, size, confidence_level=level, method="jeffreys")
    posterior = stats.beta(count + 0.5, size - count + 0.5)
    tail = (1 - level) / 2
    assert found.lower == pytest.approx(posterior.ppf(tail) if count else 0.0, rel=1e-7)
    assert found.upper == pytest.approx(posterior.isf(tail) if count < size else 1.0, rel=1e-7)


def by_test_inversion(count, size, lot, tail):
    """Every content of the lot that the sample does not contradict, in whole fractions."""
    possible = []
    for bad in range(count, lot - (size - count) + 1):
        at_most = exact.hypergeometric_at_most(count, size, bad, lot)
        at_least = 1 - (
            exact.hypergeometric_at_most(count - 1, size, bad, lot) if count else Fraction(0)
        )
        possible.append((bad, at_least > tail, at_most > tail))
    lower = min(bad for bad, is_not_too_few, _ in possible if is_not_too_few)
    upper = max(bad for bad, _, is_not_too_many in possible if is_not_too_many)
    return lower, upper


# Levels whose tails no ratio of small whole numbers equals, so that no tie decides.
@pytest.mark.parametrize("level", [0.5003, 0.9007, 0.9503])
def test_finite_lots_against_every_content_of_every_small_lot(level):
    cases = [
        (count, size, lot)
        for lot in range(1, 15)
        for size in range(1, lot + 1)
        for count in range(size + 1)
    ]
    count, size, lot = np.array(cases).T
    found = defect_rate_interval(count, size, lot_size=lot, confidence_level=level)
    right = [by_test_inversion(*case, Fraction((1 - level) / 2)) for case in cases]
    assert np.array_equal(np.stack([found.lower_items, found.upper_items], axis=1), right)
    assert np.array_equal(found.lower, found.lower_items / lot)
    assert np.array_equal(found.upper, found.upper_items / lot)


@pytest.mark.parametrize("alternative", ALTERNATIVES)
@pytest.mark.parametrize("size", [5, 30])
def test_exact_limits_cover_at_least_as_often_as_stated(alternative, size):
    counts = np.arange(size + 1)
    interval = defect_rate_interval(counts, size, confidence_level=0.9, alternative=alternative)
    p = np.linspace(0.0005, 0.9995, 1500)
    chances = stats.binom.pmf(counts[:, None], size, p)
    covers = (interval.lower[:, None] <= p) & (p <= interval.upper[:, None])
    coverage = (chances * covers).sum(axis=0)
    assert coverage.min() >= 0.9 - 1e-12
    assert coverage.min() < 0.96  # not bought with limits wider than they need be


@pytest.mark.parametrize("alternative", ALTERNATIVES)
@pytest.mark.parametrize(("size", "lot"), [(6, 20), (13, 60), (20, 20)])
def test_lot_limits_cover_at_least_as_often_as_stated(alternative, size, lot):
    counts = np.arange(size + 1)
    interval = defect_rate_interval(
        counts, size, lot_size=lot, confidence_level=0.9, alternative=alternative
    )
    for bad in range(lot + 1):
        chances = stats.hypergeom.pmf(counts, lot, bad, size)
        covers = (interval.lower_items <= bad) & (bad <= interval.upper_items)
        assert chances[covers].sum() >= 0.9 - 1e-12


@pytest.mark.parametrize("method", ["wilson", "jeffreys"])
def test_approximate_methods_cover_on_average(method):
    counts = np.arange(51)
    interval = defect_rate_interval(counts, 50, confidence_level=0.95, method=method)
    p = np.linspace(0.01, 0.99, 981)
    chances = stats.binom.pmf(counts[:, None], 50, p)
    covers = (interval.lower[:, None] <= p) & (p <= interval.upper[:, None])
    assert (chances * covers).sum(axis=0).mean() == pytest.approx(0.95, abs=0.01)


def test_a_lot_inspected_in_full_is_known():
    interval = defect_rate_interval(3, 20, lot_size=20)
    assert (interval.lower_items, interval.upper_items) == (3, 3)
    assert interval.lower == interval.upper == interval.estimate == 0.15
    assert str(defect_rate_interval(0, 20, lot_size=20).lower) == "0.0"


def test_lot_limits_lie_inside_those_of_the_process_and_approach_them():
    process = defect_rate_interval(7, 200)
    widths = []
    for lot in (300, 2000, 10**6):
        found = defect_rate_interval(7, 200, lot_size=lot)
        assert process.lower - 1 / lot <= found.lower <= found.upper <= process.upper + 1 / lot
        widths.append(found.upper - found.lower)
    assert widths[0] < widths[1] < widths[2]
    assert widths[2] == pytest.approx(process.upper - process.lower, rel=1e-3)


@pytest.mark.parametrize("method", ["exact", "wilson", "jeffreys"])
def test_alternatives(method):
    both = defect_rate_interval(7, 200, confidence_level=0.90, method=method)
    low, high = (
        defect_rate_interval(7, 200, confidence_level=0.95, method=method, alternative=side)
        for side in ("lower", "upper")
    )
    assert (low.lower, low.upper) == (pytest.approx(both.lower, rel=1e-12), 1)
    assert (high.lower, high.upper) == (0, pytest.approx(both.upper, rel=1e-12))


def test_one_sided_limits_of_a_lot_reach_its_ends():
    low, high = (
        defect_rate_interval(3, 20, lot_size=[50, 80], alternative=side)
        for side in ("lower", "upper")
    )
    assert low.upper_items.tolist() == [50, 80]
    assert low.upper.tolist() == [1, 1]
    assert high.lower_items.tolist() == [0, 0]
    assert high.lower.tolist() == [0, 0]


@pytest.mark.parametrize("method", ["exact", "wilson", "jeffreys"])
@pytest.mark.parametrize("alternative", ALTERNATIVES)
def test_arrays_are_the_scalars_side_by_side(method, alternative):
    options = {"method": method, "alternative": alternative}
    counts, sizes = np.array([[0], [5]]), np.array([5, 80, 315])
    table = defect_rate_interval(counts, sizes, **options)
    assert table.lower.shape == (2, 3)
    for i, j in np.ndindex(2, 3):
        one = defect_rate_interval(int(counts[i, 0]), int(sizes[j]), **options)
        assert isinstance(one.lower, float)
        assert (one.estimate, one.lower, one.upper) == (
            table.estimate[i, j],
            table.lower[i, j],
            table.upper[i, j],
        )


def test_lot_sizes_broadcast_too():
    found = defect_rate_interval(7, 200, lot_size=[500, 8000])
    assert found.lower.shape == (2,)
    alone = defect_rate_interval(7, 200, lot_size=8000)
    assert (found.lower_items[1], found.upper_items[1]) == (alone.lower_items, alone.upper_items)
    assert isinstance(alone.lower_items, int)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((8, 5), {}, "must not exceed sample_size, got 8 of 5; a count of defects, not defectives"),
        ((-1, 5), {}, "nonconforming_count must be whole and not negative, got -1"),
        ((1.5, 5), {}, "nonconforming_count must be whole"),
        ((np.nan, 5), {}, "nonconforming_count must be whole"),
        ((0, 0), {}, "sample_size must be a whole number of at least 1, got 0"),
        ((0, np.inf), {}, "sample_size must be a whole number"),
        ((1, 20), {"lot_size": 19}, "lot_size must be whole and not below sample_size, got 19"),
        ((1, 20), {"lot_size": np.inf}, "lot_size must be whole"),
        ((1, 20), {"lot_size": 50.5}, "lot_size must be whole"),
        ((1, 20), {"lot_size": 50, "method": "wilson"}, "method='exact' only"),
        ((1, 20), {"confidence_level": 95}, "confidence_level must lie between 0 and 1, got 95"),
        ((1, 20), {"method": "wald"}, "method must be one of"),
        ((1, 20), {"alternative": "greater"}, "alternative must be one of"),
    ],
)
def test_what_is_refused(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        defect_rate_interval(*arguments, **options)
