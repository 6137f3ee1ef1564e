"""Decisions of a plan of any kind: what every verb reads, whatever the plan counts or measures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeAlias

from qcanalysis.sampling.distributions import Array, Distribution
from qcanalysis.sampling.plan import SamplingPlan


@dataclass(frozen=True)
class Decisions:
    """When a plan decides on a lot, and how.

    Every verb is a sum over it: the probability of acceptance adds up ``accepted``, the
    average sample number weighs both with ``drawn``, and under rectifying inspection a lot
    refused is inspected to the last item.

    Attributes
    ----------
    drawn
        Items inspected when the plan decides, one figure a decision point; 0 is a lot that is
        let through unseen. Shape (points,).
    accepted, refused
        Probability that the plan accepts, or refuses, at that point. Shape (points,
        qualities); the two together add up to 1 for each quality.
    cannot_rectify
        Why a refused lot is not inspected in full, and what to ask instead; empty where it is.
    """

    drawn: Array
    accepted: Array
    refused: Array
    cannot_rectify: str = ""


class DecidingPlan(Protocol):
    """A plan other than the `SamplingPlan`: it states its decisions and has every verb.

    ``sample_size`` is the most that the plan can draw from one lot [items].
    """

    @property
    def sample_size(self) -> int:
        """Most items that the plan can draw from one lot."""
        ...

    def decisions(
        self, quality: Array, distribution: Distribution, lot_size: int | None
    ) -> Decisions:
        """Decisions at each quality: a flat array, its range checked by the verb."""
        ...


Plan: TypeAlias = SamplingPlan | DecidingPlan


def check_binomial(plan: object, distribution: Distribution, why: str) -> None:
    """Refusal of a distribution that a plan has no figures for; ``why`` ends the sentence."""
    if distribution != "binomial":
        raise ValueError(
            f"{type(plan).__name__} answers for distribution='binomial' only, "
            f"got {distribution!r}: {why}"
        )
