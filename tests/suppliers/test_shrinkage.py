"""Prior fitted over suppliers, shrunken rates and the clustering of lots."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from qcanalysis.estimation import JEFFREYS, BetaPrior, defect_rate_interval
from qcanalysis.suppliers.clustering import effective_counts, lot_clustering
from qcanalysis.suppliers.rate_prior import fit_prior
from qcanalysis.suppliers.shrinkage import shrunken_rates

# Deaths after heart surgery at 12 hospitals, operations and deaths (Spiegelhalter et al., the
# Surgical example that comes with BUGS).
OPERATIONS = [47, 148, 119, 810, 211, 196, 148, 215, 207, 97, 256, 360]
DEATHS = [0, 18, 8, 46, 8, 13, 9, 31, 14, 8, 29, 24]


def test_prior_is_the_maximum_of_scipys_beta_binomial_likelihood() -> None:
    def minus_log(logs: np.ndarray) -> float:
        alpha, beta = np.exp(logs)
        return -float(stats.betabinom(np.array(OPERATIONS), alpha, beta).logpmf(DEATHS).sum())

    peak = optimize.minimize(
        minus_log, [0.0, 2.0], method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-10}
    )
    fitted = fit_prior(DEATHS, OPERATIONS)
    assert fitted.is_fitted
    assert fitted.suppliers_used == 12
    assert fitted.prior.alpha == pytest.approx(np.exp(peak.x[0]), rel=1e-3)
    assert fitted.prior.beta == pytest.approx(np.exp(peak.x[1]), rel=1e-3)


def test_prior_recovers_what_rates_were_drawn_from() -> None:
    rng = np.random.default_rng(4)
    items = rng.integers(200, 3000, 4000)
    found = rng.binomial(items, rng.beta(2.5, 150, items.size))
    prior = fit_prior(found, items).prior
    assert prior.mean == pytest.approx(2.5 / 152.5, rel=0.03)
    assert prior.alpha + prior.beta == pytest.approx(152.5, rel=0.08)


def test_no_spread_between_suppliers_stops_at_all_items_inspected() -> None:
    fitted = fit_prior([10] * 8, [500] * 8)
    assert fitted.is_fitted
    assert fitted.prior.alpha + fitted.prior.beta == pytest.approx(4000, rel=1e-3)
    assert fitted.prior.mean == pytest.approx(0.02, rel=0.01)
    assert "no more than chance" in fitted.reason


@pytest.mark.parametrize(
    ("found", "items", "reason"),
    [
        ([3], [200], "1 supplier with items inspected"),
        ([30] * 4 + [0] * 9, [200] * 4 + [0] * 9, "4 suppliers with items inspected"),
        ([0] * 30, [200] * 30, "0 nonconforming"),
        ([1] * 19, [200] * 19, "at least 20 nonconforming"),
        ([200] * 6, [200] * 6, "0 conforming"),
        ([], [], "0 suppliers"),
    ],
)
def test_too_little_to_fit_falls_back_and_says_so(
    found: list[int], items: list[int], reason: str
) -> None:
    fitted = fit_prior(found, items)
    assert not fitted.is_fitted
    assert fitted.prior == JEFFREYS
    assert reason in fitted.reason


def test_raw_limits_are_clopper_pearson_and_posterior_is_conjugate() -> None:
    found, items = [0, 7, 315], [315, 315, 315]
    rates = shrunken_rates(found, items, BetaPrior(2, 98), confidence_level=0.9)
    exact = defect_rate_interval(found, items, confidence_level=0.9)
    np.testing.assert_allclose(rates.raw_lower, exact.lower, rtol=1e-12)
    np.testing.assert_allclose(rates.raw_upper, exact.upper, rtol=1e-12)
    posterior = stats.beta(2 + 7, 98 + 308)
    assert rates.shrunken[1] == pytest.approx(posterior.mean())
    assert (rates.lower[1], rates.upper[1]) == pytest.approx(posterior.interval(0.9))
    assert rates.probability_above(0.025)[1] == pytest.approx(posterior.sf(0.025))


def test_limits_of_shrinkage() -> None:
    alone = shrunken_rates([5], [100], BetaPrior(1e-9, 1e-9))
    assert alone.shrunken[0] == pytest.approx(0.05)
    overruled = shrunken_rates([5], [100], BetaPrior(2e7, 98e7))
    assert overruled.shrunken[0] == pytest.approx(0.02, rel=1e-4)


def test_supplier_without_items_is_not_told_from_the_prior() -> None:
    rates = shrunken_rates([0, 2], [0, 100], BetaPrior(2, 98))
    for values in (rates.raw, rates.raw_upper, rates.shrunken, rates.lower, rates.alpha):
        assert np.isnan(values[0])
        assert np.isfinite(values[1])
    assert np.isnan(rates.probability_above(0.02)[0])


def test_aql_of_zero_or_missing_is_no_limit_of_a_rate() -> None:
    rates = shrunken_rates([1, 1, 1], [100] * 3, BetaPrior(2, 98))
    above = rates.probability_above([0.0, np.nan, 0.02])
    assert np.isnan(above[:2]).all()
    assert 0 < above[2] < 1


def test_design_effect_widens_and_pulls_towards_the_group() -> None:
    plain = shrunken_rates([20], [400], BetaPrior(2, 98))
    clustered = shrunken_rates([20], [400], BetaPrior(2, 98), design_effect=2.0)
    assert clustered.raw[0] == plain.raw[0]
    assert clustered.raw_upper[0] - clustered.raw_lower[0] > plain.raw_upper[0] - plain.raw_lower[0]
    assert 0.02 < clustered.shrunken[0] < plain.shrunken[0]


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), min_size=1, max_size=12),
    st.floats(1.0, 5.0),
)
def test_estimates_lie_in_their_intervals_between_raw_and_prior(
    pairs: list[tuple[int, int]], effect: float
) -> None:
    found, items = ([min(p) for p in pairs], [max(p) for p in pairs])
    prior = fit_prior(found, items).prior
    rates = shrunken_rates(found, items, prior, design_effect=effect)
    known = np.array(items) > 0
    bad, good = (counts[known] for counts in effective_counts(found, items, effect))
    record = bad / (bad + good)
    for low, middle, high in (
        (rates.raw_lower[known], rates.raw[known], rates.raw_upper[known]),
        (
            np.minimum(record, prior.mean),
            rates.shrunken[known],
            np.maximum(record, prior.mean),
        ),
    ):
        assert (low <= middle + 1e-12).all()
        assert (middle <= high + 1e-12).all()
    assert (rates.lower[known] <= rates.upper[known]).all()
    assert np.isnan(rates.shrunken[~known]).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([5], [4]), "nonconforming <= items_inspected"),
        (([-1], [4]), "nonconforming <= items_inspected"),
        (([np.nan], [4]), "nonconforming <= items_inspected"),
    ],
)
def test_impossible_counts_are_refused(
    arguments: tuple[list[int], list[int]], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        fit_prior(*arguments)
    with pytest.raises(ValueError, match=message):
        shrunken_rates(*arguments, BetaPrior())


def test_impossible_options_are_refused() -> None:
    with pytest.raises(ValueError, match="design_effect must be at least 1"):
        shrunken_rates([1], [4], BetaPrior(), design_effect=0.5)
    with pytest.raises(ValueError, match="confidence_level must lie between"):
        shrunken_rates([1], [4], BetaPrior(), confidence_level=95)
    with pytest.raises(ValueError, match=r"2\.5 % is 0\.025"):
        shrunken_rates([1], [4], BetaPrior()).probability_above(2.5)


def test_clustering_is_the_textbook_analysis_of_variance() -> None:
    """Second route: the mean squares item by item, nested, for unequal lots."""
    rng = np.random.default_rng(2)
    sizes = [[5, 8, 13], [6, 6], [20]]
    found = [[int(rng.binomial(n, 0.3)) for n in lots] for lots in sizes]
    between = within = spread = 0.0
    between_df = within_df = 0
    for lots, counts in zip(sizes[:2], found[:2], strict=True):
        items = [np.repeat([1.0, 0.0], [x, n - x]) for x, n in zip(counts, lots, strict=True)]
        overall = np.concatenate(items).mean()
        between += sum(i.size * (i.mean() - overall) ** 2 for i in items)
        within += sum(((i - i.mean()) ** 2).sum() for i in items)
        between_df += len(lots) - 1
        within_df += sum(lots) - len(lots)
        spread += sum(lots) - sum(n * n for n in lots) / sum(lots)
    msb, msw, typical = between / between_df, within / within_df, spread / between_df
    expected = (msb - msw) / (msb + (typical - 1) * msw)
    clustering = lot_clustering(
        [len(lots) for lots in sizes],
        [sum(lots) for lots in sizes],
        [sum(counts) for counts in found],
        [sum(n * n for n in lots) for lots in sizes],
        [
            sum(x * x / n for x, n in zip(counts, lots, strict=True))
            for counts, lots in zip(found, sizes, strict=True)
        ],
    )
    assert clustering.intraclass_correlation == pytest.approx(max(expected, 0.0), abs=1e-12)


def test_clustering_of_alike_lots_is_none_at_all_and_unknown_without_two_lots() -> None:
    alike = lot_clustering([4], [400], [8], [40_000], [4 * 2 * 2 / 100])
    assert alike.intraclass_correlation == 0.0
    assert alike.design_effect.tolist() == [1.0]
    single = lot_clustering([1, 1], [100, 80], [5, 0], [10_000, 6400], [0.25, 0.0])
    assert single.intraclass_correlation is None
    nothing = lot_clustering([5, 0], [500, 0], [0, 0], [50_000, 0], [0.0, 0.0])
    assert nothing.intraclass_correlation is None
    assert nothing.design_effect.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("found", [1, 2, 7, 60, 1000])
def test_effective_counts_have_slope_and_curvature_of_the_beta_binomial(found: int) -> None:
    """Second route: differences of scipy's likelihood of one large lot, at the rate found."""
    items, effect = 3500, 2.0
    precision = (items - effect) / (effect - 1)
    rate = found / items
    step = 1e-3 * rate
    at = rate + step * np.array([-1, 0, 1])
    log = stats.betabinom(items, at * precision, (1 - at) * precision).logpmf(found)
    (bad,), (good,) = effective_counts([found], [items], effect)
    slope, curvature = (log[2] - log[0]) / (2 * step), (log[2] - 2 * log[1] + log[0]) / step**2
    assert bad / rate - good / (1 - rate) == pytest.approx(slope, rel=1e-3, abs=2.0)
    assert -bad / rate**2 - good / (1 - rate) ** 2 == pytest.approx(curvature, rel=1e-3)


