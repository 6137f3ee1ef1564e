"""Tables of a source as text in the working database, under the names of the history.

Each becomes a table ``raw_<name>`` with a number, the file and the row it came from, and one
text column for every column of the history.
"""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from qcanalysis.records.history.mapping import ClassMapping, TableMapping
from qcanalysis.records.history.problems import HistoryProblem
from qcanalysis.records.history.schema import TABLES, HistoryColumn
from qcanalysis.records.history.sql import identifier, literal
from qcanalysis.records.problems import did_you_mean, shown

if TYPE_CHECKING:
    import duckdb

FILE, ROW, NUMBER = "qc:file", "qc:row", "qc:number"
OWN = (FILE, ROW, NUMBER, "file_row_number")
_FRACTIONAL = ("FLOAT", "DOUBLE", "DECIMAL")
_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT")


@dataclass(frozen=True)
class Relation:
    """One table of a source as SQL.

    Attributes
    ----------
    label
        File or table that a problem names.
    query
        SELECT that yields the columns of the source, and of FILE and ROW.
    is_mapped
        True when a mapping file speaks of the table, so that columns left over are expected.
    """

    label: str
    query: str
    mapping: TableMapping
    is_mapped: bool
    time_zone: str


@dataclass
class Staged:
    """What staging one table found out."""

    is_there: bool = False
    rows: int = 0
    problems: list[HistoryProblem] = field(default_factory=list)
    assumptions: list[str] = field(default_factory=list)


def stage(connection: "duckdb.DuckDBPyConnection", table: str, relation: Relation | None) -> Staged:
    """Make ``raw_<table>`` of a relation, or an empty one where there is none or it lacks columns.

    Parameters
    ----------
    connection
        Working database.
    table
        Name of the table of the history.
    """
    staged = Staged()
    if relation is None:
        _make_empty(connection, table)
        return staged
    kind = "TABLE" if relation.mapping.classes else "VIEW"  # classes need more than one scan
    connection.execute(f"CREATE TEMP {kind} source AS {relation.query}")
    try:
        described = connection.execute("DESCRIBE source").fetchall()
        types = {str(name): str(kind) for name, kind, *_ in described}
        _stage_source(connection, table, relation, types, staged)
    finally:
        connection.execute(f"DROP {kind} source")
    return staged


def _stage_source(
    connection: "duckdb.DuckDBPyConnection",
    table: str,
    relation: Relation,
    types: Mapping[str, str],
    staged: Staged,
) -> None:
    own = {name: kind for name, kind in types.items() if name not in OWN}
    staged.problems += _missing(table, relation, own)
    if staged.problems:
        _make_empty(connection, table)
        return
    classes = relation.mapping.classes or {"": ClassMapping()}
    selects = [
        f"SELECT {identifier(FILE)}, {identifier(ROW)}, "
        + ", ".join(
            f"{_expression(column, relation, own, name, inner)} AS {identifier(column.name)}"
            for column in TABLES[table]
        )
        + " FROM source"
        for name, inner in classes.items()
    ]
    connection.execute(
        f"CREATE TABLE raw_{table} AS SELECT row_number() OVER () AS {identifier(NUMBER)}, * "
        f"FROM ({' UNION ALL '.join(selects)})"
    )
    staged.is_there = True
    counted = connection.execute(f"SELECT count(*) FROM raw_{table}").fetchone()
    staged.rows = int(counted[0]) if counted else 0
    staged.problems += _left_over(relation, own, table)
    staged.assumptions += _assumptions(connection, table, relation, own)


def _make_empty(connection: "duckdb.DuckDBPyConnection", table: str) -> None:
    columns = ", ".join(f"{identifier(column.name)} VARCHAR" for column in TABLES[table])
    connection.execute(
        f"CREATE TABLE raw_{table} ({identifier(NUMBER)} BIGINT, {identifier(FILE)} VARCHAR, "
        f"{identifier(ROW)} BIGINT, {columns})"
    )


def _source_column(
    column: HistoryColumn, mapping: TableMapping, own: Mapping[str, str], inner: ClassMapping
) -> str | None:
    """Column of the source that a column of the history is read from."""
    if column.name in inner.columns:
        return inner.columns[column.name]
    if column.name in inner.constants or column.name in mapping.constants:
        return None
    if column.name in mapping.columns:
        return mapping.columns[column.name]
    return column.name if column.name in own else None


