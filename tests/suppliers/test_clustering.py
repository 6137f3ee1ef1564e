"""How alike the items of a lot are, and what a supplier's lots say taken one by one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from qcanalysis.estimation import BetaPrior
from qcanalysis.suppliers.clustering import effective_counts, lot_clustering
from qcanalysis.suppliers.lot_results import LotResults
from qcanalysis.suppliers.shrinkage import shrunken_rates

SIZES = [80, 125, 125, 200, 315]
Lots = list[tuple[int, int]]


def results(*suppliers: Lots) -> LotResults:
    """Results of suppliers 0, 1, ... from sample size and count of each of their lots."""
    rows = [(place, *lot, 1) for place, lots in enumerate(suppliers) for lot in lots]
    names = ["supplier_id", "sample_size", "nonconforming_count", "lots"]
    return LotResults(pd.DataFrame(rows, columns=names), range(len(suppliers)))


def log_likelihood(lots: Lots, rate: np.ndarray, correlation: float) -> np.ndarray:
    """Product of the lots' beta-binomial likelihoods by scipy, as a logarithm."""
    precision = 1 / correlation - 1
    return sum(
        stats.betabinom(n, rate * precision, (1 - rate) * precision).logpmf(x) for n, x in lots
    )


def test_correlation_is_the_textbook_analysis_of_variance() -> None:
    """Second route: the mean squares item by item, nested, for unequal lots."""
    rng = np.random.default_rng(2)
    suppliers = [[(n, int(rng.binomial(n, 0.3))) for n in s] for s in ([5, 8, 13], [6, 6], [20])]
    between = within = spread = 0.0
    between_df = within_df = 0
    for lots in suppliers[:2]:
        items = [np.repeat([1.0, 0.0], [x, n - x]) for n, x in lots]
        overall = np.concatenate(items).mean()
        total = sum(n for n, _ in lots)
        between += sum(i.size * (i.mean() - overall) ** 2 for i in items)
        within += sum(((i - i.mean()) ** 2).sum() for i in items)
        between_df += len(lots) - 1
        within_df += total - len(lots)
        spread += total - sum(n * n for n, _ in lots) / total
    msb, msw, typical = between / between_df, within / within_df, spread / between_df
    expected = (msb - msw) / (msb + (typical - 1) * msw)
    found = lot_clustering(results(*suppliers)).intraclass_correlation
    assert found == pytest.approx(max(expected, 0.0), abs=1e-12)


def test_correlation_of_alike_lots_is_none_at_all_and_unknown_without_two_lots() -> None:
    alike = lot_clustering(results([(100, 2)] * 4))
    assert alike.intraclass_correlation == 0.0
    assert alike.design_effect.tolist() == [1.0]
    assert lot_clustering(results([(100, 5)], [(80, 0)])).intraclass_correlation is None
    nothing = lot_clustering(results([(100, 0)] * 5, []))
    assert nothing.intraclass_correlation is None
    assert nothing.design_effect.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("correlation", [1e-4, 0.006, 0.2, 0.9])
@pytest.mark.parametrize("rate", [0.003, 0.03, 0.5])
def test_effective_counts_have_slope_and_curvature_of_the_beta_binomial(
    rate: float, correlation: float
) -> None:
    """Second route: differences of scipy's likelihood, lot by lot, at the rate found."""
    rng = np.random.default_rng(3)
    scale = 1 / 0.006 - 1
    sizes = rng.choice(SIZES, 24)
    counts = rng.binomial(sizes, rng.beta(rate * scale, (1 - rate) * scale, 24))
    lots = list(zip(sizes.tolist(), counts.tolist(), strict=True))
    (bad,), (good,) = effective_counts(results(lots), correlation)
    assert min(bad, good) > 0
    at = counts.sum() / sizes.sum()
    step = 1e-3 * at
    log = log_likelihood(lots, at + step * np.array([-1, 0, 1]), correlation)
    slope, curvature = (log[2] - log[0]) / (2 * step), (log[2] - 2 * log[1] + log[0]) / step**2
    scale_of_slope = bad / at + good / (1 - at)
    assert bad / at - good / (1 - at) == pytest.approx(slope, abs=1e-4 * scale_of_slope)
    assert -bad / at**2 - good / (1 - at) ** 2 == pytest.approx(curvature, rel=1e-3)


@pytest.mark.parametrize("correlation", [None, 0.0, 1e-12])
def test_items_that_are_not_alike_count_one_by_one(correlation: float | None) -> None:
    suppliers = results([(200, 0)] * 2, [(100, 5), (300, 0)], [(40, 40)], [])
    bad, good = effective_counts(suppliers, correlation)
    np.testing.assert_array_equal(bad, [0, 5, 40, 0])
    np.testing.assert_array_equal(good, [400, 395, 0, 0])
    nearly = effective_counts(suppliers, 2e-8)
    np.testing.assert_allclose(nearly, [bad, good], rtol=1e-4)


@pytest.mark.parametrize("correlation", [0.001, 0.3, 0.999])
def test_lots_of_one_or_two_items_by_hand(correlation: float) -> None:
    """A single item has no neighbour; P(1 of 2) = 2p(1 - p)(1 - ρ), 0 of 2 is worth 2 - ρ."""
    ones = effective_counts(results([(1, 1)] * 3 + [(1, 0)] * 9), correlation)
    np.testing.assert_allclose(ones, [[3], [9]])
    mixed = effective_counts(results([(2, 1)] * 7), correlation)
    np.testing.assert_allclose(mixed, [[7], [7]])
    none, all_bad = (effective_counts(results([(2, x)] * 7), correlation) for x in (0, 2))
    np.testing.assert_allclose(none, [[0], [7 * (2 - correlation)]], rtol=1e-6)
    np.testing.assert_allclose(all_bad, [[7 * (2 - correlation)], [0]], rtol=1e-6)


