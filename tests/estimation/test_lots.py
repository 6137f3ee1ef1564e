"""Lot estimates from a visit: basis, missing data, totals."""

import pandas as pd
import pytest

from qcanalysis.estimation.lots import (
    estimate_lots,
    estimates_by_sample_size,
    estimates_in_words,
    inspected_samples,
    order_totals,
)

TOLERABLE = {"critical": 0.0, "major": 0.025, "minor": 0.04}


def sample(**changes: object) -> pd.DataFrame:
    row = {
        "product": "PIN",
        "defect_class": "major",
        "lot_size": 8000,
        "sample_size": 200,
        "found": 7,
        "basis": "pieces",
    }
    return pd.DataFrame([row | changes])


def units(*defects: tuple[int, int, int]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "inspection_id": "PSI",
                "sku": "PIN",
                "sample_id": str(number),
                "critical_defects": critical,
                "major_defects": major,
                "minor_defects": minor,
            }
            for number, (critical, major, minor) in enumerate(defects)
        ]
    )


SKUS = pd.DataFrame({"sku": ["PIN"], "quantity": [8000]})
RESULT_COLUMNS = [
    *("inspection_id", "sku", "lot_id", "defect_class"),
    *("lot_size", "sample_size", "found", "counting_basis"),
]


def results(*rows: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame(
        [dict(zip(RESULT_COLUMNS, ("PSI", *row), strict=True)) for row in rows],
        columns=RESULT_COLUMNS,
    )


def test_t10_bad_pieces_in_the_uninspected_rest() -> None:
    row = estimate_lots(sample(), confidence_level=0.90, tolerable_fraction=TOLERABLE).iloc[0]
    assert (round(row["bad_mean"]), row["bad_lower"], row["bad_upper"]) == (291, 141, 483)
    whole = sample(lot_size=20_000, sample_size=315)
    row = estimate_lots(whole, confidence_level=0.90, tolerable_fraction=TOLERABLE).iloc[0]
    assert (round(row["bad_mean"]), row["bad_lower"], row["bad_upper"]) == (467, 226, 776)


def test_t3_seven_defects_may_be_fewer_defective_pieces() -> None:
    pieces = units((0, 3, 1), (0, 1, 0), (0, 0, 2), (0, 0, 0))
    counted = inspected_samples(
        results(),
        pieces,
        SKUS,
        order_quantity=8000,
        inspection_id="PSI",
        unit_class_rule="every_class",
    ).set_index("defect_class")
    assert counted["found"].to_dict() == {"critical": 0, "major": 2, "minor": 2}
    by_worst = inspected_samples(
        results(),
        pieces,
        SKUS,
        order_quantity=8000,
        inspection_id="PSI",
        unit_class_rule="worst_defect",
    ).set_index("defect_class")
    assert by_worst["found"].to_dict() == {"critical": 0, "major": 2, "minor": 1}
    assert counted["basis"].iloc[0] != by_worst["basis"].iloc[0]


def test_a_missing_sample_size_is_not_guessed() -> None:
    table = estimate_lots(sample(sample_size=pd.NA), tolerable_fraction=TOLERABLE)
    assert table["rate"].isna().all()
    assert table["status"].iloc[0] == "cannot tell: the report states no sample size"


def test_more_defects_than_pieces_is_no_rate() -> None:
    table = estimate_lots(sample(found=201), tolerable_fraction=TOLERABLE)
    assert table["status"].iloc[0] == "cannot tell: more defects than pieces inspected"


def test_totals_add_up_and_are_narrower_than_the_sum_of_limits() -> None:
    two = pd.concat([sample(), sample(product="KEY", lot_size=7000)], ignore_index=True)
    table = estimate_lots(two, tolerable_fraction=TOLERABLE)
    total = order_totals(two).iloc[0]
    assert total["bad_mean"] == pytest.approx(table["bad_mean"].iloc[:2].sum(), rel=1e-9)
    spread = table["bad_upper"].iloc[:2].sum() - table["bad_lower"].iloc[:2].sum()
    assert total["bad_upper"] - total["bad_lower"] < spread


def test_estimates_by_sample_size_only_for_reports_without_one() -> None:
    assert estimates_by_sample_size(sample(), [80, 315], tolerable_fraction=TOLERABLE).empty
    table = estimates_by_sample_size(
        sample(sample_size=pd.NA, lot_size=20_000), [80, 315], tolerable_fraction=TOLERABLE
    )
    assert table["rate"].to_list() == [7 / 80, 7 / 315]


def test_words_say_what_is_missing() -> None:
    unknown = sample(sample_size=pd.NA, lot_size=20_000)
    table = estimate_lots(unknown, tolerable_fraction=TOLERABLE)
    by_size = estimates_by_sample_size(unknown, [80, 315], tolerable_fraction=TOLERABLE)
    sentence, state = estimates_in_words(table, order_totals(unknown), by_size)
    assert state == "unknown"
    assert "major 2.2% to 8.8%" in sentence
    assert "Ask for the sample size" in sentence


def test_words_name_the_worst_lot() -> None:
    two = pd.concat([sample(), sample(product="KEY", found=20)], ignore_index=True)
    table = estimate_lots(two, tolerable_fraction=TOLERABLE)
    sentence, state = estimates_in_words(table, order_totals(two), pd.DataFrame())
    assert sentence.endswith(": KEY 796, PIN 291.")
    assert state == "bad"


def test_a_lot_without_estimate_keeps_its_class_out_of_the_total() -> None:
    two = pd.concat([sample(), sample(product="KEY", sample_size=pd.NA)], ignore_index=True)
    assert order_totals(two).empty


def test_r06_products_without_unit_rows_are_kept() -> None:
    skus = pd.DataFrame({"sku": ["PIN", "KEY", "COIN"], "quantity": [8000, 7000, 5000]})
    reported = results(("KEY", None, "major", 6000, 200, 8, "defectives"))
    counted = inspected_samples(
        reported,
        units((0, 1, 0), (0, 0, 0)),
        skus,
        order_quantity=20_000,
        inspection_id="PSI",
        unit_class_rule="every_class",
    )
    lots = counted[counted["defect_class"].eq("major")].set_index("product")["lot_size"]
    assert lots.to_dict() == {"PIN": 8000, "COIN": 5000, "KEY": 6000}
    table = estimate_lots(counted, tolerable_fraction=TOLERABLE)
    sentence, _ = estimates_in_words(table, order_totals(counted), pd.DataFrame())
    assert order_totals(counted).empty
    assert sentence.endswith("It cannot be told for COIN.")


def test_unit_rows_take_the_lot_size_that_the_report_states() -> None:
    reported = results(
        ("PIN", "1", "major", 3000, 2, 1, None),
        ("PIN", "1", "minor", 3000, 2, 0, None),
        ("PIN", "2", "major", 3000, 2, 1, None),
    )
    counted = inspected_samples(
        reported,
        units((0, 1, 0), (0, 0, 0)),
        SKUS,
        order_quantity=8000,
        inspection_id="PSI",
        unit_class_rule="every_class",
    )
    assert set(counted["lot_size"]) == {6000}


def test_sizes_that_count_or_lot_forbid_are_not_tried() -> None:
    unknown = sample(sample_size=pd.NA, lot_size=100, found=90)
    table = estimates_by_sample_size(unknown, [80, 95, 315], tolerable_fraction=TOLERABLE)
    assert table["sample_size"].to_list() == [95]
    assert estimates_by_sample_size(
        sample(sample_size=pd.NA, found=pd.NA), [80], tolerable_fraction=TOLERABLE
    ).empty


def test_words_for_nothing_found_give_the_limit_not_zero() -> None:
    unknown = sample(sample_size=pd.NA, lot_size=20_000, found=0)
    by_size = estimates_by_sample_size(unknown, [80], tolerable_fraction=TOLERABLE)
    table = estimate_lots(unknown, tolerable_fraction=TOLERABLE)
    sentence, _ = estimates_in_words(table, order_totals(unknown), by_size)
    assert "for a sample of 80 pieces it would be major none found, upper limit 4.5%" in sentence


def test_words_when_every_piece_was_inspected() -> None:
    whole = sample(lot_size=200)
    table = estimate_lots(whole, tolerable_fraction=TOLERABLE)
    sentence, _ = estimates_in_words(table, order_totals(whole), pd.DataFrame())
    assert sentence == "Every piece was inspected: 7 with a major defect."


def test_r16_a_critical_defect_is_never_a_caution() -> None:
    critical = sample(defect_class="critical", found=1)
    table = estimate_lots(critical, tolerable_fraction={"major": 0.025})
    _, state = estimates_in_words(table, order_totals(critical), pd.DataFrame())
    assert state == "bad"
