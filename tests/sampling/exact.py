"""Oracles of the tests: exact fractions and 50-digit sums, nothing shared with the package."""

from __future__ import annotations

from fractions import Fraction
from math import comb
from typing import NamedTuple

import mpmath


class Walk(NamedTuple):
    """What a plan does, found by walking every path: exact fractions."""

    accepted_at: list[Fraction]
    refused: Fraction
    sample_number: Fraction

    @property
    def accepted(self):
        return sum(self.accepted_at)


def walk(plan, chance):
    """Every path through a plan; ``chance(x, n, found, drawn)`` of x in the next n items."""
    going_on, accepted_at = {0: Fraction(1)}, []
    refused = sample_number = Fraction(0)
    drawn = 0
    for stage, n in enumerate(plan.sample_sizes):
        sample_number += n * sum(going_on.values())
        counts = {}
        for found, weight in going_on.items():
            for x in range(n + 1):
                counts[found + x] = counts.get(found + x, 0) + weight * chance(x, n, found, drawn)
        drawn += n
        limit = plan.acceptance_numbers[stage]
        limit = -1 if limit is None else limit
        last = stage == plan.stages - 1
        ends = plan.rejection_numbers[stage]
        accepted_at.append(
            sum((w for c, w in counts.items() if c <= limit or (last and c < ends)), Fraction(0))
        )
        refused += sum(w for c, w in counts.items() if c >= ends)
        going_on = {c: w for c, w in counts.items() if limit < c < ends}
    return Walk(accepted_at, refused, sample_number)


def walk_lot(plan, nonconforming, lot_size):
    """The walk through a finite lot: later samples come from what is left."""

    def chance(x, n, found, drawn):
        bad, rest = nonconforming - found, lot_size - drawn
        if x > bad or n - x > rest - bad:
            return Fraction(0)
        return Fraction(comb(bad, x) * comb(rest - bad, n - x), comb(rest, n))

    return walk(plan, chance)


def walk_process(plan, fraction):
    """The walk with a constant fraction nonconforming."""
    p = Fraction(fraction)
    return walk(plan, lambda x, n, *_: comb(n, x) * p**x * (1 - p) ** (n - x))


def high_precision(function):
    """Sums at 50 digits."""

    def wrapped(*args):
        with mpmath.workdps(50):
            return function(*(mpmath.mpf(a) for a in args))

    return wrapped


@high_precision
def binomial_at_most(count, n, p):
    term = total = (1 - p) ** n
    for x in range(1, int(min(count, n)) + 1):
        term *= (n - x + 1) / x * p / (1 - p)
        total += term
    return total


@high_precision
def poisson_at_most(count, mean):
    term = total = mpmath.exp(-mean)
    for x in range(1, int(count) + 1):
        term *= mean / x
        total += term
    return total


@high_precision
def beta_binomial_at_most(count, n, alpha, beta):
    term = total = mpmath.beta(alpha, beta + n) / mpmath.beta(alpha, beta)
    for k in range(int(count)):
        term *= (n - k) * (alpha + k) / ((k + 1) * (beta + n - k - 1))
        total += term
    return total


def hypergeometric_at_most(count, n, nonconforming, lot_size):
    good = lot_size - nonconforming
    total = sum(
        comb(nonconforming, x) * comb(good, n - x)
        for x in range(min(count, n) + 1)
        if n - x <= good
    )
    return Fraction(total, comb(lot_size, n))


def relative_error(value, exact):
    """|value / exact - 1| as a float; 0 for an exact 0, infinite for a wrong one."""
    if exact == 0:
        return 0.0 if value == 0 else float("inf")
    with mpmath.workdps(50):
        reference = (
            mpmath.mpf(exact.numerator) / exact.denominator
            if isinstance(exact, Fraction)
            else exact
        )
        return float(abs(mpmath.mpf(float(value)) / reference - 1))
