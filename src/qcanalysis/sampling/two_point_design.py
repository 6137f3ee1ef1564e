"""A plan from two risks in a buyer's words, with the next smaller plan shown failing."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qcanalysis.sampling.design import (
    ROUNDING,
    AttainedRisks,
    attained_risks,
    find_plan,
    nonconforming_in_lot,
)
from qcanalysis.sampling.distributions import Array
from qcanalysis.sampling.oc import probability_of_acceptance, quality_at_acceptance
from qcanalysis.sampling.plan import RiskPoint, SamplingPlan, whole_number


@dataclass(frozen=True)
class SmallerPlan:
    """A plan one item smaller than the one found, and the exact risks that rule it out."""

    plan: SamplingPlan
    risks: AttainedRisks
    keeps_producers_risk: bool
    keeps_consumers_risk: bool


@dataclass(frozen=True)
class Design:
    """The smallest single plan that keeps two wishes, made by `design_from_risks`.

    Attributes
    ----------
    producer, consumer
        The two wishes as points of the operating characteristic.
    lot_size
        Items in the lot, or None for a lot much larger than the sample.
    plan, risks
        The plan and its exact risks at the two points.
    smaller_plans
        Plans with one item fewer, with the same Ac and with one less: none keeps
        both points. Empty where the plan takes a single item.
    """

    producer: RiskPoint
    consumer: RiskPoint
    lot_size: int | None
    plan: SamplingPlan
    risks: AttainedRisks
    smaller_plans: tuple[SmallerPlan, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """The design in sentences that a buyer can read out."""
        n, limit = self.plan.sample_size, self.plan.acceptance_number
        good, poor = (f"{100 * p.quality:.4g} %" for p in (self.producer, self.consumer))
        every = " That is every item of the lot." if n == self.lot_size else ""
        lines = [
            f"Inspect {_items(n)}; accept the lot with at most {limit} defective, refuse it with "
            f"{limit + 1} or more.{every}"
        ]
        if self.lot_size is not None:
            few, many = nonconforming_in_lot(self.producer, self.consumer, self.lot_size)
            lines.append(
                f"In a lot of {_items(self.lot_size)}, {good} defective means at most {few} and "
                f"{poor} at least {many}."
            )
        lines.append(
            f"A lot at {good} is refused {_how_often(self.risks.producers_risk)}; wished: at most "
            f"{_how_often(1 - self.producer.probability_of_acceptance)}."
        )
        lines.append(
            f"A lot at {poor} is accepted {_how_often(self.risks.consumers_risk)}; wished: at most "
            f"{_how_often(self.consumer.probability_of_acceptance)}."
        )
        for smaller in self.smaller_plans:
            failing = []
            if not smaller.keeps_producers_risk:
                failing.append(f"refuse a lot at {good} {_percent(smaller.risks.producers_risk)}")
            if not smaller.keeps_consumers_risk:
                failing.append(f"accept a lot at {poor} {_percent(smaller.risks.consumers_risk)}")
            lines.append(
                f"{_items(smaller.plan.sample_size)} with at most "
                f"{smaller.plan.acceptance_number} defective would {' and '.join(failing)} of the "
                "time: too often."
            )
        return tuple(lines)


class UnattainableRisksError(ValueError):
    """Two wishes that no plan within the wished effort keeps, and what is attainable.

    Attributes
    ----------
    needed
        Smallest plan that keeps both wishes.
    sample_size_limit
        Most items that may be inspected.
    smallest_consumers_risk
        Least often that the poor lot can be accepted within the limit, the producer's
        wish kept.
    nearest_poor_quality
        Best quality that can be told from the good one with both risks as wished
        [fraction nonconforming]; infinite where there is none.
    smallest_producers_risk
        Least often that the good lot can be refused within the limit, the consumer's
        wish kept; 1 where no plan keeps it.
    """

    def __init__(
        self, producer: RiskPoint, consumer: RiskPoint, lot_size: int | None, limit: int
    ) -> None:
        self.needed = _plan_for(producer, consumer, lot_size)
        self.sample_size_limit = limit
        lenient = _plans_keeping_producer(producer, consumer, lot_size, limit)
        risks = [attained_risks(plan, producer, consumer, lot_size=lot_size) for plan in lenient]
        self.smallest_consumers_risk = min((risk.consumers_risk for risk in risks), default=1.0)
        self.nearest_poor_quality = _nearest_poor_quality(lenient, consumer, lot_size)
        strict = _plans_keeping_consumer(producer, consumer, lot_size, limit)
        self.smallest_producers_risk = min(
            [
                attained_risks(plan, producer, consumer, lot_size=lot_size).producers_risk
                for plan in strict
            ],
            default=1.0,
        )
        good, poor = (f"{100 * point.quality:.4g} %" for point in (producer, consumer))
        ways = []
        if lenient:
            ways.append(
                f"accept a lot at {poor} {_percent(self.smallest_consumers_risk)} of the time"
            )
            ways.append(f"put poor_quality at {100 * self.nearest_poor_quality:.3g} % or worse")
        if strict:
            ways.append(
                f"refuse a lot at {good} {_percent(self.smallest_producers_risk)} of the time"
            )
        change = ", or ".join(ways) or "no change of one wish is enough"
        super().__init__(
            f"both wishes take {_items(self.needed.sample_size)} ({self.needed!r}) but "
            f"sample_size_limit is {limit}; within it, change one: {change}"
        )


def design_from_risks(
    *,
    good_quality: float,
    reject_good_at_most: float,
    poor_quality: float,
    accept_poor_at_most: float,
    lot_size: int | None = None,
    sample_size_limit: int | None = None,
) -> Design:
    """Smallest single plan for two wishes as a buyer says them.

    "I'd not want to reject a 1 % lot more than one time in twenty, and accept at most
    one lot in ten at 4 %."

    Parameters
    ----------
    good_quality, poor_quality
        Fractions nonconforming. In a lot the good one is rounded down to whole items and
        the poor one up.
    reject_good_at_most, accept_poor_at_most
        How often each mistake may happen, above 0; together below 1.
    lot_size
        Items in the lot, drawn without replacement: exact; None for a lot much larger
        than the sample.
    sample_size_limit
        Most items that may be inspected, as for a destructive test; None for no limit.

    Raises
    ------
    UnattainableRisksError
        If both wishes take more items than the limit; it says what is attainable.
    ValueError
        If a wish is no probability, or the two contradict each other.

    Examples
    --------
    >>> design = design_from_risks(good_quality=0.01, reject_good_at_most=1 / 20,
    ...                            poor_quality=0.04, accept_poor_at_most=1 / 10, lot_size=1000)
    >>> design.plan
    SamplingPlan(189 4/5)
    """
    for name, risk in (
        ("reject_good_at_most", reject_good_at_most),
        ("accept_poor_at_most", accept_poor_at_most),
    ):
        if not 0 < risk < 1:
            raise ValueError(
                f"{name} must lie strictly between 0 and 1, got {risk!r}: never (0) takes the "
                "inspection of every item, always (1) none"
            )
    if poor_quality <= good_quality:
        raise ValueError(
            f"poor_quality must be worse than good_quality, got {poor_quality!r} against "
            f"{good_quality!r}: raise poor_quality or lower good_quality"
        )
    if reject_good_at_most + accept_poor_at_most >= 1:
        raise ValueError(
            "reject_good_at_most and accept_poor_at_most must add up to less than 1, got "
            f"{reject_good_at_most!r} and {accept_poor_at_most!r}: drawing lots does as well; "
            "lower one"
        )
    producer = RiskPoint(good_quality, 1 - reject_good_at_most)
    consumer = RiskPoint(poor_quality, accept_poor_at_most)
    plan = _plan_for(producer, consumer, lot_size)
    if sample_size_limit is not None:
        limit = whole_number("sample_size_limit", sample_size_limit, least=1)
        if plan.sample_size > limit:
            raise UnattainableRisksError(producer, consumer, lot_size, limit)
    risks = attained_risks(plan, producer, consumer, lot_size=lot_size)
    return Design(
        producer, consumer, lot_size, plan, risks, _smaller(plan, producer, consumer, lot_size)
    )


def _plan_for(producer: RiskPoint, consumer: RiskPoint, lot_size: int | None) -> SamplingPlan:
    if lot_size is None:
        return find_plan(producer, consumer)
    return find_plan(producer, consumer, distribution="hypergeometric", lot_size=lot_size)


def _smaller(
    plan: SamplingPlan, producer: RiskPoint, consumer: RiskPoint, lot_size: int | None
) -> tuple[SmallerPlan, ...]:
    """Plans with one item fewer: the same Ac, and one less."""
    size, limit = plan.sample_size - 1, plan.acceptance_number
    found = []
    for acceptance_number in (limit, limit - 1):
        if size < 1 or acceptance_number < 0:
            continue
        smaller = SamplingPlan.single(size, acceptance_number)
        risks = attained_risks(smaller, producer, consumer, lot_size=lot_size)
        keeps = _keeps(risks, producer, consumer)
        found.append(SmallerPlan(smaller, risks, *keeps))
    return tuple(found)


def _keeps(risks: AttainedRisks, producer: RiskPoint, consumer: RiskPoint) -> tuple[bool, bool]:
    """Whether the producer's and the consumer's point are kept, each alone."""
    return (
        AttainedRisks(risks.producers_risk, 0.0).keep(producer, consumer),
        AttainedRisks(0.0, risks.consumers_risk).keep(producer, consumer),
    )


def _plans_keeping_producer(
    producer: RiskPoint, consumer: RiskPoint, lot_size: int | None, limit: int
) -> list[SamplingPlan]:
    """For each Ac, the largest sample up to the limit that keeps the producer's point."""
    plans: list[SamplingPlan] = []
    acceptance_number, low = 0, 0
    while low < limit:
        low, high = acceptance_number, limit + 1  # a sample of Ac items refuses nothing
        while high - low > 1:
            middle = (low + high) // 2
            plan = SamplingPlan.single(middle, acceptance_number)
            risks = attained_risks(plan, producer, consumer, lot_size=lot_size)
            kept = _keeps(risks, producer, consumer)[0]
            low, high = (middle, high) if kept else (low, middle)
        if low > acceptance_number:
            plans.append(SamplingPlan.single(low, acceptance_number))
        acceptance_number += 1
    return plans


