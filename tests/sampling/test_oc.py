"""Operating characteristic: exact walks, 50-digit sums, limits, and what is refused."""

from __future__ import annotations

import re
from math import comb

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sampling import exact
from tests.sampling.exact import relative_error, walk, walk_lot, walk_process

from qcanalysis.sampling import (
    SamplingPlan,
    average_sample_number,
    lookup_plan,
    probability_of_acceptance,
    producers_risk,
    quality_at_acceptance,
)

NEAR = 1e-10
single = SamplingPlan.single

DOUBLE = SamplingPlan((125, 125), (3, 8), (7, 9))
SEVEN_STAGES = SamplingPlan((50,) * 7, (None, 1, 3, 5, 7, 10, 13), (4, 6, 8, 10, 11, 12, 14))
SMALL_PLANS = [
    single(1, 0),
    single(5, 2),
    single(4, 4),  # accepts everything
    single(5, 9),
    single(6, 1, 4),  # a gap
    SamplingPlan((3, 3), (0, 1), (2, 2)),
    SamplingPlan((3, 4), (0, 1), (3, 4)),  # a gap at the last stage
    SamplingPlan((2, 5, 1), (None, 0, 2), (2, 3, 3)),
    SamplingPlan((1, 1, 6), (None, None, 1), (2, 3, 4)),  # Re 2 cannot be reached at stage 1
    SamplingPlan((4, 2, 2, 3), (0, 1, 1, 3), (3, 3, 4, 4)),
    SamplingPlan((2, 2, 2, 2, 2, 2, 2), (None, None, 0, 1, 2, 3, 4), (2, 3, 3, 4, 4, 5, 5)),
    SamplingPlan((2, 6), (2, 3), (4, 5)),  # always accepted at the first stage
]
FUNCTIONS = (
    (probability_of_acceptance, "accepted"),
    (producers_risk, "refused"),
    (average_sample_number, "sample_number"),
)


@pytest.mark.parametrize("plan", SMALL_PLANS, ids=repr)
@pytest.mark.parametrize("spare", [0, 1, 13])
def test_finite_lots_against_every_path(plan, spare):
    lot_size = plan.sample_size + spare  # spare 0: the plan can take the whole lot
    lots = np.arange(lot_size + 1)
    walks = [walk_lot(plan, int(bad), lot_size) for bad in lots]
    for function, name in FUNCTIONS:
        found = function(plan, lots, distribution="hypergeometric", lot_size=lot_size)
        for value, right in zip(found, walks, strict=True):
            assert relative_error(value, getattr(right, name)) < NEAR


@pytest.mark.parametrize("plan", SMALL_PLANS, ids=repr)
def test_binomial_against_every_path(plan):
    qualities = [0.0, 2.0**-40, 1 / 64, 0.25, 0.625, 63 / 64, 1 - 2.0**-40, 1.0]
    walks = [walk_process(plan, p) for p in qualities]
    for function, name in FUNCTIONS:
        for value, right in zip(function(plan, qualities), walks, strict=True):
            assert relative_error(value, getattr(right, name)) < NEAR


@pytest.mark.parametrize("plan", [SEVEN_STAGES, DOUBLE, *SMALL_PLANS[5:8]], ids=repr)
@pytest.mark.parametrize("quality", [1e-9, 0.004, 0.03, 0.2, 1.5])
def test_poisson_against_every_path(plan, quality):
    with mpmath.workdps(100):  # the refused share is one less the accepted: digits to spare
        most = plan.rejection_numbers[-1]

        def chance(x, n):
            mean = n * mpmath.mpf(quality)
            return mpmath.exp(-mean) * mean**x / mpmath.factorial(x)

        going_on, accepted, sample_number = {0: mpmath.mpf(1)}, mpmath.mpf(0), mpmath.mpf(0)
        for stage, n in enumerate(plan.sample_sizes):
            sample_number += n * mpmath.fsum(going_on.values())
            counts = dict.fromkeys(range(most), mpmath.mpf(0))
            for found, weight in going_on.items():
                for x in range(most - found):
                    counts[found + x] += weight * chance(x, n)
            limit = plan.acceptance_numbers[stage]
            limit = -1 if limit is None else limit
            ends = plan.rejection_numbers[stage]
            accepts_below = ends if stage == plan.stages - 1 else limit + 1
            accepted += mpmath.fsum(counts[c] for c in range(accepts_below))
            going_on = {c: counts[c] for c in range(accepts_below, ends)}
        for function, right in (
            (probability_of_acceptance, accepted),
            (producers_risk, 1 - accepted),
            (average_sample_number, sample_number),
        ):
            assert relative_error(function(plan, quality, distribution="poisson"), right) < NEAR


