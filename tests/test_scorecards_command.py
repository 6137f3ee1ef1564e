"""`qcanalysis scorecards` on the simulated history; pages are made without kernels here."""

import csv
import errno
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from filelock import FileLock

from qcanalysis import cli
from qcanalysis.reporting.batch import full_run, run, storage
from qcanalysis.reporting.batch.pages import failed_outside
from tests.reporting.batch.conftest import made_page

REPOSITORY = Path(__file__).parents[1]
NOTEBOOK = REPOSITORY / "notebooks" / "07_supplier_scorecard.ipynb"


@pytest.fixture
def failing(monkeypatch) -> set[str]:
    """Pages are made at once; those of the suppliers in the set fail."""
    found: set[str] = set()

    def outcomes(maker, work, *_):
        for task, previous_sha256 in work:
            if task.parameters["supplier_id"] in found:
                yield task, failed_outside(task.name, "ValueError", f"no data in {Path.home()}/x")
            else:
                yield task, made_page(task, previous_sha256)

    monkeypatch.setattr(run, "_outcomes", outcomes)
    monkeypatch.setattr(os, "fsync", lambda _: None)  # slow, and no power fails here
    return found


@pytest.fixture
def history(tmp_path) -> Path:
    """The first suppliers of the simulated history, one with a hostile name."""
    folder = tmp_path / "history"
    shutil.copytree(REPOSITORY / "data" / "history", folder)
    suppliers = pd.read_csv(folder / "suppliers.csv", dtype=str)[:4]
    suppliers.loc[0, "supplier_name"] = "=HYPERLINK('x') <script>alert(1)</script>"
    suppliers.to_csv(folder / "suppliers.csv", index=False)
    inspections = pd.read_csv(folder / "inspections.csv", dtype=str)
    kept = inspections[inspections["supplier_id"].isin(suppliers["supplier_id"])]
    kept.to_csv(folder / "inspections.csv", index=False)
    for name in ("findings", "lots", "deliveries", "corrective_actions"):
        (folder / f"{name}.csv").unlink()
    return folder


@pytest.fixture
def call(capsys, tmp_path, history):
    """Runs the command into tmp_path/out; gives exit code, JSON answer and stderr."""

    def run_command(*words: object, period: str = "2026-10") -> tuple[int, dict, str]:
        given = ["--history", history, "--out", tmp_path / "out", "--notebook", NOTEBOOK, *words]
        with pytest.raises(SystemExit) as stopped:
            cli.main(["scorecards", "--period", period, "--json", *map(str, given)])
        said = capsys.readouterr()
        return stopped.value.code, json.loads(said.out), said.err

    return run_command


def record(out: Path, period: str = "2026-10") -> dict:
    return json.loads((out / period / "run.json").read_text("utf-8"))


