"""Chance to pass a re-inspection, once or at the second try, after bad pieces were dealt with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qcanalysis.estimation import CountDistribution, nonconforming_remainder
from qcanalysis.recovery.ways_out.band import Band
from qcanalysis.recovery.ways_out.situation import ClassCount
from qcanalysis.sampling import SamplingPlan, probability_of_acceptance
from qcanalysis.sampling.distributions import Array

MOST_NODES = 240
NEGLIGIBLE = 1e-12


@dataclass(frozen=True, eq=False)
class FractionPosterior:
    """Fraction nonconforming of a lot before any work: values and their probabilities."""

    fractions: Array
    weights: Array

    @property
    def mean(self) -> float:
        """Mean fraction nonconforming."""
        return float(self.fractions @ self.weights)


def bad_pieces(count: ClassCount, lot_size: int) -> CountDistribution:
    """Posterior of the bad pieces in a whole lot, those found in the sample included.

    Parameters
    ----------
    count
        Pieces found in the sample; its ``sample_size`` must be known.
    lot_size
        Pieces in the lot.

    Raises
    ------
    ValueError
        If the sample size is missing, or found, sample and lot are not in order.

    Examples
    --------
    >>> bad_pieces(ClassCount("major", 7, 200), 8000).quantile(0.95)    # T10: 483 in the rest
    490
    """
    if count.sample_size is None:
        raise ValueError(f"sample_size of class {count.defect_class} is needed, got None")
    rest = nonconforming_remainder(count.found, count.sample_size, lot_size=lot_size)
    return CountDistribution(np.concatenate([np.zeros(count.found), rest.probabilities]))


def fraction_posterior(count: ClassCount, lot_size: int) -> FractionPosterior:
    """Posterior of the fraction nonconforming of a whole lot, sample included.

    Parameters
    ----------
    count
        Pieces found in the sample; its ``sample_size`` must be known.
    lot_size
        Pieces in the lot.

    Returns
    -------
    At most about 240 values; neighbours are put together at their mean.

    Raises
    ------
    ValueError
        If the sample size is missing, or found, sample and lot are not in order.

    Examples
    --------
    >>> posterior = fraction_posterior(ClassCount("major", 7, 200), 8000)
    >>> round(8000 * posterior.mean) - 7                      # bad pieces in the rest (T10)
    291
    """
    probabilities = bad_pieces(count, lot_size).probabilities
    likely = probabilities > NEGLIGIBLE * probabilities.max()
    pieces, weights = np.flatnonzero(likely).astype(float), probabilities[likely]
    starts = np.unique(np.linspace(0, pieces.size, MOST_NODES + 1)[:-1].astype(int))
    grouped = np.add.reduceat(weights, starts)
    values = np.add.reduceat(weights * pieces, starts) / grouped
    return FractionPosterior(values / lot_size, grouped / grouped.sum())


@dataclass(frozen=True, eq=False)
class PassChance:
    """Chances over two rounds, given the fraction nonconforming before any work.

    ``first`` passes the first re-inspection, ``second`` the second if it is held,
    ``both`` would pass both; ``bad_...`` are the same times the fraction still
    nonconforming in the lot that passes. Arrays over the fractions, or floats.
    """

    first: Array
    second: Array
    both: Array
    bad_first: Array
    bad_second: Array
    bad_both: Array

    @property
    def at_second_try(self) -> Array:
        """Chance to fail the first re-inspection and pass the second."""
        return np.clip(self.second - self.both, 0.0, None)

    @property
    def bad_shipped(self) -> Array:
        """Fraction nonconforming that ships, counted as 0 where the lot does not pass."""
        return self.bad_first + np.clip(self.bad_second - self.bad_both, 0.0, None)

    def and_of(self, other: PassChance) -> PassChance:
        """Chance that this class and another, independent one pass; bad pieces are this one's."""
        return PassChance(
            self.first * other.first,
            self.second * other.second,
            self.both * other.both,
            self.bad_first * other.first,
            self.bad_second * other.second,
            self.bad_both * other.both,
        )

    def averaged(self, weights: Array) -> PassChance:
        """Chance averaged over the fractions."""
        names = ("first", "second", "both", "bad_first", "bad_second", "bad_both")
        return PassChance(*(np.asarray(getattr(self, name) @ weights) for name in names))


def pass_chance(plan: SamplingPlan, fractions: Array, removal: Band) -> PassChance:
    """Pass chances when each round removes a share of the bad pieces that are left.

    Parameters
    ----------
    plan
        Plan of both re-inspections, each a fresh random sample of the lot.
    fractions
        Fractions nonconforming before any work.
    removal
        Share of the bad pieces that a round removes, the same in both rounds.

    Examples
    --------
    >>> plan = SamplingPlan.single(200, 5)
    >>> prior = fraction_posterior(ClassCount("major", 7, 200), 8000)
    >>> chance = pass_chance(plan, prior.fractions, Band.exactly(0.6))   # T5
    >>> round(float(chance.first @ prior.weights), 2)
    0.89
    """
    share, weights = removal.nodes()
    left = fractions[:, None] * (1 - share)
    return _two_rounds(plan, left, left * (1 - share), weights)


def remade_chance(plan: SamplingPlan, remade: Band, removal: Band) -> PassChance:
    """Pass chances of remade goods, whose own fraction nonconforming is a band.

    Parameters
    ----------
    plan
        Plan of both re-inspections.
    remade
        Fraction nonconforming of remade goods.
    removal
        Share that a sort removes before a second re-inspection.

    Examples
    --------
    >>> chance = remade_chance(SamplingPlan.single(80, 2), Band.exactly(0.02), Band.exactly(0.0))
    >>> round(float(chance.first), 2)                                    # T6
    0.78
    """
    fractions, fraction_weights = remade.nodes()
    share, weights = removal.nodes()
    first = np.repeat(fractions[:, None], share.size, axis=1)
    chance = _two_rounds(plan, first, first * (1 - share), weights)
    return chance.averaged(fraction_weights)


def _two_rounds(plan: SamplingPlan, left: Array, left_again: Array, weights: Array) -> PassChance:
    first = probability_of_acceptance(plan, left)
    second = probability_of_acceptance(plan, left_again)
    products = (
        first,
        second,
        first * second,
        left * first,
        left_again * second,
        left_again * first * second,
    )
    return PassChance(*(product @ weights for product in products))
