"""One folder at any ``fsspec`` address, where a file is written whole or not at all.

A local folder is written as everywhere in the package: aside, flushed to the disk, renamed. At
another address the bytes are uploaded aside and moved there; who reads meanwhile sees the old
file.
"""

import hashlib
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qcanalysis.reporting.atomic import write_atomically
from qcanalysis.reporting.provenance import file_sha256

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

_READ_AT_ONCE = 64  # files of an address, a few MB
_REMOTE = re.compile(r"[a-z][a-z0-9+.-]+(://|::)", re.IGNORECASE)


def is_remote(address: str) -> bool:
    """Whether `address` is an fsspec address of something else than local files.

    Examples
    --------
    >>> is_remote("s3://bucket/scorecards"), is_remote("file:///srv/out"), is_remote("reports")
    (True, False, False)
    """
    return bool(_REMOTE.match(address)) and not address.startswith(("file://", "local://"))


def without_credentials(address: str) -> str:
    """`address` with user, password and options left out, to be shown.

    Examples
    --------
    >>> without_credentials("s3://key:secret@bucket/out?token=abc")
    's3://bucket/out'
    """
    return re.sub(r"//[^/@]*@", "//", address.partition("?")[0])


class StorageError(OSError):
    """A folder that cannot be read or written; says which, why and what to do."""


@contextmanager
def reaching(place: str, faults: type[Exception] = Exception) -> Iterator[None]:
    """What a file system raises at `place`, as a `StorageError`; fsspec's have no common `faults`.

    Never in its own words: those of a server may repeat the address with its password.
    """
    try:
        yield
    except StorageError:
        raise
    except faults as error:
        number = error.errno if isinstance(error, OSError) else None
        reason = os.strerror(number) if number else type(error).__name__
        raise StorageError(
            f"{place}: cannot be read or written ({reason}). Look whether it is there, has space "
            "and grants access; what it holds is whole, and the next run makes what is missing."
        ) from error


@dataclass(frozen=True)
class Stamp:
    """SHA-256 and size [bytes] by which a written file is known again."""

    sha256: str
    size: int

    @classmethod
    def of(cls, content: bytes) -> "Stamp":
        """Stamp of `content`."""
        return cls(hashlib.sha256(content).hexdigest(), len(content))


