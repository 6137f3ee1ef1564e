import hashlib
import io
import json
import pickle
import re
import sys
from pathlib import Path

import nbformat
import pytest
from tests.reporting.cells import ANSWER, HOSTILE_NAMES, TITLE

from qcanalysis.reporting import execution, runner
from qcanalysis.reporting.notebook import NotebookError, find_notebook
from qcanalysis.reporting.outcomes import NotebookFailed, TimeLimits
from qcanalysis.reporting.parameters import ParameterError
from qcanalysis.reporting.runner import run_notebook

PARAMETERS = ("lot_id: str = '0'  # Lot\nlot_size: int = 5  # Lot size [items]", "parameters")


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def out_dir(tmp_path: Path) -> Path:
    return tmp_path / "out"


def test_a_report_is_written_whole_from_a_kernel_of_this_environment(
    write_notebook, out_dir, monkeypatch
):
    monkeypatch.setenv("JPY_SESSION_NAME", "a person's notebook")
    name = HOSTILE_NAMES[-1] + "00123"
    look = (
        "import json, os, sys\n"
        "facts = {'python': sys.executable, 'cwd': os.path.basename(os.getcwd()),\n"
        "         'lot': lot_id, 'backend': os.environ['MPLBACKEND'],\n"
        "         'session': 'JPY_SESSION_NAME' in os.environ}\n"
        "open('facts.json', 'w').write(json.dumps(facts))"
    )
    notebook = write_notebook(
        TITLE,
        PARAMETERS,
        (look,),
        ANSWER,
        metadata={"kernelspec": {"name": "gone", "display_name": "", "language": "python"}},
    )
    log = io.StringIO()
    report = run_notebook(
        notebook,
        parameters={"lot_id": name},
        out_dir=out_dir,
        operator="Ann <QA>",
        progress=log,
    )
    facts = json.loads((notebook.parent / "facts.json").read_text())
    assert facts["lot"] == name
    assert facts["python"] == sys.executable
    assert (facts["cwd"], facts["backend"], facts["session"]) == ("notebooks", "Agg", False)
    assert (report.verdict, report.state, report.title) == ("It is so.", "good", "Is it so?")
    assert report.parameters == {"lot_id": name, "lot_size": 5}
    assert files(out_dir) == ["05_check.html"]
    html = report.html.read_text("utf-8")
    assert "Ann &lt;QA&gt;" in html
    assert str(notebook.parent) not in html
    lines = log.getvalue().splitlines()
    assert lines[0] == "05_check: started, 4 cells"
    assert re.match(r"05_check: done in \d+\.\d s", lines[1])
    assert not (notebook.parent / "05_check.html").exists()


@pytest.mark.parametrize(
    ("source", "error_name", "message"),
    [
        ("1 / 0", "ZeroDivisionError", "division by zero"),
        ("import sys; sys.exit(0)", "SystemExit", "ended early"),
        ("import os; os._exit(0)", "DeadKernelError", "the kernel died"),
        ("import time\nwhile True: time.sleep(1)", "TimeoutError", "a cell may take 1 s"),
        (
            "from IPython.display import SVG, display\ndisplay(SVG('<svg/>'))",
            "PageError",
            "no description",
        ),
    ],
)
def test_a_run_that_fails_leaves_the_older_report_and_the_partial_notebook(
    write_notebook, out_dir, source, error_name, message
):
    out_dir.mkdir()
    older = out_dir / "05_check.html"
    older.write_text("older report")
    notebook = write_notebook(TITLE, PARAMETERS, ("before = 1",), (source,), ANSWER)
    with pytest.raises(NotebookFailed, match=message) as caught:
        run_notebook(
            notebook,
            parameters={"lot_size": "8"},
            out_dir=out_dir,
            limits=TimeLimits(cell_seconds=1 if "while" in source else 60),
        )
    failure = caught.value
    assert failure.error_name == error_name
    if error_name != "PageError":
        assert failure.cell_number == 4
        assert f"in cell 4 ({source.splitlines()[0]})" in str(failure)
    assert older.read_text() == "older report"
    assert files(out_dir) == ["05_check.failed.ipynb", "05_check.html"]
    kept = nbformat.read(failure.kept, as_version=4)
    assert "lot_size = 8" in "".join(cell.source for cell in kept.cells)


def test_a_whole_notebook_has_a_time_limit(write_notebook, out_dir):
    naps = [("import time; time.sleep(0.8)",)] * 4
    with pytest.raises(NotebookFailed, match="a notebook may take 2 s"):
        run_notebook(
            write_notebook(TITLE, *naps),
            out_dir=out_dir,
            limits=TimeLimits(notebook_seconds=2),
        )


