"""Which ways out are open, and by which rule the others are barred."""

from dataclasses import replace
from itertools import product

import pandas as pd
import pytest
from pydantic import ValidationError

from qcanalysis.recovery.ways_out.catalogue import default_catalogue
from qcanalysis.recovery.ways_out.options import (
    RecoveryOption,
    option_status,
    option_table,
    rework_or_remake,
)
from qcanalysis.recovery.ways_out.situation import (
    HARDWARE_FACTS,
    ClassCount,
    Fault,
    GoodPart,
    OrderSituation,
    SkuSituation,
    order_situation,
)

CATALOGUE = default_catalogue()
SCRATCH = Fault("front scratch", "major", "cosmetic", "zero_defect", "repairable")
HAZE = Fault("backside haze", "major", "cosmetic", "non_appearance", "repairable")
RING = Fault("jump ring opening", "major", "functional", None, "repairable")
BURR = Fault("burr that cuts", "critical", "safety", "zero_defect", "repairable")
PRINT = Fault("misprint fused in", "major", "cosmetic", "zero_defect", "irreparable")


def line_with(*faults: Fault, **facts: object) -> SkuSituation:
    counts = (ClassCount("major", 7, 200, is_accepted=False),)
    return SkuSituation("PIN", 8000, "pin", faults=faults, class_counts=counts, **facts)


def status(option: str, line: SkuSituation, **order: object):
    return option_status(RecoveryOption(option), line, OrderSituation((line,), **order), CATALOGUE)


def rules(option: str, line: SkuSituation, **order: object) -> set[str]:
    found = status(option, line, **order)
    return {reason.rule for reason in found.reasons if reason.state == found.state}


def test_r56_the_nine_ways_out_are_the_union_of_the_guides() -> None:
    assert [option.value for option in RecoveryOption] == [
        "sort",
        "rework",
        "partial_remake",
        "full_remake",
        "partial_acceptance",
        "concession",
        "discount",
        "replace_in_next_run",
        "reject",
    ]
    assert set(CATALOGUE.options) == set(RecoveryOption)


@pytest.mark.parametrize(
    ("option", "low", "high", "cost"),
    [
        ("sort", 1, 3, "low to medium"),
        ("rework", 3, 7, "medium"),
        ("partial_remake", 5, 12, "medium to high"),
        ("full_remake", 10, 20, "high"),
        ("concession", 0, 1, "low"),
    ],
    ids=["r35", "r36", "r37", "r38", "r39"],
)
def test_r35_to_r39_days_and_costs_read_back(
    option: str, low: float, high: float, cost: str
) -> None:
    found = CATALOGUE.options[option]
    assert (found.days.low, found.days.high, found.days.source) == (low, high, "S0")
    assert found.direct_cost == cost


def test_r16_a_critical_fault_closes_concession_discount_and_next_run() -> None:
    line = line_with(BURR, is_sellable=True, next_order_planned=True)
    for option in ("concession", "discount", "replace_in_next_run"):
        assert status(option, line).state == "barred"
        assert "R16" in rules(option, line)
    counted = replace(
        line_with(HAZE, is_sellable=True), class_counts=(ClassCount("critical", 1, 200, False),)
    )
    assert "R16" in rules("concession", counted)
    assert status("concession", line_with(HAZE)).state == "feasible"


def test_r18_irreparable_faults_close_rework() -> None:
    assert rules("rework", line_with(PRINT)) == {"R18"}
    assert status("rework", line_with(PRINT)).state == "barred"
    assert status("rework", line_with(PRINT, SCRATCH)).state == "feasible"
    unknown = replace(SCRATCH, repairability=None)
    assert status("rework", line_with(unknown)).state == "cannot tell"


@pytest.mark.parametrize("zone", ["zero_defect", "controlled_cosmetic"])
def test_r39_a_front_zone_fault_closes_the_concession(zone: str) -> None:
    found = status("concession", line_with(replace(HAZE, appearance_zone=zone)))
    assert found.state == "barred"
    assert "(R39)" in found.explanation
    assert status("concession", line_with(replace(HAZE, appearance_zone=None))).state == (
        "cannot tell"
    )
    assert rules("concession", line_with(RING)) == {"R39"}


def test_r48_a_functional_only_fault_closes_the_sort() -> None:
    assert rules("sort", line_with(RING)) == {"R48"}
    assert status("sort", line_with(RING)).state == "barred"
    assert status("sort", line_with(SCRATCH)).state == "feasible"
    assert status("sort", line_with(replace(SCRATCH, fault_kind=None))).state == "cannot tell"


