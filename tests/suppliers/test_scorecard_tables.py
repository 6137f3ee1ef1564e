"""Tables of a scorecard, and of all suppliers side by side."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from tests.suppliers.scorecard_history import FOUND

from qcanalysis.suppliers.bands import COMPONENTS
from qcanalysis.suppliers.indicators import LABELS
from qcanalysis.suppliers.population import Population, ScorecardSettings
from qcanalysis.suppliers.scorecard import Scorecard
from qcanalysis.suppliers.scorecard_tables import (
    adjusted_table,
    component_table,
    indicator_table,
    portfolio_table,
    rank_table,
    rate_table,
    severity_in_force,
    worst_movers,
)


def joined(populations: list[Population]) -> Population:
    return replace(
        populations[0],
        cards=pd.concat([one.cards for one in populations]),
        rates=pd.concat([one.rates for one in populations]),
    )


@pytest.fixture(scope="module")
def portfolio(cards: dict[str, Scorecard]) -> pd.DataFrame:
    now = joined([card.now for card in cards.values()])
    before = joined([card.before for card in cards.values()])
    return portfolio_table(now, before, pd.Series({"stopped": "discontinued"}))


def test_indicators_are_written_with_interval_basis_and_the_month_before(
    cards: dict[str, Scorecard],
) -> None:
    row = indicator_table(cards["tight"]).iloc[0]
    # Clopper and Pearson for 10 of 12: 51.6 to 97.9 %; a month before 9 of 11.
    assert row.tolist()[1:] == ["83.3%", "51.6% to 97.9%", "10 of 12", "81.8%"]


def test_a_supplier_without_lots_has_no_indicator_value(cards: dict[str, Scorecard]) -> None:
    table = indicator_table(cards["none"])
    assert table[["value", "interval", "before"]].eq("").all(axis=None)


def test_per_million_is_the_count_over_the_items(cards: dict[str, Scorecard]) -> None:
    table = indicator_table(cards["stopped"]).set_index("indicator")
    found = sum(FOUND["stopped"])
    expected = f"{1e6 * found / (125 * 8):,.0f}"
    assert table.loc["Nonconforming per million inspected", "value"] == expected


def test_rates_ranks_and_severities_have_a_row_per_class(cards: dict[str, Scorecard]) -> None:
    card = cards["tight"]
    rates = rate_table(card)
    assert rates["defect_class"].tolist() == ["major"]
    assert rates["raw"].tolist() == [sum(FOUND["tight"]) / 1500]
    assert adjusted_table(card)["defect_class"].tolist() == ["major"]
    assert len(rank_table(card)) == 1
    assert severity_in_force(card)["severity"].tolist() == ["tightened"]


def test_a_supplier_without_lots_has_empty_tables(cards: dict[str, Scorecard]) -> None:
    card = cards["none"]
    for table in (rate_table, adjusted_table, rank_table, severity_in_force):
        assert table(card).empty


def test_the_score_is_the_weighted_sum_of_its_components(cards: dict[str, Scorecard]) -> None:
    table = component_table(cards["tight"])
    known = table[table["points"].notna()]
    assert known["component"].tolist() == ["major quality", "lot acceptance", "corrective action"]
    assert known["weight_in_force"].tolist() == pytest.approx([50, 33.3, 16.7])  # 30, 20, 10 spread
    assert table["weight"].sum() == 100
    score = (known["points"] * known["weight_in_force"]).sum() / 100
    assert score == pytest.approx(cards["tight"].card["score"], abs=0.05)


def test_a_component_left_out_of_the_weights_weighs_nothing(cards: dict[str, Scorecard]) -> None:
    card = replace(cards["tight"], settings=ScorecardSettings(weights={"major_quality": 100}))
    weights = component_table(card).set_index("component")["weight"]
    assert weights["major quality"] == 100
    assert weights.sum() == 100
    assert len(weights) == len(COMPONENTS)


def test_the_gravest_supplier_comes_first_and_the_unknown_last(portfolio: pd.DataFrame) -> None:
    assert portfolio["supplier_id"].iloc[0] == "stopped"
    assert portfolio["supplier_id"].tolist()[-2:] == ["none", "one"]
    graded = portfolio["score"].dropna()
    assert graded.is_monotonic_increasing
    assert len(graded) == len(FOUND) - 1


def test_every_column_of_the_portfolio_is_of_the_row_s_supplier(
    portfolio: pd.DataFrame, cards: dict[str, Scorecard]
) -> None:
    for row in portfolio.itertuples():
        card = cards[row.supplier_id]
        assert (row.grade, row.grade_before) == (card.card["grade"], card.card_before["grade"])
        if card.major is None:
            assert pd.isna(row.fraction_nonconforming)
        else:
            assert row.fraction_nonconforming == card.major["shrunken"]
    assert portfolio["critical_nonconforming"].eq(0).all()  # the history has majors alone
    severities = portfolio.set_index("supplier_id")["severity"]
    assert severities["stopped"] == "discontinued"
    assert severities.drop("stopped").isna().all()


def test_worst_movers_are_those_whose_score_fell_most() -> None:
    def population(scores: dict[str, float]) -> Population:
        frame = pd.DataFrame({"supplier_id": scores.keys(), "score": scores.values()})
        cards = frame.assign(supplier_name=frame["supplier_id"], grade="B")
        return Population("", *(None,) * 2, cards, *(None,) * 3)  # type: ignore[arg-type]

    now = population({"a": 70, "b": 90, "c": 50, "d": float("nan"), "e": 60, "f": 60})
    before = population({"a": 75, "b": 80, "c": 80, "d": 90, "e": 60, "f": 60.04})
    moved = worst_movers(now, before)
    assert moved[["supplier", "change"]].to_numpy().tolist() == [["c", -30], ["a", -5]]
    assert worst_movers(now, before, most=1)["supplier"].tolist() == ["c"]


def test_the_table_of_all_has_every_indicator_of_the_page(
    portfolio: pd.DataFrame, cards: dict[str, Scorecard]
) -> None:
    row = portfolio.set_index("supplier_id").loc["tight"]
    for name in LABELS:
        columns = [name, *(f"{name}_{kind}" for kind in ("critical", "major", "minor"))]
        shown = [column for column in columns if column in portfolio]
        assert len(shown) == (1 if name in portfolio else 3), name
        for column in shown:
            assert row[column] == pytest.approx(cards["tight"].card[column], nan_ok=True)


def test_every_share_names_what_it_rests_on(cards: dict[str, Scorecard]) -> None:
    table = indicator_table(cards["stopped"]).set_index("indicator")
    assert table.loc[LABELS["repeat_defect_share"], "basis"] == "1 of 1"
    assert table.loc[LABELS["repeat_defect_share"], "value"] == ""
