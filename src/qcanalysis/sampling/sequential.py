"""Sequential sampling by attributes: Wald's plan item by item, truncated, with exact figures."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from qcanalysis.sampling.decisions import Decisions
from qcanalysis.sampling.design import (
    ROUNDING,
    attained_risks,
    check_order,
    find_plan,
    nonconforming_in_lot,
)
from qcanalysis.sampling.distributions import Array, Distribution
from qcanalysis.sampling.plan import RiskPoint, whole_number

TRUNCATION = 1.5  # times the sample size of the single plan with the same two points
LONGEST_SEARCH = 4  # times that sample size: further out hardly a lot is left undecided
STRICTER = 0.97  # step by which a nominal risk that Wald's lines exceed is lowered

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, repr=False)
class SequentialPlan:
    """A sequential sampling plan by attributes, decided after every item, truncated.

    After k items with d nonconforming the lot is accepted when d is at most
    -h_A + g k and refused when d is at least h_R + g k; sampling goes on in
    between. At the last item the acceptance number alone decides, and a count
    above it refuses the lot as soon as it is reached.

    Parameters
    ----------
    slope
        g of both lines, between 0 and 1 [nonconforming items per item].
    acceptance_intercept, rejection_intercept
        h_A and h_R, above 0 [nonconforming items].
    sample_size
        Items at which the plan stops at the latest.
    acceptance_number
        Ac at that point, on or between the lines.

    Raises
    ------
    ValueError
        If the lines cross or leave the acceptance number outside.

    References
    ----------
    Wald, Sequential Analysis, 1947, ch. 5; ISO 28801:2011 (lines and truncation).

    Examples
    --------
    >>> plan = wald_plan(RiskPoint(0.01, 0.95), RiskPoint(0.06, 0.10))   # Montgomery, 15.3.3
    >>> plan
    SequentialPlan(accept d <= -1.22 + 0.0281 k, reject d >= 1.57 + 0.0281 k, at 165 items 4/5)
    """

    slope: float
    acceptance_intercept: float
    rejection_intercept: float
    sample_size: int
    acceptance_number: int

    def __post_init__(self) -> None:
        if not 0 < self.slope < 1:
            raise ValueError(f"slope must lie strictly between 0 and 1, got {self.slope!r}")
        for name in ("acceptance_intercept", "rejection_intercept"):
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be above 0 and finite, got {getattr(self, name)!r}")
        last = whole_number("sample_size", self.sample_size, least=1)
        object.__setattr__(self, "sample_size", last)
        limit = whole_number("acceptance_number", self.acceptance_number, least=0)
        object.__setattr__(self, "acceptance_number", limit)
        accepting, refusing = _lines(self, last)
        if not max(accepting[-1], 0) <= limit < refusing[-1]:
            raise ValueError(
                f"acceptance_number must lie between the lines at {last} items, from "
                f"{max(accepting[-1], 0)} to {refusing[-1] - 1}, got {limit}"
            )

    def __repr__(self) -> str:
        """Both lines and the truncation."""
        return (
            f"SequentialPlan(accept d <= -{self.acceptance_intercept:.3g} + {self.slope:.3g} k, "
            f"reject d >= {self.rejection_intercept:.3g} + {self.slope:.3g} k, "
            f"at {self.sample_size} items {self.acceptance_number}/{self.acceptance_number + 1})"
        )

    def decision_numbers(self) -> tuple[Counts, Counts]:
        """Acceptance and rejection number after each item, from the first to the last.

        Returns
        -------
        Two whole-number arrays of length ``sample_size``: -1 where acceptance is
        not permitted yet; a rejection number above the items drawn cannot be reached.
        """
        accepting, refusing = _lines(self, self.sample_size)
        refusing = np.minimum(refusing, self.acceptance_number + 1)
        accepting[-1], refusing[-1] = self.acceptance_number, self.acceptance_number + 1
        return accepting, refusing

    def decisions(
        self, quality: Array, distribution: Distribution, lot_size: int | None
    ) -> Decisions:
        """Decisions after each item, exact: the distribution of the number of items drawn.

        Binomial, or hypergeometric from what is left of the lot. Raises ValueError for "poisson".
        """
        if distribution == "poisson":
            raise ValueError(
                "a sequential plan counts nonconforming items one by one, got "
                "distribution='poisson': an item with many nonconformities would jump the lines; "
                "use 'binomial', or a SamplingPlan"
            )
        in_lot = lot_size if distribution == "hypergeometric" else None
        accepted = np.zeros((self.sample_size, quality.size))
        refused = np.zeros_like(accepted)
        for step in _steps(*self.decision_numbers(), quality, in_lot):
            accepted[step.drawn - 1], refused[step.drawn - 1] = step.accepted, step.refused
        return Decisions(np.arange(1.0, self.sample_size + 1), accepted, refused)


def _lines(plan: SequentialPlan, last: int) -> tuple[Counts, Counts]:
    """Whole counts on the lines after 1, ..., last items, without truncation."""
    level = plan.slope * np.arange(1, last + 1)
    accepting = np.floor(level - plan.acceptance_intercept + ROUNDING).astype(np.int64)
    refusing = np.ceil(level + plan.rejection_intercept - ROUNDING).astype(np.int64)
    return np.maximum(accepting, -1), np.maximum(refusing, 1)


@dataclass(frozen=True)
class _Step:
    """State after one item; arrays over the qualities, ``going`` with a row for each count."""

    drawn: int
    accepted: Array
    refused: Array
    first_count: int
    going: Array


def _steps(
    accepting: Counts, refusing: Counts, quality: Array, lot_size: int | None
) -> Iterator[_Step]:
    """Probability of every undecided count, item by item, for all qualities at once.

    Only counts between the lines are carried, and only products and sums of
    positive terms are formed: the error grows with the items, not with the paths.
    """
    state = np.zeros((int(refusing[-1]) + 2, quality.size))
    state[0] = 1.0
    nothing = np.zeros(quality.size)
    low, high = 0, 1  # counts low <= d < high are undecided
    found, good = np.empty_like(state), np.empty_like(state)
    rest = 1 - quality
    bad = quality - np.arange(state.shape[0])[:, None]  # below 0 only where the state is 0
    for drawn, (limit, rejection) in enumerate(
        zip(accepting.tolist(), refusing.tolist(), strict=True), start=1
    ):
        here, hit = state[low:high], found[low:high]
        if lot_size is None:
            np.multiply(here, quality, out=hit)
            here *= rest
        else:
            remaining = lot_size - drawn + 1
            here /= remaining
            np.multiply(here, bad[low:high], out=hit)
            here *= np.subtract(remaining, bad[low:high], out=good[low:high])
        state[low + 1 : high + 1] += hit
        accepted = refused = nothing
        if limit >= low:
            accepted = state[low : limit + 1].sum(axis=0)
            low = limit + 1
        if rejection <= high:
            refused = state[rejection : high + 1].sum(axis=0)
            state[rejection : high + 1] = 0.0
        high = min(rejection, high + 1)
        yield _Step(drawn, accepted, refused, low, state[low:high])
        if low >= high:
            return


def wald_plan(
    producer: RiskPoint, consumer: RiskPoint, *, sample_size: int | None = None
) -> SequentialPlan:
    """Wald's sequential plan for two risk points, truncated.

    With α = 1 - Pa of the producer's point, β = Pa of the consumer's and
    G = ln(p2 / p1) + ln((1 - p1) / (1 - p2)): h_A = ln((1 - α) / β) / G,
    h_R = ln((1 - β) / α) / G, g = ln((1 - p1) / (1 - p2)) / G.
    Both risks are nominal: counts overshoot a line, and truncation adds its error.
    `attained_risks` has the exact ones, `find_sequential_plan` a plan that keeps both.

    Parameters
    ----------
    producer, consumer
        Good and poor quality as fractions nonconforming, with the probability of
        acceptance wanted at least and at most.
    sample_size
        Items at which the plan stops at the latest; None: 1.5 times the sample
        size of the single plan with the same points, rounded up (ISO 28801).

    Returns
    -------
    The plan; its Ac at the last item is g times that number, rounded down.

    References
    ----------
    Wald 1947, 5.3; ISO 28801:2011.

    Examples
    --------
    >>> plan = wald_plan(RiskPoint(0.01, 0.95), RiskPoint(0.10, 0.10))     # NIST 6.2.6
    >>> round(plan.acceptance_intercept, 3), round(plan.rejection_intercept, 3)
    (0.939, 1.205)
    """
    check_order(producer, consumer, "binomial")
    if consumer.quality == 1:
        raise ValueError(
            "a lot of nothing but nonconforming items is told by its first one: consumer's "
            "quality must be below 1, got 1.0"
        )
    if sample_size is None:
        sample_size = math.ceil(TRUNCATION * find_plan(producer, consumer).sample_size)
    missed, passed = 1 - producer.probability_of_acceptance, consumer.probability_of_acceptance
    return _wald(producer.quality, missed, consumer.quality, passed, sample_size)


def _wald(good: float, missed: float, poor: float, passed: float, last: int) -> SequentialPlan:
    """Wald's lines for nominal risks, truncated between them as near to the slope as can be."""
    fall = math.log1p(-good) - math.log1p(-poor)
    gain = math.log(poor / good) + fall
    slope = fall / gain
    accept, refuse = math.log((1 - missed) / passed) / gain, math.log((1 - passed) / missed) / gain
    return SequentialPlan(slope, accept, refuse, last, math.floor(slope * last + ROUNDING))


