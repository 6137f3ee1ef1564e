"""Counts in a sample: binomial, Poisson and hypergeometric, exact in both tails.

Every sum below adds positive terms only and every complement is summed on its
own side, so nothing is lost to ``1 - x``. ``scipy.special.bdtr`` takes ``1 - p``
inside and is 5e-10 off at n = 10^6; hence our own sums.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import special

Distribution = Literal["binomial", "poisson", "hypergeometric"]
Array = npt.NDArray[np.float64]

LONGEST_POLYNOMIAL = 300
LARGEST_POLYNOMIAL_MEAN = 650.0  # e^650 still fits a double
CHUNK_CELLS = 2_000_000

_SMALL = 16
_STIRLING_TABLE = np.array(
    [0.0]
    + [
        math.lgamma(n + 1) - (n + 0.5) * math.log(n) + n - 0.5 * math.log(2 * math.pi)
        for n in range(1, _SMALL)
    ]
)


def _floats(*arguments: npt.ArrayLike) -> tuple[Array, ...]:
    return tuple(np.asarray(a, dtype=float) for a in np.broadcast_arrays(*arguments))


def _stirling_error(n: Array) -> Array:
    """log(n!) less Stirling's formula, for whole n of at least 1 (0 at n = 0)."""
    large = np.maximum(n, _SMALL)
    series = (1 / 12 - (1 / 360 - (1 / 1260 - 1 / (1680 * large**2)) / large**2) / large**2) / large
    table: Array = _STIRLING_TABLE[np.minimum(n, _SMALL - 1).astype(int)]
    return np.where(n < _SMALL, table, series)


def _deviance(excess: Array, mean: Array) -> Array:
    """Deviance x log(x / mean) + mean - x at x = mean + excess, without its cancellation."""
    relative = excess / mean
    return mean * (special.xlog1py(1 + relative, relative) - relative)


def binomial_probability(
    count: npt.ArrayLike, sample_size: npt.ArrayLike, p: npt.ArrayLike
) -> Array:
    """Probability of exactly ``count`` in a binomial sample.

    Arguments broadcast; counts and sizes are whole numbers. Saddle-point form,
    good to about 1e-13 relative at n = 10^6.

    References
    ----------
    C. Loader, Fast and accurate computation of binomial probabilities, 2000.

    Examples
    --------
    >>> float(binomial_probability(0, 10, 0.5)) == 0.5**10
    True
    """
    x, n, p = _floats(count, sample_size, p)
    inside = (x > 0) & (x < n) & (p > 0) & (p < 1)
    xs, ns, ps = np.where(inside, x, 1.0), np.where(inside, n, 2.0), np.where(inside, p, 0.5)
    mean = ns * ps
    log_probability = (
        _stirling_error(ns)
        - _stirling_error(xs)
        - _stirling_error(ns - xs)
        - _deviance(xs - mean, mean)
        - _deviance(mean - xs, ns * (1 - ps))
        + 0.5 * np.log(ns / (2 * np.pi * xs * (ns - xs)))
    )
    none = np.exp(special.xlog1py(n, -p))
    every = np.exp(special.xlogy(n, p))
    edge = np.where((x == 0) & (n == 0), 1.0, np.where(x == 0, none, np.where(x == n, every, 0.0)))
    result: Array = np.where(inside, np.exp(log_probability), edge)
    return result


def hypergeometric_probability(
    count: npt.ArrayLike,
    sample_size: npt.ArrayLike,
    nonconforming: npt.ArrayLike,
    lot_size: npt.ArrayLike,
) -> Array:
    """Probability of exactly ``count`` in a sample drawn from a lot without replacement.

    Parameters
    ----------
    count, sample_size, nonconforming
        Broadcast; ``nonconforming`` is the whole number in the lot.
    lot_size
        Items in the lot.

    Examples
    --------
    >>> round(float(hypergeometric_probability(0, 18, 5, 50)), 4)
    0.095
    """
    x, n, bad, lot = _floats(count, sample_size, nonconforming, lot_size)
    good = lot - bad
    possible = (x >= np.maximum(0, n - good)) & (x <= np.minimum(n, bad))
    x = np.where(possible, x, np.maximum(0, n - good))
    fraction = n / lot
    with np.errstate(under="ignore"):
        probability = (
            binomial_probability(x, bad, fraction)
            * binomial_probability(n - x, good, fraction)
            / binomial_probability(n, lot, fraction)
        )
    return np.where(possible, probability, 0.0)