def test_effective_counts_at_their_limits() -> None:
    precision = 1 / 0.006 - 1
    worth = sum(5 * (special.psi(precision + n) - special.psi(precision)) for n in SIZES)
    clean = results([(n, 0) for n in SIZES * 5], [], [(n, n) for n in SIZES * 5])
    bad, good = effective_counts(clean, 0.006)
    np.testing.assert_allclose(good, [precision * worth, 0, 0], rtol=1e-6)
    np.testing.assert_allclose(bad, [0, 0, precision * worth], rtol=1e-6)
    # Items that are all like their neighbours: a lot is one item.
    alike = effective_counts(results([(80, 80), (200, 0), (125, 0)], [(80, 0)]), 1.0)
    np.testing.assert_allclose(alike, [[1, 0], [2, 1]], rtol=1e-6)
    # Many lots of many items each: nearly both counts over the design effect.
    rng = np.random.default_rng(1)
    found = rng.binomial(1000, rng.beta(0.5 * precision, 0.5 * precision, 2000))
    many = effective_counts(results([(1000, int(x)) for x in found]), 0.006)
    np.testing.assert_allclose(many, 1e6 / (1 + 999 * 0.006), rtol=0.05)


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)), min_size=1, max_size=8),
    st.floats(1e-6, 1.0),
)
def test_effective_counts_are_those_of_either_colour_and_of_any_order(
    pairs: list[tuple[int, int]], correlation: float
) -> None:
    lots = [(max(pair) + 1, min(pair)) for pair in pairs]
    mirrored = [(n, n - x) for n, x in lots]
    bad, good = effective_counts(results(lots, mirrored, lots[::-1], lots * 2), correlation)
    assert np.isfinite([bad, good]).all()
    assert (bad >= 0).all()
    assert (good >= 0).all()
    assert (bad + good > 0).all()
    assert (bad[1], good[1]) == pytest.approx((good[0], bad[0]), rel=1e-5, abs=1e-5)
    assert (bad[2], good[2]) == pytest.approx((bad[0], good[0]), rel=1e-9, abs=1e-9)
    assert (bad[3], good[3]) == pytest.approx((2 * bad[0], 2 * good[0]), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("rate", "prior"),
    [
        (0.0001, BetaPrior(0.5, 5000)),
        (0.0005, BetaPrior(0.5, 5000)),
        (0.016, BetaPrior(2.5, 150)),
        (0.2, BetaPrior(2.5, 10)),
    ],
)
def test_posterior_is_nearly_that_of_the_exact_likelihood(rate: float, prior: BetaPrior) -> None:
    """Second route: prior times beta-binomial likelihood of every lot, summed over a fine grid."""
    rng = np.random.default_rng(7)
    scale = 1 / 0.006 - 1
    at = np.geomspace(1e-10, 0.9, 3001)
    for _ in range(3):
        sizes = rng.choice(SIZES, 24)
        counts = rng.binomial(sizes, rng.beta(rate * scale, (1 - rate) * scale, 24))
        lots = list(zip(sizes.tolist(), counts.tolist(), strict=True))
        log = log_likelihood(lots, at, 0.006) + stats.beta(prior.alpha, prior.beta).logpdf(at)
        weight = np.exp(log - log.max()) * np.gradient(at)
        below = (np.cumsum(weight) - weight / 2) / weight.sum()
        rates = shrunken_rates(*effective_counts(results(lots), 0.006), prior)
        assert rates.mean[0] == pytest.approx(np.sum(weight * at) / weight.sum(), rel=0.03)
        tails = (0.025, 0.975) if counts.any() else (0.0, 0.95)
        for limit, tail in zip((rates.lower[0], rates.upper[0]), tails, strict=True):
            assert np.interp(limit, at, below) == pytest.approx(tail, abs=0.006)


def test_finds_in_one_lot_say_less_than_finds_in_as_many() -> None:
    clean = [(125, 0)] * 21
    apart, together = clean + [(125, 1)] * 3, [*clean, (125, 3), (125, 0), (125, 0)]
    bad, _ = effective_counts(results(apart, together), 0.006)
    assert 2.9 < bad[0] <= 3
    assert bad[1] < 2


@pytest.mark.parametrize(
    ("lot", "message"),
    [
        ((4, 5), "0 <= nonconforming_count <= sample_size .* got 5 of 4"),
        ((4, -1), "got -1 of 4"),
        ((0, 0), "an item in every sample, got 0 of 0"),
        ((4, np.nan), "got nan of 4"),
    ],
)
def test_impossible_lots_are_refused(lot: tuple[int, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        results([(9, 1), lot])


def test_impossible_correlations_and_unnamed_suppliers_are_refused() -> None:
    with pytest.raises(ValueError, match="intraclass_correlation must lie between 0 and 1, got -0"):
        effective_counts(results([(9, 1)]), -0.1)
    with pytest.raises(ValueError, match="intraclass_correlation must lie between 0 and 1, got 6"):
        effective_counts(results([(9, 1)]), 6)
    rows = {"supplier_id": ["S1"], "sample_size": 9, "nonconforming_count": 1, "lots": 1}
    with pytest.raises(ValueError, match="must name every supplier of rows, 'S1' is not"):
        LotResults(pd.DataFrame(rows), ["S2"])
