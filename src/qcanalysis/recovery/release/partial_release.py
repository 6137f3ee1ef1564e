"""Partial release: which cartons can go and which stay (R20, R80).

Each product is decided on its own (R06, R77): a good product never makes room for a bad one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from qcanalysis.estimation import JEFFREYS, BetaPrior
from qcanalysis.recovery.gates.carton_ranges import CartonSet
from qcanalysis.recovery.reinspection.carton_list import as_ranges
from qcanalysis.recovery.release.largest_release import (
    Evidence,
    ReleaseSet,
    expected_rate,
    largest_release,
    shrinkage_prior,
)

STRATA = ("plating_batch", "assembly_line", "treatment")
REJECTING_SCOPES = ("critical", "zero_defect", "major")
EVIDENCE = ["pieces", "inspected", "found"]
NOTHING = ReleaseSet((), 1.0, 0.0)


@dataclass(frozen=True, eq=False)
class PartialRelease:
    """Cartons that can go and cartons that stay, made by `partial_release`.

    Attributes
    ----------
    limit, probability
        Fraction bad that the released part of a product may hold, and how surely it keeps it.
    blocks
        A row per stratum: ``sku``, the strata, ``cartons, pieces, inspected, found``,
        ``expected_rate`` (mean fraction bad) and ``is_released``.
    products
        A row per product: ``sku, released_pieces, blocked_pieces``, ``probability``
        that the released part keeps the limit, ``expected_bad`` pieces in that part,
        ``released, blocked`` (carton ranges) and ``reason``, where nothing goes.
    ranges
        Rows of a release note: ``status`` ("accepted" or "blocked"), ``sku,
        first_carton_no, last_carton_no, cartons, pieces``.
    released, blocked
        Carton sets: disjoint, and together every carton.
    """

    limit: float
    probability: float
    blocks: pd.DataFrame
    products: pd.DataFrame
    ranges: pd.DataFrame
    released: CartonSet
    blocked: CartonSet

    @property
    def sentence(self) -> str:
        """What can go, in a sentence."""
        terms = f"at {self.probability:.0%} certainty of at most {self.limit:.1%} bad pieces"
        if self.products.empty:
            return "Cannot tell what can be released: carton list needed."
        go = self.products[self.products["released_pieces"] > 0]
        if go.empty:
            return f"No carton can be released {terms}."
        parts = [
            f"{row['sku']} cartons {row['released']} ({row['released_pieces']:,} pieces)"
            for _, row in go.iterrows()
        ]
        pieces = go["released_pieces"].sum()
        blocked = self.products["blocked_pieces"].sum()
        return (
            f"{pieces:,} of {pieces + blocked:,} pieces can go {terms} in each product: "
            f"{'; '.join(parts)}."
        )


def partial_release(
    register: pd.DataFrame,
    pieces: pd.DataFrame,
    *,
    limit: float,
    probability: float = 0.95,
    strata: Sequence[str] = STRATA,
    scopes: Collection[str] = REJECTING_SCOPES,
    prior: BetaPrior | None = JEFFREYS,
    design_effect: float = 1.0,
) -> PartialRelease:
    """Largest release whose bad rate keeps a limit with a wanted probability.

    Parameters
    ----------
    register
        What `carton_list` returns.
    pieces
        What `inspected_pieces` returns.
    limit
        Fraction bad that the released part of a product may hold, 0 to 1.
    probability
        Probability wanted, given what was found, that it holds no more; below 1.
    strata
        Columns of the register that set cartons apart; ``("carton_no",)`` judges
        carton by carton. Cartons of one stratum go or stay together: nothing
        tells them apart.
    scopes
        Scopes in which a piece counts as bad.
    prior
        Prior of a stratum's fraction bad; None: the `shrinkage_prior` of its product.
    design_effect
        Divides the evidence where faults come carton by carton (see
        `qcanalysis.estimation.dispersion.carton_clustering`).

    Returns
    -------
    For each product the strata with most pieces together (`largest_release`); the
    limit holds for the set, so a stratum in it may lie a little above. A product
    with a critical piece stays whole (R16); so does one whose cartons are not
    filled to a known number, or of which no inspected piece names its carton.

    Raises
    ------
    ValueError
        If limit, probability or design_effect is out of range, or the strata are too many.

    Examples
    --------
    >>> register = pd.DataFrame({"carton_no": ["001", "002"], "sku": "PIN", "pieces": 1000,
    ...     "plating_batch": ["B1", "B2"]})
    >>> pieces = pd.DataFrame({"sku": "PIN", "carton_no": ["001"] * 100 + ["002"] * 100,
    ...     "critical": False, "zero_defect": False, "major": [False] * 100 + [True] * 10
    ...     + [False] * 90})
    >>> release = partial_release(register, pieces, limit=0.025, strata=["plating_batch"])
    >>> print(release.released, "|", release.blocked)
    001 | 002
    """
    if not 0 <= limit <= 1:
        raise ValueError(f"limit must be a fraction from 0 to 1, got {limit!r}")
    if not 0 < probability < 1:
        raise ValueError(f"probability must lie strictly between 0 and 1, got {probability!r}")
    if design_effect < 1:
        raise ValueError(f"design_effect must be at least 1, got {design_effect!r}")
    tables: list[pd.DataFrame] = []
    products: list[dict[str, Any]] = []
    ranges: list[dict[str, Any]] = []
    released = CartonSet()
    for sku, goods in register.groupby("sku", sort=False):
        seen = pieces[pieces["sku"].eq(sku) & pieces["carton_no"].isin(goods["carton_no"])]
        groups = [group for _, group in goods.groupby(list(strata), sort=False)]
        table = pd.DataFrame([_block(group, seen, strata, scopes) for group in groups])
        chosen, reason = NOTHING, _barred(goods, seen)
        if not reason:
            evidence = [Evidence(*map(int, row)) for row in table[EVIDENCE].to_numpy()]
            belief = shrinkage_prior(evidence) if prior is None else prior
            table["expected_rate"] = [
                expected_rate(block, prior=belief, design_effect=design_effect)
                for block in evidence
            ]
            chosen = largest_release(
                evidence,
                limit=limit,
                probability=probability,
                prior=belief,
                design_effect=design_effect,
            )
            reason = "" if chosen.blocks else "no set of its cartons keeps the limit so surely"
        go = CartonSet.union(as_ranges(groups[i]["carton_no"]) for i in chosen.blocks)
        stay = as_ranges(goods["carton_no"]) - go
        released |= go
        tables.append(table.assign(is_released=table.index.isin(chosen.blocks)))
        ranges += [*_ranges("accepted", goods, go), *_ranges("blocked", goods, stay)]
        products.append(_product(goods, go, stay, chosen, reason))
    return PartialRelease(
        limit=limit,
        probability=probability,
        blocks=pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(),
        products=pd.DataFrame(products),
        ranges=pd.DataFrame(ranges),
        released=released,
        blocked=as_ranges(register["carton_no"]) - released,
    )


def _product(
    goods: pd.DataFrame, go: CartonSet, stay: CartonSet, chosen: ReleaseSet, reason: str
) -> dict[str, Any]:
    return {
        "sku": goods["sku"].iloc[0],
        "released_pieces": _pieces(goods, go),
        "blocked_pieces": _pieces(goods, stay),
        "probability": chosen.probability if chosen.blocks else None,
        "expected_bad": chosen.expected_bad,
        "released": str(go),
        "blocked": str(stay),
        "reason": reason,
    }


def _barred(goods: pd.DataFrame, seen: pd.DataFrame) -> str:
    """Why nothing of a product can go, whatever its rate; "" if nothing bars it."""
    if goods["pieces"].isna().any():
        first = goods.loc[goods["pieces"].isna(), "carton_no"].iloc[0]
        return f"cannot tell: units_per_carton needed for the range of carton {first}"
    if seen.empty:
        return "cannot tell: rows of inspected pieces with their carton_no needed"
    if seen["critical"].any():
        return f"R16: {seen['critical'].sum()} critical found; good pieces cannot offset it"
    return ""


def _block(
    group: pd.DataFrame, seen: pd.DataFrame, strata: Sequence[str], scopes: Collection[str]
) -> dict[str, Any]:
    inside = seen[seen["carton_no"].isin(group["carton_no"])]
    return {
        "sku": group["sku"].iloc[0],
        **{name: group[name].iloc[0] for name in strata},
        "cartons": str(as_ranges(group["carton_no"])),
        "pieces": group["pieces"].sum(skipna=False),
        "inspected": len(inside),
        "found": int(inside[list(scopes)].any(axis=1).sum()),
    }


def _pieces(goods: pd.DataFrame, cartons: CartonSet) -> int | None:
    """Pieces of a product in a set of cartons; None where a carton's pieces are not known."""
    inside = [CartonSet.between(mark) <= cartons for mark in goods["carton_no"]]
    total = goods.loc[inside, "pieces"].sum(skipna=False)
    return None if pd.isna(total) else int(total)


def _ranges(status: str, goods: pd.DataFrame, cartons: CartonSet) -> Iterator[dict[str, Any]]:
    for first, last in cartons.ranges():
        part = CartonSet.between(first, last)
        yield {
            "status": status,
            "sku": goods["sku"].iloc[0],
            "first_carton_no": first,
            "last_carton_no": last,
            "cartons": len(part),
            "pieces": _pieces(goods, part),
        }
