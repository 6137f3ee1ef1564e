"""The bundled cases read back as the guide tells them, typed and with nothing added."""

import dataclasses
import hashlib
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from qcanalysis.records import RecordsError, check_case, read_case
from qcanalysis.records.schema import TABLES, columns


def test_r01_bare_case_holds_the_order_as_told(bare_case: Path) -> None:
    case = read_case(bare_case)
    assert case.order.quantity == 20_000
    assert dict(zip(case.skus["sku"], case.skus["quantity"], strict=True)) == {
        "soft-enamel-pin": 8000,
        "zinc-keychain": 7000,
        "struck-coin": 5000,
    }
    assert case.schedule.days_to_vessel_cut_off == 12
    assert case.order.is_packed is True
    assert case.money.balance_is_paid is False
    assert case.is_illustrative is False


def test_r02_bare_case_holds_the_counts_and_nothing_that_the_guide_leaves_out(
    bare_case: Path,
) -> None:
    results = read_case(bare_case).class_results.set_index("defect_class")
    assert results["found"].to_dict() == {"major": 7, "minor": 11}
    assert results["acceptance_number"].to_dict() == {"major": 5, "minor": 10}
    unsaid = ["sku", "sample_size", "aql_percent", "code_letter", "rejection_number"]
    assert results[unsaid].isna().all(axis=None)
    inspection = read_case(bare_case).inspections.iloc[0]
    assert inspection["inspection_level"] == "II"
    assert inspection["performed_by"] == "third_party"
    assert inspection[["severity", "inspected_on", "standard"]].isna().all()


def test_r03_bare_case_lists_three_major_and_three_minor_types_without_counts(
    bare_case: Path,
) -> None:
    findings = read_case(bare_case).findings
    assert findings["defect_class"].value_counts().to_dict() == {"major": 3, "minor": 3}
    assert findings[["count", "photo", "sample_id", "sku"]].isna().all(axis=None)


def test_every_frame_is_there_with_all_columns_and_dtypes(bare_case: Path) -> None:
    case = read_case(bare_case)
    for name, model in TABLES.items():
        frame = getattr(case, name)
        assert {c: str(t) for c, t in frame.dtypes.items()} == {
            column.name: column.kind.dtype for column in columns(model)
        }
    assert case.events.empty
    assert case.events["at"].dt.tz is not None


def test_illustrative_case_says_so_and_is_complete(full_case: Path) -> None:
    case = read_case(full_case)
    assert case.is_illustrative
    assert "illustrative" in repr(case)
    results = case.class_results
    assert set(results["code_letter"]) == {"L"}
    plans = results.groupby("defect_class")[["aql_percent", "acceptance_number"]].first()
    assert plans.loc["major"].tolist() == [1.0, 5]
    assert plans.loc["minor"].tolist() == [2.5, 10]
    assert len(case.units) == 600


def test_identifiers_keep_leading_zeros(full_case: Path) -> None:
    case = read_case(full_case)
    assert case.order.supplier_id == "00123"
    assert case.cartons["first_carton_no"].iloc[0] == "001"
    assert case.lots["lot_id"].tolist() == ["001", "002", "003"]


def test_times_keep_their_zone(full_case: Path) -> None:
    case = read_case(full_case)
    assert case.schedule.reported_at is not None
    assert case.schedule.reported_at.utcoffset() == timedelta(hours=8)
    assert case.events["at"].iloc[0] == pd.Timestamp("2026-10-06T17:30+08:00")
    assert case.cartons["production_date"].iloc[0] == pd.Timestamp("2026-09-11")


def test_files_carry_the_sha256_of_what_was_read(bare_case: Path) -> None:
    files = dict(read_case(bare_case).files)
    assert files.keys() == {
        "case.yaml", "skus.csv", "inspections.csv", "class_results.csv", "findings.csv",
    }  # fmt: skip
    assert files["skus.csv"] == hashlib.sha256((bare_case / "skus.csv").read_bytes()).hexdigest()


def test_case_is_frozen(bare_case: Path) -> None:
    case = read_case(bare_case)
    with pytest.raises(dataclasses.FrozenInstanceError):
        case.title = "other"  # type: ignore[misc]
    with pytest.raises(ValueError, match="frozen"):
        case.order.quantity = 1  # type: ignore[misc]


def test_several_inspections_in_one_case(full_case: Path) -> None:
    path = full_case / "inspections.csv"
    header, first = path.read_text().splitlines()
    again = first.replace("PSI-1", "RE-1").replace("2026-10-05", "2026-10-14")
    again = again.replace("2026-10-06", "2026-10-15")
    path.write_text(f"{header},resubmission_of\n{first},\n{again},PSI-1\n")
    assert check_case(full_case) == []
    assert read_case(full_case).inspections["resubmission_of"].tolist()[1] == "PSI-1"


def test_read_case_raises_all_problems_and_check_case_lists_the_same(bare_case: Path) -> None:
    (bare_case / "skus.csv").write_text("sku,quantity\nPIN,many\nCOIN,\n")
    with pytest.raises(RecordsError) as caught:
        read_case(bare_case)
    assert list(caught.value.problems) == check_case(bare_case)
    assert [(p.row, p.column) for p in caught.value.problems] == [(2, "quantity"), (3, "quantity")]
    assert "skus.csv, row 2, quantity" in str(caught.value)


def test_r08_class_and_kind_are_kept_apart(full_case: Path) -> None:
    findings = read_case(full_case).findings
    pairs = findings.groupby("fault_kind")["defect_class"].nunique()
    assert pairs["cosmetic"] == 2  # a cosmetic fault is major in one zone and minor in another