def test_a_period_has_pages_tables_index_record_and_changes(call, failing, tmp_path):
    out = tmp_path / "out"
    code, answer, _ = call(period="2026-09")
    assert (code, answer["counts"]["made"]) == (0, 4)
    code, answer, said = call()
    assert (code, answer["status"], answer["counts"]["suppliers"]) == (0, "done", 4)
    folder = out / "2026-10"
    files = {path.name for path in folder.iterdir()}
    pages = {name for name in files if name.endswith(".html")} - {"index.html"}
    assert len(pages) == 4
    assert files - pages == {
        *("index.html", "scorecards.parquet", "scorecards.csv", "changes.json", "changes.csv"),
        *("problems.csv", "pages.json", "run.json", "run.log", ".lock"),
    }
    assert said.count(": made in") == 4
    assert "\r" not in said  # the bar is for a terminal
    assert "%|" not in said
    facts = record(out)
    assert facts["period"] == {"label": "2026-10", "start": "2026-10-01", "end": "2026-10-31"}
    assert facts["history"]["time_zone"] == "Asia/Hong_Kong"
    assert facts["history"]["is_simulated"] is True
    assert (facts["is_complete"], facts["changes_since"]) == (True, "2026-09")
    assert facts["versions"]["qcanalysis"]
    assert len(facts["history"]["sources"][0]["sha256"]) == 64
    assert str(tmp_path) not in json.dumps(facts)
    table = pd.read_parquet(folder / "scorecards.parquet")
    assert f"{table['page_name'][0]}.html" in pages
    with (folder / "scorecards.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert rows[0]["supplier"].startswith("'=HYPERLINK")
    assert [row["supplier_id"] for row in rows] == list(table["supplier_id"])
    changes = json.loads((folder / "changes.json").read_text("utf-8"))
    assert {"supplier_id", "what", "before", "after"} <= changes[0].keys()
    index = (folder / "index.html").read_text("utf-8")
    assert all(f'href="{page}"' in index for page in pages)
    assert "Simulated" in index
    assert "<script>alert" not in index
    periods = (out / "index.html").read_text("utf-8")
    assert periods.index("2026-10/index.html") < periods.index("2026-09/index.html")


def test_only_what_changed_is_made_and_nothing_at_all_where_nothing_did(
    call, failing, history, tmp_path, monkeypatch
):
    call()
    index = (tmp_path / "out" / "2026-10" / "index.html").read_bytes()
    with monkeypatch.context() as patched:
        patched.setitem(sys.modules, "qcanalysis.reporting.batch.full_run", None)  # not needed
        code, answer, said = call()
    assert (code, answer["counts"]["made"], answer["counts"]["skipped"]) == (0, 0, 4)
    assert "nothing has changed: 4 pages skipped" in said
    assert (tmp_path / "out" / "2026-10" / "index.html").read_bytes() == index
    assert record(tmp_path / "out")["counts"]["skipped"] == 4

    (tmp_path / "out" / "2026-10" / "scorecards.csv").unlink()
    assert call()[1]["counts"]["skipped"] == 4
    assert (tmp_path / "out" / "2026-10" / "scorecards.csv").exists()
    next((tmp_path / "out" / "2026-10").glob("s001-*.html")).unlink()
    assert call()[1]["counts"]["made"] == 1
    (history / "history.yaml").write_text("title: Another\ntime_zone: UTC\n")
    assert call()[1]["counts"]["made"] == 4


def test_a_previous_period_made_later_is_told_as_change(call, failing, tmp_path):
    assert call()[0] == 0
    assert record(tmp_path / "out")["changes_since"] is None
    assert call(period="2026-09")[0] == 0
    assert call()[1]["counts"]["skipped"] == 4
    assert record(tmp_path / "out")["changes_since"] == "2026-09"
    changes = (tmp_path / "out" / "2026-10" / "changes.csv").read_text("utf-8")
    assert "fraction_nonconforming" in changes
    assert "nothing has changed: 4 pages skipped" in call()[2]


def test_a_failure_is_listed_and_the_exit_code_says_so(call, failing, tmp_path):
    failing.add("S002")
    code, answer, said = call()
    assert (code, answer["status"], answer["counts"]["made"]) == (1, "failed", 3)
    (failure,) = answer["failed"]
    assert (failure["supplier_id"], failure["error_name"]) == ("S002", "ValueError")
    assert str(Path.home()) not in failure["error_message"]
    assert "FAILED. ValueError" in said
    index = (tmp_path / "out" / "2026-10" / "index.html").read_text("utf-8")
    assert "1 of 4 pages failed" in index
    assert record(tmp_path / "out")["state"] == "bad"
    assert "1 page failed" in (tmp_path / "out" / "index.html").read_text("utf-8")
    failing.clear()
    code, answer, _ = call()
    assert (code, answer["counts"]["made"], answer["counts"]["skipped"]) == (0, 1, 3)


def test_bad_rows_are_left_out_and_listed(call, failing, history, tmp_path):
    inspections = pd.read_csv(history / "inspections.csv", dtype=str)
    inspections.loc[0, "inspected_on"] = "2099-01-01"
    inspections.to_csv(history / "inspections.csv", index=False)
    code, _, said = call()
    assert code == 0
    assert "not used: 3 rows of the history; problems.csv says which and why" in said
    row = "inspections.csv,2,inspected_on,future date"
    assert row in (tmp_path / "out" / "2026-10" / "problems.csv").read_text("utf-8")
    assert "1 of this kind: inspections.csv, row 2, inspected_on: 2099-01-01 is after" in said
    with pytest.raises(SystemExit) as stopped:
        cli.main(["check", str(history)])
    assert stopped.value.code == 2


def test_two_runs_do_not_meet(call, failing, tmp_path):
    folder = tmp_path / "out" / "2026-10"
    folder.mkdir(parents=True)
    (folder / ".lock-holder.json").write_text(
        json.dumps({"pid": 77, "host": "nightly", "started_at": "2026-11-01 02:00:00 UTC"})
    )
    with FileLock(folder / ".lock"):
        code, answer, _ = call()
    assert code == 1
    said = answer["problems"][0]
    assert "process 77 on nightly since 2026-11-01 02:00:00 UTC" in said
    assert call()[0] == 0


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (OSError(errno.ENOSPC, "x"), "No space left on device"),
        (RuntimeError("ftp://me:pa55@host"), "RuntimeError"),
    ],
)
def test_an_output_that_fails_in_the_middle_ends_the_run_in_one_line(
    call, failing, tmp_path, monkeypatch, fault, said
):
    folder = tmp_path / "out" / "2026-10"
    call()
    old = {path.name: path.read_bytes() for path in folder.glob("s*.html")}
    written = []

    def write(path, content):
        if len(written) == 2:
            raise fault
        written.append(path)
        path.write_bytes(content)

    with monkeypatch.context() as broken:
        broken.setattr(storage, "write_atomically", write)
        code, answer, _ = call("--audience", "internal")
    assert (code, answer["status"]) == (1, "failed")
    (problem,) = answer["problems"]
    assert f"cannot be read or written ({said})" in problem
    assert "pa55" not in problem
    assert {path.name for path in folder.glob("s*.html")} == old.keys()
    assert sum((folder / name).read_bytes() == page for name, page in old.items()) >= 2
    assert call("--audience", "internal")[0] == 0


