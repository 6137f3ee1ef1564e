import pandas as pd
import pytest

from qcanalysis.recovery.triage.feasibility import cause_hints, feasibility_flags

NO_LINES = pd.DataFrame({"characteristic": []})
WEAR = pd.DataFrame({"spec_id": ["W1"], "characteristic": ["wear life 2 years"]})


def flag(question, lines=NO_LINES, **sku):
    """Row of a question; what is not asked has none."""
    flags = feasibility_flags(pd.DataFrame([{"sku": "PIN"} | sku]), lines)
    rows = flags[flags["question"].str.contains(question)].to_dict("records")
    return rows[0] if rows else {"is_flagged": "no", "advice": "", "missing": "", "rule_id": None}


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
    assert row["is_flagged"] == answer
    assert row["rule_id"] == (None if answer == "no" else "R64")


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
    assert (row["is_flagged"], row["missing"]) == (answer, missing)
    assert row["rule_id"] == (None if answer == "no" else "R65")


def test_r64_products_with_the_same_answer_share_a_row():
    skus = pd.DataFrame({"sku": ["PIN", "KEY", "COIN"], "smallest_stroke_mm": [0.28, None, None]})
    flags = feasibility_flags(skus, NO_LINES)
    strokes = flags[flags["question"].str.contains("stroke")]
    assert strokes["products"].tolist() == ["PIN", "KEY, COIN"]


@pytest.mark.parametrize(
    ("stroke", "is_due"),
    [(0.25, ["yes"]), (0.28, ["yes"]), (0.30, []), (None, ["not assessable"])],
)
def test_r32_underfill_of_thin_strokes_may_be_the_design(stroke, is_due):
    types = ["enamel underfill", "haze", "enamel underfill"]
    found = pd.DataFrame({"defect_type": types, "sku": "PIN", "finding_id": ["F1", "F2", "F3"]})
    hints = cause_hints(found, pd.DataFrame({"sku": ["PIN"], "smallest_stroke_mm": [stroke]}))
    assert hints["is_due"].tolist() == is_due
    assert (hints["rule_id"] == "R32").all()
    if is_due == ["yes"]:
        assert "Wider dams" in hints["hint"].item()
    assert hints["finding_ids"].tolist() == ["F1, F3"] * len(is_due)


def test_r32_a_finding_without_a_product_asks_for_it():
    hints = cause_hints(pd.DataFrame({"defect_type": ["underfill"]}), pd.DataFrame({"sku": []}))
    assert hints["missing"].tolist() == ["sku"]


def test_hostile_text_stays_text():
    text = "<img onerror=1>{{ x }}"
    flags = feasibility_flags(pd.DataFrame({"sku": [text], "finish": [text]}), NO_LINES)
    assert set(flags["products"]) == {text}
