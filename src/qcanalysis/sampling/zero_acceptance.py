"""Accept-zero (c = 0) plans by lot size and associated AQL."""

from __future__ import annotations

from dataclasses import dataclass

from qcanalysis.sampling.plan import SamplingPlan
from qcanalysis.sampling.tables import AQLS, checked_aql, checked_lot_size, covers_lot, rows

ZERO_ACCEPTANCE_AQLS = AQLS[: AQLS.index(10.0) + 1]


@dataclass(frozen=True, kw_only=True)
class ZeroAcceptancePlan:
    """An accept-zero plan with its associated AQL, made by `zero_acceptance_plan`.

    Parameters
    ----------
    lot_size, aql_percent
        Items in the lot and the associated AQL [%].
    plan
        Single plan with Ac 0; its sample size is the lot size where all items are inspected.
    confidence, note
        "two sources" or "disputed", and what the other source says.
    """

    lot_size: int
    aql_percent: float
    plan: SamplingPlan
    confidence: str
    note: str

    @property
    def inspects_all(self) -> bool:
        """Whether every item of the lot is inspected."""
        return self.plan.sample_size == self.lot_size


def zero_acceptance_plan(lot_size: int, aql_percent: float) -> ZeroAcceptancePlan:
    """Accept-zero plan by lot size and associated AQL (up to 10 %).

    These plans keep the consumer's protection of the AQL plan they replace, not
    its producer's risk: read the operating characteristic, not the AQL.

    Examples
    --------
    >>> zero_acceptance_plan(8_000, 1.0).plan
    SamplingPlan(50 0/1)
    >>> zero_acceptance_plan(180, 0.04).inspects_all
    True
    """
    size = checked_lot_size(lot_size)
    aql = checked_aql(aql_percent, ZERO_ACCEPTANCE_AQLS)
    row = next(
        row
        for row in rows("zero_acceptance.csv")
        if float(row["aql_percent"]) == aql and covers_lot(row, size)
    )
    sample_size = size if row["sample_size"] == "all" else min(int(row["sample_size"]), size)
    return ZeroAcceptancePlan(
        lot_size=size,
        aql_percent=aql,
        plan=SamplingPlan.single(sample_size, 0),
        confidence=row["confidence"],
        note=row["note"],
    )
