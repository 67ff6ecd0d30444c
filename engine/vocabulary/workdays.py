"""Working days: Monday to Friday without holidays, counted as Regulation (EEC, Euratom) 1182/71 counts them."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

WORKING_WEEK = 5
WEEK = 7


@dataclass(frozen=True, slots=True)
class Workdays:
    """The working days of a place: Monday to Friday, those in `holidays` (sorted, no weekends) left out."""

    place: str = ""
    holidays: tuple[date, ...] = ()

    def after(self, day: date, count: int) -> date:
        """Return the working day that is so many after a day, counted from the day after it; 0 is the day itself.

        A later day never gives an earlier one.
        """
        return self._numbered(self._through(day) + count) if count else day

    def before(self, day: date, count: int) -> date:
        """Return the working day that is so many before a day, counted from the day before it; 0 is the day itself."""
        return self._numbered(self._through(day - timedelta(days=1)) - count + 1) if count else day

    def last_due(self, today: date, count: int) -> date:
        """Return the latest day whose `after(day, count)` is not after today.

        That is the eve of the working day that is the count-th last up to today: on it the count begins in time.
        """
        if not count:
            return today
        first_counted = self._numbered(self._through(today) - count + 1)
        return first_counted - timedelta(days=1)

    def _through(self, day: date) -> int:
        """Return how many working days there were up to the end of a day; 1 January of year 1 was a Monday."""
        weeks, beyond = divmod(day.toordinal(), WEEK)
        return weeks * WORKING_WEEK + min(beyond, WORKING_WEEK) - bisect_right(self.holidays, day)

    def _numbered(self, number: int) -> date:
        """Return the working day with a number, so that `_through` of it is the number."""
        skipped = 0
        while True:
            weeks, beyond = divmod(number + skipped - 1, WORKING_WEEK)
            day = date.fromordinal(weeks * WEEK + beyond + 1)
            passed = bisect_right(self.holidays, day)
            if passed == skipped:
                return day
            skipped = passed


def workdays_without(place: str, holidays: Iterable[date]) -> Workdays:
    """Return the working days of a place, given its holidays in any order."""
    return Workdays(place, tuple(sorted({day for day in holidays if day.isoweekday() <= WORKING_WEEK})))


MONDAY_TO_FRIDAY = Workdays()
