"""How far the choice rests on the costs stated, and what one more visit is worth."""

from __future__ import annotations

import pandas as pd

from qcanalysis.estimation.cost_range import COSTS, cost_range, value_of_visit
from qcanalysis.estimation.least_cost import PlanSearch
from qcanalysis.estimation.lot_cost import LotCosts
from qcanalysis.estimation.plan_choice.choice import PlanChoice
from qcanalysis.estimation.remainder import BetaPrior
from qcanalysis.sampling.plan import SamplingPlan

IN_WORDS = {
    "per_item": "a piece inspected",
    "per_visit": "a visit",
    "per_bad_item_shipped": "a bad piece shipped",
    "per_rejected_lot": "a refused lot",
    "per_rejected_good_lot": "a good lot refused, on top",
    "per_item_screened": "a piece of a refused lot sorted",
}


def cost_range_table(search: PlanSearch, choice: PlanChoice) -> pd.DataFrame:
    """Costs between which today's plan is right, each moved alone.

    Returns
    -------
    A row for each cost that is not 0: ``cost_of, stated_cost, right_from, right_to`` (inf where
    there is no end, NaN both where no value makes it right) and ``is_right``: at the value
    stated. Right means at most the margin above the cheapest single plan or way.
    """
    plan = choice.today.plan
    assert isinstance(plan, SamplingPlan)  # today's is a single plan of the standard
    rows = []
    for name in COSTS:
        if not getattr(choice.costs, name):
            continue
        found = cost_range(search, plan, choice.costs, name, margin=choice.margin)
        rows.append(
            {
                "cost_of": IN_WORDS[name],
                "stated_cost": found.stated,
                "right_from": found.lower,
                "right_to": found.upper,
                "is_right": found.holds,
            }
        )
    return pd.DataFrame(rows).astype({"right_from": float, "right_to": float})


def visit_table(
    prior: BetaPrior, lot_size: int, costs: LotCosts, plan: SamplingPlan
) -> pd.DataFrame:
    """What a visit is worth before anything was inspected, and after results of the plan.

    Returns
    -------
    A row for no visit yet and for counts around Ac: ``known`` (what was found so far),
    ``mean_quality`` (defective, expected in the rest), ``information`` (saved on average by
    the better decision), ``visit`` (its cost), ``net`` and ``is_worth``. The visit inspects
    as many further items as the plan's sample.
    """
    size, limit = plan.sample_size, plan.acceptance_number
    counts = sorted({max(limit - 3, 0), limit, limit + 1, limit + 4})
    known = [("nothing yet", prior, lot_size)]
    known += [
        (f"{count} of {size:,}", prior.updated(count, size), lot_size - size)
        for count in counts
        if count <= size < lot_size
    ]
    rows = []
    for found, after, rest in known:
        items = min(size, rest - 1)
        search = PlanSearch(after, rest, good_quality=costs.good_quality, largest_sample_size=items)
        value = value_of_visit(search, costs, items)
        rows.append(
            {
                "known": found,
                "mean_quality": after.mean,
                "information": value.information,
                "visit": value.visit,
                "net": value.net,
                "is_worth": value.net > 0,
            }
        )
    return pd.DataFrame(rows)
