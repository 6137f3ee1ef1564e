"""The long-run scheme against the rules walked lot by lot: chain, simulation, closed form."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from qcanalysis.sampling.standard import tabulated_plan
from qcanalysis.sampling.switching import scheme_characteristics
from qcanalysis.sampling.tables import AQLS, CODE_LETTERS

ISO, MIL = "ISO 2859-1:1999", "MIL-STD-105E"
# The next smaller acceptance number of the master table, not taken from the package.
TIGHTER = {2: 1, 3: 2, 5: 3, 7: 5, 10: 7, 14: 10, 21: 14}
CLEAN = ("normal", (), 0)
PERCENT_AQLS = [aql for aql in AQLS if aql <= 10]
SHARES = ("fraction_normal", "fraction_tightened", "fraction_reduced")


class Rules:
    """The switching rules as prose tells them, one lot at a time."""

    def __init__(self, letter, aql, standard, use_reduced):
        self.plans = {
            severity: tabulated_plan(letter, aql, severity=severity, standard=standard).plan
            for severity in ("normal", "tightened", "reduced")
        }
        self.iso, self.use_reduced = standard == ISO, use_reduced

    def accepts(self, state, count):
        return count < self.plans[state[0]].rejection_number

    def after(self, state, count):
        severity, *memory = state
        accepted = self.accepts(state, count)
        if severity == "reduced":
            stays = count <= self.plans["reduced"].acceptance_number
            return state if stays else CLEAN
        if severity == "tightened":
            run = memory[0] + 1 if accepted else 0
            return CLEAN if run == 5 else ("tightened", run)
        last_five = (*memory[0], accepted)[-5:]
        if last_five.count(False) == 2:
            return ("tightened", 0)
        score = self.score(memory[1], count, accepted)
        if self.use_reduced and score >= (30 if self.iso else 10):
            return ("reduced",)
        return ("normal", last_five[-4:], score if self.use_reduced else 0)

    def score(self, score, count, accepted):
        limit = self.plans["normal"].acceptance_number
        if not self.iso:
            return score + 1 if accepted else 0
        if limit < 2:
            return score + 2 if accepted else 0
        return score + 3 if count <= TIGHTER[limit] else 0


def stationary(rules, p):
    """Shares, acceptance and sample number from the explicit transition matrix."""
    counts = {severity: np.arange(plan.sample_size + 1) for severity, plan in rules.plans.items()}
    chance = {
        severity: stats.binom.pmf(counts[severity], plan.sample_size, p)
        for severity, plan in rules.plans.items()
    }
    states, moves = [CLEAN], {}
    for state in states:
        targets = moves.setdefault(state, {})
        for count, weight in zip(counts[state[0]], chance[state[0]], strict=True):
            target = rules.after(state, count)
            targets[target] = targets.get(target, 0.0) + weight
            if target not in states:
                states.append(target)
    place = {state: i for i, state in enumerate(states)}
    matrix = np.zeros((len(states), len(states)))
    for state, targets in moves.items():
        for target, weight in targets.items():
            matrix[place[state], place[target]] = weight
    balance = np.vstack([matrix.T - np.eye(len(states)), np.ones(len(states))])
    share, *_ = np.linalg.lstsq(balance, np.r_[np.zeros(len(states)), 1.0])
    shares = dict.fromkeys(rules.plans, 0.0)
    for state, weight in zip(states, share, strict=True):
        shares[state[0]] += weight
    accepted = {
        severity: chance[severity][counts[severity] < plan.rejection_number].sum()
        for severity, plan in rules.plans.items()
    }
    return (
        sum(shares[s] * accepted[s] for s in shares),
        [shares[s] for s in ("normal", "tightened", "reduced")],
        sum(shares[s] * rules.plans[s].sample_size for s in shares),
    )


CELLS = [
    ("L", 1.5),  # Ac 7: steps of 3
    ("J", 1.0),  # Ac 2
    ("F", 2.5),  # Ac 1: steps of 2
    ("G", 0.40),  # Ac 0
    ("A", 10.0),  # an arrow on each severity
    ("K", 10.0),  # the arrow leads to a smaller letter
]


@pytest.mark.parametrize("use_reduced", [True, False])
@pytest.mark.parametrize("standard", [ISO, MIL])
@pytest.mark.parametrize(("letter", "aql"), CELLS)
def test_the_scheme_equals_the_explicit_markov_chain(letter, aql, standard, use_reduced):
    rules = Rules(letter, aql, standard, use_reduced)
    fractions = np.array([0.3, 1.0, 1.7, 2.6]) * aql / 100
    scheme = scheme_characteristics(
        letter, aql, fractions, standard=standard, use_reduced=use_reduced
    )
    for i, p in enumerate(fractions):
        accepted, shares, sample_number = stationary(rules, p)
        assert scheme.probability_of_acceptance[i] == pytest.approx(accepted, rel=1e-9)
        assert [getattr(scheme, name)[i] for name in SHARES] == pytest.approx(
            shares, rel=1e-7, abs=1e-13
        )
        assert scheme.average_sample_number[i] == pytest.approx(sample_number, rel=1e-9)


@pytest.mark.parametrize(
    ("letter", "aql", "p", "standard"),
    [("L", 1.5, 0.02, ISO), ("G", 0.65, 0.012, ISO), ("M", 1.5, 0.02, MIL)],
)
def test_the_scheme_equals_a_lot_by_lot_simulation(letter, aql, p, standard):
    rules = Rules(letter, aql, standard, use_reduced=True)
    batches, lots = 40, 3_000
    rng = np.random.default_rng(20260122)
    counts = {
        severity: rng.binomial(plan.sample_size, p, (batches, lots))
        for severity, plan in rules.plans.items()
    }
    seen = np.zeros((batches, 4))
    state = CLEAN
    for batch, lot in itertools.product(range(batches), range(lots)):
        severity = state[0]
        count = counts[severity][batch, lot]
        seen[batch, ("normal", "tightened", "reduced").index(severity)] += 1
        seen[batch, 3] += rules.accepts(state, count)
        state = rules.after(state, count)
    mean, error = seen.mean(axis=0) / lots, seen.std(axis=0, ddof=1) / lots / batches**0.5
    scheme = scheme_characteristics(letter, aql, p, standard=standard)
    exact = [float(getattr(scheme, name)) for name in (*SHARES, "probability_of_acceptance")]
    assert np.all(error < 0.02)
    assert np.all(np.abs(mean - exact) < 4 * error)


def test_normal_and_tightened_alone_have_a_closed_form():
    fractions = np.linspace(0.002, 0.08, 40)
    scheme = scheme_characteristics("L", 1.5, fractions, use_reduced=False)
    normal, tightened = stats.binom.cdf(7, 200, fractions), stats.binom.cdf(5, 200, fractions)
    stay_normal = (2 - normal**4) / ((1 - normal) * (1 - normal**4))
    stay_tightened = (1 - tightened**5) / ((1 - tightened) * tightened**5)
    share = stay_normal / (stay_normal + stay_tightened)
    assert scheme.fraction_normal == pytest.approx(share, rel=1e-8)
    assert scheme.probability_of_acceptance == pytest.approx(
        share * normal + (1 - share) * tightened, rel=1e-10
    )


def test_published_composite_values_of_the_stephens_larson_scheme():
    scheme = scheme_characteristics("L", 1.5, [0.019296, 0.045884], use_reduced=False)
    assert scheme.probability_of_acceptance == pytest.approx([0.9505378, 0.09994616], rel=5e-7)


@pytest.mark.parametrize("standard", [ISO, MIL])
def test_limits_of_perfect_and_hopeless_lots(standard):
    fractions = [0.0, 1e-300, 1e-15, 1 - 1e-15, 1.0]
    scheme = scheme_characteristics("L", 1.5, fractions, standard=standard)
    assert scheme.fraction_reduced == pytest.approx([1, 1, 1, 0, 0])
    assert scheme.fraction_tightened == pytest.approx([0, 0, 0, 1, 1])
    assert scheme.probability_of_acceptance == pytest.approx([1, 1, 1, 0, 0])
    assert scheme.average_sample_number == pytest.approx([80, 80, 80, 200, 200])
    assert scheme.probability_of_discontinuation == pytest.approx([0, 0, 0, 1, 1])
    alone = scheme_characteristics("L", 1.5, fractions, standard=standard, use_reduced=False)
    assert alone.fraction_normal == pytest.approx([1, 1, 1, 0, 0])
    assert alone.reduced is None


def test_the_rare_share_keeps_its_digits_where_lots_are_all_but_perfect():
    """First order: tightened starts when two of the lots within five fail, all else accepted."""
    p = 1e-6
    fail = stats.binom.sf(7, 200, p)
    scheme = scheme_characteristics("L", 1.5, p, use_reduced=False)
    assert float(scheme.fraction_tightened) == pytest.approx(4 * fail**2 * 5, rel=1e-3)


def test_discontinuation_is_five_broken_runs_of_five():
    scheme = scheme_characteristics("L", 1.5, 0.025)
    run = stats.binom.cdf(5, 200, 0.025) ** 5
    assert float(scheme.probability_of_discontinuation) == pytest.approx((1 - run) ** 5, rel=1e-10)


def test_a_count_in_the_gap_is_accepted_and_ends_reduced_inspection():
    """T14: M reduced 1.5 in MIL-STD-105E, Ac 5 and Re 8; 6 and 7 accept and return."""
    rules = Rules("M", 1.5, MIL, use_reduced=True)
    state = ("reduced",)
    assert rules.accepts(state, 7)
    assert rules.after(state, 7) == CLEAN
    p = 0.035
    scheme = scheme_characteristics("M", 1.5, p, standard=MIL)
    accepted, shares, _ = stationary(rules, p)
    assert float(scheme.probability_of_acceptance) == pytest.approx(accepted, rel=1e-9)
    assert float(scheme.fraction_reduced) == pytest.approx(shares[2], rel=1e-6)


@settings(max_examples=150, deadline=None)
@given(
    letter=st.sampled_from(CODE_LETTERS),
    aql=st.sampled_from(PERCENT_AQLS),
    p=st.floats(0, 1),
    standard=st.sampled_from([ISO, MIL]),
    use_reduced=st.booleans(),
)
def test_shares_are_shares_and_the_scheme_lies_between_its_plans(
    letter, aql, p, standard, use_reduced
):
    scheme = scheme_characteristics(letter, aql, p, standard=standard, use_reduced=use_reduced)
    shares = [float(getattr(scheme, name)) for name in SHARES]
    assert sum(shares) == pytest.approx(1)
    assert min(shares) >= 0
    assert use_reduced or shares[2] == 0
    plans = [plan for plan in (scheme.normal, scheme.tightened, scheme.reduced) if plan]
    accepted = [stats.binom.cdf(plan.rejection_number - 1, plan.sample_size, p) for plan in plans]
    slack = 1e-9
    assert min(accepted) - slack <= scheme.probability_of_acceptance <= max(accepted) + slack
    sizes = [plan.sample_size for plan in plans]
    assert min(sizes) - slack <= scheme.average_sample_number <= max(sizes) * (1 + slack)


def test_result_has_the_shape_of_the_quality():
    scheme = scheme_characteristics("L", 1.5, np.full((2, 3), 0.01))
    assert scheme.fraction_reduced.shape == (2, 3)
    assert scheme_characteristics("L", 1.5, 0.01).probability_of_acceptance.shape == ()
    assert scheme_characteristics("L", 1.5, []).average_sample_number.shape == (0,)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("L", 15, 0.01), "aql_percent must be at most 10"),
        (("L", 1.5, [0.01, 1.2]), "fraction_nonconforming must lie between 0 and 1, got 1.2"),
        (("L", 1.5, float("nan")), "fraction_nonconforming must lie between 0 and 1, got nan"),
        (("I", 1.5, 0.01), "code_letter must be one of"),
    ],
)
def test_what_has_no_answer_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        scheme_characteristics(*arguments)
