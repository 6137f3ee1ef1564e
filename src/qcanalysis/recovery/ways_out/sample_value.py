"""What one more sample is worth before the way out is chosen (preposterior analysis)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from qcanalysis.recovery.ways_out.decision import ranked
from qcanalysis.recovery.ways_out.outlook import PathOutlook
from qcanalysis.sampling.distributions import Array, binomial_probability


@dataclass(frozen=True)
class SampleValue:
    """Value of inspecting ``sample_size`` more pieces before deciding [order currency].

    ``information`` is what the better decision saves on average, ``delay`` what
    the days lost cost, ``visit`` the buyer's part of the fee.
    """

    sample_size: int
    information: float
    delay: float
    visit: float

    @property
    def net(self) -> float:
        """Value after delay and visit; below 0 the sample is not worth taking."""
        return self.information - self.delay - self.visit


def value_of_sample(
    now: Sequence[PathOutlook],
    later: Sequence[PathOutlook],
    sample_size: int,
    *,
    visit_cost: float,
) -> SampleValue | None:
    """Expected value of one more sample of one product.

    Parameters
    ----------
    now
        Outlooks of the product if decided at once.
    later
        Outlooks of the same product with the days of the extra visit taken off.
    sample_size
        Pieces to inspect, drawn at random from the whole lot.
    visit_cost
        Buyer's cost of the visit [order currency].

    Returns
    -------
    The value; None where nothing can be ranked.

    Raises
    ------
    ValueError
        If the sample size is below 0.

    References
    ----------
    Raiffa and Schlaifer, Applied Statistical Decision Theory, 1961, chapters 4 and 5.

    Examples
    --------
    >>> value_of_sample([], [], 80, visit_cost=300.0) is None
    True
    """
    if sample_size < 0:
        raise ValueError(f"sample_size must not be negative, got {sample_size!r}")
    losses_now, losses_later = _losses(now), _losses(later)
    if losses_now is None or losses_later is None:
        return None
    estimate = ranked(now)[0].estimate
    assert estimate is not None
    posterior = estimate.posterior
    at_once = float((losses_now @ posterior.weights).min())
    late = float((losses_later @ posterior.weights).min())
    counts = np.arange(sample_size + 1)[:, None]
    joint = binomial_probability(counts, sample_size, posterior.fractions) * posterior.weights
    informed = float((losses_later @ joint.T).min(axis=0).sum())
    return SampleValue(sample_size, max(late - informed, 0.0), late - at_once, visit_cost)


def value_of_perfect_information(outlooks: Sequence[PathOutlook]) -> float | None:
    """What knowing the true fraction nonconforming would save on average [order currency].

    No sample is worth more. None where nothing can be ranked.

    Examples
    --------
    >>> value_of_perfect_information([]) is None
    True
    """
    losses = _losses(outlooks)
    if losses is None:
        return None
    estimate = ranked(outlooks)[0].estimate
    assert estimate is not None
    weights = estimate.posterior.weights
    return max(float((losses @ weights).min() - losses.min(axis=0) @ weights), 0.0)


def sample_value_table(
    now: Sequence[PathOutlook],
    later: Sequence[PathOutlook],
    sample_sizes: Sequence[int],
    *,
    visit_cost: float,
) -> pd.DataFrame:
    """Table of the value of samples of several sizes; empty where nothing can be ranked.

    Returns
    -------
    ``sample_size, information, delay, visit, net`` [order currency].

    Examples
    --------
    >>> sample_value_table([], [], [80], visit_cost=300.0).empty
    True
    """
    rows = []
    for size in sample_sizes:
        value = value_of_sample(now, later, size, visit_cost=visit_cost)
        if value is not None:
            rows.append([size, value.information, value.delay, value.visit, value.net])
    return pd.DataFrame(rows, columns=["sample_size", "information", "delay", "visit", "net"])


def _losses(outlooks: Sequence[PathOutlook]) -> Array | None:
    """Expected loss of each path worth ranking, over the fractions of the posterior."""
    found = ranked(outlooks)
    found = [o for o in found if o.is_high_risk == found[0].is_high_risk]
    losses = [o.estimate.loss for o in found if o.estimate]
    return np.array(losses) if losses else None
