"""What the next order inherits from a failure."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from qcanalysis.records import Case, read_case
from qcanalysis.recovery.control.control_file import (
    ControlFile,
    PastConcession,
    control_file_text,
    sample_control_file,
)
from qcanalysis.recovery.control.next_order import NextOrder, files_in_force, next_order
from qcanalysis.recovery.documents import Context, Decisions, Issue
from qcanalysis.recovery.documents.control_file_version import control_files_of, next_version

CASES = Path(__file__).parents[2] / "data" / "cases"


def current_files(case: Case, earlier: tuple[ControlFile, ...] = ()) -> tuple[ControlFile, ...]:
    decisions = Decisions(earlier_control_files=earlier)
    return control_files_of(Context(case, Issue(date(2026, 10, 7)), decisions))


def prepared(case: Case, earlier: tuple[ControlFile, ...] = ()) -> NextOrder:
    current = current_files(case, earlier)
    return next_order(
        current, earlier, case.skus, case.findings, case.inspections, pre_production_pieces=5
    )


@pytest.mark.parametrize("name", ["metal-promo", "metal-promo-illustrative"])
def test_r85_each_family_has_its_six_flags(name: str) -> None:
    order = prepared(read_case(CASES / name))
    assert order.flags.groupby("family").size().eq(6).all()
    assert set(order.flags["is_raised"]) <= {"yes", "no", "not assessable"}


def test_r83_missing_fields_are_counted_not_invented() -> None:
    bare, full = (
        prepared(read_case(CASES / name)) for name in ("metal-promo", "metal-promo-illustrative")
    )
    counts = [order.fields["stated"].str.split().str[0].astype(int).sum() for order in (bare, full)]
    assert counts[0] < counts[1]
    assert bare.state == "caution"


def test_r82_an_order_that_states_nothing_new_changes_nothing() -> None:
    case = read_case(CASES / "metal-promo-illustrative")
    assert prepared(case, current_files(case)).changes.empty


def test_r82_the_next_version_inherits_what_the_order_does_not_state() -> None:
    case = read_case(CASES / "metal-promo-illustrative")
    before = sample_control_file("struck-coin").model_copy(
        update={"version": 4, "material": "zinc alloy", "finish": "bright"}
    )
    (after,) = (
        file for file in current_files(case, (before,)) if file.product_family == "struck-coin"
    )
    assert (after.version, after.material, after.finish) == (5, "zinc alloy", "antique")
    inherited = {line.spec_id for line in (*before.critical_dimensions, *before.limits)}
    own = {line.spec_id for line in (*after.critical_dimensions, *after.limits)}
    assert inherited < own
    assert set(before.limits) <= set(after.limits)
    changes = prepared(case, (before,)).changes
    assert "material" not in set(changes.loc[changes["family"] == "struck-coin", "field"])


def test_r83_concessions_add_up_over_the_orders() -> None:
    before = ControlFile(
        product_family="coin",
        version=2,
        concession_history=(PastConcession(defect_type="dark spot", order_id="PO-1"),),
        non_repeat_concessions=("dark spot",),
    )
    own = PastConcession(defect_type="backside haze", quantity=600, order_id="PO-2")
    draft = ControlFile(
        product_family="coin",
        version=1,
        concession_history=(own,),
        non_repeat_concessions=("backside haze", "dark spot"),
    )
    after = next_version(before, draft)
    assert after.non_repeat_concessions == ("dark spot", "backside haze")
    assert [past.order_id for past in after.concession_history] == ["PO-1", "PO-2"]
    assert next_version(after, draft).concession_history == after.concession_history


def test_r83_the_files_of_an_earlier_order_are_read_once_a_family() -> None:
    text = control_file_text(sample_control_file("struck-coin"))
    assert files_in_force([text]) == (sample_control_file("struck-coin"),)
    with pytest.raises(ValueError, match="several of struck-coin"):
        files_in_force([text, text])
    with pytest.raises(ValueError, match="not valid YAML"):
        files_in_force(["{"])


def test_r83_a_conceded_defect_that_returns_raises_an_alert() -> None:
    case = read_case(CASES / "metal-promo-illustrative")
    family = case.skus["product_family"].iloc[0]
    before = ControlFile(
        product_family=family,
        version=1,
        concession_history=(PastConcession(defect_type="front plating scratch"),),
    )
    order = prepared(case, (before,))
    assert order.state == "bad"
    assert "front plating scratch was conceded once" in order.alerts[0]
    assert "A conceded defect is back" in order.sentence


def test_r86_a_small_pre_production_sample_reassures_nobody() -> None:
    order = prepared(read_case(CASES / "metal-promo"))
    assert any("still allows 45% bad pieces" in note for note in order.advice)


def test_r87_two_failures_in_five_ask_for_inspection_during_production() -> None:
    case = read_case(CASES / "metal-promo-illustrative")
    visits = pd.DataFrame(
        {
            "resubmission_of": [pd.NA] * 5,
            "reported_result": ["accepted", "not_accepted", "accepted", "accepted", "not_accepted"],
        }
    )
    current = current_files(case)
    order = next_order(current, (), case.skus, case.findings, visits, pre_production_pieces=0)
    assert any("2 of the last 5 visits failed" in note for note in order.advice)
