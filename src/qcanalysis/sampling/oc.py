"""Operating characteristic: probability of acceptance, its inverse, and sample number."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import overload

import numpy as np
import numpy.typing as npt
from scipy import special

from qcanalysis.sampling.distributions import (
    Array,
    Distribution,
    binomial_probability,
    expected_weight,
    hypergeometric_probability,
    more_than,
    probability,
)
from qcanalysis.sampling.plan import SamplingPlan, whole_number


@dataclass(frozen=True)
class _Stage:
    """What one stage does with each cumulative count, whatever the quality.

    Given the count x among all items drawn so far, how it fell over the stages
    does not depend on the quality. So the chance that sampling gets to the end
    of this stage is one number per x, found once for a plan, and every
    probability is a weighted sum of plain binomial (Poisson, hypergeometric)
    terms: no loop over qualities, and the remainder of a finite lot is exact.
    """

    drawn: int
    accepting: Array
    continuing: Array


@lru_cache(maxsize=4096)
def _stages(plan: SamplingPlan, of_items: bool) -> tuple[_Stage, ...]:
    stages: list[_Stage] = []
    for index, drawn in enumerate(plan.cumulative_sample_sizes):
        limit = plan.acceptance_numbers[index]
        rejection_number = plan.rejection_numbers[index]
        accepted_below = 0 if limit is None else limit + 1
        if index == plan.stages - 1:
            accepted_below = rejection_number  # a gap at the last stage accepts
        reached = np.ones(rejection_number)
        if stages:
            reached = _reached(stages[-1], drawn, rejection_number, of_items=of_items)
        going_on = np.arange(rejection_number) >= accepted_below
        stages.append(_Stage(drawn, reached[:accepted_below], np.where(going_on, reached, 0.0)))
    return tuple(stages)


def _reached(before: _Stage, drawn: int, width: int, *, of_items: bool) -> Array:
    """Chance that sampling went on after the stage before, given x among the items drawn."""
    x = np.arange(min(width, drawn + 1) if of_items else width)[:, None]
    first = np.flatnonzero(before.continuing)
    split = (
        hypergeometric_probability(first, before.drawn, x, drawn)
        if of_items
        else binomial_probability(first, x, before.drawn / drawn)
    )
    reached = np.zeros(width)
    reached[: x.size] = split @ before.continuing[first]
    return reached


def check_fits_lot(plan: SamplingPlan, lot_size: int) -> None:
    """Refusal of a lot that is no whole number of items, or smaller than the plan can draw."""
    if plan.sample_size > whole_number("lot_size", lot_size, least=1):
        raise ValueError(
            f"the plan can draw {plan.sample_size} items but lot_size is {lot_size}: "
            "inspect all items, or choose a smaller plan"
        )


def check_can_refuse(plan: SamplingPlan) -> None:
    """Refusal of a plan that accepts even a lot of nothing but nonconforming items."""
    if probability_of_acceptance(plan, 1.0) > 0.5:  # 0 or 1, up to rounding
        raise ValueError(f"{plan!r} accepts every lot: its limits are not below its sample size")


def checked_quality(
    plan: SamplingPlan, quality: npt.ArrayLike, distribution: str, lot_size: int | None
) -> Array:
    """Quality as a flat array of floats, refused where it cannot be one."""
    values = np.asarray(quality, dtype=float)
    if distribution == "hypergeometric":
        if lot_size is None:
            raise ValueError("lot_size is needed for distribution='hypergeometric'")
        check_fits_lot(plan, lot_size)
        allowed, rule = (
            (values >= 0) & (values <= lot_size) & (values == np.floor(values)),
            f"a whole number of nonconforming items from 0 to lot_size = {lot_size}",
        )
    elif distribution == "binomial":
        allowed, rule = (values >= 0) & (values <= 1), "a fraction nonconforming from 0 to 1"
    elif distribution == "poisson":
        allowed, rule = (
            (values >= 0) & np.isfinite(values),
            "nonconformities per item, finite and at least 0",
        )
    else:
        raise ValueError(
            f"distribution must be 'binomial', 'poisson' or 'hypergeometric', got {distribution!r}"
        )
    if not np.all(allowed):
        wrong = values[~allowed].flat[0]
        raise ValueError(f"quality must be {rule}, got {wrong:g}")
    return values.ravel()


def shaped_like(result: Array, quality: npt.ArrayLike) -> float | Array:
    """Flat result in the shape of the question: a float for a scalar."""
    shape = np.shape(quality)
    return result.reshape(shape) if shape else float(result[0])


def stage_acceptance(
    plan: SamplingPlan, quality: Array, distribution: Distribution, lot_size: int | None
) -> Array:
    """Probability of acceptance at each stage; shape (stages, qualities), checked input."""
    return np.stack(
        [
            expected_weight(stage.accepting, stage.drawn, quality, distribution, lot_size)
            for stage in _stages(plan, distribution != "poisson")
        ]
    )


@overload
def probability_of_acceptance(
    plan: SamplingPlan,
    quality: float,
    *,
    distribution: Distribution = ...,
    lot_size: int | None = ...,
) -> float: ...
@overload
def probability_of_acceptance(
    plan: SamplingPlan,
    quality: npt.ArrayLike,
    *,
    distribution: Distribution = ...,
    lot_size: int | None = ...,
) -> Array: ...
def probability_of_acceptance(
    plan: SamplingPlan,
    quality: npt.ArrayLike,
    *,
    distribution: Distribution = "binomial",
    lot_size: int | None = None,
) -> float | Array:
    """Probability of acceptance of a plan.

    Parameters
    ----------
    plan
        Single, double or multiple plan. A gap at the last stage counts as accepted.
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
    accepted = stage_acceptance(plan, checked, distribution, lot_size).sum(axis=0)
    return shaped_like(np.minimum(accepted, 1.0), quality)


