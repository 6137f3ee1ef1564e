"""Control charts: published limits, Laney's sigma, rules, which chart is right."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcanalysis.suppliers.control_charts import control_chart, fired_rules, laney_sigma

CANS = [
    *(12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22),
    *(8, 10, 5, 13, 11, 20, 18, 24, 15, 9, 12, 7, 13, 9, 6),
]
ORDERS = [12, 8, 6, 9, 10, 12, 11, 16, 10, 6, 20, 15, 9, 8, 6, 8, 10, 7, 5, 8, 5, 8, 10, 6, 9]
ORDER_SIZES = [
    *(100, 80, 80, 100, 110, 110, 100, 100, 90, 90, 110, 120, 120),
    *(120, 110, 80, 80, 80, 90, 100, 100, 100, 100, 90, 90),
]
CLOTH = [14, 12, 20, 11, 7, 10, 21, 16, 19, 23]
CLOTH_UNITS = [10, 8, 13, 10, 9.5, 10, 12, 10.5, 12, 12.5]


def test_orange_juice_cans_of_montgomery_6th_ed_example_7_1() -> None:
    chart = control_chart(CANS, [50] * 30, kind="p")
    first = chart.points.iloc[0]
    assert round(chart.centre, 4) == 0.2313
    assert (round(first["lower"], 4), round(first["upper"], 4)) == (0.0524, 0.4102)
    beyond = chart.points.loc[chart.points["rules"].str.contains("WE1"), "label"]
    assert beyond.tolist() == ["15", "23"]
    kept = np.ones(30, bool)
    kept[[14, 22]] = False
    revised = control_chart(CANS, [50] * 30, kind="p", in_baseline=kept)
    first = revised.points.iloc[0]
    assert round(revised.centre, 4) == 0.2150
    assert (round(first["lower"], 4), round(first["upper"], 4)) == (0.0407, 0.3893)
    beyond = revised.points.loc[revised.points["rules"].str.contains("WE1"), "label"]
    assert beyond.tolist() == ["15", "21", "23"]


def test_purchase_orders_of_montgomery_have_limits_by_sample_size() -> None:
    chart = control_chart(ORDERS, ORDER_SIZES, kind="p")
    rows = chart.points
    assert round(chart.centre, 3) == 0.096
    assert [round(value, 3) for value in rows["upper"][:2]] == [0.184, 0.194]
    assert [round(value, 3) for value in rows["lower"][:2]] == [0.007, 0.0]
    assert rows.loc[rows["rules"].str.contains("WE1"), "label"].tolist() == ["11"]


def test_dyed_cloth_of_montgomery_is_a_u_chart() -> None:
    chart = control_chart(CLOTH, CLOTH_UNITS, counted="nonconformities", kind="u")
    first = chart.points.iloc[0]
    assert round(chart.centre, 2) == 1.42
    printed = (0.29, 2.55)  # from the centre rounded to 1.42
    assert (first["lower"], first["upper"]) == pytest.approx(printed, abs=0.006)
    assert not chart.points["is_signal"].any()


def test_laney_limits_are_the_plain_ones_times_sigma_z() -> None:
    plain = control_chart(CANS, [50] * 30, kind="p")
    laney = control_chart(CANS, [50] * 30, kind="p'")
    ratio = (laney.points["upper"] - laney.centre) / (plain.points["upper"] - plain.centre)
    np.testing.assert_allclose(ratio, laney.sigma_z)
    by_hand = np.mean([abs(a - b) for a, b in pairwise(CANS)]) / 1.128
    assert laney.sigma_z == pytest.approx(
        by_hand / np.sqrt(50 * laney.centre * (1 - laney.centre)), rel=1e-3
    )


def test_huge_samples_with_real_variation_want_laney() -> None:
    generator = np.random.default_rng(1)
    rate = generator.normal(0.05, 0.01, 40)
    sizes = generator.integers(5_000, 20_000, 40)
    counts = generator.binomial(sizes, rate)
    chart, plain = control_chart(counts, sizes), control_chart(counts, sizes, kind="p")
    assert chart.kind == "p'"
    assert chart.points["rules"].str.contains("WE1").sum() <= 1
    assert plain.points["rules"].str.contains("WE1").sum() > 10
    assert "Laney" in chart.choice


def test_chance_alone_asks_for_laney_about_one_time_in_twenty() -> None:
    generator = np.random.default_rng(2)
    counts = generator.binomial(200, 0.2, (700, 30))
    share = np.mean([control_chart(row, [200] * 30).kind == "p'" for row in counts])
    assert 0.03 < share < 0.08


def test_one_bad_lot_does_not_hide_itself_behind_laney() -> None:
    chart = control_chart([4, 5, 3, 4, 25, 4, 5], [200] * 7)
    assert chart.kind == "p"
    assert "a few jumps apart" in chart.choice
    assert chart.points["rules"].tolist()[4] == "WE1 high"


def test_overdispersion_is_noticed_nearly_always() -> None:
    generator = np.random.default_rng(4)
    rates = generator.beta(20, 80, (300, 40))
    kinds = [control_chart(generator.binomial(400, row), [400] * 40).kind for row in rates]
    assert np.mean([kind == "p'" for kind in kinds]) > 0.95


def test_standard_error_of_sigma_z_agrees_with_simulation() -> None:
    scores = np.random.default_rng(3).normal(size=(4000, 20))
    drawn = [laney_sigma(row)[0] for row in scores]
    assert np.mean(drawn) == pytest.approx(1, abs=0.01)
    assert np.std(drawn) == pytest.approx(laney_sigma(scores[0])[1], rel=0.04)


def by_definition(z: list[float]) -> list[str]:
    """The rules again, lot by lot and window by window."""
    out = []
    for t in range(len(z)):
        fired = []
        for side, sign in (("high", 1), ("low", -1)):
            recent = [sign * value for value in z[: t + 1]]
            if recent[-1] > 3:
                fired.append(f"WE1 {side}")
            if recent[-1] > 2 and sum(value > 2 for value in recent[-3:]) >= 2:
                fired.append(f"WE2 {side}")
            if len(recent) >= 8 and all(value > 0 for value in recent[-8:]):
                fired.append(f"WE4 {side}")
        out.append(", ".join(fired))
    return out


@given(st.lists(st.sampled_from([-3.5, -2.5, -1.0, 0.0, 0.5, 0.7, 2.5, 3.5]), max_size=40))
def test_rules_agree_with_their_definition(z: list[float]) -> None:
    assert fired_rules(np.array(z, float)) == by_definition(z)


def test_a_record_with_nothing_found_signals_nothing_and_says_so() -> None:
    chart = control_chart([0] * 12, [80] * 12)
    assert not chart.points["is_signal"].any()
    assert chart.points["upper"].eq(0).all()
    assert "Nothing was found" in chart.caution


def test_one_lot_cannot_tell_the_spread() -> None:
    chart = control_chart([2], [80])
    assert np.isnan(chart.sigma_z)
    assert "two lots or more would tell" in chart.choice
    assert "approximate" in chart.caution


@pytest.mark.parametrize(
    ("counts", "sizes", "options", "words"),
    [
        ([3], [2], {}, "must not exceed its sample_size"),
        ([1, 2], [10], {}, "two lists of one length"),
        ([1], [0], {}, "at least 1 item"),
        ([np.nan], [5], {}, "known and not negative"),
        ([1], [5], {"kind": "u"}, "must be 'p' or"),
        ([0, 0], [5, 5], {"kind": "p'"}, "needs lots that differ"),
        ([1], [5], {"in_baseline": [False]}, "at least one lot"),
        ([1], [5], {"counted": "lots"}, "counted must be one of"),
    ],
)
def test_bad_input_is_named(counts: list, sizes: list, options: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        control_chart(counts, sizes, **options)
