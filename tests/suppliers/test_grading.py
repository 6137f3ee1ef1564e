"""Grades: bands and weights that hold, exact convolution against simulation, limits."""

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qcanalysis.suppliers.bands import COMPONENTS, DEFAULT_WEIGHTS, checked_bands, checked_weights
from qcanalysis.suppliers.grading import (
    DAYS_POINTS,
    QUALITY_POINTS,
    SHARE_POINTS,
    grade_suppliers,
)

CLASSES = ("critical", "major", "minor")


def indicators(*rows: dict) -> pd.DataFrame:
    usual = {
        "state": "enough data", "accepted_lots": 18.0, "judged_lots": 20.0,
        "deliveries_on_time_in_full": 17.0, "deliveries": 20.0, "corrective_action_days": 25.0,
    }  # fmt: skip
    return pd.DataFrame([{"supplier_id": f"S{i}"} | usual | row for i, row in enumerate(rows)])


def quality(
    found: tuple[float, ...] = (0, 25, 40), items: float = 2000, suppliers: int = 1
) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "supplier_id": f"S{i}", "defect_class": kind, "aql_percent": aql,
                "alpha": 0.5 + bad, "beta": 0.5 + items - bad,
            }
            for i in range(suppliers)
            for kind, aql, bad in zip(CLASSES, (0.0, 2.5, 4.0), found, strict=True)
        ]
    )  # fmt: skip


def test_convolution_agrees_with_simulation() -> None:
    frame = quality()
    row = grade_suppliers(indicators({}), frame).table.iloc[0]
    generator, draws = np.random.default_rng(11), 400_000
    total = np.zeros(draws)
    for kind, aql, weight in zip(CLASSES, (0.001, 0.025, 0.04), (20, 30, 10), strict=True):
        alpha, beta = frame.loc[frame["defect_class"] == kind, ["alpha", "beta"]].to_numpy()[0]
        ratio = generator.beta(alpha, beta, draws) / aql
        total += weight / 100 * np.interp(ratio, *np.array(QUALITY_POINTS).T)
    for good, bad, weight in ((18, 2, 20), (17, 3, 10)):
        share = generator.beta(good + 0.5, bad + 0.5, draws)
        total += weight / 100 * np.interp(share, *np.array(SHARE_POINTS).T)
    total += 0.1 * np.interp(25, *np.array(DAYS_POINTS).T)
    assert row["score"] == pytest.approx(total.mean(), abs=0.06)
    for name, low, high in (("A", 90, 101), ("B", 75, 90), ("C", 60, 75), ("D", 0, 60)):
        simulated = np.mean((total >= low) & (total < high))
        assert row[f"probability_{name}"] == pytest.approx(simulated, abs=0.006)
    limits = np.quantile(total, [0.025, 0.975])
    assert (row["score_lower"], row["score_upper"]) == pytest.approx(tuple(limits), abs=0.2)


def test_much_data_makes_the_grade_certain() -> None:
    much = {
        "accepted_lots": 9.9e6, "judged_lots": 1e7, "deliveries": 1e7,
        "deliveries_on_time_in_full": 9.8e6, "corrective_action_days": 14.0,
    }  # fmt: skip
    row = grade_suppliers(indicators(much), quality((100, 1e6, 2e6), 1e9)).table.iloc[0]
    assert row["grade"] == "A"
    assert row["probability_of_grade"] == pytest.approx(1, abs=1e-12)
    by_hand = (  # 0.0001 of 0.1 %, 0.04 and 0.05 of the AQL; 99 % and 98 % of the share; 14 days
        20 * (1 - 0.25 * 0.0001)
        + 30 * (1 - 0.25 * 0.04)
        + 10 * (1 - 0.25 * 0.05)
        + 20 * (0.75 + 0.25 * 0.04 / 0.05)
        + 10 * (0.75 + 0.25 * 0.03 / 0.05)
        + 10
    )
    assert row["score"] == pytest.approx(by_hand, abs=0.1)


def test_at_the_aql_with_much_data_quality_scores_75() -> None:
    row = grade_suppliers(indicators({}), quality((1e6, 2.5e7, 4e7), 1e9)).table.iloc[0]
    for kind in CLASSES:
        assert row[f"score_{kind}_quality"] == pytest.approx(75, abs=0.5)


