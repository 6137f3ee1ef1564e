"""Outlook of every path: chances, bad pieces, money; and what cannot be told."""

import time
from dataclasses import replace

import numpy as np
import pytest

from qcanalysis.estimation import nonconforming_remainder
from qcanalysis.recovery.ways_out.band import Band
from qcanalysis.recovery.ways_out.catalogue import default_catalogue
from qcanalysis.recovery.ways_out.options import RecoveryOption
from qcanalysis.recovery.ways_out.outlook import order_outlook, outlook_table, path_outlook
from qcanalysis.recovery.ways_out.passing import fraction_posterior, pass_chance, remade_chance
from qcanalysis.recovery.ways_out.situation import (
    HARDWARE_FACTS,
    ClassCount,
    Fault,
    GoodPart,
    OrderSituation,
    SkuSituation,
)
from qcanalysis.recovery.ways_out.work import RecoveryPath
from qcanalysis.sampling import SamplingPlan, lookup_plan, probability_of_acceptance

SHARE_70 = {
    "finding": {"factory": {"cosmetic": {"low": 0.7, "high": 0.7}}},
    "false_rejects": {"low": 0, "high": 0},
}
CATALOGUE = default_catalogue()
SCRATCH = Fault("front scratch", "major", "cosmetic", "zero_defect", "repairable", 7)
PLATING = Fault("plating haze", "major", "cosmetic", "zero_defect", "repairable", 7)
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
ORDER = OrderSituation((PIN, KEY, COIN), days_to_cut_off=12)


def estimate_of(option: str, line: SkuSituation = PIN, variant: str = "", **changes: object):
    catalogue = changes.pop("catalogue", CATALOGUE)
    order = replace(ORDER, skus=(line,), **changes)
    found = path_outlook(RecoveryPath(RecoveryOption(option), variant), line, order, catalogue)
    assert found.estimate is not None, found.missing
    return found.estimate


def test_t5_pass_chances_after_rework() -> None:
    prior = fraction_posterior(MAJORS[0], 8000)
    plan = SamplingPlan.single(200, 5)
    for share, chance in ((0.0, 0.33), (0.5, 0.80), (0.6, 0.89), (0.8, 0.99)):
        found = pass_chance(plan, prior.fractions, Band.exactly(share)).averaged(prior.weights)
        assert float(found.first) == pytest.approx(chance, abs=0.0051)


def test_t5_r48_a_sort_that_catches_70_percent_passes_and_leaves_ninety_bad() -> None:
    found = estimate_of("sort", catalogue=default_catalogue(SHARE_70))
    assert found.mean(found.pass_first) == pytest.approx(0.96, abs=0.005)
    left = 0.3 * found.posterior.mean * 8000
    assert left == pytest.approx(90, abs=2)
    assert found.bad_pieces < left  # a pass speaks for the better lots
    assert found.bad_pieces > 0.8 * left


def test_t6_level_iii_for_a_remade_lot() -> None:
    for plan, chances in (
        (SamplingPlan.single(50, 1), (0.28, 0.74)),
        (SamplingPlan.single(80, 2), (0.23, 0.78)),
    ):
        found = [
            remade_chance(plan, Band.exactly(p), Band.exactly(0.0)).first for p in (0.05, 0.02)
        ]
        assert [float(f) for f in found] == pytest.approx(chances, abs=0.005)


def test_two_rounds_against_a_plain_sum() -> None:
    prior = fraction_posterior(MAJORS[0], 8000)
    plan = SamplingPlan.single(200, 5)
    found = pass_chance(plan, prior.fractions, Band(low=0.5, high=0.7)).averaged(prior.weights)
    shares = 0.5 + 0.2 * (np.arange(2000) + 0.5) / 2000
    first = probability_of_acceptance(plan, prior.fractions[:, None] * (1 - shares))
    second = probability_of_acceptance(plan, prior.fractions[:, None] * (1 - shares) ** 2)
    again = prior.weights @ ((1 - first) * second).mean(axis=1)
    assert float(found.first) == pytest.approx(prior.weights @ first.mean(axis=1), abs=1e-7)
    assert float(found.at_second_try) == pytest.approx(again, abs=1e-7)


