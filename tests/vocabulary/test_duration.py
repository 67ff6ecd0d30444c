"""Durations: reading, the table of legal terms (L6), and forwards against backwards over clock changes."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from whenever import PlainDateTime

from engine.vocabulary.calendar import Moment, from_wall_clock, last_day_due, plus_months, start_of_day
from engine.vocabulary.duration import Duration, DurationError, read_duration

ZONES = tuple(map(ZoneInfo, ("Europe/Stockholm", "America/Havana", "Australia/Lord_Howe", "Asia/Kolkata", "UTC")))
STOCKHOLM = ZONES[0]
instants = st.datetimes(datetime(2023, 1, 1), datetime(2028, 1, 1)).map(lambda wall: wall.replace(tzinfo=UTC))
days = st.dates(date(1900, 1, 1), date(2100, 1, 1))
durations = st.builds(Duration, st.integers(0, 30), st.integers(0, 40), st.integers(0, 3_000)).filter(
    lambda length: not length.is_zero
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90 days", Duration(days=90)),
        ("1 day", Duration(days=1)),
        ("2 weeks", Duration(days=14)),
        ("1 year 6 months", Duration(months=18)),
        ("1 quarter", Duration(months=3)),
        ("72 hours", Duration(minutes=72 * 60)),
        ("1 month 3 days 4 hours 5 minutes", Duration(1, 3, 245)),
    ],
)
def test_durations_are_read_as_written(text: str, expected: Duration) -> None:
    """Numbers and units join, and weeks, quarters, years and hours are what they contain."""
    assert expected == read_duration(text)
    assert expected == read_duration(str(expected))


@pytest.mark.parametrize(
    "text", ["", "days", "3", "3days", "-3 days", "3 fortnights", "3 days ago", "1.5 years", "99999999 years"]
)
def test_what_is_no_duration_is_refused_with_a_sentence(text: str) -> None:
    """Everything else is refused, huge ones included."""
    with pytest.raises(DurationError):
        read_duration(text)


@pytest.mark.parametrize(
    ("start", "months", "due"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2025-12-31", 2, "2026-02-28"),
        ("2026-03-31", -1, "2026-02-28"),
        ("2026-10-30", 4, "2027-02-28"),
    ],
)
def test_l6_months_are_counted_on_dates_and_clipped_to_the_months_end(start: str, months: int, due: str) -> None:
    """One month from 31 January ends on the last day of February."""
    assert date.fromisoformat(due) == plus_months(date.fromisoformat(start), months)


def test_l6_72_hours_are_elapsed_hours_across_a_clock_change() -> None:
    """From the evening before clocks go forward, 72 hours end an hour later by the wall."""
    started = datetime(2026, 3, 28, 20, tzinfo=STOCKHOLM)
    moment = Moment(started.astimezone(UTC), STOCKHOLM)

    assert datetime(2026, 3, 31, 21, tzinfo=STOCKHOLM) == Duration(minutes=72 * 60).after(moment.now, moment)
    assert datetime(2026, 3, 31, 20, tzinfo=STOCKHOLM) == Duration(days=3).after(moment.now, moment)


def test_hours_are_elapsed_hours_while_the_clock_shows_an_hour_twice() -> None:
    """In the second of two equal hours, an hour ago is the first of them, and the next hour is not over yet."""
    again = datetime(2025, 10, 26, 2, 15, tzinfo=STOCKHOLM, fold=1).astimezone(UTC)
    before, hour = again - timedelta(hours=1), Duration(minutes=60)

    assert before + timedelta(microseconds=1) == hour.older_before(Moment(again, STOCKHOLM))
    assert again + timedelta(microseconds=1) == hour.older_before(Moment(again + timedelta(hours=1), STOCKHOLM))
    assert again + timedelta(hours=1, microseconds=1) == hour.ahead(Moment(again, STOCKHOLM))
    assert again == hour.after(before, Moment(again, STOCKHOLM))


@given(days, st.integers(1, 60))
@example(date(2026, 2, 28), 1)
@example(date(2026, 3, 30), 1)
def test_the_last_day_due_is_the_inverse_of_counting_forwards(today: date, months: int) -> None:
    """A day is due exactly when counting months forwards from it does not pass today."""
    last = last_day_due(today, months)

    assert plus_months(last, months) <= today
    assert plus_months(last + timedelta(days=1), months) > today


@settings(max_examples=500)
@given(instants, instants, durations, st.sampled_from(ZONES))
def test_older_than_by_threshold_is_older_than_counted_forwards(
    value: datetime, now: datetime, length: Duration, zone: ZoneInfo
) -> None:
    """The threshold that SQL compares with says what counting forwards from the value says."""
    moment = Moment(now, zone)

    assert length.is_passed(value, moment) == (value < length.older_before(moment))


@given(days, durations, st.sampled_from(ZONES), instants)
def test_older_than_by_threshold_holds_at_day_starts_too(
    day: date, length: Duration, zone: ZoneInfo, now: datetime
) -> None:
    """Days, which count from their first instant, follow the same rule."""
    moment, value = Moment(now, zone), start_of_day(day, zone)

    assert length.is_passed(value, moment) == (value < length.older_before(moment))


@given(st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1)), st.sampled_from(ZONES))
@example(datetime(2026, 3, 29, 2, 30), STOCKHOLM)
@example(datetime(2026, 10, 25, 2, 30), STOCKHOLM)
def test_wall_clock_times_are_found_as_an_independent_library_finds_them(wall: datetime, zone: ZoneInfo) -> None:
    """A time that is there is that instant, the earlier of two; a skipped one is the first instant after the gap."""
    zoned = PlainDateTime(wall).assume_tz(str(zone), disambiguation="later")
    if zoned.to_plain().to_stdlib() == wall:
        expected = PlainDateTime(wall).assume_tz(str(zone), disambiguation="earlier").to_stdlib()
    else:
        transition = zoned.prev_transition()
        assert transition is not None
        expected = transition.to_stdlib()

    assert expected.astimezone(UTC) == from_wall_clock(wall, zone)


@given(
    st.lists(st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1)), min_size=2, max_size=2).map(sorted),
    st.sampled_from(ZONES),
)
def test_a_later_wall_clock_time_is_never_an_earlier_instant(walls: list[datetime], zone: ZoneInfo) -> None:
    """Reading wall clocks is monotone, through gaps and doubled hours."""
    assert from_wall_clock(walls[0], zone) <= from_wall_clock(walls[1], zone)
