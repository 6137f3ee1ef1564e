import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from qcanalysis import cli
from qcanalysis.reporting.case_reports import CASE_NOTEBOOKS
from tests.reporting.cells import ANSWER, TITLE, notebook_of

REPOSITORY = Path(__file__).parents[1]
BARE_CASE = REPOSITORY / "data" / "cases" / "metal-promo"
PARAMETERS = ("case_dir: str = ''  # case\nlot_id: str = '0'  # Lot", "parameters")


@pytest.fixture
def call(capsys):
    """Runs the command line; gives exit code, stdout and stderr."""

    def run(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stopped:
            cli.main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return stopped.value.code, said.out, said.err

    return run


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A folder with the notebooks of a case, in small; the second one fails on demand."""
    (tmp_path / "notebooks").mkdir()
    for name in CASE_NOTEBOOKS:
        breaks = ("import os; 1 / (not os.path.exists('break'))",)
        cells = [TITLE, PARAMETERS, *([breaks] if name.startswith("02") else []), ANSWER]
        nbformat.write(notebook_of(*cells), tmp_path / "notebooks" / f"{name}.ipynb")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_plan_prints_the_plan_of_a_lot(call):
    code, out, err = call("plan", "--lot-size", 20000, "--aql", 2.5)
    assert (code, err) == (0, "")
    assert "code letter M" in out
    assert "Sample: 315 items, accept at 14, reject at 15" in out


def test_plan_as_json_is_one_object(call):
    code, out, _ = call("plan", "--lot-size", 8000, "--aql", 4, "--severity", "reduced", "--json")
    plan = json.loads(out)
    assert code == 0
    assert out.count("\n") == 1
    assert plan["status"] == "done"
    assert plan["standard"] == "ISO 2859-1:1999"
    assert (plan["code_letter"], plan["sample_sizes"]) == ("L", [80])


def test_plan_of_several_stages_and_arrows(call):
    options = ("--standard", "105e", "--sampling", "multiple")
    _, out, _ = call("plan", "--lot-size", 5000, "--aql", 1.5, *options)
    assert out.count("Sample ") == 7
    _, out, _ = call("plan", "--lot-size", 10, "--aql", 0.65)
    assert "(the table's arrow leads to F)" in out
    assert "inspect every item" in out


@pytest.mark.parametrize(
    "words",
    [
        ["plan", "--lot-size", "1", "--aql", "2.5"],
        ["plan", "--lot-size", "100", "--aql", "2.4"],
        ["plan", "--lot-size", "x", "--aql", "2.5"],
        ["plan", "--aql", "2.5"],
        ["plan", "--lot-size", "100", "--aql", "nan"],
        ["run", "nothing"],
        ["run", "01", "--with", "nowhere.yaml"],
        ["run", "01", "-p", "lot_id"],
        ["run", "01", "-p", "lot_id=1", "-p", "lot_id=2"],
        ["run", "01", "-p", "lot=1"],
        ["run", "01", "-p", "case_dir=nowhere"],
        ["run", "01", "--out", "notebooks/01_oc_curves.ipynb"],
        ["check", "nowhere"],
        ["case", "nowhere"],
        ["nonsense"],
        [],
    ],
)
def test_wrong_input_exits_2_and_says_why(call, folder, words):
    code, out, err = call(*words)
    assert (code, out) == (2, "")
    assert err.strip()
    code, out, err = call(*words, "--json")
    answer = json.loads(out)
    assert (code, answer["status"]) == (2, "wrong input")
    assert answer["problems"]
    assert not (folder / "reports").exists()


def test_help_and_version_are_no_errors(call):
    assert call("--help")[0] == 0
    assert call("run", "--help")[0] == 0
    assert call("--version")[0] == 0


def test_parameters_of_a_notebook_are_listed_without_running_it(call, folder):
    code, out, _ = call("run", "04", "--help-parameters")
    assert code == 0
    assert out == "case_dir: str = ''  # case\nlot_id: str = '0'  # Lot\n"
    listed = json.loads(call("run", "04", "--help-parameters", "--json")[1])["parameters"]
    assert listed[1] == {"name": "lot_id", "type_name": "str", "default": "0", "help": "Lot"}


def test_run_writes_a_report_and_json_on_stdout_alone(call, folder):
    (folder / "run.yaml").write_text("lot_id: 007\ncase_dir: notebooks\n")
    words = ("run", "01", "--with", "run.yaml", "-p", "lot_id=00123", "--out", "out", "--json")
    code, out, err = call(*words, "--operator", "Añn")
    answer = json.loads(out)
    assert code == 0
    assert answer["parameters"] == {"case_dir": ".", "lot_id": "00123"}
    assert answer["verdict"] == "It is so."
    assert "Añn" in (folder / answer["html"]).read_text("utf-8")
    assert "01_oc_curves: started" in err


def test_case_goes_on_after_a_failure_and_names_it(call, folder):
    (folder / "notebooks" / "break").touch()
    code, out, _ = call("case", BARE_CASE, "--json")
    answer = json.loads(out)
    assert (code, answer["status"]) == (1, "failed")
    assert [report["name"][:2] for report in answer["reports"]] == [
        "05",
        "04",
        "03",
        "06",
        "08",
        "01",
    ]
    (failure,) = answer["failures"]
    assert (failure["name"], failure["error_name"]) == ("02_lot_defect_rate", "ZeroDivisionError")
    assert failure["cell_number"] == 3
    index = (folder / "reports" / "index.html").read_text("utf-8")
    assert "1 of 7 reports failed: 02_lot_defect_rate." in index
    assert answer["reports"][0]["parameters"]["case_dir"].endswith("data/cases/metal-promo")


def test_check_lists_every_problem_with_its_place(call, tmp_path):
    assert call("check", BARE_CASE)[0] == 0
    book = tmp_path / "not_a_book.xlsx"
    book.write_text("SKU;quantity")
    code, out, _ = call("check", book, "--json")
    problems = json.loads(out)["problems"]
    assert code == 2
    assert problems[0]["file"] == "not_a_book.xlsx"
    assert {"file", "row", "column", "rule", "message", "advice"} == set(problems[0])


def test_template_is_written_once(call, tmp_path):
    path = tmp_path / "inspection.xlsx"
    assert call("template", path)[0] == 0
    written = path.read_bytes()
    assert call("template", path)[0] == 2
    assert path.read_bytes() == written


def test_plan_from_cold_loads_nothing_that_makes_reports():
    script = (
        "import sys\n"
        "from qcanalysis import cli\n"
        "try: cli.main(['plan', '--lot-size', '20000', '--aql', '2.5'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'pandas', 'matplotlib', 'papermill', 'nbformat'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"
