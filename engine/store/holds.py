"""Holds: a person's word that a record is kept; it beats every deletion."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, insert, or_, select, update

from engine.model.facts import HOLDS
from engine.store import changes
from engine.store.records import RecordTables
from engine.store.tables import HOLD
from engine.store.whose import with_ids


@dataclass(frozen=True, slots=True)
class Watch:
    """Who answers for a hold, and when somebody looks whether it is still needed; neither is asked for."""

    owner: str | None = None
    review_at: datetime | None = None


UNWATCHED = Watch()


def add(
    connection: Connection, record: tuple[str, int], name: str, reason: str, now: datetime, watch: Watch = UNWATCHED
) -> int:
    """Place a hold on a record (entity, key); return its id."""
    values = {"entity": record[0], "record": record[1], "name": name, "reason": reason, "placed_at": now}
    values |= {"owner": watch.owner, "review_at": watch.review_at}
    changes.note(connection, record, HOLDS, now)
    return int(connection.execute(insert(HOLD).values(values).returning(HOLD.c.key)).scalar_one())


def lift(connection: Connection, hold: int, now: datetime) -> bool:
    """Lift a hold; False where there is none."""
    active = (HOLD.c.key == hold, HOLD.c.lifted_at.is_(None))
    lifted = update(HOLD).where(*active).values(lifted_at=now).returning(HOLD.c.entity, HOLD.c.record)
    found = connection.execute(lifted).one_or_none()
    if found is None:
        return False
    changes.note(connection, (found.entity, found.record), HOLDS, now)
    return True


def late(connection: Connection, before: datetime) -> list[tuple[int, str | None]]:
    """Return the active holds that were to be looked at before an instant, each with who answers for it."""
    its = (HOLD.c.lifted_at.is_(None), HOLD.c.review_at < before)
    rows = connection.execute(select(HOLD.c.key, HOLD.c.owner).where(*its).order_by(HOLD.c.key))
    return [(row.key, row.owner) for row in rows]


def record_of(connection: Connection, hold: int) -> tuple[str, int] | None:
    """Return the record (entity, key) that a hold is or was on."""
    found = connection.execute(select(HOLD.c.entity, HOLD.c.record).where(HOLD.c.key == hold)).one_or_none()
    return None if found is None else (found.entity, found.record)


def active(connection: Connection, entity: str, record: int) -> bool:
    """True when a hold is on a record."""
    held = select(HOLD.c.key).where(HOLD.c.entity == entity, HOLD.c.record == record, HOLD.c.lifted_at.is_(None))
    return connection.execute(held.limit(1)).first() is not None


def on(connection: Connection, entity: str, record: int) -> list[tuple[int, str]]:
    """Return the id and name of every hold that is active on a record."""
    held = select(HOLD.c.key, HOLD.c.name).where(
        HOLD.c.entity == entity, HOLD.c.record == record, HOLD.c.lifted_at.is_(None)
    )
    return [(row.key, row.name) for row in connection.execute(held.order_by(HOLD.c.key))]


def details_on(connection: Connection, entity: str, record: int) -> list[dict[str, Any]]:
    """Return every hold that is active on a record: why, who answers for it, and when somebody looks again."""
    names = ("key", "name", "reason", "placed_at", "owner", "review_at")
    its = (HOLD.c.entity == entity, HOLD.c.record == record, HOLD.c.lifted_at.is_(None))
    rows = select(*(HOLD.c[name] for name in names)).where(*its).order_by(HOLD.c.key)
    return [dict(row) for row in connection.execute(rows).mappings()]


def names_on(connection: Connection, entity: str, records: Collection[int]) -> dict[int, frozenset[str]]:
    """Return, by record, the names of the holds that are active on records."""
    active = (HOLD.c.entity == entity, HOLD.c.record.in_(records), HOLD.c.lifted_at.is_(None))
    found: dict[int, frozenset[str]] = {}
    for row in connection.execute(select(HOLD.c.record, HOLD.c.name).where(*active)):
        found[row.record] = found.get(row.record, frozenset()) | {row.name}
    return found


def is_held(entity: str, record: ColumnElement[int], name: str | None) -> ColumnElement[bool]:
    """Return the condition that a hold of a name, or any, is active on a record."""
    its = (HOLD.c.entity == entity, HOLD.c.record == record, HOLD.c.lifted_at.is_(None))
    named = () if name is None else (HOLD.c.name == name,)
    return exists().where(*its, *named).correlate_except(HOLD)


def listing(
    connection: Connection, tables: RecordTables, after: int = 0, limit: int | None = None
) -> list[dict[str, Any]]:
    """Return the active holds behind an id with the ids of what they keep, in the order in which they were placed."""
    return _listed(connection, tables, (HOLD.c.key > after,), (HOLD.c.key,), limit)


def late_listing(
    connection: Connection, tables: RecordTables, instant: datetime, after: tuple[datetime, int] | None, limit: int
) -> list[dict[str, Any]]:
    """Return the active holds that were to be looked at before an instant, the longest due first.

    `after` is the day of review and the id of the last one of the page before.
    """
    behind = [] if after is None else [_is_behind(*after)]
    which = (HOLD.c.review_at < instant, *behind)
    return _listed(connection, tables, which, (HOLD.c.review_at, HOLD.c.key), limit)


def _is_behind(day: datetime, key: int) -> ColumnElement[bool]:
    same = and_(HOLD.c.review_at == day, HOLD.c.key > key)
    return and_(HOLD.c.review_at >= day, or_(HOLD.c.review_at > day, same))


def _listed(
    connection: Connection,
    tables: RecordTables,
    which: tuple[ColumnElement[bool], ...],
    order: tuple[ColumnElement[Any], ...],
    limit: int | None,
) -> list[dict[str, Any]]:
    names = ("name", "reason", "placed_at", "owner", "review_at")
    joined, contact = with_ids(HOLD, tables, HOLD.c.entity, HOLD.c.record)
    columns = (HOLD.c.key.label("id"), contact.label("contact"), *(HOLD.c[name] for name in names))
    rows = select(*columns).select_from(joined).where(HOLD.c.lifted_at.is_(None), contact.is_not(None), *which)
    return [dict(row) for row in connection.execute(rows.order_by(*order).limit(limit)).mappings()]


def count(connection: Connection, most: int) -> int:
    """Return how many holds are active, counted up to a bound."""
    some = select(HOLD.c.key).where(HOLD.c.lifted_at.is_(None)).limit(most).subquery()
    return int(connection.execute(select(func.count()).select_from(some)).scalar_one())


def reviews_before(connection: Connection, instant: datetime) -> int:
    """Return how many active holds were to be looked at on a day that began before an instant."""
    due = select(func.count()).where(HOLD.c.lifted_at.is_(None), HOLD.c.review_at < instant)
    return int(connection.execute(due).scalar_one())
