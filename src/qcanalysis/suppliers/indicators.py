"""Indicators of suppliers over a period: every share with its interval, or "not enough data"."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from qcanalysis.estimation import defect_rate_interval
from qcanalysis.sampling.distributions import Array

ENOUGH, NOT_ENOUGH = "enough data", "not enough data"
MINIMUM_LOTS = 5
FEWEST_FAILURES, LAST_LOTS = 2, 5
CLASSES = ("critical", "major", "minor")

LABELS = {
    "lot_acceptance_rate": "Lots accepted, of original lots judged",
    "first_pass_rate": "Lots passed at once, of all original lots presented",
    "per_million_inspected": "Nonconforming per million inspected",
    "per_million_shipped": "Nonconforming per million shipped, weighted by lot size",
    "nonconformities_per_100_items": "Defects per 100 pieces inspected",
    "repeat_defect_share": "Defect types seen before, of defect types found",
    "resubmission_acceptance_share": "Resubmitted lots accepted",
    "concession_share": "Lots let through by concession, of original lots presented",
    "minor_only_failure_share": "Lots failed on minor defects alone, of lots not accepted",
    "on_time_in_full_rate": "Deliveries on time and in full",
    "corrective_action_days": "Days to close a corrective action, median; overdue ones so far",
}


def supplier_indicators(
    lot_counts: pd.DataFrame,
    class_counts: pd.DataFrame,
    *,
    minimum_lots: int = MINIMUM_LOTS,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """One row per supplier of ``lot_counts``, all rates as fractions unless the name says more.

    Parameters
    ----------
    lot_counts
        Counts per supplier, as `qcanalysis.records.history` gives them: ``supplier_id``,
        ``supplier_name``, ``lots`` (original pre-shipment lots), ``accepted``, ``pending``
        (among them), ``minor_only_failures``, ``resubmissions``, ``resubmissions_accepted``,
        ``conceded``, ``accepted_otherwise_reported``, ``failures_in_last_five``,
        ``lots_in_last_five``, ``repeat_defect_types``, ``defect_types``, ``deliveries``,
        ``deliveries_on_time_in_full``, ``corrective_actions``, ``corrective_actions_open``,
        ``capa_days_median``; NaN where a table is missing.
    class_counts
        Counts per supplier and defect class: ``lots``, ``items_inspected``,
        ``nonconforming``, ``nonconformities``, ``lots_shipped``, ``items_shipped``,
        ``expected_nonconforming_shipped``.
    minimum_lots
        A share is NaN, never 0 or 1, below this many judged lots, and where it is taken of
        fewer: resubmissions, lots not accepted, lots of a class, defect types, deliveries.
    confidence_level
        Of every ``_lower`` and ``_upper`` (Clopper and Pearson).

    Returns
    -------
    Frame with ``supplier_id``, ``supplier_name``, ``state`` ("enough data" or "not enough
    data"), ``lots``, ``judged_lots``, ``accepted_lots``, ``pending_lots``, the rates of
    `LABELS` (with ``_lower`` and ``_upper`` where they estimate a probability; by class with
    ``_critical``, ``_major``, ``_minor``), the counts they come from and
    ``during_production_inspection``.

    Raises
    ------
    ValueError
        If ``minimum_lots`` is below 1, or a supplier has more lots accepted than judged.

    Notes
    -----
    Lot acceptance rate = accepted / (lots - pending). First-pass rate = accepted / lots: a lot
    still pending, conceded or sent to rework did not pass at once. Resubmissions count in
    neither.

    Examples
    --------
    >>> others = (
    ...     "minor_only_failures resubmissions resubmissions_accepted conceded "
    ...     "accepted_otherwise_reported failures_in_last_five lots_in_last_five "
    ...     "repeat_defect_types defect_types deliveries deliveries_on_time_in_full "
    ...     "corrective_actions corrective_actions_open capa_days_median").split()
    >>> lots = pd.DataFrame([{"supplier_id": "S1", "supplier_name": "Aki", "lots": 20,
    ...                       "pending": 1, "accepted": 18} | dict.fromkeys(others, 0)])
    >>> row = supplier_indicators(lots, pd.DataFrame()).iloc[0]
    >>> row[["lot_acceptance_rate", "lot_acceptance_rate_lower"]].astype(float).round(3).tolist()
    [0.947, 0.74]
    >>> float(row["first_pass_rate"])
    0.9
    """
    if minimum_lots < 1:
        raise ValueError(f"minimum_lots must be at least 1, got {minimum_lots!r}")
    counts = lot_counts.reset_index(drop=True)
    lots, accepted = _numbers(counts, "lots"), _numbers(counts, "accepted")
    judged = lots - _numbers(counts, "pending")
    if np.any(accepted > judged):
        raise ValueError(
            "accepted must not exceed lots - pending; see supplier "
            f"{counts['supplier_id'][int(np.argmax(accepted > judged))]!r}"
        )
    failed = judged - accepted
    deliveries = _numbers(counts, "deliveries")
    resubmitted = _numbers(counts, "resubmissions")
    defect_types = _numbers(counts, "defect_types")
    enough = judged >= minimum_lots
    first = {
        "supplier_id": counts["supplier_id"],
        "supplier_name": counts["supplier_name"],
        "state": np.where(enough, ENOUGH, NOT_ENOUGH),
        "lots": lots,
        "judged_lots": judged,
        "accepted_lots": accepted,
        "pending_lots": lots - judged,
        "accepted_otherwise_reported": _numbers(counts, "accepted_otherwise_reported"),
        **_estimate("lot_acceptance_rate", accepted, judged, enough, confidence_level),
        **_estimate("first_pass_rate", accepted, lots, enough, confidence_level),
        "failed_lots": failed,
        "minor_only_failures": _numbers(counts, "minor_only_failures"),
        "minor_only_failure_share": _share(
            counts["minor_only_failures"], failed, enough & (failed >= minimum_lots)
        ),
        "conceded_lots": _numbers(counts, "conceded"),
        "concession_share": _share(counts["conceded"], lots, enough),
        "resubmissions": resubmitted,
        "resubmissions_accepted": _numbers(counts, "resubmissions_accepted"),
        "resubmission_acceptance_share": _share(
            counts["resubmissions_accepted"], resubmitted, enough & (resubmitted >= minimum_lots)
        ),
        "defect_types": defect_types,
        "repeat_defect_types": _numbers(counts, "repeat_defect_types"),
        "repeat_defect_share": _share(
            counts["repeat_defect_types"], defect_types, enough & (defect_types >= minimum_lots)
        ),
        "deliveries": deliveries,
        "deliveries_on_time_in_full": _numbers(counts, "deliveries_on_time_in_full"),
        **_estimate(
            "on_time_in_full_rate",
            _numbers(counts, "deliveries_on_time_in_full"),
            deliveries,
            deliveries >= minimum_lots,
            confidence_level,
        ),
        "corrective_actions": _numbers(counts, "corrective_actions"),
        "corrective_actions_open": _numbers(counts, "corrective_actions_open"),
        "corrective_action_days": _numbers(counts, "capa_days_median"),
        "during_production_inspection": during_production_inspection(
            _numbers(counts, "failures_in_last_five"), _numbers(counts, "lots_in_last_five")
        ),
    }
    by_class = _class_indicators(class_counts, minimum_lots)
    return pd.DataFrame(first).merge(by_class, on="supplier_id", how="left", validate="1:1")


def during_production_inspection(
    failures_in_last_five: npt.ArrayLike, lots_in_last_five: npt.ArrayLike
) -> npt.NDArray[np.str_]:
    """Whether the next order needs an inspection during production (R87): a word per supplier.

    "yes" after two lots not accepted among the last five original ones, whenever these were
    and also where there are fewer; "not assessable" when there are fewer than five; else "no".

    Examples
    --------
    >>> during_production_inspection([2, 1, 1], [3, 4, 5]).tolist()
    ['yes', 'not assessable', 'no']
    """
    failures, lots = np.asarray(failures_in_last_five), np.asarray(lots_in_last_five)
    short = np.where(lots < LAST_LOTS, "not assessable", "no")
    return np.where(failures >= FEWEST_FAILURES, "yes", short)


def _numbers(counts: pd.DataFrame, column: str) -> Array:
    return np.asarray(counts[column].to_numpy(dtype=float, na_value=np.nan))


def _share(part: pd.Series, whole: Array, enough: npt.NDArray[np.bool_]) -> Array:
    """Part over whole; NaN with too little data or nothing to divide by."""
    top = part.to_numpy(dtype=float, na_value=np.nan)
    known = enough & (whole > 0) & ~np.isnan(top)
    return np.asarray(np.divide(top, whole, out=np.full(whole.size, np.nan), where=known))


def _estimate(
    name: str, count: Array, size: Array, enough: npt.NDArray[np.bool_], confidence_level: float
) -> dict[str, Array]:
    """A rate with its limits; NaN with too little data."""
    known = enough & (size > 0) & ~np.isnan(count)
    columns = [np.full(size.size, np.nan) for _ in range(3)]
    if known.any():
        interval = defect_rate_interval(
            count[known], size[known], confidence_level=confidence_level
        )
        for column, values in zip(
            columns, (interval.estimate, interval.lower, interval.upper), strict=True
        ):
            column[known] = values
    return dict(zip((name, f"{name}_lower", f"{name}_upper"), columns, strict=True))


def _class_indicators(class_counts: pd.DataFrame, minimum_lots: int) -> pd.DataFrame:
    """Rates by class, a row per supplier, a column per rate and class; all classes always."""
    names = ("per_million_inspected", "per_million_shipped", "nonconformities_per_100_items")
    columns = [f"{name}_{kind}" for kind in CLASSES for name in names]
    if class_counts.empty:
        return pd.DataFrame(columns=["supplier_id", *columns]).astype({"supplier_id": "str"})
    enough, enough_shipped = (
        (class_counts[name] >= minimum_lots).to_numpy(dtype=bool)
        for name in ("lots", "lots_shipped")
    )
    inspected, shipped = (
        _numbers(class_counts, name) for name in ("items_inspected", "items_shipped")
    )
    rates = {
        names[0]: 1e6 * _share(class_counts["nonconforming"], inspected, enough),
        names[1]: 1e6
        * _share(class_counts["expected_nonconforming_shipped"], shipped, enough_shipped),
        names[2]: 100 * _share(class_counts["nonconformities"], inspected, enough),
    }
    wide = pd.DataFrame(index=pd.Index(class_counts["supplier_id"].unique(), name="supplier_id"))
    for column in columns:
        name, kind = column.rsplit("_", 1)
        rows = (class_counts["defect_class"] == kind).to_numpy()
        wide[column] = pd.Series(rates[name][rows], class_counts.loc[rows, "supplier_id"])
    return wide.reset_index()
