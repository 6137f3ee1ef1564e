"""The switching rules clause by clause, and against a recount of the whole history as text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qcanalysis.sampling.plan import SamplingPlan
from qcanalysis.sampling.standard import next_tighter_aql, tabulated_plan, tabulated_plans
from qcanalysis.sampling.switching_rules import (
    DISCONTINUED,
    NORMAL,
    REDUCED,
    TIGHTENED,
    LotOutcome,
    SwitchingRules,
    SwitchingState,
)
from qcanalysis.sampling.switching_score import next_tighter_acceptance_number, score_points
from qcanalysis.sampling.tables import AQLS, CODE_LETTERS

ISO, MIL = "ISO 2859-1:1999", "MIL-STD-105E"
BOTH = pytest.mark.parametrize("standard", [ISO, MIL])
OUTCOMES = {
    "A": LotOutcome(True, points=3),
    "a": LotOutcome(True),  # accepted, but not at the next tighter AQL
    "R": LotOutcome(False),
    "g": LotOutcome(True, is_in_gap=True),
    "u": LotOutcome(True, points=3, production_is_steady=False),
    "s": LotOutcome(False, is_original_submission=False),
    "r": LotOutcome(True, points=3, resumes_inspection=True),
}


def severities(text, standard=ISO, *, permitted=True, start=NORMAL):
    """Severity in force after each lot of a history such as "AAR", by its first letter."""
    rules = SwitchingRules(standard, permitted)
    steps = rules.walk([OUTCOMES[lot] for lot in text], start=start)
    return "".join(step.after.severity[0] for step in steps)


def last_event(text, standard=ISO, *, permitted=True, start=NORMAL):
    rules = SwitchingRules(standard, permitted)
    return rules.walk([OUTCOMES[lot] for lot in text], start=start)[-1].event


# ISO 2859-1:1999 9.3.1 and MIL-STD-105E 4.7.1: two of five or fewer consecutive lots.
@BOTH
@pytest.mark.parametrize(
    ("lots", "in_force"),
    [
        ("RR", "nt"),
        ("RAR", "nnt"),
        ("RAAR", "nnnt"),
        ("RAAAR", "nnnnt"),
        ("RAAAAR", "nnnnnn"),  # the first has left the window
        ("RAAAARAR", "nnnnnnnt"),
        ("AAAAA", "nnnnn"),
    ],
)
def test_9_3_1_two_of_five_lots_lead_to_tightened(standard, lots, in_force):
    assert severities(lots, standard) == in_force


def test_9_3_1_the_event_counts_the_lots_and_names_the_clause():
    assert last_event("RAAR") == (
        "normal -> tightened: 2 of 4 lots in a row not accepted (ISO 2859-1:1999 9.3.1)"
    )
    assert "(MIL-STD-105E 4.7.1)" in last_event("RR", MIL)


# 9.3.2 and 4.7.2: five consecutive lots.
@BOTH
@pytest.mark.parametrize(
    ("lots", "in_force"),
    [("AAAA", "tttt"), ("AAAAA", "ttttn"), ("AAAARAAAA", "ttttttttt"), ("aaaaa", "ttttn")],
)
def test_9_3_2_five_lots_in_a_row_lead_back_to_normal(standard, lots, in_force):
    assert severities(lots, standard, start=TIGHTENED) == in_force
    if in_force.endswith("n"):
        clause = "9.3.2" if standard == ISO else "4.7.2"
        assert last_event(lots, standard, start=TIGHTENED).endswith(f"{clause})")


@BOTH
def test_9_3_1_a_stay_on_normal_starts_clean(standard):
    assert severities("RR" + "AAAAA" + "R" + "AA", standard) == "ntttttnnnn"


# 9.3.3: score 30 (steps of 3, or of 2 for Ac 0 and 1); a lot without points sets it back.
def test_9_3_3_ten_lots_with_3_points_earn_reduced():
    assert severities("A" * 9) == "n" * 9
    assert severities("A" * 10) == "n" * 9 + "r"
    assert last_event("A" * 10) == "normal -> reduced: switching score 30 (ISO 2859-1:1999 9.3.3)"


def test_9_3_3_fifteen_lots_with_2_points_earn_reduced():
    rules = SwitchingRules(ISO, reduced_is_permitted=True)
    steps = rules.walk([LotOutcome(True, points=2)] * 15)
    assert [step.after.switching_score for step in steps[:14]] == list(range(2, 30, 2))
    assert [step.after.severity for step in steps[13:]] == ["normal", "reduced"]


def test_9_3_3_a_lot_accepted_only_at_its_own_aql_sets_the_score_back():
    assert severities("A" * 9 + "a" + "A" * 9) == "n" * 19
    assert severities("A" * 9 + "a" + "A" * 10)[-1] == "r"


@pytest.mark.parametrize(("standard", "score"), [(ISO, 30), (MIL, 10)])
def test_9_3_3_and_4_7_3_reduced_needs_the_authority(standard, score):
    rules = SwitchingRules(standard)
    steps = rules.walk([OUTCOMES["A"]] * 40)
    assert steps[-1].after.severity == "normal"
    assert steps[-1].after.switching_score == score  # and waits there


@BOTH
def test_9_3_3_and_4_7_3_reduced_needs_steady_production(standard):
    assert severities("A" * 9 + "u", standard)[-1] == "n"
    assert severities("A" * 9 + "uA", standard)[-1] == "r"


def test_4_7_3_ten_lots_accepted_earn_reduced_whatever_their_counts():
    assert severities("a" * 10, MIL) == "n" * 9 + "r"
    assert severities("a" * 9 + "R" + "a" * 9, MIL) == "n" * 19
    assert "limit numbers not checked (MIL-STD-105E 4.7.3)" in last_event("a" * 10, MIL)
    assert severities("a" * 40, ISO) == "n" * 40


# 9.3.4 and 4.7.4.
@pytest.mark.parametrize(
    ("lot", "standard", "in_force", "reason"),
    [
        ("a", ISO, "r", ""),
        ("R", ISO, "n", "a lot not accepted (ISO 2859-1:1999 9.3.4)"),
        ("u", ISO, "n", "production irregular or delayed (ISO 2859-1:1999 9.3.4)"),
        ("g", ISO, "r", ""),  # ISO's reduced plans leave no gap
        ("a", MIL, "r", ""),
        ("R", MIL, "n", "a lot not accepted (MIL-STD-105E 4.7.4)"),
        ("u", MIL, "n", "production irregular or delayed (MIL-STD-105E 4.7.4)"),
        ("g", MIL, "n", "a count between Ac and Re, the lot accepted (MIL-STD-105E 4.7.4)"),
    ],
)
def test_9_3_4_and_4_7_4_what_ends_reduced_inspection(lot, standard, in_force, reason):
    assert severities(lot, standard, start=REDUCED) == in_force
    assert last_event(lot, standard, start=REDUCED).endswith(reason)
    assert bool(last_event(lot, standard, start=REDUCED)) == bool(reason)


# 9.4 and 4.8: five lots not accepted, cumulatively, in one stay on tightened inspection.
@BOTH
@pytest.mark.parametrize(
    ("lots", "in_force"),
    [
        ("RRRRR", "ttttd"),
        ("RAAAARAAAARRR", "ttttttttttttd"),
        ("RRRRAAAAA", "ttttttttn"),
        ("RRRRAAAAARRRRRR", "ttttttttnnttttt"),  # a new stay counts anew
    ],
)
def test_9_4_five_lots_on_tightened_discontinue_inspection(standard, lots, in_force):
    assert severities(lots, standard, start=TIGHTENED) == in_force


@BOTH
def test_9_4_only_an_accepted_action_reopens_and_then_on_tightened(standard):
    clause = "9.4" if standard == ISO else "4.8"
    assert severities("AAAAAA", standard, start=DISCONTINUED) == "dddddd"
    assert last_event("A", standard, start=DISCONTINUED) == (
        f"not counted: inspection is discontinued ({standard} {clause})"
    )
    assert severities("ArAAAA", standard, start=DISCONTINUED) == "dttttn"
    assert last_event("r", standard, start=DISCONTINUED).startswith("discontinued -> tightened")


@BOTH
def test_t15_resubmitted_lots_never_count(standard):
    assert severities("RssssR", standard) == "nnnnnt"
    assert severities("AAsAAA", standard, start=TIGHTENED) == "tttttn"
    assert severities("ssssss", standard, start=TIGHTENED) == "tttttt"
    assert severities("s", standard, start=REDUCED) == "r"
    assert last_event("s") == "not counted: a resubmitted lot"


def test_lots_since_the_switch_count_original_lots_on_the_severity():
    steps = SwitchingRules().walk([OUTCOMES[lot] for lot in "ARsRAsA"])
    assert [step.lots_since_switch for step in steps] == [1, 2, 2, 0, 1, 1, 2]


def recounted(text, standard, permitted):
    """Severity in force after each lot, each time recounted from the text of the stay."""
    in_force, stay, found = "normal", "", ""
    for lot in text:
        if lot == "s":
            found += in_force[0]
            continue
        if in_force == "discontinued":
            if lot != "r":
                found += "d"
                continue
            in_force, stay = "tightened", ""
        stay += lot
        now = in_force
        plain = re.sub("[^R]", "A", stay)
        if in_force == "normal":
            if re.search("R.{0,3}R$", plain):
                now = "tightened"
            elif permitted and lot != "u":
                good = "[Aur]" if standard == ISO else "[^R]"
                now = "reduced" if re.search(good + "{10}$", stay) else now
        elif in_force == "tightened":
            now = "normal" if plain.endswith("AAAAA") else now
            now = "discontinued" if plain.count("R") == 5 else now
        elif lot in ("Rug" if standard == MIL else "Ru"):
            now = "normal"
        stay = "" if now != in_force else stay
        in_force = now
        found += in_force[0]
    return found


@settings(max_examples=400, deadline=None)
@given(
    blocks=st.lists(
        st.tuples(st.sampled_from("AAAaRRgusr"), st.integers(1, 12)), min_size=1, max_size=25
    ),
    standard=st.sampled_from([ISO, MIL]),
    permitted=st.booleans(),
)
def test_the_state_machine_equals_a_recount_of_the_history(blocks, standard, permitted):
    text = "".join(lot * times for lot, times in blocks)
    assert severities(text, standard, permitted=permitted) == recounted(text, standard, permitted)


@settings(max_examples=200, deadline=None)
@given(
    text=st.text(st.sampled_from("AAAAaRgu"), max_size=60),
    standard=st.sampled_from([ISO, MIL]),
    permitted=st.booleans(),
)
def test_the_promised_switches_come_exactly_then(text, standard, permitted):
    rules = SwitchingRules(standard, permitted)
    steps = rules.walk([OUTCOMES[lot] for lot in text])
    state = steps[-1].after if steps else NORMAL
    coming = rules.next_switch(state)
    if coming.lots is not None:
        ahead = [s.after.severity for s in rules.walk([OUTCOMES["A"]] * coming.lots, start=state)]
        assert ahead == [state.severity] * (coming.lots - 1) + [coming.severity]
        assert coming.in_words.startswith(f"{coming.lots} more lot")
    worse = rules.not_accepted_to_switch(state)
    if worse is not None:
        ahead = [s.after.severity for s in rules.walk([OUTCOMES["R"]] * worse, start=state)]
        assert ahead[-1] != state.severity
        assert set(ahead[:-1]) <= {state.severity}


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (
            SwitchingState("tightened", accepted_in_a_row=4),
            "1 more lot accepted in a row to normal",
        ),
        (DISCONTINUED, "tightened again once the authority has accepted the supplier's action"),
        (REDUCED, "reduced is the least severe inspection"),
        (NORMAL, "reduced inspection needs the authority's agreement"),
    ],
)
def test_the_next_switch_in_words(state, words):
    assert SwitchingRules().next_switch(state).in_words == words


def test_the_score_steps_by_2_where_ac_is_0_or_1():
    rules = SwitchingRules(reduced_is_permitted=True)
    coming = rules.next_switch(SwitchingState(switching_score=8), points_per_lot=2)
    assert coming.in_words == "11 more lots accepted in a row to reduced"


def test_the_next_tighter_ac_is_the_plan_at_the_next_tighter_aql():
    """Table 2-A: same row, next smaller AQL; and the list that the literature prints."""
    printed = {2: 1, 3: 2, 5: 3, 7: 5, 10: 7, 14: 10, 21: 14}
    assert {ac: next_tighter_acceptance_number(ac) for ac in printed} == printed
    for cell in tabulated_plans(severities=("normal",)):
        if cell.plan.acceptance_number >= 2:
            tighter = tabulated_plan(cell.plan_letter, next_tighter_aql(cell.aql_percent))
            assert tighter.plan.sample_size == cell.plan.sample_size
            assert next_tighter_acceptance_number(cell.plan.acceptance_number) == (
                tighter.plan.acceptance_number
            )


@pytest.mark.parametrize("letter", CODE_LETTERS[::3])
@pytest.mark.parametrize("aql", [aql for aql in AQLS if aql <= 10][::3])
def test_a_lot_has_points_when_the_next_tighter_plan_accepts_it(letter, aql):
    plan = tabulated_plan(letter, aql).plan
    outcomes = [LotOutcome.from_count(count, plan) for count in range(plan.rejection_number + 1)]
    assert [lot.is_accepted for lot in outcomes] == [True] * (plan.acceptance_number + 1) + [False]
    assert not any(lot.is_in_gap for lot in outcomes)
    assert {lot.points for lot in outcomes} == ({0, 3} if plan.acceptance_number > 1 else {0, 2})


def test_a_plan_of_another_table_brings_no_points():
    assert score_points(0, 8) == 0  # Ac 8 is a tightened plan
    assert LotOutcome.from_count(6, SamplingPlan.single(125, 5, 8)).is_in_gap


def test_an_unknown_standard_is_refused():
    with pytest.raises(ValueError, match="standard must be one of"):
        SwitchingRules("ISO 2859-2")
