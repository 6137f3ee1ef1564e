"""The simulated history: its records hold together, its truth is what they were drawn from."""

from __future__ import annotations

import importlib.util
from datetime import date
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from qcanalysis.sampling import lookup_plan
from qcanalysis.suppliers.severity import class_severities, inspected_otherwise, strictest
from qcanalysis.suppliers.simulation import SimulatedHistory, simulate_history
from qcanalysis.suppliers.simulation.plans import visit_severities

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="module")
def history() -> SimulatedHistory:
    return simulate_history(5, suppliers=80, months=24, lots_a_month=2)


@pytest.fixture(scope="module")
def inspections(history: SimulatedHistory) -> pd.DataFrame:
    return history.tables["inspections"]


def build_history() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_history", DATA / "build_history.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_bundled_history_is_rebuilt_byte_for_byte(tmp_path: Path) -> None:
    build_history().write_history(tmp_path)
    committed = {path.name for path in (DATA / "history").iterdir()} - {"README.md"}
    assert {path.name for path in tmp_path.iterdir()} == committed
    for name in committed:
        assert (tmp_path / name).read_bytes() == (DATA / "history" / name).read_bytes(), name


def test_bundled_history_is_small_and_tells_no_truth() -> None:
    files = list((DATA / "history").glob("*.csv"))
    assert sum(path.stat().st_size for path in files) < 600_000
    text = "".join(path.read_text(encoding="utf-8") for path in files)
    assert "deteriorating" not in text
    assert "drifting" not in text


def test_same_seed_same_history_other_seed_another() -> None:
    once, again, other = (simulate_history(seed, suppliers=6, months=6) for seed in (3, 3, 4))
    for name, table in once.tables.items():
        pd.testing.assert_frame_equal(table, again.tables[name])
    assert not once.tables["inspections"].equals(other.tables["inspections"])


def test_plans_are_those_of_the_standard(inspections: pd.DataFrame) -> None:
    sampled = inspections[inspections["defect_class"] != "critical"]
    for row in sampled.sample(300, random_state=1).itertuples():
        plan = lookup_plan(row.lot_size, row.aql_percent, severity=row.severity).plan
        assert row.sample_size == min(plan.sample_size, row.lot_size)
        assert (row.acceptance_number, row.rejection_number) == (
            plan.acceptance_number,
            plan.rejection_numbers[-1],
        )
    critical = inspections[inspections["defect_class"] == "critical"]
    assert set(critical["acceptance_number"]) == {0}
    assert set(critical["aql_percent"]) == {0.0}


def test_counts_lots_and_ids_hold_together(
    history: SimulatedHistory, inspections: pd.DataFrame
) -> None:
    assert (inspections["nonconforming_count"] <= inspections["sample_size"]).all()
    assert (inspections["sample_size"] <= inspections["lot_size"]).all()
    assert (inspections["nonconformity_count"] >= inspections["nonconforming_count"]).all()
    assert not inspections.duplicated(["inspection_id", "defect_class"]).any()
    assert inspections["inspected_on"].is_monotonic_increasing
    assert inspections["lot_size"].min() == 50
    assert inspections["lot_size"].max() == 50_000
    found = inspections.set_index(["inspection_id", "defect_class"])["nonconformity_count"]
    listed = history.tables["findings"].groupby(["inspection_id", "defect_class"])["count"].sum()
    pd.testing.assert_series_equal(
        found[found > 0].sort_index(), listed.sort_index(), check_names=False
    )
    tables = history.tables
    known = set(tables["suppliers"]["supplier_id"])
    assert tables["suppliers"]["supplier_name"].is_unique
    for name in ("inspections", "lots", "deliveries", "corrective_actions"):
        assert set(tables[name]["supplier_id"]) <= known, name
    assert tables["lots"]["lot_id"].is_unique
    assert (tables["deliveries"]["delivered_on"] <= pd.Timestamp("2025-12-31")).all()


def test_reported_results_follow_the_counts_or_wait(inspections: pd.DataFrame) -> None:
    accepts = inspections["nonconforming_count"] <= inspections["acceptance_number"]
    judged = inspections["reported_result"] != "pending"
    stated = inspections["reported_result"] == "accepted"
    assert (accepts == stated)[judged].all()
    waiting = inspections[~judged]
    assert len(waiting)
    assert waiting["disposition"].isna().all()


