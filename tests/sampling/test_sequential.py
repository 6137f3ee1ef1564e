"""Sequential plans, against every path counted one by one and published lines."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcanalysis.sampling import (
    RiskPoint,
    SamplingPlan,
    average_outgoing_quality,
    average_outgoing_quality_limit,
    average_sample_number,
    average_total_inspection,
    find_plan,
    probability_of_acceptance,
    producers_risk,
    quality_at_acceptance,
)
from qcanalysis.sampling.design import attained_risks, nonconforming_in_lot
from qcanalysis.sampling.sequential import (
    SequentialPlan,
    find_sequential_plan,
    instructions,
    wald_plan,
)

SMALL = [
    SequentialPlan(0.25, 0.9, 1.1, 10, 2),
    SequentialPlan(0.4, 0.5, 0.6, 9, 3),
    SequentialPlan(0.1, 2.0, 0.3, 8, 1),
    SequentialPlan(0.5, 0.3, 5.0, 7, 5),
    SequentialPlan(0.03, 0.2, 1.5, 12, 0),
    SequentialPlan(0.6, 3.0, 2.0, 11, 4),
    SequentialPlan(0.3, 0.2, 0.2, 1, 0),
]
POINTS = [
    ((0.01, 0.95), (0.06, 0.10)),
    ((0.01, 0.95), (0.10, 0.10)),
    ((0.05, 0.95), (0.15, 0.075)),
    ((0.10, 0.90), (0.30, 0.10)),
    ((0.05, 0.60), (0.10, 0.05)),
    ((0.10, 0.95), (0.50, 0.10)),
    ((0.10, 0.95), (0.90, 0.10)),
]


def points_of(pair):
    return tuple(RiskPoint(*point) for point in pair)


def follow(plan, items):
    """What the plan's own words say about one sequence of items: (accepted, items drawn)."""
    count = 0
    accept, refuse, slope = (
        Fraction(str(number))
        for number in (plan.acceptance_intercept, plan.rejection_intercept, plan.slope)
    )
    for drawn, item in enumerate(items, start=1):
        count += item
        if drawn == plan.sample_size:
            return count <= plan.acceptance_number, drawn
        if count <= -accept + slope * drawn:
            return True, drawn
        if count >= refuse + slope * drawn or count > plan.acceptance_number:
            return False, drawn
    raise AssertionError("the plan did not end")


@pytest.mark.parametrize("plan", SMALL, ids=repr)
def test_every_path_of_a_process(plan):
    qualities = [Fraction(k, 10) for k in range(11)]
    accepted = [Fraction(0)] * 11
    number = [Fraction(0)] * 11
    at = np.zeros((plan.sample_size, 11))
    for items in product((0, 1), repeat=plan.sample_size):
        verdict, drawn = follow(plan, items)
        bad = sum(items)
        for i, p in enumerate(qualities):
            weight = p**bad * (1 - p) ** (plan.sample_size - bad)
            accepted[i] += weight * verdict
            number[i] += weight * drawn
            at[drawn - 1, i] += float(weight)
    p = np.array([float(q) for q in qualities])
    found = probability_of_acceptance(plan, p)
    assert found == pytest.approx([float(a) for a in accepted], rel=1e-12, abs=1e-15)
    assert producers_risk(plan, p) == pytest.approx(
        [float(1 - a) for a in accepted], rel=1e-12, abs=1e-15
    )
    assert average_sample_number(plan, p) == pytest.approx([float(n) for n in number], rel=1e-12)
    made = plan.decisions(p, "binomial", None)  # the distribution of n
    assert made.accepted + made.refused == pytest.approx(at, abs=1e-12)


@pytest.mark.parametrize("plan", SMALL, ids=repr)
def test_every_order_of_a_lot(plan):
    lot = 12
    for bad in range(lot + 1):
        orders = [
            [int(k in where) for k in range(lot)]
            for where in map(set, combinations(range(lot), bad))
        ]
        results = [follow(plan, order[: plan.sample_size]) for order in orders]
        options = {"distribution": "hypergeometric", "lot_size": lot}
        accepted = sum(r[0] for r in results) / len(orders)
        assert probability_of_acceptance(plan, bad, **options) == pytest.approx(accepted, rel=1e-12)
        number = sum(r[1] for r in results) / len(orders)
        assert average_sample_number(plan, bad, **options) == pytest.approx(number, rel=1e-12)


