"""Scorecards of a history on a real PostgreSQL: its address is in nothing written or said."""

import json
from pathlib import Path

import pytest
from tests.records.history.conftest import random_history
from tests.records.history.test_server import copied, postgres

from qcanalysis import cli

__all__ = ["postgres"]  # a fixture

NOTEBOOK = Path(__file__).parents[3] / "notebooks" / "07_supplier_scorecard.ipynb"


@pytest.fixture
def call(without_kernels, tmp_path, capsys, monkeypatch):
    """Runs the command on the history at an address; gives exit code and all that it said."""

    def run_command(address: str) -> tuple[int, str]:
        monkeypatch.setenv("HISTORY_ADDRESS", address)
        given = ["--history", "env:HISTORY_ADDRESS", "--out", str(tmp_path / "out")]
        with pytest.raises(SystemExit) as stopped:
            cli.main(["scorecards", "--period", "2025-10", "--notebook", str(NOTEBOOK), *given])
        return stopped.value.code, "".join(capsys.readouterr())

    return run_command


def test_scorecards_of_a_server_and_its_address_nowhere(postgres, call, tmp_path):
    copied(postgres, "scorecards", random_history(6, suppliers=3))
    address = f"{postgres.address()}&options=-csearch_path%3Dscorecards"
    code, everything = call(address)
    assert code == 0, everything
    folder = tmp_path / "out" / "2025-10"
    record = json.loads((folder / "run.json").read_text("utf-8"))
    assert record["counts"]["made"] == 3
    assert record["history"]["sources"][0]["name"] == "database: inspections"
    assert len(list(folder.glob("0*.html"))) == 3
    assert "3 suppliers" in (folder / "index.html").read_text("utf-8")
    code, said = call(address)
    assert (code, "0 made, 3 skipped" in said) == (0, True)
    everything += said
    down = "postgresql://keeper:pa55@localhost:1/nothing"
    for wrong in (postgres.address("pa55wrong"), down):
        code, said = call(wrong)
        assert code == 2
        assert "database: the server cannot be reached (OperationalError). Look at" in said
        everything += said
    for path in (tmp_path / "out").rglob("*"):
        everything += path.read_bytes().decode("latin-1") if path.is_file() else ""
    for word in ("pa55", "keeper", "localhost", str(postgres.folder)):
        assert word not in everything
