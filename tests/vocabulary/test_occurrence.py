"""Occurrences: what can be written, clock changes by hand, and every minute of three years against an oracle (R4)."""

from array import array
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from whenever import Instant

from engine.vocabulary.occurrence import (
    Cron,
    Every,
    Interval,
    Schedule,
    ScheduleError,
    due_between,
    next_after,
    read_cron,
    read_every,
)

ALL_DAYS, ALL_MONTHS, ALL_WEEKDAYS = frozenset(range(1, 32)), frozenset(range(1, 13)), frozenset(range(7))
UTC_ZONE = ZoneInfo("UTC")


def read(text: str) -> Schedule:
    """Return the schedule of a text: `cron …`, or what stands after `every`, with ` at …` or without."""
    if text.startswith("cron "):
        return read_cron(text.removeprefix("cron "))
    every, _, at = text.partition(" at ")
    return read_every(every, at or None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("15 minutes", Interval(15)),
        ("1 minute", Interval(1)),
        ("hour", Interval(60)),
        ("2 hours", Interval(120)),
        ("168  hours ", Interval(10_080)),
        ("day", Every("day", time())),
        ("day at 03:00", Every("day", time(3))),
        ("day at 9:05", Every("day", time(9, 5))),
        ("weekday", Every("weekday", time())),
        ("weekday at 23:59", Every("weekday", time(23, 59))),
        ("week", Every("week", time(), 1)),
        ("week at 03:30", Every("week", time(3, 30), 1)),
        ("week at Sunday 03:30", Every("week", time(3, 30), 7)),
        ("week at tuesday 00:00", Every("week", time(), 2)),
        ("month", Every("month", time(), 1)),
        ("month at 04:00", Every("month", time(4), 1)),
        ("month at 15 04:00", Every("month", time(4), 15)),
        ("month at last 23:30", Every("month", time(23, 30), 31)),
    ],
)
def test_every_and_at_are_read_as_written(text: str, expected: Schedule) -> None:
    """Intervals, days and their times; what is not written is midnight, Monday and the first."""
    assert expected == read(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30 3 * * *", Cron((30,), (3,), ALL_DAYS, ALL_MONTHS, ALL_WEEKDAYS, is_either=False)),
        ("*/20 1-9/4 2,1 * *", Cron((0, 20, 40), (1, 5, 9), frozenset({1, 2}), ALL_MONTHS, ALL_WEEKDAYS, False)),
        ("0 0 * JAN,dec Mon-Fri", Cron((0,), (0,), ALL_DAYS, frozenset({1, 12}), frozenset({1, 2, 3, 4, 5}), False)),
        ("0 0 1 * mon", Cron((0,), (0,), frozenset({1}), ALL_MONTHS, frozenset({1}), is_either=True)),
        ("0 0 */2 * mon", Cron((0,), (0,), frozenset(range(1, 32, 2)), ALL_MONTHS, frozenset({1}), is_either=False)),
        ("\t00  07 * *  0 ", Cron((0,), (7,), ALL_DAYS, ALL_MONTHS, frozenset({0}), is_either=False)),
    ],
)
def test_cron_fields_are_read_as_vixies_cron_reads_them(text: str, expected: Cron) -> None:
    """Lists, ranges, steps and names; two restricted days are alternatives, unless one begins with a star."""
    assert expected == read_cron(text)


@pytest.mark.parametrize("pair", ["7 0", "sun 0", "sat-sun 6,0", "5-7 0,5,6", "*/7 0", "0-7 0-6", "sun-tue 0-2"])
def test_sunday_begins_a_cron_week_and_ends_it(pair: str) -> None:
    """0, 7 and its name are the same day."""
    one, other = pair.split()

    assert read_cron(f"0 0 * * {one}") == read_cron(f"0 0 * * {other}")


