"""Local days of whole columns: they are those that `zoneinfo` has for single instants."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from engine.evaluate.columnar.local_days import LocalDays
from engine.model.stored_columns import whole
from engine.vocabulary.calendar import end_of_day, local_date, start_of_day

# Of each: two changes within a week, a day that was left out, changes at midnight, half an hour, back to the day before.
CHANGES = {
    "Africa/Freetown": datetime(1939, 9, 4, tzinfo=UTC),
    "America/Recife": datetime(2000, 10, 12, tzinfo=UTC),
    "Pacific/Apia": datetime(2011, 12, 30, tzinfo=UTC),
    "America/Havana": datetime(2026, 3, 8, tzinfo=UTC),
    "Australia/Lord_Howe": datetime(2026, 4, 4, tzinfo=UTC),
    "America/St_Johns": datetime(2010, 11, 7, tzinfo=UTC),
    "Europe/Stockholm": datetime(2026, 3, 29, tzinfo=UTC),
}


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_columns_have_the_days_that_single_instants_have(name: str) -> None:
    """Around a change of the clocks, and decades before, all that is asked of a day is the same; missing stays so."""
    zone, middle = ZoneInfo(name), CHANGES[name]
    instants = [middle + timedelta(minutes=10) * step for step in range(-1_200, 1_200)]
    instants += [datetime(1900, 1, 1, tzinfo=UTC), datetime(2040, 6, 1, tzinfo=UTC), middle - timedelta(microseconds=1)]
    column = pl.Series([None, *(whole(one) for one in instants)], dtype=pl.Int64())
    days = [local_date(one, zone) for one in instants]

    found = {part: LocalDays(zone).part(part, column).to_list() for part in ("day_start", "day_end", "month_day")}

    assert found == {
        "day_start": [None, *(whole(start_of_day(day, zone)) for day in days)],
        "day_end": [None, *(whole(end_of_day(day, zone)) for day in days)],
        "month_day": [None, *(day.month * 100 + day.day for day in days)],
    }


def test_nothing_has_no_day() -> None:
    """A column in which everything is missing stays one."""
    column = pl.Series([None, None], dtype=pl.Int64())

    assert LocalDays(ZoneInfo("Europe/Stockholm")).part("month_day", column).to_list() == [None, None]


@pytest.mark.parametrize("name", ["Africa/Freetown", "America/Recife"])
def test_no_change_of_the_clocks_is_stepped_over(name: str) -> None:
    """Wherever a column begins, two changes that follow each other within days are both seen."""
    zone, middle = ZoneInfo(name), CHANGES[name]
    around = [middle + timedelta(minutes=10) * step for step in range(-720, 720)]
    for shift in range(14):
        instants = [middle - timedelta(days=20 + shift), *around]
        found = LocalDays(zone).dates(pl.Series([whole(one) for one in instants], dtype=pl.Int64()))

        assert found.to_list() == [local_date(one, zone) for one in instants]
