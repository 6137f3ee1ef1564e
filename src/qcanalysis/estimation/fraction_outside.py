"""Share of a normal characteristic outside its limits, estimated from measured values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import get_args

import numpy as np
from scipy import special

from qcanalysis.estimation.defect_rate import Alternative
from qcanalysis.sampling.acceptance_region import acceptance_region, share_outside
from qcanalysis.sampling.distributions import Array
from qcanalysis.sampling.measurements import MeasuredSample
from qcanalysis.sampling.two_limits import acceptance_of_split
from qcanalysis.sampling.variables import kept_from_limit

SPLITS = 11
FARTHEST = 37.0  # standard deviations: beyond it the normal tail is below the smallest float
LEAST_FOR_TWO_LIMITS = 4
LEAST_FOR_ONE_LIMIT = 3


@dataclass(frozen=True)
class FractionOutside:
    """Estimate and limits of the share outside the specification limits, fractions.

    ``below`` and ``above`` are the parts of the estimate beyond either limit; ``method`` says
    how far the limits of the interval can be trusted.
    """

    estimate: float
    lower: float
    upper: float
    below: float
    above: float
    confidence_level: float
    method: str


def fraction_outside(
    sample: MeasuredSample,
    *,
    confidence_level: float = 0.95,
    alternative: Alternative = "two-sided",
) -> FractionOutside:
    """Share of the process outside the limits, with its confidence interval.

    Parameters
    ----------
    sample
        Random sample of a normal characteristic: at least 3 values for one limit, 4 for two.
    confidence_level
        Coverage wanted, between 0 and 1.
    alternative
        "two-sided", or one limit alone at the full level: "lower" or "upper".

    Returns
    -------
    The minimum variance unbiased estimate (0 where a limit is far off, then even below the
    interval); with one limit, exact noncentral t limits; with
    two, limits that cover at least as often as stated however the share splits (the least
    favourable of 11 splits): those qualities at which a sample with no larger an estimate,
    or no smaller a one, is not too rare.

    Raises
    ------
    ValueError
        If the sample is too small, or a level or word is off its scale.

    References
    ----------
    Lieberman and Resnikoff, JASA 50, 1955 (estimate); Owen, A survey of properties and
    applications of the noncentral t-distribution, Technometrics 10, 1968 (limits).

    Examples
    --------
    >>> sample = MeasuredSample(10, 0.0, 1.0, upper_limit=2.911)    # tolerance factor, 95 %/95 %
    >>> round(fraction_outside(sample, alternative="upper").upper, 4)
    0.05
    """
    tail = tail_probability(confidence_level, alternative)
    n = sample.sample_size
    is_one_limit = sample.lower_limit is None or sample.upper_limit is None
    least = LEAST_FOR_ONE_LIMIT if is_one_limit else LEAST_FOR_TWO_LIMITS
    if n < least:
        raise ValueError(f"cannot tell from {n} values: the share outside needs at least {least}")
    below, above = share_outside(np.array([sample.to_lower, sample.to_upper]), n).tolist()
    if is_one_limit or below + above >= 1:
        nearest = min(sample.to_lower, sample.to_upper)
        near, far = distance_limits(nearest, n, tail)
        lower, upper = float(special.ndtr(-far)), float(special.ndtr(-near))
        upper = upper if is_one_limit else 1.0
        method = "exact (noncentral t)"
    else:
        lower, upper = _limits_of_both(sample, below + above, tail)
        method = "covers at least as stated, least favourable split between the limits"
    return FractionOutside(
        estimate=below + above,
        lower=0.0 if alternative == "upper" else lower,
        upper=1.0 if alternative == "lower" else upper,
        below=below,
        above=above,
        confidence_level=confidence_level,
        method=method,
    )


def tail_probability(confidence_level: float, alternative: Alternative) -> float:
    """Chance to err on one side; words and numbers off the scale are refused."""
    if not 0 < confidence_level < 1:
        raise ValueError(f"confidence_level must lie between 0 and 1, got {confidence_level!r}")
    if alternative not in get_args(Alternative):
        raise ValueError(f"alternative must be one of {get_args(Alternative)}, got {alternative!r}")
    return (1 - confidence_level) / (2 if alternative == "two-sided" else 1)


def distance_limits(found: float, sample_size: int, tail: float) -> tuple[float, float]:
    """Confidence limits of the distance from process mean to a limit [standard deviations].

    Exact: the sample's distance times sqrt(n) is noncentral t with n - 1 degrees of freedom.

    Parameters
    ----------
    found
        The distance of the sample, in its standard deviations.
    sample_size
        n.
    tail
        Chance to err on each side.

    Examples
    --------
    >>> [round(limit, 3) for limit in distance_limits(2.911, 10, 0.05)]
    [1.645, 4.099]
    """

    def limit(chance: float) -> float:
        from scipy.optimize import brentq  # slow to import

        def excess(distance: float) -> float:
            kept = kept_from_limit(sample_size, found, np.array([distance]))
            return float(kept[0]) - chance

        reach = 1.0
        while excess(found - reach) > 0 or excess(found + reach) < 0:
            reach *= 2
        return float(brentq(excess, found - reach, found + reach, xtol=1e-12, rtol=1e-13))

    return limit(tail), limit(1 - tail)


def _limits_of_both(sample: MeasuredSample, estimate: float, tail: float) -> tuple[float, float]:
    """Limits by inversion of the acceptance probability of the plan that just accepts the sample.

    Samples are ordered by the estimate; where it is 0, by the distance to the nearer limit.
    """
    from scipy.optimize import elementwise  # slow to import

    n = sample.sample_size
    if estimate > 0:
        x = special.betaincinv(n / 2 - 1, n / 2 - 1, estimate)
        constant = float(1 - 2 * x) * (n - 1) / math.sqrt(n)
    else:
        constant = min(sample.to_lower, sample.to_upper)
    region = acceptance_region(n, constant, True)
    shares = np.linspace(0, 0.5, SPLITS)

    def roots(chance: float) -> Array:
        def excess(distance: Array, share: Array) -> Array:
            return acceptance_of_split(region, special.ndtr(-distance), share) - chance

        ends = np.full(SPLITS, -7.0), np.full(SPLITS, FARTHEST)
        found: Array = special.ndtr(-elementwise.find_root(excess, ends, args=(shares,)).x)
        return found

    return float(roots(1 - tail).min()), float(roots(tail).max())
