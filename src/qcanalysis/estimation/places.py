"""Every place a fault could come from, tested together: SKU, batch, line, date, carton, run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from qcanalysis.estimation.dispersion import carton_clustering
from qcanalysis.estimation.homogeneity import homogeneity_test
from qcanalysis.estimation.sample_size import units_needed
from qcanalysis.estimation.scan import QUARTERS, scan_test
from qcanalysis.estimation.unit_origin import carton_position

Mask = npt.NDArray[np.bool_]

PROCESS_FACTORS = ("sku", "plating_batch", "assembly_line", "production_date")
FACTORS = (*PROCESS_FACTORS, "carton_order", "carton")
WORDS = {
    "sku": "SKU",
    "plating_batch": "plating batch",
    "assembly_line": "assembly line",
    "production_date": "production date",
    "carton_order": "run of cartons",
    "carton": "carton",
}


@dataclass(frozen=True, eq=False)
class PlaceTest:
    """Test of one factor.

    `place` is the group that stands out most and `inside` marks its units;
    `unplaced` nonconforming units have no group stated and were left out;
    `adjusted_p_value` is Holm's. `power` is the probability of seeing the odds
    ratio asked for, at the level left after sharing it between the tests;
    None for single cartons, of which one more or less bad is not sought.
    `detectable_odds_ratio` and `units_needed` belong to the power wanted.
    """

    factor: str
    groups: int
    units: int
    nonconforming: int
    unplaced: int
    place: str
    inside: Mask
    p_value: float
    adjusted_p_value: float
    power: float | None
    detectable_odds_ratio: float | None
    units_needed: int | None
    method: str


@dataclass(frozen=True)
class Untested:
    """Factor that was not tested, and why; `is_missing_data` where a record would allow it."""

    factor: str
    reason: str
    is_missing_data: bool


@dataclass(frozen=True)
class Thresholds:
    """What counts as evidence.

    `significance_level`: of all tests together. `odds_ratio`: odds of one group
    over the rest that must not be missed (2 is about a doubling). `least_power`:
    probability of seeing it that makes "no place stands out" worth saying.
    `majority`: share of the leading defect type above which it dominates.
    `confidence_level`: of the intervals.
    """

    significance_level: float = 0.05
    odds_ratio: float = 2.0
    least_power: float = 0.8
    majority: float = 0.5
    confidence_level: float = 0.95

    def __post_init__(self) -> None:
        for name in ("significance_level", "least_power", "majority", "confidence_level"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"{name} must lie between 0 and 1, got {getattr(self, name)!r}")
        if not self.odds_ratio > 1:
            raise ValueError(f"odds_ratio must be above 1, got {self.odds_ratio!r}")


def place_tests(
    units: pd.DataFrame,
    *,
    factors: Sequence[str] = FACTORS,
    thresholds: Thresholds | None = None,
    simulations: int = 4_999,
    seed: int = 0,
) -> tuple[tuple[PlaceTest, ...], tuple[Untested, ...]]:
    """Tests of all factors that the records allow, corrected for their number.

    All but the SKU are tested within the SKU, so that a bad product is not read
    as a bad batch. Units whose factor is not stated are left out of its test.

    Parameters
    ----------
    units
        One row an inspected unit: `is_nonconforming` and any of `sku,
        plating_batch, assembly_line, production_date, carton_no`.
    factors
        Factors to test, among `FACTORS`.
    thresholds
        Level and odds ratio of the power; the defaults of `Thresholds`.
    simulations, seed
        Monte Carlo draws and their seed.

    Returns
    -------
    Tests in the order of `factors`, and the factors not tested.

    References
    ----------
    Holm, Scandinavian Journal of Statistics 6, 1979, 65-70.

    Examples
    --------
    >>> units = pd.DataFrame({"sku": "PIN", "assembly_line": ["L1"] * 40 + ["L2"] * 40,
    ...                       "is_nonconforming": [True] * 9 + [False] * 71})
    >>> tests, untested = place_tests(units, factors=["sku", "assembly_line"])
    >>> tests[0].place, round(tests[0].p_value, 4), untested[0].reason
    ('L1', 0.0024, 'all units are of one SKU')
    """
    unknown = set(factors) - set(FACTORS)
    if unknown:
        raise ValueError(f"factors must be among {FACTORS}, got {sorted(unknown)}")
    limits = thresholds or Thresholds()
    known = labelled(units)
    untested = tuple(u for factor in factors if (u := _untested(known, factor)) is not None)
    tried = [f for f in factors if f not in {u.factor for u in untested}]
    shared = replace(limits, significance_level=limits.significance_level / max(len(tried), 1))
    tests = [
        (_run_test if factor == "carton_order" else _group_test)(
            known, factor, shared, simulations, seed
        )
        for factor in tried
    ]
    adjusted = holm([test.p_value for test in tests])
    return tuple(
        replace(test, adjusted_p_value=p) for test, p in zip(tests, adjusted, strict=True)
    ), untested


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values, in the order given.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(np.argsort(p_values, kind="stable")):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = largest
    return adjusted


def labelled(units: pd.DataFrame) -> pd.DataFrame:
    """Factors of each unit as text, missing where not stated; stratum (SKU) and carton of a SKU.

    Examples
    --------
    >>> labelled(pd.DataFrame({"sku": ["PIN"], "is_nonconforming": [True]})).loc[0, "stratum"]
    'PIN'
    """
    columns = {}
    for name in (*PROCESS_FACTORS, "carton_no"):
        values = units[name] if name in units else pd.Series(pd.NA, index=units.index)
        if pd.api.types.is_datetime64_any_dtype(values):
            values = values.dt.strftime("%Y-%m-%d")
        columns[name] = values.astype("string")
    known = pd.DataFrame(columns).reset_index(drop=True)
    known["is_nonconforming"] = units["is_nonconforming"].to_numpy(dtype=bool)
    known["stratum"] = known["sku"].fillna("")
    known["carton"] = known["stratum"].where(known["carton_no"].notna()) + "\t" + known["carton_no"]
    known["carton_order"] = known["carton"]
    return known


def _untested(known: pd.DataFrame, factor: str) -> Untested | None:
    stated, word = known[factor].dropna(), WORDS[factor]
    column = "carton_no" if factor.startswith("carton") else factor
    if stated.empty:
        return Untested(factor, f"{column} is not stated", is_missing_data=True)
    if stated.nunique() < 2 and (unplaced := _unplaced(known, factor)):
        reason = f"{column} is not stated for {unplaced} nonconforming units"
        return Untested(factor, reason, is_missing_data=True)
    if factor == "sku":
        is_alone, whose = stated.nunique() < 2, "units are of one SKU"
    else:
        in_sku = known.groupby("stratum")[factor].nunique()
        is_alone, whose = in_sku.max() < 2, f"units of a SKU are of one {word}"
    if factor == "carton_order" and in_sku.max() < QUARTERS:
        return Untested(factor, f"fewer than {QUARTERS} cartons were opened", False)
    if factor == "carton" and known["carton"].value_counts().max() < 2:
        return Untested(factor, "no carton gave two units", is_missing_data=False)
    if is_alone:
        return Untested(factor, f"all {whose}", is_missing_data=False)
    return None


def _unplaced(known: pd.DataFrame, factor: str) -> int:
    return int((known[factor].isna() & known["is_nonconforming"]).sum())


def _group_test(
    known: pd.DataFrame, factor: str, limits: Thresholds, simulations: int, seed: int
) -> PlaceTest:
    rows = known.dropna(subset=factor)
    is_carton = factor == "carton"
    cartons = rows["carton"].fillna("unit " + rows.index.to_series().astype("string"))
    result = homogeneity_test(
        rows[factor],
        rows["is_nonconforming"],
        stratum=None if factor == "sku" else rows["stratum"],
        cluster=None if is_carton else cartons,
        odds_ratio=None if is_carton else limits.odds_ratio,
        significance_level=limits.significance_level,
        least_power=limits.least_power,
        simulations=simulations,
        seed=seed,
    )
    table, level = result.table, limits.significance_level
    inside = (known[factor] == table.groups[table.worst_group]).fillna(False).to_numpy(dtype=bool)
    needed = None
    if not is_carton and table.totals.sum() > 0:
        clustering = carton_clustering(
            rows["is_nonconforming"], cartons, stratum=rows["stratum"] + "\t" + rows[factor]
        )
        needed = units_needed(
            table,
            odds_ratio=limits.odds_ratio,
            power=limits.least_power,
            significance_level=level,
            design_effect=clustering.design_effect or 1.0,
        )
    return PlaceTest(
        factor=factor,
        groups=len(table.groups),
        units=int(table.units.sum()),
        nonconforming=int(table.totals.sum()),
        unplaced=_unplaced(known, factor),
        place=str(known.loc[inside, "carton_no" if is_carton else factor].iloc[0]),
        inside=inside,
        p_value=result.p_value,
        adjusted_p_value=result.p_value,
        power=result.power,
        detectable_odds_ratio=result.detectable_odds_ratio,
        units_needed=needed,
        method=result.method,
    )


def _run_test(
    known: pd.DataFrame, factor: str, limits: Thresholds, simulations: int, seed: int
) -> PlaceTest:
    rows = known.dropna(subset=factor)
    cartons = rows.groupby(["stratum", "carton", "carton_no"], as_index=False).agg(
        units=("is_nonconforming", "size"), nonconforming=("is_nonconforming", "sum")
    )
    cartons = cartons.join(carton_position(cartons["carton_no"]))
    cartons = cartons.sort_values(["stratum", "prefix", "number", "carton_no"])
    sequences = [sequence for _, sequence in cartons.groupby("stratum")]
    result = scan_test(
        [(sequence["units"], sequence["nonconforming"]) for sequence in sequences],
        odds_ratio=limits.odds_ratio,
        significance_level=limits.significance_level,
        simulations=simulations,
        seed=seed,
    )
    run = sequences[result.sequence].iloc[result.first : result.last + 1]
    return PlaceTest(
        factor=factor,
        groups=len(cartons),
        units=len(rows),
        nonconforming=int(rows["is_nonconforming"].sum()),
        unplaced=_unplaced(known, factor),
        place=f"{run['carton_no'].iloc[0]} to {run['carton_no'].iloc[-1]}",
        inside=known["carton"].isin(run["carton"]).to_numpy(dtype=bool),
        p_value=result.p_value,
        adjusted_p_value=result.p_value,
        power=result.power,
        detectable_odds_ratio=None,
        units_needed=None,
        method=result.method,
    )
