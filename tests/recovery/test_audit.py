"""Audit of an inspection report: the demo case as told, its complete variant, and mutations."""

from pathlib import Path

import pandas as pd
import pytest

from qcanalysis.records import read_case
from qcanalysis.recovery.report.audit import ReportAudit, audit_report
from qcanalysis.recovery.report.completeness import missing_data
from qcanalysis.recovery.report.implied_plans import implied_plans, joint_plans, letters_with_limits
from qcanalysis.sampling import lookup_plan
from qcanalysis.sampling.standard import plans_with_acceptance_number, tabulated_plan
from qcanalysis.sampling.tables import CODE_LETTERS

CASES = Path(__file__).parents[2] / "data" / "cases"
USUAL = {"major": 2.5, "minor": 4.0}


def audited(name: str, **changes: pd.DataFrame) -> ReportAudit:
    case = read_case(CASES / name)
    tables = {
        "class_results": case.class_results,
        "inspections": case.inspections,
        "findings": case.findings,
        "skus": case.skus,
    } | changes
    return audit_report(
        **tables,
        order_quantity=case.order.quantity,
        usual_aql_percent=USUAL,
        inspection_id=tables["inspections"]["inspection_id"].iloc[0],
    )


@pytest.fixture(scope="module")
def as_told() -> ReportAudit:
    return audited("metal-promo")


def test_r02_the_first_sentence_says_the_plan_is_not_the_usual_one_and_what_to_ask(
    as_told: ReportAudit,
) -> None:
    assert as_told.sentence.startswith(
        "Ac 5 / Ac 10 is not AQL 2.5/4.0 at any sample size, and at 2.5/4.0 this lot of 20,000 "
        "would have passed (7 major against Ac 14, 11 minor against Ac 21): ask the agency for "
    )
    for wanted in ("sample size", "AQL", "rejection number", "severity"):
        assert wanted in as_told.sentence
    assert as_told.state == "caution"


def test_t1_no_letter_gives_ac_5_and_ac_10_at_the_usual_aqls() -> None:
    assert letters_with_limits({"major": 5, "minor": 10}, USUAL) == []
    # second route: look at every cell by hand
    for severity in ("normal", "tightened", "reduced"):
        for standard in ("ISO 2859-1:1999", "MIL-STD-105E"):
            pairs = {
                tuple(
                    tabulated_plan(
                        letter, aql, severity=severity, standard=standard
                    ).plan.acceptance_number
                    for aql in USUAL.values()
                )
                for letter in CODE_LETTERS
            }
            assert (5, 10) not in pairs


@pytest.mark.parametrize(
    ("letter", "size", "major", "minor"),
    [("M", 315, 0.65, 1.5), ("L", 200, 1.0, 2.5), ("K", 125, 1.5, 4.0), ("J", 80, 2.5, 6.5)],
)
def test_t1_normal_plans_with_both_limits(
    as_told: ReportAudit, letter: str, size: int, major: float, minor: float
) -> None:
    joint = as_told.joint_in_percent
    row = joint[joint["code_letter"].eq(letter) & joint["severity"].eq("normal")].iloc[0]
    assert (row["sample_size"], row["aql_major"], row["aql_minor"]) == (size, major, minor)
    assert row["lot_verdict"] == "not accepted"


def test_t1_both_classes_cannot_be_tightened(as_told: ReportAudit) -> None:
    assert plans_with_acceptance_number(10, severities=("tightened",)) == ()
    assert "tightened" not in set(as_told.joint["severity"])
    single = as_told.implied
    assert single[single["severity"].eq("tightened")]["defect_class"].unique().tolist() == ["major"]


def test_t1_seven_majors_fail_at_2_5_only_at_letter_j_or_smaller() -> None:
    failing = [
        letter
        for letter in CODE_LETTERS
        if tabulated_plan(letter, 2.5).plan.verdict(7) == "not_accepted"
    ]
    assert failing == list("ABCDEFGHJ")


def test_t14_a_gap_accepts_what_the_other_plans_refuse(as_told: ReportAudit) -> None:
    joint = as_told.joint_in_percent
    gap = joint[joint["code_letter"].eq("M") & joint["severity"].eq("reduced")]
    by_standard = gap.set_index("standard")["lot_verdict"].to_dict()
    assert by_standard == {
        "ISO 2859-1:1999": "not accepted",
        "MIL-STD-105E": "accepted, back to normal",
    }
    assert "not accepted, if Re is Ac + 1" in set(as_told.results["recomputed"])


def test_t16_the_edition_is_asked_for(as_told: ReportAudit) -> None:
    question = next(q for q in as_told.questions if "edition" in q)
    assert "ISO 2859-1:2026" in question


def test_t2_pooled_products_are_shown_as_lots_of_their_own(as_told: ReportAudit) -> None:
    products = as_told.products
    assert products["code_letter"].unique().tolist() == ["L"]
    per_product = products.drop_duplicates("product")["sample_size"]
    assert (len(per_product), per_product.sum()) == (3, 600)
    assert products["verdict"].str.startswith("cannot tell").all()
    assert any("3 products" in question for question in as_told.questions)


