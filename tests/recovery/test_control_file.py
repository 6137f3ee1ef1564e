from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcanalysis.recovery.control.comparison import differences, returning_concessions
from qcanalysis.recovery.control.control_file import (
    FIELDS,
    SAMPLE_FAMILIES,
    ControlFile,
    ControlLine,
    PastConcession,
    control_file_text,
    read_control_file,
    revised,
    sample_control_file,
)
from qcanalysis.recovery.control.prevention import (
    during_production_advice,
    pre_production_note,
    prevention_flags,
)
from qcanalysis.recovery.specification.lines import lint

DAY = date(2026, 10, 20)
FLAGS = (
    *("fine text", "isolated cells", "mirror polish"),
    *("mixed hardware", "card tolerance", "bulk or single pack"),
)
CALM = {
    "smallest_stroke_mm": 0.30,
    "smallest_cell_mm": 0.35,
    "finish": "antique",
    "card_width_mm": 60,
    "packing_mode": "tray",
}
CARD = {"characteristic": "card placement", "upper_limit": 2.0, "unit": "mm"}


def card_lines(**changes):
    line = ControlLine(spec_id="CARD", source="test", **{**CARD, **changes})
    return ControlFile(product_family="pin", version=1, limits=(line,)).lines


def test_r83_a_control_file_has_the_twelve_fields_and_says_which_are_not_stated():
    empty = ControlFile(product_family="pin", version=1)
    assert len(FIELDS) == 12
    assert empty.missing == FIELDS
    stated = ControlFile(
        product_family="pin", version=1, concession_history=(), non_repeat_concessions=()
    )
    assert set(FIELDS) - set(stated.missing) == {"concession_history", "non_repeat_concessions"}


@pytest.mark.parametrize("family", SAMPLE_FAMILIES)
def test_r84_lint_passes_on_the_sample_control_files(family):
    remarks = lint(sample_control_file(family).lines)
    assert remarks.empty, remarks.to_string()


@pytest.mark.parametrize(
    ("family", "spec_id", "limits"),
    [
        ("soft-enamel-pin", "R84-thickness", (1.5, 1.4, 1.6)),
        ("soft-enamel-pin", "R84-stroke", (None, 0.30, None)),
        ("struck-coin", "R84-diameter", (50.0, 49.8, 50.2)),
        ("zinc-keychain", "R84-length", (0, -1.0, 1.0)),
        ("zinc-keychain", "R84-ring-wire", (None, 1.8, None)),
    ],
)
def test_r84_the_examples_of_the_guide_are_in_the_sample_files(family, spec_id, limits):
    lines = {line.spec_id: line for line in sample_control_file(family).critical_dimensions}
    line = lines[spec_id]
    assert (line.nominal, line.lower_limit, line.upper_limit) == limits


def test_r82_the_next_order_inherits_every_line_that_was_not_changed():
    before = sample_control_file("struck-coin")
    after = revised(
        before,
        changed_on=DAY,
        change="finish stated",
        why="shade was judged by eye",
        from_failure="PSI-1",
        order_id="PO-2",
        finish="antique, medium",
    )
    assert (after.version, after.order_id, after.from_failure) == (2, "PO-2", "PSI-1")
    changed = {difference.field for difference in differences(before, after)}
    assert changed == {"finish"}
    assert all(getattr(before, name) == getattr(after, name) for name in set(FIELDS) - changed)


def test_r82_a_changed_line_is_named_with_both_texts():
    before = sample_control_file("struck-coin")
    tighter = before.critical_dimensions[0].model_copy(update={"upper_limit": 50.1})
    after = revised(
        before, changed_on=DAY, change="tighter", why="fit", critical_dimensions=(tighter,)
    )
    (difference,) = differences(before, after)
    assert (difference.field, difference.item) == ("critical_dimensions", "R84-diameter")
    assert "upper limit 50.2" in difference.before
    assert "upper limit 50.1" in difference.after


def test_versions_of_two_families_are_not_compared():
    with pytest.raises(ValueError, match="one product_family"):
        differences(sample_control_file("struck-coin"), sample_control_file("zinc-keychain"))


