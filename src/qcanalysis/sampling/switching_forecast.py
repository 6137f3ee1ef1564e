"""Severities that the next lots will meet, from the state in force: exact, lot by lot.

The switching rules are walked with every outcome of a lot at once, each with its
chance; states that the rules cannot tell apart are added up. Nothing is simulated and
nothing is stationary: this is the answer for the next ten lots, `scheme_characteristics`
the one for the long run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
import numpy.typing as npt

from qcanalysis.sampling.distributions import Array
from qcanalysis.sampling.oc import probability_of_acceptance, producers_risk
from qcanalysis.sampling.plan import SamplingPlan, whole_number
from qcanalysis.sampling.standard import TabulatedPlan, tabulated_plan
from qcanalysis.sampling.switching import steps_to_reduced
from qcanalysis.sampling.switching_rules import (
    NORMAL,
    LotOutcome,
    SeverityInForce,
    SwitchingRules,
    SwitchingState,
)
from qcanalysis.sampling.tables import ISO_2859_1_1999, LARGEST_PERCENT_AQL, SEVERITIES

_Chances = Mapping[str, Sequence[tuple[LotOutcome, Array]]]
_Distribution = dict[SwitchingState, Array]


@dataclass(frozen=True, eq=False)
class SeverityForecast:
    """Chances of the severities over the next lots, made by `severity_forecast`.

    Parameters
    ----------
    severity
        "normal", "tightened", "reduced" and "discontinued": chance that it is in force
        when each of the lots is presented, shape (lots, *shape of the quality).
    probability_of_tightened
        Chance that tightened inspection is (or comes) in force within these lots, the
        last one's result included.
    probability_of_discontinuation
        Chance that inspection is discontinued within these lots, likewise.
    plans
        Plan of each severity.
    """

    severity: Mapping[str, Array]
    probability_of_tightened: Array
    probability_of_discontinuation: Array
    plans: Mapping[str, SamplingPlan]

    @property
    def average_sample_number(self) -> Array:
        """Mean items inspected of each lot, none where inspection is discontinued."""
        return sum(
            (self.severity[name] * plan.sample_size for name, plan in self.plans.items()),
            np.zeros_like(self.severity["normal"]),
        )


def severity_forecast(
    code_letter: str,
    aql_percent: float,
    fraction_nonconforming: npt.ArrayLike,
    *,
    lots: int,
    rules: SwitchingRules | None = None,
    start: SwitchingState = NORMAL,
) -> SeverityForecast:
    """Severities in force over the next lots.

    Parameters
    ----------
    code_letter, aql_percent
        Cell of the standard's tables; AQL up to 10 [%].
    fraction_nonconforming
        Quality of every lot submitted, scalar or array, from 0 to 1. Lots are
        independent, the count in a sample is binomial.
    lots
        How many lots ahead, all of them original submissions, production steady.
    rules
        Standard, and whether reduced inspection is permitted; ISO without it unless stated.
    start
        State before the first of them; normal without history unless stated.

    Returns
    -------
    Exact chances; discontinued inspection is not taken up again.

    Raises
    ------
    ValueError
        If the cell is not tabulated, its AQL counts nonconformities, or a fraction lies
        outside 0 to 1.

    References
    ----------
    ISO 2859-1:1999, 9.3 and 9.4; MIL-STD-105E, 4.7 and 4.8.

    Examples
    --------
    >>> ahead = severity_forecast("L", 1.5, 0.03, lots=10)
    >>> [round(float(ahead.severity[name][-1]), 3) for name in ("normal", "tightened")]
    [0.381, 0.576]
    >>> round(float(ahead.probability_of_tightened), 3)
    0.672
    """
    rules = rules or SwitchingRules()
    whole_number("lots", lots, least=1)
    cells = _cells(code_letter, aql_percent, rules.standard)
    quality = np.asarray(fraction_nonconforming, dtype=float)
    chances = _chances(cells, rules, _checked_fraction(quality))
    ahead = list(_propagated(rules, start, chances, lots, absorbing=("discontinued",)))
    watched = _propagated(rules, start, chances, lots, absorbing=("tightened", "discontinued"))
    *_, ended = watched

    def chance(states: _Distribution, *names: str) -> Array:
        parts = (weight for state, weight in states.items() if state.severity in names)
        return sum(parts, np.zeros_like(quality))

    return SeverityForecast(
        severity={
            name: np.array([chance(states, name) for states in ahead[:lots]])
            for name in get_args(SeverityInForce)
        },
        probability_of_tightened=chance(ended, "tightened", "discontinued"),
        probability_of_discontinuation=chance(ahead[lots], "discontinued"),
        plans={name: cell.plan for name, cell in cells.items()},
    )


def probability_of_discontinuation_within(
    lots: int,
    code_letter: str,
    aql_percent: float,
    fraction_nonconforming: npt.ArrayLike,
    *,
    standard: str = ISO_2859_1_1999,
    use_reduced: bool = True,
) -> Array:
    """Chance that five lots on tightened inspection are not accepted within so many lots.

    Parameters
    ----------
    lots
        Lots from the first one, on normal inspection without history. Fewer than 7
        cannot do it: two lead to tightened inspection, five end it.
    code_letter, aql_percent, fraction_nonconforming, standard, use_reduced
        As for `scheme_characteristics`.

    Returns
    -------
    Probability, in the shape of the quality.

    Examples
    --------
    >>> probability_of_discontinuation_within(20, "L", 1.5, [0.01, 0.03, 0.05]).round(4)
    array([0.    , 0.6593, 1.    ])
    """
    rules = SwitchingRules(standard, reduced_is_permitted=use_reduced)
    return severity_forecast(
        code_letter, aql_percent, fraction_nonconforming, lots=lots, rules=rules
    ).probability_of_discontinuation


def _cells(code_letter: str, aql_percent: float, standard: str) -> dict[str, TabulatedPlan]:
    cells = {
        name: tabulated_plan(code_letter, aql_percent, severity=name, standard=standard)
        for name in SEVERITIES
    }
    if aql_percent > LARGEST_PERCENT_AQL:
        raise ValueError(
            f"aql_percent must be at most 10 here, got {aql_percent:g}: larger AQLs count "
            "nonconformities per 100 items, for which a fraction nonconforming is no measure"
        )
    return cells


def _checked_fraction(quality: Array) -> Array:
    wrong = quality[~((quality >= 0) & (quality <= 1))]
    if wrong.size:
        raise ValueError(f"fraction_nonconforming must lie between 0 and 1, got {wrong[0]:g}")
    return quality


def _chances(cells: Mapping[str, TabulatedPlan], rules: SwitchingRules, p: Array) -> _Chances:
    """The outcomes of a lot that the rules tell apart on each severity, with their chances."""
    steps, step_limit = steps_to_reduced(cells["normal"])
    # Where the score leads nowhere it need not be kept: fewer states, the same answer.
    points = rules.score_for_reduced // steps if rules.reduced_is_permitted else 0
    chances = {
        name: _within_limits(cell.plan, p, step_limit if name == "normal" else None, points)
        for name, cell in cells.items()
    }
    return {**chances, "discontinued": [(LotOutcome(is_accepted=False), np.ones_like(p))]}


def _within_limits(
    plan: SamplingPlan, p: Array, step_limit: int | None, points: int
) -> list[tuple[LotOutcome, Array]]:
    """Outcomes by count: up to the step limit, up to Ac, in the gap, and from Re."""
    size, limit, re = plan.sample_size, plan.acceptance_number, plan.rejection_number
    best = limit if step_limit is None else step_limit

    def up_to(count: int) -> Array:
        return np.asarray(probability_of_acceptance(SamplingPlan.single(size, count), p))

    outcomes = [(LotOutcome(is_accepted=True, points=points), up_to(best))]
    if best < limit:
        back = np.maximum(up_to(limit) - up_to(best), 0.0)
        outcomes.append((LotOutcome(is_accepted=True), back))
    if limit < re - 1:
        gap = np.maximum(up_to(re - 1) - up_to(limit), 0.0)
        outcomes.append((LotOutcome(is_accepted=True, is_in_gap=True), gap))
    refused = np.asarray(producers_risk(SamplingPlan.single(size, re - 1), p))
    return [*outcomes, (LotOutcome(is_accepted=False), refused)]


def _propagated(
    rules: SwitchingRules,
    start: SwitchingState,
    chances: _Chances,
    lots: int,
    *,
    absorbing: tuple[str, ...],
) -> Iterator[_Distribution]:
    """Distribution of the state before each lot, and after the last; absorbed states stay."""
    moves: dict[tuple[SwitchingState, LotOutcome], SwitchingState] = {}

    def target(state: SwitchingState, outcome: LotOutcome) -> SwitchingState:
        if (state, outcome) not in moves:
            moves[state, outcome] = rules.after(state, outcome)[0]
        return moves[state, outcome]

    states: _Distribution = {start: np.ones_like(chances["discontinued"][0][1])}
    yield states
    for _ in range(lots):
        following: _Distribution = {}
        for state, weight in states.items():
            if state.severity in absorbing:
                following[state] = following.get(state, 0.0) + weight
                continue
            for outcome, chance in chances[state.severity]:
                reached = target(state, outcome)
                following[reached] = following.get(reached, 0.0) + weight * chance
        states = following
        yield states
