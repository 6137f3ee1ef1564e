"""From sound rows to the stored ones: verdicts, order of the lots, which inspection shipped a lot.

What every scorecard asks of every row is worked out once here, so that a question about a period
is one pass over the rows.
"""

from typing import TYPE_CHECKING

from qcanalysis.records.history.rules import class_verdict
from qcanalysis.records.history.schema import TABLES

if TYPE_CHECKING:
    import duckdb

CLASS_RANK = "list_position(['critical', 'major', 'minor'], defect_class)"
_VISIT_COLUMNS = "supplier_id, inspected_on, lot_id, kind, is_original_submission"


def bucket_of(supplier: str, buckets: int) -> str:
    """SQL of the bucket of a supplier; `store.bucket_number` is the same in Python.

    Examples
    --------
    >>> bucket_of("supplier_id", 1)
    "CAST(('0x' || substring(md5(supplier_id), 1, 8)) AS BIGINT) % 1"
    """
    return f"CAST(('0x' || substring(md5({supplier}), 1, 8)) AS BIGINT) % {buckets}"


def refine(connection: "duckdb.DuckDBPyConnection", buckets: int) -> None:
    """Make the table ``stored``: the sound rows in order, with what follows from them.

    Columns beside those of the source: ``is_accepted`` (of the class; NULL: not known),
    ``lot_is_accepted``, ``failed_classes``, ``is_counted`` (original, pre-shipment),
    ``is_first_row`` (one row of each inspection), ``original_number`` (1 for the first original
    lot of the supplier), ``failures_in_last_five`` (of the five original lots judged last, up to
    and with this one), ``ships_lot`` (last inspection of a lot that went out), ``bucket``.
    """
    connection.execute(
        f"""CREATE TABLE judged AS SELECT *, {class_verdict()} AS is_accepted,
            {CLASS_RANK} AS class_rank FROM sound"""
    )
    connection.execute("DROP TABLE sound")
    connection.execute(
        f"""CREATE TABLE visits AS SELECT inspection_id, {_first_of(_VISIT_COLUMNS)},
            bool_and(kind = 'pre_shipment' AND is_original_submission) AS is_counted,
            min(class_rank) AS class_rank,
            CASE WHEN bool_or(NOT is_accepted) THEN false
                WHEN count(is_accepted) = count(*) THEN true END AS lot_is_accepted,
            coalesce(string_agg(defect_class, ', ' ORDER BY class_rank)
                FILTER (WHERE NOT is_accepted), '') AS failed_classes,
            min(disposition) AS disposition
        FROM judged GROUP BY inspection_id"""
    )
    connection.execute(
        """CREATE TABLE numbered AS SELECT inspection_id, row_number() OVER lots AS original_number,
            CAST(sum(CASE WHEN lot_is_accepted THEN 0 ELSE 1 END) OVER (PARTITION BY supplier_id
                ORDER BY inspected_on, inspection_id ROWS 4 PRECEDING) AS INTEGER)
                AS failures_in_last_five
        FROM visits WHERE is_counted AND lot_is_accepted IS NOT NULL
        WINDOW lots AS (PARTITION BY supplier_id ORDER BY inspected_on, inspection_id)"""
    )
    connection.execute(
        """CREATE TABLE shipping AS SELECT inspection_id FROM (
            SELECT v.inspection_id, row_number() OVER (PARTITION BY v.supplier_id, v.lot_id
                ORDER BY v.inspected_on DESC, v.inspection_id DESC) AS place
            FROM visits AS v LEFT JOIN (SELECT DISTINCT supplier_id, lot_id, true AS is_shipped
                FROM sound_lots WHERE coalesce(shipped_quantity, 1) > 0) USING (supplier_id, lot_id)
            WHERE v.kind IN ('pre_shipment', 'reinspection') AND coalesce(
                v.disposition IN ('shipped', 'conceded'), is_shipped, v.lot_is_accepted)
        ) WHERE place = 1"""
    )
    columns = ", ".join(f"j.{column.name}" for column in TABLES["inspections"])
    connection.execute(
        f"""CREATE TABLE stored AS SELECT {columns}, j.is_accepted, j.class_rank,
            v.lot_is_accepted, v.failed_classes, v.is_counted,
            v.class_rank = j.class_rank AS is_first_row, n.original_number,
            n.failures_in_last_five, s.inspection_id IS NOT NULL AS ships_lot,
            {bucket_of("j.supplier_id", buckets)} AS bucket
        FROM judged AS j JOIN visits AS v USING (inspection_id)
        LEFT JOIN numbered AS n USING (inspection_id)
        LEFT JOIN shipping AS s USING (inspection_id)
        ORDER BY bucket, j.supplier_id, j.inspected_on, j.inspection_id, j.class_rank"""
    )
    for table in ("judged", "visits", "numbered", "shipping"):
        connection.execute(f"DROP TABLE {table}")


def _first_of(columns: str) -> str:
    return ", ".join(f"any_value({name}) AS {name}" for name in columns.split(", "))
