"""From the tables of a case to one row an inspected unit, and to the Pareto table."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcanalysis.estimation.defect_types import pareto
from qcanalysis.estimation.unit_origin import carton_position, unit_table


@pytest.fixture
def units():
    return pd.DataFrame(
        {
            "inspection_id": ["PSI", "PSI", "PSI", "PSI", "RE"],
            "sku": ["PIN", "PIN", "PIN", "COIN", "PIN"],
            "sample_id": ["001", "002", "003", "001", "001"],
            "carton_no": ["P-003", "P-012", None, "P-003", "P-003"],
            "critical_defects": [0, 0, 0, 0, 0],
            "major_defects": [2, 0, 1, 0, 0],
            "minor_defects": [1, 1, 0, 0, 0],
        }
    ).astype({"carton_no": "string"})


@pytest.fixture
def cartons():
    return pd.DataFrame(
        {
            "first_carton_no": ["P-001", "P-011"],
            "last_carton_no": ["P-010", "P-020"],
            "sku": "PIN",
            "plating_batch": ["B1", "B2"],
            "assembly_line": ["L1", None],
            "production_date": pd.to_datetime(["2026-03-01", None]),
        }
    )


@pytest.fixture
def findings():
    return pd.DataFrame(
        {
            "inspection_id": "PSI",
            "sku": ["PIN", "PIN", "PIN", "PIN"],
            "sample_id": ["001", "001", "001", "002"],
            "defect_type": ["haze", "ring opens", "scratch", "haze"],
            "defect_class": ["minor", "major", "major", "minor"],
            "count": pd.array([5, 1, 2, 1], dtype="Int64"),
        }
    )


def test_units_take_the_keys_of_their_carton(units, cartons, findings):
    table = unit_table(units, cartons, findings, inspection_id="PSI")
    assert table["plating_batch"].tolist()[:2] == ["B1", "B2"]
    assert table["plating_batch"].isna().tolist() == [False, False, True, True]
    assert table["assembly_line"].isna().tolist() == [False, True, True, True]
    assert str(table["production_date"].iloc[0].date()) == "2026-03-01"


def test_a_carton_of_another_sku_gives_no_keys(units, cartons, findings):
    table = unit_table(units, cartons, findings, inspection_id="PSI")
    assert table.loc[table["sku"] == "COIN", "plating_batch"].isna().all()


def test_t3_the_classes_that_make_a_unit_nonconforming_are_stated(units, cartons, findings):
    major = unit_table(units, cartons, findings, inspection_id="PSI")
    assert major["is_nonconforming"].tolist() == [True, False, True, False]
    minor = unit_table(units, cartons, findings, inspection_id="PSI", defect_classes=["minor"])
    assert minor["is_nonconforming"].tolist() == [True, True, False, False]
    assert minor["defect_type"].tolist()[:2] == ["haze", "haze"]


def test_a_unit_keeps_the_type_of_its_worst_defect(units, cartons, findings):
    table = unit_table(units, cartons, findings, inspection_id="PSI")
    assert table["defect_type"].iloc[0] == "scratch"
    assert table["defect_type"].isna().tolist() == [False, True, True, True]


def test_visits_are_not_mixed(units, cartons, findings):
    table = unit_table(units, cartons, findings, inspection_id="RE")
    assert len(table) == 1
    assert not table["is_nonconforming"].any()


def test_r05_overlapping_carton_ranges_are_refused(units, cartons, findings):
    overlapping = cartons.assign(first_carton_no=["P-001", "P-003"])
    with pytest.raises(ValueError, match="carton 'P-003' lies in two ranges"):
        unit_table(units, overlapping, findings, inspection_id="PSI")


def test_empty_tables_give_empty_columns(units, cartons, findings):
    table = unit_table(units.iloc[:0], cartons.iloc[:0], findings.iloc[:0], inspection_id="PSI")
    assert table.empty
    assert "plating_batch" in table
    table = unit_table(units, cartons.iloc[:0], findings.iloc[:0], inspection_id="PSI")
    assert table["plating_batch"].isna().all()
    assert table["is_nonconforming"].sum() == 2


def test_unknown_classes_are_refused(units, cartons, findings):
    with pytest.raises(ValueError, match=r"defect_classes must be among .* got \('grave',\)"):
        unit_table(units, cartons, findings, inspection_id="PSI", defect_classes=["grave"])


def test_carton_marks_are_text_with_a_number_at_the_end():
    parts = carton_position(pd.Series(["K-041", "007", "A1-B", None], dtype="string"))
    assert parts["number"].tolist()[:2] == [41, 7]
    assert parts["number"].isna().tolist() == [False, False, True, True]


def test_pareto_counts_lines_where_no_count_is_given():
    table = pareto(pd.DataFrame({"defect_type": ["a", "b", "a", None]}))
    assert table["defect_type"].tolist() == ["a", "b"]
    assert table["share"].tolist() == [2 / 3, 1 / 3]


def test_pareto_invents_no_count():
    table = pareto(pd.DataFrame({"defect_type": ["a", "b", "b"], "count": [3, None, 9]}))
    assert table["defect_type"].tolist() == ["a", "b"]
    assert table["count"].isna().tolist() == [False, True]
    assert table["share"].isna().all()


def test_pareto_of_nothing():
    assert pareto(pd.DataFrame({"defect_type": [], "count": []})).empty
    assert pareto(pd.DataFrame({"defect_type": ["a"], "count": [0]}))["share"].isna().all()
    with pytest.raises(ValueError, match="count must not be negative, got -1"):
        pareto(pd.DataFrame({"defect_type": ["a"], "count": [-1]}))


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 50)), min_size=1))
def test_pareto_falls_and_ends_at_one(lines):
    table = pareto(pd.DataFrame(lines, columns=["defect_type", "count"]))
    assert table["count"].is_monotonic_decreasing
    assert table["count"].sum() == sum(count for _, count in lines)
    if table["count"].sum():
        assert table["cumulative_share"].iloc[-1] == pytest.approx(1.0)
