"""Every kind of plan answers the same verbs."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from qcanalysis.sampling import (
    SamplingPlan,
    average_outgoing_quality,
    average_outgoing_quality_limit,
    average_sample_number,
    average_total_inspection,
    probability_of_acceptance,
    producers_risk,
    quality_at_acceptance,
)
from qcanalysis.sampling.decisions import Decisions
from qcanalysis.sampling.stages import stage_acceptance
from qcanalysis.sampling.two_limits import TwoLimitPlan
from qcanalysis.sampling.variables import VariablesPlan

QUALITY = np.array([0.0, 0.003, 0.02, 0.08, 0.3, 1.0])
DOUBLE = SamplingPlan((50, 50), (1, 4), (4, 5))
PLANS_BY_VARIABLES = [
    VariablesPlan(20, 1.6, False),
    VariablesPlan(20, 1.6, True),
    TwoLimitPlan(20, 1.6, False),
    TwoLimitPlan(20, 1.6, True, limit_distance=9.0),
]


@dataclass(frozen=True)
class Disguised:
    """The double plan, told by its decisions alone."""

    sample_size: int = DOUBLE.sample_size
    asked: list[tuple[str, int | None]] = field(default_factory=list)

    def decisions(self, quality, distribution, lot_size):
        self.asked.append((distribution, lot_size))
        accepted = stage_acceptance(DOUBLE, quality, distribution, lot_size)
        first = SamplingPlan.single(50, 3)  # four at the first stage refuse at once
        early = producers_risk(first, quality, distribution=distribution, lot_size=lot_size)
        late = producers_risk(DOUBLE, quality, distribution=distribution, lot_size=lot_size) - early
        return Decisions(np.array([50.0, 100.0]), accepted, np.stack([early, late]))


@pytest.mark.parametrize(
    ("verb", "options"),
    [
        (probability_of_acceptance, {}),
        (producers_risk, {}),
        (average_sample_number, {}),
        (average_total_inspection, {"lot_size": 3000}),
        (average_outgoing_quality, {"lot_size": 3000}),
        (average_outgoing_quality, {"lot_size": 3000, "replace_nonconforming": False}),
    ],
)
def test_a_plan_that_states_its_decisions_answers_as_the_sampling_plan_does(verb, options):
    found, right = (verb(plan, QUALITY, **options) for plan in (Disguised(), DOUBLE))
    assert found == pytest.approx(right, rel=1e-12, abs=1e-15)
    assert isinstance(verb(Disguised(), 0.02, **options), float)
    assert verb(Disguised(), QUALITY.reshape(2, 3), **options).shape == (2, 3)


def test_limits_and_inverse_of_a_plan_that_states_its_decisions():
    for lot_size in (None, 3000):
        found = average_outgoing_quality_limit(Disguised(), lot_size=lot_size)
        right = average_outgoing_quality_limit(DOUBLE, lot_size=lot_size)
        assert found == pytest.approx(right, rel=1e-9)
    wanted = [0.95, 0.5, 0.1]
    for law in ("binomial", "poisson"):
        found, right = (
            quality_at_acceptance(plan, wanted, distribution=law) for plan in (Disguised(), DOUBLE)
        )
        assert found == pytest.approx(right, rel=1e-12)


def test_the_plan_is_asked_for_the_distribution_of_the_question():
    plan = Disguised()
    probability_of_acceptance(plan, [3, 9], distribution="hypergeometric", lot_size=500)
    average_sample_number(plan, 0.2, distribution="poisson")
    assert plan.asked == [("hypergeometric", 500), ("poisson", None)]


@pytest.mark.parametrize("plan", PLANS_BY_VARIABLES, ids=repr)
def test_plans_by_variables_answer_what_they_can(plan):
    accepted, refused = probability_of_acceptance(plan, QUALITY), producers_risk(plan, QUALITY)
    assert accepted + refused == pytest.approx(np.ones(QUALITY.size), rel=1e-12)
    assert average_sample_number(plan, QUALITY) == pytest.approx(np.full(QUALITY.size, 20.0))
    at = quality_at_acceptance(plan, [0.9, 0.5, 0.1])
    assert np.all(np.diff(at) > 0)
    assert probability_of_acceptance(plan, at) == pytest.approx([0.9, 0.5, 0.1], rel=1e-9)


@pytest.mark.parametrize("plan", PLANS_BY_VARIABLES, ids=repr)
def test_plans_by_variables_say_what_they_cannot_answer(plan):
    for verb in (average_total_inspection, average_outgoing_quality):
        with pytest.raises(ValueError, match=r"cannot tell what leaves.*find_plan"):
            verb(plan, 0.02, lot_size=500)
    for lot_size in (None, 500):
        with pytest.raises(ValueError, match="cannot tell what leaves"):
            average_outgoing_quality_limit(plan, lot_size=lot_size)
    with pytest.raises(ValueError, match="'binomial' only, got 'poisson'"):
        probability_of_acceptance(plan, 0.1, distribution="poisson")
    with pytest.raises(ValueError, match="curtailed is for a SamplingPlan"):
        average_sample_number(plan, 0.1, curtailed=True)


def test_small_refusals_keep_their_digits():
    plan = VariablesPlan(50, 1.5, False)
    quality = 1e-6  # some 8 standard deviations of the estimate away
    risk = producers_risk(plan, quality)
    assert 0 < risk < 1e-7
    from scipy import special, stats

    noncentral = np.sqrt(50) * special.ndtri(1 - quality)
    assert risk == pytest.approx(stats.nct.cdf(1.5 * np.sqrt(50), 49, noncentral), rel=1e-6)
