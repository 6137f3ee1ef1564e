"""Safe pieces of SQL, and the connection they run on."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

MEMORY_LIMIT = "400MB"
THREADS = 2


def identifier(name: str) -> str:
    """Name of a table or column, quoted whatever it holds.

    Examples
    --------
    >>> print(identifier('6" pins'))
    "6"" pins"
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str | None) -> str:
    """Text as an SQL literal, quoted whatever it holds; NULL for None.

    Examples
    --------
    >>> literal("it's"), literal(None)
    ("'it''s'", 'NULL')
    """
    return "NULL" if text is None else "'" + text.replace("'", "''") + "'"


def connect(folder: Path, *, database: str = ":memory:") -> "duckdb.DuckDBPyConnection":
    """Connection to a database in this process that spills to `folder` and asks no network.

    A connection must not live across a fork: open it in the process that uses it.

    Examples
    --------
    >>> connect(Path("/tmp")).execute("SELECT 1").fetchone()
    (1,)
    """
    import duckdb

    return duckdb.connect(
        database,
        config={
            "memory_limit": MEMORY_LIMIT,
            "threads": THREADS,
            "temp_directory": str(folder / "spill"),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )
