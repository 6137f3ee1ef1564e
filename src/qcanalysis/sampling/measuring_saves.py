"""Measuring beside counting: what the same two risk points cost in items."""

from __future__ import annotations

from dataclasses import dataclass

from qcanalysis.sampling.design import find_plan
from qcanalysis.sampling.plan import RiskPoint, SamplingPlan
from qcanalysis.sampling.two_limits import TwoLimitPlan, find_two_limit_plan
from qcanalysis.sampling.variables import VariablesPlan, find_variables_plan


@dataclass(frozen=True)
class MeasuringSaves:
    """The smallest plan that counts and the smallest that measures, for the same two points.

    Attributes
    ----------
    counting
        Single plan by attributes.
    measuring
        Single plan by variables; valid only while the characteristic is normal.
    """

    counting: SamplingPlan
    measuring: VariablesPlan | TwoLimitPlan

    @property
    def items_saved(self) -> int:
        """Items fewer to draw by measuring; below 0 where it takes more."""
        return self.counting.sample_size - self.measuring.sample_size

    @property
    def share_saved(self) -> float:
        """Items saved as a share of the counting sample."""
        return self.items_saved / self.counting.sample_size


def items_saved_by_measuring(
    producer: RiskPoint,
    consumer: RiskPoint,
    *,
    sigma_is_known: bool = False,
    limits: int = 1,
    limit_distance: float | None = None,
) -> MeasuringSaves:
    """Plans that count and that measure, side by side.

    Parameters
    ----------
    producer, consumer
        Good and poor quality as fractions nonconforming, with their chances of acceptance.
    sigma_is_known
        Whether the process standard deviation is known.
    limits
        1, or 2 for a lower and an upper limit combined.
    limit_distance
        (U - L) / sigma, for two limits with sigma known.

    Raises
    ------
    ValueError
        If the two points ask for what no plan can do; the message says which wish to change.

    Examples
    --------
    >>> saves = items_saved_by_measuring(RiskPoint(0.05, 0.95), RiskPoint(0.15, 0.075))
    >>> saves.counting.sample_size, saves.measuring.sample_size, saves.items_saved
    (80, 49, 31)
    """
    if limits not in (1, 2):
        raise ValueError(f"limits must be 1 or 2, got {limits!r}")
    if limits == 1 and limit_distance is not None:
        raise ValueError(f"limit_distance is for two limits, got {limit_distance!r} with one")
    measuring: VariablesPlan | TwoLimitPlan
    if limits == 1:
        measuring = find_variables_plan(producer, consumer, sigma_is_known=sigma_is_known)
    else:
        measuring = find_two_limit_plan(
            producer, consumer, sigma_is_known=sigma_is_known, limit_distance=limit_distance
        )
    return MeasuringSaves(find_plan(producer, consumer), measuring)
