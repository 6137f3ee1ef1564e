import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from qcanalysis.recovery.specification.conformity import convert, judge_measurements, judge_value
from qcanalysis.recovery.specification.library import library_lines


def line(spec_id, family="zinc-keychain", **limits):
    limits = {"R28-jump-ring-pull": 3.0} | limits if family == "zinc-keychain" else limits
    lines = library_lines(family, limits=limits)
    return lines[lines["spec_id"] == spec_id].iloc[0].to_dict()


# Units ---------------------------------------------------------------------------------------


def test_r28_eight_kgf_are_78_45_newton():
    assert round(convert(8, "kgf", "N"), 2) == 78.45
    assert convert(1, "kgf", "N") == 9.80665
    assert convert(78.4532, "N", "kgf") == 8.0


@pytest.mark.parametrize(
    ("value", "unit", "to_unit", "expected"),
    [
        (150, "um", "mm", 0.15),
        (150, "µm", "mm", 0.15),
        (150, "\u03bcm", "mm", 0.15),
        (0.15, "mm", "µm", 150.0),
        (1, "in", "mm", 25.4),
        (2.5, "cm", "mm", 25.0),
        (1, "lbf", "N", 4.4482216152605),
        (250, "g", "kg", 0.25),
    ],
)
def test_conversions_are_exact(value, unit, to_unit, expected):
    assert convert(value, unit, to_unit) == expected


UNITS = st.sampled_from(["µm", "mm", "cm", "m", "in"])


@given(st.floats(1e-6, 1e6), UNITS, UNITS)
def test_a_conversion_there_and_back_is_the_same_value(value, unit, to_unit):
    assert convert(convert(value, unit, to_unit), to_unit, unit) == pytest.approx(value, rel=1e-14)


@pytest.mark.parametrize(
    ("value", "unit", "to_unit", "message"),
    [
        (1, "stone", "kg", "'stone' is not known; known are"),
        (1, "mm", "N", "'mm' is a length and 'N' a force"),
        (float("nan"), "mm", "m", "finite"),
    ],
)
def test_conversions_that_make_no_sense_are_refused(value, unit, to_unit, message):
    with pytest.raises(ValueError, match=message):
        convert(value, unit, to_unit)


# R23-R30: one value on, inside and outside each limit ----------------------------------------

PIN, KEY, COIN = "soft-enamel-pin", "zinc-keychain", "struck-coin"


