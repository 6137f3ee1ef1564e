"""Rules that tie the cells of a row, the rows of an inspection and the tables to each other."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from qcanalysis.records.history.sql import identifier, literal
from qcanalysis.records.history.staging import NUMBER

N = identifier(NUMBER)
_SAME_WITHIN_INSPECTION = (
    "supplier_id",
    "inspected_on",
    "lot_id",
    "lot_size",
    "sku_family",
    "kind",
    "is_original_submission",
    "disposition",
)
_IS_COUNTED = "kind = 'pre_shipment' AND is_original_submission"
_CLASS_VERDICT = """CASE
    WHEN acceptance_number IS NOT NULL
        AND nonconforming_count >= coalesce(rejection_number, acceptance_number + 1) THEN false
    WHEN reported_result = 'pending' THEN NULL
    WHEN acceptance_number IS NOT NULL THEN true
    WHEN reported_result = 'accepted' THEN true
    WHEN reported_result = 'not_accepted' THEN false END"""


@dataclass(frozen=True)
class TableRule:
    """One rule over a typed table.

    Attributes
    ----------
    query
        SELECT that yields the number of a row that breaks the rule and a message about it.
    """

    name: str
    table: str
    column: str
    severity: Literal["error", "warning"]
    advice: str
    query: str


def class_verdict() -> str:
    """SQL of whether a class is accepted: by its counts, else as reported, else NULL.

    A count in the gap between Ac and Re (reduced plans of MIL-STD-105E) accepts the lot (T14).
    A report that is pending accepts nothing; what its counts refuse is refused.

    Examples
    --------
    >>> class_verdict().startswith("CASE")
    True
    """
    return _CLASS_VERDICT


def _row(
    name: str, table: str, column: str, condition: str, message: str, advice: str
) -> TableRule:
    query = f"SELECT {N}, {message} FROM typed_{table} WHERE {condition}"
    return TableRule(name, table, column, "error", advice, query)


def error_rules(today: date | None) -> Iterator[TableRule]:
    """Yield the rules whose rows are not used.

    Parameters
    ----------
    today
        Day after which a date lies in the future; None: not checked.

    Examples
    --------
    >>> [rule.name for rule in error_rules(None)][:2]
    ['sample above lot', 'count above sample']
    """
    yield _row(
        "sample above lot",
        "inspections",
        "sample_size",
        "sample_size > lot_size",
        "sample_size || ' items inspected of a lot of ' || lot_size",
        "Put the lot size or the sample size right.",
    )
    yield _row(
        "count above sample",
        "inspections",
        "nonconforming_count",
        "nonconforming_count > sample_size",
        "nonconforming_count || ' nonconforming items in a sample of ' || sample_size",
        "Count items here, each once; defects belong in nonconformity_count.",
    )
    yield _row(
        "fewer defects than items",
        "inspections",
        "nonconformity_count",
        "nonconformity_count < nonconforming_count",
        "nonconformity_count || ' nonconformities in ' || nonconforming_count || "
        "' nonconforming items'",
        "Each nonconforming item has at least one; leave the cell empty if it is not known.",
    )
    yield _row(
        "Ac not below Re",
        "inspections",
        "acceptance_number",
        "acceptance_number >= rejection_number",
        "'Ac ' || acceptance_number || ' is not below Re ' || rejection_number",
        "Put the two right; an empty Re means Ac + 1.",
    )
    if today is not None:
        for table, column in (
            ("inspections", "inspected_on"),
            ("lots", "shipped_on"),
            ("deliveries", "delivered_on"),
            ("corrective_actions", "opened_on"),
            ("corrective_actions", "closed_on"),
        ):
            yield _row(
                "future date",
                table,
                column,
                f"{column} > DATE {literal(today.isoformat())}",
                f"{column} || ' is after the day of this check, {today.isoformat()}'",
                "Put the date right; the format of the dates may be another one.",
            )
    yield _row(
        "closed before opened",
        "corrective_actions",
        "closed_on",
        "closed_on < opened_on",
        "'closed on ' || closed_on || ', before it was opened on ' || opened_on",
        "Put the two dates right.",
    )
    yield _twice("class twice", "inspections", ("inspection_id", "defect_class"), "defect_class")
    yield _twice("delivery twice", "deliveries", ("delivery_id",), "delivery_id")
    yield _twice("action twice", "corrective_actions", ("action_id",), "action_id")
    yield _twice("supplier twice", "suppliers", ("supplier_id",), "supplier_id")
    for column in _SAME_WITHIN_INSPECTION:
        yield TableRule(
            "rows of one inspection disagree",
            "inspections",
            column,
            "error",
            "Give every row of an inspection the same one; number the inspections apart.",
            f"SELECT {N}, 'the rows of inspection ' || inspection_id || ' disagree: ' || "
            f"low_{column} || ' and ' || high_{column} FROM typed_inspections "
            f"JOIN spread USING (inspection_id) WHERE low_{column} <> high_{column}",
        )


def spread() -> str:
    """SQL of the inspections whose rows differ in what they should share, in one pass.

    Examples
    --------
    >>> spread()[:20]
    'SELECT inspection_id'
    """
    ends = ", ".join(
        f"min({column}) AS low_{column}, max({column}) AS high_{column}"
        for column in _SAME_WITHIN_INSPECTION
    )
    differs = " OR ".join(f"min({name}) <> max({name})" for name in _SAME_WITHIN_INSPECTION)
    one = f"hash({', '.join(_SAME_WITHIN_INSPECTION)})"  # one number to keep, not 16 texts
    return (
        f"SELECT inspection_id, {ends} FROM typed_inspections WHERE inspection_id IN ("
        f"SELECT inspection_id FROM typed_inspections GROUP BY 1 HAVING min({one}) <> max({one})) "
        f"GROUP BY 1 HAVING {differs}"
    )


def _twice(name: str, table: str, key: tuple[str, ...], column: str) -> TableRule:
    said = " || ', ' || ".join(f"CAST({part} AS VARCHAR)" for part in key)
    keys = ", ".join(key)
    return TableRule(
        name,
        table,
        column,
        "error",
        "Keep one of them, or give each its own number.",
        f"SELECT {N}, {said} || ' stands in ' || times || ' rows' FROM typed_{table} JOIN ("
        f"SELECT {keys}, count(*) AS times FROM typed_{table} WHERE "
        + " AND ".join(f"{part} IS NOT NULL" for part in key)
        + f" GROUP BY {keys} HAVING count(*) > 1) USING ({keys})",
    )


def orphan_rules() -> Iterator[TableRule]:
    """Yield the rules about rows whose inspection is not there, once it is known which are used.

    Examples
    --------
    >>> [rule.severity for rule in orphan_rules()]
    ['error', 'warning']
    """
    yield TableRule(
        "unknown inspection",
        "findings",
        "inspection_id",
        "error",
        "Add the inspection, or put the number right.",
        f"SELECT {N}, 'there is no inspection ' || inspection_id FROM typed_findings "
        "ANTI JOIN raw_inspections USING (inspection_id)",
    )
    yield TableRule(
        "lot never inspected",
        "lots",
        "lot_id",
        "warning",
        "If it was inspected, put the number or the supplier right.",
        f"SELECT {N}, 'there is no inspection of lot ' || lot_id || ' of supplier ' || supplier_id "
        "FROM typed_lots ANTI JOIN sound USING (supplier_id, lot_id)",
    )


def warning_rules() -> Iterator[TableRule]:
    """Yield the rules whose rows are used and listed; they run over the table ``sound``.

    Examples
    --------
    >>> {rule.severity for rule in warning_rules()}
    {'warning'}
    """
    yield TableRule(
        "lot inspected twice on a day",
        "inspections",
        "lot_id",
        "warning",
        "If one was a resubmission, write no in is_original_submission.",
        f"SELECT min({N}), 'lot ' || lot_id || ' has ' || count(DISTINCT inspection_id) || "
        "' original inspections on ' || inspected_on || '; all are used' FROM sound "
        f"WHERE {_IS_COUNTED} GROUP BY supplier_id, lot_id, inspected_on "
        "HAVING count(DISTINCT inspection_id) > 1",
    )
    yield TableRule(
        "supplier ids differ only in case",
        "inspections",
        "supplier_id",
        "warning",
        "If they are one supplier, write one of them everywhere; here they stay two.",
        "SELECT min(first_row), string_agg(supplier_id, ' and ' ORDER BY supplier_id) || "
        "' differ only in capitals; they are kept apart' FROM (SELECT supplier_id, "
        f"min({N}) AS first_row FROM sound GROUP BY supplier_id) "
        "GROUP BY lower(supplier_id) HAVING count(*) > 1",
    )
    verdict = "CASE WHEN {} THEN 'accepted' ELSE 'not_accepted' END"
    yield TableRule(
        "reported result contradicts the counts",
        "inspections",
        "reported_result",
        "warning",
        "Look at the report; here the counts decide.",
        f"""SELECT {N}, 'reported as ' || reported_result || ', but by its counts it is '
            || {verdict.format("verdict")} FROM (
            SELECT {N}, inspection_id, reported_result,
                CASE WHEN low = high THEN lot_verdict ELSE {_CLASS_VERDICT} END AS verdict
            FROM sound JOIN (
                SELECT inspection_id, min(reported_result) AS low, max(reported_result) AS high,
                    bool_and({_CLASS_VERDICT}) AS lot_verdict, min({N}) AS first_row
                FROM sound WHERE acceptance_number IS NOT NULL AND reported_result IS NOT NULL
                GROUP BY inspection_id) USING (inspection_id)
            WHERE acceptance_number IS NOT NULL AND (low <> high OR {N} = first_row)
        ) WHERE reported_result IN ('accepted', 'not_accepted')
            AND reported_result <> {verdict.format("verdict")}""",
    )


MISSING_MONTHS = """SELECT strftime(month, '%Y-%m') FROM (
    SELECT unnest(generate_series(date_trunc('month', min(inspected_on)),
        date_trunc('month', max(inspected_on)), INTERVAL 1 MONTH)) AS month FROM sound
) ANTI JOIN (SELECT DISTINCT date_trunc('month', inspected_on) AS month FROM sound)
USING (month) ORDER BY month"""
