"""The choice of a plan: prior of the next lot, expected costs of every kind, recommendation."""

from dataclasses import astuple, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from qcanalysis.estimation.least_cost import PlanSearch
from qcanalysis.estimation.lot_cost import LotCosts
from qcanalysis.estimation.plan_choice.any_plan import item_by_item, plan_expectation
from qcanalysis.estimation.plan_choice.candidates import PlanQuestion, candidate_plans
from qcanalysis.estimation.plan_choice.choice import (
    PlanChoice,
    choose_plan,
    cost_table,
    effort_table,
)
from qcanalysis.estimation.plan_choice.curves import choice_curves, design_curves
from qcanalysis.estimation.plan_choice.next_lot import next_lot_prior, stated_prior
from qcanalysis.estimation.plan_choice.sensitivity import cost_range_table, visit_table
from qcanalysis.estimation.plan_choice.words import choice_in_words, wished_design, wishes_asked
from qcanalysis.estimation.remainder import BetaPrior
from qcanalysis.sampling import RiskPoint, SamplingPlan, average_sample_number
from qcanalysis.sampling import probability_of_acceptance as accepted_often
from qcanalysis.sampling.chain import ChainPlan
from qcanalysis.sampling.decisions import Plan
from qcanalysis.sampling.sequential import find_sequential_plan
from qcanalysis.sampling.skip_lot import SkipLotPlan
from qcanalysis.sampling.variables import VariablesPlan

LOTS = BetaPrior(3, 117)
COSTS = LotCosts(
    per_item=0.6,
    per_visit=280,
    per_bad_item_shipped=12,
    per_rejected_lot=300,
    per_rejected_good_lot=300,
    per_item_screened=0.2,
    good_quality=0.025,
)
QUESTION = PlanQuestion(2_000, 2.5, RiskPoint(0.015, 0.95), RiskPoint(0.06, 0.10))


@pytest.fixture(scope="module")
def choice() -> PlanChoice:
    return choose_plan(QUESTION, PlanSearch(LOTS, 2_000, good_quality=0.025), COSTS)


@given(
    rate=st.builds(BetaPrior, st.floats(0.5, 80), st.floats(0.5, 4_000)),
    correlation=st.floats(0, 0.5),
)
def test_next_lot_has_the_mean_of_the_rate_and_the_total_variance(
    rate: BetaPrior, correlation: float
) -> None:
    lot = next_lot_prior(rate, correlation)
    known, wanted = stats.beta(rate.alpha, rate.beta), stats.beta(lot.alpha, lot.beta)
    within = correlation * (known.mean() - known.moment(2))  # E[R (1 - R)]
    assert wanted.mean() == pytest.approx(known.mean(), rel=1e-9)
    assert wanted.var() == pytest.approx(known.var() + within, rel=1e-6)


def test_next_lot_of_a_rate_drawn_and_a_lot_drawn_around_it() -> None:
    rng = np.random.default_rng(11)
    rate, correlation, draws = BetaPrior(30, 1_200), 0.01, 400_000
    mean = rng.beta(rate.alpha, rate.beta, draws)
    size = 1 / correlation - 1  # a beta with this α + β has that intraclass correlation
    lots = rng.beta(mean * size, (1 - mean) * size)
    lot = next_lot_prior(rate, correlation)
    told = stats.beta(lot.alpha, lot.beta)
    error = lots.var() * np.sqrt(4 / draws)
    assert lots.var() == pytest.approx(told.var(), abs=4 * error)
    assert np.mean(lots > 0.05) == pytest.approx(told.sf(0.05), rel=0.05)


@pytest.mark.parametrize(("mean", "deviation"), [(0.02, 0.01), (0.3, 0.2), (0.001, 0.01)])
def test_stated_prior_has_the_stated_moments(mean: float, deviation: float) -> None:
    prior = stated_prior(mean, deviation)
    made = stats.beta(prior.alpha, prior.beta)
    assert made.mean() == pytest.approx(mean, rel=1e-6)
    assert made.std() == pytest.approx(deviation, rel=1e-6)


def test_impossible_priors_are_refused() -> None:
    with pytest.raises(ValueError, match=r"below 0\.14"):
        stated_prior(0.02, 0.2)
    with pytest.raises(ValueError, match="mean must lie"):
        stated_prior(0.0, 0.01)
    with pytest.raises(ValueError, match="intraclass_correlation must"):
        next_lot_prior(LOTS, 1.0)


SEQUENTIAL = find_sequential_plan(RiskPoint(0.01, 0.95), RiskPoint(0.08, 0.10))


