"""Local days: what a calendar in the zone says of instants, as `zoneinfo` has it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from engine.evaluate.columnar.distinct import mapped
from engine.model.stored_columns import instant_of, whole
from engine.vocabulary.calendar import end_of_day, start_of_day

# No zone has changed its offset twice within it: the closest two changes are four days apart (Freetown, 1939).
STRIDE = timedelta(days=2)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class LocalDays:
    """The calendar of a zone, for instants as microseconds."""

    zone: ZoneInfo

    def part(self, part: str, instants: pl.Series) -> pl.Series:
        """Return the first instants of the days (`day_start`), those after them, or month and day (MMDD)."""
        days = self.dates(instants)
        if part == "month_day":
            return pl.select(days.dt.month().cast(pl.Int64) * 100 + days.dt.day()).to_series()
        edge = start_of_day if part == "day_start" else end_of_day
        return mapped(days, lambda day: whole(edge(day, self.zone)), pl.Int64())

    def dates(self, instants: pl.Series) -> pl.Series:
        """Return the dates that a calendar in the zone shows at instants."""
        first, last = instants.min(), instants.max()
        if not isinstance(first, int) or not isinstance(last, int):
            return pl.repeat(None, len(instants), dtype=pl.Date(), eager=True)
        changes = list(self._offsets(first, last))
        starts, offsets = (pl.Series([one[at] for one in changes], dtype=pl.Int64()) for at in (0, 1))
        its = offsets.gather(starts.search_sorted(instants.fill_null(first), side="right") - 1)
        return pl.select((instants + its).cast(pl.Datetime("us")).dt.date()).to_series()

    def _offsets(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """Give each offset from UTC that holds between two instants, and since when; the first holds before, too."""
        here, end = instant_of(first), instant_of(last)
        yield first, self._offset(here)
        while here < end:
            there = min(here + STRIDE, end)
            if self._offset(here) != self._offset(there):
                yield whole(self._change(here, there)), self._offset(there)
            here = there

    def _change(self, before: datetime, after: datetime) -> datetime:
        """Return the first instant of the offset that holds at `after` and not at `before`."""
        wanted = self._offset(after)
        while after - before > MICROSECOND:
            middle = before + (after - before) // 2
            before, after = (before, middle) if self._offset(middle) == wanted else (middle, after)
        return after

    def _offset(self, instant: datetime) -> int:
        return (instant.astimezone(self.zone).utcoffset() or timedelta()) // MICROSECOND
