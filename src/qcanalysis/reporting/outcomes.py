"""What a run of a notebook may take, and what comes of it: a page, or why there is none.

Nothing here runs or renders: a process that only hands out notebooks does without what does.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qcanalysis.reporting.wording import State

if TYPE_CHECKING:
    from nbformat import NotebookNode


@dataclass(frozen=True)
class TimeLimits:
    """Time limits of a run [s]: for the kernel's start, one cell and the whole notebook."""

    start_seconds: float = 60.0
    cell_seconds: float = 300.0
    notebook_seconds: float = 900.0


class NotebookFailed(Exception):  # noqa: N818 - it names what happened
    """A notebook that did not run to its end.

    Attributes
    ----------
    name : str
        Name of the notebook.
    cell_number : int or None
        Cell of the source notebook, counted from 1; None if no cell had started.
    where : str
        The place in words: the cell with its first line, or the step.
    error_name, error_message : str
        What happened.
    partial : NotebookNode
        The partly executed notebook.
    kept : Path or None
        Where it was kept.
    """

    def __init__(
        self,
        name: str,
        *,
        cell_number: int | None,
        where: str,
        error_name: str,
        error_message: str,
        partial: NotebookNode,
    ) -> None:
        super().__init__(name, cell_number, error_name, error_message)
        self.name = name
        self.cell_number = cell_number
        self.where = where
        self.error_name = error_name
        self.error_message = error_message
        self.partial = partial
        self.kept: Path | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """Travels between processes with all it carries."""
        facts = {
            name: getattr(self, name)
            for name in ("cell_number", "where", "error_name", "error_message", "partial")
        }
        return functools.partial(NotebookFailed, self.name, **facts), (), {"kept": self.kept}

    @property
    def reason(self) -> str:
        """Place and error in a sentence."""
        return f"{self.error_name} {self.where}: {self.error_message}"

    def __str__(self) -> str:
        kept = f" The partly executed notebook is {self.kept}." if self.kept else ""
        return f"{self.name} failed: {self.reason.rstrip('.')}.{kept}"


@dataclass(frozen=True)
class Page:
    """A rendered page: markup, heading, verdict with its state, and warnings for its maker."""

    html: str
    title: str
    verdict: str
    state: State
    warnings: tuple[str, ...]
