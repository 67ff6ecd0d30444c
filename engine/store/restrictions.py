"""Restrictions: a row is open while the processing of a record is restricted (Art. 18); and what is permitted then.

A row opens with the flag, in the transaction of intake. It ends when the flag is no longer set and it is recorded that
the person was told before, whichever comes last. Permissions end with it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, exists, false, insert, literal, not_, or_, select, update

from engine.store import changes
from engine.store.columns import Instant, Text
from engine.store.records import RecordTables, is_set
from engine.store.rows import padded
from engine.store.tables import PERMISSION, RESTRICTION
from engine.store.whose import with_ids

FLAG = "restrict_processing"
DELETION, MESSAGE, EXPORT, SELECTION = "deletion", "message", "export", "selection"
AT_ONCE = 500
USES = (DELETION, MESSAGE, EXPORT, SELECTION)


@dataclass(frozen=True, slots=True)
class Restriction:
    """An open restriction as stored."""

    key: int
    entity: str
    record: int
    since: datetime
    told_at: datetime | None
    told_by: str | None


def is_restricted(entity: str, record: ColumnElement[int]) -> ColumnElement[bool]:
    """Return the condition that a restriction of a record is open."""
    its = (RESTRICTION.c.entity == entity, RESTRICTION.c.record == record, RESTRICTION.c.lifted_at.is_(None))
    return exists().where(*its).correlate_except(RESTRICTION)


def is_permitted(entity: str, record: ColumnElement[int], use: str) -> ColumnElement[bool]:
    """Return the condition that a use of a record is permitted although its processing is restricted."""
    its = (PERMISSION.c.entity == entity, PERMISSION.c.record == record, PERMISSION.c.withdrawn_at.is_(None))
    return exists().where(*its, PERMISSION.c.use == use).correlate_except(PERMISSION)


def stands_against(entity: str, records: Table, use: str) -> ColumnElement[bool]:
    """Return the condition on records that a restriction keeps them from a use."""
    restricted = or_(is_set(records, FLAG), is_restricted(entity, records.c.key))
    return and_(restricted, not_(is_permitted(entity, records.c.key, use)))


def follow(
    connection: Connection, records: Table, entity: str, flagged: Collection[int], free: Collection[int], at: datetime
) -> None:
    """Open a restriction for each flagged record that has none, and end those of free records who were told."""
    if flagged:
        wanted = records.c.key.in_(padded(flagged)), ~is_restricted(entity, records.c.key)
        fresh = select(literal(entity, Text()), records.c.key, literal(at, Instant())).where(*wanted)
        connection.execute(insert(RESTRICTION).from_select(["entity", "record", "since"], fresh))
    if free:
        _end(connection, entity, free, at)


def open_of(connection: Connection, entity: str, record: int) -> Restriction | None:
    """Return the open restriction of a record."""
    columns = [RESTRICTION.c[name] for name in Restriction.__slots__]
    its = (RESTRICTION.c.entity == entity, RESTRICTION.c.record == record, RESTRICTION.c.lifted_at.is_(None))
    found = connection.execute(select(*columns).where(*its)).one_or_none()
    return None if found is None else Restriction(*found)


def is_flagged(connection: Connection, tables: RecordTables, entity: str, record: int) -> bool:
    """True while the flag of a record is set in the CRM, or was sent so badly that it cannot be told."""
    records = tables.records[entity]
    return bool(connection.execute(select(is_set(records, FLAG)).where(records.c.key == record)).scalar_one_or_none())


def tell(connection: Connection, one: Restriction, told: tuple[datetime, str | None], now: datetime) -> None:
    """Record that the person was told, on a day and by whom, that the restriction will be lifted."""
    values = {"told_at": told[0], "told_by": told[1]}
    connection.execute(update(RESTRICTION).where(RESTRICTION.c.key == one.key).values(values))
    changes.note(connection, (one.entity, one.record), FLAG, now)


def end(connection: Connection, one: Restriction, now: datetime) -> None:
    """End a restriction of which the person was told, now that the flag is no longer set."""
    _end(connection, one.entity, [one.record], now)


def permit(
    connection: Connection, record: tuple[str, int], allowed: tuple[str, str], said: tuple[datetime, str | None],
    now: datetime,
) -> int:  # fmt: skip
    """Record that a use is allowed on a ground (`allowed`), since when and noted by whom (`said`); return its id."""
    values = {"entity": record[0], "record": record[1], "use": allowed[0], "ground": allowed[1], "noted_at": now}
    values |= {"said_at": said[0], "noted_by": said[1]}
    changes.note(connection, record, FLAG, now)
    return int(connection.execute(insert(PERMISSION).values(values).returning(PERMISSION.c.key)).scalar_one())


def withdraw(connection: Connection, permission: int, now: datetime) -> tuple[str, int] | None:
    """Withdraw a permission; return of which record (entity, key), None where none stands under that id."""
    its = (PERMISSION.c.key == permission, PERMISSION.c.withdrawn_at.is_(None))
    withdrawn = update(PERMISSION).where(*its).values(withdrawn_at=now)
    found = connection.execute(withdrawn.returning(PERMISSION.c.entity, PERMISSION.c.record)).one_or_none()
    if found is None:
        return None
    changes.note(connection, (found.entity, found.record), FLAG, now)
    return found.entity, found.record


def permitted(connection: Connection, entity: str, record: int) -> frozenset[str]:
    """Return the uses of a record that are permitted although its processing is restricted."""
    its = (PERMISSION.c.entity == entity, PERMISSION.c.record == record, PERMISSION.c.withdrawn_at.is_(None))
    return frozenset(connection.execute(select(PERMISSION.c.use).where(*its)).scalars())


def permissions_of(connection: Connection, entity: str, record: int) -> list[dict[str, Any]]:
    """Return what is permitted of a restricted record: of each permission its id, use and ground, and since when."""
    return _permissions(connection, [(entity, record)]).get((entity, record), [])


def listing(
    connection: Connection, tables: RecordTables, after: int = 0, limit: int | None = None
) -> list[dict[str, Any]]:
    """Return the open restrictions behind an id with the ids of what they are about, the oldest first."""
    joined, contact = with_ids(RESTRICTION, tables, RESTRICTION.c.entity, RESTRICTION.c.record)
    flags = [
        and_(RESTRICTION.c.entity == entity, is_set(records, FLAG))
        for entity, records in tables.records.items()
        if has_flag(tables, entity)
    ]
    names = ("entity", "record", "since", "told_at", "told_by")
    columns = (RESTRICTION.c.key.label("id"), contact.label("contact"), *(RESTRICTION.c[name] for name in names))
    rows = select(*columns, or_(false(), *flags).label("flag")).select_from(joined)
    rows = rows.where(RESTRICTION.c.lifted_at.is_(None), RESTRICTION.c.key > after, contact.is_not(None))
    found = [dict(row) for row in connection.execute(rows.order_by(RESTRICTION.c.key).limit(limit)).mappings()]
    allowed = _permissions(connection, {(one["entity"], one["record"]) for one in found})
    for one in found:
        one |= {"flag": bool(one["flag"]), "permissions": allowed.get((one["entity"], one.pop("record")), [])}
    return found


def has_flag(tables: RecordTables, entity: str) -> bool:
    """True where the model gives an entity the flag that restricts."""
    one = tables.model.entity(entity).fields.get(FLAG)
    return one is not None and one.guards


def _permissions(
    connection: Connection, of: Collection[tuple[str, int]]
) -> dict[tuple[str, int], list[dict[str, Any]]]:
    """Return the permissions that stand, by record."""
    names = ("use", "ground", "said_at", "noted_by")
    found: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for entity in sorted({one[0] for one in of}):
        records = [record for its, record in of if its == entity]
        rows = select(PERMISSION.c.record, PERMISSION.c.key, *(PERMISSION.c[name] for name in names))
        rows = rows.where(PERMISSION.c.entity == entity, PERMISSION.c.withdrawn_at.is_(None))
        for start in range(0, len(records), AT_ONCE):
            its = rows.where(PERMISSION.c.record.in_(padded(records[start : start + AT_ONCE])))
            for record, *told in connection.execute(its.order_by(PERMISSION.c.key)):
                found.setdefault((entity, record), []).append(dict(zip(("id", *names), told, strict=True)))
    return found


def _end(connection: Connection, entity: str, records: Collection[int], at: datetime) -> None:
    keys: Sequence[int] = padded(records)
    its = (RESTRICTION.c.entity == entity, RESTRICTION.c.record.in_(keys), RESTRICTION.c.lifted_at.is_(None))
    ended = update(RESTRICTION).where(*its, RESTRICTION.c.told_at.is_not(None)).values(lifted_at=at)
    gone = connection.execute(ended.returning(RESTRICTION.c.record)).scalars().all()
    if gone:
        allowed = (PERMISSION.c.entity == entity, PERMISSION.c.record.in_(padded(gone)))
        standing = update(PERMISSION).where(*allowed, PERMISSION.c.withdrawn_at.is_(None))
        connection.execute(standing.values(withdrawn_at=at))
