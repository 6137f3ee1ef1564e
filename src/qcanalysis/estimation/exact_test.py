"""Conditional distributions that the exact tests of place are built on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from qcanalysis.sampling.distributions import Array

Counts = npt.NDArray[np.int64]

_TIE = 1e-7  # statistics closer than this are one value: rounding must not part equal tables


@dataclass(frozen=True, eq=False)
class NullDistribution:
    """Distribution of a test statistic under the null hypothesis; small values speak against it.

    ``statistics`` rise, and ``cumulative[i]`` is the p-value of an observation
    with i of them at or below it.

    Examples
    --------
    >>> null = NullDistribution.simulated(np.array([3.0, 1.0, 2.0]))
    >>> null.p_value([0.0, 1.0, 2.5]).tolist()
    [0.25, 0.5, 0.75]
    """

    statistics: Array
    cumulative: Array

    @classmethod
    def enumerated(cls, statistics: Array, probabilities: Array) -> NullDistribution:
        """Distribution of which every outcome and its probability is known."""
        order = np.argsort(statistics)
        cumulative = np.concatenate([[0.0], np.cumsum(probabilities[order])])
        return cls(statistics[order], np.minimum(cumulative, 1.0))

    @classmethod
    def simulated(cls, statistics: Array) -> NullDistribution:
        """Distribution known by m draws: p-values are (1 + b) / (1 + m), never 0.

        The observation itself is one more draw under the null hypothesis, so
        the test keeps its level at any m.

        References
        ----------
        Davison and Hinkley, Bootstrap Methods and their Application, 1997, section 4.2.
        """
        draws = statistics.size
        return cls(np.sort(statistics), np.arange(1, draws + 2) / (draws + 1))

    def p_value(self, observed: npt.ArrayLike) -> Array:
        """Probability of a statistic as small as each observed one, or smaller."""
        at_or_below = np.searchsorted(self.statistics, np.asarray(observed) + _TIE, side="right")
        return self.cumulative[at_or_below]


def count_tables(sizes: Counts, total: int) -> int:
    """Upper bound of the number of ways to share `total` units between groups of these sizes."""
    return math.comb(total + np.count_nonzero(sizes) - 1, total)


def all_tables(sizes: Counts, total: int) -> tuple[Counts, Array]:
    """Every way to share `total` nonconforming units between groups, with its probability.

    Parameters
    ----------
    sizes
        Units in each group.
    total
        Nonconforming units in all groups together.

    Returns
    -------
    Tables as rows of counts, and their multivariate hypergeometric probabilities.

    Examples
    --------
    >>> tables, probabilities = all_tables(np.array([4, 4]), 4)
    >>> tables[1].tolist(), round(70 * probabilities[1])
    ([1, 3], 16)
    """
    tables = np.zeros((1, 0), dtype=np.int64)
    left = np.array([total])
    capacity = int(sizes.sum())
    for size in sizes:
        capacity -= int(size)
        fewest, most = np.maximum(left - capacity, 0), np.minimum(left, size)
        choices = most - fewest + 1
        parent = np.repeat(np.arange(left.size), choices)
        nth = np.arange(parent.size) - np.repeat(np.cumsum(choices) - choices, choices)
        count = fewest[parent] + nth
        tables = np.column_stack([tables[parent], count])
        left = left[parent] - count
    log_probability = log_choose(sizes, tables).sum(axis=1) - log_choose(sizes.sum(), total)
    return tables, np.exp(log_probability)


def log_choose(size: npt.ArrayLike, count: npt.ArrayLike) -> Array:
    """Logarithm of the number of ways to choose `count` units of `size`."""
    n, k = np.asarray(size, dtype=float), np.asarray(count, dtype=float)
    ways: Array = special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
    return ways


def deal_units(generator: np.random.Generator, totals: Counts, sizes: Counts) -> Counts:
    """Nonconforming units dealt at random to groups: one row of counts for each total.

    Each row is a draw of the multivariate hypergeometric distribution.

    Examples
    --------
    >>> deal_units(np.random.default_rng(1), np.array([0, 3, 5]), np.array([2, 0, 3])).sum(axis=1)
    array([0, 3, 5])
    """
    counts = np.zeros((totals.size, sizes.size), dtype=np.int64)
    left, rest = totals.astype(np.int64), int(sizes.sum())
    for group in np.flatnonzero(sizes):
        rest -= int(sizes[group])
        counts[:, group] = generator.hypergeometric(sizes[group], rest, left)
        left = left - counts[:, group]
    return counts


def deal_units_unevenly(
    generator: np.random.Generator,
    total: int,
    sizes: Counts,
    odds_ratio: float,
    worse: npt.NDArray[np.bool_],
    draws: int,
) -> Counts:
    """Nonconforming units dealt to groups of which some have higher odds: rows of counts.

    The units of the worse groups together follow Fisher's noncentral
    hypergeometric distribution; within and without, all units are alike.

    References
    ----------
    Fog, Sampling methods for Wallenius' and Fisher's noncentral hypergeometric
    distributions, Communications in Statistics 37, 2008.
    """
    size_worse, size = int(sizes[worse].sum()), int(sizes.sum())
    support = np.arange(max(0, total - size + size_worse), min(total, size_worse) + 1)
    log_weights = (
        log_choose(size_worse, support)
        + log_choose(size - size_worse, total - support)
        + support * math.log(odds_ratio)
    )
    weights = np.exp(log_weights - log_weights.max())
    in_worse = generator.choice(support, size=draws, p=weights / weights.sum())
    return deal_units(generator, in_worse, np.where(worse, sizes, 0)) + deal_units(
        generator, total - in_worse, np.where(worse, 0, sizes)
    )


def deal_cartons(
    generator: np.random.Generator, cartons: int, draws: int, first: npt.NDArray[np.bool_] | None
) -> Counts:
    """Orders of the cartons: rows of carton indices, at random.

    Parameters
    ----------
    generator
        Source of chance.
    cartons
        Number of cartons.
    draws
        Number of orders.
    first
        Cartons that come first in each order (a row an order); None for no such wish.
    """
    keys = generator.random((draws, cartons))
    return np.argsort(keys if first is None else keys - first, axis=1)


def choose_cartons(
    generator: np.random.Generator, log_odds: Array, chosen: int, draws: int
) -> npt.NDArray[np.bool_]:
    """Random choices of a fixed number of cartons, likelier the higher their odds.

    A set is drawn with a probability proportional to the product of the odds
    of its cartons: conditional Poisson sampling, carton by carton.

    Parameters
    ----------
    generator
        Source of chance.
    log_odds
        Logarithm of the odds of each carton.
    chosen
        Cartons in each choice.
    draws
        Number of choices.

    Returns
    -------
    Mask of the chosen cartons, a row a draw.

    References
    ----------
    Chen, Dempster and Liu, Biometrika 81, 1994, 457-469.

    Examples
    --------
    >>> odds = np.log([2.0, 3.0, 5.0])
    >>> picks = choose_cartons(np.random.default_rng(1), odds, 1, 10_000)
    >>> np.round(picks.mean(axis=0), 1).tolist()
    [0.2, 0.3, 0.5]
    """
    cartons = log_odds.size
    sums = np.full((cartons + 1, chosen + 1), -np.inf)  # over sets of j of the cartons from i on
    sums[:, 0] = 0.0
    for i in range(cartons - 1, -1, -1):
        sums[i, 1:] = np.logaddexp(sums[i + 1, 1:], log_odds[i] + sums[i + 1, :-1])
    mask = np.zeros((draws, cartons), dtype=bool)
    left = np.full(draws, chosen)
    uniform = generator.random((cartons, draws))
    for i in range(cartons):
        fewer = np.maximum(left - 1, 0)
        take = np.exp(log_odds[i] + sums[i + 1, fewer] - sums[i, left])
        mask[:, i] = (left > 0) & (uniform[i] < take)
        left = left - mask[:, i]
    return mask


def log_odds_of_being_worse(
    units: Counts, nonconforming: Counts, rate: float, odds_ratio: float
) -> Array:
    """Log likelihood ratio of each carton: odds higher by a ratio, against the common rate."""
    worse = odds_ratio * rate / (1 - rate + odds_ratio * rate)
    fewer_misses = (1 - worse) / (1 - rate) if rate < 1 else 1.0
    log_odds: Array = nonconforming * math.log(odds_ratio) + units * math.log(fewer_misses)
    return log_odds
