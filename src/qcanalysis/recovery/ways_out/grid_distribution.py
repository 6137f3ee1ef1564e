"""Distributions of days and money on an even grid: sums, maxima, mixtures, no simulation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import signal

from qcanalysis.recovery.ways_out.band import Band
from qcanalysis.sampling.distributions import Array


@dataclass(frozen=True, eq=False)
class GridDistribution:
    """Distribution of an amount on an even grid.

    ``cumulative[k]`` is the probability of at most ``start + k * step``; it rises
    evenly between grid points, and ``cumulative[0]`` sits at ``start`` itself. A
    last value below 1 leaves the rest to "never". For bands whose ends lie on the
    grid the sum of two and the maximum of any number are exact at grid points;
    longer sums err by the order of ``step`` squared.
    """

    start: float
    step: float
    cumulative: Array

    @classmethod
    def of_band(cls, band: Band, *, step: float) -> GridDistribution:
        """Distribution of a band: uniform, or triangular where it has a mode.

        Examples
        --------
        >>> GridDistribution.of_band(Band(low=6, high=10), step=0.02).probability_of_at_most(9)
        0.75
        """
        width = band.high - band.low
        if width < step:
            return cls(band.mean, step, np.ones(1))
        share = np.minimum(np.arange(np.ceil(width / step - 1e-9) + 1) * step / width, 1.0)
        if band.mode is None:
            return cls(band.low, step, share)
        peak = (band.mode - band.low) / width
        rising = share**2 / peak if peak > 0 else np.zeros_like(share)
        falling = 1 - (1 - share) ** 2 / (1 - peak) if peak < 1 else np.ones_like(share)
        return cls(band.low, step, np.where(share < peak, rising, falling))

    @property
    def _masses(self) -> Array:
        return np.diff(self.cumulative, prepend=0.0)

    @property
    def _grid(self) -> Array:
        return self.start + self.step * np.arange(self.cumulative.size, dtype=np.float64)

    def probability_of_at_most(self, amount: float) -> float:
        """Probability that the amount is not exceeded."""
        return float(self._at(np.asarray(amount, dtype=float)))

    def _at(self, amounts: Array) -> Array:
        begun = amounts >= self.start - 1e-9 * self.step
        values: Array = np.where(begun, np.interp(amounts, self._grid, self.cumulative), 0.0)
        return values

    @property
    def mean(self) -> float:
        """Mean amount, given that it comes at all."""
        masses = self._masses
        middles = self._grid - np.where(np.arange(masses.size) > 0, self.step / 2, 0.0)
        return float(middles @ masses / masses.sum())

    def quantile(self, probability: float) -> float:
        """Least amount that is not exceeded with this probability; infinite if never reached."""
        if not 0 < probability < 1:
            raise ValueError(f"probability must lie between 0 and 1, got {probability!r}")
        if probability > self.cumulative[-1] + 1e-12:
            return float("inf")
        place = int(np.searchsorted(self.cumulative, min(probability, self.cumulative[-1])))
        if place == 0:
            return self.start
        below, above = self.cumulative[place - 1], self.cumulative[place]
        return self.start + self.step * (place - 1 + float((probability - below) / (above - below)))

    def plus(self, other: GridDistribution) -> GridDistribution:
        """Distribution of the sum with an independent amount.

        Examples
        --------
        >>> one = GridDistribution.of_band(Band(low=0, high=1), step=0.01)
        >>> round(one.plus(one).probability_of_at_most(0.5), 9)
        0.125
        """
        self._check_step(other)
        mine, theirs = self._masses, other._masses
        masses = np.zeros(mine.size + theirs.size - 1)
        masses[: mine.size] += theirs[0] * mine
        masses[1 : theirs.size] += mine[0] * theirs[1:]
        if mine.size > 1 and theirs.size > 1:  # two even steps make a triangle over two steps
            pairs = np.clip(signal.fftconvolve(mine[1:], theirs[1:]), 0.0, None) / 2
            masses[1:-1] += pairs
            masses[2:] += pairs
        return GridDistribution(self.start + other.start, self.step, np.cumsum(masses))

    def _check_step(self, other: GridDistribution) -> None:
        if self.step != other.step:
            raise ValueError(f"both need the same step, got {self.step} and {other.step}")


def latest_of(parts: Sequence[GridDistribution]) -> GridDistribution:
    """Distribution of the largest of independent amounts: parallel branches (R44).

    Examples
    --------
    >>> sort = GridDistribution.of_band(Band(low=1, high=3), step=0.02)
    >>> remake = GridDistribution.of_band(Band(low=5, high=8), step=0.02)
    >>> round(latest_of([sort, remake]).mean, 6)
    6.5
    """
    start = max(part.start for part in parts)
    grid = _common_grid(parts, start)
    cumulative = np.prod([part._at(grid) for part in parts], axis=0)
    return GridDistribution(start, parts[0].step, cumulative)


def mixture(parts: Sequence[GridDistribution], weights: npt.ArrayLike) -> GridDistribution:
    """Distribution that follows one part or another; weights below 1 leave the rest to "never".

    Examples
    --------
    >>> soon, late = (GridDistribution.of_band(Band(low=low, high=low + 2), step=0.02)
    ...               for low in (0, 2))
    >>> round(mixture([soon, late], [0.5, 0.25]).probability_of_at_most(2), 9)
    0.5
    """
    grid = _common_grid(parts, min(part.start for part in parts))
    stacked = np.array([part._at(grid) for part in parts])
    return GridDistribution(float(grid[0]), parts[0].step, np.asarray(weights, float) @ stacked)


def _common_grid(parts: Sequence[GridDistribution], start: float) -> Array:
    for part in parts[1:]:
        parts[0]._check_step(part)
    step = parts[0].step
    end = max(part._grid[-1] for part in parts)
    points = int(np.ceil((end - start) / step - 1e-9)) + 1
    return start + step * np.arange(points, dtype=np.float64)
