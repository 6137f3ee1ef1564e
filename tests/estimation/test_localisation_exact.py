"""Exact tests of homogeneity: published values, brute force, level and power."""

from fractions import Fraction
from itertools import combinations, permutations, product
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from qcanalysis.estimation import homogeneity
from qcanalysis.estimation.exact_test import (
    NullDistribution,
    all_tables,
    choose_cartons,
    count_tables,
    deal_units,
    deal_units_unevenly,
)
from qcanalysis.estimation.group_table import GroupTable
from qcanalysis.estimation.homogeneity import homogeneity_test
from qcanalysis.estimation.sample_size import units_needed


def labelled_units(sizes, counts):
    """Group labels and nonconforming flags of groups of these sizes and counts."""
    group = np.repeat(np.arange(len(sizes)), sizes)
    bad = np.concatenate([np.arange(n) < x for n, x in zip(sizes, counts, strict=True)])
    return group, bad


def brute_force_p_value(sizes_by_stratum, counts_by_stratum):
    """P-value by the definition: all placements within strata, totals ordered by likelihood."""
    totals = [sum(x) for x in counts_by_stratum]
    chances = {}
    options = [
        list(product(*(range(min(n, d) + 1) for n in sizes)))
        for sizes, d in zip(sizes_by_stratum, totals, strict=True)
    ]
    for tables in product(*options):
        if any(sum(t) != d for t, d in zip(tables, totals, strict=True)):
            continue
        ways = Fraction(1)
        for table, sizes, d in zip(tables, sizes_by_stratum, totals, strict=True):
            for x, n in zip(table, sizes, strict=True):
                ways *= comb(n, x)
            ways /= comb(sum(sizes), d)
        key = tuple(map(sum, zip(*tables, strict=True)))
        chances[key] = chances.get(key, Fraction(0)) + ways
    sizes = [sum(column) for column in zip(*sizes_by_stratum, strict=True)]
    expected = [
        sum(Fraction(d * n[g], sum(n)) for n, d in zip(sizes_by_stratum, totals, strict=True))
        for g in range(len(sizes))
    ]
    likelihood = {
        key: np.prod(
            [
                stats.binom(n, float(e / n)).pmf(x)
                for x, n, e in zip(key, sizes, expected, strict=True)
            ]
        )
        for key in chances
    }
    seen = tuple(map(sum, zip(*counts_by_stratum, strict=True)))
    limit = likelihood[seen] * (1 + 1e-9)
    return float(sum(chance for key, chance in chances.items() if likelihood[key] <= limit))


def test_fishers_tea_tasting_of_1935():
    result = homogeneity_test(*labelled_units([4, 4], [3, 1]))
    assert result.p_value == pytest.approx(34 / 70, rel=1e-12)
    assert homogeneity_test(*labelled_units([4, 4], [4, 0])).p_value == pytest.approx(2 / 70)


def test_fishers_twins_of_criminals():
    """Convictions of like-sex twins: 10 of 13 identical, 2 of 17 fraternal; R prints 0.0005367."""
    result = homogeneity_test(*labelled_units([13, 17], [10, 2]))
    assert result.p_value == pytest.approx(0.0005367, abs=5e-8)


@given(
    st.tuples(st.integers(1, 15), st.integers(1, 15)).flatmap(
        lambda n: st.tuples(st.just(n), st.tuples(st.integers(0, n[0]), st.integers(0, n[1])))
    )
)
def test_two_groups_are_scipys_fisher_exact(table):
    sizes, counts = table
    rows = [counts, [n - x for n, x in zip(sizes, counts, strict=True)]]
    result = homogeneity_test(*labelled_units(sizes, counts), odds_ratio=None)
    assert result.p_value == pytest.approx(stats.fisher_exact(rows).pvalue, rel=1e-9)


@pytest.mark.parametrize(
    ("sizes", "counts"),
    [([5, 5, 5], [4, 1, 0]), ([3, 8, 4, 2], [0, 3, 3, 0]), ([6, 1, 9], [3, 1, 0])],
)
def test_freeman_halton_by_brute_force(sizes, counts):
    result = homogeneity_test(*labelled_units(sizes, counts))
    assert result.method.startswith("exact")
    assert result.p_value == pytest.approx(brute_force_p_value([sizes], [counts]), rel=1e-9)


def test_freeman_halton_agrees_with_scipys_random_tables():
    sizes, counts = [20, 30, 25], [7, 3, 2]
    rows = [counts, [n - x for n, x in zip(sizes, counts, strict=True)]]
    method = stats.MonteCarloMethod(n_resamples=20_000, rng=np.random.default_rng(3))
    second = stats.fisher_exact(rows, method=method).pvalue
    result = homogeneity_test(*labelled_units(sizes, counts), odds_ratio=None)
    assert result.p_value == pytest.approx(second, abs=4 * np.sqrt(0.25 / 20_000))