@pytest.mark.parametrize("pair", POINTS)
def test_it_is_a_multiple_plan_with_samples_of_one(pair):
    plan = wald_plan(*points_of(pair))
    accepting, refusing = (numbers.tolist() for numbers in plan.decision_numbers())
    multiple = SamplingPlan(
        (1,) * plan.sample_size, tuple(a if a >= 0 else None for a in accepting), tuple(refusing)
    )
    p = np.linspace(0, 0.5, 21)
    for verb in (probability_of_acceptance, producers_risk, average_sample_number):
        assert verb(plan, p) == pytest.approx(verb(multiple, p), rel=1e-11, abs=1e-15)
    lot = 2 * plan.sample_size
    options = {"distribution": "hypergeometric", "lot_size": lot}
    bad = np.arange(0, lot, 7)
    assert probability_of_acceptance(plan, bad, **options) == pytest.approx(
        probability_of_acceptance(multiple, bad, **options), rel=1e-10, abs=1e-15
    )
    for verb in (average_outgoing_quality, average_total_inspection):
        assert verb(plan, p, lot_size=lot) == pytest.approx(verb(multiple, p, lot_size=lot))


def test_published_lines():
    # NIST/SEMATECH e-Handbook, 6.2.6: xa = -0.939 + 0.0397 n, xr = 1.205 + 0.0397 n; n = 24: 0, 3
    plan = wald_plan(RiskPoint(0.01, 0.95), RiskPoint(0.10, 0.10))
    assert (plan.acceptance_intercept, plan.rejection_intercept, plan.slope) == pytest.approx(
        (0.939, 1.205, 0.0397), abs=5e-4
    )
    accepting, refusing = plan.decision_numbers()
    assert (accepting[23], refusing[23]) == (0, 3)
    assert accepting[22] == -1
    # Montgomery, Introduction to Statistical Quality Control, 15.3.3: n = 45: 0 and 3; 44 first
    plan = wald_plan(RiskPoint(0.01, 0.95), RiskPoint(0.06, 0.10))
    assert (plan.acceptance_intercept, plan.rejection_intercept, plan.slope) == pytest.approx(
        (1.22, 1.57, 0.028), abs=5e-3
    )
    accepting, refusing = plan.decision_numbers()
    assert (accepting[44], refusing[44]) == (0, 3)
    assert np.argmax(accepting == 0) + 1 == 44


@pytest.mark.parametrize("pair", POINTS)
def test_walds_inequality_holds_when_hardly_a_lot_is_truncated(pair):
    producer, consumer = points_of(pair)
    size = 12 * find_plan(producer, consumer).sample_size
    risks = attained_risks(wald_plan(producer, consumer, sample_size=size), producer, consumer)
    missed, passed = 1 - producer.probability_of_acceptance, consumer.probability_of_acceptance
    assert risks.producers_risk + risks.consumers_risk <= missed + passed + 1e-6
    assert risks.producers_risk <= missed / (1 - passed) + 1e-6
    assert risks.consumers_risk <= passed / (1 - missed) + 1e-6


def no_earlier_truncation(plan, producer, consumer, lot_size):
    """Every earlier end and every Ac between the lines fails one of the two points."""
    for size in range(1, plan.sample_size + 1):
        level = plan.slope * size
        for limit in range(
            max(math.floor(level - plan.acceptance_intercept), 0),
            math.ceil(level + plan.rejection_intercept),
        ):
            if (size, limit) == (plan.sample_size, plan.acceptance_number):
                return
            shorter = SequentialPlan(
                plan.slope, plan.acceptance_intercept, plan.rejection_intercept, size, limit
            )
            risks = attained_risks(shorter, producer, consumer, lot_size=lot_size)
            assert not risks.keep(producer, consumer), (size, limit)


@pytest.mark.parametrize("lot_size", [None, 150])
@pytest.mark.parametrize("pair", [*POINTS[:4], *POINTS[5:]])
def test_both_points_are_kept_and_no_earlier_truncation_does(pair, lot_size):
    producer, consumer = points_of(pair)
    plan = find_sequential_plan(producer, consumer, lot_size=lot_size)
    risks = attained_risks(plan, producer, consumer, lot_size=lot_size)
    assert risks.keep(producer, consumer)
    if lot_size is not None:
        good, poor = nonconforming_in_lot(producer, consumer, lot_size)
        options = {"distribution": "hypergeometric", "lot_size": lot_size}
        assert risks.producers_risk == producers_risk(plan, good, **options)
        assert risks.consumers_risk == probability_of_acceptance(plan, poor, **options)
    no_earlier_truncation(plan, producer, consumer, lot_size)