@pytest.mark.parametrize("plan", [SamplingPlan.single(80, 3), SEQUENTIAL], ids=["single", "seq"])
def test_expectation_is_the_mean_of_the_verbs_over_the_prior(plan: Plan) -> None:
    means = plan_expectation(plan, LOTS, 1_000, good_quality=0.025)
    density = stats.beta(LOTS.alpha, LOTS.beta).pdf
    for mean, verb in (
        (means.probability_of_acceptance, accepted_often),
        (means.items_inspected, average_sample_number),
    ):
        direct, _ = integrate.quad(lambda p, v=verb: v(plan, p) * density(p), 0, 1, epsabs=1e-10)
        assert mean == pytest.approx(direct, rel=1e-7)
    refused_good, _ = integrate.quad(
        lambda p: (1 - accepted_often(plan, p)) * density(p), 0, 0.025, epsabs=1e-12
    )
    assert means.rejected_good == pytest.approx(refused_good, rel=1e-6)


def test_sequential_plan_item_by_item_is_the_same_plan() -> None:
    quality = [0.0, 0.01, 0.04, 0.2]
    stages = item_by_item(SEQUENTIAL)
    assert accepted_often(stages, quality) == pytest.approx(accepted_often(SEQUENTIAL, quality))
    numbers = average_sample_number(stages, quality)
    assert numbers == pytest.approx(average_sample_number(SEQUENTIAL, quality))


def test_chain_and_skip_lot_as_simulated_with_lots_drawn_from_the_prior() -> None:
    """A second route: a long series of lots, each of its own quality."""
    rng = np.random.default_rng(5)
    lots, size = 200_000, 1_000
    quality = rng.beta(LOTS.alpha, LOTS.beta, lots)
    found = rng.binomial(30, quality)
    clean = found == 0
    before = np.concatenate([[False, False], clean[:-2] & clean[1:-1]])
    kept = clean | ((found == 1) & before)
    chain = plan_expectation(ChainPlan(30, 2), LOTS, size)
    assert np.mean(kept) == pytest.approx(chain.probability_of_acceptance, abs=0.005)
    shipped = np.mean(kept * quality) * (size - 30)
    assert shipped == pytest.approx(chain.bad_items_shipped, rel=0.02)

    plan = SkipLotPlan(SamplingPlan.single(30, 1), 3, 0.25)
    passes, drawn = found <= 1, rng.random(lots) < 0.25
    run, skipping, inspected = 0, False, np.zeros(lots, dtype=bool)
    for lot in range(lots):
        inspected[lot] = not skipping or drawn[lot]
        if inspected[lot]:
            run = run + 1 if passes[lot] else 0
            skipping = passes[lot] and (skipping or run >= 3)
    means = plan_expectation(plan, LOTS, size)
    assert np.mean(inspected) == pytest.approx(means.visits, abs=0.01)
    assert np.mean(passes | ~inspected) == pytest.approx(means.probability_of_acceptance, abs=0.005)
    shipped = np.mean(np.where(inspected, passes * quality * (size - 30), quality * size))
    assert shipped == pytest.approx(means.bad_items_shipped, rel=0.02)


def test_a_plan_that_measures_has_no_expectation() -> None:
    with pytest.raises(TypeError, match="must count"):
        plan_expectation(VariablesPlan(20, 1.8, sigma_is_known=False), LOTS, 1_000)
    with pytest.raises(ValueError, match="the lot has 20"):
        plan_expectation(ChainPlan(30, 2), LOTS, 20)


def test_least_cost_is_the_least_of_its_kind(choice: PlanChoice) -> None:
    singles = [one for one in choice.plans if one.is_single]
    assert min(singles, key=lambda one: one.expected_cost).name == "least cost, single"
    zeros = [one for one in singles if one.plan.acceptance_number == 0]  # type: ignore[union-attr]
    assert zeros[0].name == "least cost, accept zero"
    costs = [one.expected_cost for one in choice.plans]
    assert costs == sorted(costs)


def test_recommended_keeps_both_wishes_within_the_margin(choice: PlanChoice) -> None:
    best = choice.recommended
    assert best.risks.producers_risk <= 0.05 + 1e-9
    assert best.risks.consumers_risk <= 0.10 + 1e-9
    assert best.expected_cost <= 1.05 * choice.keeping[0].expected_cost
    assert best.is_single or not any(
        one.is_single and one.expected_cost <= 1.05 * choice.keeping[0].expected_cost
        for one in choice.keeping
    )


def test_today_is_left_where_it_keeps_both_wishes_at_no_more_cost() -> None:
    easy = replace(QUESTION, consumer=RiskPoint(0.12, 0.10))
    search = PlanSearch(LOTS, 2_000, good_quality=0.025)
    made = choose_plan(easy, search, COSTS, margin=1.0)
    assert made.recommended is made.today
    sentence, _ = choice_in_words(made)
    assert sentence.startswith("Leave the plan as it is, ISO AQL 2.5, normal (125/7)")


