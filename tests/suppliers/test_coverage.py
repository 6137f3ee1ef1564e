"""Estimates held against the truth they were simulated from; benchmarks print the same figures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from benchmarks.estimates_against_truth import sums_of_lots
from tests.suppliers.records import supplier_sums

from qcanalysis.suppliers.class_rates import class_rates
from qcanalysis.suppliers.rate_prior import fit_prior
from qcanalysis.suppliers.shrinkage import SupplierRates, shrunken_rates
from qcanalysis.suppliers.simulation import SimulatedHistory, simulate_history


@pytest.fixture(scope="module")
def history() -> SimulatedHistory:
    return simulate_history(1, suppliers=1000, months=24, inspectors_differ=False)


def estimated(sums: pd.DataFrame) -> SupplierRates:
    found = class_rates(sums)
    assert found.clustering.intraclass_correlation == pytest.approx(0.006, rel=0.25)
    return found.rates


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
    rates = class_rates(sums).rates
    true = sums["true_rate"].to_numpy()
    assert np.mean((rates.lower <= true) & (true <= rates.upper)) >= 0.93
    assert np.mean((rates.shrunken - true) ** 2) < 0.3 * np.mean((rates.raw - true) ** 2)


def test_lots_taken_as_one_sample_would_cover_too_seldom(history: SimulatedHistory) -> None:
    sums = supplier_sums(history, "major")
    found, items, true = sums["nonconforming"], sums["items_inspected"], sums["true_rate"]
    naive = shrunken_rates(found, items, fit_prior(found, items))
    assert np.mean((naive.lower <= true) & (true <= naive.upper)) < 0.90


def test_probability_of_a_rate_above_a_limit_is_calibrated(history: SimulatedHistory) -> None:
    sums = supplier_sums(history, "major")
    above = estimated(sums).probability_above(0.015)
    is_above = (sums["true_rate"] > 0.015).to_numpy()
    for low, high in ((0.0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 1.0)):
        group = (above >= low) & (above <= high)
        error = 4 * np.sqrt(0.25 / group.sum())
        assert abs(is_above[group].mean() - above[group].mean()) < error, (low, high)


def test_few_suppliers_that_hardly_differ_are_covered() -> None:
    """Eight suppliers say little of the spread between them; the intervals know that."""
    rng = np.random.default_rng(8)
    covered = []
    for _ in range(60):
        true = rng.beta(30, 1800, 8)
        supplier = np.repeat(np.arange(8), 12)
        size = rng.choice([80, 125, 200, 315], supplier.size)
        lot = rng.beta(true[supplier] * 165, (1 - true[supplier]) * 165)
        found = rng.binomial(size, lot)
        rates = class_rates(sums_of_lots(size, found, supplier)).rates
        covered.append(np.mean((rates.lower <= true) & (true <= rates.upper)))
    assert np.mean(covered) > 0.92
