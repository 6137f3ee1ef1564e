"""Ranking, recommendation, what would flip it, and what another sample is worth."""

from dataclasses import replace
from itertools import pairwise
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qcanalysis.recovery.ways_out.catalogue import Catalogue, default_catalogue
from qcanalysis.recovery.ways_out.decision import (
    break_even_credit,
    combination_table,
    combinations,
    loss_of,
    ranked,
    recommendation,
)
from qcanalysis.recovery.ways_out.options import RecoveryOption
from qcanalysis.recovery.ways_out.outlook import PathOutlook, order_outlook, outlook_table
from qcanalysis.recovery.ways_out.sample_value import (
    sample_value_table,
    value_of_perfect_information,
    value_of_sample,
)
from qcanalysis.recovery.ways_out.sensitivity import drivers_of, tornado
from qcanalysis.recovery.ways_out.situation import (
    HARDWARE_FACTS,
    ClassCount,
    Fault,
    GoodPart,
    OrderSituation,
    SkuSituation,
)

CATALOGUE = default_catalogue()
SCRATCH = Fault("front scratch", "major", "cosmetic", "zero_defect", "repairable", 7)
RING = Fault("jump ring opening", "major", "functional", None, "repairable", 7)
MAJORS = (ClassCount("major", 7, 200, is_accepted=False),)
PIN = SkuSituation("PIN", 8000, "pin", faults=(SCRATCH,), class_counts=MAJORS)
KEY = SkuSituation(
    "KEY", 7000, "keychain", faults=(RING,), class_counts=MAJORS,
    hardware_facts=frozenset(HARDWARE_FACTS),
)  # fmt: skip
COIN = SkuSituation(
    "COIN", 5000, "coin", class_counts=(ClassCount("major", 1, 200, is_accepted=True),)
)
CLEAR = {
    "specification_is_measurable": True,
    "specification_changed_after_approval": False,
    "reinspection_payer": "factory",
}
ORDER = OrderSituation((PIN, KEY, COIN), days_to_cut_off=12, contract=CLEAR)


def outlooks_of(
    line: SkuSituation = PIN, catalogue: Catalogue = CATALOGUE, **changes: object
) -> list[PathOutlook]:
    return order_outlook(replace(ORDER, skus=(line,), **changes), catalogue)


def doubtful_sample() -> list[PathOutlook]:
    """A small sample and a discount that is good for clean goods only: knowing more pays."""
    line = replace(
        PIN, class_counts=(ClassCount("major", 1, 20, False),), is_sellable=True, unit_price=1.0
    )
    return outlooks_of(line)


def test_the_least_expected_loss_leads_and_barred_paths_are_left_out() -> None:
    order = ranked(outlooks_of())
    losses = [loss_of(outlook) for outlook in order]
    assert losses == sorted(losses)
    assert all(outlook.status.state == "feasible" for outlook in order)
    assert RecoveryOption.CONCESSION not in {outlook.path.option for outlook in order}


def test_r45_replating_never_leads_unless_it_is_the_only_way() -> None:
    plating = Fault("plating haze", "major", "cosmetic", "zero_defect", "repairable", 7)
    sure = {"low": 0.99, "high": 0.99}
    free = {"low": 0.0, "high": 0.0}
    eager = default_catalogue({"rework_kinds": {"replating": {"success": sure, "loss": free}}})
    found = outlooks_of(replace(PIN, faults=(plating,)), eager)
    order = ranked(found)
    cheapest = min((o for o in found if o.can_be_ranked), key=loss_of)
    assert cheapest.is_high_risk  # by its loss it would lead
    assert not order[0].is_high_risk
    forced = [outlook for outlook in order if outlook.is_high_risk]
    assert ranked(forced)[0].is_high_risk


def test_the_recommendation_gives_its_reason_in_one_sentence() -> None:
    advice = recommendation(outlooks_of(), CATALOGUE)
    assert advice.best is not None
    assert advice.best.path == ranked(outlooks_of())[0].path
    assert advice.sentence.startswith(f"PIN: {advice.best.label}, free by the cut-off")
    assert advice.sentence.count(".") == 1
    chance = advice.best.estimate.mean(advice.best.estimate.on_vessel)
    assert f"{chance:.0%}" in advice.sentence


def test_a_cheaper_path_that_one_fact_keeps_closed_is_asked_for() -> None:
    mild = default_catalogue({"rates": {"bad_piece": {"low": 1, "high": 1}}})
    advice = recommendation(outlooks_of(PIN, mild), mild)
    assert advice.best is not None
    assert advice.best.status.state == "feasible"
    assert "(R54)" in advice.question
    settled = replace(PIN, is_sellable=False)
    assert recommendation(outlooks_of(settled, mild), mild).question == ""


def test_without_counts_the_recommendation_cannot_tell_and_says_why() -> None:
    bare = replace(PIN, faults=(), class_counts=())
    advice = recommendation(outlooks_of(bare), CATALOGUE)
    assert advice.best is None
    assert "cannot tell" in advice.sentence
    assert "sample size" in advice.sentence
    assert advice.remake_ruling is None


