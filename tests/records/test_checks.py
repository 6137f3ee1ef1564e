"""Contradictions between cells, rows and tables: each found at its place, with what to do."""

from collections.abc import Callable
from pathlib import Path

import pytest

from qcanalysis.records import Problem, check_case

Edit = Callable[[str, int, str, str], Path]


def only(problems: list[Problem]) -> Problem:
    assert len(problems) == 1, "\n".join(map(str, problems))
    assert problems[0].advice
    return problems[0]


def place(problem: Problem) -> tuple[str, int | None, str, str]:
    return problem.file, problem.row, problem.column, problem.rule


def test_bundled_cases_are_without_problems(bare_case: Path, full_case: Path) -> None:
    assert check_case(bare_case) == []
    assert check_case(full_case) == []


def test_r01_line_quantities_that_do_not_sum_are_refused(bare_case: Path) -> None:
    path = bare_case / "skus.csv"
    path.write_text(path.read_text().replace("7000", "7001"))
    problem = only(check_case(bare_case))
    assert place(problem) == ("case.yaml", 9, "order.quantity", "R01")
    assert "20000" in problem.message
    assert "20001" in problem.message


@pytest.mark.parametrize(
    ("table", "row", "column", "value", "rule", "words", "last_row"),
    [
        ("class_results", 3, "rejection_number", "5", "R02", "not above acceptance number 5", None),
        ("class_results", 3, "rejection_number", "4", "R02", "not above acceptance number 5", None),
        ("class_results", 3, "found", "6", "T3", "rows of units give 7 defectives by worst", None),
        ("class_results", 4, "found", "5", "T3", "6 defectives by worst defect", None),
        ("lots", 2, "lot_size", "7999", "R53", "sum to 7999 pieces, not 8000", None),
        ("cartons", 2, "quantity", "1999", "R05", "sum to", 5),
        ("cartons", 2, "quantity", "2001", "R05", "hold up to 2000 pieces, not 2001", None),
        ("cartons", 3, "first_carton_no", "010", "R05", "010 to 010 are in row 2 too", None),
        ("cartons", 3, "first_carton_no", "012", "R05", "cartons 011 to 011 are missing", None),
        ("cartons", 3, "last_carton_no", "009", "R05", "runs backwards", None),
        ("cartons", 3, "last_carton_no", "18", "R05", "dropped leading zeros", None),
        ("cartons", 3, "last_carton_no", "B018", "R05", "changes its prefix", None),
        ("cartons", 3, "last_carton_no", "last", "R05", "does not end in a number", None),
        ("units", 2, "carton_no", "2", "", "dropped leading zeros", None),
        ("units", 2, "carton_no", "999", "R05", "in no range", None),
        ("units", 2, "carton_no", "111", "R05", "holds 'struck-coin', not 'soft-enamel-pin'", None),
        ("units", 2, "sku", "soft-enamel-pins", "", "is not in skus", None),
        ("findings", 2, "sample_id", "P999", "R13", "is not in units", None),
        ("findings", 2, "spec_reference", "PIN-8", "", "is not in specification", None),
        ("findings", 2, "inspection_id", "PSI-2", "", "is not in inspections", None),
        ("lots", 3, "lot_id", "001", "", "is already in row 2", None),
        ("findings", 3, "finding_id", "F001", "", "is already in row 2", None),
        ("cartons", 2, "lot_id", "1", "", "dropped leading zeros", None),
        ("specification", 8, "lower_limit", "1.7", "R22", "is below lower_limit 1.7", None),
        ("measurements", 2, "unit", "cm", "R22", "the value is in 'cm' and its line in 'mm'", None),
        ("inspections", 2, "reported_at", "2026-10-03T17:00+08:00", "", "before the visit", None),
        ("events", 3, "at", "2026-10-06T17:10+08:00", "R04", "before the entry above it", None),
        ("payments", 2, "paid_on", "2026-08-01", "", "is before requested_on", None),
        ("class_results", 3, "lot_size", "900", "R02", "900 pieces here and 8000 in lots", None),
    ],
)  # fmt: skip
def test_contradiction_is_reported_at_its_row(
    edit: Edit,
    table: str,
    row: int,
    column: str,
    value: str,
    rule: str,
    words: str,
    last_row: int | None,
) -> None:
    problems = check_case(edit(table, row, column, value))
    own = [p for p in problems if words in p.message]
    assert own, "\n".join(map(str, problems))
    assert own[0].file == f"{table}.csv"
    assert own[0].rule == rule
    assert own[0].row == (last_row or row)
    assert own[0].advice.endswith((".", "?"))


def test_r03_defect_list_that_falls_short_of_the_count_is_refused(edit: Edit) -> None:
    folder = edit("findings", 3, "count", "0")
    (folder / "units.csv").unlink()
    for name in ("measurements", "findings"):  # their sample ids need no unit rows
        assert (folder / f"{name}.csv").exists()
    problem = only(check_case(folder))
    assert place(problem) == ("class_results.csv", 3, "found", "R03")
    assert "7 major found, and the lines of findings sum to 6" in problem.message


def test_r03_nothing_is_compared_where_a_count_is_not_stated(edit: Edit) -> None:
    assert check_case(edit("findings", 3, "count", "")) == []