def hypergeometric_at_most(
    count: npt.ArrayLike,
    sample_size: npt.ArrayLike,
    nonconforming: npt.ArrayLike,
    lot_size: npt.ArrayLike,
) -> Array:
    """Probability of at most ``count`` in a sample from a finite lot.

    Examples
    --------
    >>> round(float(hypergeometric_at_most(2, 80, 20, 400)), 3)   # 80/2 at 5 % of 400
    0.199
    """
    x, n, bad, lot = _floats(count, sample_size, nonconforming, lot_size)
    below = x * lot <= n * bad
    tail = np.where(
        below,
        _hypergeometric_tail(x, n, bad, lot, downward=True, wanted=below),
        1 - _hypergeometric_tail(x + 1, n, bad, lot, downward=False, wanted=~below),
    )
    return np.clip(tail, 0.0, 1.0)


def hypergeometric_more_than(
    count: npt.ArrayLike,
    sample_size: npt.ArrayLike,
    nonconforming: npt.ArrayLike,
    lot_size: npt.ArrayLike,
) -> Array:
    """Probability of more than ``count``, summed on its own side (see `hypergeometric_at_most`)."""
    x, n, bad, lot = _floats(count, sample_size, nonconforming, lot_size)
    below = x * lot <= n * bad
    tail = np.where(
        below,
        1 - _hypergeometric_tail(x, n, bad, lot, downward=True, wanted=below),
        _hypergeometric_tail(x + 1, n, bad, lot, downward=False, wanted=~below),
    )
    return np.clip(tail, 0.0, 1.0)


def _hypergeometric_tail(
    start: Array,
    n: Array,
    bad: Array,
    lot: Array,
    *,
    downward: bool,
    wanted: npt.NDArray[np.bool_],
) -> Array:
    """Sum of probabilities from ``start`` away from the mode, by ratios, until nothing is added."""
    spare = lot - bad - n
    low, high = np.maximum(0.0, -spare), np.minimum(n, bad)
    first = np.minimum(start, high) if downward else np.maximum(start, low)
    term = np.where(
        wanted & (first >= low) & (first <= high),
        hypergeometric_probability(first, n, bad, lot),
        0.0,
    )
    total, x = term.copy(), first
    while np.any(term > total * 1e-18):
        if downward:
            ratio = x * (spare + x) / np.maximum((n - x + 1) * (bad - x + 1), 1)
            x = x - 1
        else:
            ratio = (n - x) * (bad - x) / np.maximum((x + 1) * (spare + x + 1), 1)
            x = x + 1
        term = term * np.maximum(ratio, 0.0)
        total += term
    return total


def expected_weight(
    weights: Array,
    sample_size: int,
    quality: Array,
    distribution: Distribution,
    lot_size: int | None = None,
) -> Array:
    """Expected value of a weight that depends on the count.

    Parameters
    ----------
    weights
        Weight of the counts 0, 1, 2, ...; 0 beyond the end. All ones up to Ac
        give the probability of acceptance of a single plan.
    sample_size
        Items in the sample.
    quality
        One-dimensional; what it means depends on ``distribution``, as in
        `qcanalysis.sampling.probability_of_acceptance`.

    Returns
    -------
    An array like ``quality``.
    """
    if distribution != "poisson":
        weights = weights[: sample_size + 1]
    weights = np.trim_zeros(weights, "b")
    if weights.size == 0:
        return np.zeros_like(quality)
    result = np.empty_like(quality)
    short = np.zeros(quality.shape, dtype=bool)
    if distribution != "hypergeometric" and weights.size <= LONGEST_POLYNOMIAL:
        short = sample_size * quality <= LARGEST_POLYNOMIAL_MEAN
    if np.all(short):
        return _polynomial(weights, sample_size, quality, distribution)
    result[short] = _polynomial(weights, sample_size, quality[short], distribution)
    rest = quality[~short]
    if np.all(weights == 1.0):
        result[~short] = at_most(weights.size - 1, sample_size, rest, distribution, lot_size)
    else:
        result[~short] = _term_by_term(weights, sample_size, rest, distribution, lot_size)
    return result


