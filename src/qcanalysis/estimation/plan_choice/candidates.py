"""The plans that the next order could carry: standard, wished for, and cheapest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from qcanalysis.estimation.least_cost import PlanSearch
from qcanalysis.estimation.lot_cost import LotCosts
from qcanalysis.sampling.chain import ChainPlan, find_chain_plan
from qcanalysis.sampling.decisions import Plan
from qcanalysis.sampling.design import find_accept_zero_plan, find_plan
from qcanalysis.sampling.double_sampling import find_double_plan
from qcanalysis.sampling.isolated import limiting_quality_plan, nonconforming_items
from qcanalysis.sampling.plan import RiskPoint, SamplingPlan
from qcanalysis.sampling.rectification import average_outgoing_quality_limit
from qcanalysis.sampling.rectifying import find_rectifying_plan
from qcanalysis.sampling.sequential import find_sequential_plan
from qcanalysis.sampling.skip_lot import SkipLotPlan
from qcanalysis.sampling.standard import lookup_plan
from qcanalysis.sampling.tables import MIL_STD_105E, printed_aql
from qcanalysis.sampling.zero_acceptance import zero_acceptance_plan

CLEARANCE_NUMBER, FRACTION_INSPECTED = 8, 0.25  # of the skip-lot plan: middling, Perry 1973
CHAINED_LOTS = 2
TODAY = "as today"
SECOND_SAMPLE = "a second sample only when the first is neither good nor bad"
NONE_FOUND = "a single defective piece refuses the lot"
SORTED = "one sample; a refused lot is sorted to the last piece"


@dataclass(frozen=True)
class PlanQuestion:
    """What the plan of the next order has to deal with.

    Parameters
    ----------
    lot_size
        Items in the lot.
    aql_percent
        AQL of the order for the class in question [%].
    producer, consumer
        The two wishes: good quality with its least, poor quality with its largest
        probability of acceptance.
    inspection_level, severity
        Of the plan as it would be without any choice.
    """

    lot_size: int
    aql_percent: float
    producer: RiskPoint
    consumer: RiskPoint
    inspection_level: str = "II"
    severity: str = "normal"


@dataclass(frozen=True)
class ComparedPlan:
    """A candidate: its name, the plan, and what is different for the inspector."""

    name: str
    plan: Plan
    for_the_inspector: str


def candidate_plans(
    question: PlanQuestion, search: PlanSearch, costs: LotCosts
) -> tuple[tuple[ComparedPlan, ...], dict[str, str]]:
    """Every candidate that the lot has room for, today's plan first.

    Parameters
    ----------
    question
        Lot, AQL and the two wishes.
    search
        Search over the prior of the lot.
    costs
        For the least-cost plans.

    Returns
    -------
    The candidates, and by name the reason why another is left out: no such plan, larger
    than the lot, or the same as one already there.
    """
    found: list[ComparedPlan] = []
    left_out: dict[str, str] = {}
    recipes = (
        *_standard(question),
        *_wished(question, search.prior.mean),
        *_cheapest(search, costs),
    )
    for name, make, note in recipes:
        try:
            plan = make()
        except ValueError as error:
            left_out[name] = f"{str(error).split('; ')[0]}."  # the rest says which call to change
            continue
        same = next((other.name for other in found if plan is not None and other.plan == plan), "")
        if plan is None:
            left_out[name] = "a second sample never pays at these costs."
        elif plan.sample_size > question.lot_size:
            left_out[name] = (
                f"takes up to {plan.sample_size:,} pieces, the lot has {question.lot_size:,}."
            )
        elif same:
            left_out[name] = f"the same plan as {same!r}."
        else:
            found.append(ComparedPlan(name, plan, note))
    return tuple(found), left_out


Recipe = tuple[str, Callable[[], Plan | None], str]


def today(question: PlanQuestion) -> SamplingPlan:
    """Plan of the standard at the severity in force; a sample never exceeds its lot."""
    return _tabulated(question, question.severity)


def _tabulated(question: PlanQuestion, severity: str) -> SamplingPlan:
    cell = lookup_plan(
        question.lot_size,
        question.aql_percent,
        inspection_level=question.inspection_level,
        severity=severity,
    )
    if not cell.inspects_all:
        return cell.plan
    return SamplingPlan.single(question.lot_size, cell.plan.acceptance_number)


def _standard(question: PlanQuestion) -> Iterator[Recipe]:
    aql = f"AQL {printed_aql(question.aql_percent)}"
    lot_size, level = question.lot_size, question.inspection_level
    yield f"ISO {aql}, {question.severity}", lambda: today(question), TODAY
    if question.severity != "tightened":
        yield (
            f"ISO {aql}, tightened",
            lambda: _tabulated(question, "tightened"),
            f"{TODAY}, with a smaller Ac",
        )
    yield (
        "MIL-STD-105E double",
        lambda: (
            lookup_plan(
                lot_size,
                question.aql_percent,
                inspection_level=level,
                severity=question.severity,
                standard=MIL_STD_105E,
                sampling="double",
            ).plan
        ),
        SECOND_SAMPLE,
    )
    yield (
        "skip-lot over today's plan",
        lambda: SkipLotPlan(today(question), CLEARANCE_NUMBER, FRACTION_INSPECTED),
        f"after {CLEARANCE_NUMBER} accepted lots comes only to every fourth or so, drawn by lot",
    )
    yield (
        "accept zero, table",
        lambda: zero_acceptance_plan(lot_size, question.aql_percent).plan,
        NONE_FOUND,
    )
    yield (
        "accept zero, table, chained",
        lambda: ChainPlan(
            zero_acceptance_plan(lot_size, question.aql_percent).plan.sample_size, CHAINED_LOTS
        ),
        f"one defective piece is forgiven after {CHAINED_LOTS} clean lots: needs their results",
    )


def _wished(question: PlanQuestion, process_average: float) -> Iterator[Recipe]:
    producer, consumer, lot_size = question.producer, question.consumer, question.lot_size
    yield (
        "accept zero, for the poor lot",
        lambda: find_accept_zero_plan(consumer, lot_size=lot_size),
        NONE_FOUND,
    )
    yield (
        "isolated lot, limiting quality",
        lambda: _for_an_isolated_lot(question),
        "as today, but every lot stands alone: no switching",
    )
    yield (
        "both wishes, single",
        lambda: find_plan(producer, consumer, distribution="hypergeometric", lot_size=lot_size),
        "as today, with another n and Ac",
    )
    yield (
        "both wishes, double",
        lambda: find_double_plan(producer, consumer, lot_size=lot_size),
        SECOND_SAMPLE,
    )
    yield (
        "both wishes, sequential",
        lambda: find_sequential_plan(producer, consumer, lot_size=lot_size),
        "looks up a table after each piece and stops as soon as it decides",
    )
    yield (
        "both wishes, chain",
        lambda: _chained(question),
        "needs the results of the lots before",
    )
    yield (
        "Dodge-Romig, limiting quality",
        lambda: (
            find_rectifying_plan(
                lot_size,
                process_average,
                limiting_quality=consumer.quality,
                consumers_risk=consumer.probability_of_acceptance,
            ).plan
        ),
        SORTED,
    )
    yield (
        "Dodge-Romig, outgoing quality",
        lambda: (
            find_rectifying_plan(
                lot_size, process_average, outgoing_quality_limit=_outgoing_limit(question)
            ).plan
        ),
        SORTED,
    )


def _chained(question: PlanQuestion) -> ChainPlan:
    try:
        return find_chain_plan(question.producer, question.consumer, lot_size=question.lot_size)
    except ValueError as error:
        raise ValueError(
            "none does: forgiving one piece after clean lots is too little for qualities so close"
        ) from error


def _for_an_isolated_lot(question: PlanQuestion) -> SamplingPlan:
    """Largest plan that keeps the consumer's risk with no more items than today's plan."""
    consumer, most = question.consumer, today(question).sample_size
    plan, limit = None, 0
    while plan is None or limit < nonconforming_items(consumer.quality, question.lot_size):
        larger = limiting_quality_plan(
            question.lot_size,
            consumer.quality,
            acceptance_number=limit,
            consumers_risk=consumer.probability_of_acceptance,
        ).plan
        if plan is not None and larger.sample_size > most:
            return plan
        plan, limit = larger, limit + 1
    return plan


def _outgoing_limit(question: PlanQuestion) -> float:
    """AOQL of today's plan, for a plan that lets out no more with less inspection."""
    return average_outgoing_quality_limit(today(question), lot_size=question.lot_size)[0]


def _cheapest(search: PlanSearch, costs: LotCosts) -> Iterator[Recipe]:
    yield "least cost, single", lambda: search.single(costs).plan, "as today, with another n and Ac"
    yield "least cost, two stages", lambda: _two_stage(search, costs), SECOND_SAMPLE
    yield "least cost, accept zero", lambda: search.accept_zero(costs).plan, NONE_FOUND


def _two_stage(search: PlanSearch, costs: LotCosts) -> SamplingPlan | None:
    found = search.two_stage(costs)
    return found.plan if found else None
