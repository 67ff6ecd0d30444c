"""Durations as rules write them (`90 days`, `1 year 6 months`) and the three questions they answer about an instant."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

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
# Each with how it is counted, for the reference.
UNITS = {
    "minutes": "elapsed time",
    "hours": "elapsed time",
    "days": "the same wall-clock time, so that summer time neither adds nor loses an hour",
    "working days": "local dates without weekends and the configured holidays; the day after is the first",
    "weeks": "seven days",
    "months": "local dates, clipped to the month's end",
    "quarters": "three months",
    "years": "twelve months",
}
LONGEST_YEARS = 500
WORKDAYS_A_YEAR = 261

# As what each unit is counted, and how many of it.
_UNIT = {
    "minute": ("minutes", 1),
    "hour": ("minutes", 60),
    "day": ("days", 1),
    "working day": ("workdays", 1),
    "week": ("days", 7),
    "month": ("months", 1),
    "quarter": ("months", 3),
    "year": ("months", 12),
}
_PART = re.compile(r"(\d{1,9})\s+((?:working\s+)?[a-z]+?)s?(?=\s+\d|\s*$)\s*")


class DurationError(ValueError):
    """A duration that cannot be read; its text says why."""


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time: months and working days on local dates, days by wall clock, minutes as elapsed time.

    Joined, they are counted in the order months, days, working days, minutes; then days are days on dates, too.
    """

    months: int = 0
    days: int = 0
    minutes: int = 0
    workdays: int = 0

    def __str__(self) -> str:
        """Return the duration in the words in which it would be written."""
        years, months = divmod(self.months, 12)
        hours, minutes = divmod(self.minutes, 60)
        weeks, days = divmod(self.days, 7) if self.days % 7 == 0 else (0, self.days)
        parts = zip(
            (years, months, weeks, days, self.workdays, hours, minutes),
            ("year", "month", "week", "day", "working day", "hour", "minute"),
            strict=True,
        )
        written = [f"{n} {unit}{'' if n == 1 else 's'}" for n, unit in parts if n]
        return " ".join(written) or "0 days"

    @property
    def is_zero(self) -> bool:
        """True when no time passes at all."""
        return not (self.months or self.days or self.minutes or self.workdays)

    @property
    def is_dated(self) -> bool:
        """True when it is counted on local dates, as legal terms are, rather than by the clock."""
        return bool(self.months or self.workdays)

    def older_before(self, moment: Moment) -> datetime:
        """Return the instant before which a value is older than this: the threshold of `older_than`.

        Up to weeks a value *at* now minus the duration is older, hence the added microsecond. With months or working
        days the whole local day is: see `plus_months` and `Workdays.after`.
        """
        elapsed = moment.now - timedelta(minutes=self.minutes)
        if not self.is_dated:
            return plus_days(elapsed, -self.days, moment.zone) + MICROSECOND
        return end_of_day(self._last_due(local_date(elapsed, moment.zone), moment), moment.zone)

    def is_passed(self, value: datetime, moment: Moment) -> bool:
        """True when the value is older than this, reckoned forwards from the value as legal terms are."""
        if value > moment.now:
            return False
        if not self.is_dated:
            return value <= plus_days(moment.now - timedelta(minutes=self.minutes), -self.days, moment.zone)
        return self.after(value, moment) <= moment.now

    def after(self, value: datetime, moment: Moment) -> datetime:
        """Return the instant at which this long has passed since a value; on dates the start of the day due."""
        elapsed = timedelta(minutes=self.minutes)
        if not self.is_dated:
            return plus_days(value, self.days, moment.zone) + elapsed
        return start_of_day(self._due(local_date(value, moment.zone), moment), moment.zone) + elapsed

    def lapsed_before(self, moment: Moment) -> datetime:
        """Return the instant before which a term of this length must have begun to be over.

        A term of days or more ends with the end of its last day (Regulation 1182/71 Art. 3(2)); one of hours or minutes
        is elapsed time.
        """
        elapsed = moment.now - timedelta(minutes=self.minutes)
        if not (self.is_dated or self.days):
            return elapsed
        return end_of_day(self._last_due(local_date(elapsed, moment.zone) - DAY, moment), moment.zone)

    def lapses(self, value: datetime, moment: Moment) -> datetime:
        """Return the first instant after a term of this length that began with a value."""
        if not (self.is_dated or self.days):
            return value + timedelta(minutes=self.minutes) + MICROSECOND
        return end_of_day(self._due(local_date(value, moment.zone), moment), moment.zone) + timedelta(
            minutes=self.minutes
        )

    def earlier(self, value: datetime, moment: Moment) -> datetime:
        """Return the instant so long before a value: `7 days before`; on dates the start of that day."""
        elapsed = value - timedelta(minutes=self.minutes)
        if not self.is_dated:
            return plus_days(elapsed, -self.days, moment.zone)
        day = plus_months(local_date(elapsed, moment.zone), -self.months) - self.days * DAY
        return start_of_day(moment.workdays.before(day, self.workdays), moment.zone)

    def ahead(self, moment: Moment) -> datetime:
        """Return the first instant that is further away than this: the threshold of `in_next`.

        On dates the last day belongs to the window as a whole, as the last day of a term does.
        """
        elapsed = timedelta(minutes=self.minutes)
        if not self.is_dated:
            return plus_days(moment.now, self.days, moment.zone) + elapsed + MICROSECOND
        return end_of_day(self._due(moment.today, moment), moment.zone) + elapsed

    def reaches(self, value: datetime, moment: Moment) -> bool:
        """True when a value is no further ahead than this, reckoned back from the value; past ones are not ahead."""
        if value <= moment.now:
            return True
        if not self.is_dated:
            return value <= self.after(moment.now, moment)
        eve = local_date(value - timedelta(minutes=self.minutes), moment.zone) - DAY
        return self._last_due(eve, moment) < moment.today

    def _due(self, day: date, moment: Moment) -> date:
        """Return the local date on which this long has passed since a local date."""
        return moment.workdays.after(plus_months(day, self.months) + self.days * DAY, self.workdays)

    def _last_due(self, today: date, moment: Moment) -> date:
        """Return the latest local date from which this long has passed by the start of a day."""
        day = moment.workdays.last_due(today, self.workdays) - self.days * DAY
        return last_day_due(day, self.months) if self.months else day


def read_duration(text: str) -> Duration:
    """Return the duration written as `<n> <unit>`, joined by spaces.

    Raises DurationError with a sentence for the writer.
    """
    counted = dict.fromkeys(("months", "days", "minutes", "workdays"), 0)
    position = 0
    words = text.strip()
    for part in _PART.finditer(words):
        if part.start() != position:
            break
        unit, position = " ".join(part[2].split()), part.end()
        if unit not in _UNIT:
            raise DurationError(f"`{unit}` is no unit of time; units are {', '.join(UNITS)}")
        counted_as, size = _UNIT[unit]
        counted[counted_as] += int(part[1]) * size
    if not words or position != len(words):
        raise DurationError("a duration is written as a number and a unit, such as `90 days` or `1 year 6 months`")
    length = Duration(**counted)
    years = length.months / 12 + length.days / 365 + length.minutes / 525_600 + length.workdays / WORKDAYS_A_YEAR
    if years > LONGEST_YEARS:
        raise DurationError(f"a duration may be {LONGEST_YEARS} years at most")
    return length
