"""Lots of a simulated history and the visits at which they were inspected."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from qcanalysis.suppliers.simulation.plans import PlanNumbers, plan_numbers, visit_severities
from qcanalysis.suppliers.simulation.rates import (
    Floats,
    Whole,
    draw_lot_rates,
    process_rates,
)
from qcanalysis.suppliers.simulation.words import SKU_FAMILIES

SMALLEST_LOT, LARGEST_LOT = 50, 50_000
LOT_SPREAD = 0.9
"""Standard deviation of the logarithm of a supplier's lot sizes."""
SHARE_REMOVED = 0.75
"""Share of the bad items that sorting takes out before a lot is presented again."""
SHARE_VISITED_IN_PRODUCTION = 0.2
SHARE_WITH_OWN_AGENCY = 0.8
PENDING_DAYS = 9
"""Age up to which half the accepted lots still wait for a laboratory."""

OUTCOMES, OUTCOME_SHARES = ("conceded", "reworked", "rejected"), (0.12, 0.82, 0.06)
LAST_OUTCOMES, LAST_OUTCOME_SHARES = ("conceded", "rejected"), (0.4, 0.6)
"""What becomes of a lot not accepted, and of one not accepted again."""

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Lots:
    """Original lots, by supplier and day: ``about`` one row a lot, rates by class in columns."""

    about: pd.DataFrame
    aql_percent: Floats
    process_rate: Floats
    lot_rate: Floats


@dataclass(frozen=True, eq=False)
class Visits:
    """Inspections: ``about`` one row a visit, numbers by class in columns.

    ``about`` holds ``lot`` (row of the lot), ``date``, ``kind``, ``severity``,
    ``severity_asked`` (by the rules; None but at a first submission), ``agency`` and
    ``inspector`` (numbers), ``disposition`` (None where open or no submission) and, once
    in order, ``inspection_id``.
    """

    about: pd.DataFrame
    plans: PlanNumbers
    nonconforming: Whole
    find_probability: Floats

    @property
    def accepts(self) -> Flags:
        """Whether each visit accepts each class."""
        return np.asarray(self.nonconforming <= self.plans.acceptance_number)

    @property
    def accepts_lot(self) -> Flags:
        """Whether each visit accepts its lot: every class of it."""
        return np.asarray(self.accepts.all(axis=1))

    @property
    def is_original(self) -> Flags:
        """Whether each visit is a first submission."""
        return (self.about["kind"] == "pre_shipment").to_numpy()


def draw_lots(
    rng: np.random.Generator,
    suppliers: pd.DataFrame,
    first: pd.Timestamp,
    end: pd.Timestamp,
    aqls: tuple[tuple[float, float], tuple[float, float]],
) -> Lots:
    """Lots of all suppliers with their days, sizes and true rates.

    ``aqls`` are the AQLs of major and minor items, usual and strict [%].
    """
    number = rng.poisson(suppliers["activity"])
    number[suppliers["kind"] == "single_lot"] = 1
    supplier = np.repeat(np.arange(len(suppliers)), number)
    days = (end - first).days + 1
    day = rng.integers(days, size=supplier.size)
    order = np.lexsort([day, supplier])
    date = first + pd.to_timedelta(day[order], unit="D")
    weekend = pd.to_timedelta(np.maximum(date.day_of_week - 4, 0), unit="D")
    date = (date - weekend).where(date - weekend >= first, first)
    size = np.exp(rng.normal(suppliers["log_lot_size"].to_numpy()[supplier], LOT_SPREAD))
    step = np.where(size < 1000, 10, 100)
    own = suppliers.iloc[supplier]
    family = (own["first_family"] + rng.integers(own["families"])) % len(SKU_FAMILIES)
    about = pd.DataFrame(
        {
            "supplier": supplier,
            "date": date,
            "lot_size": np.clip((size / step).round() * step, SMALLEST_LOT, LARGEST_LOT),
            "family": family.to_numpy(),
        }
    ).astype({"lot_size": "int64"})
    process = process_rates(suppliers, supplier, date.day_of_year, (date - first).days / days)
    strict = own["is_strict"].to_numpy(dtype=int)
    return Lots(about, np.array(aqls)[strict], process, draw_lot_rates(rng, process))