def test_r40_t8_remake_can_be_the_answer_though_it_misses_the_vessel() -> None:
    dear = default_catalogue(
        {
            "rates": {"seconds_to_rework": {"low": 900, "high": 1200}},
            "options": {"rework": {"days": {"low": 8, "high": 10}}},
        }
    )
    advice = recommendation(outlooks_of(KEY, dear, days_to_cut_off=9), dear)
    assert advice.remake_ruling == "remake"
    assert "the remake is free by the cut-off with probability 0%" in advice.remake_sentence
    assert recommendation(outlooks_of(KEY), CATALOGUE).remake_ruling == "judgement"


def test_outlooks_of_several_products_are_refused() -> None:
    with pytest.raises(ValueError, match="one product"):
        recommendation(order_outlook(ORDER, CATALOGUE), CATALOGUE)


def test_r44_a_combination_runs_in_parallel() -> None:
    found = combinations(order_outlook(ORDER, CATALOGUE), paths_per_sku=2)
    assert len(found) == 4
    best = found[0]
    assert [o.sku for o in best.chosen] == ["PIN", "KEY", "COIN"]
    assert best.expected_loss == pytest.approx(min(c.expected_loss for c in found))
    chances = [o.estimate.mean(o.estimate.on_vessel) for o in best.chosen]
    assert best.all_on_vessel == pytest.approx(prod(chances))
    days = [o.timeline.first.mean for o in best.chosen]
    assert max(days) <= best.days.mean + 1e-9
    assert best.days.mean <= sum(days)
    costs = best.cost_table()
    assert len(costs) == 8
    apart = [o.estimate.cost_table()["expected"].sum() for o in best.chosen]
    assert costs["expected"].sum() == pytest.approx(sum(apart))
    assert (costs["payer"] != "").all()
    assert best.money_at_risk == pytest.approx(sum(o.estimate.money_at_risk for o in best.chosen))
    table = combination_table(found)
    assert table.columns[:3].tolist() == ["PIN", "KEY", "COIN"]


def test_r06_one_product_without_numbers_leaves_no_combination() -> None:
    order = replace(ORDER, skus=(PIN, replace(KEY, class_counts=())))
    assert combinations(order_outlook(order, CATALOGUE)) == []


def test_r54_the_break_even_credit_makes_the_discount_as_good() -> None:
    line = replace(PIN, is_sellable=True, unit_price=0.3)
    dear = default_catalogue({"rates": {"bad_piece": {"low": 12, "high": 12}}})
    found = outlooks_of(line, dear)
    credit = break_even_credit(found, goods_value=0.3 * 8000)
    assert credit is not None
    assert 0 < credit < 1
    again = outlooks_of(replace(line, credit_share=credit), dear)
    discount = next(o for o in again if o.path.option is RecoveryOption.DISCOUNT)
    rival = next(o for o in ranked(again) if o.path.option is not RecoveryOption.DISCOUNT)
    assert loss_of(discount) == pytest.approx(loss_of(rival))
    unsafe = replace(PIN, faults=(replace(SCRATCH, defect_class="critical"),))
    assert break_even_credit(outlooks_of(unsafe), goods_value=2400) is None


def test_r41_the_drivers_named_by_the_guide_are_all_there() -> None:
    names = {driver.name for driver in drivers_of(PIN, ORDER, CATALOGUE)}
    assert {
        "unit price",
        "days to the cut-off",
        "labour",
        "share of rework that succeeds",
        "fraction bad of remade goods",
    } <= names


def test_r41_the_tornado_says_what_flips_the_decision_and_where() -> None:
    found = outlooks_of(KEY)
    order = replace(ORDER, skus=(KEY,))
    table = tornado(found, order, CATALOGUE)
    widths = (table["loss_at_high"] - table["loss_at_low"]).abs()
    assert widths.is_monotonic_decreasing
    assert (table.loc[~table["flips"], "worth_knowing"] == 0).all()
    flipping = table[table["break_even"].notna()].set_index("driver")
    assert len(flipping) > 0
    best = ranked(found)[0].path
    for driver in drivers_of(KEY, order, CATALOGUE):
        if driver.name in flipping.index:
            changed, catalogue = driver.set_to(
                order, CATALOGUE, flipping.loc[driver.name, "break_even"]
            )
            there = ranked(order_outlook(changed, catalogue))
            mine = loss_of(next(o for o in there if o.path == best))
            rival = min(loss_of(o) for o in there if o.path != best)
            assert mine == pytest.approx(rival, rel=1e-2)


def test_the_tornado_ends_are_what_the_outlook_gives_there() -> None:
    table = tornado(outlooks_of(), replace(ORDER, skus=(PIN,)), CATALOGUE).set_index("driver")
    row = table.loc["days to the cut-off"]
    best = ranked(outlooks_of())[0].path
    for end, loss in (("low", "loss_at_low"), ("high", "loss_at_high")):
        there = outlooks_of(days_to_cut_off=row[end])
        assert loss_of(next(o for o in there if o.path == best)) == pytest.approx(row[loss])


