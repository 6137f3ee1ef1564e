"""Notebooks come out of forked kernels, byte for byte, as plain Papermill makes them."""

from collections.abc import Iterator
from pathlib import Path

import nbformat
import papermill
import pytest
from benchmarks.batch_speed import comparable

from qcanalysis.reporting.execution import TimeLimits, execute
from qcanalysis.reporting.kernels.warm import imported_modules, warm_kernels
from qcanalysis.reporting.notebook import for_audience, read_notebook

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
    plain = papermill.execute_notebook(
        nbformat.from_dict(source),
        None,
        parameters,
        kernel_name="python3",
        language="python",
        cwd=NOTEBOOKS,
        progress_bar=False,
        record_timing=False,
    )
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
