"""What a scorecard says: each state, each sentence, nothing certain that is not."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from tests.suppliers.scorecard_history import MARKUP, SLASH, all_cards, tables, written

from qcanalysis.suppliers.next_actions import next_actions
from qcanalysis.suppliers.phrases import record_in_words
from qcanalysis.suppliers.population import ScorecardSettings
from qcanalysis.suppliers.scorecard import Scorecard
from qcanalysis.suppliers.verdict import (
    changes_in_words,
    limits_in_words,
    scorecard_in_words,
    severity_disagreements,
    window_in_words,
)

CERTAIN = re.compile(r"(?<![\d.])(0|100)%")


def with_card(card: Scorecard, **changes: object) -> Scorecard:
    return replace(card, now=replace(card.now, cards=card.now.cards.assign(**changes)))


def with_rates(card: Scorecard, **changes: object) -> Scorecard:
    return replace(card, now=replace(card.now, rates=card.now.rates.assign(**changes)))


def everything_said(card: Scorecard) -> str:
    sentence, _ = scorecard_in_words(card)
    return "\n".join(
        [sentence, *changes_in_words(card), *next_actions(card), *limits_in_words(card)]
    )


@pytest.mark.parametrize(
    ("supplier_id", "state"),
    [
        ("good", "good"),
        ("none", "unknown"),
        ("one", "unknown"),
        ("stopped", "bad"),
        ("tight", "caution"),
        ("worse", "caution"),
    ],
)
def test_the_state_of_each_supplier(
    cards: dict[str, Scorecard], supplier_id: str, state: str
) -> None:
    assert scorecard_in_words(cards[supplier_id])[1] == state


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"grade": "B"}, "good"),
        ({"grade": "C"}, "caution"),
        ({"grade": "D"}, "bad"),
        ({"during_production_inspection": "yes"}, "caution"),
        ({"during_production_inspection": "not assessable"}, "good"),
    ],
)
def test_one_thing_of_the_card_alone_decides(
    cards: dict[str, Scorecard], changes: dict[str, object], state: str
) -> None:
    assert scorecard_in_words(with_card(cards["good"], **changes))[1] == state


@pytest.mark.parametrize(
    ("probability", "state"),
    [(0.49, "good"), (0.5, "caution"), (0.94, "caution"), (0.95, "bad"), (float("nan"), "good")],
)
def test_the_chance_to_exceed_the_aql_alone_decides(
    cards: dict[str, Scorecard], probability: float, state: str
) -> None:
    card = with_rates(cards["good"], probability_above_aql=probability)
    assert scorecard_in_words(card)[1] == state


def test_severity_and_worsening_alone_decide(cards: dict[str, Scorecard]) -> None:
    good, worse = cards["good"], cards["worse"]
    states = [
        scorecard_in_words(card)[1]
        for card in (
            replace(good, severities=cards["stopped"].severities),
            replace(good, severities=cards["tight"].severities),
            replace(good, majors=worse.majors, watch=worse.watch),
        )
    ]
    assert states == ["bad", "caution", "caution"]


@pytest.mark.parametrize("probability", [0.0, 0.004, 0.005, 0.0051, 0.9949, 0.995, 1.0])
def test_no_probability_is_said_to_be_0_or_100_percent(
    cards: dict[str, Scorecard], probability: float
) -> None:
    card = with_card(cards["worse"], probability_of_grade=probability)
    card = with_rates(card, probability_above_aql=probability)
    assert not CERTAIN.findall(everything_said(card))


def test_no_sentence_of_the_history_is_certain_or_broken(cards: dict[str, Scorecard]) -> None:
    for card in cards.values():
        said = everything_said(card)
        assert not CERTAIN.findall(said)
        assert not re.search(r"\bnan\b|<NA>|NaT|None", said)


@pytest.mark.parametrize(
    ("supplier_id", "found"),
    [
        ("none", "No original lot from 1 July 2024 to 30 June 2025"),
        ("one", "1 lot judged in 12 months to 30 June 2025"),
    ],
)
def test_not_enough_data_is_never_graded(
    cards: dict[str, Scorecard], supplier_id: str, found: str
) -> None:
    sentence, _ = scorecard_in_words(cards[supplier_id])
    assert f"not enough data. {found}, 5 are needed for a grade." in sentence
    assert "score" not in sentence
    assert "grade A" not in sentence
    assert next_actions(cards[supplier_id])[-1].startswith("Inspect further lots: ")


def test_the_verdict_counts_the_lots_of_the_window(cards: dict[str, Scorecard]) -> None:
    sentence, _ = scorecard_in_words(cards["tight"])
    assert "10 of 12 lots accepted in 12 months to 30 June 2025" in sentence
    assert sentence.endswith("Next lots: tightened for pins.")


def test_what_changed_is_against_the_previous_period(cards: dict[str, Scorecard]) -> None:
    card = cards["GOOD"]
    grades = card.card_before["grade"], card.card["grade"]
    assert grades[0] != grades[1]
    assert changes_in_words(card)[0] == f"Grade {grades[0]} in 2025-05, {grades[1]} now."
    assert "In the period itself: 1 original lot, 1 not accepted." in changes_in_words(
        cards["stopped"]
    )
    before, now = (p.rates["probability_above_aql"].iloc[0] for p in (card.before, card.now))
    assert abs(now - before) < 0.05
    assert not any("Chance" in line for line in changes_in_words(card))
    assert any("Chance" in line for line in changes_in_words(cards["worse"]))


def test_the_worsening_is_told_with_its_day_and_level(cards: dict[str, Scorecard]) -> None:
    card = cards["worse"]
    told = [line for line in changes_in_words(card) if line.startswith("Major defects have grown")]
    assert len(told) == 1
    assert f"{card.worse_since:%Y-%m-%d}" in told[0]
    assert "0.8% in the first 12 lots" in told[0]  # one of 125 in each


def test_a_discontinued_family_asks_for_nothing_else(cards: dict[str, Scorecard]) -> None:
    stopped, tight = cards["stopped"], cards["tight"]
    minor = tuple(replace(one, defect_class="minor") for one in tight.severities)
    actions = next_actions(replace(stopped, severities=(*stopped.severities, *minor)))
    assert actions[0].startswith("Stop acceptance of pins until the corrective action is accepted")
    assert not [line for line in actions if line.startswith(("Book", "Keep"))]


def test_a_lot_at_the_wrong_severity_is_booked_again(cards: dict[str, Scorecard]) -> None:
    first = next_actions(cards["tight"])[0]
    assert first.startswith("Book pins")
    assert "at tightened inspection; the last lot was inspected at normal" in first
    table = severity_disagreements(cards["tight"])
    assert table["inspection_id"].tolist() == ["tight-11"]
    assert severity_disagreements(cards["good"]).empty


def test_causes_open_actions_and_production_inspections_are_asked_for(
    cards: dict[str, Scorecard],
) -> None:
    assert "Close 1 open corrective action." in next_actions(cards["tight"])
    stopped = "\n".join(next_actions(cards["stopped"]))
    assert "root cause of scratch (major): found on 8 lots" in stopped
    assert "Inspect the next order during production" in stopped
    # The good supplier has the same defect on several lots, but no lot was refused.
    assert next_actions(cards["good"]) == ["Go on as agreed: nothing asks for a change."]


def test_a_hostile_name_comes_through_as_text(cards: dict[str, Scorecard]) -> None:
    assert scorecard_in_words(cards[SLASH])[0].startswith(f"{MARKUP}, June 2025: grade ")
    assert scorecard_in_words(cards["one"])[0].startswith("N" * 300 + ", June 2025: ")


def test_what_cannot_be_told_is_listed(cards: dict[str, Scorecard]) -> None:
    assert "worsening: no lot yet." in limits_in_words(cards["none"])
    assert any(
        line.startswith("no data on critical quality") for line in limits_in_words(cards["good"])
    )
    assert any(line.startswith("critical: 0 suppliers") for line in limits_in_words(cards["good"]))


@pytest.fixture(scope="module")
def short_window(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Scorecard]:
    settings = ScorecardSettings(window_months=1, minimum_lots=1, weights={"delivery": 100})
    folder = written(tmp_path_factory.mktemp("short") / "history", tables())
    return all_cards(folder, settings)


def test_lots_enough_but_nothing_to_weigh_is_not_said_to_lack_lots(
    short_window: dict[str, Scorecard],
) -> None:
    card = short_window["good"]
    sentence, state = scorecard_in_words(card)
    assert state == "unknown"
    assert "1 lot judged in 1 month to 30 June 2025, but there are no data to weigh" in sentence
    assert next_actions(card)[-1] == (
        "Record what the score is weighted by: no component of it has data."
    )


def test_the_months_said_are_those_counted(short_window: dict[str, Scorecard]) -> None:
    """A period longer than the window makes the window longer."""
    card = short_window["good"]
    year = replace(card, now=replace(card.now, start=card.now.start.replace(month=1)))
    assert "in 6 months to 30 June 2025" in scorecard_in_words(year)[0]


def test_where_the_record_does_not_fill_the_window_its_days_are_told(
    cards: dict[str, Scorecard],
) -> None:
    start, end = date(2024, 7, 1), date(2025, 6, 30)
    expected = {
        (date(2020, 1, 1), date(2026, 1, 1)): "",
        (date(2024, 7, 8), date(2025, 6, 23)): "",  # a quiet week at either end
        (date(2025, 6, 2), end): "record from 2 June 2025 only",
        (date(2024, 7, 9), date(2025, 6, 22)): "record from 9 July 2024 to 22 June 2025 only",
        (date(2023, 7, 9), date(2024, 6, 22)): "no record",
        (None, None): "no record",
    }
    for days, words in expected.items():
        assert record_in_words(start, end, *days) == words
    card = cards["good"]
    assert window_in_words(card) == "12 months to 30 June 2025"
    record = replace(card.record, coverage="record from 2 June 2025 only")
    told = "12 months to 30 June 2025 (record from 2 June 2025 only)"
    assert window_in_words(replace(card, record=record)) == told


def test_lots_at_several_aqls_are_told(cards: dict[str, Scorecard]) -> None:
    card = cards["good"]
    assert not any("compared with" in words for words in limits_in_words(card))
    results = card.record.results.assign(aql_percent=[2.5] * 15 + [0.65] * 3)
    mixed = replace(card, record=replace(card.record, results=results))
    assert "major: compared with AQL 2.5, that of most lots; AQL 0.65 on 3." in (
        limits_in_words(mixed)
    )
    assert "likely to be above AQL 2.5 (that of most lots)" in scorecard_in_words(mixed)[0]


def test_changes_say_no_grade_no_lot_and_critical_defects_of_the_period(
    cards: dict[str, Scorecard],
) -> None:
    card = cards["good"]
    without = replace(card, before=replace(card.before, cards=cards["none"].before.cards))
    assert changes_in_words(without)[0] == "No grade in 2025-05, A now."
    assert changes_in_words(cards["none"]) == ["In the period itself: no original lot."]
    criticals = card.record.results.assign(
        defect_class="critical", aql_percent=0.0, nonconforming_count=[0] * 17 + [1]
    )
    results = pd.concat([card.record.results, criticals])
    critical = replace(card, record=replace(card.record, results=results))
    assert "Critical defects on 1 original lot of the period." in changes_in_words(critical)


def test_an_aql_that_counts_defects_and_reports_that_say_otherwise_are_told(
    cards: dict[str, Scorecard],
) -> None:
    said = limits_in_words(with_rates(cards["good"], aql_percent=15.0))
    assert any(line.startswith("major: AQL 15 counts defects per 100 pieces") for line in said)
    said = limits_in_words(with_card(cards["good"], accepted_otherwise_reported=2))
    assert any(line.startswith("2 lots reported as not accepted: here the counts") for line in said)
    said = limits_in_words(cards["good"])
    assert not any("counts defects per 100" in line or "reported as" in line for line in said)
