"""Plans of a simulated history, found for all lots at once, and the severity in force."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from qcanalysis.sampling import lookup_plan
from qcanalysis.sampling.standard import lot_sizes
from qcanalysis.sampling.switching_rules import (
    NORMAL,
    LotOutcome,
    SwitchingRules,
    SwitchingState,
)
from qcanalysis.sampling.tables import CODE_LETTERS
from qcanalysis.suppliers.severity import strictest
from qcanalysis.suppliers.simulation.rates import Whole


@dataclass(frozen=True)
class PlanNumbers:
    """Numbers of the plans of many lots: one row a lot, one column a class."""

    sample_size: Whole
    acceptance_number: Whole
    rejection_number: Whole

    def rows(self, rows: Whole) -> PlanNumbers:
        """Plans of some of the lots, in the order of ``rows``."""
        return PlanNumbers(
            self.sample_size[rows], self.acceptance_number[rows], self.rejection_number[rows]
        )


def plan_numbers(lot_size: Whole, aql_percent: npt.ArrayLike, severity: str) -> PlanNumbers:
    """Single plans of ISO 2859-1:1999 at level II for critical, major and minor items.

    Parameters
    ----------
    lot_size
        Items in each lot.
    aql_percent
        AQLs of major and of minor items of each lot: two columns [%].
    severity
        "normal" or "tightened", for all.

    Returns
    -------
    Plans with the sample held to the lot. Critical items are looked for in the
    larger of the two samples and none is accepted.
    """
    largest = [lot_sizes(letter) for letter in CODE_LETTERS]
    ends = np.array([range_[1] for range_ in largest if range_ and range_[1] is not None])
    first_lot = np.concatenate([[2], ends + 1])
    bands = np.searchsorted(ends, lot_size)
    aqls = np.asarray(aql_percent, dtype=float)
    numbers = np.empty((lot_size.size, 3, 3), dtype=np.int64)
    for column in range(2):
        keys, place = np.unique(
            np.stack([first_lot[bands], aqls[:, column]]), axis=1, return_inverse=True
        )
        rows = [_single(int(size), float(aql), severity) for size, aql in keys.T]
        numbers[:, column + 1] = np.array(rows).reshape(-1, 3)[place.ravel()]
    numbers[:, 0] = [0, 0, 1]
    numbers[:, 0, 0] = numbers[:, 1:, 0].max(axis=1)
    sample_size = np.minimum(numbers[:, :, 0], lot_size[:, None])
    return PlanNumbers(sample_size, numbers[:, :, 1], numbers[:, :, 2])


@cache
def _single(lot_size: int, aql_percent: float, severity: str) -> tuple[int, int, int]:
    plan = lookup_plan(lot_size, aql_percent, severity=severity).plan
    return plan.sample_size, plan.acceptance_number, plan.acceptance_number + 1


def visit_severities(
    accepts_if_normal: Iterable[Sequence[bool]],
    accepts_if_tightened: Iterable[Sequence[bool]],
    *,
    is_forgetful: bool = False,
) -> tuple[list[str], list[bool]]:
    """Severity that the rules ask for at each visit, and whether it was inspected tightened.

    Parameters
    ----------
    accepts_if_normal, accepts_if_tightened
        Whether each class of each lot, in order, would be accepted under either severity.
    is_forgetful
        Whether a switch is noticed one visit late.

    Returns
    -------
    ISO 2859-1:1999, 9.3 and 9.4, walked per class on the results under the severity used;
    a visit is inspected at the strictest that any class asks for. The buyer goes on
    inspecting, tightened, where the rules would have stopped.

    Examples
    --------
    The first class fails twice, and passes five times: both classes are inspected tightened.

    >>> passes = [[False, True]] * 2 + [[True, True]] * 6
    >>> visit_severities(passes, passes)[1]
    [False, False, True, True, True, True, True, False]
    """
    rules = SwitchingRules()
    states: list[SwitchingState] = []
    asked, used = list[str](), list[bool]()
    is_due = False
    for normal, tightened in zip(accepts_if_normal, accepts_if_tightened, strict=True):
        states = states or [NORMAL] * len(normal)
        asked.append(strictest(state.severity for state in states))
        was_due, is_due = is_due, asked[-1] != "normal"
        used.append(was_due if is_forgetful else is_due)
        results = tightened if used[-1] else normal
        states = [
            rules.after(state, LotOutcome(accepted))[0]
            for state, accepted in zip(states, results, strict=True)
        ]
    return asked, used
