"""Runs of cartons, bunching within cartons, and what bunching costs."""

from itertools import permutations

import numpy as np
import pytest
from scipy import stats
from scipy.special import xlogy

from qcanalysis.estimation.defect_rate import defect_rate_interval
from qcanalysis.estimation.dispersion import carton_clustering, clustered_interval
from qcanalysis.estimation.scan import scan_test


def log_likelihood_ratio(units, found, first, width):
    inside, outside = slice(first, first + width), np.ones(len(units), dtype=bool)
    outside[inside] = False
    parts = [
        (found[inside].sum(), units[inside].sum()),
        (found[outside].sum(), units[outside].sum()),
    ]
    if parts[0][0] / parts[0][1] <= parts[1][0] / parts[1][1]:
        return 0.0
    common = found.sum() / units.sum()
    return sum(
        xlogy(x, x / n / common) + xlogy(n - x, (1 - x / n) / (1 - common)) for x, n in parts
    )


def largest_ratio(units, found):
    widths = [w for w in (2, 3, 4, 6, 8, 12) if w <= len(units) // 2]
    return max(
        log_likelihood_ratio(units, found, first, width)
        for width in widths
        for first in range(len(units) - width + 1)
    )


def test_scan_by_brute_force_over_all_orders():
    units, found = np.array([5, 8, 5, 5, 4, 6]), np.array([0, 3, 2, 0, 0, 1])
    seen = largest_ratio(units, found)
    orders = [np.array(order) for order in permutations(range(6))]
    exact = np.mean([largest_ratio(units[o], found[o]) >= seen - 1e-9 for o in orders])
    result = scan_test([(units, found)], simulations=20_000)
    assert result.p_value == pytest.approx(exact, abs=4 * np.sqrt(0.25 / 20_000))
    assert (result.first, result.last, result.nonconforming, result.units) == (1, 2, 5, 13)


def test_a_single_bad_carton_is_no_run():
    assert scan_test([([20] * 12, [0] * 5 + [9] + [0] * 6)]).p_value == 1.0


def test_the_worst_sequence_is_named():
    quiet, loud = (
        ([10] * 10, [1, 0, 0, 1, 0, 0, 1, 0, 0, 0]),
        ([10] * 20, [0] * 12 + [5] * 5 + [0] * 3),
    )
    result = scan_test([quiet, loud])
    assert result.sequence == 1
    assert result.p_value < 0.01
    assert 11 <= result.first < result.last <= 17


def test_scan_keeps_its_level_even_where_cartons_differ():
    generator = np.random.default_rng(21)
    p_values = [
        scan_test(
            [(np.full(16, 8), generator.binomial(8, generator.beta(0.4, 3, 16)))],
            simulations=399,
            seed=seed,
        ).p_value
        for seed in range(150)
    ]
    assert np.mean(np.array(p_values) <= 0.1) <= 0.1 + 4 * np.sqrt(0.09 / 150)


def test_a_simulated_run_is_recovered_at_the_stated_power():
    generator = np.random.default_rng(22)
    odds = np.where(np.arange(24) // 6 == 2, 4.0, 1.0) * 0.1 / 0.9
    seen, stated = [], []
    for seed in range(100):
        found = generator.binomial(10, odds / (1 + odds))
        result = scan_test([(np.full(24, 10), found)], odds_ratio=4.0, simulations=499, seed=seed)
        seen.append(result.p_value <= 0.05)
        stated.append(result.power)
    assert np.mean(seen) == pytest.approx(np.mean(stated), abs=0.15)
    assert 0.4 < np.mean(stated) < 0.95


def test_scan_wants_four_cartons():
    with pytest.raises(
        ValueError, match=r"four cartons|4 cartons or more in one of them, got \[3\]"
    ):
        scan_test([([5, 5, 5], [1, 0, 0])])


def test_intraclass_correlation_has_its_limits():
    carton = np.repeat(np.arange(10), 5)
    all_or_none = carton_clustering(np.repeat([1, 0] * 5, 5), carton)
    assert all_or_none.intraclass_correlation == 1.0
    assert all_or_none.design_effect == 5.0
    spread = carton_clustering(np.tile([1, 0, 0, 0, 0], 10), carton)
    assert spread.intraclass_correlation == pytest.approx(-1 / 4)
    assert spread.design_effect == 1.0
    nothing = carton_clustering(np.zeros(50), carton)
    assert nothing.intraclass_correlation is None
    assert nothing.design_effect is None
    assert carton_clustering([1, 0, 0], [1, 2, 3]).design_effect is None


def test_intraclass_correlation_recovers_the_beta_binomial_parameter():
    generator = np.random.default_rng(23)
    alpha, beta, size = 0.6, 5.4, 12
    found = stats.betabinom(size, alpha, beta).rvs(3_000, random_state=generator)
    bad = (np.arange(size) < found[:, None]).ravel()
    result = carton_clustering(bad, np.repeat(np.arange(3_000), size))
    rho = 1 / (alpha + beta + 1)
    assert result.intraclass_correlation == pytest.approx(rho, abs=0.015)
    variance_ratio = np.var(found) / (size * 0.1 * 0.9)
    assert result.design_effect == pytest.approx(variance_ratio, rel=0.05)


def test_a_difference_between_skus_is_no_bunching():
    sku = np.repeat(["a", "b"], 100)
    carton = np.repeat(np.arange(20), 10)
    bad = np.where(sku == "a", np.tile([1, 1, 1, 1, 1, 0, 0, 0, 0, 0], 20), 0)
    assert carton_clustering(bad, carton).intraclass_correlation > 0.2
    assert carton_clustering(bad, carton, stratum=sku).design_effect == 1.0


def test_clustered_interval_is_clopper_pearson_at_the_effective_size():
    plain, clustered = defect_rate_interval(8, 200), clustered_interval(8, 200, design_effect=1.0)
    assert (clustered.lower, clustered.upper) == pytest.approx((plain.lower, plain.upper))
    halved, plain = clustered_interval(8, 200, design_effect=2.0), defect_rate_interval(4, 100)
    assert (halved.lower, halved.upper) == pytest.approx((plain.lower, plain.upper))
    assert clustered_interval(0, 50, design_effect=3.0).lower == 0.0
    assert clustered_interval(50, 50, design_effect=3.0).upper == 1.0
    with pytest.raises(ValueError, match=r"design_effect must be at least 1, got 0\.5"):
        clustered_interval(1, 10, design_effect=0.5)
    with pytest.raises(ValueError, match="got 11 of 10"):
        clustered_interval(11, 10, design_effect=1.0)
