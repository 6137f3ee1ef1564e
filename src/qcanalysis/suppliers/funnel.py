"""Funnel plot of suppliers: who differs from the rest by more than chance and usual spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import betaln

from qcanalysis.sampling.distributions import Array

TAILS = {"lower_998": 0.001, "lower_95": 0.025, "upper_95": 0.025, "upper_998": 0.001}
FEWEST_SUPPLIERS = 5
CURVE_POINTS = 60


@dataclass(frozen=True, eq=False)
class Funnel:
    """Suppliers against the limits of a funnel.

    ``table`` has a row per supplier, in the order given: ``supplier_id``, ``items_inspected``,
    ``nonconforming``, ``rate``, ``z`` (chance alone), ``z_adjusted`` (usual spread between
    suppliers added), the limits ``lower_998``, ``lower_95``, ``upper_95``, ``upper_998`` in
    force, the same with ``_chance`` for chance alone, and ``state``: "inside", "alert high",
    "alert low" (beyond 95 %), "out high", "out low" (beyond 99.8 %), "not enough data".
    ``curve`` has the limits at round sample sizes for drawing: ``items_inspected`` and the
    eight limit columns. ``target`` is the pooled rate unless one was given, ``dispersion``
    Spiegelhalter's winsorised phi and ``between_suppliers`` tau, the standard deviation of
    true rates [fraction]; both NaN where too few suppliers are known to tell.
    """

    table: pd.DataFrame
    curve: pd.DataFrame
    target: float
    dispersion: float
    between_suppliers: float


def supplier_funnel(
    supplier_ids: Sequence[str],
    nonconforming: npt.ArrayLike,
    items_inspected: npt.ArrayLike,
    *,
    target: float | None = None,
    winsorised: float = 0.10,
    minimum_items: int = 1,
) -> Funnel:
    """Funnel limits at 95 and 99.8 %, adjusted for overdispersion, and each supplier's state.

    Parameters
    ----------
    supplier_ids, nonconforming, items_inspected
        One entry per supplier, of one defect class; whole numbers.
    target
        Rate compared with [fraction]; the pooled rate unless given.
    winsorised
        Share of z-scores pulled in at each end before the spread is measured, so that
        outliers do not hide themselves [0 to below 0.5].
    minimum_items
        Suppliers with fewer items inspected are "not enough data".

    Raises
    ------
    ValueError
        If a count exceeds its items, lengths differ, or an option is out of range.

    Notes
    -----
    z = (rate - target) / s with s² = target (1 - target) / n; phi = mean of the winsorised z²;
    if I phi > I - 1, tau² = (I phi - (I - 1)) / (W - sum w² / W) with w = 1 / s², W = sum w
    (the additive model: the spread between suppliers stays however many items are inspected).
    Limits are exact tails of the binomial count, or of the beta-binomial count with standard
    deviation tau of true rates: a rate beyond a limit has a tail of less than 2.5 or 0.1 % on
    its side. Between whole counts the limits are interpolated.

    References
    ----------
    Spiegelhalter, Statistics in Medicine 24, 2005, 1185-1202 (limits, appendix A.1; additive
    overdispersion). Spiegelhalter, Quality and Safety in Health Care 14, 2005, 347-351.

    Examples
    --------
    >>> funnel = supplier_funnel(["A", "B", "C"], [10, 12, 40], [1000, 1000, 1000], target=0.01)
    >>> funnel.table["state"].tolist()
    ['inside', 'inside', 'out high']
    """
    found, items = np.asarray(nonconforming, float), np.asarray(items_inspected, float)
    ids = list(supplier_ids)
    _check(ids, found, items, winsorised)
    known = items >= max(minimum_items, 1)
    if target is None:
        target = float(found[known].sum() / items[known].sum()) if known.any() else np.nan
    elif not 0 < target < 1:
        raise ValueError(f"target must lie between 0 and 1, got {target!r}")
    can_tell = known & (0 < target < 1)
    rate = np.divide(found, items, out=np.full(items.size, np.nan), where=known)
    variance = np.full(items.size, np.nan)
    variance[can_tell] = target * (1 - target) / items[can_tell]
    z = (rate - target) / np.sqrt(variance)
    phi, tau_squared = _overdispersion(z[can_tell], variance[can_tell], winsorised, target)
    between = 0.0 if np.isnan(tau_squared) else tau_squared
    table = pd.DataFrame(
        {
            "supplier_id": pd.Series(ids, dtype="str"),
            "items_inspected": items,
            "nonconforming": found,
            "rate": rate,
            "z": z,
            "z_adjusted": (rate - target) / np.sqrt(variance + between),
        }
    )
    sizes = np.unique(items[can_tell])
    limits = _limits_of(sizes, target, between).reindex(items)
    table = pd.concat([table, limits.set_index(table.index)], axis=1)
    table["state"] = _states(table, can_tell)
    curve = _limits_of(_round_sizes(sizes), target, between).reset_index()
    return Funnel(table, curve, target, phi, float(np.sqrt(tau_squared)))


def _check(ids: list[str], found: Array, items: Array, winsorised: float) -> None:
    if not len(ids) == found.size == items.size:
        raise ValueError(
            "supplier_ids, nonconforming and items_inspected must be of one length, got "
            f"{len(ids)}, {found.size} and {items.size}"
        )
    if not np.all((found >= 0) & (found <= items) & np.isfinite(items)):
        raise ValueError("need 0 <= nonconforming <= items_inspected for every supplier")
    if np.any(found % 1 != 0) or np.any(items % 1 != 0):
        raise ValueError("nonconforming and items_inspected must be whole numbers")
    if not 0 <= winsorised < 0.5:
        raise ValueError(f"winsorised must be at least 0 and below 0.5, got {winsorised!r}")


def _overdispersion(
    z: Array, variance: Array, winsorised: float, target: float
) -> tuple[float, float]:
    """Spiegelhalter's phi and tau²; NaN for both below `FEWEST_SUPPLIERS`."""
    if z.size < FEWEST_SUPPLIERS:
        return np.nan, np.nan
    pulled_in = np.clip(z, *np.quantile(z, [winsorised, 1 - winsorised]))
    phi = float(np.mean(pulled_in**2))
    excess = z.size * phi - (z.size - 1)
    if excess <= 0:
        return phi, 0.0
    weight = 1 / variance
    tau_squared = excess / (weight.sum() - (weight**2).sum() / weight.sum())
    return phi, float(min(tau_squared, 0.25 * target * (1 - target)))  # a beta with one peak


