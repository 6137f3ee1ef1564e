"""Tightened re-inspection: T4, T5, T6, T12 and T2 from the requirements' traps."""

import numpy as np
import pytest
from scipy import integrate, stats

from qcanalysis.estimation import nonconforming_remainder, probability_of_passing
from qcanalysis.recovery.reinspection.tightening import (
    TighteningComparison,
    compare_tightening,
    inspection_cost,
    level_gain,
    tightening_scenarios,
)
from qcanalysis.recovery.report.several_lots import chance_that_all_pass, hidden_by_pooling
from qcanalysis.sampling import SamplingPlan, probability_of_acceptance


def compared(share_removed: float = 0.5) -> TighteningComparison:
    scenarios = tightening_scenarios(
        SamplingPlan.single(315, 5),
        lot_size=20_000,
        aql_percent=2.5,
        lower_aql_percent=[1.0, 1.5],
    )
    return compare_tightening(
        scenarios,
        lot_size=20_000,
        nonconforming_count=7,
        sample_size=315,
        share_removed=share_removed,
        pieces_per_day=400,
    )


def test_t4_a_tightened_aql_may_be_looser_than_the_limits_just_failed() -> None:
    comparison = compared()
    table = comparison.table.set_index("scenario")
    assert round(table.loc["same plan again", "pass_without_rework"], 2) == 0.34
    assert round(table.loc["AQL 1.0", "pass_without_rework"], 2) == 0.55
    assert round(table.loc["AQL 1.5", "pass_without_rework"], 2) == 0.80
    assert table.loc["AQL 1.0", "quality_10"] > table.loc["same plan again", "quality_10"]
    assert comparison.state == "caution"
    assert "looser than the limits just failed" in comparison.sentence


def test_t4_the_three_knobs_are_told_apart() -> None:
    knobs = compared().table["knob"].to_list()
    assert {"lower AQL", "tightened severity", "higher level", "accept zero"} <= set(knobs)


@pytest.mark.parametrize(("removed", "passes"), [(0.5, 0.80), (0.6, 0.89), (0.8, 0.99)])
def test_t5_rework_needed_for_a_real_chance(removed: float, passes: float) -> None:
    plan = SamplingPlan.single(200, 5)
    chance = probability_of_passing(
        plan, nonconforming_count=7, sample_size=200, share_removed=removed
    )
    assert round(chance, 2) == passes
    posterior = stats.beta(7.5, 193.5)
    second, _ = integrate.quad(
        lambda p: stats.binom.cdf(5, 200, p * (1 - removed)) * posterior.pdf(p), 0, 0.3
    )
    assert chance == pytest.approx(second, rel=1e-7)


def test_t5_a_pass_does_not_prove_the_sort() -> None:
    chance = probability_of_passing(
        SamplingPlan.single(200, 5), nonconforming_count=7, sample_size=200, share_removed=0.7
    )
    left = 0.3 * nonconforming_remainder(7, 200, lot_size=8000).mean
    assert round(chance, 2) == 0.96
    assert 80 < left < 100


def test_t6_level_three_gains_little() -> None:
    table = level_gain(aql_percent=1.0, lot_sizes=[400, 800])
    plans = list(zip(table["sample_size"], table["acceptance_number"], strict=True))
    assert plans == [(50, 1), (80, 2), (80, 2), (125, 3)]
    at_5 = table["P(accept) at 5%"].round(2).to_list()
    at_2 = table["P(accept) at 2%"].round(2).to_list()
    assert (at_5[0], at_5[1], at_2[0], at_2[1]) == (0.28, 0.23, 0.74, 0.78)


def test_t12_false_alarms_multiply() -> None:
    table = chance_that_all_pass([8000, 7000, 5000], aql_percent=[2.5, 4.0])
    assert round(float(table["passes"].iloc[-1]), 2) == 0.92
    single = [
        stats.binom.cdf(10, 200, 0.025) ** 3 * stats.binom.cdf(14, 200, 0.04) ** 3,
    ]
    assert float(table["passes"].iloc[-1]) == pytest.approx(single[0], rel=1e-12)


def test_t2_a_blend_hides_the_bad_product() -> None:
    table = hidden_by_pooling(
        {"pins": 8000, "keychains": 7000, "coins": 5000}, bad_fraction=0.06, aql_percent=2.5
    ).set_index("product")
    assert table.loc["keychains", "pooled_rate"] == pytest.approx(0.021)
    assert round(table.loc["keychains", "pooled_acceptance"], 3) == 0.997
    assert round(table.loc["keychains", "own_acceptance"], 2) == 0.34


def test_removal_needed_is_where_the_chance_reaches_ninety_percent() -> None:
    comparison = compared()
    for row, passing in zip(comparison.table.itertuples(), comparison.passing, strict=True):
        at = np.searchsorted(comparison.share_removed, row.removal_needed)
        assert passing[at] >= 0.90
        assert at == 0 or passing[at - 1] < 0.90


def test_everything_removed_always_passes() -> None:
    assert compared(share_removed=1.0).table["pass_with_rework"].to_numpy() == pytest.approx(1.0)
    assert compared(share_removed=1.0).table["bad_left"].max() == 0


def test_curves_are_those_of_the_plans() -> None:
    comparison = compared()
    plan = comparison.scenarios[2].plan
    again = probability_of_acceptance(plan, comparison.quality)
    assert comparison.acceptance[2] == pytest.approx(again)


def test_cost_of_visits() -> None:
    table = inspection_cost(compared().table, price_per_day=300.0)
    again = table.iloc[0]
    assert again["visit_cost"] == 300.0
    assert again["visits_without_rework"] == pytest.approx(1 / 0.3351, rel=1e-3)


def test_level_three_has_no_higher_level() -> None:
    scenarios = tightening_scenarios(
        SamplingPlan.single(315, 5),
        lot_size=20_000,
        aql_percent=2.5,
        lower_aql_percent=[],
        inspection_level="III",
    )
    assert "higher level" not in {scenario.knob for scenario in scenarios}


def compared_with(
    failed: SamplingPlan, found: int, *, lot_size: int = 20_000
) -> TighteningComparison:
    scenarios = tightening_scenarios(
        failed, lot_size=lot_size, aql_percent=2.5, lower_aql_percent=[1.0, 1.5]
    )
    return compare_tightening(
        scenarios,
        lot_size=lot_size,
        nonconforming_count=found,
        sample_size=failed.sample_size,
        share_removed=0.5,
        pieces_per_day=400,
    )


def test_a_lot_that_was_accepted_is_not_said_to_have_failed() -> None:
    sentence = compared_with(SamplingPlan.single(315, 5), 3).sentence
    assert "the plan it was accepted by" in sentence
    assert "failed" not in sentence


def test_a_plan_that_passes_less_often_is_not_called_looser() -> None:
    comparison = compared_with(SamplingPlan.single(315, 14), 17)
    zero = comparison.table.set_index("scenario").loc["accept zero, AQL 2.5"]
    again = comparison.table.iloc[0]
    assert zero["quality_10"] > again["quality_10"]  # the curves cross
    assert zero["pass_without_rework"] < again["pass_without_rework"]
    assert "no alternative is looser than that plan; stricter: AQL 1.0" in comparison.sentence
    assert comparison.state == "caution"  # the lot has failed: nothing is good


def test_no_plan_draws_more_than_the_lot() -> None:
    comparison = compared_with(SamplingPlan.single(2, 0), 1, lot_size=2)
    assert comparison.table["sample_size"].max() == 2