def test_grouping_the_posterior_keeps_the_pass_chance() -> None:
    rest = nonconforming_remainder(7, 200, lot_size=8000).probabilities
    plan = SamplingPlan.single(200, 5)
    every = probability_of_acceptance(plan, (np.arange(rest.size) + 7) / 8000) @ rest
    prior = fraction_posterior(MAJORS[0], 8000)
    assert probability_of_acceptance(plan, prior.fractions) @ prior.weights == pytest.approx(
        every, abs=1e-4
    )
    assert prior.weights.sum() == pytest.approx(1.0)


def test_the_whole_path_agrees_with_simulation() -> None:
    """Rework of bad pieces within 16 days: chance, bad pieces and time, drawn step by step."""
    found = estimate_of("rework", variant="bad pieces", days_to_cut_off=16)
    rng = np.random.default_rng(20261121)
    size = 200_000
    prior = found.posterior
    fraction = rng.choice(prior.fractions, size, p=prior.weights)
    kind = CATALOGUE.rework_kinds["other"].success
    seen = CATALOGUE.finding["factory"]["cosmetic"]
    removed = rng.uniform(seen.low * kind.low, seen.high * kind.high, size)
    left = fraction * (1 - removed)
    first = rng.binomial(200, left) <= 5
    second = rng.binomial(200, left * (1 - removed)) <= 5
    days = 3 + rng.uniform(3, 7, size)
    days_again = days + 2 + rng.uniform(3, 7, size)
    in_time = np.where(first, days <= 16, second & (days_again <= 16))
    error = 4 * in_time.std() / np.sqrt(size)
    assert error < 0.005
    assert found.mean(found.on_vessel) == pytest.approx(in_time.mean(), abs=error)
    goes = first | second
    assert found.mean(found.on_vessel + found.goes_late) == pytest.approx(goes.mean(), abs=error)


def test_t9_chances_to_be_ready_stand_without_any_count() -> None:
    bare = OrderSituation(
        tuple(replace(x, faults=(), class_counts=()) for x in (PIN, KEY, COIN)), days_to_cut_off=12
    )
    found = {(o.sku, o.path.option): o.ready_in_time for o in order_outlook(bare, CATALOGUE)}
    partial = [found[(sku, RecoveryOption.PARTIAL_REMAKE)] for sku in ("PIN", "KEY", "COIN")]
    assert partial == pytest.approx([1.0, 0.75, 0.40], abs=1e-12)
    assert {found[(sku, RecoveryOption.FULL_REMAKE)] for sku in ("PIN", "KEY", "COIN")} == {0.0}


def test_the_bare_case_says_what_is_missing_and_estimates_nothing() -> None:
    bare = OrderSituation((SkuSituation("PIN", 8000),))
    outlooks = order_outlook(bare, CATALOGUE)
    assert all(outlook.estimate is None and outlook.missing for outlook in outlooks)
    assert any("days to the vessel" in text for text in outlooks[0].missing)
    assert any("unit price" in text for text in outlooks[0].missing)
    table = outlook_table(outlooks)
    assert table["on_vessel"].isna().all()
    assert table["why"].str.len().min() > 0


@pytest.mark.parametrize(
    "counts",
    [
        (ClassCount("major", 7, None, False),),
        (ClassCount("major", 12, 8, False),),
        (ClassCount("major", 7, 9000, False),),
        (ClassCount("critical", 0, 200, True),),
    ],
)
def test_t3_counts_that_are_no_pieces_or_lack_a_sample_are_told_not_raised(counts) -> None:
    for outlook in order_outlook(
        replace(ORDER, skus=(replace(PIN, class_counts=counts),)), CATALOGUE
    ):
        assert outlook.estimate is None


def test_a_fault_without_a_kind_leaves_the_sort_untold() -> None:
    line = replace(PIN, faults=(replace(SCRATCH, fault_kind=None),))
    found = path_outlook(
        RecoveryPath(RecoveryOption.SORT), line, replace(ORDER, skus=(line,)), CATALOGUE
    )
    assert found.status.state == "cannot tell"
    assert found.estimate is None
    assert found.missing == ("state the fault kind of: front scratch",)


def test_chances_are_chances_and_more_days_never_hurt() -> None:
    for option in ("sort", "partial_remake", "full_remake"):
        before = 0.0
        for days in (4, 8, 12, 20, 40):
            found = estimate_of(option, days_to_cut_off=days)
            chance = found.mean(found.on_vessel)
            assert before - 1e-12 <= chance <= 1
            total = found.pass_first + found.pass_second
            assert np.all(total <= 1 + 1e-12)
            assert np.all(np.abs(found.on_vessel + found.goes_late - total) < 1e-9)
            before = chance