def test_what_was_not_accepted_comes_back_is_conceded_or_rejected(
    inspections: pd.DataFrame,
) -> None:
    lots = inspections.assign(
        is_accepted=inspections["nonconforming_count"] <= inspections["acceptance_number"]
    )
    visits = lots.groupby("inspection_id").agg(
        {"lot_id": "first", "kind": "first", "disposition": "first", "inspected_on": "first",
         "is_original_submission": "first", "is_accepted": "all"}
    )  # fmt: skip
    failed = visits[(visits["kind"] == "pre_shipment") & ~visits["is_accepted"]]
    assert set(failed["disposition"]) == {"reworked", "conceded", "rejected"}
    again = visits[visits["kind"] == "reinspection"]
    assert not again["is_original_submission"].any()
    assert set(again["lot_id"]) <= set(failed.loc[failed["disposition"] == "reworked", "lot_id"])
    critical = lots[(lots["defect_class"] == "critical") & ~lots["is_accepted"]]
    assert "conceded" not in set(critical["disposition"])
    assert (visits["kind"] == "during_production").any()
    minor_only = lots.pivot_table(
        index="inspection_id", columns="defect_class", values="is_accepted", aggfunc="all"
    )
    assert (minor_only["major"] & minor_only["critical"] & ~minor_only["minor"]).any()


def severities_by_supplier(inspections: pd.DataFrame) -> dict[str, tuple]:
    """Switching rules walked per class over the records alone, by supplier."""
    is_known = inspections["reported_result"] != "pending"
    accepts = inspections["nonconforming_count"] <= inspections["acceptance_number"]
    results = inspections.assign(is_accepted=accepts.astype("boolean").where(is_known))
    return {
        str(supplier): class_severities(
            rows.drop_duplicates("inspection_id"),
            rows.drop(columns=["standard", "inspection_level", "severity", "kind"]),
        )
        for supplier, rows in results.groupby("supplier_id")
    }


def asked_otherwise(history: SimulatedHistory) -> pd.DataFrame:
    """Visits that the simulator itself inspected at another severity than asked."""
    visits = history.lot_rates.drop_duplicates("inspection_id")
    used = history.tables["inspections"].drop_duplicates("inspection_id")
    both = visits.merge(used[["inspection_id", "severity"]], on="inspection_id")
    return both[both["severity_asked"] != both["severity"]]


@pytest.fixture(scope="module")
def bundled() -> SimulatedHistory:
    return build_history().bundled_history()


@pytest.mark.parametrize("name", ["history", "bundled"])
def test_visits_follow_the_rules_of_every_class_but_where_told(
    name: str, request: pytest.FixtureRequest
) -> None:
    history = request.getfixturevalue(name)
    inspections = history.tables["inspections"]
    listed = pd.concat(
        inspected_otherwise(severities)
        for severities in severities_by_supplier(inspections).values()
    )
    # Of the last days some results are open: rules walked without them may ask for another.
    known_until = inspections["inspected_on"].max() - pd.Timedelta(days=12)
    made = asked_otherwise(history)
    made = made[made["inspected_on"] < known_until].set_index("inspection_id")
    found = listed[listed["inspected_on"] < known_until].set_index("inspection_id")
    assert found["severity_asked"].to_dict() == made["severity_asked"].to_dict()
    assert found["severity_used"].to_dict() == made["severity"].to_dict()
    assert set(made.loc[made["severity_asked"] == "discontinued", "severity"]) == {"tightened"}


def test_bundled_history_has_a_few_severities_to_show(bundled: SimulatedHistory) -> None:
    walked = severities_by_supplier(bundled.tables["inspections"])
    in_force = pd.Series(
        {key: strictest(one.state.severity for one in found) for key, found in walked.items()}
    ).value_counts()
    assert in_force["normal"] > 0.8 * in_force.sum()
    assert 1 <= in_force["tightened"] <= 2
    assert 1 <= in_force["discontinued"] <= 2
    made = asked_otherwise(bundled)
    forgotten = made[made["severity_asked"] != "discontinued"]
    assert len(forgotten) >= 2
    assert len(set(forgotten["supplier_id"])) == 1
    assert forgotten["inspected_on"].max() > pd.Timestamp(2025, 11, 1)


@pytest.mark.parametrize(
    ("accepted", "is_tightened"),
    [
        ([1, 0, 1, 1, 1, 0, 1], [0, 0, 0, 0, 0, 0, 1]),  # second failure just within five
        ([0, 1, 1, 1, 1, 0, 1], [0, 0, 0, 0, 0, 0, 0]),  # the first has left the five
        ([0, 0, 1, 1, 1, 1, 1, 1], [0, 0, 1, 1, 1, 1, 1, 0]),  # five accepted end it
        ([0, 0, 1, 1, 0, 1, 1, 1, 1, 1, 1], [0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0]),
        ([0] * 7 + [1] * 9, [0, 0] + [1] * 14),  # five not accepted on tightened: no way back
    ],
)
def test_switching_between_normal_and_tightened(
    accepted: list[int], is_tightened: list[int]
) -> None:
    lots = [[bool(lot)] for lot in accepted]
    asked, used = visit_severities(lots, lots)
    assert used == [bool(lot) for lot in is_tightened]
    assert [severity != "normal" for severity in asked] == used
    late = visit_severities(lots, lots, is_forgetful=True)
    assert late == (asked, [False, *used[:-1]])


