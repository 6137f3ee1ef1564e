"""Rates of one defect class at all suppliers: alike items, prior and posterior together."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from qcanalysis.suppliers.clustering import LotClustering, lot_clustering
from qcanalysis.suppliers.rate_prior import FittedPrior, fit_prior
from qcanalysis.suppliers.shrinkage import SupplierRates, shrunken_rates


@dataclass(frozen=True, eq=False)
class ClassRates:
    """How alike the items of a lot are, the prior over suppliers, and each supplier's rate."""

    clustering: LotClustering
    fitted: FittedPrior
    rates: SupplierRates


def class_rates(counts: pd.DataFrame, *, confidence_level: float = 0.95) -> ClassRates:
    """Rates of one defect class at all suppliers, in the order of the rows.

    Parameters
    ----------
    counts
        A row per supplier: lots, items_inspected, nonconforming, squared_sample_sizes,
        squared_counts_per_item.
    confidence_level
        Of the limits, between 0 and 1.

    Examples
    --------
    >>> counts = pd.DataFrame({"lots": [4], "items_inspected": [800], "nonconforming": [16],
    ...     "squared_sample_sizes": [160_000.0], "squared_counts_per_item": [0.40]})
    >>> found = class_rates(counts)
    >>> round(found.clustering.intraclass_correlation, 4), found.rates.shrunken.round(4)
    (0.0018, array([0.021]))
    """
    items, found = counts["items_inspected"], counts["nonconforming"]
    clustering = lot_clustering(
        counts["lots"],
        items,
        found,
        counts["squared_sample_sizes"],
        counts["squared_counts_per_item"],
    )
    fitted = fit_prior(found, items, design_effect=clustering.design_effect)
    rates = shrunken_rates(
        found,
        items,
        fitted,
        confidence_level=confidence_level,
        design_effect=clustering.design_effect,
    )
    return ClassRates(clustering, fitted, rates)
