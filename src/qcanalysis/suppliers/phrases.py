"""Turns of phrase that the words about suppliers share."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

VerdictState = Literal["good", "bad", "caution", "unknown"]
MOST_NAMED = 4
QUIET_DAYS = 7
"""Days without an inspection that do not yet mean that the record does not go so far."""


def chance(probability: float) -> str:
    """A probability in percent that never says 0 or 100.

    Examples
    --------
    >>> chance(0.0004), chance(0.374), chance(0.9991)
    ('under 1%', '37%', 'over 99%')
    """
    if probability <= 0.005:
        return "under 1%"
    return "over 99%" if probability >= 0.995 else f"{probability:.0%}"


def count(number: int, word: str) -> str:
    """A number with its noun.

    Examples
    --------
    >>> count(1, "lot"), count(1200, "lot")
    ('1 lot', '1,200 lots')
    """
    return f"{number} {word}" if number == 1 else f"{number:,} {word}s"


def named(names: list[str]) -> str:
    """Names in a row, the first few of many.

    Examples
    --------
    >>> named(["Aki", "Beta"]), named(list("abcdefg"))
    ('Aki and Beta', 'a, b, c, d and 3 others')
    """
    rest = len(names) - MOST_NAMED
    shown = names if rest <= 1 else [*names[:MOST_NAMED], f"{rest} others"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def day_in_words(day: date) -> str:
    """A day as it is written out.

    Examples
    --------
    >>> day_in_words(date(2026, 10, 3))
    '3 October 2026'
    """
    return f"{day:%-d %B %Y}"


def record_in_words(start: date, end: date, first: date | None, last: date | None) -> str:
    """Days that a record covers of a window, "" where it fills it but for a week at either end.

    Parameters
    ----------
    start, end
        First and last day of the window.
    first, last
        Of the record; None where it is empty.

    Examples
    --------
    >>> year = date(2026, 1, 1), date(2026, 12, 31)
    >>> record_in_words(*year, date(2024, 1, 3), date(2026, 10, 30))
    'record to 30 October 2026 only'
    """
    if first is None or last is None or last < start or first > end:
        return "no record"
    ends = []
    if first - start > timedelta(QUIET_DAYS):
        ends.append(f"from {day_in_words(first)}")
    if end - last > timedelta(QUIET_DAYS):
        ends.append(f"to {day_in_words(last)}")
    return f"record {' '.join(ends)} only" if ends else ""


def with_arrows(event: str) -> str:
    """What a switch of severity is told as.

    Examples
    --------
    >>> with_arrows("normal -> tightened: 2 of 3 lots in a row not accepted")
    'normal → tightened: 2 of 3 lots in a row not accepted'
    """
    return event.replace("->", "→")


def worst(states: list[VerdictState]) -> VerdictState:
    """Gravest of some states; "unknown" only where nothing else is known.

    Examples
    --------
    >>> worst(["good", "caution", "unknown"]), worst(["good", "unknown"]), worst(["unknown"])
    ('caution', 'good', 'unknown')
    """
    order: tuple[VerdictState, ...] = ("bad", "caution", "good", "unknown")
    return min(states, key=order.index, default="unknown")
