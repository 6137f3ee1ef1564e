import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from qcanalysis.records.inspection import SpecificationLine
from qcanalysis.recovery.specification.conformity import judge_measurements
from qcanalysis.recovery.specification.library import SPECIFICATION_COLUMNS, library_lines
from qcanalysis.recovery.specification.lines import breached_lines, lint
from qcanalysis.recovery.specification.wording import find_vague_wording, vague_wordings

PHRASES = [
    *("good quality", "no scratches", "match artwork", "smooth", "strong"),
    *("as close as possible", "neat"),
]
SCRATCH = {
    "spec_id": "1",
    "characteristic": "scratch length",
    "place": "front",
    "upper_limit": 0.50,
    "unit": "mm",
    "method": "loupe",
    "viewing_distance_cm": 30,
    "illuminance_min_lux": 800,
    "illuminance_max_lux": 1000,
    "defect_class": "major",
    "fault_kind": "cosmetic",
}


def remarks(**change):
    return lint(pd.DataFrame([SCRATCH | change]))


# R31 -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("phrase", PHRASES)
@pytest.mark.parametrize("shape", ["{}", "Must be {}.", "surface: {}, please", "a\n{}\nb"])
@pytest.mark.parametrize("case", [str.lower, str.upper, str.title])
def test_r31_each_quoted_phrase_is_flagged_with_a_measurable_form(phrase, shape, case):
    found = find_vague_wording(shape.format(case(phrase)))
    assert [match.wording.phrase for match in found] == [phrase]
    assert any(character.isdigit() for character in found[0].wording.measurable_form)


@pytest.mark.parametrize(
    "text",
    [
        *("smoothness 0.8 µm Ra", "strength 8 kgf", "headstrong", "neatsfoot oil", "stronghold"),
        *("no scratches over 0.50 mm", "no scratches longer than 0.5 mm", "closeness", ""),
        *("artwork revision C", "good", "quality plan 7"),
    ],
)
def test_r31_measurable_or_other_words_are_let_through(text):
    assert find_vague_wording(text) == ()


def test_r31_lint_names_the_column_and_the_words():
    row = remarks(characteristic="Good  quality plating").iloc[0]
    assert (row["rule_id"], row["field"], row["found"]) == (
        *("R31", "characteristic"),
        "Good  quality",
    )
    assert "0.50 mm" in row["suggestion"]


@pytest.mark.parametrize("family", ["soft-enamel-pin", "zinc-keychain", "struck-coin"])
def test_r31_the_lines_r23_to_r30_pass(family):
    limits = {"R28-jump-ring-pull": 3.0} if family == "zinc-keychain" else {}
    lines = library_lines(family, limits=limits)
    assert lint(lines).empty
    assert set(lines["spec_id"].str.slice(0, 3)) >= {"R23", "R24", "R25", "R29"}


def test_r31_the_measurable_forms_offered_are_not_vague_themselves():
    assert all(not find_vague_wording(w.measurable_form) for w in vague_wordings())


def test_r51_a_blanket_concession_is_vague():
    text = "Minor cosmetic issues accepted for this shipment"
    assert [match.wording.rule_id for match in find_vague_wording(text)] == ["R51"]


# R22 -----------------------------------------------------------------------------------------


def test_r22_a_line_with_its_five_fields_has_no_remark():
    assert remarks().empty


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ("place", "place"),
        ("upper_limit", "size"),
        ("unit", "size"),
        ("viewing_distance_cm", "light"),
        ("illuminance_min_lux", "light"),
        ("illuminance_max_lux", "light"),
        ("method", "gauge"),
        ("defect_class", "class"),
    ],
)
def test_r22_each_missing_field_is_named(column, field):
    found = remarks(**{column: None})
    assert found[["level", "rule_id", "field"]].values.tolist() == [["warning", "R22", field]]


def test_r22_light_is_asked_of_what_is_judged_by_eye():
    dark = dict.fromkeys(("viewing_distance_cm", "illuminance_min_lux", "illuminance_max_lux"))
    assert remarks(**dark, fault_kind="measurement").empty
    assert remarks(**dark, fault_kind=None)["field"].tolist() == ["light"]


@pytest.mark.parametrize(
    ("change", "numbers"),
    [
        ({"upper_limit": 0.6, "po_upper_limit": 0.5}, "0.6 mm against 0.5 mm"),
        ({"lower_limit": 7.0, "po_lower_limit": 8.0, "unit": "kgf"}, "7 kgf against 8 kgf"),
        ({"upper_limit": None, "max_count": 3, "po_upper_limit": 0.5}, "none against 0.5 mm"),
    ],
)
def test_r22_a_line_looser_than_the_po_is_an_error_with_both_numbers(change, numbers):
    row = remarks(**change).iloc[0]
    assert (row["level"], row["rule_id"], row["found"]) == ("error", "R22", numbers)
    assert "stricter" in row["suggestion"]


@given(st.floats(0.01, 5), st.floats(0.01, 5))
def test_r22_only_looser_limits_are_errors(own, po):
    upper = remarks(upper_limit=own, po_upper_limit=po)
    assert ("error" in set(upper["level"])) == (own > po)
    lower = remarks(lower_limit=own, upper_limit=9.0, po_lower_limit=po)
    assert ("error" in set(lower["level"])) == (own < po)


# R23-R30 as a library ------------------------------------------------------------------------


def test_the_library_has_the_columns_of_the_records():
    assert list(SpecificationLine.model_fields) == SPECIFICATION_COLUMNS


def test_every_library_line_is_a_valid_record_with_a_source():
    lines = library_lines("zinc-keychain", limits={"R28-jump-ring-pull": 3.0})
    for row in lines.to_dict("records"):
        stated = {key: value for key, value in row.items() if not pd.isna(value)}
        assert SpecificationLine.model_validate(stated).source


