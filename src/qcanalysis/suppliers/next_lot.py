"""What a supplier's record says of its next lot, for the choice of a sampling plan."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from qcanalysis.estimation import BetaPrior
from qcanalysis.estimation.plan_choice.next_lot import next_lot_prior
from qcanalysis.suppliers.class_rates import class_rates


@dataclass(frozen=True)
class NextLot:
    """Quality expected of a supplier's next lot in one defect class.

    Parameters
    ----------
    lots, items_inspected, nonconforming
        The supplier's own record.
    rate
        Posterior of its mean fraction nonconforming, drawn towards the other suppliers.
    intraclass_correlation
        How alike the items of a lot are; 0 where it cannot be told.
    prior
        Prior of the next lot's fraction nonconforming: both taken together.
    remarks
        What a reader has to know of the estimate; none where all went well.
    """

    lots: int
    items_inspected: int
    nonconforming: int
    rate: BetaPrior
    intraclass_correlation: float
    prior: BetaPrior
    remarks: tuple[str, ...]

    @property
    def source(self) -> str:
        """Where the prior comes from, in a few words."""
        return (
            f"{self.nonconforming:,} found in {self.items_inspected:,} pieces of {self.lots} lots, "
            "drawn towards the other suppliers, with the spread from lot to lot"
        )


def next_lot(lot_results: pd.DataFrame, supplier_id: str, defect_class: str) -> NextLot:
    """Quality expected of a supplier's next lot, as its scorecard estimates it.

    Parameters
    ----------
    lot_results
        Results of all suppliers' lots, from the history of a period.
    supplier_id, defect_class
        Whose lot, and which class of defects.

    Raises
    ------
    ValueError
        If the period holds no inspection of this supplier for this class.

    Examples
    --------
    >>> results = pd.DataFrame({"supplier_id": "S1", "defect_class": "major",
    ...     "sample_size": 200, "nonconforming_count": [1, 4, 7], "lots": [1, 2, 1]})
    >>> lot = next_lot(results, "S1", "major")
    >>> round(lot.rate.mean, 4), round(lot.intraclass_correlation, 4)
    (0.0211, 0.0027)
    """
    results = lot_results[lot_results["defect_class"] == defect_class]
    own = results[results["supplier_id"] == supplier_id]
    if own.empty:
        raise ValueError(
            f"supplier_id {supplier_id!r}: no original lots inspected for {defect_class} defects "
            "in the period; lengthen window_months, or state mean_percent and spread_percent"
        )
    suppliers = results["supplier_id"].unique()
    estimated = class_rates(results, suppliers)
    place = list(suppliers).index(supplier_id)
    rates = estimated.shrunken
    rate = BetaPrior(float(rates.alpha[place]), float(rates.beta[place]))
    correlation = estimated.clustering.intraclass_correlation
    remarks = [estimated.fitted.reason] if estimated.fitted.reason else []
    if correlation is None:
        remarks.append("how much lots differ cannot be told from the records: taken as alike")
    return NextLot(
        int(own["lots"].sum()),
        int((own["lots"] * own["sample_size"]).sum()),
        int((own["lots"] * own["nonconforming_count"]).sum()),
        rate,
        correlation or 0.0,
        next_lot_prior(rate, correlation or 0.0),
        tuple(remarks),
    )
