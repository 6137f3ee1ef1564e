"""Runs every check over the staged tables: lists the problems, keeps the sound rows."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from qcanalysis.records.history.cells import CellRule, cell_rules, typed_select
from qcanalysis.records.history.mapping import HistoryMapping
from qcanalysis.records.history.problems import LISTED_PER_RULE, HistoryProblem
from qcanalysis.records.history.rules import (
    MISSING_MONTHS,
    TableRule,
    error_rules,
    orphan_rules,
    spread,
    warning_rules,
)
from qcanalysis.records.history.schema import TABLES
from qcanalysis.records.history.sources import Sources
from qcanalysis.records.history.sql import identifier, literal
from qcanalysis.records.history.staging import FILE, NUMBER, ROW

if TYPE_CHECKING:
    import duckdb

N = identifier(NUMBER)


@dataclass
class Check:
    """Checks of one history in its working database; `run` makes the tables of sound rows.

    After `run` the database holds ``sound`` (rows of inspections), ``sound_<table>`` for the other
    tables, and ``unused`` (table, rule, supplier_id, rows).
    """

    connection: "duckdb.DuckDBPyConnection"
    sources: Sources
    mapping: HistoryMapping
    today: date | None
    problems: list[HistoryProblem] = field(default_factory=list)
    totals: Counter[str] = field(default_factory=Counter)

    def run(self) -> None:
        """Check the cells, then the rows, then the tables against each other."""
        self.problems += self.sources.problems
        self._execute('CREATE TABLE broken ("table" VARCHAR, number BIGINT, rule VARCHAR)')
        for table in TABLES:
            if table in self.sources.tables:
                self._check_cells(table)
            self._execute(
                f"CREATE TABLE typed_{table} AS " + typed_select(table, self.mapping.table(table))
            )
        self._execute(f"CREATE TEMP TABLE spread AS {spread()}")
        for rule in error_rules(self.today):
            self._check_rows(rule)
        self._keep_sound_inspections()
        unknown, never_inspected = orphan_rules()
        self._check_rows(unknown)
        for table in TABLES:
            if table != "inspections":
                self._keep_sound(table)
        for rule in (*warning_rules(), never_inspected):
            self._check_rows(rule)
        self._list_missing_months()
        self._count_unused()

    def _execute(self, query: str) -> list[Any]:
        return list(self.connection.execute(query).fetchall())

    def _check_cells(self, table: str) -> None:
        rules = cell_rules(table, self.mapping.table(table))
        counts = ", ".join(f"count(*) FILTER (WHERE {rule.condition})" for rule in rules)
        found = self._execute(f"SELECT {counts} FROM raw_{table}")[0]
        for rule, count in zip(rules, found, strict=True):
            if count:
                self._list_cells(table, rule, int(count))

    def _list_cells(self, table: str, rule: CellRule, count: int) -> None:
        self._execute(
            f"INSERT INTO broken SELECT {literal(table)}, {N}, {literal(rule.name)} "
            f"FROM raw_{table} WHERE {rule.condition}"
        )
        supplier = "supplier_id" if self._has_supplier(table) else "NULL"
        rows = self._execute(
            f"SELECT {identifier(FILE)}, {identifier(ROW)}, {identifier(rule.column.name)}, "
            f"{supplier} FROM raw_{table} WHERE {rule.condition} ORDER BY {N} "
            f"LIMIT {LISTED_PER_RULE}"
        )
        for file, row, cell, supplier_id in rows:
            self._add(file, row, rule.column.name, rule.name, *rule.words(cell), supplier_id)
        self._add_rest(table, rule.column.name, rule.name, count, len(rows), "error")

    def _check_rows(self, rule: TableRule) -> None:
        if rule.table not in self.sources.tables:
            return
        self._execute(f"CREATE OR REPLACE TEMP TABLE hits AS {_named(rule.query)}")
        count = int(self._execute("SELECT count(*) FROM hits")[0][0])
        if not count:
            return
        if rule.severity == "error":
            self._execute(
                f"INSERT INTO broken SELECT {literal(rule.table)}, number, {literal(rule.name)} "
                "FROM hits"
            )
        supplier = "supplier_id" if self._has_supplier(rule.table) else "NULL"
        rows = self._execute(
            f"SELECT {identifier(FILE)}, {identifier(ROW)}, message, {supplier} FROM hits "
            f"JOIN raw_{rule.table} ON {N} = number ORDER BY {N} LIMIT {LISTED_PER_RULE}"
        )
        for file, row, message, supplier_id in rows:
            self._add(
                file,
                row,
                rule.column,
                rule.name,
                str(message),
                rule.advice,
                supplier_id,
                rule.severity,
            )
        self._add_rest(rule.table, rule.column, rule.name, count, len(rows), rule.severity)

    def _add(
        self,
        file: str,
        row: int | None,
        column: str,
        rule: str,
        message: str,
        advice: str,
        supplier_id: str | None,
        severity: Literal["error", "warning"] = "error",
    ) -> None:
        numbers = self.sources.row_numbers.get(file)
        if numbers is not None and row is not None:
            row = numbers.of(row)
        problem = HistoryProblem(file, row, column, rule, message, advice, severity)
        self.problems.append(replace(problem, supplier_id=supplier_id or ""))

    def _add_rest(
        self,
        table: str,
        column: str,
        rule: str,
        count: int,
        listed: int,
        severity: Literal["error", "warning"],
    ) -> None:
        self.totals[rule] += count
        if count > listed:
            message = f"{count - listed:,} more of these, {count:,} in all"
            advice = f"The first {listed} are listed; put all of them right."
            self.problems.append(
                HistoryProblem(table, None, column, rule, message, advice, severity)
            )

    def _has_supplier(self, table: str) -> bool:
        return any(column.name == "supplier_id" for column in TABLES[table])

    def _keep_sound_inspections(self) -> None:
        """One broken row takes every row of its inspection with it."""
        self._execute(
            f"CREATE TABLE broken_inspections AS SELECT DISTINCT inspection_id, rule "
            f"FROM broken JOIN raw_inspections ON {N} = number "
            f"WHERE \"table\" = 'inspections' AND inspection_id IS NOT NULL"
        )
        self._execute(  # rather than a copy of the rows that stay, which are nearly all
            "DELETE FROM typed_inspections WHERE inspection_id IS NULL OR inspection_id IN "
            "(SELECT inspection_id FROM broken_inspections)"
        )
        self._execute("ALTER TABLE typed_inspections RENAME TO sound")
        self._execute(
            f"CREATE TABLE unused AS SELECT 'inspections' AS \"table\", rule, "
            f"coalesce(supplier_id, '') AS supplier_id, count(*) AS rows "
            f"FROM (SELECT rule, supplier_id FROM raw_inspections "
            f"JOIN broken_inspections USING (inspection_id) UNION ALL "
            f"SELECT rule, supplier_id FROM raw_inspections JOIN broken ON {N} = number "
            f"WHERE \"table\" = 'inspections' AND inspection_id IS NULL) GROUP BY ALL"
        )

    def _keep_sound(self, table: str) -> None:
        self._execute(
            f"CREATE TABLE sound_{table} AS SELECT t.* FROM typed_{table} AS t ANTI JOIN "
            f'(SELECT number FROM broken WHERE "table" = {literal(table)}) ON {N} = number'
        )

    def _list_missing_months(self) -> None:
        for (month,) in self._execute(MISSING_MONTHS):
            self._add(
                "inspections",
                None,
                "inspected_on",
                "missing month",
                f"there is no inspection at all in {month}",
                "If there were some, add them: figures over this month are of the rest.",
                None,
                "warning",
            )
            self.totals["missing month"] += 1

    def _count_unused(self) -> None:
        for table in TABLES:
            if table == "inspections":
                continue
            supplier = "supplier_id" if self._has_supplier(table) else "NULL"
            self._execute(
                f"INSERT INTO unused SELECT {literal(table)}, rule, coalesce({supplier}, ''), "
                f"count(*) FROM broken JOIN raw_{table} ON {N} = number "
                f'WHERE "table" = {literal(table)} GROUP BY ALL'
            )
        self._execute(
            "INSERT INTO unused SELECT 'findings', 'inspection not used', "
            "coalesce(raw.supplier_id, ''), count(*) FROM sound_findings JOIN (SELECT DISTINCT "
            "inspection_id, supplier_id FROM raw_inspections) AS raw USING (inspection_id) "
            "ANTI JOIN sound USING (inspection_id) GROUP BY ALL"
        )


def _named(query: str) -> str:
    return f"SELECT * FROM ({query}) AS found(number, message)"


def in_order(problems: Iterable[HistoryProblem]) -> list[HistoryProblem]:
    """Problems with errors first, then by file and row.

    Examples
    --------
    >>> line = HistoryProblem("b.csv", 3, "", "", "m", "a")
    >>> [p.row for p in in_order([line, replace(line, row=2)])]
    [2, 3]
    """
    return sorted(
        problems,
        key=lambda problem: (problem.severity, problem.file, problem.row or 0, problem.column),
    )