@overload
def producers_risk(
    plan: SamplingPlan,
    quality: float,
    *,
    distribution: Distribution = ...,
    lot_size: int | None = ...,
) -> float: ...
@overload
def producers_risk(
    plan: SamplingPlan,
    quality: npt.ArrayLike,
    *,
    distribution: Distribution = ...,
    lot_size: int | None = ...,
) -> Array: ...
def producers_risk(
    plan: SamplingPlan,
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
    stages = _stages(plan, distribution != "poisson")
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
    return shaped_like(np.minimum(result, 1.0), quality)


@overload
def average_sample_number(
    plan: SamplingPlan,
    quality: float,
    *,
    distribution: Distribution = ...,
    lot_size: int | None = ...,
    curtailed: bool = ...,
) -> float: ...
@overload
def average_sample_number(
    plan: SamplingPlan,
    quality: npt.ArrayLike,
    *,
    distribution: Distribution = ...,
    lot_size: int | None = ...,
    curtailed: bool = ...,
) -> Array: ...
def average_sample_number(
    plan: SamplingPlan,
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
        for the estimate of the quality.

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
    result = np.full_like(checked, plan.sample_sizes[0])
    stages = _stages(plan, distribution != "poisson")
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


@overload
def quality_at_acceptance(
    plan: SamplingPlan, acceptance: float, *, distribution: Distribution = ...
) -> float: ...
@overload
def quality_at_acceptance(
    plan: SamplingPlan, acceptance: npt.ArrayLike, *, distribution: Distribution = ...
) -> Array: ...
def quality_at_acceptance(
    plan: SamplingPlan,
    acceptance: npt.ArrayLike,
    *,
    distribution: Distribution = "binomial",
) -> float | Array:
    """Quality at which a lot is accepted with a given probability.

    Parameters
    ----------
    plan
        Single, double or multiple plan.
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
    limit = plan.rejection_number - 1
    binomial = distribution == "binomial"
    if binomial:
        check_can_refuse(plan)
    if plan.stages == 1:
        return shaped_like(
            special.betainccinv(limit + 1, plan.sample_size - limit, wanted.ravel())
            if binomial
            else special.gammainccinv(limit + 1, wanted.ravel()) / plan.sample_size,
            acceptance,
        )
    from scipy.optimize import elementwise  # slow to import, and single plans do without it

    largest = 1.0 if binomial else special.gammainccinv(limit + 1, 1e-300) / plan.sample_sizes[0]

    def excess(quality: Array, target: Array) -> Array:
        return probability_of_acceptance(plan, quality, distribution=distribution) - target

    root = elementwise.find_root(
        excess, (np.zeros(wanted.size), np.full(wanted.size, largest)), args=(wanted.ravel(),)
    )
    return shaped_like(root.x, acceptance)
