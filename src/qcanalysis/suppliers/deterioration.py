"""Has a supplier become worse than it was? A cumulative sum over its lots, in order."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from qcanalysis.estimation import BetaPrior
from qcanalysis.sampling.distributions import Array
from qcanalysis.suppliers.phrases import count

REFERENCE_LOTS = 12
RATIO = 2.0
LOTS_BETWEEN_FALSE_ALARMS = 100.0
CELLS = 400


@dataclass(frozen=True, kw_only=True)
class CusumDesign:
    """What the cumulative sum is to find, and how seldom it may be wrong.

    Parameters
    ----------
    reference_rate
        Fraction nonconforming from which the supplier is watched.
    ratio
        Growth of the rate that is to be found soonest, above 1: 2 is a doubling.
    lots_between_false_alarms
        Mean lots, at least, between two signals while the rate stays at the reference.
    intraclass_correlation
        Correlation of two items of one lot [0 to below 1]: lots stray by chance that far.
    """

    reference_rate: float
    ratio: float = RATIO
    lots_between_false_alarms: float = LOTS_BETWEEN_FALSE_ALARMS
    intraclass_correlation: float = 0.0

    def __post_init__(self) -> None:
        if not self.ratio > 1:
            raise ValueError(f"ratio must be above 1, got {self.ratio!r}; 2 looks for a doubling")
        if not 0 < self.reference_rate * self.ratio < 1:
            raise ValueError(
                "reference_rate must be above 0 and below 1 / ratio, got "
                f"{self.reference_rate!r} with ratio {self.ratio:g}"
            )
        if not self.lots_between_false_alarms > 1:
            raise ValueError(
                f"lots_between_false_alarms must be above 1, got {self.lots_between_false_alarms!r}"
            )
        if not 0 <= self.intraclass_correlation < 1:
            raise ValueError(
                "intraclass_correlation must be at least 0 and below 1, got "
                f"{self.intraclass_correlation!r}"
            )

    @property
    def threshold(self) -> float:
        """Decision limit h: the logarithm of the lots between false alarms.

        By Lorden's inequality a sum of log likelihood ratios needs at least e^h lots on
        average to reach h by chance, whatever the sizes of the samples.
        """
        return math.log(self.lots_between_false_alarms)

    def step(self, nonconforming: npt.ArrayLike, sample_size: npt.ArrayLike) -> Array:
        """Log likelihood ratio of each lot's count: the grown rate against the reference."""
        found, size = np.asarray(nonconforming, float), np.asarray(sample_size, float)
        grown = _log_probability(
            found, size, self.reference_rate * self.ratio, self.intraclass_correlation
        )
        return grown - _log_probability(
            found, size, self.reference_rate, self.intraclass_correlation
        )


@dataclass(frozen=True, eq=False)
class DeteriorationCusum:
    """The sum after each lot; arrays with one place a lot, in the order of the lots.

    ``statistic`` is NaN for lots of the reference; where ``is_signal`` is True the sum
    reached ``design.threshold`` and starts again from 0 with the next lot. ``recovery`` is the
    place of the lot by which those since the last signal are as much likelier at the reference
    rate as a signal makes them at the grown one; None while they are not, or nothing was
    signalled. ``design`` is None, and nothing is judged, where ``reason`` says why.
    """

    statistic: Array
    is_signal: npt.NDArray[np.bool_]
    reference_lots: int
    design: CusumDesign | None
    reason: str
    recovery: int | None = None

    @property
    def signals(self) -> npt.NDArray[np.int64]:
        """Places of the lots at which the sum gave a signal."""
        return np.flatnonzero(self.is_signal)


