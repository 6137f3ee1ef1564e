"""What the last sample says of the next inspection."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from qcanalysis.estimation.remainder import JEFFREYS, BetaPrior
from qcanalysis.sampling import SamplingPlan, probability_of_acceptance
from qcanalysis.sampling.distributions import Array
from qcanalysis.sampling.plan import whole_number

NEGLIGIBLE = 1e-40
STEP = 0.5  # in units of the narrowest bend of the integrand; gives 1e-12 and better


def probability_of_passing(
    plan: SamplingPlan,
    *,
    nonconforming_count: int,
    sample_size: int,
    share_removed: npt.ArrayLike = 0.0,
    prior: BetaPrior = JEFFREYS,
) -> float | Array:
    """Probability that the lot passes its next inspection, the quality being uncertain.

    Parameters
    ----------
    plan
        Plan of the next inspection: a fresh random sample of the whole lot.
    nonconforming_count, sample_size
        What the last inspection found; all that is known of the quality.
    share_removed
        Share of the bad units that rework or sorting turns into good ones
        before it, 0 to 1; scalar or array.
    prior
        Prior of the fraction nonconforming.

    Returns
    -------
    Acceptance averaged over the posterior of the quality, one for each share.

    Notes
    -----
    The lot is taken as large against both samples. The average is a trapezoid
    sum over log-odds, where it converges exponentially.

    Examples
    --------
    >>> again = SamplingPlan.single(315, 5)                   # the plan just failed with 7
    >>> round(probability_of_passing(again, nonconforming_count=7, sample_size=315), 2)
    0.34
    """
    shares = np.asarray(share_removed, dtype=float)
    if not np.all((shares >= 0) & (shares <= 1)):
        raise ValueError(f"share_removed must lie between 0 and 1, got {share_removed!r}")
    if whole_number("nonconforming_count", nonconforming_count, least=0) > whole_number(
        "sample_size", sample_size, least=0
    ):
        raise ValueError(
            "nonconforming_count must lie between 0 and sample_size, got "
            f"{nonconforming_count} of {sample_size}"
        )
    posterior = prior.updated(nonconforming_count, sample_size)
    step = STEP / np.sqrt(plan.rejection_number + posterior.alpha)
    fraction, weight = _beta_nodes(posterior.alpha, posterior.beta, step)
    left = fraction * (1 - shares.reshape(-1, 1))
    passing = probability_of_acceptance(plan, left) @ weight
    return passing.reshape(shares.shape) if shares.ndim else float(passing[0])


def _beta_nodes(alpha: float, beta: float, step: float) -> tuple[Array, Array]:
    """Nodes and weights that average over a beta distribution; the weights sum to 1."""
    least_bad = max(special.betaincinv(alpha, beta, NEGLIGIBLE), 1e-300)
    least_good = max(special.betaincinv(beta, alpha, NEGLIGIBLE), 1e-300)
    low, high = special.logit(least_bad), -special.logit(least_good)
    log_odds = np.linspace(low, high, int(np.ceil((high - low) / step)) + 1)
    log_weight = alpha * special.log_expit(log_odds) + beta * special.log_expit(-log_odds)
    weight = np.exp(log_weight - log_weight.max())
    return special.expit(log_odds), weight / weight.sum()
