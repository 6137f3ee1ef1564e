"""Tables of the goods: order lines, lots, cartons, deliveries."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from qcanalysis.records.fields import (
    Count,
    Date,
    Identifier,
    NonNegativeNumber,
    PositiveCount,
    PositiveNumber,
    Text,
    optional,
    required,
)
from qcanalysis.records.terms import PackingMode, Transport, Treatment


class Record(BaseModel):
    """One row of a table; `key` names the columns that together occur only once.

    Examples
    --------
    >>> Sku.key
    ('sku',)
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    key: ClassVar[tuple[str, ...]] = ()


class Sku(Record):
    """Order line: one product of the order (R01, R06, R77-R79).

    Examples
    --------
    >>> Sku.model_validate({"sku": "PIN", "quantity": "8000"}).quantity
    8000
    """

    key = ("sku",)
    sku: Identifier = required("product code of the order line")
    description: Text | None = optional("product in words")
    product_family: Identifier | None = optional("family that shares process and price list")
    quantity: PositiveCount = required("pieces ordered", unit="pieces")
    quantity_presented: Count | None = optional(
        "pieces presented for inspection, where not the ordered quantity", unit="pieces"
    )
    unit_price: NonNegativeNumber | None = optional("FOB price a piece", unit="order currency")
    artwork_revision: Identifier | None = optional("revision of the approved artwork")
    finish: Text | None = optional("plating or surface finish")
    plating_thickness_um: PositiveNumber | None = optional("plating thickness", unit="µm")
    smallest_stroke_mm: PositiveNumber | None = optional("narrowest artwork stroke", unit="mm")
    smallest_cell_mm: PositiveNumber | None = optional("narrowest enamel cell", unit="mm")
    card_width_mm: PositiveNumber | None = optional("width of the backing card", unit="mm")
    packing_mode: PackingMode | None = optional("how single pieces are packed")
    units_per_inner: PositiveCount | None = optional("pieces in an inner pack", unit="pieces")
    inners_per_carton: PositiveCount | None = optional("inner packs in a carton", unit="inners")
    carton_gross_weight_min_kg: PositiveNumber | None = optional("lightest full carton", unit="kg")
    carton_gross_weight_max_kg: PositiveNumber | None = optional("heaviest full carton", unit="kg")
    carton_length_cm: PositiveNumber | None = optional("carton length", unit="cm")
    carton_width_cm: PositiveNumber | None = optional("carton width", unit="cm")
    carton_height_cm: PositiveNumber | None = optional("carton height", unit="cm")
    barcode_orientation: Text | None = optional("barcode orientation by the approved photo")


class Lot(Record):
    """Inspection lot: like goods made under like conditions, judged as one (T2, R75).

    Examples
    --------
    >>> Lot.model_validate({"lot_id": "001", "sku": "PIN", "lot_size": "8000"}).lot_id
    '001'
    """

    key = ("lot_id",)
    lot_id: Identifier = required("lot number")
    sku: Identifier = required("product in the lot", refers_to="skus.sku")
    lot_size: PositiveCount = required("pieces in the lot", unit="pieces")
    treatment: Treatment | None = optional("what was done to the lot since the failure")
    note: Text | None = optional("anything else worth keeping")


class Carton(Record):
    """Range of like cartons with the keys of the quarantine register (R05).

    Examples
    --------
    >>> Carton.model_validate({"first_carton_no": "001", "last_carton_no": "040", "sku": "PIN",
    ...                        "quantity": "8000"}).first_carton_no
    '001'
    """

    key = ("first_carton_no",)
    first_carton_no: Identifier = required("first carton of the range, as marked")
    last_carton_no: Identifier = required("last carton of the range, as marked")
    sku: Identifier = required("product in the cartons", refers_to="skus.sku")
    lot_id: Identifier | None = optional("lot the cartons belong to", refers_to="lots.lot_id")
    quantity: PositiveCount = required("pieces in the whole range", unit="pieces")
    units_per_carton: PositiveCount | None = optional("pieces in a full carton", unit="pieces")
    production_date: Date | None = optional("date of production")
    plating_batch: Identifier | None = optional("plating batch")
    assembly_line: Identifier | None = optional("assembly line")
    treatment: Treatment | None = optional("what was done to the cartons since the failure")
    location: Text | None = optional("where the cartons stand")


class Delivery(Record):
    """Goods handed over, or promised.

    Examples
    --------
    >>> Delivery.model_validate({"delivery_id": "D1"}).quantity is None
    True
    """

    key = ("delivery_id",)
    delivery_id: Identifier = required("delivery number")
    sku: Identifier | None = optional("product delivered", refers_to="skus.sku")
    quantity: Count | None = optional("pieces delivered", unit="pieces")
    first_carton_no: Identifier | None = optional("first carton of the delivery")
    last_carton_no: Identifier | None = optional("last carton of the delivery")
    due_on: Date | None = optional("date promised")
    shipped_on: Date | None = optional("date handed over")
    received_on: Date | None = optional("date received")
    transport: Transport | None = optional("mode of transport")
