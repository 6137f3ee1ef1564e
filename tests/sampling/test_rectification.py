"""Rectifying inspection: what leaves, and the work it takes."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize
from tests.sampling.exact import relative_error, walk_process

from qcanalysis.sampling import (
    SamplingPlan,
    average_outgoing_quality,
    average_outgoing_quality_limit,
    average_total_inspection,
    probability_of_acceptance,
)

single = SamplingPlan.single
DOUBLE = SamplingPlan((5, 8), (0, 2), (3, 3))
PLANS = [
    single(6, 1),
    single(6, 1, 3),
    DOUBLE,
    SamplingPlan((2, 5, 1), (None, 0, 2), (2, 3, 3)),
    SamplingPlan((3, 3), (0, 1), (3, 4)),
]
# Dodge and Romig: AOQL = y (1/n - 1/N), y by acceptance number. Sampling Inspection Tables,
# 2nd ed., 1959, table 2-3, to the four figures printed.
DODGE_ROMIG = {0: 0.3679, 1: 0.8400, 2: 1.371, 3: 1.942, 4: 2.544, 5: 3.168, 10: 6.528}


@pytest.mark.parametrize("plan", PLANS, ids=repr)
@pytest.mark.parametrize("spare", [0, 40])
def test_against_every_path(plan, spare):
    lot_size = plan.sample_size + spare
    drawn = plan.cumulative_sample_sizes
    for p in (Fraction(0), Fraction(1, 2**33), Fraction(1, 16), Fraction(3, 8), Fraction(1)):
        right = walk_process(plan, p)
        inspected = lot_size * right.refused + sum(
            n * a for n, a in zip(drawn, right.accepted_at, strict=True)
        )
        replaced = sum(
            p * Fraction(lot_size - n, lot_size) * a
            for n, a in zip(drawn, right.accepted_at, strict=True)
        )
        removed = sum(
            p * (lot_size - n) / (lot_size - n * p) * a
            for n, a in zip(drawn, right.accepted_at, strict=True)
            if lot_size > n * p
        )
        quality = float(p)
        total = average_total_inspection(plan, quality, lot_size=lot_size)
        assert relative_error(total, inspected) < 1e-10
        outgoing = average_outgoing_quality(plan, quality, lot_size=lot_size)
        assert relative_error(outgoing, replaced) < 1e-10
        taken_out = average_outgoing_quality(
            plan, quality, lot_size=lot_size, replace_nonconforming=False
        )
        assert relative_error(taken_out, removed) < 1e-10


@given(
    st.integers(1, 300),
    st.integers(0, 20),
    st.integers(0, 5000),
    st.lists(st.floats(0, 1), max_size=5),
)
def test_bounds(sample_size, acceptance_number, spare, quality):
    plan, lot_size = single(sample_size, acceptance_number), sample_size + spare
    quality = np.array(quality)
    inspected = average_total_inspection(plan, quality, lot_size=lot_size)
    assert np.all(inspected >= sample_size * (1 - 1e-12))
    assert np.all(inspected <= lot_size * (1 + 1e-12))
    replaced = average_outgoing_quality(plan, quality, lot_size=lot_size)
    removed = average_outgoing_quality(
        plan, quality, lot_size=lot_size, replace_nonconforming=False
    )
    assert np.all((replaced >= 0) & (replaced <= removed * (1 + 1e-12)))
    assert np.all(removed <= quality * (1 + 1e-12))


def test_limits_of_total_inspection():
    inspected = average_total_inspection(DOUBLE, [0.0, 1.0], lot_size=1000)
    assert inspected.tolist() == [5, 1000]
    assert average_total_inspection(single(50, 0), 0.3, lot_size=50) == pytest.approx(50)


def test_outgoing_quality_of_a_large_lot_is_quality_times_acceptance():
    plan = single(89, 2)
    quality = np.linspace(0, 0.1, 11)
    outgoing = average_outgoing_quality(plan, quality, lot_size=10**9)
    expected = quality * probability_of_acceptance(plan, quality)
    assert outgoing == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("acceptance_number", "factor"), DODGE_ROMIG.items())
def test_dodge_romig_factors(acceptance_number, factor):
    n = 10**6  # their factors are the Poisson limit
    limit, at = average_outgoing_quality_limit(single(n, acceptance_number))
    assert f"{n * limit:.4g}" == f"{factor:.4g}"
    outgoing = at * probability_of_acceptance(single(n, acceptance_number), at)
    assert outgoing == pytest.approx(limit, rel=1e-12)


def test_dodge_romig_factor_of_accept_zero_is_one_over_e():
    limit, at = average_outgoing_quality_limit(single(10**6, 0))
    assert 10**6 * limit == pytest.approx(1 / math.e, rel=1e-6)
    # Exactly: p (1 - p)^n is greatest at 1 / (n + 1).
    limit, at = average_outgoing_quality_limit(single(50, 0))
    assert limit == pytest.approx((50 / 51) ** 50 / 51, rel=1e-12)
    assert at == pytest.approx(1 / 51, rel=1e-6)


def test_the_limit_in_a_finite_lot_has_the_finite_factor():
    whole, at_whole = average_outgoing_quality_limit(single(89, 2))
    finite, at_finite = average_outgoing_quality_limit(single(89, 2), lot_size=1000)
    assert finite == pytest.approx(whole * (1 - 89 / 1000), rel=1e-12)
    assert at_finite == pytest.approx(at_whole, rel=1e-6)


@pytest.mark.parametrize("plan", [single(1, 0), single(3150, 1), single(200, 44), *PLANS], ids=repr)
@pytest.mark.parametrize("lot_size", [None, 10_000])
def test_the_limit_is_what_a_general_optimiser_finds(plan, lot_size):
    def outgoing(log_quality):
        p = math.exp(log_quality)
        if lot_size is None:
            return -p * probability_of_acceptance(plan, p)
        return -average_outgoing_quality(plan, p, lot_size=lot_size)

    grid = np.linspace(math.log(1e-6), 0, 500)
    start = grid[np.argmin([outgoing(x) for x in grid])]
    step = grid[1] - grid[0]
    found = optimize.minimize_scalar(
        outgoing,
        bounds=(start - step, min(start + step, 0.0)),
        method="bounded",
        options={"xatol": 1e-10},
    )
    limit, _ = average_outgoing_quality_limit(plan, lot_size=lot_size)
    assert limit == pytest.approx(-found.fun, rel=1e-10)


def test_what_is_refused():
    with pytest.raises(ValueError, match="the plan can draw 13 items but lot_size is 12"):
        average_total_inspection(DOUBLE, 0.1, lot_size=12)
    with pytest.raises(ValueError, match="inspect all items"):
        average_outgoing_quality(DOUBLE, 0.1, lot_size=12)
    with pytest.raises(TypeError, match="lot_size must be a whole number"):
        average_total_inspection(DOUBLE, 0.1, lot_size=math.inf)
    with pytest.raises(ValueError, match="fraction nonconforming from 0 to 1"):
        average_outgoing_quality(DOUBLE, 2.5, lot_size=100)
    for plan in (single(4, 4), single(5, 2, 6), SamplingPlan((2, 100), (2, 5), (4, 6))):
        with pytest.raises(ValueError, match="accepts every lot"):
            average_outgoing_quality_limit(plan)