def _plans_keeping_consumer(
    producer: RiskPoint, consumer: RiskPoint, lot_size: int | None, limit: int
) -> list[SamplingPlan]:
    """For each Ac, the smallest sample that keeps the consumer's point, up to the limit."""

    def keeps(size: int) -> bool:
        plan = SamplingPlan.single(size, acceptance_number)
        risks = attained_risks(plan, producer, consumer, lot_size=lot_size)
        return _keeps(risks, producer, consumer)[1]

    plans: list[SamplingPlan] = []
    acceptance_number = 0
    while acceptance_number < limit and keeps(limit):
        low, high = acceptance_number, limit  # a sample of Ac items accepts everything
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if keeps(middle) else (middle, high)
        plans.append(SamplingPlan.single(high, acceptance_number))
        acceptance_number += 1
    return plans


def _nearest_poor_quality(
    plans: list[SamplingPlan], consumer: RiskPoint, lot_size: int | None
) -> float:
    """Best quality that some of the plans accepts no more often than the consumer wishes."""
    if not plans:
        return math.inf
    if lot_size is None:
        return min(
            quality_at_acceptance(plan, consumer.probability_of_acceptance) for plan in plans
        )
    nonconforming = np.arange(lot_size + 1)
    seldom = consumer.probability_of_acceptance * (1 + ROUNDING)
    return min(
        int(np.argmax(_in_lot(plan, nonconforming, lot_size) <= seldom)) / lot_size
        for plan in plans
    )


def _in_lot(plan: SamplingPlan, nonconforming: npt.NDArray[np.int64], lot_size: int) -> Array:
    return probability_of_acceptance(
        plan, nonconforming, distribution="hypergeometric", lot_size=lot_size
    )


def _items(number: int) -> str:
    return "1 item" if number == 1 else f"{number:,} items"


def _percent(risk: float) -> str:
    return f"{100 * risk:.3g} %"


def _how_often(risk: float) -> str:
    """A risk as a buyer says it: percent, and one lot in so many."""
    if risk < 1e-4:
        return "in no case" if risk <= 0 else "less than once in 10,000 lots"
    if risk > 0.5:
        return f"{_percent(risk)} of the time"
    return f"{_percent(risk)} of the time (1 lot in {_lots(1 / risk)})"


def _lots(number: float) -> str:
    """Number of lots, whole where it is nearly whole or large."""
    return (
        f"{number:,.0f}" if number >= 10 or abs(number - round(number)) < 0.05 else f"{number:.1f}"
    )
