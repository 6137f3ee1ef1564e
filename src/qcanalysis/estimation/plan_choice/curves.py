"""Operating characteristics of a choice, exact in the lot."""

from __future__ import annotations

from qcanalysis.estimation.plan_choice.choice import PlanChoice
from qcanalysis.sampling.curve import OperatingCharacteristic, operating_characteristics
from qcanalysis.sampling.decisions import Plan
from qcanalysis.sampling.plan_words import plan_mark
from qcanalysis.sampling.two_point_design import Design

BEYOND = 1.6  # times the poor quality: where the curves are nearly down
CONTRASTS = ("accept zero, table", "skip-lot over today's plan")


def choice_curves(choice: PlanChoice) -> list[OperatingCharacteristic]:
    """Curves of the recommended plan, today's, and two of another kind for contrast."""
    by_name = {one.name: one for one in choice.plans}
    shown = [choice.recommended, choice.today]
    shown += [by_name[name] for name in CONTRASTS if name in by_name]
    plans = {f"{one.name}: {plan_mark(one.plan)}": one.plan for one in shown}
    return _in_lot(plans, choice.question.lot_size, choice.question.consumer.quality)


def design_curves(design: Design, lot_size: int) -> list[OperatingCharacteristic]:
    """Curves of the plan for two wishes and of those one item smaller."""
    plans: dict[str, Plan] = {f"{plan_mark(design.plan)}: keeps both": design.plan}
    plans |= {f"{plan_mark(one.plan)}: fails": one.plan for one in design.smaller_plans}
    return _in_lot(plans, lot_size, design.consumer.quality)


def _in_lot(
    plans: dict[str, Plan], lot_size: int, poor_quality: float
) -> list[OperatingCharacteristic]:
    worst = min(BEYOND * poor_quality, 1.0)
    return operating_characteristics(
        plans, lot_size=lot_size, worst_quality=worst, distribution="hypergeometric"
    )
