"""Imports point one way, and only the right places touch files, clocks and figures."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import qcanalysis.records

PACKAGE = Path(__file__).parents[1] / "src" / "qcanalysis"
MAY_IMPORT = {
    "sampling": {"sampling"},
    "estimation": {"sampling", "estimation"},
    "recovery": {"sampling", "estimation", "recovery"},
    "suppliers": {"sampling", "estimation", "suppliers"},
    "records": {"records"},
    "reporting": {"sampling", "estimation", "recovery", "suppliers", "records", "reporting"},
}
ONLY_IN_REPORTING = {"matplotlib", "papermill", "nbconvert", "nbclient", "IPython", "ipywidgets"}
MODULES = sorted(PACKAGE.rglob("*.py"))


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_import_rises(path: Path) -> None:
    layer = path.relative_to(PACKAGE).parts[0]
    if layer not in MAY_IMPORT:
        return  # the package itself and its command line see everything
    inner = {
        name.split(".")[1] for name in imported(path) if name.startswith("qcanalysis.")
    } & MAY_IMPORT.keys()
    assert inner <= MAY_IMPORT[layer]
    if layer != "reporting":
        assert not {name.split(".")[0] for name in imported(path)} & ONLY_IN_REPORTING


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_provenance_reads_the_clock_git_or_the_environment(path: Path) -> None:
    if path.parent.name == "reporting":
        return  # the runner prepares kernels; facts of a run all come from provenance
    text = path.read_text("utf-8")
    for forbidden in ("datetime.now", "time.time(", "os.environ", "os.getenv", "utcnow", "today()"):
        assert forbidden not in text


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_stay_readable(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 450
    assert path.stem != "utils"


@pytest.mark.parametrize(
    ("module", "does_without"),
    [
        ("reporting.batch.run", {"papermill", "nbconvert", "jupyter_client", "pandas", "pyarrow"}),
        ("records.history", {"openpyxl", "qcanalysis.records.case"}),
        ("suppliers.population", {"scipy.optimize", "scipy.sparse", "scipy.stats"}),
        ("records", {"pydantic", "pandas"}),
        ("sampling", {"pandas", "matplotlib", "papermill", "scipy.stats"}),
    ],
)
def test_who_needs_little_loads_little(module: str, does_without: set[str]) -> None:
    script = f"import sys, qcanalysis.{module}\nprint(sorted({does_without} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.splitlines() == ["[]"]


def test_a_name_that_records_does_not_have_is_refused_as_everywhere() -> None:
    assert all(hasattr(qcanalysis.records, name) for name in qcanalysis.records.__all__)
    with pytest.raises(AttributeError, match=r"'qcanalysis.records' has no attribute 'History'"):
        _ = qcanalysis.records.History
