"""Opening a history: a store as it is, anything else checked first."""

import shutil
import tempfile
from datetime import date
from pathlib import Path

from qcanalysis.records.history.checking import Check
from qcanalysis.records.history.database import Server
from qcanalysis.records.history.history import History
from qcanalysis.records.history.locations import (
    ABOUT_FILE,
    STORE_FILE,
    fetched,
    is_address,
    located,
)
from qcanalysis.records.history.mapping import HistoryMapping, read_mapping
from qcanalysis.records.history.problems import HistoryError, refusal
from qcanalysis.records.history.sources import stage_files, stage_server
from qcanalysis.records.history.sql import connect
from qcanalysis.records.history.store import version_in_force, write_version
from qcanalysis.records.problems import Problem

_KEPT_IN_MEMORY = 32 << 20  # bytes of source files; a larger history is worked on in a file
_DATABASE = "working.duckdb"
_FILE_SUFFIXES = (".csv", ".parquet", ".pq", ".duckdb", ".ddb")
_TABLE_FILES = ("inspections.csv", "inspections.parquet", "inspections")


def open_history(
    source: str | Path,
    *,
    mapping: Path | None = None,
    address: str | None = None,
    today: date | None = None,
) -> History:
    """Inspection history at a source, checked; only its sound rows are used.

    Parameters
    ----------
    source
        Folder with inspections.csv, inspections.parquet or a folder ``inspections`` of Parquet
        files (and the other tables, and ``history.yaml``); one CSV or Parquet file of
        inspections; a DuckDB file; a store; or an fsspec address of any of these. With `address`,
        the schema of the tables, or "" for the server's default.
    mapping
        Mapping file, for tables with other names, columns and words.
    address
        URL of a database server, such as ``postgresql://user:password@host/database``; it is
        neither kept nor printed.
    today
        Day after which a date lies in the future; None: not checked.

    Raises
    ------
    HistoryError
        If the history cannot be read at all; `problems` of the error has a line for each reason.
    """
    words = read_mapping(mapping) if mapping is not None else HistoryMapping()
    working = Path(tempfile.mkdtemp(prefix="qcanalysis-history-"))
    try:
        if address is not None:
            return _checked_server(address, str(source), words, working, today)
        path = fetched(source, working)
        if (path / STORE_FILE).is_file():
            if mapping is not None:
                message = "a store is already in the words of a history"
                raise refusal(path.name, message, "Leave the mapping file out.")
            return _stored(path, working, is_copy=is_address(source))
        return _checked_files(path, words, working, today)
    except BaseException:
        shutil.rmtree(working, ignore_errors=True)
        raise


def _stored(path: Path, working: Path, *, is_copy: bool) -> History:
    version = version_in_force(path)
    if is_copy and working in version.parents:
        shutil.move(version, working / "version")
        return History(working / "version", is_temporary=True)
    shutil.rmtree(working, ignore_errors=True)
    return History(version)


def _checked_files(path: Path, words: HistoryMapping, working: Path, today: date | None) -> History:
    found = located(path, words)
    files = [file for table in found.tables.values() for file in table.files()]
    is_small = sum(file.stat().st_size for file in files) < _KEPT_IN_MEMORY and not found.database
    database = ":memory:" if is_small else str(working / _DATABASE)
    with connect(working, database=database) as connection:
        sources = stage_files(connection, found, words)
        check = Check(connection, sources, words, today)
        check.run()
        write_version(check, working / "version")
    return _finished(working)


def _checked_server(
    address: str, schema: str, words: HistoryMapping, working: Path, today: date | None
) -> History:
    server = Server(address, schema)
    try:
        with connect(working, database=str(working / _DATABASE)) as connection:
            sources = stage_server(connection, server, words)
            check = Check(connection, sources, words, today)
            check.run()
            write_version(check, working / "version")
    finally:
        server.close()
    return _finished(working)


def _finished(working: Path) -> History:
    for path in working.iterdir():
        if path.name != "version":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return History(working / "version", is_temporary=True)


def is_history(path: str | Path) -> bool:
    """Whether a path is an inspection history rather than a case.

    Examples
    --------
    >>> is_history("data/cases/metal-promo"), is_history("visits.parquet")
    (False, True)
    """
    if is_address(path):
        return True
    folder = Path(path)
    if folder.is_dir():
        names = (ABOUT_FILE, STORE_FILE, *_TABLE_FILES)
        return not (folder / "case.yaml").is_file() and any((folder / n).exists() for n in names)
    return folder.suffix.lower() in _FILE_SUFFIXES


def check_history(
    path: str | Path, mapping: Path | None = None, *, today: date | None = None
) -> list[Problem]:
    """Every problem of a history, errors first; empty where there is none.

    A `HistoryProblem` whose severity is "warning" does not keep its row from being used.

    Examples
    --------
    >>> print(check_history("no-such-folder")[0].message)
    there is no such file or folder
    """
    try:
        with open_history(path, mapping=mapping, today=today) as history:
            return list(history.problems)
    except HistoryError as error:
        return list(error.problems)
