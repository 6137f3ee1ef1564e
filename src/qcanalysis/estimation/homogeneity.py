"""Do groups of units share one fraction nonconforming? An exact test, and what it could have seen.

The test is conditional: the number of nonconforming units of each stratum (SKU)
is held, and only which units they are is left to chance. With one stratum and
two groups it is Fisher's exact test, with more groups that of Freeman and Halton.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qcanalysis.estimation.exact_test import (
    Counts,
    NullDistribution,
    all_tables,
    choose_cartons,
    count_tables,
    deal_cartons,
    deal_units,
    deal_units_unevenly,
    log_odds_of_being_worse,
)
from qcanalysis.estimation.group_table import GroupTable, log_likelihood
from qcanalysis.sampling.distributions import Array

MOST_TABLES = 50_000  # listed in a few hundredths of a second
POWER_DRAWS = 500  # for each group: standard error of the power below 0.016
LADDER_DRAWS = 150
ODDS_RATIOS = (1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 20.0, 30.0, 50.0)


@dataclass(frozen=True, eq=False)
class HomogeneityTest:
    """Result of `homogeneity_test`: the table, the p-value, the power and how they were had.

    `detectable_odds_ratio` is the smallest of `ODDS_RATIOS` that would have been
    seen with the least power asked for; None where none would.
    """

    table: GroupTable
    p_value: float
    power: float | None
    detectable_odds_ratio: float | None
    method: str


def homogeneity_test(
    group: npt.ArrayLike,
    is_nonconforming: npt.ArrayLike,
    *,
    stratum: npt.ArrayLike | None = None,
    cluster: npt.ArrayLike | None = None,
    odds_ratio: float | None = 2.0,
    significance_level: float = 0.05,
    least_power: float = 0.8,
    simulations: int = 4_999,
    seed: int = 0,
) -> HomogeneityTest:
    """Exact test that the groups share one fraction nonconforming within each stratum.

    Tables are ordered by the binomial probability of the group totals at their
    expectations; the p-value is the probability of a table no more probable
    than the one seen.

    Parameters
    ----------
    group
        Group label of each unit.
    is_nonconforming
        Whether each unit is nonconforming.
    stratum
        Stratum of each unit (its SKU): units change places within strata only.
    cluster
        Carton of each unit. Where cartons hold several units, whole cartons
        change places, so that a bad carton is not read as a bad group. Exact
        where the cartons of a stratum hold like numbers of inspected units.
    odds_ratio
        Odds of a nonconforming unit in one group over the rest, for which the
        power is computed; for rare faults 2 is a doubling of the rate. None:
        no power.
    significance_level
        Level at which the power is computed.
    least_power
        Power that the detectable odds ratio is asked to have.
    simulations, seed
        Draws and seed where the tables are too many to list, and for the power.

    Returns
    -------
    The table, the p-value, and the power: the probability of a p-value up to
    the level when one group, each as likely as any other, is the worse one,
    given how many units (or which cartons) are nonconforming.

    Raises
    ------
    ValueError
        If the arrays differ in length or name fewer than two groups.

    References
    ----------
    Fisher, The Design of Experiments, 1935, chapter 2. Freeman and Halton,
    Biometrika 38, 1951, 141-149.

    Examples
    --------
    The lady tasting tea: of four cups with milk first she names three.

    >>> tea = homogeneity_test(list("mmmmtttt"), [1, 1, 1, 0, 1, 0, 0, 0])
    >>> round(tea.p_value, 4), tea.method
    (0.4857, 'exact, 5 tables')
    """
    bad = np.asarray(is_nonconforming, dtype=np.int64)
    stratum = np.zeros(bad.size, dtype=np.int64) if stratum is None else stratum
    table = GroupTable.of(group, bad, stratum)
    clusters = None if cluster is None else _Clusters.of(group, bad, stratum, cluster)
    if clusters is not None and clusters.units.size == bad.size:
        clusters = None
    generator = np.random.default_rng(seed)
    null, method = _null(generator, table, clusters, simulations)
    p_value = null.p_value(table.statistic(table.nonconforming.sum(axis=0)))
    if odds_ratio is None:
        return HomogeneityTest(table, float(p_value), None, None, method)

    def power(ratio: float, draws: int) -> float:
        worse = [
            _statistics_with_worse(generator, table, clusters, column, ratio, draws)
            for column in range(len(table.groups))
        ]
        return float(np.mean(null.p_value(np.concatenate(worse)) <= significance_level))

    seen = bisect_left(ODDS_RATIOS, least_power, key=lambda ratio: power(ratio, LADDER_DRAWS))
    detectable = ODDS_RATIOS[seen] if seen < len(ODDS_RATIOS) else None
    return HomogeneityTest(
        table, float(p_value), power(odds_ratio, POWER_DRAWS), detectable, method
    )


def _all_totals(table: GroupTable) -> tuple[Counts, Array]:
    """Group totals of every table with the strata's own totals, and their probabilities."""
    totals, probabilities = np.zeros((1, len(table.groups)), dtype=np.int64), np.ones(1)
    for units, nonconforming in zip(table.units, table.totals, strict=True):
        tables, chances = all_tables(units, int(nonconforming))
        totals = (totals[:, None] + tables).reshape(-1, units.size)
        probabilities = np.outer(probabilities, chances).ravel()
    return totals, probabilities


