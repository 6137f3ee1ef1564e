"""One row for each inspected unit: where it came from and what was wrong with it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

UNIT_KEY = ["inspection_id", "sku", "sample_id"]
CARTON_FACTORS = ["plating_batch", "assembly_line", "production_date"]
CLASSES_WORST_FIRST = ("critical", "major", "minor")


def unit_table(
    units: pd.DataFrame,
    cartons: pd.DataFrame,
    findings: pd.DataFrame,
    *,
    inspection_id: str,
    defect_classes: Sequence[str] = ("critical", "major"),
) -> pd.DataFrame:
    """Units of one inspection with the origin of their carton and their worst defect.

    Parameters
    ----------
    units
        Inspected pieces: `inspection_id, sku, sample_id, carton_no,
        critical_defects, major_defects, minor_defects`.
    cartons
        Carton ranges: `first_carton_no, last_carton_no, sku, plating_batch,
        assembly_line, production_date`.
    findings
        Defect list: `inspection_id, sku, sample_id, defect_type, defect_class, count`.
    inspection_id
        The visit.
    defect_classes
        Classes that make a unit nonconforming here.

    Returns
    -------
    Frame with `sku, sample_id, carton_no, plating_batch, assembly_line,
    production_date, is_nonconforming, defect_type`; what the records do not
    state is missing. A unit with several defects keeps the type of its worst
    class, then of the largest count.

    Raises
    ------
    ValueError
        If a class is unknown, or a carton lies in two ranges (R05).

    Examples
    --------
    >>> units = pd.DataFrame({"inspection_id": "PSI", "sku": "PIN", "sample_id": ["1", "2"],
    ...     "carton_no": ["P-07", "P-31"], "critical_defects": 0, "major_defects": [1, 0],
    ...     "minor_defects": 0})
    >>> cartons = pd.DataFrame({"sku": "PIN", "first_carton_no": ["P-01", "P-21"],
    ...     "last_carton_no": ["P-20", "P-40"], "plating_batch": ["B1", "B2"],
    ...     "assembly_line": "L1", "production_date": pd.Timestamp("2026-03-02")})
    >>> findings = pd.DataFrame({"inspection_id": "PSI", "sku": "PIN", "sample_id": ["1"],
    ...     "defect_type": "scratch", "defect_class": "major", "count": [1]})
    >>> table = unit_table(units, cartons, findings, inspection_id="PSI")
    >>> table[["plating_batch", "is_nonconforming"]].values.tolist()
    [['B1', True], ['B2', False]]
    """
    unknown = set(defect_classes) - set(CLASSES_WORST_FIRST)
    if unknown or not defect_classes:
        raise ValueError(
            f"defect_classes must be among {CLASSES_WORST_FIRST}, got {tuple(defect_classes)}"
        )
    seen = units[units["inspection_id"] == inspection_id].reset_index(drop=True)
    counts = seen[[f"{name}_defects" for name in defect_classes]]
    seen = seen.assign(is_nonconforming=(counts > 0).any(axis=1).astype(bool))
    seen = seen.join(_origins(seen, cartons))
    seen = seen.merge(_worst_types(findings, defect_classes), on=UNIT_KEY, how="left")
    seen["defect_type"] = seen["defect_type"].where(seen["is_nonconforming"])
    columns = ["sku", "sample_id", "carton_no", *CARTON_FACTORS, "is_nonconforming", "defect_type"]
    return seen[columns]


def carton_position(carton_no: pd.Series) -> pd.DataFrame:
    """Prefix and number of carton marks such as ``K-041``; missing where there is no number.

    Examples
    --------
    >>> carton_position(pd.Series(["K-041", "7"])).values.tolist()
    [['K-', 41.0], ['', 7.0]]
    """
    parts = carton_no.astype("string").str.extract(r"^(?P<prefix>.*?)(?P<number>[0-9]{1,15})$")
    return parts.assign(number=pd.to_numeric(parts["number"]).astype("Float64"))


def _origins(seen: pd.DataFrame, cartons: pd.DataFrame) -> pd.DataFrame:
    """Carton factors of each unit, by the range its carton number lies in."""
    places = carton_position(seen["carton_no"]).assign(sku=seen["sku"], unit=seen.index)
    first = carton_position(cartons["first_carton_no"])
    ranges = cartons[["sku", *CARTON_FACTORS]].assign(
        prefix=first["prefix"],
        first=first["number"],
        last=carton_position(cartons["last_carton_no"])["number"],
    )
    pairs = places.dropna().merge(ranges, on=["sku", "prefix"])
    inside = pairs[(pairs["first"] <= pairs["number"]) & (pairs["number"] <= pairs["last"])]
    twice = inside["unit"].duplicated()
    if twice.any():
        carton = seen.loc[inside.loc[twice, "unit"].iloc[0], "carton_no"]
        raise ValueError(
            f"cartons must not overlap, but carton {carton!r} lies in two ranges; "
            "correct first_carton_no or last_carton_no"
        )
    return inside.set_index("unit")[CARTON_FACTORS].reindex(seen.index)


def _worst_types(findings: pd.DataFrame, defect_classes: Sequence[str]) -> pd.DataFrame:
    """Defect type of each unit's worst finding."""
    listed = findings[findings["defect_class"].isin(list(defect_classes))]
    listed = listed.assign(
        rank=listed["defect_class"].map({name: i for i, name in enumerate(CLASSES_WORST_FIRST)})
    )
    listed = listed.sort_values(["rank", "count"], ascending=[True, False], kind="stable")
    return listed.drop_duplicates(UNIT_KEY)[[*UNIT_KEY, "defect_type"]].dropna()
