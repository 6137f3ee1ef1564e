"""The counts of a period, against the same counts made with pandas, and by hand."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.records.history.conftest import (
    END,
    START,
    Frames,
    WriteHistory,
    one_inspection,
    random_history,
)

from qcanalysis.records.history import open_history

CLASSES = ["critical", "major", "minor"]


def in_period(frame: pd.DataFrame) -> pd.DataFrame:
    day = pd.to_datetime(frame["inspected_on"])
    return frame[(day >= pd.Timestamp(START)) & (day <= pd.Timestamp(END))]


def verdicts(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per inspection with its verdict, by the rule in words and with plain pandas."""
    fails = rows["nonconforming_count"] > rows["acceptance_number"]
    return (
        rows.assign(fails=fails)
        .groupby("inspection_id", as_index=False)
        .agg(
            supplier_id=("supplier_id", "first"),
            lot_id=("lot_id", "first"),
            inspected_on=("inspected_on", "first"),
            kind=("kind", "first"),
            original=("is_original_submission", "first"),
            disposition=("disposition", "first"),
            is_accepted=("fails", lambda series: not series.any()),
        )
    )


def shipping_visits(rows: pd.DataFrame) -> set[str]:
    visits = verdicts(rows)
    visits = visits[visits["kind"].isin(["pre_shipment", "reinspection"])]
    known = visits["disposition"].notna()
    goes = visits["disposition"].isin(["shipped", "conceded"])
    visits = visits[goes.where(known, visits["is_accepted"])]
    ordered = visits.sort_values(["inspected_on", "inspection_id"])
    return set(ordered.groupby(["supplier_id", "lot_id"])["inspection_id"].last())


def counts_by_pandas(frames: Frames) -> pd.DataFrame:
    rows = frames["inspections"]
    shipped_by = shipping_visits(rows)
    rows = in_period(rows)
    counted = rows["kind"].eq("pre_shipment") & rows["is_original_submission"]
    ships = rows["inspection_id"].isin(shipped_by)
    key = ["supplier_id", "defect_class"]
    made = (
        rows[counted]
        .groupby(key)
        .agg(
            lots=("lot_size", "size"),
            items_inspected=("sample_size", "sum"),
            nonconforming=("nonconforming_count", "sum"),
            nonconformities=("nonconformity_count", "sum"),
            aql_percent=("aql_percent", lambda aql: aql.mode().min()),
        )
    )
    out = rows[ships]
    expected = out["lot_size"] * out["nonconforming_count"] / out["sample_size"]
    shipped = (
        out.assign(expected=expected)
        .groupby(key)
        .agg(
            lots_shipped=("lot_size", "size"),
            items_shipped=("lot_size", "sum"),
            expected_nonconforming_shipped=("expected", "sum"),
        )
    )
    both = made.join(shipped, how="outer")
    whole = ["lots", "items_inspected", "nonconforming", "lots_shipped", "items_shipped"]
    both[whole] = both[whole].fillna(0).astype("int64")
    both["expected_nonconforming_shipped"] = both["expected_nonconforming_shipped"].fillna(0.0)
    return both.reset_index()


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**6), kind=st.sampled_from(["csv", "parquet"]))
def test_counts_by_class_agree_with_pandas(
    seed: int, kind: str, write_history: WriteHistory
) -> None:
    frames = random_history(seed)
    if frames["inspections"].empty:
        return
    with open_history(write_history(f"{seed}{kind}", kind=kind, **frames)) as history:
        found = history.class_counts(START, END)
        assert {problem.rule for problem in history.problems} <= {"missing month"}
    wanted = counts_by_pandas(frames)[list(found.columns)].astype(found.dtypes.to_dict())
    pd.testing.assert_frame_equal(found, wanted, rtol=0, atol=1e-4)


