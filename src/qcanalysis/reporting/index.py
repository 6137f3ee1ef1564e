"""The first page of a run: every report with its verdict, failures included."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

import qcanalysis
from qcanalysis.reporting import TEMPLATES
from qcanalysis.reporting.atomic import write_atomically
from qcanalysis.reporting.outcomes import NotebookFailed
from qcanalysis.reporting.provenance import run_time
from qcanalysis.reporting.runner import Report
from qcanalysis.reporting.wording import STATE_LABELS, State, visible_text

KINDS = {".html": "page", ".xlsx": "workbook", ".yaml": "file", ".csv": "table"}


class _Entry(NamedTuple):
    title: str
    sentence: str
    state: str
    label: str
    link: str


def write_index(
    out_dir: Path,
    results: Sequence[Report | NotebookFailed],
    *,
    heading: str,
    summary: str = "",
    case_state: tuple[State, str] | None = None,
    documents: Sequence[Path] = (),
) -> Path:
    """Path of ``index.html``, a list of the results of a run in their order.

    Parameters
    ----------
    out_dir : Path
        Folder of the reports; links are relative to it.
    results : sequence of Report or NotebookFailed
        What the run gave; a failure is listed with its reason and without a link.
    heading : str
        Title of the page.
    summary : str
        One sentence under it, for instance what the case is.
    case_state : (state, sentence), optional
        The state of the case, shown on top after what failed; default is how many reports
        were made.
    documents : sequence of Path
        Documents of the case; a workbook is linked beside its page.
    """
    entries = [_entry(out_dir, result) for result in results]
    state, sentence = _top(results, case_state)
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES / "qcreport"), autoescape=True, undefined=StrictUndefined
    )
    page = environment.get_template("run_index.html.j2").render(
        heading=visible_text(heading),
        summary=visible_text(summary),
        state=state,
        sentence=visible_text(sentence),
        labels=STATE_LABELS,
        entries=entries,
        documents=_documents(out_dir, documents),
        run_at=run_time().strftime("%Y-%m-%d %H:%M:%S UTC"),
        version=qcanalysis.__version__,
        style=(TEMPLATES / "qcreport" / "report.css").read_text("utf-8"),
    )
    path = out_dir / "index.html"
    write_atomically(path, page)
    return path


def _documents(out_dir: Path, documents: Sequence[Path]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Name of each document, with kind and link of each of its files."""
    found: dict[str, list[tuple[str, str]]] = {}
    for path in documents:
        name = path.stem.replace("_", " ").capitalize()
        link = quote(path.relative_to(out_dir).as_posix())
        found.setdefault(name, []).append((KINDS.get(path.suffix, path.suffix), link))
    return list(found.items())


def _entry(out_dir: Path, result: Report | NotebookFailed) -> _Entry:
    if isinstance(result, NotebookFailed):
        return _Entry(result.name, visible_text(result.reason), "bad", "No report", "")
    link = quote(result.html.relative_to(out_dir).as_posix())
    label = STATE_LABELS[result.state]
    return _Entry(
        visible_text(result.title), visible_text(result.verdict), result.state, label, link
    )


def _top(
    results: Sequence[Report | NotebookFailed], case_state: tuple[State, str] | None
) -> tuple[State, str]:
    """State at the top of the page; failed reports are said before the state of the case."""
    failed = [result.name for result in results if isinstance(result, NotebookFailed)]
    if failed:
        said = f"{len(failed)} of {len(results)} reports failed: {', '.join(failed)}."
        return "bad", f"{said} {case_state[1]}" if case_state else said
    return case_state or ("good", f"All {len(results)} reports were made.")
