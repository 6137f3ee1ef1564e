"""What the page of a supplier reads, alone or from what a batch has prepared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from tests.suppliers.scorecard_history import FOUND, MARKUP, PERIOD, SLASH, tables, written

from qcanalysis.records.history import open_history
from qcanalysis.reporting.scorecards import (
    PreparedBatch,
    ScorecardInputs,
    page_name,
    prepare,
    read_scorecard,
    settings_of,
)
from qcanalysis.suppliers.period import Period
from qcanalysis.suppliers.population import ScorecardSettings

HISTORY = Path(__file__).parents[2] / "data" / "history"
Tables = dict[str, pd.DataFrame]


def prepared(history_dir: Path, folder: Path, period: Period = PERIOD) -> PreparedBatch:
    folder.mkdir()
    with open_history(history_dir) as history:
        return prepare(history, period, {"window_months": 12}, folder)


def frames_of(inputs: ScorecardInputs) -> dict[str, pd.DataFrame]:
    frames = {
        f"record.{name}": getattr(inputs.record, name)
        for name in ("lots", "results", "defects", "unused")
    }
    for name in ("now", "before"):
        population = getattr(inputs, name)
        frames |= {f"{name}.{part}": getattr(population, part) for part in ("cards", "rates")}
        frames[f"{name}.priors"] = population.priors
        frames[f"{name}.funnel"] = population.funnel.table
        frames[f"{name}.curve"] = population.funnel.curve
    return {name: frame.reset_index(drop=True) for name, frame in frames.items()}


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> PreparedBatch:
    return prepared(HISTORY, tmp_path_factory.mktemp("batch") / "all", Period.parse("2025-06"))


@pytest.mark.parametrize("number", [0, 23])
def test_a_prepared_page_reads_what_it_would_work_out_itself(
    simulated: PreparedBatch, number: int
) -> None:
    parameters = simulated.pages[number].parameters
    one, period = str(parameters["supplier_id"]), Period.parse("2025-06")
    store, folder = str(parameters["history_dir"]), str(parameters["prepared_dir"])
    quick = read_scorecard(store, one, period, ScorecardSettings(), prepared_dir=folder)
    slow = read_scorecard(store, one, period, ScorecardSettings())
    expected = frames_of(slow)
    assert not expected["now.cards"].empty
    for name, frame in frames_of(quick).items():
        pd.testing.assert_frame_equal(frame, expected[name], obj=name)
    for funnel, other in (
        (quick.now.funnel, slow.now.funnel),
        (quick.before.funnel, slow.before.funnel),
    ):
        assert (funnel.target, funnel.dispersion, funnel.between_suppliers) == (
            other.target,
            other.dispersion,
            other.between_suppliers,
        )
    assert (quick.now.start, quick.now.end) == (slow.now.start, slow.now.end)
    assert quick.origin == slow.origin
    assert quick.origin.startswith("Simulated data. Inspection history of 24 invented suppliers.")


def test_every_supplier_has_a_page_of_its_own_name(simulated: PreparedBatch) -> None:
    pages = simulated.pages
    assert len({page.page_name for page in pages}) == len(pages) == 24
    assert simulated.table["supplier_id"].tolist() == [page.supplier_id for page in pages]
    assert simulated.table["page_name"].tolist() == [page.page_name for page in pages]


def test_an_unknown_supplier_is_refused_by_both_ways(simulated: PreparedBatch) -> None:
    parameters = simulated.pages[0].parameters
    for folder in ("", str(parameters["prepared_dir"])):
        with pytest.raises(ValueError, match="'S999': no such supplier"):
            read_scorecard(
                str(parameters["history_dir"]),
                "S999",
                Period.parse("2025-06"),
                ScorecardSettings(),
                prepared_dir=folder,
            )


def test_settings_are_taken_from_among_the_parameters() -> None:
    settings = settings_of({"minimum_lots": 8, "supplier_id": "S1", "reduced_is_permitted": True})
    assert settings == ScorecardSettings(minimum_lots=8)


@pytest.fixture(scope="module")
def keys_after(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[Callable[[Tables], None]], dict[str, str]]:
    def keys(change: Callable[[Tables], None]) -> dict[str, str]:
        folder = tmp_path_factory.mktemp("keys")
        frames = tables()
        change(frames)
        batch = prepared(written(folder / "history", frames), folder / "batch")
        return {page.supplier_id: page.data_key for page in batch.pages}

    return keys


@pytest.fixture(scope="module")
def keys(keys_after: Callable[..., dict[str, str]]) -> dict[str, str]:
    return keys_after(lambda frames: None)


def changed(keys: dict[str, str], after: dict[str, str]) -> set[str]:
    assert keys.keys() == after.keys()
    return {name for name in keys if keys[name] != after[name]}


def _extra_lot(frames: Tables, day: str) -> None:
    rows = frames["inspections"]
    new = rows[rows["supplier_id"] == "good"].tail(1)
    new = new.assign(inspection_id="new", lot_id="new", inspected_on=day)
    frames["inspections"] = pd.concat([rows, new])


def test_every_page_has_a_key_of_its_own(keys: dict[str, str]) -> None:
    assert set(keys) == {*FOUND, "none"}
    assert len(set(keys.values())) == len(keys)


def test_the_order_of_rows_changes_no_key(keys, keys_after) -> None:
    def shuffle(frames: Tables) -> None:
        for name, frame in frames.items():
            frames[name] = frame.sample(frac=1, random_state=3)

    assert changed(keys, keys_after(shuffle)) == set()


def test_inspections_after_the_period_change_no_key(keys_after) -> None:
    one, other = (
        keys_after(lambda frames, day=day: _extra_lot(frames, day))
        for day in ("2025-07-02", "2025-08-20")
    )
    assert changed(one, other) == set()


def test_a_record_that_ends_early_says_so_on_every_page(keys, keys_after) -> None:
    """The last lot is of 15 June, which the pages say until a later one fills the period."""
    assert changed(keys, keys_after(lambda frames: _extra_lot(frames, "2025-07-02"))) == set(keys)


def test_an_inspection_in_the_window_changes_every_key(keys, keys_after) -> None:
    """Rates are drawn towards all suppliers' and ranked among them: every page shows another."""
    assert changed(keys, keys_after(lambda frames: _extra_lot(frames, "2025-06-20"))) == set(keys)


