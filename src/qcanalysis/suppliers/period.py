"""Calendar periods that scorecards are made for: a month, a quarter or a year."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

_LABEL = re.compile(r"(?P<year>\d{4})(-(?P<month>\d{2})|-Q(?P<quarter>\d))?")
_LAST = {"last-month": 1, "last-quarter": 3, "last-year": 12}
_FORMS = (
    "a month as 2026-10, a quarter as 2026-Q3, a year as 2026, or last-month, last-quarter, "
    "last-year"
)


@dataclass(frozen=True, order=True)
class Period:
    """A month, quarter or year of the calendar in which inspections are dated.

    Attributes
    ----------
    start, end : date
        First and last day, both included.

    Examples
    --------
    >>> period = Period.parse("2026-Q3")
    >>> period.start.isoformat(), period.end.isoformat(), period.previous.label
    ('2026-07-01', '2026-09-30', '2026-Q2')
    """

    start: date
    end: date

    def __post_init__(self) -> None:
        if _of_months(self.start, self._months) != (self.start, self.end):
            raise ValueError(
                f"{self.start} to {self.end} is no month, quarter or year; use Period.parse."
            )

    @classmethod
    def parse(cls, text: str, *, today: date | None = None) -> Self:
        """Period that `text` means.

        Parameters
        ----------
        text : str
            "2026-10", "2026-Q3", "2026", or "last-month", "last-quarter", "last-year": the last
            one that was over before `today`.
        today : date, optional
            For the three words alone.

        Raises
        ------
        ValueError
            If `text` is none of these, or a word without `today`.

        Examples
        --------
        >>> Period.parse("last-month", today=date(2026, 11, 2)).label
        '2026-10'
        """
        if text in _LAST:
            if today is None:
                raise ValueError(f"period {text!r}: needs the date of today; name the period.")
            months = _LAST[text]
            first_of_this = date(today.year, (today.month - 1) // months * months + 1, 1)
            return cls(*_of_months(_first_day(first_of_this, -months), months))
        found = _LABEL.fullmatch(text)
        year, month, quarter = found.group("year", "month", "quarter") if found else ("", "", "")
        if not found or not 1001 <= int(year) <= 9998:
            raise ValueError(f"period {text!r}: write {_FORMS}.")
        if month and not 1 <= int(month) <= 12:
            raise ValueError(f"period {text!r}: the month must be 01 to 12.")
        if quarter and not 1 <= int(quarter) <= 4:
            raise ValueError(f"period {text!r}: the quarter must be Q1 to Q4.")
        if month:
            return cls(*_of_months(date(int(year), int(month), 1), 1))
        if quarter:
            return cls(*_of_months(date(int(year), 3 * int(quarter) - 2, 1), 3))
        return cls(*_of_months(date(int(year), 1, 1), 12))

    @property
    def label(self) -> str:
        """Name as on the command line and of the folder: "2026-10", "2026-Q3" or "2026"."""
        if self._months == 1:
            return f"{self.start:%Y-%m}"
        return f"{self.start:%Y}" + (f"-Q{self.end.month // 3}" if self._months == 3 else "")

    @property
    def title(self) -> str:
        """Name in words: "October 2026", "third quarter of 2026" or "2026"."""
        if self._months == 1:
            return f"{self.start:%B %Y}"
        if self._months == 3:
            number = ("first", "second", "third", "fourth")[self.end.month // 3 - 1]
            return f"{number} quarter of {self.start:%Y}"
        return f"{self.start:%Y}"

    @property
    def previous(self) -> Self:
        """The period of the same length before this one."""
        return type(self)(*_of_months(_first_day(self.start, -self._months), self._months))

    def window(self, months: int) -> tuple[date, date]:
        """First and last day of the `months` that end with the period, or of the period if longer.

        Examples
        --------
        >>> [day.isoformat() for day in Period.parse("2026-10").window(12)]
        ['2025-11-01', '2026-10-31']
        """
        return _first_day(self.end, 1 - max(months, self._months)), self.end

    @property
    def _months(self) -> int:
        return whole_months(self.start, self.end)


def whole_months(start: date, end: date) -> int:
    """Calendar months that a window touches, both days included.

    Examples
    --------
    >>> whole_months(date(2025, 11, 1), date(2026, 10, 31))
    12
    """
    return 12 * (end.year - start.year) + end.month - start.month + 1


def _first_day(day: date, months: int) -> date:
    """First day of the month that lies `months` after that of `day`."""
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, 1)


def _of_months(start: date, months: int) -> tuple[date, date]:
    """First and last day of `months` (1, 3 or 12) whole months that begin where they may."""
    if months not in (1, 3, 12) or (start.month - 1) % months:
        return date.min, date.min
    first = start.replace(day=1)
    return first, _first_day(first, months) - timedelta(days=1)
