"""What is asked for next, and that nothing is called good that asks for something."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from qcanalysis.suppliers.next_actions import asked_for, next_actions
from qcanalysis.suppliers.scorecard import Scorecard, SupplierRecord, scorecard
from qcanalysis.suppliers.verdict import limits_in_words, scorecard_in_words

GO_ON = ["Go on as agreed: nothing asks for a change."]


def with_card(card: Scorecard, **changes: object) -> Scorecard:
    return replace(card, now=replace(card.now, cards=card.now.cards.assign(**changes)))


def with_rates(card: Scorecard, *rows: dict[str, object]) -> Scorecard:
    major = card.now.rates.iloc[0].to_dict()
    return replace(card, now=replace(card.now, rates=pd.DataFrame([major | row for row in rows])))


def with_criticals(card: Scorecard, found: list[int]) -> Scorecard:
    """The card with critical defects on its last lots, oldest first; none was found before."""
    majors = card.record.results
    counts = [0] * (len(majors) - len(found)) + found
    criticals = majors.assign(
        defect_class="critical", aql_percent=0.0, nonconforming_count=counts, acceptance_number=0
    )
    results = pd.concat([majors, criticals]).sort_values("inspected_on", kind="stable")
    return replace(card, record=replace(card.record, results=results))


def again(card: Scorecard, **changes: object) -> Scorecard:
    """The card made once more from a changed record."""
    record: SupplierRecord = replace(card.record, **changes)  # type: ignore[arg-type]
    return scorecard(card.period, card.now, card.before, record, card.settings)


@pytest.mark.parametrize(
    ("found", "state", "asked"),
    [
        ([1], "bad", "Contain the critical defects, and ask for their cause"),
        ([1, 0, 0, 0, 0], "bad", "Contain the critical defects"),
        ([2, 0, 0, 0, 0, 0], "caution", "Ask for proof that the cause of the critical defects is"),
        ([1, *[0] * 12], "good", "Go on as agreed"),  # a month before the window
    ],
)
def test_a_critical_defect_of_the_window_is_never_good(
    cards: dict[str, Scorecard], found: list[int], state: str, asked: str
) -> None:
    card = with_criticals(cards["good"], found)
    sentence, told = scorecard_in_words(card)
    assert told == state
    assert next_actions(card)[0].startswith(asked)
    assert ("Critical defects on 1 of 12 original lots, the last on" in sentence) == (
        state != "good"
    )


def test_a_critical_defect_is_bad_without_a_grade_too(cards: dict[str, Scorecard]) -> None:
    card = with_criticals(cards["one"], [1])
    assert not card.is_graded
    assert scorecard_in_words(card)[1] == "bad"
    assert scorecard_in_words(cards["one"])[1] == "unknown"


def test_late_deliveries_ask_for_dates_that_can_be_kept(cards: dict[str, Scorecard]) -> None:
    counts = {"deliveries": 20.0, "deliveries_on_time_in_full": 0.0}
    late = with_card(cards["good"], on_time_in_full_rate_upper=0.17, **counts)
    assert next_actions(late) == [
        "Agree on dates that can be kept: 0 of 20 deliveries on time and in full."
    ]
    assert scorecard_in_words(late)[1] == "caution"
    may_be_fine = with_card(cards["good"], on_time_in_full_rate_upper=0.96, **counts)
    assert next_actions(may_be_fine) == GO_ON


@pytest.mark.parametrize(("grade", "state"), [("C", "caution"), ("D", "bad")])
def test_a_low_grade_asks_for_what_costs_most_points(
    cards: dict[str, Scorecard], grade: str, state: str
) -> None:
    (action,) = asked_for(with_card(cards["good"], grade=grade))
    assert action.state == state
    assert action.words.startswith("Agree with the supplier how the grade is to rise: most is lost")
    parts = cards["good"].card[["score_major_quality", "score_lot_acceptance"]].astype(float)
    names = {"score_major_quality": "major quality", "score_lot_acceptance": "lot acceptance"}
    assert names[parts.idxmin()] in action.words


def test_a_grade_that_is_more_likely_to_be_worse_is_not_good(cards: dict[str, Scorecard]) -> None:
    chances = {"grade": "B", "probability_of_grade": 0.44, "probability_A": 0.01}
    chances |= {"probability_B": 0.44, "probability_C": 0.30, "probability_D": 0.25}
    card = with_card(cards["good"], **chances)
    sentence, state = scorecard_in_words(card)
    assert state == "caution"
    assert "most likely grade B (44%), C or worse 55%, score " in sentence
    better = with_card(card, probability_A=0.30, probability_C=0.21, probability_D=0.05)
    assert scorecard_in_words(better)[1] == "good"
    last = {"grade": "D", "probability_of_grade": 0.4, "probability_D": 0.4}
    assert (
        "most likely grade D (40%), C or better 60%"
        in scorecard_in_words(with_card(cards["good"], **last))[0]
    )


def test_one_band_for_all_asks_for_nothing(cards: dict[str, Scorecard]) -> None:
    card = with_card(cards["good"], grade="all", probability_of_grade=1.0, probability_all=1.0)
    card = replace(card, settings=replace(card.settings, bands={"all": 0}))
    assert scorecard_in_words(card)[1] == "good"


def test_the_class_likeliest_above_its_aql_is_named(cards: dict[str, Scorecard]) -> None:
    minor = {"defect_class": "minor", "shrunken": 0.041, "probability_above_aql": 0.999}
    card = with_rates(cards["good"], {"probability_above_aql": 0.1}, minor)
    sentence, state = scorecard_in_words(card)
    assert state == "caution"  # minor defects alone are not a problem
    assert "10% likely to be above AQL 2.5; minor defects 4.1%" in sentence
    assert next_actions(card) == [
        "Ask how minor defects are to come down: 4.1% of the pieces, over 99% likely to be above "
        "AQL 2.5."
    ]


def test_where_none_is_accepted_the_rate_is_not_compared(cards: dict[str, Scorecard]) -> None:
    critical = {"defect_class": "critical", "aql_percent": 0.0, "probability_above_aql": 1.0}
    card = with_rates(cards["good"], {}, critical)
    assert next_actions(card) == GO_ON
    assert "critical" not in scorecard_in_words(card)[0]


def test_lots_that_went_on_after_a_stop_are_told(cards: dict[str, Scorecard]) -> None:
    first = next_actions(cards["stopped"])[0]
    assert "tightened → discontinued: 5 lots not accepted" in first
    assert "Lots have gone on: 1 since, 0 accepted; if the action was accepted, record" in first
    assert (
        "Next lots: none of pins before the corrective action is accepted (discontinued)."
        in (scorecard_in_words(cards["stopped"])[0])
    )
    record = cards["stopped"].record
    stopped_now = again(cards["stopped"], lots=record.lots.head(7), results=record.results.head(7))
    assert next_actions(stopped_now)[0].endswith("No corrective action is open: ask for one.")
    asked_already = with_card(stopped_now, corrective_actions_open=1)
    assert "ask for one" not in next_actions(asked_already)[0]


def test_an_accepted_action_ends_a_discontinuation(cards: dict[str, Scorecard]) -> None:
    resumed = again(cards["stopped"], action_accepted_on=(date(2025, 5, 30),))
    assert [one.state.severity for one in resumed.severities] == ["tightened"]
    assert not any(words.startswith("Stop") for words in next_actions(resumed))
    assert any("counts as accepted" in words for words in limits_in_words(resumed))
    too_early = again(cards["stopped"], action_accepted_on=(date(2025, 1, 1),))
    assert [one.state.severity for one in too_early.severities] == ["discontinued"]
    assert not any("counts as accepted" in words for words in limits_in_words(too_early))


def test_a_class_without_any_result_asks_for_no_severity(cards: dict[str, Scorecard]) -> None:
    results = cards["one"].record.results
    unknown = results.assign(is_accepted=pd.array([pd.NA], dtype="boolean"))
    card = again(cards["one"], results=unknown)
    assert len(card.severities) == 1
    assert not any(words.startswith(("Book", "Keep", "Stop")) for words in next_actions(card))


def test_a_worsening_that_is_over_asks_for_nothing(cards: dict[str, Scorecard]) -> None:
    worse = cards["worse"]
    states = {}
    for clean in (3, 7):
        counts = [1] * (19 - clean) + [8] * 3 + [0] * clean
        results = worse.record.results.assign(nonconforming_count=counts)
        card = again(worse, results=results)
        states[clean] = (card.worse_since is None, card.recovered_on is None)
        assert any("Ask the supplier what changed" in words for words in next_actions(card)) == (
            card.worse_since is not None
        )
    assert states == {3: (False, True), 7: (True, False)}
