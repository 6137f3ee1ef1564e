"""Everything one plan answers over a range of qualities, ready to be drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from qcanalysis.sampling.distributions import Array, Distribution
from qcanalysis.sampling.oc import probability_of_acceptance
from qcanalysis.sampling.plan import SamplingPlan
from qcanalysis.sampling.rectification import (
    average_outgoing_quality,
    average_total_inspection,
)
from qcanalysis.sampling.sample_number import average_sample_number

POINTS = 401


@dataclass(frozen=True)
class OperatingCharacteristic:
    """One plan over a range of incoming qualities; arrays of one length.

    ``average_outgoing_quality`` and ``average_total_inspection`` are those of
    rectifying inspection, where a lot not accepted is inspected in full; they
    are NaN for nonconformities per item, which nobody takes out by the item.
    """

    label: str
    plan: SamplingPlan
    lot_size: int
    distribution: Distribution
    quality: Array
    probability_of_acceptance: Array
    average_sample_number: Array
    average_outgoing_quality: Array
    average_total_inspection: Array


def operating_characteristic(
    plan: SamplingPlan,
    *,
    lot_size: int,
    worst_quality: float,
    distribution: Distribution = "binomial",
    label: str = "",
) -> OperatingCharacteristic:
    """Curves of one plan from perfect quality to ``worst_quality``.

    Parameters
    ----------
    plan
        Single, double or multiple plan.
    lot_size
        Items in the lot, for AOQ and ATI.
    worst_quality
        Right end of the quality axis [fraction, or nonconformities per item].
    distribution
        "binomial" or "poisson".
    label
        Name in figures and tables; the plan itself when empty.

    Examples
    --------
    >>> curve = operating_characteristic(
    ...     SamplingPlan.single(200, 10), lot_size=8000, worst_quality=0.10)
    >>> curve.probability_of_acceptance[0], curve.quality[-1]
    (np.float64(1.0), np.float64(0.1))
    """
    quality = np.linspace(0.0, worst_quality, POINTS)
    rectifies = distribution == "binomial"
    nothing = np.full_like(quality, np.nan)
    return OperatingCharacteristic(
        label=label or repr(plan).removeprefix("SamplingPlan"),
        plan=plan,
        lot_size=lot_size,
        distribution=distribution,
        quality=quality,
        probability_of_acceptance=probability_of_acceptance(
            plan, quality, distribution=distribution
        ),
        average_sample_number=average_sample_number(plan, quality, distribution=distribution),
        average_outgoing_quality=average_outgoing_quality(plan, quality, lot_size=lot_size)
        if rectifies
        else nothing,
        average_total_inspection=average_total_inspection(plan, quality, lot_size=lot_size)
        if rectifies
        else nothing,
    )


def operating_characteristics(
    plans: Mapping[str, SamplingPlan], *, lot_size: int, worst_quality: float
) -> list[OperatingCharacteristic]:
    """Curves of several plans over the same qualities, under their labels."""
    return [
        operating_characteristic(plan, lot_size=lot_size, worst_quality=worst_quality, label=label)
        for label, plan in plans.items()
    ]
