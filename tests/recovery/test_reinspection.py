"""Re-inspection: lots by treatment, plans, warnings, verdicts, final confirmations."""

from pathlib import Path

import pandas as pd
import pytest
from scipy import stats

from qcanalysis.records.case import read_case
from qcanalysis.recovery.reinspection.carton_list import carton_list
from qcanalysis.recovery.reinspection.final_confirmations import final_confirmations
from qcanalysis.recovery.reinspection.lot_plans import ReinspectionTerms, lot_plans
from qcanalysis.recovery.reinspection.plan import (
    ReinspectionPlan,
    inspector_warning,
    plan_reinspection,
)
from qcanalysis.recovery.reinspection.results import (
    counts_from_cartons,
    counts_from_classes,
    counts_from_pieces,
    inspected_pieces,
    judge_lots,
    judge_products,
)
from qcanalysis.recovery.reinspection.treated_lots import TREATMENTS, treated_lots
from qcanalysis.sampling import RiskPoint, probability_of_acceptance
from qcanalysis.sampling.plan import SamplingPlan

CASES = Path(__file__).parents[2] / "data" / "cases"
NOTHING = pd.DataFrame()
SKUS = pd.DataFrame(
    {
        "sku": ["PIN", "COIN"],
        "quantity": [8000, 5000],
        "product_family": ["pin", "coin"],
    }
)
LOTS = pd.DataFrame(
    [
        ("1", "PIN", 5200, "sorted"),
        ("2", "PIN", 1500, "reworked"),
        ("3", "PIN", 400, "remade"),
        ("4", "PIN", 900, "untouched"),
        ("5", "COIN", 4400, "untouched"),
        ("6", "COIN", 600, "conceded"),
    ],
    columns=["lot_id", "sku", "lot_size", "treatment"],
)
SPECIFICATION = pd.DataFrame(
    {
        "spec_id": ["S1", "S2", "S3"],
        "sku": ["PIN", "PIN", None],
        "appearance_zone": ["zero_defect", "non_appearance", "zero_defect"],
    }
)


def plans(terms: ReinspectionTerms | None = None, lots: pd.DataFrame = LOTS) -> pd.DataFrame:
    parts = treated_lots(SKUS, NOTHING, lots)
    table = lot_plans(
        parts, SPECIFICATION, terms or ReinspectionTerms(), conceded={"COIN": ["rim dent"]}
    )
    return table.set_index(["sku", "treatment", "scope"]).sort_index()


def case_plan(name: str, **options: object) -> ReinspectionPlan:
    case = read_case(CASES / name)
    return plan_reinspection(
        case.skus, case.cartons, case.lots, case.specification, seed=5, **options
    )


def test_r75_the_treated_quantities_and_the_untouched_make_up_the_lot() -> None:
    lots = treated_lots(SKUS, NOTHING, LOTS)
    assert lots.groupby("sku")["lot_size"].sum().to_dict() == {"PIN": 8000, "COIN": 5000}
    assert set(lots["treatment"]) == set(TREATMENTS)
    assert lots["reason"].eq("").all()


def test_r75_more_treated_pieces_than_presented_are_refused() -> None:
    with pytest.raises(ValueError, match="8100, but 8000 are presented; R75"):
        treated_lots(SKUS, NOTHING, LOTS.assign(lot_size=LOTS["lot_size"] + [100, 0, 0, 0, 0, 0]))


def test_r75_pieces_of_which_nothing_is_known_are_a_lot_of_their_own() -> None:
    lots = treated_lots(SKUS, NOTHING, LOTS.iloc[:3])
    unknown = lots[lots["treatment"] == "not stated"].set_index("sku")
    assert unknown["lot_size"].to_dict() == {"PIN": 900, "COIN": 5000}
    assert unknown["reason"].str.startswith("cannot tell: state which").all()
    assert lots.groupby("sku")["lot_size"].sum().to_dict() == {"PIN": 8000, "COIN": 5000}


def test_r75_cartons_say_more_than_lots_about_the_treatment() -> None:
    cartons = pd.DataFrame(
        [
            ("001", "030", "PIN", 6000, "1", None),
            ("031", "040", "PIN", 2000, "1", "reworked"),
        ],
        columns=["first_carton_no", "last_carton_no", "sku", "quantity", "lot_id", "treatment"],
    )
    lots = treated_lots(SKUS.iloc[:1], cartons, LOTS)
    assert lots[["treatment", "lot_size", "cartons"]].to_numpy().tolist() == [
        ["sorted", 6000, "001 to 030"],
        ["reworked", 2000, "031 to 040"],
    ]


def test_an_unknown_treatment_is_refused() -> None:
    with pytest.raises(ValueError, match=r"treatment must be one of .* got 'polished'"):
        treated_lots(SKUS, NOTHING, LOTS.replace("sorted", "polished"))