def test_a_folder_that_goes_away_in_the_middle_ends_the_run_in_one_line(
    call, tmp_path, failing, monkeypatch
):
    def outcomes(maker, work, *_):
        for task, previous_sha256 in work:
            shutil.rmtree(tmp_path / "out")
            yield task, made_page(task, previous_sha256)

    with monkeypatch.context() as broken:
        broken.setattr(run, "_outcomes", outcomes)
        code, answer, _ = call()
    assert (code, len(answer["problems"])) == (1, 1)
    assert "cannot be read or written (No such file or directory)" in answer["problems"][0]
    assert call()[0] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--history", "nowhere"], "there is no such file or folder"),
        (["--history", "postgresql://me:pw@host/db"], "env:NAME"),
        (["--history", "s3://key:pw@bucket/x"], "env:NAME"),
        (["--history", "env:NOT_SET"], "NOT_SET is not set"),
        (["--period", "2026-13"], "month must be 01 to 12"),
        (["--workers", "0"], "'--workers': 0 is not in the range"),
        (["--notebook", "nowhere"], "no such notebook"),
        (["--out", "nowhere://bucket"], "nowhere"),
    ],
)
def test_wrong_input_exits_2_and_says_why(call, failing, words, said):
    code, answer, _ = call(*words)
    assert (code, said in "\n".join(answer["problems"])) == (2, True), answer
    assert "pw" not in json.dumps(answer)


def test_settings_are_checked_by_the_notebooks_types(call, failing, tmp_path):
    settings = tmp_path / "settings.yaml"
    for text, said in (
        ("minimum_lot: 3", "did you mean minimum_lots"),
        ("window_months: many", "is not of the type int"),
        ("supplier_id: S001", "is set by the batch"),
    ):
        settings.write_text(text)
        code, answer, _ = call("--with", settings)
        assert (code, said in answer["problems"][0]) == (2, True), answer
    settings.write_text("minimum_lots: 3")
    assert call("--with", settings)[0] == 0
    assert record(tmp_path / "out")["settings"] == {"minimum_lots": 3}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("inspection_costs: {item: 1}", "inspection_costs: state item and visit, no other and"),
        ("inspection_costs: {item: -1, visit: 2}", "none below 0; got item -1, visit 2"),
        ("weights: {delivery: 90}", "weights must sum to 100 points"),
        ("bands: {A: 90, B: 10}", "no band covers 0 to 10 points"),
        ("minimum_lots: 0", "minimum_lots"),
        ("window_months: -3", "window_months"),
        ("window_months: 100000", "window_months"),
    ],
)
def test_settings_are_refused_before_the_history_is_read(
    call, failing, tmp_path, monkeypatch, text, said
):
    monkeypatch.setattr(full_run, "open_history", None)
    settings = tmp_path / "settings.yaml"
    settings.write_text(text)
    code, answer, _ = call("--with", settings)
    assert (code, said in answer["problems"][0]) == (2, True), answer


def test_an_address_of_the_environment_is_used_and_never_shown(
    call, failing, history, tmp_path, monkeypatch
):
    monkeypatch.setenv("HISTORY_ADDRESS", f"file://{history}")
    code, answer, said = call("--history", "env:HISTORY_ADDRESS")
    assert (code, answer["counts"]["made"]) == (0, 4)
    monkeypatch.setenv("HISTORY_ADDRESS", "postgresql://me:s3cret@127.0.0.1:9/none")
    code, answer, said = call("--history", "env:HISTORY_ADDRESS", "--out", tmp_path / "other")
    assert code in (1, 2)
    everything = json.dumps(answer) + said
    everything += "".join(p.read_text() for p in (tmp_path / "other").rglob("*") if p.is_file())
    assert "s3cret" not in everything


def test_a_run_of_500_suppliers_with_nothing_to_do_takes_less_than_two_seconds(
    call, failing, history, tmp_path, monkeypatch
):
    severities = "qcanalysis.reporting.scorecards._severities"
    monkeypatch.setattr(severities, lambda *_: pd.Series(dtype="object"))  # not what is timed
    suppliers = pd.DataFrame({"supplier_id": [f"S{number:03}" for number in range(1, 501)]})
    suppliers["supplier_name"] = "Supplier " + suppliers["supplier_id"]
    suppliers.to_csv(history / "suppliers.csv", index=False)
    assert call()[1]["counts"]["made"] == 500
    for page in (tmp_path / "out" / "2026-10").glob("s*.html"):
        assert page.stat().st_size > 0
    command = ["--history", str(history), "--out", str(tmp_path / "out"), "--notebook", NOTEBOOK]
    before = os.times()
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "qcanalysis", "scorecards", "--period", "2026-10", *command],
        capture_output=True,
        text=True,
    )
    seconds = time.monotonic() - started
    after = os.times()
    processor = sum(after[2:4]) - sum(before[2:4])
    print(f"500 suppliers, nothing changed: {seconds:.2f} s, {processor:.2f} s of processor time")
    assert "0 made, 500 skipped" in done.stdout, done.stderr
    assert processor < 2
