"""Every table of a history, from files, a DuckDB file or a server, staged as text."""

import glob
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from qcanalysis.records.history.csv_files import (
    RowNumbers,
    blank_rows,
    csv_header,
    csv_relation,
)
from qcanalysis.records.history.database import LABEL, Server
from qcanalysis.records.history.locations import Located, TableFiles, sha256
from qcanalysis.records.history.mapping import About, HistoryMapping
from qcanalysis.records.history.problems import (
    LISTED_PER_RULE,
    HistoryError,
    HistoryProblem,
    refusal,
)
from qcanalysis.records.history.schema import TABLES
from qcanalysis.records.history.sql import identifier, literal
from qcanalysis.records.history.staging import FILE, ROW, Relation, Staged, stage
from qcanalysis.records.problems import did_you_mean, shown

if TYPE_CHECKING:
    import duckdb

_BROKEN_ROW = "row cannot be taken apart"
_DAMAGED = "damaged file"


@dataclass
class Sources:
    """The staged tables of a history and what is known about where they came from.

    Attributes
    ----------
    tables
        Names of the tables that are there.
    row_numbers
        How to find the row of a file, by label, where it is not the number itself.
    files
        Name and SHA-256 of each file; for a server, name and number of rows of each table.
    """

    about: About
    tables: list[str] = field(default_factory=list)
    row_numbers: dict[str, RowNumbers] = field(default_factory=dict)
    files: list[tuple[str, str]] = field(default_factory=list)
    problems: list[HistoryProblem] = field(default_factory=list)
    assumptions: list[str] = field(default_factory=list)

    def add(self, table: str, staged: Staged) -> None:
        """Take in what staging one table found out.

        Raises
        ------
        HistoryError
            If it is the table of inspections that cannot be used.
        """
        if table == "inspections" and not staged.is_there:
            raise HistoryError(staged.problems or [_no_inspections()])
        self.problems += staged.problems
        self.assumptions += staged.assumptions
        if staged.is_there:
            self.tables.append(table)


def _no_inspections() -> HistoryProblem:
    return HistoryProblem(
        "inspections",
        None,
        "",
        "missing table",
        "the table of inspections is missing",
        "Add inspections.csv or inspections.parquet, or name its file in the mapping file.",
    )


def stage_files(
    connection: "duckdb.DuckDBPyConnection", found: Located, mapping: HistoryMapping
) -> Sources:
    """Stage the tables of a local source.

    Raises
    ------
    HistoryError
        If the inspections cannot be read, or a DuckDB file is locked.
    """
    sources = Sources(found.about, problems=list(found.problems))
    sources.files += [(path.name, sha256(path)) for path in found.hashed]
    if found.database is not None:
        _stage_database_file(connection, found.database, mapping, sources)
        return sources
    for table in TABLES:
        files = found.tables.get(table)
        try:
            staged = _stage_table(connection, files, table, mapping, sources)
        except HistoryError as error:
            if table == "inspections":
                raise
            sources.problems += [p for p in error.problems if isinstance(p, HistoryProblem)]
            staged = stage(connection, table, None)
        sources.add(table, staged)
        if files is not None:
            sources.files += [(_label(files, path), sha256(path)) for path in files.files()]
    return sources


def stage_server(
    connection: "duckdb.DuckDBPyConnection", server: Server, mapping: HistoryMapping
) -> Sources:
    """Stage the tables of a database server, streamed.

    Raises
    ------
    HistoryError
        If the inspections cannot be read.
    """
    sources = Sources(mapping.about(About()))

    def relation(table: str, name: str) -> str:
        connection.register("server_rows", server.batches(name))
        return "SELECT * FROM server_rows"

    _stage_named(connection, server.table_names(), relation, LABEL, mapping, sources)
    return sources


def _stage_named(
    connection: "duckdb.DuckDBPyConnection",
    names: list[str],
    query: Callable[[str, str], str],
    place: str,
    mapping: HistoryMapping,
    sources: Sources,
) -> None:
    """Stage tables that have names and rows without numbers."""
    for table in TABLES:
        own = mapping.table(table)
        name = own.source or table
        if own.source and name not in names:
            message = f"there is no table {shown(name)}, which the mapping reads as {table}"
            raise refusal(place, message, did_you_mean(name, names))
        relation = None
        if name in names:
            numbered = f"{literal(name)} AS {identifier(FILE)}, CAST(NULL AS BIGINT)"
            relation = Relation(
                name,
                f"SELECT *, {numbered} AS {identifier(ROW)} FROM ({query(table, name)})",
                own,
                table in mapping.model_fields_set,
                sources.about.time_zone,
            )
        staged = stage(connection, table, relation)
        sources.add(table, staged)
        if staged.is_there:
            sources.files.append((f"{place}: {name}", f"{staged.rows} rows"))