def test_r07_everything_the_guide_leaves_out_is_listed(as_told: ReportAudit) -> None:
    missing = set(as_told.missing["datum"])
    assert {
        "sample size",
        "AQL",
        "rejection number",
        "severity",
        "count of each finding",
    } <= missing
    assert "inspection level" not in missing  # level II is told


def test_a_complete_report_is_reproduced() -> None:
    audit = audited("metal-promo-illustrative")
    assert audit.state == "bad"
    assert audit.sentence.startswith("The report can be reproduced and the failure is real")
    plans = audit.results.groupby("defect_class")["plan"].unique()
    assert set(plans["major"]) == {"follows letter L, AQL 1.0, normal"}
    assert set(plans["minor"]) == {"follows letter L, AQL 2.5, normal"}
    assert plans["critical"][0].startswith("accept zero")
    assert audit.implied.empty
    assert audit.joint_in_percent.empty
    assert "sample size" not in set(audit.missing["datum"])


def test_a_plan_that_is_not_the_standards_is_named() -> None:
    case = read_case(CASES / "metal-promo-illustrative")
    results = case.class_results.copy()
    results.loc[results["defect_class"].eq("major"), "sample_size"] = 125
    audit = audited("metal-promo-illustrative", class_results=results)
    assert audit.state == "caution"
    assert "n 125, not 200" in audit.sentence
    assert any("n 125, not 200" in question for question in audit.questions)


def test_a_verdict_against_its_own_figures_is_questioned() -> None:
    case = read_case(CASES / "metal-promo-illustrative")
    results = case.class_results.copy()
    wrong = results.index[results["found"] > results["acceptance_number"]][0]
    results.loc[wrong, "reported_result"] = "accepted"
    audit = audited("metal-promo-illustrative", class_results=results)
    assert any("its own figures say not accepted" in question for question in audit.questions)


def test_without_limits_no_verdict_is_claimed() -> None:
    case = read_case(CASES / "metal-promo")
    results = case.class_results.assign(acceptance_number=pd.NA)
    audit = audited("metal-promo", class_results=results)
    assert audit.state == "unknown"
    assert audit.sentence.startswith("The report states no acceptance numbers")


def test_an_unknown_visit_is_refused() -> None:
    case = read_case(CASES / "metal-promo")
    with pytest.raises(ValueError, match="inspections holds no row for inspection_id 'NONE'"):
        audit_report(
            case.class_results,
            case.inspections,
            case.findings,
            case.skus,
            order_quantity=20_000,
            usual_aql_percent=USUAL,
            inspection_id="NONE",
        )


def test_implied_plans_agree_with_look_up() -> None:
    implied = implied_plans({"major": 5}, {"major": 7})
    for _, row in implied.iterrows():
        both = ["ISO 2859-1:1999", "MIL-STD-105E"]
        for standard in both if row["standard"] == "both standards" else [row["standard"]]:
            cell = tabulated_plan(
                row["code_letter"], row["aql_percent"], severity=row["severity"], standard=standard
            )
            assert cell.plan.acceptance_number == 5
            assert cell.plan.sample_size == row["sample_size"]
    assert lookup_plan(20_000, 0.65).plan.acceptance_number == 5


def test_limits_that_no_sample_has_together_give_no_joint_plan() -> None:
    implied = implied_plans({"major": 0, "minor": 44}, {"major": 1, "minor": 45})
    joint = joint_plans(implied)
    assert "lot_verdict" in joint.columns


def test_nothing_is_missing_from_a_complete_report() -> None:
    case = read_case(CASES / "metal-promo-illustrative")
    with_aql = case.class_results[case.class_results["aql_percent"].notna()]
    on_pieces = case.findings[case.findings["counted_per"].eq("item")]
    referenced = on_pieces[on_pieces["spec_reference"].notna()]
    missing = missing_data(with_aql, case.inspections, referenced)
    assert missing.empty, missing["datum"].to_list()


def test_r19_findings_without_a_reference_are_asked_about() -> None:
    audit = audited("metal-promo-illustrative")
    asked = audit.missing.set_index("datum")
    assert asked.loc["specification or sample reference", "missing"].endswith("findings")


def stated(*rows: dict[str, object]) -> pd.DataFrame:
    """Class results of the pooled visit of metal-promo, one row for each class given."""
    template = read_case(CASES / "metal-promo").class_results.iloc[0]
    changed = [pd.Series({**template, **row}) for row in rows]
    return pd.DataFrame(changed).reset_index(drop=True)


def limits(defect_class: str, acceptance_number: object, found: object, **more: object) -> dict:
    return {
        "defect_class": defect_class,
        "acceptance_number": acceptance_number,
        "found": found,
    } | more


def test_r16_a_critical_defect_is_not_talked_away_by_limits_of_other_classes() -> None:
    rows = (limits("critical", 0, 1), limits("major", 5, 3), limits("minor", 10, 8))
    audit = audited("metal-promo", class_results=stated(*rows))
    assert "would not have passed (1 critical against Ac 0, 3 major against Ac 14" in audit.sentence
    assert audit.state == "bad"


