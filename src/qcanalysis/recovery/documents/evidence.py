"""Evidence index: the files of a dispute with their hashes, and whether one was changed (R74)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

KINDS: Mapping[str, str] = {
    "report": "photographed third-party report",
    "photo": "photos of the defects",
    "message": "messages with the supplier",
    "terms": "rework or compensation terms",
    "dates": "revised dates",
    "outcome": "final outcome",
}
"""What a dispute or an insurer asks for (R74), by the word that a file name begins with."""
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class EvidenceFile:
    """File of the index: its name below its folder and its SHA-256.

    Raises
    ------
    ValueError
        If `sha256` is not 64 hexadecimal digits.
    """

    name: str
    sha256: str

    def __post_init__(self) -> None:
        if not _SHA256.fullmatch(self.sha256):
            raise ValueError(
                f"sha256 of {self.name!r} must be 64 hexadecimal digits, got {self.sha256!r}"
            )

    @property
    def kind(self) -> str:
        """Key of `KINDS` that the file name begins with; empty for any other file.

        Examples
        --------
        >>> EvidenceFile("photos/photo-0012.jpg", "0" * 64).kind
        'photo'
        """
        stem = self.name.rsplit("/", 1)[-1].casefold()
        return next((kind for kind in KINDS if stem.startswith(kind)), "")


@dataclass(frozen=True)
class EvidenceChange:
    """Difference between an index and the files as they are now."""

    name: str
    what: Literal["changed", "removed", "added"]


@dataclass(frozen=True)
class EvidenceIndex:
    """Index of the evidence of a case, each name once.

    A hash shows that a file was changed, not who made it.

    Raises
    ------
    ValueError
        If a name occurs twice.

    Examples
    --------
    >>> index = EvidenceIndex.of([("photo-1.jpg", "0" * 64)])
    >>> index.changes([("photo-1.jpg", "1" * 64)])
    (EvidenceChange(name='photo-1.jpg', what='changed'),)
    """

    files: tuple[EvidenceFile, ...]

    def __post_init__(self) -> None:
        names = [file.name for file in self.files]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"files must each be named once, got twice: {', '.join(twice)}")

    @classmethod
    def of(cls, files: Iterable[tuple[str, str]]) -> EvidenceIndex:
        """Index of pairs of name and SHA-256, in the order of the names."""
        return cls(tuple(EvidenceFile(name, sha256) for name, sha256 in sorted(files)))

    @property
    def missing(self) -> tuple[str, ...]:
        """Kinds of evidence of R74 of which the index holds no file, in words."""
        held = {file.kind for file in self.files}
        return tuple(words for kind, words in KINDS.items() if kind not in held)

    def changes(self, files: Iterable[tuple[str, str]]) -> tuple[EvidenceChange, ...]:
        """Files changed, removed or added since the index was made; empty if none was.

        Parameters
        ----------
        files
            Pairs of name and SHA-256 as they are now.
        """
        then = {file.name: file.sha256 for file in self.files}
        now = dict(files)
        changed = [EvidenceChange(n, "changed") for n in then if n in now and now[n] != then[n]]
        removed = [EvidenceChange(name, "removed") for name in then if name not in now]
        added = [EvidenceChange(name, "added") for name in sorted(now) if name not in then]
        return (*changed, *removed, *added)

    def to_csv(self) -> str:
        """Text of the index as CSV; `EvidenceIndex.from_csv` reads it back."""
        stream = io.StringIO(newline="")
        writer = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writerow(("file", "sha256"))
        writer.writerows((file.name, file.sha256) for file in self.files)
        return stream.getvalue()

    @classmethod
    def from_csv(cls, content: str) -> EvidenceIndex:
        """Index in a CSV text.

        Raises
        ------
        ValueError
            If the header or a row is not that of an evidence index.
        """
        rows = list(csv.reader(io.StringIO(content, newline="")))
        if not rows or rows[0] != ["file", "sha256"]:
            raise ValueError("an evidence index begins with the row 'file,sha256'")
        wrong = next((row for row in rows[1:] if len(row) != 2), None)
        if wrong is not None:
            raise ValueError(f"a row of an evidence index has a name and a hash, got {wrong!r}")
        return cls(tuple(EvidenceFile(name, sha256) for name, sha256 in rows[1:]))
