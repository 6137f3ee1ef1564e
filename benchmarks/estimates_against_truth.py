"""Estimates of suppliers held against simulated truth, printed as a table.

Run it with ``python benchmarks/estimates_against_truth.py [SUPPLIERS]``: coverage of 95 %
intervals, mean squared errors raw and shrunken, and how soon and how falsely a deterioration
is signalled. Everything is seeded; nothing depends on the machine.
"""

from __future__ import annotations

import sys
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from qcanalysis.estimation import BetaPrior
from qcanalysis.suppliers.class_rates import class_rates
from qcanalysis.suppliers.clustering import effective_counts
from qcanalysis.suppliers.deterioration import (
    REFERENCE_LOTS,
    CusumDesign,
    average_run_length,
    deterioration_cusum,
)
from qcanalysis.suppliers.indicators import CLASSES
from qcanalysis.suppliers.lot_results import LotResults
from qcanalysis.suppliers.rate_prior import fit_prior
from qcanalysis.suppliers.shrinkage import RawRates, ShrunkenRates, shrunken_rates
from qcanalysis.suppliers.simulation import SimulatedHistory, simulate_history

SEED = 1
RATES = BetaPrior(2.5, 150)
RARE = BetaPrior(0.5, 5000)
SMALLEST_RATE = 1e-300  # a lot's own rate is drawn around it
CORRELATION = 0.006
SAMPLE_SIZES = (80, 125, 125, 200, 315)
LOTS_WATCHED = 200
RUNS = 1500


class Signals(NamedTuple):
    """What the cumulative sum did over many simulated suppliers."""

    false_alarms_per_100_lots: float
    mean_delay: float
    median_delay: float
    found_in_20_lots: float


def estimates(suppliers: int) -> pd.DataFrame:
    """Coverage and errors by defect class."""
    history = simulate_history(SEED, suppliers=suppliers, months=24, inspectors_differ=False)
    lines = []
    for defect_class in CLASSES:
        lots, truth = lots_and_truth(history, defect_class)
        suppliers, true = truth["supplier_id"], truth["true_rate"].to_numpy()
        estimated = class_rates(lots, suppliers)
        raw, shrunken, prior = estimated.raw, estimated.shrunken, estimated.fitted.prior
        alike = effective_counts(LotResults(lots, suppliers), None)
        naive = shrunken_rates(*alike, fit_prior(*alike))
        raw_error = np.mean((raw.rate - true) ** 2)
        lines.append(
            {
                "class": defect_class,
                "suppliers": len(suppliers),
                "correlation": estimated.clustering.intraclass_correlation,
                "prior": f"beta({prior.alpha:.2f}, {prior.beta:.0f})",
                "covers raw %": 100 * covered(raw, true),
                "covers shrunken %": 100 * covered(shrunken, true),
                "ignoring lots %": 100 * covered(naive, true),
                "MSE shrunken / raw": np.mean((shrunken.mean - true) ** 2) / raw_error,
            }
        )
    return pd.DataFrame(lines)


def coverages(suppliers: int, prior: BetaPrior, runs: int) -> list[float]:
    """Coverage of 95 % intervals in each of several draws, a dozen lots each [%]."""
    rng = np.random.default_rng(SEED)
    shares = []
    scale = 1 / CORRELATION - 1
    for _ in range(runs):
        true = np.maximum(rng.beta(prior.alpha, prior.beta, suppliers), SMALLEST_RATE)
        supplier = np.repeat(np.arange(suppliers), 1 + rng.poisson(12, suppliers))
        size = rng.choice(SAMPLE_SIZES, supplier.size)
        rate = true[supplier]
        found = rng.binomial(size, rng.beta(rate * scale, (1 - rate) * scale))
        lots = pd.DataFrame(
            {"supplier_id": supplier, "sample_size": size, "nonconforming_count": found, "lots": 1}
        )
        rates = class_rates(lots, range(suppliers)).shrunken
        shares.append(100 * covered(rates, true))
    return shares