REFUSED = {  # a part of the sentence, and what it is said about
    "`every` is": ("fortnight", "Day", "days", "hours", "2 days", "-5 minutes", "1.5 hours", "٣ hours", "9999999999 hours"),
    "is from 1 minute": ("0 minutes", "169 hours", "999999999 hours"),
    "`at` goes with": ("15 minutes at 03:00", "hour at 00:15"),
    "time of day": (
        "day at 3", "day at 24:00", "day at 12:60", "day at 03:00:00", "day at 3 pm", "week at Sunday",
        "week at 03:30 Sunday", "month at 15",
    ),
    "a weekday goes with `week`": ("day at Sunday 03:00", "weekday at Monday 03:00"),
    "is no weekday": ("week at Sun 03:00", "week at 1 03:00"),
    "is no day of a month": ("month at 0 03:00", "month at 32 03:00", "month at Monday 03:00"),
    "five fields": ("cron ", "cron @daily", "cron * * * *", "cron 0 0 0 * * *"),
    "is made of": (
        "cron 0 0 ? * mon", "cron 0 0 * * 5#2", "cron -1 * * * *", "cron 1,,2 * * * *", "cron 1.5 * * * *",
        "cron 5- * * * *", "cron *-5 * * * *", "cron ٣ * * * *", "cron * * * * \x1b[2J",
    ),
    "it is 0 to 59": ("cron 60 * * * *", "cron mon * * * *", "cron 0-99 * * * *"),
    "it is 0 to 23": ("cron * 24 * * *",),
    "it is 1 to 31": ("cron * * 0 * *", "cron * * L * *"),
    "it is 1 to 12 or jan to dec": ("cron * * * 13 *", "cron * * * january *"),
    "it is 0 to 7 or sun to sat": ("cron * * * * 8", "cron * * * * 5L"),
    "a step is from 1 to 60": ("cron */0 * * * *", "cron */90 * * * *"),
    "a step needs a range, `5-59/10`": ("cron 5/10 * * * *",),
    "runs backwards": ("cron 0 22-2 * * *", "cron 0 0 * * sat-mon"),
    "never comes": ("cron 0 0 31 2 *", "cron 0 0 30,31 feb *", "cron 0 0 31 4,6,9,11 *", "cron 0 0 30 2 */2"),
}  # fmt: skip


@pytest.mark.parametrize(("said", "text"), [(said, text) for said, texts in REFUSED.items() for text in texts])
def test_what_is_no_schedule_is_refused_with_a_sentence(said: str, text: str) -> None:
    """Mistakes, extensions of other crons and days that no calendar has; each sentence says what would be right."""
    with pytest.raises(ScheduleError) as refused:
        read(text)

    assert said in str(refused.value)
    assert str(refused.value).isprintable()


def test_nothing_written_is_no_time_and_no_unit() -> None:
    """An empty text is not a default."""
    for every, at in (("", None), ("day", "")):
        with pytest.raises(ScheduleError):
            read_every(every, at)


def _any_day(_: date) -> bool:
    return True


def _month_ends(day: date) -> bool:
    return (day + timedelta(1)).day == 1


def _at(*times: tuple[int, int]) -> Callable[[int, int], bool]:
    return lambda hour, minute: (hour, minute) in times


# Each schedule said again for the oracle: on which days, at which hours and minutes.
CASES: dict[str, tuple[Callable[[date], bool], Callable[[int, int], bool]]] = {
    "day at 02:30": (_any_day, _at((2, 30))),
    "day": (_any_day, _at((0, 0))),
    "weekday at 02:00": (lambda day: day.strftime("%a") not in ("Sat", "Sun"), _at((2, 0))),
    "week at Sunday 02:15": (lambda day: day.strftime("%a") == "Sun", _at((2, 15))),
    "month": (lambda day: day.day == 1, _at((0, 0))),
    "month at 30 00:30": (lambda day: day.day == 30 or (day.month == 2 and _month_ends(day)), _at((0, 30))),
    "month at last 23:30": (_month_ends, _at((23, 30))),
    "cron */15 * * * *": (_any_day, lambda _, minute: minute % 15 == 0),
    "cron 30 1,2 * * 7": (lambda day: day.weekday() == 6, _at((1, 30), (2, 30))),
    "cron * 0-3,23 * * sat-sun": (lambda day: day.weekday() > 4, lambda hour, _: hour < 4 or hour == 23),
    "cron 0 0 29 2 *": (lambda day: (day.month, day.day) == (2, 29), _at((0, 0))),
    "cron 0 0 31 * *": (lambda day: day.day == 31, _at((0, 0))),
    "cron 15 2 1-7 * sun": (lambda day: day.day < 8 or day.weekday() == 6, _at((2, 15))),
    "cron */20 1,2 */2 mar,apr,9-11 sun,mon": (
        lambda day: day.day % 2 == 1 and day.month in (3, 4, 9, 10, 11) and day.weekday() in (0, 6),
        _at((1, 0), (1, 20), (1, 40), (2, 0), (2, 20), (2, 40)),
    ),
}
YEARS = (  # the first of three, and how clocks change then
    ("Europe/Stockholm", 2024),  # at night
    ("America/Havana", 2024),  # days without a midnight
    ("Australia/Lord_Howe", 2024),  # by half an hour
    ("America/Sao_Paulo", 2016),  # at midnight, back into the day before
    ("Pacific/Apia", 2010),  # a whole day is skipped
)


