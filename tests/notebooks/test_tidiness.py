"""The law of the notebooks: order, thin cells, tags, parameters, committed outputs."""

import ast
from pathlib import Path

import nbformat
import pytest

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
TAGS = {"parameters", "remove-cell", "provenance", "nbval-ignore-output", "internal"}
LOGIC = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.For, ast.While),
    *(ast.Lambda, ast.Try, ast.If, ast.With),
)
SECTIONS = [
    *("Parameters", "Inputs of this report", "Answer"),
    *("Evidence", "Assumptions and limits", "Provenance"),
]
pytestmark = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def code_cells(path: Path) -> list[nbformat.NotebookNode]:
    cells = nbformat.read(path, as_version=4).cells
    return [cell for cell in cells if cell.cell_type == "code"]


def tags(cell: nbformat.NotebookNode) -> set[str]:
    return set(cell.metadata.get("tags", []))


def test_sections_come_in_order(path: Path) -> None:
    cells = nbformat.read(path, as_version=4).cells
    headings = [
        line.removeprefix("## ")
        for cell in cells
        if cell.cell_type == "markdown"
        for line in cell.source.splitlines()
        if line.startswith("## ")
    ]
    assert headings == SECTIONS
    first = cells[0].source
    assert first.startswith("# ")
    assert "**Question.**" in first


def test_cells_are_thin(path: Path) -> None:
    cells = code_cells(path)
    assert len(cells) <= 20
    for cell in cells:
        assert len(cell.source.splitlines()) <= (12 if "parameters" in tags(cell) else 10)
        for node in ast.walk(ast.parse(cell.source)):
            assert not isinstance(node, LOGIC), cell.source


def test_tags_are_known_and_one_cell_holds_the_parameters(path: Path) -> None:
    cells = code_cells(path)
    assert sum("parameters" in tags(cell) for cell in cells) == 1
    assert set().union(*map(tags, cells)) <= TAGS
    assert tags(cells[-1]) == {"provenance", "nbval-ignore-output"}


def test_parameters_are_annotated_and_explained(path: Path) -> None:
    cell = next(cell for cell in code_cells(path) if "parameters" in tags(cell))
    statements = ast.parse(cell.source).body
    assert all(isinstance(statement, ast.AnnAssign) for statement in statements)
    assert all("  # " in line for line in cell.source.splitlines())
    assert "| None" not in cell.source


def test_outputs_are_committed_and_nothing_volatile_with_them(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    for cell in code_cells(path):
        assert cell.execution_count is not None, cell.source
        assert "execution" not in cell.metadata
        streams = [output for output in cell.outputs if output.output_type == "stream"]
        assert not streams, "a warning or print reached an output"
    assert set(notebook.metadata) <= {"kernelspec", "language_info"}
    assert path.stat().st_size < 300_000
    assert str(FOLDER.parent) not in path.read_text("utf-8")


def test_every_notebook_is_listed_with_its_parameters(path: Path) -> None:
    assert f"`{path.stem}`" in (FOLDER / "parameters" / "README.md").read_text("utf-8")
