"""Measured characteristics by specification line: shape, share outside the limits, capability."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from qcanalysis.estimation.capability import CapabilityIndex, capability
from qcanalysis.estimation.defect_rate import DefectRateInterval, defect_rate_interval
from qcanalysis.estimation.fraction_outside import FractionOutside, fraction_outside
from qcanalysis.estimation.normality import check_normality
from qcanalysis.recovery.rows import Row, rows_of
from qcanalysis.recovery.specification.conformity import convert, judge_measurements
from qcanalysis.recovery.triage.claims import known
from qcanalysis.sampling.measurements import MeasuredSample

COLUMNS = [
    *("spec_id", "sku", "characteristic", "unit", "lower_limit", "upper_limit"),
    *("values", "outside", "mean", "standard_deviation"),
    *("fraction_outside", "fraction_outside_lower", "fraction_outside_upper", "basis"),
    *("cp", "cp_lower", "cp_upper", "cpk", "cpk_lower", "cpk_upper"),
    *("shape", "note"),
]


def measured_characteristics(
    measurements: pd.DataFrame,
    specification: pd.DataFrame,
    skus: pd.DataFrame | None = None,
    *,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """What the measured values say of each characteristic with limits.

    Parameters
    ----------
    measurements, specification, skus
        Tables of the records, as in
        `qcanalysis.recovery.specification.conformity.judge_measurements`; values it cannot
        judge are left out. The values of a line are taken for a random sample of one process.
    confidence_level
        Of every interval, two-sided.

    Returns
    -------
    Frame, a row a specification line and product with values: the line (limits in its unit),
    ``values`` (how many), ``outside`` (how many of them do not conform), ``mean``,
    ``standard_deviation``, ``fraction_outside`` with its interval and ``basis``: "measured"
    (`qcanalysis.estimation.fraction_outside`) while nothing speaks against a normal
    characteristic, "counted" (`qcanalysis.estimation.defect_rate_interval`) otherwise;
    capability with its intervals where measured, ``shape`` (verdict on normality) and ``note``.

    Examples
    --------
    >>> lines = pd.DataFrame({"spec_id": ["KEY-03"], "lower_limit": [8.0], "unit": ["kgf"]})
    >>> pulls = pd.DataFrame({"spec_id": "KEY-03", "unit": "kgf",             # R28
    ...                       "value": [9.1, 9.9, 10.4, 9.6, 10.0, 8.8, 9.4, 10.1, 9.7, 9.3]})
    >>> found = measured_characteristics(pulls, lines).iloc[0]
    >>> int(found["outside"]), round(float(found["cpk"]), 2), found["shape"]
    (0, 1.11, 'no sign against')
    """
    lines = {known(line, "spec_id"): line for line in rows_of(specification)}
    judged = judge_measurements(measurements, specification, skus)
    judged = judged[judged["verdict"] != "cannot tell"]
    rows = [
        _characteristic(lines[spec_id], sku, group, confidence_level)
        for (spec_id, sku), group in judged.groupby(["spec_id", "sku"], sort=False, dropna=False)
        if _has_limits(lines[spec_id])
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _has_limits(line: Row) -> bool:
    return any(known(line, name) is not None for name in ("lower_limit", "upper_limit"))


def _characteristic(
    line: Row, sku: object, judged: pd.DataFrame, confidence_level: float
) -> dict[str, Any]:
    unit = known(line, "unit")
    values = [
        convert(value, measured_in, unit) if measured_in != unit else value
        for value, measured_in in zip(judged["value"], judged["unit"], strict=True)
    ]
    limits = {name: known(line, name) for name in ("lower_limit", "upper_limit")}
    row: dict[str, Any] = {
        "spec_id": known(line, "spec_id"),
        "sku": sku,
        "characteristic": known(line, "characteristic"),
        "unit": unit,
        **limits,
        "values": len(values),
        "outside": int((judged["verdict"] == "does not conform").sum()),
    }
    shape = check_normality(values)
    row |= {"shape": shape.verdict, "note": shape.reason, "mean": float(np.mean(values))}
    if len(values) > 1:
        row["standard_deviation"] = float(np.std(values, ddof=1))
    if shape.verdict != "no sign against":
        counted = defect_rate_interval(
            row["outside"], len(values), confidence_level=confidence_level
        )
        return row | _share(counted, "counted")
    sample = MeasuredSample.of(values, **limits)
    found = capability(sample, confidence_level=confidence_level)
    return (
        row
        | _share(fraction_outside(sample, confidence_level=confidence_level), "measured")
        | _limits_of("cp", found.cp)
        | _limits_of("cpk", found.cpk)
    )


def _share(found: FractionOutside | DefectRateInterval, basis: str) -> dict[str, Any]:
    return {
        "fraction_outside": found.estimate,
        "fraction_outside_lower": found.lower,
        "fraction_outside_upper": found.upper,
        "basis": basis,
    }


def _limits_of(name: str, index: CapabilityIndex | None) -> dict[str, float]:
    if index is None:
        return {}
    return {name: index.estimate, f"{name}_lower": index.lower, f"{name}_upper": index.upper}
