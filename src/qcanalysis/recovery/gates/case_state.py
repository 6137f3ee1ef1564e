"""State of a case at one moment: what is held, what is open, what is overdue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import pandas as pd

from qcanalysis.recovery.gates.carton_ranges import CartonSet
from qcanalysis.recovery.gates.case_facts import CaseFacts
from qcanalysis.recovery.gates.clocks import Clock, clocks
from qcanalysis.recovery.gates.replay import (
    Log,
    Refusal,
    in_time_order,
    replay,
    unmade_statements,
    unmet_needs,
)
from qcanalysis.recovery.gates.rules import NEEDS, Attempt
from qcanalysis.recovery.gates.standing import Standing

Status = Literal["held", "partly_released", "released"]
Reinspection = Literal["passed", "required", "optional"]
GATES: dict[str, str] = {
    "respecification": "respecification_issued",
    "corrective action sheet": "corrective_action_agreed",
    "rework authorisation": "rework_authorised",
    "start of rework": "rework_started",
    "remake": "remake_approved",
    "concession": "concession_signed",
    "re-inspection visit": "reinspection_booked",
    "pass": "reinspection_passed",
    "partial release": "partial_release_signed",
    "final record": "final_record_signed",
    "booking": "booking_released",
    "shipment of cartons": "cartons_released",
    "balance request": "balance_requested",
    "balance payment": "balance_paid",
}


@dataclass(frozen=True)
class Gate:
    """One gate for one product: for which goods it is open, and what keeps it shut for the rest.

    Attributes
    ----------
    name, event
        The gate and the kind of entry that it guards.
    sku
        Product.
    open_for
        Cartons for which the entry may be made now.
    missing
        Earlier documents or events that are missing for the other cartons.
    must_state
        What the entry itself has to state when it is made.
    """

    name: str
    event: str
    sku: str
    open_for: CartonSet
    missing: tuple[Refusal, ...]
    must_state: tuple[Refusal, ...]

    @property
    def is_open(self) -> bool:
        """Whether the gate is open for all goods of the product."""
        return not self.missing


@dataclass(frozen=True)
class Portion:
    """Part of the goods of a product; `pieces` is None where the register cannot tell."""

    cartons: CartonSet
    pieces: int | None


@dataclass(frozen=True)
class SkuState:
    """How the goods of one product stand.

    Attributes
    ----------
    quantity
        Pieces ordered.
    quarantined
        Part that no pass and no signed partial release covers.
    cleared
        Part that may leave and has not left.
    released
        Part whose booking or shipment was released.
    reinspection
        ``"passed"``, ``"required"`` or, after a failure in minor defects only, ``"optional"``
        (R73).
    """

    sku: str
    status: Status
    quantity: int
    quarantined: Portion
    cleared: Portion
    released: Portion
    reinspection: Reinspection

    def text(self, portion: Portion) -> str:
        """Words for a part of these goods.

        Examples
        --------
        >>> part = Portion(CartonSet.between("001", "040"), 2000)
        >>> SkuState("PIN", "held", 8000, part, part, part, "required").text(part)
        '2,000 of 8,000 PIN'
        """
        if portion.pieces is None:
            return f"{len(portion.cartons):,} cartons of {self.sku} ({portion.cartons})"
        return f"{portion.pieces:,} of {self.quantity:,} {self.sku}"


@dataclass(frozen=True)
class CaseState:
    """State of a case at one moment, for the top of the index page.

    Attributes
    ----------
    as_of
        The moment; later entries of the log are left out.
    status
        Of the whole order.
    skus, gates, clocks
        By product; by gate and product; by deadline.
    irregular
        Entries in the log that the gates forbid, with the reasons; they grant nothing.
    """

    as_of: datetime
    status: Status
    is_cancelled: bool
    skus: tuple[SkuState, ...]
    gates: tuple[Gate, ...]
    clocks: tuple[Clock, ...]
    irregular: tuple[tuple[str, tuple[Refusal, ...]], ...]

    @property
    def overdue(self) -> tuple[Clock, ...]:
        """Deadlines that have passed, the longest overdue first."""
        return tuple(clock for clock in self._open_clocks if clock.status(self.as_of) == "overdue")

    @property
    def next_deadline(self) -> Clock | None:
        """Nearest deadline that is still to come, None where none runs."""
        return next((c for c in self._open_clocks if c.status(self.as_of) == "running"), None)

    @property
    def headline(self) -> str:
        """Sentence on what is held and what is due next."""
        parts = [_goods_sentence(self)]
        undated = [clock for clock in self.clocks if not clock.due_at and not clock.met_at]
        parts += [clock.text(self.as_of) for clock in (*self.overdue, *undated[:1])]
        if self.next_deadline is not None:
            parts.append(f"next: {self.next_deadline.text(self.as_of)}")
        if self.irregular:
            parts.append(f"irregular entries in the log: {len(self.irregular)}")
        return "; ".join(parts) + "."

    @property
    def _open_clocks(self) -> list[Clock]:
        waiting = [clock for clock in self.clocks if clock.due_at and clock.met_at is None]
        return sorted(waiting, key=lambda clock: clock.due_at or self.as_of)


def case_state(log: Log, facts: CaseFacts, *, now: datetime) -> CaseState:
    """State of the case at `now`.

    Parameters
    ----------
    log
        The event log: a frame, or mappings. Entries later than `now` are left out.
    facts
        What else is known of the case.
    now
        Moment to judge at, with its time zone.

    Raises
    ------
    ValueError
        If `now` or a time in the log has no zone, or a kind of event is not known.

    Examples
    --------
    >>> from datetime import datetime
    >>> import pandas as pd
    >>> facts = CaseFacts(skus=pd.DataFrame({"sku": ["PIN"], "quantity": [8000]}))
    >>> log = [{"event": "report_received", "at": datetime.fromisoformat("2026-10-06T17:30+08:00")}]
    >>> print(case_state(log, facts, now=datetime.fromisoformat("2026-10-07T04:30Z")).headline)
    Held: 8,000 of 8,000 PIN; next: respecification due in 5 h (due 2026-10-07 17:30+08:00).
    """
    if now.tzinfo is None:
        raise ValueError(f"now must have a time zone, got {now}; add its offset from UTC")
    result = replay([entry for entry in in_time_order(log) if entry["at"] <= now], facts)
    is_cancelled = facts.all_goods <= result.standing["order_cancelled"]
    return CaseState(
        as_of=now,
        status=_status(facts.all_goods, result.standing.released),
        is_cancelled=is_cancelled,
        skus=tuple(_sku_state(sku, result.standing, facts) for sku in facts.goods),
        gates=tuple(
            _gate(name, sku, result.standing, facts) for name in GATES for sku in facts.goods
        ),
        clocks=() if is_cancelled else clocks(result.entries, facts),
        irregular=result.irregular,
    )


def gate_table(state: CaseState) -> pd.DataFrame:
    """Gates of a case in their order: open or shut, and what is missing (R04, R88).

    Returns
    -------
    Columns ``gate, is, missing``; a gate is "open", "shut", or "open for a part".
    """
    rows = []
    for name in dict.fromkeys(gate.name for gate in state.gates):
        gates = [gate for gate in state.gates if gate.name == name]
        missing = dict.fromkeys(f"{r.missing} ({r.rule})" for gate in gates for r in gate.missing)
        is_open = all(gate.is_open for gate in gates)
        part = any(gate.open_for for gate in gates)
        rows.append(
            {
                "gate": name,
                "is": "open" if is_open else "open for a part" if part else "shut",
                "missing": "; ".join(missing) or "nothing",
            }
        )
    return pd.DataFrame(rows)


def _status(goods: CartonSet, released: CartonSet) -> Status:
    if goods <= released:
        return "released"
    return "partly_released" if goods & released else "held"


def _sku_state(sku: str, standing: Standing, facts: CaseFacts) -> SkuState:
    goods = facts.goods[sku]
    released = goods & standing.released
    reinspection: Reinspection = "optional"
    if goods <= standing["reinspection_passed"]:
        reinspection = "passed"
    elif any(lot & goods for lot in facts.lots_to_reinspect):
        reinspection = "required"
    quarantined, cleared, left = (
        Portion(cartons, facts.pieces(cartons))
        for cartons in (goods - standing.cleared, goods & standing.cleared - released, released)
    )
    return SkuState(
        sku=sku,
        status=_status(goods, released),
        quantity=facts.quantities[sku],
        quarantined=quarantined,
        cleared=cleared,
        released=left,
        reinspection=reinspection,
    )


def _gate(name: str, sku: str, standing: Standing, facts: CaseFacts) -> Gate:
    event, goods = GATES[name], facts.goods[sku]
    open_for = goods
    for need in NEEDS[event]:
        open_for &= need.goods(standing, facts)
    blank = Attempt({"event": event, "sku": sku}, open_for, standing, facts)
    return Gate(
        name=name,
        event=event,
        sku=sku,
        open_for=open_for,
        missing=unmet_needs(event, goods, standing, facts),
        must_state=unmade_statements(event, blank),
    )


def _goods_sentence(state: CaseState) -> str:
    if state.is_cancelled:
        return "Cancelled"
    parts = []
    for words, name in (("Held", "quarantined"), ("Cleared", "cleared"), ("Released", "released")):
        portions = [(sku, getattr(sku, name)) for sku in state.skus]
        texts = [sku.text(portion) for sku, portion in portions if portion.cartons]
        if texts:
            parts.append(f"{words}: {', '.join(texts)}")
    return "; ".join(parts)
