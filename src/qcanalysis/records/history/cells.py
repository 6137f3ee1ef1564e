"""Cells of the staged tables, checked and typed in SQL."""

from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from qcanalysis.records import fields
from qcanalysis.records.fields import CHOICE, COUNT, DATE, FLAG, IDENTIFIER, NUMBER, TEXT
from qcanalysis.records.history.mapping import TableMapping
from qcanalysis.records.history.schema import TABLES, HistoryColumn
from qcanalysis.records.history.sql import identifier, literal
from qcanalysis.records.history.staging import FILE, ROW
from qcanalysis.records.history.staging import NUMBER as ROW_NUMBER
from qcanalysis.records.problems import did_you_mean, shown

_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
_UNFIT_IDENTIFIER = rf"^\s|\s$|[\n\t]|{_CONTROL}|^[0-9](\.[0-9]+)?[eE]\+[0-9]+$|^[0-9]+\.0+$"
_WHOLE = r"(0|[1-9][0-9]{0,11})(\.0+)?"
_DECIMAL = r"[+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?"
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?)?"
_READERS: dict[fields.Kind, Any] = {
    IDENTIFIER: fields.Identifier,
    TEXT: fields.Text,
    COUNT: fields.Count,
    NUMBER: fields.NonNegativeNumber,
    DATE: fields.Date,
    FLAG: fields.Flag,
}
_RULES = {
    IDENTIFIER: "unfit identifier",
    TEXT: "control character",
    CHOICE: "unknown word",
    COUNT: "not a whole number",
    NUMBER: "not a number",
    DATE: "not a date",
    FLAG: "neither yes nor no",
}


@dataclass(frozen=True)
class CellRule:
    """One check of the cells of a column.

    Attributes
    ----------
    condition
        SQL over the staged table that is true for a bad cell.
    """

    name: str
    column: HistoryColumn
    condition: str
    date_format: str = ""

    def words(self, cell: str | None) -> tuple[str, str]:
        """Message and advice about one bad cell.

        Examples
        --------
        >>> rules = cell_rules("inspections", TableMapping())
        >>> next(r for r in rules if r.column.allowed[:1] == ("normal",)).words("Normal")
        ("'Normal' is not a known word here", "Did you mean 'normal'?")
        """
        column = self.column
        if cell is None:
            return (
                f"the cell is empty, and every row needs it: {column.description}",
                "Write it; write 0 where a count is none.",
            )
        if column.kind is CHOICE:
            return f"{shown(cell)} is not a known word here", did_you_mean(cell, column.allowed)
        if self.date_format:
            message = f"{shown(cell)} is not a date of the form {self.date_format}"
            return message, "Put the date, or the date_format of the mapping file, right."
        try:
            TypeAdapter(_READERS[column.kind]).validate_python(cell)
        except ValidationError as error:
            context = error.errors()[0].get("ctx", {})
            return str(context.get("message", error)), str(context.get("advice", "Put it right."))
        least = f"of {column.minimum} or more" if column.minimum else "that can be"
        return f"{shown(cell)} is not a value {least}", "Write the real value."


def cell_rules(table: str, mapping: TableMapping) -> list[CellRule]:
    """Checks of the cells of a table, column by column.

    Examples
    --------
    >>> len(cell_rules("suppliers", TableMapping()))
    4
    """
    rules = []
    for column in TABLES[table]:
        cell = identifier(column.name)
        if column.is_required:
            rules.append(CellRule("empty cell", column, f"{cell} IS NULL"))
        fits = _fits(column, cell, mapping.date_format)
        bad = f"{cell} IS NOT NULL AND NOT coalesce({fits}, false)"
        date_format = mapping.date_format if column.kind is DATE else ""
        rules.append(CellRule(_RULES[column.kind], column, bad, date_format))
    return rules


def typed_select(table: str, mapping: TableMapping) -> str:
    """SELECT of the staged table, typed; a bad number is NULL, an empty cell its default.

    Examples
    --------
    >>> "TRY_CAST" in typed_select("inspections", TableMapping())
    True
    """
    columns = [identifier(ROW_NUMBER), identifier(FILE), identifier(ROW)]
    for column in TABLES[table]:
        cell = identifier(column.name)
        if column.default is not None:
            cell = f"coalesce({cell}, {literal(column.default)})"
        columns.append(f"{_typed(column, cell, mapping.date_format)} AS {identifier(column.name)}")
    return f"SELECT {', '.join(columns)} FROM raw_{table}"


def _typed(column: HistoryColumn, cell: str, date_format: str) -> str:
    if column.kind is COUNT:  # a cast to BIGINT alone would round 12.7
        exact = f"TRY_CAST({cell} AS DECIMAL(18, 2))"
        fits = f"{exact} >= {column.minimum} AND {exact} = trunc({exact})"
        return f"CASE WHEN {fits} THEN TRY_CAST({exact} AS BIGINT) END"
    if column.kind is NUMBER:
        return f"TRY_CAST({cell} AS DOUBLE)"
    if column.kind is DATE:
        return _date(cell, date_format)
    if column.kind is FLAG:
        return (
            f"CASE lower(trim({cell})) WHEN 'yes' THEN true WHEN 'true' THEN true "
            "WHEN 'no' THEN false WHEN 'false' THEN false END"
        )
    return cell


def _date(cell: str, date_format: str) -> str:
    if date_format:
        return f"CAST(TRY_STRPTIME(trim({cell}), {literal(date_format)}) AS DATE)"
    return f"TRY_CAST(substring(trim({cell}), 1, 10) AS DATE)"


def _fits(column: HistoryColumn, cell: str, date_format: str) -> str:
    if column.kind is IDENTIFIER:
        return f"NOT regexp_matches({cell}, {literal(_UNFIT_IDENTIFIER)})"
    if column.kind is TEXT:
        return f"NOT regexp_matches({cell}, {literal(_CONTROL)})"
    if column.kind is CHOICE:
        return f"{cell} IN ({', '.join(literal(word) for word in column.allowed)})"
    if column.kind is FLAG:
        return f"lower(trim({cell})) IN ('yes', 'no', 'true', 'false')"
    if column.kind is NUMBER:
        return (
            f"regexp_full_match(trim({cell}), {literal(_DECIMAL)}) "
            f"AND isfinite(TRY_CAST({cell} AS DOUBLE))"
        )
    if column.kind is COUNT:
        plain = f"CAST(TRY_CAST({cell} AS UINTEGER) AS VARCHAR) = {cell}"  # spares the slow form
        slow = f"regexp_full_match(trim({cell}), {literal(_WHOLE)})"
        form = f"CASE WHEN {plain} THEN true ELSE {slow} END"
        return f"{form} AND {_typed(column, cell, '')} IS NOT NULL"
    day = _date(cell, date_format)
    plain = f"CAST({day} AS VARCHAR) = {cell}"
    iso = f"CASE WHEN {plain} THEN true ELSE regexp_full_match(trim({cell}), {literal(_DATE)}) END"
    form = "" if date_format else f"{iso} AND "
    return f"{form}year({day}) BETWEEN 1990 AND 2100"
