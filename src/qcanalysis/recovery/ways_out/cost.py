"""What a way out costs: the eight lines of failure cost, each with its payer (R66)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from qcanalysis.recovery.ways_out.band import Band
from qcanalysis.recovery.ways_out.catalogue import Rates
from qcanalysis.recovery.ways_out.grid_distribution import GridDistribution, mixture
from qcanalysis.recovery.ways_out.payers import PayerRuling, payer_of_failure, payer_of_reinspection

CostName = Literal[
    "sort and rework labour",
    "parts and remade pieces",
    "third-party visit",
    "repacking",
    "re-cartoning",
    "late balance",
    "air freight",
    "account time",
]
COST_NAMES: tuple[CostName, ...] = get_args(CostName)
NOTHING = Band.exactly(0.0)
GRID_POINTS = 1000


@dataclass(frozen=True)
class RoundOfWork:
    """What one round of a way out asks for; pieces, visits, days, hours' worth of rounds."""

    pieces_sorted: float = 0.0
    pieces_reworked: float = 0.0
    pieces_remade: float = 0.0
    pieces_repacked: float = 0.0
    visits: int = 0
    days: float = 0.0


@dataclass(frozen=True)
class CostLine:
    """One line of failure cost [order currency] with its payer."""

    name: CostName
    amount: Band
    payer: PayerRuling

    @property
    def buyers_mean(self) -> float:
        """Mean of the buyer's part [order currency]."""
        return self.amount.mean * self.payer.buyers_share


@dataclass(frozen=True)
class Costs:
    """The eight lines of one round of work, or of one event such as late goods."""

    lines: tuple[CostLine, ...]

    @property
    def total(self) -> Band:
        """Ends of the sum: every line low, every line high; not a likely range."""
        return Band(
            low=sum(line.amount.low for line in self.lines),
            high=sum(line.amount.high for line in self.lines),
        )

    @property
    def mean(self) -> float:
        """Mean of the sum [order currency]."""
        return sum(line.amount.mean for line in self.lines)

    @property
    def buyers_mean(self) -> float:
        """Mean of the buyer's part of the sum [order currency]."""
        return sum(line.buyers_mean for line in self.lines)


def round_costs(
    work: RoundOfWork,
    *,
    price: Band,
    goods_value: Band,
    rates: Rates,
    contract: Mapping[str, Any],
) -> Costs:
    """Costs of one round of work.

    Parameters
    ----------
    work
        What the round asks for.
    price, goods_value
        Price a piece and value of the order line [order currency].
    rates
        Unit costs.
    contract
        Terms that decide who pays.

    Examples
    --------
    >>> from qcanalysis.recovery.ways_out.catalogue import default_catalogue
    >>> costs = round_costs(RoundOfWork(visits=1), price=Band.exactly(0.3),
    ...     goods_value=Band.exactly(2400), rates=default_catalogue().rates, contract={})
    >>> [line.name for line in costs.lines if line.amount.mean][:1]
    ['third-party visit']
    """
    hours = rates.seconds_to_sort.times(work.pieces_sorted / 3600)
    rework_hours = rates.seconds_to_rework.times(work.pieces_reworked / 3600)
    balance = goods_value.times(1 - rates.deposit_share.mean)
    amounts: dict[CostName, Band] = {
        "sort and rework labour": rates.labour.times(_sum(hours, rework_hours)),
        "parts and remade pieces": _sum(
            price.times(rates.parts_share).times(work.pieces_reworked),
            price.times(work.pieces_remade),
        ),
        "third-party visit": rates.visit.times(work.visits),
        "repacking": rates.repack.times(work.pieces_repacked),
        "re-cartoning": rates.carton.times(_cartons(work.pieces_repacked, rates)),
        "late balance": balance.times(rates.interest).times(work.days / 365),
        "account time": rates.account_hours.times(rates.account_rate),
    }
    return _with_payers(amounts, contract)


