"""Limiting-quality plans of one lot against enumeration and the limits of very large lots."""

from __future__ import annotations

from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qcanalysis.sampling import RiskPoint, find_accept_zero_plan
from qcanalysis.sampling.isolated import limiting_quality_plan, limiting_quality_plans


def accepted(limit, size, bad, lot):
    """Share of the samples of a lot that hold at most so many bad items, as whole numbers."""
    good = sum(comb(bad, x) * comb(lot - bad, size - x) for x in range(min(limit, bad, size) + 1))
    return good / comb(lot, size)


@settings(max_examples=150, deadline=None)
@given(
    lot_size=st.integers(2, 120),
    limiting_quality=st.floats(0.01, 0.6),
    limit=st.integers(0, 6),
    risk=st.sampled_from([0.05, 0.10, 0.2]),
)
def test_the_plan_keeps_the_risk_and_one_item_fewer_does_not(
    lot_size, limiting_quality, limit, risk
):
    poor = -(-round(limiting_quality * lot_size, 9) // 1)
    if limit >= poor:
        with pytest.raises(ValueError, match="acceptance_number must be below"):
            limiting_quality_plan(lot_size, limiting_quality, acceptance_number=limit)
        return
    lot = limiting_quality_plan(
        lot_size, limiting_quality, acceptance_number=limit, consumers_risk=risk
    )
    size, poor = lot.plan.sample_size, lot.nonconforming_at_limit
    assert poor >= limiting_quality * lot_size - 1e-6 > poor - 1 - 1e-5
    assert lot.consumers_risk == pytest.approx(accepted(limit, size, poor, lot_size), abs=1e-12)
    assert lot.consumers_risk <= risk * (1 + 1e-8)
    if size > limit + 1:
        assert accepted(limit, size - 1, poor, lot_size) > risk * (1 - 1e-8)
    most = lot.nonconforming_accepted
    assert accepted(limit, size, most, lot_size) >= 0.95 * (1 - 1e-8)
    assert most == lot_size or accepted(limit, size, most + 1, lot_size) < 0.95 * (1 + 1e-8)


def test_accept_zero_agrees_with_the_accept_zero_plan():
    for lot_size in (50, 333, 5_000):
        for quality in (0.02, 0.10):
            ours = limiting_quality_plan(lot_size, quality).plan
            assert ours == find_accept_zero_plan(RiskPoint(quality, 0.10), lot_size=lot_size)


def test_two_bad_items_in_a_lot_ask_for_two_thirds_of_it():
    """Ac 0 and D bad items: 1 - 0.1 ** (1/D) of the lot in the limit (Schilling's f)."""
    for bad, share in [(1, 0.9), (2, 0.6838), (5, 0.3690), (10, 0.2057)]:
        lot_size = 100_000
        plan = limiting_quality_plan(lot_size, bad / lot_size).plan
        assert plan.sample_size / lot_size == pytest.approx(share, abs=1e-4)


def test_a_large_lot_needs_the_binomial_sample():
    """Binomial: 0.95 ** 45 is the first power below 0.1; 77/1 and 105/2 follow."""
    sizes = [lot.plan.sample_size for lot in limiting_quality_plans(10**7, 0.05)[:3]]
    assert sizes == [45, 77, 105]


def test_a_small_lot_leaves_room_for_few_acceptance_numbers():
    plans = limiting_quality_plans(100, 0.03)
    assert [lot.plan.acceptance_number for lot in plans] == [0, 1, 2]
    assert [lot.plan.sample_size for lot in plans] == sorted(lot.plan.sample_size for lot in plans)
    assert limiting_quality_plan(5, 0.01).plan.sample_size == 5
    assert limiting_quality_plan(5, 0.01).inspects_all


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"acceptance_number": 3}, "accept at most 2, or raise limiting_quality"),
        ({"limiting_quality": 0.0}, "limiting_quality must lie strictly between 0 and 1"),
        ({"limiting_quality": 3.0}, "limiting_quality must lie strictly between 0 and 1"),
        ({"consumers_risk": 1.0}, "consumers_risk must lie strictly between 0 and 1"),
        ({"lot_size": 0}, "lot_size must be a whole number of at least 1"),
    ],
)
def test_impossible_wishes_are_refused_with_what_is_attainable(arguments, message):
    wish = {"lot_size": 100, "limiting_quality": 0.03} | arguments
    with pytest.raises(ValueError, match=message):
        limiting_quality_plan(wish.pop("lot_size"), wish.pop("limiting_quality"), **wish)
