"""Questions to the stored rows, in SQL; ``$start`` and ``$end`` are dates, both included."""

_WINDOW = "inspected_on BETWEEN $start AND $end"
_IS_RESUBMISSION = "NOT is_counted AND kind IN ('pre_shipment', 'reinspection')"

CLASS_COUNTS = f"""
WITH by_aql AS (
    SELECT supplier_id, defect_class, class_rank, aql_percent,
        count(*) FILTER (WHERE is_counted) AS lots,
        sum(sample_size) FILTER (WHERE is_counted) AS items_inspected,
        sum(nonconforming_count) FILTER (WHERE is_counted) AS nonconforming,
        sum(nonconformity_count) FILTER (WHERE is_counted) AS nonconformities,
        count(nonconformity_count) FILTER (WHERE is_counted) AS lots_with_nonconformities,
        count(*) FILTER (WHERE ships_lot) AS lots_shipped,
        sum(lot_size) FILTER (WHERE ships_lot) AS items_shipped,
        sum(CAST(round(lot_size * 1e6 * nonconforming_count / sample_size) AS BIGINT))
            FILTER (WHERE ships_lot) AS expected_millionths
    FROM results_by_day WHERE {_WINDOW} GROUP BY ALL
)
SELECT supplier_id, defect_class,
    arg_max(aql_percent, {{'lots': lots, 'smaller': -aql_percent}})
        FILTER (WHERE aql_percent IS NOT NULL AND lots > 0) AS aql_percent,
    sum(lots) AS lots,
    coalesce(sum(items_inspected), 0) AS items_inspected,
    coalesce(sum(nonconforming), 0) AS nonconforming,
    CASE WHEN sum(lots) > 0 AND sum(lots_with_nonconformities) = sum(lots)
        THEN sum(nonconformities) END AS nonconformities,
    sum(lots_shipped) AS lots_shipped,
    coalesce(sum(items_shipped), 0) AS items_shipped,
    coalesce(sum(expected_millionths), 0) / 1e6 AS expected_nonconforming_shipped
FROM by_aql GROUP BY supplier_id, defect_class, class_rank
ORDER BY supplier_id, class_rank
"""

LOT_RESULTS = f"""
SELECT supplier_id, defect_class, sample_size, nonconforming_count, count(*) AS lots
FROM results_by_day WHERE is_counted AND {_WINDOW}
GROUP BY supplier_id, defect_class, class_rank, sample_size, nonconforming_count
ORDER BY supplier_id, class_rank, sample_size, nonconforming_count
"""

LOT_COUNTS = f"""
WITH in_window AS (
    SELECT supplier_id,
        count(*) FILTER (WHERE is_counted) AS lots,
        count(*) FILTER (WHERE is_counted AND lot_is_accepted) AS accepted,
        count(*) FILTER (WHERE is_counted AND lot_is_accepted IS NULL) AS pending,
        count(*) FILTER (WHERE is_counted AND NOT lot_is_accepted AND failed_classes = 'minor')
            AS minor_only_failures,
        count(*) FILTER (WHERE {_IS_RESUBMISSION}) AS resubmissions,
        count(*) FILTER (WHERE {_IS_RESUBMISSION} AND lot_is_accepted) AS resubmissions_accepted,
        count(*) FILTER (WHERE is_counted AND conceded_on <= $end) AS conceded,
        count(*) FILTER (WHERE is_counted AND lot_is_accepted AND is_reported_not_accepted)
            AS accepted_otherwise_reported
    FROM inspections_by_day WHERE {_WINDOW} GROUP BY supplier_id
), so_far AS (
    SELECT supplier_id,
        coalesce(arg_max(failures_in_last_five, original_number), 0) AS failures_in_last_five,
        least(coalesce(max(original_number), 0), 5) AS lots_in_last_five,
        min(inspected_on) AS first_inspected_on,
        max(inspected_on) AS last_inspected_on
    FROM inspections_by_day WHERE inspected_on <= $end GROUP BY supplier_id
)
SELECT supplier_id, coalesce(COLUMNS(in_window.* EXCLUDE (supplier_id)), 0),
    so_far.* EXCLUDE (supplier_id)
FROM so_far LEFT JOIN in_window USING (supplier_id)
"""

DEFECT_TYPES = f"""
SELECT supplier_id, count(*) FILTER (WHERE lots > 1) AS repeat_defect_types,
    count(*) AS defect_types
FROM (SELECT supplier_id, defect_code, count(DISTINCT lot_id) AS lots FROM findings
    WHERE is_counted AND count > 0 AND {_WINDOW} GROUP BY ALL)
GROUP BY supplier_id
"""

DELIVERIES = """
SELECT supplier_id, count(*) AS deliveries,
    count(*) FILTER (WHERE delivered_on <= promised_on
        AND coalesce(delivered_quantity >= ordered_quantity, true)) AS deliveries_on_time_in_full
FROM deliveries WHERE promised_on BETWEEN $start AND $end GROUP BY supplier_id
"""

# Days of what is still open are told once it is overdue: before that they say nothing.
CORRECTIVE_ACTIONS = """
SELECT supplier_id,
    count(*) FILTER (WHERE opened_on BETWEEN $start AND $end) AS corrective_actions,
    count(*) FILTER (WHERE opened_on <= $end AND (closed_on IS NULL OR closed_on > $end))
        AS corrective_actions_open,
    median(least(closed_on, $end) - opened_on) FILTER (WHERE closed_on BETWEEN $start AND $end
        OR (coalesce(closed_on > $end, true) AND coalesce(due_on, opened_on + 30) < $end))
        AS capa_days_median
FROM corrective_actions GROUP BY supplier_id
"""

OPTIONAL_COUNTS = {  # table -> query, its columns, value of a supplier that has none
    "findings": (DEFECT_TYPES, ("repeat_defect_types", "defect_types"), 0.0),
    "deliveries": (DELIVERIES, ("deliveries", "deliveries_on_time_in_full"), 0.0),
    "corrective_actions": (
        CORRECTIVE_ACTIONS,
        ("corrective_actions", "corrective_actions_open"),
        0.0,
    ),
}

AGENCY_COUNTS = f"""
SELECT supplier_id, agency, inspector_id, defect_class, count(*) AS lots,
    sum(sample_size) AS items_inspected, sum(nonconforming_count) AS nonconforming
FROM rows WHERE is_counted AND {_WINDOW}
GROUP BY supplier_id, agency, inspector_id, defect_class, class_rank
ORDER BY supplier_id, agency, inspector_id, class_rank
"""

# The order of rows in a file is no part of the record: hashes of rows are added up. The hash of a
# row combines those of its cells by XOR; hashed again, two changes do not cancel in the sum.
_KEY = "count(*) || '-' || CAST(sum(CAST(hash(hash(r)) AS HUGEINT)) AS VARCHAR)"

RECORD_KEYS = f"""
SELECT supplier_id, {_KEY} AS key FROM rows AS r WHERE inspected_on <= $end GROUP BY supplier_id
"""

DEFECT_KEYS = RECORD_KEYS.replace("FROM rows", "FROM findings")