def test_r44_a_partial_remake_sorts_the_rest_meanwhile() -> None:
    line = replace(ORDER, skus=(PIN,))
    found = path_outlook(RecoveryPath(RecoveryOption.PARTIAL_REMAKE), PIN, line, CATALOGUE)
    assert found.timeline is not None
    assert found.timeline.first.mean == pytest.approx(3 + 6.5)  # the sort takes at most 3 days
    assert found.estimate is not None
    assert found.estimate.events[0][1].lines[0].amount.mean > 0  # sort labour is still paid


def test_r70_the_remake_covers_the_bad_pieces_with_95_percent() -> None:
    found = path_outlook(RecoveryPath(RecoveryOption.PARTIAL_REMAKE), PIN, ORDER, CATALOGUE)
    assert "remake 490: 490 are enough 19 times in 20" in found.remarks[0]  # 483 of T10, and the 7


def test_r49_who_sorts_changes_what_is_found() -> None:
    chances = []
    for sorter in ("factory", "factory_with_independent_check", "supervised"):
        found = estimate_of("sort", sorted_by=sorter)
        chances.append(found.mean(found.pass_first))
    assert chances[0] < chances[1] < chances[2]


def test_r45_replating_is_high_risk_and_spoils_more_than_it_saves() -> None:
    line = replace(PIN, faults=(PLATING,))
    order = replace(ORDER, skus=(line,))
    found = path_outlook(RecoveryPath(RecoveryOption.REWORK, "every piece"), line, order, CATALOGUE)
    assert found.is_high_risk
    assert found.estimate is not None
    spoiled = 8000 - found.estimate.mean(found.estimate.shipped)
    assert spoiled == pytest.approx(0.125 * 8000)
    ring = estimate_of("rework", KEY, "every piece")
    assert ring.mean(ring.pass_first) > found.estimate.mean(found.estimate.pass_first)


def test_rework_with_and_without_a_sort() -> None:
    bad, every = (estimate_of("rework", KEY, v) for v in ("bad pieces", "every piece"))
    assert every.mean(every.pass_first) > bad.mean(bad.pass_first)
    assert every.events[0][1].mean > bad.events[0][1].mean
    mixed = replace(KEY, faults=(RING, replace(SCRATCH, repairability="irreparable")))
    order = replace(ORDER, skus=(mixed,))
    found = path_outlook(
        RecoveryPath(RecoveryOption.REWORK, "every piece"), mixed, order, CATALOGUE
    )
    assert found.estimate is None
    assert "front scratch" in found.missing[0]


def test_r53_partial_acceptance_ships_the_good_part_only() -> None:
    line = replace(PIN, good_part=GoodPart(6000, 0, 150))
    found = estimate_of("partial_acceptance", line)
    assert found.mean(found.shipped) == 6000
    assert found.mean(found.pass_first) > 0.9
    assert found.bad_pieces < 6000 * 0.01


def test_r20_a_product_that_passed_goes_on_the_vessel() -> None:
    found = estimate_of("partial_acceptance", COIN)
    assert np.all(found.on_vessel == 1.0)
    assert found.money_at_risk == 0.0
    assert found.bad_pieces == pytest.approx(found.posterior.mean * 5000)


def test_concession_ships_every_bad_piece_by_signature() -> None:
    line = replace(PIN, faults=(replace(SCRATCH, appearance_zone="non_appearance"),))
    found = estimate_of("concession", line)
    assert np.all(found.on_vessel == 1.0)
    assert found.bad_pieces == pytest.approx(found.posterior.mean * 8000)
    assert found.money_at_risk == pytest.approx(0.30 * 8000)  # price mean 0.204-0.396
    assert found.brand_risk == "high"
    paid = estimate_of("concession", replace(line, credit_share=0.1))
    assert found.expected_loss - paid.expected_loss == pytest.approx(0.1 * 0.30 * 8000)


def test_r52_a_rejection_loses_the_goods_and_less_of_the_deposit_with_terms() -> None:
    bare = estimate_of("reject")
    assert bare.mean(bare.on_vessel) == 0.0
    assert bare.bad_pieces == 0.0
    terms = estimate_of("reject", contract={"cancellation_clause": "12"})
    assert terms.expected_loss < bare.expected_loss
    assert estimate_of("reject", balance_is_paid=True).expected_loss > bare.expected_loss


