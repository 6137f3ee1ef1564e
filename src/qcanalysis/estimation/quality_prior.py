"""Priors of a lot's quality, and what a sample from such a lot will show."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from qcanalysis.estimation.remainder import BetaPrior
from qcanalysis.sampling.distributions import Array, binomial_probability


@dataclass(frozen=True)
class MixturePrior:
    """Mixture of beta priors and of single qualities, for a supplier with good and bad spells.

    Parameters
    ----------
    parts
        Beta priors, or fractions nonconforming from 0 to 1.
    weights
        Probability of each part; they sum to 1.

    Examples
    --------
    >>> round(MixturePrior((BetaPrior(1, 99), 0.10), (0.9, 0.1)).mean, 6)
    0.019
    """

    parts: tuple[BetaPrior | float, ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.parts or len(self.parts) != len(self.weights):
            raise ValueError(
                f"a mixture needs one weight for each part, got {len(self.parts)} parts and "
                f"{len(self.weights)} weights"
            )
        if min(self.weights) < 0 or not math.isclose(sum(self.weights), 1, abs_tol=1e-9):
            raise ValueError(f"weights must be at least 0 and sum to 1, got {self.weights}")
        points = [part for part in self.parts if not isinstance(part, BetaPrior)]
        if not all(0 <= point <= 1 for point in points):
            raise ValueError(f"a fraction nonconforming must lie between 0 and 1, got {points}")

    @property
    def mean(self) -> float:
        """Mean fraction nonconforming."""
        means = (part.mean if isinstance(part, BetaPrior) else part for part in self.parts)
        return sum(w * mean for w, mean in zip(self.weights, means, strict=True))


QualityPrior = BetaPrior | MixturePrior


def count_weights(prior: QualityPrior, sample_size: int, good_quality: float) -> Array:
    """Three weights of each count of nonconforming items in a sample.

    Parameters
    ----------
    prior
        Prior of the fraction nonconforming p of the process that makes the lots.
    sample_size
        Items in the sample.
    good_quality
        A process is good when p is at most this.

    Returns
    -------
    Shape (3, sample_size + 1), for the counts x from 0: the probability of x, the mean
    of p over the cases with x (times that probability), and the probability of x
    together with a good process.

    Examples
    --------
    >>> count_weights(BetaPrior(1, 1), 1, 0.5).tolist()        # uniform p, one item
    [[0.5, 0.5], [0.16666666666666666, 0.3333333333333333], [0.375, 0.125]]
    """
    if isinstance(prior, BetaPrior):
        return _beta_weights(prior, sample_size, good_quality)
    total = np.zeros((3, sample_size + 1))
    for part, share in zip(prior.parts, prior.weights, strict=True):
        if isinstance(part, BetaPrior):
            total += share * _beta_weights(part, sample_size, good_quality)
        else:
            chance = binomial_probability(np.arange(sample_size + 1), sample_size, part)
            total += share * chance * np.array([[1.0], [part], [float(part <= good_quality)]])
    return total


def _beta_weights(prior: BetaPrior, sample_size: int, good_quality: float) -> Array:
    count = np.arange(sample_size + 1, dtype=float)
    before, left = count[:-1], sample_size - count[:-1]
    ratio = left * (before + prior.alpha) / ((before + 1) * (left - 1 + prior.beta))
    logs = np.concatenate([[0.0], np.cumsum(np.log(ratio))])
    weights = np.exp(logs - logs.max())
    chance = weights / weights.sum()
    alpha, beta = prior.alpha + count, prior.beta + sample_size - count
    return np.stack(
        [
            chance,
            chance * alpha / (alpha + beta),
            chance * special.betainc(alpha, beta, good_quality),
        ]
    )


def below(prior: QualityPrior, quality: float) -> tuple[float, float]:
    """Probability of a fraction nonconforming up to ``quality``, and its mean over those cases.

    Returns
    -------
    P(p <= quality) and E[p; p <= quality], the latter not divided by the former.

    Examples
    --------
    >>> below(BetaPrior(1, 1), 0.5)
    (0.5, 0.125)
    """
    level = min(max(quality, 0.0), 1.0)
    if quality < 0:
        return 0.0, 0.0
    if isinstance(prior, BetaPrior):
        return (
            float(special.betainc(prior.alpha, prior.beta, level)),
            float(prior.mean * special.betainc(prior.alpha + 1, prior.beta, level)),
        )
    chance = mean = 0.0
    for part, share in zip(prior.parts, prior.weights, strict=True):
        if isinstance(part, BetaPrior):
            inside, average = below(part, quality)
            chance, mean = chance + share * inside, mean + share * average
        elif part <= quality:
            chance, mean = chance + share, mean + share * part
    return chance, mean


class CountTable:
    """`count_weights` of the small counts in samples of every size, by thinning the largest.

    Given the count in n + 1 items, one of them left out is nonconforming with chance
    x / (n + 1), whatever the prior: each row follows from the next by two products and a
    sum of positive terms.

    Parameters
    ----------
    prior, good_quality
        As for `count_weights`.
    largest
        Largest sample size.
    width
        Counts kept: 0 to ``width - 1``.
    """

    def __init__(
        self, prior: QualityPrior, largest: int, good_quality: float, *, width: int
    ) -> None:
        table = np.zeros((3, largest + 1, width))
        row = count_weights(prior, largest, good_quality)
        count = np.arange(largest + 1, dtype=float)
        for size in range(largest, -1, -1):
            kept = min(width, size + 1)
            table[:, size, :kept] = row[:, :kept]
            if size:
                up = row[:, 1:] * (count[1 : size + 1] / size)
                row = row[:, :-1] * ((size - count[:size]) / size)
                row += up
        self.probability, self.fraction, self.good = table
        self.width = width
