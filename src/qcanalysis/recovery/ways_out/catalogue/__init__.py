"""The packaged defaults of the nine ways out, each with its source; all of them can be changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import resources
from typing import Any, Literal

import pandas as pd
import yaml
from pydantic import BaseModel, ConfigDict

from qcanalysis.recovery.ways_out.band import Band

FILES = ("options.yaml", "products.yaml", "process_risks.yaml", "rates.yaml")
Risk = Literal["low", "medium", "high"]


class Section(BaseModel):
    """Part of the catalogue; unknown names are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class OptionDefaults(Section):
    """What the guides say of one way out."""

    label: str
    rule: str
    days: Band
    direct_cost: str
    brand_risk: Risk
    brand_risk_reason: str


class OverheadDays(Section):
    """Days around the work: respecification before it, visit and report after it."""

    respecification: Band
    visit: Band
    report: Band


class RemakeRule(Section):
    """Grey bands of the rule that weighs rework against a remake (R40)."""

    cost_share: Band
    days: Band


class Reinspection(Section):
    """Plan of the next inspection: AQL by class, level, level for remade lots (R33, R34)."""

    aql_percent: dict[str, float]
    inspection_level: str
    remade_level: str


class PriceTier(Band):
    """FOB price band at one quantity (R42)."""

    quantity: int


class Product(Section):
    """Product family: prices, remake lots, lead time, weight (R42, R43)."""

    label: str
    words: tuple[str, ...]
    price_tiers: tuple[PriceTier, ...]
    remake_lot: Band
    lead_time: Band
    piece_weight: Band


class ReworkKind(Section):
    """One kind of rework: how often it works and what it spoils (R45)."""

    words: tuple[str, ...]
    risk: Risk
    is_attachment: bool
    success: Band
    loss: Band


class Rates(Section):
    """Unit costs behind the failure cost lines (R66) and what bad or missing pieces cost."""

    seconds_to_sort: Band
    seconds_to_rework: Band
    labour: Band
    parts_share: Band
    visit: Band
    repack: Band
    carton: Band
    pieces_per_carton: Band
    interest: Band
    air_freight: Band
    account_hours: Band
    account_rate: Band
    deposit_share: Band
    bad_piece: Band
    missing_piece: Band
    late_piece: Band
    deposit_recovered_with_terms: Band
    deposit_recovered_without_terms: Band


class Catalogue(Section):
    """Every default number of the recovery model."""

    options: dict[str, OptionDefaults]
    overhead_days: OverheadDays
    rework_or_remake: RemakeRule
    reinspection: Reinspection
    products: dict[str, Product]
    finding: dict[str, dict[str, Band]]
    false_rejects: Band
    rework_kinds: dict[str, ReworkKind]
    remade_fraction: dict[str, Band]
    rates: Rates

    def product(self, family: str | None) -> Product | None:
        """Product of a family, by its key or by a whole word of its name; None if unknown.

        Examples
        --------
        >>> default_catalogue().product("soft-enamel pin").lead_time.high
        8.0
        """
        if family is None:
            return None
        if family in self.products:
            return self.products[family]
        for product in self.products.values():
            if any(_has_word(family, word) for word in product.words):
                return product
        return None

    def rework_kind(self, defect_type: str) -> str:
        """Kind of rework that a defect's name points to; "other" if none.

        Examples
        --------
        >>> default_catalogue().rework_kind("front plating scratch")
        'replating'
        """
        for name, kind in self.rework_kinds.items():
            if any(_has_word(defect_type, word) for word in kind.words):
                return name
        return "other"

    def assumptions(self) -> pd.DataFrame:
        """Table of every number in force: name, low, mode, high, unit, source, note.

        Examples
        --------
        >>> table = default_catalogue().assumptions().set_index("name")
        >>> float(table.loc["options.full_remake.days", "high"])
        20.0
        """
        columns = ["name", "low", "mode", "high", "unit", "source", "note"]
        rows = [
            [name, b.low, b.mode, b.high, b.unit, b.source, b.note] for name, b in _bands("", self)
        ]
        table = pd.DataFrame(rows, columns=columns)
        return table.astype({"low": float, "mode": float, "high": float})


def default_catalogue(changes: Mapping[str, Any] | None = None) -> Catalogue:
    """Packaged catalogue, with changes laid over it.

    Parameters
    ----------
    changes
        Nested mapping in the layout of the packaged files; only what is named changes.

    Raises
    ------
    pydantic.ValidationError
        If a change has an unknown name or a band out of order.

    Examples
    --------
    >>> default_catalogue({"rates": {"visit": {"low": 300, "high": 300}}}).rates.visit.mean
    300.0
    """
    values = _packaged()
    return Catalogue.model_validate(_laid_over(values, changes) if changes else values)


@lru_cache(maxsize=1)
def _packaged() -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for name in FILES:
        file = resources.files(__name__).joinpath(name)
        merged |= yaml.safe_load(file.read_text(encoding="utf-8"))
    return merged


def _laid_over(values: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(values)
    for name, change in changes.items():
        old = merged.get(name)
        nested = isinstance(old, Mapping) and isinstance(change, Mapping) and "low" not in change
        merged[name] = _laid_over(old, change) if nested else change  # type: ignore[arg-type]
    return merged


def _has_word(text: str, word: str) -> bool:
    plain = " ".join(text.lower().replace("-", " ").replace("_", " ").split())
    return f" {word} " in f" {plain} " or f" {word}s " in f" {plain} "


def _bands(path: str, part: object) -> Iterator[tuple[str, Band]]:
    if isinstance(part, Band):
        at = f" at {part.quantity:,}" if isinstance(part, PriceTier) else ""
        yield path + at, part
    elif isinstance(part, BaseModel):
        for name in type(part).model_fields:
            yield from _bands(f"{path}.{name}".strip("."), getattr(part, name))
    elif isinstance(part, Mapping):
        for name, inner in part.items():
            yield from _bands(f"{path}.{name}", inner)
    elif isinstance(part, tuple):
        for inner in part:
            yield from _bands(path, inner)
