"""Severity in force from a supplier's history, what was used instead, and the next ten lots."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from qcanalysis.sampling.standard import lookup_plan
from qcanalysis.sampling.switching_rules import NORMAL, LotOutcome, SwitchingRules
from qcanalysis.suppliers.severity import (
    OTHERWISE_COLUMNS,
    TABLE_COLUMNS,
    class_severities,
    inspected_otherwise,
    severity_table,
    strictest,
)
from qcanalysis.suppliers.severity_outlook import OUTLOOK_COLUMNS, inspection_outlook

ISO, MIL = "ISO 2859-1:1999", "MIL-STD-105E"
FIRST = date(2026, 1, 5)


def history(lots, classes=(("major", 2.5),)):
    """Frames of a supplier from one dict per lot: found per class, and what differs from usual."""
    inspections, results = [], []
    for number, stated in enumerate(lots):
        lot = {
            "inspection_id": f"V{number:03d}",
            "inspected_on": pd.Timestamp(FIRST + timedelta(days=7 * number)),
            "lot_size": 5_000,
            "sku_family": "pins",
            "kind": "pre_shipment",
            "is_original_submission": True,
            "standard": ISO,
            "inspection_level": "II",
            "severity": "normal",
        } | {key: value for key, value in stated.items() if key != "found"}
        inspections.append(lot)
        for (name, aql), found in zip(classes, stated["found"], strict=True):
            plan = None
            if aql > 0:
                plan = lookup_plan(
                    lot["lot_size"], aql, severity=lot["severity"], standard=lot["standard"]
                ).plan
            results.append(
                {key: lot[key] for key in [*list(lot)[:4], "is_original_submission"]}
                | {
                    "defect_class": name,
                    "aql_percent": aql,
                    "sample_size": plan.sample_size if plan else 200,
                    "acceptance_number": plan.acceptance_number if plan else 0,
                    "rejection_number": plan.rejection_number if plan else 1,
                    "nonconforming_count": found,
                    "is_accepted": found <= (plan.acceptance_number if plan else 0),
                }
            )
    return pd.DataFrame(inspections), pd.DataFrame(results)


def lots(text, **stated):
    """Lots of letter L, AQL 2.5 (Ac 10 on normal): A found 2, a 9, R 15."""
    return [{"found": ({"A": 2, "a": 9, "R": 15}[lot],), **stated} for lot in text]


def only(severities):
    (one,) = severities
    return one


def test_the_table_says_severity_reason_score_and_the_way_back():
    frames = history(lots("AARAR") + lots("AA", severity="tightened"))
    table = severity_table(class_severities(*frames))
    assert list(table.columns) == TABLE_COLUMNS
    row = table.iloc[0]
    assert row["severity"] == "tightened"
    assert row["reason"] == (
        "normal -> tightened: 2 of 3 lots in a row not accepted (ISO 2859-1:1999 9.3.1)"
    )
    assert row["since"] == pd.Timestamp(FIRST + timedelta(days=28))
    assert (row["lots_since"], row["lots_to_next"], row["lots"]) == (2, 3, 7)
    assert row["next_switch"] == "3 more lots accepted in a row to normal"
    assert row["not_accepted_to_switch"] == 5
    assert row["agrees"]
    assert row["lots_otherwise"] == 0
    assert pd.isna(row["switching_score"])


def test_lots_inspected_at_another_severity_are_listed_with_the_clause():
    severities = class_severities(*history(lots("RRAAA")))
    assert severity_table(severities)["agrees"].tolist() == [False]
    listed = inspected_otherwise(severities)
    assert list(listed.columns) == OTHERWISE_COLUMNS
    assert listed["inspection_id"].tolist() == ["V002", "V003", "V004"]
    assert set(listed["severity_asked"]) == {"tightened"}
    assert set(listed["severity_used"]) == {"normal"}
    assert listed["because"].str.endswith("(ISO 2859-1:1999 9.3.1)").all()


TWO = (("major", 2.5), ("minor", 4.0))  # 5,000 items: Ac 10 and 14 normal, 8 and 12 tightened


def test_a_visit_agrees_with_the_strictest_class_of_its_family() -> None:
    """Major fails twice: the visits are due tightened, for minor items as well."""
    bad, good = {"found": (15, 0)}, {"found": (0, 0)}
    right = class_severities(*history([bad, bad] + [good | {"severity": "tightened"}] * 2, TWO))
    table = severity_table(right).set_index("defect_class")
    assert table["severity"].to_dict() == {"major": "tightened", "minor": "normal"}
    assert set(table["visit_severity"]) == {"tightened"}
    assert table["agrees"].tolist() == [True, True]
    assert table["lots_otherwise"].tolist() == [0, 0]
    assert inspected_otherwise(right).empty

    forgot = class_severities(*history([bad, bad, good], TWO))
    table = severity_table(forgot)
    assert table["agrees"].tolist() == [False, False]
    assert table["lots_otherwise"].tolist() == [1, 1]
    row = only(inspected_otherwise(forgot).to_dict("records"))
    assert (row["inspection_id"], row["defect_class"]) == ("V002", "major")
    assert (row["severity_asked"], row["severity_used"]) == ("tightened", "normal")
    assert row["because"].startswith("normal -> tightened: 2 of 2 lots in a row not accepted")


def test_classes_that_ask_together_are_named_with_their_reasons() -> None:
    both = class_severities(
        *history(
            [{"found": (15, 0)}, {"found": (15, 20)}, {"found": (0, 20)}, {"found": (0, 0)}], TWO
        )
    )
    listed = inspected_otherwise(both)
    assert listed["defect_class"].tolist() == ["major", "major, minor"]
    reason = "normal -> tightened: 2 of 2 lots in a row not accepted (ISO 2859-1:1999 9.3.1)"
    assert listed["because"].tolist() == [reason, reason]
    spread = class_severities(
        *history([{"found": found} for found in [(15, 20), (15, 0), (0, 20), (0, 0)]], TWO)
    )
    assert inspected_otherwise(spread)["because"].tolist() == [
        reason,
        f"major: {reason}; minor: {reason.replace('2 of 2', '2 of 3')}",
    ]


def test_a_visit_tightened_for_nothing_is_listed_once() -> None:
    strict = class_severities(*history([{"found": (0, 0), "severity": "tightened"}], TWO))
    row = only(inspected_otherwise(strict).to_dict("records"))
    assert (row["severity_asked"], row["severity_used"]) == ("normal", "tightened")
    assert (row["defect_class"], row["because"]) == ("major, minor", "normal since the first lot")


def test_another_family_or_a_class_of_aql_0_asks_for_nothing_here() -> None:
    frames = history(
        [
            {"found": (1, 15), "sku_family": "coins"},
            {"found": (1, 15), "sku_family": "coins"},
            {"found": (1, 0)},
            {"found": (1, 0)},
            {"found": (1, 0)},
        ],
        (("critical", 0.0), ("major", 2.5)),
    )
    table = severity_table(class_severities(*frames)).set_index("sku_family")
    assert table["visit_severity"].to_dict() == {"coins": "tightened", "pins": "normal"}
    assert table["agrees"].tolist() == [True, True]


def test_a_class_without_a_result_still_asks() -> None:
    inspections, results = history([{"found": (15, 0)}] * 2 + [{"found": (0, 0)}], TWO)
    results["is_accepted"] = results["is_accepted"].astype("boolean")
    results.loc[
        (results["inspection_id"] == "V002") & (results["defect_class"] == "major"), "is_accepted"
    ] = pd.NA
    table = severity_table(class_severities(inspections, results)).set_index("defect_class")
    assert table["agrees"].to_dict() == {"major": True, "minor": False}
    assert table["lots_otherwise"].to_dict() == {"major": 0, "minor": 1}


def test_a_score_grows_by_the_next_tighter_ac_and_waits_for_the_authority():
    frames = history(lots("AaAAAAAAAAAA"))
    asked = severity_table(class_severities(*frames)).iloc[0]
    assert (asked["severity"], asked["switching_score"]) == ("normal", 30)
    permitted = class_severities(*frames, reduced_is_permitted=True)
    assert severity_table(permitted).iloc[0]["severity"] == "reduced"
    assert only(permitted).steps[-1].event.endswith("9.3.3)")


def test_t15_resubmissions_and_other_kinds_of_visit_do_not_count():
    frames = history(
        lots("R")
        + lots("RRR", is_original_submission=False)
        + lots("RRR", kind="during_production")
        + lots("AAAA")
        + lots("R")
    )
    assert severity_table(class_severities(*frames)).iloc[0][["severity", "lots"]].tolist() == [
        "normal",
        6,
    ]


def test_families_standards_and_classes_are_walked_apart():
    classes = (("critical", 0.0), ("major", 2.5), ("minor", 4.0))
    frames = history(
        [
            {"found": (0, 15, 0)},
            {"found": (1, 0, 0), "sku_family": "coins"},
            {"found": (0, 15, 0)},
            {"found": (0, 0, 0), "standard": MIL},
        ],
        classes,
    )
    table = severity_table(class_severities(*frames))
    keys = table[["sku_family", "standard", "defect_class", "severity"]]
    assert keys.to_numpy().tolist() == [
        ["coins", ISO, "major", "normal"],
        ["coins", ISO, "minor", "normal"],
        ["pins", ISO, "major", "tightened"],
        ["pins", ISO, "minor", "normal"],
        ["pins", MIL, "major", "normal"],
        ["pins", MIL, "minor", "normal"],
    ]


def test_five_lots_on_tightened_stop_inspection_until_an_action_is_accepted():
    frames = history(lots("RR") + lots("RRRRRAA", severity="tightened"))
    stopped = severity_table(class_severities(*frames)).iloc[0]
    assert stopped["severity"] == "discontinued"
    assert stopped["lots_otherwise"] == 2  # no inspection by the standard was due
    assert pd.isna(stopped["lots_to_next"])
    accepted_on = FIRST + timedelta(days=7 * 7 - 1)
    resumed = severity_table(class_severities(*frames, action_accepted_on=[accepted_on])).iloc[0]
    assert resumed["severity"] == "tightened"
    assert resumed["lots_to_next"] == 3
    too_early = FIRST
    again = severity_table(class_severities(*frames, action_accepted_on=[too_early])).iloc[0]
    assert again["severity"] == "discontinued"


def test_t14_a_count_in_the_gap_of_105e_reduced_is_accepted_and_ends_it():
    usual = {"standard": MIL, "lot_size": 20_000}
    frames = history(
        [{"found": (0,), **usual}] * 10 + [{"found": (7,), **usual, "severity": "reduced"}],
        [("major", 1.5)],
    )
    one = only(class_severities(*frames, reduced_is_permitted=True))
    assert one.lots["is_accepted"].tolist()[-1] is False  # the frame compares with Ac alone
    assert one.steps[-1].before.severity == "reduced"
    assert one.steps[-1].event == (
        "reduced -> normal: a count between Ac and Re, the lot accepted (MIL-STD-105E 4.7.4)"
    )


def test_lots_without_a_result_are_counted_apart_and_missing_ac_brings_no_points():
    inspections, results = history(lots("AAA"))
    results["is_accepted"] = pd.array([True, pd.NA, True], dtype="boolean")
    results["acceptance_number"] = pd.array([10, 10, pd.NA], dtype="Int64")
    row = severity_table(class_severities(inspections, results)).iloc[0]
    assert (row["lots"], row["lots_without_result"], row["switching_score"]) == (2, 1, 0)


def test_no_lots_give_an_empty_table_with_its_columns():
    inspections, results = history(lots("A"))
    nothing = class_severities(inspections.iloc[:0], results.iloc[:0])
    assert list(severity_table(nothing).columns) == TABLE_COLUMNS
    assert list(inspected_otherwise(nothing).columns) == OTHERWISE_COLUMNS
    outlook = inspection_outlook(nothing, cost_per_item=1, cost_per_visit=1)
    assert list(outlook.columns) == OUTLOOK_COLUMNS


def test_the_outlook_of_a_perfect_supplier_is_plain_arithmetic():
    severities = class_severities(*history(lots("AAAA")))
    row = inspection_outlook(
        severities, cost_per_item=0.5, cost_per_visit=200, fraction_nonconforming={"major": 0.0}
    ).iloc[0]
    assert (row["lot_size"], row["code_letter"], row["severity"]) == (5_000, "L", "normal")
    assert row["items"] == row["items_on_normal"] == 10 * 200
    assert row["cost"] == pytest.approx(10 * (200 + 0.5 * 200))
    assert row["lots_inspected"] == pytest.approx(10)
    assert row["probability_of_tightened"] == row["probability_of_discontinuation"] == 0
    reduced = inspection_outlook(
        class_severities(*history(lots("AAAA")), reduced_is_permitted=True),
        cost_per_item=1,
        cost_per_visit=0,
        fraction_nonconforming={"major": 0.0},
    ).iloc[0]
    assert reduced["items"] == pytest.approx(6 * 200 + 4 * 80)  # six lots short of 30 points


def test_the_outlook_equals_a_simulation_of_two_classes():
    """Letter L, AQL 1.5 and 4.0: both classes walked by the rules, the visit at the strictest."""
    classes = (("major", 1.5), ("minor", 4.0))
    start = [{"found": (12, 3)}, {"found": (2, 20)}]  # on watch in the one class, then the other
    severities = class_severities(*history(start, classes), reduced_is_permitted=True)
    fractions = {"major": 0.03, "minor": 0.05}
    row = inspection_outlook(
        severities, cost_per_item=0.4, cost_per_visit=150, fraction_nonconforming=fractions
    ).iloc[0]

    rules = SwitchingRules(ISO, reduced_is_permitted=True)
    plans = {
        (name, severity): lookup_plan(5_000, aql, severity=severity).plan
        for name, aql in classes
        for severity in ("normal", "tightened", "reduced")
    }
    rng = np.random.default_rng(7)
    runs = 3_000
    cost, tightened, stopped = np.zeros(runs), np.zeros(runs), np.zeros(runs)
    for run in range(runs):
        states = {one.defect_class: one.state for one in severities}
        for _ in range(10):
            if any(state.severity == "discontinued" for state in states.values()):
                break
            in_force = {name: plans[name, state.severity] for name, state in states.items()}
            visit = strictest(state.severity for state in states.values())
            cost[run] += 150 + 0.4 * max(plans[name, visit].sample_size for name in states)
            for name, plan in in_force.items():
                count = int(rng.binomial(plan.sample_size, fractions[name]))
                states[name], _ = rules.after(states[name], LotOutcome.from_count(count, plan))
            if any(state.severity == "tightened" for state in states.values()):
                tightened[run] = 1
        stopped[run] = any(state.severity == "discontinued" for state in states.values())
    for simulated, exact in [
        (cost, row["cost"]),
        (tightened, row["probability_of_tightened"]),
        (stopped, row["probability_of_discontinuation"]),
    ]:
        error = simulated.std(ddof=1) / runs**0.5
        assert error > 0
        assert abs(simulated.mean() - exact) < 4 * error


def test_the_default_quality_is_the_posterior_mean_of_the_familys_lots():
    severities = class_severities(*history(lots("AaA")))
    stated = {"major": (13 + 0.5) / (600 + 1)}
    usual = {"cost_per_item": 1.0, "cost_per_visit": 10.0}
    pd.testing.assert_frame_equal(
        inspection_outlook(severities, **usual),
        inspection_outlook(severities, **usual, fraction_nonconforming=stated),
    )


def test_what_the_outlook_cannot_tell_is_said():
    inspections, results = history(lots("AA"))
    results["aql_percent"] = np.nan
    row = inspection_outlook(
        class_severities(inspections, results), cost_per_item=1, cost_per_visit=1
    ).iloc[0]
    assert row["cannot_tell"] == "major: the AQL of the last lot is not recorded"
    assert pd.isna(row["cost"])
    assert row["severity"] == NORMAL.severity


def test_a_small_lot_is_never_inspected_beyond_its_size():
    severities = class_severities(*history(lots("AA", lot_size=100)))
    row = inspection_outlook(severities, cost_per_item=1, cost_per_visit=0, lot_size=2).iloc[0]
    assert row["items"] <= 20
