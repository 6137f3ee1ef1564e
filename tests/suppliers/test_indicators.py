"""Indicators of suppliers: definitions, intervals, "not enough data" as a state."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qcanalysis.estimation import defect_rate_interval
from qcanalysis.suppliers.indicators import (
    LABELS,
    during_production_inspection,
    supplier_indicators,
)

NO_CLASSES = pd.DataFrame()
EMPTY_LOT_COUNTS = {
    "supplier_id": "",
    "supplier_name": "",
    **dict.fromkeys(
        (
            *("lots", "accepted", "pending", "minor_only_failures", "resubmissions"),
            *("resubmissions_accepted", "conceded", "accepted_otherwise_reported"),
            *("failures_in_last_five", "lots_in_last_five"),
        ),
        0,
    ),
    **dict.fromkeys(
        (
            *("repeat_defect_types", "defect_types", "deliveries", "deliveries_on_time_in_full"),
            *("corrective_actions", "corrective_actions_open", "capa_days_median"),
        ),
        np.nan,
    ),
}


def lots(*rows: dict) -> pd.DataFrame:
    return pd.DataFrame(
        [
            EMPTY_LOT_COUNTS | {"supplier_id": f"S{i}", "supplier_name": f"Name {i}"} | row
            for i, row in enumerate(rows)
        ]
    )


def classes(*rows: dict) -> pd.DataFrame:
    usual = {
        "supplier_id": "S0", "defect_class": "major", "aql_percent": 2.5, "lots": 10,
        "items_inspected": 2000, "nonconforming": 30, "nonconformities": 45.0,
        "lots_shipped": 8, "items_shipped": 40_000, "expected_nonconforming_shipped": 500.0,
    }  # fmt: skip
    return pd.DataFrame([usual | row for row in rows])


def test_rates_by_their_definitions() -> None:
    row = supplier_indicators(
        lots(
            {
                "lots": 20, "accepted": 13, "pending": 2, "minor_only_failures": 1, "conceded": 2,
                "resubmissions": 8, "resubmissions_accepted": 6, "repeat_defect_types": 2,
                "defect_types": 8, "deliveries": 18, "deliveries_on_time_in_full": 12,
                "corrective_actions": 3, "corrective_actions_open": 1, "capa_days_median": 21.0,
            }
        ),
        classes({}),
    ).iloc[0]  # fmt: skip
    assert row["state"] == "enough data"
    assert row["lot_acceptance_rate"] == 13 / 18
    assert row["first_pass_rate"] == 13 / 20
    assert row["minor_only_failure_share"] == 1 / 5
    assert row["concession_share"] == 0.1
    assert row["resubmission_acceptance_share"] == 0.75
    assert row["repeat_defect_share"] == 0.25
    assert row["on_time_in_full_rate"] == pytest.approx(2 / 3)
    assert row["corrective_action_days"] == 21
    assert row["per_million_inspected_major"] == 15_000
    assert row["per_million_shipped_major"] == 12_500
    assert row["nonconformities_per_100_items_major"] == 2.25
    assert np.isnan(row["per_million_inspected_critical"])
    limits = defect_rate_interval(13, 18)
    assert (row["lot_acceptance_rate_lower"], row["lot_acceptance_rate_upper"]) == (
        limits.lower,
        limits.upper,
    )


def test_little_data_is_a_state_and_never_0_or_100() -> None:
    table = supplier_indicators(
        lots({}, {"lots": 4, "accepted": 4}, {"lots": 5, "accepted": 0}, {"lots": 9, "pending": 9}),
        classes({"supplier_id": "S1", "lots": 4}, {"supplier_id": "S2", "lots": 5}),
    ).set_index("supplier_id")
    states = ["not enough data", "not enough data", "enough data", "not enough data"]
    assert table["state"].tolist() == states
    shares = [name for name in table if name.endswith(("_rate", "_share"))]
    assert table.loc[["S0", "S1", "S3"], shares].isna().all(axis=None)
    assert table.loc["S2", "lot_acceptance_rate"] == 0
    assert 0 < table.loc["S2", "lot_acceptance_rate_upper"] < 0.6
    assert np.isnan(table.loc["S1", "per_million_inspected_major"])
    assert table.loc["S2", "per_million_inspected_major"] == 15_000


@pytest.mark.parametrize(
    ("share", "part", "whole"),
    [
        ("resubmission_acceptance_share", "resubmissions_accepted", "resubmissions"),
        ("repeat_defect_share", "repeat_defect_types", "defect_types"),
        ("on_time_in_full_rate", "deliveries_on_time_in_full", "deliveries"),
    ],
)
def test_a_share_of_fewer_than_five_has_no_value(share: str, part: str, whole: str) -> None:
    table = supplier_indicators(
        lots(*({"lots": 20, "accepted": 20, part: 2, whole: number} for number in (3, 4, 5))),
        NO_CLASSES,
    )
    assert table[share].isna().tolist() == [True, True, False]
    assert table[share].iloc[2] == 0.4
    assert table[whole].tolist() == [3, 4, 5]


def test_lots_failed_on_minor_defects_alone_need_five_failed_lots() -> None:
    rows = [{"lots": 20, "accepted": 20 - failed, "minor_only_failures": 1} for failed in (1, 4, 5)]
    shares = supplier_indicators(lots(*rows), NO_CLASSES)["minor_only_failure_share"]
    assert shares.isna().tolist() == [True, True, False]


def test_what_shipped_is_told_of_five_lots_shipped_whatever_was_inspected() -> None:
    table = supplier_indicators(lots({}), classes({"lots": 9, "lots_shipped": 4}))
    assert np.isnan(table["per_million_shipped_major"].iloc[0])
    assert table["per_million_inspected_major"].iloc[0] == 15_000


def test_missing_tables_stay_unknown() -> None:
    row = supplier_indicators(lots({"lots": 9, "accepted": 9}), NO_CLASSES).iloc[0]
    unknown = [
        "repeat_defect_share",
        "on_time_in_full_rate",
        "corrective_action_days",
        "deliveries",
    ]
    assert row[unknown].isna().all()
    assert np.isnan(row["minor_only_failure_share"])  # no lot failed: nothing to divide by
    assert np.isnan(row["per_million_shipped_minor"])


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60)),
        min_size=1,
        max_size=8,
    )
)
def test_every_rate_lies_in_its_interval(rows: list[tuple[int, int, int]]) -> None:
    table = supplier_indicators(
        lots(*({"lots": a + b + c, "accepted": a, "pending": b} for a, b, c in rows)), NO_CLASSES
    )
    for name in ("lot_acceptance_rate", "first_pass_rate"):
        known = table[table[name].notna()]
        assert known[f"{name}_lower"].le(known[name]).all()
        assert known[f"{name}_upper"].ge(known[name]).all()
    assert (
        table["first_pass_rate"]
        .le(table["lot_acceptance_rate"])
        .eq(table["first_pass_rate"].notna())
        .all()
    )


def test_r87_two_failures_in_five_ask_for_an_inspection_during_production() -> None:
    words = during_production_inspection([0, 1, 2, 5, 2, 1], [5, 5, 5, 5, 2, 4])
    assert words.tolist() == ["no", "no", "yes", "yes", "yes", "not assessable"]
    table = supplier_indicators(
        lots(
            {"lots": 8, "accepted": 6, "failures_in_last_five": 2, "lots_in_last_five": 5},
            {"lots": 3, "accepted": 3, "lots_in_last_five": 5},  # the other two before the window
            {"lots": 3, "accepted": 3, "lots_in_last_five": 3},
        ),
        NO_CLASSES,
    )
    assert table["during_production_inspection"].tolist() == ["yes", "no", "not assessable"]


def test_every_label_names_a_column() -> None:
    table = supplier_indicators(lots({}), classes({}))
    for name in LABELS:
        assert name in table or f"{name}_major" in table


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="must not exceed lots - pending; see supplier 'S0'"):
        supplier_indicators(lots({"lots": 5, "accepted": 5, "pending": 1}), NO_CLASSES)
    with pytest.raises(ValueError, match="minimum_lots must be at least 1"):
        supplier_indicators(lots({}), NO_CLASSES, minimum_lots=0)


def test_five_thousand_suppliers_in_one_pass() -> None:
    rows = lots(*({"lots": 20 + i % 7, "accepted": 15} for i in range(5000)))
    frame = pd.concat(
        [classes({}).assign(supplier_id=f"S{i}") for i in range(3)], ignore_index=True
    )
    assert len(supplier_indicators(rows, frame)) == 5000
