"""Working days: against counting on fingers, and what an admin expects of weekends and holidays."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.vocabulary.workdays import MONDAY_TO_FRIDAY, Workdays, workdays_without

DAY = timedelta(days=1)
days = st.dates(date(1900, 1, 1), date(2200, 1, 1))
near = st.dates(date(2025, 12, 1), date(2026, 3, 1))
working = st.sets(st.dates(date(2025, 11, 1), date(2026, 4, 1)), max_size=80).map(
    lambda holidays: workdays_without("made up", holidays)
)


def is_working(day: date, workdays: Workdays) -> bool:
    """Say it as a person would."""
    return day.weekday() < 5 and day not in workdays.holidays


def stepped(day: date, count: int, step: timedelta, workdays: Workdays) -> date:
    """Go from day to day until enough working days have been seen."""
    while count:
        day += step
        count -= is_working(day, workdays)
    return day


@pytest.mark.parametrize(
    ("start", "count", "due"),
    [
        ("2026-03-02", 1, "2026-03-03"),  # Monday
        ("2026-03-06", 1, "2026-03-09"),  # Friday
        ("2026-03-07", 1, "2026-03-09"),  # Saturday
        ("2026-03-04", 5, "2026-03-11"),
        ("2026-04-30", 1, "2026-05-04"),  # 1 May is a Friday
    ],
)
def test_working_days_are_counted_from_the_day_after_over_weekends_and_holidays(
    start: str, count: int, due: str
) -> None:
    """The n-th working day after a day ends the count."""
    workdays = workdays_without("somewhere", [date(2026, 5, 1), date(2026, 5, 2)])

    assert date.fromisoformat(due) == workdays.after(date.fromisoformat(start), count)


@given(near, st.integers(0, 40), working)
def test_counting_by_numbers_is_counting_from_day_to_day(day: date, count: int, workdays: Workdays) -> None:
    """Forwards and back, with holidays in clusters."""
    assert stepped(day, count, DAY, workdays) == workdays.after(day, count)
    assert stepped(day, count, -DAY, workdays) == workdays.before(day, count)


@given(days | near, st.integers(0, 3_000), working)
def test_the_last_day_due_is_the_inverse_of_counting_forwards(today: date, count: int, workdays: Workdays) -> None:
    """A day is due exactly when counting forwards from it does not pass today."""
    last = workdays.last_due(today, count)

    assert workdays.after(last, count) <= today
    assert workdays.after(last + DAY, count) > today


@given(days, st.integers(0, 130_000))
def test_five_working_days_are_a_week_where_there_are_no_holidays(day: date, weeks: int) -> None:
    """From a working day, so many weeks later is five times as many working days later, for centuries."""
    monday = day - timedelta(days=day.weekday())

    assert monday + timedelta(weeks=weeks % 5_000) == MONDAY_TO_FRIDAY.after(monday, weeks % 5_000 * 5)
