"""Switching between normal, tightened and reduced inspection in the long run.

A stay on one severity always starts clean (no history, score 0), so the severities
form a renewal process: the share of lots inspected under each follows from the mean
length of a stay and from where it ends. Both are exact sums of positive terms below;
no equation system is solved and nothing is lost where the chain all but stands still.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qcanalysis.sampling.distributions import Array, binomial_probability
from qcanalysis.sampling.oc import probability_of_acceptance, producers_risk
from qcanalysis.sampling.plan import SamplingPlan
from qcanalysis.sampling.standard import TabulatedPlan, tabulated_plan
from qcanalysis.sampling.switching_rules import LOTS_FOR_REDUCED_105E, SCORE_FOR_REDUCED
from qcanalysis.sampling.switching_score import next_tighter_acceptance_number
from qcanalysis.sampling.tables import (
    ISO_2859_1_1999,
    LARGEST_PERCENT_AQL,
    MIL_STD_105E,
    checked_aql,
)


@dataclass(frozen=True)
class SchemeCharacteristics:
    """Long-run behaviour of a sampling scheme; arrays have the shape of the quality.

    Parameters
    ----------
    fraction_nonconforming
        Quality of every lot submitted.
    probability_of_acceptance
        Share of lots accepted, all severities together.
    fraction_normal, fraction_tightened, fraction_reduced
        Share of lots inspected under each severity; they sum to 1.
    average_sample_number
        Mean sample size per lot [items].
    probability_of_discontinuation
        Chance that a stay on tightened inspection gathers five lots not accepted
        before it ends. The shares above go on as if inspection never stopped.
    normal, tightened, reduced
        The plans in force; ``reduced`` is None where the scheme does not use it.
    """

    fraction_nonconforming: Array
    probability_of_acceptance: Array
    fraction_normal: Array
    fraction_tightened: Array
    fraction_reduced: Array
    average_sample_number: Array
    probability_of_discontinuation: Array
    normal: SamplingPlan
    tightened: SamplingPlan
    reduced: SamplingPlan | None


@dataclass(frozen=True)
class _NormalStay:
    """A stay on normal inspection: mean lots, and the chance that each exit ends it."""

    lots: Array
    to_tightened: Array
    to_reduced: Array


def scheme_characteristics(
    code_letter: str,
    aql_percent: float,
    fraction_nonconforming: npt.ArrayLike,
    *,
    standard: str = ISO_2859_1_1999,
    use_reduced: bool = True,
) -> SchemeCharacteristics:
    """Long-run characteristics of a single sampling scheme with its switching rules.

    Parameters
    ----------
    code_letter
        Sample size code letter.
    aql_percent
        Tabulated AQL up to 10 [%].
    fraction_nonconforming
        Quality of every lot submitted, scalar or array, from 0 to 1. Lots are
        independent, the count in a sample is binomial.
    standard
        "ISO 2859-1:1999": reduced inspection at a switching score of 30.
        "MIL-STD-105E": after ten consecutive lots accepted (limit numbers left
        out); a count between Ac and Re accepts the lot and returns to normal.
    use_reduced
        False: normal and tightened inspection only.

    Returns
    -------
    Shares, probability of acceptance and average sample number of the stationary scheme.

    Raises
    ------
    ValueError
        If the cell is not tabulated, its AQL counts nonconformities, or a
        fraction lies outside 0 to 1.

    References
    ----------
    ISO 2859-1:1999, 9.3; MIL-STD-105E, 4.7. Stephens and Larson, An evaluation of
    the MIL-STD-105D system of sampling plans, Industrial Quality Control 23, 1967.

    Examples
    --------
    >>> scheme = scheme_characteristics("L", 1.5, [0.019296, 0.045884], use_reduced=False)
    >>> scheme.probability_of_acceptance.round(7)            # AQLSchemes: 0.9505378, 0.0999462
    array([0.9505378, 0.0999462])
    """
    aql = checked_aql(aql_percent)
    if aql > LARGEST_PERCENT_AQL:
        raise ValueError(
            f"aql_percent must be at most 10 here, got {aql:g}: larger AQLs count nonconformities "
            "per 100 items, for which a fraction nonconforming is no measure"
        )
    quality = np.asarray(fraction_nonconforming, dtype=float)
    p = quality.ravel()
    if not np.all((p >= 0) & (p <= 1)):
        wrong = p[~((p >= 0) & (p <= 1))][0]
        raise ValueError(f"fraction_nonconforming must lie between 0 and 1, got {wrong:g}")
    normal, tightened, reduced = (
        tabulated_plan(code_letter, aql, severity=severity, standard=standard)
        for severity in ("normal", "tightened", "reduced")
    )
    plans = [cell.plan for cell in (normal, tightened, reduced)]
    accepted = [np.asarray(probability_of_acceptance(plan, p)) for plan in plans]
    if use_reduced:
        shares = _shares(
            _normal_stay(normal, p),
            leave_tightened=accepted[1] ** 5 / _series(accepted[1], 5),
            leave_reduced=_more_than(plans[2].acceptance_number, plans[2], p),
        )
    else:
        shares = _shares_without_reduced(plans[0], accepted, p)
    run_broken = _more_than(plans[1].acceptance_number, plans[1], p) * _series(accepted[1], 5)

    def weighted(values: list[Array]) -> Array:
        return sum((w * v for w, v in zip(shares, values, strict=True)), np.zeros_like(p))

    def shaped(values: Array) -> Array:
        return values.reshape(quality.shape)

    return SchemeCharacteristics(
        fraction_nonconforming=quality,
        probability_of_acceptance=shaped(np.minimum(weighted(accepted), 1.0)),
        fraction_normal=shaped(shares[0]),
        fraction_tightened=shaped(shares[1]),
        fraction_reduced=shaped(shares[2]),
        average_sample_number=shaped(
            weighted([np.full_like(p, plan.sample_size) for plan in plans])
        ),
        probability_of_discontinuation=shaped(run_broken**5),
        normal=plans[0],
        tightened=plans[1],
        reduced=plans[2] if use_reduced else None,
    )


def _normal_stay(normal: TabulatedPlan, p: Array) -> _NormalStay:
    """Stay on normal inspection, which two lots not accepted within five end, or the score.

    A lot adds a step to the score, is accepted but sets it back to 0, or is not
    accepted: chances ``step``, ``back``, ``fail``. After a lot not accepted (score 0)
    the next four are on watch: one more not accepted leads to tightened, otherwise the
    stay goes on without history at the score that the four have left.
    """
    steps, limit = steps_to_reduced(normal)
    plan = normal.plan
    step = np.asarray(probability_of_acceptance(SamplingPlan.single(plan.sample_size, limit), p))
    back = _between(limit, plan.acceptance_number, plan.sample_size, p)
    fail = _more_than(plan.acceptance_number, plan, p)
    accept = np.asarray(probability_of_acceptance(plan, p))

    # Without history, from score 0: mean lots to the next lot not accepted or to reduced.
    ends = step**steps + fail * _series(step, steps)
    free_lots = _series(step, steps) / ends
    free_reduced = step**steps / ends

    watch_lots = _series(accept, 4)
    on_reduced, on_lots = np.zeros_like(p), np.zeros_like(p)
    for score in range(5):  # steps that the four lots on watch have left
        chance = step**4 if score == 4 else back * step**score * accept ** (3 - score)
        lots_left = _series(step, steps - score)
        on_reduced += chance * (step ** (steps - score) + back * lots_left * free_reduced)
        on_lots += chance * lots_left * (1 + back * free_lots)
    ends = fail * watch_lots + on_reduced
    return _NormalStay(
        lots=free_lots * (1 + fail * (watch_lots + on_lots) / ends),
        to_tightened=fail * free_lots * fail * watch_lots / ends,
        to_reduced=free_reduced + fail * free_lots * on_reduced / ends,
    )


def steps_to_reduced(normal: TabulatedPlan) -> tuple[int, int]:
    """Lots in a row that lead to reduced inspection, and the count that each may hold."""
    limit = normal.plan.acceptance_number
    if normal.standard == MIL_STD_105E:
        return LOTS_FOR_REDUCED_105E, limit
    if limit < 2:
        return SCORE_FOR_REDUCED // 2, limit
    tighter = next_tighter_acceptance_number(limit)
    assert tighter is not None  # the normal table prints its own acceptance numbers
    return SCORE_FOR_REDUCED // 3, tighter


def _shares(
    normal: _NormalStay, *, leave_tightened: Array, leave_reduced: Array
) -> tuple[Array, Array, Array]:
    """Share of lots under normal, tightened and reduced; a mean stay is 1 / leave."""
    on_normal = normal.lots * leave_tightened * leave_reduced
    on_tightened = normal.to_tightened * leave_reduced
    on_reduced = normal.to_reduced * leave_tightened
    total = on_normal + on_tightened + on_reduced
    return on_normal / total, on_tightened / total, on_reduced / total


def _shares_without_reduced(
    normal: SamplingPlan, accepted: list[Array], p: Array
) -> tuple[Array, Array, Array]:
    """Shares from the mean stays in closed form, as leaving rates that reach 0 safely."""
    fail = _more_than(normal.acceptance_number, normal, p)
    leave_normal = fail**2 * _series(accepted[0], 4) / (2 - accepted[0] ** 4)
    leave_tightened = accepted[1] ** 5 / _series(accepted[1], 5)
    total = leave_normal + leave_tightened
    return leave_tightened / total, leave_normal / total, np.zeros_like(p)


def _series(ratio: Array, terms: int) -> Array:
    """1 + r + ... + r^(terms-1): mean lots until a run of ``terms`` is broken or complete."""
    total = np.ones_like(ratio)
    for _ in range(terms - 1):
        total = 1 + ratio * total
    return total


def _more_than(count: int, plan: SamplingPlan, p: Array) -> Array:
    return np.asarray(producers_risk(SamplingPlan.single(plan.sample_size, count), p))


def _between(low: int, high: int, sample_size: int, p: Array) -> Array:
    """Probability of a count above ``low`` and up to ``high``."""
    terms = (binomial_probability(x, sample_size, p) for x in range(low + 1, high + 1))
    return sum(terms, np.zeros_like(p))