def test_answer_says_where_no_sample_would_cost_less() -> None:
    cheap = replace(COSTS, per_bad_item_shipped=0.5)
    search = PlanSearch(LOTS, 500, good_quality=0.025)
    sentence, state = choice_in_words(choose_plan(replace(QUESTION, lot_size=500), search, cheap))
    assert state == "caution"
    assert "accept without inspection" in sentence


def test_answer_and_effort_name_no_money(choice: PlanChoice) -> None:
    """What a buyer's or factory's page shows does not hold an internal cost."""
    sentence, _ = choice_in_words(choice)
    shown = sentence + " ".join(wishes_asked(choice))
    for one in choice.plans:
        assert f"{one.expected_cost:.0f}" not in shown.replace(",", "")
    assert "expected_cost" not in effort_table(choice)


def test_tables_and_curves_cover_every_candidate(choice: PlanChoice) -> None:
    costs, effort = cost_table(choice), effort_table(choice)
    assert len(costs) == len(choice.plans) + 3
    assert len(effort) == len(choice.plans)
    assert costs["regret"].min() == 0
    assert costs["expected_cost"].is_monotonic_increasing
    for curve in choice_curves(choice):
        poor = curve.probability_of_acceptance[np.argmin(abs(curve.quality - 0.06))]
        name = curve.label.split(": ")[0]
        row = effort.set_index("candidate").loc[name]
        assert poor == pytest.approx(row["consumers_risk"], rel=1e-9)


def test_next_smaller_plan_is_drawn_failing(choice: PlanChoice) -> None:
    design = wished_design(choice)
    kept, *smaller = design_curves(design, 2_000)
    good, poor = (np.argmin(abs(kept.quality - level)) for level in (0.015, 0.06))
    assert kept.probability_of_acceptance[good] >= 0.95
    assert kept.probability_of_acceptance[poor] <= 0.10
    assert smaller
    for curve in smaller:
        chance = curve.probability_of_acceptance
        assert chance[good] < 0.95 or chance[poor] > 0.10


def test_today_is_right_inside_the_range_and_wrong_outside() -> None:
    costs = replace(COSTS, per_rejected_lot=900, per_rejected_good_lot=900, per_item_screened=0.25)
    search = PlanSearch(stated_prior(0.025, 0.0115), 20_000, good_quality=0.025)
    choice = choose_plan(replace(QUESTION, lot_size=20_000), search, costs)
    table = cost_range_table(search, choice).set_index("cost_of")
    row = table.loc["a refused lot"]
    for value, right in ((row["right_from"] * 1.02, True), (row["right_from"] * 0.98, False)):
        there = replace(costs, per_rejected_lot=float(value))
        own = search.candidate("", choice.today.plan, there)  # type: ignore[arg-type]
        assert (own.expected_cost <= 1.05 * search.least(there).expected_cost) is right


def test_another_visit_is_worth_most_where_the_decision_is_open() -> None:
    table = visit_table(LOTS, 2_000, COSTS, SamplingPlan.single(125, 7))
    assert list(table["known"]) == ["nothing yet", "4 of 125", "7 of 125", "8 of 125", "11 of 125"]
    assert table["mean_quality"].iloc[1:].is_monotonic_increasing
    assert table["information"].iloc[1:].is_monotonic_decreasing
    assert (table["is_worth"] == (table["net"] > 0)).all()


@settings(max_examples=12, deadline=None)
@given(
    lot_size=st.integers(20, 6_000),
    aql=st.sampled_from([0.65, 1.0, 2.5, 4.0]),
    mean=st.floats(0.003, 0.06),
)
def test_every_lot_has_candidates_that_fit_it(lot_size: int, aql: float, mean: float) -> None:
    question = PlanQuestion(lot_size, aql, RiskPoint(0.01, 0.95), RiskPoint(0.12, 0.10))
    prior = stated_prior(mean, mean / 2)
    search = PlanSearch(prior, lot_size, good_quality=0.025, largest_sample_size=300)
    plans, left_out = candidate_plans(question, search, COSTS)
    assert plans[0].name == f"ISO AQL {aql:g}, normal" or aql in (1.0, 4.0)
    assert all(one.plan.sample_size <= lot_size for one in plans)
    assert all(reason.endswith(".") for reason in left_out.values())
    for one in plans:
        means = plan_expectation(one.plan, prior, lot_size, good_quality=0.025)
        assert min(astuple(means)) >= -1e-12
        assert means.probability_of_acceptance <= 1


def test_search_for_another_lot_is_refused() -> None:
    with pytest.raises(ValueError, match="search is for a lot of 500"):
        choose_plan(QUESTION, PlanSearch(LOTS, 500, good_quality=0.025), COSTS)
