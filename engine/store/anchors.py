"""Anchors as they are stored: how many records lack a date, or have one that is to come or lies before 1900."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, Table, and_, case, func, select

from engine.language.anchors import FIRST_YEAR

MISSING, TO_COME, BEFORE_1900 = STANDINGS = ("missing", "to_come", "before_1900")
_FIRST = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)


def counts(connection: Connection, records: Table, field: str, now: datetime) -> Mapping[str, int]:
    """Return how many records of a kind have a date that cannot be right, or none, by what is wrong."""
    conditions = _conditions(records.c[field], now)
    sums = (func.coalesce(func.sum(case((one, 1), else_=0)), 0).label(name) for name, one in conditions.items())
    return {name: int(value) for name, value in connection.execute(select(*sums)).mappings().one().items()}


def listing(connection: Connection, records: Table, field: str, now: datetime) -> Iterator[tuple[str, str]]:
    """Give the id of each record whose date is not what it should be, with what is wrong."""
    for name, condition in _conditions(records.c[field], now).items():
        for its_id in connection.execute(select(records.c.id).where(condition).order_by(records.c.id)).scalars():
            yield its_id, name


def _conditions(column: ColumnElement[datetime], now: datetime) -> dict[str, ColumnElement[bool]]:
    known = column.is_not(None)
    return {MISSING: column.is_(None), TO_COME: and_(known, column > now), BEFORE_1900: and_(known, column < _FIRST)}
