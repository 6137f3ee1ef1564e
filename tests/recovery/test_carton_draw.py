"""Carton register taken apart, and the stratified draw with its inclusion probabilities."""

import math
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcanalysis.recovery.reinspection.carton_draw import (
    CartonDraw,
    draw_cartons,
    proportional_allocation,
)
from qcanalysis.recovery.reinspection.carton_list import carton_list

RANGES = pd.DataFrame(
    [
        ("001", "010", "PIN", 2000, 200, "B1", "sorted"),
        ("011", "028", "PIN", 3600, 200, "B2", "sorted"),
        ("029", "040", "PIN", 2300, 200, "B3", "sorted"),
        ("041", "043", "KEY", 250, 100, None, "remade"),
    ],
    columns=[
        "first_carton_no",
        "last_carton_no",
        "sku",
        "quantity",
        "units_per_carton",
        "plating_batch",
        "treatment",
    ],
)
REGISTER = carton_list(RANGES)
PIN = ("PIN", "sorted")


def draw(seed: int = 3, units: int = 200, **options: object) -> CartonDraw:
    return draw_cartons(REGISTER, {PIN: units}, seed=seed, **options)


def test_every_carton_has_its_own_row_and_the_last_of_a_range_may_be_open() -> None:
    assert len(REGISTER) == 43
    assert REGISTER.groupby("sku")["pieces"].sum().to_dict() == {"PIN": 7900, "KEY": 250}
    pieces = REGISTER.set_index("carton_no")["pieces"]
    assert (pieces["039"], pieces["040"], pieces["043"]) == (200, 100, 50)
    assert REGISTER.iloc[-1]["plating_batch"] == "not stated"


def test_r05_a_carton_in_two_ranges_is_refused() -> None:
    twice = pd.concat([RANGES, RANGES.iloc[1:2]], ignore_index=True)
    with pytest.raises(ValueError, match="'011' is registered twice; R05"):
        carton_list(twice)


def test_a_quantity_that_does_not_fill_the_cartons_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit 10 cartons of 200 pieces"):
        carton_list(RANGES.replace({"quantity": {2000: 1700}}))


def test_pieces_are_missing_where_the_register_does_not_tell_them() -> None:
    unknown = carton_list(RANGES.drop(columns="units_per_carton"))
    assert unknown["pieces"].isna().all()
    found = draw_cartons(unknown, {PIN: 200}, seed=1)
    assert found.reasons == (
        "PIN, sorted: cannot tell which cartons to open: units_per_carton needed for the range "
        "of carton 001",
    )


def test_r47_the_same_seed_gives_the_same_cartons_and_another_seed_others() -> None:
    shuffled = REGISTER.sample(frac=1, random_state=0)
    again = draw_cartons(shuffled, {PIN: 200, ("KEY", "remade"): 50}, seed=3)
    drawn = again.for_inspector.query("sku == 'PIN'").reset_index(drop=True)
    pd.testing.assert_frame_equal(draw().for_inspector, drawn)
    others = [draw(seed).for_inspector["carton_no"].tolist() for seed in range(20)]
    assert len({tuple(cartons) for cartons in others}) > 15


def test_r47_every_carton_has_a_known_inclusion_probability() -> None:
    found = draw()
    assert len(found.cartons) == 40
    exact = found.cartons.groupby("stratum").agg(
        probability=("inclusion_probability", "first"),
        drawn=("is_drawn", "sum"),
        cartons=("carton_no", "size"),
    )
    assert exact["probability"].tolist() == (exact["drawn"] / exact["cartons"]).tolist()
    assert found.cartons["inclusion_probability"].sum() == pytest.approx(7)  # ceil(sqrt(40))
    assert found.cartons["inclusion_probability"].between(0, 1, inclusive="right").all()


def test_r47_draws_keep_the_inclusion_probabilities() -> None:
    repeats = 120  # a carton at 0.33 for the 0.18 it should have is still told
    times: Counter[str] = Counter()
    for seed in range(repeats):
        times.update(draw(seed).for_inspector["carton_no"])
    wanted = draw().cartons.set_index("carton_no")["inclusion_probability"]
    observed = wanted.index.map(times) / repeats
    spread = np.sqrt(wanted * (1 - wanted) / repeats)
    assert np.max(np.abs(observed - wanted) / spread) < 4.5


def test_r47_every_stratum_is_opened_and_gives_pieces_in_proportion() -> None:
    strata = draw(cartons_to_open={PIN: 4}).strata.set_index("stratum")
    assert strata["cartons_drawn"].tolist() == [1, 2, 1]
    assert strata["units_drawn"].sum() == 200
    share = 200 * strata["pieces"].astype(int) / strata["pieces"].sum()
    assert (strata["units_drawn"] - share).abs().max() < 1


def test_cartons_are_added_where_those_drawn_could_not_hold_the_pieces() -> None:
    everything = draw(units=7900)
    assert everything.cartons["is_drawn"].all()
    assert (everything.cartons["units_to_draw"] == everything.cartons["pieces"]).all()
    assert everything.cartons["inclusion_probability"].eq(1).all()
    with pytest.raises(ValueError, match="must not exceed the 7900 there are, got 7901"):
        draw(units=7901)


def test_r47_without_carton_rows_it_cannot_be_told_what_to_open() -> None:
    found = draw_cartons(carton_list(pd.DataFrame()), {PIN: 200}, seed=1)
    assert found.reasons == ("PIN, sorted: cannot tell which cartons to open: carton list needed",)
    assert found.for_inspector.empty


@given(
    st.lists(st.integers(1, 60), min_size=1, max_size=8).flatmap(
        lambda sizes: st.tuples(st.integers(1, sum(sizes)), st.just(sizes))
    )
)
def test_allocation_keeps_the_total_the_sizes_and_at_least_one_each(
    case: tuple[int, list[int]],
) -> None:
    total, sizes = case
    shares = proportional_allocation(total, sizes)
    assert sum(shares) == max(total, len(sizes))
    assert all(1 <= share <= size for share, size in zip(shares, sizes, strict=True))


@given(st.integers(1, 12), st.lists(st.integers(1, 9), min_size=1, max_size=6))
def test_allocation_is_exact_where_shares_are_whole(factor: int, parts: list[int]) -> None:
    sizes = [part * factor for part in parts]
    assert proportional_allocation(sum(parts), sizes) == parts


def test_pieces_taken_never_exceed_the_carton() -> None:
    small = carton_list(
        pd.DataFrame(
            {
                "first_carton_no": ["1"],
                "last_carton_no": ["9"],
                "sku": ["PIN"],
                "quantity": [402],
                "units_per_carton": [50],
                "treatment": ["sorted"],
            }
        )
    )
    for units in (1, 3, 120, 400, 402):
        found = draw_cartons(small, {PIN: units}, seed=2).cartons
        assert found["units_to_draw"].sum() == units
        assert (found["units_to_draw"] <= found["pieces"]).all()
        assert found["is_drawn"].sum() >= min(units, math.ceil(math.sqrt(9)))
