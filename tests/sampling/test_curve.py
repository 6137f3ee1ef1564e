"""One plan over a range of qualities: every array comes from its own function."""

from __future__ import annotations

import numpy as np
import pytest

from qcanalysis.sampling import (
    SamplingPlan,
    average_outgoing_quality,
    average_outgoing_quality_limit,
    average_sample_number,
    average_total_inspection,
    probability_of_acceptance,
    producers_risk,
    quality_at_acceptance,
)
from qcanalysis.sampling.comparison import risk_table
from qcanalysis.sampling.curve import operating_characteristic

DOUBLE = SamplingPlan((125, 125), (3, 8), (7, 9))


def test_the_arrays_are_those_of_the_functions():
    curve = operating_characteristic(DOUBLE, lot_size=5000, worst_quality=0.12)
    assert (curve.quality[0], curve.quality[-1]) == (0.0, 0.12)
    for function in (probability_of_acceptance, average_sample_number):
        assert np.array_equal(getattr(curve, function.__name__), function(DOUBLE, curve.quality))
    for function in (average_outgoing_quality, average_total_inspection):
        expected = function(DOUBLE, curve.quality, lot_size=5000)
        assert np.array_equal(getattr(curve, function.__name__), expected)


def test_nonconformities_per_item_are_not_rectified():
    curve = operating_characteristic(
        SamplingPlan.single(13, 21), lot_size=500, worst_quality=4.0, distribution="poisson"
    )
    assert np.all(np.isnan(curve.average_outgoing_quality))
    assert np.all(np.isnan(curve.average_total_inspection))
    expected = probability_of_acceptance(curve.plan, curve.quality, distribution="poisson")
    assert np.array_equal(curve.probability_of_acceptance, expected)


def test_the_label_is_the_plan_unless_given():
    plain = operating_characteristic(DOUBLE, lot_size=5000, worst_quality=0.1)
    named = operating_characteristic(DOUBLE, lot_size=5000, worst_quality=0.1, label="L double")
    assert (plain.label, named.label) == ("(125 3/7; 125 8/9)", "L double")


def test_t4_the_risk_table_shows_that_a_lower_aql_may_be_looser():
    failed, aql_1 = SamplingPlan.single(315, 5), SamplingPlan.single(315, 7)
    table = risk_table(
        {"failed": failed, "AQL 1.0 on the whole order": aql_1},
        lot_size=20_000,
        good_quality_percent=1.0,
        poor_quality_percent=4.0,
    ).set_index("plan")
    assert (
        table.loc["AQL 1.0 on the whole order", "consumers_risk"]
        > 2 * table.loc["failed", "consumers_risk"]
    )
    for label, plan in (("failed", failed), ("AQL 1.0 on the whole order", aql_1)):
        row = table.loc[label]
        assert row["producers_risk"] == producers_risk(plan, 0.01)
        assert row["consumers_risk"] == probability_of_acceptance(plan, 0.04)
        points = row[["quality_95", "quality_50", "quality_10"]].to_list()
        assert points == pytest.approx(quality_at_acceptance(plan, [0.95, 0.5, 0.1]))
        limit, _ = average_outgoing_quality_limit(plan, lot_size=20_000)
        assert row["average_outgoing_quality_limit"] == limit
        assert (row["sample_size"], row["acceptance_number"]) == (315, plan.acceptance_number)


def test_a_quality_axis_beyond_the_scale_is_refused():
    with pytest.raises(ValueError, match="fraction nonconforming from 0 to 1"):
        operating_characteristic(DOUBLE, lot_size=5000, worst_quality=1.5)
