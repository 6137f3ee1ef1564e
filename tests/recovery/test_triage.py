import random

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from qcanalysis.recovery.triage.claims import Claim, compare, condition_claim, conjunction, known
from qcanalysis.recovery.triage.findings import gravest_class, triage, triage_finding
from qcanalysis.recovery.triage.rules import packaged_rules
from qcanalysis.recovery.triage.triage_rules import TriageRules, triage_rules
from qcanalysis.recovery.triage.work_list import (
    unit_counts,
    unsupported_findings,
    work_list,
)

SEEN = {
    "defect_type": "front plating scratch",
    "defect_class": "minor",
    "fault_kind": "cosmetic",
    "appearance_zone": "zero_defect",
    "visible_seconds": 2.0,
    "viewing_distance_cm": 30.0,
    "illuminance_lux": 900.0,
}
HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "=HYPERLINK('http://x')",
    "{{ 7*7 }} {% for %}",
    "\u202eright to left",
    "ring " * 5000,
    "(((((",
    "burr\nsecond line",
]


# R08 -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["cosmetic", "functional", "measurement"])
@pytest.mark.parametrize("reported", ["minor", "major", "critical"])
def test_r08_the_class_is_never_derived_from_the_kind_alone(kind, reported):
    found = triage_finding({"defect_type": "odd", "fault_kind": kind, "defect_class": reported})
    assert found.assessed_class == reported
    assert found.fault_kind == kind


@pytest.mark.parametrize("reported", ["minor", "major", "critical", None])
def test_r08_a_safety_fault_is_critical_whatever_was_reported(reported):
    found = triage_finding({"defect_type": "odd", "fault_kind": "safety", "defect_class": reported})
    assert (found.bucket, found.assessed_class, found.rule_id) == ("safety", "critical", "R08")
    assert found.reported_class == reported


def test_r08_no_class_is_invented_where_none_is_reported_and_no_rule_fires():
    found = triage_finding({"defect_type": "odd", "fault_kind": "cosmetic"})
    assert found.assessed_class is None


# R09 -----------------------------------------------------------------------------------------

EXAMPLES = [
    ({"defect_type": "Burr on rim", "size_mm": 0.06}, "safety"),
    ({"defect_type": "plating flakes that cut", "fault_kind": "safety"}, "safety"),
    ({"defect_type": "exposed post"}, "safety"),
    ({"defect_type": "jump ring opens under minimum pull"}, "function"),
    ({"defect_type": "jump rings opening"}, "function"),
    ({"defect_type": "clutch slips"}, "function"),
    ({"defect_type": "pin rocks on flat plate", "size_mm": 1.2}, "function"),
    ({"defect_type": "front scratch"}, "visual_brand"),
    ({"defect_type": "unreadable text"}, "visual_brand"),
    ({"defect_type": "void in logo"}, "visual_brand"),
    ({"defect_type": "visible drift of colour"}, "visual_brand"),
    ({"defect_type": "backside haze"}, "visual_brand"),
    ({"defect_type": "enamel underfill"}, "visual_brand"),
    ({"defect_type": "lot colour shift"}, "visual_brand"),
    ({"defect_type": "wrong count in inner"}, "pack_out"),
    ({"defect_type": "card off position"}, "pack_out"),
    ({"defect_type": "inverted barcode"}, "pack_out"),
    ({"defect_type": "crushed hang hole"}, "pack_out"),
    ({"defect_type": "mixed SKU"}, "pack_out"),
]


@pytest.mark.parametrize(("finding", "bucket"), EXAMPLES, ids=lambda value: str(value))
def test_r09_each_example_of_the_guide_lands_in_its_bucket(finding, bucket):
    found = triage_finding(finding)
    assert found.bucket == bucket
    assert found.rule_id in found.reason


@pytest.mark.parametrize(
    ("size", "bucket", "grade"),
    [
        (0.04, "visual_brand", "minor"),
        (0.05, "visual_brand", "minor"),
        (0.051, "safety", "critical"),
    ],
)
def test_r09_a_burr_is_a_safety_matter_above_0_05_mm(size, bucket, grade):
    finding = {
        **{"defect_type": "burr", "size_mm": size},
        **{"fault_kind": "cosmetic", "defect_class": "minor"},
    }
    found = triage_finding(finding)
    assert (found.bucket, found.assessed_class) == (bucket, grade)


@pytest.mark.parametrize(("size", "bucket"), [(1.0, "unassigned"), (1.01, "function")])
def test_r09_a_pin_that_rocks_is_a_functional_matter_above_1_0_mm(size, bucket):
    assert triage_finding({"defect_type": "pin rocks", "size_mm": size}).bucket == bucket