def test_effective_counts_at_their_limits() -> None:
    bad, good = effective_counts([0, 5, 0, 400], [400, 400, 0, 400], 1.0)
    np.testing.assert_array_equal(bad, [0, 5, 0, 400])
    np.testing.assert_array_equal(good, [400, 395, 0, 0])
    nearly = np.array(effective_counts([0, 5, 395], [400] * 3, 1.00011))
    np.testing.assert_allclose(nearly, [[0, 5, 395], [400, 395, 5]], rtol=2e-4)
    none, all_good = effective_counts([0], [100_000], 3.0)
    assert (none[0], all_good[0]) == pytest.approx((0, 100_000 * np.log(3) / 2), rel=1e-3)
    many = np.array(effective_counts([50_000], [100_000], 4.0))[:, 0]
    np.testing.assert_allclose(many, 12_500, rtol=1e-3)
    # One lot whose items are all the same: one item's worth of either kind.
    alike = np.array(effective_counts([0, 20, 40], [40] * 3, 40.0))
    assert (alike >= 0).all()
    assert alike.sum() < 10


def test_possible_priors_are_those_of_a_plain_integral() -> None:
    """Second route: every mean and precision of a fine plain grid, for the hospitals."""
    found, items = np.array(DEATHS), np.array(OPERATIONS)
    fitted = fit_prior(found, items)
    typical = items.size / np.sum(1 / items)
    odds, shrinkage = np.linspace(-4.5, -1.0, 301), (np.arange(400) + 0.5) / 400
    mean = 1 / (1 + np.exp(-odds))[:, None]
    precision = typical * shrinkage / (1 - shrinkage)
    alpha, beta = mean * precision, (1 - mean) * precision
    log = sum(stats.betabinom.logpmf(x, n, alpha, beta) for x, n in zip(found, items, strict=True))
    weight = np.exp(log - np.max(log))
    weight /= weight.sum()
    rates = shrunken_rates(found, items, fitted)
    for place in (0, 3, 7):
        x, n = found[place], items[place]
        posterior = (alpha + x) / (alpha + beta + n)
        expected = np.sum(weight * posterior)
        second = np.sum(weight * posterior * (alpha + x + 1) / (alpha + beta + n + 1))
        assert rates.shrunken[place] == pytest.approx(expected, rel=2e-3)
        a, b = rates.alpha[place], rates.beta[place]
        spread = np.sqrt(stats.beta(a, b).var())
        assert spread == pytest.approx(np.sqrt(second - expected**2), rel=5e-3)


def test_suppliers_that_seem_alike_are_not_taken_as_alike_for_sure() -> None:
    found, items = [10] * 8, [500] * 8
    fitted = fit_prior(found, items)
    for_sure = shrunken_rates(found, items, fitted.prior)
    rates = shrunken_rates(found, items, fitted)
    assert "no more than chance" in fitted.reason
    assert rates.upper[0] - rates.lower[0] > 1.3 * (for_sure.upper[0] - for_sure.lower[0])
    assert rates.upper[0] - rates.lower[0] < rates.raw_upper[0] - rates.raw_lower[0]
