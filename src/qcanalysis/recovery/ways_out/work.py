"""What a way out does to the goods: pieces sorted, reworked, remade, and bad pieces removed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from qcanalysis.recovery.ways_out.band import Band
from qcanalysis.recovery.ways_out.catalogue import Catalogue, ReworkKind
from qcanalysis.recovery.ways_out.cost import RoundOfWork
from qcanalysis.recovery.ways_out.options import SHIPS_AS_IT_IS, RecoveryOption
from qcanalysis.recovery.ways_out.passing import FractionPosterior
from qcanalysis.recovery.ways_out.situation import Fault, SkuSituation
from qcanalysis.recovery.ways_out.timeline import RemakeLot, Timeline
from qcanalysis.sampling.distributions import Array

Variant = Literal["", "bad pieces", "every piece"]
UNTOUCHED = Band.exactly(0.0)


@dataclass(frozen=True)
class RecoveryPath:
    """A way out, and for rework whether only sorted-out bad pieces or every piece is reworked."""

    option: RecoveryOption
    variant: Variant = ""


def paths() -> tuple[RecoveryPath, ...]:
    """Every path: the nine ways out, rework in both variants.

    Examples
    --------
    >>> len(paths())
    10
    """
    found = []
    for option in RecoveryOption:
        if option is RecoveryOption.REWORK:
            found += [RecoveryPath(option, "bad pieces"), RecoveryPath(option, "every piece")]
        else:
            found.append(RecoveryPath(option))
    return tuple(found)


@dataclass(frozen=True)
class Effect:
    """What one round does: shares over the open faults, weighted by how often they were found.

    ``removal`` is the share of bad pieces no longer bad in the lot after a round;
    ``found`` the share found; ``repaired`` the share of the faults that is
    reworked; ``spoiled`` the share of reworked pieces that is lost.
    """

    removal: Band
    found: Band
    repaired: float = 0.0
    spoiled: float = 0.0


def effect_of(
    path: RecoveryPath, faults: Sequence[Fault], finding: Mapping[str, Band], catalogue: Catalogue
) -> Effect | str:
    """Effect of a path on the faults of one class, or what is missing to tell.

    Parameters
    ----------
    path
        The way out.
    faults
        Open faults of the class.
    finding
        Share of bad pieces found, by fault kind, for whoever sorts (R49).
    catalogue
        How often rework succeeds (R45).

    Examples
    --------
    >>> from qcanalysis.recovery.ways_out.catalogue import default_catalogue
    >>> ring = Fault("jump ring opening", "major", "functional", None, "repairable")
    >>> rework = RecoveryPath(RecoveryOption.REWORK, "every piece")
    >>> effect = effect_of(rework, [ring], default_catalogue().finding["factory"],
    ...                    default_catalogue())
    >>> effect.removal.low, effect.repaired
    (0.9, 1.0)
    """
    if path.option not in (
        RecoveryOption.SORT,
        RecoveryOption.REWORK,
        RecoveryOption.PARTIAL_REMAKE,
    ):
        return Effect(UNTOUCHED, UNTOUCHED)
    if not faults:
        return "no finding of a class that failed; ask the agency for it"
    unknown = sorted({f.defect_type for f in faults if f.fault_kind is None})
    if unknown:
        return f"state the fault kind of: {', '.join(unknown)}"
    found = _average([(f.count, finding[str(f.fault_kind)]) for f in faults])
    if path.option is not RecoveryOption.REWORK:
        return Effect(found, found)
    return _rework_effect(path, faults, finding, catalogue, found)


def _rework_effect(
    path: RecoveryPath,
    faults: Sequence[Fault],
    finding: Mapping[str, Band],
    catalogue: Catalogue,
    found: Band,
) -> Effect | str:
    repairable = [f for f in faults if f.repairability == "repairable"]
    if path.variant == "every piece" and len(repairable) < len(faults):
        names = sorted({f.defect_type for f in faults if f.repairability != "repairable"})
        return f"every piece is reworked only where each fault can be repaired, not: {names}"
    kinds = [(f.count, _kind(f, catalogue)) for f in repairable]
    removal = []
    for fault in faults:
        success = _kind(fault, catalogue).success
        seen = finding[str(fault.fault_kind)]
        if path.variant == "every piece":
            removal.append((fault.count, success))
        else:
            removal.append((fault.count, seen.times(success) if fault in repairable else seen))
    share = sum(f.count for f in repairable) / sum(f.count for f in faults)
    spoiled = _average([(count, kind.loss) for count, kind in kinds]).mean if kinds else 0.0
    return Effect(_average(removal), found, share, spoiled)


def is_high_risk(path: RecoveryPath, line: SkuSituation, catalogue: Catalogue) -> bool:
    """Whether the path reworks finished goods by a high-risk process such as replating (R45).

    Examples
    --------
    >>> from qcanalysis.recovery.ways_out.catalogue import default_catalogue
    >>> haze = Fault("plating haze", "major", "cosmetic", "zero_defect", "repairable")
    >>> line = SkuSituation("PIN", 8000, faults=(haze,))
    >>> is_high_risk(RecoveryPath(RecoveryOption.REWORK, "bad pieces"), line, default_catalogue())
    True
    """
    return path.option is RecoveryOption.REWORK and any(
        _kind(fault, catalogue).risk == "high"
        for fault in line.open_faults
        if fault.repairability != "irreparable"
    )


@dataclass(frozen=True, eq=False)
class Work:
    """Work of the first and of a second round, and the pieces that ship by true fraction bad."""

    first: RoundOfWork
    second: RoundOfWork | None
    shipped: Array
    remade: RemakeLot | None = None


def work_of(
    path: RecoveryPath,
    line: SkuSituation,
    posterior: FractionPosterior,
    effect: Effect,
    timeline: Timeline,
    *,
    remade: RemakeLot | None,
    false_rejects: float,
) -> Work:
    """Work and quantities of a path for one product.

    Parameters
    ----------
    path, line, effect, timeline
        The path, its product, what a round does, and how long it takes.
    posterior
        Fraction nonconforming before any work.
    remade
        Lot of a partial remake.
    false_rejects
        Share of good pieces that a sort throws out.

    Examples
    --------
    >>> from qcanalysis.recovery.ways_out.catalogue import default_catalogue
    >>> from qcanalysis.recovery.ways_out.timeline import timeline
    >>> bad = FractionPosterior(np.array([0.05]), np.ones(1))
    >>> days = timeline(RecoveryOption.SORT, default_catalogue())
    >>> sort = Effect(Band.exactly(0.7), Band.exactly(0.7))
    >>> path, pin = RecoveryPath(RecoveryOption.SORT), SkuSituation("PIN", 8000)
    >>> work = work_of(path, pin, bad, sort, days, remade=None, false_rejects=0.0)
    >>> round(float(work.shipped[0]))                        # 8,000 less 70 % of 400
    7720
    """
    quantity, fractions = line.quantity, posterior.fractions
    sorts = bool(effect.found.high > 0) and path.variant != "every piece"
    rejected = quantity * (effect.found.mean * fractions + false_rejects * (1 - fractions))
    rejected = rejected if sorts else np.zeros_like(fractions)
    out = float(rejected @ posterior.weights)
    reworked = quantity if path.variant == "every piece" else out * effect.repaired
    pieces_remade, shipped, repacked = 0.0, quantity - rejected, out
    if path.option is RecoveryOption.REWORK:
        lost = (
            effect.spoiled * quantity
            if path.variant == "every piece"
            else (rejected * (1 - effect.repaired * (1 - effect.spoiled)))
        )
        shipped, repacked = quantity - lost + np.zeros_like(fractions), float(reworked)
    elif path.option is RecoveryOption.FULL_REMAKE:
        pieces_remade, repacked = float(quantity), float(quantity)
    elif path.option is RecoveryOption.PARTIAL_REMAKE and remade is not None:
        pieces_remade, shipped = float(remade.quantity), np.full_like(fractions, quantity)
    elif path.option is RecoveryOption.PARTIAL_ACCEPTANCE and line.good_part is not None:
        shipped = np.full_like(fractions, line.good_part.quantity)
    elif path.option is RecoveryOption.REJECT:
        shipped = np.zeros_like(fractions)
    visits = 0 if line.has_passed or path.option in (*SHIPS_AS_IT_IS, RecoveryOption.REJECT) else 1
    first = RoundOfWork(
        pieces_sorted=float(quantity) if sorts else 0.0,
        pieces_reworked=float(reworked),
        pieces_remade=pieces_remade,
        pieces_repacked=repacked,
        visits=visits,
        days=timeline.first.mean,
    )
    return Work(first, _second_round(first, out, effect, line, timeline), shipped, remade)


def _second_round(
    first: RoundOfWork, rejected: float, effect: Effect, line: SkuSituation, timeline: Timeline
) -> RoundOfWork | None:
    """All goods examined again, and what is still found dealt with."""
    if timeline.second is None:
        return None
    left = 1 - effect.removal.mean
    return RoundOfWork(
        pieces_sorted=float(line.quantity),
        pieces_reworked=first.pieces_reworked * left,
        pieces_repacked=rejected * left,
        visits=1,
        days=timeline.second.mean - timeline.first.mean,
    )


def _kind(fault: Fault, catalogue: Catalogue) -> ReworkKind:
    return catalogue.rework_kinds[catalogue.rework_kind(fault.defect_type)]


def _average(parts: Sequence[tuple[int, Band]]) -> Band:
    total = sum(count for count, _ in parts)
    if total == 0:
        return _average([(1, band) for _, band in parts])
    low = sum(count * band.low for count, band in parts) / total
    high = sum(count * band.high for count, band in parts) / total
    return Band(low=low, high=max(low, high))