def test_r35_a_sort_needs_function_to_be_fine() -> None:
    assert rules("sort", line_with(SCRATCH, RING)) == {"R35"}


def test_r52_a_rejection_without_terms_is_open_but_weak() -> None:
    weak = status("reject", line_with(SCRATCH))
    assert weak.state == "feasible"
    assert "weak" in weak.conditions[0].sentence
    terms = {
        "inspection_rights_clause": "7",
        "failure_consequences_clause": "8",
        "cancellation_clause": "12",
    }
    assert status("reject", line_with(SCRATCH), contract=terms).conditions == ()


def test_r55_a_repeat_failure_speaks_for_rejection() -> None:
    found = status("reject", line_with(SCRATCH), contract={"earlier_failures": 2})
    assert "R55" in {condition.rule for condition in found.conditions}


def test_r53_partial_acceptance_needs_a_part_set_apart_and_signatures() -> None:
    assert status("partial_acceptance", line_with(SCRATCH)).state == "cannot tell"
    good = line_with(SCRATCH, good_part=GoodPart(6000, 0, 150))
    assert status("partial_acceptance", good).state == "feasible"
    assert {c.rule for c in status("partial_acceptance", good).conditions} == {"R53"}
    too_much = line_with(SCRATCH, good_part=GoodPart(9000, 0, 150))
    assert status("partial_acceptance", too_much).state == "barred"


def test_r20_a_product_that_passed_alone_is_only_accepted() -> None:
    passed = SkuSituation("COIN", 5000, class_counts=(ClassCount("major", 1, 200, True),))
    states = {option: status(option, passed).state for option in RecoveryOption}
    assert [option for option, state in states.items() if state == "feasible"] == [
        "partial_acceptance"
    ]


def test_r54_a_discount_needs_goods_that_sell_and_safety_untouched() -> None:
    assert rules("discount", line_with(SCRATCH)) == {"R54"}
    assert status("discount", line_with(SCRATCH)).state == "cannot tell"
    assert status("discount", line_with(SCRATCH, is_sellable=False)).state == "barred"
    assert status("discount", line_with(SCRATCH, is_sellable=True)).state == "feasible"
    unsafe = replace(BURR, defect_class="major")
    assert rules("discount", line_with(unsafe, is_sellable=True)) == {"R54"}


def test_r56_replacement_needs_a_next_run() -> None:
    line = line_with(SCRATCH, is_sellable=True)
    assert status("replace_in_next_run", line).state == "cannot tell"
    states = [
        status("replace_in_next_run", replace(line, next_order_planned=planned)).state
        for planned in (True, False)
    ]
    assert states == ["feasible", "barred"]


def test_r50_goods_that_ship_as_they_are_need_a_signed_concession() -> None:
    for option in ("concession", "discount", "replace_in_next_run"):
        assert "R50" in {c.rule for c in status(option, line_with(HAZE)).conditions}


def test_r57_no_repair_after_shipment_and_a_deadline_for_rework() -> None:
    words = " ".join(option.value + CATALOGUE.options[option].label for option in RecoveryOption)
    assert "after" not in words
    assert "R57" in {c.rule for c in status("rework", line_with(SCRATCH)).conditions}


def test_r63_attachment_rework_waits_for_the_hardware_facts() -> None:
    some = line_with(RING, hardware_facts=frozenset(HARDWARE_FACTS[:2]))
    found = status("rework", some)
    assert found.state == "barred"
    assert "closing method (R63)" in found.explanation
    assert status("rework", replace(some, hardware_facts=frozenset(HARDWARE_FACTS))).state == (
        "feasible"
    )


@pytest.mark.parametrize(
    ("share", "days", "ruling"),
    [
        (*pair, "rework" if pair == (0.30, 4) else "remake" if pair == (0.50, 8) else "judgement")
        for pair in product((0.30, 0.40, 0.50), (4, 6, 8))
    ],
)
def test_r40_t8_the_rule_joins_both_bands_by_and(share: float, days: float, ruling: str) -> None:
    assert rework_or_remake(share, days, CATALOGUE.rework_or_remake) == ruling


def test_r40_the_ends_of_the_bands_are_grey() -> None:
    rule = CATALOGUE.rework_or_remake
    assert rework_or_remake(0.45, 8, rule) == "judgement"
    assert rework_or_remake(0.35, 4, rule) == "judgement"
    assert rework_or_remake(0.4501, 7.01, rule) == "remake"
    assert rework_or_remake(0.3499, 4.99, rule) == "rework"