def test_r09_the_number_that_fired_is_kept():
    found = triage_finding({"defect_type": "burr", "size_mm": 0.08})
    assert (found.measured_mm, found.limit_mm, found.rule_id) == (0.08, 0.05, "R09")
    assert "0.08 mm, above 0.05 mm" in found.reason


def test_r09_a_burr_of_unknown_height_stays_a_safety_matter_but_is_not_called_critical():
    found = triage_finding({"defect_type": "burr", "defect_class": "minor"})
    assert (found.bucket, found.assessed_class) == ("safety", "minor")
    assert "size_mm" in found.missing


def test_r09_a_flake_of_unknown_kind_asks_for_the_kind():
    assert "fault_kind" in triage_finding({"defect_type": "plating flake"}).missing


def test_r09_what_no_rule_names_is_unassigned_and_says_what_to_do():
    found = triage_finding({"defect_type": "wrong smell"})
    assert (found.bucket, found.missing) == ("unassigned", ("fault_kind",))
    assert "add a rule" in found.reason


def test_r09_the_rules_are_data_that_a_buyer_may_edit():
    data = packaged_rules("triage")
    rules = [
        dict(rule, above=0.10) if rule["name"].startswith("burr") else rule
        for rule in data["bucket_rules"]
    ]
    own = TriageRules.model_validate(data | {"bucket_rules": rules})
    finding = {"defect_type": "burr", "size_mm": 0.08, "fault_kind": "cosmetic"}
    assert triage_finding(finding).bucket == "safety"
    assert triage_finding(finding, rules=own).bucket == "visual_brand"


def test_edited_rules_with_a_misspelt_key_or_a_broken_pattern_are_refused():
    data = packaged_rules("triage")
    rule = data["bucket_rules"][0]
    with pytest.raises(ValidationError, match="abov"):
        TriageRules.model_validate(data | {"bucket_rules": [rule | {"abov": 1}]})
    with pytest.raises(ValidationError, match="not a regular expression"):
        TriageRules.model_validate(data | {"bucket_rules": [rule | {"defect_type": "("}]})


# R10 -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        ({}, "yes"),
        ({"visible_seconds": 3.0}, "yes"),
        ({"visible_seconds": 3.01}, "no"),
        ({"illuminance_lux": 799.0}, "not assessable"),
        ({"illuminance_lux": 800.0}, "yes"),
        ({"illuminance_lux": 1000.0}, "yes"),
        ({"illuminance_lux": 1001.0}, "not assessable"),
        ({"viewing_distance_cm": 29.9}, "not assessable"),
        ({"viewing_distance_cm": 30.1}, "not assessable"),
        ({"appearance_zone": "controlled_cosmetic"}, "yes"),
        ({"appearance_zone": "non_appearance"}, "no"),
        ({"appearance_zone": "non_appearance", "illuminance_lux": None}, "no"),
        ({"visible_seconds": 5.0, "illuminance_lux": 799.0}, "not assessable"),
        ({"visible_seconds": 5.0, "appearance_zone": None}, "no"),
    ],
)
def test_r10_visual_major_at_its_edges(change, answer):
    found = triage_finding(SEEN | change)
    assert found.visual_major == answer
    assert found.assessed_class == ("major" if answer == "yes" else "minor")


@pytest.mark.parametrize(
    "datum", ["illuminance_lux", "viewing_distance_cm", "visible_seconds", "appearance_zone"]
)
def test_r10_a_missing_datum_is_named(datum):
    found = triage_finding(SEEN | {datum: None})
    assert found.visual_major == "not assessable"
    assert found.missing == (datum,)


def test_r10_the_visit_gives_the_conditions_a_finding_does_not_state():
    finding = SEEN | {"inspection_id": "PSI", "illuminance_lux": None, "viewing_distance_cm": None}
    visits = pd.DataFrame(
        {"inspection_id": ["PSI"], "illuminance_lux": [850.0], "viewing_distance_cm": [30.0]}
    )
    assert triage(pd.DataFrame([finding]))["visual_major"].item() == "not assessable"
    assert triage(pd.DataFrame([finding]), visits)["visual_major"].item() == "yes"


# R11 -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "answer"), [(0.99, "no"), (1.0, "no"), (1.01, "yes")])
def test_r11_a_post_is_a_functional_major_past_1_0_mm(size, answer):
    found = triage_finding(
        {"defect_type": "post off centre", "size_mm": size, "defect_class": "minor"}
    )
    assert found.functional_major == answer
    assert found.assessed_class == ("major" if answer == "yes" else "minor")


