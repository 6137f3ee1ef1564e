"""What ``case.yaml`` (or the sheet ``case``) holds: order, schedule, contract terms, money."""

from pydantic import BaseModel, ConfigDict

from qcanalysis.records.fields import (
    Count,
    Currency,
    Date,
    Flag,
    Identifier,
    Moment,
    NonNegativeNumber,
    PositiveCount,
    Text,
    optional,
    required,
)
from qcanalysis.records.terms import Payer, Transport


class Section(BaseModel):
    """Group of facts about a case; a fact that is not known is None.

    Examples
    --------
    >>> Order.model_validate({"quantity": "20000"}).quantity
    20000
    """

    model_config = ConfigDict(frozen=True, extra="forbid")


class About(Section):
    """Which case this is.

    Examples
    --------
    >>> About(case_id="metal-promo", title="Metal promo order", is_illustrative="no").note is None
    True
    """

    case_id: Identifier = required("name of the case, used in file names")
    title: Text = required("title shown on reports")
    is_illustrative: Flag = required("yes when any figure was made up to show the method")
    note: Text | None = optional("where the figures come from, or what was made up")


class Order(Section):
    """The purchase order that was inspected (R01).

    Examples
    --------
    >>> Order.model_validate({"quantity": "20000", "is_packed": "yes"}).is_packed
    True
    """

    order_id: Identifier | None = optional("purchase order number")
    supplier_id: Identifier | None = optional("supplier number in the buyer's books")
    supplier: Text | None = optional("supplier's name")
    buyer: Text | None = optional("buyer's name")
    product: Text | None = optional("what was ordered, in words")
    quantity: PositiveCount = required("pieces ordered, all lines together", unit="pieces")
    ordered_on: Date | None = optional("date of the purchase order")
    is_packed: Flag | None = optional("are all goods packed")
    golden_sample_id: Identifier | None = optional("sealed or golden sample approved by the buyer")
    specification_document: Text | None = optional("approved specification, with its revision")


class Schedule(Section):
    """Clocks of the case (R01, R21, R58).

    Examples
    --------
    >>> Schedule.model_validate({"days_to_vessel_cut_off": "12"}).days_to_vessel_cut_off
    12.0
    """

    reported_at: Moment | None = optional("when the inspection report reached the buyer")
    vessel_cut_off: Moment | None = optional("latest time goods can be handed over for the vessel")
    days_to_vessel_cut_off: NonNegativeNumber | None = optional(
        "calendar days from the report to the vessel cut-off, where no dates are known", unit="days"
    )
    answer_due_at: Moment | None = optional("when the factory's written answer is due")
    rework_deadline: Moment | None = optional("when rework must be finished (R57)")
    transport: Transport | None = optional("booked mode of transport")


class Contract(Section):
    """Contract terms that decide who may ask for what, and who pays (R52, R55, R67-R69).

    Examples
    --------
    >>> Contract().reinspection_payer is None
    True
    """

    inspection_rights_clause: Text | None = optional("clause that gives the buyer inspection")
    reinspection_payer_clause: Text | None = optional("clause that says who pays a re-inspection")
    reinspection_payer: Payer | None = optional("who pays a re-inspection by that clause")
    failure_consequences_clause: Text | None = optional("consequences agreed for a failure")
    cancellation_clause: Text | None = optional("clause for exit, refund or cancellation")
    specification_is_measurable: Flag | None = optional(
        "was the breached specification measurable and approved before production (R68)"
    )
    specification_changed_after_approval: Flag | None = optional(
        "was the specification changed after the sample was approved (R68)"
    )
    supplier_has_iso_9001: Flag | None = optional("does the supplier hold ISO 9001 (R59)")
    earlier_failures: Count | None = optional("failed inspections of this supplier before this one")


class Money(Section):
    """State of the money (R01, R71, R72).

    Examples
    --------
    >>> Money.model_validate({"balance_is_paid": "no"}).balance_is_paid
    False
    """

    currency: Currency | None = optional("currency of the order, three letters")
    order_value: NonNegativeNumber | None = optional("order value", unit="order currency")
    deposit_is_paid: Flag | None = optional("is the deposit paid")
    balance_is_paid: Flag | None = optional("is the balance paid")
    inspection_fee: NonNegativeNumber | None = optional(
        "fee of one inspection visit", unit="order currency"
    )
