"""What may be recorded after what: the gates, as a function of the event log.

The log is replayed in time order. An entry that the gates forbid grants nothing and is listed
as irregular; a hold, a failed re-inspection and started work hold the goods in any case. So no
log, however it came about, leads to release or payment without a passed re-inspection or a
signed partial release (R04, R71).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from qcanalysis.recovery.gates.carton_ranges import CartonSet
from qcanalysis.recovery.gates.case_facts import CaseFacts
from qcanalysis.recovery.gates.clocks import ReplayedEntry
from qcanalysis.recovery.gates.rules import NEEDS, STATEMENTS, Attempt
from qcanalysis.recovery.gates.standing import (
    ABOUT_GOODS_NOT_RELEASED,
    ALWAYS_HOLDS,
    Standing,
)
from qcanalysis.recovery.rows import Row, rows_of

Log = pd.DataFrame | Iterable[Row]


@dataclass(frozen=True)
class Refusal:
    """Why an entry may not be made: the rule, what is missing, and for which goods.

    Examples
    --------
    >>> print(Refusal("R04", "a passed re-inspection", "PIN cartons 041 to 080"))
    R04: missing a passed re-inspection, for PIN cartons 041 to 080
    """

    rule: str
    missing: str
    goods: str = ""

    def __str__(self) -> str:
        concerned = f", for {self.goods}" if self.goods else ""
        return f"{self.rule}: missing {self.missing}{concerned}"


@dataclass(frozen=True)
class Replay:
    """Result of replaying a log: what stands, the entries let through, and those that were not."""

    standing: Standing
    entries: tuple[ReplayedEntry, ...]
    irregular: tuple[tuple[str, tuple[Refusal, ...]], ...]


def refusals(event: Row, log: Log, facts: CaseFacts) -> tuple[Refusal, ...]:
    """Reasons why `event` may not be recorded after `log`; empty when it may.

    Parameters
    ----------
    event
        Cells of the entry by column of the table ``events``; `event` is the kind.
    log
        The event log: a frame, or mappings.
    facts
        What else is known of the case.

    Raises
    ------
    ValueError
        If a kind of event is not known, or a time has no zone.

    Examples
    --------
    >>> facts = CaseFacts(skus=pd.DataFrame({"sku": ["PIN"], "quantity": [8000]}))
    >>> for refusal in refusals({"event": "reinspection_passed", "document": "RI-2",
    ...                          "issuer_role": "inspector"}, [], facts):
    ...     print(refusal)
    R47: missing a booked re-inspection with its own plan (reinspection_booked), for the whole order
    """
    return _reasons(rows_of([event])[0], replay(log, facts).standing, facts)[1]


def replay(log: Log, facts: CaseFacts) -> Replay:
    """Outcome of the log read in time order, entries of one moment in the order of the log.

    Raises
    ------
    ValueError
        If a kind of event is not known, or a time has no zone.
    """
    standing = Standing()
    entries: list[ReplayedEntry] = []
    irregular = []
    for entry in in_time_order(log):
        goods, reasons = _reasons(entry, standing, facts)
        if reasons:
            irregular.append((str(entry.get("event_id") or ""), reasons))
        if not reasons or entry["event"] in ALWAYS_HOLDS:
            standing = standing.after(entry["event"], goods)
        if not reasons:
            entries.append((entry, goods))
    return Replay(standing, tuple(entries), tuple(irregular))


def in_time_order(log: Log) -> list[dict[str, Any]]:
    """Entries of a log by time, those of one moment in the order of the log."""
    entries = rows_of(log)
    for entry in entries:
        at = entry["at"] = pd.Timestamp(entry["at"]).to_pydatetime()
        if at.tzinfo is None:
            raise ValueError(f"event {entry.get('event_id')!r}: at {at} has no time zone; add it")
    return sorted(entries, key=lambda entry: entry["at"])


def _reasons(
    entry: Row, standing: Standing, facts: CaseFacts
) -> tuple[CartonSet, tuple[Refusal, ...]]:
    """Goods that an entry is about, and why it may not be made."""
    event = entry["event"]
    if event not in NEEDS:
        raise ValueError(f"event {event!r} is not known; use one of: {', '.join(NEEDS)}")
    try:
        goods = facts.goods_of(entry)
    except ValueError as error:
        # Goods that cannot be told apart: whatever holds goods holds all of them.
        return facts.all_goods, (Refusal("R05", f"goods that can be told apart: {error}"),)
    if event in ABOUT_GOODS_NOT_RELEASED and entry.get("first_carton_no") is None:
        goods -= standing.released
        if not goods:
            return goods, (Refusal("R05", "goods that have not left: give the carton numbers"),)
    return goods, (
        *unmet_needs(event, goods, standing, facts),
        *unmade_statements(event, Attempt(entry, goods, standing, facts)),
    )


def unmet_needs(
    event: str, goods: CartonSet, standing: Standing, facts: CaseFacts
) -> tuple[Refusal, ...]:
    """What must have happened before such an entry and has not, with the goods concerned."""
    lacking = [(need, goods - need.goods(standing, facts)) for need in NEEDS[event]]
    return tuple(
        Refusal(need.rule, need.missing, facts.named(left)) for need, left in lacking if left
    )


def unmade_statements(event: str, attempt: Attempt) -> tuple[Refusal, ...]:
    """What the entry itself must state and does not."""
    return tuple(
        Refusal(statement.rule, statement.missing)
        for statement in STATEMENTS.get(event, ())
        if not statement.is_made(attempt)
    )
