import pandas as pd
import pytest

from qcanalysis.recovery.triage.feasibility import cause_hints, feasibility_flags

NO_LINES = pd.DataFrame({"characteristic": []})
WEAR = pd.DataFrame({"spec_id": ["W1"], "characteristic": ["wear life 2 years"]})


def flag(question, lines=NO_LINES, **sku):
    flags = feasibility_flags(pd.DataFrame([{"sku": "PIN"} | sku]), lines)
    return flags[flags["question"].str.contains(question)].iloc[0]


@pytest.mark.parametrize(
    ("thickness", "answer"),
    [(0.03, "yes"), (0.05, "yes"), (0.10, "yes"), (0.11, "no"), (None, "not assessable")],
)
def test_r64_wear_life_asked_of_decorative_plating_is_flagged(thickness, answer):
    row = flag("wear", WEAR, plating_thickness_um=thickness)
    assert row["is_flagged"] == answer
    assert bool(row["advice"]) == (answer == "yes")
    assert (row["missing"] == "plating_thickness_um") == (thickness is None)


def test_r64_without_a_wear_requirement_thin_plating_is_fine():
    assert flag("wear", plating_thickness_um=0.05)["is_flagged"] == "no"
    other = WEAR.assign(sku="COIN")
    assert flag("wear", other, plating_thickness_um=0.05)["is_flagged"] == "no"


@pytest.mark.parametrize(
    ("column", "question", "value", "answer"),
    [
        ("smallest_stroke_mm", "stroke", 0.29, "yes"),
        ("smallest_stroke_mm", "stroke", 0.30, "no"),
        ("smallest_stroke_mm", "stroke", None, "not assessable"),
        ("smallest_cell_mm", "cell", 0.34, "yes"),
        ("smallest_cell_mm", "cell", 0.35, "no"),
        ("smallest_cell_mm", "cell", None, "not assessable"),
    ],
)
def test_r64_fill_is_unsafe_below_its_stroke_and_cell(column, question, value, answer):
    row = flag(question, **{column: value})
    assert (row["rule_id"], row["is_flagged"]) == ("R64", answer)


@pytest.mark.parametrize(
    ("finish", "packing_mode", "answer", "missing"),
    [
        ("gold, Mirror polish", "bulk", "yes", ""),
        ("mirror polish", "tray", "no", ""),
        ("antique", "bulk", "no", ""),
        ("antique", None, "no", ""),
        ("mirror polish", None, "not assessable", "packing_mode"),
        (None, "bulk", "not assessable", "finish"),
        (None, "tissue", "no", ""),
    ],
)
def test_r65_mirror_polish_is_not_packed_in_bulk(finish, packing_mode, answer, missing):
    row = flag("mirror", finish=finish, packing_mode=packing_mode)
    assert (row["rule_id"], row["is_flagged"], row["missing"]) == ("R65", answer, missing)


@pytest.mark.parametrize(
    ("stroke", "is_due"),
    [(0.25, ["yes"]), (0.28, ["yes"]), (0.30, []), (None, ["not assessable"])],
)
def test_r32_underfill_of_thin_strokes_may_be_the_design(stroke, is_due):
    found = pd.DataFrame({"defect_type": ["enamel underfill", "haze"], "sku": "PIN"})
    hints = cause_hints(found, pd.DataFrame({"sku": ["PIN"], "smallest_stroke_mm": [stroke]}))
    assert hints["is_due"].tolist() == is_due
    assert (hints["rule_id"] == "R32").all()
    if is_due == ["yes"]:
        assert "Wider dams" in hints["hint"].item()


def test_r32_a_finding_without_a_product_asks_for_it():
    hints = cause_hints(pd.DataFrame({"defect_type": ["underfill"]}), pd.DataFrame({"sku": []}))
    assert hints["missing"].tolist() == ["sku"]


def test_hostile_text_stays_text():
    text = "<img onerror=1>{{ x }}"
    flags = feasibility_flags(pd.DataFrame({"sku": [text], "finish": [text]}), NO_LINES)
    assert set(flags["sku"]) == {text}
