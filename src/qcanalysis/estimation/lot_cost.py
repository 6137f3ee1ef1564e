"""What a way of inspecting a lot leads to on average, and what that costs."""

from __future__ import annotations

import math
from dataclasses import asdict, astuple, dataclass

import numpy as np

from qcanalysis.estimation.quality_prior import QualityPrior, below, count_weights
from qcanalysis.sampling.plan import SamplingPlan, whole_number
from qcanalysis.sampling.stages import stages_of


@dataclass(frozen=True, kw_only=True)
class LotCosts:
    """Costs of one lot and its inspection, all in one currency.

    Parameters
    ----------
    per_item
        An item inspected in the sample.
    per_visit
        A visit of the inspector, whatever he inspects.
    per_bad_item_shipped
        A nonconforming item that reaches the customer.
    per_rejected_lot
        Any lot not accepted: delay, another visit, the quarrel.
    per_rejected_good_lot
        On top of it, a lot not accepted though its process is good.
    good_quality
        Largest fraction nonconforming that counts as good, e.g. the AQL.
    per_item_screened
        An item of a lot not accepted that is then sorted; 0 where the lot goes back, or
        the factory pays.
    """

    per_item: float
    per_visit: float
    per_bad_item_shipped: float
    per_rejected_lot: float = 0.0
    per_rejected_good_lot: float = 0.0
    good_quality: float = 0.0
    per_item_screened: float = 0.0

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not 0 <= value < math.inf:
                raise ValueError(f"{name} must be at least 0 and finite, got {value!r}")
        if self.good_quality > 1:
            raise ValueError(
                f"good_quality is a fraction nonconforming up to 1, got {self.good_quality!r}"
            )
        if self.per_rejected_good_lot and not self.good_quality:
            raise ValueError(
                "per_rejected_good_lot needs good_quality: up to which fraction nonconforming is "
                "a lot good? The AQL / 100 is the usual answer"
            )
        if not any(self._in_order()):
            raise ValueError("all costs are 0: there is nothing to weigh; state at least one")

    def _in_order(self) -> tuple[float, ...]:
        """Costs in the order of the fields of `LotExpectation`."""
        return (
            self.per_visit,
            self.per_item,
            self.per_rejected_lot,
            self.per_rejected_good_lot,
            self.per_item_screened,
            self.per_bad_item_shipped,
        )


@dataclass(frozen=True)
class LotExpectation:
    """What happens to a lot on average; multiplied by `LotCosts`, its expected cost.

    Parameters
    ----------
    visits, items_inspected
        Visits and items of the sampling inspection.
    rejected, rejected_good
        Probability that the lot is not accepted, and that this befalls a good one.
    items_screened
        Items sorted after the lot was not accepted.
    bad_items_shipped
        Nonconforming items in accepted lots; those found in the sample are not shipped.
    """

    visits: float
    items_inspected: float
    rejected: float
    rejected_good: float
    items_screened: float
    bad_items_shipped: float

    @property
    def probability_of_acceptance(self) -> float:
        """Probability of acceptance, averaged over the prior."""
        return 1 - self.rejected

    def cost(self, costs: LotCosts) -> float:
        """Expected cost of a lot [currency of the costs]."""
        return float(np.dot(astuple(self), costs._in_order()))


def accepted_unseen(prior: QualityPrior, lot_size: int) -> LotExpectation:
    """Every lot is accepted without inspection."""
    return LotExpectation(0.0, 0.0, 0.0, 0.0, 0.0, lot_size * prior.mean)


def rejected_unseen(prior: QualityPrior, lot_size: int, good_quality: float) -> LotExpectation:
    """No lot is accepted; where that is costed, every lot is sorted."""
    return LotExpectation(0.0, 0.0, 1.0, below(prior, good_quality)[0], float(lot_size), 0.0)


def inspected_in_full(lot_size: int) -> LotExpectation:
    """Every item is inspected, every nonconforming one found, and the lot accepted."""
    return LotExpectation(1.0, float(lot_size), 0.0, 0.0, 0.0, 0.0)


def expectation(
    plan: SamplingPlan, prior: QualityPrior, lot_size: int, *, good_quality: float = 0.0
) -> LotExpectation:
    """What a sampling plan leads to on average, exactly.

    Parameters
    ----------
    plan
        Single, double or multiple plan; later samples are drawn in the same visit.
    prior
        Prior of the fraction nonconforming of the process; the items of a lot are
        independent given it.
    lot_size
        Items in the lot, not fewer than the plan can draw.
    good_quality
        A process is good at this fraction nonconforming or less.

    Raises
    ------
    ValueError
        If the plan can draw more than the lot.

    References
    ----------
    Hald, Statistical Theory of Sampling Inspection by Attributes, 1981, part 3.

    Examples
    --------
    >>> from qcanalysis.estimation.remainder import BetaPrior
    >>> usual = expectation(SamplingPlan.single(125, 7), BetaPrior(2, 98), 3_000)
    >>> round(usual.probability_of_acceptance, 3), round(usual.bad_items_shipped, 1)
    (0.96, 51.7)
    """
    whole_number("lot_size", lot_size, least=1)
    if plan.sample_size > lot_size:
        raise ValueError(
            f"the plan draws up to {plan.sample_size} items, the lot has {lot_size}: "
            "use inspected_in_full, or a plan that fits"
        )
    reached = np.array([1.0, prior.mean, below(prior, good_quality)[0]])
    items = rejected = good = screened = shipped = 0.0
    drawn = 0
    for stage in stages_of(plan, True):
        items += (stage.drawn - drawn) * float(reached[0])
        drawn = stage.drawn
        weights = count_weights(prior, drawn, good_quality)
        kept = weights[:, : stage.accepting.size] @ stage.accepting[: drawn + 1]
        going_on = weights[:, : stage.continuing.size] @ stage.continuing[: drawn + 1]
        refused = reached - kept - going_on
        rejected += float(refused[0])
        good += float(refused[2])
        screened += float(refused[0]) * (lot_size - drawn)
        shipped += float(kept[1]) * (lot_size - drawn)
        reached = going_on
    return LotExpectation(1.0, items, max(rejected, 0.0), max(good, 0.0), screened, shipped)
