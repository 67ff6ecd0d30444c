"""Occurrences: schedules as rules write them (`every` with `at`, `cron`), and the instants at which they are due.

Wall clocks jump. A due time that is skipped when clocks go forward runs once, at the first valid instant after the
gap, and a due time that occurs twice runs once, at its first occurrence. Two due times that come to the same instant
are one run. Intervals of minutes and hours are elapsed time and know nothing of wall clocks.
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from engine.vocabulary.calendar import DAY, from_wall_clock

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MIDNIGHT = time()
LONGEST_INTERVAL = 7 * 24 * 60
LONGEST_MONTH = 31
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WORKING_WEEK = 5
MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAY_NAMES = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")

_INTERVAL = re.compile(r"(?:(\d{1,9}) +)?(minute|hour)(s?)", re.ASCII)
_TIME = re.compile(r"(?:(\w{1,9}) +)?(\d{1,2}):(\d{2})", re.ASCII)
_PART = re.compile(r"(?:\*|(\w{1,9})(?:(-)(\w{1,9}))?)(?:/(\d{1,2}))?", re.ASCII)


class ScheduleError(ValueError):
    """A schedule that cannot be read; its text says why."""


@dataclass(frozen=True, slots=True)
class Interval:
    """`every: 15 minutes`: elapsed time, counted from the start of 1970 in UTC.

    So it neither skips nor doubles when clocks change, and needs no memory of the last run: every process that
    computes the occurrences finds the same ones. Lengths that divide a day begin anew with each day in UTC.
    """

    minutes: int


@dataclass(frozen=True, slots=True)
class Every:
    """`every: day`, `weekday`, `week` or `month`, at a wall-clock time.

    `day` is the weekday of a week (1 is Monday) or the day of a month, clipped to the month's end: a month has one run.
    """

    unit: str
    at: time = MIDNIGHT
    day: int = 1

    def falls_on(self, day: date) -> bool:
        """True when there is a run on the local day."""
        match self.unit:
            case "weekday":
                return day.isoweekday() <= WORKING_WEEK
            case "week":
                return day.isoweekday() == self.day
            case "month":
                return day.day == min(self.day, monthrange(day.year, day.month)[1])
        return True

    def times(self) -> Iterator[time]:
        """Yield the wall-clock times of a day with a run."""
        yield self.at


@dataclass(frozen=True, slots=True)
class Cron:
    """`cron`: five fields, as Vixie's cron reads them; Sunday is 0.

    `is_either` is set when day of month and weekday are both restricted: then one of the two suffices.
    """

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    is_either: bool

    def falls_on(self, day: date) -> bool:
        """True when there is a run on the local day."""
        if day.month not in self.months:
            return False
        in_month, in_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return (in_month or in_week) if self.is_either else (in_month and in_week)

    def times(self) -> Iterator[time]:
        """Yield the wall-clock times of a day with a run, in order."""
        return (time(hour, minute) for hour in self.hours for minute in self.minutes)


Schedule = Interval | Every | Cron


def next_after(schedule: Schedule, instant: datetime, zone: ZoneInfo) -> datetime:
    """Return the first due instant strictly after an instant."""
    return next(_runs(schedule, instant, zone))


def due_between(schedule: Schedule, after: datetime, until: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Yield the due instants after the one instant, up to and including the other."""
    return takewhile(lambda run: run <= until, _runs(schedule, after, zone))