@pytest.mark.parametrize(
    ("sample_size", "acceptance_number"),
    [
        (1, 0),
        (1000, 400),
        (3150, 1),
        (100_000, 44),
        (10**6, 0),
        (10**6, 299),  # longest polynomial, then the incomplete beta
        (10**6, 300),
        (10**6, 5000),
    ],
)
def test_large_samples_against_50_digits(sample_size, acceptance_number):
    centre = (acceptance_number + 1) / sample_size
    deepest = 1.0
    for times in (1e-6, 0.01, 0.5, 0.9, 1.0, 1.05, 1.2, 1.6, 2.5, 6.0, 30.0, 60.0, 69.0):
        p = centre * times
        if p >= 1:
            continue
        right = exact.binomial_at_most(acceptance_number, sample_size, p)
        if right < mpmath.mpf(10) ** -290:
            continue
        deepest = min(deepest, float(right))
        plan = single(sample_size, acceptance_number)
        assert relative_error(probability_of_acceptance(plan, p), right) < NEAR
        with mpmath.workdps(50):
            risk = 1 - right
        if risk > mpmath.mpf(10) ** -40:
            assert relative_error(producers_risk(plan, p), risk) < NEAR
    assert deepest < 1e-29 or sample_size == 1


@pytest.mark.parametrize(
    ("n", "ac"), [(1, 10), (2, 30), (3, 44), (80, 21), (10**6, 299), (10**6, 900)]
)
def test_poisson_counts_may_exceed_the_sample(n, ac):
    for times in (0.01, 0.5, 1.0, 1.5, 3.0):
        quality = times * (ac + 1) / n
        right = exact.poisson_at_most(ac, mpmath.mpf(quality) * n)
        found = probability_of_acceptance(single(n, ac), quality, distribution="poisson")
        if right > mpmath.mpf(10) ** -290:
            assert relative_error(found, right) < NEAR


def test_a_double_plan_of_a_million_items_against_50_digits():
    plan = SamplingPlan((500_000, 500_000), (2, 3), (4, 5))
    for p in (1e-7, 3e-6, 1e-5, 8e-5):
        with mpmath.workdps(50):
            q = mpmath.mpf(p)

            def term(x, q=q):
                return mpmath.binomial(500_000, x) * q**x * (1 - q) ** (500_000 - x)

            at_first = mpmath.fsum(term(x) for x in range(3))
            at_second = term(3) * (term(0) + term(1))  # a gap: 4 in all is below Re 5
        assert relative_error(probability_of_acceptance(plan, p), at_first + at_second) < NEAR


def test_a_large_finite_lot_against_whole_numbers():
    plan = SamplingPlan((200, 200), (1, 4), (4, 5))
    lot_size = 20_000
    for bad in (0, 3, 20, 250, 2000, 5000):

        def chance(x, n, found, drawn, bad=bad):
            left, rest = max(bad - found, 0), lot_size - drawn
            return exact.Fraction(comb(left, x) * comb(rest - left, n - x), comb(rest, n))

        first = [chance(x, 200, 0, 0) for x in range(4)]
        second = sum(first[x] * chance(y, 200, x, 200) for x in (2, 3) for y in range(5 - x))
        right = first[0] + first[1] + second
        found = probability_of_acceptance(
            plan, bad, distribution="hypergeometric", lot_size=lot_size
        )
        assert relative_error(found, right) < NEAR


def test_t2_three_products_are_not_one_lot():
    # 0/6/0 % nonconforming in 8,000 / 7,000 / 5,000: pooled 2.1 %, letter M passes; alone, L fails.
    pooled_rate = 0.06 * 7000 / 20_000
    assert round(pooled_rate, 3) == 0.021
    pooled = lookup_plan(20_000, 2.5).plan
    alone = lookup_plan(7000, 2.5).plan
    assert (pooled, alone) == (single(315, 14), single(200, 10))
    assert round(probability_of_acceptance(pooled, pooled_rate), 3) == 0.997
    assert round(probability_of_acceptance(alone, 0.06), 2) == 0.34


