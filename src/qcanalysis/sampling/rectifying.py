"""Dodge-Romig plans: least inspection where lots not accepted are sorted in full."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from qcanalysis.sampling.design import ROUNDING, smallest_sample_size
from qcanalysis.sampling.isolated import CONSUMERS_RISK, nonconforming_items
from qcanalysis.sampling.plan import SamplingPlan, whole_number
from qcanalysis.sampling.rectification import (
    average_outgoing_quality_limit,
    average_total_inspection,
)


@dataclass(frozen=True)
class RectifyingPlan:
    """Single plan with the least average total inspection, made by `find_rectifying_plan`.

    Parameters
    ----------
    plan, lot_size, process_average
        The plan, and what it was found for.
    average_total_inspection
        Mean items inspected per lot at the process average, lots not accepted in full.
    average_outgoing_quality_limit
        Worst mean fraction nonconforming that goes out, whatever comes in.
    """

    plan: SamplingPlan
    lot_size: int
    process_average: float
    average_total_inspection: float
    average_outgoing_quality_limit: float


def find_rectifying_plan(
    lot_size: int,
    process_average: float,
    *,
    limiting_quality: float | None = None,
    consumers_risk: float = CONSUMERS_RISK,
    outgoing_quality_limit: float | None = None,
) -> RectifyingPlan:
    """Single plan that inspects least at the process average and protects as stated.

    Parameters
    ----------
    lot_size
        Items in the lot.
    process_average
        Fraction nonconforming that the supplier usually delivers.
    limiting_quality
        LTPD: a lot with this fraction nonconforming (rounded up to whole items) is
        accepted at most as often as ``consumers_risk``; hypergeometric.
    outgoing_quality_limit
        AOQL: the mean fraction nonconforming going out never exceeds it, nonconforming
        items found being replaced; binomial. Give this or ``limiting_quality``.

    Returns
    -------
    The plan with the smallest average total inspection over every Ac and n, and then
    the smallest n. Dodge and Romig's tables give the same Ac and n to within a few
    items: they were made with Poisson sums, for ranges of lots, and round n to fives.

    Raises
    ------
    ValueError
        If both or none of the protections are given, or the process average is not
        better than the protection: then every lot would be sorted.

    References
    ----------
    Dodge and Romig, Sampling Inspection Tables, 2nd ed., 1959.

    Examples
    --------
    >>> find_rectifying_plan(5_000, 0.0025, limiting_quality=0.01).plan      # printed: 770, 4
    SamplingPlan(766 4/5)
    >>> find_rectifying_plan(5_000, 0.01, outgoing_quality_limit=0.03).plan  # printed: 65, 3
    SamplingPlan(64 3/4)
    """
    whole_number("lot_size", lot_size, least=2)
    if not 0 <= process_average < 1:
        raise ValueError(f"process_average must lie from 0 to below 1, got {process_average!r}")
    if (limiting_quality is None) == (outgoing_quality_limit is None):
        raise ValueError(
            "give one protection, limiting_quality (LTPD) or outgoing_quality_limit (AOQL), got "
            f"{limiting_quality!r} and {outgoing_quality_limit!r}"
        )
    if limiting_quality is not None:
        _check_wish("limiting_quality", limiting_quality, process_average)
        _check_wish("consumers_risk", consumers_risk, 0.0)
        poor = nonconforming_items(limiting_quality, lot_size)
        size, last = _size_for_risk(poor, lot_size, consumers_risk), poor - 1
    else:
        assert outgoing_quality_limit is not None  # one of the two is given
        _check_wish("outgoing_quality_limit", outgoing_quality_limit, process_average)
        size, last = _size_for_outgoing(outgoing_quality_limit, lot_size), lot_size - 1
    plan, inspected = _least_inspection(size, last, lot_size, process_average)
    return RectifyingPlan(
        plan=plan,
        lot_size=lot_size,
        process_average=process_average,
        average_total_inspection=inspected,
        average_outgoing_quality_limit=average_outgoing_quality_limit(plan, lot_size=lot_size)[0],
    )


def _check_wish(name: str, wish: float, process_average: float) -> None:
    if not 0 < wish < 1:
        raise ValueError(f"{name} must lie strictly between 0 and 1, got {wish!r}")
    if wish <= process_average:
        raise ValueError(
            f"{name} must be above the process average {process_average:g}, got {wish:g}: no plan "
            f"saves anything there, all but every lot would be sorted. Inspect every lot in full, "
            f"or ask for {name} above {process_average:g}"
        )


def _least_inspection(
    size: Callable[[int], int], last: int, lot_size: int, process_average: float
) -> tuple[SamplingPlan, float]:
    """Best Ac: the smallest sample grows with it, and no plan inspects less than its sample."""
    best, least = SamplingPlan.single(lot_size, 0), math.inf
    for limit in range(last + 1):
        items = size(limit)
        if items >= least:
            break
        plan = SamplingPlan.single(items, limit)
        inspected = average_total_inspection(plan, process_average, lot_size=lot_size)
        if inspected < least * (1 - ROUNDING):
            best, least = plan, inspected
    return best, least


def _size_for_risk(poor: int, lot_size: int, risk: float) -> Callable[[int], int]:
    return lambda limit: smallest_sample_size(limit, poor, lot_size, risk)


def _size_for_outgoing(limit_wanted: float, lot_size: int) -> Callable[[int], int]:
    """Smallest sample per Ac, found from AOQL = y (1/n - 1/N) with y all but constant in n."""
    factor = 0.37  # Dodge and Romig's y for Ac 0; each search starts from the y of the last

    def worst(items: int, limit: int) -> float:
        if items >= lot_size:
            return 0.0  # nothing goes out uninspected
        plan = SamplingPlan.single(items, limit)
        return average_outgoing_quality_limit(plan, lot_size=lot_size)[0]

    def size(limit: int) -> int:
        nonlocal factor
        least, most = limit + 1, lot_size  # fewer items than that accept every lot
        items = 0
        while most > least:
            guess = math.ceil(1 / (limit_wanted / factor + 1 / lot_size) - ROUNDING)
            # A guess met already is the answer or off by one: close in from both sides.
            items = min(max(guess, least), most - 1) if guess != items else (least + most) // 2
            reached = worst(items, limit)
            factor = reached / (1 / items - 1 / lot_size)
            if reached > limit_wanted * (1 + ROUNDING):
                least = items + 1
            else:
                most = items
                if most > least and worst(most - 1, limit) > limit_wanted * (1 + ROUNDING):
                    least = most
        return most

    return size
