"""The mapping file: an agency's own export as it is."""

from pathlib import Path

import pytest
from tests.records.history.conftest import END, START, WriteHistory

from qcanalysis.records.history import HistoryError, open_history

WIDE = [
    {
        "Visit no": "0007",
        "Factory": "A & B",
        "When": "05.03.2025",
        "Result": "Pass",
        "Lot": 8000,
        "n": 200,
        'maj "def"': 7,
        "min def": 3,
    },
    {
        "Visit no": "0008",
        "Factory": "A & B",
        "When": "06.03.2025",
        "Result": "Fail",
        "Lot": 8000,
        "n": 200,
        'maj "def"': 11,
        "min def": 3,
    },
]
MAPPING = """
title: Visits of the agency
is_simulated: true
time_zone: Asia/Hong_Kong
inspections:
  source: visits.csv
  columns: {inspection_id: Visit no, supplier_id: Factory, inspected_on: When, lot_size: Lot,
            sample_size: n, reported_result: Result}
  values: {reported_result: {Pass: accepted, Fail: not_accepted}}
  constants: {severity: tightened, agency: O'Neil}
  date_format: "%d.%m.%Y"
  classes:
    major: {nonconforming_count: 'maj "def"', constants: {acceptance_number: 10}}
    minor: {nonconforming_count: min def}
"""


def written(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def test_a_wide_export_is_read_as_it_is(write_history: WriteHistory, tmp_path: Path) -> None:
    mapping = written(tmp_path / "map.yaml", MAPPING)
    with open_history(write_history(visits=WIDE), mapping=mapping) as history:
        lots, results = history.inspected_lots("A & B"), history.class_results("A & B")
        assert history.title == "Visits of the agency"
        assert (history.is_simulated, history.time_zone) == (True, "Asia/Hong_Kong")
        assert [p.rule for p in history.problems] == []
        assert "lot_id is taken from inspection_id" in " ".join(history.assumptions)
        assert history.class_counts(START, END)["nonconforming"].to_list() == [18, 6]
    assert lots["inspection_id"].to_list() == ["0007", "0008"]
    assert lots["is_accepted"].to_list() == [True, False]
    assert lots["failed_classes"].to_list() == ["", "major, minor"]  # minor: as reported
    assert set(lots["severity"]) == {"tightened"}
    assert set(lots["agency"]) == {"O'Neil"}
    assert results["nonconforming_count"].to_list() == [7, 3, 11, 3]


def test_a_single_file_with_rows_that_have_no_number(tmp_path: Path) -> None:
    file = written(tmp_path / "scores.csv", "firm,year,score\nX,2024,98\nX,2025,95\n")
    mapping = written(
        tmp_path / "map.yaml",
        """
inspections:
  columns: {supplier_id: firm, inspected_on: year, nonconforming_count: score}
  values: {nonconforming_count: {98: 2, 95: 5}}
  constants: {lot_size: 100, sample_size: 100, defect_class: minor, acceptance_number: 4}
  date_format: "%Y"
  row_number_as: inspection_id
""",
    )
    with open_history(file, mapping=mapping) as history:
        lots = history.inspected_lots("X")
    assert lots["inspection_id"].to_list() == ["1", "2"]
    assert lots["is_accepted"].to_list() == [True, False]


def test_every_problem_of_a_mapping_file_is_said_at_once(
    write_history: WriteHistory, tmp_path: Path
) -> None:
    mapping = written(
        tmp_path / "map.yaml",
        """
titel: x
time_zone: Mars/Base
inspections:
  colums: {a: b}
findings: [1]
""",
    )
    with pytest.raises(HistoryError) as refused:
        open_history(write_history(visits=WIDE), mapping=mapping)
    said = [str(problem) for problem in refused.value.problems]
    assert len(said) == 4
    assert any("Did you mean 'title'?" in line for line in said)
    assert any("Did you mean 'columns'?" in line for line in said)
    assert any("Mars/Base" in line for line in said)
    mapping = written(
        tmp_path / "map.yaml",
        """
inspections:
  columns: {lotsize: Lot, lot_size: Lot}
  constants: {lot_size: 5}
  values: {reported_result: {Pass: acepted}}
  classes: {majr: {nonconforming_count: x}}
""",
    )
    with pytest.raises(HistoryError) as refused:
        open_history(write_history(visits=WIDE), mapping=mapping)
    assert len(refused.value.problems) == 4


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("visits.csv", "visit.csv"), "Did you mean 'visits.csv'?"),
        (("lot_size: Lot", "lot_size: Lots"), "Did you mean 'Lot'?"),
        (("title: V", "title: a\ntitle: V"), "'title' occurs twice"),
        (("title: V", "title: [V"), "not valid YAML"),
    ],
)
def test_a_mapping_that_does_not_fit_its_source(
    write_history: WriteHistory, tmp_path: Path, change: tuple[str, str], words: str
) -> None:
    mapping = written(tmp_path / "map.yaml", MAPPING.replace(*change))
    with pytest.raises(HistoryError) as refused:
        open_history(write_history(visits=WIDE), mapping=mapping)
    assert words in str(refused.value)


def test_a_word_that_is_not_mapped_is_a_problem(
    write_history: WriteHistory, tmp_path: Path
) -> None:
    mapping = written(tmp_path / "map.yaml", MAPPING.replace("Pass: accepted, ", ""))
    with open_history(write_history(visits=WIDE), mapping=mapping) as history:
        assert [(p.rule, p.row) for p in history.problems] == [("unknown word", 2)] * 2
        assert history.inspected_lots("A & B")["inspection_id"].to_list() == ["0008"]
