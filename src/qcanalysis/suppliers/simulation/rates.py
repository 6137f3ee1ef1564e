"""Suppliers of a simulated history and the rates at which they truly make bad items."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from qcanalysis.estimation import BetaPrior
from qcanalysis.sampling.distributions import Array
from qcanalysis.suppliers.simulation.words import (
    AGENCIES,
    COUNTRIES,
    INSPECTORS_AN_AGENCY,
    SKU_FAMILIES,
    supplier_name,
)

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

CLASSES = ("critical", "major", "minor")
RATES = {
    "critical": BetaPrior(0.5, 5000.0),
    "major": BetaPrior(2.5, 150.0),
    "minor": BetaPrior(3.5, 130.0),
}
"""From what each supplier's long-run fraction nonconforming is drawn, by class."""
INTRACLASS_CORRELATION = 0.006
"""Correlation of two items of one lot: how far a lot strays from its supplier's level."""
SEASON = 0.20
"""How far the rate swings over a year, as a share of it; highest in February."""
DRIFT, JUMP = 3.0, 3.0
"""By how much the rate has grown at the end: little by little, or at once."""
JUMP_AFTER = 0.8
"""Share of the period after which the deteriorating supplier's rate jumps."""
SHARE_UNPUNCTUAL = 0.12
FEWEST_SUPPLIERS = 5


def draw_suppliers(rng: np.random.Generator, suppliers: int) -> pd.DataFrame:
    """Suppliers with their kind, habits and long-run rates, one a row."""
    kind = np.full(suppliers, "steady", dtype=object)
    special = rng.choice(suppliers, 4, replace=False)
    kind[special] = ["drifting", "deteriorating", "single_lot", "no_lots"]
    country = rng.choice(COUNTRIES, suppliers)
    width = max(3, len(str(suppliers)))
    frame = pd.DataFrame(
        {
            "supplier_id": [f"S{number:0{width}}" for number in range(1, suppliers + 1)],
            "supplier_name": [supplier_name(n, c) for n, c in enumerate(country)],
            "country": country,
            "kind": kind,
            "activity": rng.gamma(6.0, 1 / 6.0, suppliers),
            "log_lot_size": rng.uniform(np.log(250), np.log(14_000), suppliers),
            "first_family": rng.integers(len(SKU_FAMILIES), size=suppliers),
            "families": rng.choice([1, 1, 2], suppliers),
            "agency": rng.integers(len(AGENCIES), size=suppliers),
            "is_strict": rng.random(suppliers) < 0.3,
            "has_during_production": rng.random(suppliers) < 0.35,
            "punctuality": _punctuality(rng, suppliers),
        }
    )
    has_changed = np.isin(kind, ["drifting", "deteriorating"])
    for defect_class, prior in RATES.items():
        drawn = rng.beta(prior.alpha, prior.beta, suppliers)
        frame[defect_class] = np.where(has_changed, prior.mean, drawn)
    # Whoever changes has to have lots enough, and large enough, for it to be seen.
    frame.loc[has_changed, ["activity", "log_lot_size"]] = [2.0, np.log(5000)]
    frame.loc[kind == "no_lots", "activity"] = 0.0
    # A switch can be forgotten only where there are some: at one of the worse steady suppliers.
    steady = np.flatnonzero(kind == "steady")
    by_rate = steady[np.argsort(frame["major"].to_numpy()[steady])]
    frame["is_forgetful"] = np.arange(suppliers) == by_rate[by_rate.size * 7 // 8]
    return frame


def _punctuality(rng: np.random.Generator, suppliers: int) -> Floats:
    """Share of the lots passed at once that each supplier ships in time; a few are bad at it."""
    is_bad = rng.random(suppliers) < SHARE_UNPUNCTUAL
    return np.where(is_bad, rng.beta(6, 5, suppliers), rng.beta(22, 1.5, suppliers))


def process_rates(
    suppliers: pd.DataFrame, supplier: Whole, day_of_year: Any, elapsed: Any
) -> Floats:
    """Fraction nonconforming that a supplier's process makes on a day, by class.

    Parameters
    ----------
    suppliers
        From `draw_suppliers`.
    supplier
        Row of each lot's supplier.
    day_of_year
        Day of the lot in its year [1 to 366].
    elapsed
        Share of the simulated period gone by [0 to 1].

    Returns
    -------
    One row a lot, one column a class.
    """
    season = 1 + SEASON * np.cos(2 * np.pi * (np.asarray(day_of_year) - 45) / 365.25)
    kind = suppliers["kind"].to_numpy()[supplier]
    gone = np.asarray(elapsed, dtype=float)
    growth = np.ones(supplier.size)
    growth[kind == "drifting"] = (1 + (DRIFT - 1) * gone)[kind == "drifting"]
    growth[(kind == "deteriorating") & (gone >= JUMP_AFTER)] = JUMP
    level = suppliers[list(CLASSES)].to_numpy(dtype=float)[supplier]
    return np.minimum(level * (season * growth)[:, None], 0.9)


def draw_lot_rates(rng: np.random.Generator, process: Array) -> Floats:
    """Fractions nonconforming of the lots themselves, scattered around their process."""
    scale = 1 / INTRACLASS_CORRELATION - 1
    return rng.beta(process * scale, (1 - process) * scale)


def draw_find_probabilities(rng: np.random.Generator) -> Floats:
    """Share of the bad items in a sample that each inspector finds: agency by inspector."""
    own = rng.uniform(0.9, 1.03, (len(AGENCIES), INSPECTORS_AN_AGENCY))
    return np.minimum(np.array(list(AGENCIES.values()))[:, None] * own, 1.0)