def test_lines_that_miss_a_point_are_widened():
    points = RiskPoint(0.01, 0.80), RiskPoint(0.05, 0.30)
    nominal = wald_plan(*points, sample_size=1000)
    assert attained_risks(nominal, *points).consumers_risk > 0.30
    plan = find_sequential_plan(*points)
    assert attained_risks(plan, *points).keep(*points)
    assert plan.acceptance_intercept > nominal.acceptance_intercept


def test_it_inspects_less_than_the_single_plan_at_both_points():
    for pair in POINTS[:3]:
        producer, consumer = points_of(pair)
        plan, single = find_sequential_plan(producer, consumer), find_plan(producer, consumer)
        numbers = average_sample_number(plan, [producer.quality, consumer.quality])
        assert max(numbers) < 0.75 * single.sample_size


def test_perfect_and_hopeless_lots():
    plan = wald_plan(RiskPoint(0.01, 0.95), RiskPoint(0.06, 0.10))
    first = math.ceil(plan.acceptance_intercept / plan.slope)
    last = math.ceil(plan.rejection_intercept / (1 - plan.slope))
    assert average_sample_number(plan, [0.0, 1.0]) == pytest.approx([first, last])
    assert probability_of_acceptance(plan, [0.0, 1.0]).tolist() == [1.0, 0.0]


@given(st.floats(0.0, 1.0), st.integers(165, 5000))
def test_what_is_not_inspected_goes_out_as_it_came(p, lot_size):
    plan = wald_plan(RiskPoint(0.01, 0.95), RiskPoint(0.06, 0.10))
    inspected = average_total_inspection(plan, p, lot_size=lot_size)
    outgoing = average_outgoing_quality(plan, p, lot_size=lot_size)
    assert outgoing == pytest.approx(p * (lot_size - inspected) / lot_size, rel=1e-9, abs=1e-15)


def test_the_other_verbs():
    plan = wald_plan(RiskPoint(0.01, 0.95), RiskPoint(0.06, 0.10))
    quality = quality_at_acceptance(plan, [0.95, 0.10])
    assert probability_of_acceptance(plan, quality) == pytest.approx([0.95, 0.10], rel=1e-9)
    limit, at = average_outgoing_quality_limit(plan, lot_size=1000)
    around = average_outgoing_quality(plan, np.linspace(0.5, 1.5, 101) * at, lot_size=1000)
    assert limit >= around.max() * (1 - 1e-9)
    assert probability_of_acceptance(plan, np.full((2, 3), 0.02)).shape == (2, 3)


def test_instructions_say_what_the_numbers_say():
    for plan in [*SMALL, wald_plan(RiskPoint(0.01, 0.95), RiskPoint(0.06, 0.10))]:
        rows = instructions(plan)
        assert rows[0].from_item == 1
        assert rows[-1].to_item == plan.sample_size
        assert rows[-1].accept_at_most == plan.acceptance_number
        accepting, refusing = plan.decision_numbers()
        for row, following in zip(rows, [*rows[1:], None], strict=True):
            assert following is None or following.from_item == row.to_item + 1
            for item in range(row.from_item, row.to_item + 1):
                assert row.accept_at_most == (
                    None if accepting[item - 1] < 0 else accepting[item - 1]
                )
                assert row.reject_at_least == (
                    None if refusing[item - 1] > item else refusing[item - 1]
                )


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ((0.0, 1.0, 1.0, 10, 1), "slope must lie strictly between 0 and 1, got 0.0"),
        ((0.1, 0.0, 1.0, 10, 1), "acceptance_intercept must be above 0 and finite, got 0.0"),
        ((0.1, 1.0, math.inf, 10, 1), "rejection_intercept must be above 0 and finite"),
        ((0.1, 1.0, 1.0, 0, 1), "sample_size must be a whole number of at least 1"),
        ((0.1, 1.0, 1.0, 10, 5), "between the lines at 10 items, from 0 to 1, got 5"),
    ],
)
def test_what_is_no_plan(numbers, message):
    with pytest.raises(ValueError, match=message):
        SequentialPlan(*numbers)


def test_what_is_refused():
    plan = SMALL[0]
    with pytest.raises(ValueError, match="counts nonconforming items one by one"):
        probability_of_acceptance(plan, 0.1, distribution="poisson")
    with pytest.raises(ValueError, match="can draw 10 items but lot_size is 9"):
        probability_of_acceptance(plan, 1, distribution="hypergeometric", lot_size=9)
    with pytest.raises(ValueError, match="consumer's quality must be worse"):
        find_sequential_plan(RiskPoint(0.1, 0.9), RiskPoint(0.05, 0.1))
    with pytest.raises(ValueError, match="must be below 1"):
        wald_plan(RiskPoint(0.1, 0.9), RiskPoint(1.0, 0.1))
