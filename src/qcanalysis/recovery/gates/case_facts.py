"""What the gates must know of a case beside its event log: goods, failures, sheets, deadlines."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import pandas as pd

from qcanalysis.recovery.gates.carton_ranges import CartonSet
from qcanalysis.recovery.rows import Row, rows_of

ATTACHMENT_WORDS = ("ring", "clutch", "post", "swivel", "clasp", "hook", "pin back", "weld")
HARDWARE_COLUMNS = ("hardware_source", "wire_diameter_mm", "closing_method")


@dataclass(frozen=True, eq=False)
class CaseFacts:
    """Facts of a case that the gates weigh; frames as the records hand them out.

    A frame that is left empty, or a column that is missing, means "not known", and what is not
    known keeps a gate shut.

    Attributes
    ----------
    skus
        Order lines: `sku`, `quantity` [pieces].
    cartons
        Carton register: `first_carton_no`, `last_carton_no`, `sku`, `quantity` [pieces],
        `units_per_carton` [pieces]. Goods that are in no carton of it count as one block.
    class_results, findings
        Results of the failed inspection: which lot failed in which class (R16, R73), which
        defect lies in which zone (R39), whether an attachment failed (R63).
    corrective_actions
        Lines of the corrective action sheet with payer, quantity, parallel work (R67).
    payments
        Ledger: `payment_kind`, `currency`, `rate_to_order_currency` (R72).
    hardware
        Facts about attachments by `sku`: `hardware_source`, `wire_diameter_mm` [mm],
        `closing_method` (R63).
    order_currency
        Currency of the order.
    reported_at, factory_answer_due_at, rework_deadline, vessel_cut_off
        Dates of the schedule, with zone.
    respecification_time, answer_time
        Time allowed from the report: 24 h (R21) and 48 h (R58).
    attachment_words
        Words that mark a defect type as an attachment failure.

    Raises
    ------
    ValueError
        If there is no order line (R01), a carton is registered twice or for a product that was
        not ordered (R05), or a date has no time zone.

    Examples
    --------
    >>> facts = CaseFacts(skus=pd.DataFrame({"sku": ["PIN"], "quantity": [8000]}))
    >>> facts.pieces(facts.all_goods)
    8000
    """

    skus: pd.DataFrame
    cartons: pd.DataFrame = field(default_factory=pd.DataFrame)
    class_results: pd.DataFrame = field(default_factory=pd.DataFrame)
    findings: pd.DataFrame = field(default_factory=pd.DataFrame)
    corrective_actions: pd.DataFrame = field(default_factory=pd.DataFrame)
    payments: pd.DataFrame = field(default_factory=pd.DataFrame)
    hardware: pd.DataFrame = field(default_factory=pd.DataFrame)
    order_currency: str | None = None
    reported_at: datetime | None = None
    factory_answer_due_at: datetime | None = None
    rework_deadline: datetime | None = None
    vessel_cut_off: datetime | None = None
    respecification_time: timedelta = timedelta(hours=24)
    answer_time: timedelta = timedelta(hours=48)
    attachment_words: tuple[str, ...] = ATTACHMENT_WORDS

    def __post_init__(self) -> None:
        for name in ("reported_at", "factory_answer_due_at", "rework_deadline", "vessel_cut_off"):
            moment: datetime | None = getattr(self, name)
            if moment is not None and moment.tzinfo is None:
                raise ValueError(f"{name} must have a time zone, got {moment}; add its offset")
        if not self.quantities:
            raise ValueError("skus must hold at least one order line (R01), got none; add them")
        seen = CartonSet()
        for row, cartons in self._register:
            if seen & cartons:
                raise ValueError(
                    f"cartons {seen & cartons} are registered twice, the second time for "
                    f"{row['sku']!r}; R05 wants each carton once: correct the register"
                )
            if row["sku"] not in self.quantities:
                raise ValueError(
                    f"cartons {cartons} hold {row['sku']!r}, which is no line of the order "
                    f"({', '.join(self.quantities)}); correct the register"
                )
            seen |= cartons

    @classmethod
    def of(cls, case: Any) -> CaseFacts:
        """Facts of a case as the records hand it out (`qcanalysis.records.Case`)."""
        return cls(
            skus=case.skus,
            cartons=case.cartons,
            class_results=case.class_results,
            findings=case.findings,
            corrective_actions=case.corrective_actions,
            payments=case.payments,
            order_currency=case.money.currency,
            reported_at=case.schedule.reported_at,
            factory_answer_due_at=case.schedule.answer_due_at,
            rework_deadline=case.schedule.rework_deadline,
            vessel_cut_off=case.schedule.vessel_cut_off,
        )

    def moment(self, as_of: str) -> datetime:
        """Moment to judge the case at: as stated, or when the report came, or before any clock.

        Raises
        ------
        ValueError
            If ``as_of`` is no ISO time with a zone.
        """
        if not as_of:
            return self.reported_at or datetime(1970, 1, 1, tzinfo=UTC)
        try:
            moment = datetime.fromisoformat(as_of)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            raise ValueError(
                f"as_of must be a time with its zone, as 2026-10-07T09:00+08:00, got {as_of!r}"
            )
        return moment

    @cached_property
    def _register(self) -> list[tuple[Row, CartonSet]]:
        return [
            (row, CartonSet.between(row["first_carton_no"], row["last_carton_no"]))
            for row in rows_of(self.cartons)
        ]

    @cached_property
    def quantities(self) -> dict[str, int]:
        """Pieces ordered by product."""
        return {row["sku"]: int(row["quantity"]) for row in rows_of(self.skus)}

    @cached_property
    def _blocks(self) -> dict[str, tuple[CartonSet, int]]:
        """Goods of each product that are in no registered carton, with their pieces."""
        left = dict(self.quantities)
        for row, _ in self._register:
            left[row["sku"]] -= int(row["quantity"])
        return {
            sku: (CartonSet.between(f"{sku} (no carton number)"), pieces)
            for sku, pieces in left.items()
            if pieces > 0
        }

    @cached_property
    def goods(self) -> dict[str, CartonSet]:
        """Cartons of each product; pieces that are in no registered carton form one block."""
        goods = {sku: CartonSet() for sku in self.quantities}
        for row, cartons in self._register:
            goods[row["sku"]] |= cartons
        for sku, (block, _) in self._blocks.items():
            goods[sku] |= block
        return goods

    @cached_property
    def all_goods(self) -> CartonSet:
        """All cartons of the order."""
        return CartonSet.union(self.goods.values())

    def goods_of(self, row: Row) -> CartonSet:
        """Cartons that a row with `sku`, `first_carton_no`, `last_carton_no` is about.

        Raises
        ------
        ValueError
            If the product is not in the order, or the cartons are not in its register.
        """
        sku, first, last = (row.get(k) for k in ("sku", "first_carton_no", "last_carton_no"))
        if sku is not None and sku not in self.goods:
            raise ValueError(f"sku {sku!r} is no line of the order: {', '.join(self.goods)}")
        register = self.all_goods if sku is None else self.goods[sku]
        if first is None and last is None:
            return register
        if first is None:
            raise ValueError(f"last_carton_no {last!r} has no first_carton_no; give both")
        named = CartonSet.between(first, last)
        register -= CartonSet.union(block for block, _ in self._blocks.values())
        if not named <= register:
            whose = "of the order" if sku is None else f"of {sku}"
            raise ValueError(
                f"cartons {named - register} are not in the carton register {whose}; "
                "correct the numbers or add them to cartons"
            )
        marked = register & named
        if marked.ranges() != ((first, first if last is None else last),):
            raise ValueError(f"cartons {named} are marked {marked} in the register; write them so")
        return marked

    def pieces(self, cartons: CartonSet) -> int | None:
        """Pieces in `cartons`; None where the register does not say how a range is filled."""
        blocks = sum(pieces for block, pieces in self._blocks.values() if block <= cartons)
        counts = [_pieces_of(row, whole, whole & cartons) for row, whole in self._register]
        known = [count for count in counts if count is not None]
        return blocks + sum(known) if len(known) == len(counts) else None

    def named(self, cartons: CartonSet) -> str:
        """Words for a set of cartons, by product."""
        if cartons == self.all_goods:
            return "the whole order"
        parts = []
        for sku, whole in self.goods.items():
            part = whole & cartons
            if part:
                parts.append(sku if part == whole else f"{sku} cartons {part}")
        return "; ".join(parts)

    @cached_property
    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """Rows of the tables that the rules look into, by name."""
        names = ("findings", "corrective_actions", "payments", "hardware")
        return {name: rows_of(getattr(self, name)) for name in names}

    def goods_where(self, table: str, column: str, **values: str) -> CartonSet:
        """Goods of the rows that state `column` and have these `values`; no SKU: all goods."""
        return CartonSet.union(
            self.goods.get(row.get("sku") or "", self.all_goods)
            for row in self.rows[table]
            if row.get(column) is not None
            and all(row.get(name) == value for name, value in values.items())
        )

    @cached_property
    def failed_lots(self) -> list[tuple[CartonSet, str | None]]:
        """Goods and class of each failed result; the order with class None where none is known."""
        failed = [
            (self.goods.get(row.get("sku") or "", self.all_goods), row["defect_class"])
            for row in rows_of(self.class_results)
            if _is_failed(row)
        ]
        return failed or [(self.all_goods, None)]

    @cached_property
    def lots_to_reinspect(self) -> list[CartonSet]:
        """Goods of the lots that failed in a critical or major class, or not known which (R73)."""
        return [goods for goods, defect_class in self.failed_lots if defect_class != "minor"]

    @cached_property
    def critical_goods(self) -> CartonSet:
        """Goods of lots with a critical failure or finding (R16)."""
        return CartonSet.union(
            goods for goods, defect_class in self.failed_lots if defect_class == "critical"
        ) | self.goods_where("findings", "finding_id", defect_class="critical")

    @cached_property
    def attachment_goods(self) -> CartonSet:
        """Goods of the products on which an attachment failed (R63)."""
        word = re.compile(rf"\b({'|'.join(map(re.escape, self.attachment_words))})s?\b", re.I)
        return CartonSet.union(
            self.goods.get(row.get("sku") or "", self.all_goods)
            for row in self.rows["findings"]
            if row.get("fault_kind") in (None, "functional", "safety")
            and word.search(row["defect_type"])
        )


def _pieces_of(row: Row, whole: CartonSet, part: CartonSet) -> int | None:
    """Pieces in a part of a range whose cartons are full but for the last."""
    quantity, full = int(row["quantity"]), row.get("units_per_carton")
    if not part or part == whole:
        return quantity if part else 0
    if full is None:
        return None
    has_last = whole.intervals[0][2] == part.intervals[-1][2]
    in_last = quantity - int(full) * (len(whole) - 1)
    return int(full) * (len(part) - has_last) + in_last * has_last


def _is_failed(row: Row) -> bool:
    found, accepted, rejected = (
        row.get(name) for name in ("found", "acceptance_number", "rejection_number")
    )
    return (
        row.get("reported_result") == "not_accepted"
        or (found is not None and rejected is not None and found >= rejected)
        or (found is not None and accepted is not None and found > accepted)
    )
