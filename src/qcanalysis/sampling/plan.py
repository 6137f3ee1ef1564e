"""Sampling plans by attributes: a plan that exists is valid."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Literal

Verdict = Literal["accepted", "accepted_in_gap", "not_accepted", "continue"]


@dataclass(frozen=True)
class RiskPoint:
    """A point that an operating characteristic has to pass on the right side.

    Parameters
    ----------
    quality
        Fraction nonconforming, or nonconformities per item for a Poisson plan.
    probability_of_acceptance
        Probability wanted at that quality, above 0 and below 1.

    Examples
    --------
    >>> RiskPoint(quality=0.01, probability_of_acceptance=0.95)
    RiskPoint(quality=0.01, probability_of_acceptance=0.95)
    """

    quality: float
    probability_of_acceptance: float

    def __post_init__(self) -> None:
        if not 0 < self.quality < math.inf:
            raise ValueError(
                f"quality must be above 0 and finite, got {self.quality!r}: "
                "no plan can tell a perfect lot"
            )
        if not 0 < self.probability_of_acceptance < 1:
            raise ValueError(
                "probability_of_acceptance must lie strictly between 0 and 1, "
                f"got {self.probability_of_acceptance!r}: certainty needs 100 % inspection"
            )


def whole_number(name: str, value: object, *, least: int) -> int:
    """Value as a plain int of at least ``least``; TypeError or ValueError name the argument."""
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"{name} must be a whole number, got {value!r}") from None
    if number < least or isinstance(value, bool):
        raise ValueError(f"{name} must be a whole number of at least {least}, got {value!r}")
    return number


@dataclass(frozen=True, repr=False)
class SamplingPlan:
    """A single, double or multiple sampling plan by attributes.

    Counts are cumulative over the stages, as the standards print them. The lot
    is accepted at a stage when the count is at most the acceptance number, not
    accepted when it reaches the rejection number, and sampling goes on in
    between. A gap at the last stage (MIL-STD-105E reduced) accepts the lot.

    Parameters
    ----------
    sample_sizes
        Items drawn at each stage.
    acceptance_numbers
        Ac of each stage; None where acceptance is not permitted (not at the last).
    rejection_numbers
        Re of each stage, above Ac.

    Raises
    ------
    ValueError
        If the numbers are not those of a plan; the message names the stage.

    References
    ----------
    ISO 2859-1:1999, 3.1 and 11.1; MIL-STD-105E, 4.9.

    Examples
    --------
    >>> SamplingPlan(sample_sizes=(125, 125), acceptance_numbers=(3, 8), rejection_numbers=(7, 9))
    SamplingPlan(125 3/7; 125 8/9)
    """

    sample_sizes: tuple[int, ...]
    acceptance_numbers: tuple[int | None, ...]
    rejection_numbers: tuple[int, ...]

    def __post_init__(self) -> None:
        sizes = tuple(whole_number("sample size", n, least=1) for n in self.sample_sizes)
        limits = tuple(
            None if ac is None else whole_number("acceptance number", ac, least=0)
            for ac in self.acceptance_numbers
        )
        rejections = tuple(
            whole_number("rejection number", re, least=1) for re in self.rejection_numbers
        )
        if not sizes or not len(sizes) == len(limits) == len(rejections):
            raise ValueError(
                "a plan needs one acceptance and one rejection number for each sample size, got "
                f"{len(sizes)} sizes, {len(limits)} acceptance and {len(rejections)} rejection "
                "numbers"
            )
        object.__setattr__(self, "sample_sizes", sizes)
        object.__setattr__(self, "acceptance_numbers", limits)
        object.__setattr__(self, "rejection_numbers", rejections)
        self._check_stages()

    def _check_stages(self) -> None:
        last = len(self.sample_sizes) - 1
        for stage, (ac, re) in enumerate(
            zip(self.acceptance_numbers, self.rejection_numbers, strict=True)
        ):
            if ac is None and stage == last:
                raise ValueError("the last stage must have an acceptance number, got None")
            if ac is not None and re <= ac:
                raise ValueError(f"stage {stage + 1}: Re must be above Ac, got Ac {ac}, Re {re}")
            if stage < last and re - (-1 if ac is None else ac) < 2:
                raise ValueError(
                    f"stage {stage + 1}: no count leads to the next sample (Ac {ac}, Re {re}); "
                    "drop the later stages or raise Re"
                )
        permitted = [ac for ac in self.acceptance_numbers if ac is not None]
        for name, numbers in (
            ("acceptance", permitted),
            ("rejection", list(self.rejection_numbers)),
        ):
            if any(later < earlier for earlier, later in pairwise(numbers)):
                raise ValueError(
                    f"{name} numbers count cumulatively and cannot fall, got {numbers}"
                )
        if None in self.acceptance_numbers[self._first_permitted() :]:
            raise ValueError(
                "acceptance cannot be withdrawn at a later stage, "
                f"got acceptance numbers {self.acceptance_numbers}"
            )

    def _first_permitted(self) -> int:
        return next(i for i, ac in enumerate(self.acceptance_numbers) if ac is not None)

    @classmethod
    def single(
        cls, sample_size: int, acceptance_number: int, rejection_number: int | None = None
    ) -> SamplingPlan:
        """Single sampling plan; Re is Ac + 1 unless stated.

        Examples
        --------
        >>> SamplingPlan.single(sample_size=80, acceptance_number=5)
        SamplingPlan(80 5/6)
        """
        if rejection_number is None:
            rejection_number = whole_number("acceptance number", acceptance_number, least=0) + 1
        return cls((sample_size,), (acceptance_number,), (rejection_number,))

    def __repr__(self) -> str:
        """Stages as the standards print them: sample size, Ac/Re."""
        stages = "; ".join(
            f"{n} {'#' if ac is None else ac}/{re}"
            for n, ac, re in zip(
                self.sample_sizes, self.acceptance_numbers, self.rejection_numbers, strict=True
            )
        )
        return f"{type(self).__name__}({stages})"

    @property
    def stages(self) -> int:
        """Number of stages: 1 single, 2 double, more multiple."""
        return len(self.sample_sizes)

    @property
    def sample_size(self) -> int:
        """Sample size of a single plan, or the most that a longer plan can draw [items]."""
        return sum(self.sample_sizes)

    @property
    def acceptance_number(self) -> int:
        """Ac of the last stage."""
        last = self.acceptance_numbers[-1]
        assert last is not None  # the constructor saw to it
        return last

    @property
    def rejection_number(self) -> int:
        """Re of the last stage."""
        return self.rejection_numbers[-1]

    @property
    def cumulative_sample_sizes(self) -> tuple[int, ...]:
        """Items drawn up to and including each stage."""
        return tuple(accumulate(self.sample_sizes))

    def verdict(self, count: int, *, stage: int = 1) -> Verdict:
        """Verdict on a cumulative count at a stage.

        Parameters
        ----------
        count
            Nonconforming items (or nonconformities) up to and including the stage.
        stage
            Stage, counted from 1.

        Returns
        -------
        "accepted", "not_accepted", "continue" (draw the next sample), or
        "accepted_in_gap": accepted, and reduced inspection ends (MIL-STD-105E 4.7.4).

        Examples
        --------
        >>> SamplingPlan.single(125, 5, 8).verdict(7)   # M reduced, AQL 1.5
        'accepted_in_gap'
        """
        count = whole_number("count", count, least=0)
        if not 1 <= stage <= self.stages:
            raise ValueError(f"stage must lie between 1 and {self.stages}, got {stage}")
        limit = self.acceptance_numbers[stage - 1]
        if limit is not None and count <= limit:
            return "accepted"
        if count >= self.rejection_numbers[stage - 1]:
            return "not_accepted"
        return "continue" if stage < self.stages else "accepted_in_gap"