def test_results_of_lots_agree_with_pandas_and_add_up_to_the_counts(
    write_history: WriteHistory,
) -> None:
    frames = random_history(8, suppliers=9, lots=40)
    with open_history(write_history(**frames)) as history:
        found, counts = history.lot_results(START, END), history.class_counts(START, END)
        assert history.lot_results(date(1990, 1, 1), date(1990, 1, 2)).empty
    rows = in_period(frames["inspections"])
    rows = rows[rows["kind"].eq("pre_shipment") & rows["is_original_submission"]]
    key = ["supplier_id", "defect_class", "sample_size", "nonconforming_count"]
    wanted = rows.groupby(key).size().reset_index(name="lots").astype(found.dtypes.to_dict())
    pd.testing.assert_frame_equal(found, wanted)
    assert (found["lots"] > 1).any()
    items, bad = (found["lots"] * found[name] for name in key[2:])
    sums = found.assign(items_inspected=items, nonconforming=bad).groupby(key[:2])
    made = sums[["lots", "items_inspected", "nonconforming"]].sum().reset_index()
    judged = counts[counts["lots"] > 0].reset_index(drop=True)
    pd.testing.assert_frame_equal(made, judged[list(made)])


def test_counts_by_lot_agree_with_pandas(write_history: WriteHistory) -> None:
    frames = random_history(7, suppliers=9, lots=30)
    with open_history(write_history(**frames)) as history:
        found = history.lot_counts(START, END).set_index("supplier_id")
        assert list(history.suppliers()["supplier_name"][:2]) == ["Factory 000", "Factory 001"]
    visits = verdicts(frames["inspections"])
    counted = visits[visits["kind"].eq("pre_shipment") & visits["original"]]
    period = in_period(counted).groupby("supplier_id")
    lots, accepted = period.size(), period["is_accepted"].sum()
    assert found["lots"].to_dict() == lots.reindex(found.index, fill_value=0).to_dict()
    assert found["accepted"].to_dict() == accepted.reindex(found.index, fill_value=0).to_dict()
    until = counted[pd.to_datetime(counted["inspected_on"]) <= pd.Timestamp(END)]
    last = until.sort_values(["inspected_on", "inspection_id"]).groupby("supplier_id").tail(5)
    failures = (~last["is_accepted"]).groupby(last["supplier_id"]).sum()
    assert (
        found["failures_in_last_five"].to_dict()
        == failures.reindex(found.index, fill_value=0).to_dict()
    )
    again = in_period(visits[~visits["original"] & visits["kind"].eq("pre_shipment")])
    times = again.groupby("supplier_id").size().reindex(found.index, fill_value=0)
    assert found["resubmissions"].to_dict() == times.to_dict()
    codes = frames["findings"].merge(counted, on="inspection_id").pipe(in_period)
    by_code = codes.groupby(["supplier_id", "defect_code"])["lot_id"].nunique()
    repeats = by_code.gt(1).groupby("supplier_id").sum().reindex(found.index, fill_value=0)
    assert found["repeat_defect_types"].to_dict() == repeats.to_dict()
    assert found["deliveries"].isna().all()


def lots_by_pandas(frames: Frames, start: date, end: date) -> dict[str, dict[str, int]]:
    """What `History.lot_counts` counts, as supplier -> number, suppliers with none left out."""
    rows = frames["inspections"]
    fails = rows[rows["nonconforming_count"] > rows["acceptance_number"]]
    failed = fails.groupby("inspection_id")["defect_class"].agg(set)
    visits = verdicts(rows).sort_values(["inspected_on", "inspection_id"])
    only_minor = visits["inspection_id"].map(failed).map(lambda found: found == {"minor"})
    original = visits["kind"].eq("pre_shipment") & visits["original"]
    again = visits["kind"].isin(["pre_shipment", "reinspection"]) & ~original
    conceded = visits[visits["disposition"].eq("conceded") & (visits["inspected_on"] <= end)]
    wanted = {
        "lots": original,
        "accepted": original & visits["is_accepted"],
        "minor_only_failures": original & only_minor,
        "resubmissions": again,
        "resubmissions_accepted": again & visits["is_accepted"],
        "conceded": original & visits["lot_id"].isin(conceded["lot_id"]),
    }
    inside = visits["inspected_on"].between(start, end)
    counts = {
        name: visits[inside & chosen].groupby("supplier_id").size().to_dict()
        for name, chosen in wanted.items()
    }
    last = visits[original & (visits["inspected_on"] <= end)].groupby("supplier_id").tail(5)
    failures = last[~last["is_accepted"]].groupby("supplier_id").size()
    return counts | {"failures_in_last_five": failures.to_dict()}


