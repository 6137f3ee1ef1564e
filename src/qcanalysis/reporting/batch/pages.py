"""One page of a batch: what is asked for, how it is made, and what came of it.

The same :class:`PageMaker` runs in a worker process here and on a worker of a cluster. It gives
back the page as bytes and writes nothing: one process alone, the one that started the batch,
writes into the folder.
"""

import copy
import functools
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from qcanalysis.reporting.batch.keys import sha256_of
from qcanalysis.reporting.notebook import Audience, for_audience, read_notebook
from qcanalysis.reporting.outcomes import NotebookFailed, Page, TimeLimits
from qcanalysis.reporting.parameters import (
    PATH_ENDINGS,
    checked_parameters,
    declared_parameters,
    paths_from_notebook,
)
from qcanalysis.reporting.provenance import RunFacts, Stopwatch, private_folders


@dataclass(frozen=True)
class PageTask:
    """A page to make.

    Attributes
    ----------
    name : str
        File name without ending, safe and unique in its folder whatever the case of letters.
    parameters : mapping
        For the notebook.
    data_key : str
        SHA-256 of the data that the page shows.
    audience : str
        For whom it is rendered.
    """

    name: str
    parameters: Mapping[str, object]
    data_key: str
    audience: Audience = "buyer"

    def key(self, *, notebook_sha256: str, code_key: str) -> str:
        """Key of the page: equal for equal data, parameters, audience, notebook and code.

        Parameters named ``*_dir``, ``*_file`` or ``*_path`` are left out: where the data lie is
        not what they say, and `data_key` holds that.

        Examples
        --------
        >>> one = PageTask("a", {"period": "2026-10", "snapshot_dir": "/tmp/1"}, "d")
        >>> two = PageTask("a", {"period": "2026-10", "snapshot_dir": "/tmp/2"}, "d")
        >>> rest = {"notebook_sha256": "n", "code_key": "c"}
        >>> one.key(**rest) == two.key(**rest)
        True
        """
        said = {
            name: value
            for name, value in self.parameters.items()
            if not name.endswith(PATH_ENDINGS)
        }
        return sha256_of([self.data_key, said, self.audience, notebook_sha256, code_key])


@dataclass(frozen=True)
class PageMade:
    """A page, its name, the seconds it took, and warnings for its maker."""

    name: str
    page: Page
    seconds: float


@dataclass(frozen=True)
class PageMaker:
    """Makes any page of a batch; called with (task, SHA-256 of the page it replaces or "none").

    Attributes
    ----------
    notebook : str
        The notebook as JSON, without outputs.
    folder : Path
        Folder of the notebook, the kernel's working directory; where a machine does not have
        it, an empty one takes its place.
    facts : RunFacts
        Facts of the batch.
    private : tuple of Path
        Folders whose names no page may show.
    limits : TimeLimits
        Time limits of one page [s].
    zygote : str or None
        Address of warm kernels.
    """

    notebook: str
    folder: Path
    facts: RunFacts
    private: tuple[Path, ...] = ()
    limits: TimeLimits = field(default_factory=TimeLimits)
    zygote: str | None = None

    @classmethod
    def of(cls, notebook: Path, **options: Any) -> "PageMaker":
        """Maker of the pages of the notebook file."""
        source = copy.deepcopy(read_notebook(notebook))
        for cell in source.cells:
            if cell.cell_type == "code":
                cell.update(outputs=[], execution_count=None)
        text = nbformat.writes(source)  # type: ignore[no-untyped-call]
        return cls(text, notebook.parent.resolve(), **options)

    def checked(self, task: PageTask) -> dict[str, Any]:
        """Parameters of `task`, each of its declared type.

        Raises
        ------
        ParameterError
            With every one that the notebook does not take.
        """
        return checked_parameters(declared_parameters(_parsed(self.notebook)), task.parameters)

    def __call__(self, work: tuple[PageTask, str]) -> PageMade | NotebookFailed:
        """The page, or why there is none: a failure is a result, so that the others go on."""
        task, previous_sha256 = work
        stopwatch = Stopwatch(0)
        try:
            with tempfile.TemporaryDirectory(prefix="qcanalysis-") as empty:
                folder = self.folder if self.folder.is_dir() else Path(empty)
                page = self._page(
                    task, folder, replace(self.facts, previous_sha256=previous_sha256)
                )
        except NotebookFailed as failure:
            return failure
        except Exception as error:  # whatever it was, it must cost this page alone
            return failed_outside(task.name, type(error).__name__, str(error))
        return PageMade(task.name, page, stopwatch.elapsed_seconds)

    def _page(self, task: PageTask, folder: Path, facts: RunFacts) -> Page:
        from qcanalysis.reporting.runner import make_page  # slow; who hands out tasks does without

        values = paths_from_notebook(
            self.checked(task), notebook_folder=folder, caller_folder=Path.cwd()
        )
        data = [
            Path(str(value)).resolve()
            for name, value in task.parameters.items()
            if name.endswith(PATH_ENDINGS) and value
        ]
        return make_page(
            for_audience(_parsed(self.notebook), task.audience),
            name=task.name,
            folder=folder,
            values=values,
            audience=task.audience,
            facts=facts,
            private=(*private_folders(), *self.private, *data),
            limits=self.limits,
            zygote=self.zygote,
        )


@functools.lru_cache(maxsize=1)
def _parsed(text: str) -> NotebookNode:
    notebook: NotebookNode = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
    return notebook


def failed_outside(name: str, error_name: str, message: str) -> NotebookFailed:
    """Failure of a page that no cell of its notebook caused."""
    return NotebookFailed(
        name,
        cell_number=None,
        where="while its page was made",
        error_name=error_name,
        error_message=message,
        partial=nbformat.v4.new_notebook(),  # type: ignore[no-untyped-call]
    )