def air_freight_costs(
    pieces: float, *, piece_weight: Band | None, rates: Rates, contract: Mapping[str, Any]
) -> Costs | None:
    """Costs of flying goods that missed the vessel; None if the weight a piece is not known.

    Examples
    --------
    >>> from qcanalysis.recovery.ways_out.catalogue import default_catalogue
    >>> costs = air_freight_costs(1000, piece_weight=Band.exactly(0.01),
    ...                           rates=default_catalogue().rates, contract={})
    >>> costs.total.low, costs.total.high
    (50.0, 90.0)
    """
    if piece_weight is None:
        return None
    freight = rates.air_freight.times(piece_weight).times(pieces)
    return _with_payers({"air freight": freight}, contract)


def cost_table(parts: Sequence[tuple[float, Costs]]) -> pd.DataFrame:
    """Table of the eight lines, each event's costs weighted by how probable it is.

    Parameters
    ----------
    parts
        Pairs of probability and costs.

    Returns
    -------
    ``cost, low, expected, high, payer, is_agreed, reason``: the ends if every
    event happens that can, and the mean over what may happen [order currency].

    Examples
    --------
    >>> len(cost_table([(1.0, Costs(()))]))
    8
    """
    rows = []
    for name in COST_NAMES:
        found = [(p, x) for p, costs in parts for x in costs.lines if x.name == name]
        payer = found[0][1].payer if found else None
        rows.append(
            {
                "cost": name,
                "low": sum(x.amount.low for p, x in found if p >= 1 - 1e-12),
                "expected": sum(p * x.amount.mean for p, x in found),
                "high": sum(x.amount.high for p, x in found if p > 0),
                "payer": payer.payer if payer else "",
                "is_agreed": payer.is_agreed if payer else False,
                "reason": f"{payer.sentence} ({payer.rule})" if payer else "not incurred",
            }
        )
    return pd.DataFrame(rows)


def total_distribution(
    always: Costs, events: Sequence[tuple[float, Sequence[Costs]]]
) -> GridDistribution:
    """Distribution of the total over all payers [order currency], by convolution.

    Parameters
    ----------
    always
        Costs that come in any case.
    events
        Exclusive cases: probability, and the costs that come on top. Lines are
        taken as independent.

    Examples
    --------
    >>> from qcanalysis.recovery.ways_out.payers import payer_of_failure
    >>> one = Costs((CostLine("third-party visit", Band(low=0, high=100), payer_of_failure({})),))
    >>> round(total_distribution(one, [(1.0, [one])]).mean, 6)
    100.0
    """
    most = [[always, *extra] for _, extra in events]
    ends = [(sum(c.total.low for c in part), sum(c.total.high for c in part)) for part in most]
    span = max(high for _, high in ends) - min(low for low, _ in ends)
    step = span / GRID_POINTS or 1.0
    parts = [_sum_distribution(costs, step) for costs in most]
    weights = np.array([probability for probability, _ in events])
    return mixture(parts, weights)


def _sum_distribution(costs: Sequence[Costs], step: float) -> GridDistribution:
    total = GridDistribution(0.0, step, np.ones(1))
    for part in costs:
        for line in part.lines:
            if line.amount.high > 0:
                total = total.plus(GridDistribution.of_band(line.amount, step=step))
    return total


def _with_payers(amounts: Mapping[CostName, Band], contract: Mapping[str, Any]) -> Costs:
    failure, visit = payer_of_failure(contract), payer_of_reinspection(contract)
    own = PayerRuling("buyer", True, "R66", "the buyer's own staff")
    waits = PayerRuling("factory", True, "R71", "the balance stays unpaid while unresolved")
    special: dict[CostName, PayerRuling] = {
        "third-party visit": visit,
        "late balance": waits,
        "account time": own,
    }
    return Costs(
        tuple(
            CostLine(name, amounts.get(name, NOTHING), special.get(name, failure))
            for name in COST_NAMES
        )
    )


def _sum(one: Band, other: Band) -> Band:
    """Sum of two bands that move together; its mode keeps the mean."""
    low, high = one.low + other.low, one.high + other.high
    mode = 3 * (one.mean + other.mean) - low - high
    return Band(low=low, high=high, mode=min(max(mode, low), high))


def _cartons(pieces: float, rates: Rates) -> Band:
    full = rates.pieces_per_carton
    return Band(low=pieces / full.high, high=pieces / full.low)