def test_t2_three_lots_need_600_units_not_315():
    alone = [lookup_plan(quantity, 2.5) for quantity in (8000, 7000, 5000)]
    assert [lot.code_letter for lot in alone] == ["L", "L", "L"]
    assert sum(lot.plan.sample_size for lot in alone) == 600
    assert lookup_plan(20_000, 2.5).plan.sample_size == 315


def test_t2_seven_majors_in_one_product_by_chance_alone():
    # Even rates: each of seven majors lands in a product by its share of the order.
    shares = [quantity / 20_000 for quantity in (8000, 7000, 5000)]
    chance = sum(binomial_all(7, share) for share in shares)
    assert f"{chance:.1%}" == "0.2%"


def binomial_all(n, p):
    """All n of n: the producer's risk of a plan that tolerates n - 1."""
    return producers_risk(single(n, n - 1), p)


def test_t6_level_iii_gains_little_on_a_remake():
    level_ii, level_iii = (
        lookup_plan(400, 1.0, inspection_level=level).plan for level in ("II", "III")
    )
    assert (level_ii, level_iii) == (single(50, 1), single(80, 2))
    assert lookup_plan(900, 1.0, inspection_level="III").plan == single(125, 3)
    found = [
        round(float(probability_of_acceptance(plan, p)), 2)
        for p in (0.05, 0.02)
        for plan in (level_ii, level_iii)
    ]
    assert found == [0.28, 0.23, 0.74, 0.78]


def test_t12_false_alarms_multiply():
    passed = [
        probability_of_acceptance(lookup_plan(quantity, aql).plan, aql / 100)
        for quantity in (8000, 7000, 5000)
        for aql in (2.5, 4.0)
    ]
    assert round(float(np.prod(passed)), 2) == 0.92


GOLDEN = """
    315/5 0.83 1.80 2.92    125/5 2.11 4.52 7.29    315/7 1.27 2.43 3.71    125/7 3.22 6.12 9.24
    315/10 1.97 3.38 4.85   80/5 3.32 7.06 11.28    315/14 2.96 4.65 6.33   80/7 5.07 9.55 14.28
    315/21 4.78 6.87 8.84   50/1 0.72 3.33 7.56     200/5 1.31 2.83 4.59    80/2 1.03 3.33 6.52
    200/7 2.01 3.83 5.82    125/3 1.10 2.93 5.27    200/10 3.11 5.33 7.60   200/3 0.69 1.83 3.31
    200/14 4.68 7.32 9.91
"""
GOLDEN_ROWS = [row.split() for row in re.split(r"\s{2,}", GOLDEN.strip())]


@pytest.mark.parametrize("row", GOLDEN_ROWS, ids=lambda row: row[0])
def test_golden_numbers_of_the_requirements(row):
    plan = single(*map(int, row[0].split("/")))
    found = 100 * quality_at_acceptance(plan, [0.95, 0.50, 0.10])
    assert [f"{value:.2f}" for value in found] == row[1:]


GOLDEN_CELLS = [
    *[
        (20_000, "II", "normal", aql, f"315/{ac}")
        for aql, ac in zip((0.65, 1, 1.5, 2.5, 4), (5, 7, 10, 14, 21), strict=True)
    ],
    *[
        (8000, "II", "normal", aql, f"200/{ac}")
        for aql, ac in zip((1, 1.5, 2.5, 4), (5, 7, 10, 14), strict=True)
    ],
    *[(2000, "II", "normal", aql, f"125/{ac}") for aql, ac in zip((1.5, 2.5), (5, 7), strict=True)],
    *[(1000, "II", "normal", aql, f"80/{ac}") for aql, ac in zip((2.5, 4), (5, 7), strict=True)],
    (400, "II", "normal", 1, "50/1"),
    (400, "III", "normal", 1, "80/2"),
    (900, "III", "normal", 1, "125/3"),
    (8000, "II", "tightened", 1, "200/3"),
    (20_000, "II", "tightened", 1, "315/5"),
]


@pytest.mark.parametrize(("lot_size", "level", "severity", "aql", "wanted"), GOLDEN_CELLS)
def test_golden_plans_come_from_these_cells(lot_size, level, severity, aql, wanted):
    plan = lookup_plan(lot_size, aql, inspection_level=level, severity=severity).plan
    assert f"{plan.sample_size}/{plan.acceptance_number}" == wanted
    assert wanted in {row[0] for row in GOLDEN_ROWS}


