"""The whole input as the checks see it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from qcanalysis.records.header import Header
from qcanalysis.records.problems import Problem
from qcanalysis.records.sheet import Entry, Table


@dataclass(frozen=True)
class Book:
    """Header and tables of one case, typed but not yet found free of contradictions.

    Examples
    --------
    >>> Book(Header("case.yaml"), {"skus": Table("skus.csv")}).entries("skus")
    ()
    """

    header: Header
    tables: Mapping[str, Table]

    def entries(self, table: str) -> tuple[Entry, ...]:
        """Rows of a table."""
        return self.tables[table].entries

    def is_sound(self, table: str, *columns: str) -> bool:
        """Whether the columns of the table could be read in full, so that a sum means something."""
        return self.tables[table].is_sound(*columns)

    def problem(
        self, table: str, entry: Entry, column: str, rule: str, message: str, advice: str
    ) -> Problem:
        """Problem placed at a row of a table."""
        return Problem(self.tables[table].file, entry.row, column, rule, message, advice)

    def header_problem(self, key: str, rule: str, message: str, advice: str) -> Problem:
        """Problem placed at a key of ``case.yaml``."""
        return Problem(self.header.file, self.header.rows.get(key), key, rule, message, advice)


def stated(entries: Iterable[Entry], *columns: str) -> Iterator[Entry]:
    """Rows in which all the named columns are filled.

    Examples
    --------
    >>> [entry.row for entry in stated([Entry(2, {"sku": "PIN"}), Entry(3, {"sku": None})], "sku")]
    [2]
    """
    return (entry for entry in entries if all(entry[column] is not None for column in columns))
