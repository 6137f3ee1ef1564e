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

# What counts of a period are made of, in order of the days, so that only the period is read.
BY_DAY = {
    "results_by_day": """SELECT inspected_on, supplier_id, defect_class, class_rank, aql_percent,
        lot_size, sample_size, nonconforming_count, nonconformity_count, is_counted, ships_lot
        FROM stored WHERE is_counted OR ships_lot ORDER BY inspected_on, row_number() OVER ()""",
    "inspections_by_day": """SELECT inspected_on, supplier_id, kind, is_counted, lot_is_accepted,
        failed_classes, is_reported_not_accepted, conceded_on, original_number,
        failures_in_last_five
        FROM stored WHERE is_first_row ORDER BY inspected_on, row_number() OVER ()""",
}


def bucket_of(supplier: str, buckets: int) -> str:
    """SQL of the bucket of a supplier; `store.bucket_number` is the same in Python.

    Examples
    --------
    >>> bucket_of("supplier_id", 1)
    "CAST(('0x' || substring(md5(supplier_id), 1, 8)) AS BIGINT) % 1"
    """
    return f"CAST(('0x' || substring(md5({supplier}), 1, 8)) AS BIGINT) % {buckets}"


def sort_into_buckets(connection: "duckdb.DuckDBPyConnection", buckets: int) -> None:
    """Make the table ``judged`` of the table ``sound``: the rows of a bucket lie together.

    Columns beside those of the source: ``is_accepted`` (of the class; NULL: not known),
    ``class_rank``, ``bucket``.
    """
    columns = ", ".join(column.name for column in TABLES["inspections"])
    connection.execute(
        f"""CREATE TABLE judged AS SELECT {columns}, {class_verdict()} AS is_accepted,
            {CLASS_RANK} AS class_rank, bucket
        FROM sound JOIN (SELECT supplier_id, {bucket_of("supplier_id", buckets)} AS bucket
            FROM (SELECT DISTINCT supplier_id FROM sound)) USING (supplier_id) ORDER BY bucket"""
    )
    connection.execute("DROP TABLE sound")


def stored_rows(bucket: int) -> str:
    """SELECT of the rows of one bucket in order, with what follows from them.

    A bucket has every row of its suppliers, so nothing outside it is looked at.

    Columns beside those of ``judged``: ``lot_is_accepted``, ``failed_classes``,
    ``is_reported_not_accepted`` (by its report, whatever the counts say), ``is_counted``
    (original, pre-shipment), ``is_first_row`` (one row of each inspection), ``original_number``
    (1 for the first original lot of the supplier), ``failures_in_last_five`` (of the five original
    lots judged last, up to and with this one), ``ships_lot`` (last inspection of a lot that went
    out: as its disposition says, else the lots table, else the verdict where there is no such
    table), ``conceded_on`` (first day on which its lot was conceded).

    Examples
    --------
    >>> "WHERE bucket = 3" in stored_rows(3)
    True
    """
    return f"""WITH own AS MATERIALIZED (SELECT * EXCLUDE (bucket) FROM judged
        WHERE bucket = {bucket}
    ), visits AS MATERIALIZED (SELECT inspection_id, {_first_of(_VISIT_COLUMNS)},
            bool_and(kind = 'pre_shipment' AND is_original_submission) AS is_counted,
            min(class_rank) AS class_rank,
            CASE WHEN bool_or(NOT is_accepted) THEN false
                WHEN count(is_accepted) = count(*) THEN true END AS lot_is_accepted,
            coalesce(string_agg(defect_class, ', ' ORDER BY class_rank)
                FILTER (WHERE NOT is_accepted), '') AS failed_classes,
            coalesce(bool_or(reported_result = 'not_accepted'), false) AS is_reported_not_accepted,
            min(disposition) AS disposition
        FROM own GROUP BY inspection_id
    ), numbered AS (SELECT inspection_id, row_number() OVER lots AS original_number,
            CAST(sum(CASE WHEN lot_is_accepted THEN 0 ELSE 1 END) OVER (PARTITION BY supplier_id
                ORDER BY inspected_on, inspection_id ROWS 4 PRECEDING) AS INTEGER)
                AS failures_in_last_five
        FROM visits WHERE is_counted AND lot_is_accepted IS NOT NULL
        WINDOW lots AS (PARTITION BY supplier_id ORDER BY inspected_on, inspection_id)
    ), shipping AS (SELECT inspection_id FROM (
            SELECT v.inspection_id, row_number() OVER (PARTITION BY v.supplier_id, v.lot_id
                ORDER BY v.inspected_on DESC, v.inspection_id DESC) AS place
            FROM visits AS v LEFT JOIN (SELECT DISTINCT supplier_id, lot_id, true AS is_shipped
                FROM sound_lots WHERE coalesce(shipped_quantity, 1) > 0) USING (supplier_id, lot_id)
            WHERE v.kind IN ('pre_shipment', 'reinspection') AND coalesce(
                v.disposition IN ('shipped', 'conceded'), is_shipped,
                v.lot_is_accepted AND NOT EXISTS (FROM sound_lots))
        ) WHERE place = 1
    ), conceded AS (SELECT supplier_id, lot_id, min(inspected_on) AS conceded_on
        FROM visits WHERE disposition = 'conceded' GROUP BY ALL
    )
    SELECT own.*, v.lot_is_accepted, v.failed_classes, v.is_reported_not_accepted, v.is_counted,
        v.class_rank = own.class_rank AS is_first_row, n.original_number,
        n.failures_in_last_five, s.inspection_id IS NOT NULL AS ships_lot, c.conceded_on
    FROM own JOIN visits AS v USING (inspection_id)
    LEFT JOIN numbered AS n USING (inspection_id)
    LEFT JOIN shipping AS s USING (inspection_id)
    LEFT JOIN conceded AS c ON c.supplier_id = own.supplier_id AND c.lot_id = own.lot_id
    ORDER BY own.supplier_id, own.inspected_on, own.inspection_id, own.class_rank"""


def _first_of(columns: str) -> str:
    return ", ".join(f"any_value({name}) AS {name}" for name in columns.split(", "))
