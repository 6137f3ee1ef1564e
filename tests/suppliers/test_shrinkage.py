"""Prior fitted over suppliers, raw and shrunken rates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from qcanalysis.estimation import JEFFREYS, BetaPrior, defect_rate_interval
from qcanalysis.suppliers.rate_prior import fit_prior
from qcanalysis.suppliers.shrinkage import raw_rates, shrunken_rates

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
    fitted = fit_prior(DEATHS, np.subtract(OPERATIONS, DEATHS))
    assert fitted.is_fitted
    assert fitted.suppliers_used == 12
    assert fitted.prior.alpha == pytest.approx(np.exp(peak.x[0]), rel=1e-3)
    assert fitted.prior.beta == pytest.approx(np.exp(peak.x[1]), rel=1e-3)


def test_prior_recovers_what_rates_were_drawn_from() -> None:
    rng = np.random.default_rng(4)
    items = rng.integers(200, 3000, 4000)
    found = rng.binomial(items, rng.beta(2.5, 150, items.size))
    prior = fit_prior(found, items - found).prior
    assert prior.mean == pytest.approx(2.5 / 152.5, rel=0.03)
    assert prior.alpha + prior.beta == pytest.approx(152.5, rel=0.08)


def test_no_spread_between_suppliers_stops_at_all_items_inspected() -> None:
    fitted = fit_prior([10] * 8, [490] * 8)
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
    fitted = fit_prior(found, np.subtract(items, found))
    assert not fitted.is_fitted
    assert fitted.prior == JEFFREYS
    assert reason in fitted.reason


def test_raw_limits_are_clopper_pearson_and_posterior_is_conjugate() -> None:
    found, items = [0, 7, 315], [315, 315, 315]
    raw = raw_rates(found, items, 1.0, confidence_level=0.9)
    exact = defect_rate_interval(found, items, confidence_level=0.9)
    np.testing.assert_allclose(raw.rate, exact.estimate, rtol=1e-12)
    np.testing.assert_allclose(raw.lower, exact.lower, rtol=1e-12)
    np.testing.assert_allclose(raw.upper, exact.upper, rtol=1e-12)
    rates = shrunken_rates(found, [315, 308, 0], BetaPrior(2, 98), confidence_level=0.9)
    posterior = stats.beta(2 + 7, 98 + 308)
    assert rates.mean[1] == pytest.approx(posterior.mean())
    assert (rates.lower[1], rates.upper[1]) == pytest.approx(posterior.interval(0.9))
    assert rates.probability_above(0.025)[1] == pytest.approx(posterior.sf(0.025))


def test_a_clean_record_leaves_zero_possible() -> None:
    prior = BetaPrior(2, 98)
    rates = shrunken_rates([0, 1, 60, 0], [60, 59, 0, 0], prior, confidence_level=0.9)
    assert rates.lower[0] == 0.0
    assert rates.upper[0] == pytest.approx(stats.beta(2, 158).ppf(0.9))
    assert rates.lower[1] == pytest.approx(stats.beta(3, 157).ppf(0.05))
    assert rates.lower[2] == pytest.approx(stats.beta(62, 98).ppf(0.1))
    assert rates.upper[2] == 1.0
    assert np.isnan([rates.lower[3], rates.upper[3]]).all()


def test_limits_of_shrinkage() -> None:
    alone = shrunken_rates([5], [95], BetaPrior(1e-9, 1e-9))
    assert alone.mean[0] == pytest.approx(0.05)
    overruled = shrunken_rates([5], [95], BetaPrior(2e7, 98e7))
    assert overruled.mean[0] == pytest.approx(0.02, rel=1e-4)


def test_supplier_without_items_is_not_told_from_the_prior() -> None:
    raw = raw_rates([0, 2], [0, 100], 1.0)
    rates = shrunken_rates([0, 2], [0, 98], BetaPrior(2, 98))
    for values in (raw.rate, raw.upper, rates.mean, rates.lower, rates.alpha):
        assert np.isnan(values[0])
        assert np.isfinite(values[1])
    assert np.isnan(rates.probability_above(0.02)[0])


def test_aql_of_zero_or_missing_is_no_limit_of_a_rate() -> None:
    rates = shrunken_rates([1, 1, 1], [99] * 3, BetaPrior(2, 98))
    above = rates.probability_above([0.0, np.nan, 0.02])
    assert np.isnan(above[:2]).all()
    assert 0 < above[2] < 1


def test_design_effect_widens_the_limits_of_the_record() -> None:
    """Korn and Graubard: 20 of 400 with an effect of 2 say as much as 10 of 200."""
    rates = raw_rates([20, 10], [400, 200], [2.0, 1.0])
    assert rates.rate.tolist() == [0.05, 0.05]
    assert rates.lower[0] == rates.lower[1]
    assert rates.upper[0] == rates.upper[1]


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.floats(0, 400), st.floats(0, 400)), min_size=1, max_size=12),
    st.floats(1.0, 5.0),
)
def test_estimates_lie_in_their_intervals_between_record_and_prior(
    pairs: list[tuple[float, float]], effect: float
) -> None:
    bad, good = np.round(np.transpose(pairs), 3)
    known = bad + good > 0
    prior = fit_prior(bad, good).prior
    raw = raw_rates(bad, bad + good, effect)
    rates = shrunken_rates(bad, good, prior)
    assert ((raw.lower <= raw.rate + 1e-12) & (raw.rate <= raw.upper + 1e-12))[known].all()
    low, high = np.minimum(raw.rate, prior.mean), np.maximum(raw.rate, prior.mean)
    assert ((low <= rates.mean + 1e-12) & (rates.mean <= high + 1e-12))[known].all()
    assert (rates.lower <= rates.upper)[known].all()
    assert np.isnan(rates.mean[~known]).all()


@pytest.mark.parametrize("count", [-1, np.nan, np.inf])
def test_impossible_counts_are_refused(count: float) -> None:
    with pytest.raises(ValueError, match="nonconforming and conforming must be 0 or more"):
        fit_prior([count], [4])
    with pytest.raises(ValueError, match="nonconforming and conforming must be 0 or more"):
        shrunken_rates([4], [count], BetaPrior())
    with pytest.raises(ValueError, match="nonconforming <= items_inspected"):
        raw_rates([count], [4], 1.0)


def test_impossible_options_are_refused() -> None:
    with pytest.raises(ValueError, match="design_effect must be at least 1"):
        raw_rates([1], [4], 0.5)
    with pytest.raises(ValueError, match="confidence_level must lie between"):
        raw_rates([1], [4], 1.0, confidence_level=95)
    with pytest.raises(ValueError, match="confidence_level must lie between"):
        shrunken_rates([1], [3], BetaPrior(), confidence_level=95)
    with pytest.raises(ValueError, match=r"2\.5 % is 0\.025"):
        shrunken_rates([1], [3], BetaPrior()).probability_above(2.5)


def test_possible_priors_are_those_of_a_plain_integral() -> None:
    """Second route: every mean and precision of a fine plain grid, for the hospitals."""
    found, items = np.array(DEATHS), np.array(OPERATIONS)
    fitted = fit_prior(found, items - found)
    typical = items.size / np.sum(1 / items)
    odds, shrinkage = np.linspace(-4.5, -1.0, 301), (np.arange(400) + 0.5) / 400
    mean = 1 / (1 + np.exp(-odds))[:, None]
    precision = typical * shrinkage / (1 - shrinkage)
    alpha, beta = mean * precision, (1 - mean) * precision
    log = sum(stats.betabinom.logpmf(x, n, alpha, beta) for x, n in zip(found, items, strict=True))
    weight = np.exp(log - np.max(log))
    weight /= weight.sum()
    rates = shrunken_rates(found, items - found, fitted)
    for place in (0, 3, 7):
        x, n = found[place], items[place]
        posterior = (alpha + x) / (alpha + beta + n)
        expected = np.sum(weight * posterior)
        second = np.sum(weight * posterior * (alpha + x + 1) / (alpha + beta + n + 1))
        assert rates.mean[place] == pytest.approx(expected, rel=2e-3)
        a, b = rates.alpha[place], rates.beta[place]
        spread = np.sqrt(stats.beta(a, b).var())
        assert spread == pytest.approx(np.sqrt(second - expected**2), rel=5e-3)


def test_suppliers_that_seem_alike_are_not_taken_as_alike_for_sure() -> None:
    counts = [10] * 8, [490] * 8
    fitted = fit_prior(*counts)
    for_sure = shrunken_rates(*counts, fitted.prior)
    rates = shrunken_rates(*counts, fitted)
    raw = raw_rates(10, 500, 1.0)
    assert "no more than chance" in fitted.reason
    assert rates.upper[0] - rates.lower[0] > 1.3 * (for_sure.upper[0] - for_sure.lower[0])
    assert rates.upper[0] - rates.lower[0] < raw.upper - raw.lower
