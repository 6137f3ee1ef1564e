"""Skip-lot sampling (SkSP-2): after a run of accepted lots only a fraction of lots is inspected."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qcanalysis.sampling.decisions import Decisions, Plan
from qcanalysis.sampling.distributions import Array, Distribution
from qcanalysis.sampling.oc import probability_of_acceptance, producers_risk
from qcanalysis.sampling.plan import SamplingPlan, whole_number
from qcanalysis.sampling.stages import checked_quality, shaped_like, stage_acceptance


@dataclass(frozen=True)
class SkipLotPlan:
    """A skip-lot sampling plan SkSP-2 over a reference plan.

    Every lot is inspected by the reference plan until ``clearance_number`` lots in a
    row are accepted. Then lots are inspected at random, a fraction of them, and the
    others are accepted unseen; one inspected lot refused, and every lot is inspected again.
    Its figures are those of a long series of lots of one quality.

    Parameters
    ----------
    reference
        Plan by which an inspected lot is judged, of any kind.
    clearance_number
        Lots accepted in a row before skipping starts, i.
    fraction_inspected
        Chance that a lot is inspected while skipping, f, above 0 and below 1.

    References
    ----------
    Perry, Skip-lot sampling plans, J. Quality Technology 5(3), 1973; Dodge and Perry 1971.

    Examples
    --------
    >>> from qcanalysis.sampling import average_sample_number
    >>> plan = SkipLotPlan(SamplingPlan.single(20, 1), clearance_number=10, fraction_inspected=0.25)
    >>> round(probability_of_acceptance(plan, 0.05), 4), round(average_sample_number(plan, 0.05), 1)
    (0.7682, 17.5)
    """

    reference: Plan
    clearance_number: int
    fraction_inspected: float

    def __post_init__(self) -> None:
        clearance = whole_number("clearance_number", self.clearance_number, least=1)
        object.__setattr__(self, "clearance_number", clearance)
        if not 0 < self.fraction_inspected < 1:
            raise ValueError(
                "fraction_inspected must lie strictly between 0 and 1, got "
                f"{self.fraction_inspected!r}: 1 is the reference plan itself, 0 no inspection"
            )

    @property
    def sample_size(self) -> int:
        """Most items that are inspected in one lot."""
        return self.reference.sample_size

    def decisions(
        self, quality: Array, distribution: Distribution, lot_size: int | None
    ) -> Decisions:
        """Lots let through unseen (0 items drawn), then the reference plan's decisions.

        A lot let through is accepted, so that Pa = (1 - F) + F P.
        """
        seen = _reference_decisions(self.reference, quality, distribution, lot_size)
        accepted = np.minimum(seen.accepted.sum(axis=0), 1.0)
        inspected, skipped = _shares(self, accepted)
        return Decisions(
            drawn=np.concatenate([[0.0], seen.drawn]),
            accepted=np.vstack([skipped, inspected * seen.accepted]),
            refused=np.vstack([np.zeros_like(skipped), inspected * seen.refused]),
            cannot_rectify=seen.cannot_rectify,
        )


def average_fraction_inspected(
    plan: SkipLotPlan,
    quality: npt.ArrayLike,
    *,
    distribution: Distribution = "binomial",
    lot_size: int | None = None,
) -> float | Array:
    """Long-run share of the lots that are inspected: F = f / ((1 - f) P^i + f).

    Parameters
    ----------
    plan
        Skip-lot plan.
    quality, distribution, lot_size
        As in `probability_of_acceptance`.

    Returns
    -------
    A share for each quality, from f (perfect lots) to 1.

    Examples
    --------
    >>> plan = SkipLotPlan(SamplingPlan.single(20, 1), clearance_number=10, fraction_inspected=0.25)
    >>> average_fraction_inspected(plan, [0.0, 1.0])
    array([0.25, 1.  ])
    """
    checked = checked_quality(plan, quality, distribution, lot_size)
    accepted = probability_of_acceptance(
        plan.reference, checked, distribution=distribution, lot_size=lot_size
    )
    return shaped_like(_shares(plan, accepted)[0], quality)


def _shares(plan: SkipLotPlan, accepted: Array) -> tuple[Array, Array]:
    """Shares of the lots inspected and let through, from the reference plan's Pa."""
    f = plan.fraction_inspected
    unseen = (1 - f) * accepted**plan.clearance_number
    return f / (f + unseen), unseen / (f + unseen)


def _reference_decisions(
    plan: Plan, quality: Array, distribution: Distribution, lot_size: int | None
) -> Decisions:
    if not isinstance(plan, SamplingPlan):
        return plan.decisions(quality, distribution, lot_size)
    # Refused by a stage: refused by the plan cut off there with everything else accepted.
    by_stage = [
        producers_risk(_cut_off(plan, stage), quality, distribution=distribution, lot_size=lot_size)
        for stage in range(1, plan.stages + 1)
    ]
    return Decisions(
        drawn=np.array(plan.cumulative_sample_sizes, dtype=float),
        accepted=stage_acceptance(plan, quality, distribution, lot_size),
        refused=np.diff(by_stage, axis=0, prepend=np.zeros((1, quality.size))),
    )


def _cut_off(plan: SamplingPlan, stages: int) -> SamplingPlan:
    """First stages of a plan, accepting at the last one whatever is not refused."""
    rejections = plan.rejection_numbers[:stages]
    acceptances = (*plan.acceptance_numbers[: stages - 1], rejections[-1] - 1)
    return SamplingPlan(plan.sample_sizes[:stages], acceptances, rejections)
