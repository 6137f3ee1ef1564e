"""Switching between severities, lot by lot: which inspection the standard asks for next.

The rules are a state machine over original lots. ISO 2859-1:1999 9.3 and 9.4 and
MIL-STD-105E 4.7 and 4.8 differ in three places: how reduced inspection is earned
(switching score, or ten lots in a row), the gap between Ac and Re of 105E's reduced
plans, and 105E's limit numbers (table VIII), which are left out here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, Self

from qcanalysis.sampling.plan import SamplingPlan
from qcanalysis.sampling.switching_score import score_points
from qcanalysis.sampling.tables import ISO_2859_1_1999, MIL_STD_105E, STANDARDS, check_option

SeverityInForce = Literal["normal", "tightened", "reduced", "discontinued"]

SCORE_FOR_REDUCED = 30
LOTS_FOR_REDUCED_105E = 10
LOTS_FOR_NORMAL = 5
LOTS_WATCHED = 5
NOT_ACCEPTED_FOR_DISCONTINUATION = 5


@dataclass(frozen=True)
class LotOutcome:
    """What the switching rules ask about one lot.

    Parameters
    ----------
    is_accepted
        Whether the lot was accepted.
    points
        What it adds to the ISO switching score: 3 or 2 (`score_points`); 0 sets it back to 0.
    is_in_gap
        Whether the count lay between Ac and Re, so that reduced inspection ends though
        the lot is accepted (MIL-STD-105E).
    is_original_submission
        False for a lot presented again: it never counts.
    production_is_steady
        False where production was irregular or delayed: reduced inspection ends.
    resumes_inspection
        True for the first lot after the responsible authority accepted the supplier's
        action against a discontinuation.
    """

    is_accepted: bool
    points: int = 0
    is_in_gap: bool = False
    is_original_submission: bool = True
    production_is_steady: bool = True
    resumes_inspection: bool = False

    @classmethod
    def from_count(cls, count: int, plan: SamplingPlan) -> Self:
        """Outcome of an original lot from the count in its sample under a single plan.

        Examples
        --------
        >>> lot = LotOutcome.from_count(7, SamplingPlan.single(125, 5, 8))  # M reduced, 105E
        >>> lot.is_accepted, lot.is_in_gap
        (True, True)
        """
        limit = plan.acceptance_number
        return cls(
            is_accepted=count < plan.rejection_number,
            points=score_points(count, limit),
            is_in_gap=limit < count < plan.rejection_number,
        )


@dataclass(frozen=True)
class SwitchingState:
    """What the rules remember between two lots.

    Parameters
    ----------
    severity
        Severity in force for the next lot.
    switching_score
        On normal inspection: ISO switching score, 0 to 30; with MIL-STD-105E the lots
        accepted in a row, 0 to 10.
    recent
        On normal inspection: whether each of the last four lots of this stay was accepted.
    accepted_in_a_row, not_accepted
        On tightened inspection: lots accepted in a row, and not accepted in all.
    """

    severity: SeverityInForce = "normal"
    switching_score: int = 0
    recent: tuple[bool, ...] = ()
    accepted_in_a_row: int = 0
    not_accepted: int = 0


NORMAL = SwitchingState()
TIGHTENED = SwitchingState(severity="tightened")
REDUCED = SwitchingState(severity="reduced")
DISCONTINUED = SwitchingState(severity="discontinued")


@dataclass(frozen=True)
class SwitchingStep:
    """One lot under the rules, made by `SwitchingRules.walk`.

    Parameters
    ----------
    before, after
        States; ``before.severity`` is the severity that the lot had to be inspected under.
    lots_since_switch
        Original lots inspected on ``after.severity`` since it came into force; 0 right
        after a switch.
    event
        What the lot brought about, with its clause; "" for nothing.
    """

    before: SwitchingState
    after: SwitchingState
    lots_since_switch: int
    event: str


@dataclass(frozen=True)
class NextSwitch:
    """The nearest switch to a less severe inspection, made by `SwitchingRules.next_switch`.

    Parameters
    ----------
    severity
        What it leads to; None where no further acceptance changes anything.
    lots
        Lots that it takes at least; None where no number of lots will do.
    in_words
        The condition in words.
    """

    severity: SeverityInForce | None
    lots: int | None
    in_words: str


@dataclass(frozen=True)
class SwitchingRules:
    """Switching rules of a standard.

    Parameters
    ----------
    standard
        "ISO 2859-1:1999" or "MIL-STD-105E".
    reduced_is_permitted
        Whether the responsible authority agrees to reduced inspection; both standards
        ask for it, so it is off unless stated.

    References
    ----------
    ISO 2859-1:1999, 9.3 and 9.4; MIL-STD-105E, 4.7 and 4.8.

    Examples
    --------
    >>> rules = SwitchingRules()
    >>> steps = rules.walk([LotOutcome(False), LotOutcome(True, points=3), LotOutcome(False)])
    >>> steps[-1].after.severity, steps[-1].event
    ('tightened', 'normal -> tightened: 2 of 3 lots in a row not accepted (ISO 2859-1:1999 9.3.1)')
    >>> rules.next_switch(steps[-1].after).in_words
    '5 more lots accepted in a row to normal'
    """

    standard: str = ISO_2859_1_1999
    reduced_is_permitted: bool = False

    def __post_init__(self) -> None:
        check_option("standard", self.standard, STANDARDS)

    @property
    def score_for_reduced(self) -> int:
        """Switching score (105E: lots accepted in a row) that reduced inspection asks for."""
        return LOTS_FOR_REDUCED_105E if self.standard == MIL_STD_105E else SCORE_FOR_REDUCED

    def walk(
        self, lots: Iterable[LotOutcome], *, start: SwitchingState = NORMAL
    ) -> tuple[SwitchingStep, ...]:
        """A step for each lot, oldest first; a history without a state starts on normal."""
        steps = []
        state, since = start, 0
        for lot in lots:
            after, event = self.after(state, lot)
            counted = lot.is_original_submission and after.severity != "discontinued"
            switched = after.severity != state.severity
            since = 0 if switched else since + counted
            steps.append(SwitchingStep(state, after, since, event))
            state = after
        return tuple(steps)

    def after(self, state: SwitchingState, lot: LotOutcome) -> tuple[SwitchingState, str]:
        """State that one lot leads to, and the event in words ("" for none)."""
        if not lot.is_original_submission:
            return state, "not counted: a resubmitted lot"
        if state.severity == "normal":
            return self._after_normal(state, lot)
        if state.severity == "tightened":
            return self._after_tightened(state, lot)
        if state.severity == "reduced":
            return self._after_reduced(state, lot)
        if not lot.resumes_inspection:
            return state, f"not counted: inspection is discontinued ({self._clause('stop')})"
        resumed, event = self._after_tightened(TIGHTENED, lot)
        words = f"discontinued -> tightened: action accepted ({self._clause('stop')})"
        return resumed, "; ".join(filter(None, (words, event)))

    def _after_normal(self, state: SwitchingState, lot: LotOutcome) -> tuple[SwitchingState, str]:
        watched = (*state.recent, lot.is_accepted)
        if watched.count(False) == 2:
            lots = len(watched) - watched.index(False)
            return TIGHTENED, (
                f"normal -> tightened: 2 of {lots} lots in a row not accepted "
                f"({self._clause('tightened')})"
            )
        points = self._points(lot)
        score = min(state.switching_score + points, self.score_for_reduced) if points else 0
        is_earned = score == self.score_for_reduced and lot.production_is_steady
        if is_earned and self.reduced_is_permitted:
            return REDUCED, f"normal -> reduced: {self._earned()} ({self._clause('reduced')})"
        return replace(state, switching_score=score, recent=watched[1 - LOTS_WATCHED :]), ""

    def _after_tightened(
        self, state: SwitchingState, lot: LotOutcome
    ) -> tuple[SwitchingState, str]:
        if not lot.is_accepted:
            missed = state.not_accepted + 1
            if missed < NOT_ACCEPTED_FOR_DISCONTINUATION:
                return replace(state, accepted_in_a_row=0, not_accepted=missed), ""
            return DISCONTINUED, (
                f"tightened -> discontinued: {missed} lots not accepted on tightened inspection "
                f"({self._clause('stop')})"
            )
        if state.accepted_in_a_row + 1 < LOTS_FOR_NORMAL:
            return replace(state, accepted_in_a_row=state.accepted_in_a_row + 1), ""
        return NORMAL, (
            f"tightened -> normal: {LOTS_FOR_NORMAL} lots in a row accepted "
            f"({self._clause('normal')})"
        )

    def _after_reduced(self, state: SwitchingState, lot: LotOutcome) -> tuple[SwitchingState, str]:
        if not lot.is_accepted:
            reason = "a lot not accepted"
        elif lot.is_in_gap and self.standard == MIL_STD_105E:
            reason = "a count between Ac and Re, the lot accepted"
        elif not lot.production_is_steady:
            reason = "production irregular or delayed"
        else:
            return state, ""
        return NORMAL, f"reduced -> normal: {reason} ({self._clause('back')})"

    def _points(self, lot: LotOutcome) -> int:
        return int(lot.is_accepted) if self.standard == MIL_STD_105E else lot.points

    def _earned(self) -> str:
        if self.standard == MIL_STD_105E:
            return f"{LOTS_FOR_REDUCED_105E} lots in a row accepted, limit numbers not checked"
        return f"switching score {SCORE_FOR_REDUCED}"

    def _clause(self, rule: str) -> str:
        iso, mil = _CLAUSES[rule]
        return f"{self.standard} {mil if self.standard == MIL_STD_105E else iso}"

    def next_switch(self, state: SwitchingState, *, points_per_lot: int = 3) -> NextSwitch:
        """The nearest switch to a less severe inspection if all goes well from here.

        Parameters
        ----------
        state
            State before the next lot.
        points_per_lot
            ISO score that a good lot brings: 3, or 2 where Ac is 0 or 1.

        Examples
        --------
        >>> rules = SwitchingRules(reduced_is_permitted=True)
        >>> rules.next_switch(SwitchingState(switching_score=24)).in_words
        '2 more lots with no count above the next tighter Ac to reduced'
        """
        if state.severity == "tightened":
            lots = LOTS_FOR_NORMAL - state.accepted_in_a_row
            return NextSwitch("normal", lots, f"{_more(lots)} accepted in a row to normal")
        if state.severity == "discontinued":
            words = "tightened again once the authority has accepted the supplier's action"
            return NextSwitch("tightened", None, words)
        if state.severity == "reduced":
            return NextSwitch(None, None, "reduced is the least severe inspection")
        if not self.reduced_is_permitted:
            return NextSwitch(None, None, "reduced inspection needs the authority's agreement")
        step = 1 if self.standard == MIL_STD_105E else points_per_lot
        lots = max(math.ceil((self.score_for_reduced - state.switching_score) / step), 1)
        how = "with no count above the next tighter Ac" if step == 3 else "accepted in a row"
        return NextSwitch("reduced", lots, f"{_more(lots)} {how} to reduced")

    def not_accepted_to_switch(self, state: SwitchingState) -> int | None:
        """Lots not accepted, the very next ones, that lead to a more severe inspection.

        Examples
        --------
        >>> SwitchingRules().not_accepted_to_switch(SwitchingState(recent=(True, False)))
        1
        """
        if state.severity == "normal":
            return 2 - state.recent.count(False)
        if state.severity == "tightened":
            return NOT_ACCEPTED_FOR_DISCONTINUATION - state.not_accepted
        return 1 if state.severity == "reduced" else None


_CLAUSES = {
    "tightened": ("9.3.1", "4.7.1"),
    "normal": ("9.3.2", "4.7.2"),
    "reduced": ("9.3.3", "4.7.3"),
    "back": ("9.3.4", "4.7.4"),
    "stop": ("9.4", "4.8"),
}


def _more(lots: int) -> str:
    return f"{lots} more lot{'s' if lots != 1 else ''}"
