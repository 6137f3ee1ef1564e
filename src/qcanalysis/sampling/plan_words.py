"""Plans in a few signs for a table, and in a sentence that an inspector can follow."""

from __future__ import annotations

from functools import singledispatch

from qcanalysis.sampling.chain import ChainPlan
from qcanalysis.sampling.decisions import Plan
from qcanalysis.sampling.plan import SamplingPlan
from qcanalysis.sampling.sequential import SequentialPlan
from qcanalysis.sampling.skip_lot import SkipLotPlan


def plan_mark(plan: Plan) -> str:
    """Sample sizes and acceptance numbers of a plan, as short as a table cell.

    Examples
    --------
    >>> plan_mark(SamplingPlan.single(200, 10)), plan_mark(ChainPlan(22, 3))
    ('200/10', '22/0, or 1 after 3 clean lots')
    >>> plan_mark(SamplingPlan((80, 80), (2, 6), (5, 7)))
    '80: 2/5; +80: 6/7'
    """
    if isinstance(plan, SamplingPlan):
        if plan.stages == 1 and plan.rejection_numbers[0] == plan.acceptance_number + 1:
            return f"{plan.sample_size}/{plan.acceptance_number}"
        stages = zip(
            plan.sample_sizes, plan.acceptance_numbers, plan.rejection_numbers, strict=True
        )
        parts = [f"{n}: {'#' if ac is None else ac}/{re}" for n, ac, re in stages]
        return "; +".join(parts)
    if isinstance(plan, SequentialPlan):
        return f"1 to {plan.sample_size}, at the end {plan.acceptance_number}"
    if isinstance(plan, ChainPlan):
        return f"{plan.sample_size}/0, or 1 after {_lots(plan.previous_lots)}"
    if isinstance(plan, SkipLotPlan):
        return f"{plan_mark(plan.reference)} on some lots"
    return repr(plan)


def _lots(number: int) -> str:
    return "a clean lot" if number == 1 else f"{number} clean lots"


@singledispatch
def plan_in_words(plan: Plan) -> str:
    """What the inspector does under a plan, in a sentence or two.

    Examples
    --------
    >>> print(plan_in_words(SamplingPlan.single(200, 10)))
    Inspect 200 pieces; accept the lot with at most 10 defective, refuse it with 11 or more.
    """
    raise TypeError(f"no words for a plan of the kind {type(plan).__name__}")


@plan_in_words.register
def _(plan: SamplingPlan) -> str:
    return " ".join(_stage(plan, number) for number in range(plan.stages))


def _stage(plan: SamplingPlan, number: int) -> str:
    limit, rejection = plan.acceptance_numbers[number], plan.rejection_numbers[number]
    so_far = " in all" if number else ""
    start = "Inspect" if not number else "Otherwise inspect"
    further = " further" if number else ""
    accept = "" if limit is None else f"accept the lot with at most {limit} defective{so_far}, "
    return (
        f"{start} {plan.sample_sizes[number]:,}{further} pieces; {accept}refuse it with "
        f"{rejection} or more{so_far if limit is None else ''}."
    )


@plan_in_words.register
def _(plan: SequentialPlan) -> str:
    return (
        "Inspect piece by piece and compare the defective ones found with the decision table "
        "after each; accept or refuse as soon as it says so. After "
        f"{plan.sample_size:,} pieces accept with at most {plan.acceptance_number} defective."
    )


@plan_in_words.register
def _(plan: ChainPlan) -> str:
    before = (
        "the lot before it held"
        if plan.previous_lots == 1
        else f"the samples of the {plan.previous_lots} lots before it held"
    )
    return (
        f"Inspect {plan.sample_size:,} pieces; accept the lot with none defective, and with one "
        f"only if {before} none; refuse it otherwise."
    )


@plan_in_words.register
def _(plan: SkipLotPlan) -> str:
    return (
        f"{plan_in_words(plan.reference)} After {plan.clearance_number} lots accepted in a row, "
        f"inspect only a share of {plan.fraction_inspected:.0%} of the lots, drawn by lot; "
        "one of them refused, and every lot is inspected again."
    )