@pytest.mark.parametrize(
    ("fails", "answer"), [(True, "yes"), (False, "no"), (None, "not assessable")]
)
def test_r11_what_can_fail_within_one_event_cycle_is_a_functional_major(fails, answer):
    finding = {"defect_type": "ring separates", "fails_within_one_use": fails}
    found = triage_finding(finding | {"defect_class": "minor"})
    assert found.functional_major == answer
    assert ("fails_within_one_use" in found.missing) == (fails is None)


# R12 -----------------------------------------------------------------------------------------


def test_r12_haze_is_never_worked_on_while_weak_rings_remain():
    found = pd.DataFrame(
        {
            "defect_type": ["card off", "backside haze", "weak ring", "burr", "front scratch"],
            "size_mm": [None, None, None, 0.2, None],
            "count": [900, 500, 1, 1, 3],
            "defect_class": ["minor", "minor", "major", "minor", "major"],
        }
    )
    order = work_list(triage(found))["defect_type"].tolist()
    assert order == ["burr", "weak ring", "front scratch", "backside haze", "card off"]


def test_r12_inside_a_bucket_the_larger_expected_cost_comes_first():
    found = pd.DataFrame({"defect_type": ["scratch", "haze"], "count": [10, 30], "sku": "PIN"})
    costs = {"scratch": 2.0, "haze": 0.1}
    by_cost = work_list(triage(found), costs)
    assert by_cost["defect_type"].tolist() == ["scratch", "haze"]
    assert by_cost["expected_cost"].tolist() == [20.0, pytest.approx(3.0)]
    assert work_list(triage(found))["defect_type"].tolist() == ["haze", "scratch"]


def test_r12_without_costs_the_larger_count_comes_first_inside_a_class():
    found = pd.DataFrame({"defect_type": ["haze", "scratch"], "count": [10, 30], "sku": "PIN"})
    assert work_list(triage(found))["defect_type"].tolist() == ["scratch", "haze"]


def test_r12_a_line_without_count_leaves_the_count_open():
    found = pd.DataFrame({"defect_type": ["haze", "haze"], "count": [10, None], "sku": "PIN"})
    assert work_list(triage(found))["count"].isna().all()


FINDING = st.fixed_dictionaries(
    {
        "finding_id": st.text(alphabet="F0123456789", min_size=1, max_size=4),
        "sku": st.sampled_from(["PIN", "KEY", None]),
        "defect_type": st.sampled_from([finding["defect_type"] for finding, _ in EXAMPLES]),
        "defect_class": st.sampled_from(["critical", "major", "minor"]),
        "fault_kind": st.sampled_from(["cosmetic", "functional", "measurement", "safety", None]),
        "count": st.one_of(st.none(), st.integers(0, 50)),
        "size_mm": st.one_of(st.none(), st.floats(0, 3)),
        "counted_per": st.sampled_from(["item", "lot", None]),
    }
)


