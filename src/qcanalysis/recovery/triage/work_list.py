"""Order of work on triaged findings, and what the findings can and cannot carry."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from qcanalysis.recovery.rows import Row, rows_of
from qcanalysis.recovery.triage.buckets import WORK_ORDER
from qcanalysis.recovery.triage.claims import known
from qcanalysis.recovery.triage.findings import gravest_class

_LAST = float("-inf")
_CLASS_ORDER = ("critical", "major", "minor", None)
_EVIDENCE = (
    ("R13", "photo", "no photo"),
    ("R13", "sample_id", "no sample id"),
    ("R19", "spec_reference", "no reference to a specification line: an opinion"),
)


def work_list(
    triaged: pd.DataFrame, cost_per_piece: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """Order in which the faults are to be worked on, a row a product and defect type (R12).

    Safety comes before function, then what no rule could place, visual brand, pack-out; inside a
    bucket the larger expected cost comes first, then the graver class, then the larger count. The
    order of the rows put in does not matter.

    Parameters
    ----------
    triaged
        Result of `triage`.
    cost_per_piece
        Expected cost of one bad piece by defect type [order currency].

    Returns
    -------
    Frame: ``rank`` from 1, ``bucket``, ``sku``, ``defect_type``, ``defect_class`` (the gravest
    assessed), ``count`` (missing where a
    line has none), ``expected_cost`` (count times cost; missing without either),
    ``finding_ids``, ``missing``.

    Examples
    --------
    >>> from qcanalysis.recovery.triage.findings import triage
    >>> found = pd.DataFrame({"defect_type": ["backside haze", "jump ring opens"],
    ...     "count": [40, 2], "defect_class": ["minor", "major"]})
    >>> work_list(triage(found))["defect_type"].tolist()
    ['jump ring opens', 'backside haze']
    """
    costs = cost_per_piece or {}
    keys = ["bucket", "sku", "defect_type"]
    named = triaged.assign(**triaged[keys].fillna("").astype(object))
    entries = [
        _work(str(bucket), str(sku), str(defect_type), rows, costs.get(str(defect_type)))
        for (bucket, sku, defect_type), rows in named.groupby(keys)
    ]
    entries.sort(key=_urgency)
    frame = pd.DataFrame(entries, columns=_WORK_COLUMNS)
    frame.insert(0, "rank", range(1, len(frame) + 1))
    return frame.astype({"count": "Int64", "expected_cost": "Float64"})


_WORK_COLUMNS = [
    *("bucket", "sku", "defect_type", "defect_class", "count"),
    *("expected_cost", "finding_ids", "missing"),
]


def _work(
    bucket: str, sku: str, defect_type: str, rows: pd.DataFrame, cost: float | None
) -> dict[str, object]:
    count = None if rows["count"].isna().any() else int(rows["count"].sum())
    datum_names = {name for cell in rows["missing"] for name in cell.split(", ") if name}
    return {
        "bucket": bucket,
        "sku": sku,
        "defect_type": defect_type,
        "defect_class": gravest_class(*rows["assessed_class"].dropna()),
        "count": count,
        "expected_cost": None if count is None or cost is None else count * cost,
        "finding_ids": ", ".join(sorted(rows["finding_id"].dropna().astype(str))),
        "missing": ", ".join(sorted(datum_names)),
    }


def _urgency(work: Row) -> tuple[object, ...]:
    return (
        WORK_ORDER.index(work["bucket"]),
        -(_LAST if work["expected_cost"] is None else work["expected_cost"]),
        _CLASS_ORDER.index(work["defect_class"]),
        -(_LAST if work["count"] is None else work["count"]),
        work["sku"],
        work["defect_type"],
    )


def unsupported_findings(findings: pd.DataFrame) -> pd.DataFrame:
    """Findings that would not stand in a dispute, a row a gap (R13, R19).

    Parameters
    ----------
    findings
        Table of the records, or triaged findings joined to it.

    Returns
    -------
    Frame: ``finding_id``, ``defect_type``, ``rule_id``, ``missing`` (column), ``reason``.

    Examples
    --------
    >>> gaps = unsupported_findings(pd.DataFrame({"finding_id": ["F1"], "photo": ["p1.jpg"],
    ...     "sample_id": ["P001"], "spec_reference": [None]}))
    >>> gaps["rule_id"].tolist()
    ['R19']
    """
    gaps = [
        {
            "finding_id": known(row, "finding_id"),
            "defect_type": known(row, "defect_type"),
            "rule_id": rule_id,
            "missing": column,
            "reason": reason,
        }
        for row in rows_of(findings)
        for rule_id, column, reason in _EVIDENCE
        if known(row, column) is None
    ]
    columns = ["finding_id", "defect_type", "rule_id", "missing", "reason"]
    return pd.DataFrame(gaps, columns=columns)


def unit_counts(triaged: pd.DataFrame) -> pd.DataFrame:
    """Counts by product and reported class, apart by what one count stands for (R29).

    Parameters
    ----------
    triaged
        Result of `triage`.

    Returns
    -------
    Frame: ``sku``, ``defect_class``, ``counted_per_piece``, ``counted_per_lot_or_carton`` (outside
    the count that a plan for pieces judges), ``basis_not_stated``; a sum is missing where the
    count of one of its lines is.

    Examples
    --------
    >>> from qcanalysis.recovery.triage.findings import triage
    >>> found = pd.DataFrame({"defect_type": ["colour shift", "scratch"], "count": [4, 3],
    ...     "sku": "PIN", "defect_class": "minor", "counted_per": [None, "item"]})
    >>> counts = unit_counts(triage(found)).iloc[0]
    >>> int(counts["counted_per_piece"]), int(counts["counted_per_lot_or_carton"])
    (3, 4)
    """
    basis = triaged["counted_per"].map(_BASIS_OF, na_action="ignore").fillna(_BASES[-1])
    table = triaged[["sku"]].assign(
        defect_class=triaged["reported_class"],
        **{name: triaged["count"].where(basis == name, 0) for name in _BASES},
    )
    grouped = table.groupby(["sku", "defect_class"], dropna=False)
    return grouped[list(_BASES)].sum(skipna=False).reset_index()


_BASES = ("counted_per_piece", "counted_per_lot_or_carton", "basis_not_stated")
_BASIS_OF = {"item": _BASES[0], "lot": _BASES[1], "carton": _BASES[1]}
