"""Do bad cartons stand next to each other? A scan statistic over carton order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from qcanalysis.estimation.exact_test import (
    Counts,
    NullDistribution,
    choose_cartons,
    deal_cartons,
    log_odds_of_being_worse,
)
from qcanalysis.sampling.distributions import Array

POWER_DRAWS = 300  # for each quarter of each sequence: standard error below 0.015
QUARTERS = 4


@dataclass(frozen=True)
class ScanTest:
    """Run of neighbouring cartons that stands out most, and how often chance does as much.

    ``sequence`` is the index of the sequence (SKU), ``first`` and ``last`` are
    the positions of the run in it, both included.
    """

    sequence: int
    first: int
    last: int
    units: int
    nonconforming: int
    p_value: float
    power: float
    method: str


def scan_test(
    sequences: list[tuple[npt.ArrayLike, npt.ArrayLike]],
    *,
    odds_ratio: float = 2.0,
    significance_level: float = 0.05,
    simulations: int = 4_999,
    seed: int = 0,
) -> ScanTest:
    """Scan for a run of neighbouring cartons with more nonconforming units than the rest.

    Runs of 2, 3, 4, 6, 8, 12 ... cartons, up to half of the sequence, are
    compared by the likelihood ratio of a higher rate inside; the largest over
    all runs and sequences is compared with what it is when the cartons of each
    sequence are put in random order. A single bad carton is no run.

    Parameters
    ----------
    sequences
        For each SKU the units inspected and the nonconforming units of its
        cartons, in carton order; at least four cartons in one of them.
    odds_ratio
        Odds of a nonconforming unit in a quarter of the cartons of one sequence
        over the rest, for which the power is computed.
    significance_level
        Level at which the power is computed.
    simulations, seed
        Random orders, and their seed.

    Returns
    -------
    The run, its p-value, and the power: the probability of a p-value up to the
    level when one quarter, each as likely as any other, is the worse one.

    Raises
    ------
    ValueError
        If no sequence has four cartons.

    References
    ----------
    Kulldorff, A spatial scan statistic, Communications in Statistics 26, 1997, 1481-1496.

    Examples
    --------
    >>> run = scan_test([([10] * 16, [0, 0, 0, 4, 5, 3] + [0] * 10)])
    >>> run.first, run.last, run.nonconforming, run.p_value < 0.05
    (3, 5, 12, True)
    """
    carton_sequences = [_Cartons.of(units, bad) for units, bad in sequences]
    if not any(cartons.widths for cartons in carton_sequences):
        raise ValueError(
            f"sequences must hold {QUARTERS} cartons or more in one of them, got "
            f"{[cartons.units.size for cartons in carton_sequences]}"
        )
    generator = np.random.default_rng(seed)
    by_chance = np.stack([cartons.shuffled(generator, simulations) for cartons in carton_sequences])
    null = NullDistribution.simulated(-by_chance.max(axis=0))
    draws = min(POWER_DRAWS, simulations)
    worse = []
    for index, cartons in enumerate(carton_sequences):
        elsewhere = np.delete(by_chance, index, axis=0).max(axis=0, initial=0.0)[:draws]
        for quarter in cartons.quarters():
            scores = cartons.with_worse(generator, quarter, odds_ratio, draws)
            worse.append(np.maximum(scores, elsewhere))
    is_seen = null.p_value(-np.concatenate(worse)) <= significance_level

    runs = [cartons.best_run() for cartons in carton_sequences]
    index = int(np.argmax([score for score, _, _ in runs]))
    score, first, last = runs[index]
    return ScanTest(
        sequence=index,
        first=first,
        last=last,
        units=int(carton_sequences[index].units[first : last + 1].sum()),
        nonconforming=int(carton_sequences[index].nonconforming[first : last + 1].sum()),
        p_value=float(null.p_value(-score)),
        power=float(np.mean(is_seen)),
        method=f"Monte Carlo, {simulations:,} orders of the cartons",
    )


@dataclass(frozen=True, eq=False)
class _Cartons:
    """Cartons of one sequence, with the log likelihood ratio of every (units, found) inside."""

    units: Counts
    nonconforming: Counts
    ratios: Array

    @classmethod
    def of(cls, units: npt.ArrayLike, nonconforming: npt.ArrayLike) -> _Cartons:
        sizes = np.asarray(units, dtype=np.int64)
        bad = np.asarray(nonconforming, dtype=np.int64)
        return cls(sizes, bad, _log_likelihood_ratios(int(sizes.sum()), int(bad.sum())))

    @property
    def widths(self) -> list[int]:
        """Lengths of the runs compared [cartons]: 2, 3, 4, 6, 8, 12 ... to half of them."""
        longest = self.units.size // 2 if self.units.size >= QUARTERS else 0
        return sorted({w for e in range(20) for w in (2 << e, 3 << e) if w <= longest})

    def quarters(self) -> list[npt.NDArray[np.bool_]]:
        """Masks of the four quarters of the sequence; none where it is too short."""
        position = np.arange(self.units.size) * QUARTERS // max(self.units.size, 1)
        return [position == quarter for quarter in range(QUARTERS)] if self.widths else []

    def largest_ratio(self, units: Counts, nonconforming: Counts) -> Array:
        """Largest log likelihood ratio of any run, for each row of cartons."""
        largest = np.zeros(len(nonconforming))
        for width in self.widths:
            ratios = self.ratios[_run_sums(units, width), _run_sums(nonconforming, width)]
            largest = np.maximum(largest, ratios.max(axis=1))
        return largest

    def shuffled(self, generator: np.random.Generator, draws: int) -> Array:
        """Largest ratio when the cartons stand in random order."""
        order = deal_cartons(generator, self.units.size, draws, None)
        return self.largest_ratio(self.units[order], self.nonconforming[order])

    def with_worse(
        self,
        generator: np.random.Generator,
        worse: npt.NDArray[np.bool_],
        odds_ratio: float,
        draws: int,
    ) -> Array:
        """Largest ratio when some places have higher odds of a nonconforming unit."""
        rate = float(self.nonconforming.sum() / self.units.sum())
        log_odds = log_odds_of_being_worse(self.units, self.nonconforming, rate, odds_ratio)
        first = choose_cartons(generator, log_odds, int(worse.sum()), draws)
        order = np.empty((draws, self.units.size), dtype=np.int64)
        order[:, np.argsort(~worse, kind="stable")] = deal_cartons(
            generator, self.units.size, draws, first
        )
        return self.largest_ratio(self.units[order], self.nonconforming[order])

    def best_run(self) -> tuple[float, int, int]:
        """Largest ratio, and the first and last carton of its run."""
        best = (0.0, 0, 0)
        for width in self.widths:
            units, bad = _run_sums(self.units, width), _run_sums(self.nonconforming, width)
            ratios = self.ratios[units, bad]
            first = int(np.argmax(ratios))
            if ratios[first] > best[0]:
                best = (float(ratios[first]), first, first + width - 1)
        return best


def _run_sums(counts: Counts, width: int) -> Counts:
    """Sums over every run of `width` neighbours along the last axis."""
    sums = np.cumsum(counts, axis=-1)
    inside: Counts = sums[..., width - 1 :].copy()
    inside[..., 1:] -= sums[..., :-width]
    return inside


def _log_likelihood_ratios(units: int, nonconforming: int) -> Array:
    """Log likelihood ratio of a higher rate inside, by units (row) and nonconforming inside."""
    inside = np.arange(units + 1)[:, None]
    found = np.minimum(np.arange(nonconforming + 1), inside)
    outside, missed = units - inside, nonconforming - found
    outside = np.maximum(outside, missed)  # impossible pairs, never looked up
    is_higher = found * outside > missed * inside
    ratios = _log_likelihood(found, inside) + _log_likelihood(missed, outside)
    return np.where(is_higher, ratios - _log_likelihood(nonconforming, units), 0.0)


def _log_likelihood(found: Counts | int, units: Counts | int) -> Array:
    """Largest binomial log likelihood of `found` in `units`, its constant left out."""
    successes, trials = np.asarray(found, dtype=float), np.asarray(units, dtype=float)
    rate = successes / np.maximum(trials, 1.0)
    likelihood: Array = special.xlogy(successes, rate) + special.xlog1py(trials - successes, -rate)
    return likelihood