@settings(max_examples=40)
@given(st.lists(FINDING, min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_r12_the_ranking_does_not_depend_on_the_order_put_in(findings, shuffler):
    shuffled = random.Random(shuffler.random()).sample(findings, len(findings))
    lists = [work_list(triage(pd.DataFrame(rows))) for rows in (findings, shuffled)]
    pd.testing.assert_frame_equal(*lists)


@given(FINDING)
def test_rules_never_lower_a_reported_class(finding):
    found = triage_finding(finding)
    assert gravest_class(found.reported_class, found.assessed_class) == found.assessed_class
    assert found.assessed_class == "critical" or finding["fault_kind"] != "safety"


# R13, R19, R18, R29 --------------------------------------------------------------------------


def test_r13_a_finding_without_photo_or_sample_id_is_unsupported():
    rows = pd.DataFrame(
        {
            "finding_id": ["F1", "F2", "F3"],
            "photo": ["p.jpg", None, " "],
            "sample_id": [None, "P2", "P3"],
            "spec_reference": "S1",
        }
    )
    gaps = unsupported_findings(rows)
    assert list(zip(gaps["finding_id"], gaps["missing"], strict=True)) == [
        ("F1", "sample_id"),
        ("F2", "photo"),
        ("F3", "photo"),
    ]
    assert set(gaps["rule_id"]) == {"R13"}


def test_r19_a_finding_without_a_reference_is_an_opinion():
    row = {"finding_id": "F1", "photo": "p.jpg", "sample_id": "P1", "spec_reference": None}
    gaps = unsupported_findings(pd.DataFrame([row]))
    assert gaps["rule_id"].tolist() == ["R19"]
    assert "opinion" in gaps["reason"].item()
    assert unsupported_findings(pd.DataFrame([row | {"spec_reference": "S1"}])).empty


@pytest.mark.parametrize(
    ("repairability", "is_offered"), [("repairable", True), ("irreparable", False), (None, None)]
)
def test_r18_rework_is_not_offered_for_what_cannot_be_repaired(repairability, is_offered):
    assert triage_finding(SEEN | {"repairability": repairability}).rework_is_offered is is_offered


def test_r29_a_colour_finding_does_not_enter_the_unit_count_in_silence():
    found = pd.DataFrame(
        {
            "sku": "PIN",
            "defect_type": ["lot colour shift", "haze", "haze"],
            "counted_per": [None, "item", None],
            "defect_class": "minor",
            "count": [4, 3, 2],
        }
    )
    triaged = triage(found)
    row = unit_counts(triaged).iloc[0]
    assert row[2:].to_dict() == {
        "counted_per_piece": 3,
        "counted_per_lot_or_carton": 4,
        "basis_not_stated": 2,
    }
    assert "outside the unit count" in triaged["reason"].iloc[0]


def test_r29_colour_goes_by_the_signed_standard_and_not_by_the_visual_rule():
    colour = SEEN | {"defect_type": "colour drift"}
    found = triage_finding(colour)
    assert (found.visual_major, found.assessed_class) == ("not applicable", "minor")


def test_r29_a_count_that_is_not_known_leaves_the_sum_open():
    found = pd.DataFrame(
        {"sku": "PIN", "defect_type": "haze", "counted_per": "item", "count": [3, None]}
    )
    counts = unit_counts(triage(found.assign(defect_class="minor")))
    assert counts["counted_per_piece"].isna().all()


# R23 in triage -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "verdict", "grade"),
    [(0.50, "conforms", "minor"), (0.51, "does not conform", "major")],
)
def test_r23_a_finding_is_judged_by_the_line_it_names(size, verdict, grade):
    line = {"spec_id": "S1", "upper_limit": 0.50, "unit": "mm", "defect_class": "major"}
    finding = {
        **{"defect_type": "front scratch", "size_mm": size, "spec_reference": "S1"},
        **{"defect_class": "minor"},
    }
    found = triage(pd.DataFrame([finding]), specification=pd.DataFrame([line])).iloc[0]
    assert (found["conformity"], found["assessed_class"]) == (verdict, grade)


# Robustness ----------------------------------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_passes_through_as_text(text):
    found = triage(pd.DataFrame([SEEN | {"defect_type": text, "sku": text, "finding_id": text}]))
    assert found[["defect_type", "sku", "finding_id"]].iloc[0].tolist() == [text] * 3
    assert work_list(found)["defect_type"].item() == text


def test_the_bare_case_of_the_guide_runs_and_names_what_is_missing():
    names = [
        *("front plating scratch", "jump ring opening", "enamel underfill"),
        *("lot colour shift", "card off position", "backside haze"),
    ]
    found = pd.DataFrame({"defect_type": names, "defect_class": ["major"] * 3 + ["minor"] * 3})
    triaged = triage(found)
    assert triaged["bucket"].tolist() == [
        *("visual_brand", "function", "visual_brand"),
        *("visual_brand", "pack_out", "visual_brand"),
    ]
    assert triaged["assessed_class"].tolist() == found["defect_class"].tolist()
    assert triaged["missing"].iloc[1] == "fails_within_one_use"
    assert len(unsupported_findings(found)) == 18


def test_no_findings_give_empty_frames():
    empty = triage(pd.DataFrame({"defect_type": []}))
    assert empty.empty
    assert work_list(empty).empty
    assert unit_counts(empty).empty


def test_packaged_rules_each_name_a_source_and_a_rule():
    assert all(rule.source and rule.rule_id for rule in triage_rules().bucket_rules)


# Claims --------------------------------------------------------------------------------------

TRUTHS = st.sampled_from([True, False, None])


@given(st.lists(TRUTHS, min_size=1, max_size=5))
def test_a_conjunction_is_the_minimum_of_its_parts(truths):
    rank = {False: 0, None: 1, True: 2}
    joined = conjunction(*(Claim(truth, "", ("x",)) for truth in truths))
    assert rank[joined.holds] == min(rank[truth] for truth in truths)


@given(st.floats(0, 200), st.sampled_from(["<=", "<", ">=", ">"]))
def test_a_condition_reads_as_its_comparison(width, relation):
    facts = {"card_width_mm": width}
    read = condition_claim(f"card_width_mm {relation} 90", facts)
    assert read == compare(facts, "card_width_mm", relation, 90.0)


@pytest.mark.parametrize("value", [None, float("nan"), pd.NA, pd.NaT, "", "  "])
def test_an_empty_cell_is_not_known(value):
    assert known({"photo": value}, "photo") is None
    assert known({}, "photo") is None