def draw_visits(
    rng: np.random.Generator,
    suppliers: pd.DataFrame,
    lots: Lots,
    end: pd.Timestamp,
    find_probabilities: Floats,
) -> Visits:
    """Visits to all lots, oldest first: in production, at first submission, after rework.

    ``find_probabilities`` are those of the inspectors, agency by inspector.
    """
    size = lots.about["lot_size"].to_numpy()
    normal = plan_numbers(size, lots.aql_percent, "normal")
    tightened = plan_numbers(size, lots.aql_percent, "tightened")
    supplier = lots.about["supplier"].to_numpy()

    def visit(lot: Whole, rate: Floats, is_tightened: bool, kind: str, days: Whole) -> Visits:
        own_agency = suppliers["agency"].to_numpy()[supplier[lot]]
        is_own = rng.random(lot.size) < SHARE_WITH_OWN_AGENCY
        agency = np.where(is_own, own_agency, rng.integers(len(find_probabilities), size=lot.size))
        inspector = rng.integers(find_probabilities.shape[1], size=lot.size)
        find = find_probabilities[agency, inspector]
        plans = (tightened if is_tightened else normal).rows(lot)
        about = pd.DataFrame(
            {
                "lot": lot,
                "date": lots.about["date"].to_numpy()[lot] + days.astype("timedelta64[D]"),
                "kind": kind,
                "severity": "tightened" if is_tightened else "normal",
                "severity_asked": None,
                "agency": agency,
                "inspector": inspector,
                "disposition": None,
            }
        )
        found = rng.binomial(plans.sample_size, rate * find[:, None])
        return Visits(about, plans, found, find)

    every = np.arange(supplier.size)
    at_once = np.zeros(every.size, dtype=np.int64)
    under_normal = visit(every, lots.lot_rate, False, "pre_shipment", at_once)
    under_tightened = visit(every, lots.lot_rate, True, "pre_shipment", at_once)
    series = supplier * len(SKU_FAMILIES) + lots.about["family"].to_numpy()
    is_forgetful = suppliers["is_forgetful"].to_numpy()[supplier]
    asked, is_tightened = _severity_of_series(
        series, is_forgetful, under_normal.accepts, under_tightened.accepts
    )
    first = _either(is_tightened, under_normal, under_tightened)
    first.about["severity_asked"] = asked
    first.about["disposition"] = _dispositions(rng, first, end, OUTCOMES, OUTCOME_SHARES)

    in_production = suppliers["has_during_production"].to_numpy()[supplier]
    early = every[in_production & (rng.random(every.size) < SHARE_VISITED_IN_PRODUCTION)]
    days = -rng.integers(5, 10, early.size)
    during = visit(early, lots.lot_rate[early], False, "during_production", days)

    again = every[first.about["disposition"] == "reworked"]
    days = rng.integers(5, 16, again.size)
    left = lots.lot_rate[again] * (1 - SHARE_REMOVED)
    second = visit(again, left, True, "reinspection", days)
    second.about["disposition"] = _dispositions(
        rng, second, end, LAST_OUTCOMES, LAST_OUTCOME_SHARES
    )
    return _in_order([first, during, second], lots.about["date"].min(), end)


def _severity_of_series(
    series: Whole, is_forgetful: Flags, if_normal: Flags, if_tightened: Flags
) -> tuple[npt.NDArray[np.object_], Flags]:
    """Severity asked for each lot and whether it is tightened; a series stands in order of time.

    Critical items, of which none is accepted, have no severity of their own.
    """
    asked = np.empty(series.size, dtype=object)
    is_tightened = np.zeros(series.size, dtype=bool)
    order = np.argsort(series, kind="stable")
    ends = np.flatnonzero(np.diff(series[order])) + 1
    for rows in np.split(order, ends):
        asked[rows], is_tightened[rows] = visit_severities(
            if_normal[rows, 1:].tolist(),
            if_tightened[rows, 1:].tolist(),
            is_forgetful=bool(is_forgetful[rows[:1]].any()),
        )
    return asked, is_tightened


def _either(is_second: Flags, first: Visits, second: Visits) -> Visits:
    """Visits of the second set where marked, of the first elsewhere."""
    both = _joined([first, second])
    rows = np.arange(is_second.size) + is_second.size * is_second
    return _rows(both, rows)


def _joined(parts: list[Visits]) -> Visits:
    return Visits(
        pd.concat([part.about for part in parts], ignore_index=True),
        PlanNumbers(
            *(
                np.concatenate([getattr(part.plans, name) for part in parts])
                for name in PlanNumbers.__dataclass_fields__
            )
        ),
        np.concatenate([part.nonconforming for part in parts]),
        np.concatenate([part.find_probability for part in parts]),
    )


def _rows(visits: Visits, rows: Whole) -> Visits:
    return Visits(
        visits.about.iloc[rows].reset_index(drop=True),
        visits.plans.rows(rows),
        visits.nonconforming[rows],
        visits.find_probability[rows],
    )


def _in_order(parts: list[Visits], first: pd.Timestamp, end: pd.Timestamp) -> Visits:
    """All visits within the period, oldest first and numbered."""
    every = _joined(parts)
    date = every.about["date"].to_numpy()
    order = np.argsort(date, kind="stable")
    visits = _rows(every, order[(date[order] >= first) & (date[order] <= end)])
    visits.about["inspection_id"] = [f"I{number:06}" for number in range(1, len(visits.about) + 1)]
    return visits


def _dispositions(
    rng: np.random.Generator,
    visits: Visits,
    end: pd.Timestamp,
    outcomes: tuple[str, ...],
    shares: tuple[float, ...],
) -> npt.NDArray[np.object_]:
    """What became of each lot; a lot with a critical item is never conceded."""
    accepts = visits.accepts
    outcome = np.array(outcomes, dtype=object)[rng.choice(len(outcomes), len(accepts), p=shares)]
    outcome[(outcome == "conceded") & ~accepts[:, 0]] = outcomes[-1]
    outcome[visits.accepts_lot] = "shipped"
    age = (end - visits.about["date"]).dt.days.to_numpy()
    is_pending = (age <= PENDING_DAYS) & (rng.random(age.size) < 0.5)
    outcome[is_pending & (outcome == "shipped")] = None
    return outcome
