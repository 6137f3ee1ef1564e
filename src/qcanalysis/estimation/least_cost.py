"""The sampling plan that costs least on average, by search over every plan.

For a sample of n items the best acceptance number follows from the posterior: accept
while the bad items expected in the rest cost less than not accepting. With the weights
of all counts in all sample sizes at hand (`CountTable`) every single plan is a partial
sum, and every two-stage plan one thinning step from the next.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from qcanalysis.estimation.lot_cost import (
    LotCosts,
    LotExpectation,
    accepted_unseen,
    expectation,
    inspected_in_full,
    rejected_unseen,
)
from qcanalysis.estimation.quality_prior import CountTable, QualityPrior, below
from qcanalysis.sampling.distributions import Array
from qcanalysis.sampling.plan import SamplingPlan, whole_number

LARGEST_SAMPLE = 2_000
LARGEST_TWO_STAGE = 1_000
START_WIDTH = 64


@dataclass(frozen=True)
class Candidate:
    """One way of dealing with a lot, with what it costs.

    Parameters
    ----------
    name
        What it is, in words.
    plan
        The sampling plan; None where nothing or everything is inspected.
    expectation
        What it leads to on average.
    expected_cost
        Mean cost of a lot [currency of the costs].
    """

    name: str
    plan: SamplingPlan | None
    expectation: LotExpectation
    expected_cost: float


class PlanSearch:
    """Every single and two-stage plan of a lot, ready to be costed again and again.

    Parameters
    ----------
    prior
        Prior of the fraction nonconforming of the process that makes the lots.
    lot_size
        Items in the lot.
    good_quality
        Largest fraction nonconforming that counts as good; as in the costs.
    largest_sample_size
        Largest sample looked at; a sample is smaller than its lot.

    Examples
    --------
    >>> from qcanalysis.estimation.remainder import BetaPrior
    >>> costs = LotCosts(
    ...     per_item=0.5, per_visit=250, per_bad_item_shipped=12, per_rejected_lot=900)
    >>> search = PlanSearch(BetaPrior(2, 98), 3_000)
    >>> search.single(costs).plan
    SamplingPlan(78 2/3)
    """

    def __init__(
        self,
        prior: QualityPrior,
        lot_size: int,
        *,
        good_quality: float = 0.0,
        largest_sample_size: int = LARGEST_SAMPLE,
    ) -> None:
        self.prior = prior
        self.lot_size = whole_number("lot_size", lot_size, least=2)
        self.good_quality = good_quality
        asked = whole_number("largest_sample_size", largest_sample_size, least=1)
        self.largest = min(asked, lot_size - 1)
        self._tables: dict[int, CountTable] = {}

    def _table(self, width: int) -> CountTable:
        """Counts below ``width``; the narrow table, enough for most costs, is always at hand."""
        width = min(width, self.largest + 1)
        if width not in self._tables:
            self._tables[width] = CountTable(
                self.prior, self.largest, self.good_quality, width=width
            )
        return self._tables[width]

    @cached_property
    def _probability_good(self) -> float:
        return below(self.prior, self.good_quality)[0]

    def _gains(self, costs: LotCosts, *, complete_to: int = 0) -> Array:
        """What accepting instead of not accepting saves at each (n, x), times its probability.

        Positive up to the best Ac and negative beyond: the more is found, the more bad
        items are left and the less likely it is that a good lot is turned away. The table
        is widened until it holds every positive gain, for sample sizes up to
        ``complete_to`` and for those that could still be the cheapest.
        """
        if costs.good_quality != self.good_quality:
            raise ValueError(
                f"good_quality must be that of the search, {self.good_quality!r}, "
                f"got {costs.good_quality!r}"
            )
        size = np.arange(self.largest + 1.0)
        rest = self.lot_size - size[:, None]
        width = START_WIDTH
        while True:
            table = self._table(width)
            gains = (costs.per_rejected_lot + costs.per_item_screened * rest) * table.probability
            gains += costs.per_rejected_good_lot * table.good
            gains -= costs.per_bad_item_shipped * rest * table.fraction
            if table.width > self.largest:
                return gains
            sampling = costs.per_visit + costs.per_item * size
            decided = self._all_rejected(costs) - np.maximum(gains, 0.0).sum(axis=1)
            matters = (sampling <= (sampling + decided)[1:].min()) | (size <= complete_to)
            if not np.any(matters & (size >= table.width) & (gains[:, -1] > 0)):
                return gains
            width *= 2

    def _all_rejected(self, costs: LotCosts) -> Array:
        """Cost after the sample of every size if no lot were accepted."""
        rest = self.lot_size - np.arange(self.largest + 1.0)
        fixed = costs.per_rejected_lot + costs.per_rejected_good_lot * self._probability_good
        return np.asarray(fixed + costs.per_item_screened * rest)

    def single_costs(self, costs: LotCosts) -> tuple[Array, Array]:
        """Best acceptance number and expected cost of each sample size from 1.

        A plan has to be able to refuse: Ac stays below n.
        """
        return self._single_costs(costs, self._gains(costs, complete_to=self.largest))

    def _single_costs(self, costs: LotCosts, gains: Array) -> tuple[Array, Array]:
        size = np.arange(1, self.largest + 1)
        best = np.minimum(np.maximum((gains[1:] > 0).sum(axis=1) - 1, 0), size - 1)
        saved = np.cumsum(gains[1:], axis=1)[size - 1, best]
        before = costs.per_visit + costs.per_item * size
        return best, before + self._all_rejected(costs)[1:] - saved

    def single(self, costs: LotCosts) -> Candidate:
        """Single plan with the least expected cost."""
        limits, expected = self._single_costs(costs, self._gains(costs))
        place = int(np.argmin(expected))
        plan = SamplingPlan.single(place + 1, int(limits[place]))
        return self.candidate("least cost, single", plan, costs)

    def accept_zero(self, costs: LotCosts) -> Candidate:
        """Accept-zero plan with the least expected cost."""
        size = np.arange(1, self.largest + 1)
        expected = costs.per_item * size + self._all_rejected(costs)[1:] - self._gains(costs)[1:, 0]
        plan = SamplingPlan.single(int(np.argmin(expected)) + 1, 0)
        return self.candidate("least cost, accept zero", plan, costs)

    def two_stage(
        self, costs: LotCosts, *, largest_total: int = LARGEST_TWO_STAGE
    ) -> Candidate | None:
        """Two-stage plan with the least expected cost, both samples drawn in one visit.

        Every pair of sample sizes with a sum up to ``largest_total`` is looked at, each with
        its best acceptance and rejection numbers. None where no second sample ever pays.
        """
        most = min(largest_total, self.largest)
        gains = self._gains(costs, complete_to=most)
        table = self._table(gains.shape[1])
        width = min(int((gains[: most + 1] > 0).sum(axis=1).max()) + 1, table.width)
        gains = gains[: most + 1, :width]
        chance = table.probability[: most + 1, :width]
        rejected = self._all_rejected(costs)
        saving = costs.per_item_screened - costs.per_item  # of an item drawn before refusal
        later = np.zeros((most + 1, width))
        count = np.arange(width, dtype=float)
        least, best = math.inf, None
        for size in range(most - 1, 0, -1):
            later[size + 1] = np.maximum(gains[size + 1], 0.0)
            going = _thinned(later[size + 1 :], size, count)
            extra = saving * np.arange(1, most - size + 1)[:, None]
            going_on = np.where(going > 0, going + extra * chance[size], -np.inf)
            at_once = np.maximum(gains[size], 0.0)
            saved = np.maximum(going_on, at_once).sum(axis=1)
            place = int(np.argmax(saved))
            expected = costs.per_visit + costs.per_item * size + rejected[size] - saved[place]
            if expected < least:
                goes_on = going_on[place] > at_once
                total = size + place + 1
                least, best = expected, _two_stage_plan(size, total, goes_on, gains)
        return None if best is None else self.candidate("least cost, two stages", best, costs)

    def decided_costs(self, costs: LotCosts) -> Array:
        """Mean cost after a sample of each size from 0, the cheaper decision taken each time.

        The sample itself is not in it; `value_of_visit` sets the two against each other.
        """
        gains = self._gains(costs, complete_to=self.largest)
        return np.asarray(self._all_rejected(costs) - np.maximum(gains, 0.0).sum(axis=1))

    def candidate(self, name: str, plan: SamplingPlan, costs: LotCosts) -> Candidate:
        """A plan with its expectation and cost."""
        means = expectation(plan, self.prior, self.lot_size, good_quality=self.good_quality)
        return Candidate(name, plan, means, means.cost(costs))

    def without_sampling(self, costs: LotCosts) -> tuple[Candidate, ...]:
        """Accept every lot unseen, accept none, inspect every item."""
        ways = {
            "accept without inspection": accepted_unseen(self.prior, self.lot_size),
            "accept no lot": rejected_unseen(self.prior, self.lot_size, self.good_quality),
            "inspect every item": inspected_in_full(self.lot_size),
        }
        return tuple(Candidate(name, None, way, way.cost(costs)) for name, way in ways.items())

    def least(self, costs: LotCosts) -> Candidate:
        """Cheapest of all single plans and of the ways without a sample."""
        return min((self.single(costs), *self.without_sampling(costs)), key=_cost)


def _cost(candidate: Candidate) -> float:
    return candidate.expected_cost


def _thinned(later: Array, size: int, count: Array) -> Array:
    """The weights ``later`` on counts in ``size + 1`` items, in place, on those in ``size``."""
    up = later[:, 1:] * (count[1:] / (size + 1))
    later *= np.maximum(size + 1 - count, 0) / (size + 1)
    later[:, :-1] += up
    return later


def _two_stage_plan(size: int, total: int, goes_on: Array, gains: Array) -> SamplingPlan | None:
    """Plan that goes on at these counts; None if it never does."""
    counts = np.flatnonzero(goes_on[: size + 1])
    if not counts.size:
        return None
    last = int((gains[total] > 0).sum()) - 1
    first = int(counts[0])
    return SamplingPlan(
        sample_sizes=(size, total - size),
        acceptance_numbers=(first - 1 if first else None, last),
        rejection_numbers=(int(counts[-1]) + 1, last + 1),
    )
