"""A checked inspection history: its rows, and the counts that scorecards are made of."""

import os
import shutil
import weakref
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from qcanalysis.records.history import queries
from qcanalysis.records.history.about import About
from qcanalysis.records.history.frames import (
    DTYPES,
    LOT_COLUMNS,
    RESULT_COLUMNS,
    defect_types,
    typed,
)
from qcanalysis.records.history.problems import HistoryError, refusal
from qcanalysis.records.history.refine import BY_DAY
from qcanalysis.records.history.sql import connect, literal
from qcanalysis.records.history.store import (
    bucket_file,
    bucket_number,
    publish,
)

if TYPE_CHECKING:
    import duckdb


class History(About):
    """Sound rows of an inspection history, and the list of what was wrong with the others.

    Made by `open_history`. Questions run on DuckDB in this process, one connection opened when
    it is first needed and again in a forked child; rows of one supplier come out of one file.

    Parameters
    ----------
    folder
        Version of a store.
    is_temporary
        Delete the folder when the history is closed or forgotten.
    """

    def __init__(self, folder: Path, *, is_temporary: bool = False) -> None:
        super().__init__(folder)
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._owner = os.getpid()
        self._inherited: list[object] = []
        self._remove = (
            weakref.finalize(self, _remove, folder, os.getpid()) if is_temporary else None
        )

    def __repr__(self) -> str:
        marked = ", simulated" if self.is_simulated else ""
        return f"<History {self.title!r}: {self._meta.rows} rows of inspections{marked}>"

    def __enter__(self) -> "History":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; a history that is no store is gone afterwards."""
        if self._connection is not None and self._owner == os.getpid():
            self._connection.close()
        self._connection = None
        if self._remove is not None:
            self._remove()

    def class_counts(self, start: date, end: date) -> pd.DataFrame:
        """Counts of a period by supplier and defect class.

        Parameters
        ----------
        start, end
            First and last day of the period.

        Returns
        -------
        DataFrame
            supplier_id, defect_class, aql_percent (the most frequent one, the smaller of two;
            NaN when none is stated), lots, items_inspected, nonconforming, nonconformities (NaN
            when not recorded for every lot), of original pre-shipment inspections;
            lots_shipped, items_shipped and expected_nonconforming_shipped, of the last
            inspection of each lot that went out.
        """
        return self._ask(queries.CLASS_COUNTS, start=start, end=end)

    def lot_results(self, start: date, end: date) -> pd.DataFrame:
        """Results of the original pre-shipment lots of a period by supplier and defect class.

        Parameters
        ----------
        start, end
            First and last day of the period.

        Returns
        -------
        DataFrame
            supplier_id, defect_class, sample_size, nonconforming_count, and lots: how many lots
            of the supplier had that result.
        """
        return self._ask(queries.LOT_RESULTS, start=start, end=end)

    def lot_counts(self, start: date, end: date) -> pd.DataFrame:
        """Counts of a period by supplier; a supplier without lots has zeros.

        `failures_in_last_five` (of `lots_in_last_five`), `first_inspected_on` and
        `last_inspected_on` look back from `end` beyond `start`. `conceded` are original lots of the
        period conceded by its end, at whatever inspection; `accepted_otherwise_reported` are
        accepted by their counts and not by their report; `capa_days_median` counts actions closed
        in the period and, at their age, those overdue at its end (30 days where no due date is
        stated). A column of a table that the history does not have is NaN.
        """
        counts = self._ask(queries.LOT_COUNTS, start=start, end=end)
        frame = self.suppliers()[["supplier_id", "supplier_name"]].merge(
            counts, on="supplier_id", how="left"
        )
        for table, (query, columns, none) in queries.OPTIONAL_COUNTS.items():
            if table in self._meta.tables:
                more = self._ask(query, start=start, end=end)
                frame = frame.merge(more, on="supplier_id", how="left")
                for name in columns:
                    frame[name] = frame[name].astype("float64").fillna(none)
            else:
                for name in columns:
                    frame[name] = float("nan")
        if "capa_days_median" not in frame:
            frame["capa_days_median"] = float("nan")
        for name in counts.columns.difference(["supplier_id"]):
            if DTYPES[name] == "int64":
                frame[name] = frame[name].fillna(0).astype("int64")
        return frame

    def agency_counts(self, start: date, end: date) -> pd.DataFrame:
        """Counts of a period by supplier, agency, inspector and defect class, originals only."""
        return self._ask(queries.AGENCY_COUNTS, start=start, end=end)

    def record_keys(self, end: date) -> dict[str, str]:
        """Key of each supplier's rows up to a day: another one as soon as a row of it changes."""
        unused = self.unused_rows.astype(str).agg("|".join, axis=1)
        parts = [self._ask(queries.RECORD_KEYS, end=end).set_index("supplier_id")["key"]]
        if "findings" in self._meta.tables:
            parts.append(self._ask(queries.DEFECT_KEYS, end=end).set_index("supplier_id")["key"])
        parts.append(unused.groupby(self.unused_rows["supplier_id"]).agg("|".join))
        parts.append(pd.Series(self.accepted_actions(end), dtype=object))
        ids = self.suppliers()["supplier_id"]
        return {one: "/".join(str(part.get(one, "")) for part in parts) for one in ids}

    def findings(self, supplier_id: str, start: date, end: date) -> pd.DataFrame:
        """Defects found on a supplier's original lots in a period, most frequent first by class.

        Returns
        -------
        DataFrame
            defect_code, defect_class, lots, count, first_on, last_on; no rows where the history
            has no findings.
        """
        if "findings" not in self._meta.tables:
            names = ["defect_code", "defect_class", "lots", "count", "first_on", "last_on"]
            return typed(pd.DataFrame({name: [] for name in names}))
        found = self._read(
            self._folder / "findings.parquet",
            ["defect_code", "defect_class", "lot_id", "count", "inspected_on"],
            ("supplier_id", "==", supplier_id),
            ("is_counted", "==", True),
            ("inspected_on", ">=", start),
            ("inspected_on", "<=", end),
        )
        return defect_types(found)

    def accepted_actions(
        self, until: date, supplier_id: str | None = None
    ) -> dict[str, tuple[date, ...]]:
        """Days by supplier on which a corrective action was closed that was found effective.

        Parameters
        ----------
        until
            Last day to look at.
        supplier_id
            The only supplier to look at; None: all.
        """
        if "corrective_actions" not in self._meta.tables:
            return {}
        conditions: list[tuple[str, str, object]] = [
            ("is_effective", "==", True),
            ("closed_on", "<=", until),
        ]
        if supplier_id is not None:
            conditions.append(("supplier_id", "==", supplier_id))
        file = self._folder / "corrective_actions.parquet"
        closed = self._read(file, ["supplier_id", "closed_on"], *conditions)
        days = pd.to_datetime(closed["closed_on"]).dt.date.groupby(closed["supplier_id"])
        return {str(supplier): tuple(sorted(found)) for supplier, found in days}

    def inspected_lots(self, supplier_id: str, until: date | None = None) -> pd.DataFrame:
        """Inspections of one supplier, oldest first, one row each.

        Parameters
        ----------
        until
            Last day to look at; None: all.
        """
        names = ["lot_is_accepted" if name == "is_accepted" else name for name in LOT_COLUMNS]
        rows = self._rows_of(supplier_id, until, names, ("is_first_row", "==", True))
        return typed(rows.rename(columns={"lot_is_accepted": "is_accepted"}))

    def class_results(self, supplier_id: str, until: date | None = None) -> pd.DataFrame:
        """Rows (inspection x defect class) of one supplier, oldest first.

        Parameters
        ----------
        until
            Last day to look at; None: all.
        """
        return typed(self._rows_of(supplier_id, until, RESULT_COLUMNS))

    def original_results(self, until: date) -> Iterator[pd.DataFrame]:
        """Results of original pre-shipment lots up to a day, some suppliers at a time.

        Yields
        ------
        DataFrame
            supplier_id and the columns of `class_results` with standard, of every supplier of
            one bucket, each one's oldest first.
        """
        names = ["supplier_id", "standard", *RESULT_COLUMNS]
        conditions = (("is_counted", "==", True), ("inspected_on", "<=", until))
        for bucket in range(self._meta.buckets):
            yield typed(self._read(bucket_file(self._folder, bucket), names, *conditions))

    def _rows_of(
        self,
        supplier_id: str,
        until: date | None,
        names: list[str],
        *more: tuple[str, str, object],
    ) -> pd.DataFrame:
        file = bucket_file(self._folder, bucket_number(supplier_id, self._meta.buckets))
        conditions = [("supplier_id", "==", supplier_id), *more]
        if until is not None:
            conditions.append(("inspected_on", "<=", until))
        return self._read(file, names, *conditions)

    def _read(
        self, file: Path, names: list[str], *conditions: tuple[str, str, object]
    ) -> pd.DataFrame:
        """Rows of one file, without a connection: a page asks for a few rows only."""
        import pyarrow.parquet as pq

        try:
            table = pq.read_table(
                file, columns=names, filters=list(conditions), partitioning=None, use_threads=False
            )
        except (OSError, ValueError):
            raise _gone(self.title) from None
        frame: pd.DataFrame = table.to_pandas()
        return frame

    def _ask(self, query: str, **parameters: Any) -> pd.DataFrame:
        import duckdb

        try:
            with self._here().cursor() as cursor:
                return typed(cursor.execute(query, parameters).df())
        except duckdb.IOException:
            raise _gone(self.title) from None

    def _here(self) -> "duckdb.DuckDBPyConnection":
        """Connection of this process; one inherited by a fork is set aside, never touched."""
        if self._connection is not None and self._owner != os.getpid():
            self._inherited.append(self._connection)
            self._connection = None
        if self._connection is None:
            self._owner = os.getpid()
            self._connection = connect(self._folder)
            pattern = self._folder / "inspections" / "*" / "part.parquet"
            tables = [
                *BY_DAY,
                *(name for name in queries.OPTIONAL_COUNTS if name in self._meta.tables),
            ]
            views = {"rows": pattern} | {name: self._folder / f"{name}.parquet" for name in tables}
            for name, path in views.items():
                self._connection.execute(
                    f"CREATE VIEW {name} AS SELECT * FROM "
                    f"read_parquet({literal(str(path))}, hive_partitioning = false)"
                )
        return self._connection


def write_store(history: History, folder: Path | str) -> Path:
    """Keep a checked history as a store of record, and return its folder.

    The folder is made, or its version replaced by one rename; who reads the old version goes on.

    Raises
    ------
    FileExistsError
        If the folder holds something that is no store.
    """
    return publish(history._folder, Path(folder))


def _gone(title: str) -> HistoryError:
    message = "the files of the history are gone or damaged"
    return refusal(title, message, "Look whether the share is there, and open the history again.")


def _remove(folder: Path, owner: int) -> None:
    if os.getpid() == owner:
        shutil.rmtree(folder.parent, ignore_errors=True)
