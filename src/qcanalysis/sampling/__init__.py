"""Exact acceptance sampling by attributes: plans, risks, effort, design, standards."""

from qcanalysis.sampling.design import find_accept_zero_plan, find_plan
from qcanalysis.sampling.oc import probability_of_acceptance, producers_risk, quality_at_acceptance
from qcanalysis.sampling.plan import RiskPoint, SamplingPlan
from qcanalysis.sampling.rectification import (
    average_outgoing_quality,
    average_outgoing_quality_limit,
    average_total_inspection,
)
from qcanalysis.sampling.sample_number import average_sample_number
from qcanalysis.sampling.standard import StandardPlan, lookup_plan
from qcanalysis.sampling.switching import SchemeCharacteristics, scheme_characteristics

__all__ = [
    "RiskPoint",
    "SamplingPlan",
    "SchemeCharacteristics",
    "StandardPlan",
    "average_outgoing_quality",
    "average_outgoing_quality_limit",
    "average_sample_number",
    "average_total_inspection",
    "find_accept_zero_plan",
    "find_plan",
    "lookup_plan",
    "probability_of_acceptance",
    "producers_risk",
    "quality_at_acceptance",
    "scheme_characteristics",
]
