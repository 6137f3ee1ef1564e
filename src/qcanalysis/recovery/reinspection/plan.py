"""Plan of a re-inspection: lots, plans, cartons to open, pack-out, checklists, warnings."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from qcanalysis.recovery.reinspection.carton_draw import CartonDraw, LotKey, draw_cartons
from qcanalysis.recovery.reinspection.carton_list import carton_list
from qcanalysis.recovery.reinspection.checklists import sku_checklists
from qcanalysis.recovery.reinspection.lot_plans import NOTES, ReinspectionTerms, lot_plans
from qcanalysis.recovery.reinspection.pack_out import pack_out_plans
from qcanalysis.recovery.reinspection.treated_lots import treated_lots
from qcanalysis.recovery.rows import rows_of


@dataclass(frozen=True, eq=False)
class ReinspectionPlan:
    """Everything the inspector of a re-inspection is handed, made by `plan_reinspection`.

    Attributes
    ----------
    lots
        Lots by product and treatment (`treated_lots`).
    plans
        Plan of each lot and scope (`lot_plans`), then the pack-out plans (`pack_out_plans`).
    draw
        Cartons to open (`draw_cartons`).
    checklists
        Checklists by product (`sku_checklists`).
    warnings
        What stands against the visit as planned, and what could not be told.
    notes
        What the plans do not say by themselves: resubmission, switching, edition (T15, T16).
    """

    lots: pd.DataFrame
    plans: pd.DataFrame
    draw: CartonDraw
    checklists: pd.DataFrame
    warnings: tuple[str, ...]
    notes: tuple[str, ...]


def plan_reinspection(
    skus: pd.DataFrame,
    cartons: pd.DataFrame,
    lots: pd.DataFrame,
    specification: pd.DataFrame,
    *,
    seed: int,
    terms: ReinspectionTerms | None = None,
    conceded: Mapping[str, Collection[str]] | None = None,
    cartons_to_open: Mapping[LotKey, int] | None = None,
    failed_inspector: str | None = None,
    next_inspector: str | None = None,
) -> ReinspectionPlan:
    """Plan of the re-inspection of a failed order (R47, R60, R75-R79).

    Parameters
    ----------
    skus, cartons, lots, specification
        Tables of a case, in the columns of the records; all but ``skus`` may be empty.
    seed
        Seed of the carton draw.
    terms
        What is agreed; None for the defaults of `ReinspectionTerms`.
    conceded
        Defect types conceded, by product.
    cartons_to_open
        Cartons to open of each lot; the square root of their number where not given.
    failed_inspector, next_inspector
        Identifiers of the inspector of the failed visit and of this one.

    Examples
    --------
    >>> skus = pd.DataFrame({"sku": ["PIN"], "quantity": [8000], "product_family": ["pin"]})
    >>> nothing = pd.DataFrame()
    >>> plan = plan_reinspection(skus, nothing, nothing, nothing, seed=1)
    >>> plan.plans[["scope", "sample_size"]].head(3).values.tolist()
    [['critical', 200], ['zero_defect', 200], ['major', 200]]
    >>> plan.draw.reasons
    ('PIN, not stated: cannot tell which cartons to open: carton list needed',)
    """
    terms = terms or ReinspectionTerms()
    register = carton_list(cartons, lots)
    parts = treated_lots(skus, cartons, lots)
    of_lots = lot_plans(parts, specification, terms, conceded=conceded)
    of_cartons = pack_out_plans(skus, register, severity=terms.severity, standard=terms.standard)
    units: dict[LotKey, int] = {
        (str(sku), str(treatment)): int(group["sample_size"].max())
        for (sku, treatment), group in of_lots.groupby(["sku", "treatment"], sort=False)
    }
    draw = draw_cartons(register, units, seed=seed, cartons_to_open=cartons_to_open)
    reasons = [f"{row['sku']}: {row['reason']}" for _, row in parts.iterrows() if row["reason"]]
    return ReinspectionPlan(
        lots=parts,
        plans=pd.DataFrame([*rows_of(of_lots), *rows_of(of_cartons)]).convert_dtypes(),
        draw=draw,
        checklists=sku_checklists(skus, is_sorted=bool(parts["treatment"].eq("sorted").any())),
        warnings=tuple(
            filter(
                None,
                [
                    inspector_warning(failed_inspector, next_inspector),
                    *reasons,
                    *draw.reasons,
                    *_pack_out_warnings(of_cartons, draw),
                ],
            )
        ),
        notes=NOTES,
    )


def inspector_warning(failed_inspector: str | None, next_inspector: str | None) -> str:
    """Warning about who inspects again, or "": it warns and bars nothing (R60).

    Parameters
    ----------
    failed_inspector, next_inspector
        Identifiers of the inspector of the failed visit and of the next one; None if not known.

    Examples
    --------
    >>> inspector_warning("I-07", "I-07")
    'inspector I-07 made the failed visit too: ask the agency for another one'
    >>> inspector_warning("I-07", "I-12")
    ''
    """
    if failed_inspector is None or next_inspector is None:
        whom = "the failed visit" if failed_inspector is None else "the re-inspection"
        return f"cannot tell whether the inspector is another one: state inspector_id of {whom}"
    if failed_inspector != next_inspector:
        return ""
    return f"inspector {next_inspector} made the failed visit too: ask the agency for another one"


def _pack_out_warnings(of_cartons: pd.DataFrame, draw: CartonDraw) -> list[str]:
    """Where fewer cartons are opened than the pack-out plan checks, and what has no standard."""
    opened: dict[Any, int] = draw.cartons.groupby("sku")["is_drawn"].sum().to_dict()
    warnings = []
    for _, row in of_cartons.iterrows():
        if row["reason"]:
            warnings.append(f"{row['sku']} pack-out: {row['reason']}")
        if row["sku"] in opened and opened[row["sku"]] < row["sample_size"]:
            warnings.append(
                f"{row['sku']} pack-out: {opened[row['sku']]} cartons are opened, but its plan "
                f"checks {row['sample_size']}: raise cartons_to_open"
            )
    return warnings
