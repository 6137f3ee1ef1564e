"""Units and nonconforming units by group: the 2 x k table that tests of place start from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from qcanalysis.estimation.exact_test import Counts, log_choose
from qcanalysis.sampling.distributions import Array


@dataclass(frozen=True, eq=False)
class GroupTable:
    """Units and nonconforming units by stratum (row) and group (column).

    Examples
    --------
    >>> table = GroupTable.of(["a", "a", "b", "b"], [1, 0, 0, 0], ["x"] * 4)
    >>> table.units.tolist(), table.nonconforming.tolist(), table.expected.tolist()
    ([[2, 2]], [[1, 0]], [0.5, 0.5])
    """

    groups: tuple[str, ...]
    units: Counts
    nonconforming: Counts

    @classmethod
    def of(
        cls, group: npt.ArrayLike, is_nonconforming: npt.ArrayLike, stratum: npt.ArrayLike
    ) -> GroupTable:
        """Table of labelled units; ValueError if lengths differ or one group alone is named."""
        groups, column = np.unique(np.asarray(group, dtype=str), return_inverse=True)
        strata, row = np.unique(np.asarray(stratum, dtype=str), return_inverse=True)
        bad = np.asarray(is_nonconforming, dtype=np.int64)
        if not column.size == row.size == bad.size:
            raise ValueError(
                "group, is_nonconforming and stratum must have one entry a unit, "
                f"got {column.size}, {bad.size} and {row.size}"
            )
        if groups.size < 2:
            raise ValueError(f"group must name at least two groups, got {groups.tolist()}")
        units = np.zeros((strata.size, groups.size), dtype=np.int64)
        nonconforming = np.zeros_like(units)
        np.add.at(units, (row, column), 1)
        np.add.at(nonconforming, (row, column), bad)
        return cls(tuple(groups.tolist()), units, nonconforming)

    @property
    def totals(self) -> Counts:
        """Nonconforming units of each stratum."""
        totals: Counts = self.nonconforming.sum(axis=1)
        return totals

    @property
    def rates(self) -> Array:
        """Fraction nonconforming of each stratum."""
        rates: Array = self.totals / self.units.sum(axis=1)
        return rates

    @property
    def expected(self) -> Array:
        """Nonconforming units each group would have if only the stratum mattered."""
        return self.rates @ self.units

    def statistic(self, totals: npt.ArrayLike) -> Array:
        """Statistic of rows of group totals, groups being as large as they are."""
        sizes = self.units.sum(axis=0).astype(float)
        return log_likelihood(np.asarray(totals, dtype=float), sizes, self.expected)

    @property
    def worst_group(self) -> int:
        """Column of the group furthest above its expectation, in standard units."""
        excess = self.nonconforming.sum(axis=0) - self.expected
        return int(np.argmax(excess / np.sqrt(np.maximum(self.expected, 1e-12))))


def log_likelihood(counts: Array, sizes: Array, expected: Array) -> Array:
    """Logarithm of the binomial probability of group totals (last axis) at their expectations."""
    rate = expected / np.maximum(sizes, 1)
    terms = log_choose(sizes, counts) + special.xlogy(counts, rate)
    total: Array = (terms + special.xlog1py(sizes - counts, -rate)).sum(axis=-1)
    return total
