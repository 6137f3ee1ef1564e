"""Operating characteristic: probability of acceptance, of refusal, and the inverse."""

from __future__ import annotations

from typing import overload

import numpy as np
import numpy.typing as npt
from scipy import special

from qcanalysis.sampling.decisions import Plan
from qcanalysis.sampling.distributions import Array, Distribution, more_than, probability
from qcanalysis.sampling.plan import SamplingPlan
from qcanalysis.sampling.stages import (
    checked_quality,
    shaped_like,
    stage_acceptance,
    stages_of,
)


@overload
def probability_of_acceptance(
    plan: Plan,
    quality: float,
    *,
    distribution: Distribution = ...,
    lot_size: int | None = ...,
) -> float: ...
@overload
def probability_of_acceptance(
    plan: Plan,
    quality: npt.ArrayLike,
    *,
    distribution: Distribution = ...,
    lot_size: int | None = ...,
) -> Array: ...
def probability_of_acceptance(
    plan: Plan,
    quality: npt.ArrayLike,
    *,
    distribution: Distribution = "binomial",
    lot_size: int | None = None,
) -> float | Array:
    """Probability of acceptance of a plan.

    Parameters
    ----------
    plan
        Plan of any kind. A gap at the last stage of a `SamplingPlan` counts as accepted.
    quality
        Scalar or array: fraction nonconforming ("binomial"), nonconformities per
        item ("poisson"), or the whole number of nonconforming items in the lot
        ("hypergeometric": second and later samples come from the remainder).
    distribution
        Law of the count.
    lot_size
        Items in the lot; needed for "hypergeometric", not used otherwise.

    Returns
    -------
    A probability for each quality, from 0 to 1; a float for a scalar quality.

    Raises
    ------
    ValueError
        If a quality lies outside its range, or the plan can draw more than the lot.

    References
    ----------
    Schilling and Neubauer, Acceptance Sampling in Quality Control, 3rd ed., ch. 5-6.

    Examples
    --------
    >>> plan = SamplingPlan((13, 13), (0, 1), (2, 2))      # SAS/QC, PROBACC2, example 2
    >>> round(probability_of_acceptance(plan, 0.18), 10)
    0.0921738126
    """
    checked = checked_quality(plan, quality, distribution, lot_size)
    accepted = (
        stage_acceptance(plan, checked, distribution, lot_size)
        if isinstance(plan, SamplingPlan)
        else plan.decisions(checked, distribution, lot_size).accepted
    )
    return shaped_like(np.minimum(accepted.sum(axis=0), 1.0), quality)


@overload
def producers_risk(
    plan: Plan,
    quality: float,
    *,
    distribution: Distribution = ...,
    lot_size: int | None = ...,
) -> float: ...
@overload
def producers_risk(
    plan: Plan,
    quality: npt.ArrayLike,
    *,
    distribution: Distribution = ...,
    lot_size: int | None = ...,
) -> Array: ...
def producers_risk(
    plan: Plan,
    quality: npt.ArrayLike,
    *,
    distribution: Distribution = "binomial",
    lot_size: int | None = None,
) -> float | Array:
    """Probability that a lot is not accepted, summed on its own side.

    Takes and raises what `probability_of_acceptance` does. Where acceptance is
    all but certain, one less that figure would keep no digit; this keeps them all.

    Examples
    --------
    >>> plan = SamplingPlan.single(sample_size=20, acceptance_number=1)
    >>> round(producers_risk(plan, 0.18), 10)                # SAS/QC: 1 - 0.1018322793
    0.8981677207
    >>> f"{producers_risk(plan, 1e-12):.3e}"
    '1.900e-22'
    """
    checked = checked_quality(plan, quality, distribution, lot_size)
    result = (
        _stage_refusal(plan, checked, distribution, lot_size)
        if isinstance(plan, SamplingPlan)
        else plan.decisions(checked, distribution, lot_size).refused.sum(axis=0)
    )
    return shaped_like(np.minimum(result, 1.0), quality)


