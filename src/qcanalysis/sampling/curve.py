"""Everything one plan answers over a range of qualities, ready to be drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from qcanalysis.sampling.decisions import Plan
from qcanalysis.sampling.distributions import Array, Distribution
from qcanalysis.sampling.oc import probability_of_acceptance
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
    plan: Plan
    lot_size: int
    distribution: Distribution
    quality: Array
    probability_of_acceptance: Array
    average_sample_number: Array
    average_outgoing_quality: Array
    average_total_inspection: Array


def operating_characteristic(
    plan: Plan,
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
        Plan of any kind whose refused lots can be inspected in full.
    lot_size
        Items in the lot, for AOQ and ATI.
    worst_quality
        Right end of the quality axis [fraction, or nonconformities per item].
    distribution
        "binomial" or "poisson"; "hypergeometric" for this very lot, over whole items in it.
    label
        Name in figures and tables; the plan itself when empty.

    Examples
    --------
    >>> from qcanalysis.sampling.plan import SamplingPlan
    >>> curve = operating_characteristic(
    ...     SamplingPlan.single(200, 10), lot_size=8000, worst_quality=0.10)
    >>> curve.probability_of_acceptance[0], curve.quality[-1]
    (np.float64(1.0), np.float64(0.1))
    """
    quality = np.linspace(0.0, worst_quality, POINTS)
    given, in_lot = quality, None
    if distribution == "hypergeometric":
        given, in_lot = np.unique(np.round(quality * lot_size)), lot_size
        quality = given / lot_size
    rectifies = distribution == "binomial"
    nothing = np.full_like(quality, np.nan)
    return OperatingCharacteristic(
        label=label or repr(plan).removeprefix("SamplingPlan"),
        plan=plan,
        lot_size=lot_size,
        distribution=distribution,
        quality=quality,
        probability_of_acceptance=probability_of_acceptance(
            plan, given, distribution=distribution, lot_size=in_lot
        ),
        average_sample_number=average_sample_number(
            plan, given, distribution=distribution, lot_size=in_lot
        ),
        average_outgoing_quality=average_outgoing_quality(plan, quality, lot_size=lot_size)
        if rectifies
        else nothing,
        average_total_inspection=average_total_inspection(plan, quality, lot_size=lot_size)
        if rectifies
        else nothing,
    )


def operating_characteristics(
    plans: Mapping[str, Plan],
    *,
    lot_size: int,
    worst_quality: float,
    distribution: Distribution = "binomial",
) -> list[OperatingCharacteristic]:
    """Curves of several plans over the same qualities, under their labels."""
    return [
        operating_characteristic(
            plan,
            lot_size=lot_size,
            worst_quality=worst_quality,
            distribution=distribution,
            label=label,
        )
        for label, plan in plans.items()
    ]
