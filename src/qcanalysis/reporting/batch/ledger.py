"""Which pages a folder holds, made from what: the memory from one run to the next.

One JSON file, written whole. During a run it is saved every second, not at every page: a run
that is killed leaves at most the pages of its last second to be made once more.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from qcanalysis.reporting.batch.storage import Stamp, Storage
from qcanalysis.reporting.provenance import Stopwatch
from qcanalysis.reporting.wording import State

LEDGER = "pages.json"
_SAVE_EVERY_SECONDS = 1.0


@dataclass(frozen=True)
class LedgerEntry:
    """A page as it was written: its key, stamp, heading, verdict and duration [s]."""

    key: str
    sha256: str
    size: int
    title: str
    verdict: str
    state: State
    seconds: float

    @property
    def stamp(self) -> Stamp:
        """By which the file is known again."""
        return Stamp(self.sha256, self.size)


class Ledger:
    """Entries of the pages in a folder by name; see :meth:`read`."""

    def __init__(self, folder: Storage, entries: dict[str, LedgerEntry]) -> None:
        self._folder = folder
        self._entries = entries
        self._since_save = Stopwatch(_SAVE_EVERY_SECONDS)
        self._is_changed = False

    @classmethod
    def read(cls, folder: Storage) -> "Ledger":
        """Ledger of `folder`; empty when there is none, or none that can be read."""
        try:
            entries = {
                name: LedgerEntry(**facts)
                for name, facts in json.loads(folder.read(LEDGER) or b"{}").items()
            }
        except (ValueError, TypeError, AttributeError):
            entries = {}  # every page is then made again
        return cls(folder, entries)

    def __getitem__(self, name: str) -> LedgerEntry:
        return self._entries[name]

    def names(self) -> set[str]:
        """Names of the pages in it."""
        return set(self._entries)

    def states(self) -> dict[str, State]:
        """State of each page by its name."""
        return {name: entry.state for name, entry in self._entries.items()}

    def present(self, names: Iterable[str]) -> set[str]:
        """Those of `names` whose file is in the folder as it was written."""
        stamps = {f"{name}.html": self._entries[name].stamp for name in names}
        return {name.removesuffix(".html") for name in self._folder.holding(stamps)}

    def record(self, name: str, entry: LedgerEntry) -> None:
        """Take in a page that was written; saved at the latest by :meth:`save`."""
        self._entries[name] = entry
        self._is_changed = True
        if self._since_save.remaining_seconds == 0:
            self.save()

    def forget(self, name: str) -> None:
        """Drop a page that was removed."""
        del self._entries[name]
        self._is_changed = True

    def save(self) -> None:
        """Write what has changed."""
        if self._is_changed:
            entries = {name: asdict(entry) for name, entry in sorted(self._entries.items())}
            text = json.dumps(entries, ensure_ascii=False, indent=1)
            self._folder.write(LEDGER, text.encode())
            self._is_changed = False
        self._since_save = Stopwatch(_SAVE_EVERY_SECONDS)

    def close(self) -> None:
        """End of a run, however it came."""
        self.save()