@pytest.mark.parametrize(
    ("family", "spec_id", "value", "unit", "conforms"),
    [
        pytest.param(PIN, "R23-front-scratch", 0.50, "mm", True, id="r23 scratch 0.50"),
        pytest.param(PIN, "R23-front-scratch", 0.51, "mm", False, id="r23 scratch 0.51"),
        pytest.param(PIN, "R23-front-scratch", 500, "um", True, id="r23 scratch 500 um"),
        pytest.param(PIN, "R23-front-scratch", 501, "um", False, id="r23 scratch 501 um"),
        pytest.param(PIN, "R23-base-metal", 0, "marks", True, id="r23 no base metal"),
        pytest.param(PIN, "R23-base-metal", 1, "marks", False, id="r23 base metal"),
        pytest.param(PIN, "R24-back-hairline", 1.99, "mm", True, id="r24 hairline 1.99"),
        pytest.param(
            PIN, "R24-back-hairline", 2.0, "mm", False, id="r24 hairline 2.0 is not under"
        ),
        pytest.param(PIN, "R24-back-hairline", 3, "marks", True, id="r24 three in the circle"),
        pytest.param(PIN, "R24-back-hairline", 4, "marks", False, id="r24 four in the circle"),
        pytest.param(PIN, "R25-sink-logo", 0.15, "mm", True, id="r25 sink 0.15"),
        pytest.param(PIN, "R25-sink-logo", 0.16, "mm", False, id="r25 sink 0.16"),
        pytest.param(PIN, "R25-sink-elsewhere", 0.20, "mm", True, id="r25 elsewhere 0.20"),
        pytest.param(PIN, "R25-sink-elsewhere", 0.21, "mm", False, id="r25 elsewhere 0.21"),
        pytest.param(COIN, "R25-front-pit", 0.30, "mm", True, id="r25 pit 0.30"),
        pytest.param(COIN, "R25-front-pit", 0.31, "mm", False, id="r25 pit 0.31"),
        pytest.param(PIN, "R26-post-centre", 1.0, "mm", True, id="r26 +1.0"),
        pytest.param(PIN, "R26-post-centre", -1.0, "mm", True, id="r26 -1.0"),
        pytest.param(PIN, "R26-post-centre", 1.01, "mm", False, id="r26 +1.01"),
        pytest.param(PIN, "R26-post-centre", -1.01, "mm", False, id="r26 -1.01"),
        pytest.param(KEY, "R28-jump-ring-gap", 0.20, "mm", True, id="r28 gap 0.20"),
        pytest.param(KEY, "R28-jump-ring-gap", 0.21, "mm", False, id="r28 gap 0.21"),
        pytest.param(KEY, "R28-split-ring-pull", 8, "kgf", True, id="r28 8 kgf"),
        pytest.param(KEY, "R28-split-ring-pull", 7.99, "kgf", False, id="r28 7.99 kgf"),
        pytest.param(KEY, "R28-split-ring-pull", 78.45, "N", True, id="r28 78.45 N"),
        pytest.param(KEY, "R28-split-ring-pull", 78.44, "N", False, id="r28 78.44 N"),
        pytest.param(KEY, "R28-split-ring-pull", 78.4532, "N", True, id="r28 78.4532 N"),
        pytest.param(KEY, "R28-ring-cycles", 10, "cycles", True, id="r28 ten cycles"),
        pytest.param(KEY, "R28-ring-cycles", 9, "cycles", False, id="r28 nine cycles"),
        pytest.param(COIN, "R29-colour", 0, "count", True, id="r29 colour inside"),
        pytest.param(COIN, "R29-colour", 1, "count", False, id="r29 colour outside"),
    ],
)
def test_r23_to_r30_limits_hold_on_the_boundary(family, spec_id, value, unit, conforms):
    judged = judge_value(value, unit, line(spec_id, family))
    assert judged.verdict == ("conforms" if conforms else "does not conform")
    assert judged.margin is not None
    assert (judged.margin >= 0) == conforms or (spec_id, value) == ("R24-back-hairline", 2.0)


def card(offset, width):
    """Verdicts of a card offset by the narrow and the wide card line."""
    facts = {"card_width_mm": width}
    ids = ("R27-card-narrow", "R27-card-wide")
    return [judge_value(offset, "mm", line(name, PIN), facts=facts).verdict for name in ids]


@pytest.mark.parametrize(
    ("width", "offset", "verdicts"),
    [
        (90, 2.0, ["conforms", "cannot tell"]),
        (90, 2.01, ["does not conform", "cannot tell"]),
        (90, -2.01, ["does not conform", "cannot tell"]),
        (90.1, 2.01, ["cannot tell", "conforms"]),
        (90.1, 3.0, ["cannot tell", "conforms"]),
        (90.1, 3.01, ["cannot tell", "does not conform"]),
    ],
)
def test_r27_the_card_tolerance_changes_above_90_mm(width, offset, verdicts):
    assert card(offset, width) == verdicts


def test_r27_an_unknown_card_width_is_asked_for():
    judged = judge_value(2.5, "mm", line("R27-card-narrow", PIN))
    assert judged.verdict == "cannot tell"
    assert "card width is not recorded" in judged.reason


def test_r24_under_is_exclusive_and_the_margin_is_zero():
    judged = judge_value(2.0, "mm", line("R24-back-hairline", PIN))
    assert judged.margin == 0.0
    assert judged.reason.startswith("2 mm is not under 2 mm")


# Margins and limits --------------------------------------------------------------------------


