"""Prior of the quality of the next lot, from a supplier's record or from what is stated."""

from __future__ import annotations

from qcanalysis.estimation.remainder import BetaPrior


def next_lot_prior(rate: BetaPrior, intraclass_correlation: float) -> BetaPrior:
    """Distribution of the next lot's quality: what is not known of the supplier, and of the lot.

    The supplier's mean rate R has the distribution ``rate``. Its lots lie around it: the
    items of one lot are correlated by ρ, so that a lot's quality has variance ρ R (1 - R).
    Altogether the variance is Var R + ρ E[R (1 - R)]; in correlations of items, with
    r = 1 / (α + β + 1) of the rate, 1 - r' = (1 - r)(1 - ρ).

    Parameters
    ----------
    rate
        Posterior of the supplier's mean fraction nonconforming.
    intraclass_correlation
        ρ, from 0 (lots all alike) to below 1.

    Returns
    -------
    The beta distribution with exactly the mean and the variance of the next lot's quality.

    References
    ----------
    Law of total variance; Skellam, J. Royal Stat. Soc. B 10, 1948 (beta-binomial).

    Examples
    --------
    >>> next_lot_prior(BetaPrior(2, 98), 0.0)
    BetaPrior(alpha=2.0, beta=98.0)
    >>> lot = next_lot_prior(BetaPrior(40, 1960), 0.005)
    >>> round(lot.mean, 6), round(lot.alpha + lot.beta, 1)
    (0.02, 180.9)
    """
    if not 0 <= intraclass_correlation < 1:
        raise ValueError(
            "intraclass_correlation must be at least 0 and below 1, got "
            f"{intraclass_correlation!r}; 0 stands for lots that are all alike"
        )
    # 1 / (α + β) of the sum, from (1 - r)(1 - ρ): exact also where ρ is 0.
    size = rate.alpha + rate.beta
    alike = size * (1 - intraclass_correlation) / (1 + intraclass_correlation * size)
    return BetaPrior(rate.mean * alike, (1 - rate.mean) * alike)


def stated_prior(mean: float, standard_deviation: float) -> BetaPrior:
    """Beta distribution of the lots' quality with a stated mean and spread.

    Parameters
    ----------
    mean
        Mean fraction nonconforming of the lots, strictly between 0 and 1.
    standard_deviation
        Spread of the fraction nonconforming from lot to lot.

    Raises
    ------
    ValueError
        If no distribution on 0 to 1 has this mean and spread.

    Examples
    --------
    >>> stated_prior(0.5, 12 ** -0.5)              # uniform
    BetaPrior(alpha=1.0, beta=1.0)
    """
    if not 0 < mean < 1:
        raise ValueError(f"mean must lie strictly between 0 and 1, got {mean!r}")
    most = (mean * (1 - mean)) ** 0.5
    if not 0 < standard_deviation < most:
        raise ValueError(
            f"standard_deviation must be above 0 and below {most:.4g}, that of lots either "
            f"perfect or all bad with mean {mean:g}; got {standard_deviation!r}"
        )
    size = mean * (1 - mean) / standard_deviation**2 - 1
    return BetaPrior(round(mean * size, 12), round((1 - mean) * size, 12))
