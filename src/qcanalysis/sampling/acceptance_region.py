"""Chance that mean and standard deviation of a normal sample fall where two limits accept them.

A plan by variables for two limits accepts a mean within a certain distance of the middle
between them, the shorter the more the sample spreads, down to none. Lengths are in units of
the distance between the limits: ``r`` is the standard deviation of the sample so measured.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import special

from qcanalysis.sampling.distributions import Array

NODES_OF_PANEL = 20
PANELS = 6
NEGLIGIBLE = 1e-18
BISECTIONS = 44


@dataclass(frozen=True)
class AcceptanceRegion:
    """Means accepted at each standard deviation of the sample.

    Up to ``kink`` the mean has to keep k standard deviations from the nearer limit, the other
    being out of sight; from there to ``largest`` both limits count (`both_limits`).

    Attributes
    ----------
    sample_size
        n.
    acceptability_constant
        k.
    kink, largest
        Standard deviations of the sample, as shares of the distance between the limits.
    deviations, half_widths, weights
        Nodes between the two, the largest distance of an accepted mean from the middle at
        each, and the weights that integrate over them.
    """

    sample_size: int
    acceptability_constant: float
    kink: float
    largest: float
    deviations: Array
    half_widths: Array
    weights: Array


@lru_cache(maxsize=256)
def acceptance_region(n: int, k: float, is_combined: bool) -> AcceptanceRegion:
    """Region of the combined criterion, or of the mean keeping k from each limit.

    Combined: the minimum variance unbiased estimate of the share outside both limits is at
    most the one that k stands for at one limit. With (n - 1) / sqrt(n) or more, k asks for an
    estimate of zero and more, and the two criteria are one.
    """
    root, widest = math.sqrt(n), (n - 1) / math.sqrt(n)
    if not is_combined or k >= widest:
        none = np.empty(0)
        return AcceptanceRegion(n, k, 1 / (2 * k), 1 / (2 * k), none, none, none)
    largest_estimate = float(share_outside(np.array(k), n))
    halved = float(special.betaincinv(n / 2 - 1, n / 2 - 1, largest_estimate / 2))
    kink, largest = 1 / (k + widest), 1 / (widest * (2 - 4 * halved))
    # Roots and powers of the distance to either end become smooth in the angle.
    angle, weight = _panels(0.0, math.pi, PANELS + int(root / 2))
    deviations = kink + (largest - kink) * (1 - np.cos(angle)) / 2
    weights = weight * (largest - kink) * np.sin(angle) / 2
    half_widths = _both_limits(n, k, largest_estimate, deviations)
    return AcceptanceRegion(n, k, kink, largest, deviations, half_widths, weights)


def share_outside(distance: Array, n: int) -> Array:
    """Minimum variance unbiased estimate of the share beyond a limit, n of at least 3.

    ``distance`` is from the mean to the limit, in standard deviations of the sample
    (Lieberman and Resnikoff, JASA 50, 1955).
    """
    x = 0.5 - 0.5 * distance * math.sqrt(n) / (n - 1)
    result: Array = special.betainc(n / 2 - 1, n / 2 - 1, np.clip(x, 0, 1))
    return result


def _both_limits(n: int, k: float, largest_estimate: float, deviations: Array) -> Array:
    """Distance from the middle at which the estimate for both limits reaches its limit."""
    low, high = np.zeros_like(deviations), np.maximum(0.5 - k * deviations, 0)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        estimate = share_outside((0.5 - middle) / deviations, n)
        estimate += share_outside((0.5 + middle) / deviations, n)
        inside = estimate <= largest_estimate
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    return low


def acceptance_between(region: AcceptanceRegion, distance: Array, centre: Array) -> Array:
    """Probability that a sample from a normal process falls into the region.

    Parameters
    ----------
    region
        Region of the plan.
    distance
        Between the limits, in standard deviations of the process; above 0.
    centre
        Mean of the process from the middle, in standard deviations of the process.

    Returns
    -------
    A probability for each pair, by Gauss-Legendre sums over the sample standard deviation.
    """
    n, nu = region.sample_size, region.sample_size - 1
    lowest = math.sqrt(2 * special.gammaincinv(nu / 2, NEGLIGIBLE) / nu)
    highest = math.sqrt(2 * special.gammainccinv(nu / 2, NEGLIGIBLE) / nu)
    node, weight = _panels(0.0, 1.0, PANELS)
    reach = np.maximum(np.minimum(highest, region.kink * distance) - lowest, 0)[:, None]
    s = lowest + reach * node
    half = distance[:, None] / 2 - region.acceptability_constant * s
    accepted = (reach * weight * _density(s, nu) * _between(half, centre, n)).sum(axis=1)

    s = distance[:, None] * region.deviations
    half = distance[:, None] * region.half_widths
    weight = distance[:, None] * region.weights
    accepted += (weight * _density(s, nu) * _between(half, centre, n)).sum(axis=1)
    result: Array = np.clip(accepted, 0.0, 1.0)
    return result


def _density(s: Array, nu: int) -> Array:
    """Density of the sample standard deviation, that of the process being 1."""
    constant = math.log(2) + nu / 2 * math.log(nu / 2) - special.gammaln(nu / 2)
    result: Array = np.exp(constant + special.xlogy(nu - 1, s) - nu * s * s / 2)
    return result


def _between(half: Array, centre: Array, n: int) -> Array:
    """Probability of a mean no further than ``half`` from the middle."""
    root, away = math.sqrt(n), np.abs(centre)[:, None]
    result: Array = special.ndtr(root * (half - away)) - special.ndtr(root * (-half - away))
    return np.where(half >= 0, result, 0.0)


def _panels(start: float, end: float, panels: int) -> tuple[Array, Array]:
    """Nodes and weights of Gauss-Legendre on equal panels."""
    node, weight = _rule()
    edges = np.linspace(start, end, panels + 1)
    half = (edges[1] - edges[0]) / 2
    nodes = edges[:-1, None] + half * (node + 1)
    return nodes.ravel(), np.tile(half * weight, panels)


@lru_cache(maxsize=1)
def _rule() -> tuple[Array, Array]:
    node, weight = np.polynomial.legendre.leggauss(NODES_OF_PANEL)
    return np.asarray(node, dtype=float), np.asarray(weight, dtype=float)
