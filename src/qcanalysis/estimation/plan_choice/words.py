"""The choice of a plan in words; nothing here names a sum of money."""

from __future__ import annotations

from typing import Literal

from scipy import stats

from qcanalysis.estimation.plan_choice.choice import CostedPlan, PlanChoice, share_above
from qcanalysis.estimation.remainder import BetaPrior
from qcanalysis.sampling.plan_words import plan_mark
from qcanalysis.sampling.two_point_design import Design, design_from_risks

State = Literal["good", "caution"]


def choice_in_words(choice: PlanChoice) -> tuple[str, State]:
    """Sentences that name the plan to order and say why, with their state.

    Caution where doing without a sample would cost less by more than the margin.
    """
    best, without = choice.recommended, choice.without_sampling[0]
    sentences = [f"{_start(choice)}: {_why(choice)}.", _risks(choice, best)]
    if best is not choice.today:
        sentences.append(_today(choice))
    cheapest = choice.plans[0]
    if not cheapest.keeps_wishes:
        saved = -share_above(cheapest.expected_cost, best.expected_cost)
        sentences.append(
            f"The cheapest of all, {cheapest.name!r} ({plan_mark(cheapest.plan)}), would cost "
            f"{saved:.1%} less, but does not keep both."
        )
    saved = -share_above(without[1], best.expected_cost)
    if saved > choice.margin:
        sentences.append(
            f"By the costs alone no sample is needed: to {without[0]} would cost {saved:.0%} less."
        )
    return " ".join(sentences), "caution" if saved > choice.margin else "good"


def _start(choice: PlanChoice) -> str:
    best = choice.recommended
    if best is choice.today:
        return f"Leave the plan as it is, {best.name} ({plan_mark(best.plan)})"
    return f"Put the plan {best.name!r} ({plan_mark(best.plan)}) into the next order"


def _why(choice: PlanChoice) -> str:
    best, keeping = choice.recommended, choice.keeping
    number = f"{len(keeping)} of {len(choice.plans)} candidates keep both wishes, and"
    if best is keeping[0]:
        why = f"{number} it is the cheapest of them on average"
    else:
        above = share_above(best.expected_cost, keeping[0].expected_cost)
        why = f"{number} it costs only {above:.1%} more than the cheapest, {keeping[0].name!r}"
    limit = (1 + choice.margin) * best.expected_cost
    close = sum(one.expected_cost <= limit for one in keeping) - 1
    return f"{why} ({close or 'no'} other{'' if close == 1 else 's'} within {choice.margin:.0%})"


def _risks(choice: PlanChoice, one: CostedPlan) -> str:
    question = choice.question
    good, poor = (f"{100 * p.quality:g}%" for p in (question.producer, question.consumer))
    return (
        f"It refuses a lot with {good} defective {_often(one.risks.producers_risk)} and accepts "
        f"one with {poor} {_often(one.risks.consumers_risk)}."
    )


def _today(choice: PlanChoice) -> str:
    poor = f"{100 * choice.question.consumer.quality:g}%"
    more = share_above(choice.today.expected_cost, choice.recommended.expected_cost)
    return (
        f"Today's plan ({plan_mark(choice.today.plan)}) accepts one with {poor} "
        f"{_often(choice.today.risks.consumers_risk)} and costs {abs(more):.1%} "
        f"{'more' if more >= 0 else 'less'}."
    )


def _often(risk: float) -> str:
    if risk < 1e-4:
        return "hardly ever"
    return f"in {risk:.1%} of cases" if risk >= 0.001 else "less than once in 1,000 times"


def wishes_asked(choice: PlanChoice) -> tuple[str, str]:
    """The two wishes as a buyer says them."""
    producer, consumer = choice.question.producer, choice.question.consumer
    refused = 1 - producer.probability_of_acceptance
    return (
        f"A lot with {100 * producer.quality:g}% defective is refused at most "
        f"{100 * refused:.3g}% of the time (1 lot in {1 / refused:,.3g}).",
        f"A lot with {100 * consumer.quality:g}% defective is accepted at most "
        f"{100 * consumer.probability_of_acceptance:.3g}% of the time "
        f"(1 lot in {1 / consumer.probability_of_acceptance:,.3g}).",
    )


def wished_design(choice: PlanChoice) -> Design:
    """Design behind the candidate 'both wishes, single'."""
    question = choice.question
    return design_from_risks(
        good_quality=question.producer.quality,
        reject_good_at_most=1 - question.producer.probability_of_acceptance,
        poor_quality=question.consumer.quality,
        accept_poor_at_most=question.consumer.probability_of_acceptance,
        lot_size=question.lot_size,
    )


def prior_in_words(prior: BetaPrior, source: str) -> str:
    """The prior of the next lot in a sentence.

    Examples
    --------
    >>> prior_in_words(BetaPrior(2, 98), "stated")
    'Expected in the next lot: 2.0% defective, 9 lots in 10 between 0.4% and 4.7% (stated).'
    """
    low, high = (float(stats.beta.ppf(level, prior.alpha, prior.beta)) for level in (0.05, 0.95))
    return (
        f"Expected in the next lot: {prior.mean:.1%} defective, 9 lots in 10 between {low:.1%} "
        f"and {high:.1%} ({source})."
    )
