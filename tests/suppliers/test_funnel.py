"""Funnel limits: exact tails, overdispersion against a second route, states, speed."""

import time

import numpy as np
import pytest
from scipy import stats

from qcanalysis.suppliers.funnel import supplier_funnel


def ids(count: int) -> list[str]:
    return [f"S{number:04d}" for number in range(count)]


def test_limits_are_exact_binomial_tails_by_scipy() -> None:
    sizes = [50, 200, 1000, 4000]
    funnel = supplier_funnel(ids(4), [1, 4, 20, 80], sizes, target=0.02)
    for row in funnel.table.itertuples():
        law = stats.binom(row.items_inspected, 0.02)
        for tail, low, high in (
            (0.025, row.lower_95, row.upper_95),
            (0.001, row.lower_998, row.upper_998),
        ):
            beyond = np.floor(high * row.items_inspected + 1e-9) + 1
            assert law.sf(beyond - 1) < tail <= law.sf(beyond - 2)
            below = np.ceil(low * row.items_inspected - 1e-9) - 1
            assert law.cdf(below) < tail <= law.cdf(below + 1)


def test_lower_limit_is_spiegelhalters_interpolation() -> None:
    funnel = supplier_funnel(["A"], [20], [1000], target=0.02)
    law = stats.binom(1000, 0.02)
    r = law.ppf(0.025)
    alpha = (law.cdf(r) - 0.025) / (law.cdf(r) - law.cdf(r - 1))
    assert funnel.table["lower_95"][0] == pytest.approx((r - alpha) / 1000)


def test_large_samples_meet_the_normal_limits() -> None:
    funnel = supplier_funnel(["A"], [100_000], [200_000], target=0.5)
    half_width = stats.norm.isf(0.001) * np.sqrt(0.25 / 2e5)
    assert funnel.table["upper_998"][0] == pytest.approx(0.5 + half_width, abs=1e-5)
    assert funnel.table["lower_998"][0] == pytest.approx(0.5 - half_width, abs=1e-5)


def test_overdispersed_limits_are_beta_binomial_tails_by_scipy() -> None:
    generator = np.random.default_rng(5)
    sizes = generator.integers(200, 5000, 200)
    found = generator.binomial(sizes, generator.beta(4, 156, 200))
    funnel = supplier_funnel(ids(200), found, sizes)
    strength = funnel.target * (1 - funnel.target) / funnel.between_suppliers**2 - 1
    for row in funnel.table.head(5).itertuples():
        law = stats.betabinom(
            row.items_inspected, strength * funnel.target, strength * (1 - funnel.target)
        )
        beyond = np.floor(row.upper_998 * row.items_inspected) + 1
        assert law.sf(beyond - 1) < 0.001 < law.sf(beyond - 2)
        assert row.upper_998 > row.upper_998_chance


def test_tau_by_hand_from_the_formula() -> None:
    found, sizes = [2, 9, 25, 4, 40, 11], [100, 300, 500, 200, 900, 400]
    funnel = supplier_funnel(ids(6), found, sizes, winsorised=0.0)
    p = sum(found) / sum(sizes)
    weights = [n / (p * (1 - p)) for n in sizes]
    total = sum(w * (x / n - p) ** 2 for w, x, n in zip(weights, found, sizes, strict=True))
    scale = sum(weights) - sum(w * w for w in weights) / sum(weights)
    assert funnel.dispersion == pytest.approx(total / 6)
    assert funnel.between_suppliers**2 == pytest.approx((total - 5) / scale)


def test_known_spread_is_recovered_and_outliers_do_not_hide_themselves() -> None:
    generator = np.random.default_rng(6)
    sizes = generator.integers(500, 8000, 1500)
    true = generator.beta(9, 291, 1500)
    found = generator.binomial(sizes, true)
    plain = supplier_funnel(ids(1500), found, sizes, winsorised=0.0)
    assert plain.between_suppliers == pytest.approx(np.sqrt(0.03 * 0.97 / 301), rel=0.1)
    found[:40] = generator.binomial(sizes[:40], 0.25)
    robust = supplier_funnel(ids(1500), found, sizes, target=0.03)
    assert robust.between_suppliers < 1.2 * plain.between_suppliers
    assert (robust.table["state"][:40] == "out high").all()
    assert (robust.table["state"][40:] == "out high").mean() < 0.01


def test_suppliers_alike_are_flagged_no_more_often_than_stated() -> None:
    generator = np.random.default_rng(7)
    sizes = generator.integers(200, 5000, 4000)
    funnel = supplier_funnel(ids(4000), generator.binomial(sizes, 0.02), sizes, target=0.02)
    states = funnel.table["state"].value_counts(normalize=True)
    outside = 1 - states["inside"]
    assert 0.02 < outside < 0.05
    assert states.get("out high", 0) < 0.002
    assert funnel.between_suppliers == 0


def test_few_suppliers_cannot_tell_the_spread() -> None:
    funnel = supplier_funnel(["A", "B"], [5, 9], [200, 300])
    assert np.isnan(funnel.dispersion)
    assert np.isnan(funnel.between_suppliers)
    np.testing.assert_array_equal(funnel.table["upper_95"], funnel.table["upper_95_chance"])


def test_no_items_and_nothing_found_are_not_enough_data_never_a_state() -> None:
    funnel = supplier_funnel(ids(3), [0, 0, 3], [0, 10, 100], minimum_items=50)
    assert funnel.table["state"].tolist() == ["not enough data", "not enough data", "inside"]
    none = supplier_funnel(ids(2), [0, 0], [100, 200])
    assert none.table["state"].eq("not enough data").all()
    empty = supplier_funnel([], [], [])
    assert empty.table.empty
    assert empty.curve.empty


def test_zero_found_in_a_small_sample_is_never_low() -> None:
    funnel = supplier_funnel(["A"], [0], [20], target=0.02)
    assert funnel.table["lower_95"][0] == 0
    assert funnel.table["state"][0] == "inside"


def test_five_thousand_suppliers_take_seconds_at_most() -> None:
    generator = np.random.default_rng(8)
    sizes = generator.integers(100, 40_000, 5000)
    found = generator.binomial(sizes, generator.beta(3, 147, 5000))
    started = time.process_time()
    funnel = supplier_funnel(ids(5000), found, sizes)
    assert time.process_time() - started < 10
    assert len(funnel.table) == 5000


@pytest.mark.parametrize(
    ("found", "items", "options", "words"),
    [
        ([3], [2], {}, "0 <= nonconforming"),
        ([1.5], [2], {}, "whole numbers"),
        ([1, 1], [2], {}, "one length"),
        ([1], [2], {"target": 1.0}, "target must lie"),
        ([1], [2], {"winsorised": 0.5}, "below 0.5"),
    ],
)
def test_bad_input_is_named(found: list, items: list, options: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        supplier_funnel(["A"], found, items, **options)
