"""Bands and weights of a grade, as a user may edit them: they must cover 0 to 100 points."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise

COMPONENTS = (
    *("critical_quality", "major_quality", "minor_quality"),
    *("lot_acceptance", "delivery", "corrective_action"),
)
DEFAULT_BANDS: Mapping[str, float] = {"A": 90, "B": 75, "C": 60, "D": 0}
DEFAULT_WEIGHTS: Mapping[str, float] = {
    "critical_quality": 20,
    "major_quality": 30,
    "minor_quality": 10,
    "lot_acceptance": 20,
    "delivery": 10,
    "corrective_action": 10,
}


def checked_bands(bands: Mapping[str, float | tuple[float, float]]) -> dict[str, float]:
    """Lower bound of each band, best band first.

    Parameters
    ----------
    bands
        Lower bound of each band in points, as ``{"A": 90, "B": 75, "C": 60, "D": 0}``; or low
        and high of each. A score on a bound belongs to the upper band, and 100 to the best.

    Raises
    ------
    ValueError
        If a score from 0 to 100 has no band, or two.

    Examples
    --------
    >>> checked_bands({"bad": (0, 60), "good": (60, 100)})
    {'good': 60.0, 'bad': 0.0}
    >>> checked_bands({"A": (90, 100), "B": (0, 89)})
    Traceback (most recent call last):
    ...
    ValueError: no band covers 89 to 90 points: 'B' ends at 89 and 'A' starts at 90
    """
    if not bands:
        raise ValueError("bands must name at least one band, as {'A': 90, 'B': 0}")
    lows = {name: float(_ends(edge)[0]) for name, edge in bands.items()}
    order = sorted(lows, key=lambda name: lows[name])
    if not all(0 <= low <= 100 for low in lows.values()):
        raise ValueError(f"bounds of bands must lie from 0 to 100 points, got {dict(bands)!r}")
    if lows[order[0]] != 0:
        raise ValueError(
            f"no band covers 0 to {lows[order[0]]:g} points: the lowest, {order[0]!r}, must start "
            "at 0"
        )
    for below, above in pairwise(order):
        high = _ends(bands[below])[1]
        high = lows[above] if high is None else high
        if lows[below] == lows[above] or high > lows[above]:
            raise ValueError(
                f"bands {below!r} and {above!r} both cover {lows[above]:g} to "
                f"{max(high, lows[above]):g} points"
            )
        if high < lows[above]:
            raise ValueError(
                f"no band covers {high:g} to {lows[above]:g} points: {below!r} ends at {high:g} "
                f"and {above!r} starts at {lows[above]:g}"
            )
    top = _ends(bands[order[-1]])[1]
    if top not in (None, 100):
        raise ValueError(f"a score of 100 has no band: {order[-1]!r} ends at {top:g}, not 100")
    return {name: lows[name] for name in reversed(order)}


def _ends(edge: float | tuple[float, float]) -> tuple[float, float | None]:
    if isinstance(edge, (int, float)):
        return edge, None
    low, high = edge
    return low, high


def checked_weights(weights: Mapping[str, float]) -> dict[str, float]:
    """Weight of each component in points, in the order of `COMPONENTS`; 0 where left out.

    Raises
    ------
    ValueError
        If a component is unknown, a weight negative, or the sum is not 100.

    Examples
    --------
    >>> checked_weights({"major_quality": 70, "delivery": 20})
    Traceback (most recent call last):
    ...
    ValueError: weights must sum to 100 points, these sum to 90: major_quality 70, delivery 20
    """
    unknown = [name for name in weights if name not in COMPONENTS]
    if unknown:
        raise ValueError(f"weights know {', '.join(COMPONENTS)}; got {', '.join(unknown)}")
    if not all(weight >= 0 and math.isfinite(weight) for weight in weights.values()):
        raise ValueError(f"weights must not be negative, got {dict(weights)!r}")
    total = math.fsum(weights.values())
    if not math.isclose(total, 100, abs_tol=1e-9):
        listed = ", ".join(f"{name} {weight:g}" for name, weight in weights.items())
        raise ValueError(f"weights must sum to 100 points, these sum to {total:g}: {listed}")
    return {name: float(weights.get(name, 0)) for name in COMPONENTS}
