"""Ranks of suppliers against exact integrals of the same posteriors."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from qcanalysis.estimation import BetaPrior
from qcanalysis.suppliers.ranking import rank_suppliers
from qcanalysis.suppliers.shrinkage import ShrunkenRates, shrunken_rates

FOUND, ITEMS = [2, 5, 9, 1, 7, 4], [300, 400, 350, 90, 500, 120]
DRAWS = 40_000


@pytest.fixture(scope="module")
def rates() -> ShrunkenRates:
    return shrunken_rates(FOUND, np.subtract(ITEMS, FOUND), BetaPrior(2, 120))


def ways_above(chances: np.ndarray) -> np.ndarray:
    """Probabilities of 0, 1, ... of independent events with these chances."""
    distribution = np.ones(1)
    for chance in chances:
        distribution = np.convolve(distribution, [1 - chance, chance])
    return distribution


def test_expected_rank_is_one_plus_the_chances_of_each_pair(rates: ShrunkenRates) -> None:
    posteriors = [stats.beta(a, b) for a, b in zip(rates.alpha, rates.beta, strict=True)]
    ranks = rank_suppliers(rates, seed=3, draws=DRAWS)
    for number, one in enumerate(posteriors):
        others = [other for place, other in enumerate(posteriors) if place != number]
        exact = 1 + sum(
            integrate.quad(lambda t, o=o, one=one: one.pdf(t) * o.cdf(t), 0, 0.3)[0] for o in others
        )
        assert ranks.expected[number] == pytest.approx(exact, abs=0.04)


@pytest.mark.parametrize(("share", "worst"), [(0.1, 1), (0.34, 3)])
def test_chance_of_the_worst_is_the_poisson_binomial_integral(
    rates: ShrunkenRates, share: float, worst: int
) -> None:
    ranks = rank_suppliers(rates, seed=5, draws=DRAWS, worst_share=share)
    assert ranks.worst == worst
    posteriors = [stats.beta(a, b) for a, b in zip(rates.alpha, rates.beta, strict=True)]
    grid = np.linspace(0, 0.2, 2001)
    above = np.array([posterior.sf(grid) for posterior in posteriors])
    for number, one in enumerate(posteriors):
        others = np.delete(above, number, axis=0)
        few = np.array([ways_above(chances)[:worst].sum() for chances in others.T])
        exact = integrate.simpson(one.pdf(grid) * few, x=grid)
        error = 4 * ranks.standard_error[number] + 1e-3
        assert abs(ranks.probability_worst[number] - exact) < error
    assert ranks.probability_worst.sum() == pytest.approx(worst)


def test_ranks_repeat_with_the_seed_and_add_up(rates: ShrunkenRates) -> None:
    once, again = (rank_suppliers(rates, seed=1) for _ in range(2))
    other = rank_suppliers(rates, seed=2)
    assert (once.probability_worst == again.probability_worst).all()
    assert (once.expected != other.expected).any()
    assert once.expected.sum() == pytest.approx(sum(range(1, 7)))
    assert ((once.lower <= once.expected) & (once.expected <= once.upper)).all()


def test_clear_order_has_no_doubt() -> None:
    rates = shrunken_rates([100, 3000, 50_000], [99_900, 97_000, 50_000], BetaPrior(1, 30))
    ranks = rank_suppliers(rates, seed=1, draws=500)
    assert ranks.expected.tolist() == [1, 2, 3]
    assert ranks.lower.tolist() == ranks.upper.tolist() == [1, 2, 3]
    assert ranks.probability_worst.tolist() == [0, 0, 1]
    assert ranks.standard_error.tolist() == [0, 0, 0]


def test_suppliers_alike_share_the_ranks() -> None:
    ranks = rank_suppliers(shrunken_rates([4] * 20, [196] * 20, BetaPrior(2, 98)), seed=8)
    assert np.abs(ranks.probability_worst - 0.1).max() < 5 * ranks.standard_error.max()
    assert ranks.lower.max() <= 3
    assert ranks.upper.min() >= 18


def test_supplier_without_enough_data_is_not_ranked() -> None:
    ranks = rank_suppliers(shrunken_rates([4, 0, 9], [196, 0, 191], BetaPrior(2, 98)), seed=1)
    assert ranks.ranked == 2
    assert np.isnan([ranks.expected[1], ranks.probability_worst[1], ranks.upper[1]]).all()
    assert ranks.expected[[0, 2]].sum() == pytest.approx(3)


def test_nobody_to_rank() -> None:
    ranks = rank_suppliers(shrunken_rates([0], [0], BetaPrior()), seed=1)
    assert ranks.ranked == 0
    assert np.isnan(ranks.expected).all()


def test_interval_holds_at_least_its_level(rates: ShrunkenRates) -> None:
    ranks = rank_suppliers(rates, seed=6, draws=DRAWS, interval_level=0.8)
    rng = np.random.default_rng(99)
    drawn = rng.beta(rates.alpha, rates.beta, (DRAWS, 6)).argsort(axis=1).argsort(axis=1) + 1
    held = ((drawn >= ranks.lower) & (drawn <= ranks.upper)).mean(axis=0)
    assert (held > 0.79).all()


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"draws": 0}, "draws must be at least 1"),
        ({"worst_share": 1.0}, "worst_share must lie between"),
        ({"interval_level": 90}, "interval_level must lie between"),
    ],
)
def test_impossible_options_are_refused(
    rates: ShrunkenRates, option: dict[str, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        rank_suppliers(rates, seed=1, **option)  # type: ignore[arg-type]
