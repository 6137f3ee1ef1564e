"""A plan that exists is valid, and says what it does with every count."""

from __future__ import annotations

import math
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcanalysis.sampling import RiskPoint, SamplingPlan


@st.composite
def valid_plans(draw):
    """Plans built by the rules: limits never fall, a count leads on at every stage but the last."""
    stages = draw(st.integers(1, 7))
    sizes, limits, rejections = [], [], []
    limit, rejection = draw(st.integers(-2, 3)), 1
    for stage in range(stages):
        last = stage == stages - 1
        if last:
            limit = max(limit, 0)
        rejection = max(rejection, max(limit, -1) + (1 if last else 2)) + draw(st.integers(0, 3))
        sizes.append(draw(st.integers(1, 500)))
        limits.append(None if limit < 0 else limit)
        rejections.append(rejection)
        limit += draw(st.integers(0, 3))
    return tuple(sizes), tuple(limits), tuple(rejections)


@given(valid_plans())
def test_a_valid_plan_comes_back_as_it_was_given(numbers):
    plan = SamplingPlan(*numbers)
    assert (plan.sample_sizes, plan.acceptance_numbers, plan.rejection_numbers) == numbers
    assert plan == SamplingPlan(*(list(n) for n in numbers))
    assert hash(plan) == hash(SamplingPlan(*(np.array(n, dtype=object) for n in numbers)))
    assert plan.stages == len(numbers[0])
    assert plan.sample_size == plan.cumulative_sample_sizes[-1] == sum(numbers[0])


@given(valid_plans())
def test_the_representation_holds_every_number(numbers):
    text = repr(SamplingPlan(*numbers)).removeprefix("SamplingPlan(").removesuffix(")")
    stages = [stage.replace("/", " ").split() for stage in text.split("; ")]
    read = [(int(n), None if ac == "#" else int(ac), int(re)) for n, ac, re in stages]
    assert tuple(zip(*read, strict=True)) == numbers


def breaks_a_rule(sizes, limits, rejections):
    """The rules in their plainest words, apart from the constructor's."""
    stages = len(sizes)
    if stages == 0 or len(limits) != stages or len(rejections) != stages:
        return True
    permitted = [i for i in range(stages) if limits[i] is not None]
    if not permitted or permitted != list(range(permitted[0], stages)):
        return True
    acs = [-1 if ac is None else ac for ac in limits]
    if min(sizes) < 1 or min(rejections) < 1 or any(ac is not None and ac < 0 for ac in limits):
        return True
    if sorted(acs) != acs or sorted(rejections) != list(rejections):
        return True
    leads_on = all(rejections[i] - acs[i] >= 2 for i in range(stages - 1))
    return not leads_on or rejections[-1] <= acs[-1]


@given(
    st.lists(st.integers(-1, 5), max_size=4),
    st.lists(st.none() | st.integers(-1, 5), max_size=4),
    st.lists(st.integers(-1, 7), max_size=4),
)
def test_an_invalid_plan_cannot_be_made(sizes, limits, rejections):
    if breaks_a_rule(sizes, limits, rejections):
        with pytest.raises(ValueError, match=r"stage|number|size|acceptance"):
            SamplingPlan(tuple(sizes), tuple(limits), tuple(rejections))
    else:
        assert SamplingPlan(tuple(sizes), tuple(limits), tuple(rejections)).stages == len(sizes)


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        (((80,), (5,), (5,)), "Re must be above Ac, got Ac 5, Re 5"),
        (((0,), (0,), (1,)), "sample size must be a whole number of at least 1, got 0"),
        (((80,), (-1,), (1,)), "acceptance number must be a whole number of at least 0, got -1"),
        (((80,), (None,), (2,)), "the last stage must have an acceptance number"),
        (((80, 80), (2, 6), (3, 7)), "stage 1: no count leads to the next sample"),
        (((80, 80), (2, 1), (5, 7)), "acceptance numbers count cumulatively and cannot fall"),
        (((80, 80), (2, 3), (7, 5)), "rejection numbers count cumulatively and cannot fall"),
        (((80, 80, 80), (2, None, 6), (5, 6, 7)), "acceptance cannot be withdrawn"),
        (((80, 80), (2,), (5, 7)), "2 sizes, 1 acceptance and 2 rejection numbers"),
        (((), (), ()), "0 sizes"),
    ],
)
def test_the_message_names_the_rule_and_the_value(numbers, message):
    with pytest.raises(ValueError, match=message):
        SamplingPlan(*numbers)


@pytest.mark.parametrize("wrong", [80.0, "80", None, 3 + 0j])
def test_a_size_that_is_no_whole_number_is_a_type_error(wrong):
    with pytest.raises(TypeError, match="sample size must be a whole number"):
        SamplingPlan.single(wrong, 5)


def test_true_is_not_a_sample_size():
    with pytest.raises(ValueError, match="sample size"):
        SamplingPlan.single(True, 0)


def test_a_plan_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        SamplingPlan.single(80, 5).sample_sizes = (81,)


def test_single_plans():
    plan = SamplingPlan.single(sample_size=np.int64(80), acceptance_number=5)
    assert plan == SamplingPlan((80,), (5,), (6,))
    assert (plan.sample_size, plan.acceptance_number, plan.rejection_number) == (80, 5, 6)
    assert type(plan.sample_size) is int


def test_verdicts_of_a_double_plan():
    plan = SamplingPlan((125, 125), (3, 8), (7, 9))
    first = [plan.verdict(count) for count in range(9)]
    assert first == ["accepted"] * 4 + ["continue"] * 3 + ["not_accepted"] * 2
    assert [plan.verdict(count, stage=2) for count in (8, 9)] == ["accepted", "not_accepted"]


def test_t14_a_count_in_the_gap_is_accepted_and_says_so():
    reduced = SamplingPlan.single(125, 5, 8)
    verdicts = [reduced.verdict(count) for count in (5, 6, 7, 8)]
    assert verdicts == ["accepted", "accepted_in_gap", "accepted_in_gap", "not_accepted"]


def test_acceptance_not_permitted_at_the_first_stage():
    plan = SamplingPlan((5, 5), (None, 0), (2, 2))
    assert plan.verdict(0) == "continue"
    assert plan.verdict(0, stage=2) == "accepted"


@pytest.mark.parametrize(("count", "stage"), [(-1, 1), (0, 0), (0, 3)])
def test_a_verdict_on_nothing_is_refused(count, stage):
    with pytest.raises(ValueError, match=r"count|stage"):
        SamplingPlan((5, 5), (0, 1), (2, 2)).verdict(count, stage=stage)


@pytest.mark.parametrize("quality", [0, -0.1, math.inf, math.nan])
def test_a_risk_point_needs_a_quality_that_exists(quality):
    with pytest.raises(ValueError, match="quality must be above 0 and finite"):
        RiskPoint(quality, 0.95)


@pytest.mark.parametrize("probability", [0, 1, -0.1, 1.1, 95, math.nan])
def test_a_risk_point_needs_a_probability(probability):
    with pytest.raises(ValueError, match="strictly between 0 and 1"):
        RiskPoint(0.01, probability)