def test_nothing_to_rank_gives_empty_tables() -> None:
    bare = replace(PIN, faults=(), class_counts=())
    assert tornado(outlooks_of(bare), replace(ORDER, skus=(bare,)), CATALOGUE).empty
    assert value_of_perfect_information(outlooks_of(bare)) is None
    assert value_of_sample(outlooks_of(bare), outlooks_of(bare), 80, visit_cost=300) is None


def test_a_sample_is_worth_more_when_larger_and_never_more_than_the_truth() -> None:
    found = doubtful_sample()
    perfect = value_of_perfect_information(found)
    assert perfect is not None
    assert perfect > 1
    values = [
        value_of_sample(found, found, size, visit_cost=0.0).information
        for size in (0, 5, 20, 80, 200, 800)
    ]
    assert values[0] == pytest.approx(0.0, abs=1e-9)
    assert all(b >= a - 1e-9 for a, b in pairwise(values))
    assert values[-1] <= perfect + 1e-9
    assert values[-1] > 0.8 * perfect


def test_the_value_of_a_sample_against_simulation() -> None:
    found = doubtful_sample()
    size, draws = 80, 40_000
    value = value_of_sample(found, found, size, visit_cost=0.0)
    usable = [o.estimate for o in ranked(found) if not o.is_high_risk]
    losses = np.array([e.loss for e in usable])
    prior = usable[0].posterior
    rng = np.random.default_rng(11)
    truth = rng.choice(prior.fractions.size, draws, p=prior.weights)
    seen = rng.binomial(size, prior.fractions[truth])
    choice = {}
    for count in np.unique(seen):
        like = prior.fractions**count * (1 - prior.fractions) ** (size - count)
        choice[count] = int((losses @ (like * prior.weights)).argmin())
    chosen = np.array([choice[count] for count in seen])
    at_once = int((losses @ prior.weights).argmin())
    saved = losses[at_once, truth] - losses[chosen, truth]
    assert value.information == pytest.approx(saved.mean(), abs=4 * saved.std() / np.sqrt(draws))


def test_delay_and_visit_are_taken_off_the_value_of_a_sample() -> None:
    now, later = outlooks_of(KEY), outlooks_of(KEY, days_to_cut_off=8)
    value = value_of_sample(now, later, 125, visit_cost=300.0)
    assert value is not None
    assert value.delay > 0
    assert value.net == pytest.approx(value.information - value.delay - 300.0)
    table = sample_value_table(now, later, [50, 125], visit_cost=300.0)
    assert table["net"].iloc[1] == pytest.approx(value.net)
    with pytest.raises(ValueError, match="sample_size"):
        value_of_sample(now, later, -1, visit_cost=0.0)


def maybe(*values: object) -> st.SearchStrategy:
    return st.sampled_from((None, *values))


classes = st.sampled_from(("critical", "major", "minor"))
faults = st.builds(
    Fault,
    st.sampled_from(("jump ring opening", "front plating scratch", "<img>", "")),
    classes,
    maybe("cosmetic", "functional", "measurement", "safety"),
    maybe("zero_defect", "controlled_cosmetic", "non_appearance"),
    maybe("repairable", "irreparable"),
    st.integers(0, 9),
)
counts = st.builds(ClassCount, classes, st.integers(0, 30), maybe(1, 20, 200), maybe(True, False))
lines = st.builds(
    SkuSituation,
    sku=st.just("PIN"),
    quantity=st.sampled_from((1, 2, 40, 5000)),
    product_family=maybe("pin", "hat"),
    unit_price=maybe(0.0, 0.3),
    faults=st.lists(faults, max_size=3).map(tuple),
    class_counts=st.lists(counts, max_size=3, unique_by=lambda c: c.defect_class).map(tuple),
    good_part=maybe(GoodPart(30, 0, 10)),
    hardware_facts=st.sampled_from((frozenset(), frozenset(HARDWARE_FACTS))),
    is_sellable=maybe(True, False),
    next_order_planned=maybe(True, False),
)


@settings(max_examples=60)
@given(lines, maybe(0, 12, 40.5))
def test_whatever_is_missing_is_told_and_never_an_exception(
    line: SkuSituation, days: float | None
) -> None:
    order = OrderSituation((line,), days_to_cut_off=days)
    found = order_outlook(order, CATALOGUE)
    table = outlook_table(found)
    untold = table["on_vessel"].isna()
    assert (table.loc[untold, "why"].str.len() > 0).all()
    told = table.loc[~untold]
    assert told["on_vessel"].between(0, 1 + 1e-9).all()
    assert (told["bad_pieces"] >= 0).all()
    assert (told["bad_pieces"] <= line.quantity * 1.001).all()
    assert recommendation(found, CATALOGUE).sentence.startswith("PIN: ")
    combinations(found)
