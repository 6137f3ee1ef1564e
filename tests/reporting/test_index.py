from pathlib import Path

import pytest
from nbformat.v4 import new_notebook
from tests.reporting.cells import HOSTILE_NAMES

from qcanalysis.reporting.index import write_index
from qcanalysis.reporting.outcomes import NotebookFailed
from qcanalysis.reporting.runner import Report


def report(out_dir: Path, name: str = "04 audit#1", **changes) -> Report:
    facts = {
        "name": name,
        "title": "Is it <real>?",
        "html": out_dir / f"{name}.html",
        "verdict": "No, 7 < 14.",
        "state": "bad",
        "audience": "buyer",
        "seconds": 1.0,
        "parameters": {},
        "warnings": (),
    }
    return Report(**facts | changes)


def failure() -> NotebookFailed:
    return NotebookFailed(
        "02_rate",
        cell_number=3,
        where="in cell 3 (1 / 0)",
        error_name="ZeroDivisionError",
        error_message="division by zero",
        partial=new_notebook(),
    )


def test_every_report_is_listed_with_its_verdict_and_a_relative_link(tmp_path):
    page = write_index(tmp_path, [report(tmp_path)], heading="Case").read_text("utf-8")
    assert '<a href="04%20audit%231.html">Is it &lt;real&gt;?</a>' in page
    assert 'state-bad">Problem</span>' in page
    assert "No, 7 &lt; 14." in page
    assert "All 1 reports were made." in page
    assert str(tmp_path) not in page


def test_a_failure_is_named_on_top_and_has_no_link(tmp_path):
    results = [failure(), report(tmp_path)]
    page = write_index(tmp_path, results, heading="Case", summary="A sum.").read_text("utf-8")
    assert page.index("1 of 2 reports failed: 02_rate.") < page.index("Reports of this run")
    assert "ZeroDivisionError in cell 3 (1 / 0): division by zero" in page
    assert page.count("<a href") == 1


def test_the_state_of_the_case_stands_on_top_when_given(tmp_path):
    state = ("caution", "Held: nothing may be booked.")
    page = write_index(tmp_path, [report(tmp_path)], heading="C", case_state=state).read_text()
    assert '<strong class="answer-state">Caution</strong> Held: nothing may be booked.' in page


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_hostile_text_is_text(tmp_path, name):
    listed = report(tmp_path, "n", title=name, verdict=name)
    page = write_index(tmp_path, [listed], heading=name, summary=name).read_text("utf-8")
    for danger in ("<script", "<img", "\u202e", ">49<"):
        assert danger not in page