def _runs(schedule: Schedule, after: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Yield the due instants strictly after an instant, without end."""
    if isinstance(schedule, Interval):
        step = timedelta(minutes=schedule.minutes)
        run = EPOCH + step * ((after - EPOCH) // step + 1)
        while True:
            yield run
            run += step
    last = after
    # `from_wall_clock` never runs backwards, so no wall time up to the one shown now can lie ahead.
    for wall in _walls(schedule, after.astimezone(zone).replace(tzinfo=None)):
        run = from_wall_clock(wall, zone)
        if run > last:  # else the second round of a doubled hour, or several times skipped by one gap
            yield run
            last = run


def _walls(schedule: Every | Cron, after: datetime) -> Iterator[datetime]:
    """Yield the wall-clock times after one, without end; days that clocks skip are among them."""
    day = after.date()
    while True:
        if schedule.falls_on(day):
            walls = (datetime.combine(day, at) for at in schedule.times())
            yield from (wall for wall in walls if wall > after)
        day += DAY


def read_every(every: str, at: str | None) -> Schedule:
    """Return the schedule that `every` and `at` say, else raise ScheduleError with a sentence for the writer."""
    unit = every.strip()
    if unit in ("day", "weekday", "week", "month"):
        return Every(unit) if at is None else _read_at(unit, at)
    interval = _INTERVAL.fullmatch(unit)
    if interval is None or (interval[3] and not interval[1]):
        raise ScheduleError(
            "`every` is `day`, `weekday`, `week`, `month`, `hour`, or a number of minutes or hours such as `15 minutes`"
        )
    if at is not None:
        raise ScheduleError(
            "`at` goes with `day`, `weekday`, `week` and `month`; minutes and hours are counted through"
        )
    minutes = int(interval[1] or 1) * (60 if interval[2] == "hour" else 1)
    if not 0 < minutes <= LONGEST_INTERVAL:
        raise ScheduleError(
            "`every` is from 1 minute to 168 hours; for what is rarer there are `week`, `month` and `cron`"
        )
    return Interval(minutes)


def _read_at(unit: str, at: str) -> Every:
    """Return the schedule of a unit of days at `03:00`, `Sunday 03:00`, `15 03:00` or `last 03:00`."""
    found = _TIME.fullmatch(at.strip().lower())
    if found is None or int(found[2]) >= 24 or int(found[3]) >= 60:  # noqa: PLR2004 - hours of a day, minutes of an hour
        raise ScheduleError('`at` ends in a time of day from "00:00" to "23:59", such as "03:30"')
    prefix, clock = found[1], time(int(found[2]), int(found[3]))
    if prefix is None:
        return Every(unit, clock)
    if unit == "week":
        if prefix not in WEEKDAYS:
            raise ScheduleError(
                f'`{prefix}` is no weekday; a week is `at: "Sunday 03:30"`, with any of Monday to Sunday'
            )
        return Every(unit, clock, WEEKDAYS.index(prefix) + 1)
    if unit == "month":
        day = LONGEST_MONTH if prefix == "last" else int(prefix) if prefix.isdigit() else 0
        if not 1 <= day <= LONGEST_MONTH:
            raise ScheduleError(
                f'`{prefix}` is no day of a month; write `at: "15 03:30"` (1 to 31) or `at: "last 03:30"`'
            )
        return Every(unit, clock, day)
    raise ScheduleError(f'`every: {unit}` takes `at: "03:30"` alone; a weekday goes with `week`, a day with `month`')


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    lowest: int
    highest: int
    kinds: int  # how many different values there are, which is the longest step
    names: tuple[str, ...] = ()

    def read(self, text: str) -> frozenset[int]:
        """Return the values that a list of parts names."""
        return frozenset(value for part in text.split(",") for value in self._part(part))

    def _part(self, text: str) -> range:
        found = _PART.fullmatch(text)
        if found is None:
            raise ScheduleError(
                f"the {self.name} of a cron is made of `*`, values, ranges and steps, such as `1,5`, `1-5` or `*/2`"
            )
        first, is_range, last, step = found.groups()
        if step is not None and not 1 <= int(step) <= self.kinds:
            raise ScheduleError(f"`{text}` in the {self.name} of a cron: a step is from 1 to {self.kinds}")
        if first is None:
            return range(self.lowest, self.highest + 1, int(step or 1))
        if step is not None and not is_range:
            raise ScheduleError(
                f"`{text}` in the {self.name} of a cron: a step needs a range, `{first}-{self.highest}/{step}`"
            )
        low = self._value(first)
        high = self._value(last) if is_range else low
        if self.name == "weekday" and high == 0 < low:
            high = self.highest  # Sunday ends a week too: `sat-sun`
        if high < low:
            raise ScheduleError(
                f"`{text}` in the {self.name} of a cron runs backwards; write two ranges with a comma between"
            )
        return range(low, high + 1, int(step or 1))

    def _value(self, word: str) -> int:
        if word in self.names:
            return self.names.index(word) + self.lowest
        value = int(word) if word.isdigit() else -1
        if not self.lowest <= value <= self.highest:
            names = f" or {self.names[0]} to {self.names[-1]}" if self.names else ""
            raise ScheduleError(f"`{word}` in the {self.name} of a cron: it is {self.lowest} to {self.highest}{names}")
        return value


_MINUTE = _Field("minute", 0, 59, 60)
_HOUR = _Field("hour", 0, 23, 24)
_DAY = _Field("day of month", 1, 31, 31)
_MONTH = _Field("month", 1, 12, 12, MONTH_NAMES)
_WEEKDAY = _Field("weekday", 0, 7, 7, WEEKDAY_NAMES)


def read_cron(text: str) -> Schedule:
    """Return the schedule that five cron fields say, else raise ScheduleError with a sentence for the writer.

    Read here and not by a library: those at hand read more than five fields with a standard meaning (`L`, `#`,
    seconds), tell mistakes in two words, and what is hard, the clock changes, follows our own policy anyway.
    """
    words = text.lower().split()
    if len(words) != 5:  # noqa: PLR2004 - they are named in the sentence
        raise ScheduleError(
            f"a cron has five fields, minute, hour, day of month, month and weekday, such as `30 3 * * mon-fri`; "
            f"here are {len(words)}"
        )
    minute, hour, day, month, weekday = words
    cron = Cron(
        tuple(sorted(_MINUTE.read(minute))),
        tuple(sorted(_HOUR.read(hour))),
        _DAY.read(day),
        _MONTH.read(month),
        frozenset(value % 7 for value in _WEEKDAY.read(weekday)),
        is_either=not (day.startswith("*") or weekday.startswith("*")),  # Vixie's rule: `*/2` counts as a star
    )
    # A leap year has every day there is, and each day of a year falls on every weekday in time.
    if not cron.is_either and not any(min(cron.days) <= monthrange(2024, one)[1] for one in cron.months):
        raise ScheduleError("this cron never comes: none of its months has such a day")
    return cron
