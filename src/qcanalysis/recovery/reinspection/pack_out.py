"""Pack-out judged by the carton: its own sampling unit, apart from the pieces (R79)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd

from qcanalysis.recovery.rows import Row, rows_of
from qcanalysis.sampling import lookup_plan

# What an inspector notes of a carton, and where the order line states what it must be.
EXACT = {
    "units_per_inner": "units_per_inner",
    "inners_per_carton": "inners_per_carton",
    "barcode_orientation": "barcode_orientation",
}
WEIGHT = ("carton_gross_weight_min_kg", "carton_gross_weight_max_kg")
DIMENSIONS = ("carton_length_cm", "carton_width_cm", "carton_height_cm")
ALL_CARTONS = "all cartons"
PLAN_COLUMNS = ["sku", "treatment", "scope", "lot_size", "aql_percent", "inspection_level",
                "severity", "code_letter", "sample_size", "acceptance_number", "rejection_number",
                "inspects_all", "standard", "reason"]  # fmt: skip
NOTED = (*EXACT, "gross_weight_kg", *DIMENSIONS)
DIMENSION_TOLERANCE_CM = 1.0
STANDARD = (*EXACT, *WEIGHT, *DIMENSIONS)


def pack_out_plans(
    skus: pd.DataFrame,
    register: pd.DataFrame,
    *,
    aql_percent: float = 2.5,
    inspection_level: str = "II",
    severity: str = "normal",
    standard: str = "ISO 2859-1:1999",
) -> pd.DataFrame:
    """Plan by which the cartons of each product are judged (R79).

    Parameters
    ----------
    skus
        Order lines: ``sku`` and the columns of the carton standard where known.
    register
        What `carton_list` returns; a lot is all cartons of a product.
    aql_percent, inspection_level, severity, standard
        Plan, per hundred cartons: AQL [%]. The defaults are ours, the sources give none.

    Returns
    -------
    A row per product: ``sku, treatment`` ("all cartons"), ``scope`` ("pack_out"),
    ``lot_size, sample_size`` [cartons], ``aql_percent, inspection_level, severity, code_letter,
    acceptance_number, rejection_number, inspects_all, standard`` and ``reason``:
    what the carton standard does not say, or that the carton list is missing.

    Examples
    --------
    >>> register = pd.DataFrame({"sku": "PIN", "carton_no": [f"{n:03d}" for n in range(1, 41)]})
    >>> row = pack_out_plans(pd.DataFrame({"sku": ["PIN"]}), register).iloc[0]
    >>> print(*row[["lot_size", "code_letter", "sample_size", "acceptance_number"]])
    40 D 5 0
    """
    cartons = register["sku"].value_counts()
    rows = []
    for line in rows_of(skus):
        lot_size = int(cartons.get(line["sku"], 0))
        row: dict[str, Any] = {
            "sku": line["sku"],
            "treatment": ALL_CARTONS,
            "scope": "pack_out",
            "lot_size": lot_size or None,
        }
        if not lot_size:
            rows.append(row | {"reason": "cannot tell: carton list needed"})
            continue
        found = lookup_plan(
            max(lot_size, 2),
            aql_percent,
            inspection_level=inspection_level,
            severity=severity,
            standard=standard,
        )
        missing = [name for name in STANDARD if line.get(name) is None]
        rows.append(
            row
            | {
                "aql_percent": aql_percent,
                "inspection_level": inspection_level,
                "severity": severity,
                "code_letter": found.code_letter,
                "sample_size": min(found.plan.sample_size, lot_size),
                "acceptance_number": found.plan.acceptance_number,
                "rejection_number": found.plan.rejection_number,
                "inspects_all": found.inspects_all,
                "standard": standard,
                "reason": f"cannot judge {', '.join(missing)}: not stated" if missing else "",
            }
        )
    return pd.DataFrame(rows, columns=PLAN_COLUMNS).convert_dtypes()


def check_cartons(checked: pd.DataFrame | Iterable[Row], skus: pd.DataFrame) -> pd.DataFrame:
    """Faults of cartons against the carton standard of their product (R79).

    Parameters
    ----------
    checked
        A row per carton opened: ``carton_no, sku`` and what was noted:
        ``units_per_inner, inners_per_carton, gross_weight_kg, carton_length_cm,
        carton_width_cm, carton_height_cm, barcode_orientation``. A dimension [cm] may be off by
        ``DIMENSION_TOLERANCE_CM``, which is ours.
    skus
        Order lines with the carton standard.

    Returns
    -------
    Columns ``carton_no, sku, faults, not_assessed, is_nonconforming``; limits
    themselves conform. What was not noted, or has no standard, is not assessed.

    Raises
    ------
    ValueError
        If a row is of no product of the order, repeats a carton, or has a column of another name.

    Examples
    --------
    >>> skus = pd.DataFrame({"sku": ["PIN"], "units_per_inner": [20], "inners_per_carton": [10]})
    >>> seen = [{"carton_no": "004", "sku": "PIN", "units_per_inner": 20, "inners_per_carton": 9}]
    >>> check_cartons(seen, skus).iloc[0]["faults"]
    'inners_per_carton 9 instead of 10'
    """
    standards = {row["sku"]: row for row in rows_of(skus)}
    rows: list[dict[str, Any]] = []
    for carton in rows_of(checked):
        name, sku = carton.get("carton_no"), carton.get("sku")
        if sku not in standards:
            raise ValueError(f"sku {sku!r} of carton {name!r} is no line of the order")
        if name is None or any(row["carton_no"] == name for row in rows):
            raise ValueError(f"carton_no must be stated and occur once, got {name!r}")
        if strangers := sorted(carton.keys() - {"carton_no", "sku", *NOTED}):
            raise ValueError(
                f"carton {name!r}: {', '.join(strangers)} is not noted of a carton; it may be "
                f"{', '.join(NOTED)}"
            )
        judged = dict(_judged(carton, standards[sku]))
        faults = [fault for fault in judged.values() if fault]
        rows.append(
            {
                "carton_no": carton["carton_no"],
                "sku": carton["sku"],
                "faults": "; ".join(faults),
                "not_assessed": ", ".join(name for name, fault in judged.items() if fault is None),
                "is_nonconforming": bool(faults),
            }
        )
    columns = ["carton_no", "sku", "faults", "not_assessed", "is_nonconforming"]
    return pd.DataFrame(rows, columns=columns)


def _judged(carton: dict[str, Any], standard: dict[str, Any]) -> Iterator[tuple[str, str | None]]:
    """Name and fault of each characteristic: "" conforms, None cannot be assessed."""
    for name, column in EXACT.items():
        seen, wanted = carton.get(name), standard.get(column)
        fault = None if seen is None or wanted is None else ""
        yield (
            name,
            f"{name} {seen} instead of {wanted}" if fault == "" and seen != wanted else fault,
        )
    weight, (lightest, heaviest) = carton.get("gross_weight_kg"), map(standard.get, WEIGHT)
    if weight is None or lightest is None or heaviest is None:
        yield "gross_weight_kg", None
    else:
        outside = not lightest <= weight <= heaviest
        text = f"gross weight {weight} kg outside {lightest} to {heaviest} kg"
        yield "gross_weight_kg", text if outside else ""
    for name in DIMENSIONS:
        seen, wanted = carton.get(name), standard.get(name)
        if seen is None or wanted is None:
            yield name, None
        else:
            is_off = round(abs(seen - wanted) - DIMENSION_TOLERANCE_CM, 9) > 0
            yield (
                name,
                f"{name} {seen} instead of {wanted} ± {DIMENSION_TOLERANCE_CM}" if is_off else "",
            )
