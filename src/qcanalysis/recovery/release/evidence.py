"""What inspected pieces say for a partial release: which still count, how much, at which limit."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pandas as pd

from qcanalysis.estimation.dispersion import carton_clustering
from qcanalysis.recovery.release.partial_release import REJECTING_SCOPES, partial_release

LIMITS = (0.01, 0.015, 0.025, 0.04, 0.065, 0.10)  # preferred AQLs, as fractions
ALTERED = ("sorted", "reworked", "remade")  # no longer as the failed visit saw them


def pieces_still_as_seen(pieces: pd.DataFrame, *, is_reinspection: bool) -> pd.DataFrame:
    """Inspected pieces that still tell of their cartons.

    What a failed visit saw says nothing of cartons that were sorted, reworked or remade since.
    """
    return pieces if is_reinspection else pieces[~pieces["treatment"].isin(ALTERED)]


def carton_design_effect(pieces: pd.DataFrame, scopes: Collection[str] = REJECTING_SCOPES) -> float:
    """Design effect of pieces drawn carton by carton, 1 where it cannot be told.

    Examples
    --------
    >>> pieces = pd.DataFrame({"sku": "PIN", "carton_no": ["1"] * 5 + ["2"] * 5,
    ...     "major": [True] * 5 + [False] * 5})
    >>> carton_design_effect(pieces, ["major"])
    5.0
    """
    seen = pieces[pieces["carton_no"].notna()]
    bad = seen[list(scopes)].any(axis=1)
    return carton_clustering(bad, seen["carton_no"], stratum=seen["sku"]).design_effect or 1.0


def release_by_limit(
    register: pd.DataFrame,
    pieces: pd.DataFrame,
    *,
    limit: float,
    probability: float,
    design_effect: float,
    others: Sequence[float] = LIMITS,
) -> pd.DataFrame:
    """Pieces of each product that could go under one limit or another.

    Parameters
    ----------
    register, pieces, limit, probability, design_effect
        As in `partial_release`.
    others
        Other limits to try beside the one in force [fraction].

    Returns
    -------
    Columns ``limit, sku, released_pieces, released``, a row per limit and product.
    """
    tables = [
        partial_release(
            register, pieces, limit=tried, probability=probability, design_effect=design_effect
        ).products.assign(limit=tried)
        for tried in sorted({limit, *others})
    ]
    columns = ["limit", "sku", "released_pieces", "released"]
    return pd.concat(tables, ignore_index=True).reindex(columns=columns)
