"""Rows: the values of records and items in the form in which the store keeps them, and many of them written at once.

A statement of SQLAlchemy takes each value through its column's type, one by one. An import is made of little else, so
that here whole rows are made as tuples of integers and texts, compared as such, and handed to the driver as they are.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import accumulate, chain
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, Table, select, type_coerce
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from engine.model.entity import Field, FieldType
from engine.model.facts import Value
from engine.store import copying
from engine.store.columns import UNIT, delimited, to_microseconds
from engine.store.records import UNCLEAR, column_names
from engine.vocabulary.calendar import start_of_day

Stored = tuple[Any, ...]  # integers, texts, booleans and None, in the order of the columns
Storing = Callable[[Any], Stored]


class FieldRows:
    """Makes the columns of fields: each its value, and what is kept beside it. `names` has their names by field."""

    def __init__(self, fields: Mapping[str, Field], zone: ZoneInfo) -> None:
        self.names = {name: column_names(one) for name, one in fields.items()}
        ends = list(accumulate(map(len, self.names.values()), initial=0))
        self._width = ends[-1]
        self._spans = dict(zip(fields, map(slice, ends, ends[1:]), strict=False))
        self._storing = {name: _storing(one, zone) for name, one in fields.items()}
        self._absent = {name: store(None) for name, store in self._storing.items()}

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of all columns, in the order in which rows have them."""
        return tuple(chain.from_iterable(self.names.values()))

    def of(self, name: str, value: Value | None) -> Stored:
        """Return the columns of one field."""
        return self._absent[name] if value is None else self._storing[name](value)

    def all(self, values: Mapping[str, Value | None]) -> Stored:
        """Return the columns of all fields; what is not there is null."""
        row: list[Any] = []
        absent = self._absent
        for name, store in self._storing.items():
            value = values.get(name)
            row += absent[name] if value is None else store(value)
        return tuple(row)

    def fresh(self, values: Mapping[str, Value | None], unclear: Iterable[str]) -> Stored:
        """Return the columns of all fields of a new record; of a field that was not sent all of them are null."""
        row: list[Any] = [None] * self._width
        for name, value in values.items():
            row[self._spans[name]] = self.of(name, value)
        for name in unclear:
            row[self._spans[name].stop - 1] = True
        return tuple(row)

    def sent(self, values: Mapping[str, Value | None], unclear: Iterable[str]) -> dict[str, Any]:
        """Return the columns of the given fields by name."""
        row: dict[str, Any] = {}
        for name, value in values.items():
            row.update(zip(self.names[name], self.of(name, value), strict=True))
        return row | {name + UNCLEAR: True for name in unclear}


def _storing(one: Field, zone: ZoneInfo) -> Storing:
    """Return what makes the columns of a field from its value, which may be None."""
    if one.type is FieldType.TEXT:
        return _text
    if one.type is FieldType.LIST:
        return _list
    if one.type in {FieldType.NUMBER, FieldType.MONEY}:
        return _exact
    if one.type is FieldType.FLAG:
        return _guard if one.guards else _flag
    return lambda value: (value if value is None else _instant(value, zone),)


def _text(value: str | None) -> Stored:
    return (value, value if value is None else value.casefold())


def _list(value: tuple[str, ...] | None) -> Stored:
    return (None, None) if value is None else (delimited(value), delimited([text.casefold() for text in value]))


def _exact(value: Any) -> Stored:
    return (value if value is None else int(value * UNIT),)


def _flag(value: bool | None) -> Stored:
    return (value,)


def _guard(value: bool | None) -> Stored:
    return (value, False)


def _instant(value: Any, zone: ZoneInfo) -> int:
    return to_microseconds(value if isinstance(value, datetime) else start_of_day(value, zone))


@lru_cache(maxsize=256)
def selecting(table: Table) -> Select[Any]:
    """Return what selects all columns of a table in the form in which they are kept."""
    return select(
        *(
            type_coerce(one, one.type.impl_instance).label(one.name) if isinstance(one.type, TypeDecorator) else one
            for one in table.columns
        )
    )


def insert_rows(connection: Connection, table: Table, names: Sequence[str], rows: Iterable[Stored]) -> None:
    """Insert rows of the named columns, in the form in which they are kept."""
    many = rows if isinstance(rows, list) else list(rows)
    if not many:
        return
    if copying.is_better(connection, many):
        copying.copy(connection, table, names, many)
    elif connection.dialect.positional:
        connection.exec_driver_sql(_insertion(connection.dialect, table, tuple(names)), many)
    else:
        connection.execute(table.insert(), [dict(zip(names, row, strict=True)) for row in many])


def padded(wanted: Collection[Any]) -> list[Any]:
    """Return what `in_` is asked for, the last repeated up to a power of two.

    Each number of members is a statement of its own, which drivers keep prepared: some ten instead of thousands.
    """
    members = list(wanted)
    return members + members[-1:] * ((1 << max(0, len(members) - 1).bit_length()) - len(members))


@lru_cache(maxsize=256)
def _insertion(dialect: Dialect, table: Table, names: tuple[str, ...]) -> str:
    return str(table.insert().compile(dialect=dialect, column_keys=list(names)))
