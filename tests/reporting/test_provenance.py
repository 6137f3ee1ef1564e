import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from qcanalysis.reporting import provenance


def test_source_date_epoch_replaces_the_clock(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1762335000")
    assert provenance.run_time().isoformat() == "2025-11-05T09:30:00+00:00"


def test_operator_is_who_was_named_then_the_environment_then_nobody(tmp_path, monkeypatch):
    notebook = tmp_path / "n.ipynb"
    notebook.write_text("x")
    report = tmp_path / "n.html"

    def facts(operator=None):
        return provenance.run_facts(notebook=notebook, replaces=report, operator=operator)

    monkeypatch.delenv("QCANALYSIS_OPERATOR", raising=False)
    assert facts().operator == "not stated"
    monkeypatch.setenv("QCANALYSIS_OPERATOR", "Ann")
    assert (facts().operator, facts("Bo").operator) == ("Ann", "Bo")
    assert facts().notebook_sha256 == hashlib.sha256(b"x").hexdigest()
    assert facts().previous_sha256 == "none"
    report.write_text("older")
    assert facts().previous_sha256 == hashlib.sha256(b"older").hexdigest()


def git(*arguments: str, folder: Path) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def test_commit_is_that_of_the_code_and_marked_when_files_differ(tmp_path, monkeypatch):
    code = tmp_path / "provenance.py"
    code.write_text("1")
    monkeypatch.setattr(provenance, "__file__", str(code))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert provenance.code_commit() == "not in a checkout"
    git("init", "-q", folder=tmp_path)
    assert provenance.code_commit() == "not in a checkout"
    git("add", ".", folder=tmp_path)
    git("commit", "-qm", "c", folder=tmp_path)
    commit = provenance.code_commit()
    assert len(commit) == 12
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    assert provenance.code_commit() == commit
    code.write_text("2")
    assert provenance.code_commit() == f"{commit} with uncommitted changes"


def test_no_git_is_no_error(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert provenance.code_commit() == "not in a checkout"


@pytest.mark.parametrize("is_person", [True, False])
def test_interactive_is_a_kernel_of_a_server(monkeypatch, is_person):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    if is_person:
        monkeypatch.setenv("JPY_SESSION_NAME", "n")
    assert provenance.is_interactive() is is_person
    assert "JPY_SESSION_NAME" not in provenance.batch_environment()
    assert provenance.batch_environment()["PATH"] == os.environ["PATH"]


def test_stopwatch_counts_down_to_zero():
    watch = provenance.Stopwatch(1000)
    assert 0 <= watch.elapsed_seconds < 100
    assert 900 < watch.remaining_seconds <= 1000
    assert provenance.Stopwatch(0).remaining_seconds == 0