@dataclass(frozen=True)
class Storage:
    """A folder: local (`path`), or `root` on an fsspec file system."""

    address: str
    path: Path | None
    file_system: "AbstractFileSystem | None" = field(default=None, repr=False)
    root: str = ""

    @classmethod
    def at(cls, address: str) -> "Storage":
        """Folder at a path or fsspec address; it need not exist yet.

        Raises
        ------
        ValueError
            If the address is of an unknown kind, or its package is not installed.
        """
        if not is_remote(address):
            path = Path(re.sub(r"^(file|local)://", "", address)).absolute()
            return cls(str(path), path)
        import fsspec

        try:
            file_system, root = fsspec.core.url_to_fs(address)
        except (ImportError, ValueError) as error:
            raise ValueError(f"{without_credentials(address)}: {error}") from error
        return cls(without_credentials(address).rstrip("/"), None, file_system, root.rstrip("/"))

    def folder(self, name: str) -> "Storage":
        """Folder `name` in this one."""
        path = self.path / name if self.path else None
        return Storage(f"{self.address}/{name}", path, self.file_system, f"{self.root}/{name}")

    def where(self, name: str = "") -> str:
        """Address of a file, to be shown: no credentials in it."""
        return f"{self.address}/{name}" if name else self.address

    def make(self) -> None:
        """Make the folder.

        Raises
        ------
        StorageError
            If it cannot be made or written to; as every method below.
        """
        with reaching(self.where()):
            if self.path is None:
                self._fs.makedirs(self.root, exist_ok=True)
                return
            self.path.mkdir(parents=True, exist_ok=True)
            if not os.access(self.path, os.W_OK):
                raise StorageError(f"{self.path}: no permission to write; choose another folder.")

    def read(self, name: str) -> bytes | None:
        """Content of a file; None if there is none."""
        with reaching(self.where(name)):
            try:
                if self.path is not None:
                    return (self.path / name).read_bytes()
                content: bytes = self._fs.cat_file(f"{self.root}/{name}")
                return content
            except FileNotFoundError:
                return None

    def write(self, name: str, content: bytes) -> Stamp:
        """Stamp of the file that now holds `content`, whole."""
        with reaching(self.where(name)):
            if self.path is not None:
                write_atomically(self.path / name, content)
            else:
                self._upload(name, content)
        return Stamp.of(content)

    def append(self, name: str, text: str) -> None:
        """Add `text` to the end of a file."""
        with reaching(self.where(name)):
            if self.path is not None:
                with (self.path / name).open("a", encoding="utf-8") as stream:
                    stream.write(text)
            elif text:
                self.write(name, (self.read(name) or b"") + text.encode())

    def remove(self, name: str) -> None:
        """Remove a file if it is there."""
        with reaching(self.where(name)):
            if self.path is not None:
                (self.path / name).unlink(missing_ok=True)
            elif self._fs.exists(f"{self.root}/{name}"):
                self._fs.rm_file(f"{self.root}/{name}")

    def sweep(self) -> None:
        """Remove what a run that was killed had written aside."""
        with reaching(self.where()):
            if self.path is not None:
                for part in self.path.glob(".*.part"):
                    part.unlink(missing_ok=True)
                return
            for name in self._listing():
                if name.startswith(".") and name.endswith(".part"):
                    self._fs.rm_file(f"{self.root}/{name}")

    def folders(self) -> list[str]:
        """Names of the folders in it, sorted."""
        with reaching(self.where()):
            if self.path is not None:
                found = self.path.iterdir() if self.path.is_dir() else ()
                return sorted(each.name for each in found if each.is_dir())
            there = self._listing()
        return sorted(name for name, info in there.items() if info["type"] == "directory")

    def holding(self, stamps: dict[str, Stamp]) -> set[str]:
        """Names out of `stamps` whose files are there as they were stamped, to the byte."""
        with reaching(self.where()):
            if self.path is not None:
                return {name for name, stamp in stamps.items() if _is_as(self.path / name, stamp)}
            there = self._listing()
            alike = [n for n, stamp in stamps.items() if _size(there.get(n)) == stamp.size]
            return {name for name, found in self._stamps(alike) if found == stamps[name]}

    def _upload(self, name: str, content: bytes) -> None:
        aside = f"{self.root}/.{name}.{uuid.uuid4().hex}.part"
        try:
            self._fs.pipe_file(aside, content)
            self._fs.mv(aside, f"{self.root}/{name}")
        except BaseException:
            with suppress(Exception):  # the next run sweeps it away
                self._fs.rm_file(aside)
            raise

    def _stamps(self, names: list[str]) -> Iterator[tuple[str, Stamp]]:
        """Stamps of files elsewhere, read some at a time; those that cannot be read are left out.

        A size or a server's date would miss an edit, and each server has another checksum.
        """
        for start in range(0, len(names), _READ_AT_ONCE):
            some = [f"{self.root}/{name}" for name in names[start : start + _READ_AT_ONCE]]
            for path, content in self._fs.cat(some, on_error="omit").items():
                yield path.rpartition("/")[2], Stamp.of(content)

    def _listing(self) -> dict[str, dict[str, Any]]:
        self._fs.invalidate_cache(self.root)
        try:
            found = self._fs.ls(self.root, detail=True)
        except FileNotFoundError:
            return {}
        return {each["name"].rstrip("/").rpartition("/")[2]: each for each in found}

    @property
    def _fs(self) -> "AbstractFileSystem":
        assert self.file_system is not None
        return self.file_system


def _is_as(path: Path, stamp: Stamp) -> bool:
    try:
        return path.stat().st_size == stamp.size and file_sha256(path) == stamp.sha256
    except (FileNotFoundError, IsADirectoryError):
        return False


def _size(info: dict[str, Any] | None) -> int | None:
    return info["size"] if info else None
