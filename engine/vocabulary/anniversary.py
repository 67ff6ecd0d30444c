"""Anniversaries: the days of the year that a window touches, as numbers of month and day."""

from calendar import isleap
from datetime import date, datetime

from engine.vocabulary.calendar import Moment, local_date, start_of_day
from engine.vocabulary.duration import MICROSECOND, Duration


def anniversary_edges(window: Duration, moment: Moment) -> tuple[int, int, datetime, int, int, datetime]:
    """Return two ranges of MMDD and, for each, the instant before which a date must lie to have its anniversary there.

    The window runs from today through its last local day and is shorter than a year, so it touches two calendar years
    at most; an unused second range is empty (1 to 0). 29 February is celebrated on the 28th in common years.
    """
    first, last = moment.today, local_date(window.ahead(moment) - MICROSECOND, moment.zone)
    if first.year == last.year:
        return (*_edges(first, last, moment), 1, 0, start_of_day(date(first.year, 1, 1), moment.zone))
    year_end, year_start = date(first.year, 12, 31), date(last.year, 1, 1)
    return (*_edges(first, year_end, moment), *_edges(year_start, last, moment))


def _edges(first: date, last: date, moment: Moment) -> tuple[int, int, datetime]:
    has_no_leap_day = (last.month, last.day) == (2, 28) and not isleap(last.year)
    until = 229 if has_no_leap_day else last.month * 100 + last.day
    return first.month * 100 + first.day, until, start_of_day(date(first.year, 1, 1), moment.zone)
