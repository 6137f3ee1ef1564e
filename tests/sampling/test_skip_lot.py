"""Skip-lot sampling, against its Markov chain, a simulation and its limits."""

from __future__ import annotations

import numpy as np
import pytest

from qcanalysis.sampling import (
    RiskPoint,
    SamplingPlan,
    average_outgoing_quality,
    average_outgoing_quality_limit,
    average_sample_number,
    average_total_inspection,
    probability_of_acceptance,
    producers_risk,
    quality_at_acceptance,
)
from qcanalysis.sampling.chain import ChainPlan
from qcanalysis.sampling.sequential import wald_plan
from qcanalysis.sampling.skip_lot import SkipLotPlan, average_fraction_inspected

SINGLE = SamplingPlan.single(20, 1)
DOUBLE = SamplingPlan((13, 13), (None, 1), (2, 3))
MULTIPLE = SamplingPlan((8, 8, 8), (0, 1, 3), (3, 4, 4))
REFERENCES = [SINGLE, DOUBLE, MULTIPLE, ChainPlan(10, 2)]


def markov(accepted, i, f):
    """Shares of lots accepted and inspected: states are lots accepted in a row, then skipping."""
    step = np.zeros((i + 1, i + 1))
    for state in range(i):
        step[state, state + 1] = accepted
        step[state, 0] += 1 - accepted
    step[i, i] = 1 - f + f * accepted
    step[i, 0] += f * (1 - accepted)
    share = np.linalg.solve(
        np.vstack([(step.T - np.eye(i + 1))[:-1], np.ones(i + 1)]), np.eye(i + 1)[-1]
    )
    inspected = 1 - share[i] * (1 - f)
    return 1 - inspected + inspected * accepted, inspected


@pytest.mark.parametrize("reference", REFERENCES, ids=repr)
@pytest.mark.parametrize(("i", "f"), [(1, 0.5), (4, 0.25), (10, 0.2), (14, 0.05)])
def test_against_the_markov_chain(reference, i, f):
    plan = SkipLotPlan(reference, i, f)
    p = np.array([0.001, 0.02, 0.05, 0.1, 0.2])
    options = {"distribution": "hypergeometric", "lot_size": 200}
    for quality, law in ((p, {}), (np.round(200 * p), options)):
        accepted = probability_of_acceptance(reference, quality, **law)
        right = np.array([markov(a, i, f) for a in accepted])
        assert probability_of_acceptance(plan, quality, **law) == pytest.approx(
            right[:, 0], rel=1e-9
        )
        assert average_fraction_inspected(plan, quality, **law) == pytest.approx(
            right[:, 1], rel=1e-9
        )
        assert average_sample_number(plan, quality, **law) == pytest.approx(
            right[:, 1] * average_sample_number(reference, quality, **law), rel=1e-9
        )
        assert producers_risk(plan, quality, **law) == pytest.approx(
            right[:, 1] * producers_risk(reference, quality, **law), rel=1e-9
        )
    assert average_total_inspection(plan, p, lot_size=500) == pytest.approx(
        average_fraction_inspected(plan, p) * average_total_inspection(reference, p, lot_size=500)
    )
    let_through = 1 - average_fraction_inspected(plan, p)
    for replaced in (True, False):
        law = {"lot_size": 500, "replace_nonconforming": replaced}
        assert average_outgoing_quality(plan, p, **law) == pytest.approx(
            let_through * p + (1 - let_through) * average_outgoing_quality(reference, p, **law)
        )


def test_against_a_simulated_series_of_lots():
    plan, lots = SkipLotPlan(SINGLE, 4, 0.25), 200_000
    accepted = probability_of_acceptance(SINGLE, 0.05)
    rng = np.random.default_rng(8)
    passes, looks = rng.random(lots) < accepted, rng.random(lots) < plan.fraction_inspected
    run = refused = inspected = 0
    for good, look in zip(passes.tolist(), looks.tolist(), strict=True):
        if run >= plan.clearance_number and not look:
            continue
        inspected += 1
        run = run + 1 if good else 0
        refused += not good
    assert inspected / lots == pytest.approx(average_fraction_inspected(plan, 0.05), abs=0.01)
    assert refused / lots == pytest.approx(producers_risk(plan, 0.05), abs=0.005)


def test_published_formula():
    # Perry 1973: Pa = (f P + (1 - f) P^i) / (f + (1 - f) P^i), ASN = F n
    accepted = 0.95
    f, i = 0.2, 10
    share = (f * accepted + (1 - f) * accepted**i) / (f + (1 - f) * accepted**i)
    quality = quality_at_acceptance(SINGLE, accepted)
    plan = SkipLotPlan(SINGLE, i, f)
    assert probability_of_acceptance(plan, quality) == pytest.approx(share, rel=1e-12)


def test_the_more_is_skipped_the_more_is_accepted():  # NIST/SEMATECH e-Handbook, 6.2.7
    p = np.linspace(0.001, 0.12, 50)
    by_fraction = [
        probability_of_acceptance(SkipLotPlan(SINGLE, 6, f), p) for f in (0.9, 0.5, 0.25, 0.1)
    ]
    by_clearance = [
        probability_of_acceptance(SkipLotPlan(SINGLE, i, 0.25), p) for i in (20, 10, 4, 1)
    ]
    for series in (by_fraction, by_clearance):
        assert np.all(np.diff(series, axis=0) > 0)


def test_limits():
    p = np.linspace(0.01, 1, 34)
    reference = probability_of_acceptance(SINGLE, p)
    every = SkipLotPlan(SINGLE, 5, 1 - 1e-12)
    assert probability_of_acceptance(every, p) == pytest.approx(reference, abs=1e-9)
    plan = SkipLotPlan(SINGLE, 5, 0.2)
    assert probability_of_acceptance(plan, [0.0, 1.0]).tolist() == [1.0, 0.0]
    assert average_sample_number(plan, [0.0, 1.0]) == pytest.approx([4.0, 20.0])
    assert average_fraction_inspected(plan, 0.0) == pytest.approx(0.2)
    tiny = 1e-9
    assert producers_risk(plan, tiny) == pytest.approx(0.2 * producers_risk(SINGLE, tiny))


def test_any_reference_and_every_verb():
    sequential = wald_plan(RiskPoint(0.01, 0.95), RiskPoint(0.06, 0.10))
    plan = SkipLotPlan(sequential, 8, 0.3)
    assert plan.sample_size == sequential.sample_size
    assert "SkipLotPlan(reference=SequentialPlan(" in repr(plan)
    p = np.array([0.01, 0.06])
    assert average_sample_number(plan, p) == pytest.approx(
        average_fraction_inspected(plan, p) * average_sample_number(sequential, p)
    )
    limit, at = average_outgoing_quality_limit(plan, lot_size=2000)
    around = average_outgoing_quality(plan, np.linspace(0.5, 1.5, 101) * at, lot_size=2000)
    assert limit >= around.max() * (1 - 1e-9)
    with pytest.raises(ValueError, match="counts nonconforming items one by one"):
        probability_of_acceptance(plan, 0.1, distribution="poisson")


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ((0, 0.5), "clearance_number must be a whole number of at least 1, got 0"),
        ((3, 0.0), "fraction_inspected must lie strictly between 0 and 1, got 0.0"),
        ((3, 1.0), "1 is the reference plan itself"),
    ],
)
def test_what_is_no_plan(numbers, message):
    with pytest.raises(ValueError, match=message):
        SkipLotPlan(SINGLE, *numbers)
