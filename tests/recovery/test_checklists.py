"""Checklists by product family, and pack-out by the carton."""

import pandas as pd
import pytest

from qcanalysis.recovery.reinspection.carton_list import carton_list
from qcanalysis.recovery.reinspection.checklists import checklist, sku_checklists
from qcanalysis.recovery.reinspection.pack_out import check_cartons, pack_out_plans
from qcanalysis.recovery.reinspection.results import counts_from_cartons, judge_lots

PIN = {
    "sku": "PIN",
    "product_family": "soft-enamel-pin",
    "card_width_mm": 60.0,
    "units_per_inner": 20,
    "inners_per_carton": 10,
    "carton_gross_weight_min_kg": 2.4,
    "carton_gross_weight_max_kg": 2.8,
    "carton_length_cm": 40.0,
    "carton_width_cm": 30.0,
    "carton_height_cm": 20.0,
    "barcode_orientation": "upright",
}
SKUS = pd.DataFrame([PIN])
REGISTER = carton_list(
    pd.DataFrame(
        {
            "first_carton_no": ["001"],
            "last_carton_no": ["040"],
            "sku": ["PIN"],
            "quantity": [8000],
            "units_per_carton": [200],
        }
    )
)


@pytest.mark.parametrize(
    ("family", "bullets"),
    [
        ("pin", ["size", "thickness", "post", "clutch", "fill", "burr", "plating"]),  # R77
        (
            "keychain",  # R78
            [
                "hardware count",
                "ring closure",
                "split-ring pull",
                "alignment",
                "swivel",
                "contact marks",
            ],
        ),
        (
            "coin",  # R78
            ["diameter", "thickness", "edge", "antique", "two-side scratch by zone", "rim"],
        ),
        (
            "pack_out",  # R79
            [
                "units per inner",
                "inners per carton",
                "gross-weight range",
                "carton dimensions",
                "barcode orientation",
            ],
        ),
    ],
)
def test_r77_r78_r79_every_bullet_is_present(family: str, bullets: list[str]) -> None:
    table = checklist(family)
    assert table["check"].tolist() == bullets
    assert table.ne("").all(axis=None)
    assert table["source"].str.startswith("R7").all()


def test_r77_pin_thickness_is_held_to_a_tenth_of_a_millimetre() -> None:
    limits = checklist("pin").set_index("check")["limit"]
    assert limits["thickness"] == "nominal ±0.10 mm"


def test_r30_hang_hole_and_barcode_are_checked_on_products_with_a_card() -> None:
    with_card = sku_checklists(SKUS, is_sorted=False)
    assert {"hang hole", "card barcode orientation"} <= set(with_card["check"])
    without = sku_checklists(SKUS.drop(columns="card_width_mm"), is_sorted=False)
    assert "hang hole" not in set(without["check"])


def test_r76_a_claimed_sort_is_checked_in_labels_bins_trace_and_both_stocks() -> None:
    table = sku_checklists(SKUS, is_sorted=True).query("checklist == 'claimed_sort'")
    assert table["check"].tolist() == [
        "sort labels",
        "reject bins",
        "carton trace",
        "reverse check of passed stock",
        "reverse check of rejected stock",
    ]


def test_r77_a_product_without_a_list_says_what_is_missing() -> None:
    skus = pd.DataFrame({"sku": ["X", "Y"], "product_family": ["lanyard", None]})
    table = sku_checklists(skus, is_sorted=False)
    for sku in ("X", "Y"):
        rows = table[table["sku"] == sku]
        assert rows.iloc[0]["check"].startswith("cannot tell: state a product_family")
        assert rows["checklist"].tolist()[1:] == ["pack_out"] * 5
    with pytest.raises(ValueError, match="name must be one of pin, keychain, coin"):
        checklist("lanyard")


def test_r79_the_carton_is_the_unit_of_the_pack_out_plan() -> None:
    row = pack_out_plans(SKUS, REGISTER, aql_percent=2.5, inspection_level="III").iloc[0]
    assert (row["lot_size"], row["code_letter"], row["sample_size"]) == (40, "E", 20)
    assert row["reason"] == ""
    bare = pack_out_plans(pd.DataFrame({"sku": ["PIN", "KEY"]}), REGISTER).set_index("sku")
    assert bare.loc["KEY", "reason"] == "cannot tell: carton list needed"
    assert pd.isna(bare.loc["KEY", "sample_size"])
    assert "carton_gross_weight_min_kg" in bare.loc["PIN", "reason"]


CARTON = {
    "carton_no": "004",
    "sku": "PIN",
    "units_per_inner": 20,
    "inners_per_carton": 10,
    "gross_weight_kg": 2.6,
    "carton_length_cm": 40.0,
    "carton_width_cm": 30.0,
    "carton_height_cm": 20.0,
    "barcode_orientation": "upright",
}


@pytest.mark.parametrize(
    ("change", "is_nonconforming"),
    [
        ({}, False),
        ({"units_per_inner": 19}, True),
        ({"inners_per_carton": 11}, True),
        ({"gross_weight_kg": 2.4}, False),
        ({"gross_weight_kg": 2.8}, False),
        ({"gross_weight_kg": 2.39}, True),
        ({"gross_weight_kg": 2.81}, True),
        ({"carton_height_cm": 21.0}, False),
        ({"carton_height_cm": 18.9}, True),
        ({"barcode_orientation": "inverted"}, True),
    ],
)
def test_r79_each_pack_out_fault_makes_a_carton_nonconforming(
    change: dict[str, object], is_nonconforming: bool
) -> None:
    row = check_cartons(pd.DataFrame([CARTON | change]), SKUS).iloc[0]
    assert row["is_nonconforming"] == is_nonconforming
    assert bool(row["faults"]) == is_nonconforming
    assert row["not_assessed"] == ""


def test_r79_what_was_not_noted_is_not_assessed() -> None:
    row = check_cartons(pd.DataFrame([{"carton_no": "004", "sku": "PIN"}]), SKUS).iloc[0]
    assert not row["is_nonconforming"]
    assert row["not_assessed"].count(",") == 6


@pytest.mark.parametrize(
    ("cartons", "message"),
    [
        ([CARTON | {"sku": "KEY"}], "no line of the order"),
        ([{"carton_no": "004"}], "sku None of carton '004'"),
        ([CARTON, CARTON], "occur once, got '004'"),
        ([{"sku": "PIN"}], "must be stated"),
        ([CARTON | {"units_in_inner": 20}], "units_in_inner is not noted of a carton"),
    ],
)
def test_r79_a_carton_row_that_cannot_be_judged_is_refused(
    cartons: list[dict[str, object]], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        check_cartons(cartons, SKUS)


def test_r79_cartons_are_counted_apart_from_pieces() -> None:
    plan = pack_out_plans(SKUS, REGISTER)
    opened = pd.DataFrame([CARTON | {"carton_no": f"{n:03d}"} for n in range(1, 6)])
    opened.loc[0, "inners_per_carton"] = 9
    judged = judge_lots(plan, counts_from_cartons(check_cartons(opened, SKUS))).iloc[0]
    assert (judged["inspected"], judged["found"], judged["lot_size"]) == (5, 1, 40)
    assert judged["verdict"] == "not_accepted"
    assert judged["bad_upper"] <= 35
