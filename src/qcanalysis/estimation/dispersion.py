"""Do faults come carton by carton? Intra-class correlation and design effect."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from qcanalysis.estimation.defect_rate import DefectRateInterval


@dataclass(frozen=True)
class CartonClustering:
    """How alike the units of one carton are, and what that costs.

    ``intraclass_correlation`` is the correlation between two units of one
    carton [-1 to 1, 0 when cartons do not matter]: the parameter
    1 / (alpha + beta + 1) of a beta-binomial count. ``design_effect`` [1 or
    more] divides the sample size; None where no carton holds two inspected
    units or no unit is nonconforming: then the correlation cannot be told.
    """

    cartons: int
    units: int
    intraclass_correlation: float | None
    design_effect: float | None


def carton_clustering(
    is_nonconforming: npt.ArrayLike,
    carton: npt.ArrayLike,
    *,
    stratum: npt.ArrayLike | None = None,
) -> CartonClustering:
    """Intra-class correlation of the units of a carton, and the design effect.

    Parameters
    ----------
    is_nonconforming
        Whether each unit is nonconforming.
    carton
        Carton of each unit.
    stratum
        Stratum of each unit (SKU): cartons are compared within strata only.

    Returns
    -------
    Moment estimates: correlation by Fleiss and Cuzick, pooled over strata;
    design effect by Kish, 1 + (units a carton - 1) times the correlation, a
    negative one counted as 0, with units a carton weighted by size.

    References
    ----------
    Fleiss and Cuzick, Applied Psychological Measurement 3, 1979. Kish, Survey
    Sampling, 1965, section 5.4. Ridout, Demetrio and Firth, Biometrics 55, 1999.

    Examples
    --------
    Ten cartons of five units: two are bad through and through.

    >>> found = carton_clustering([1] * 10 + [0] * 40, np.repeat(np.arange(10), 5))
    >>> found.intraclass_correlation, found.design_effect
    (1.0, 5.0)
    """
    bad = np.asarray(is_nonconforming, dtype=float)
    stratum = np.zeros(bad.size) if stratum is None else stratum
    codes = [
        np.unique(np.asarray(labels, dtype=str), return_inverse=True)[1]
        for labels in (stratum, carton)
    ]
    keys, of_carton = np.unique(np.stack(codes), axis=1, return_inverse=True)
    of_carton, of_stratum = of_carton.ravel(), keys[0]
    size = np.bincount(of_carton)
    found = np.bincount(of_carton, weights=bad)
    rate = np.bincount(of_stratum, weights=found) / np.bincount(of_stratum, weights=size)

    within = float(np.sum(found * (size - found) / size))
    total = float(np.sum((size - 1) * (rate * (1 - rate))[of_stratum]))
    if total == 0:
        return CartonClustering(size.size, bad.size, None, None)
    correlation = 1 - within / total
    units_per_carton = float(np.sum(size.astype(float) ** 2) / bad.size)
    design_effect = 1 + (units_per_carton - 1) * max(correlation, 0.0)
    return CartonClustering(size.size, bad.size, correlation, design_effect)


def clustered_interval(
    nonconforming_count: int,
    sample_size: int,
    *,
    design_effect: float,
    confidence_level: float = 0.95,
) -> DefectRateInterval:
    """Confidence interval of a fraction nonconforming when units come carton by carton.

    Parameters
    ----------
    nonconforming_count, sample_size
        Nonconforming units found, of units inspected.
    design_effect
        Design effect [1 or more]; 1 gives the Clopper-Pearson limits.
    confidence_level
        Coverage wanted, between 0 and 1.

    Returns
    -------
    Estimate and Clopper-Pearson limits at the effective sample size, as fractions.

    References
    ----------
    Korn and Graubard, Survey Methodology 24, 1998, 193-201.

    Examples
    --------
    >>> interval = clustered_interval(7, 200, design_effect=1.0, confidence_level=0.90)
    >>> round(100 * interval.lower, 2), round(100 * interval.upper, 2)
    (1.65, 6.47)
    """
    if design_effect < 1:
        raise ValueError(f"design_effect must be at least 1, got {design_effect!r}")
    if not 0 <= nonconforming_count <= sample_size or sample_size < 1:
        raise ValueError(
            "need 0 <= nonconforming_count <= sample_size and a unit inspected, got "
            f"{nonconforming_count} of {sample_size}"
        )
    found = nonconforming_count / design_effect
    missing = (sample_size - nonconforming_count) / design_effect
    tail = (1 - confidence_level) / 2
    lower = float(special.betaincinv(found, missing + 1, tail)) if found else 0.0
    upper = float(special.betainccinv(found + 1, missing, tail)) if missing else 1.0
    estimate = nonconforming_count / sample_size
    return DefectRateInterval(estimate, lower, upper, confidence_level, "exact")