def test_a_minor_class_that_failed_lowers_the_chance() -> None:
    card = Fault("card off position", "minor", "cosmetic", "controlled_cosmetic", "repairable", 11)
    counts = (*MAJORS, ClassCount("minor", 11, 200, is_accepted=False))
    both = estimate_of("sort", replace(PIN, faults=(SCRATCH, card), class_counts=counts))
    one = estimate_of("sort")
    assert both.mean(both.pass_first) < one.mean(one.pass_first)
    only_minor = (ClassCount("major", 3, 200, True), ClassCount("minor", 11, 200, False))
    found = estimate_of("sort", replace(PIN, faults=(card,), class_counts=only_minor))
    assert found.posterior.mean == pytest.approx(11.5 / 201, rel=0.01)


def test_r66_the_expected_cost_is_that_of_its_distribution() -> None:
    for option in ("sort", "partial_remake", "full_remake", "reject"):
        found = estimate_of(option)
        expected = found.cost_table()["expected"].sum()
        assert found.cost_distribution.mean == pytest.approx(expected, rel=2e-3)
        assert found.cost_distribution.cumulative[-1] == pytest.approx(1.0)


def test_t7_extrapolated_prices_and_lots_are_remarked() -> None:
    remarks = {o.sku: "; ".join(o.remarks) for o in order_outlook(ORDER, CATALOGUE)}
    assert "interpolated" in remarks["PIN"]
    assert "beyond the last tier" in remarks["KEY"]
    assert "beyond the last tier" in remarks["COIN"]


def test_goods_without_a_weight_count_as_missing_when_late() -> None:
    line = replace(PIN, product_family="hat", unit_price=0.3)
    found = path_outlook(
        RecoveryPath(RecoveryOption.FULL_REMAKE), line, replace(ORDER, skus=(line,)), CATALOGUE
    )
    assert found.estimate is not None
    assert "weight a piece" in found.remarks[-1]
    assert found.estimate.expected_loss > estimate_of("full_remake").expected_loss


def test_all_paths_of_three_products_take_under_two_seconds() -> None:
    order = replace(ORDER, skus=(PIN, KEY, replace(PIN, sku="PIN-2", product_family="coin")))
    start = time.process_time()
    table = outlook_table(order_outlook(order, CATALOGUE))
    assert time.process_time() - start < 2.0
    assert len(table) == 30


def test_the_expected_loss_is_the_sum_of_its_parts() -> None:
    """Sort: costs of one round, of the second where the first fails, bad, missing, late pieces."""
    found = estimate_of("sort", days_to_cut_off=9, contract={"reinspection_payer": "buyer"})
    rates, price = CATALOGUE.rates, 0.30
    (_, always), (fails, second), (late, flown) = found.events
    assert fails == pytest.approx(1 - found.mean(found.pass_first))
    assert late == pytest.approx(found.mean(found.goes_late))
    going = found.on_vessel + found.goes_late
    missing = 8000 - found.shipped * going
    parts = (
        always.buyers_mean,
        fails * second.buyers_mean,
        late * flown.buyers_mean,
        price * rates.late_piece.mean * found.mean(found.shipped * found.goes_late),
        price * rates.bad_piece.mean * found.mean(found.bad_shipped),
        price * rates.missing_piece.mean * found.mean(missing),
        0.3 * price * 8000 * (1 - 0.2) * found.mean(1 - going),  # deposit, no terms
    )
    assert min(parts) > 0
    assert found.expected_loss == pytest.approx(sum(parts))


def test_every_piece_reworked_removes_what_succeeds() -> None:
    found = estimate_of("rework", KEY, "every piece")
    plan = SamplingPlan.single(200, 5)
    success = CATALOGUE.rework_kinds["ring_swap"].success
    expected = pass_chance(plan, found.posterior.fractions, success)
    assert found.pass_first == pytest.approx(expected.first)


def test_bad_remade_pieces_ship_with_a_partial_remake() -> None:
    poor = default_catalogue({"remade_fraction": {"major": {"low": 0.01, "high": 0.01}}})
    found = estimate_of("partial_remake", catalogue=poor)
    finding = CATALOGUE.finding["factory"]["cosmetic"]
    remade_plan = lookup_plan(490, 1.0, inspection_level="III").plan
    chance = pass_chance(SamplingPlan.single(200, 5), found.posterior.fractions, finding).and_of(
        remade_chance(remade_plan, Band.exactly(0.01), finding)
    )
    goes = chance.first + chance.at_second_try
    assert found.bad_shipped == pytest.approx(8000 * chance.bad_shipped + goes * 0.01 * 490)
