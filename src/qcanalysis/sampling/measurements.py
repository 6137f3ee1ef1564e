"""A sample of measured values against its limits, and what a plan by variables says of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from qcanalysis.sampling.acceptance_region import share_outside
from qcanalysis.sampling.two_limits import TwoLimitPlan
from qcanalysis.sampling.variables import VariablesPlan


@dataclass(frozen=True)
class MeasuredSample:
    """Size, mean and standard deviation of a sample, and the limits it is held against.

    Parameters
    ----------
    sample_size
        Items measured, at least 2.
    mean, standard_deviation
        Of the values [their unit]; the standard deviation with n - 1, above 0.
    lower_limit, upper_limit
        Specification limits in the unit of the values; None where there is none.

    Raises
    ------
    ValueError
        If there is no limit, the limits are reversed, or the values do not spread.

    Examples
    --------
    >>> thickness = MeasuredSample(20, 1.52, 0.03, lower_limit=1.40, upper_limit=1.60)   # R84
    >>> round(thickness.to_upper, 2), round(thickness.to_lower, 2)
    (2.67, 4.0)
    """

    sample_size: int
    mean: float
    standard_deviation: float
    lower_limit: float | None = None
    upper_limit: float | None = None

    def __post_init__(self) -> None:
        if self.lower_limit is None and self.upper_limit is None:
            raise ValueError("lower_limit or upper_limit is needed: state the one that applies")
        for name in ("mean", "lower_limit", "upper_limit"):
            value = getattr(self, name)
            if value is not None and not math.isfinite(value):
                raise ValueError(f"{name} must be a finite number, got {value!r}")
        if (
            self.lower_limit is not None
            and self.upper_limit is not None
            and self.lower_limit >= self.upper_limit
        ):
            raise ValueError(
                f"lower_limit must be below upper_limit, got {self.lower_limit:g} and "
                f"{self.upper_limit:g}: exchange them, or correct the one mistyped"
            )
        if self.sample_size < 2:
            raise ValueError(
                f"cannot tell from {self.sample_size} value: the spread needs at least 2 items"
            )
        if not (math.isfinite(self.standard_deviation) and self.standard_deviation > 0):
            raise ValueError(
                f"standard_deviation must be above 0, got {self.standard_deviation!r}: values "
                "that do not differ say that the gauge is too coarse; read finer, or count the "
                "items outside the limits (SamplingPlan)"
            )

    @classmethod
    def of(
        cls,
        values: npt.ArrayLike,
        *,
        lower_limit: float | None = None,
        upper_limit: float | None = None,
    ) -> MeasuredSample:
        """Sample of measured values.

        Examples
        --------
        >>> MeasuredSample.of([9.0, 9.5, 10.0], lower_limit=8).mean       # pull force, R28 [kgf]
        9.5
        """
        measured = np.asarray(values, dtype=float)
        if measured.ndim != 1 or not np.all(np.isfinite(measured)):
            raise ValueError(
                "values must be one row of finite numbers: leave out, or measure again, what is "
                "missing"
            )
        if measured.size < 2 or np.ptp(measured) == 0:  # rounding would leave a spread above 0
            spread = 0.0
        else:
            spread = float(np.std(measured, ddof=1))
        mean = float(np.mean(measured)) if measured.size else 0.0
        return cls(measured.size, mean, spread, lower_limit, upper_limit)

    @property
    def to_lower(self) -> float:
        """Distance from the lower limit up to the mean [standard deviations]; inf without one."""
        if self.lower_limit is None:
            return math.inf
        return (self.mean - self.lower_limit) / self.standard_deviation

    @property
    def to_upper(self) -> float:
        """Distance from the mean up to the upper limit [standard deviations]; inf without one."""
        if self.upper_limit is None:
            return math.inf
        return (self.upper_limit - self.mean) / self.standard_deviation


@dataclass(frozen=True)
class SampleVerdict:
    """What a plan by variables says of a sample.

    ``found`` is held against ``needed``: the distance to the nearer limit in standard
    deviations, which must be at least it, or with two limits combined the estimated share
    outside, which must be at most it. ``reason`` says so in a sentence.
    """

    is_accepted: bool
    found: float
    needed: float
    reason: str


def judge_sample(
    plan: VariablesPlan | TwoLimitPlan,
    sample: MeasuredSample,
    *,
    process_standard_deviation: float | None = None,
) -> SampleVerdict:
    """Verdict of a plan by variables on a sample.

    Parameters
    ----------
    plan
        `VariablesPlan` for one limit, `TwoLimitPlan` for two.
    sample
        As many values as the plan asks for.
    process_standard_deviation
        Sigma in the unit of the values, for a plan with sigma known; None otherwise.

    Raises
    ------
    ValueError
        If the sample does not fit the plan; the message says what to change.

    References
    ----------
    ISO 3951-1:2013, 15 to 17; ISO 3951-2:2013, combined control.

    Examples
    --------
    >>> plan = VariablesPlan(sample_size=10, acceptability_constant=1.5, sigma_is_known=False)
    >>> judge_sample(plan, MeasuredSample(10, 0.09, 0.03, upper_limit=0.15)).reason
    'Accepted: the mean keeps 2 standard deviations from the limit, 1.5 are needed.'
    """
    limits = [limit for limit in (sample.lower_limit, sample.upper_limit) if limit is not None]
    wanted = 2 if isinstance(plan, TwoLimitPlan) else 1
    if len(limits) != wanted:
        raise ValueError(
            f"{type(plan).__name__} is for {wanted} limit{'s' if wanted > 1 else ''}, the sample "
            f"has {len(limits)}: choose the plan for it"
        )
    if sample.sample_size != plan.sample_size:
        raise ValueError(
            f"the plan asks for {plan.sample_size} values, got {sample.sample_size}: measure as "
            "many, drawn at random"
        )
    spread = _spread(plan, sample, process_standard_deviation)
    scale = sample.standard_deviation / spread
    to_lower, to_upper = sample.to_lower * scale, sample.to_upper * scale
    k = plan.acceptability_constant
    if not isinstance(plan, TwoLimitPlan) or not plan.is_combined:
        found = min(to_lower, to_upper)
        return SampleVerdict(
            found >= k,
            found,
            k,
            f"{'Accepted' if found >= k else 'Not accepted'}: the mean keeps {found:.4g} standard "
            f"deviations from the {'nearer ' * (wanted > 1)}limit, {k:.4g} are needed.",
        )
    n = plan.sample_size
    apart = np.array([to_lower, to_upper, k])
    below, above, largest = (
        special.ndtr(-apart * math.sqrt(n / (n - 1)))
        if plan.sigma_is_known
        else share_outside(apart, n)
    ).tolist()
    is_accepted = below + above <= largest and (largest > 0 or min(to_lower, to_upper) >= k)
    return SampleVerdict(
        is_accepted,
        below + above,
        largest,
        f"{'Accepted' if is_accepted else 'Not accepted'}: an estimated {below + above:.2%} lies "
        f"outside the limits, at most {largest:.2%} may.",
    )


def _spread(
    plan: VariablesPlan | TwoLimitPlan, sample: MeasuredSample, sigma: float | None
) -> float:
    """Standard deviation that the plan goes by, refused where it contradicts the plan."""
    if not plan.sigma_is_known:
        if sigma is not None:
            raise ValueError(
                "the plan goes by the standard deviation of the sample: leave out "
                "process_standard_deviation, or take a plan with sigma known"
            )
        return sample.standard_deviation
    if sigma is None or not (math.isfinite(sigma) and sigma > 0):
        raise ValueError(
            "process_standard_deviation must be above 0 for a plan with sigma known, got "
            f"{sigma!r}: state it, or take a plan with sigma unknown"
        )
    if isinstance(plan, TwoLimitPlan):
        assert sample.lower_limit is not None
        assert sample.upper_limit is not None
        apart = (sample.upper_limit - sample.lower_limit) / sigma
        if not math.isclose(apart, plan.limit_distance or 0.0, rel_tol=1e-3):
            raise ValueError(
                f"the limits are {apart:.4g} sigma apart, the plan is for {plan.limit_distance:g}:"
                " make the plan for this distance"
            )
    return sigma