def lots_and_truth(
    history: SimulatedHistory, defect_class: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Original lots, one a row, and the true rate of each supplier that has any."""
    rows = history.tables["inspections"]
    lots = rows[(rows["kind"] == "pre_shipment") & (rows["defect_class"] == defect_class)]
    truth = history.truth[history.truth["defect_class"] == defect_class]
    return lots.assign(lots=1), truth[truth["supplier_id"].isin(lots["supplier_id"])]


def covered(rates: RawRates | ShrunkenRates, true: npt.NDArray[np.float64]) -> float:
    """Share of the intervals that hold the true rate."""
    return float(np.mean((rates.lower <= true) & (true <= rates.upper)))


def signals(growth: float) -> Signals:
    """Signals for suppliers whose rate grows at the lot after the reference and stays there."""
    rng = np.random.default_rng(SEED)
    alarms, delays = [], []
    for _ in range(RUNS):
        level = rng.beta(RATES.alpha, RATES.beta)
        size = rng.choice(SAMPLE_SIZES, REFERENCE_LOTS + LOTS_WATCHED)
        rate = np.full(size.size, level)
        rate[REFERENCE_LOTS:] *= growth
        scale = 1 / CORRELATION - 1
        found = rng.binomial(size, rng.beta(rate * scale, (1 - rate) * scale))
        watched = deterioration_cusum(found, size, RATES, intraclass_correlation=CORRELATION)
        alarms.append(watched.signals.size)
        delays.append(watched.signals[0] - REFERENCE_LOTS + 1 if watched.signals.size else np.inf)
    delay = np.array(delays)
    return Signals(
        100 * float(np.mean(alarms)) / LOTS_WATCHED,
        float(np.mean(np.minimum(delay, LOTS_WATCHED))),
        float(np.median(delay)),
        float(np.mean(delay <= 20)),
    )


def main() -> None:
    suppliers = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    print(f"95 % intervals and errors, {suppliers} suppliers over 24 months, lots that differ")
    print(estimates(suppliers).round(3).to_string(index=False))
    print("\ncoverage with few suppliers, a dozen lots each [%]")
    for count, runs in ((6, 100), (8, 100), (24, 40), (100, 10)):
        wide, narrow = (
            np.mean(coverages(count, rates, runs)) for rates in (RATES, BetaPrior(30, 1800))
        )
        print(f"{count:4} suppliers: {wide:.1f} where they differ much, {narrow:.1f} little")
    rare = coverages(1000, RARE, 10)
    print(
        f"1000 suppliers, rare items: {np.mean(rare):.1f}, "
        f"{min(rare):.1f} to {max(rare):.1f} in ten draws"
    )
    print(
        f"\nCUSUM for a doubling, level of the first {REFERENCE_LOTS} lots, "
        f"{RUNS} suppliers, {LOTS_WATCHED} lots each"
    )
    steady = signals(1.0)
    print(f"steady: {steady.false_alarms_per_100_lots:.2f} false alarms per 100 lots (stated: 1)")
    for growth in (2.0, 3.0):
        found = signals(growth)
        print(
            f"rate x {growth:.0f}: signalled after {found.median_delay:.0f} lots (median), "
            f"{found.mean_delay:.1f} (mean, at most {LOTS_WATCHED}); "
            f"{100 * found.found_in_20_lots:.0f} % within 20 lots"
        )
    design = CusumDesign(reference_rate=RATES.mean, intraclass_correlation=CORRELATION)
    lots = [average_run_length(design, 125, growth * RATES.mean) for growth in (1, 2, 3)]
    print(
        f"level known, n = 125, by Markov chain: {lots[0]:.0f} lots between false alarms, "
        f"{lots[1]:.1f} until a doubling shows, {lots[2]:.1f} until a tripling"
    )


if __name__ == "__main__":
    main()
