"""Figures and inputs of the plan choice, and the clause that comes of it."""

import numpy as np
import pandas as pd
import pytest

from qcanalysis.estimation.least_cost import PlanSearch
from qcanalysis.estimation.lot_cost import LotCosts
from qcanalysis.estimation.plan_choice.choice import (
    PlanChoice,
    choose_plan,
    cost_table,
    effort_table,
)
from qcanalysis.estimation.plan_choice.curves import choice_curves
from qcanalysis.estimation.plan_choice.words import wished_design
from qcanalysis.estimation.remainder import BetaPrior
from qcanalysis.recovery.control.plan_clause import purchase_order_clause
from qcanalysis.recovery.specification.measuring_plans import measuring_in_words, measuring_plans
from qcanalysis.reporting.plan_inputs import plan_question, read_measured
from qcanalysis.reporting.plan_plots import (
    describe_plan_costs,
    describe_plan_effort,
    describe_wishes,
    mark_wishes,
    plot_plan_costs,
    plot_plan_effort,
)
from qcanalysis.reporting.plots import plot_oc_curve
from qcanalysis.sampling import RiskPoint, SamplingPlan
from qcanalysis.sampling.chain import ChainPlan
from qcanalysis.sampling.plan_words import plan_in_words, plan_mark
from qcanalysis.sampling.sequential import find_sequential_plan
from qcanalysis.sampling.skip_lot import SkipLotPlan
from qcanalysis.suppliers.class_rates import class_rates
from qcanalysis.suppliers.next_lot import next_lot

WISHES = {"good_percent": 1.5, "refuse_good": 0.05, "poor_percent": 6.0, "accept_poor": 0.10}
QUESTION = plan_question(2_000, 2.5, WISHES, {"level": "II"})
ILLUSTRATIVE = "data/cases/metal-promo-illustrative"


@pytest.fixture(scope="module")
def choice() -> PlanChoice:
    costs = LotCosts(per_item=0.6, per_visit=280, per_bad_item_shipped=12, per_rejected_lot=500)
    return choose_plan(QUESTION, PlanSearch(BetaPrior(3, 117), 2_000), costs)


def test_cost_bars_are_the_costs_and_name_the_choice(choice: PlanChoice) -> None:
    costs = cost_table(choice)
    ax = plot_plan_costs(choice, costs)
    assert [bar.get_width() for bar in ax.patches] == costs["expected_cost"].to_list()
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert f"{choice.recommended.name} (recommended)" in names
    assert any(name.endswith("(today)") for name in names)
    alt = describe_plan_costs(choice, costs)
    assert f"{choice.plans[0].name} {choice.plans[0].expected_cost:,.0f}" in alt


def test_effort_has_a_point_for_each_quality(choice: PlanChoice) -> None:
    effort = effort_table(choice)
    ax = plot_plan_effort(choice, effort)
    drawn = [list(line.get_xdata()) for line in ax.lines]
    assert drawn == [effort[f"items_{kind}"].to_list() for kind in ("good", "average", "poor")]
    assert "both wishes, single: " in describe_plan_effort(effort)


def test_wishes_are_marked_on_the_curves(choice: PlanChoice) -> None:
    design = wished_design(choice)
    ax = mark_wishes(plot_oc_curve(choice_curves(choice)), design)
    points = [line for line in ax.lines if line.get_marker() == "D"]
    drawn = [float(x) for line in points for x in (*line.get_xdata(), *line.get_ydata())]
    assert drawn == pytest.approx([0.015, 0.95, 0.06, 0.10])
    assert "at most 10% at 6%" in describe_wishes(design)


def test_wishes_that_are_not_all_stated_are_refused() -> None:
    with pytest.raises(ValueError, match="must also name poor_percent"):
        plan_question(2_000, 2.5, {k: v for k, v in WISHES.items() if k != "poor_percent"}, {})


def test_next_lot_has_the_rate_of_the_scorecard() -> None:
    """The same posterior and correlation as the scorecard's page, from the same results."""
    results = pd.DataFrame(
        {
            "supplier_id": np.repeat([f"S{k}" for k in range(6)], 2),
            "defect_class": "major",
            "sample_size": np.repeat([200, 160, 150, 125, 250, 80], 2),
            "nonconforming_count": [0, 1, 1, 9, 1, 8, 0, 5, 1, 12, 0, 4],
            "lots": [1, 3, 3, 1, 2, 2, 3, 1, 2, 2, 2, 2],
        }
    )
    other_class = results.assign(defect_class="minor", nonconforming_count=9)
    lot = next_lot(pd.concat([other_class, results]), "S4", "major")
    assert (lot.lots, lot.items_inspected, lot.nonconforming) == (4, 1_000, 26)
    estimated = class_rates(results, [f"S{k}" for k in (4, 0, 1, 2, 3, 5)])
    rates = estimated.shrunken
    assert (lot.rate.alpha, lot.rate.beta) == pytest.approx((rates.alpha[0], rates.beta[0]))
    assert lot.intraclass_correlation == estimated.clustering.intraclass_correlation > 0
    assert lot.prior.mean == pytest.approx(lot.rate.mean)
    assert lot.prior.alpha + lot.prior.beta < lot.rate.alpha + lot.rate.beta
    with pytest.raises(ValueError, match="no original lots inspected"):
        next_lot(results, "S9", "major")