def find_sequential_plan(
    producer: RiskPoint, consumer: RiskPoint, *, lot_size: int | None = None
) -> SequentialPlan:
    """Wald's plan with the earliest truncation that keeps both risks exactly.

    Parameters
    ----------
    producer, consumer
        As in `find_plan`: fractions nonconforming. In a lot the producer's quality is
        rounded down to whole items and the consumer's up.
    lot_size
        Items in the lot; None for a lot much larger than the sample.

    Returns
    -------
    Wald's lines, stopped at the fewest items at which some Ac between them keeps both
    points. Where the lines alone miss a point (they are approximations), its nominal
    risk is lowered by 3 % at a time until they do not.

    Raises
    ------
    ValueError
        As `find_plan`; and if the consumer's quality is 1.

    Examples
    --------
    >>> find_sequential_plan(RiskPoint(0.01, 0.95), RiskPoint(0.06, 0.10))
    SequentialPlan(accept d <= -1.22 + 0.0281 k, reject d >= 1.57 + 0.0281 k, at 140 items 3/4)
    """
    single = wald_plan(producer, consumer)
    longest = math.ceil(LONGEST_SEARCH / TRUNCATION * single.sample_size)
    quality = np.array([producer.quality, consumer.quality])
    if lot_size is not None:
        quality = np.array(nonconforming_in_lot(producer, consumer, lot_size), dtype=float)
        longest = min(longest, lot_size)
    missed, passed = 1 - producer.probability_of_acceptance, consumer.probability_of_acceptance
    while True:
        lines = _wald(producer.quality, missed, consumer.quality, passed, longest)
        found = _earliest(lines, quality, producer, consumer, lot_size)
        if found is not None:
            return found
        risks = attained_risks(lines, producer, consumer, lot_size=lot_size)
        if risks.producers_risk > 1 - producer.probability_of_acceptance:
            missed *= STRICTER
        if risks.consumers_risk > consumer.probability_of_acceptance:
            passed *= STRICTER