def test_classes_switch_apart_and_the_visit_follows_the_strictest() -> None:
    """One class fails lots 1-2, the other lots 4-5: five accepted in a row each, from 3 and 6."""
    lots = [[False, True]] * 2 + [[True, True]] + [[True, False]] * 2 + [[True, True]] * 6
    asked, _ = visit_severities(lots, lots)
    assert asked == ["normal"] * 2 + ["tightened"] * 8 + ["normal"]
    # Failures of different classes do not add up to two of five.
    mixed = [[False, True], [True, False], [True, True]]
    assert visit_severities(mixed, mixed)[0] == ["normal"] * 3


def test_truth_names_who_changes_and_has_no_rate_without_lots(history: SimulatedHistory) -> None:
    truth = history.truth
    kinds = truth.drop_duplicates("supplier_id")["kind"].value_counts()
    assert kinds.to_dict() == {
        "steady": 76, "drifting": 1, "deteriorating": 1, "single_lot": 1, "no_lots": 1,
    }  # fmt: skip
    assert truth.loc[truth["kind"] == "no_lots", "true_rate"].isna().all()
    assert (truth.loc[truth["kind"] == "single_lot", "lots"] == 1).all()
    changed_on = truth.loc[truth["kind"] == "deteriorating", "changed_on"].iloc[0]
    before = history.truth_between(date(2024, 1, 1), changed_on - pd.Timedelta(days=1))
    after = history.truth_between(changed_on, date(2025, 12, 31))
    worse = (after["true_rate"] / before["true_rate"])[truth["kind"] == "deteriorating"]
    assert worse.between(2.2, 3.8).all()
    assert truth.loc[truth["kind"] != "deteriorating", "changed_on"].isna().all()


def test_found_matches_the_truth_when_inspectors_miss_nothing() -> None:
    history = simulate_history(8, suppliers=400, months=24, lots_a_month=2, inspectors_differ=False)
    frame = history.tables["inspections"]
    originals = frame[frame["kind"] == "pre_shipment"]
    sums = originals.groupby("defect_class")[["nonconforming_count", "sample_size"]].sum()
    truth = history.lot_rates
    inspected = truth["sample_size"]
    for rate in ("process_rate", "lot_rate"):
        expected = (truth[rate] * inspected).groupby(truth["defect_class"]).sum()
        ratio = sums["nonconforming_count"] / expected
        assert ratio[["major", "minor"]].between(0.98, 1.02).all(), rate
        assert 0.8 < ratio["critical"] < 1.2, rate


def test_inspectors_of_the_agencies_find_unlike_shares(history: SimulatedHistory) -> None:
    frame = history.tables["inspections"]
    originals = frame[frame["kind"] == "pre_shipment"].reset_index(drop=True)
    truth = history.lot_rates
    assert (originals["inspection_id"] == truth["inspection_id"]).all()
    expected = (truth["lot_rate"] * truth["sample_size"]).groupby(originals["agency"]).sum()
    share = originals.groupby("agency")["nonconforming_count"].sum() / expected
    assert share["Northgate Inspection"] > 0.9
    assert share["Pearl Survey"] < 0.75
    by_inspector = truth["find_probability"].groupby(originals["inspector_id"]).nunique()
    assert (by_inspector == 1).all()


def test_lots_scatter_about_their_process_as_stated(history: SimulatedHistory) -> None:
    truth = history.lot_rates[history.lot_rates["defect_class"] == "major"]
    process = truth["process_rate"]
    scatter = ((truth["lot_rate"] - process) ** 2).sum() / (process * (1 - process)).sum()
    assert scatter == pytest.approx(0.006, rel=0.15)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"suppliers": 4}, "suppliers must be at least 5, got 4"),
        ({"months": 0}, "months must be at least 1"),
        ({"start": date(2024, 1, 2)}, "first of a month"),
        ({"lots_a_month": 0.0}, "lots_a_month must be above 0"),
    ],
)
def test_impossible_histories_are_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        simulate_history(1, **arguments)  # type: ignore[arg-type]


def test_thousand_suppliers_take_seconds() -> None:
    history = simulate_history(2, suppliers=1000, months=24)
    assert len(history.tables["suppliers"]) == 1000
    assert history.tables["suppliers"]["supplier_name"].is_unique
    assert np.isfinite(history.lot_rates["lot_rate"]).all()
