"""Rates of one defect class at all suppliers: alike items, prior and posterior together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy.typing as npt
import pandas as pd

from qcanalysis.suppliers.clustering import LotClustering, effective_counts, lot_clustering
from qcanalysis.suppliers.lot_results import LotResults
from qcanalysis.suppliers.rate_prior import FittedPrior, fit_prior
from qcanalysis.suppliers.shrinkage import RawRates, ShrunkenRates, raw_rates, shrunken_rates


@dataclass(frozen=True, eq=False)
class ClassRates:
    """How alike the items of a lot are, the prior over suppliers, and each supplier's rate."""

    clustering: LotClustering
    fitted: FittedPrior
    raw: RawRates
    shrunken: ShrunkenRates


def class_rates(
    lot_results: pd.DataFrame, supplier_ids: npt.ArrayLike, *, confidence_level: float = 0.95
) -> ClassRates:
    """Rates of one defect class at all suppliers, in the order of `supplier_ids`.

    Parameters
    ----------
    lot_results
        supplier_id, sample_size, nonconforming_count, lots: as the history gives them.
    supplier_ids
        All suppliers of `lot_results`, and any without lots: their rates are NaN.
    confidence_level
        Of the limits, between 0 and 1.

    Examples
    --------
    >>> results = pd.DataFrame({"supplier_id": "S1", "sample_size": 200,
    ...     "nonconforming_count": [2, 4, 6], "lots": [1, 2, 1]})
    >>> found = class_rates(results, ["S1"])
    >>> found.raw.rate, found.shrunken.mean.round(4)
    (array([0.02]), array([0.0206]))
    """
    results = LotResults(lot_results, supplier_ids)
    clustering = lot_clustering(results)
    bad, good = effective_counts(results, clustering.intraclass_correlation)
    fitted = fit_prior(bad, good)
    raw = raw_rates(
        results.total(results.nonconforming),
        results.total(results.sample_size),
        clustering.design_effect,
        confidence_level=confidence_level,
    )
    shrunken = shrunken_rates(bad, good, fitted, confidence_level=confidence_level)
    return ClassRates(clustering, fitted, raw, shrunken)
