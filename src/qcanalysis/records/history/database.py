"""Tables on a database server, through Ibis, streamed in batches of rows.

The address holds a password: it is used here and nowhere kept or printed.
"""

from typing import TYPE_CHECKING, Any

from qcanalysis.records.history.problems import HistoryError, refusal

if TYPE_CHECKING:
    import pyarrow as pa

LABEL = "database"
_ROWS_PER_BATCH = 50_000


class Server:
    """Open connection to a database server.

    Parameters
    ----------
    address
        URL such as ``postgresql://user:password@host/database``.
    schema
        Schema of the tables; empty for the server's default.

    Raises
    ------
    HistoryError
        If Ibis is not installed or the server cannot be reached; never with the address in it.
    """

    def __init__(self, address: str, schema: str = "") -> None:
        self._schema = schema or None
        try:
            import ibis
        except ImportError:
            raise refusal(
                LABEL,
                "reading a database server needs the extra qcanalysis[databases]",
                'Install it: pip install "qcanalysis[databases]".',
            ) from None
        try:
            self._backend: Any = ibis.connect(address)
        except Exception as error:
            raise _failed("the server cannot be reached", error) from None

    def table_names(self) -> list[str]:
        """Names of the tables and views in the schema."""
        try:
            return sorted(self._backend.list_tables(database=self._schema))
        except Exception as error:
            raise _failed("the tables cannot be listed", error) from None

    def batches(self, table: str) -> "pa.RecordBatchReader":
        """Rows of a table as text, in batches; the whole table is never in memory."""
        try:
            found = self._backend.table(table, database=self._schema)
            text = found.mutate(**{name: found[name].cast("string") for name in found.columns})
            reader: pa.RecordBatchReader = text.to_pyarrow_batches(chunk_size=_ROWS_PER_BATCH)
        except Exception as error:
            raise _failed(f"the table {table!r} cannot be read", error) from None
        return reader

    def close(self) -> None:
        """Close the connection."""
        self._backend.disconnect()


def _failed(message: str, error: Exception) -> HistoryError:
    """Error without the words of the driver, which may repeat the address."""
    return refusal(
        LABEL,
        f"{message} ({type(error).__name__})",
        "Look at the address: host, port, name, user and password, and at the user's rights.",
    )
