"""Local days: what a calendar in the zone says of instants; asked of `zoneinfo`, once for each distinct instant."""

from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import polars as pl

from engine.evaluate.columnar.distinct import mapped
from engine.model.stored_columns import instant_of, whole
from engine.vocabulary.calendar import end_of_day, local_date, start_of_day


@dataclass(frozen=True, slots=True)
class LocalDays:
    """The calendar of a zone, for instants as microseconds."""

    zone: ZoneInfo

    def part(self, part: str, values: pl.Series) -> pl.Series:
        """Return the first instants of the days (`day_start`), those after them, or month and day (MMDD)."""
        parts: dict[str, Callable[[int], int]] = {
            "day_start": self._start,
            "day_end": self._end,
            "month_day": self._month_day,
        }
        return mapped(values, parts[part], pl.Int64())

    def _start(self, microseconds: int) -> int:
        return whole(start_of_day(local_date(instant_of(microseconds), self.zone), self.zone))

    def _end(self, microseconds: int) -> int:
        return whole(end_of_day(local_date(instant_of(microseconds), self.zone), self.zone))

    def _month_day(self, microseconds: int) -> int:
        day = local_date(instant_of(microseconds), self.zone)
        return day.month * 100 + day.day
