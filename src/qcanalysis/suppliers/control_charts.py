"""Control charts of a supplier's lots, in order: p and u charts, and Laney's p' and u'."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from qcanalysis.sampling.distributions import Array

Chart = Literal["p", "p'", "u", "u'"]
Counted = Literal["nonconforming items", "nonconformities"]

RULES = {
    "WE1": "one lot beyond 3 sigma",
    "WE2": "2 of 3 lots in a row beyond 2 sigma, on one side",
    "WE4": "8 lots in a row on one side of the centre",
}
D2 = 2 / np.sqrt(np.pi)  # mean of the range of two standard normal values, 1.128
D4 = float(np.sqrt(2) * special.ndtri(0.75))  # its median, 0.954
RANGE_VARIANCE = 2 - 4 / np.pi
NEIGHBOUR_COVARIANCE = 4 / np.pi * (np.sqrt(0.75) + np.pi / 12 - 1)
ONE_SIDED_5_PERCENT = 1.6449
FEWEST_EXPECTED = 5.0


@dataclass(frozen=True, eq=False)
class ControlChart:
    """A chart of lots in order, with what it says.

    ``points`` has a row per lot: ``label``, ``sample_size``, ``count``, ``value`` (fraction
    nonconforming, or nonconformities per item), ``centre``, ``lower``, ``upper`` (3 sigma),
    ``z`` (distance from the centre in sigmas of this chart), ``rules`` (keys of `RULES` with
    the side, as "WE1 high, WE4 high"; empty when none fired) and ``is_signal``.
    ``sigma_z`` is Laney's ratio of the variation seen to the variation of chance alone
    (NaN: cannot tell); ``choice`` says in words why this kind of chart is the right one, and
    ``caution`` what its limits do not hold for (empty when nothing).
    """

    kind: Chart
    points: pd.DataFrame
    centre: float
    sigma_z: float
    choice: str
    caution: str


def control_chart(
    counts: npt.ArrayLike,
    sample_sizes: npt.ArrayLike,
    *,
    counted: Counted = "nonconforming items",
    labels: Sequence[str] | None = None,
    in_baseline: npt.ArrayLike | None = None,
    kind: Chart | None = None,
) -> ControlChart:
    """Chart of lots in order, with limits for each lot's own sample size.

    Parameters
    ----------
    counts, sample_sizes
        Found and inspected per lot, oldest first [items, or nonconformities].
    counted
        What was counted: a p chart for nonconforming items, a u chart for nonconformities.
    labels
        Name of each lot; its number unless given.
    in_baseline
        Which lots set the centre and the spread; all of them unless given.
    kind
        Chart wanted. None takes Laney's when lots vary more than chance alone explains:
        `sigma_z` above 1 by 1.645 of its standard errors, and so from the median moving range
        too (which one bad lot does not move). An underdispersed record keeps the wider limits
        of the plain chart.

    Raises
    ------
    ValueError
        If a count or size is impossible, lengths differ, or the chart does not fit the count.

    Notes
    -----
    Centre = sum of counts / sum of sizes; sigma of a lot = sqrt(centre (1 - centre) / n), or
    sqrt(centre / n) for u. Laney multiplies it by sigma_z = mean moving range of z / 1.128.
    Rules are numbered as in the Western Electric handbook (WE1 and WE2 are Nelson's 1 and 5;
    Nelson's 2 asks for nine lots where WE4 asks for eight). A rule is written at the lot that
    completes it.

    References
    ----------
    Montgomery, Introduction to Statistical Quality Control, 6th ed., 7.2-7.3. Laney, Quality
    Engineering 14, 2002, 531-537. Western Electric, Statistical Quality Control Handbook, 1956.

    Examples
    --------
    Nonconformities on ten rolls of dyed cloth, in units of 50 square metres (Montgomery).

    >>> cloth = control_chart(
    ...     [14, 12, 20, 11, 7, 10, 21, 16, 19, 23], [10, 8, 13, 10, 9.5, 10, 12, 10.5, 12, 12.5],
    ...     counted="nonconformities")
    >>> cloth.kind, round(cloth.centre, 2), bool(cloth.points["is_signal"].any())
    ('u', 1.42, False)
    """
    found, inspected = _checked(counts, sample_sizes, counted)
    base = np.ones(found.size, bool) if in_baseline is None else np.asarray(in_baseline, bool)
    if base.shape != found.shape or not base.any():
        raise ValueError("in_baseline must name at least one lot, with one entry per lot")
    value = found / inspected
    centre = float(found[base].sum() / inspected[base].sum())
    spread = centre * (1 - centre) if counted == "nonconforming items" else centre
    sigma = np.sqrt(spread / inspected)
    plain_z = np.divide(value - centre, sigma, out=np.zeros_like(value), where=sigma > 0)
    sigma_z, error = laney_sigma(plain_z[base])
    typical = float(np.median(np.abs(np.diff(plain_z[base])))) / D4 if base.sum() > 1 else np.nan
    chosen, choice = _chosen_kind(counted, kind, sigma_z, typical, 1 + ONE_SIDED_5_PERCENT * error)
    if chosen.endswith("'"):
        sigma = sigma * sigma_z
    z = np.divide(value - centre, sigma, out=np.zeros_like(value), where=sigma > 0)
    highest = 1.0 if counted == "nonconforming items" else np.inf
    points = pd.DataFrame(
        {
            "label": list(labels) if labels is not None else [str(i + 1) for i in range(z.size)],
            "sample_size": inspected,
            "count": found,
            "value": value,
            "centre": centre,
            "lower": np.maximum(centre - 3 * sigma, 0.0),
            "upper": np.minimum(centre + 3 * sigma, highest),
            "z": z,
            "rules": fired_rules(z),
        }
    )
    points["is_signal"] = points["rules"] != ""
    return ControlChart(chosen, points, centre, sigma_z, choice, _caution(centre, inspected))


def _checked(
    counts: npt.ArrayLike, sample_sizes: npt.ArrayLike, counted: Counted
) -> tuple[Array, Array]:
    found, inspected = np.asarray(counts, float), np.asarray(sample_sizes, float)
    if counted not in get_args(Counted):
        raise ValueError(f"counted must be one of {get_args(Counted)}, got {counted!r}")
    if found.ndim != 1 or found.shape != inspected.shape or found.size == 0:
        raise ValueError("counts and sample_sizes must be two lists of one length, at least 1")
    if not np.all((inspected >= 1) & np.isfinite(inspected)):
        raise ValueError("sample_sizes must be at least 1 item each; leave out uninspected lots")
    if not np.all((found >= 0) & np.isfinite(found)):
        raise ValueError("counts must be known and not negative")
    if counted == "nonconforming items" and np.any(found > inspected):
        raise ValueError(
            "a count of nonconforming items must not exceed its sample_size; "
            "use counted='nonconformities' for a count of defects"
        )
    return found, inspected


def laney_sigma(z: Array) -> tuple[float, float]:
    """Laney's sigma_z of z-scores in order, and its standard error when only chance varies.

    Returns NaN for both with fewer than two scores. The standard error counts that two
    neighbouring moving ranges share a score.

    Examples
    --------
    >>> sigma_z, error = laney_sigma(np.array([1.0, -1.0, 1.0, -1.0]))
    >>> round(sigma_z, 3), round(error, 3)   # 2 / 1.128
    (1.772, 0.497)
    """
    if z.size < 2:
        return np.nan, np.nan
    ranges = z.size - 1
    sigma_z = float(np.abs(np.diff(z)).mean() / D2)
    variance = ranges * RANGE_VARIANCE + 2 * (ranges - 1) * NEIGHBOUR_COVARIANCE
    return sigma_z, float(np.sqrt(variance) / ranges / D2)


def _chosen_kind(
    counted: Counted, kind: Chart | None, sigma_z: float, typical: float, edge: float
) -> tuple[Chart, str]:
    plain: Chart = "p" if counted == "nonconforming items" else "u"
    laney: Chart = "p'" if plain == "p" else "u'"
    if kind is not None:
        if kind not in (plain, laney):
            raise ValueError(f"kind must be {plain!r} or {laney!r} for {counted}, got {kind!r}")
        if kind == laney and not sigma_z > 0:
            raise ValueError(f"kind {laney!r} needs lots that differ: sigma_z is {sigma_z:g}")
        return kind, f"{kind} chart as asked"
    if np.isnan(sigma_z):
        return plain, f"{plain} chart: two lots or more would tell how much lots vary"
    if min(sigma_z, typical) > edge:
        return laney, (
            f"Laney {laney} chart: lots vary {sigma_z:.2f} times as much as chance alone "
            f"(above {edge:.2f}, so a plain {plain} chart would signal too often)"
        )
    if sigma_z > edge:
        return plain, (
            f"{plain} chart: a few jumps apart, lots vary {typical:.2f} times as much as chance "
            f"alone (up to {edge:.2f} is chance)"
        )
    return plain, (
        f"{plain} chart: lots vary {sigma_z:.2f} times as much as chance alone "
        f"(up to {edge:.2f} is chance)"
    )


def _caution(centre: float, inspected: Array) -> str:
    if centre == 0:
        return "Nothing was found in any lot: there is no spread to set limits with."
    expected = centre * float(np.median(inspected))
    if expected < FEWEST_EXPECTED:
        return (
            f"About {expected:.1f} expected per lot: below {FEWEST_EXPECTED:g} the limits are "
            "approximate, the upper one is passed more often than 1 in 740."
        )
    return ""


def fired_rules(z: Array) -> list[str]:
    """Rules that each lot completes, with the side; empty where none.

    Examples
    --------
    >>> fired_rules(np.array([0.0, 2.1, 0.5, 2.2, -3.5]))
    ['', '', '', 'WE2 high', 'WE1 low']
    """
    fired: list[list[str]] = [[] for _ in z]
    for side, distance in (("high", z), ("low", -z)):
        far = np.concatenate([[False, False], distance > 2])
        two_of_three = far[2:] & (far[1:-1] | far[:-2])
        ends = np.arange(z.size)
        last_other = np.maximum.accumulate(np.where(distance > 0, -1, ends))
        found = {"WE1": distance > 3, "WE2": two_of_three, "WE4": ends - last_other >= 8}
        for rule, where in found.items():
            for lot in np.flatnonzero(where):
                fired[lot].append(f"{rule} {side}")
    return [", ".join(rules) for rules in fired]
