"""One supplier's scorecard out of a small history."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
from tests.suppliers.scorecard_history import FOUND, all_cards, tables, written

from qcanalysis.suppliers.scorecard import Scorecard


def test_every_supplier_has_a_card_of_its_own_rows(cards: dict[str, Scorecard]) -> None:
    assert set(cards) == {*FOUND, "none"}
    for supplier_id, card in cards.items():
        assert card.card["supplier_id"] == card.card_before["supplier_id"] == supplier_id
        assert card.majors["nonconforming_count"].tolist() == FOUND.get(supplier_id, [])


def test_ids_that_differ_only_in_case_stay_two(cards: dict[str, Scorecard]) -> None:
    assert (cards["good"].card["lots"], cards["GOOD"].card["lots"]) == (12, 6)


def test_no_lots_leave_nothing_to_chart(cards: dict[str, Scorecard]) -> None:
    card = cards["none"]
    assert card.chart is card.watch is card.major is card.worse_since is None
    assert not card.is_graded
    assert card.lots_of_period.empty


def test_one_lot_has_a_rate_but_no_chart_and_no_grade(cards: dict[str, Scorecard]) -> None:
    card = cards["one"]
    assert card.chart is None
    assert not card.is_graded
    assert card.major is not None
    assert card.major["items_inspected"] == 125
    assert card.watch is not None
    assert "cannot tell" in card.watch.reason


def test_the_previous_period_is_the_month_before(cards: dict[str, Scorecard]) -> None:
    card = cards["tight"]
    assert card.before.end == date(2025, 5, 31)
    assert (card.card["judged_lots"], card.card_before["judged_lots"]) == (12, 11)
    assert card.card["accepted_lots"] - card.card_before["accepted_lots"] == 1


def test_lots_of_the_period_are_not_those_of_the_window(cards: dict[str, Scorecard]) -> None:
    assert cards["good"].lots_of_period["inspection_id"].tolist() == ["good-17"]


def test_only_the_supplier_that_grew_worse_is_said_to(cards: dict[str, Scorecard]) -> None:
    since = {name: card.worse_since for name, card in cards.items() if card.worse_since}
    assert list(since) == ["worse"]
    assert date(2025, 1, 15) < since["worse"].date() <= date(2025, 6, 15)


def test_severities_are_those_of_the_switching_rules(cards: dict[str, Scorecard]) -> None:
    in_force = {
        name: [one.state.severity for one in card.severities] for name, card in cards.items()
    }
    expected = {name: ["normal"] for name in FOUND}
    assert in_force == expected | {
        "none": [],
        "stopped": ["discontinued"],
        "tight": ["tightened"],
    }


def test_resubmitted_and_other_inspections_are_not_charted(tmp_path: Path) -> None:
    frames = tables()
    rows = frames["inspections"]
    again = rows[rows["inspection_id"] == "stopped-07"].assign(
        inspection_id="again", is_original_submission="no", nonconforming_count=0
    )
    during = again.assign(
        inspection_id="during", is_original_submission="yes", kind="during_production"
    )
    kinds = rows.assign(is_original_submission="yes", kind="pre_shipment")
    again = again.assign(kind="pre_shipment")
    frames["inspections"] = pd.concat([kinds, again, during])
    card = all_cards(written(tmp_path / "history", frames))["stopped"]
    assert len(card.record.lots) == len(FOUND["stopped"]) + 2
    assert card.majors["nonconforming_count"].tolist() == FOUND["stopped"]
    assert card.card["resubmissions"] == 1
