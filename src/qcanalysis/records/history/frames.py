"""Columns of the frames that a history answers with, and their types."""

import pandas as pd

LOT_COLUMNS = [
    "inspection_id",
    "inspected_on",
    "lot_id",
    "lot_size",
    "sku_family",
    "kind",
    "is_original_submission",
    "standard",
    "inspection_level",
    "severity",
    "inspector_id",
    "agency",
    "is_accepted",
    "failed_classes",
    "disposition",
]
RESULT_COLUMNS = [
    "inspection_id",
    "inspected_on",
    "lot_size",
    "sku_family",
    "is_original_submission",
    "defect_class",
    "aql_percent",
    "sample_size",
    "acceptance_number",
    "rejection_number",
    "nonconforming_count",
    "nonconformity_count",
    "is_accepted",
]
DTYPES = {
    **dict.fromkeys(
        ("lot_size", "sample_size", "nonconforming_count", "lots", "items_inspected"), "int64"
    ),
    **dict.fromkeys(
        ("nonconforming", "lots_shipped", "items_shipped", "accepted", "pending", "count"), "int64"
    ),
    **dict.fromkeys(("minor_only_failures", "resubmissions", "resubmissions_accepted"), "int64"),
    **dict.fromkeys(("conceded", "failures_in_last_five", "rows"), "int64"),
    **dict.fromkeys(("accepted_otherwise_reported", "lots_in_last_five"), "int64"),
    **dict.fromkeys(("acceptance_number", "rejection_number", "nonconformity_count"), "Int64"),
    **dict.fromkeys(
        ("aql_percent", "nonconformities", "expected_nonconforming_shipped"), "float64"
    ),
    "is_original_submission": "bool",
    "is_accepted": "boolean",
    **dict.fromkeys(("inspected_on", "first_on", "last_on"), "datetime64[us]"),
    **dict.fromkeys(("first_inspected_on", "last_inspected_on"), "datetime64[us]"),
}
_COUNTS_THAT_MAY_BE_UNKNOWN = (
    "repeat_defect_types",
    "defect_types",
    "deliveries",
    "deliveries_on_time_in_full",
    "corrective_actions",
    "corrective_actions_open",
    "capa_days_median",
)


def typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Frame with the type of each column that `DTYPES` states, and text where it states none.

    Examples
    --------
    >>> typed(pd.DataFrame({"supplier_id": ["1"], "lots": [2.0]})).dtypes.astype(str).to_list()
    ['str', 'int64']
    """
    names = [str(name) for name in frame]
    wanted = {
        name: DTYPES.get(name, "str") for name in names if name not in _COUNTS_THAT_MAY_BE_UNKNOWN
    }
    return frame.astype({name: kind for name, kind in wanted.items() if frame[name].dtype != kind})


def defect_types(found: pd.DataFrame) -> pd.DataFrame:
    """Findings by defect code and class: lots, count, first and last day; most frequent first.

    Parameters
    ----------
    found
        Findings of original lots: ``defect_code``, ``defect_class``, ``lot_id``, ``count``,
        ``inspected_on``.

    Examples
    --------
    >>> row = {"defect_code": "burr", "defect_class": "major", "lot_id": "1", "count": 2}
    >>> found = pd.DataFrame([row | {"inspected_on": "2025-01-02"}] * 2)
    >>> defect_types(found)[["lots", "count"]].values.tolist()
    [[1, 4]]
    """
    types = found[found["count"] > 0].groupby(["defect_code", "defect_class"], as_index=False)
    table = types.agg(
        lots=("lot_id", "nunique"),
        count=("count", "sum"),
        first_on=("inspected_on", "min"),
        last_on=("inspected_on", "max"),
    )
    rank = table["defect_class"].map({"critical": 1, "major": 2, "minor": 3})
    order = table.assign(rank=rank, most=-table["count"])
    rows = order.sort_values(["rank", "most", "defect_code"]).index
    return typed(table.loc[rows].reset_index(drop=True))
