"""Average sample number: how many items a plan inspects until it decides."""

from __future__ import annotations

from typing import overload

import numpy as np
import numpy.typing as npt

from qcanalysis.sampling.decisions import Plan
from qcanalysis.sampling.distributions import (
    Array,
    Distribution,
    expected_weight,
    more_than,
    probability,
)
from qcanalysis.sampling.plan import SamplingPlan
from qcanalysis.sampling.stages import checked_quality, shaped_like, stages_of


@overload
def average_sample_number(
    plan: Plan,
    quality: float,
    *,
    distribution: Distribution = ...,
    lot_size: int | None = ...,
    curtailed: bool = ...,
) -> float: ...
@overload
def average_sample_number(
    plan: Plan,
    quality: npt.ArrayLike,
    *,
    distribution: Distribution = ...,
    lot_size: int | None = ...,
    curtailed: bool = ...,
) -> Array: ...
def average_sample_number(
    plan: Plan,
    quality: npt.ArrayLike,
    *,
    distribution: Distribution = "binomial",
    lot_size: int | None = None,
    curtailed: bool = False,
) -> float | Array:
    """Average sample number (ASN) of a plan [items].

    Parameters
    ----------
    plan, quality, distribution, lot_size
        As in `probability_of_acceptance`.
    curtailed
        Stop the second and later samples as soon as the rejection number is
        reached (binomial only). The first sample is always inspected in full,
        for the estimate of the quality. A `SamplingPlan` only: others say when they stop.

    Returns
    -------
    Mean number of items inspected for each quality.

    Examples
    --------
    >>> plan = SamplingPlan((13, 13), (0, 1), (2, 2))      # SAS/QC, ASN2
    >>> round(average_sample_number(plan, 0.18), 9)
    15.811418112
    >>> round(average_sample_number(plan, 0.18, curtailed=True), 9)
    14.110408695
    """
    if curtailed and distribution != "binomial":
        raise ValueError(f"curtailed needs distribution='binomial', got {distribution!r}")
    checked = checked_quality(plan, quality, distribution, lot_size)
    if not isinstance(plan, SamplingPlan):
        if curtailed:
            raise ValueError(f"curtailed is for a SamplingPlan, got {plan!r}: leave it out")
        made = plan.decisions(checked, distribution, lot_size)
        return shaped_like(made.drawn @ (made.accepted + made.refused), quality)
    result = np.full_like(checked, plan.sample_sizes[0])
    stages = stages_of(plan, distribution != "poisson")
    for before, size, rejection_number in zip(
        stages, plan.sample_sizes[1:], plan.rejection_numbers[1:], strict=False
    ):
        if curtailed:
            for count in np.flatnonzero(before.continuing):
                here = before.continuing[count] * probability(
                    count, before.drawn, checked, distribution
                )
                result += here * _until(rejection_number - int(count), size, checked)
        else:
            result += size * expected_weight(
                before.continuing, before.drawn, checked, distribution, lot_size
            )
    return shaped_like(result, quality)


def _until(wanted: int, size: int, quality: Array) -> Array:
    """Mean items inspected when stopping at ``wanted`` nonconforming or after ``size``."""
    stopped = wanted * more_than(wanted, size + 1, quality, "binomial")
    ratio = np.divide(stopped, quality, out=np.zeros_like(quality), where=quality > 0)
    completed = 1 - more_than(wanted - 1, size, quality, "binomial")
    return ratio + size * completed