@given(st.decimals(-5, 5, places=2), st.decimals(-5, 5, places=2), st.decimals(-9, 9, places=2))
def test_a_value_conforms_exactly_when_it_lies_between_the_limits(low, high, value):
    assume(low <= high)
    row = {"lower_limit": float(low), "upper_limit": float(high), "unit": "mm"}
    judged = judge_value(float(value), "mm", row)
    assert (judged.verdict == "conforms") == (low <= value <= high)
    assert judged.margin == float(min(value - low, high - value))
    shifted = judge_value(float(value * 1000), "µm", row)
    assert shifted.verdict == judged.verdict


def test_a_limit_in_another_unit_is_rounded_as_a_gauge_shows_it():
    row = {"upper_limit": 0.5, "unit": "mm"}
    assert judge_value(0.02, "in", row).verdict == "does not conform"  # 0.508 mm
    assert judge_value(0.019, "in", row).limit == "at most 0.01969 in"


@pytest.mark.parametrize(
    ("row", "value", "unit", "datum"),
    [
        ({"unit": "mm"}, 1.0, "mm", "no limit"),
        ({"upper_limit": 1.0}, 1.0, "mm", "no unit"),
        ({"upper_limit": 1.0, "unit": "mm"}, 1.0, "kgf", "give the same kind"),
        ({"upper_limit": 1.0, "unit": "mm"}, 1.0, "parsec", "not known"),
        ({"upper_limit": 1.0, "lower_limit": 2.0, "unit": "mm"}, 1.0, "mm", "correct the line"),
        ({"upper_limit": 1.0, "unit": "mm"}, float("inf"), "mm", "finite"),
        ({"max_count": 3}, 1.0, "mm", "no limit for a value in mm"),
    ],
)
def test_what_cannot_be_judged_says_which_datum_would_settle_it(row, value, unit, datum):
    judged = judge_value(value, unit, row)
    assert judged.verdict == "cannot tell"
    assert judged.margin is None
    assert datum in judged.reason


def test_a_condition_in_prose_is_taken_to_apply_and_says_so():
    row = {"upper_limit": 2.0, "unit": "mm", "condition": "outside the logo zone"}
    assert "taken to apply: outside the logo zone" in judge_value(1.0, "mm", row).reason


def test_measurements_are_judged_row_by_row_in_their_order():
    lines = pd.DataFrame(
        {
            "spec_id": ["S1", "S2"],
            "sku": ["PIN", None],
            "upper_limit": [0.5, 2.0],
            "condition": [None, "card_width_mm <= 90"],
            "unit": "mm",
            "defect_class": "major",
        }
    )
    skus = pd.DataFrame({"sku": ["PIN", "KEY"], "card_width_mm": [60.0, None]})
    measured = pd.DataFrame(
        {
            "sku": ["PIN", "KEY", "PIN", "KEY", "PIN"],
            "spec_id": ["S1", "S1", "S2", "S2", "S9"],
            "value": [0.6, 0.1, 1.0, 1.0, 1.0],
            "unit": "mm",
            "sample_id": ["a", "b", "c", "d", "e"],
        }
    )
    judged = judge_measurements(measured, lines, skus)
    assert judged["sample_id"].tolist() == list("abcde")
    assert judged["verdict"].tolist() == [
        *("does not conform", "cannot tell", "conforms", "cannot tell", "cannot tell"),
    ]
    assert "for product PIN" in judged["reason"][1]
    assert "card width is not recorded" in judged["reason"][3]
    assert "no line of this spec_id" in judged["reason"][4]


def test_hostile_text_in_a_measurement_stays_text():
    text = "<script>{{ x }}</script>"
    lines = pd.DataFrame({"spec_id": [text], "upper_limit": [1.0], "unit": [text]})
    measured = pd.DataFrame({"spec_id": [text], "value": [0.5], "unit": [text], "sku": [text]})
    judged = judge_measurements(measured, lines).iloc[0]
    assert (judged["spec_id"], judged["sku"], judged["verdict"]) == (text, text, "conforms")