@pytest.mark.parametrize("limit", [0.10, 0.12, 0.15])
def test_r25_the_limit_of_sink_in_the_logo_is_a_parameter_within_0_10_to_0_15(limit):
    lines = library_lines("soft-enamel-pin", limits={"R25-sink-logo": limit})
    assert lines.set_index("spec_id").loc["R25-sink-logo", "upper_limit"] == limit


@pytest.mark.parametrize("limit", [0.099, 0.151, 0.0, -1.0, float("nan")])
def test_r25_a_limit_outside_the_range_of_the_source_is_refused(limit):
    with pytest.raises(ValueError, match=r"R25-sink-logo.* between 0.1 and 0.15 mm"):
        library_lines("soft-enamel-pin", limits={"R25-sink-logo": limit})


def test_r25_and_r28_default_to_the_values_of_the_table():
    lines = library_lines("zinc-keychain", limits={"R28-jump-ring-pull": 3.0})
    limits = lines.set_index("spec_id")["upper_limit"]
    assert (limits["R25-sink-logo"], limits["R28-jump-ring-gap"]) == (0.15, 0.20)


def test_r28_the_pull_force_of_a_jump_ring_has_no_default():
    remarks_of_it = lint(library_lines("zinc-keychain")).iloc[0]
    assert remarks_of_it[["spec_id", "field"]].tolist() == ["R28-jump-ring-pull", "size"]
    lines = library_lines("zinc-keychain", limits={"R28-jump-ring-pull": 3.0})
    assert lines.set_index("spec_id").loc["R28-jump-ring-pull", "lower_limit"] == 3.0


def test_r28_the_pull_test_spoils_the_piece():
    lines = library_lines("zinc-keychain", limits={"R28-jump-ring-pull": 3.0})
    destructive = set(lines.loc[lines["is_destructive"].fillna(False), "spec_id"])
    assert destructive == {"R28-jump-ring-pull", "R28-split-ring-pull", "R28-ring-cycles"}


def test_r30_the_checklist_of_a_carded_product_has_hang_hole_and_barcode():
    carded = library_lines("soft-enamel-pin", product={"sku": "PIN", "card_width_mm": 60.0})
    assert {"R30-hang-hole", "R30-barcode", "R27-card-narrow"} <= set(carded["spec_id"])
    assert "R27-card-wide" not in set(carded["spec_id"])
    assert set(carded["sku"]) == {"PIN"}
    coin = library_lines("struck-coin")
    assert not set(coin["spec_id"]) & {"R30-hang-hole", "R30-barcode"}


def test_r29_colour_is_judged_on_the_lot():
    lines = library_lines("struck-coin").set_index("spec_id")
    assert lines.loc["R29-colour", "counted_per"] == "lot"


@pytest.mark.parametrize(
    ("family", "limits", "message"),
    [
        ("spoon", {}, "product_family must be one of .* got 'spoon'"),
        ("struck-coin", {"R25-front-pit": 0.2}, "limits names R25-front-pit"),
        ("zinc-keychain", {"R28-jump-ring-pull": 0.0}, "above 0 kgf"),
    ],
)
def test_library_arguments_that_make_no_sense_are_refused(family, limits, message):
    with pytest.raises(ValueError, match=message):
        library_lines(family, limits=limits)


def test_an_own_library_replaces_the_packaged_one_and_is_checked():
    own = {
        **{"spec_id": "X", "families": ["mug"], "characteristic": "height", "unit": "mm"},
        **{"lower_limit": 90, "upper_limit": 95, "source": "drawing 7"},
    }
    assert library_lines("mug", library=[own])["upper_limit"].tolist() == [95]
    with pytest.raises(ValidationError, match="above upper_limit"):
        library_lines("mug", library=[own | {"lower_limit": 99}])


# R68 -----------------------------------------------------------------------------------------


def test_r68_only_a_breach_of_a_measurable_line_is_clear():
    lines = pd.DataFrame(
        [
            SCRATCH,
            SCRATCH | {"spec_id": "2", "characteristic": "smooth edge"},
            SCRATCH | {"spec_id": "3", "method": None},
        ]
    )
    measured = pd.DataFrame({"spec_id": ["1", "1", "2", "3"], "value": [0.6, 0.5, 0.6, 0.6]})
    judged = judge_measurements(measured.assign(unit="mm"), lines)
    seen = pd.DataFrame({"spec_reference": ["1", "1", None], "count": [2, None, 5]})
    breached = breached_lines(seen, judged, lines).set_index("spec_id")
    assert breached["breach"].to_dict() == {"1": "clear", "2": "arguable", "3": "arguable"}
    assert breached.loc["1", ["times_found", "values_outside"]].tolist() == [3, 1]
    assert "no gauge" in breached.loc["3", "reason"]


def test_r68_a_line_that_nothing_offends_is_not_breached():
    judged = judge_measurements(
        pd.DataFrame({"spec_id": ["1"], "value": [0.5], "unit": ["mm"]}), pd.DataFrame([SCRATCH])
    )
    seen = pd.DataFrame({"spec_reference": [None]})
    assert breached_lines(seen, judged, pd.DataFrame([SCRATCH])).empty


def test_hostile_text_in_a_line_stays_text():
    text = "<b>strong</b> {{ 1 }} =cmd \u202e" + "x" * 10_000
    found = lint(pd.DataFrame([SCRATCH | {"characteristic": text, "spec_id": text}]))
    assert found["spec_id"].tolist() == [text]
    assert found["found"].tolist() == ["strong"]
