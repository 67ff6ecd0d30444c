"""Zones in SQL: local days and terms are those of Python, whatever the zone and however far the instant."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import ColumnElement, literal, select

from engine.store.columns import Instant, to_microseconds
from engine.store.functions import LocalDayEnd, LocalDayStart, LocalMonthDay, Rezoned, TermEnd
from engine.store.zones import prepare
from engine.vocabulary.calendar import Moment, end_of_day, local_date, start_of_day
from engine.vocabulary.duration import Duration
from tests.stores import STORES

# Days that begin at one in the morning or twice, half hours, a skipped day, odd offsets of old, rules far in the future.
NAMES = (
    *("Europe/Stockholm", "America/Havana", "Australia/Lord_Howe", "Pacific/Apia", "America/St_Johns", "UTC"),
    *("Africa/Casablanca", "America/Sao_Paulo", "Asia/Beirut", "Africa/Monrovia", "Europe/Dublin", "Asia/Kathmandu"),
)
ZONES = {name: ZoneInfo(name) for name in NAMES}
CHANGES = (
    *(
        datetime(2025, 3, 30, 1, tzinfo=UTC),
        datetime(2025, 10, 26, 1, tzinfo=UTC),
        datetime(2011, 12, 30, 10, tzinfo=UTC),
    ),
    *(
        datetime(2024, 11, 3, 5, tzinfo=UTC),
        datetime(2006, 10, 29, 2, 31, tzinfo=UTC),
        datetime(2018, 11, 4, 3, tzinfo=UTC),
    ),
    *(datetime(2500, 3, 28, 1, tzinfo=UTC), datetime(2499, 12, 31, 23, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)),
)
near_changes = st.builds(
    lambda change, hours, micros: change + timedelta(hours=hours, microseconds=micros),
    st.sampled_from(CHANGES), st.integers(-30, 30), st.sampled_from((0, 0, 1, -1)),
)  # fmt: skip
anywhere = st.datetimes(datetime(1000, 1, 2), datetime(9990, 1, 1)).map(lambda one: one.replace(tzinfo=UTC))
modern = st.datetimes(datetime(1900, 1, 1), datetime(2600, 1, 1)).map(lambda one: one.replace(tzinfo=UTC))
instants = st.one_of(near_changes, anywhere, modern)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(instants, st.sampled_from(NAMES), st.sampled_from(NAMES), st.integers(0, 30), st.integers(0, 400))
@example(datetime(2011, 12, 30, 9, tzinfo=UTC), "Pacific/Apia", "UTC", 0, 1)
@example(datetime(2006, 10, 29, 3, 15, tzinfo=UTC), "America/St_Johns", "UTC", 0, 1)
def test_local_days_and_terms_are_those_of_python(at: datetime, name: str, other: str, months: int, days: int) -> None:
    """Start and end of the local day, its month and day, the same day in another zone, and the end of a term."""
    zone, store = ZONES[name], STORES.kept(ZONES["Europe/Stockholm"], __name__)
    day, length = local_date(at, zone), Duration(months, days, 90)
    value = literal(at, Instant())
    asked: dict[ColumnElement[Any], object] = {
        LocalDayStart(value, name): start_of_day(day, zone),
        LocalDayEnd(value, name): end_of_day(day, zone),
        LocalMonthDay(value, name): day.month * 100 + day.day,
        Rezoned(value, name, other): start_of_day(day, ZONES[other]),
        TermEnd(value, months, days, 90, name): length.after(at, Moment(at, zone)),
        TermEnd(value, 0, days, 90, name): Duration(0, days, 90).after(at, Moment(at, zone)),
    }
    with store.database.writing() as connection:
        prepare(connection, zone, ZONES[other])
        found = connection.execute(select(*asked)).one()

    assert list(found) == list(asked.values())


def test_nothing_has_no_day() -> None:
    """The day of a value that is missing is missing."""
    with STORES.kept(ZONES["Europe/Stockholm"], __name__).database.reading() as connection:
        missing = literal(None, Instant())
        found = connection.execute(
            select(LocalDayStart(missing, "Europe/Stockholm"), LocalMonthDay(missing, "UTC"))
        ).one()

    assert tuple(found) == (None, None)


@pytest.mark.parametrize("name", NAMES)
def test_every_instant_counts_alike_in_microseconds(name: str) -> None:
    """The last microsecond of a day and the first of the next lie in different days."""
    zone, store = ZONES[name], STORES.kept(ZONES["Europe/Stockholm"], __name__)
    start = start_of_day(datetime(2026, 3, 29, tzinfo=UTC).date(), zone)
    with store.database.writing() as connection:
        prepare(connection, zone)
        before = connection.execute(
            select(LocalDayEnd(literal(to_microseconds(start) - 1, Instant()), name))
        ).scalar_one()

    assert before == start
