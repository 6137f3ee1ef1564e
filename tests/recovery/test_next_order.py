"""What the next order inherits from a failure."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from qcanalysis.records import Case, read_case
from qcanalysis.recovery.control.control_file import ControlFile, PastConcession
from qcanalysis.recovery.control.next_order import NextOrder, next_order, sample_files
from qcanalysis.recovery.documents import Context, Issue
from qcanalysis.recovery.documents.control_file_version import control_files_of

CASES = Path(__file__).parents[2] / "data" / "cases"


def prepared(case: Case, earlier: tuple[ControlFile, ...] | None = None) -> NextOrder:
    current = control_files_of(Context(case, Issue(date(2026, 10, 7))))
    if earlier is None:
        earlier = sample_files([file.product_family for file in current])
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


def test_r82_a_file_against_itself_differs_in_nothing() -> None:
    case = read_case(CASES / "metal-promo-illustrative")
    current = control_files_of(Context(case, Issue(date(2026, 10, 7))))
    assert prepared(case, current).changes.empty


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
    current = control_files_of(Context(case, Issue(date(2026, 10, 7))))
    order = next_order(current, (), case.skus, case.findings, visits, pre_production_pieces=0)
    assert any("2 of the last 5 visits failed" in note for note in order.advice)
