"""Dodge-Romig plans against the printed tables and against every plan of small lots."""

from __future__ import annotations

import time

import numpy as np
import pytest
from scipy import stats

from qcanalysis.sampling import SamplingPlan, average_outgoing_quality_limit, quality_at_acceptance
from qcanalysis.sampling.rectifying import _size_for_outgoing, find_rectifying_plan


def inspected(size, limit, p, lot_size):
    return size + (lot_size - size) * stats.binom.sf(limit, size, p)


@pytest.mark.parametrize("lot_size", [12, 40, 75])
@pytest.mark.parametrize("quality", [0.05, 0.11, 0.3])
@pytest.mark.parametrize("share", [0.0, 0.2, 0.6, 0.95])
def test_ltpd_no_plan_of_a_small_lot_inspects_less(lot_size, quality, share):
    process_average = share * quality
    poor = int(np.ceil(round(quality * lot_size, 9)))
    best = min(
        inspected(size, limit, process_average, lot_size)
        for size in range(1, lot_size + 1)
        for limit in range(min(size, poor))
        if stats.hypergeom.cdf(limit, lot_size, poor, size) <= 0.10 * (1 + 1e-9)
    )
    found = find_rectifying_plan(lot_size, process_average, limiting_quality=quality)
    assert found.average_total_inspection == pytest.approx(best, rel=1e-9)
    assert stats.hypergeom.cdf(
        found.plan.acceptance_number, lot_size, poor, found.plan.sample_size
    ) <= 0.10 * (1 + 1e-8)


@pytest.mark.parametrize("lot_size", [12, 35])
@pytest.mark.parametrize("quality", [0.02, 0.08])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_aoql_no_plan_of_a_small_lot_inspects_less(lot_size, quality, share):
    process_average = share * quality
    incoming = np.linspace(0, 1, 2_001)

    def worst(size, limit):
        outgoing = incoming * stats.binom.cdf(limit, size, incoming) * (1 - size / lot_size)
        return outgoing.max()

    best = min(
        inspected(size, limit, process_average, lot_size)
        for size in range(1, lot_size + 1)
        for limit in range(min(size, 8))
        if worst(size, limit) <= quality
    )
    found = find_rectifying_plan(lot_size, process_average, outgoing_quality_limit=quality)
    assert found.average_total_inspection == pytest.approx(best, rel=1e-9)
    assert found.average_outgoing_quality_limit <= quality * (1 + 1e-8)
    plan = found.plan
    assert worst(plan.sample_size, plan.acceptance_number) <= quality * (1 + 1e-8)


def test_printed_plans_of_the_tables():
    """Montgomery, 15.4: AOQL 3 %, N 5,000 and 8,000 at 1 %: 65/3; LTPD 1 % at 0.25 %: 770/4.

    The tables sum Poisson terms and round n to fives above 50.
    """
    assert find_rectifying_plan(8_000, 0.01, outgoing_quality_limit=0.03).plan == (
        SamplingPlan.single(65, 3)
    )
    smaller = find_rectifying_plan(5_000, 0.01, outgoing_quality_limit=0.03).plan
    assert smaller == SamplingPlan.single(64, 3)
    by_risk = find_rectifying_plan(5_000, 0.0025, limiting_quality=0.01)
    assert by_risk.plan.acceptance_number == 4
    assert abs(by_risk.plan.sample_size - 770) <= 5
    assert round(100 * by_risk.average_outgoing_quality_limit, 2) == 0.28  # as printed


def test_the_printed_plan_has_the_figures_that_are_printed_with_it():
    """Montgomery: 65/3 protects at about 10.3 % (Poisson) and inspects some 86 items per lot."""
    plan = SamplingPlan.single(65, 3)
    assert quality_at_acceptance(plan, 0.10, distribution="poisson") == pytest.approx(
        0.103, abs=5e-4
    )
    assert inspected(65, 3, 0.01, 5_000) == pytest.approx(86, abs=1)
    assert average_outgoing_quality_limit(plan, lot_size=5_000)[0] <= 0.03


def test_large_lots_lead_to_dodge_and_romigs_factors():
    """AOQL = y / n for a lot without end, y as printed in their table for Ac 0 to 5."""
    wanted = 1e-4
    size = _size_for_outgoing(wanted, 10**9)
    factors = [size(limit) * wanted for limit in range(6)]
    assert factors == pytest.approx([0.3679, 0.8400, 1.371, 1.942, 2.544, 3.168], abs=1e-3)


def test_a_perfect_supplier_gets_the_accept_zero_plan():
    found = find_rectifying_plan(10_000, 0.0, limiting_quality=0.01)
    assert found.plan == SamplingPlan.single(227, 0)
    assert found.average_total_inspection == 227


def test_better_processes_need_less_inspection():
    averages = [0.0, 0.001, 0.002, 0.004, 0.006]
    for protection in ({"limiting_quality": 0.01}, {"outgoing_quality_limit": 0.01}):
        found = [
            find_rectifying_plan(3_000, p, **protection).average_total_inspection for p in averages
        ]
        assert found == sorted(found)


@pytest.mark.parametrize("protection", ["limiting_quality", "outgoing_quality_limit"])
def test_ten_thousand_items_take_less_than_a_second(protection):
    start = time.process_time()
    find_rectifying_plan(10_000, 0.0025, **{protection: 0.01})
    assert time.process_time() - start < 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "give one protection"),
        ({"limiting_quality": 0.1, "outgoing_quality_limit": 0.1}, "give one protection"),
        ({"limiting_quality": 0.01}, "limiting_quality must be above the process average 0.02"),
        (
            {"outgoing_quality_limit": 0.02},
            "Inspect every lot in full, or ask for outgoing_quality_limit above 0.02",
        ),
        ({"limiting_quality": 2.0}, "limiting_quality must lie strictly between 0 and 1"),
        (
            {"limiting_quality": 0.1, "consumers_risk": 0.0},
            "consumers_risk must lie strictly between 0 and 1",
        ),
    ],
)
def test_impossible_wishes_are_refused_with_what_is_attainable(arguments, message):
    with pytest.raises(ValueError, match=message):
        find_rectifying_plan(1_000, 0.02, **arguments)


def test_a_process_average_must_be_a_fraction():
    with pytest.raises(ValueError, match=r"process_average must lie from 0 to below 1, got 1.5"):
        find_rectifying_plan(1_000, 1.5, limiting_quality=0.1)
