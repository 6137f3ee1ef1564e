"""Small notebooks for tests: a str is markdown, a tuple is code with its tags."""

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

Cell = str | tuple[str, ...]
TITLE = "# Is it so?\n\nOne question."
ANSWER = (
    "from qcanalysis.reporting.display import show_answer\nshow_answer('It is so.', state='good')",
)
HOSTILE_NAMES = (
    "Acme <img src=x onerror=alert(1)>",
    "</table><script>alert(1)</script>",
    "=HYPERLINK('http://evil.example','x')",
    "javascript:alert(1)",
    "[click](javascript:alert(1)) **bold** {{ 7*7 }} {% raw %}",
    "\u202eevil \u05d0\u05d1 \u0634\u0631\u0643\u0629",
    "x" * 3000,
    '"; import os; os._exit(1) #\n\\',
)


def notebook_of(*cells: Cell, metadata: dict | None = None) -> NotebookNode:
    made = []
    for cell in cells:
        if isinstance(cell, str):
            made.append(new_markdown_cell(cell))
        else:
            made.append(new_code_cell(cell[0], metadata={"tags": list(cell[1:])}))
    return new_notebook(cells=made, metadata=metadata or {})


def executed(*outputs: NotebookNode, tags: tuple[str, ...] = ()) -> NotebookNode:
    """A notebook that ran: a title and one cell with `outputs`."""
    notebook = notebook_of(TITLE, ("pass", *tags))
    notebook.cells[1].update(outputs=list(outputs), execution_count=1)
    return notebook


def shown(kind: str, content: str, **metadata: object) -> NotebookNode:
    return new_output("display_data", data={kind: content}, metadata=metadata)
