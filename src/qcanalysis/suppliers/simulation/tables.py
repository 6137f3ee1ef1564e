"""The tables of a simulated history, as a buyer would keep them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from qcanalysis.sampling.tables import ISO_2859_1_1999
from qcanalysis.suppliers.simulation.rates import CLASSES, Whole
from qcanalysis.suppliers.simulation.visits import Lots, Visits
from qcanalysis.suppliers.simulation.words import AGENCIES, DEFECT_CODES, SKU_FAMILIES

DEFECTS_BEYOND_ONE = 0.15
"""Further nonconformities that a nonconforming item has on average."""
SHARE_ACTED_ON = 0.9
DAYS_FOR_AN_ACTION = 30
USUAL_DAYS_OF_AN_ACTION = 20.0
SHARE_SHORT = 0.03


def history_tables(
    rng: np.random.Generator,
    suppliers: pd.DataFrame,
    lots: Lots,
    visits: Visits,
    end: pd.Timestamp,
) -> dict[str, pd.DataFrame]:
    """Frames by table name; days are dates without a time, what is not known is missing."""
    inspections = _inspections(rng, suppliers, lots, visits)
    shipped = _shipped(rng, suppliers, lots, visits, end)
    return {
        "suppliers": suppliers[["supplier_id", "supplier_name", "country"]].copy(),
        "inspections": inspections,
        "findings": _findings(rng, suppliers, lots, visits, inspections),
        "lots": shipped[["lot_id", "supplier_id", "shipped_quantity", "shipped_on"]],
        "deliveries": _deliveries(rng, shipped, end),
        "corrective_actions": _corrective_actions(rng, suppliers, lots, visits, end),
    }


def _lot_ids(lots: Whole) -> list[str]:
    return [f"L{lot + 1:06}" for lot in lots]


def _supplier_rows(lots: Lots, visits: Visits) -> Whole:
    """Row of the supplier of each visit."""
    return np.asarray(lots.about["supplier"].to_numpy()[visits.about["lot"]])


def _inspections(
    rng: np.random.Generator, suppliers: pd.DataFrame, lots: Lots, visits: Visits
) -> pd.DataFrame:
    """One row an inspection and class."""
    about = visits.about
    lot = about["lot"].to_numpy()
    agencies = np.array(list(AGENCIES))
    is_waiting = about["disposition"].isna() & visits.accepts_lot
    is_waiting &= about["kind"] != "during_production"
    by_visit = pd.DataFrame(
        {
            "inspection_id": about["inspection_id"],
            "supplier_id": suppliers["supplier_id"].to_numpy()[_supplier_rows(lots, visits)],
            "inspected_on": about["date"],
            "lot_id": _lot_ids(lot),
            "lot_size": lots.about["lot_size"].to_numpy()[lot],
            "sku_family": np.array(SKU_FAMILIES)[lots.about["family"].to_numpy()[lot]],
            "kind": about["kind"],
            "is_original_submission": about["kind"] != "reinspection",
            "standard": ISO_2859_1_1999,
            "inspection_level": "II",
            "severity": about["severity"],
        }
    )
    rows = by_visit.loc[by_visit.index.repeat(len(CLASSES))].reset_index(drop=True)
    found = visits.nonconforming.ravel()
    aqls = np.column_stack([np.zeros(lot.size), lots.aql_percent[lot]])
    result = np.where(visits.accepts, "accepted", "not_accepted")
    result[is_waiting.to_numpy()] = "pending"
    inspector = about["agency"] * 10 + about["inspector"] + 11
    return rows.assign(
        defect_class=np.tile(CLASSES, lot.size),
        aql_percent=aqls.ravel(),
        sample_size=visits.plans.sample_size.ravel(),
        acceptance_number=visits.plans.acceptance_number.ravel(),
        rejection_number=visits.plans.rejection_number.ravel(),
        nonconforming_count=found,
        nonconformity_count=found + rng.poisson(found * DEFECTS_BEYOND_ONE),
        inspector_id=[f"N{number}" for number in np.repeat(inspector, len(CLASSES))],
        agency=np.repeat(agencies[about["agency"]], len(CLASSES)),
        reported_result=result.ravel(),
        disposition=np.repeat(about["disposition"].to_numpy(), len(CLASSES)),
    )


def _findings(
    rng: np.random.Generator,
    suppliers: pd.DataFrame,
    lots: Lots,
    visits: Visits,
    inspections: pd.DataFrame,
) -> pd.DataFrame:
    """Nonconformities by type; every supplier has its own habits."""
    supplier = _supplier_rows(lots, visits)
    defects = inspections["nonconformity_count"].to_numpy().reshape(-1, len(CLASSES))
    parts = []
    for column, (defect_class, codes) in enumerate(DEFECT_CODES.items()):
        habits = rng.dirichlet(np.full(len(codes), 0.6), len(suppliers))
        counts = rng.multinomial(defects[:, column], habits[supplier])
        visit, code = np.nonzero(counts)
        part = {
            "visit": visit,
            "defect_code": np.array(codes)[code],
            "defect_class": defect_class,
            "count": counts[visit, code],
        }
        parts.append(pd.DataFrame(part))
    findings = pd.concat(parts).sort_values("visit", kind="stable", ignore_index=True)
    inspection_id = visits.about["inspection_id"].to_numpy()[findings.pop("visit")]
    findings.insert(0, "inspection_id", inspection_id)
    return findings


def _shipped(
    rng: np.random.Generator,
    suppliers: pd.DataFrame,
    lots: Lots,
    visits: Visits,
    end: pd.Timestamp,
) -> pd.DataFrame:
    """Lots that went out by the end, accepted or conceded, in order of their inspection."""
    gone = visits.about[visits.about["disposition"].isin(["shipped", "conceded"])]
    lot = gone["lot"].to_numpy()
    ordered = lots.about["lot_size"].to_numpy()[lot]
    is_short = rng.random(lot.size) < SHARE_SHORT
    supplier = lots.about["supplier"].to_numpy()[lot]
    shipped = pd.DataFrame(
        {
            "lot_id": _lot_ids(lot),
            "supplier_id": suppliers["supplier_id"].to_numpy()[supplier],
            "ordered_quantity": ordered,
            "shipped_quantity": np.where(is_short, np.maximum(ordered * 98 // 100, 1), ordered),
            "shipped_on": gone["date"].to_numpy()
            + rng.integers(1, 8, lot.size).astype("timedelta64[D]"),
            "is_late": (gone["kind"] == "reinspection").to_numpy()
            | (rng.random(lot.size) > suppliers["punctuality"].to_numpy()[supplier]),
        }
    )
    return shipped[shipped["shipped_on"] <= end].reset_index(drop=True)


def _deliveries(rng: np.random.Generator, shipped: pd.DataFrame, end: pd.Timestamp) -> pd.DataFrame:
    """One delivery a lot shipped, those arrived by the end."""
    days = rng.integers(18, 36, len(shipped)).astype("timedelta64[D]")
    late = np.where(
        shipped["is_late"], rng.integers(1, 15, len(shipped)), -rng.integers(0, 5, len(shipped))
    )
    delivered = shipped["shipped_on"] + days
    deliveries = pd.DataFrame(
        {
            "delivery_id": [f"D{lot_id[1:]}" for lot_id in shipped["lot_id"]],
            "supplier_id": shipped["supplier_id"],
            "promised_on": delivered - late.astype("timedelta64[D]"),
            "delivered_on": delivered,
            "ordered_quantity": shipped["ordered_quantity"],
            "delivered_quantity": shipped["shipped_quantity"],
        }
    )
    return deliveries[deliveries["delivered_on"] <= end].reset_index(drop=True)


def _corrective_actions(
    rng: np.random.Generator,
    suppliers: pd.DataFrame,
    lots: Lots,
    visits: Visits,
    end: pd.Timestamp,
) -> pd.DataFrame:
    """Corrective actions after most first submissions not accepted; some are still open."""
    is_failed = visits.is_original & ~visits.accepts_lot
    failed = visits.about[is_failed & (rng.random(is_failed.size) < SHARE_ACTED_ON)]
    opened = failed["date"] + pd.Timedelta(days=1)
    days = np.ceil(rng.lognormal(np.log(USUAL_DAYS_OF_AN_ACTION), 0.5, len(failed)))
    closed = opened + days.astype("timedelta64[D]")
    closed = closed.where(closed <= end)
    is_effective = pd.Series(rng.random(len(failed)) < 0.75, index=failed.index, dtype="boolean")
    supplier = lots.about["supplier"].to_numpy()[failed["lot"]]
    actions = pd.DataFrame(
        {
            "action_id": [f"C{number:05}" for number in range(1, len(failed) + 1)],
            "supplier_id": suppliers["supplier_id"].to_numpy()[supplier],
            "opened_on": opened,
            "due_on": opened + pd.Timedelta(days=DAYS_FOR_AN_ACTION),
            "closed_on": closed,
            "is_effective": is_effective.where(closed.notna()),
        }
    )
    return actions[actions["opened_on"] <= end].reset_index(drop=True)
