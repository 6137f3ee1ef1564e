"""A notebook as a file and as a sequence of tagged cells."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from nbformat import NotebookNode

Audience = Literal["buyer", "factory", "internal"]
AUDIENCES: tuple[Audience, ...] = ("buyer", "factory", "internal")


class NotebookError(ValueError):
    """A notebook that cannot be run as it stands; says what to change."""


def find_notebook(name: str | Path, *, folder: Path = Path("notebooks")) -> Path:
    """Path of the notebook that `name` means.

    Parameters
    ----------
    name : str or Path
        A path, a file name or its beginning: "notebooks/04_report_audit.ipynb",
        "04_report_audit" or "04".
    folder : Path
        Where names are looked up.

    Raises
    ------
    FileNotFoundError
        If nothing, or more than one notebook, answers to `name`; lists what there is.
    """
    path = Path(name)
    if path.suffix == ".ipynb" and path.is_file():
        return path
    known = sorted(folder.glob("*.ipynb"))
    stem = path.name.removesuffix(".ipynb")
    found = [known_path for known_path in known if known_path.stem == stem] or [
        known_path for known_path in known if known_path.stem.startswith(f"{stem}_")
    ]
    if len(found) == 1 and path.parent in (Path(), folder):
        return found[0]
    there = ", ".join(known_path.stem for known_path in known) or "no notebook"
    raise FileNotFoundError(
        f"NOTEBOOK {str(name)!r}: no such notebook. Give the path of an .ipynb file, or a name "
        f"or number out of {folder}/ (run from the folder that holds it), which has: {there}."
    )


def read_notebook(path: Path) -> NotebookNode:
    """Notebook of the current format.

    Raises
    ------
    NotebookError
        If the file is no notebook, has more than one cell tagged ``parameters``, or calls
        the shell: IPython drops the exit status of ``!command``, a failure would be silent.
    """
    import nbformat  # takes a second: who only looks for a notebook need not wait

    try:
        notebook: NotebookNode = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    except Exception as error:  # nbformat raises anything from KeyError to its own classes
        raise NotebookError(f"{path.name} is not a Jupyter notebook: {error}") from error
    if sum("parameters" in cell_tags(cell) for cell in notebook.cells) > 1:
        raise NotebookError(f"{path.name}: more than one cell is tagged 'parameters'; keep one.")
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "code" and _calls_shell(cell.source):
            raise NotebookError(
                f"{path.name}, cell {number}: a shell command (!...) hides its failure. "
                "Use subprocess.run([...], check=True)."
            )
    return notebook


def cell_tags(cell: Any) -> list[str]:
    """Tags of a cell."""
    return list(cell.metadata.get("tags", []))


def visible_cells(notebook: NotebookNode, audience: Audience) -> list[NotebookNode]:
    """Cells that a report for `audience` shows, in order.

    Cells tagged ``remove-cell`` are for nobody, cells tagged ``internal`` for the audience
    "internal" alone.
    """
    hidden = {"remove-cell", "injected-parameters"}
    if audience != "internal":
        hidden.add("internal")
    return [cell for cell in notebook.cells if hidden.isdisjoint(cell_tags(cell))]


def for_audience(notebook: NotebookNode, audience: Audience) -> NotebookNode:
    """`notebook` with nothing to compute in cells that `audience` may not see.

    The cells stay in their places, so that a failure still names its cell.
    """
    cut = copy.deepcopy(notebook)
    if audience != "internal":
        for cell in cut.cells:
            if cell.cell_type == "code" and "internal" in cell_tags(cell):
                cell.source = ""
    return cut


def _calls_shell(source: str) -> bool:
    if "!" not in source:
        return False
    from IPython.core.inputtransformer2 import TransformerManager

    plain = TransformerManager().transform_cell(source)  # type: ignore[no-untyped-call]
    return any(
        call in plain and call not in source
        for call in ("get_ipython().system(", "get_ipython().getoutput(")
    )