def test_a_score_of_exactly_100_has_the_best_band() -> None:
    perfect = {
        "accepted_lots": 1e12, "judged_lots": 1e12, "deliveries": 1e12,
        "deliveries_on_time_in_full": 1e12, "corrective_action_days": 0.0,
    }  # fmt: skip
    row = grade_suppliers(indicators(perfect), quality((0, 0, 0), 1e15)).table.iloc[0]
    assert (row["grade"], row["score"]) == ("A", pytest.approx(100))
    only = grade_suppliers(
        indicators(perfect), quality((0, 0, 0), 1e15), bands={"perfect": 100, "other": 0}
    ).table.iloc[0]
    assert only["grade"] == "perfect"


def test_missing_components_spread_their_weight_and_say_so() -> None:
    none = {"deliveries": np.nan, "deliveries_on_time_in_full": np.nan}
    grading = grade_suppliers(
        indicators({"corrective_action_days": np.nan} | none, {}),
        quality(suppliers=2).query("defect_class != 'critical' or supplier_id != 'S0'"),
    )
    first, second = (grading.table.iloc[i] for i in (0, 1))
    assert first["missing"] == "critical_quality, delivery, corrective_action"
    weights = [first[f"weight_{name}"] for name in COMPONENTS]
    assert weights == pytest.approx([0, 50, 16.7, 33.3, 0, 0])
    assert [second[f"weight_{name}"] for name in COMPONENTS] == [*DEFAULT_WEIGHTS.values()]
    assert np.isnan(first["score_delivery"])


def test_not_enough_data_has_no_grade() -> None:
    grading = grade_suppliers(indicators({"state": "not enough data"}, {}), quality(suppliers=2))
    row = grading.table.iloc[0]
    assert row["grade"] == "not enough data"
    assert row[["score", "score_lower", "probability_A", "probability_of_grade"]].isna().all()
    assert grading.table.loc[1, "grade"] in "ABCD"
    empty = pd.DataFrame(columns=quality().columns)
    alone = grade_suppliers(indicators({}), empty, weights={"major_quality": 100})
    assert alone.table.loc[0, "grade"] == "not enough data"


@settings(max_examples=25)
@given(
    bad=st.tuples(st.integers(0, 30), st.integers(0, 300), st.integers(0, 300)),
    accepted=st.integers(0, 20),
    days=st.floats(0, 200),
)
def test_probabilities_sum_to_one_and_worse_is_never_better(
    bad: tuple[int, ...], accepted: int, days: float
) -> None:
    frame = indicators(
        {"accepted_lots": accepted, "corrective_action_days": days},
        {"accepted_lots": accepted / 2, "corrective_action_days": days + 5},
    )
    worse = quality((*bad[:1], bad[1] + 10, bad[2] + 10)).assign(supplier_id="S1")
    table = grade_suppliers(frame, pd.concat([quality(bad), worse])).table
    bands = table[[f"probability_{name}" for name in "ABCD"]]
    np.testing.assert_allclose(bands.sum(axis=1), 1)
    assert table["score"].between(0, 100).all()
    assert table["score"][1] <= table["score"][0] + 1e-9
    assert table["score_lower"].le(table["score"] + 1e-9).all()


def test_two_thousand_suppliers_in_seconds() -> None:
    frame = indicators(*({} for _ in range(2000)))
    started = time.process_time()
    table = grade_suppliers(frame, quality(suppliers=2000)).table
    assert time.process_time() - started < 5
    assert np.ptp(table["score"]) == 0


@pytest.mark.parametrize(
    ("bands", "words"),
    [
        ({"A": 90, "B": 10}, "no band covers 0 to 10 points: the lowest, 'B'"),
        ({"A": 90, "B": 90, "C": 0}, "both cover 90"),
        ({"A": (85, 100), "B": (0, 90)}, "'B' and 'A' both cover 85 to 90"),
        ({"A": (90, 100), "B": (0, 80)}, "no band covers 80 to 90"),
        ({"A": (90, 99), "B": (0, 90)}, "a score of 100 has no band"),
        ({"A": 101, "B": 0}, "from 0 to 100"),
        ({}, "at least one band"),
    ],
)
def test_bands_must_cover_and_not_overlap(bands: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        checked_bands(bands)


def test_one_band_and_touching_intervals_hold() -> None:
    assert checked_bands({"all": 0}) == {"all": 0}
    assert checked_bands({"D": (0, 60), "A": (60, 100)}) == {"A": 60, "D": 0}


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ({"major_quality": 50}, "sum to 100 points, these sum to 50"),
        ({"major_quality": 101, "delivery": -1}, "must not be negative"),
        ({"price": 100}, "got price"),
    ],
)
def test_weights_must_sum_to_100(weights: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        checked_weights(weights)