def _earliest(
    lines: SequentialPlan,
    quality: Array,
    producer: RiskPoint,
    consumer: RiskPoint,
    lot_size: int | None,
) -> SequentialPlan | None:
    """Earliest truncation of the lines at which some Ac keeps both points, if any does."""
    often = producer.probability_of_acceptance * (1 - ROUNDING)
    seldom = consumer.probability_of_acceptance * (1 + ROUNDING)
    accepted = np.zeros(2)
    for step in _steps(*_lines(lines, lines.sample_size), quality, lot_size):
        accepted = accepted + step.accepted
        if accepted[1] > seldom:
            return None
        at_most = accepted + np.vstack([np.zeros(2), step.going.cumsum(axis=0)])
        kept = (at_most[:, 0] >= often) & (at_most[:, 1] <= seldom)
        limit = step.first_count - 1 + int(np.argmax(kept))
        if kept.any() and limit >= 0:
            return replace(lines, sample_size=step.drawn, acceptance_number=limit)
    return None


@dataclass(frozen=True)
class Instruction:
    """What an inspector does from one item to another; None: no such decision is possible."""

    from_item: int
    to_item: int
    accept_at_most: int | None
    reject_at_least: int | None


def instructions(plan: SequentialPlan) -> list[Instruction]:
    """Decision table for the inspector: the plan's two numbers over runs of items.

    Examples
    --------
    >>> plan = wald_plan(RiskPoint(0.01, 0.95), RiskPoint(0.10, 0.10))
    >>> [row for row in instructions(plan) if row.from_item <= 24 <= row.to_item]   # NIST 6.2.6
    [Instruction(from_item=24, to_item=45, accept_at_most=0, reject_at_least=3)]
    """
    rows: list[Instruction] = []
    for item, (limit, rejection) in enumerate(
        zip(*(numbers.tolist() for numbers in plan.decision_numbers()), strict=True), start=1
    ):
        accept = limit if limit >= 0 else None
        reject = rejection if rejection <= item else None
        start = item
        if rows and (rows[-1].accept_at_most, rows[-1].reject_at_least) == (accept, reject):
            start = rows.pop().from_item
        rows.append(Instruction(start, item, accept, reject))
    return rows
