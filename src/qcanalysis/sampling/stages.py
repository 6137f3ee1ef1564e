"""Stages of a plan, whatever the quality: what each one accepts, refuses and goes on with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from qcanalysis.sampling.decisions import Plan
from qcanalysis.sampling.distributions import (
    Array,
    Distribution,
    binomial_probability,
    expected_weight,
    hypergeometric_probability,
)
from qcanalysis.sampling.plan import SamplingPlan, whole_number


@dataclass(frozen=True)
class Stage:
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
def stages_of(plan: SamplingPlan, of_items: bool) -> tuple[Stage, ...]:
    """Stages of a plan; ``of_items`` is False for nonconformities, which may exceed the items."""
    stages: list[Stage] = []
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
        stages.append(Stage(drawn, reached[:accepted_below], np.where(going_on, reached, 0.0)))
    return tuple(stages)


def _reached(before: Stage, drawn: int, width: int, *, of_items: bool) -> Array:
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


def check_fits_lot(plan: Plan, lot_size: int) -> None:
    """Refusal of a lot that is no whole number of items, or smaller than the plan can draw."""
    if plan.sample_size > whole_number("lot_size", lot_size, least=1):
        raise ValueError(
            f"the plan can draw {plan.sample_size} items but lot_size is {lot_size}: "
            "inspect all items, or choose a smaller plan"
        )


def checked_quality(
    plan: Plan, quality: npt.ArrayLike, distribution: Distribution, lot_size: int | None
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
            for stage in stages_of(plan, distribution != "poisson")
        ]
    )
