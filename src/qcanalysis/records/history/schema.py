"""The tables of an inspection history and a description of each of their columns.

This is the one place that says which columns there are: the readers, the checks in SQL and the
data dictionary are all made from it.
"""

from dataclasses import dataclass
from typing import Any, get_args

from qcanalysis.records import terms
from qcanalysis.records.fields import (
    CHOICE,
    COUNT,
    DATE,
    FLAG,
    IDENTIFIER,
    NUMBER,
    TEXT,
    Kind,
)

Standard = ("ISO 2859-1:1999", "MIL-STD-105E")
Disposition = ("shipped", "conceded", "reworked", "rejected")

_SQL_TYPES = {
    IDENTIFIER: "VARCHAR",
    TEXT: "VARCHAR",
    CHOICE: "VARCHAR",
    COUNT: "BIGINT",
    NUMBER: "DOUBLE",
    DATE: "DATE",
    FLAG: "BOOLEAN",
}


@dataclass(frozen=True)
class HistoryColumn:
    """Description of one column of a history.

    Attributes
    ----------
    name, kind, description, unit
        What the column holds; `kind` as in :mod:`qcanalysis.records.fields`.
    allowed
        Words a column of kind "choice" may hold.
    is_required
        True when every row needs a value.
    default
        Value taken where the column or the cell is empty; None for "not known".
    same_as
        Column whose value is taken where the column is not given at all.
    minimum
        Smallest number allowed.

    Examples
    --------
    >>> column("inspections", "lot_size").sql_type, column("inspections", "lot_size").minimum
    ('BIGINT', 1)
    """

    name: str
    kind: Kind
    description: str
    unit: str = ""
    allowed: tuple[str, ...] = ()
    is_required: bool = False
    default: str | None = None
    same_as: str = ""
    minimum: int = 0

    @property
    def sql_type(self) -> str:
        """Type of the column in the store."""
        return _SQL_TYPES[self.kind]


def _needed(name: str, kind: Kind, description: str, **more: Any) -> HistoryColumn:
    return HistoryColumn(name, kind, description, is_required=True, **more)


_CLASS = _needed("defect_class", CHOICE, "class of defect", allowed=get_args(terms.DefectClass))
_SUPPLIER = _needed("supplier_id", IDENTIFIER, "supplier")

TABLES: dict[str, tuple[HistoryColumn, ...]] = {
    "inspections": (
        _needed("inspection_id", IDENTIFIER, "number of the visit or report"),
        _SUPPLIER,
        _needed("inspected_on", DATE, "local date of the inspection"),
        _needed("lot_id", IDENTIFIER, "lot presented", same_as="inspection_id"),
        _needed("lot_size", COUNT, "items in the lot", unit="items", minimum=1),
        HistoryColumn("sku_family", TEXT, "family of products", default="all products"),
        HistoryColumn(
            "kind",
            CHOICE,
            "stage of the order it was made at",
            allowed=get_args(terms.InspectionKind),
            default="pre_shipment",
        ),
        HistoryColumn(
            "is_original_submission",
            FLAG,
            "yes for a lot presented for the first time, no for a resubmission",
            default="yes",
        ),
        HistoryColumn(
            "standard",
            CHOICE,
            "sampling standard and edition",
            allowed=Standard,
            default="ISO 2859-1:1999",
        ),
        HistoryColumn(
            "inspection_level",
            CHOICE,
            "inspection level",
            allowed=get_args(terms.InspectionLevel),
            default="II",
        ),
        HistoryColumn(
            "severity",
            CHOICE,
            "severity of inspection",
            allowed=get_args(terms.Severity),
            default="normal",
        ),
        _CLASS,
        HistoryColumn(
            "aql_percent", NUMBER, "AQL as tabulated; 0 for zero accepted", unit="% or per 100"
        ),
        _needed("sample_size", COUNT, "items inspected", unit="items", minimum=1),
        HistoryColumn("acceptance_number", COUNT, "acceptance number Ac"),
        HistoryColumn("rejection_number", COUNT, "rejection number Re", minimum=1),
        _needed("nonconforming_count", COUNT, "nonconforming items found", unit="items"),
        HistoryColumn("nonconformity_count", COUNT, "nonconformities (defects) found"),
        HistoryColumn("inspector_id", IDENTIFIER, "inspector"),
        HistoryColumn("agency", TEXT, "inspection agency"),
        HistoryColumn(
            "reported_result",
            CHOICE,
            "result the report states, for the class or the whole inspection",
            allowed=get_args(terms.InspectionResult),
        ),
        HistoryColumn(
            "disposition", CHOICE, "what was done with the lot afterwards", allowed=Disposition
        ),
    ),
    "findings": (
        _needed("inspection_id", IDENTIFIER, "inspection it belongs to"),
        _needed("defect_code", TEXT, "defect, the same word for the same defect"),
        _CLASS,
        _needed("count", COUNT, "times found"),
    ),
    "lots": (
        _needed("lot_id", IDENTIFIER, "lot"),
        _SUPPLIER,
        HistoryColumn("shipped_quantity", COUNT, "items shipped", unit="items"),
        HistoryColumn("shipped_on", DATE, "date of shipment"),
    ),
    "deliveries": (
        _needed("delivery_id", IDENTIFIER, "delivery"),
        _SUPPLIER,
        _needed("promised_on", DATE, "date promised"),
        HistoryColumn("delivered_on", DATE, "date delivered; empty: not yet"),
        HistoryColumn("ordered_quantity", COUNT, "items ordered", unit="items"),
        HistoryColumn("delivered_quantity", COUNT, "items delivered", unit="items"),
    ),
    "corrective_actions": (
        _needed("action_id", IDENTIFIER, "corrective action"),
        _SUPPLIER,
        _needed("opened_on", DATE, "date it was asked for"),
        HistoryColumn("due_on", DATE, "date it is due"),
        HistoryColumn("closed_on", DATE, "date it was closed; empty: open"),
        HistoryColumn("is_effective", FLAG, "was it found effective"),
    ),
    "suppliers": (
        _SUPPLIER,
        HistoryColumn("supplier_name", TEXT, "name to print"),
        HistoryColumn("country", TEXT, "country"),
    ),
}


def column(table: str, name: str) -> HistoryColumn:
    """Description of one column.

    Raises
    ------
    KeyError
        If the table has no such column.

    Examples
    --------
    >>> column("inspections", "severity").default
    'normal'
    """
    return {column.name: column for column in TABLES[table]}[name]
