"""Estimates held against the truth they were simulated from; benchmarks print the same figures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.suppliers.records import supplier_sums

from qcanalysis.suppliers.clustering import lot_clustering
from qcanalysis.suppliers.shrinkage import SupplierRates, fit_prior, shrunken_rates
from qcanalysis.suppliers.simulation import SimulatedHistory, simulate_history

SUMS = [
    "lots",
    "items_inspected",
    "nonconforming",
    "squared_sample_sizes",
    "squared_counts_per_item",
]


@pytest.fixture(scope="module")
def history() -> SimulatedHistory:
    return simulate_history(1, suppliers=1000, months=24, inspectors_differ=False)


def estimated(sums: pd.DataFrame) -> SupplierRates:
    clustering = lot_clustering(*(sums[name] for name in SUMS))
    assert clustering.intraclass_correlation == pytest.approx(0.006, rel=0.25)
    found, items = sums["nonconforming"], sums["items_inspected"]
    prior = fit_prior(found, items).prior
    return shrunken_rates(found, items, prior, design_effect=clustering.design_effect)


@pytest.mark.parametrize("defect_class", ["major", "minor"])
def test_intervals_cover_the_true_rates_and_shrinkage_is_nearer(
    history: SimulatedHistory, defect_class: str
) -> None:
    sums = supplier_sums(history, defect_class)
    rates, true = estimated(sums), sums["true_rate"].to_numpy()
    assert 0.93 <= np.mean((rates.lower <= true) & (true <= rates.upper)) <= 0.97
    # Clopper-Pearson covers at least as often as stated: more, where little was found.
    assert 0.94 <= np.mean((rates.raw_lower <= true) & (true <= rates.raw_upper)) <= 0.99
    raw, shrunken = (np.mean((values - true) ** 2) for values in (rates.raw, rates.shrunken))
    assert shrunken < 0.95 * raw


def test_rare_critical_items_are_covered_at_least_as_often_as_stated(
    history: SimulatedHistory,
) -> None:
    sums = supplier_sums(history, "critical")
    clustering = lot_clustering(*(sums[name] for name in SUMS))
    prior = fit_prior(sums["nonconforming"], sums["items_inspected"]).prior
    rates = shrunken_rates(
        sums["nonconforming"],
        sums["items_inspected"],
        prior,
        design_effect=clustering.design_effect,
    )
    true = sums["true_rate"].to_numpy()
    assert np.mean((rates.lower <= true) & (true <= rates.upper)) >= 0.93
    assert np.mean((rates.shrunken - true) ** 2) < 0.5 * np.mean((rates.raw - true) ** 2)


def test_lots_taken_as_one_sample_would_cover_too_seldom(history: SimulatedHistory) -> None:
    sums = supplier_sums(history, "major")
    found, items, true = sums["nonconforming"], sums["items_inspected"], sums["true_rate"]
    naive = shrunken_rates(found, items, fit_prior(found, items).prior)
    assert np.mean((naive.lower <= true) & (true <= naive.upper)) < 0.90


def test_probability_of_a_rate_above_a_limit_is_calibrated(history: SimulatedHistory) -> None:
    sums = supplier_sums(history, "major")
    above = estimated(sums).probability_above(0.015)
    is_above = (sums["true_rate"] > 0.015).to_numpy()
    for low, high in ((0.0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 1.0)):
        group = (above >= low) & (above <= high)
        error = 4 * np.sqrt(0.25 / group.sum())
        assert abs(is_above[group].mean() - above[group].mean()) < error, (low, high)
