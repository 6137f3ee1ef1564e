"""Reverse check of a claimed sort: rates recovered, limits that cover, sizes that are enough."""

import itertools

import numpy as np
import pytest
from scipy import stats

from qcanalysis.estimation import nonconforming_remainder
from qcanalysis.recovery.reinspection.reverse_check import (
    StockSample,
    reverse_check,
    reverse_check_plan,
)


def sorted_stocks(
    rng: np.random.Generator, *, quantity: int, bad: int, sensitivity: float, false_reject: float
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Pieces and bad pieces of the passed and the rejected stock of one simulated sort."""
    caught = int(rng.binomial(bad, sensitivity))
    thrown = int(rng.binomial(quantity - bad, false_reject))
    rejected = caught + thrown
    return (quantity - rejected, bad - caught), (rejected, caught)


def sampled(rng: np.random.Generator, stock: tuple[int, int], size: int) -> StockSample:
    quantity, bad = stock
    return StockSample(quantity, size, int(rng.hypergeometric(bad, quantity - bad, size)))


def test_r76_known_rates_are_recovered_in_simulation() -> None:
    rng = np.random.default_rng(1)
    misses, false_rejects, covered, repeats = [], [], 0, 50
    for _ in range(repeats):
        passed, rejected = sorted_stocks(
            rng, quantity=8000, bad=400, sensitivity=0.70, false_reject=0.03
        )
        check = reverse_check(sampled(rng, passed, 800), sampled(rng, rejected, 250))
        assert check.miss_rate is not None
        assert check.false_reject_rate is not None
        true_miss = passed[1] / (passed[1] + rejected[1])
        true_false = (rejected[0] - rejected[1]) / (8000 - 400)
        misses.append(check.miss_rate.estimate - true_miss)
        false_rejects.append(check.false_reject_rate.estimate - true_false)
        covered += (
            check.miss_rate.lower <= true_miss <= check.miss_rate.upper
            and check.false_reject_rate.lower <= true_false <= check.false_reject_rate.upper
        )
    for errors in (misses, false_rejects):
        assert abs(np.mean(errors)) < 4 * np.std(errors) / np.sqrt(repeats) + 0.003
    assert covered / repeats >= 0.95


@pytest.mark.parametrize(("bad_passed", "bad_rejected"), [(0, 6), (3, 5), (7, 2), (1, 1), (12, 0)])
def test_r76_limits_cover_at_least_as_often_as_stated(bad_passed: int, bad_rejected: int) -> None:
    covered = 0.0
    true = bad_passed / (bad_passed + bad_rejected)
    for one, other in itertools.product(range(16), range(8)):
        chance = stats.hypergeom.pmf(one, 40, bad_passed, 15) * stats.hypergeom.pmf(
            other, 12, bad_rejected, 7
        )
        if chance == 0:
            continue
        rate = reverse_check(
            StockSample(40, 15, one), StockSample(12, 7, other), confidence_level=0.90
        ).miss_rate
        assert rate is not None
        covered += chance * (rate.lower <= true <= rate.upper)
    assert covered >= 0.90


def test_r76_stocks_inspected_in_full_tell_the_rates_exactly() -> None:
    check = reverse_check(StockSample(900, 900, 9), StockSample(100, 100, 27))
    assert check.miss_rate is not None
    assert check.false_reject_rate is not None
    assert (check.miss_rate.lower, check.miss_rate.estimate, check.miss_rate.upper) == (
        0.25,
        0.25,
        0.25,
    )
    assert check.false_reject_rate.estimate == pytest.approx(73 / (73 + 891))
    assert check.bad_in_passed.mean == 0


def test_r76_what_the_passed_stock_still_holds() -> None:
    check = reverse_check(StockSample(7600, 400, 4), StockSample(400, 100, 50))
    expected = nonconforming_remainder(4, 400, lot_size=7600)
    assert check.bad_in_passed.interval(0.90) == expected.interval(0.90)


def test_r76_without_rejected_stock_the_rates_cannot_be_told() -> None:
    for rejected in (None, StockSample(0, 0, 0)):
        check = reverse_check(StockSample(7600, 400, 0), rejected)
        assert check.miss_rate is None
        assert check.reason.startswith("cannot tell: rejected stock needed")
        assert check.bad_in_passed.mean > 0


def test_r76_a_table_of_good_samples_proves_nothing() -> None:
    check = reverse_check(StockSample(7600, 400, 0), StockSample(400, 100, 0))
    assert check.miss_rate is not None
    assert check.miss_rate.estimate is None
    assert check.miss_rate.upper == 1.0
    assert check.reason == "no bad piece in either sample"


def test_t5_a_pass_does_not_prove_the_sort() -> None:
    # A sort that catches 70 % of 291 leaves about 90 of 8,000, and a 200-piece sample sees two.
    check = reverse_check(StockSample(7700, 200, 2), StockSample(300, 100, 68))
    assert check.miss_rate is not None
    assert check.miss_rate.upper > 0.5
    assert check.bad_in_passed.interval(0.90)[1] > 90


@pytest.mark.parametrize("half_width", [0.05, 0.10, 0.20])
def test_r76_the_plan_gives_the_wanted_precision_at_the_expected_counts(half_width: float) -> None:
    plan = reverse_check_plan(
        7600,
        400,
        expected_fraction_passed=0.012,
        expected_fraction_rejected=0.5,
        half_width=half_width,
    )
    assert plan.expected_half_width <= half_width
    check = reverse_check(
        StockSample(7600, plan.passed_sample_size, round(0.012 * plan.passed_sample_size)),
        StockSample(400, plan.rejected_sample_size, round(0.5 * plan.rejected_sample_size)),
    )
    assert check.miss_rate is not None
    assert (check.miss_rate.upper - check.miss_rate.lower) / 2 == plan.expected_half_width


def test_r76_more_precision_needs_more_pieces() -> None:
    sizes = [
        reverse_check_plan(
            7600,
            400,
            expected_fraction_passed=0.012,
            expected_fraction_rejected=0.5,
            half_width=width,
        )
        for width in (0.20, 0.10, 0.05, 1e-6)
    ]
    passed = [plan.passed_sample_size for plan in sizes]
    assert passed == sorted(passed)
    assert sizes[-1].passed_sample_size > 7590
    assert sizes[-1].rejected_sample_size == 400


@pytest.mark.parametrize(
    ("sample", "message"),
    [
        ((100, 0, 0), "sample_size of a stock of 100 must be at least 1"),
        ((100, 101, 0), "sample_size <= quantity"),
        ((100, 10, 11), "nonconforming_count <= sample_size"),
    ],
)
def test_impossible_samples_are_refused(sample: tuple[int, int, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        StockSample(*sample)


def test_impossible_wishes_are_refused() -> None:
    with pytest.raises(ValueError, match="passed stock must be at least 1"):
        reverse_check(StockSample(0, 0, 0), None)
    with pytest.raises(ValueError, match="half_width must lie strictly between 0 and 1"):
        reverse_check_plan(
            10, 10, expected_fraction_passed=0.1, expected_fraction_rejected=0.1, half_width=0
        )
