"""How many units it takes to see that one group is worse: about.

The large-sample form of the test in `homogeneity`: its statistic follows a
noncentral chi-square distribution whose noncentrality grows with the number of
units. Good for planning; the power printed beside a test is simulated instead.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from qcanalysis.estimation.exact_test import Counts
from qcanalysis.estimation.group_table import GroupTable
from qcanalysis.sampling.distributions import Array


def units_needed(
    table: GroupTable,
    *,
    odds_ratio: float,
    power: float,
    significance_level: float,
    design_effect: float = 1.0,
) -> int:
    """Units to inspect, at the same rate and split, to see one worse group with this power.

    Parameters
    ----------
    table
        Units seen so far.
    odds_ratio
        Odds of a nonconforming unit in the worse group over the rest; 2 is about a doubling.
    power
        Probability of seeing it, averaged over which group it is.
    significance_level
        Level of the test.
    design_effect
        Design effect of units drawn several from a carton [1 or more].

    Returns
    -------
    Units in all, those already inspected included, rounded up to tens.

    Raises
    ------
    ValueError
        If no unit is nonconforming: the rate is then unknown.

    References
    ----------
    Cohen, Statistical Power Analysis for the Behavioral Sciences, 2nd ed., 1988, chapter 7.

    Examples
    --------
    Two lines of 100 units, 20 nonconforming units each:

    >>> table = GroupTable.of(["a", "b"] * 100, [1, 1, 0, 0, 0, 0, 0, 0, 0, 0] * 20, ["x"] * 200)
    >>> units_needed(table, odds_ratio=2, power=0.8, significance_level=0.05)
    430
    """
    if table.totals.sum() == 0:
        raise ValueError("table must hold a nonconforming unit, got none: the rate is unknown")
    wanted = design_effect * _wanted_noncentrality(table, power, significance_level)
    scale = wanted / np.mean(_noncentralities(table, odds_ratio))
    return int(np.ceil(scale * table.units.sum() / 10 - 1e-9) * 10)


def _covariance(table: GroupTable) -> Array:
    """Covariance of the group totals under the null hypothesis."""
    covariance = np.zeros((len(table.groups),) * 2)
    for units, total in zip(table.units, table.totals, strict=True):
        size = int(units.sum())
        share = units / size
        variance = total * (size - total) / max(size - 1, 1)
        covariance += variance * (np.diag(share) - np.outer(share, share))
    return covariance


def _wanted_noncentrality(table: GroupTable, power: float, significance_level: float) -> float:
    degrees_of_freedom = max(int(np.linalg.matrix_rank(_covariance(table))), 1)
    critical = special.chdtri(degrees_of_freedom, significance_level)
    return float(special.chndtrinc(critical, degrees_of_freedom, 1 - power))


def _noncentralities(table: GroupTable, odds_ratio: float) -> Array:
    """Noncentrality of the statistic for each group being the worse one."""
    precision = np.linalg.pinv(_covariance(table), hermitian=True)
    shifts = np.zeros((len(table.groups),) * 2)
    for units, total in zip(table.units, table.totals, strict=True):
        for group in range(units.size):
            expected = _expected_totals(units, int(total), group, odds_ratio)
            shifts[group] += expected - total * units / units.sum()
    noncentralities: Array = np.einsum("gi,ij,gj->g", shifts, precision, shifts)
    return noncentralities


def _expected_totals(units: Counts, total: int, worse: int, odds_ratio: float) -> Array:
    """Nonconforming units of each group when one is worse (Cornfield's approximate mean)."""
    size_worse, size = int(units[worse]), int(units.sum())
    slope = odds_ratio * (size_worse + total) + size - size_worse - total
    product = odds_ratio * size_worse * total
    root = np.sqrt(slope**2 - 4 * (odds_ratio - 1) * product)
    in_worse = 2 * product / (slope + root)
    expected: Array = units * (total - in_worse) / max(size - size_worse, 1)
    expected[worse] = in_worse
    return expected