def _polynomial(
    weights: Array, sample_size: int, quality: Array, distribution: Distribution
) -> Array:
    """Sum of w_x C(n, x) p^x q^(n-x), factored so that each count costs three passes."""
    degree = weights.size - 1
    term, total = np.ones_like(quality), np.full_like(quality, weights[0])
    if distribution == "binomial":
        conforming = 1 - quality
        for x in range(1, degree + 1):
            term *= quality * ((sample_size - x + 1) / x)
            total *= conforming
            total += weights[x] * term if weights[x] != 1.0 else term
        log_rest = special.xlog1py(sample_size - degree, -quality)
    else:
        mean = sample_size * quality
        for x in range(1, degree + 1):
            term *= mean / x
            total += weights[x] * term
        log_rest = -mean
    with np.errstate(divide="ignore", under="ignore"):
        return np.minimum(np.exp(np.log(total) + log_rest), 1.0)


def _term_by_term(
    weights: Array,
    sample_size: int,
    quality: Array,
    distribution: Distribution,
    lot_size: int | None,
) -> Array:
    counts = np.flatnonzero(weights)
    result = np.empty_like(quality)
    step = max(1, CHUNK_CELLS // counts.size)
    for start in range(0, quality.size, step):
        part = slice(start, start + step)
        cells = probability(counts[:, None], sample_size, quality[part], distribution, lot_size)
        result[part] = weights[counts] @ cells
    return np.minimum(result, 1.0)


def probability(
    count: npt.ArrayLike,
    sample_size: int,
    quality: Array,
    distribution: Distribution,
    lot_size: int | None = None,
) -> Array:
    """Probability of exactly ``count``; count and quality broadcast."""
    if distribution == "binomial":
        return binomial_probability(count, sample_size, quality)
    if distribution == "poisson":
        x, mean = np.broadcast_arrays(np.asarray(count, float), sample_size * quality)
        positive = np.where(mean > 0, mean, 1.0)
        at = np.where(x > 0, x, 1.0)
        log_probability = (
            -_stirling_error(at) - _deviance(at - positive, positive) - 0.5 * np.log(2 * np.pi * at)
        )
        result: Array = np.where(
            x == 0, np.exp(-mean), np.where(mean > 0, np.exp(log_probability), 0.0)
        )
        return result
    assert lot_size is not None
    return hypergeometric_probability(count, sample_size, quality, lot_size)


def at_most(
    count: int,
    sample_size: int,
    quality: Array,
    distribution: Distribution,
    lot_size: int | None = None,
) -> Array:
    """Probability of at most ``count``, one value for each quality."""
    if distribution == "poisson":
        poisson: Array = special.gammaincc(count + 1, sample_size * quality)
        return poisson
    if distribution == "binomial":
        if count >= sample_size:
            return np.ones_like(quality)
        binomial: Array = special.betaincc(count + 1, sample_size - count, quality)
        return binomial
    assert lot_size is not None
    return hypergeometric_at_most(count, sample_size, quality, lot_size)


def more_than(
    count: int,
    sample_size: int,
    quality: Array,
    distribution: Distribution,
    lot_size: int | None = None,
) -> Array:
    """Probability of more than ``count``, computed on its own side."""
    if count < 0:
        return np.ones_like(quality)
    if distribution == "poisson":
        poisson: Array = special.gammainc(count + 1, sample_size * quality)
        return poisson
    if distribution == "binomial":
        if count >= sample_size:
            return np.zeros_like(quality)
        binomial: Array = special.betainc(count + 1, sample_size - count, quality)
        return binomial
    assert lot_size is not None
    return hypergeometric_more_than(count, sample_size, quality, lot_size)
