"""Interval estimates of the fraction nonconforming of a lot or process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy import special

from qcanalysis.sampling.distributions import (
    Array,
    hypergeometric_at_most,
    hypergeometric_more_than,
)

Method = Literal["exact", "jeffreys", "wilson"]
Alternative = Literal["two-sided", "lower", "upper"]


@dataclass(frozen=True)
class DefectRateInterval:
    """Estimate and limits of a fraction nonconforming; floats, or arrays of one shape.

    For a finite lot the limits are whole items over the lot size;
    ``lower_items`` and ``upper_items`` give them as counts (None otherwise).
    """

    estimate: float | Array
    lower: float | Array
    upper: float | Array
    confidence_level: float
    method: Method
    lower_items: int | npt.NDArray[np.int64] | None = None
    upper_items: int | npt.NDArray[np.int64] | None = None


def defect_rate_interval(
    nonconforming_count: npt.ArrayLike,
    sample_size: npt.ArrayLike,
    *,
    lot_size: npt.ArrayLike | None = None,
    confidence_level: float = 0.95,
    method: Method = "exact",
    alternative: Alternative = "two-sided",
) -> DefectRateInterval:
    """Confidence interval of the fraction nonconforming.

    Parameters
    ----------
    nonconforming_count
        Nonconforming items found, scalar or array.
    sample_size
        Items inspected; broadcasts with the count.
    lot_size
        Items in the lot the sample came from, broadcasts too: exact limits for the lot, in
        whole items. None for a process, or a lot much larger than the sample.
    confidence_level
        Coverage wanted, between 0 and 1.
    method
        "exact" (Clopper-Pearson, or hypergeometric for a lot) covers at least
        as often as stated; "wilson" and "jeffreys" do so on average.
    alternative
        "two-sided", or one limit alone at the full level: "lower" or "upper".

    Returns
    -------
    The estimate x / n with its limits, all fractions from 0 to 1.

    Raises
    ------
    ValueError
        If a count exceeds its sample, a sample its lot, or a word is unknown.

    References
    ----------
    Clopper and Pearson, Biometrika 26, 1934. Brown, Cai and DasGupta,
    Statistical Science 16, 2001. Buonaccorsi, The American Statistician 41, 1987.

    Examples
    --------
    >>> interval = defect_rate_interval(7, 315, confidence_level=0.90)
    >>> round(100 * interval.lower, 2), round(100 * interval.upper, 2)
    (1.05, 4.13)
    >>> interval = defect_rate_interval(0, 315, alternative="upper")
    >>> round(100 * interval.upper, 2)
    0.95
    """
    found, inspected, lot = _checked_counts(nonconforming_count, sample_size, lot_size)
    if not 0 < confidence_level < 1:
        raise ValueError(f"confidence_level must lie between 0 and 1, got {confidence_level!r}")
    if alternative not in get_args(Alternative):
        raise ValueError(f"alternative must be one of {get_args(Alternative)}, got {alternative!r}")
    if method not in get_args(Method):
        raise ValueError(f"method must be one of {get_args(Method)}, got {method!r}")
    if lot_size is not None and method != "exact":
        raise ValueError(f"lot_size has limits for method='exact' only, got method={method!r}")
    tail = (1 - confidence_level) / (2 if alternative == "two-sided" else 1)

    items: tuple[Array, Array] | None = None
    if lot is not None:
        fewest, most = _whole_item_limits(found, inspected, lot, tail)
        if alternative == "lower":
            most = lot
        elif alternative == "upper":
            fewest = np.zeros_like(found)
        items = fewest, most
        lower, upper = fewest / lot, most / lot
    elif method == "wilson":
        lower, upper = _wilson(found, inspected, tail)
    else:
        lower, upper = _beta_limits(found, inspected, tail, 0.5 if method == "jeffreys" else 0.0)
    if alternative == "lower":
        upper = np.ones_like(upper)
    elif alternative == "upper":
        lower = np.zeros_like(lower)
    whole = [None, None] if items is None else [_plain(limit.astype(np.int64)) for limit in items]
    return DefectRateInterval(
        _plain(found / inspected),
        _plain(lower),
        _plain(upper),
        confidence_level,
        method,
        *whole,
    )


def _plain(values: npt.NDArray[Any]) -> Any:
    """Python number of a single value, the array otherwise."""
    return values.item() if values.ndim == 0 else values


def _checked_counts(
    count: npt.ArrayLike, size: npt.ArrayLike, lot_size: npt.ArrayLike | None
) -> tuple[Array, Array, Array | None]:
    found, inspected, lot = (
        np.asarray(a, dtype=float)
        for a in np.broadcast_arrays(count, size, 0 if lot_size is None else lot_size)
    )
    if not np.all((found >= 0) & (found == np.floor(found))):
        raise ValueError(f"nonconforming_count must be whole and not negative, got {count!r}")
    if not np.all((inspected >= 1) & (inspected == np.floor(inspected)) & np.isfinite(inspected)):
        raise ValueError(f"sample_size must be a whole number of at least 1, got {size!r}")
    if np.any(found > inspected):
        raise ValueError(
            f"nonconforming_count must not exceed sample_size, got {count!r} of {size!r}; "
            "a count of defects, not defectives, can: give items here"
        )
    if lot_size is None:
        return found, inspected, None
    if not np.all((lot >= inspected) & (lot == np.floor(lot)) & np.isfinite(lot)):
        raise ValueError(
            "lot_size must be whole and not below sample_size, "
            f"got {lot_size!r} for a sample of {size!r}"
        )
    return found, inspected, lot


def _beta_limits(found: Array, inspected: Array, tail: float, prior: float) -> tuple[Array, Array]:
    """Clopper-Pearson (prior 0) or Jeffreys (prior 1/2) limits; closed at the ends."""
    missing = inspected - found
    shift = 1.0 if prior == 0.0 else prior
    inner_found, inner_missing = np.maximum(found, 0.5), np.maximum(missing, 0.5)
    lower = special.betaincinv(inner_found + prior, missing + shift, tail)
    upper = special.betainccinv(found + shift, inner_missing + prior, tail)
    return np.where(found == 0, 0.0, lower), np.where(missing == 0, 1.0, upper)


def _wilson(found: Array, inspected: Array, tail: float) -> tuple[Array, Array]:
    z2 = special.ndtri(tail) ** 2
    centre = found + z2 / 2
    spread = np.sqrt(z2 * (found * (inspected - found) / inspected + z2 / 4))
    lower = (centre - spread) / (inspected + z2)
    upper = (centre + spread) / (inspected + z2)
    return np.where(found == 0, 0.0, lower), np.where(found == inspected, 1.0, upper)


def _whole_item_limits(
    found: Array, inspected: Array, lot: Array, tail: float
) -> tuple[Array, Array]:
    """Fewest and most nonconforming items in the lot that the sample does not contradict."""
    fewest, most = found, lot - (inspected - found)
    steps = range(int(np.ceil(np.log2(np.max(lot, initial=1) + 2))))
    low, high = fewest - 1, most  # the lower limit lies in (low, high]
    for _ in steps:
        middle = np.ceil((low + high) / 2)
        possible = hypergeometric_more_than(found - 1, inspected, middle, lot) > tail
        low, high = np.where(possible, low, middle), np.where(possible, middle, high)
    lower = high + 0.0  # ceil may have left a minus zero
    low, high = fewest, most + 1  # the upper limit lies in [low, high)
    for _ in steps:
        middle = np.floor((low + high) / 2)
        possible = hypergeometric_at_most(found, inspected, middle, lot) > tail
        low, high = np.where(possible, middle, low), np.where(possible, high, middle)
    return lower, low