def test_strata_are_conditioned_on_by_brute_force():
    sizes, counts = [[4, 6], [5, 3]], [[3, 1], [2, 0]]
    parts = [labelled_units(n, x) for n, x in zip(sizes, counts, strict=True)]
    group, bad = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    stratum = np.repeat([0, 1], [10, 8])
    result = homogeneity_test(group, bad, stratum=stratum, odds_ratio=None)
    assert result.p_value == pytest.approx(brute_force_p_value(sizes, counts), rel=1e-9)


def test_difference_between_strata_alone_is_not_seen():
    """A batch of a bad SKU is no bad batch: each stratum holds one group."""
    group, bad = labelled_units([30, 30], [15, 0])
    assert homogeneity_test(group, bad, stratum=group).p_value == 1.0
    assert homogeneity_test(group, bad).p_value < 1e-4


def test_monte_carlo_agrees_with_listing(monkeypatch):
    units = labelled_units([12, 20, 15], [5, 2, 1])
    listed = homogeneity_test(*units)
    monkeypatch.setattr(homogeneity, "MOST_TABLES", 0)
    drawn = homogeneity_test(*units, simulations=20_000)
    assert drawn.method == "Monte Carlo, 20,000 deals of single units"
    assert drawn.p_value == pytest.approx(listed.p_value, abs=4 * np.sqrt(0.25 / 20_000))
    assert drawn.power == pytest.approx(listed.power, abs=0.05)


def test_simulated_p_value_is_never_zero():
    null = NullDistribution.simulated(np.arange(99.0))
    assert null.p_value(-1.0) == 0.01
    assert null.p_value(1e9) == 1.0


def test_listed_tables_are_all_and_sum_to_one():
    sizes = np.array([3, 0, 5, 2])
    tables, probabilities = all_tables(sizes, 4)
    assert probabilities.sum() == pytest.approx(1.0, rel=1e-12)
    assert len({tuple(t) for t in tables}) == len(tables) <= count_tables(sizes, 4)
    second = stats.multivariate_hypergeom([3, 5, 2], 4).pmf(tables[:, [0, 2, 3]])
    assert probabilities == pytest.approx(second, rel=1e-9)


def test_dealing_follows_the_hypergeometric_distributions():
    generator = np.random.default_rng(5)
    sizes, draws = np.array([10, 30, 20]), 20_000
    even = deal_units(generator, np.full(draws, 9), sizes)
    assert (even.sum(axis=1) == 9).all()
    assert even.mean(axis=0) == pytest.approx(9 * sizes / 60, abs=0.04)
    uneven = deal_units_unevenly(generator, 9, sizes, 4.0, np.array([True, False, False]), draws)
    second = stats.nchypergeom_fisher(60, 10, 9, 4.0)
    assert (uneven.sum(axis=1) == 9).all()
    assert uneven[:, 0].mean() == pytest.approx(second.mean(), abs=4 * second.std() / draws**0.5)
    assert uneven[:, 1].mean() / uneven[:, 2].mean() == pytest.approx(1.5, rel=0.03)


def test_cartons_are_chosen_in_proportion_to_their_odds():
    odds = np.array([1.0, 2.0, 4.0, 0.5, 3.0])
    sets = {chosen: np.prod(odds[list(chosen)]) for chosen in combinations(range(5), 2)}
    total = sum(sets.values())
    inclusion = [sum(w for s, w in sets.items() if i in s) / total for i in range(5)]
    picks = choose_cartons(np.random.default_rng(6), np.log(odds), 2, 40_000)
    assert (picks.sum(axis=1) == 2).all()
    assert picks.mean(axis=0) == pytest.approx(inclusion, abs=0.01)


def test_whole_cartons_change_places_by_brute_force():
    units, found = np.array([4, 4, 4, 4, 2, 2]), np.array([3, 2, 0, 1, 0, 0])
    group = np.array([0, 0, 1, 1, 1, 0])
    carton = np.repeat(np.arange(6), units)
    bad = np.concatenate([np.arange(n) < x for n, x in zip(units, found, strict=True)])

    def statistic(order):
        sizes = np.array([units[order][group == g].sum() for g in (0, 1)])
        counts = np.array([found[order][group == g].sum() for g in (0, 1)])
        return stats.binom(sizes, 6 / 20).logpmf(counts).sum()

    seen = statistic(np.arange(6))
    all_orders = [statistic(np.array(order)) for order in permutations(range(6))]
    exact = np.mean(np.array(all_orders) <= seen + 1e-9)
    result = homogeneity_test(np.repeat(group, units), bad, cluster=carton, simulations=20_000)
    assert result.method.endswith("whole cartons")
    assert result.p_value == pytest.approx(exact, abs=4 * np.sqrt(0.25 / 20_000))


def test_cartons_of_one_unit_are_units():
    group, bad = labelled_units([20, 20], [6, 1])
    alone = homogeneity_test(group, bad)
    assert homogeneity_test(group, bad, cluster=np.arange(40)).p_value == alone.p_value