def test_r33_corrected_majors_go_to_aql_1_or_1_5_and_minors_to_2_5() -> None:
    table = plans().loc[("PIN", "sorted")]
    assert table.loc["major", ["sample_size", "acceptance_number"]].tolist() == [200, 5]
    assert table.loc["minor", ["sample_size", "acceptance_number"]].tolist() == [200, 10]
    looser = plans(ReinspectionTerms(aql_percent={"major": 1.5, "minor": 2.5}))
    assert looser.loc[("PIN", "sorted", "major"), "acceptance_number"] == 7


def test_aqls_that_are_not_stated_are_asked_for() -> None:
    with pytest.raises(ValueError, match=r"aql_percent must state \['minor'\]"):
        ReinspectionTerms(aql_percent={"major": 1.0})


def test_r34_level_iii_is_for_the_remade_lot_alone() -> None:
    majors = plans().xs("major", level="scope")
    level = majors["inspection_level"].to_dict()
    assert {key for key, name in level.items() if name == "III"} == {("PIN", "remade")}
    row = majors.loc[("PIN", "remade")]
    assert (row["code_letter"], row["sample_size"], row["acceptance_number"]) == ("J", 80, 2)
    second = plans(ReinspectionTerms(remade_level="II")).loc[("PIN", "remade", "major")]
    assert (second["code_letter"], second["sample_size"], second["acceptance_number"]) == (
        "H",
        50,
        1,
    )


def test_r14_zero_defect_zone_lines_get_an_accept_zero_plan() -> None:
    zone = plans().xs("zero_defect", level="scope")
    assert zone["acceptance_number"].eq(0).all()
    assert zone["rejection_number"].eq(1).all()
    assert zone.loc[("PIN", "sorted"), "lines"] == "S1, S3"
    assert zone.loc[("COIN", "untouched"), "lines"] == "S3"


