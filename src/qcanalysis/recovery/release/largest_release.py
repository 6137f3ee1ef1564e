"""The largest set of blocks of goods whose bad rate keeps a limit with a wanted probability."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import fft, special

from qcanalysis.estimation import JEFFREYS, BetaPrior, nonconforming_remainder
from qcanalysis.sampling.distributions import Array

MOST_SETS = 2**14  # some seconds at worst
ROUNDING = 1e-12


@dataclass(frozen=True)
class Evidence:
    """Block of goods: pieces in it, pieces inspected, and those found bad."""

    pieces: int
    inspected: int
    found: int

    def __post_init__(self) -> None:
        if not 0 <= self.found <= self.inspected <= self.pieces or self.pieces < 1:
            raise ValueError(
                "need 0 <= found <= inspected <= pieces and at least one piece, got "
                f"{self.found}, {self.inspected}, {self.pieces}"
            )


@dataclass(frozen=True)
class ReleaseSet:
    """Blocks released, by their index, the probability to keep the limit, and bad pieces expected.

    With nothing released, ``probability`` is 1 and no bad piece is expected.
    """

    blocks: tuple[int, ...]
    probability: float
    expected_bad: float


def bad_pieces(
    evidence: Evidence, *, prior: BetaPrior = JEFFREYS, design_effect: float = 1.0
) -> Array:
    """Distribution of the bad pieces in a block: element k is the probability of k.

    Parameters
    ----------
    evidence
        The block. Bad pieces found are counted as if they stayed in it.
    prior
        Prior of the block's fraction bad.
    design_effect
        Divides the pieces inspected and found, 1 or more.

    Returns
    -------
    Found pieces plus a beta-binomial count of the rest: ``pieces + 1`` probabilities.

    Examples
    --------
    >>> float(bad_pieces(Evidence(8000, 200, 7)) @ np.arange(8001)).__round__()    # T10: 291 + 7
    298
    """
    posterior = BetaPrior(
        prior.alpha + evidence.found / design_effect,
        prior.beta + (evidence.inspected - evidence.found) / design_effect,
    )
    rest = nonconforming_remainder(
        0, 0, lot_size=evidence.pieces - evidence.inspected, prior=posterior
    )
    chances = np.zeros(evidence.pieces + 1)
    chances[evidence.found : evidence.found + rest.probabilities.size] = rest.probabilities
    return chances


def expected_rate(
    evidence: Evidence, *, prior: BetaPrior = JEFFREYS, design_effect: float = 1.0
) -> float:
    """Mean fraction bad of a block; arguments as in `bad_pieces`.

    Examples
    --------
    >>> round(expected_rate(Evidence(8000, 200, 7)), 4)
    0.0373
    """
    chances = bad_pieces(evidence, prior=prior, design_effect=design_effect)
    return float(chances @ np.arange(chances.size)) / evidence.pieces


def shrinkage_prior(evidence: Sequence[Evidence]) -> BetaPrior:
    """Beta prior that the blocks share, so that each borrows strength from the others.

    Parameters
    ----------
    evidence
        Blocks of one product.

    Returns
    -------
    Mean at the pooled rate (found + 1/2) / (inspected + 1); its weight, from 1 to the
    pieces inspected, by maximum likelihood of the beta-binomial counts. Without
    a block inspected, Jeffreys' prior. Empirical Bayes: it takes the prior as known,
    so intervals come out a little short when blocks are few.

    References
    ----------
    Gelman et al., Bayesian Data Analysis, 3rd ed., 5.1-5.3.

    Examples
    --------
    Alike blocks pool, unlike ones do not.

    >>> alike = shrinkage_prior([Evidence(500, 50, 2)] * 6)
    >>> unlike = shrinkage_prior([Evidence(500, 50, 12), *[Evidence(500, 50, 0)] * 5])
    >>> alike.alpha + alike.beta > 100 > 10 > unlike.alpha + unlike.beta
    True
    """
    inspected = np.array([block.inspected for block in evidence], dtype=float)
    found = np.array([block.found for block in evidence], dtype=float)
    if not inspected.any():
        return JEFFREYS
    mean = (found.sum() + 0.5) / (inspected.sum() + 1)
    weight = np.geomspace(1.0, inspected.sum(), 200)
    alpha, beta = mean * weight[:, None], (1 - mean) * weight[:, None]
    likelihood = special.betaln(alpha + found, beta + inspected - found) - special.betaln(
        alpha, beta
    )
    best = int(np.argmax(likelihood.sum(axis=1)))
    return BetaPrior(float(alpha[best, 0]), float(beta[best, 0]))


def largest_release(
    evidence: Sequence[Evidence],
    *,
    limit: float,
    probability: float,
    prior: BetaPrior = JEFFREYS,
    design_effect: float = 1.0,
) -> ReleaseSet:
    """Set of blocks with most pieces whose bad rate keeps a limit with a wanted probability.

    Parameters
    ----------
    evidence
        Blocks; each goes or stays whole.
    limit
        Fraction bad that the set may hold, 0 to 1.
    probability
        Probability wanted that it holds no more, between 0 and 1.
    prior, design_effect
        As in `bad_pieces`.

    Returns
    -------
    The set with most pieces, and of several such sets the surest. All sets are
    weighed, those that Cantelli's inequality rules out by their mean and variance
    alone. Blocks with equal evidence are interchangeable: the first go first.

    Raises
    ------
    ValueError
        If there are more than 16,384 sets to weigh.

    Examples
    --------
    >>> batches = [Evidence(2000, 50, 0), Evidence(2000, 50, 6), Evidence(4000, 100, 0)]
    >>> largest_release(batches, limit=0.025, probability=0.90).blocks
    (0, 2)
    """
    kinds = list(dict.fromkeys(evidence))
    members = [[i for i, block in enumerate(evidence) if block == kind] for kind in kinds]
    chances = [bad_pieces(kind, prior=prior, design_effect=design_effect) for kind in kinds]
    best = ReleaseSet((), 1.0, 0.0)
    for counts in _sets_worth_weighing(kinds, members, chances, limit, probability):
        pieces = int(sum(c * kind.pieces for c, kind in zip(counts, kinds, strict=True)))
        taken = [i for count, group in zip(counts, members, strict=True) for i in group[:count]]
        if best.blocks and pieces < sum(evidence[i].pieces for i in best.blocks):
            return best
        total = _sum_of(counts, chances)
        kept = min(float(total[: _allowed(limit, pieces) + 1].sum()), 1.0)
        if kept >= probability - ROUNDING and (not best.blocks or kept > best.probability):
            best = ReleaseSet(tuple(sorted(taken)), kept, float(total @ np.arange(total.size)))
    return best


def _allowed(limit: float, pieces: int) -> int:
    """Most bad pieces that keep the limit."""
    return math.floor(limit * pieces + 1e-9)


def _sets_worth_weighing(
    kinds: Sequence[Evidence],
    members: Sequence[Sequence[int]],
    chances: Sequence[Array],
    limit: float,
    probability: float,
) -> Iterator[tuple[int, ...]]:
    """How many blocks of each kind, for every set that may do, most pieces first."""
    sizes = [len(group) + 1 for group in members]
    if math.prod(sizes) > MOST_SETS:
        raise ValueError(
            f"evidence holds {sum(map(len, members))} blocks of {len(kinds)} kinds, "
            f"{math.prod(sizes):,} sets; at most {MOST_SETS:,} can be weighed: use fewer strata"
        )
    counts = np.indices(sizes).reshape(len(kinds), -1).T[1:]
    means = np.array([chance @ np.arange(chance.size) for chance in chances])
    squares = np.array([chance @ np.arange(chance.size) ** 2.0 for chance in chances])
    pieces = counts @ np.array([kind.pieces for kind in kinds])
    excess = counts @ means - np.floor(limit * pieces + 1e-9)
    variance = counts @ (squares - means**2)
    # Cantelli: P(bad <= allowed) is at most variance / (variance + excess²) where excess > 0.
    reachable = (excess <= 0) | (variance >= (probability - 1e-6) * (variance + excess**2))
    order = np.argsort(-pieces[reachable], kind="stable")
    yield from map(tuple, counts[reachable][order].tolist())


def _sum_of(counts: Sequence[int], chances: Sequence[Array]) -> Array:
    """Distribution of the bad pieces of a set, by convolution through the FFT (to 1e-15)."""
    used = [(count, chance) for count, chance in zip(counts, chances, strict=True) if count]
    length = sum(count * (chance.size - 1) for count, chance in used) + 1
    points = fft.next_fast_len(length, real=True)
    transform = np.prod([fft.rfft(chance, points) ** count for count, chance in used], axis=0)
    return np.clip(fft.irfft(transform, points)[:length], 0.0, None)
