"""`qcanalysis case`: recording events under the gates, and how it refuses."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from qcanalysis import cli

ROOT = Path(__file__).parents[1]
Run = Callable[..., tuple[int, dict[str, object]]]


@pytest.fixture
def case_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "metal-promo"
    shutil.copytree(ROOT / "data" / "cases" / "metal-promo", folder)
    return folder


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command line in the repository; gives its exit code and JSON answer."""
    monkeypatch.chdir(ROOT)

    def run_command(*words: str) -> tuple[int, dict[str, object]]:
        with pytest.raises(SystemExit) as stopped:
            cli.main([*words, "--json"])
        assert isinstance(stopped.value.code, int)
        return stopped.value.code, json.loads(capsys.readouterr().out)

    return run_command


def test_an_event_is_recorded_once(case_dir: Path, run: Run) -> None:
    code, answer = run(
        "case", str(case_dir), "record", "report_received", "at=2026-10-06T17:30+08:00"
    )
    assert code == 0, answer
    assert answer["recorded"]["event"] == "report_received"
    assert len((case_dir / "events.csv").read_text("utf-8").splitlines()) == 2


def test_r71_the_balance_is_not_paid_on_a_promise(case_dir: Path, run: Run) -> None:
    before = sorted(path.name for path in case_dir.iterdir())
    code, answer = run("case", str(case_dir), "record", "balance_paid")
    assert code == 1
    assert any("R71" in reason or "R04" in reason for reason in answer["refusals"])
    after = sorted(path.name for path in case_dir.iterdir() if not path.name.startswith("."))
    assert after == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("record",), "record needs an event"),
        (("record", "hold_placed", "sku"), "write column=value for sku"),
        (("remember", "hold_placed"), "only 'record EVENT' can follow"),
        (("record", "hold_plased"), "hold_plased"),
        (("record", "hold_placed", "sku=NOT-A-SKU"), "NOT-A-SKU"),
    ],
)
def test_what_cannot_be_recorded_is_refused_as_input(
    case_dir: Path, run: Run, words: tuple[str, ...], said: str
) -> None:
    code, answer = run("case", str(case_dir), *words)
    assert code in (1, 2)
    assert said in json.dumps(answer)
    assert not (case_dir / "events.csv").exists()


def test_signatures_need_a_name_and_a_role(case_dir: Path, run: Run, tmp_path: Path) -> None:
    code, answer = run("case", str(case_dir), "--issuer", "Lin Wei", "--out", str(tmp_path / "out"))
    assert code == 2
    assert "NAME,ROLE" in json.dumps(answer)
    assert not (tmp_path / "out").exists()
