"""Everything one plan answers over a range of qualities, ready to be drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from qcanalysis.sampling.distributions import Array, Distribution
from qcanalysis.sampling.oc import (
    average_sample_number,
    probability_of_acceptance,
    producers_risk,
    quality_at_acceptance,
)
from qcanalysis.sampling.plan import SamplingPlan
from qcanalysis.sampling.rectification import (
    average_outgoing_quality,
    average_outgoing_quality_limit,
    average_total_inspection,
)

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


def risk_table(
    plans: Mapping[str, SamplingPlan],
    *,
    lot_size: int,
    good_quality_percent: float,
    poor_quality_percent: float,
) -> pd.DataFrame:
    """Table of the risks of several plans, one row each.

    Parameters
    ----------
    plans
        Plans by label.
    lot_size
        Items in the lot, for the AOQL.
    good_quality_percent, poor_quality_percent
        Where the producer's and the consumer's risk are read [percent nonconforming].

    Returns
    -------
    Columns ``plan, sample_size, acceptance_number, producers_risk, consumers_risk,
    quality_95, quality_50, quality_10`` (qualities accepted with that
    probability), ``average_outgoing_quality_limit`` and
    ``average_sample_number`` at the good quality; all rates are fractions.

    Examples
    --------
    >>> table = risk_table({"L, AQL 2.5": SamplingPlan.single(200, 10)}, lot_size=8000,
    ...                    good_quality_percent=2.5, poor_quality_percent=8.0)
    >>> table.loc[0, ["producers_risk", "consumers_risk"]].astype(float).round(3).to_list()
    [0.013, 0.069]
    """
    good, poor = good_quality_percent / 100, poor_quality_percent / 100
    rows = []
    for label, plan in plans.items():
        q95, q50, q10 = np.asarray(quality_at_acceptance(plan, [0.95, 0.50, 0.10]))
        limit, _ = average_outgoing_quality_limit(plan, lot_size=lot_size)
        rows.append(
            {
                "plan": label,
                "sample_size": plan.sample_size,
                "acceptance_number": plan.acceptance_number,
                "producers_risk": producers_risk(plan, good),
                "consumers_risk": probability_of_acceptance(plan, poor),
                "quality_95": q95,
                "quality_50": q50,
                "quality_10": q10,
                "average_outgoing_quality_limit": limit,
                "average_sample_number": average_sample_number(plan, good),
            }
        )
    return pd.DataFrame(rows)
