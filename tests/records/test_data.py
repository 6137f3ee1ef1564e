"""The bundled data: rebuilt byte for byte, consistent with its story, described by the schema."""

import runpy
from pathlib import Path

import pandas as pd
import pytest

from qcanalysis.records import Case, read_case
from qcanalysis.records.schema import TABLES, columns, header_columns

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="module")
def case() -> Case:
    return read_case(DATA / "cases" / "metal-promo-illustrative")


def test_drawn_tables_are_rebuilt_byte_for_byte(tmp_path: Path) -> None:
    script = runpy.run_path(str(DATA / "build_illustrative_case.py"))
    script["build"](tmp_path)
    built = sorted(tmp_path.iterdir())
    assert [path.name for path in built] == ["findings.csv", "measurements.csv", "units.csv"]
    for path in built:
        kept = DATA / "cases" / "metal-promo-illustrative" / path.name
        assert path.read_bytes() == kept.read_bytes(), (
            f"run data/build_illustrative_case.py: {path.name}"
        )


def test_dictionary_in_the_readme_is_that_of_the_schema() -> None:
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    script = runpy.run_path(str(DATA / "build_dictionary.py"))
    assert script["rewritten"](readme) == readme, "run data/build_dictionary.py"


def test_every_cell_of_the_schema_is_described() -> None:
    described = [c for model in TABLES.values() for c in columns(model)]
    for column in (*described, *header_columns().values()):
        assert len(column.description) > 5
    names = {f"{name}.{c.name}" for name, model in TABLES.items() for c in columns(model)}
    assert {c.refers_to for c in described if c.refers_to} <= names


def test_r20_story_is_one_of_concentration(case: Case) -> None:
    ranges = case.cartons.astype({"first_carton_no": int, "last_carton_no": int})
    carton = case.findings["carton_no"].astype("Int64")
    place = [
        ranges[(ranges["first_carton_no"] <= c) & (c <= ranges["last_carton_no"])].iloc[0]
        if pd.notna(c)
        else None
        for c in carton
    ]
    is_scratch = case.findings["defect_type"].eq("front plating scratch")
    is_pin = case.findings["sku"].eq("soft-enamel-pin")
    assert {place[i]["plating_batch"] for i in case.findings.index[is_scratch & is_pin]} == {
        "PB-0912"
    }
    is_ring = case.findings["defect_type"].eq("jump ring opening")
    assert {place[i]["assembly_line"] for i in case.findings.index[is_ring]} == {"B2"}


def test_measured_beyond_a_limit_if_and_only_if_there_is_a_finding(case: Case) -> None:
    rows = case.measurements.merge(case.specification, on="spec_id", suffixes=("", "_line"))
    is_beyond = (rows["value"] > rows["upper_limit"]).fillna(False) | (
        rows["value"] < rows["lower_limit"]
    ).fillna(False)
    beyond = set(zip(rows["spec_id"][is_beyond], rows["sample_id"][is_beyond], strict=True))
    measured = set(rows["spec_id"])
    findings = case.findings[case.findings["spec_reference"].isin(list(measured))]
    found = set(zip(findings["spec_reference"], findings["sample_id"], strict=True))
    assert beyond == found
    assert len(beyond) == 2 + 5 + 7 + 7


def test_t3_some_pieces_carry_two_defects(case: Case) -> None:
    defects = case.units[["critical_defects", "major_defects", "minor_defects"]].sum(axis=1)
    assert (defects > 1).sum() == 4
    assert case.findings["counted_per"].eq("lot").sum() == 1  # R29: colour is judged on the lot
