"""How many bad units are left in the part of a lot that nobody looked at."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from qcanalysis.sampling.distributions import Array
from qcanalysis.sampling.plan import whole_number


@dataclass(frozen=True)
class BetaPrior:
    """Beta prior of a fraction nonconforming; Jeffreys unless stated.

    A supplier's record can be put in as counts: ``alpha`` grows by one for each
    nonconforming item known before, ``beta`` by one for each conforming one.
    """

    alpha: float = 0.5
    beta: float = 0.5

    def __post_init__(self) -> None:
        if not (0 < self.alpha < math.inf and 0 < self.beta < math.inf):
            raise ValueError(
                f"alpha and beta must be above 0 and finite, got {self.alpha!r} and {self.beta!r}; "
                "0.5 and 0.5 is Jeffreys' prior"
            )

    @property
    def mean(self) -> float:
        """Mean fraction nonconforming."""
        return self.alpha / (self.alpha + self.beta)

    def updated(self, nonconforming_count: int, sample_size: int) -> BetaPrior:
        """Posterior after a sample, ready to be the prior of the next.

        Examples
        --------
        >>> BetaPrior().updated(7, 200)
        BetaPrior(alpha=7.5, beta=193.5)
        """
        return BetaPrior(
            self.alpha + nonconforming_count, self.beta + sample_size - nonconforming_count
        )


JEFFREYS = BetaPrior()


@dataclass(frozen=True, eq=False)
class CountDistribution:
    """Distribution of a number of bad units: ``probabilities[k]`` is that of k."""

    probabilities: Array

    @cached_property
    def _cumulative(self) -> Array:
        return np.cumsum(self.probabilities)

    @property
    def mean(self) -> float:
        """Mean number of bad units."""
        return float(np.arange(self.probabilities.size) @ self.probabilities)

    def quantile(self, probability: float) -> int:
        """Fewest units k such that at most k are bad with this probability."""
        if not 0 < probability < 1:
            raise ValueError(f"probability must lie between 0 and 1, got {probability!r}")
        last = self.probabilities.size - 1
        return min(int(np.searchsorted(self._cumulative, probability)), last)

    def interval(self, level: float) -> tuple[int, int]:
        """Central interval of the number of bad units, both ends included."""
        return self.quantile((1 - level) / 2), self.quantile((1 + level) / 2)

    def probability_of_more_than(self, units: int) -> float:
        """Probability that more than this many units are bad."""
        return float(self.probabilities[max(units + 1, 0) :].sum())


def nonconforming_remainder(
    nonconforming_count: int,
    sample_size: int,
    *,
    lot_size: int,
    prior: BetaPrior = JEFFREYS,
) -> CountDistribution:
    """Posterior distribution of the bad units in the uninspected rest of a lot.

    Parameters
    ----------
    nonconforming_count, sample_size
        Nonconforming items found, of items inspected.
    lot_size
        Items in the lot, sample included.
    prior
        Prior of the fraction nonconforming of the process that made the lot.

    Returns
    -------
    Beta-binomial distribution over 0 to ``lot_size - sample_size`` bad units.

    References
    ----------
    Gelman et al., Bayesian Data Analysis, 3rd ed., 2.4 and exercise 2.21 (beta-binomial).

    Examples
    --------
    >>> rest = nonconforming_remainder(7, 200, lot_size=8000)
    >>> round(rest.mean), rest.interval(0.90)
    (291, (141, 483))
    """
    counts = {
        "nonconforming_count": nonconforming_count,
        "sample_size": sample_size,
        "lot_size": lot_size,
    }
    for name, value in counts.items():
        whole_number(name, value, least=0)
    if not nonconforming_count <= sample_size <= lot_size:
        raise ValueError(
            "need 0 <= nonconforming_count <= sample_size <= lot_size, got "
            f"{nonconforming_count}, {sample_size}, {lot_size}"
        )
    posterior = prior.updated(nonconforming_count, sample_size)
    rest = lot_size - sample_size
    bad = np.arange(rest, dtype=float)
    ratios = (rest - bad) * (bad + posterior.alpha)
    ratios /= (bad + 1) * (rest - bad - 1 + posterior.beta)
    logs = np.concatenate([[0.0], np.cumsum(np.log(ratios))])
    weights = np.exp(logs - logs.max())
    return CountDistribution(weights / weights.sum())


def total_remainder(parts: Iterable[CountDistribution]) -> CountDistribution:
    """Distribution of the bad units over several lots estimated apart.

    Parameters
    ----------
    parts
        Distributions of independent lots (SKUs, strata).

    Returns
    -------
    Distribution of their sum, by exact convolution (to 1e-15, through the FFT).

    Examples
    --------
    >>> one = nonconforming_remainder(7, 200, lot_size=8000)
    >>> round(total_remainder([one, one]).mean / one.mean, 6)
    2.0
    """
    vectors = [part.probabilities for part in parts]
    if not vectors:
        raise ValueError("parts must hold at least one distribution, got none")
    length = sum(vector.size - 1 for vector in vectors) + 1
    transform = np.prod([np.fft.rfft(vector, length) for vector in vectors], axis=0)
    total = np.clip(np.fft.irfft(transform, length), 0.0, None)
    return CountDistribution(total / total.sum())
