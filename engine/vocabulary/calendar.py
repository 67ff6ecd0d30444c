"""Calendar arithmetic in a zone: local days, months clipped to their end, wall-clock steps that never run backwards."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from engine.vocabulary.workdays import MONDAY_TO_FRIDAY, Workdays

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
FIRST_INSTANT = datetime(1, 1, 3, tzinfo=UTC)  # before any that a record holds, and convertible to every zone


@dataclass(frozen=True, slots=True)
class Moment:
    """The one instant of an evaluation, the zone in which its days are counted, and which of them are working days."""

    now: datetime
    zone: ZoneInfo
    workdays: Workdays = MONDAY_TO_FRIDAY

    @property
    def today(self) -> date:
        """The local date of the instant."""
        return local_date(self.now, self.zone)


def local_date(instant: datetime, zone: ZoneInfo) -> date:
    """Return the date that a calendar in the zone shows at the instant."""
    return instant.astimezone(zone).date()


def from_wall_clock(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant at which clocks in the zone show a naive time.

    A time that occurs twice means its first occurrence. A time that is skipped when clocks go forward means the first
    valid instant after the gap, so that a later wall-clock time never gives an earlier instant.
    """
    instant = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall:
        return instant
    # Skipped: its two readings lie on either side of the change of offset (PEP 495).
    return _change_of_offset(wall.replace(tzinfo=zone, fold=1).astimezone(UTC), instant, zone)


def wall_clock(instant: datetime, zone: ZoneInfo) -> datetime:
    """Return the naive time that clocks in the zone show at an instant, so that a later instant never gives less.

    While clocks show an hour for the second time, that is the time at which the doubled hour ends.
    """
    local = instant.astimezone(zone)
    wall = local.replace(tzinfo=None, fold=0)
    if not local.fold:
        return wall
    first_round = local.replace(fold=0).astimezone(UTC)
    set_back = _change_of_offset(first_round, instant, zone)
    return set_back.astimezone(zone).replace(tzinfo=None, fold=0) + (instant - first_round)


def _change_of_offset(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the first instant of the offset that holds at `after` and not at `before`; it is a whole second."""
    low, high = before.replace(microsecond=0), after.replace(microsecond=0)
    offset_after = high.astimezone(zone).utcoffset()
    while high - low > SECOND:
        middle = low + SECOND * ((high - low) // SECOND // 2)
        if middle.astimezone(zone).utcoffset() == offset_after:
            high = middle
        else:
            low = middle
    return high


@lru_cache(maxsize=1 << 13)  # twenty years: the same days come again and again, and zones are slow
def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Return the first instant of a local day."""
    return from_wall_clock(datetime.combine(day, time()), zone)


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Return the first instant after a local day."""
    return start_of_day(day + DAY, zone)


def plus_months(day: date, months: int) -> date:
    """Return the day some months later (or earlier), clipped to the month's end.

    31 January + 1 month = 28 or 29 February, as Regulation 1182/71 Art. 3(2)(c) counts terms.
    """
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return day.replace(year=year, month=month + 1, day=min(day.day, monthrange(year, month + 1)[1]))


def last_day_due(today: date, months: int) -> date:
    """Return the latest day whose `plus_months(day, months)` is not after today.

    On the last day of a month that is the last day of the resulting month, so the result never steps backwards.
    """
    back = plus_months(today, -months)
    is_month_end = today.day == monthrange(today.year, today.month)[1]
    return back.replace(day=monthrange(back.year, back.month)[1]) if is_month_end else back


def plus_days(instant: datetime, days: int, zone: ZoneInfo) -> datetime:
    """Return the instant at the same wall-clock time some days later (or earlier); with no days the instant itself."""
    if days == 0:
        return instant.astimezone(UTC)  # also where the clock shows its time for the second time
    return from_wall_clock(wall_clock(instant, zone) + timedelta(days=days), zone)