def test_power_by_weighting_every_table():
    """Second route: the noncentral distribution is the central one times odds_ratio ** count."""
    sizes, total = np.array([15, 20, 25]), 9
    tables, probabilities = all_tables(sizes, total)
    statistic = np.log(probabilities)
    p_values = NullDistribution.enumerated(statistic, probabilities).p_value(statistic)
    weights = probabilities[:, None] * 5.0**tables
    exact = np.mean((p_values <= 0.05) @ weights / weights.sum(axis=0))
    result = homogeneity_test(*labelled_units(sizes, [4, 3, 2]), odds_ratio=5.0)
    assert result.power == pytest.approx(exact, abs=0.05)
    none = homogeneity_test(*labelled_units(sizes, [4, 3, 2]), odds_ratio=1.0 + 1e-9)
    assert none.power <= 0.05 + 0.02


def test_power_rises_with_the_odds_ratio_and_names_what_it_could_see():
    units = labelled_units([50] * 4, [6, 5, 4, 5])
    powers = [homogeneity_test(*units, odds_ratio=r).power for r in (1.5, 3.0, 10.0)]
    assert powers == sorted(powers)
    result = homogeneity_test(*units)
    at_ratio = homogeneity_test(*units, odds_ratio=result.detectable_odds_ratio)
    assert at_ratio.power == pytest.approx(0.85, abs=0.1)
    assert homogeneity_test(*labelled_units([50] * 4, [1, 0, 0, 0])).detectable_odds_ratio is None


def test_simulated_truth_is_recovered_at_the_stated_power():
    generator = np.random.default_rng(11)
    group = np.repeat(np.arange(3), 80)
    odds = np.where(group == 1, 3.0, 1.0) * 0.12 / 0.88
    seen, stated = [], []
    for seed in range(150):
        result = homogeneity_test(
            group,
            generator.random(240) < odds / (1 + odds),
            odds_ratio=3.0,
            simulations=999,
            seed=seed,
        )
        seen.append(result.p_value <= 0.05)
        stated.append(result.power)
    assert np.mean(seen) == pytest.approx(np.mean(stated), abs=4 * np.sqrt(0.25 / 150))


def test_level_is_kept_under_the_null_hypothesis():
    generator = np.random.default_rng(12)
    group = np.repeat(np.arange(4), 40)
    p_values = np.array(
        [
            homogeneity_test(
                group, generator.random(160) < 0.08, odds_ratio=None, simulations=499
            ).p_value
            for _ in range(400)
        ]
    )
    for level in (0.05, 0.2, 0.5):
        assert np.mean(p_values <= level) <= level + 4 * np.sqrt(level * (1 - level) / 400)


def test_bunched_cartons_break_single_deals_but_not_whole_ones():
    """Where cartons differ and batches do not, only dealing whole cartons keeps the level."""
    generator = np.random.default_rng(13)
    carton, group = np.repeat(np.arange(24), 10), np.repeat(np.arange(4), 60)
    rejected = {"single": 0, "whole": 0}
    for seed in range(150):
        rate = generator.beta(0.3, 2.0, 24)
        bad = generator.random(240) < rate[carton]
        for name, cluster in (("single", None), ("whole", carton)):
            result = homogeneity_test(
                group, bad, cluster=cluster, odds_ratio=None, simulations=499, seed=seed
            )
            rejected[name] += result.p_value <= 0.05
    assert rejected["whole"] / 150 <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / 150)
    assert rejected["single"] / 150 > 0.3


def test_a_batch_seen_through_one_carton_each_cannot_be_told_from_it():
    group, bad = labelled_units([40, 40], [20, 0])
    result = homogeneity_test(group, bad, cluster=group)
    assert result.p_value == 1.0
    assert result.power == 0.0
    assert result.detectable_odds_ratio is None


def test_units_needed_give_the_power_asked_for():
    group, bad = labelled_units([100, 100, 100], [15, 15, 15])
    table = GroupTable.of(group, bad, np.zeros(300))
    needed = units_needed(table, odds_ratio=2.0, power=0.8, significance_level=0.05)
    size, count = needed // 3, round(needed // 3 * 0.15)
    larger = labelled_units([size] * 3, [count] * 3)
    assert homogeneity_test(*larger).power == pytest.approx(0.8, abs=0.05)
    doubled = units_needed(
        table, odds_ratio=2.0, power=0.8, significance_level=0.05, design_effect=2.0
    )
    assert doubled == pytest.approx(2 * needed, abs=10)


def test_mistakes_are_refused():
    with pytest.raises(ValueError, match="at least two groups, got \\['a'\\]"):
        homogeneity_test(["a", "a"], [1, 0])
    with pytest.raises(ValueError, match="one entry a unit, got 2, 3 and 3"):
        homogeneity_test(["a", "b"], [1, 0, 0])
    empty = GroupTable.of(["a", "b"], [0, 0], ["x", "x"])
    with pytest.raises(ValueError, match="must hold a nonconforming unit"):
        units_needed(empty, odds_ratio=2, power=0.8, significance_level=0.05)
