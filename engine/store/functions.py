"""SQL functions of our own: local days, text search and patterns.

On SQLite they are Python's, registered with each connection. PostgreSQL has some of them under other names, those of
days and terms from `zones.py`, and what only Python can tell of a text from `readings.py`.
"""

import json
import sqlite3
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Boolean, ColumnElement, Integer
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from engine.language.event_pattern import Expected, fits
from engine.store.columns import EPOCH, Instant, to_microseconds
from engine.vocabulary.calendar import Moment, end_of_day, local_date, start_of_day
from engine.vocabulary.duration import Duration
from engine.vocabulary.pattern import matches


class LocalDayStart(GenericFunction[datetime]):
    """The first instant of the local day of an instant: (instant, zone name)."""

    type = Instant()
    name = "ansgar_day_start"
    inherit_cache = True


class LocalDayEnd(GenericFunction[datetime]):
    """The first instant after the local day of an instant: (instant, zone name)."""

    type = Instant()
    name = "ansgar_day_end"
    inherit_cache = True


class Rezoned(GenericFunction[datetime]):
    """The start in one zone of the day that began at an instant in another: (instant, old zone, new zone)."""

    type = Instant()
    name = "ansgar_rezoned"
    inherit_cache = True


class LocalMonthDay(GenericFunction[int]):
    """Month and day (MMDD) of an instant: (instant, zone name)."""

    type = Integer()
    name = "ansgar_month_day"
    inherit_cache = True


class Matches(GenericFunction[bool]):
    """Whether an RE2 pattern is found in a text: (text, pattern, whether case counts, the texts in which it is).

    Only PostgreSQL reads the last of them, and only it.
    """

    type = Boolean()
    name = "ansgar_matches"
    inherit_cache = True


class TermEnd(GenericFunction[datetime]):
    """The instant at which a duration has passed since another: (instant, months, days, minutes, zone name)."""

    type = Instant()
    name = "ansgar_term_end"
    inherit_cache = True


class SaysExpected(GenericFunction[bool]):
    """Whether an event's data says what a pattern expects: (data as JSON, what `expectations` returns)."""

    type = Boolean()
    name = "ansgar_says"
    inherit_cache = True


class Position(GenericFunction[int]):
    """Where a text begins in another, from 1; 0 where it is not found: (text, wanted)."""

    type = Integer()
    name = "ansgar_position"
    inherit_cache = True


class Greater(GenericFunction[Any]):
    """The greatest of values, none of them null."""

    type = BigInteger()
    name = "ansgar_greater"
    inherit_cache = True


class Lesser(GenericFunction[Any]):
    """The least of values, none of them null."""

    type = BigInteger()
    name = "ansgar_lesser"
    inherit_cache = True


@compiles(Position, "sqlite")
def _position_sqlite(element: Position, compiler: SQLCompiler, **kw: Any) -> str:
    return f"instr({compiler.process(element.clauses, **kw)})"


@compiles(Position, "postgresql")
def _position_postgresql(element: Position, compiler: SQLCompiler, **kw: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **kw)})"


@compiles(Matches, "sqlite")
def _matches_sqlite(element: Matches, compiler: SQLCompiler, **kw: Any) -> str:
    text, pattern, exact, _ = element.clauses.clauses
    return f"ansgar_matches({', '.join(compiler.process(one, **kw) for one in (text, pattern, exact))})"


@compiles(Matches, "postgresql")
def _matches_postgresql(element: Matches, compiler: SQLCompiler, **kw: Any) -> str:
    text, _, _, found = element.clauses.clauses
    value = compiler.process(text.self_group(), **kw)
    return f"CASE WHEN {value} IS NOT NULL THEN {value} IN (SELECT unnest({compiler.process(found, **kw)})) END"


@compiles(Greater, "sqlite")
def _greater_sqlite(element: Greater, compiler: SQLCompiler, **kw: Any) -> str:
    return f"max({compiler.process(element.clauses, **kw)})"


