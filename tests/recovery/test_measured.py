"""Measured characteristics of R25-R28 and R84, line by line."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from qcanalysis.estimation import defect_rate_interval
from qcanalysis.estimation.capability import capability
from qcanalysis.estimation.fraction_outside import fraction_outside
from qcanalysis.recovery.specification.measured import COLUMNS, measured_characteristics
from qcanalysis.sampling.measurements import MeasuredSample

LINES = pd.DataFrame(
    [
        {"spec_id": "PIN-03", "characteristic": "enamel sink", "upper_limit": 0.15, "unit": "mm"},
        {
            "spec_id": "PIN-07",
            "characteristic": "thickness",
            "lower_limit": 1.4,
            "upper_limit": 1.6,
            "unit": "mm",
        },
        {"spec_id": "KEY-03", "characteristic": "pull force", "lower_limit": 8.0, "unit": "kgf"},
        {"spec_id": "PIN-09", "characteristic": "colour"},
    ]
)


def measured(spec_id, values, unit):
    return pd.DataFrame({"spec_id": spec_id, "sku": "PIN", "value": values, "unit": unit})


def test_r84_thickness_is_estimated_from_its_measurements():
    values = np.random.default_rng(4).normal(1.51, 0.04, size=30)
    row = measured_characteristics(measured("PIN-07", values, "mm"), LINES).iloc[0]
    sample = MeasuredSample.of(values, lower_limit=1.4, upper_limit=1.6)
    share, found = fraction_outside(sample), capability(sample)
    assert (row["basis"], row["shape"], row["values"]) == ("measured", "no sign against", 30)
    assert row["outside"] == np.sum((values < 1.4) | (values > 1.6))
    assert row["fraction_outside"] == pytest.approx(share.estimate, rel=1e-9)
    assert row["fraction_outside_upper"] == pytest.approx(share.upper, rel=1e-6)
    assert row["cp"] == pytest.approx(found.cp.estimate)
    assert row["cpk_lower"] == pytest.approx(found.cpk.lower)


def test_r25_a_skewed_sink_depth_is_counted_not_estimated():
    values = np.round(np.random.default_rng(5).exponential(0.05, size=60), 3)
    row = measured_characteristics(measured("PIN-03", values, "mm"), LINES).iloc[0]
    outside = int(np.sum(values > 0.15))
    assert (row["shape"], row["basis"], row["outside"]) == ("not normal", "counted", outside)
    right = defect_rate_interval(outside, 60)
    assert row["fraction_outside"] == right.estimate
    assert (row["fraction_outside_lower"], row["fraction_outside_upper"]) == (
        right.lower,
        right.upper,
    )
    assert pd.isna(row["cpk"])
    assert "Count the items" in row["note"]


def test_r28_pull_force_in_newton_is_held_against_a_limit_in_kgf():
    kgf = np.array([9.1, 9.9, 10.4, 9.6, 10.0, 8.8, 9.4, 10.1, 9.7, 9.3])
    in_kgf, in_newton = (
        measured_characteristics(measured("KEY-03", values, unit), LINES).iloc[0]
        for values, unit in ((kgf, "kgf"), (kgf * 9.80665, "N"))
    )
    assert in_newton["unit"] == "kgf"
    for name in ("mean", "cpk", "cpk_lower", "fraction_outside_upper"):
        assert in_newton[name] == pytest.approx(in_kgf[name], rel=1e-6)
    assert pd.isna(in_kgf["cp"])  # one limit has no Cp


def test_few_values_or_none_to_judge():
    frame = pd.concat(
        [
            measured("PIN-07", [1.5, 1.52, 1.7], "mm"),
            measured("KEY-03", [np.nan, np.nan], "kgf"),
            measured("PIN-09", [1.0], "mm"),
            measured("PIN-03", [0.1], "mm"),
        ]
    )
    found = measured_characteristics(frame, LINES)
    assert found["spec_id"].tolist() == ["PIN-07", "PIN-03"]
    assert found["shape"].tolist() == ["cannot tell", "cannot tell"]
    assert found["basis"].tolist() == ["counted", "counted"]
    assert found["outside"].tolist() == [1, 0]
    assert pd.isna(found.loc[1, "standard_deviation"])
    assert list(measured_characteristics(frame.iloc[:0], LINES).columns) == COLUMNS
