"""The decision on a failed inspection: the two demo cases, and what a reader outside may see."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from qcanalysis.records import read_case
from qcanalysis.recovery.ways_out.catalogue import default_catalogue
from qcanalysis.recovery.ways_out.failed_inspection import (
    INTERNAL_COLUMNS,
    RecoveryDecision,
    decide,
    documents_to_sign,
    what_would_flip,
    worth_of_goods,
)
from qcanalysis.recovery.ways_out.situation import ClassCount, OrderSituation, order_situation

CASES = Path(__file__).parents[2] / "data" / "cases"
HARDWARE = {
    "zinc-keychain": {"hardware_facts": ["hardware source", "wire diameter", "closing method"]}
}


def situation(name: str, **choices: object) -> OrderSituation:
    case = read_case(CASES / name)
    return order_situation(
        case.skus,
        case.class_results,
        case.findings,
        days_to_cut_off=case.schedule.days_to_vessel_cut_off,
        contract=case.contract.model_dump(),
        balance_is_paid=case.money.balance_is_paid,
        **choices,
    )


@pytest.fixture(scope="module")
def complete() -> RecoveryDecision:
    return decide(situation("metal-promo-illustrative"), default_catalogue(), currency="USD")


def test_the_first_screen_names_ways_chance_money_and_payer(complete: RecoveryDecision) -> None:
    for product in ("soft-enamel-pin", "zinc-keychain", "struck-coin"):
        assert product in complete.sentence
    for words in ("All on the vessel", "Money at risk", "USD", "factory pays"):
        assert words in complete.sentence


def test_r20_one_sound_product_is_released(complete: RecoveryDecision) -> None:
    coins = complete.lines.set_index("sku").loc["struck-coin"]
    assert coins["way_out"] == "partial acceptance"
    assert coins["on_vessel"] == pytest.approx(1.0)


def test_r63_hardware_facts_open_the_rework_of_rings() -> None:
    before = decide(situation("metal-promo-illustrative"), default_catalogue())
    after = decide(situation("metal-promo-illustrative", decisions=HARDWARE), default_catalogue())
    chance = [d.lines.set_index("sku").loc["zinc-keychain", "on_vessel"] for d in (before, after)]
    assert chance[1] > chance[0]
    assert "rework" in after.lines.set_index("sku").loc["zinc-keychain", "way_out"]


def test_costs_stay_inside(complete: RecoveryDecision) -> None:
    outside = (complete.lines, complete.paths, complete.combined, complete.payers, complete.options)
    for table in outside:
        assert not set(INTERNAL_COLUMNS) & set(table.columns)
    words = " ".join([complete.sentence, *complete.questions])
    assert "loss" not in words
    assert "lose" not in words
    assert set(INTERNAL_COLUMNS) <= set(complete.costed_paths.columns)


def test_the_bare_case_cannot_be_decided_and_says_why() -> None:
    decision = decide(situation("metal-promo"), default_catalogue())
    assert decision.state == "unknown"
    assert "by product" in decision.sentence
    assert decision.lines["way_out"].eq("cannot tell").all()
    assert decision.paths["ready_in_time"].notna().any()  # days need no counts
    flips, samples = what_would_flip(
        situation("metal-promo"), default_catalogue(), sample_sizes=[50], delay_days=2
    )
    assert flips.empty
    assert samples.empty


def test_r69_an_agreed_payer_is_said_to_pay() -> None:
    order = situation("metal-promo-illustrative")
    unknown = replace(order, contract={})
    assert "to be negotiated" in decide(unknown, default_catalogue()).sentence


def test_flips_name_the_product_and_a_break_even() -> None:
    flips, samples = what_would_flip(
        situation("metal-promo-illustrative"),
        default_catalogue(),
        sample_sizes=[50, 200],
        delay_days=2,
    )
    assert {"sku", "driver", "break_even", "flips"} <= set(flips.columns)
    assert flips.loc[flips["flips"].astype(bool), "break_even"].notna().all()
    assert len(samples) == 2 * samples["sku"].nunique()


def test_t7_r54_the_worth_of_the_goods_prices_an_offer_and_a_delay() -> None:
    order = situation("metal-promo-illustrative")
    dear = default_catalogue({"rates": {"bad_piece": {"low": 12, "high": 12}}})
    worth = worth_of_goods(order, dear).set_index("sku")
    assert worth.loc["order", "value_low"] == worth["value_low"].iloc[:-1].sum() == 15_150
    assert 0 < worth.loc["zinc-keychain", "break_even_credit"] < 1
    _, samples = what_would_flip(order, dear, sample_sizes=[50, 800], delay_days=0)
    for sku, found in samples.groupby("sku"):
        assert (found["information"] <= worth.loc[sku, "perfect_information"] + 1e-9).all()


def test_a_bare_case_has_the_worth_of_its_goods_and_no_more() -> None:
    worth = worth_of_goods(situation("metal-promo"), default_catalogue())
    assert worth["value_low"].notna().all()
    assert worth[["break_even_credit", "perfect_information"]].isna().all(axis=None)


def test_r70_the_surplus_of_a_remake_is_named_outside_and_valued_inside() -> None:
    order = situation("metal-promo-illustrative")
    coins = replace(
        next(line for line in order.skus if line.sku == "struck-coin"),
        class_counts=(ClassCount("major", 1, 200, False),),
    )
    found = decide(replace(order, skus=(coins,)), default_catalogue())
    outside = found.paths.set_index("option").loc["partial remake"]
    assert outside["remarks"].startswith(
        "remake 200: 95 are enough 19 times in 20, 105 more are service or replacement stock"
    )
    inside = found.costed_paths.set_index("option").loc["partial remake"]
    assert inside["surplus_value"] == pytest.approx(105 * 1.5)


def test_r88_documents_come_in_the_order_of_the_gates() -> None:
    assert documents_to_sign(pd.DataFrame())[0] == "hold notice"
    done = pd.DataFrame({"event": ["hold_placed", "report_audited"]})
    assert documents_to_sign(done, most=1) == ("respecification sheet",)