def test_counts_by_lot_of_random_windows_agree_with_pandas(write_history: WriteHistory) -> None:
    """Windows before, across and after the history, of one day and of more than a year."""
    frames = random_history(19, suppliers=6, lots=25)
    random = np.random.default_rng(0)
    days = {str(s): d for s, d in frames["inspections"].groupby("supplier_id")["inspected_on"]}
    with open_history(write_history(**frames)) as history:
        for _ in range(30):
            start = START + timedelta(days=int(random.integers(-90, 420)))
            end = start + timedelta(days=int(random.choice([0, 30, random.integers(0, 400)])))
            found = history.lot_counts(start, end).set_index("supplier_id")
            assert found["pending"].eq(0).all()
            for name, wanted in lots_by_pandas(frames, start, end).items():
                assert found[name][found[name] != 0].to_dict() == wanted, (name, start, end)
            for supplier_id, own in days.items():
                so_far = pd.to_datetime(own[own <= end])
                ends = found.loc[supplier_id, ["first_inspected_on", "last_inspected_on"]]
                if so_far.empty:
                    assert ends.isna().all()
                else:
                    assert ends.to_list() == [so_far.min(), so_far.max()]


def test_agencies_and_findings_agree_with_pandas(write_history: WriteHistory) -> None:
    frames = random_history(3, suppliers=3, lots=40)
    rows = in_period(frames["inspections"])
    counted = rows[rows["kind"].eq("pre_shipment") & rows["is_original_submission"]]
    with open_history(write_history(kind="parquet", **frames)) as history:
        agencies = history.agency_counts(START, END)
        found = history.findings("001", START, END)
    key = ["supplier_id", "agency", "inspector_id", "defect_class"]
    wanted = counted.groupby(key).agg(
        lots=("lot_size", "size"), nonconforming=("nonconforming_count", "sum")
    )
    made = agencies.set_index(key)[["lots", "nonconforming"]]
    pd.testing.assert_frame_equal(made.sort_index(), wanted.sort_index(), check_dtype=False)
    visits = counted[["inspection_id", "supplier_id"]].drop_duplicates()
    own = frames["findings"].merge(visits[visits["supplier_id"] == "001"], on="inspection_id")
    wanted_counts = own.groupby("defect_code")["count"].sum().to_dict()
    assert found.set_index("defect_code")["count"].to_dict() == wanted_counts


def test_lots_and_results_of_one_supplier(write_history: WriteHistory) -> None:
    rows = [
        one_inspection(inspection_id="B", inspected_on="2025-05-01", nonconforming_count=11),
        one_inspection(inspection_id="A", inspected_on="2025-04-01", lot_id="00042"),
        one_inspection(
            inspection_id="B",
            inspected_on="2025-05-01",
            defect_class="critical",
            acceptance_number=0,
            rejection_number=1,
            nonconforming_count=1,
        ),
        one_inspection(inspection_id="Z", supplier_id="S2"),
    ]
    with open_history(write_history(inspections=rows)) as history:
        lots, results = history.inspected_lots("S1"), history.class_results("S1")
        assert history.inspected_lots("S1", date(2025, 4, 30))["inspection_id"].to_list() == ["A"]
        assert history.inspected_lots("nobody").empty
        assert list(history.inspected_lots("nobody").columns) == list(lots.columns)
        assert (history.first_date, history.last_date) == (date(2025, 3, 5), date(2025, 5, 1))
    assert lots["inspection_id"].to_list() == ["A", "B"]
    assert lots["lot_id"].to_list() == ["00042", "001"]
    assert lots["is_accepted"].to_list() == [True, False]
    assert lots["failed_classes"].to_list() == ["", "critical, major"]
    assert results["defect_class"].to_list() == ["major", "critical", "major"]
    assert results["is_accepted"].to_list() == [True, False, False]