def test_r06_pooled_results_leave_each_product_untold_without_an_exception() -> None:
    skus = pd.DataFrame({"sku": ["PIN", "COIN"], "quantity": [8000, 5000]})
    results = pd.DataFrame({"defect_class": ["major"], "found": [7], "acceptance_number": [5]})
    findings = pd.DataFrame({"defect_type": ["front scratch"], "defect_class": ["major"]})
    order = order_situation(skus, results, findings)
    table = option_table(order, CATALOGUE)
    assert len(table) == 18
    open_states = table.set_index(["sku", "option"])["state"]
    assert open_states[("PIN", "100 % sort")] == "cannot tell"
    assert open_states[("PIN", "full remake")] == "feasible"


def test_a_situation_is_read_from_tables_with_lots_put_together() -> None:
    skus = pd.DataFrame({"sku": ["001"], "quantity": [8000], "unit_price": [0.3]})
    results = pd.DataFrame(
        {
            "sku": ["001", "001"],
            "defect_class": ["major", "major"],
            "found": [3, 7],
            "sample_size": [125, 125],
            "acceptance_number": [3, 3],
        }
    )
    findings = pd.DataFrame(
        {
            "sku": ["001", "001", "001"],
            "defect_type": ["scratch", "scratch", "haze"],
            "defect_class": ["major", "major", "minor"],
            "count": pd.array([2, None, 4], dtype="Int64"),
        }
    )
    line = order_situation(
        skus, results, findings, decisions={"001": {"is_sellable": True}}, days_to_cut_off=9.0
    ).skus[0]
    assert line.class_counts == (ClassCount("major", 10, 250, False),)
    assert [(fault.defect_type, fault.count) for fault in line.faults] == [
        ("scratch", 3),
        ("haze", 4),
    ]
    assert line.is_sellable is True


def test_faults_of_a_class_that_passed_are_left_alone() -> None:
    counts = (ClassCount("major", 7, 200, False), ClassCount("minor", 3, 200, True))
    minor = Fault("card off position", "minor", "measurement", "controlled_cosmetic")
    line = SkuSituation("PIN", 8000, faults=(SCRATCH, minor), class_counts=counts)
    assert line.open_faults == (SCRATCH,)
    assert status("sort", line).state == "feasible"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: SkuSituation("PIN", 0), "quantity must be at least 1"),
        (lambda: SkuSituation("PIN", 5, hardware_facts=frozenset({"glue"})), "glue"),
        (lambda: SkuSituation("PIN", 5, credit_share=1.5), "credit_share"),
        (lambda: OrderSituation((SkuSituation("A", 5), SkuSituation("A", 5))), "must differ"),
        (lambda: OrderSituation((), days_to_cut_off=-1), "days_to_cut_off"),
        (lambda: OrderSituation((), sorted_by="nobody"), "sorted_by"),
        (
            lambda: order_situation(
                pd.DataFrame({"sku": ["A"], "quantity": [5]}),
                pd.DataFrame(),
                pd.DataFrame(),
                decisions={"B": {}},
            ),
            "not SKUs",
        ),
    ],
)
def test_a_situation_that_cannot_be_is_refused(make, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make()


def test_the_catalogue_can_be_changed_and_refuses_unknown_names() -> None:
    changed = default_catalogue({"options": {"sort": {"days": {"low": 2, "high": 4}}}})
    assert changed.options["sort"].days.high == 4
    assert changed.options["sort"].rule == "R35"
    assert default_catalogue().options["sort"].days.high == 3
    with pytest.raises(ValidationError, match="sorting"):
        default_catalogue({"rates": {"sorting": {"low": 1, "high": 2}}})
    with pytest.raises(ValidationError, match="low <= mode <= high"):
        default_catalogue({"rates": {"labour": {"low": 8, "high": 2}}})


def test_every_default_names_its_source() -> None:
    table = CATALOGUE.assumptions()
    assert set(table["source"]) == {"S0", "T7", "T9", "assumption"}
    assert not table["unit"].eq("").any()
    assert table["name"].is_unique


@pytest.mark.parametrize(
    ("defect", "kind"),
    [
        ("jump ring opening", "ring_swap"),
        ("split-ring pull too low", "split_ring_swap"),
        ("Card off position", "re_carding"),
        ("discarded pieces", "other"),
        ("front plating scratch", "replating"),
    ],
)
def test_r45_the_kind_of_rework_is_read_from_whole_words(defect: str, kind: str) -> None:
    assert CATALOGUE.rework_kind(defect) == kind