def test_a_critical_class_beside_unknown_plans_does_not_make_the_report_reproducible() -> None:
    rows = (limits("critical", 0, 0), limits("major", 5, 7), limits("minor", 10, 11))
    audit = audited("metal-promo", class_results=stated(*rows))
    assert audit.sentence.startswith("Ac 5 / Ac 10 is not AQL 2.5/4.0 at any sample size")
    assert not audit.joint.empty


def test_a_critical_defect_without_a_limit_leaves_the_verdict_open() -> None:
    rows = (limits("critical", pd.NA, 1), limits("major", 5, 3))
    audit = audited("metal-promo", class_results=stated(*rows))
    assert "cannot be judged (1 critical against no stated limit" in audit.sentence


def test_a_limit_that_no_table_holds_is_told_not_a_crash() -> None:
    audit = audited(
        "metal-promo", class_results=stated(limits("major", 4, 7), limits("minor", 10, 11))
    )
    assert audit.sentence.startswith("Ac 4 / Ac 10 is not AQL 2.5/4.0 at any sample size")
    assert audit.joint_in_percent.empty  # the plans of one class alone are no plans of the report


def test_an_aql_that_is_not_tabulated_is_a_finding() -> None:
    audit = audited("metal-promo", class_results=stated(limits("major", 14, 17, aql_percent=3.0)))
    assert "AQL 3, which is not tabulated" in audit.sentence
    assert audit.state == "caution"


def test_one_aql_of_two_is_not_a_reproduced_report() -> None:
    rows = (limits("major", 14, 17, aql_percent=2.5, sample_size=315), limits("minor", 21, 11))
    audit = audited("metal-promo", class_results=stated(*rows))
    assert audit.sentence.startswith("1 of the 2 plans cannot be checked; by the report's own")


def test_a_report_against_its_own_figures_contradicts_itself() -> None:
    passing = limits("major", 14, 7, aql_percent=2.5, sample_size=315, rejection_number=15)
    audit = audited("metal-promo", class_results=stated(passing))
    assert audit.sentence.startswith(
        "The report contradicts itself: the visit is not accepted, and every class is accepted"
    )
    assert any("On which ground was it refused?" in question for question in audit.questions)
    by_class = stated(passing | {"reported_result": "not_accepted"})
    sentence = audited("metal-promo", class_results=by_class).sentence
    assert "all products, major: reported not accepted, by its figures accepted" in sentence


def test_t14_the_stated_standard_is_the_one_that_is_checked() -> None:
    case = read_case(CASES / "metal-promo-illustrative")
    visit = case.inspections.assign(standard="ANSI/ASQ Z1.4", severity="reduced")
    major = case.class_results[case.class_results["defect_class"].eq("major")].assign(
        sample_size=80, acceptance_number=2, rejection_number=5, found=4, reported_result="accepted"
    )
    audit = audited("metal-promo-illustrative", inspections=visit, class_results=major)
    assert set(audit.results["plan"]) == {"follows letter L, AQL 1.0, reduced (MIL-STD-105E)"}
    assert set(audit.results["recomputed"]) == {"accepted, back to normal"}
    assert not any("Which is right?" in question for question in audit.questions)


def test_a_double_plan_is_not_held_against_the_single_one() -> None:
    case = read_case(CASES / "metal-promo-illustrative")
    visit = case.inspections.assign(sampling="double")
    audit = audited("metal-promo-illustrative", inspections=visit)
    assert audit.sentence.startswith("6 of the 9 plans cannot be checked")
    assert not any("why was this plan used" in question for question in audit.questions)


def test_a_wrong_code_letter_is_named() -> None:
    case = read_case(CASES / "metal-promo-illustrative")
    audit = audited(
        "metal-promo-illustrative", class_results=case.class_results.assign(code_letter="K")
    )
    assert "letter K, not L" in audit.sentence


def test_t2_without_aqls_each_product_has_its_own_outcome() -> None:
    case = read_case(CASES / "metal-promo-illustrative")
    results = case.class_results.assign(aql_percent=pd.NA)
    results.loc[results["sku"].eq("zinc-keychain") & results["found"].eq(8), "found"] = 12
    audit = audited("metal-promo-illustrative", class_results=results)
    assert "soft-enamel-pin (8,000 pieces) would have passed" in audit.sentence
    assert "zinc-keychain (7,000 pieces) would not have passed (12 major" in audit.sentence


def test_a_plan_larger_than_the_lot_inspects_the_lot() -> None:
    rows = stated(limits("major", 0, 1, lot_size=2, sample_size=2, aql_percent=2.5))
    audit = audited("metal-promo", class_results=rows)
    assert audit.results["plan"].to_list() == ["follows letter A, AQL 2.5, normal"]
    assert audit.usual["sample_size"].to_list() == [2]
    assert audit.usual["verdict"].to_list() == ["not accepted"]


def test_a_missing_count_is_asked_for_first() -> None:
    audit = audited("metal-promo", class_results=stated(limits("major", 5, pd.NA)))
    assert audit.sentence.endswith(
        "cannot be judged: ask the agency for count found, sample size, AQL, rejection number, "
        "basis of the counts."
    )
