"""Durations as rules write them (`90 days`, `1 year 6 months`) and the three questions they answer about an instant."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.vocabulary.calendar import (
    DAY,
    Moment,
    end_of_day,
    last_day_due,
    local_date,
    plus_days,
    plus_months,
    start_of_day,
)

MICROSECOND = timedelta(microseconds=1)
MONTHS = {"month": 1, "quarter": 3, "year": 12}
DAYS = {"day": 1, "week": 7}
MINUTES = {"minute": 1, "hour": 60}
UNITS = ("minutes", "hours", "days", "weeks", "months", "quarters", "years")
LONGEST_YEARS = 500

_PART = re.compile(r"(\d{1,9})\s+([a-z]+?)s?(?=\s+\d|\s*$)\s*")


class DurationError(ValueError):
    """A duration that cannot be read; its text says why."""


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time: months on local dates, days by wall clock, minutes as elapsed time."""

    months: int = 0
    days: int = 0
    minutes: int = 0

    def __str__(self) -> str:
        """Return the duration in the words in which it would be written."""
        years, months = divmod(self.months, 12)
        hours, minutes = divmod(self.minutes, 60)
        weeks, days = divmod(self.days, 7) if self.days % 7 == 0 else (0, self.days)
        parts = zip(
            (years, months, weeks, days, hours, minutes),
            ("year", "month", "week", "day", "hour", "minute"),
            strict=True,
        )
        written = [f"{n} {unit}{'' if n == 1 else 's'}" for n, unit in parts if n]
        return " ".join(written) or "0 days"

    @property
    def is_zero(self) -> bool:
        """True when no time passes at all."""
        return not (self.months or self.days or self.minutes)

    def older_before(self, moment: Moment) -> datetime:
        """Return the instant before which a value is older than this: the threshold of `older_than`.

        Up to weeks a value *at* now minus the duration is older, hence the added microsecond. With months the whole
        local day is: see `plus_months`.
        """
        elapsed = moment.now - timedelta(minutes=self.minutes)
        if not self.months:
            return plus_days(elapsed, -self.days, moment.zone) + MICROSECOND
        today = local_date(elapsed, moment.zone) - self.days * DAY
        return end_of_day(last_day_due(today, self.months), moment.zone)

    def is_passed(self, value: datetime, moment: Moment) -> bool:
        """True when the value is older than this, reckoned forwards from the value as legal terms are."""
        if value > moment.now:
            return False
        if not self.months:
            return value <= plus_days(moment.now - timedelta(minutes=self.minutes), -self.days, moment.zone)
        return self.after(value, moment) <= moment.now

    def after(self, value: datetime, moment: Moment) -> datetime:
        """Return the instant at which this long has passed since a value; with months the start of the day due."""
        elapsed = timedelta(minutes=self.minutes)
        if not self.months:
            return plus_days(value, self.days, moment.zone) + elapsed
        due = plus_months(local_date(value, moment.zone), self.months) + self.days * DAY
        return start_of_day(due, moment.zone) + elapsed

    def lapsed_before(self, moment: Moment) -> datetime:
        """Return the instant before which a term of this length must have begun to be over.

        A term of days or more ends with the end of its last day (Regulation 1182/71 Art. 3(2)); one of hours or minutes
        is elapsed time.
        """
        elapsed = moment.now - timedelta(minutes=self.minutes)
        if not (self.months or self.days):
            return elapsed
        last_day = local_date(elapsed, moment.zone) - (self.days + 1) * DAY
        return end_of_day(last_day_due(last_day, self.months), moment.zone)

    def lapses(self, value: datetime, moment: Moment) -> datetime:
        """Return the first instant after a term of this length that began with a value."""
        if not (self.months or self.days):
            return value + timedelta(minutes=self.minutes) + MICROSECOND
        day = plus_months(local_date(value, moment.zone), self.months) + self.days * DAY
        return end_of_day(day, moment.zone) + timedelta(minutes=self.minutes)

    def earlier(self, value: datetime, moment: Moment) -> datetime:
        """Return the instant so long before a value: `7 days before`; with months the start of that day."""
        elapsed = value - timedelta(minutes=self.minutes)
        if not self.months:
            return plus_days(elapsed, -self.days, moment.zone)
        day = plus_months(local_date(elapsed, moment.zone), -self.months) - self.days * DAY
        return start_of_day(day, moment.zone)

    def ahead(self, moment: Moment) -> datetime:
        """Return the first instant that is further away than this: the threshold of `in_next`.

        With months the last day belongs to the window as a whole, as the last day of a term does.
        """
        elapsed = timedelta(minutes=self.minutes)
        if not self.months:
            return plus_days(moment.now, self.days, moment.zone) + elapsed + MICROSECOND
        last = plus_months(moment.today, self.months) + self.days * DAY
        return end_of_day(last, moment.zone) + elapsed


def read_duration(text: str) -> Duration:
    """Return the duration written as `<n> <unit>`, joined by spaces.

    Raises DurationError with a sentence for the writer.
    """
    months = days = minutes = position = 0
    words = text.strip()
    for part in _PART.finditer(words):
        if part.start() != position:
            break
        number, unit, position = int(part[1]), part[2], part.end()
        if unit not in MONTHS | DAYS | MINUTES:
            raise DurationError(f"`{part[2]}` is no unit of time; units are {', '.join(UNITS)}")
        months += number * MONTHS.get(unit, 0)
        days += number * DAYS.get(unit, 0)
        minutes += number * MINUTES.get(unit, 0)
    if not words or position != len(words):
        raise DurationError("a duration is written as a number and a unit, such as `90 days` or `1 year 6 months`")
    if months / 12 + days / 365 + minutes / 525_600 > LONGEST_YEARS:
        raise DurationError(f"a duration may be {LONGEST_YEARS} years at most")
    return Duration(months, days, minutes)
