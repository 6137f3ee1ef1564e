"""The gate rules as data: what must have happened before an entry is made, and what it must state.

A `Need` names the goods for which a condition on the past is met, a `Statement` is a condition
on the entry itself. An entry may be made for goods that meet all its `NEEDS` and when it makes
all its `STATEMENTS`; every one carries the rule it comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from qcanalysis.recovery.gates.carton_ranges import CartonSet
from qcanalysis.recovery.gates.case_facts import HARDWARE_COLUMNS, CaseFacts
from qcanalysis.recovery.gates.standing import Standing
from qcanalysis.recovery.rows import Row

BUYER_SIDE = frozenset({"buyer", "client"})


@dataclass(frozen=True)
class Need:
    """Condition on what happened before: the goods for which it is met."""

    rule: str
    missing: str
    goods: Callable[[Standing, CaseFacts], CartonSet]


@dataclass(frozen=True)
class Attempt:
    """An entry about to be made, the goods it is about, and what stands before it."""

    entry: Row
    goods: CartonSet
    standing: Standing
    facts: CaseFacts


@dataclass(frozen=True)
class Statement:
    """Condition on the entry itself: what it must state."""

    rule: str
    missing: str
    is_made: Callable[[Attempt], bool]


def _entry(rule: str, event: str, words: str) -> Need:
    """Need of an earlier entry for the same goods."""
    return Need(rule, f"{words} ({event})", lambda standing, _: standing[event])


def _unless(rule: str, words: str, barred: Callable[[Standing, CaseFacts], CartonSet]) -> Need:
    """Need of goods that are not barred."""
    return Need(rule, words, lambda standing, facts: facts.all_goods - barred(standing, facts))


def _action(kind: str, column: str, words: str) -> Need:
    """Need of a line of the corrective action sheet."""
    return Need(
        "R67",
        f"{words} (corrective_actions: {kind}, {column})",
        lambda _, facts: facts.goods_where("corrective_actions", column, action_kind=kind),
    )


def _hardware(column: str) -> Need:
    """Need of a fact about attachments that failed."""
    return _unless(
        "R63",
        f"the {column.removesuffix('_mm').replace('_', ' ')} of the attachment that failed",
        lambda _, facts: facts.attachment_goods - facts.goods_where("hardware", column),
    )


def _stated(rule: str, name: str, words: str, value: Any = None) -> Statement:
    """Statement of a column, of any value or of this one."""
    return Statement(
        rule,
        f"{words} ({name})" if value is None else f"{words} ({name}: {value})",
        lambda s: s.entry.get(name) not in (None, "") and value in (None, s.entry.get(name)),
    )


REPORT = _entry("R07", "report_received", "the inspection report")
AUDIT = _entry("R88", "report_audited", "the audit of the report: understand, then negotiate")
RESPECIFICATION = _entry("R21", "respecification_issued", "the respecification")
ANSWER = _entry("R58", "answer_sent", "the written answer to the factory: negotiate, then pay")
SHEET = _entry("R67", "corrective_action_agreed", "the corrective action sheet")
AUTHORISED = _entry("R15", "rework_authorised", "the authorised rework order")
STARTED = _entry("R46", "rework_started", "the start of the rework")
REMAKE = _entry("R15", "remake_approved", "the approved remake")
BOOKED = _entry("R47", "reinspection_booked", "a booked re-inspection with its own plan")
REQUESTED = _entry("R72", "balance_requested", "the request for the balance")
SHEET_LINES = (
    _action("sorting", "payer", "who pays the sort"),
    _action("parts", "payer", "who pays the parts"),
    _action("reinspection", "payer", "who pays the re-inspection"),
    _action("remake", "quantity", "the quantity remade, 0 when none"),
    _action("remake", "runs_in_parallel", "whether the remake runs in parallel"),
)
HARDWARE = tuple(map(_hardware, HARDWARE_COLUMNS))
RELEASE_PAPERS = (
    "a passed re-inspection with its final record (reinspection_passed, final_record_signed), "
    "or a signed partial release (partial_release_signed)"
)
CLEARED = Need("R04", RELEASE_PAPERS, lambda standing, _: standing.cleared)
CLEARED_TO_PAY = Need("R71", RELEASE_PAPERS, lambda standing, _: standing.cleared)
PASSED = Need(
    "R81",
    "a passed re-inspection (reinspection_passed)",
    lambda standing, _: standing["reinspection_passed"] | standing["partial_release_signed"],
)
WORK_DONE = _unless(
    "R47", "the end of the work in hand (rework_finished, remake_finished)", lambda s, _: s.in_work
)
NOT_RELEASED = _unless(
    "R88", "a hold on goods that are released: verify, then ship", lambda s, _: s.released
)
NOT_PAID = _unless(
    "R88",
    "an unpaid balance: what is paid is no longer negotiated but claimed",
    lambda s, _: s["balance_paid"],
)
NOT_CANCELLED = _unless("R55", "an order that is not cancelled", lambda s, _: s["order_cancelled"])
NOT_CRITICAL = _unless(
    "R16",
    "goods without a critical failure: good pieces cannot offset it",
    lambda s, facts: facts.critical_goods - s["reinspection_passed"],
)
RATE = Need(
    "R72",
    "the rate of a balance payment in another currency (payments: rate_to_order_currency)",
    lambda _, facts: CartonSet() if _lacks_rate(facts) else facts.all_goods,
)


def _lacks_rate(facts: CaseFacts) -> bool:
    return any(
        row["payment_kind"] == "balance"
        and row["currency"] != facts.order_currency
        and row.get("rate_to_order_currency") is None
        for row in facts.rows["payments"]
    )


def _is_signed_by_both(s: Attempt) -> bool:
    names = {s.entry.get("issuer"), s.entry.get("approver")}
    roles = {s.entry.get("issuer_role"), s.entry.get("approver_role")}
    return len(names - {None, ""}) == 2 and "factory" in roles and not BUYER_SIDE.isdisjoint(roles)


def _quantity_is_that_of_cartons(s: Attempt) -> bool:
    quantity, pieces = s.entry.get("quantity"), s.facts.pieces(s.goods)
    ordered = s.facts.quantities.get(s.entry.get("sku") or "", sum(s.facts.quantities.values()))
    return quantity is not None and (quantity == pieces if pieces else 0 < quantity <= ordered)


def _cap_is_within_order(s: Attempt) -> bool:
    cap = s.entry.get("quantity")
    return cap is not None and 0 < cap <= s.facts.quantities.get(s.entry.get("sku") or "", 0)


def _leaves_goods_to_reinspect(s: Attempt) -> bool:
    passed, signed = s.standing["reinspection_passed"], s.standing["partial_release_signed"]
    return all(
        not (lot & s.goods) - passed or lot - passed - signed - s.goods
        for lot in s.facts.lots_to_reinspect
    )


def _is_in_hidden_place(s: Attempt) -> bool:
    zones = {
        row.get("appearance_zone")
        for row in s.facts.rows["findings"]
        if row["defect_type"] == s.entry.get("defect_type")
        and row.get("sku") in (None, s.entry.get("sku"))
    }
    return bool(zones) and zones.isdisjoint({None, "zero_defect"})


def _has_deadline(s: Attempt) -> bool:
    return s.entry.get("due_at") is not None or s.facts.rework_deadline is not None


DOCUMENT = _stated("R90", "document", "the number of the document")
CARTONS = _stated("R80", "first_carton_no", "the carton numbers")
TWO_SIGNATURES = Statement(
    "R53",
    "two signatures, the buyer's and the factory's (issuer, approver and their roles)",
    _is_signed_by_both,
)
BUYER_SIGNS = (
    _stated("R90", "approver", "the buyer's signature"),
    Statement(
        "R90",
        "the signer's role: buyer or client (approver_role)",
        lambda s: s.entry.get("approver_role") in BUYER_SIDE,
    ),
)
WORK_ORDER = (
    _stated("R15", "reinspection_on", "the re-inspection date"),
    _stated("R15", "aql_percent", "the tightened AQL"),
    _stated("R15", "release_trigger", "the release trigger, which partial shipment waits for"),
    Statement("R57", "the deadline (due_at, or rework_deadline in the schedule)", _has_deadline),
)
CONCESSION = (
    _stated("R50", "document", "the written record"),
    _stated("R50", "remedy", "a price cut, credit or other remedy"),
    _stated("R50", "standard_is_unchanged", "that the standard is unchanged", True),
    _stated("R51", "defect_type", "the defect"),
    _stated("R51", "sku", "the product"),
    _stated("R51", "first_carton_no", "the carton marks"),
    _stated("R51", "photo", "the photo"),
    _stated("R51", "excludes_future_runs", "that it is not for future runs", True),
    Statement("R51", "a quantity cap within the order line (quantity)", _cap_is_within_order),
    Statement(
        "R39",
        "a finding of the defect outside the zero-defect zone (findings: appearance_zone)",
        _is_in_hidden_place,
    ),
    TWO_SIGNATURES,
)
PARTIAL_RELEASE = (
    _stated("R53", "document", "the written release plan"),
    CARTONS,
    Statement(
        "R53", "the quantity that these cartons hold (quantity)", _quantity_is_that_of_cartons
    ),
    Statement(
        "R73",
        "goods of the failed lot left in quarantine: after a critical or major failure, "
        "or where the failed class is not known, all of it cannot go without a re-inspection",
        _leaves_goods_to_reinspect,
    ),
    TWO_SIGNATURES,
)
NEGOTIATED = (AUDIT, NOT_PAID, NOT_CANCELLED)

NEEDS: Mapping[str, tuple[Need, ...]] = {
    "report_received": (),
    "hold_placed": (),
    "report_audited": (REPORT,),
    "respecification_issued": NEGOTIATED,
    "answer_sent": (AUDIT,),
    "answer_received": (),
    "corrective_action_agreed": (RESPECIFICATION, *NEGOTIATED),
    "rework_authorised": (SHEET, *SHEET_LINES, *HARDWARE, *NEGOTIATED),
    "rework_refused": (),
    "rework_started": (AUTHORISED, NOT_CANCELLED),
    "rework_finished": (STARTED,),
    "remake_approved": (SHEET, *SHEET_LINES, *NEGOTIATED),
    "remake_finished": (REMAKE,),
    "sorting_finished": (SHEET,),
    "concession_signed": (NOT_CRITICAL, *NEGOTIATED),
    "reinspection_booked": (RESPECIFICATION, ANSWER, NOT_RELEASED, NOT_CANCELLED),
    "reinspection_passed": (BOOKED, WORK_DONE, NOT_RELEASED),
    "reinspection_failed": (),
    "partial_release_signed": (NOT_CRITICAL, WORK_DONE, *NEGOTIATED),
    "final_record_signed": (PASSED,),
    "booking_released": (CLEARED, ANSWER, NOT_CANCELLED),
    "cartons_released": (CLEARED, NOT_CANCELLED),
    "balance_requested": (CLEARED_TO_PAY, ANSWER, NOT_PAID, NOT_CANCELLED),
    "balance_paid": (CLEARED_TO_PAY, REQUESTED, RATE, NOT_PAID, NOT_CANCELLED),
    "order_cancelled": (AUDIT,),
}
STATEMENTS: Mapping[str, tuple[Statement, ...]] = {
    "respecification_issued": (DOCUMENT,),
    "answer_sent": (_stated("R58", "document", "the letter"),),
    "corrective_action_agreed": (DOCUMENT,),
    "rework_authorised": WORK_ORDER,
    "remake_approved": WORK_ORDER,
    "rework_started": (_stated("R46", "document", "the rework instruction"),),
    "concession_signed": CONCESSION,
    "reinspection_booked": (
        _stated("R75", "document", "the re-inspection plan"),
        _stated("R75", "reinspection_on", "the date of the visit"),
    ),
    "reinspection_passed": (
        _stated("R74", "document", "the report of the re-inspection"),
        _stated("R47", "issuer_role", "an inspector as issuer, not the factory", "inspector"),
    ),
    "partial_release_signed": PARTIAL_RELEASE,
    "final_record_signed": (
        DOCUMENT,
        _stated("R81", "photo", "the photos of the final inspection"),
        _stated("R81", "approver", "the signature under Pass"),
    ),
    "booking_released": BUYER_SIGNS,
    "cartons_released": (CARTONS,),
    "balance_requested": (_stated("R72", "document", "the number of the request"),),
    "balance_paid": (_stated("R72", "document", "the receipt"),),
    "order_cancelled": (
        _stated("R55", "document", "the notice that names the contract clause"),
        *BUYER_SIGNS,
    ),
}