def _first_shown(zone: str, start: int, end: int) -> tuple[int, "array[int]"]:
    """Walk the UTC minutes from start to end; return the first wall minute, and when each from there on runs.

    A wall minute runs when clocks first show it or pass over it. Minutes count from 1970.
    """
    runs = array("q")
    first = reached = 0
    for minute in range(start, end):
        wall = minute + int(Instant.from_timestamp(minute * 60).to_tz(zone).offset.total("minutes"))
        if minute == start:
            first, reached = wall, wall - 1
        while reached < wall:
            runs.append(minute)
            reached += 1
    return first, runs


def _minutes(instant: datetime) -> int:
    return int(instant.timestamp()) // 60


@pytest.mark.parametrize(("zone", "year"), YEARS)
def test_r4_every_minute_of_three_years_agrees_with_an_independent_oracle(zone: str, year: int) -> None:
    """No run is missing, doubled or misplaced, through gaps, folds and skipped days."""
    start, end = (datetime(one, 1, 1, tzinfo=UTC) for one in (year, year + 3))
    first, runs = _first_shown(zone, _minutes(start), _minutes(end))
    for text, (falls_on, falls_at) in CASES.items():
        times = [minute for minute in range(1440) if falls_at(*divmod(minute, 60))]
        days = range(first // 1440, (first + len(runs)) // 1440 + 1)
        walls = (day * 1440 + at for day in days if falls_on(date(1970, 1, 1) + timedelta(day)) for at in times)
        expected = sorted({runs[wall - first] for wall in walls if 0 <= wall - first < len(runs)})
        minute = timedelta(minutes=1)
        found = map(_minutes, due_between(read(text), start - minute, end - minute, ZoneInfo(zone)))

        assert (text, expected) == (text, list(found))
        assert expected or text == "cron 0 0 29 2 *"


@pytest.mark.parametrize(("text", "minutes"), [("15 minutes", 15), ("hour", 60), ("7 minutes", 7), ("5 hours", 300)])
def test_r4_intervals_are_elapsed_time_whatever_clocks_do(text: str, minutes: int) -> None:
    """Three years of runs lie on the multiples of the interval since 1970, in any zone."""
    start, end = datetime(2024, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    expected = [minute for minute in range(_minutes(start) + 1, _minutes(end) + 1) if minute % minutes == 0]

    assert expected == list(map(_minutes, due_between(read(text), start, end, ZoneInfo("Australia/Lord_Howe"))))


BY_HAND = (  # schedule, zone, first the instant to start after, then the runs
    ("cron */15 * * * *", "Europe/Stockholm", "2026-03-29T01:40+01 2026-03-29T01:45+01 2026-03-29T03:00+02 2026-03-29T03:15+02"),
    ("cron */30 * * * *", "Europe/Stockholm", "2026-10-25T02:00+02 2026-10-25T02:30+02 2026-10-25T03:00+01"),
    ("cron 30 2 * * *", "Europe/Stockholm", "2026-10-25T02:10+01 2026-10-26T02:30+01"),
    ("30 minutes", "Europe/Stockholm", "2026-10-25T02:30+02 2026-10-25T02:00+01 2026-10-25T02:30+01 2026-10-25T03:00+01"),
    ("day at 02:30", "Europe/Stockholm", "2026-03-28T02:30+01 2026-03-29T03:00+02 2026-03-30T02:30+02"),
    ("day", "America/Havana", "2026-03-07T12:00-05 2026-03-08T01:00-04 2026-03-09T00:00-04"),
    ("day at 03:00", "Pacific/Apia", "2011-12-29T03:00-10 2011-12-31T00:00+14 2011-12-31T03:00+14"),
    ("weekday", "Europe/Stockholm", "2026-05-01T00:00+02 2026-05-04T00:00+02"),
    ("month at 31 06:00", "UTC", "2028-01-31T06:00+00 2028-02-29T06:00+00 2028-03-31T06:00+00 2028-04-30T06:00+00"),
    ("cron 0 0 29 2 *", "UTC", "2096-02-29T00:00+00 2104-02-29T00:00+00 2108-02-29T00:00+00"),
    ("cron 0 0 31 2 mon", "UTC", "2026-01-01T00:00+00 2026-02-02T00:00+00 2026-02-09T00:00+00"),
    ("cron 0 0 29 2 */7", "UTC", "2088-02-29T00:00+00 2128-02-29T00:00+00"),
)  # fmt: skip


@pytest.mark.parametrize(("text", "zone", "instants"), BY_HAND)
def test_clock_changes_and_rare_days_by_hand(text: str, zone: str, instants: str) -> None:
    """A gap is one run at its end, a fold one run at its start, intervals go on, and rare days come."""
    for before, expected in pairwise(map(datetime.fromisoformat, instants.split())):
        assert expected == next_after(read(text), before.astimezone(UTC), ZoneInfo(zone))


schedules = st.sampled_from([*CASES, "7 minutes", "hour", "cron * * * * *"]).map(read)
changes = st.sampled_from(
    ["2026-03-29T01:00Z", "2026-10-25T01:00Z", "2026-03-08T05:00Z", "2026-11-01T05:00Z", "2026-04-04T15:00Z"]
).map(datetime.fromisoformat)
spans = st.timedeltas(timedelta(hours=-3), timedelta(hours=3)) | st.integers(-50, 50).map(
    lambda n: timedelta(minutes=n)
)
instants_near_changes = st.builds(lambda change, span: change + span, changes, spans)
zones = st.sampled_from(["Europe/Stockholm", "America/Havana", "Australia/Lord_Howe", "UTC"]).map(ZoneInfo)


@given(schedules, instants_near_changes, zones)
def test_next_after_is_strictly_increasing(schedule: Schedule, instant: datetime, zone: ZoneInfo) -> None:
    """Stepping from run to run goes forwards always, and finds what one walk finds."""
    steps = [instant]
    for _ in range(20):
        steps.append(next_after(schedule, steps[-1], zone))

    assert all(one < other for one, other in pairwise(steps))
    assert all(run.tzinfo is UTC and run == run.replace(second=0, microsecond=0) for run in steps[1:])
    assert steps[1:] == list(due_between(schedule, instant, steps[-1], zone))


@given(schedules, instants_near_changes, st.lists(spans.map(abs), min_size=2, max_size=2).map(sorted), zones)
def test_a_stretch_of_time_can_be_cut_anywhere(
    schedule: Schedule, start: datetime, lengths: list[timedelta], zone: ZoneInfo
) -> None:
    """What is due in two adjoining stretches is what is due in the whole, wherever the service was stopped."""
    middle, end = (start + length for length in lengths)
    parts = [*due_between(schedule, start, middle, zone), *due_between(schedule, middle, end, zone)]

    assert parts == list(due_between(schedule, start, end, zone))


def test_the_end_of_a_stretch_belongs_to_it_and_its_start_does_not() -> None:
    """A run at the very end is due; one at the very start was due before."""
    start, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)

    assert [end] == list(due_between(read("day"), start, end, UTC_ZONE))
    assert not list(due_between(read("day"), end, start, UTC_ZONE))
