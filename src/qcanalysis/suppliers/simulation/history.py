"""A whole inspection history drawn from a seed, and the truth behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from qcanalysis.suppliers.simulation.rates import (
    CLASSES,
    FEWEST_SUPPLIERS,
    JUMP_AFTER,
    draw_find_probabilities,
    draw_suppliers,
)
from qcanalysis.suppliers.simulation.tables import history_tables
from qcanalysis.suppliers.simulation.visits import Lots, Visits, draw_lots, draw_visits

USUAL_AQLS, STRICT_AQLS = (2.5, 4.0), (1.5, 2.5)
"""AQLs of major and minor items [%]."""


@dataclass(frozen=True, eq=False)
class SimulatedHistory:
    """Tables of a history as a buyer would keep them, and what nobody would know.

    Parameters
    ----------
    tables
        ``suppliers``, ``inspections``, ``findings``, ``lots``, ``deliveries`` and
        ``corrective_actions``: frames with the columns of the records.
    truth
        One row a supplier and defect class, over the whole period; see `truth_between`.
    lot_rates
        One row an original pre-shipment inspection and class: ``process_rate`` at which
        the supplier worked that day, ``lot_rate`` of the lot itself, ``find_probability``
        of the inspector, all fractions; ``severity_asked`` for the visit by the rules.
    """

    tables: dict[str, pd.DataFrame]
    truth: pd.DataFrame
    lot_rates: pd.DataFrame

    def truth_between(self, start: date, end: date) -> pd.DataFrame:
        """True rates of what was submitted for the first time in a window, both days included.

        Returns
        -------
        One row a supplier and class: ``supplier_id``, ``kind`` ("steady", "drifting",
        "deteriorating", "single_lot", "no_lots"), ``changed_on`` (day on which the
        deteriorating supplier's rate jumped), ``defect_class``, ``lots``, ``true_rate``
        (fraction nonconforming of the process, mean over the items inspected),
        ``submitted_rate`` (of the lots as they were, mean over the items submitted),
        ``found_rate`` (what the inspectors can be expected to find); NaN without a lot.
        """
        day = self.lot_rates["inspected_on"]
        inside = self.lot_rates[(day >= pd.Timestamp(start)) & (day <= pd.Timestamp(end))]
        keys = ["supplier_id", "defect_class"]
        sums = pd.DataFrame(
            {
                "lots": 1,
                "inspected": inside["sample_size"],
                "true": inside["sample_size"] * inside["process_rate"],
                "found": inside["sample_size"]
                * (inside["process_rate"] * inside["find_probability"]),
                "submitted": inside["lot_size"],
                "bad": inside["lot_size"] * inside["lot_rate"],
            }
        )
        totals = sums.groupby([inside[key] for key in keys], observed=True).sum()
        known = self.truth[["supplier_id", "kind", "changed_on", "defect_class"]]
        totals = totals.reindex(pd.MultiIndex.from_frame(known[keys])).reset_index(drop=True)
        return known.assign(
            lots=totals["lots"].fillna(0).astype(int),
            true_rate=totals["true"] / totals["inspected"],
            submitted_rate=totals["bad"] / totals["submitted"],
            found_rate=totals["found"] / totals["inspected"],
        )


def simulate_history(
    seed: int,
    *,
    suppliers: int = 24,
    months: int = 34,
    start: date = date(2024, 1, 1),
    lots_a_month: float = 1.0,
    inspectors_differ: bool = True,
) -> SimulatedHistory:
    """Inspection history of suppliers whose true rates are known.

    Every supplier's rates are drawn from a beta distribution per class; lots scatter
    around them (beta), seasons move them, one supplier drifts and one deteriorates at
    once, one has a single lot and one none. Plans follow ISO 2859-1:1999, level II,
    normal and tightened, by its switching rules per supplier, SKU family and class, a
    visit at the strictest that a class asks for; at one steady supplier a switch is
    noticed one visit late. Lots not accepted are reworked and inspected again, conceded
    or rejected.

    Parameters
    ----------
    seed
        The same seed gives the same history.
    suppliers
        Suppliers, at least 5.
    months
        Calendar months simulated, at least 1.
    start
        First day, the first of a month.
    lots_a_month
        Mean original lots of a supplier in a month.
    inspectors_differ
        Inspectors miss some of the bad items, more in one agency than in another.
        False: they find them all, so that what is found estimates the truth itself.

    Returns
    -------
    The tables, with the truth beside them.

    Raises
    ------
    ValueError
        If there are too few suppliers or months, or ``start`` is not a first of a month.

    Examples
    --------
    >>> history = simulate_history(7, suppliers=6, months=3)
    >>> sorted(history.tables)
    ['corrective_actions', 'deliveries', 'findings', 'inspections', 'lots', 'suppliers']
    >>> sorted(history.truth["kind"].unique())
    ['deteriorating', 'drifting', 'no_lots', 'single_lot', 'steady']
    """
    if suppliers < FEWEST_SUPPLIERS:
        raise ValueError(
            f"suppliers must be at least {FEWEST_SUPPLIERS}, got {suppliers}: four of them are "
            "of a special kind"
        )
    if months < 1:
        raise ValueError(f"months must be at least 1, got {months}")
    if start.day != 1:
        raise ValueError(f"start must be the first of a month, got {start}")
    if not lots_a_month > 0:
        raise ValueError(f"lots_a_month must be above 0, got {lots_a_month!r}")
    rng = np.random.default_rng(seed)
    first = pd.Timestamp(start)
    end = first + pd.DateOffset(months=months) - pd.Timedelta(days=1)
    people = draw_suppliers(rng, suppliers)
    people["activity"] *= lots_a_month * months
    finds = draw_find_probabilities(rng)
    lots = draw_lots(rng, people, first, end, (USUAL_AQLS, STRICT_AQLS))
    visits = draw_visits(
        rng, people, lots, end, finds if inspectors_differ else np.ones_like(finds)
    )
    tables = history_tables(rng, people, lots, visits, end)
    changed_on = first + JUMP_AFTER * (end - first)
    known = pd.DataFrame(
        {
            "supplier_id": np.repeat(people["supplier_id"], len(CLASSES)),
            "kind": np.repeat(people["kind"], len(CLASSES)),
            "changed_on": pd.NaT,
            "defect_class": np.tile(CLASSES, suppliers),
        }
    ).reset_index(drop=True)
    known["changed_on"] = known["kind"].map({"deteriorating": changed_on.ceil("D")})
    history = SimulatedHistory(tables, known, _lot_rates(people, lots, visits))
    truth = history.truth_between(first.date(), end.date())
    return SimulatedHistory(tables, truth, history.lot_rates)


def _lot_rates(people: pd.DataFrame, lots: Lots, visits: Visits) -> pd.DataFrame:
    """Rates behind every original pre-shipment inspection, in the order of the inspections."""
    is_original = (visits.about["kind"] == "pre_shipment").to_numpy()
    original = visits.about[is_original]
    lot = original["lot"].to_numpy()
    repeats = {
        "inspection_id": original["inspection_id"].to_numpy(),
        "supplier_id": people["supplier_id"].to_numpy()[lots.about["supplier"].to_numpy()[lot]],
        "inspected_on": original["date"].to_numpy(),
        "lot_size": lots.about["lot_size"].to_numpy()[lot],
        "severity_asked": original["severity_asked"].to_numpy(),
    }
    return pd.DataFrame(
        {name: np.repeat(values, len(CLASSES)) for name, values in repeats.items()}
        | {
            "defect_class": np.tile(CLASSES, lot.size),
            "sample_size": visits.plans.sample_size[is_original].ravel(),
            "process_rate": lots.process_rate[lot].ravel(),
            "lot_rate": lots.lot_rate[lot].ravel(),
            "find_probability": np.repeat(visits.find_probability[is_original], len(CLASSES)),
        }
    )
