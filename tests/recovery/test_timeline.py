"""Days: lead times, lots, parallel branches, second rounds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcanalysis.estimation import nonconforming_remainder
from qcanalysis.recovery.ways_out.band import Band
from qcanalysis.recovery.ways_out.catalogue import default_catalogue
from qcanalysis.recovery.ways_out.grid_distribution import GridDistribution, latest_of, mixture
from qcanalysis.recovery.ways_out.options import RecoveryOption
from qcanalysis.recovery.ways_out.timeline import lead_time, remake_lot, timeline

CATALOGUE = default_catalogue()
NO_OVERHEAD = default_catalogue(
    {"overhead_days": {p: {"low": 0, "high": 0} for p in ("respecification", "visit", "report")}}
)
FULL = CATALOGUE.options["full_remake"].days
STEP = 0.02


def days(low: float, high: float, mode: float | None = None) -> GridDistribution:
    return GridDistribution.of_band(Band(low=low, high=high, mode=mode), step=STEP)


@pytest.mark.parametrize(("family", "chance"), [("pin", 1.0), ("keychain", 0.75), ("coin", 0.40)])
def test_t9_remakes_in_twelve_days_with_three_days_around_them(family: str, chance: float) -> None:
    found = timeline(RecoveryOption.PARTIAL_REMAKE, CATALOGUE, product=CATALOGUE.products[family])
    assert found is not None
    assert found.first.probability_of_at_most(12) == pytest.approx(chance, abs=1e-12)


def test_t9_r38_a_full_remake_never_makes_it_and_one_in_five_without_overhead() -> None:
    slow = timeline(RecoveryOption.FULL_REMAKE, CATALOGUE)
    bare = timeline(RecoveryOption.FULL_REMAKE, NO_OVERHEAD)
    assert slow is not None
    assert bare is not None
    assert slow.first.probability_of_at_most(12) == 0.0
    assert bare.first.probability_of_at_most(12) == pytest.approx(0.20, abs=1e-12)


def test_r43_lead_times_span_the_range_of_a_partial_remake() -> None:
    times = [product.lead_time for product in CATALOGUE.products.values()]
    partial = CATALOGUE.options["partial_remake"].days
    assert (min(t.low for t in times), max(t.high for t in times)) == (partial.low, partial.high)
    lots = {name: (p.remake_lot.low, p.remake_lot.high) for name, p in CATALOGUE.products.items()}
    assert lots == {"pin": (300, 500), "keychain": (300, 800), "coin": (200, 500)}


def test_r70_180_bad_pins_become_a_lot_of_300_with_its_surplus_valued() -> None:
    lot = remake_lot(180, CATALOGUE.products["pin"])
    assert (lot.needed, lot.quantity, lot.surplus) == (180, 300, 120)
    value = lot.surplus_value(Band(low=0.24, high=0.48))
    assert (value.low, value.high) == pytest.approx((28.8, 57.6))
    assert remake_lot(420, CATALOGUE.products["pin"]).quantity == 420


def test_r70_t10_the_quantity_is_a_choice_of_quantile() -> None:
    rest = nonconforming_remainder(7, 200, lot_size=8000)
    needed = [
        remake_lot(rest, CATALOGUE.products["pin"], probability=q).needed for q in (0.5, 0.8, 0.95)
    ]
    assert needed == [rest.quantile(q) for q in (0.5, 0.8, 0.95)]
    assert needed[2] == 483  # T10: upper end of the central 90 %
    assert needed[0] < needed[1] < needed[2]


def test_r43_a_lot_above_the_quoted_ones_is_marked_and_ends_at_a_full_remake() -> None:
    pin = CATALOGUE.products["pin"]
    band, remark = lead_time(pin, 500, line_quantity=8000, full_remake=FULL)
    assert (band.low, band.high, remark) == (5, 8, "")
    band, remark = lead_time(pin, 4250, line_quantity=8000, full_remake=FULL)
    assert (band.low, band.high) == pytest.approx((7.5, 14.0))
    assert "not quoted" in remark
    band, _ = lead_time(pin, 8000, line_quantity=8000, full_remake=FULL)
    assert (band.low, band.high) == (10, 20)


def test_r44_parallel_branches_end_between_the_slower_one_and_their_sum() -> None:
    sort, remake = days(1, 6), days(5, 8)
    both = latest_of([sort, remake])
    for day in np.arange(0, 15, 0.25):
        together = both.probability_of_at_most(day)
        assert together <= min(d.probability_of_at_most(day) for d in (sort, remake)) + 1e-12
        assert together >= sort.plus(remake).probability_of_at_most(day) - 1e-12
    rng = np.random.default_rng(20261121)
    draws = np.maximum(rng.uniform(1, 6, 200_000), rng.uniform(5, 8, 200_000))
    assert both.mean == pytest.approx(draws.mean(), abs=4 * draws.std() / np.sqrt(draws.size))


def test_ways_out_without_work_take_no_visit_and_no_second_round() -> None:
    for option in ("concession", "discount", "replace_in_next_run", "reject"):
        found = timeline(RecoveryOption(option), CATALOGUE)
        assert found is not None
        assert found.second is None
        assert found.first.probability_of_at_most(1) == 1.0


def test_a_second_round_comes_after_the_first() -> None:
    found = timeline(RecoveryOption.REWORK, CATALOGUE)
    assert found is not None
    assert found.second is not None
    assert found.first.mean == pytest.approx(3 + 5)
    assert found.second.mean == pytest.approx(3 + 5 + 5 + 2)


def test_a_family_without_a_lead_time_has_no_timeline_for_a_remake() -> None:
    assert timeline(RecoveryOption.PARTIAL_REMAKE, CATALOGUE) is None


def test_the_sum_of_two_uniforms_is_exact_on_the_grid() -> None:
    total = days(3, 7).plus(days(1, 3))
    closed = {4.5: 0.5**2 / 2 / 8, 6.0: (2**2 / 2) / 8, 8.0: 1 - (2**2 / 2) / 8, 9.0: 1 - 0.0625}
    for day, chance in closed.items():
        assert total.probability_of_at_most(day) == pytest.approx(chance, abs=1e-12)


def test_the_sum_of_three_uniforms_errs_by_less_than_a_thousandth() -> None:
    one = days(0, 1)
    total = one.plus(one).plus(one)
    assert total.probability_of_at_most(1) == pytest.approx(1 / 6, abs=1e-3)  # Irwin-Hall
    assert total.probability_of_at_most(1.5) == pytest.approx(1 / 2, abs=1e-3)
    assert total.mean == pytest.approx(1.5, abs=1e-9)


def test_a_triangle_has_its_mean_and_its_quantiles() -> None:
    triangle = days(1, 4, mode=2)
    assert triangle.mean == pytest.approx(7 / 3, abs=1e-4)
    assert triangle.probability_of_at_most(2) == pytest.approx(1 / 3, abs=1e-12)
    assert triangle.quantile(1 / 3) == pytest.approx(2, abs=1e-9)
    assert days(1, 4, mode=1).probability_of_at_most(2) == pytest.approx(1 - (2 / 3) ** 2)
    assert days(1, 4, mode=4).probability_of_at_most(2) == pytest.approx(1 / 9)


def test_what_never_happens_has_no_upper_quantile() -> None:
    half = mixture([days(1, 2)], [0.5])
    assert half.quantile(0.25) == pytest.approx(1.5)
    assert half.quantile(0.9) == float("inf")
    assert half.mean == pytest.approx(1.5)
    with pytest.raises(ValueError, match="between 0 and 1"):
        half.quantile(1.0)
    with pytest.raises(ValueError, match="same step"):
        half.plus(GridDistribution.of_band(Band(low=0, high=1), step=0.1))


bands = st.tuples(st.integers(0, 10), st.integers(0, 10)).map(
    lambda ends: days(min(ends), min(ends) + ends[1])
)


@given(bands, bands)
def test_sums_and_maxima_keep_mass_order_and_mean(one: GridDistribution, two: GridDistribution):
    total, latest = one.plus(two), latest_of([one, two])
    assert total.mean == pytest.approx(one.mean + two.mean, abs=1e-9)
    for found in (total, latest):
        assert found.cumulative[-1] == pytest.approx(1.0)
        assert np.all(np.diff(found.cumulative) >= -1e-12)
    assert latest.mean >= max(one.mean, two.mean) - 1e-9


def test_a_band_averages_polynomials_exactly() -> None:
    for band, second_moment in (
        (Band(low=1, high=3), 13 / 3),
        (Band(low=0, high=3, mode=1), (0 + 1 + 9 + 0 + 3 + 0) / 6),
        (Band.exactly(2.0), 4.0),
    ):
        values, weights = band.nodes()
        assert weights.sum() == pytest.approx(1.0)
        assert weights @ values == pytest.approx(band.mean)
        assert weights @ values**2 == pytest.approx(second_moment)
