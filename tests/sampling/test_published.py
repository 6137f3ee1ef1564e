"""Every row of published.csv: values printed in public sources, recomputed by us."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from qcanalysis.sampling import (
    RiskPoint,
    SamplingPlan,
    average_outgoing_quality,
    average_sample_number,
    find_accept_zero_plan,
    find_plan,
    lookup_plan,
    probability_of_acceptance,
    quality_at_acceptance,
    scheme_characteristics,
)
from qcanalysis.sampling.variables import VariablesPlan, find_variables_plan

TABLE = Path(__file__).parents[1] / "published" / "published.csv"
with TABLE.open(encoding="utf-8", newline="") as lines:
    ROWS = list(csv.DictReader(lines))


def plan_of(arguments):
    plan = arguments.pop("plan")
    return SamplingPlan(**{name: tuple(numbers) for name, numbers in plan.items()})


def of_plan(function):
    """A function whose first argument is the plan; the others by name."""

    def compute(arguments):
        plan = plan_of(arguments)
        return function(plan, **arguments)

    return compute


def numbers_of(plan):
    return {
        "sample_sizes": list(plan.sample_sizes),
        "acceptance_numbers": list(plan.acceptance_numbers),
        "rejection_numbers": list(plan.rejection_numbers),
    }


def two_points(arguments):
    return {name: RiskPoint(**arguments[name]) for name in ("producer", "consumer")}


def acceptability_constant(arguments):
    known = arguments["standard_deviation"] == "known"
    plan = find_variables_plan(**two_points(arguments), sigma_is_known=known)
    assert plan.sample_size == arguments["sample_size"]
    return plan.acceptability_constant


def variables_acceptance(arguments):
    known = arguments["standard_deviation"] == "known"
    plan = VariablesPlan(arguments["sample_size"], arguments["acceptability_constant"], known)
    return probability_of_acceptance(plan, arguments["quality"])


def zero_acceptance(arguments):
    lot_size = arguments["lot_size"]
    poor = RiskPoint(arguments["nonconforming_items"] / lot_size, arguments["consumers_risk"])
    return find_accept_zero_plan(poor, lot_size=lot_size).sample_size


COMPUTE = {
    "probability_of_acceptance": of_plan(probability_of_acceptance),
    "average_sample_number": of_plan(average_sample_number),
    "average_outgoing_quality": of_plan(average_outgoing_quality),
    "quality_at_acceptance": of_plan(quality_at_acceptance),
    "find_plan": lambda arguments: numbers_of(find_plan(**two_points(arguments))),
    "lookup_plan": lambda arguments: numbers_of(lookup_plan(**arguments).plan),
    "scheme_probability_of_acceptance": lambda arguments: float(
        scheme_characteristics(**arguments).probability_of_acceptance
    ),
    "variables_acceptability_constant": acceptability_constant,
    "variables_probability_of_acceptance": variables_acceptance,
    "zero_acceptance_sample_size": zero_acceptance,
}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['where']}-{row['quantity']}")
def test_published_value(row):
    found = COMPUTE[row["quantity"]](json.loads(row["arguments"]))
    expected = json.loads(row["expected"])
    tolerance = float(row["tolerance_relative"])
    if tolerance == 0:
        assert found == expected
    else:
        assert found == pytest.approx(expected, rel=tolerance, abs=0)


def test_all_rows_are_there_and_two_are_wrong_in_print():
    assert len(ROWS) == 78
    wrong = [row for row in ROWS if row["agrees_to_printed_digits"] == "no"]
    assert [row["printed_value"] for row in wrong] == ["0.2396723824", "n=20 Ac=1 Re=2"]


def test_the_double_plan_that_is_wrong_in_print_forgot_the_first_sample():
    """Drawing the second sample from the full lot again gives the printed value."""
    first = [
        np.subtract(*probability_at_most(50, [x, x - 1])) if x else probability_at_most(50, [0])[0]
        for x in range(4)
    ]
    second = probability_at_most(100, [1, 0])  # with 2 or 3 found, 1 or 0 more are allowed
    printed = first[0] + first[1] + first[2] * second[0] + first[3] * second[1]
    assert printed == pytest.approx(0.2396723824, rel=1e-9)


def probability_at_most(sample_size, limits):
    return [
        probability_of_acceptance(
            SamplingPlan.single(sample_size, limit), 10, distribution="hypergeometric", lot_size=200
        )
        for limit in limits
    ]


def test_the_printed_k_does_not_keep_the_producers_risk():
    row = next(row for row in ROWS if row["agrees_to_printed_digits"] == "to 1e-4")
    printed, ours = (
        VariablesPlan(49, float(row[name]), False) for name in ("printed_value", "expected")
    )
    assert probability_of_acceptance(printed, 0.05) < 0.94999
    assert probability_of_acceptance(ours, 0.05) == pytest.approx(0.95, rel=1e-12)