def test_t3_defects_and_defectives_are_told_apart(edit: Edit) -> None:
    """Keychains carry 9 major defects on 8 pieces."""
    problems = check_case(edit("class_results", 6, "counting_basis", "defects"))
    assert [(p.row, p.column, p.rule) for p in problems] == [
        (6, "found", "R03"),
        (6, "found", "T3"),
    ]
    assert check_case(edit("class_results", 6, "found", "9")) == []


def test_t3_count_above_the_sample_is_refused_unless_defects_are_counted(bare_case: Path) -> None:
    path = bare_case / "class_results.csv"
    (bare_case / "findings.csv").unlink()
    path.write_text(
        "inspection_id,defect_class,sample_size,acceptance_number,found,counting_basis\n"
        "PSI-1,major,80,5,81,defectives\nPSI-1,minor,80,10,81,defects\n"
    )
    problem = only(check_case(bare_case))
    assert place(problem) == ("class_results.csv", 2, "found", "T3")
    assert "81 found in a sample of 80" in problem.message


def test_r02_sample_above_the_lot_is_refused(bare_case: Path) -> None:
    (bare_case / "class_results.csv").write_text(
        "inspection_id,sku,defect_class,sample_size\n"
        "PSI-1,struck-coin,major,5001\nPSI-1,,major,20001\nPSI-1,struck-coin,minor,5000\n"
    )
    problems = check_case(bare_case)
    assert [(p.row, p.column) for p in problems] == [(2, "sample_size"), (3, "sample_size")]


def test_acceptance_number_at_the_sample_size_is_refused(bare_case: Path) -> None:
    (bare_case / "class_results.csv").write_text(
        "inspection_id,defect_class,sample_size,acceptance_number,found\nPSI-1,major,5,5,3\n"
    )
    assert only(check_case(bare_case)).column == "acceptance_number"


def test_r05_overlapping_carton_ranges_are_refused_wherever_they_stand(edit: Edit) -> None:
    edit("cartons", 2, "last_carton_no", "160")  # swallows all that follow
    overlaps = [p for p in check_case(edit("cartons", 2, "quantity", "2000"))
                if "overlap" in p.message]  # fmt: skip
    assert [p.row for p in overlaps] == list(range(3, 12))


def test_short_packed_order_is_fine_when_it_says_so(edit: Edit) -> None:
    edit("lots", 4, "lot_size", "4900")
    edit("cartons", 11, "quantity", "2400")
    edit("cartons", 11, "last_carton_no", "159")
    for row in (8, 9, 10):
        edit("class_results", row, "lot_size", "4900")
    folder = edit("skus", 4, "quantity_presented", "4900")
    assert [p for p in check_case(folder) if p.column != "carton_no"] == []


def test_cut_off_before_the_report_is_refused(full_case: Path) -> None:
    path = full_case / "case.yaml"
    path.write_text(
        path.read_text().replace("vessel_cut_off: 2026-10-18", "vessel_cut_off: 2026-10-01")
    )
    rules = {(p.column, p.rule) for p in check_case(full_case)}
    assert ("schedule.vessel_cut_off", "R01") in rules


def test_days_and_dates_that_disagree_are_refused(full_case: Path) -> None:
    path = full_case / "case.yaml"
    path.write_text(path.read_text().replace("cut_off: 12", "cut_off: 20"))
    problem = only(check_case(full_case))
    assert problem.column == "schedule.days_to_vessel_cut_off"
    assert "12.0 days apart" in problem.message


def test_report_in_another_zone_on_the_day_of_the_visit_is_fine(edit: Edit) -> None:
    # 01:00 in China on the 5th is still the 4th in UTC.
    assert check_case(edit("inspections", 2, "reported_at", "2026-10-05T01:00+08:00")) == []


def test_reinspection_before_the_visit_it_follows_is_refused(full_case: Path) -> None:
    path = full_case / "inspections.csv"
    header, first = path.read_text().splitlines()
    again = first.replace("PSI-1", "RE-1").replace("2026-10-05", "2026-10-01")
    path.write_text(f"{header},resubmission_of\n{first},\n{again},PSI-1\n")
    problem = only(check_case(full_case))
    assert place(problem) == ("inspections.csv", 3, "inspected_on", "R75")


def test_unreadable_cell_brings_no_follow_up_problems(edit: Edit) -> None:
    problem = only(check_case(edit("skus", 2, "quantity", "8,000")))
    assert place(problem) == ("skus.csv", 2, "quantity", "")


def test_wrong_reference_is_reported_once_with_its_extent(edit: Edit) -> None:
    problems = check_case(edit("skus", 4, "sku", "coin"))
    own = [p for p in problems if p.file == "units.csv"]
    assert [(p.row, p.column) for p in own] == [(402, "sku")]
    assert "(and in 199 more rows)" in own[0].message


def test_unreadable_carton_number_brings_no_gap_and_no_lost_carton(edit: Edit) -> None:
    problem = only(check_case(edit("cartons", 3, "first_carton_no", "1.1E+01")))
    assert place(problem) == ("cartons.csv", 3, "first_carton_no", "")