def _stage_refusal(
    plan: SamplingPlan, checked: Array, distribution: Distribution, lot_size: int | None
) -> Array:
    """Probability of refusal, summed over the stages and the counts that led to them."""
    stages = stages_of(plan, distribution != "poisson")
    result = more_than(
        plan.rejection_numbers[0] - 1, plan.sample_sizes[0], checked, distribution, lot_size
    )
    for before, size, rejection_number in zip(
        stages, plan.sample_sizes[1:], plan.rejection_numbers[1:], strict=False
    ):
        for count in np.flatnonzero(before.continuing):
            here = before.continuing[count] * probability(
                count, before.drawn, checked, distribution, lot_size
            )
            rest, rest_of_lot = checked, lot_size
            if distribution == "hypergeometric" and lot_size is not None:
                rest = np.maximum(checked - count, 0)
                rest_of_lot = lot_size - before.drawn
            result = result + here * more_than(
                rejection_number - 1 - int(count), size, rest, distribution, rest_of_lot
            )
    return result


def check_can_refuse(plan: Plan) -> None:
    """Refusal of a plan that accepts even a lot of nothing but nonconforming items."""
    if probability_of_acceptance(plan, 1.0) > 0.5:  # 0 or 1, up to rounding
        raise ValueError(f"{plan!r} accepts every lot: its limits are not below its sample size")


@overload
def quality_at_acceptance(
    plan: Plan, acceptance: float, *, distribution: Distribution = ...
) -> float: ...
@overload
def quality_at_acceptance(
    plan: Plan, acceptance: npt.ArrayLike, *, distribution: Distribution = ...
) -> Array: ...
def quality_at_acceptance(
    plan: Plan,
    acceptance: npt.ArrayLike,
    *,
    distribution: Distribution = "binomial",
) -> float | Array:
    """Quality at which a lot is accepted with a given probability.

    Parameters
    ----------
    plan
        Plan of any kind.
    acceptance
        Probability of acceptance, strictly between 0 and 1: 0.95 gives the usual
        producer's risk quality, 0.50 the indifference quality, 0.10 the
        consumer's risk quality.
    distribution
        "binomial" (fraction nonconforming) or "poisson" (nonconformities per item).

    Returns
    -------
    Quality for each probability.

    Raises
    ------
    ValueError
        If a probability is out of range, or the plan accepts every lot.

    Examples
    --------
    >>> plan = SamplingPlan.single(sample_size=315, acceptance_number=5)
    >>> (100 * quality_at_acceptance(plan, [0.95, 0.50, 0.10])).round(2)
    array([0.83, 1.8 , 2.92])
    """
    wanted = np.asarray(acceptance, dtype=float)
    if not np.all((wanted > 0) & (wanted < 1)):
        raise ValueError(f"acceptance must lie strictly between 0 and 1, got {acceptance!r}")
    if distribution not in ("binomial", "poisson"):
        raise ValueError(
            f"distribution must be 'binomial' or 'poisson', got {distribution!r}: the count in a "
            "finite lot moves in whole items and seldom meets a probability exactly"
        )
    binomial = distribution == "binomial"
    if binomial:
        check_can_refuse(plan)
    if isinstance(plan, SamplingPlan) and plan.stages == 1:
        limit = plan.rejection_number - 1
        return shaped_like(
            special.betainccinv(limit + 1, plan.sample_size - limit, wanted.ravel())
            if binomial
            else special.gammainccinv(limit + 1, wanted.ravel()) / plan.sample_size,
            acceptance,
        )
    from scipy.optimize import elementwise  # slow to import, and single plans do without it

    largest = 1.0
    if not binomial:
        least = np.min(wanted, initial=1.0)
        while probability_of_acceptance(plan, largest, distribution=distribution) >= least:
            largest *= 2

    def excess(quality: Array, target: Array) -> Array:
        return probability_of_acceptance(plan, quality, distribution=distribution) - target

    root = elementwise.find_root(
        excess, (np.zeros(wanted.size), np.full(wanted.size, largest)), args=(wanted.ravel(),)
    )
    return shaped_like(root.x, acceptance)