def test_t14_a_count_in_the_gap_of_a_reduced_plan_is_accepted(write_history: WriteHistory) -> None:
    row = one_inspection(
        acceptance_number=5,
        rejection_number=8,
        nonconforming_count=7,
        severity="reduced",
        standard="MIL-STD-105E",
    )
    with open_history(write_history(inspections=[row])) as history:
        assert history.inspected_lots("S1")["is_accepted"].to_list() == [True]


def test_without_an_acceptance_number_the_report_decides_and_else_it_is_not_known(
    write_history: WriteHistory,
) -> None:
    said = {"A": "accepted", "B": "not_accepted", "C": "pending", "D": None}
    rows = [
        one_inspection(
            inspection_id=name,
            acceptance_number=None,
            rejection_number=None,
            reported_result=result,
            inspected_on=f"2025-03-0{day}",
            lot_id=name,
        )
        for day, (name, result) in enumerate(said.items(), start=1)
    ]
    with open_history(write_history(inspections=rows)) as history:
        lots = history.inspected_lots("S1")
        counts = history.lot_counts(START, END).iloc[0]
    assert [None if pd.isna(v) else bool(v) for v in lots["is_accepted"]] == [
        True,
        False,
        None,
        None,
    ]
    assert (counts["lots"], counts["accepted"], counts["pending"]) == (4, 1, 2)
    assert (counts["failures_in_last_five"], counts["lots_in_last_five"]) == (1, 2)


def test_a_pending_report_accepts_nothing_and_what_its_counts_refuse_is_refused(
    write_history: WriteHistory,
) -> None:
    rows = [
        one_inspection(inspection_id=name, lot_id=name, nonconforming_count=found) | changes
        for name, found, changes in (
            ("A", 7, {"reported_result": "pending"}),
            ("B", 11, {"reported_result": "pending"}),
            ("C", 7, {"reported_result": "accepted"}),
        )
    ]
    with open_history(write_history(inspections=rows)) as history:
        lots = history.inspected_lots("S1")["is_accepted"]
        counts = history.lot_counts(START, END).iloc[0]
        shipped = history.class_counts(START, END)["lots_shipped"].iloc[0]
    assert [None if pd.isna(v) else bool(v) for v in lots] == [None, False, True]
    assert (counts["lots"], counts["accepted"], counts["pending"]) == (3, 1, 1)
    assert (counts["failures_in_last_five"], counts["lots_in_last_five"]) == (1, 2)
    assert shipped == 1


def test_lots_that_the_counts_accept_and_the_report_does_not_are_counted(
    write_history: WriteHistory,
) -> None:
    rows = [
        one_inspection(
            inspection_id=name, lot_id=name, reported_result=said, nonconforming_count=found
        )
        for name, said, found in (
            ("A", "not_accepted", 3),
            ("B", "not_accepted", 11),
            ("C", "accepted", 3),
            ("D", None, 3),
        )
    ]
    with open_history(write_history(inspections=rows)) as history:
        counts = history.lot_counts(START, END).iloc[0]
    assert (counts["accepted"], counts["accepted_otherwise_reported"]) == (3, 1)