def test_r83_a_conceded_defect_on_the_next_order_raises_an_alert():
    haze = PastConcession(defect_type="backside haze", quantity=600, order_id="PO-1")
    file = sample_control_file("struck-coin").model_copy(update={"concession_history": (haze,)})
    findings = [
        {"finding_id": "F1", "defect_type": "Backside  Haze"},
        {"finding_id": "F2", "defect_type": "backside hazel"},
    ]
    (alert,) = returning_concessions(file, findings)
    assert alert.finding_ids == ("F1",)
    assert returning_concessions(sample_control_file("struck-coin"), findings) == ()
    assert returning_concessions(file, findings[1:]) == ()


@pytest.mark.parametrize("family", SAMPLE_FAMILIES)
def test_a_control_file_survives_the_way_through_yaml(family):
    file = sample_control_file(family)
    past = PastConcession(defect_type="haze", quantity=3, conceded_on=DAY, order_id="00123")
    grown = revised(
        file,
        changed_on=DAY,
        change="concession",
        why="a reason: with a colon",
        concession_history=(past,),
        non_repeat_concessions=("haze",),
    )
    assert read_control_file(control_file_text(grown)) == grown


@given(st.text(), st.text(min_size=1))
def test_any_text_in_a_control_file_comes_back_as_it_was(finish, defect_type):
    file = ControlFile(
        product_family="pin",
        version=1,
        finish=finish,
        attachment=(defect_type,),
        concession_history=(PastConcession(defect_type=defect_type),),
    )
    assert read_control_file(control_file_text(file)) == file


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("- a\n", "field: value"),
        ("", "field: value"),
        ("a: [", "not valid YAML"),
        ("product_family: pin\nversion: 0\n", "version"),
        ("product_family: pin\nversion: 1\nfinnish: gold\n", "finnish"),
        ("product_family: pin\nversion: 1\nartwork_revision: 007\n", "artwork_revision.*quotes"),
        ("product_family: !!python/object/apply:os.getcwd []\n", "not valid YAML"),
    ],
)
def test_a_wrong_control_file_is_refused_with_its_fault(content, message):
    with pytest.raises(ValueError, match=message):
        read_control_file(content)


def raised(flags):
    return tuple(flags.loc[flags["is_raised"] == "yes", "flag"])


def test_r85_no_flag_is_raised_where_the_artwork_is_sound():
    flags = prevention_flags(CALM, hardware=("clutch",), lines=card_lines())
    assert tuple(flags["flag"]) == FLAGS
    assert raised(flags) == ()


@pytest.mark.parametrize(
    ("flag", "change", "hardware", "lines"),
    [
        ("fine text", {"smallest_stroke_mm": 0.28}, ("clutch",), card_lines()),
        ("isolated cells", {"smallest_cell_mm": 0.34}, ("clutch",), card_lines()),
        ("mirror polish", {"finish": "mirror gold"}, ("clutch",), card_lines()),
        ("mixed hardware", {}, ("jump ring", "split ring"), card_lines()),
        ("card tolerance", {}, ("clutch",), None),
        ("card tolerance", {"card_width_mm": 95}, ("clutch",), card_lines()),
        ("bulk or single pack", {"packing_mode": "bulk"}, ("clutch",), card_lines()),
    ],
)
def test_r85_each_flag_is_raised_on_its_demo(flag, change, hardware, lines):
    assert raised(prevention_flags({**CALM, **change}, hardware=hardware, lines=lines)) == (flag,)


def test_r85_what_is_not_known_is_not_assessable():
    assert set(prevention_flags({})["is_raised"]) == {"not assessable"}


@pytest.mark.parametrize(("sample_size", "is_small"), [(1, True), (118, True), (119, False)])
def test_r86_the_note_is_shown_when_the_pre_production_sample_is_small(sample_size, is_small):
    # 0 of n bad at 95 % one-sided: 1 - 0.05 ** (1 / n) is 2.5 % between n = 118 and 119.
    assert (1 - 0.05 ** (1 / sample_size) > 0.025) is is_small
    note = pre_production_note(sample_size)
    assert (note is not None) is is_small
    assert note is None or "during production" in note


def test_r86_a_sample_of_nothing_is_refused():
    with pytest.raises(ValueError, match="sample_size"):
        pre_production_note(0)


@pytest.mark.parametrize(
    ("passed", "holds"),
    [
        ([False, True, True, True, False], True),
        ([False, False], True),
        ([True, True, True, True, False], False),
        ([False, False, True, True, True, True, True], False),
        ([False, True, True], None),
        ([], None),
    ],
)
def test_r87_during_production_inspection_after_two_failures_in_five(passed, holds):
    assert during_production_advice(passed).holds is holds
