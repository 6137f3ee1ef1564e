"""Sets of cartons kept as ranges, so that what is released and what is held can be compared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from itertools import chain
from operator import or_

_LABEL = re.compile(r"(.*?)([0-9]{0,15})", re.DOTALL)
_NO_NUMBER = -1

Interval = tuple[str, int, int]


@dataclass(frozen=True)
class CartonSet:
    """Set of cartons, held as disjoint ranges of numbers under one prefix.

    A carton is its prefix and its number: ``"7"`` and ``"007"`` are the same carton, and a set
    writes it as its register does. ``|`` is union, ``&`` intersection, ``-`` difference, ``<=``
    inclusion; `len` is the number of cartons. Adjoining ranges are joined.

    Attributes
    ----------
    intervals
        Prefix, first and last number of each range, in order.
    widths
        Digits that a number is padded to, by prefix; no part of the comparison of two sets.

    Examples
    --------
    >>> order = CartonSet.between("K-001", "K-080")
    >>> print(order - CartonSet.between("K-041", "K-060"))
    K-001 to K-040, K-061 to K-080
    >>> len(order & CartonSet.between("K-79", "K-99"))
    2
    """

    intervals: tuple[Interval, ...] = ()
    widths: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def between(cls, first: str, last: str | None = None) -> CartonSet:
        """Set of the cartons from `first` to `last`, both included; `last` None: one carton.

        Raises
        ------
        ValueError
            If the two marks do not share a prefix, or the range runs backwards.

        Examples
        --------
        >>> print(CartonSet.between("098", "101"))
        098 to 101
        """
        prefix, number, width = _taken_apart(first)
        last_prefix, last_number, last_width = _taken_apart(first if last is None else last)
        if prefix != last_prefix or last_number < number:
            raise ValueError(
                f"first_carton_no {first!r} to last_carton_no {last!r} is no range: "
                "both need the same prefix and the first the lower number"
            )
        return cls(((prefix, number, last_number),), {prefix: max(width, last_width)})

    @classmethod
    def union(cls, sets: Iterable[CartonSet]) -> CartonSet:
        """Set of all cartons that are in any of `sets`."""
        return reduce(or_, sets, cls())

    def __or__(self, other: CartonSet) -> CartonSet:
        joined: list[Interval] = []
        for prefix, first, last in sorted(chain(self.intervals, other.intervals)):
            if joined and joined[-1][0] == prefix and first <= joined[-1][2] + 1:
                joined[-1] = (prefix, joined[-1][1], max(joined[-1][2], last))
            else:
                joined.append((prefix, first, last))
        return CartonSet(tuple(joined), _widest(self.widths, other.widths))

    def __sub__(self, other: CartonSet) -> CartonSet:
        left = list(self.intervals)
        for prefix, first, last in other.intervals:
            left = [
                piece
                for interval in left
                for piece in (
                    _around(interval, first, last) if interval[0] == prefix else (interval,)
                )
            ]
        return CartonSet(tuple(left), _widest(self.widths, other.widths))

    def __and__(self, other: CartonSet) -> CartonSet:
        return self - (self - other)

    def __le__(self, other: CartonSet) -> bool:
        return not self - other

    def __len__(self) -> int:
        return sum(last - first + 1 for _, first, last in self.intervals)

    def __str__(self) -> str:
        return ", ".join(self._range_text(*interval) for interval in self.intervals)

    def ranges(self) -> tuple[tuple[str, str], ...]:
        """Marks of the first and last carton of each range, for a release note (R80).

        Examples
        --------
        >>> CartonSet.between("001", "040").ranges()
        (('001', '040'),)
        """
        return tuple(
            (self._label(prefix, first), self._label(prefix, last))
            for prefix, first, last in self.intervals
        )

    def _range_text(self, prefix: str, first: int, last: int) -> str:
        start, end = self._label(prefix, first), self._label(prefix, last)
        return start if first == last else f"{start} to {end}"

    def _label(self, prefix: str, number: int) -> str:
        if number == _NO_NUMBER:
            return prefix
        return f"{prefix}{number:0{self.widths.get(prefix, 0)}d}"


def _taken_apart(label: str) -> tuple[str, int, int]:
    """Prefix, number and padded width of a carton mark."""
    match = _LABEL.fullmatch(label)
    assert match is not None  # both groups may be empty, so the pattern fits every text
    prefix, digits = match.groups()
    number = int(digits) if digits else _NO_NUMBER
    return prefix, number, len(digits) if digits.startswith("0") else 0


def _around(interval: Interval, first: int, last: int) -> Iterable[Interval]:
    """Yield what is left of an interval before `first` and after `last`."""
    prefix, start, end = interval
    if start < first:
        yield prefix, start, min(end, first - 1)
    if end > last:
        yield prefix, max(start, last + 1), end


def _widest(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {prefix: max(one.get(prefix, 0), other.get(prefix, 0)) for prefix in {**one, **other}}