def test_a_lot_conceded_at_each_of_its_inspections_is_one_lot(write_history: WriteHistory) -> None:
    """Six lots, each conceded twice, were "12 of 6"; one is conceded after the period."""
    rows = []
    for number in range(6):
        first = one_inspection(
            inspection_id=f"C{number}", lot_id=f"L{number}", disposition="conceded"
        )
        again = {
            "inspection_id": f"C{number}r",
            "kind": "reinspection",
            "inspected_on": "2025-04-01",
        }
        rows += [first, first | again | {"is_original_submission": "no"}]
    late = one_inspection(inspection_id="Z", lot_id="LZ", disposition="reworked")
    after = {"inspection_id": "Zr", "inspected_on": "2026-01-05", "disposition": "conceded"}
    rows += [late, late | after | {"is_original_submission": "no"}]
    with open_history(write_history(inspections=rows)) as history:
        counts = history.lot_counts(START, END).iloc[0]
        later = history.lot_counts(START, date(2026, 1, 31)).iloc[0]
    assert (counts["lots"], counts["conceded"]) == (7, 6)
    assert (later["lots"], later["conceded"]) == (7, 7)


def test_r87_the_last_five_lots_are_found_before_the_period(write_history: WriteHistory) -> None:
    days = ["2024-01-05", "2024-02-05", "2024-03-05", "2024-04-05", "2025-02-05", "2026-03-05"]
    rows = [
        one_inspection(inspection_id=f"V{n}", lot_id=f"L{n}", inspected_on=day)
        for n, day in enumerate(days)
    ]
    with open_history(write_history(inspections=rows)) as history:
        counts = history.lot_counts(START, END).iloc[0]
        earlier = history.lot_counts(START, date(2024, 3, 31)).iloc[0]
    assert (counts["lots"], counts["lots_in_last_five"]) == (1, 5)
    assert earlier["lots_in_last_five"] == 3


def test_deliveries_and_corrective_actions(write_history: WriteHistory) -> None:
    deliveries = [
        ("D1", "2025-02-01", "2025-02-01", 100, 100),
        ("D2", "2025-02-01", "2025-02-02", 100, 100),
        ("D3", "2025-02-01", "2025-01-30", 100, 99),
        ("D4", "2025-02-01", None, 100, None),
        ("D5", "2026-02-01", "2026-02-01", 100, 100),
    ]
    names = ["delivery_id", "promised_on", "delivered_on", "ordered_quantity", "delivered_quantity"]
    actions = [
        ("A1", "2025-01-01", "2025-01-11"),
        ("A2", "2025-01-01", "2025-01-21"),
        ("A3", "2025-06-01", None),
        ("A4", "2024-06-01", None),
    ]  # open at the end of the period for 213 and 578 days, no due date
    with open_history(
        write_history(
            inspections=[one_inspection()],
            deliveries=pd.DataFrame(deliveries, columns=names).assign(supplier_id="S1"),
            corrective_actions=pd.DataFrame(
                actions, columns=["action_id", "opened_on", "closed_on"]
            ).assign(supplier_id="S1"),
            suppliers=[{"supplier_id": "S0", "supplier_name": "No lots yet"}],
        )
    ) as history:
        counts = history.lot_counts(START, END).set_index("supplier_id")
    one, none = counts.loc["S1"], counts.loc["S0"]
    assert (one["deliveries"], one["deliveries_on_time_in_full"]) == (4, 1)
    assert (one["corrective_actions"], one["corrective_actions_open"]) == (3, 2)
    assert one["capa_days_median"] == (20 + 213) / 2
    assert (none["lots"], none["accepted"], none["deliveries"]) == (0, 0, 0)
    assert np.isnan(none["capa_days_median"])
    assert pd.isna(none["last_inspected_on"])


