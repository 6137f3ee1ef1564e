"""What is known of a failed order, product by product, when a way out is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

import pandas as pd

from qcanalysis.recovery.rows import rows_of

DefectClass = Literal["critical", "major", "minor"]
FaultKind = Literal["cosmetic", "functional", "measurement", "safety"]
AppearanceZone = Literal["zero_defect", "controlled_cosmetic", "non_appearance"]
Repairability = Literal["repairable", "irreparable"]
SortedBy = Literal["factory", "factory_with_independent_check", "supervised"]
HARDWARE_FACTS = ("hardware source", "wire diameter", "closing method")  # R63


@dataclass(frozen=True)
class Fault:
    """One kind of fault of one product; None where the report does not say.

    ``count`` is how often it was found and weighs the faults of a class.
    """

    defect_type: str
    defect_class: DefectClass
    fault_kind: FaultKind | None = None
    appearance_zone: AppearanceZone | None = None
    repairability: Repairability | None = None
    count: int = 1


@dataclass(frozen=True)
class ClassCount:
    """Nonconforming pieces of one class in the sample of one product, and its verdict."""

    defect_class: DefectClass
    found: int
    sample_size: int | None
    is_accepted: bool | None = None


@dataclass(frozen=True)
class GoodPart:
    """Part of a product that is set apart as good: quantity, and what its own sample found."""

    quantity: int
    found: int
    sample_size: int


@dataclass(frozen=True)
class SkuSituation:
    """One product of a failed order.

    Parameters
    ----------
    sku, quantity, product_family, unit_price
        Order line; price a piece [order currency], None if not known.
    faults, class_counts
        What the report says of this product; empty where it says nothing.
    good_part
        Cartons or batches that localisation found good, with their own sample.
    hardware_facts
        Facts of ``HARDWARE_FACTS`` that are in writing (R63).
    is_sellable
        The buyer's word on whether the goods still sell as they are (R54).
    next_order_planned
        Is there a next run that could carry replacements (R56).
    credit_share
        Price cut or credit agreed, as a fraction of the value of the line (R50, R54).
    """

    sku: str
    quantity: int
    product_family: str | None = None
    unit_price: float | None = None
    faults: tuple[Fault, ...] = ()
    class_counts: tuple[ClassCount, ...] = ()
    good_part: GoodPart | None = None
    hardware_facts: frozenset[str] = frozenset()
    is_sellable: bool | None = None
    next_order_planned: bool | None = None
    credit_share: float | None = None

    def __post_init__(self) -> None:
        if self.quantity < 1:
            raise ValueError(f"quantity must be at least 1 piece, got {self.quantity!r}")
        unknown = self.hardware_facts - set(HARDWARE_FACTS)
        if unknown:
            raise ValueError(
                f"hardware_facts must be among {HARDWARE_FACTS}, got {sorted(unknown)}"
            )
        if self.credit_share is not None and not 0 <= self.credit_share <= 1:
            raise ValueError(f"credit_share must lie between 0 and 1, got {self.credit_share!r}")

    @property
    def has_passed(self) -> bool:
        """Whether every class of this product was judged on its own and accepted."""
        return bool(self.class_counts) and all(c.is_accepted is True for c in self.class_counts)

    @property
    def open_faults(self) -> tuple[Fault, ...]:
        """Faults that must be dealt with: those of classes not accepted, and every critical one."""
        accepted = {c.defect_class for c in self.class_counts if c.is_accepted}
        return tuple(
            fault
            for fault in self.faults
            if fault.defect_class == "critical" or fault.defect_class not in accepted
        )


@dataclass(frozen=True)
class OrderSituation:
    """A failed order: its products, its days, its contract, its money.

    Parameters
    ----------
    skus
        The products.
    days_to_cut_off
        Calendar days from the report to the vessel cut-off [days]; None if not known.
    contract
        Terms by the names of the records' contract section; what is absent is unknown.
    balance_is_paid
        Has the balance been paid.
    sorted_by
        Who sorts (R49).
    """

    skus: tuple[SkuSituation, ...]
    days_to_cut_off: float | None = None
    contract: Mapping[str, Any] = field(default_factory=dict)
    balance_is_paid: bool | None = None
    sorted_by: SortedBy = "factory"

    def __post_init__(self) -> None:
        names = [line.sku for line in self.skus]
        if len(set(names)) < len(names):
            raise ValueError(f"skus must differ, got {names}")
        if self.days_to_cut_off is not None and not self.days_to_cut_off >= 0:
            raise ValueError(f"days_to_cut_off must not be negative, got {self.days_to_cut_off!r}")
        if self.sorted_by not in get_args(SortedBy):
            raise ValueError(
                f"sorted_by must be one of {get_args(SortedBy)}, got {self.sorted_by!r}"
            )


def order_situation(
    skus: pd.DataFrame,
    class_results: pd.DataFrame,
    findings: pd.DataFrame,
    *,
    decisions: Mapping[str, Mapping[str, Any]] | None = None,
    **order: Any,
) -> OrderSituation:
    """Situation of an order from the tables of its records.

    Parameters
    ----------
    skus, class_results, findings
        Tables in the records' layout, of the one inspection that counts. Rows
        without a SKU are pooled over the order and say nothing of one product.
    decisions
        What the tables cannot hold, by SKU: ``good_part``, ``hardware_facts``,
        ``is_sellable``, ``next_order_planned``, ``credit_share``.
    order
        The other fields of `OrderSituation`.

    Raises
    ------
    ValueError
        If ``decisions`` names a SKU that is not in the order.

    Examples
    --------
    >>> skus = pd.DataFrame({"sku": ["PIN"], "quantity": [8000], "product_family": ["pin"]})
    >>> pooled = pd.DataFrame({"defect_class": ["major"], "found": [7], "acceptance_number": [5]})
    >>> order = order_situation(skus, pooled, pd.DataFrame(), days_to_cut_off=12)
    >>> order.skus[0].quantity, order.skus[0].class_counts
    (8000, ())
    """
    decisions = decisions or {}
    strangers = sorted(set(decisions) - set(skus["sku"].astype(str)))
    if strangers:
        raise ValueError(f"decisions name {strangers}, which are not SKUs of the order")
    lines = []
    for row in rows_of(skus):
        sku = str(row["sku"])
        line = SkuSituation(
            sku=sku,
            quantity=int(row["quantity"]),
            product_family=row.get("product_family"),
            unit_price=None if row.get("unit_price") is None else float(row["unit_price"]),
            faults=_faults(findings, sku),
            class_counts=_class_counts(class_results, sku),
        )
        chosen = dict(decisions.get(sku, {}))
        if "hardware_facts" in chosen:  # a list of what is in writing, or a mapping of it
            chosen["hardware_facts"] = frozenset(chosen["hardware_facts"])
        lines.append(replace(line, **chosen))
    return OrderSituation(skus=tuple(lines), **order)


def _of_sku(frame: pd.DataFrame, sku: str) -> list[dict[str, Any]]:
    return [row for row in rows_of(frame) if row.get("sku") == sku]


def _faults(findings: pd.DataFrame, sku: str) -> tuple[Fault, ...]:
    counts: dict[Fault, int] = {}
    for row in _of_sku(findings, sku):
        fault = Fault(
            row["defect_type"],
            row["defect_class"],
            row.get("fault_kind"),
            row.get("appearance_zone"),
            row.get("repairability"),
        )
        times = row.get("count")
        counts[fault] = counts.get(fault, 0) + (1 if times is None else int(times))
    return tuple(replace(fault, count=count) for fault, count in counts.items())


def _class_counts(class_results: pd.DataFrame, sku: str) -> tuple[ClassCount, ...]:
    counts: dict[str, ClassCount] = {}
    for row in _of_sku(class_results, sku):
        found, size, limit = (row.get(k) for k in ("found", "sample_size", "acceptance_number"))
        if found is None:
            continue
        accepted = None if limit is None else bool(found <= limit)
        size = None if size is None else int(size)
        lot = ClassCount(row["defect_class"], int(found), size, accepted)
        known = counts.get(lot.defect_class)
        counts[lot.defect_class] = lot if known is None else _together(known, lot)
    return tuple(counts.values())


def _together(one: ClassCount, other: ClassCount) -> ClassCount:
    """Counts of two lots of one product; one failed lot fails it."""
    sizes = (one.sample_size, other.sample_size)
    verdicts = (one.is_accepted, other.is_accepted)
    return ClassCount(
        one.defect_class,
        one.found + other.found,
        None if None in sizes else sum(size or 0 for size in sizes),
        False if False in verdicts else None if None in verdicts else True,
    )