def test_a_good_run_clears_the_failed_one_and_names_the_report_it_replaces(write_notebook, out_dir):
    out_dir.mkdir()
    (out_dir / "05_check.failed.ipynb").write_text("{}")
    (out_dir / "05_check.html").write_text("older report")
    warns = ("import warnings; warnings.warn('odd')",)
    report = run_notebook(write_notebook(TITLE, warns, ANSWER), out_dir=out_dir)
    assert files(out_dir) == ["05_check.html"]
    assert hashlib.sha256(b"older report").hexdigest() in report.html.read_text()
    assert "UserWarning" not in report.html.read_text()
    assert "odd" in report.warnings[0]


def test_a_kernel_that_does_not_start_is_tried_twice(write_notebook, out_dir, monkeypatch):
    starts = []
    attempt = execution._attempt

    def counted(*arguments: object) -> object:
        starts.append(1)
        return attempt(*arguments)

    dies = {"argv": ["sh", "-c", "echo no ipykernel; exit 1"], "display_name": "", "language": ""}
    monkeypatch.setattr(execution, "get_kernel_dict", lambda: dies)
    monkeypatch.setattr(execution, "_attempt", counted)
    with pytest.raises(NotebookFailed, match=r"before the first cell: .* no ipykernel"):
        run_notebook(write_notebook(TITLE, ANSWER), out_dir=out_dir)
    assert len(starts) == 2


def test_wrong_input_is_refused_before_a_kernel_starts(write_notebook, out_dir, monkeypatch):
    def never(*_: object, **__: object) -> None:
        raise AssertionError("a kernel was started")

    monkeypatch.setattr(runner, "execute", never)
    notebook = write_notebook(TITLE, PARAMETERS, ANSWER)
    with pytest.raises(ParameterError, match="did you mean lot_size"):
        run_notebook(notebook, parameters={"lot_sise": 1}, out_dir=out_dir)
    with pytest.raises(ValueError, match="audience 'all'"):
        run_notebook(notebook, audience="all", out_dir=out_dir)
    with pytest.raises(NotebookError, match=r"cell 2: a shell command"):
        run_notebook(write_notebook(TITLE, ("x = 1\n!false",)), out_dir=out_dir)
    with pytest.raises(NotebookError, match="more than one cell"):
        run_notebook(write_notebook(PARAMETERS, PARAMETERS), out_dir=out_dir)
    broken = notebook.with_name("broken.ipynb")
    broken.write_text("{")
    with pytest.raises(NotebookError, match="is not a Jupyter notebook"):
        run_notebook(broken, out_dir=out_dir)
    assert not out_dir.exists()
    occupied = write_notebook(TITLE, ANSWER)
    with pytest.raises(FileExistsError):
        run_notebook(occupied, out_dir=broken)


def test_an_exclamation_mark_in_code_is_no_shell_command(write_notebook):
    from qcanalysis.reporting.notebook import read_notebook

    source = "text = 'Stop!'\nis_other = 1 != 2\ntext = '''\n!ls\n'''"
    assert read_notebook(write_notebook((source,))).cells[0].source == source


def test_notebooks_are_found_by_path_name_or_number(write_notebook, tmp_path, monkeypatch):
    path = write_notebook(TITLE, name="04_report_audit")
    write_notebook(TITLE, name="05_other")
    write_notebook(TITLE, name="05_another")
    monkeypatch.chdir(tmp_path)
    for name in (path, "04", "04_report_audit", "04_report_audit.ipynb", "notebooks/04"):
        assert find_notebook(name).resolve() == path
    for name in ("05", "06", "report", "nowhere/04"):
        with pytest.raises(FileNotFoundError, match=r"which has: 04_report_audit, 05_another"):
            find_notebook(name)


@pytest.mark.parametrize(("audience", "is_run"), [("buyer", False), ("internal", True)])
def test_internal_cells_are_not_even_run_for_others(write_notebook, out_dir, audience, is_run):
    notebook = write_notebook(TITLE, ("open('costs.txt', 'w').write('1')", "internal"), ANSWER)
    run_notebook(notebook, out_dir=out_dir, audience=audience)
    assert (notebook.parent / "costs.txt").exists() is is_run


def test_a_failure_travels_between_processes():
    failure = NotebookFailed(
        "05_check",
        cell_number=3,
        where="in cell 3",
        error_name="ValueError",
        error_message="no",
        partial=nbformat.v4.new_notebook(),
    )
    failure.kept = Path("05_check.failed.ipynb")
    again = pickle.loads(pickle.dumps(failure))
    assert (str(again), again.cell_number) == (str(failure), 3)