@pytest.mark.parametrize(
    ("open_ones", "median"),
    [
        ([("2024-11-05", "2024-12-05")] * 9, 421),
        ([("2025-12-21", "2026-01-21")] * 9, 5),
        ([("2025-12-21", None)] * 9, 5),
        ([("2025-11-01", None)] * 9, 60),
    ],
)
def test_actions_still_open_count_at_their_age_once_they_are_overdue(
    write_history: WriteHistory, open_ones: list[tuple[str, str | None]], median: float
) -> None:
    """One closed in five days does not speak for nine that have been open for a year."""
    actions = [("2025-01-05", "2025-02-05", "2025-01-10"), *((*one, None) for one in open_ones)]
    frame = pd.DataFrame(actions, columns=["opened_on", "due_on", "closed_on"])
    numbered = frame.assign(action_id=[f"A{n}" for n in frame.index], supplier_id="S1")
    path = write_history(inspections=[one_inspection()], corrective_actions=numbered)
    with open_history(path) as history:
        assert history.lot_counts(START, END)["capa_days_median"].iloc[0] == median


def test_an_action_closed_after_the_period_was_open_at_its_end(
    write_history: WriteHistory,
) -> None:
    action = {"action_id": "A", "supplier_id": "S1", "opened_on": "2025-10-02"}
    late = [action | {"closed_on": "2026-06-01"}]
    path = write_history(inspections=[one_inspection()], corrective_actions=late)
    with open_history(path) as history:
        counts = history.lot_counts(START, END).iloc[0]
    assert (counts["corrective_actions_open"], counts["capa_days_median"]) == (1, 90)


def test_where_there_is_a_lots_table_what_is_not_in_it_did_not_ship(
    write_history: WriteHistory,
) -> None:
    rows = [
        one_inspection(inspection_id=name, lot_id=name, disposition=disposition)
        for name, disposition in (("A", None), ("B", None), ("C", "shipped"), ("D", None))
    ]
    sent = [
        {"lot_id": "A", "supplier_id": "S1", "shipped_quantity": 8000},
        {"lot_id": "D", "supplier_id": "S1", "shipped_quantity": 0},
    ]
    with open_history(write_history("with", inspections=rows, lots=sent)) as history:
        assert history.class_counts(START, END)["lots_shipped"].to_list() == [2]
        assert "it did not ship" in " ".join(history.assumptions)
    with open_history(write_history("without", inspections=rows)) as history:
        assert history.class_counts(START, END)["lots_shipped"].to_list() == [4]
        assert "it is taken as shipped when it was accepted" in " ".join(history.assumptions)


def test_what_shipped_is_the_last_inspection_of_a_lot_that_went_out(
    write_history: WriteHistory,
) -> None:
    failed = one_inspection(nonconforming_count=20, disposition="reworked")
    again = one_inspection(
        inspection_id="V2",
        inspected_on="2025-03-15",
        nonconforming_count=2,
        is_original_submission="no",
        disposition="shipped",
    )
    with open_history(write_history(inspections=[failed, again])) as history:
        counts = history.class_counts(START, END).iloc[0]
    assert (counts["lots"], counts["nonconforming"], counts["lots_shipped"]) == (1, 20, 1)
    assert counts["expected_nonconforming_shipped"] == 8000 * 2 / 200


@pytest.mark.parametrize("absent", ["nonconformity_count", "aql_percent"])
def test_what_is_not_recorded_is_nan(write_history: WriteHistory, absent: str) -> None:
    row = one_inspection(nonconformity_count=9)
    del row[absent]
    with open_history(write_history(inspections=[row])) as history:
        counts = history.class_counts(START, END).iloc[0]
    name = "nonconformities" if absent == "nonconformity_count" else absent
    assert np.isnan(counts[name])


def test_counts_are_the_same_to_the_last_bit_each_time(
    write_history: WriteHistory, tmp_path: Path
) -> None:
    path = write_history(kind="parquet", **random_history(11, suppliers=20, lots=60))
    made = []
    for _ in range(3):
        with open_history(path) as history:
            made.append(history.class_counts(START, END).to_csv())
    assert len(set(made)) == 1
