"""Prior fitted over suppliers, shrunken rates and the clustering of lots."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from qcanalysis.estimation import JEFFREYS, BetaPrior, defect_rate_interval
from qcanalysis.suppliers.clustering import lot_clustering
from qcanalysis.suppliers.shrinkage import fit_prior, shrunken_rates

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
    for low, middle, high in (
        (rates.raw_lower, rates.raw, rates.raw_upper),
        (np.minimum(rates.raw, prior.mean), rates.shrunken, np.maximum(rates.raw, prior.mean)),
    ):
        assert (low[known] <= middle[known] + 1e-12).all()
        assert (middle[known] <= high[known] + 1e-12).all()
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
