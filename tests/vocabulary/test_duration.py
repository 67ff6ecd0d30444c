"""Durations: reading, the table of legal terms (L6), and forwards against backwards over clock changes."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from whenever import PlainDateTime

from engine.vocabulary.calendar import Moment, from_wall_clock, last_day_due, plus_months, start_of_day
from engine.vocabulary.duration import MICROSECOND, Duration, DurationError, read_duration
from engine.vocabulary.workdays import MONDAY_TO_FRIDAY, Workdays, workdays_without

ZONES = tuple(map(ZoneInfo, ("Europe/Stockholm", "America/Havana", "Australia/Lord_Howe", "Asia/Kolkata", "UTC")))
STOCKHOLM = ZONES[0]
instants = st.datetimes(datetime(2023, 1, 1), datetime(2028, 1, 1)).map(lambda wall: wall.replace(tzinfo=UTC))
days = st.dates(date(1900, 1, 1), date(2100, 1, 1))
durations = st.builds(
    Duration, st.integers(0, 30), st.integers(0, 40), st.integers(0, 3_000), st.just(0) | st.integers(0, 60)
).filter(lambda length: not length.is_zero)
workdays = st.just(MONDAY_TO_FRIDAY) | st.sets(st.dates(date(2022, 1, 1), date(2029, 1, 1)), max_size=60).map(
    lambda holidays: workdays_without("made up", holidays)
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
        ("1 working day", Duration(workdays=1)),
        ("5 working days", Duration(workdays=5)),
        ("1 month 2 working days 4 hours", Duration(1, 0, 240, 2)),
    ],
)
def test_durations_are_read_as_written(text: str, expected: Duration) -> None:
    """Numbers and units join, and weeks, quarters, years and hours are what they contain."""
    assert expected == read_duration(text)
    assert expected == read_duration(str(expected))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "days",
        "3",
        "3days",
        "-3 days",
        "3 fortnights",
        "3 days ago",
        "1.5 years",
        "99999999 years",
        "5 working hours",
        "5 working",
        "5 workingdays",
        "999999 working days",
    ],
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


@given(
    st.sampled_from(ZONES),
    st.sampled_from((datetime(2025, 10, 25, 23), datetime(2025, 4, 5, 14), datetime(2025, 11, 2, 4))),
    st.lists(st.timedeltas(timedelta(0), timedelta(hours=5)), min_size=2, max_size=2).map(sorted),
    durations,
)
@example(STOCKHOLM, datetime(2025, 10, 25, 23), [timedelta(minutes=119), timedelta(hours=2)], Duration(days=1))
def test_what_is_older_stays_older_while_clocks_are_set_back(
    zone: ZoneInfo, night: datetime, later: list[timedelta], length: Duration
) -> None:
    """In the second of two equal hours no threshold lies before where it was in the first."""
    first, second = (Moment(night.replace(tzinfo=UTC) + one, zone) for one in later)

    assert length.older_before(first) <= length.older_before(second)
    assert length.ahead(first) <= length.ahead(second)
    assert length.after(first.now, first) <= length.after(second.now, first)
    assert length.earlier(first.now, first) <= length.earlier(second.now, first)


@given(days, st.integers(1, 60))
@example(date(2026, 2, 28), 1)
@example(date(2026, 3, 30), 1)
def test_the_last_day_due_is_the_inverse_of_counting_forwards(today: date, months: int) -> None:
    """A day is due exactly when counting months forwards from it does not pass today."""
    last = last_day_due(today, months)

    assert plus_months(last, months) <= today
    assert plus_months(last + timedelta(days=1), months) > today


@settings(max_examples=500)
@given(instants, instants, durations, st.sampled_from(ZONES), workdays)
def test_older_than_by_threshold_is_older_than_counted_forwards(
    value: datetime, now: datetime, length: Duration, zone: ZoneInfo, working: Workdays
) -> None:
    """The threshold that SQL compares with says what counting forwards from the value says, also at the threshold."""
    moment = Moment(now, zone, working)
    threshold = length.older_before(moment)

    for one in (value, threshold, threshold - MICROSECOND):
        assert length.is_passed(one, moment) == (one < threshold)


@given(days, durations, st.sampled_from(ZONES), instants, workdays)
def test_older_than_by_threshold_holds_at_day_starts_too(
    day: date, length: Duration, zone: ZoneInfo, now: datetime, working: Workdays
) -> None:
    """Days, which count from their first instant, follow the same rule."""
    moment, value = Moment(now, zone, working), start_of_day(day, zone)

    assert length.is_passed(value, moment) == (value < length.older_before(moment))


@settings(max_examples=500)
@given(instants, st.timedeltas(timedelta(0), timedelta(days=1200)), durations, st.sampled_from(ZONES), workdays)
def test_what_lies_ahead_by_threshold_lies_ahead_counted_back(
    now: datetime, distance: timedelta, length: Duration, zone: ZoneInfo, working: Workdays
) -> None:
    """The threshold of `in_next` says what counting back from the value says, also at the threshold itself."""
    moment = Moment(now, zone, working)
    threshold = length.ahead(moment)

    for value in (now + distance, threshold, threshold - MICROSECOND):
        assert length.reaches(value, moment) == (value < threshold)


@given(st.lists(instants, min_size=2, max_size=2).map(sorted), durations, st.sampled_from(ZONES), workdays)
def test_time_counted_from_a_later_instant_never_ends_earlier(
    values: list[datetime], length: Duration, zone: ZoneInfo, working: Workdays
) -> None:
    """All four answers of a duration are monotone."""
    first, second = (Moment(value, zone, working) for value in values)

    assert length.after(values[0], first) <= length.after(values[1], first)
    assert length.earlier(values[0], first) <= length.earlier(values[1], first)
    assert length.older_before(first) <= length.older_before(second)
    assert length.ahead(first) <= length.ahead(second)


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