def deterioration_cusum(
    nonconforming: npt.ArrayLike,
    sample_size: npt.ArrayLike,
    prior: BetaPrior,
    *,
    intraclass_correlation: float = 0.0,
    reference_lots: int = REFERENCE_LOTS,
    ratio: float = RATIO,
    lots_between_false_alarms: float = LOTS_BETWEEN_FALSE_ALARMS,
) -> DeteriorationCusum:
    """Cumulative sum that signals when a supplier has become worse than its own first lots.

    Parameters
    ----------
    nonconforming, sample_size
        Nonconforming items found and items inspected, lot by lot, oldest first: original
        submissions of one defect class.
    prior
        Distribution of the rate over suppliers, from `fit_prior`: it steadies the level
        of the first lots.
    intraclass_correlation
        From `lot_clustering`.
    reference_lots
        First lots that set the level: its posterior mean, counts divided by their design
        effect. Only later lots are judged.
    ratio, lots_between_false_alarms
        See `CusumDesign`.

    Returns
    -------
    S = max(0, S + log likelihood ratio of the lot) after each lot, with the signals.

    Raises
    ------
    ValueError
        If counts and samples do not match, or a design value is out of range.

    References
    ----------
    Page, Biometrika 41, 1954. Lorden, Annals of Mathematical Statistics 42, 1971. Reynolds
    and Stoumbos, Journal of Quality Technology 31, 1999 (CUSUM of nonconforming items).

    Examples
    --------
    >>> found = [2, 3, 1, 2, 4, 2, 1, 3, 2, 2, 3, 2] + [2, 1, 3, 8, 9, 7]
    >>> watched = deterioration_cusum(found, [125] * 18, BetaPrior(2.5, 150))
    >>> round(watched.design.reference_rate, 4), watched.signals
    (0.0179, array([16]))
    """
    found, size = np.asarray(nonconforming, float), np.asarray(sample_size, float)
    if found.shape != size.shape or found.ndim != 1:
        raise ValueError(
            "nonconforming and sample_size need one value a lot each, got shapes "
            f"{found.shape} and {size.shape}"
        )
    if not np.all((found >= 0) & (found <= size) & (size >= 1)):
        raise ValueError("need 0 <= nonconforming <= sample_size and a sample in every lot")
    if reference_lots < 1:
        raise ValueError(f"reference_lots must be at least 1, got {reference_lots}")
    statistic, is_signal = np.full(found.size, np.nan), np.zeros(found.size, dtype=bool)
    if found.size <= reference_lots:
        reason = f"{count(found.size, 'lot')}, more than {reference_lots} are needed: cannot tell"
        return DeteriorationCusum(statistic, is_signal, reference_lots, None, reason)
    effect = 1 + (size[:reference_lots] - 1) * intraclass_correlation
    bad = float(np.sum(found[:reference_lots] / effect))
    good = float(np.sum((size - found)[:reference_lots] / effect))
    reference = (prior.alpha + bad) / (prior.alpha + prior.beta + bad + good)
    if not reference * ratio < 1:
        reason = f"the first lots are too bad to become {ratio:g} times worse: cannot tell"
        return DeteriorationCusum(statistic, is_signal, reference_lots, None, reason)
    design = CusumDesign(
        reference_rate=reference,
        ratio=ratio,
        lots_between_false_alarms=lots_between_false_alarms,
        intraclass_correlation=intraclass_correlation,
    )
    steps = design.step(found[reference_lots:], size[reference_lots:])
    current = 0.0
    for lot, step in enumerate(steps.tolist(), start=reference_lots):
        current = max(0.0, current + step)
        statistic[lot] = current
        if current >= design.threshold:
            is_signal[lot], current = True, 0.0
    recovery = _recovery(steps, is_signal[reference_lots:], design.threshold)
    return DeteriorationCusum(
        statistic,
        is_signal,
        reference_lots,
        design,
        "",
        None if recovery is None else reference_lots + recovery,
    )


def _recovery(steps: Array, is_signal: npt.NDArray[np.bool_], threshold: float) -> int | None:
    """Place of the lot at which the sum since the last signal has fallen by the threshold."""
    signals = np.flatnonzero(is_signal)
    if not signals.size:
        return None
    after = int(signals[-1]) + 1
    fallen = np.flatnonzero(np.cumsum(steps[after:]) <= -threshold)
    return after + int(fallen[0]) if fallen.size else None


def average_run_length(
    design: CusumDesign, sample_size: int, fraction_nonconforming: float | None = None
) -> float:
    """Mean lots until the cumulative sum signals, from 0 on, with samples of one size.

    Parameters
    ----------
    design
        The cumulative sum.
    sample_size
        Items inspected in every lot.
    fraction_nonconforming
        Rate at which the supplier works; the reference rate when None: then the result is
        the mean number of lots between false alarms.

    Returns
    -------
    Lots, by a Markov chain over 400 cells of the sum.

    References
    ----------
    Brook and Evans, Biometrika 59, 1972.

    Examples
    --------
    A doubling of 2 % is signalled after 5.4 lots of 125, a false alarm comes after about 570.

    >>> design = CusumDesign(reference_rate=0.02)
    >>> round(average_run_length(design, 125, 0.04), 1), round(average_run_length(design, 125), -1)
    (5.4, 570.0)
    """
    if sample_size < 1:
        raise ValueError(f"sample_size must be at least 1, got {sample_size}")
    rate = design.reference_rate if fraction_nonconforming is None else fraction_nonconforming
    if not 0 <= rate <= 1:
        raise ValueError(f"fraction_nonconforming must lie between 0 and 1, got {rate!r}")
    counts = np.arange(sample_size + 1.0)
    size = np.full_like(counts, sample_size)
    probability = np.exp(_log_probability(counts, size, rate, design.intraclass_correlation))
    likely = probability > 1e-14
    steps = design.step(counts[likely], size[likely])
    # Cell 0 is the sum at 0 exactly; the others split (0, h) and stand for their middles.
    width = design.threshold / CELLS
    middles = np.concatenate([[0.0], (np.arange(CELLS) + 0.5) * width])
    sums = middles[:, None] + steps
    cell = np.where(sums <= 0, 0, np.ceil(sums / width)).astype(int)
    weights = np.where(cell <= CELLS, probability[likely], 0.0)
    flat = np.arange(CELLS + 1)[:, None] * (CELLS + 1) + np.minimum(cell, CELLS)
    chain = np.bincount(flat.ravel(), weights.ravel(), (CELLS + 1) ** 2)
    left = np.eye(CELLS + 1) - chain.reshape(CELLS + 1, CELLS + 1)
    return float(np.linalg.solve(left, np.ones(CELLS + 1))[0])


def _log_probability(found: Array, size: Array, rate: float, correlation: float) -> Array:
    """Logarithm of the binomial probability of a count, or beta-binomial where lots stray."""
    ways = -np.log(size + 1) - special.betaln(size - found + 1, found + 1)
    if correlation == 0 or rate in (0, 1):
        log = special.xlogy(found, rate) + special.xlog1py(size - found, -rate)
    else:
        alpha, beta = (share * (1 / correlation - 1) for share in (rate, 1 - rate))
        log = special.betaln(alpha + found, beta + size - found) - special.betaln(alpha, beta)
    return np.asarray(ways + log)
