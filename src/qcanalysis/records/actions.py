"""Tables of what was decided and done: events, payments, corrective actions."""

from qcanalysis.records.fields import (
    Count,
    Currency,
    Date,
    Flag,
    Identifier,
    Moment,
    NonNegativeNumber,
    PositiveNumber,
    Text,
    optional,
    required,
)
from qcanalysis.records.goods import Record
from qcanalysis.records.terms import ActionKind, DocumentKind, EventKind, Payer, PaymentKind, Role


class Event(Record):
    """One entry of the append-only log that the gates are computed from (R04, R15, R50, R90).

    Examples
    --------
    >>> Event.model_validate({"event_id": "E1", "at": "2026-10-06T17:30+08:00",
    ...                       "event": "report_received"}).at.isoformat()
    '2026-10-06T17:30:00+08:00'
    """

    key = ("event_id",)
    event_id: Identifier = required("number of the entry")
    at: Moment = required("when it happened")
    event: EventKind = required("what happened")
    sku: Identifier | None = optional("product concerned", refers_to="skus.sku")
    first_carton_no: Identifier | None = optional("first carton concerned")
    last_carton_no: Identifier | None = optional("last carton concerned")
    quantity: Count | None = optional("pieces concerned", unit="pieces")
    document_kind: DocumentKind | None = optional("kind of the document behind it")
    document: Text | None = optional("number or file of that document")
    issuer: Text | None = optional("who issued it")
    issuer_role: Role | None = optional("role of the issuer")
    approver: Text | None = optional("who signed it")
    approver_role: Role | None = optional("role of the signer")
    due_at: Moment | None = optional("deadline that the entry sets")
    reinspection_on: Date | None = optional("re-inspection date fixed (R15)")
    aql_percent: PositiveNumber | None = optional(
        "AQL fixed for the re-inspection (R15)", unit="% or per 100 items"
    )
    release_trigger: Text | None = optional("what releases the goods (R15, R67)")
    defect_type: Text | None = optional("defect conceded or reworked (R46, R51)")
    remedy: Text | None = optional("price cut, credit or other remedy (R50)")
    photo: Text | None = optional("photo of what is conceded (R51)")
    standard_is_unchanged: Flag | None = optional("does it say that the standard stands (R50)")
    excludes_future_runs: Flag | None = optional("does it say: not for future runs (R51)")
    detail: Text | None = optional("anything else worth keeping")


class Payment(Record):
    """One payment, with its own request, rate and receipt (R71, R72).

    Examples
    --------
    >>> Payment.model_validate({"payment_id": "P1", "payment_kind": "balance",
    ...                         "amount": "10605", "currency": "USD"}).paid_on is None
    True
    """

    key = ("payment_id",)
    payment_id: Identifier = required("number of the payment")
    payment_kind: PaymentKind = required("what it is for")
    amount: NonNegativeNumber = required("amount of the payment", unit="column currency")
    currency: Currency = required("currency, three letters")
    rate_to_order_currency: PositiveNumber | None = optional(
        "order currency for one unit of the payment's currency"
    )
    request_reference: Text | None = optional("request or invoice")
    requested_on: Date | None = optional("date of the request")
    due_on: Date | None = optional("date due")
    paid_on: Date | None = optional("date paid")
    receipt: Text | None = optional("number or file of the receipt")
    payer: Payer | None = optional("who pays")


class CorrectiveAction(Record):
    """One item asked of the factory, or one line of work with its payer (R59, R66, R67).

    Examples
    --------
    >>> CorrectiveAction.model_validate({"action_id": "A1", "action_kind": "root_cause",
    ...     "description": "why the rings open"}).closed_on is None
    True
    """

    key = ("action_id",)
    action_id: Identifier = required("number of the item")
    action_kind: ActionKind = required("kind of item")
    description: Text = required("what is to be done")
    sku: Identifier | None = optional("product concerned", refers_to="skus.sku")
    defect_type: Text | None = optional("defect concerned")
    quantity: Count | None = optional("pieces concerned", unit="pieces")
    owner: Text | None = optional("who does it")
    owner_role: Role | None = optional("role of the owner")
    requested_on: Date | None = optional("date asked")
    due_on: Date | None = optional("date due")
    closed_on: Date | None = optional("date done and shown")
    runs_in_parallel: Flag | None = optional("does it run beside the other work (R44, R67)")
    payer: Payer | None = optional("who pays")
    cost: NonNegativeNumber | None = optional("cost of the item", unit="column currency")
    currency: Currency | None = optional("currency of the cost, three letters")
    evidence: Text | None = optional("proof that it was done")
