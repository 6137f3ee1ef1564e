"""Notebooks come out of forked kernels, byte for byte, as plain Papermill makes them."""

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from benchmarks.batch_speed import by_plain_papermill, comparable
from tests.reporting.cells import notebook_of

from qcanalysis.reporting.execution import execute
from qcanalysis.reporting.kernels.kernel import NO_HISTORY_FILE, PageKernelApp
from qcanalysis.reporting.kernels.warm import imported_modules, warm_kernels
from qcanalysis.reporting.notebook import for_audience, read_notebook
from qcanalysis.reporting.outcomes import NotebookFailed, TimeLimits

NOTEBOOKS = Path(__file__).parents[3] / "notebooks"
PLAIN = [("01_oc_curves", {}), ("02_lot_defect_rate", {"confidence_level": 0.9})]
SUPPLIER = [(path.stem, {}) for path in NOTEBOOKS.glob("07_*.ipynb")]


@pytest.fixture(scope="module")
def warm_for_all() -> Iterator[str | None]:
    """Address of one warm process with the modules of every notebook below."""
    paths = [NOTEBOOKS / f"{name}.ipynb" for name, _ in PLAIN + SUPPLIER]
    with warm_kernels(
        sorted({module for path in paths for module in imported_modules(path)})
    ) as it:
        yield it


@pytest.mark.slow
@pytest.mark.parametrize(("name", "parameters"), PLAIN + SUPPLIER)
def test_a_forked_kernel_makes_what_plain_papermill_makes(
    name, parameters, warm_for_all, monkeypatch
):
    notebook = NOTEBOOKS / f"{name}.ipynb"
    source = for_audience(read_notebook(notebook), "buyer")
    monkeypatch.setenv("MPLBACKEND", "Agg")
    plain = by_plain_papermill(source, parameters, NOTEBOOKS)
    forked = execute(
        source,
        name=name,
        folder=NOTEBOOKS,
        parameters=parameters,
        limits=TimeLimits(),
        zygote=warm_for_all,
    )
    assert comparable(forked) == comparable(plain)
    assert any(
        "image/svg+xml" in o.get("data", {}) for c in forked.cells for o in c.get("outputs", [])
    )


LOUDER_THE_SECOND_TIME = """
if "louder" not in globals():
    louder = lambda lines: [line.replace("quiet", "loud") for line in lines]
    get_ipython().input_transformers_cleanup.append(louder)
print("quiet")
"""
CELLS_OF_MANY_KINDS = (
    "print('first', end=''); display('shown'); print(' second')",
    "import sys\nfor n in range(300):\n    print(n, file=(sys.stdout, sys.stderr)[n % 100 == 0])",
    "later = display({'text/html': '<b>now</b>'}, raw=True, display_id='later')\n{'a': [1, 2]}",
    "display({'text/html': '<b>then</b>'}, raw=True, display_id='later', update=True)",
    "from IPython.display import clear_output as clear\n"
    "display('gone'); clear(wait=True); display('stays')",
    "display({'image/png': 'iVBORw0KGgo='}, raw=True, metadata={'image/png': {'width': 1}})",
    "display({'application/json': {'rows': [1, 2]}, 'text/plain': 'json'}, raw=True)",
    "import threading\naside = threading.Thread(target=print, args=('aside',))\n"
    "aside.start(); aside.join()",
    "print('unfinished', end='', flush=True)",
    "import pandas as pd\npd.DataFrame({'SKU': ['pins'], 'lot': [8000]})",
    "said = !echo said\n%precision 3\nsaid, 1 / 3",
    "import sys, debugpy\nsys.argv[1], sys.argv[3:]",
    LOUDER_THE_SECOND_TIME,
    LOUDER_THE_SECOND_TIME,
)


def test_outputs_of_every_kind_come_as_from_plain_papermill(warm_for_all, tmp_path):
    source = notebook_of(*[(cell,) for cell in CELLS_OF_MANY_KINDS])
    plain = by_plain_papermill(source, {}, tmp_path)
    how = {"parameters": {}, "limits": TimeLimits(), "zygote": warm_for_all}
    forked = execute(source, name="kinds", folder=tmp_path, **how)
    shown = joined_streams(forked)
    assert shown == joined_streams(plain)
    (_, (asked,)), (quiet, _), (loud, _) = shown[-3:]
    assert asked.data["text/plain"] == f"('-f', [{NO_HISTORY_FILE!r}])"
    assert (quiet, loud) == ({"stdout": "quiet\n"}, {"stdout": "loud\n"})


def joined_streams(notebook: nbformat.NotebookNode) -> list[tuple[dict[str, str], list[object]]]:
    """Each cell's printed texts by stream, and its other outputs in their order."""
    found = []
    for cell in notebook.cells:
        texts: dict[str, str] = {}
        for output in cell.outputs:
            if output.output_type == "stream":
                texts[output.name] = texts.get(output.name, "") + output.text
        found.append((texts, [o for o in cell.outputs if o.output_type != "stream"]))
    return found


def test_an_output_that_no_notebook_may_hold_is_refused(warm_for_all, tmp_path):
    source = notebook_of(("display({'text/html': 5}, raw=True)",))
    how = {"parameters": {}, "limits": TimeLimits(), "zygote": warm_for_all}
    with pytest.raises(NotebookFailed, match=r"in cell 1 \(display.* 5 "):
        execute(source, name="odd", folder=tmp_path, **how)


def test_a_kernel_reads_its_connection_file_whatever_else_it_is_told():
    for more in ([], [NO_HISTORY_FILE], [NO_HISTORY_FILE, "--Session.debug=True"]):
        kernel = PageKernelApp()
        kernel.parse_command_line(["-f", "here.json", *more])
        assert kernel.connection_file == "here.json"
        assert kernel.config.HistoryManager == ({"hist_file": ":memory:"} if more else {})


def test_modules_to_preload_are_those_that_cells_import(write_notebook):
    notebook = write_notebook(
        "# import qcanalysis.text",
        ("import numpy as np, polars\nfrom qcanalysis.records import read_case",),
        ("if True:\n    from scipy import stats\nfrom . import here",),
        ("%matplotlib inline",),
    )
    assert imported_modules(notebook) == (
        "numpy",
        "qcanalysis.records",
        "qcanalysis.records.read_case",
        "scipy",
        "scipy.stats",
    )
