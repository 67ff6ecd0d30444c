"""Timeline: whether one instant that a rule names comes before another, at any moment and in any zone.

Only what is sure is said: `30 days` may be more or less than `1 month`, so neither comes first. Left out of account are
days that a zone skips when it crosses the date line, and hours that clocks show twice across midnight.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import ceil, floor

from engine.language.algebra import Constant, Term, Threshold
from engine.vocabulary.calendar import DAY
from engine.vocabulary.duration import MICROSECOND, Duration

DAYS_A_MONTH = 146_097 / 4_800  # over the 400 years after which the calendar repeats
WEEK, HOLIDAYS = 7, 31  # a week has a working day, and holidays leave out so many days in a row at most
MONTHS_DIFFER = 3  # days by which so many months in a row can be shorter or longer than the mean of them
ZONE_SHIFT = timedelta(hours=3)  # by which elapsed time and the wall clock can differ
NONE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Edge:
    """An instant that a date is compared with, or the very next one (`is_next`)."""

    term: Term
    is_next: bool = False


def is_never_after(one: Edge, other: Edge) -> bool:
    """True when an edge is surely at or before another, whatever the moment and the zone."""
    if one.term == other.term:
        return one.is_next <= other.is_next
    first, second = one.term, other.term
    if isinstance(first, Threshold) and isinstance(second, Threshold) and _is_shorter(first, second):
        return one.is_next <= other.is_next
    return any(
        start[1] + one.is_next * MICROSECOND <= end[0] + other.is_next * MICROSECOND
        for start, end in zip(_reaches(first), _reaches(second), strict=True)
        if start is not None and end is not None
    )


def _is_shorter(first: Threshold, second: Threshold) -> bool:
    """True when two thresholds reach equally far or the first further back, or less far ahead, in every unit."""
    kinds = (first.kind, second.kind)
    if kinds == ("older", "older"):
        longer, shorter = first.duration, second.duration
    elif kinds == ("ahead", "ahead"):
        shorter, longer = first.duration, second.duration
    else:
        return False
    if shorter is None or longer is None:
        return False
    units = ((shorter.months, longer.months), (shorter.days, longer.days), (shorter.workdays, longer.workdays))
    return all(less <= more for less, more in units) and shorter.minutes == longer.minutes


Reach = tuple[timedelta, timedelta] | None


def _reaches(term: Term) -> tuple[Reach, Reach, Reach, Reach]:
    """Return how far a term lies, at least and at most, on four scales; None where a scale does not know it.

    The scales are elapsed time from now, wall-clock time from today's midnight, elapsed time from the year 1, and
    wall-clock time from the year 1.
    """
    match term:
        case Constant(value=datetime() as value):
            fixed = value - datetime(1, 1, 1, tzinfo=UTC)
            return None, None, (fixed, fixed), (fixed - DAY, fixed + DAY)
        case Threshold(kind="day_start" | "day_end", day=date() as day):
            midnight = (day.toordinal() - 1 + (term.kind == "day_end")) * DAY
            return None, None, None, (midnight, midnight)
        case Threshold():
            return _elapsed(term), _from_midnight(term), None, None
    return None, None, None, None


def _elapsed(threshold: Threshold) -> Reach:
    length = threshold.duration
    if threshold.kind == "now":
        return NONE, NONE
    if threshold.kind == "after_now":
        return MICROSECOND, MICROSECOND
    if length is None or length.is_dated or length.days:
        return None
    sign = {"older": -1, "ahead": 1}.get(threshold.kind)
    at = None if sign is None else timedelta(minutes=sign * length.minutes) + MICROSECOND
    return None if at is None else (at, at)


def _from_midnight(threshold: Threshold) -> Reach:
    match threshold.kind, threshold.duration:
        case "day_start", _:
            return NONE, NONE
        case "day_end", _:
            return DAY, DAY
        case "now", _:
            return NONE, DAY - MICROSECOND
        case "after_now", _:
            return MICROSECOND, DAY
        case "older", Duration() as length:
            least, most = _span(length)
            # On dates it is a midnight, else it keeps the time of day of now.
            return (DAY - most, DAY - least) if length.is_dated else (MICROSECOND - most, DAY - least)
        case "ahead", Duration() as length:
            least, most = _span(length)
            return (DAY + least, DAY + most) if length.is_dated else (MICROSECOND + least, DAY + most)
    return None


def _span(length: Duration) -> tuple[timedelta, timedelta]:
    """Return how long a duration is by the wall clock, at least and at most."""
    mean = length.months * DAYS_A_MONTH
    spread = MONTHS_DIFFER if length.months else 0
    slack = (ZONE_SHIFT + (DAY if length.is_dated else NONE)) if length.minutes else NONE
    rest = length.days * DAY + timedelta(minutes=length.minutes)
    least = floor(mean - spread) + length.workdays
    most = ceil(mean + spread) + (length.workdays * WEEK + HOLIDAYS if length.workdays else 0)
    return least * DAY + rest - slack, most * DAY + rest + slack
