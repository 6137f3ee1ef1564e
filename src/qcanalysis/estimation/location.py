"""The place where faults gather, with its rate against the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from qcanalysis.estimation.defect_rate import DefectRateInterval
from qcanalysis.estimation.dispersion import (
    CartonClustering,
    carton_clustering,
    clustered_interval,
)
from qcanalysis.estimation.places import (
    PROCESS_FACTORS,
    WORDS,
    Mask,
    PlaceTest,
    Thresholds,
    labelled,
)


@dataclass(frozen=True)
class Location:
    """Place where faults gather: its rate against the rest of the same SKU (of all, for a SKU).

    The place was chosen because it stands out, so the rate inside leans high.
    `same_units_as` names other factors whose group holds the very same units.
    """

    factor: str
    place: str
    units_inside: int
    nonconforming_inside: int
    inside: DefectRateInterval
    units_outside: int
    nonconforming_outside: int
    outside: DefectRateInterval
    adjusted_p_value: float
    same_units_as: tuple[str, ...]


def locate(
    units: pd.DataFrame, tests: Sequence[PlaceTest], thresholds: Thresholds
) -> tuple[Location, ...]:
    """Places whose test is significant, the most telling first.

    Parameters
    ----------
    units
        One row an inspected unit, as given to `place_tests`.
    tests
        Result of `place_tests`.
    thresholds
        Significance level, and confidence level of the rates.

    Returns
    -------
    Locations: factors of the process by p-value, then runs of cartons, then
    cartons; of equal p-values the place with the fewest units. The limits of
    the rates allow for cartons that hold several of the inspected units.

    Examples
    --------
    >>> from qcanalysis.estimation.places import place_tests
    >>> units = pd.DataFrame({"assembly_line": ["L1"] * 40 + ["L2"] * 40,
    ...                       "is_nonconforming": [True] * 9 + [False] * 71})
    >>> tests, _ = place_tests(units, factors=["assembly_line"])
    >>> place = locate(units, tests, Thresholds())[0]
    >>> place.inside.estimate, place.outside.estimate
    (0.225, 0.0)
    """
    found = [t for t in tests if t.adjusted_p_value <= thresholds.significance_level]
    return tuple(_location(units, test, thresholds) for test in sorted(found, key=_order))


def clustering_of(units: pd.DataFrame, place: Mask | None = None) -> CartonClustering | None:
    """Carton clustering within each SKU (and within and without a place); None without cartons."""
    known = labelled(units)
    if known.empty or known["carton"].isna().any():
        return None
    side = np.zeros(len(known), dtype=bool) if place is None else place
    stratum: pd.Series[str] = known["stratum"] + pd.Series(
        np.where(side, "\tinside", "\toutside"), dtype="string"
    )
    return carton_clustering(known["is_nonconforming"], known["carton"], stratum=stratum)


def _order(test: PlaceTest) -> tuple[int, float, int]:
    later = {"carton_order": 1, "carton": 2}
    return later.get(test.factor, 0), test.p_value, int(test.inside.sum())


def _location(units: pd.DataFrame, test: PlaceTest, thresholds: Thresholds) -> Location:
    known = labelled(units)
    bad = known["is_nonconforming"].to_numpy(dtype=bool)
    rest = ~test.inside
    if test.factor != "sku":
        skus = known.loc[test.inside, "stratum"]
        rest &= known["stratum"].isin(skus).to_numpy(dtype=bool)
    clustering = clustering_of(units, test.inside)
    design_effect = (clustering and clustering.design_effect) or 1.0
    inside, outside = (
        clustered_interval(
            int(bad[mask].sum()),
            int(mask.sum()),
            design_effect=design_effect,
            confidence_level=thresholds.confidence_level,
        )
        for mask in (test.inside, rest)
    )
    return Location(
        factor=test.factor,
        place=test.place,
        units_inside=int(test.inside.sum()),
        nonconforming_inside=int(bad[test.inside].sum()),
        inside=inside,
        units_outside=int(rest.sum()),
        nonconforming_outside=int(bad[rest].sum()),
        outside=outside,
        adjusted_p_value=test.adjusted_p_value,
        same_units_as=_same_units(known, test),
    )


def _same_units(known: pd.DataFrame, test: PlaceTest) -> tuple[str, ...]:
    """Other process factors, each with its group, that mark out exactly the units of the place."""
    names = []
    for factor in PROCESS_FACTORS:
        groups = known.loc[test.inside, factor].unique()
        if factor == test.factor or len(groups) != 1:
            continue
        same = (known[factor] == groups[0]).fillna(False).to_numpy(dtype=bool)
        if np.array_equal(same, test.inside):
            names.append(f"{WORDS[factor]} {groups[0]}")
    return tuple(names)
