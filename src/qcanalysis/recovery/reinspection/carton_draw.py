"""Which cartons the inspector opens: a seeded random draw within strata (R47)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from qcanalysis.recovery.reinspection.carton_list import NOT_STATED

LotKey = tuple[str, str]
INSPECTOR_COLUMNS = ["sku", "treatment", "stratum", "carton_no", "pieces", "units_to_draw",
                     "inclusion_probability"]  # fmt: skip


@dataclass(frozen=True, eq=False)
class CartonDraw:
    """Draw of cartons, made by `draw_cartons`.

    Attributes
    ----------
    cartons
        Every carton: ``sku, treatment, stratum, carton_no, pieces,
        inclusion_probability, is_drawn, units_to_draw`` [pieces].
    strata
        A row per stratum: ``sku, treatment, stratum, cartons, pieces,
        cartons_drawn, units_drawn, inclusion_probability``.
    reasons
        Why a lot has no draw, and what is needed.
    seed
        Seed of the draw: the same register and seed give the same cartons.
    """

    cartons: pd.DataFrame
    strata: pd.DataFrame
    reasons: tuple[str, ...]
    seed: int

    @property
    def for_inspector(self) -> pd.DataFrame:
        """Cartons to open and pieces to take from each."""
        drawn = self.cartons[self.cartons["is_drawn"].astype(bool)]
        return drawn[INSPECTOR_COLUMNS].reset_index(drop=True)


def draw_cartons(
    register: pd.DataFrame,
    units_to_draw: Mapping[LotKey, int],
    *,
    seed: int,
    cartons_to_open: Mapping[LotKey, int] | None = None,
) -> CartonDraw:
    """Stratified random draw of cartons, with the inclusion probability of every carton.

    Parameters
    ----------
    register
        What `carton_list` returns.
    units_to_draw
        Pieces to inspect of each lot, by product and treatment.
    seed
        Seed. A stratum's draw depends on the seed, its name and its cartons
        alone: not on row order, nor on the other lots.
    cartons_to_open
        Cartons to open of each lot; where not given, the square root of their
        number, rounded up: a trade custom, not a statistical rule.

    Returns
    -------
    The draw. Strata are the plating batches of a lot (its lot numbers where no
    batch is stated). Cartons go to strata in proportion, at least one to each,
    and more where they could not hold the pieces; within a stratum each carton
    is drawn with the same probability, cartons drawn / cartons in the stratum.

    Raises
    ------
    ValueError
        If a lot holds fewer pieces than are to be drawn.

    References
    ----------
    Cochran, Sampling Techniques, 3rd ed., 5.3 and 11.2.

    Examples
    --------
    >>> register = pd.DataFrame({"carton_no": [f"{n:03d}" for n in range(1, 41)], "sku": "PIN",
    ...     "treatment": "sorted", "plating_batch": ["B1"] * 30 + ["B2"] * 10, "lot_id": "1",
    ...     "pieces": 200})
    >>> draw = draw_cartons(register, {("PIN", "sorted"): 200}, seed=1, cartons_to_open=
    ...                     {("PIN", "sorted"): 8})
    >>> draw.strata[["stratum", "cartons_drawn", "inclusion_probability"]].values.tolist()
    [['B1', 6, 0.2], ['B2', 2, 0.2]]
    """
    wanted = cartons_to_open or {}
    tables, reasons = [], []
    for (sku, treatment), units in units_to_draw.items():
        of_lot = register[(register["sku"] == sku) & (register["treatment"] == treatment)]
        name = f"{sku}, {treatment}"
        if of_lot.empty:
            reasons.append(f"{name}: cannot tell which cartons to open: carton list needed")
        elif of_lot["pieces"].isna().any():
            first = of_lot.loc[of_lot["pieces"].isna(), "carton_no"].iloc[0]
            reasons.append(
                f"{name}: cannot tell which cartons to open: units_per_carton needed for the range "
                f"of carton {first}"
            )
        else:
            count = wanted.get((sku, treatment), math.ceil(math.sqrt(len(of_lot))))
            tables.append(_drawn(of_lot, units, count, seed))
    columns = [*INSPECTOR_COLUMNS, "is_drawn"]
    cartons = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)
    return CartonDraw(cartons[columns], _strata(cartons), tuple(reasons), seed)


def proportional_allocation(total: int, sizes: Sequence[int]) -> list[int]:
    """Shares of a total in proportion to sizes, at least 1 and at most the size each.

    Parameters
    ----------
    total
        Number to share out; fewer than there are parts: one each all the same.
    sizes
        Size of each part, at least 1.

    Returns
    -------
    Whole shares by Webster's method (largest quotient of size and 2 x share + 1).

    Raises
    ------
    ValueError
        If the total exceeds the sum of the sizes.

    Examples
    --------
    >>> proportional_allocation(7, [10, 8, 10, 12])
    [2, 1, 2, 2]
    """
    if total > sum(sizes):
        raise ValueError(f"total must not exceed the {sum(sizes)} there are, got {total}")
    shares = [1] * len(sizes)
    for _ in range(total - len(sizes)):
        quotients = [
            size / (2 * share + 1) if share < size else -1.0
            for size, share in zip(sizes, shares, strict=True)
        ]
        shares[quotients.index(max(quotients))] += 1
    return shares


def _drawn(of_lot: pd.DataFrame, units: int, count: int, seed: int) -> pd.DataFrame:
    """Cartons of one lot with their inclusion probabilities and the pieces to take."""
    batch = of_lot["plating_batch"]
    stratum = batch.where(batch != NOT_STATED, of_lot["lot_id"])
    groups = [group for _, group in of_lot.assign(stratum=stratum).groupby("stratum", sort=True)]
    pieces = [int(group["pieces"].sum()) for group in groups]
    units_by_stratum = proportional_allocation(units, pieces)
    cartons_by_stratum = proportional_allocation(
        min(count, len(of_lot)), [len(group) for group in groups]
    )
    tables = []
    for group, of_units, of_cartons in zip(
        groups, units_by_stratum, cartons_by_stratum, strict=True
    ):
        smallest_first = np.cumsum(np.sort(group["pieces"].to_numpy(dtype=int)))
        enough = int(np.searchsorted(smallest_first, of_units)) + 1
        opened = min(max(of_cartons, enough), of_units)
        tables.append(_drawn_in_stratum(group, of_units, opened, seed))
    return pd.concat(tables)


def _drawn_in_stratum(group: pd.DataFrame, units: int, count: int, seed: int) -> pd.DataFrame:
    cartons = group.sort_values("carton_no", ignore_index=True)
    name = "/".join(str(cartons.loc[0, part]) for part in ("sku", "treatment", "stratum"))
    order = np.random.default_rng([seed, *name.encode()]).permutation(len(cartons))[:count]
    take = np.zeros(len(cartons), dtype=int)
    # The random order also decides which cartons give one piece more than the others.
    take[order] = proportional_allocation(units, cartons["pieces"].to_numpy(int)[order].tolist())
    return cartons.assign(
        inclusion_probability=count / len(cartons),
        is_drawn=np.isin(np.arange(len(cartons)), order),
        units_to_draw=take,
    )


def _strata(cartons: pd.DataFrame) -> pd.DataFrame:
    columns = ["cartons", "pieces", "cartons_drawn", "units_drawn", "inclusion_probability"]
    if cartons.empty:
        return pd.DataFrame(columns=["sku", "treatment", "stratum", *columns])
    return cartons.groupby(["sku", "treatment", "stratum"], sort=False, as_index=False).agg(
        cartons=("carton_no", "size"),
        pieces=("pieces", "sum"),
        cartons_drawn=("is_drawn", "sum"),
        units_drawn=("units_to_draw", "sum"),
        inclusion_probability=("inclusion_probability", "first"),
    )