@dataclass(frozen=True, eq=False)
class _Clusters:
    """Cartons: stratum and group codes, units inspected and nonconforming units."""

    stratum: Counts
    group: Counts
    units: Counts
    nonconforming: Counts

    @classmethod
    def of(
        cls,
        group: npt.ArrayLike,
        bad: Counts,
        stratum: npt.ArrayLike,
        cluster: npt.ArrayLike,
    ) -> _Clusters:
        codes = [
            np.unique(np.asarray(labels, dtype=str), return_inverse=True)[1]
            for labels in (stratum, group, cluster)
        ]
        keys, members, units = np.unique(
            np.stack(codes), axis=1, return_inverse=True, return_counts=True
        )
        nonconforming = np.bincount(members.ravel(), weights=bad).astype(np.int64)
        return cls(keys[0], keys[1], units, nonconforming)


def _null(
    generator: np.random.Generator, table: GroupTable, clusters: _Clusters | None, draws: int
) -> tuple[NullDistribution, str]:
    """Distribution of the statistic when only chance and the stratum matter, and how it was had."""
    if clusters is not None:
        statistics = _deal_clusters(generator, table, clusters, draws)
        method = f"Monte Carlo, {draws:,} deals of whole cartons"
        return NullDistribution.simulated(statistics), method
    if math.prod(map(count_tables, table.units, table.totals)) <= MOST_TABLES:
        totals, probabilities = _all_totals(table)
        null = NullDistribution.enumerated(table.statistic(totals), probabilities)
        return null, f"exact, {len(totals):,} tables"
    totals = np.zeros((draws, len(table.groups)), dtype=np.int64)
    for units, total in zip(table.units, table.totals, strict=True):
        totals += deal_units(generator, np.full(draws, total), units)
    method = f"Monte Carlo, {draws:,} deals of single units"
    return NullDistribution.simulated(table.statistic(totals)), method


def _statistics_with_worse(
    generator: np.random.Generator,
    table: GroupTable,
    clusters: _Clusters | None,
    column: int,
    odds_ratio: float,
    draws: int,
) -> Array:
    """Statistic when one group has higher odds of a nonconforming unit."""
    if clusters is not None:
        return _deal_clusters(generator, table, clusters, draws, column, odds_ratio)
    is_worse = np.arange(len(table.groups)) == column
    totals = np.zeros((draws, len(table.groups)), dtype=np.int64)
    for units, total in zip(table.units, table.totals, strict=True):
        totals += deal_units_unevenly(generator, int(total), units, odds_ratio, is_worse, draws)
    return table.statistic(totals)


def _deal_clusters(
    generator: np.random.Generator,
    table: GroupTable,
    clusters: _Clusters,
    draws: int,
    worse: int = 0,
    odds_ratio: float = 1.0,
) -> Array:
    """Statistic when the cartons of each stratum change places, one group perhaps worse."""
    counts = np.zeros((draws, len(table.groups)))
    sizes, expected = np.zeros_like(counts), np.zeros_like(counts)
    for stratum, rate in enumerate(table.rates):
        inside = np.flatnonzero(clusters.stratum == stratum)
        inside = inside[np.argsort(clusters.group[inside] != worse, kind="stable")]
        units, nonconforming = clusters.units[inside], clusters.nonconforming[inside]
        places = np.eye(len(table.groups))[clusters.group[inside]]
        first = None
        if odds_ratio != 1 and 0 < (room := int(places[:, worse].sum())) < inside.size:
            log_odds = log_odds_of_being_worse(units, nonconforming, rate, odds_ratio)
            first = choose_cartons(generator, log_odds, room, draws)
        order = deal_cartons(generator, inside.size, draws, first)
        in_place = units[order].astype(float) @ places
        counts += nonconforming[order].astype(float) @ places
        sizes += in_place
        expected += rate * in_place
    return log_likelihood(counts, sizes, expected)
