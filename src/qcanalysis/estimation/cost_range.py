"""Over which costs a plan is the right one, and what one more visit is worth."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from qcanalysis.estimation.least_cost import PlanSearch
from qcanalysis.estimation.lot_cost import LotCosts
from qcanalysis.estimation.quality_prior import QualityPrior, below
from qcanalysis.sampling.plan import SamplingPlan, whole_number

COSTS = (
    "per_item",
    "per_visit",
    "per_bad_item_shipped",
    "per_rejected_lot",
    "per_rejected_good_lot",
    "per_item_screened",
)
BEYOND = 1e9  # times the largest cost: as good as without limit
ROUNDING = 1e-9
STEPS = 200


@dataclass(frozen=True)
class CostRange:
    """Values of one cost over which a plan stays near the cheapest, made by `cost_range`.

    Parameters
    ----------
    cost
        Name of the cost in `LotCosts`.
    stated
        Its value in the costs given.
    lower, upper
        Ends of the range; ``upper`` is inf where there is no limit. Both None where no
        value of this cost makes the plan that good.
    """

    cost: str
    stated: float
    lower: float | None
    upper: float | None

    @property
    def holds(self) -> bool:
        """Whether the stated value lies in the range."""
        return (
            self.lower is not None
            and self.upper is not None
            and self.lower <= self.stated <= self.upper
        )


def cost_range(
    search: PlanSearch,
    plan: SamplingPlan,
    costs: LotCosts,
    cost: str,
    *,
    margin: float = 0.05,
) -> CostRange:
    """Values of one cost for which a plan costs at most a margin more than the cheapest way.

    Parameters
    ----------
    search
        Search over the same prior and lot.
    plan
        The plan in question, e.g. the ISO plan.
    costs
        All costs; the one in question is moved from 0 upwards, the others stay.
    cost
        Which one, by its name in `LotCosts`.
    margin
        Share of the least cost that counts as nothing; 0 asks for the cheapest itself.

    Returns
    -------
    One range: the expected cost of a plan is a straight line in each cost, and the
    cheapest of all is concave, so the difference crosses the margin at most twice.

    Notes
    -----
    Exact, against every single plan and every way without a sample: from outside the
    range the crossing with the plan that is cheapest there is a bound, and repeating
    this reaches the end in a few steps (Newton's method on a convex polygon).
    """
    if cost not in COSTS:
        raise ValueError(f"cost must be one of {', '.join(COSTS)}, got {cost!r}")
    if not 0 <= margin < math.inf:
        raise ValueError(f"margin must be at least 0, got {margin!r}")
    if cost == "per_rejected_good_lot" and not costs.good_quality:
        raise ValueError("per_rejected_good_lot needs good_quality: up to which fraction is good?")
    own = search.candidate("", plan, costs).expectation

    def excess(value: float) -> tuple[float, float]:
        """Cost above the margin at a value, and its slope there."""
        there = replace(costs, **{cost: value})
        cheapest = search.least(there).expectation
        return (
            own.cost(there) - (1 + margin) * cheapest.cost(there),
            _per_unit(own.cost, there, cost) - (1 + margin) * _per_unit(cheapest.cost, there, cost),
        )

    stated = float(getattr(costs, cost))
    others = [value for name in COSTS if name != cost and (value := getattr(costs, name))]
    if not others:
        raise ValueError(f"every cost but {cost} is 0: then its size changes nothing")
    tolerance = ROUNDING * own.cost(costs)
    lower = _crossing(excess, 0.0, tolerance, rising=False)
    if lower is None:
        return CostRange(cost, stated, None, None)
    outside, limit = max(lower, max(others)), BEYOND * max(others)
    while outside < limit and excess(outside)[0] <= tolerance:
        outside *= 4
    if outside >= limit:
        return CostRange(cost, stated, lower, math.inf)
    upper = _crossing(excess, outside, tolerance, rising=True)
    return CostRange(cost, stated, lower, lower if upper is None else max(lower, upper))


def _per_unit(cost_of: Callable[[LotCosts], float], costs: LotCosts, name: str) -> float:
    """What one more unit of a cost adds; the expected cost is a straight line in it."""
    step = max(float(getattr(costs, name)), 1.0)
    more = replace(costs, **{name: getattr(costs, name) + step})
    return (cost_of(more) - cost_of(costs)) / step


def _crossing(
    excess: Callable[[float], tuple[float, float]], start: float, tolerance: float, *, rising: bool
) -> float | None:
    """Where a convex function comes down to 0, from outside; None if it never does."""
    value = start
    for _ in range(STEPS):
        above, slope = excess(value)
        if above <= max(tolerance, ROUNDING * abs(slope * value)):
            return value
        if slope <= 0 if rising else slope >= 0:
            return None
        value -= above / slope
        if value < 0:
            return None
    raise AssertionError("Newton's method on a convex polygon ends")  # pragma: no cover


@dataclass(frozen=True)
class VisitValue:
    """What one more visit is worth before a lot is accepted or not.

    Parameters
    ----------
    sample_size
        Items inspected on it.
    information
        Cost that the better decision saves on average.
    visit
        What the visit and its items cost.
    perfect_information
        What knowing the fraction nonconforming exactly would save: no visit is worth more.
    """

    sample_size: int
    information: float
    visit: float
    perfect_information: float

    @property
    def net(self) -> float:
        """Value after the cost of the visit; below 0 it is not worth making."""
        return self.information - self.visit


def value_of_visit(search: PlanSearch, costs: LotCosts, sample_size: int) -> VisitValue:
    """Expected value of one more sample, the lot being accepted or not after it.

    Parameters
    ----------
    search
        Search with what is known now as its prior (`BetaPrior.updated` after a sample).
    sample_size
        Items inspected on the visit; bad items found are not shipped.

    References
    ----------
    Raiffa and Schlaifer, Applied Statistical Decision Theory, 1961, ch. 4 and 5.
    """
    items = whole_number("sample_size", sample_size, least=1)
    if items > search.largest:
        raise ValueError(
            f"sample_size must be at most {search.largest}, the largest of the search, got {items}"
        )
    accept, reject, _ = (one.expected_cost for one in search.without_sampling(costs))
    now = min(accept, reject)
    visit = costs.per_visit + costs.per_item * items
    later = search.decided_costs(costs)[items]
    return VisitValue(
        sample_size=items,
        information=max(now - float(later), 0.0),
        visit=visit,
        perfect_information=max(now - _known_cost(search.prior, search.lot_size, costs), 0.0),
    )


def _known_cost(prior: QualityPrior, lot_size: int, costs: LotCosts) -> float:
    """Expected cost if every lot were accepted or not with its fraction nonconforming known."""
    bad = costs.per_bad_item_shipped * lot_size
    refusal = costs.per_rejected_lot + costs.per_item_screened * lot_size
    if bad == 0:
        return 0.0
    # Accept up to the break-even quality; a good lot may be accepted a little beyond it.
    limit = refusal / bad
    if limit < costs.good_quality:
        limit = min(costs.good_quality, limit + costs.per_rejected_good_lot / bad)
    inside, mean = below(prior, limit)
    good = max(below(prior, costs.good_quality)[0] - inside, 0.0)
    return bad * mean + refusal * (1 - inside) + costs.per_rejected_good_lot * good
