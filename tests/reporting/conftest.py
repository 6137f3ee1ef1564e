from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from tests.reporting.browser import browser  # noqa: F401 - a fixture
from tests.reporting.cells import Cell, notebook_of


@pytest.fixture
def write_notebook(tmp_path: Path) -> Callable[..., Path]:
    """Writes a notebook of `cells` into a notebooks folder and gives its path."""

    def write(*cells: Cell, name: str = "05_check", metadata: dict | None = None) -> Path:
        folder = tmp_path / "notebooks"
        folder.mkdir(exist_ok=True)
        path = folder / f"{name}.ipynb"
        nbformat.write(notebook_of(*cells, metadata=metadata), path)
        return path

    return write
