"""Capability of a normal characteristic: Cp and Cpk with their intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import special

from qcanalysis.estimation.defect_rate import Alternative
from qcanalysis.estimation.fraction_outside import distance_limits, tail_probability
from qcanalysis.sampling.measurements import MeasuredSample


@dataclass(frozen=True)
class CapabilityIndex:
    """Estimate and confidence limits of a capability index; ``method`` says how exact."""

    estimate: float
    lower: float
    upper: float
    confidence_level: float
    method: str


@dataclass(frozen=True)
class Capability:
    """Capability indices of one characteristic.

    Attributes
    ----------
    cp
        (U - L) / 6 sigma, what a centred process could do; None with one limit.
    cpk
        Distance from mean to nearer limit over 3 sigma (Cpu or Cpl with one limit).
    """

    cp: CapabilityIndex | None
    cpk: CapabilityIndex


def capability(
    sample: MeasuredSample,
    *,
    confidence_level: float = 0.95,
    alternative: Alternative = "two-sided",
) -> Capability:
    """Capability of the process behind a sample.

    Parameters
    ----------
    sample
        Random sample of a normal characteristic.
    confidence_level
        Coverage wanted for each index, between 0 and 1.
    alternative
        "two-sided", or one limit alone at the full level: "lower" or "upper".

    Returns
    -------
    Cp with exact chi-square limits. Cpk with exact noncentral t limits for one specification
    limit; for two, limits that cover at least as often as stated: the lower one as if the
    farther specification limit were not there, the upper one with half the chance to err for
    each of them (Bonferroni).

    Raises
    ------
    ValueError
        If a level or word is off its scale.

    References
    ----------
    ISO 22514-2; Chou, Owen and Borrego, J. Quality Technology 22, 1990.

    Examples
    --------
    >>> coin = MeasuredSample(30, 50.02, 0.04, lower_limit=49.8, upper_limit=50.2)      # R84
    >>> found = capability(coin)
    >>> [round(limit, 2) for limit in (found.cpk.estimate, found.cpk.lower, found.cpk.upper)]
    [1.5, 1.1, 1.96]
    """
    tail = tail_probability(confidence_level, alternative)
    n = sample.sample_size
    nearest = min(sample.to_lower, sample.to_upper)
    near, far = distance_limits(nearest, n, tail)
    if sample.lower_limit is None or sample.upper_limit is None:
        found = _index(
            nearest / 3, near / 3, far / 3, confidence_level, alternative, "exact (noncentral t)"
        )
        return Capability(None, found)
    far = distance_limits(nearest, n, tail / 2)[1]  # either limit may be the one that was near
    nu = n - 1
    estimate = (sample.to_lower + sample.to_upper) / 6
    limits = (
        estimate * math.sqrt(2 * special.gammaincinv(nu / 2, tail) / nu),
        estimate * math.sqrt(2 * special.gammainccinv(nu / 2, tail) / nu),
    )
    return Capability(
        _index(estimate, *limits, confidence_level, alternative, "exact (chi-square)"),
        _index(
            nearest / 3,
            near / 3,
            far / 3,
            confidence_level,
            alternative,
            "covers at least as stated (noncentral t, the chance to err above shared by both)",
        ),
    )


def _index(
    estimate: float,
    lower: float,
    upper: float,
    confidence_level: float,
    alternative: Alternative,
    method: str,
) -> CapabilityIndex:
    return CapabilityIndex(
        estimate,
        -math.inf if alternative == "upper" else lower,
        math.inf if alternative == "lower" else upper,
        confidence_level,
        method,
    )
