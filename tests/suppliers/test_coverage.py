"""Estimates held against the truth they were simulated from; benchmarks print the same figures."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.estimates_against_truth import RARE, coverages, covered, lots_and_truth

from qcanalysis.estimation import BetaPrior
from qcanalysis.suppliers.class_rates import class_rates
from qcanalysis.suppliers.clustering import effective_counts
from qcanalysis.suppliers.lot_results import LotResults
from qcanalysis.suppliers.rate_prior import fit_prior
from qcanalysis.suppliers.shrinkage import shrunken_rates
from qcanalysis.suppliers.simulation import SimulatedHistory, simulate_history


@pytest.fixture(scope="module")
def history() -> SimulatedHistory:
    return simulate_history(1, suppliers=1000, months=24, inspectors_differ=False)


@pytest.mark.parametrize(
    ("defect_class", "most_error"), [("critical", 0.25), ("major", 0.83), ("minor", 0.86)]
)
def test_intervals_cover_the_true_rates_and_shrinkage_is_nearer(
    history: SimulatedHistory, defect_class: str, most_error: float
) -> None:
    lots, truth = lots_and_truth(history, defect_class)
    found = class_rates(lots, truth["supplier_id"])
    assert found.clustering.intraclass_correlation == pytest.approx(0.006, rel=0.25)
    true = truth["true_rate"].to_numpy()
    assert 0.93 <= covered(found.shrunken, true) <= 0.97
    # Clopper-Pearson covers at least as often as stated: more, where little was found.
    assert 0.94 <= covered(found.raw, true) <= 0.995
    raw, shrunken = (np.mean((v - true) ** 2) for v in (found.raw.rate, found.shrunken.mean))
    assert shrunken < most_error * raw


def test_rates_so_rare_that_most_records_are_clean_are_covered_as_stated() -> None:
    """On average, and nearly in each: one spread from 150 finds is shared by 1,000 intervals."""
    draws = coverages(1000, RARE, 8)
    assert 93 <= np.mean(draws) <= 97
    assert min(draws) > 90


def test_lots_taken_as_one_sample_would_cover_too_seldom(history: SimulatedHistory) -> None:
    lots, truth = lots_and_truth(history, "major")
    counts = effective_counts(LotResults(lots, truth["supplier_id"]), None)
    naive = shrunken_rates(*counts, fit_prior(*counts))
    assert covered(naive, truth["true_rate"].to_numpy()) < 0.90


def test_probability_of_a_rate_above_a_limit_is_calibrated(history: SimulatedHistory) -> None:
    lots, truth = lots_and_truth(history, "major")
    above = class_rates(lots, truth["supplier_id"]).shrunken.probability_above(0.015)
    is_above = (truth["true_rate"] > 0.015).to_numpy()
    for low, high in ((0.0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 1.0)):
        group = (above >= low) & (above <= high)
        error = 4 * np.sqrt(0.25 / group.sum())
        assert abs(is_above[group].mean() - above[group].mean()) < error, (low, high)


def test_few_suppliers_that_hardly_differ_are_covered() -> None:
    """Eight suppliers say little of the spread between them; the intervals know that."""
    assert np.mean(coverages(8, BetaPrior(30, 1800), 60)) > 92