def _round_sizes(sizes: Array) -> Array:
    """Whole sample sizes, evenly spaced on a log scale, for the curves."""
    if not sizes.size:
        return sizes
    spaced = np.geomspace(max(sizes[0] / 1.5, 1), sizes[-1] * 1.1, CURVE_POINTS)
    return np.unique(np.round(spaced))


def _limits_of(sizes: Array, target: float, tau_squared: float) -> pd.DataFrame:
    """Limits in force and of chance alone, a row per sample size."""
    rows = [[*_limits(size, target, tau_squared), *_limits(size, target, 0.0)] for size in sizes]
    names = [*TAILS, *(f"{name}_chance" for name in TAILS)]
    index = pd.Index(sizes, name="items_inspected")
    return pd.DataFrame(rows, columns=names, index=index, dtype=float)


def _limits(size: float, target: float, tau_squared: float) -> list[float]:
    """The four limits for one sample size, as rates, in the order of `TAILS`."""
    count, at_most = _distribution(size, target, tau_squared)
    at_least = np.concatenate([[1.0], 1 - at_most[:-1]])
    limits = []
    for name, tail in TAILS.items():
        if name.startswith("lower"):
            first = int(np.searchsorted(at_most, tail))  # fewest with P(X <= k) >= tail
            step = at_most[first] - (at_most[first - 1] if first else 0.0)
            edge = count[first] - (at_most[first] - tail) / step
        else:
            last = int(np.searchsorted(-at_least, -tail, side="right")) - 1  # most, P(X >= k)
            following = at_least[last + 1] if last + 1 < count.size else 0.0
            edge = count[last] + (at_least[last] - tail) / (at_least[last] - following)
        limits.append(float(np.clip(edge / size, 0.0, 1.0)))
    return limits


def _distribution(size: float, target: float, tau_squared: float) -> tuple[Array, Array]:
    """Counts from 0 up to where nothing is left, and the chance of at most each."""
    spread = np.sqrt(size * target * (1 - target) + size**2 * tau_squared)
    most = int(min(size, np.ceil(size * target + 12 * spread + 40)))
    count = np.arange(most + 1, dtype=float)
    step = count[:-1]
    if tau_squared == 0:
        start = size * np.log1p(-target)
        ratio = (size - step) / (step + 1) * (target / (1 - target))
    else:
        strength = target * (1 - target) / tau_squared - 1
        alpha, beta = strength * target, strength * (1 - target)
        start = float(betaln(alpha, beta + size) - betaln(alpha, beta))
        ratio = (size - step) * (step + alpha) / ((step + 1) * (size - step - 1 + beta))
    logs = start + np.concatenate([[0.0], np.cumsum(np.log(ratio))])
    return count, np.minimum(np.cumsum(np.exp(logs)), 1.0)


def _states(table: pd.DataFrame, can_tell: npt.NDArray[np.bool_]) -> npt.NDArray[np.object_]:
    slack = 1e-12
    rate = table["rate"]
    conditions = [
        ~pd.Series(can_tell),
        rate > table["upper_998"] + slack,
        rate < table["lower_998"] - slack,
        rate > table["upper_95"] + slack,
        rate < table["lower_95"] - slack,
    ]
    words = ["not enough data", "out high", "out low", "alert high", "alert low"]
    return np.select(conditions, words, default="inside").astype(object)
