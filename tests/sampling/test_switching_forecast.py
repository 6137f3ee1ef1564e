"""The next lots' severities against an explicit chain, every path, a simulation and limits."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy import stats

from qcanalysis.sampling.standard import tabulated_plan
from qcanalysis.sampling.switching import scheme_characteristics
from qcanalysis.sampling.switching_forecast import (
    probability_of_discontinuation_within,
    severity_forecast,
)
from qcanalysis.sampling.switching_rules import (
    DISCONTINUED,
    NORMAL,
    REDUCED,
    TIGHTENED,
    LotOutcome,
    SwitchingRules,
    SwitchingState,
)

ISO, MIL = "ISO 2859-1:1999", "MIL-STD-105E"
NAMES = ("normal", "tightened", "reduced", "discontinued")


def plans(letter, aql, standard):
    return {
        name: tabulated_plan(letter, aql, severity=name, standard=standard).plan
        for name in NAMES[:3]
    }


@pytest.mark.parametrize("standard", [ISO, MIL])
@pytest.mark.parametrize(
    "start",
    [
        SwitchingState(switching_score=8, recent=(True, False)),
        SwitchingState("tightened", accepted_in_a_row=3, not_accepted=3),
        REDUCED,
    ],
    ids=["normal", "tightened", "reduced"],
)
def test_every_path_of_counts_enumerated(standard, start):
    """Letter A, AQL 6.5 (n 2, Ac 0 on normal): all counts of five lots, one by one."""
    letter, aql, p, lots = "A", 6.5, 0.2, 5
    rules = SwitchingRules(standard, reduced_is_permitted=True)
    cells = plans(letter, aql, standard)
    met = {name: np.zeros(lots) for name in NAMES}
    stopped = tightened = 0.0

    def go(state, lot, chance, was_tightened):
        nonlocal stopped, tightened
        was_tightened |= state.severity in ("tightened", "discontinued")
        if lot == lots:
            stopped += chance * (state.severity == "discontinued")
            tightened += chance * was_tightened
            return
        met[state.severity][lot] += chance
        if state.severity == "discontinued":
            go(state, lot + 1, chance, was_tightened)
            return
        plan = cells[state.severity]
        for count in range(plan.sample_size + 1):
            after, _ = rules.after(state, LotOutcome.from_count(count, plan))
            weight = stats.binom.pmf(count, plan.sample_size, p)
            go(after, lot + 1, chance * weight, was_tightened)

    go(start, 0, 1.0, False)
    ahead = severity_forecast(letter, aql, p, lots=lots, rules=rules, start=start)
    for name in NAMES:
        assert ahead.severity[name] == pytest.approx(met[name], abs=1e-13)
    assert float(ahead.probability_of_discontinuation) == pytest.approx(stopped, abs=1e-13)
    assert float(ahead.probability_of_tightened) == pytest.approx(tightened, abs=1e-13)


@pytest.mark.parametrize(
    ("letter", "aql", "p", "standard", "permitted", "lots"),
    [
        ("L", 1.5, 0.025, ISO, True, 25),
        ("G", 0.65, 0.008, ISO, True, 30),
        ("M", 1.5, 0.022, MIL, True, 30),
        ("J", 2.5, 0.06, ISO, False, 15),
    ],
)
def test_the_forecast_equals_a_lot_by_lot_simulation(letter, aql, p, standard, permitted, lots):
    rules = SwitchingRules(standard, permitted)
    cells = plans(letter, aql, standard)
    runs = 4_000
    # One uniform per lot, turned into a count by the plan that the lot meets.
    uniform = np.random.default_rng(20261122).random((runs, lots))
    counts = {name: stats.binom.ppf(uniform, plan.sample_size, p) for name, plan in cells.items()}
    last, stopped, tightened = [], [], []
    for run in range(runs):
        state, seen = NORMAL, set()
        for lot in range(lots):
            before = state
            seen.add(state.severity)
            if state.severity != "discontinued":
                count = int(counts[state.severity][run, lot])
                outcome = LotOutcome.from_count(count, cells[state.severity])
                state, _ = rules.after(state, outcome)
        seen.add(state.severity)
        last.append(before.severity)
        stopped.append(state.severity == "discontinued")
        tightened.append("tightened" in seen)
    ahead = severity_forecast(letter, aql, p, lots=lots, rules=rules)
    pairs = [
        (np.mean(stopped), ahead.probability_of_discontinuation),
        (np.mean(tightened), ahead.probability_of_tightened),
        *((last.count(name) / runs, ahead.severity[name][-1]) for name in NAMES),
    ]
    for simulated, exact in pairs:
        error = np.sqrt(float(exact) * (1 - float(exact)) / runs)
        assert abs(simulated - float(exact)) <= 4 * error + 1e-12
    assert any(0.05 < float(exact) < 0.95 for _, exact in pairs)


@pytest.mark.parametrize("standard", [ISO, MIL])
@pytest.mark.parametrize("use_reduced", [True, False])
def test_discontinuation_within_k_lots_has_its_limits(standard, use_reduced):
    p = np.array([0.0, 0.02, 0.05, 1.0])

    def within(lots):
        return probability_of_discontinuation_within(
            lots, "L", 1.5, p, standard=standard, use_reduced=use_reduced
        )

    assert within(6) == pytest.approx(0, abs=0)
    refused = [stats.binom.sf(ac, 200, p) for ac in (7, 5)]
    assert within(7) == pytest.approx(refused[0] ** 2 * refused[1] ** 5, rel=1e-10)
    assert within(7)[[0, 3]] == pytest.approx([0, 1])
    by_lots = np.array([within(lots) for lots in (7, 10, 20, 60, 200)])
    assert np.all(np.diff(by_lots, axis=0) >= -1e-15)
    assert np.all(by_lots[:, 0] == 0)
    assert by_lots[-1, 2] == pytest.approx(1, abs=1e-6)


def test_one_stay_on_tightened_gives_the_chance_that_the_scheme_states():
    """Normal is never left again here, so the long run is one stay: (1 - Q^5)^5."""
    p = 0.025
    accepted = stats.binom.cdf(5, 200, p)
    scheme = scheme_characteristics("L", 1.5, p)
    assert float(scheme.probability_of_discontinuation) == pytest.approx((1 - accepted**5) ** 5)
    # Stopped before normal comes back: walk the stay alone by its own recursion.
    ended = {(0, 0): 1.0}
    stopped = 0.0
    for _ in range(25):  # no stay is longer than 5 runs of 5 lots
        following = {}
        for (run, missed), weight in ended.items():
            if run + 1 < 5:
                key = (run + 1, missed)
                following[key] = following.get(key, 0) + weight * accepted
            if missed + 1 < 5:
                key = (0, missed + 1)
                following[key] = following.get(key, 0) + weight * (1 - accepted)
            else:
                stopped += weight * (1 - accepted)
        ended = following
    assert stopped == pytest.approx(float(scheme.probability_of_discontinuation), rel=1e-12)
    ahead = severity_forecast("L", 1.5, p, lots=25, start=TIGHTENED)
    assert float(ahead.probability_of_discontinuation) >= stopped - 1e-12


@pytest.mark.parametrize("standard", [ISO, MIL])
def test_far_ahead_the_severities_have_the_shares_of_the_stationary_scheme(standard):
    """At the AQL hardly any stay on tightened ends in a discontinuation."""
    rules = SwitchingRules(standard, reduced_is_permitted=True)
    p = np.array([0.008, 0.012])
    ahead = severity_forecast("L", 1.5, p, lots=400, rules=rules)
    scheme = scheme_characteristics("L", 1.5, p, standard=standard)
    assert np.all(ahead.probability_of_discontinuation < 1e-5)
    for name in NAMES[:3]:
        assert ahead.severity[name][-1] == pytest.approx(
            getattr(scheme, f"fraction_{name}"), abs=1e-4
        )
    assert ahead.average_sample_number[-1] == pytest.approx(scheme.average_sample_number, rel=1e-3)


def test_chances_sum_to_one_over_a_grid():
    p = np.linspace(0, 1, 21).reshape(3, 7)
    for standard, letter in product([ISO, MIL], "ADJM"):
        rules = SwitchingRules(standard, reduced_is_permitted=True)
        ahead = severity_forecast(letter, 2.5, p, lots=12, rules=rules)
        total = sum(ahead.severity.values())
        assert total.shape == (12, 3, 7)
        assert total == pytest.approx(1)


def test_discontinued_inspection_stays_discontinued():
    ahead = severity_forecast("L", 1.5, 0.0, lots=3, start=DISCONTINUED)
    assert ahead.severity["discontinued"].tolist() == [1, 1, 1]
    assert ahead.average_sample_number.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("L", 15, 0.01), "aql_percent must be at most 10"),
        (("L", 1.5, [0.5, 1.5]), "fraction_nonconforming must lie between 0 and 1, got 1.5"),
        (("L", 1.5, float("nan")), "fraction_nonconforming must lie between 0 and 1, got nan"),
    ],
)
def test_what_has_no_answer_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        severity_forecast(*arguments, lots=3)
    with pytest.raises(ValueError, match="lots must be a whole number of at least 1, got 0"):
        severity_forecast("L", 1.5, 0.01, lots=0)
