"""Estimates of what is in a lot, from what was seen in a sample."""

from qcanalysis.estimation.defect_rate import DefectRateInterval, defect_rate_interval
from qcanalysis.estimation.next_inspection import probability_of_passing
from qcanalysis.estimation.remainder import (
    JEFFREYS,
    BetaPrior,
    CountDistribution,
    nonconforming_remainder,
    total_remainder,
)

__all__ = [
    "JEFFREYS",
    "BetaPrior",
    "CountDistribution",
    "DefectRateInterval",
    "defect_rate_interval",
    "nonconforming_remainder",
    "probability_of_passing",
    "total_remainder",
]
