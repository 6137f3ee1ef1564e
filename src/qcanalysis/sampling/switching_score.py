"""Switching score of ISO 2859-1: what a lot adds to it on the way to reduced inspection."""

from __future__ import annotations

from functools import cache

from qcanalysis.sampling.standard import tabulated_plans


def next_tighter_acceptance_number(acceptance_number: int) -> int | None:
    """Ac at the next tighter AQL, same sample size, of a plan of the normal table.

    Returns
    -------
    The next smaller acceptance number that the normal table prints; None below 2, and
    for a number that it does not print.

    References
    ----------
    ISO 2859-1:1999, table 2-A: along a row Ac runs 0, 1, 2, 3, 5, 7, 10, 14, 21, 30, 44.

    Examples
    --------
    >>> [next_tighter_acceptance_number(ac) for ac in (1, 2, 7, 8, 21)]
    [None, 1, 5, None, 14]
    """
    printed = _printed_acceptance_numbers()
    if acceptance_number < 2 or acceptance_number not in printed:
        return None
    return printed[printed.index(acceptance_number) - 1]


@cache
def _printed_acceptance_numbers() -> tuple[int, ...]:
    normal = tabulated_plans(severities=("normal",))
    return tuple(sorted({cell.plan.acceptance_number for cell in normal}))


def score_points(count: int, acceptance_number: int) -> int:
    """Points that a lot adds to the ISO switching score under a single plan; 0 resets it.

    Parameters
    ----------
    count
        Nonconforming items in the sample.
    acceptance_number
        Ac of the normal plan in force. A number that the normal table does not print
        has no next tighter one: the lot then brings no points.

    References
    ----------
    ISO 2859-1:1999, 9.3.3.2.

    Examples
    --------
    >>> [score_points(count, 5) for count in (3, 4, 6)], [score_points(count, 1) for count in (1, 2)]
    ([3, 0, 0], [2, 0])
    """  # noqa: E501
    if acceptance_number < 2:
        return 2 if count <= acceptance_number else 0
    tighter = next_tighter_acceptance_number(acceptance_number)
    return 3 if tighter is not None and count <= tighter else 0