def test_golden_finite_lots():
    remake = probability_of_acceptance(
        single(80, 2), 20, distribution="hypergeometric", lot_size=400
    )
    order = probability_of_acceptance(
        single(315, 5), 500, distribution="hypergeometric", lot_size=20_000
    )
    assert (round(remake, 3), round(order, 3)) == (0.199, 0.197)
    assert round(probability_of_acceptance(single(80, 2), 0.05), 3) == 0.231
    assert round(probability_of_acceptance(single(315, 5), 0.025), 3) == 0.199


@st.composite
def plans(draw):
    stages = draw(st.integers(1, 4))
    limit, rejection = draw(st.integers(-1, 2)), 1
    numbers = []
    for stage in range(stages):
        last = stage == stages - 1
        limit = max(limit, 0) if last else limit
        rejection = max(rejection, limit + (1 if last else 2)) + draw(st.integers(0, 2))
        numbers.append((draw(st.integers(1, 60)), None if limit < 0 else limit, rejection))
        limit += draw(st.integers(0, 2))
    return SamplingPlan(*zip(*numbers, strict=True))


@given(plans(), st.sampled_from(["binomial", "poisson", "hypergeometric"]))
def test_worse_quality_is_never_accepted_more_often(plan, distribution):
    lot_size = plan.sample_size + 7
    quality = (
        np.arange(lot_size + 1) if distribution == "hypergeometric" else np.linspace(0, 1, 101)
    )
    options = {"distribution": distribution, "lot_size": lot_size}
    accepted = probability_of_acceptance(plan, quality, **options)
    refused = producers_risk(plan, quality, **options)
    items = average_sample_number(plan, quality, **options)
    assert np.all(np.diff(accepted) <= 1e-12)
    assert np.all(np.diff(refused) >= -1e-12)
    assert accepted + refused == pytest.approx(np.ones(quality.size), abs=1e-12)
    assert np.all((accepted >= 0) & (accepted <= 1) & (refused >= 0) & (refused <= 1))
    assert np.all(items >= plan.sample_sizes[0])
    assert np.all(items <= plan.sample_size * (1 + 1e-12))
    assert accepted[0] == 1
    assert refused[0] == 0


@given(plans(), st.integers(1, 5))
def test_the_answer_has_the_shape_of_the_question(plan, size):
    column = np.linspace(0.01, 0.5, size)[:, None]
    assert probability_of_acceptance(plan, column).shape == (size, 1)
    assert isinstance(probability_of_acceptance(plan, 0.1), float)
    assert probability_of_acceptance(plan, []).shape == (0,)
    assert probability_of_acceptance(plan, column)[0, 0] == probability_of_acceptance(plan, 0.01)


def test_a_risk_too_small_to_subtract_keeps_its_digits():
    for plan in (single(200, 10), DOUBLE, SEVEN_STAGES):
        refused = producers_risk(plan, 1e-6)
        assert 0 < refused < 1e-18  # 1 - Pa would be 0
    with mpmath.workdps(50):
        p = mpmath.mpf(1e-6)
        right = mpmath.fsum(
            mpmath.binomial(200, x) * p**x * (1 - p) ** (200 - x) for x in range(11, 40)
        )
    assert relative_error(producers_risk(single(200, 10), 1e-6), right) < NEAR


def test_t14_a_gap_counts_as_accepted():
    reduced = single(125, 5, 8)
    assert probability_of_acceptance(reduced, 0.04) == probability_of_acceptance(
        single(125, 7), 0.04
    )


def test_sample_number_limits():
    double = SamplingPlan((50, 80), (1, 4), (4, 5))
    assert average_sample_number(double, 0.0) == 50  # perfect: accepted at once
    assert average_sample_number(double, 1.0) == 50  # hopeless: refused at once
    assert average_sample_number(single(80, 5), [0, 0.1, 1]).tolist() == [80, 80, 80]
    not_at_first = SamplingPlan((50, 50), (None, 0), (2, 2))
    assert average_sample_number(not_at_first, 0.0) == 100


