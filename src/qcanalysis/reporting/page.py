"""An executed notebook as one self-contained page that a buyer can be sent.

nbconvert walks the cells through a template of our own (``templates/qcreport``); what cells
emit is sanitised before the template sees it, and the page's own policy forbids every script
and every request to the outside.
"""

import copy
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from nbconvert.exporters import TemplateExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from traitlets.config import Config

from qcanalysis.reporting import TEMPLATES
from qcanalysis.reporting.notebook import Audience, visible_cells
from qcanalysis.reporting.outcomes import Page
from qcanalysis.reporting.provenance import RunFacts
from qcanalysis.reporting.sanitising import (
    images_without_alt,
    sanitised,
    without_private_paths,
)
from qcanalysis.reporting.wording import State, visible_text

NO_ANSWER = "This notebook states no answer."
_SHOWN_TYPES = ("text/html", "image/svg+xml", "image/png", "text/plain")


class PageError(ValueError):
    """Outputs that must not be published as they are; says which cell and what to do."""


class _Answer(NamedTuple):
    sentence: str
    state: State
    markup: str


def render_page(
    notebook: NotebookNode,
    *,
    name: str,
    audience: Audience,
    facts: RunFacts,
    private_folders: Iterable[Path] = (),
) -> Page:
    """Page of an executed notebook for `audience`.

    Parameters
    ----------
    notebook : NotebookNode
        Executed notebook; it is not changed.
    name : str
        Title where the notebook has no heading.
    audience : {"buyer", "factory", "internal"}
        Cells tagged ``internal`` are left out for the first two, with all they hold.
    facts : RunFacts
        Facts of the run for the end of the page.
    private_folders : iterable of Path
        Folders whose names the page must not show.

    Raises
    ------
    PageError
        If an image has no description (alt text).
    """
    folders = tuple(private_folders)
    shown = copy.deepcopy(notebook)
    cells = shown.cells = visible_cells(shown, audience)
    warnings: list[str] = []
    for cell in cells:
        if cell.cell_type == "code":
            outputs = [_publishable(output, folders) for output in cell.outputs]
            warnings += [text for text in map(_warning, cell.outputs) if text]
            cell.outputs = [output for output in outputs if output is not None]
    cells[:] = _without_empty_sections(cells)
    head = cells.pop(0).source if cells and cells[0].cell_type == "markdown" else f"# {name}"
    title = next(iter(re.findall(r"^#\s+(.+?)\s*#*$", head, re.MULTILINE)), name)
    answer = _take_answer(cells)
    body, _ = _exporter().from_notebook_node(
        shown,
        resources={
            "page": {
                "title": title,
                "head": _markdown(head),
                "answer": answer.markup,
                "facts": facts,
                "style": (TEMPLATES / "qcreport" / "report.css").read_text("utf-8"),
            }
        },
    )
    return Page(body, title, answer.sentence, answer.state, tuple(warnings))


def _without_empty_sections(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Cells that show something; a heading alone goes if all that stood under it is hidden."""
    kept: list[NotebookNode] = []
    following = 1  # level of the heading that comes next, the end as a first one; 0: content
    for position, cell in reversed(list(enumerate(cells))):
        if cell.cell_type == "code" and not cell.outputs:
            continue
        alone = re.fullmatch(r"(#+)\s.*", cell.source.strip()) if _is_prose(cell) else None
        if alone and position and 0 < following <= len(alone[1]):
            continue
        heading = re.match(r"(#+)\s", cell.source) if _is_prose(cell) else None
        following = len(heading[1]) if heading else 0
        kept.append(cell)
    return kept[::-1]


def _is_prose(cell: NotebookNode) -> bool:
    return bool(cell.cell_type == "markdown")


@cache
def _exporter() -> TemplateExporter:
    # Building an exporter costs ten times a rendering: one serves a whole run.
    exporter = TemplateExporter(  # type: ignore[no-untyped-call]
        template_name="qcreport",
        extra_template_basedirs=[str(TEMPLATES)],
        file_extension=".html",
        default_preprocessors=[],  # each would copy and check the notebook, and change nothing
        config=Config({"NbConvertBase": {"display_data_priority": list(_SHOWN_TYPES)}}),
    )
    exporter.register_filter("report_markdown", _markdown)  # type: ignore[no-untyped-call]
    return exporter


def _markdown(source: str) -> str:
    renderer = IPythonRenderer(escape=False, exclude_anchor_links=True)
    markup = sanitised(MarkdownWithMath(renderer=renderer).render(source))
    if images_without_alt(markup):
        raise PageError(
            f"An image in the text {source[:60]!r} has no description or is not in the page; "
            "show figures by show_figure(..., alt='...')."
        )
    return markup


def _publishable(output: NotebookNode, folders: tuple[Path, ...]) -> NotebookNode | None:
    """One output as the template may show it; None if it shows nothing."""
    if output.output_type == "stream":
        if output.name == "stderr":
            return None
        output.text = visible_text(without_private_paths(output.text, folders))
        return output
    if output.output_type not in ("display_data", "execute_result"):
        return None
    output.output_type = "display_data"
    shown = next((kind for kind in _SHOWN_TYPES if kind in output.data), None)
    if shown is None:
        return None
    content = output.data[shown]
    if shown != "image/png":
        content = visible_text(without_private_paths(content, folders))
    if shown.startswith("image/"):
        output.metadata["alt"] = _alt(output, shown)
    if shown in ("text/html", "image/svg+xml"):
        content = sanitised(content)
    if images_without_alt(content if shown == "text/html" else ""):
        raise PageError("An image in an HTML output has no description (alt text).")
    output.data = {shown: content.strip()}
    return output


def _alt(output: NotebookNode, kind: str) -> str:
    alt = str(output.metadata.get(kind, {}).get("alt", "")).strip()
    if not alt:
        raise PageError(
            "A figure has no description; show it by show_figure(figure, alt='what it shows'), "
            "in the cell that draws it."
        )
    return alt


def _warning(output: NotebookNode) -> str:
    if output.output_type == "stream" and output.name == "stderr":
        return f"a cell wrote to stderr: {output.text.strip()[:500]}"
    return ""


def _take_answer(cells: list[NotebookNode]) -> _Answer:
    """The first answer, taken out of the cells: the page shows it under its heading."""
    for cell in cells:
        for output in cell.get("outputs", []):
            ours: Any = output.get("metadata", {}).get("qcanalysis", {})
            if "answer" in ours:
                cell.outputs = [other for other in cell.outputs if other is not output]
                markup = output.data["text/html"]
                return _Answer(ours["answer"], ours["state"], markup)
    markup = f'<p class="answer answer-unknown">{NO_ANSWER}</p>'
    return _Answer(NO_ANSWER, "unknown", markup)
