"""Rectifying inspection: what leaves the gate, and how many items are inspected for it."""

from __future__ import annotations

from typing import overload

import numpy as np
import numpy.typing as npt

from qcanalysis.sampling.decisions import Plan
from qcanalysis.sampling.distributions import Array
from qcanalysis.sampling.oc import check_can_refuse, probability_of_acceptance, producers_risk
from qcanalysis.sampling.plan import SamplingPlan
from qcanalysis.sampling.stages import (
    check_fits_lot,
    checked_quality,
    shaped_like,
    stage_acceptance,
)

GRID = 201
ZOOMS = 12


def _decided(plan: Plan, quality: npt.ArrayLike, lot_size: int) -> tuple[Array, Array, Array]:
    """Items drawn, acceptance when they are (points, qualities), and refusal altogether."""
    check_fits_lot(plan, lot_size)
    checked = checked_quality(plan, quality, "binomial", None)
    if isinstance(plan, SamplingPlan):
        drawn = np.array(plan.cumulative_sample_sizes, dtype=float)
        accepted = stage_acceptance(plan, checked, "binomial", None)
        return drawn, accepted, producers_risk(plan, checked)
    made = plan.decisions(checked, "binomial", lot_size)
    if made.cannot_rectify:
        raise ValueError(made.cannot_rectify)
    return made.drawn, made.accepted, made.refused.sum(axis=0)


@overload
def average_total_inspection(plan: Plan, quality: float, *, lot_size: int) -> float: ...
@overload
def average_total_inspection(plan: Plan, quality: npt.ArrayLike, *, lot_size: int) -> Array: ...
def average_total_inspection(plan: Plan, quality: npt.ArrayLike, *, lot_size: int) -> float | Array:
    """Average total inspection (ATI) when lots not accepted are inspected in full [items].

    Parameters
    ----------
    plan
        Plan of any kind whose refused lots can be inspected in full.
    quality
        Fraction nonconforming, scalar or array.
    lot_size
        Items in the lot, not fewer than the plan can draw.

    Returns
    -------
    Mean items inspected per lot, between the first sample size and ``lot_size``.

    References
    ----------
    Montgomery, Introduction to Statistical Quality Control, 15.2.2.

    Examples
    --------
    >>> plan = SamplingPlan.single(sample_size=89, acceptance_number=2)
    >>> round(average_total_inspection(plan, 0.01, lot_size=10_000))   # Montgomery prints 687
    687
    """
    drawn, accepted, refused = _decided(plan, quality, lot_size)
    return shaped_like(drawn @ accepted + lot_size * refused, quality)


@overload
def average_outgoing_quality(
    plan: Plan, quality: float, *, lot_size: int, replace_nonconforming: bool = ...
) -> float: ...
@overload
def average_outgoing_quality(
    plan: Plan, quality: npt.ArrayLike, *, lot_size: int, replace_nonconforming: bool = ...
) -> Array: ...
def average_outgoing_quality(
    plan: Plan,
    quality: npt.ArrayLike,
    *,
    lot_size: int,
    replace_nonconforming: bool = True,
) -> float | Array:
    """Average outgoing quality (AOQ) under rectifying inspection.

    Parameters
    ----------
    plan
        Plan of any kind whose refused lots can be inspected in full.
    quality
        Fraction nonconforming coming in, scalar or array.
    lot_size
        Items in the lot.
    replace_nonconforming
        Whether items found nonconforming are replaced by good ones, or only
        taken out: then fewer items leave with each accepted lot.

    Returns
    -------
    Fraction nonconforming going out, never above ``quality``.

    Examples
    --------
    >>> plan = SamplingPlan((13, 13), (0, 1), (2, 2))              # SAS/QC, AOQ2
    >>> round(average_outgoing_quality(plan, 0.18, lot_size=120), 10)
    0.0144743043
    >>> round(average_outgoing_quality(plan, 0.18, lot_size=120, replace_nonconforming=False), 10)
    0.0148099904
    """
    drawn, accepted, _ = _decided(plan, quality, lot_size)
    drawn = drawn[:, None]
    incoming = np.ravel(np.asarray(quality, dtype=float))
    leaving = np.full_like(accepted, lot_size)
    if not replace_nonconforming:
        leaving = lot_size - drawn * incoming
    shipped = incoming * (lot_size - drawn) * accepted
    shares = np.divide(shipped, leaving, out=np.zeros_like(shipped), where=leaving > 0)
    return shaped_like(shares.sum(axis=0), quality)


def average_outgoing_quality_limit(
    plan: Plan, *, lot_size: int | None = None
) -> tuple[float, float]:
    """Average outgoing quality limit (AOQL): the worst average quality that goes out.

    Parameters
    ----------
    plan
        Plan of any kind that does not accept every lot.
    lot_size
        Items in the lot; None for a lot much larger than the sample.

    Returns
    -------
    The limit and the incoming quality at which it is reached, both fractions
    nonconforming. Nonconforming items found are replaced.

    Examples
    --------
    >>> limit, at = average_outgoing_quality_limit(SamplingPlan.single(10_000, 2))
    >>> round(10_000 * limit, 3)                      # Dodge and Romig, factor y for Ac 2
    1.371
    """
    _decided(plan, 0.0, lot_size or plan.sample_size)  # refuses a plan that does not rectify

    def outgoing(quality: Array) -> Array:
        if lot_size is None:
            return quality * probability_of_acceptance(plan, quality)
        return average_outgoing_quality(plan, quality, lot_size=lot_size)

    check_can_refuse(plan)
    grid = np.geomspace(1e-3 / plan.sample_size, 1.0, GRID)
    for _ in range(ZOOMS):
        best = int(np.argmax(outgoing(grid)))
        grid = np.linspace(grid[max(best - 1, 0)], grid[min(best + 1, GRID - 1)], GRID)
    at = grid[np.argmax(outgoing(grid))]
    return float(outgoing(np.array([at]))[0]), float(at)
