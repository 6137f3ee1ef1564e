from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcanalysis.suppliers.period import Period


@pytest.mark.parametrize(
    ("text", "start", "end", "previous", "title"),
    [
        ("2026-10", "2026-10-01", "2026-10-31", "2026-09", "October 2026"),
        ("2026-01", "2026-01-01", "2026-01-31", "2025-12", "January 2026"),
        ("2024-02", "2024-02-01", "2024-02-29", "2024-01", "February 2024"),
        ("2026-Q1", "2026-01-01", "2026-03-31", "2025-Q4", "first quarter of 2026"),
        ("2026-Q4", "2026-10-01", "2026-12-31", "2026-Q3", "fourth quarter of 2026"),
        ("2026", "2026-01-01", "2026-12-31", "2025", "2026"),
    ],
)
def test_a_label_is_a_period_of_the_calendar(text, start, end, previous, title):
    period = Period.parse(text)
    assert (period.start.isoformat(), period.end.isoformat()) == (start, end)
    assert (period.label, period.previous.label, period.title) == (text, previous, title)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026-13", "the month must be 01 to 12"),
        ("2026-00", "the month must be 01 to 12"),
        ("2026-Q5", "the quarter must be Q1 to Q4"),
        ("26-10", "write a month as 2026-10"),
        ("2026-1", "write a month as 2026-10"),
        ("2026/10", "write a month as 2026-10"),
        ("2026-10\n", "write a month as 2026-10"),
        ("../2026", "write a month as 2026-10"),
        ("0000", "write a month as 2026-10"),
        ("", "write a month as 2026-10"),
        ("last-month", "needs the date of today"),
    ],
)
def test_what_is_no_period_is_refused_in_words(text, said):
    with pytest.raises(ValueError, match=said):
        Period.parse(text)


@pytest.mark.parametrize(
    ("word", "today", "label"),
    [
        ("last-month", "2026-11-01", "2026-10"),
        ("last-month", "2026-10-31", "2026-09"),
        ("last-month", "2026-01-15", "2025-12"),
        ("last-quarter", "2026-01-01", "2025-Q4"),
        ("last-quarter", "2026-12-31", "2026-Q3"),
        ("last-year", "2026-12-31", "2025"),
    ],
)
def test_the_last_period_is_the_one_that_was_over(word, today, label):
    assert Period.parse(word, today=date.fromisoformat(today)).label == label


@given(
    st.dates(date(1003, 1, 1), date(9000, 1, 1)),
    st.sampled_from(["last-month", "last-quarter", "last-year"]),
)
def test_periods_follow_each_other_without_a_gap(today, word):
    period = Period.parse(word, today=today)
    assert period.end < today
    assert Period.parse(period.label) == period
    assert period.previous.end + timedelta(days=1) == period.start


def test_days_that_are_no_period_are_refused():
    with pytest.raises(ValueError, match="no month, quarter or year"):
        Period(date(2026, 10, 2), date(2026, 10, 31))
    with pytest.raises(ValueError, match="no month, quarter or year"):
        Period(date(2026, 2, 1), date(2026, 4, 30))
    with pytest.raises(ValueError, match="no month, quarter or year"):
        Period(date(2026, 11, 1), date(2026, 10, 31))
