"""Speed of the searches behind notebook 09, each against a plain way to the same answer.

Run it with ``python benchmarks/plan_design_speed.py``. Times are medians of several
repeats within one run; every search is checked against the plain way before it is timed.
"""

from __future__ import annotations

import sys

import numpy as np
from scipy import stats

from qcanalysis.estimation.cost_range import COSTS, cost_range
from qcanalysis.estimation.least_cost import PlanSearch
from qcanalysis.estimation.lot_cost import LotCosts, expectation
from qcanalysis.estimation.remainder import BetaPrior
from qcanalysis.sampling import RiskPoint, SamplingPlan, probability_of_acceptance
from qcanalysis.sampling.rectifying import find_rectifying_plan
from qcanalysis.sampling.sequential import find_sequential_plan
from qcanalysis.sampling.switching_forecast import probability_of_discontinuation_within
from sampling_speed import Row, median_seconds, within

LOT_SIZE = 10_000
PROCESS_AVERAGE = 0.0025
LARGEST = 2_000
PRIOR = BetaPrior(2, 98)
LOT_COSTS = LotCosts(per_item=0.5, per_visit=250, per_bad_item_shipped=12, per_rejected_lot=2_500)
COSTED_ALONE = 200


def plain_ltpd_plan() -> SamplingPlan:
    """Dodge-Romig plan for LTPD 1 % by scipy over every n for each Ac, Ac by Ac."""
    size = np.arange(1, LOT_SIZE + 1)
    best, least = SamplingPlan.single(LOT_SIZE, 0), float(LOT_SIZE)
    for limit in range(LOT_SIZE):
        risk = stats.hypergeom.cdf(limit, LOT_SIZE, LOT_SIZE // 100, size)
        smallest = int(size[(risk <= 0.10) & (size > limit)][0])
        if smallest >= least:
            return best
        inspected = smallest + (LOT_SIZE - smallest) * stats.binom.sf(
            limit, smallest, PROCESS_AVERAGE
        )
        if inspected < least:
            best, least = SamplingPlan.single(smallest, limit), inspected
    return best


def rectifying() -> list[Row]:
    """Dodge-Romig searches; the LTPD one against scipy's vectorised sums."""

    def by_ltpd() -> SamplingPlan:
        return find_rectifying_plan(LOT_SIZE, PROCESS_AVERAGE, limiting_quality=0.01).plan

    def by_aoql() -> SamplingPlan:
        return find_rectifying_plan(LOT_SIZE, PROCESS_AVERAGE, outgoing_quality_limit=0.01).plan

    assert by_ltpd() == plain_ltpd_plan()
    ours, plain = median_seconds(by_ltpd, 5), median_seconds(plain_ltpd_plan, 3)
    return [
        Row(
            f"Dodge-Romig, LTPD 1 %, N 10,000: {by_ltpd()!r}",
            ours,
            f"{plain / ours:.1f} x faster than every n by scipy",
            "1 s",
            ours <= 1,
        ),
        within(f"Dodge-Romig, AOQL 1 %, N 10,000: {by_aoql()!r}", median_seconds(by_aoql, 5), 1.0),
    ]


def least_cost() -> list[Row]:
    """Least-cost plans; the single ones against costing plans one at a time."""

    def every_single() -> float:
        search = PlanSearch(PRIOR, LOT_SIZE, largest_sample_size=LARGEST)
        return float(search.single_costs(LOT_COSTS)[1].min())

    sizes = np.linspace(1, LARGEST, COSTED_ALONE).astype(int)

    def some_alone() -> list[float]:
        return [
            expectation(SamplingPlan.single(int(n), int(n) // 50), PRIOR, LOT_SIZE).cost(LOT_COSTS)
            for n in sizes
        ]

    search = PlanSearch(PRIOR, LOT_SIZE, largest_sample_size=LARGEST)
    best = search.single(LOT_COSTS)
    assert abs(every_single() - best.expected_cost) < 1e-6 * best.expected_cost
    assert min(some_alone()) >= best.expected_cost * (1 - 1e-9)
    plans = LARGEST * (LARGEST + 1) // 2
    ours, alone = median_seconds(every_single, 5), median_seconds(some_alone, 3)
    usual = SamplingPlan.single(200, 10)
    return [
        Row(
            f"least cost, {plans:,} single plans up to n 2,000: {best.plan!r}",
            ours,
            f"{alone / COSTED_ALONE * plans / ours:,.0f} x faster than plan by plan "
            f"(from {COSTED_ALONE} of them)",
            "1 s",
            ours <= 1,
        ),
        within(
            f"least cost, every two-stage plan up to 1,000 items: {_two_stage(search)!r}",
            median_seconds(lambda: search.two_stage(LOT_COSTS), 3),
            5.0,
        ),
        within(
            "cost ranges of the ISO plan, all costs",
            median_seconds(
                lambda: [
                    cost_range(search, usual, LOT_COSTS, cost)
                    for cost in COSTS
                    if cost != "per_rejected_good_lot"
                ],
                3,
            ),
            5.0,
        ),
    ]


def _two_stage(search: PlanSearch) -> SamplingPlan | None:
    found = search.two_stage(LOT_COSTS)
    return found.plan if found else None


def sequential() -> Row:
    """Exact characteristic of a truncated sequential plan."""
    plan = find_sequential_plan(RiskPoint(0.01, 0.95), RiskPoint(0.06, 0.10))
    quality = np.linspace(0.0, 0.1, 1_000)
    seconds = median_seconds(lambda: probability_of_acceptance(plan, quality))
    return within("sequential plan, exact, 1,000 qualities", seconds, 0.1)


def discontinuation() -> Row:
    """Exact chance that inspection is discontinued within 50 lots."""
    quality = np.linspace(0.0, 0.1, 1_000)
    seconds = median_seconds(
        lambda: probability_of_discontinuation_within(50, "L", 1.5, quality), 5
    )
    return within("discontinued within 50 lots, 1,000 qualities", seconds, 1.0)


def main() -> int:
    """Table on standard output; exit code 1 when a limit is missed."""
    rows = [*rectifying(), *least_cost(), sequential(), discontinuation()]
    print("| task | median ms | measure | limit | met |")
    print("|---|---:|---|---|---|")
    for row in rows:
        met = "yes" if row.is_met else "NO"
        print(f"| {row.task} | {1000 * row.seconds:.1f} | {row.measure} | {row.limit} | {met} |")
    return 0 if all(row.is_met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
