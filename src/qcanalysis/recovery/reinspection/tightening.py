"""Tightened re-inspection compared: lower AQL, tightened severity, higher level, accept zero.

Trade talk calls all of them "tightening". They are different knobs, and a
"tighter" AQL may be looser than the limits just failed (T4).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from qcanalysis.estimation import JEFFREYS, probability_of_passing
from qcanalysis.sampling import (
    SamplingPlan,
    lookup_plan,
    probability_of_acceptance,
    quality_at_acceptance,
)
from qcanalysis.sampling.distributions import Array
from qcanalysis.sampling.tables import printed_aql
from qcanalysis.sampling.zero_acceptance import zero_acceptance_plan

NEXT_LEVEL = {"S-1": "S-2", "S-2": "S-3", "S-3": "S-4", "S-4": "I", "I": "II", "II": "III"}
WANTED_CHANCE = 0.90
LOWEST_SHOWN = 0.01  # curves are drawn down to this probability of acceptance


@dataclass(frozen=True)
class Scenario:
    """One way to inspect again: what is changed, and the plan that follows."""

    label: str
    knob: str
    plan: SamplingPlan


def tightening_scenarios(
    failed_plan: SamplingPlan,
    *,
    lot_size: int,
    aql_percent: float,
    lower_aql_percent: Sequence[float],
    inspection_level: str = "II",
) -> tuple[Scenario, ...]:
    """Plans that "tightened re-inspection" may mean for one lot and class.

    Parameters
    ----------
    failed_plan
        Plan that the lot has just failed.
    lot_size
        Items presented again.
    aql_percent
        AQL of the class in the order [percent].
    lower_aql_percent
        AQLs that are asked for instead [percent].
    inspection_level
        Level of the order.

    Examples
    --------
    >>> scenarios = tightening_scenarios(SamplingPlan.single(315, 5), lot_size=20_000,
    ...                                  aql_percent=2.5, lower_aql_percent=[1.0, 1.5])
    >>> [str(s.plan).removeprefix("SamplingPlan") for s in scenarios[1:4]]    # T4
    ['(315 14/15)', '(315 7/8)', '(315 10/11)']
    """

    def tabulated(label: str, knob: str, aql: float, level: str, severity: str) -> Scenario:
        plan = lookup_plan(lot_size, aql, inspection_level=level, severity=severity).plan
        if plan.sample_size > lot_size:  # then all items are inspected, Ac unchanged
            plan = SamplingPlan.single(lot_size, plan.acceptance_number)
        return Scenario(label, knob, plan)

    scenarios = [
        Scenario("same plan again", "nothing", failed_plan),
        tabulated(
            f"AQL {printed_aql(aql_percent)}, level {inspection_level}",
            "nothing: the usual plan",
            aql_percent,
            inspection_level,
            "normal",
        ),
    ]
    scenarios += [
        tabulated(f"AQL {printed_aql(aql)}", "lower AQL", aql, inspection_level, "normal")
        for aql in lower_aql_percent
    ]
    scenarios.append(
        tabulated(
            f"AQL {printed_aql(aql_percent)}, tightened",
            "tightened severity",
            aql_percent,
            inspection_level,
            "tightened",
        )
    )
    if inspection_level in NEXT_LEVEL:
        level = NEXT_LEVEL[inspection_level]
        scenarios.append(
            tabulated(
                f"AQL {printed_aql(aql_percent)}, level {level}",
                "higher level",
                aql_percent,
                level,
                "normal",
            )
        )
    zero = zero_acceptance_plan(lot_size, aql_percent).plan
    scenarios.append(Scenario(f"accept zero, AQL {printed_aql(aql_percent)}", "accept zero", zero))
    return tuple(scenarios)


@dataclass(frozen=True, eq=False)
class TighteningComparison:
    """Scenarios side by side: a table, and the chance to pass against the share removed.

    ``passing`` has a row per scenario and a column per entry of ``share_removed``;
    ``acceptance`` a row per scenario and a column per entry of ``quality``.
    """

    scenarios: tuple[Scenario, ...]
    table: pd.DataFrame
    share_removed: Array
    passing: Array
    quality: Array
    acceptance: Array
    sentence: str
    state: Literal["caution", "good"]


def compare_tightening(
    scenarios: Sequence[Scenario],
    *,
    lot_size: int,
    nonconforming_count: int,
    sample_size: int,
    share_removed: float,
    pieces_per_day: int,
) -> TighteningComparison:
    """Comparison of re-inspection plans after a failure.

    Parameters
    ----------
    scenarios
        What `tightening_scenarios` returns; the first is the plan just failed.
    lot_size
        Items presented again.
    nonconforming_count, sample_size
        What the failed inspection found.
    share_removed
        Share of bad units that rework is believed to put right, 0 to 1.
    pieces_per_day
        Pieces that one inspector checks in a day.

    Returns
    -------
    Table columns: ``scenario, knob, sample_size, acceptance_number, quality_95,
    quality_10, pass_without_rework, pass_with_rework, removal_needed``
    (share for a 90% chance), ``bad_left`` (mean bad units in the lot after that
    rework) and ``inspector_days``. Rates are fractions.
    """
    worst = max(float(quality_at_acceptance(s.plan, LOWEST_SHOWN)) for s in scenarios)
    shares, quality = np.linspace(0, 1, 101), np.linspace(0, worst, 201)
    passing = np.stack(
        [
            probability_of_passing(
                scenario.plan,
                nonconforming_count=nonconforming_count,
                sample_size=sample_size,
                share_removed=np.append(shares, share_removed),
            )
            for scenario in scenarios
        ]
    )
    curves = np.stack([probability_of_acceptance(s.plan, quality) for s in scenarios])
    rate = JEFFREYS.updated(nonconforming_count, sample_size).mean
    rows = []
    for scenario, chance in zip(scenarios, passing, strict=True):
        q95, q10 = quality_at_acceptance(scenario.plan, [0.95, 0.10])
        enough = np.flatnonzero(chance[:-1] >= WANTED_CHANCE)
        rows.append(
            {
                "scenario": scenario.label,
                "knob": scenario.knob,
                "sample_size": scenario.plan.sample_size,
                "acceptance_number": scenario.plan.acceptance_number,
                "quality_95": q95,
                "quality_10": q10,
                "pass_without_rework": chance[0],
                "pass_with_rework": chance[-1],
                "removal_needed": shares[enough[0]] if enough.size else 1.0,
                "bad_left": lot_size * rate * (1 - share_removed),
                "inspector_days": math.ceil(scenario.plan.sample_size / pieces_per_day),
            }
        )
    table = pd.DataFrame(rows)
    again = table.iloc[0]
    # Curves of unlike sample sizes cross: looser (or stricter) is what is so at both places.
    looser, stricter = (
        table[
            (sign * table["quality_10"] > sign * again["quality_10"] * (1 + sign * 1e-9))
            & (sign * table["pass_without_rework"] > sign * again["pass_without_rework"])
        ]
        for sign in (1, -1)
    )
    has_failed = nonconforming_count > scenarios[0].plan.acceptance_number
    return TighteningComparison(
        tuple(scenarios),
        table,
        shares,
        passing[:, :-1],
        quality,
        curves,
        _in_words(again, looser, stricter, others=len(table) - 1, has_failed=has_failed),
        "good" if looser.empty and not has_failed else "caution",
    )


def _in_words(
    again: pd.Series,
    looser: pd.DataFrame,
    stricter: pd.DataFrame,
    *,
    others: int,
    has_failed: bool,
) -> str:
    plan = "the plan it just failed" if has_failed else "the plan it was accepted by"
    chance = (
        f"With no rework at all the lot would pass {plan} {again['pass_without_rework']:.0%} "
        "of the time"
    )
    named = (
        f"stricter: {', '.join(stricter['scenario'])}." if len(stricter) else "none is stricter."
    )
    if looser.empty:
        return f"{chance}; no alternative is looser than that plan; {named}"
    worst = looser.sort_values("pass_without_rework").iloc[-1]
    return (
        f"{chance}, and at {worst['scenario']} {worst['pass_without_rework']:.0%} of the time: "
        f"{len(looser)} of {others} alternatives {'is' if len(looser) == 1 else 'are'} looser than "
        f"{'the limits just failed' if has_failed else 'its limits'}; {named}"
    )


def inspection_cost(table: pd.DataFrame, *, price_per_day: float) -> pd.DataFrame:
    """Price of one visit for each scenario, and of the visits until one is passed.

    Parameters
    ----------
    table
        Table of a `TighteningComparison`.
    price_per_day
        Price of an inspector's day.

    Returns
    -------
    Columns ``scenario, inspector_days, visit_cost, visits_without_rework,
    visits_with_rework``: mean visits to a pass if the chance stays what it is.
    """
    return pd.DataFrame(
        {
            "scenario": table["scenario"],
            "inspector_days": table["inspector_days"],
            "visit_cost": table["inspector_days"] * price_per_day,
            "visits_without_rework": 1 / table["pass_without_rework"],
            "visits_with_rework": 1 / table["pass_with_rework"],
        }
    )


def level_gain(
    *, aql_percent: float, lot_sizes: Sequence[int], qualities: Sequence[float] = (0.02, 0.05)
) -> pd.DataFrame:
    """What level III gains over level II for small (remade) lots (T6).

    Returns
    -------
    A row per lot size and level: ``lot_size, inspection_level, sample_size,
    acceptance_number`` and a column with the probability of acceptance for each
    quality. Binomial, as printed curves are.

    Examples
    --------
    >>> level_gain(aql_percent=1.0, lot_sizes=[400]).round(2).iloc[:, 2:].to_numpy().tolist()
    [[50.0, 1.0, 0.74, 0.28], [80.0, 2.0, 0.78, 0.23]]
    """
    rows = []
    for lot_size in lot_sizes:
        for level in ("II", "III"):
            plan = lookup_plan(lot_size, aql_percent, inspection_level=level).plan
            rows.append(
                {
                    "lot_size": lot_size,
                    "inspection_level": level,
                    "sample_size": plan.sample_size,
                    "acceptance_number": plan.acceptance_number,
                }
                | {
                    f"P(accept) at {100 * quality:g}%": probability_of_acceptance(plan, quality)
                    for quality in qualities
                }
            )
    return pd.DataFrame(rows)
