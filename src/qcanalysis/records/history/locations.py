"""Where the tables of a history are: files of a folder, one file, or an address elsewhere."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Literal
from urllib.parse import urlsplit

from qcanalysis.records.history.mapping import About, HistoryMapping, read_about
from qcanalysis.records.history.problems import HistoryProblem, refusal
from qcanalysis.records.history.schema import TABLES
from qcanalysis.records.problems import did_you_mean, shown

ABOUT_FILE = "history.yaml"
STORE_FILE = "store.json"
_DATABASE_SUFFIXES = (".duckdb", ".db", ".ddb")
_KINDS: dict[str, Literal["csv", "parquet"]] = {
    ".csv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_FETCHED = (*_KINDS, *_DATABASE_SUFFIXES, ".yaml", ".json")
_REFUSED_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


@dataclass(frozen=True)
class TableFiles:
    """Files of one table, all of one kind.

    Attributes
    ----------
    label
        Name that a problem says: path relative to the source.
    root
        The file, or the folder of a partitioned table.
    """

    label: str
    root: Path
    kind: Literal["csv", "parquet"]

    def files(self) -> list[Path]:
        """Files of the table, in order of their paths."""
        if self.root.is_file():
            return [self.root]
        return sorted(path for path in self.root.rglob("*") if path.suffix.lower() in _KINDS)


@dataclass
class Located:
    """What was found at a source.

    Attributes
    ----------
    tables
        Files by table of the history.
    database
        DuckDB file that holds the tables, where the source is one.
    """

    about: About
    tables: dict[str, TableFiles] = field(default_factory=dict)
    database: Path | None = None
    hashed: list[Path] = field(default_factory=list)
    problems: list[HistoryProblem] = field(default_factory=list)


def is_address(source: str | Path) -> bool:
    """Whether a source is an address rather than a path.

    Examples
    --------
    >>> is_address("s3://bucket/history"), is_address("data/history")
    (True, False)
    """
    return bool(_REFUSED_ADDRESS.match(str(source)))


def public_name(source: str | Path) -> str:
    """Name of a source that may be printed: no user, no password, no query, no path above it.

    Examples
    --------
    >>> public_name("ftp://me:secret@host/exports/history?key=1")
    'history'
    """
    if not is_address(source):
        return Path(source).name or str(source)
    return PurePosixPath(urlsplit(str(source)).path).name or "history"


def fetched(source: str | Path, folder: Path) -> Path:
    """Local path of a source; what is at an address is copied into `folder` first.

    Every file is read once from afar, so a share that vanishes later harms nothing.

    Raises
    ------
    HistoryError
        If there is nothing there, or it cannot be reached.
    """
    name = public_name(source)
    if not is_address(source):
        path = Path(source)
        try:
            path.stat()
        except OSError as error:
            raise _unreachable(name, error) from None
        return path
    import fsspec

    try:
        system, root = fsspec.core.url_to_fs(str(source))
        if type(system).__name__ == "LocalFileSystem":
            return fetched(root, folder)
        return _copied(system, root, folder / "fetched")
    except FileNotFoundError as error:
        raise _unreachable(name, error) from None
    except (OSError, ImportError, ValueError) as error:
        message = f"it cannot be reached ({type(error).__name__})"
        advice = "Look whether the share is there, the address is right and access is granted."
        raise refusal(name, message, advice) from None


def _copied(system: Any, root: str, folder: Path) -> Path:
    if system.isfile(root):
        folder.mkdir(parents=True)
        target = folder / PurePosixPath(root).name
        system.get_file(root, str(target))
        return target
    found = [path for path in system.find(root) if PurePosixPath(path).suffix in _FETCHED]
    if not found:
        raise FileNotFoundError(root)
    for path in found:
        target = folder / PurePosixPath(path).relative_to(system._strip_protocol(root))
        target.parent.mkdir(parents=True, exist_ok=True)
        system.get_file(path, str(target))
    return folder


def _unreachable(name: str, error: OSError) -> Exception:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return refusal(
            name,
            "there is no such file or folder",
            "Give a folder with inspections.csv or inspections.parquet, or such a file; if it is "
            "on a network share, look whether the share is there.",
        )
    return refusal(
        name,
        f"it cannot be read ({error.strerror or type(error).__name__})",
        "Look whether the share is there and access is granted.",
    )


def located(path: Path, mapping: HistoryMapping) -> Located:
    """Tables, header and stray files of a local source.

    Raises
    ------
    HistoryError
        If the source is no history or its ``history.yaml`` is wrong.
    """
    if path.is_dir():
        about_file = path / ABOUT_FILE
        is_there = about_file.is_file()
        found = Located(mapping.about(read_about(about_file) if is_there else About()))
        found.hashed += [about_file] if is_there else []
        for table in TABLES:
            files = _table_files(path, table, mapping.table(table).source)
            if files is not None:
                found.tables[table] = files
        found.problems += _stray(path, found)
        return found
    found = Located(mapping.about(About()))
    if path.suffix.lower() in _DATABASE_SUFFIXES:
        found.database = path
        found.hashed.append(path)
    elif path.suffix.lower() in _KINDS:
        kind = _KINDS[path.suffix.lower()]
        found.tables["inspections"] = TableFiles(path.name, path, kind)
    else:
        raise refusal(
            path.name,
            f"a history is a folder, CSV, Parquet or DuckDB file, not a {path.suffix or 'plain'}"
            " file",
            "Save the table as CSV UTF-8 or Parquet.",
        )
    return found


def _table_files(folder: Path, table: str, source: str) -> TableFiles | None:
    candidates = [source] if source else [f"{table}.csv", f"{table}.parquet", table]
    present = [folder / name for name in candidates if (folder / name).exists()]
    if not present:
        if source:
            choices = sorted(p.name for p in folder.iterdir() if p.suffix.lower() in _KINDS)
            raise refusal(
                source, f"the source of {table} is not there", did_you_mean(source, choices)
            )
        return None
    if len(present) > 1:
        names = " and ".join(path.name for path in present)
        raise refusal(table, f"the table is there as {names}", "Keep one of them.")
    root = present[0]
    probe = root if root.is_file() else next(iter(TableFiles("", root, "parquet").files()), root)
    kind = _KINDS.get(probe.suffix.lower())
    label = root.relative_to(folder).as_posix()
    if kind is None or (root.is_dir() and kind != "parquet"):
        raise refusal(
            label,
            "it is no CSV file, no Parquet file and no folder of Parquet files",
            "Save the table as CSV UTF-8 or Parquet.",
        )
    return TableFiles(label, root, kind)


def _stray(folder: Path, found: Located) -> Iterator[HistoryProblem]:
    roots = {files.root for files in found.tables.values()}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in _KINDS and path not in roots:
            message = f"{shown(path.name)} is not a table of a history, so it is not read"
            advice = f"{did_you_mean(path.stem, TABLES)} Rename it, or name it in the mapping file."
            yield HistoryProblem(
                path.name, None, "", "file not read", message, advice, severity="warning"
            )


def sha256(path: Path) -> str:
    """SHA-256 of a file, read in pieces.

    Examples
    --------
    >>> sha256(Path("LICENSE")) == hashlib.sha256(Path("LICENSE").read_bytes()).hexdigest()
    True
    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