def test_a_name_changes_the_key_of_its_supplier_alone(keys, keys_after) -> None:
    def rename(frames: Tables) -> None:
        names = frames["suppliers"]
        names.loc[names["supplier_id"] == "worse", "supplier_name"] = "Better Ltd"

    assert changed(keys, keys_after(rename)) == {"worse"}


def test_a_finding_changes_the_key_of_its_supplier_alone(keys, keys_after) -> None:
    def recode(frames: Tables) -> None:
        frames["findings"].iloc[0, frames["findings"].columns.get_loc("defect_code")] = "dent"

    assert changed(keys, keys_after(recode)) == {"good"}


def test_a_hostile_name_reaches_the_page_as_it_is(tmp_path: Path) -> None:
    batch = prepared(written(tmp_path / "history", tables()), tmp_path / "batch")
    page = {one.supplier_id: one for one in batch.pages}[SLASH]
    assert page.supplier_name == MARKUP
    assert page.page_name.isascii()
    inputs = read_scorecard(
        str(page.parameters["history_dir"]),
        SLASH,
        PERIOD,
        ScorecardSettings(),
        prepared_dir=str(page.parameters["prepared_dir"]),
    )
    assert inputs.now.cards["supplier_name"].tolist() == [MARKUP]
    assert len(inputs.record.lots) == len(FOUND[SLASH])


def test_page_names_are_safe_and_differ_whatever_the_file_system_folds() -> None:
    long = "x" * 300
    ids = ["a", "A", "a/b", "a b", "a-b", "../a", long, long + "y", "-", "...", "北京", "上海", " "]
    names = [page_name(one) for one in ids]
    assert len({name.casefold() for name in names}) == len(ids)
    for name in names:
        assert name == name.lower()
        assert len(name) <= 80
        assert name.replace("-", "").isalnum()
        assert name.isascii()
    assert page_name("...").startswith("supplier-")