@pytest.mark.parametrize(
    ("plan", "mark", "words"),
    [
        (SamplingPlan((80, 80), (2, 6), (5, 7)), "80: 2/5; +80: 6/7", "Otherwise inspect 80 fur"),
        (SamplingPlan((20, 20), (None, 1), (2, 2)), "20: #/2; +20: 1/2", "refuse it with 2"),
        (ChainPlan(22, 1), "22/0, or 1 after a clean lot", "if the lot before it held none"),
        (
            SkipLotPlan(SamplingPlan.single(80, 3), 8, 0.25),
            "80/3 on some lots",
            "a share of 25% of the lots",
        ),
        (
            find_sequential_plan(RiskPoint(0.01, 0.95), RiskPoint(0.06, 0.10)),
            "1 to 140, at the end 3",
            "After 140 pieces accept with at most 3 defective",
        ),
    ],
)
def test_plans_of_every_kind_have_a_mark_and_words(
    plan: SamplingPlan, mark: str, words: str
) -> None:
    assert plan_mark(plan) == mark
    assert words in plan_in_words(plan)


def test_r69_clause_says_who_pays_and_r22_names_the_edition() -> None:
    aqls = {"critical": 0.0, "major": 2.5, "minor": 4.0}
    tabulated = purchase_order_clause(
        SamplingPlan.single(200, 10),
        lot_size=8_000,
        defect_class="major",
        aql_percent=aqls,
        is_tabulated=True,
    )
    text = " ".join(tabulated)
    for part in (
        "ISO 2859-1:1999",
        "level II",
        "code letter L",
        "at most 10 defective",
        "Critical: no such defect is accepted",
        "Minor: AQL 4.0. In a lot of 8,000: Inspect 200 pieces; accept the lot with at most 14",
        "tightened after two of five",
        "The factory pays every inspection",
    ):
        assert part in text
    own = " ".join(
        purchase_order_clause(
            ChainPlan(22, 3),
            lot_size=8_000,
            defect_class="major",
            aql_percent=aqls,
            reinspection_payer="split",
            is_tabulated=False,
        )
    )
    assert "do not apply to major defects" in own
    assert "pay half each" in own
    with pytest.raises(ValueError, match="must name the class 'safety'"):
        purchase_order_clause(
            ChainPlan(22, 3),
            lot_size=8_000,
            defect_class="safety",
            aql_percent=aqls,
            is_tabulated=False,
        )


def test_r28_measured_characteristics_get_a_plan_only_where_normal() -> None:
    plans = read_measured(ILLUSTRATIVE, QUESTION).plans
    able = plans["measuring"].notna()
    assert (plans.loc[able, "shape"] == "no sign against").all()
    assert (plans.loc[able, "measuring"] < plans.loc[able, "counting"]).all()
    assert (plans.loc[~able, "why_not"] != "").all()
    pull = plans[plans["characteristic"] == "pull force"].iloc[0]
    assert pull["measuring"] < plans[plans["characteristic"] == "diameter"]["measuring"].iloc[0]
    assert f"{able.sum()} of {len(plans)}" in measuring_in_words(plans)


def test_without_a_case_nothing_is_said_to_be_measured() -> None:
    nothing = read_measured("", QUESTION)
    assert nothing.plans.empty
    assert not nothing.source_files
    assert measuring_in_words(nothing.plans).startswith("No measured values")
    unknown = pd.DataFrame(
        [
            {
                "characteristic": "sink",
                "sku": "pin",
                "values": 3,
                "outside": 0,
                "shape": "cannot tell",
            }
            | dict.fromkeys(
                ("fraction_outside", "fraction_outside_lower", "fraction_outside_upper"), 0
            )
            | {"cpk": None, "note": "Too few", "lower_limit": None, "upper_limit": 0.1}
        ]
    )
    plans = measuring_plans(unknown, QUESTION.producer, QUESTION.consumer)
    assert measuring_in_words(plans).startswith("None of the 1")