def _stage_database_file(
    connection: "duckdb.DuckDBPyConnection",
    path: Path,
    mapping: HistoryMapping,
    sources: Sources,
) -> None:
    import duckdb

    try:
        connection.execute(f"ATTACH {literal(str(path))} AS given (READ_ONLY)")
    except duckdb.Error as error:
        is_locked = "conflicting lock" in str(error).lower()
        raise refusal(
            path.name,
            "the database is locked by another program that has it open"
            if is_locked
            else "it cannot be opened as a DuckDB database",
            "Close the program that has it open, or export the tables as Parquet."
            if is_locked
            else "It may be damaged, or of another program; export its tables as Parquet.",
        ) from None
    found = connection.execute(
        "SELECT table_name FROM information_schema.tables WHERE table_catalog = 'given' "
        "AND table_schema = 'main'"
    ).fetchall()
    names = sorted(str(name) for (name,) in found)
    _stage_named(
        connection,
        names,
        lambda table, name: f"SELECT * FROM given.main.{identifier(name)}",
        path.name,
        mapping,
        sources,
    )
    connection.execute("DETACH given")


def _stage_table(
    connection: "duckdb.DuckDBPyConnection",
    files: TableFiles | None,
    table: str,
    mapping: HistoryMapping,
    sources: Sources,
) -> Staged:
    import duckdb

    if files is None:
        return stage(connection, table, None)
    own, is_mapped = mapping.table(table), table in mapping.model_fields_set
    zone = sources.about.time_zone
    if files.kind == "csv":
        query = _csv_query(files)
        staged = stage(connection, table, Relation(files.label, query, own, is_mapped, zone))
        if staged.is_there:
            staged.problems += _rejected_rows(connection, files, sources)
        return staged
    query = _parquet_query(files, files.files())
    try:
        return stage(connection, table, Relation(files.label, query, own, is_mapped, zone))
    except duckdb.Error:
        damaged = {path: _damage(connection, files, path) for path in files.files()}
        readable = [path for path, fault in damaged.items() if fault is None]
        faults = [fault for fault in damaged.values() if fault is not None]
        if not readable or not faults:
            raise HistoryError(faults or [_unlike(files)]) from None
        sources.problems += faults
        query = _parquet_query(files, readable)
        return stage(connection, table, Relation(files.label, query, own, is_mapped, zone))


def _csv_query(files: TableFiles) -> str:
    header = csv_header(files.root, files.label)
    scan = csv_relation(_unglobbed(files.root), header)
    return (
        f"SELECT *, {literal(files.label)} AS {identifier(FILE)}, "
        f"row_number() OVER () AS {identifier(ROW)} FROM {scan}"
    )


def _parquet_query(files: TableFiles, paths: list[Path]) -> str:
    """SELECT over Parquet files; the folder names of a partitioned table stay text."""
    listed = ", ".join(literal(str(_unglobbed(path))) for path in paths)
    names = "qc:path"
    scan = (
        f"read_parquet([{listed}], filename = {literal(names)}, file_row_number = true, "
        f"union_by_name = true, hive_partitioning = {str(files.root.is_dir()).lower()}, "
        "hive_types_autocast = false)"
    )
    start = len(str(files.root)) - len(files.label) + 1
    return (
        f"SELECT * EXCLUDE ({identifier(names)}), "
        f"substring({identifier(names)}, {start}) AS {identifier(FILE)}, "
        f"file_row_number + 1 AS {identifier(ROW)} FROM {scan}"
    )


def _damage(
    connection: "duckdb.DuckDBPyConnection", files: TableFiles, path: Path
) -> HistoryProblem | None:
    """Problem of a Parquet file that cannot be read to its end."""
    import duckdb

    try:
        scan = f"read_parquet({literal(str(_unglobbed(path)))})"
        connection.execute(f"SELECT bit_xor(hash(t)) FROM {scan} AS t").fetchone()
    except duckdb.Error:
        message = "the Parquet file is damaged, empty or none; none of its rows is used"
        advice = "Write it again, or take it away."
        return HistoryProblem(_label(files, path), None, "", _DAMAGED, message, advice)
    return None


def _unlike(files: TableFiles) -> HistoryProblem:
    message = "its files do not fit together: a column has another type in some of them"
    return HistoryProblem(files.label, None, "", _DAMAGED, message, "Write all of them alike.")


def _unglobbed(path: Path) -> Path:
    """Path whose brackets and stars are taken as they are."""
    return Path(glob.escape(str(path)))


def _label(files: TableFiles, path: Path) -> str:
    inner = path.relative_to(files.root).as_posix()
    return files.label if inner == "." else f"{files.label}/{inner}"


def _rejected_rows(
    connection: "duckdb.DuckDBPyConnection", files: TableFiles, sources: Sources
) -> list[HistoryProblem]:
    """Problems of rows that DuckDB could not take apart; remembers which row is which."""
    rejected = connection.execute(
        "SELECT line, first(error_message), count(*) FROM reject_errors GROUP BY line ORDER BY line"
    ).fetchall()
    connection.execute("DELETE FROM reject_errors")
    rows = [int(line) for line, *_ in rejected]
    sources.row_numbers[files.label] = RowNumbers(tuple(sorted({*rows, *blank_rows(files.root)})))
    problems = [
        HistoryProblem(
            files.label,
            int(line),
            "",
            _BROKEN_ROW,
            f"the row cannot be taken apart ({str(message).splitlines()[0]})",
            "Put a text that holds a comma in quotation marks; give every row all its commas; "
            "save as UTF-8.",
        )
        for line, message, _ in rejected[:LISTED_PER_RULE]
    ]
    if len(rejected) > len(problems):
        message = f"{len(rejected) - len(problems):,} more rows cannot be taken apart"
        problems.append(
            HistoryProblem(files.label, None, "", _BROKEN_ROW, message, "Put them right too.")
        )
    return problems
