"""Measured samples judged by plans, and the items that measuring saves."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from qcanalysis.sampling import RiskPoint, find_plan, probability_of_acceptance
from qcanalysis.sampling.acceptance_region import share_outside
from qcanalysis.sampling.measurements import MeasuredSample, judge_sample
from qcanalysis.sampling.measuring_saves import items_saved_by_measuring
from qcanalysis.sampling.two_limits import TwoLimitPlan
from qcanalysis.sampling.variables import VariablesPlan, find_variables_plan

TEMPERATURES = [197, 188, 184, 205, 201]  # MIL-STD-414, examples B-1 to B-6: limits 180, 209


def test_the_worked_example_of_mil_std_414():
    sample = MeasuredSample.of(TEMPERATURES, lower_limit=180, upper_limit=209)
    assert (sample.mean, round(sample.standard_deviation, 2)) == (195, 8.80)  # 8.81 in print
    assert (round(sample.to_upper, 2), round(sample.to_lower, 2)) == (1.59, 1.70)
    # Printed, from indices of two decimals: 2.19 % above and 0.66 % below.
    printed = share_outside(np.array([1.59, 1.70]), 5)
    assert (100 * printed).round(2).tolist() == [2.19, 0.66]
    verdict = judge_sample(TwoLimitPlan(5, 1.53, False), sample)
    assert verdict.is_accepted
    assert verdict.found == pytest.approx(0.0285, abs=1e-3)
    one_limit = MeasuredSample.of(TEMPERATURES, upper_limit=209)
    assert judge_sample(VariablesPlan(5, 1.53, False), one_limit).is_accepted
    assert not judge_sample(VariablesPlan(5, 1.60, False), one_limit).is_accepted


def test_the_verdict_of_two_limits_is_accepted_as_often_as_the_plan_says():
    rng, samples = np.random.default_rng(3), 1500
    for plan in (
        TwoLimitPlan(6, 1.2, False),
        TwoLimitPlan(6, 1.2, False, is_combined=False),
        TwoLimitPlan(6, 1.2, True, limit_distance=4.0),
        TwoLimitPlan(6, 1.2, True, limit_distance=4.0, is_combined=False),
    ):
        p = 2 * stats.norm.cdf(-2.0)
        sigma = 1.0 if plan.sigma_is_known else None
        accepted = [
            judge_sample(
                plan,
                MeasuredSample.of(rng.normal(size=6), lower_limit=-2, upper_limit=2),
                process_standard_deviation=sigma,
            ).is_accepted
            for _ in range(samples)
        ]
        right = probability_of_acceptance(plan, float(p))
        error = 4 * math.sqrt(right * (1 - right) / samples)
        assert np.mean(accepted) == pytest.approx(right, abs=error)


def test_a_known_sigma_replaces_that_of_the_sample():
    plan = VariablesPlan(4, 1.6, True)  # R28: pull force of at least 8 kgf
    sample = MeasuredSample.of([9.0, 9.1, 9.2, 9.3], lower_limit=8.0)
    accepted = judge_sample(plan, sample, process_standard_deviation=0.7)
    refused = judge_sample(plan, sample, process_standard_deviation=0.8)
    assert (accepted.is_accepted, refused.is_accepted) == (True, False)
    assert accepted.found == pytest.approx(1.15 / 0.7)
    assert refused.reason == (
        "Not accepted: the mean keeps 1.438 standard deviations from the limit, 1.6 are needed."
    )


def test_a_sample_far_inside_is_judged_by_the_nearer_limit_when_the_estimate_is_nil():
    """k beyond (n - 1) / sqrt(n) asks for an estimate of zero and more."""
    plan = TwoLimitPlan(4, 2.0, False)
    near = MeasuredSample(4, 0.0, 1.0, lower_limit=-1.9, upper_limit=1.9)
    far = MeasuredSample(4, 0.0, 1.0, lower_limit=-2.1, upper_limit=2.1)
    assert [judge_sample(plan, sample).is_accepted for sample in (near, far)] == [False, True]


def test_what_a_sample_refuses():
    with pytest.raises(ValueError, match="lower_limit or upper_limit is needed"):
        MeasuredSample.of([1.0, 2.0])
    for lower, upper in ((1.6, 1.4), (1.5, 1.5)):
        with pytest.raises(ValueError, match="lower_limit must be below upper_limit"):
            MeasuredSample.of([1.0, 2.0], lower_limit=lower, upper_limit=upper)
    with pytest.raises(ValueError, match="the gauge is too coarse"):
        MeasuredSample.of([1.5] * 9, upper_limit=1.6)
    with pytest.raises(ValueError, match="the gauge is too coarse"):
        MeasuredSample.of([0.1] * 3, upper_limit=1.6)  # their mean is not 0.1 to the last digit
    with pytest.raises(ValueError, match="cannot tell from 1 value"):
        MeasuredSample.of([1.5], upper_limit=1.6)
    with pytest.raises(ValueError, match="cannot tell from 0 value"):
        MeasuredSample.of([], upper_limit=1.6)
    with pytest.raises(ValueError, match="one row of finite numbers"):
        MeasuredSample.of([1.5, math.nan], upper_limit=1.6)
    with pytest.raises(ValueError, match="upper_limit must be a finite number"):
        MeasuredSample.of([1.5, 1.6], upper_limit=math.inf)


def test_what_a_verdict_refuses():
    thickness = MeasuredSample(10, 1.5, 0.03, lower_limit=1.4, upper_limit=1.6)
    with pytest.raises(ValueError, match="VariablesPlan is for 1 limit, the sample has 2"):
        judge_sample(VariablesPlan(10, 1.5, False), thickness)
    with pytest.raises(ValueError, match="the plan asks for 12 values, got 10"):
        judge_sample(TwoLimitPlan(12, 1.5, False), thickness)
    with pytest.raises(ValueError, match="leave out process_standard_deviation"):
        judge_sample(TwoLimitPlan(10, 1.5, False), thickness, process_standard_deviation=0.03)
    known = TwoLimitPlan(10, 1.5, True, limit_distance=5.0)
    for sigma in (None, 0.0, -1.0):
        with pytest.raises(ValueError, match="process_standard_deviation must be above 0"):
            judge_sample(known, thickness, process_standard_deviation=sigma)
    with pytest.raises(ValueError, match=r"6\.667 sigma apart, the plan is for 5"):
        judge_sample(known, thickness, process_standard_deviation=0.03)


def test_measuring_beside_counting():
    points = RiskPoint(0.01, 0.95), RiskPoint(0.06, 0.10)
    one, known = (items_saved_by_measuring(*points, sigma_is_known=s) for s in (False, True))
    assert one.counting == known.counting == find_plan(*points)
    assert one.measuring == find_variables_plan(*points, sigma_is_known=False)
    assert one.items_saved == one.counting.sample_size - one.measuring.sample_size > 0
    assert known.share_saved > one.share_saved > 0.4
    two = items_saved_by_measuring(*points, sigma_is_known=True, limits=2, limit_distance=8.0)
    assert isinstance(two.measuring, TwoLimitPlan)
    assert two.measuring.sample_size >= known.measuring.sample_size
    with pytest.raises(ValueError, match="limits must be 1 or 2, got 3"):
        items_saved_by_measuring(*points, limits=3)
    with pytest.raises(ValueError, match="limit_distance is for two limits"):
        items_saved_by_measuring(*points, limit_distance=6.0)
