import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qcanalysis.recovery.gates.carton_ranges import CartonSet

RANGES = st.lists(
    st.tuples(st.sampled_from(["", "K-"]), st.integers(0, 30), st.integers(0, 8)), max_size=4
)


def cartons_of(ranges: list[tuple[str, int, int]]) -> tuple[CartonSet, set[tuple[str, int]]]:
    made = CartonSet.union(
        CartonSet.between(f"{prefix}{first:03d}", f"{prefix}{first + more:03d}")
        for prefix, first, more in ranges
    )
    plain = {(p, n) for p, first, more in ranges for n in range(first, first + more + 1)}
    return made, plain


def members(cartons: CartonSet) -> set[tuple[str, int]]:
    return {(p, n) for p, first, last in cartons.intervals for n in range(first, last + 1)}


@settings(deadline=None)
@given(RANGES, RANGES)
def test_range_arithmetic_is_that_of_plain_sets(one, other):
    (a, plain_a), (b, plain_b) = cartons_of(one), cartons_of(other)
    assert members(a | b) == plain_a | plain_b
    assert members(a & b) == plain_a & plain_b
    assert members(a - b) == plain_a - plain_b
    assert (a <= b) == (plain_a <= plain_b)
    assert len(a) == len(plain_a)
    assert (a == b) == (plain_a == plain_b)


@settings(deadline=None)
@given(RANGES)
def test_marks_of_a_set_read_back_as_the_set(ranges):
    cartons, _ = cartons_of(ranges)
    assert CartonSet.union(CartonSet.between(*marks) for marks in cartons.ranges()) == cartons


def test_leading_zeros_and_prefixes_are_kept_in_writing():
    cartons = CartonSet.between("K-001", "K-120") - CartonSet.between("K-41", "K-100")
    assert cartons.ranges() == (("K-001", "K-040"), ("K-101", "K-120"))


def test_large_ranges_cost_nothing():
    assert len(CartonSet.between("1", "999999999999") - CartonSet.between("2")) == 999999999998


def test_a_mark_without_number_is_one_carton():
    assert CartonSet.between("pallet").ranges() == (("pallet", "pallet"),)
    assert not CartonSet.between("pallet") & CartonSet.between("pallet0")


@pytest.mark.parametrize(("first", "last"), [("040", "001"), ("K-1", "L-2"), ("A", "7")])
def test_what_is_no_range_is_refused_with_both_marks(first, last):
    with pytest.raises(ValueError, match=f"{first}.*{last}.*same prefix"):
        CartonSet.between(first, last)
