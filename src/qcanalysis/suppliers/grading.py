"""Grade of a supplier as a probability over bands, from what is known of each component."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import fft, special

from qcanalysis.sampling.distributions import Array
from qcanalysis.suppliers.bands import (
    COMPONENTS,
    DEFAULT_BANDS,
    DEFAULT_WEIGHTS,
    checked_bands,
    checked_weights,
)
from qcanalysis.suppliers.indicators import ENOUGH, NOT_ENOUGH

Points = tuple[tuple[float, float], ...]

QUALITY_POINTS: Points = ((0.0, 100.0), (1.0, 75.0), (4.0, 0.0))
"""Points for a rate as a multiple of its AQL: at the AQL a supplier just reaches band B."""
SHARE_POINTS: Points = ((0.60, 0.0), (0.95, 75.0), (1.0, 100.0))
"""Points for a share of lots or deliveries: 0.95 is about what a plan accepts at the AQL, 0.60
the share below which ISO 2859-1 goes to tightened inspection (two of five not accepted)."""
DAYS_POINTS: Points = ((14.0, 100.0), (30.0, 75.0), (90.0, 0.0))
"""Points for the median days to close a corrective action."""

STEP = 0.1
STEPS = 1000
JEFFREYS_COUNT = 0.5


@dataclass(frozen=True, eq=False)
class Grading:
    """Scores and grades of suppliers.

    ``table`` has a row per supplier: ``supplier_id``, ``state``, ``score`` (posterior mean)
    with ``score_lower`` and ``score_upper`` [points, 0 to 100], ``grade`` (the most probable
    band, or "not enough data") with ``probability_of_grade``, ``probability_<band>`` for each
    band, ``score_<component>`` (mean points, NaN where missing), ``weight_<component>`` (points
    in force, missing ones spread over the rest) and ``missing`` (components, in words).
    """

    table: pd.DataFrame
    bands: dict[str, float]
    weights: dict[str, float]
    confidence_level: float


def grade_suppliers(
    indicators: pd.DataFrame,
    quality: pd.DataFrame,
    *,
    bands: Mapping[str, float | tuple[float, float]] = DEFAULT_BANDS,
    weights: Mapping[str, float] = DEFAULT_WEIGHTS,
    zero_aql_fraction: float = 0.001,
    confidence_level: float = 0.95,
) -> Grading:
    """Score and grade of every supplier of ``indicators``.

    Parameters
    ----------
    indicators
        Frame of `supplier_indicators`.
    quality
        Posterior beta distribution of each rate: ``supplier_id``, ``defect_class``,
        ``aql_percent``, ``alpha``, ``beta`` (of `qcanalysis.suppliers.shrinkage`); a missing
        row, or NaN in it, is a missing component.
    bands, weights
        See `checked_bands` and `checked_weights`.
    zero_aql_fraction
        Rate that stands for the AQL where none is accepted (AQL 0) [fraction].
    confidence_level
        Of the interval of the score, between 0 and 1.

    Raises
    ------
    ValueError
        If the bands or weights do not hold.

    Notes
    -----
    Each component has a distribution of points: piecewise linear in rate / AQL
    (`QUALITY_POINTS`) under the posterior of the rate, in the share of lots accepted and of
    deliveries on time in full (`SHARE_POINTS`) under Jeffreys' posterior, and in days
    (`DAYS_POINTS`), which are taken as they are. The score is their weighted sum; its
    distribution is their exact convolution on a grid of 0.1 points, components independent
    given the data. Weights are used to 0.1 point.

    Examples
    --------
    >>> shares = {"accepted_lots": 19, "judged_lots": 20, "deliveries_on_time_in_full": 18,
    ...           "deliveries": 20, "corrective_action_days": 20, "state": "enough data"}
    >>> quality = pd.DataFrame({"supplier_id": "S1", "defect_class": ["critical", "major"],
    ...                         "aql_percent": [0, 2.5], "alpha": [0.5, 20.5],
    ...                         "beta": [2500, 1980]})
    >>> row = grade_suppliers(pd.DataFrame([{"supplier_id": "S1"} | shares]), quality).table.iloc[0]
    >>> row["grade"], round(float(row["score"]), 1), round(float(row["probability_of_grade"]), 2)
    ('B', 84.2, 0.91)
    >>> row["missing"]
    'minor_quality'
    """
    lows, wanted = checked_bands(bands), checked_weights(weights)
    evidence = _evidence(indicators, quality, zero_aql_fraction)
    is_present = np.column_stack([evidence[name].is_known for name in COMPONENTS])
    is_present &= np.array([wanted[name] > 0 for name in COMPONENTS])
    can_grade = (indicators["state"] == ENOUGH).to_numpy() & is_present.any(axis=1)

    total = np.full((len(indicators), STEPS + 1), np.nan)
    means = np.full(is_present.shape, np.nan)
    in_force = np.full(is_present.shape, np.nan)
    for rows, present in _patterns(is_present, can_grade):
        steps = _whole_steps(np.where(present, [wanted[name] for name in COMPONENTS], 0.0))
        masses = {
            number: evidence[COMPONENTS[number]].mass(rows, steps[number])
            for number in np.flatnonzero(steps)
        }
        total[rows] = _convolved(list(masses.values()))
        in_force[rows] = steps * STEP
        for number, mass in masses.items():
            means[rows, number] = mass @ np.linspace(0, 100, steps[number] + 1)
    table = pd.DataFrame(
        {
            "supplier_id": indicators["supplier_id"].to_numpy(),
            "state": np.where(can_grade, ENOUGH, NOT_ENOUGH),
            **_scores(total, confidence_level),
            **_grades(total, lows, can_grade),
            **{f"score_{name}": means[:, i] for i, name in enumerate(COMPONENTS)},
            **{f"weight_{name}": in_force[:, i] for i, name in enumerate(COMPONENTS)},
            "missing": _missing(is_present, wanted),
        }
    )
    return Grading(table, lows, wanted, confidence_level)


@dataclass(frozen=True)
class _Evidence:
    """What is known of one component for all suppliers, and how it scores.

    ``scale`` turns the argument of ``points`` into the fraction that has the beta distribution
    (the AQL for quality, 1 for a share); without ``beta`` the value is ``alpha`` itself.
    """

    points: Points
    alpha: Array
    beta: Array | None
    scale: Array

    @property
    def is_known(self) -> npt.NDArray[np.bool_]:
        known: npt.NDArray[np.bool_] = np.isfinite(self.alpha) & np.isfinite(self.scale)
        return known if self.beta is None else known & np.isfinite(self.beta)

    def mass(self, rows: npt.NDArray[np.intp], steps: int) -> Array:
        """Probability of each of ``steps + 1`` equally spaced scores, a row per supplier."""
        edges = 100 * (np.arange(1, steps + 1) - 0.5) / steps
        at, score = np.array(sorted(self.points, key=lambda point: point[1])).T
        limit = np.interp(edges, score, at) * self.scale[rows, None]
        alpha, rising = self.alpha[rows, None], at[-1] > at[0]
        if self.beta is None:
            below = (alpha < limit if rising else alpha > limit).astype(float)
        else:
            below = special.betainc(alpha, self.beta[rows, None], np.clip(limit, 0.0, 1.0))
            below = below if rising else 1 - below  # betaincc takes ten times as long
        ends = np.broadcast_to([[0.0]], (rows.size, 1))
        return np.diff(np.concatenate([ends, below, ends + 1], axis=1), axis=1)


def _evidence(
    indicators: pd.DataFrame, quality: pd.DataFrame, zero_aql_fraction: float
) -> dict[str, _Evidence]:
    ids, one = indicators["supplier_id"], np.ones(len(indicators))
    evidence = {}
    for name in COMPONENTS[:3]:
        rows = quality[quality["defect_class"] == name.removesuffix("_quality")]
        rows = rows.set_index("supplier_id").reindex(ids)
        aql = rows["aql_percent"].to_numpy(float) / 100
        evidence[name] = _Evidence(
            QUALITY_POINTS,
            rows["alpha"].to_numpy(float),
            rows["beta"].to_numpy(float),
            np.where(aql == 0, zero_aql_fraction, aql),
        )
    for name, part, whole in (
        ("lot_acceptance", "accepted_lots", "judged_lots"),
        ("delivery", "deliveries_on_time_in_full", "deliveries"),
    ):
        good, all_of = (indicators[column].to_numpy(float) for column in (part, whole))
        good = np.where(all_of > 0, good, np.nan)
        evidence[name] = _Evidence(
            SHARE_POINTS, good + JEFFREYS_COUNT, all_of - good + JEFFREYS_COUNT, one
        )
    days = indicators["corrective_action_days"].to_numpy(float)
    evidence["corrective_action"] = _Evidence(DAYS_POINTS, days, None, one)
    return evidence


def _patterns(
    is_present: npt.NDArray[np.bool_], can_grade: npt.NDArray[np.bool_]
) -> Iterator[tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]]:
    """Suppliers with the same components, and which these are."""
    patterns, which = np.unique(is_present, axis=0, return_inverse=True)
    for number, present in enumerate(patterns):
        rows = np.flatnonzero((which.ravel() == number) & can_grade)
        if rows.size:
            yield rows, present


def _whole_steps(weights: Array) -> npt.NDArray[np.intp]:
    """Weights scaled to 1,000 whole steps, largest remainders first."""
    exact = weights / weights.sum() * STEPS
    steps: npt.NDArray[np.intp] = np.floor(exact + 1e-9).astype(np.intp)
    order = np.argsort(-(exact - steps), kind="stable")
    steps[order[: STEPS - steps.sum()]] += 1
    return steps


def _convolved(masses: list[Array]) -> Array:
    """Distribution of the sum of independent components, exact to rounding."""
    length = fft.next_fast_len(STEPS + 1, real=True)
    transform = np.ones((1, length // 2 + 1), dtype=complex)
    for mass in masses:
        transform = transform * fft.rfft(mass, length, axis=1)
    total = np.clip(fft.irfft(transform, length, axis=1)[:, : STEPS + 1], 0.0, None)
    return np.asarray(total / total.sum(axis=1, keepdims=True))


def _scores(total: Array, confidence_level: float) -> dict[str, Array]:
    """Mean and central interval of each distribution; NaN where there is none."""
    grid = np.linspace(0, 100, STEPS + 1)
    tail, cumulative = (1 - confidence_level) / 2, np.cumsum(total, axis=1)
    lower, upper = (
        np.where(
            np.isnan(total[:, 0]),
            np.nan,
            grid[np.argmax(cumulative >= probability - 1e-12, axis=1)],
        )
        for probability in (tail, 1 - tail)
    )
    return {"score": total @ grid, "score_lower": lower, "score_upper": upper}


def _grades(
    total: Array, lows: dict[str, float], can_grade: npt.NDArray[np.bool_]
) -> dict[str, npt.NDArray[np.object_] | Array]:
    """Most probable band and the probability of each, best band first."""
    names = list(lows)
    starts = [int(np.ceil(low / STEP - 1e-9)) for low in lows.values()]
    ends = [STEPS + 1, *starts[:-1]]
    probability = np.column_stack(
        [total[:, start:end].sum(axis=1) for start, end in zip(starts, ends, strict=True)]
    )
    best = np.argmax(probability, axis=1)
    grade = np.where(can_grade, np.array(names, dtype=object)[best], NOT_ENOUGH)
    return {
        "grade": grade,
        "probability_of_grade": np.take_along_axis(probability, best[:, None], axis=1)[:, 0],
        **{f"probability_{name}": probability[:, i] for i, name in enumerate(names)},
    }


def _missing(is_present: npt.NDArray[np.bool_], wanted: dict[str, float]) -> list[str]:
    return [
        ", ".join(
            name
            for name, here in zip(COMPONENTS, present, strict=True)
            if wanted[name] > 0 and not here
        )
        for present in is_present
    ]
