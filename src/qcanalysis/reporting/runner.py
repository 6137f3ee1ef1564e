"""One notebook, one report: parameters checked, cells run, page written whole or not at all."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import nbformat
from nbformat import NotebookNode

from qcanalysis.reporting.atomic import write_atomically
from qcanalysis.reporting.execution import execute
from qcanalysis.reporting.notebook import AUDIENCES, Audience, for_audience, read_notebook
from qcanalysis.reporting.outcomes import NotebookFailed, Page, TimeLimits
from qcanalysis.reporting.page import PageError, render_page
from qcanalysis.reporting.parameters import (
    checked_parameters,
    declared_parameters,
    paths_from_notebook,
)
from qcanalysis.reporting.provenance import RunFacts, Stopwatch, private_folders, run_facts
from qcanalysis.reporting.wording import State

MAXIMUM_PAGE_BYTES = 250_000


@dataclass(frozen=True)
class Report:
    """A report that was written.

    Attributes
    ----------
    name, title : str
        File name without ending; heading of the page.
    html : Path
        The page.
    verdict : str
        The notebook's answer in a sentence.
    state : str
        "good", "bad", "caution" or "unknown".
    audience : str
        For whom it was rendered.
    seconds : float
        Duration of the run [s].
    parameters : mapping
        Every parameter with the value in force.
    warnings : tuple of str
        What a reader of the page does not see but its maker should.
    """

    name: str
    title: str
    html: Path
    verdict: str
    state: State
    audience: Audience
    seconds: float
    parameters: Mapping[str, Any]
    warnings: tuple[str, ...]


def run_notebook(
    notebook: Path,
    *,
    parameters: Mapping[str, object] | None = None,
    out_dir: Path = Path("reports"),
    audience: Audience = "buyer",
    operator: str | None = None,
    limits: TimeLimits | None = None,
    progress: TextIO | None = None,
    zygote: str | None = None,
) -> Report:
    """Report of one run of `notebook`, written to ``out_dir/<name>.html``.

    Parameters
    ----------
    notebook : Path
        The notebook; its kernel runs in the notebook's own folder.
    parameters : mapping, optional
        Values by name, as text or of the declared type; paths as seen from here.
    out_dir : Path
        Folder of the report, made when missing.
    audience : {"buyer", "factory", "internal"}
        Cells tagged ``internal`` are not even run for the first two.
    operator : str, optional
        Who runs it, for the provenance of the page.
    limits : TimeLimits, optional
        Time limits [s].
    progress : text stream, optional
        Gets a bar on a terminal, else a line at the start and at the end.
    zygote : str, optional
        Address of warm kernels, see :mod:`qcanalysis.reporting.kernels`.

    Raises
    ------
    NotebookError, ParameterError
        Before a kernel starts.
    OSError
        If `out_dir` cannot be made or written to; before a kernel starts.
    NotebookFailed
        If it did not run to its end, or shows what cannot be published (an image without a
        description): an older report stays as it was and the partly executed notebook is kept
        as ``<name>.failed.ipynb``.
    """
    if audience not in AUDIENCES:
        raise ValueError(f"audience {audience!r}: must be one of {', '.join(AUDIENCES)}.")
    stopwatch = Stopwatch(0)
    source = for_audience(read_notebook(notebook), audience)
    declared = declared_parameters(source)
    values = paths_from_notebook(
        checked_parameters(declared, parameters or {}),
        notebook_folder=notebook.parent.resolve(),
        caller_folder=Path.cwd(),
    )
    name = notebook.stem
    out_dir.mkdir(parents=True, exist_ok=True)
    if not os.access(out_dir, os.W_OK):
        raise PermissionError(f"{out_dir}: no permission to write; choose another folder.")
    html, failed = out_dir / f"{name}.html", out_dir / f"{name}.failed.ipynb"
    _say(progress, f"{name}: started, {len(source.cells)} cells")
    try:
        page = make_page(
            source,
            name=name,
            folder=notebook.parent,
            values=values,
            audience=audience,
            facts=run_facts(notebook=notebook, replaces=html, operator=operator),
            private=(*private_folders(), out_dir.resolve()),
            limits=limits,
            progress=progress,
            zygote=zygote,
        )
    except NotebookFailed as failure:
        partial = nbformat.writes(failure.partial)  # type: ignore[no-untyped-call]
        write_atomically(failed, partial)
        failure.kept = failed
        raise
    write_atomically(html, page.html)
    failed.unlink(missing_ok=True)
    seconds = stopwatch.elapsed_seconds
    _say(progress, f"{name}: done in {seconds:.1f} s, {html}")
    size = len(page.html.encode())
    too_big = f"{html.name} has {size / 1000:.0f} kB; a report should stay under 250 kB."
    return Report(
        name=name,
        title=page.title,
        html=html,
        verdict=page.verdict,
        state=page.state,
        audience=audience,
        seconds=seconds,
        parameters={parameter.name: parameter.default for parameter in declared} | values,
        warnings=page.warnings + ((too_big,) if size > MAXIMUM_PAGE_BYTES else ()),
    )


def make_page(
    source: NotebookNode,
    *,
    name: str,
    folder: Path,
    values: Mapping[str, Any],
    audience: Audience,
    facts: RunFacts,
    private: Iterable[Path] = (),
    limits: TimeLimits | None = None,
    progress: TextIO | None = None,
    zygote: str | None = None,
) -> Page:
    """Page of one run of `source`; no file is written.

    Parameters
    ----------
    source : NotebookNode
        What to run, already cut for `audience`.
    name : str
        Name for messages.
    folder : Path
        Working directory of the kernel.
    values : mapping
        Checked parameters.
    audience, facts, private
        As of :func:`~qcanalysis.reporting.page.render_page`; `folder` is private as well.
    limits, progress, zygote
        As of :func:`run_notebook`.

    Raises
    ------
    NotebookFailed
        If it did not run to its end, or shows what cannot be published.
    """
    executed = execute(
        source,
        name=name,
        folder=folder,
        parameters=dict(values),
        limits=limits or TimeLimits(),
        progress=progress,
        zygote=zygote,
    )
    folders = (*private, folder.resolve())
    try:
        return render_page(
            executed, name=name, audience=audience, facts=facts, private_folders=folders
        )
    except PageError as error:
        raise NotebookFailed(
            name,
            cell_number=None,
            where="while its page was made",
            error_name="PageError",
            error_message=str(error),
            partial=executed,
        ) from error


def _say(progress: TextIO | None, line: str) -> None:
    if progress is not None and not progress.isatty():
        print(line, file=progress, flush=True)
