"""The store of record: what it holds, and how it is switched."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from tests.records.history.conftest import END, START, WriteHistory, one_inspection, random_history

from qcanalysis.records.history import HistoryError, open_history, write_store


def test_a_store_gives_back_what_was_put_in(write_history: WriteHistory, tmp_path: Path) -> None:
    frames = random_history(5, suppliers=6)
    frames["inspections"].loc[0, "sample_size"] = 10**6
    path = write_history(about="title: T\ntime_zone: Asia/Tokyo\nis_simulated: yes", **frames)
    with open_history(path) as history:
        store = write_store(history, tmp_path / "store")
        with open_history(store) as kept:
            for name in ("class_counts", "lot_results", "lot_counts", "agency_counts"):
                pd.testing.assert_frame_equal(
                    getattr(kept, name)(START, END), getattr(history, name)(START, END)
                )
            pd.testing.assert_frame_equal(kept.class_results("002"), history.class_results("002"))
            assert kept.problems == history.problems != []
            assert kept.problem_totals == {"sample above lot": 1}
            pd.testing.assert_frame_equal(kept.unused_rows, history.unused_rows)
            for name in ("title", "is_simulated", "time_zone", "assumptions", "source_files"):
                assert getattr(kept, name) == getattr(history, name)
    assert kept.title == "T"
    assert {name for name, _ in kept.source_files} == {
        "history.yaml",
        "inspections.csv",
        "findings.csv",
        "suppliers.csv",
    }


def test_suppliers_are_spread_over_buckets_and_found_in_them(
    write_history: WriteHistory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qcanalysis.records.history.store.ROWS_PER_BUCKET", 50)
    frames = random_history(2, suppliers=12)
    with open_history(write_history(kind="parquet", **frames)) as history:
        store = write_store(history, tmp_path / "store")
        files = sorted(store.glob("v*/inspections/*/part.parquet"))
        assert len(files) > 3
        for supplier_id, rows in frames["inspections"].groupby("supplier_id"):
            assert len(history.class_results(str(supplier_id))) == len(rows)
        assert history.class_counts(START, END)["lots"].sum() > 0


def test_the_same_input_makes_the_same_bytes(
    write_history: WriteHistory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qcanalysis.records.history.store.ROWS_PER_BUCKET", 50)
    path = write_history(kind="parquet", **random_history(2, suppliers=12))
    made = []
    for name in ("one", "two"):
        with open_history(path) as history:
            store = write_store(history, tmp_path / name)
        files = sorted(file for file in store.rglob("*") if file.is_file())
        made.append({str(file.relative_to(store)): file.read_bytes() for file in files})
    assert made[0] == made[1]
    assert any("results_by_day" in name for name in made[0])


def test_readers_of_the_old_version_go_on_and_a_third_one_takes_it_away(
    write_history: WriteHistory, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    with open_history(write_history(inspections=[one_inspection()])) as first:
        write_store(first, store)
    more = [one_inspection(), one_inspection(inspection_id="V2", lot_id="2")]
    with open_history(store) as reader, open_history(write_history(inspections=more)) as second:
        write_store(second, store)
        assert len(reader.class_results("S1")) == 1
        assert reader.class_counts(START, END)["lots"].to_list() == [1]
        with open_history(store) as fresh:
            assert len(fresh.class_results("S1")) == 2
        write_store(second, store)
    assert sorted(path.name for path in store.glob("v*")) == ["v000002", "v000003"]


def test_a_kill_at_any_moment_leaves_a_whole_store(
    write_history: WriteHistory, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    path = write_history(inspections=[one_inspection()])
    with open_history(path) as history:
        write_store(history, store)
    code = (
        "from qcanalysis.records.history import open_history, write_store\n"
        f"history = open_history({str(path)!r})\nprint('go', flush=True)\n"
        f"while True: write_store(history, {str(store)!r})"
    )
    for delay in (0.0, 0.004, 0.013, 0.03):
        writer = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        assert writer.stdout.readline() == "go\n"
        time.sleep(delay)
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        with open_history(store) as kept:
            assert len(kept.class_results("S1")) == 1
            assert kept.class_counts(START, END)["lots"].to_list() == [1]
    with open_history(path) as history:
        write_store(history, store)
    assert len(list(store.glob("v*"))) <= 2


def test_a_folder_with_something_else_is_left_alone(
    write_history: WriteHistory, tmp_path: Path
) -> None:
    path = write_history(inspections=[one_inspection()])
    with open_history(path) as history, pytest.raises(FileExistsError, match="is no store"):
        write_store(history, path)
    assert [file.name for file in path.iterdir()] == ["inspections.csv"]


def test_a_store_of_another_version_and_a_damaged_one(
    write_history: WriteHistory, tmp_path: Path
) -> None:
    with open_history(write_history(inspections=[one_inspection()])) as history:
        store = write_store(history, tmp_path / "store")
    meta = store / "v000001" / "meta.json"
    content = json.loads(meta.read_text("utf-8"))
    meta.write_text(json.dumps(content | {"schema_version": 99}), "utf-8")
    with pytest.raises(HistoryError, match="schema version 99"):
        open_history(store)
    meta.write_text("{", "utf-8")
    with pytest.raises(HistoryError, match="the store cannot be read"):
        open_history(store)
    (store / "store.json").write_text("[]", "utf-8")
    with pytest.raises(HistoryError, match="damaged"):
        open_history(store)


def test_a_history_at_an_address(write_history: WriteHistory, tmp_path: Path) -> None:
    import fsspec

    path = write_history(kind="parquet", **random_history(4))
    with open_history(path) as history:
        wanted = history.class_counts(START, END)
        store = write_store(history, tmp_path / "store")
    memory = fsspec.filesystem("memory")
    memory.put(str(path), "/share/history", recursive=True)
    memory.put(str(store), "/share/store", recursive=True)
    for address in ("memory://share/history", "memory://share/store", f"file://{path}"):
        with open_history(address) as history:
            pd.testing.assert_frame_equal(history.class_counts(START, END), wanted)
            assert history.class_results("001").equals(history.class_results("001"))
    with open_history("memory://share/history/inspections.parquet") as history:
        pd.testing.assert_frame_equal(history.class_counts(START, END), wanted)


def test_a_partitioned_table_keeps_the_zeros_of_its_folder_names(tmp_path: Path) -> None:
    frame = pd.DataFrame([one_inspection()]).drop(columns="supplier_id")
    folder = tmp_path / "inspections" / "supplier_id=007"
    folder.mkdir(parents=True)
    frame.to_parquet(folder / "part.parquet")
    with open_history(tmp_path) as history:
        assert history.suppliers()["supplier_id"].to_list() == ["007"]
        assert history.source_files[0][0] == "inspections/supplier_id=007/part.parquet"


def test_nothing_is_left_behind(write_history: WriteHistory, tmp_path: Path) -> None:
    path = write_history(inspections=[one_inspection()])
    code = (
        "import sys; from qcanalysis.records.history import open_history, check_history\n"
        f"check_history({str(path)!r}); history = open_history({str(path)!r})\n"
        f"open_history({str(path)!r}).close()"
    )
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    subprocess.run(
        [sys.executable, "-c", code], check=True, env=os.environ | {"TMPDIR": str(scratch)}
    )
    assert list(scratch.iterdir()) == []
