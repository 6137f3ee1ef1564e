"""The tables and sections of a case, and a description of each of their cells.

This is the one place that says which cells there are: readers, frames, the template workbook
and the data dictionary are all made from it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo

from qcanalysis.records.actions import CorrectiveAction, Event, Payment
from qcanalysis.records.fields import CHOICE, FLAG, Kind
from qcanalysis.records.goods import Carton, Delivery, Lot, Record, Sku
from qcanalysis.records.inspection import (
    ClassResult,
    Finding,
    Inspection,
    Measurement,
    SpecificationLine,
    Unit,
)
from qcanalysis.records.order import About, Contract, Money, Order, Schedule, Section

TABLES: dict[str, type[Record]] = {
    "skus": Sku,
    "lots": Lot,
    "cartons": Carton,
    "inspections": Inspection,
    "class_results": ClassResult,
    "units": Unit,
    "findings": Finding,
    "measurements": Measurement,
    "specification": SpecificationLine,
    "events": Event,
    "payments": Payment,
    "deliveries": Delivery,
    "corrective_actions": CorrectiveAction,
}
SECTIONS: dict[str, type[Section]] = {
    "": About,
    "order": Order,
    "schedule": Schedule,
    "contract": Contract,
    "money": Money,
}


@dataclass(frozen=True)
class Column:
    """Description of one cell: of a table's column or of a key of ``case.yaml``.

    Examples
    --------
    >>> columns(Sku)[0].name, columns(Sku)[0].kind.name, columns(Sku)[0].is_required
    ('sku', 'identifier', True)
    """

    name: str
    kind: Kind
    unit: str
    allowed: tuple[str, ...]
    description: str
    is_required: bool
    refers_to: str
    adapter: TypeAdapter[Any]


@cache
def columns(model: type[BaseModel]) -> tuple[Column, ...]:
    """Descriptions of all cells of a row or section, in order.

    Examples
    --------
    >>> [column.name for column in columns(TABLES["lots"])]
    ['lot_id', 'sku', 'lot_size', 'treatment', 'note']
    """
    return tuple(_describe(name, field) for name, field in model.model_fields.items())


def header_columns() -> dict[str, Column]:
    """Descriptions of all keys of ``case.yaml`` by dotted key, in order.

    Examples
    --------
    >>> header_columns()["order.quantity"].unit
    'pieces'
    """
    return {
        f"{section}.{column.name}" if section else column.name: column
        for section, model in SECTIONS.items()
        for column in columns(model)
    }


def _describe(name: str, field: FieldInfo) -> Column:
    extra: Any = field.json_schema_extra
    kind, allowed = _kind_and_allowed(field)
    return Column(
        name=name,
        kind=kind,
        unit=extra["unit"],
        allowed=allowed,
        description=field.description or "",
        is_required=field.is_required(),
        refers_to=extra["refers_to"],
        adapter=TypeAdapter(field.rebuild_annotation()),
    )


def _kind_and_allowed(field: FieldInfo) -> tuple[Kind, tuple[str, ...]]:
    for part in (*field.metadata, *_parts(field.annotation)):
        if isinstance(part, Kind):
            return part, ("yes", "no") if part is FLAG else ()
        if get_origin(part) is Literal:
            return CHOICE, get_args(part)
    raise TypeError(f"{field!r} is of no kind that qcanalysis.records.fields defines")


def _parts(annotation: Any) -> Iterator[Any]:
    """Yield the annotation, its metadata and the same of its arguments (``X | None``)."""
    yield annotation
    yield from getattr(annotation, "__metadata__", ())
    if get_origin(annotation) is not Literal:
        for part in get_args(annotation):
            yield from _parts(part)