def _expression(
    column: HistoryColumn,
    relation: Relation,
    own: Mapping[str, str],
    defect_class: str,
    inner: ClassMapping,
) -> str:
    mapping = relation.mapping
    if defect_class and column.name == "defect_class":
        return literal(defect_class)
    if mapping.row_number_as == column.name:
        return f"CAST({identifier(ROW)} AS VARCHAR)"
    constant = inner.constants.get(column.name, mapping.constants.get(column.name))
    source = _source_column(column, mapping, own, inner)
    if source is not None:
        text = _text(source, own[source], relation.time_zone)
        words = mapping.values.get(column.name, {})
        if words:
            cases = " ".join(
                f"WHEN {literal(old)} THEN {literal(new)}" for old, new in words.items()
            )
            text = f"CASE trim({text}) {cases} ELSE {text} END"
        return text
    if constant is None and column.same_as:
        other = next(c for c in TABLES["inspections"] if c.name == column.same_as)
        return _expression(other, relation, own, defect_class, inner)
    return f"CAST({literal(constant)} AS VARCHAR)"


def _text(name: str, kind: str, time_zone: str) -> str:
    """Text of a cell of the source; a blank one is NULL, a whole number has no decimals."""
    cell = identifier(name)
    if kind == "VARCHAR":
        return f"CASE WHEN trim({cell}) = '' THEN NULL ELSE {cell} END"
    if kind.startswith(_FRACTIONAL):
        whole = f"{cell} = trunc({cell}) AND abs({cell}) < 1e15"
        return (
            f"CASE WHEN CAST({cell} AS VARCHAR) = 'nan' THEN NULL WHEN {whole} "
            f"THEN CAST(CAST({cell} AS BIGINT) AS VARCHAR) ELSE CAST({cell} AS VARCHAR) END"
        )
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"CAST(CAST(timezone({literal(time_zone)}, {cell}) AS DATE) AS VARCHAR)"
    return f"CAST({cell} AS VARCHAR)"


def _missing(table: str, relation: Relation, own: Mapping[str, str]) -> Iterator[HistoryProblem]:
    """Yield the columns that the history needs or the mapping names and the source has not."""
    mapping = relation.mapping
    named = dict(mapping.columns)
    named |= {k: v for inner in mapping.classes.values() for k, v in inner.columns.items()}
    for name, source in named.items():
        if source not in own:
            message = f"the source has no column {shown(source)}, which the mapping reads as {name}"
            advice = did_you_mean(source, own)
            yield HistoryProblem(relation.label, None, source, "missing column", message, advice)
    given = {*own, *named, *mapping.constants, mapping.row_number_as}
    given |= {name for inner in mapping.classes.values() for name in inner.constants}
    given |= {"defect_class"} if mapping.classes else set()
    for column in TABLES[table]:
        if column.is_required and not column.same_as and column.name not in given:
            near = difflib.get_close_matches(
                column.name, {name.lower().replace(" ", "_"): name for name in own}, 1, 0.6
            )
            by_plain = {name.lower().replace(" ", "_"): name for name in own}
            source = by_plain[near[0]] if near else "its name there"
            yield HistoryProblem(
                relation.label,
                1,
                column.name,
                "missing column",
                f"the column {column.name} ({column.description}) is missing",
                (f"Did you mean {shown(source)}? " if near else "")
                + f"Add it, or write in the mapping file: {table}: "
                f"{{columns: {{{column.name}: {source}}}}}.",
            )


def _left_over(relation: Relation, own: Mapping[str, str], table: str) -> Iterator[HistoryProblem]:
    known = [column.name for column in TABLES[table]]
    left = [name for name in own if name not in known]
    if left and not relation.is_mapped:
        names = ", ".join(shown(name) for name in left[:20]) + (", …" if len(left) > 20 else "")
        yield HistoryProblem(
            relation.label,
            1,
            "",
            "columns not read",
            f"columns that no history has are not read: {names}",
            "Name the ones to read in a mapping file.",
            severity="warning",
        )


def _assumptions(
    connection: "duckdb.DuckDBPyConnection",
    table: str,
    relation: Relation,
    own: Mapping[str, str],
) -> Iterator[str]:
    mapping = relation.mapping
    inner = next(iter(mapping.classes.values()), ClassMapping())
    for column in TABLES[table]:
        source = _source_column(column, mapping, own, inner)
        is_given = source is not None or column.name in {
            *inner.constants,
            *mapping.constants,
            mapping.row_number_as,
        }
        if not is_given and column.same_as:
            yield (
                f"{column.name} is taken from {column.same_as}: "
                f"{relation.label} has no such column."
            )
        if column.default is not None:
            empty = connection.execute(
                f"SELECT count(*) FROM raw_{table} WHERE {identifier(column.name)} IS NULL"
            ).fetchone()
            if empty and empty[0]:
                rows = "every row" if not is_given else f"{empty[0]:,} rows where it is empty"
                yield (
                    f"{column.name} is taken as {column.default!r} on {rows}: "
                    f"{relation.label} does not say."
                )
        if source is not None and column.kind.name == "identifier":
            kind = own[source]
            if kind.startswith((*_WHOLE, *_FRACTIONAL)):
                yield (
                    f"{column.name} is stored as a number in {relation.label}; its digits are "
                    "read, and leading zeros, if there were any, are lost."
                )