@compiles(Greater, "postgresql")
def _greater_postgresql(element: Greater, compiler: SQLCompiler, **kw: Any) -> str:
    return f"greatest({compiler.process(element.clauses, **kw)})"


@compiles(Lesser, "sqlite")
def _lesser_sqlite(element: Lesser, compiler: SQLCompiler, **kw: Any) -> str:
    return f"min({compiler.process(element.clauses, **kw)})"


@compiles(Lesser, "postgresql")
def _lesser_postgresql(element: Lesser, compiler: SQLCompiler, **kw: Any) -> str:
    return f"least({compiler.process(element.clauses, **kw)})"


def on_calendar(part: str, value: ColumnElement[Any], zone: str) -> ColumnElement[Any]:
    """Return a part of what a calendar in a zone shows at an instant; the instant itself where none is asked for."""
    functions: Mapping[str, Any] = {"day_start": LocalDayStart, "day_end": LocalDayEnd, "month_day": LocalMonthDay}
    if part not in functions:
        return value
    called: ColumnElement[Any] = functions[part](value, zone)
    return called


def expectations(expected: tuple[Expected, ...]) -> str:
    """Return what a pattern expects of an event's data as the text that `SaysExpected` takes."""
    return json.dumps([[one.field, sorted(one.values)] for one in expected])


def register(connection: sqlite3.Connection) -> None:
    """Give a SQLite connection the functions that it lacks."""
    for name, function in (("day_start", _day_start), ("day_end", _day_end), ("month_day", _month_day)):
        connection.create_function(f"ansgar_{name}", 2, function, deterministic=True)
    connection.create_function("ansgar_term_end", 5, _term_end, deterministic=True)
    connection.create_function("ansgar_says", 2, _says, deterministic=True)
    connection.create_function("ansgar_rezoned", 3, _rezoned, deterministic=True)
    connection.create_function("ansgar_matches", 3, _matches, deterministic=True)


@lru_cache(maxsize=65_536)
def _local_day(microseconds: int, zone: str) -> tuple[int, int, int]:
    place = ZoneInfo(zone)
    day = local_date(EPOCH + timedelta(microseconds=microseconds), place)
    start, end = start_of_day(day, place), end_of_day(day, place)
    return to_microseconds(start), to_microseconds(end), day.month * 100 + day.day


def _day_start(microseconds: int | None, zone: str) -> int | None:
    return None if microseconds is None else _local_day(microseconds, zone)[0]


def _day_end(microseconds: int | None, zone: str) -> int | None:
    return None if microseconds is None else _local_day(microseconds, zone)[1]


def _month_day(microseconds: int | None, zone: str) -> int | None:
    return None if microseconds is None else _local_day(microseconds, zone)[2]


def _rezoned(microseconds: int | None, old: str, new: str) -> int | None:
    if microseconds is None:
        return None
    day = local_date(EPOCH + timedelta(microseconds=microseconds), ZoneInfo(old))
    return to_microseconds(start_of_day(day, ZoneInfo(new)))


@lru_cache(maxsize=65_536)
def _term_end(microseconds: int, months: int, days: int, minutes: int, zone: str) -> int | None:
    start = EPOCH + timedelta(microseconds=microseconds)
    try:
        return to_microseconds(Duration(months, days, minutes).after(start, Moment(start, ZoneInfo(zone))))
    except (OverflowError, ValueError):
        return None  # beyond the calendar: only the term of an event in a far future is, and that does not count


@lru_cache(maxsize=256)
def _expected(text: str) -> tuple[Expected, ...]:
    return tuple(Expected(name, frozenset(values)) for name, values in json.loads(text))


def read_data(body: str) -> dict[str, Any]:
    """Return the data of a stored event."""
    return dict(json.loads(body))


def _says(body: str, expected: str) -> bool:
    return fits(_expected(expected), read_data(body))


def _matches(text: str | None, pattern: str, exact: int) -> bool | None:
    return None if text is None else matches(text, pattern, exact=bool(exact))