def test_r14_the_plan_keeps_the_stated_risk_at_the_limiting_quality() -> None:
    terms = ReinspectionTerms(accept_zero=RiskPoint(0.015, 0.05))
    for _, row in plans(terms).xs("zero_defect", level="scope").iterrows():
        lot, size = int(row["lot_size"]), int(row["sample_size"])
        bad = -(-lot * 15 // 1000)
        risk = probability_of_acceptance(
            SamplingPlan.single(size, 0), bad, distribution="hypergeometric", lot_size=lot
        )
        assert risk <= 0.05


def test_r14_the_accept_zero_table_is_the_other_way() -> None:
    table = plans(ReinspectionTerms(accept_zero=None)).loc[("PIN", "remade")]
    assert table.loc["zero_defect", "aql_percent"] == 1.0
    assert table.loc["zero_defect", "sample_size"] == table.loc["major", "sample_size"]  # in hand


def test_r14_a_case_without_zone_lines_says_so() -> None:
    zone = case_plan("metal-promo").plans.query("scope == 'zero_defect'")
    assert zone["lines"].str.startswith("cannot tell").all()


def test_t11_a_conceded_defect_is_excluded_and_its_cartons_are_a_lot_apart() -> None:
    lots = treated_lots(SKUS, NOTHING, LOTS).set_index(["sku", "treatment"])
    assert lots.loc[("COIN", "conceded"), "share_of_sku"] == pytest.approx(0.12)
    table = plans()
    assert table.loc[("COIN", "conceded"), "not_counted"].eq("rim dent").all()
    assert table.drop(index=("COIN", "conceded"))["not_counted"].eq("").all()
    unnamed = lot_plans(
        treated_lots(SKUS, NOTHING, LOTS), SPECIFICATION, ReinspectionTerms()
    ).set_index("treatment")
    assert unnamed.loc["conceded", "not_counted"].str.contains("state the defect").all()


@pytest.mark.parametrize(
    ("lot_size", "treatment", "sample_size", "percent"),
    [(30_000, "sorted", 315, 0.95), (9_900, "sorted", 200, 1.5), (500, "remade", 80, 3.2)],
)
def test_t13_zero_found_still_allows_some(
    lot_size: int, treatment: str, sample_size: int, percent: float
) -> None:
    lots = pd.DataFrame({"sku": ["PIN"], "treatment": [treatment], "lot_size": [lot_size]})
    row = lot_plans(lots, NOTHING, ReinspectionTerms()).set_index("scope").loc["major"]
    assert row["sample_size"] == sample_size
    assert 100 * row["upper_if_zero_found"] == pytest.approx(percent, abs=0.05)
    bad = round(row["upper_if_zero_found"] * lot_size)  # most that 0 found does not contradict
    for items, is_possible in ((bad, True), (bad + 1, False)):
        chance = stats.hypergeom.pmf(0, lot_size, items, sample_size)
        assert (chance > 0.05) == is_possible


def test_t15_all_items_are_examined_again_and_resubmission_does_not_switch() -> None:
    notes = " ".join(case_plan("metal-promo").notes)
    assert "All pieces of a lot are to be examined again" in notes
    assert "does not count in the switching rules" in notes


def test_t16_the_edition_is_named_with_every_plan() -> None:
    plan = case_plan("metal-promo-illustrative")
    assert plan.plans["standard"].eq("ISO 2859-1:1999").all()
    assert any("2026" in note for note in plan.notes)


def test_r60_the_same_inspector_is_warned_of_and_not_barred() -> None:
    assert "ask the agency for another one" in inspector_warning("I-07", "I-07")
    assert inspector_warning("I-07", "I-08") == ""
    assert "state inspector_id of the re-inspection" in inspector_warning("I-07", None)
    plan = case_plan("metal-promo-illustrative", failed_inspector="I-07", next_inspector="I-07")
    assert plan.warnings[0].startswith("inspector I-07 made the failed visit too")
    assert not plan.draw.for_inspector.empty


def test_the_bare_case_is_planned_and_says_what_it_lacks() -> None:
    plan = case_plan("metal-promo")
    assert plan.plans.query("scope == 'major'")["sample_size"].tolist() == [200, 200, 200]
    assert any("carton list needed" in warning for warning in plan.warnings)
    assert any("state which of these 8000 pieces" in warning for warning in plan.warnings)
    assert plan.draw.for_inspector.empty
    case = read_case(CASES / "metal-promo")
    judged = judge_lots(
        plan.plans, counts_from_classes(case.class_results, case.lots, inspection_id="PSI-1")
    )
    assert judged["verdict"].eq("cannot tell").all()
    assert judge_products(judged)["verdict"].eq("cannot tell").all()


def test_t2_t5_three_products_are_three_lots() -> None:
    majors = case_plan("metal-promo-illustrative").plans.query("scope == 'major'")
    assert majors["code_letter"].tolist() == ["L", "L", "L"]
    assert majors["sample_size"].sum() == 600


UNIT = {"inspection_id": "RI", "sku": "PIN", "critical_defects": 0, "minor_defects": 0}
REGISTER = pd.DataFrame({"carton_no": ["001", "002"], "treatment": ["conceded", "sorted"]})


def found_in(carton: str, *, rule: str = "every_class", **finding: object) -> list[str]:
    units = pd.DataFrame([UNIT | {"sample_id": "1", "carton_no": carton, "major_defects": 1}])
    listed = {
        "inspection_id": "RI",
        "sku": "PIN",
        "sample_id": "1",
        "defect_class": "major",
        "defect_type": "rim dent",
        "appearance_zone": "controlled_cosmetic",
    }
    pieces = inspected_pieces(
        units,
        pd.DataFrame([listed | finding]),
        REGISTER,
        inspection_id="RI",
        unit_class_rule=rule,
        conceded={"PIN": ["rim dent"]},
    )
    return [scope for scope in ("critical", "zero_defect", "major", "minor") if pieces[scope].any()]


def test_t11_a_conceded_defect_counts_outside_the_conceded_cartons() -> None:
    assert found_in("001") == []
    assert found_in("002") == ["major"]
    assert found_in("001", defect_type="scratch") == ["major"]


def test_r14_a_fault_in_the_zone_counts_there_and_not_in_its_class() -> None:
    assert found_in("002", appearance_zone="zero_defect") == ["zero_defect"]


def test_r29_lot_level_findings_do_not_enter_the_piece_count() -> None:
    assert found_in("002", counted_per="lot", appearance_zone="zero_defect") == ["major"]


def test_t3_the_worst_defect_rule_counts_a_piece_once() -> None:
    units = pd.DataFrame(
        [UNIT | {"sample_id": "1", "carton_no": "002", "major_defects": 2, "minor_defects": 1}]
    )
    common = {"findings": NOTHING, "register": REGISTER, "inspection_id": "RI"}
    worst = inspected_pieces(units, **common, unit_class_rule="worst_defect")
    every = inspected_pieces(units, **common, unit_class_rule="every_class")
    assert worst.loc[0, ["major", "minor"]].tolist() == [True, False]
    assert every.loc[0, ["major", "minor"]].tolist() == [True, True]
    with pytest.raises(ValueError, match="unit_class_rule must be"):
        inspected_pieces(units, **common, unit_class_rule="all")


def judged_once(inspected: object, found: object) -> pd.Series:
    plan = pd.DataFrame(
        {
            "sku": ["PIN"],
            "treatment": ["sorted"],
            "scope": ["major"],
            "lot_size": [8000],
            "sample_size": [200],
            "acceptance_number": [5],
            "rejection_number": [6],
        }
    )
    count = pd.DataFrame(
        {
            "sku": ["PIN"],
            "treatment": ["sorted"],
            "scope": ["major"],
            "inspected": [inspected],
            "found": [found],
        }
    )
    return judge_lots(plan, count).iloc[0]


def test_section_2_plan_passed_and_zero_found_are_two_answers() -> None:
    passed, clean = judged_once(200, 5), judged_once(200, 0)
    assert (passed["verdict"], bool(passed["zero_found"])) == ("accepted", False)
    assert (clean["verdict"], bool(clean["zero_found"])) == ("accepted", True)
    assert clean["bad_upper"] > 0


def test_t10_what_is_left_in_a_lot_is_that_of_the_remainder() -> None:
    row = judged_once(200, 7)
    assert row["verdict"] == "not_accepted"
    assert (round(row["bad_mean"]), row["bad_lower"], row["bad_upper"]) == (291, 141, 483)


@pytest.mark.parametrize(
    ("inspected", "found", "verdict"),
    [
        (200, 5, "accepted"),
        (200, 6, "not_accepted"),
        (180, 5, "cannot tell"),
        (180, 6, "not_accepted"),
        (220, 5, "accepted"),
        (220, 6, "cannot tell"),
        (200, 201, "cannot tell"),
        (None, 3, "cannot tell"),
    ],
)
def test_a_sample_of_another_size_decides_only_what_it_can(
    inspected: int | None, found: int, verdict: str
) -> None:
    row = judged_once(inspected, found)
    assert row["verdict"] == verdict
    assert row["reason"].startswith("cannot tell") == (verdict == "cannot tell")


def test_r77_the_weakest_lot_is_not_hidden_by_a_blend() -> None:
    case = read_case(CASES / "metal-promo-illustrative")
    register = carton_list(case.cartons, case.lots)
    pieces = inspected_pieces(
        case.units,
        case.findings,
        register,
        inspection_id="PSI-1",
        unit_class_rule="worst_defect",
    )
    found = counts_from_pieces(pieces)
    stated = case.class_results.groupby("sku")["found"].sum()
    assert found.groupby("sku")["found"].sum().to_dict() == stated.to_dict()
    cartons = pd.DataFrame({"sku": SKU_CARTONS, "is_nonconforming": False, "carton_no": "x"})
    plan = case_plan("metal-promo-illustrative")
    judged = judge_lots(plan.plans, pd.concat([found, counts_from_cartons(cartons)]))
    products = judge_products(judged).set_index("sku")
    assert products.loc["zinc-keychain", "not_accepted"].count("untouched") == 3
    coins = judged[judged["sku"] == "struck-coin"].set_index("scope")
    assert coins.loc["major", "verdict"] == "accepted"
    assert coins.loc["zero_defect", "verdict"] == "not_accepted"  # R14: one front scratch
    assert coins.loc["pack_out", "verdict"] == "accepted"


SKU_CARTONS = ["soft-enamel-pin"] * 5 + ["zinc-keychain"] * 20 + ["struck-coin"] * 5


def judged_scopes(**changes: str) -> pd.DataFrame:
    verdicts = dict.fromkeys(["critical", "zero_defect", "major", "minor", "pack_out"], "accepted")
    return pd.DataFrame(
        {"scope": list(verdicts), "verdict": [*(verdicts | changes).values()], "found": 0}
    )


def test_r81_all_four_confirmations_and_photos_are_needed() -> None:
    good = {"golden_sample_compared": True, "sample_deviations": [], "photos": 4}
    record = final_confirmations(judged_scopes(), **good)
    assert record.is_pass
    assert len(record.table) == 4
    failing = {
        "critical and major faults resolved": (judged_scopes(zero_defect="not_accepted"), {}),
        "workmanship": (judged_scopes(minor="not_accepted"), {}),
        "packing and labels": (judged_scopes(pack_out="cannot tell"), {}),
        "match to the approved sample": (judged_scopes(), {"golden_sample_compared": None}),
        "photos": (judged_scopes(), {"photos": 0}),
    }
    for name, (judged, change) in failing.items():
        record = final_confirmations(judged, **(good | change))
        assert record.missing == (name,)
        assert not record.is_pass


def test_r81_a_scope_without_a_verdict_cannot_be_confirmed() -> None:
    judged = judged_scopes().query("scope != 'pack_out'")
    record = final_confirmations(
        judged, golden_sample_compared=True, sample_deviations=["colour shift"], photos=1
    )
    table = record.table.set_index("confirmation")
    assert table.loc["packing and labels", "answer"] == "cannot tell"
    assert table.loc["match to the approved sample", "basis"] == "colour shift"