def test_curtailed_sample_number_against_every_path():
    plan = SamplingPlan((3, 6), (0, 3), (4, 4))
    for p in (exact.Fraction(0), exact.Fraction(1, 2**30), exact.Fraction(1, 4), exact.Fraction(1)):
        total = exact.Fraction(3)
        for first in range(1, 4):  # goes on with 1, 2 or 3 found; stops at the fourth
            weight = comb(3, first) * p**first * (1 - p) ** (3 - first)
            for drawn in range(6):  # the next item is inspected while fewer than 4 were found
                total += weight * sum(
                    comb(drawn, x) * p**x * (1 - p) ** (drawn - x)
                    for x in range(min(drawn, 3 - first) + 1)
                )
        found = average_sample_number(plan, float(p), curtailed=True)
        assert relative_error(found, total) < NEAR
        assert found <= average_sample_number(plan, float(p)) * (1 + 1e-15)


def test_quality_at_acceptance_comes_back():
    wanted = np.array([1 - 1e-6, 0.95, 0.5, 0.1, 1e-6, 1e-30])
    for plan in (single(315, 5), single(10**6, 3), single(80, 5, 8), DOUBLE, SEVEN_STAGES):
        for distribution in ("binomial", "poisson"):
            quality = quality_at_acceptance(plan, wanted, distribution=distribution)
            found = probability_of_acceptance(plan, quality, distribution=distribution)
            assert found == pytest.approx(wanted, rel=1e-9)
            assert np.all(np.diff(quality) > 0)


def test_quality_at_acceptance_of_accept_zero_plans_in_closed_form():
    found = quality_at_acceptance(single(50, 0), [0.95, 0.10])
    assert found == pytest.approx([1 - 0.95 ** (1 / 50), 1 - 0.10 ** (1 / 50)], rel=1e-12)
    poisson = quality_at_acceptance(single(50, 0), 0.10, distribution="poisson")
    assert poisson == pytest.approx(np.log(10) / 50, rel=1e-12)


@pytest.mark.parametrize(
    "plan", [single(4, 4), single(5, 2, 6), SamplingPlan((2, 100), (2, 5), (4, 6))], ids=repr
)
def test_a_plan_that_accepts_every_lot_has_no_such_quality(plan):
    assert probability_of_acceptance(plan, 1.0) == 1
    with pytest.raises(ValueError, match="accepts every lot"):
        quality_at_acceptance(plan, 0.5)


@pytest.mark.parametrize(
    ("quality", "options", "message"),
    [
        (-0.1, {}, "fraction nonconforming from 0 to 1, got -0.1"),
        ([0.1, 2.5], {}, "got 2.5"),
        (np.nan, {}, "got nan"),
        (np.inf, {"distribution": "poisson"}, "finite and at least 0, got inf"),
        (5, {"distribution": "hypergeometric"}, "lot_size is needed"),
        (5, {"distribution": "hypergeometric", "lot_size": 79}, "inspect all items"),
        (5.5, {"distribution": "hypergeometric", "lot_size": 100}, "whole number of nonconforming"),
        (101, {"distribution": "hypergeometric", "lot_size": 100}, "from 0 to lot_size = 100"),
        (0.1, {"distribution": "normal"}, "distribution must be"),
    ],
)
def test_what_is_refused(quality, options, message):
    for function in (probability_of_acceptance, producers_risk, average_sample_number):
        with pytest.raises(ValueError, match=message):
            function(single(80, 5), quality, **options)


@pytest.mark.parametrize("lot_size", [100.5, np.nan, "100"])
def test_a_lot_is_a_whole_number_of_items(lot_size):
    with pytest.raises(TypeError, match="lot_size must be a whole number"):
        probability_of_acceptance(
            single(80, 5), 5, distribution="hypergeometric", lot_size=lot_size
        )


def test_more_refusals():
    with pytest.raises(ValueError, match="strictly between 0 and 1"):
        quality_at_acceptance(single(80, 5), [0.5, 1.0])
    with pytest.raises(ValueError, match="whole items and seldom meets"):
        quality_at_acceptance(single(80, 5), 0.5, distribution="hypergeometric")
    with pytest.raises(ValueError, match="curtailed needs distribution='binomial'"):
        average_sample_number(DOUBLE, 0.1, distribution="poisson", curtailed=True)


def test_the_walk_itself_adds_up():
    """The oracle of this file: accepted and refused share everything, whatever the chances."""
    for plan in SMALL_PLANS:
        right = walk(plan, lambda x, n, *_: exact.Fraction(1, n + 1))
        assert right.accepted + right.refused == 1
