"""How a batch is going: a bar on a terminal, else a line per page; always lines in ``run.log``."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Never, TextIO

from tqdm import tqdm

from qcanalysis.reporting.batch.storage import Storage
from qcanalysis.reporting.provenance import Stopwatch, private_folders, run_time
from qcanalysis.reporting.sanitising import without_private_paths
from qcanalysis.reporting.wording import visible_text

LOG = "run.log"
_UPLOAD_EVERY_SECONDS = 30.0


class RunLog:
    """Lines of a run, each with its time in UTC.

    Parameters
    ----------
    folder : Storage
        Gets ``run.log``; lines of earlier runs stay.
    stream : text stream
        A person's: a bar where it is a terminal, the lines where it is not.
    private : iterable of Path
        Further folders whose names no line may show.
    secrets : iterable of str
        Texts that no line may show.
    """

    def __init__(
        self,
        folder: Storage,
        stream: TextIO,
        *,
        private: Iterable[Path] = (),
        secrets: Iterable[str] = (),
    ) -> None:
        self._folder = folder
        self._stream = stream
        self._private = (*private_folders(), *private)
        self._secrets = [secret for secret in secrets if secret]
        self._bar: tqdm[Never] | None = None
        self._unsaved = ""
        self._since_save = Stopwatch(_UPLOAD_EVERY_SECONDS)

    def clean(self, text: str) -> str:
        """`text` on one line, without secrets and names of private folders."""
        for secret in self._secrets:
            text = text.replace(secret, "…")
        return visible_text(re.sub(r"\s+", " ", without_private_paths(text, self._private)))

    def line(self, text: str, *, is_shown: bool = True) -> None:
        """Write a line; on a terminal only if it `is_shown`."""
        stamped = f"{run_time():%Y-%m-%dT%H:%M:%SZ} {self.clean(text)}\n"
        self._unsaved += stamped
        if self._folder.path is not None or self._since_save.remaining_seconds == 0:
            self.save()
        if self._stream.isatty() and is_shown:
            tqdm.write(self.clean(text), file=self._stream)
        elif not self._stream.isatty():
            print(stamped, end="", file=self._stream, flush=True)

    @contextmanager
    def bar(self, pages: int) -> Iterator[None]:
        """Show a bar of so many pages, on a terminal; what was said is in the file at its end."""
        is_shown = self._stream.isatty() and pages > 0
        try:
            with tqdm(
                total=pages, unit="page", file=self._stream, disable=not is_shown
            ) as self._bar:
                yield
        finally:
            self._bar = None
            self.save()

    def page(self, text: str, *, is_failure: bool = False) -> None:
        """Write the line of a page that is done."""
        self.line(text, is_shown=is_failure)
        if self._bar is not None:
            self._bar.update()

    def save(self) -> None:
        """Write the lines that are not yet in the file."""
        unsaved, self._unsaved = self._unsaved, ""
        self._folder.append(LOG, unsaved)
        self._since_save = Stopwatch(_UPLOAD_EVERY_SECONDS)
