"""Reverse check of a claimed sort: sample what passed and what was rejected (R76).

A sort splits a lot into passed and rejected stock. It misses the bad pieces that are among the
passed, and rejects falsely the good ones among the rejected. One stock alone tells neither rate.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from qcanalysis.estimation import (
    CountDistribution,
    defect_rate_interval,
    nonconforming_remainder,
)
from qcanalysis.sampling.plan import whole_number


@dataclass(frozen=True)
class StockSample:
    """Random sample of one stock: pieces in it, pieces inspected, bad ones among these."""

    quantity: int
    sample_size: int
    nonconforming_count: int

    def __post_init__(self) -> None:
        for name in ("quantity", "sample_size", "nonconforming_count"):
            whole_number(name, getattr(self, name), least=0)
        if not self.nonconforming_count <= self.sample_size <= self.quantity:
            raise ValueError(
                "need nonconforming_count <= sample_size <= quantity, got "
                f"{self.nonconforming_count}, {self.sample_size}, {self.quantity}"
            )
        if self.quantity and not self.sample_size:
            raise ValueError(f"sample_size of a stock of {self.quantity} must be at least 1, got 0")


@dataclass(frozen=True)
class RateEstimate:
    """Estimate and confidence limits of a rate, as fractions; the estimate None at 0 of 0."""

    estimate: float | None
    lower: float
    upper: float


@dataclass(frozen=True, eq=False)
class ReverseCheck:
    """What a reverse check says of a sort, made by `reverse_check`.

    Attributes
    ----------
    miss_rate
        Share of the bad pieces that the sort let pass: 1 - its sensitivity.
    false_reject_rate
        Share of the good pieces that the sort threw out: 1 - its specificity.
    bad_in_passed
        Distribution of the bad pieces in the passed stock that nobody inspected again.
    confidence_level
        Level of the limits of either rate.
    reason
        What keeps the rates from being told, or "".
    """

    miss_rate: RateEstimate | None
    false_reject_rate: RateEstimate | None
    bad_in_passed: CountDistribution
    confidence_level: float
    reason: str


def reverse_check(
    passed: StockSample, rejected: StockSample | None, *, confidence_level: float = 0.95
) -> ReverseCheck:
    """Miss rate and false-reject rate of a sort, and what its passed stock still holds (R76).

    Parameters
    ----------
    passed, rejected
        Random samples of the two stocks; ``nonconforming_count`` is what the
        inspector calls bad, whatever the sorter said. ``rejected`` None, or
        empty: nothing was kept, and the rates cannot be told.
    confidence_level
        Coverage wanted, between 0 and 1.

    Returns
    -------
    Rates with limits, and the distribution of the bad pieces left. The limits
    join hypergeometric limits of both stocks, each at the square root of the
    level: as the samples are independent, both hold together at least as often
    as stated, and so does what follows from them.

    Notes
    -----
    With B bad pieces in a stock: miss rate = B_passed / (B_passed + B_rejected).
    It rises with the one and falls with the other, so its limits lie at opposite ends.

    Examples
    --------
    >>> check = reverse_check(StockSample(7600, 400, 4), StockSample(400, 100, 50))
    >>> round(check.miss_rate.estimate, 3), round(check.false_reject_rate.estimate, 3)
    (0.275, 0.026)
    """
    if not 0 < confidence_level < 1:
        raise ValueError(f"confidence_level must lie between 0 and 1, got {confidence_level!r}")
    if passed.quantity == 0:
        raise ValueError("quantity of the passed stock must be at least 1, got 0: nothing to check")
    left = nonconforming_remainder(
        passed.nonconforming_count, passed.sample_size, lot_size=passed.quantity
    )
    if rejected is None or rejected.quantity == 0:
        reason = "cannot tell: rejected stock needed, kept and counted (reject bins)"
        return ReverseCheck(None, None, left, confidence_level, reason)
    level = math.sqrt(confidence_level)
    bad_passed, bad_rejected = _bad_pieces(passed, level), _bad_pieces(rejected, level)
    return ReverseCheck(
        miss_rate=_rate(bad_passed, bad_rejected),
        false_reject_rate=_rate(
            _good_pieces(rejected, bad_rejected), _good_pieces(passed, bad_passed)
        ),
        bad_in_passed=left,
        confidence_level=confidence_level,
        reason="" if bad_passed[0] + bad_rejected[0] else "no bad piece in either sample",
    )


Pieces = tuple[float, float, float]


def _bad_pieces(stock: StockSample, level: float) -> Pieces:
    """Bad pieces in a stock: estimate, lower and upper limit."""
    limits = defect_rate_interval(
        stock.nonconforming_count,
        stock.sample_size,
        lot_size=stock.quantity,
        confidence_level=level,
    )
    estimate = stock.quantity * stock.nonconforming_count / stock.sample_size
    assert isinstance(limits.lower_items, int)
    assert isinstance(limits.upper_items, int)
    return estimate, limits.lower_items, limits.upper_items


def _good_pieces(stock: StockSample, bad: Pieces) -> Pieces:
    """Good pieces in a stock: estimate, lower and upper limit."""
    estimate, lower, upper = bad
    return stock.quantity - estimate, stock.quantity - upper, stock.quantity - lower


def _rate(wrong: Pieces, right: Pieces) -> RateEstimate:
    """Rate of the pieces on the wrong side among those on either side."""
    both = wrong[0] + right[0]
    return RateEstimate(
        wrong[0] / both if both else None,
        wrong[1] / (wrong[1] + right[2]) if wrong[1] else 0.0,
        wrong[2] / (wrong[2] + right[1]) if wrong[2] else 0.0,
    )


@dataclass(frozen=True)
class ReverseCheckPlan:
    """Pieces to sample from each stock, and the half-width of the miss rate then expected."""

    passed_sample_size: int
    rejected_sample_size: int
    expected_half_width: float


def reverse_check_plan(
    passed_quantity: int,
    rejected_quantity: int,
    *,
    expected_fraction_passed: float,
    expected_fraction_rejected: float,
    half_width: float,
    confidence_level: float = 0.95,
) -> ReverseCheckPlan:
    """Sample sizes that tell the miss rate of a sort with a wanted precision (R76).

    Parameters
    ----------
    passed_quantity, rejected_quantity
        Pieces in the two stocks.
    expected_fraction_passed, expected_fraction_rejected
        Fractions bad that are expected in them, above 0 and below 1.
    half_width
        Half of the wanted width of the interval of the miss rate, as a fraction.
    confidence_level
        Level of that interval.

    Returns
    -------
    Sizes in the ratio that serves the miss rate best (Neyman's allocation for
    its first-order variance), grown until the interval at the expected counts is
    narrow enough; with both stocks inspected in full its half-width is 0, so
    there always is such a plan.

    Examples
    --------
    >>> plan = reverse_check_plan(7600, 400, expected_fraction_passed=0.01,
    ...                           expected_fraction_rejected=0.5, half_width=0.10)
    >>> plan.passed_sample_size, plan.rejected_sample_size, round(plan.expected_half_width, 3)
    (2232, 225, 0.1)
    """
    fractions = {
        "expected_fraction_passed": expected_fraction_passed,
        "expected_fraction_rejected": expected_fraction_rejected,
        "half_width": half_width,
    }
    for name, value in fractions.items():
        if not 0 < value < 1:
            raise ValueError(f"{name} must lie strictly between 0 and 1, got {value!r}")
    stocks = (
        (whole_number("passed_quantity", passed_quantity, least=1), expected_fraction_passed),
        (whole_number("rejected_quantity", rejected_quantity, least=1), expected_fraction_rejected),
    )
    bad = [quantity * fraction for quantity, fraction in stocks]
    # Each stock weighs with the bad pieces of the other: d(miss)/dB_passed = B_rejected / B².
    weights = [
        other * quantity * math.sqrt(fraction * (1 - fraction))
        for other, (quantity, fraction) in zip(reversed(bad), stocks, strict=True)
    ]

    def sizes(total: float) -> list[int]:
        return [
            min(quantity, max(1, math.ceil(total * weight / sum(weights))))
            for weight, (quantity, _) in zip(weights, stocks, strict=True)
        ]

    def width(total: float) -> float:
        samples = [
            StockSample(quantity, size, round(size * fraction))
            for size, (quantity, fraction) in zip(sizes(total), stocks, strict=True)
        ]
        rate = reverse_check(*samples, confidence_level=confidence_level).miss_rate
        assert rate is not None  # both stocks hold pieces
        return (rate.upper - rate.lower) / 2

    low, high = (
        0,
        math.ceil(
            max(
                sum(weights) * stock[0] / weight
                for weight, stock in zip(weights, stocks, strict=True)
            )
        ),
    )
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if width(middle) <= half_width else (middle, high)
    passed_size, rejected_size = sizes(high)
    return ReverseCheckPlan(passed_size, rejected_size, width(high))
