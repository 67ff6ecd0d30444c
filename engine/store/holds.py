"""Holds: a person's word that a record is kept; it beats every deletion."""

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from engine.store.records import RecordTables
from engine.store.tables import HOLD


def add(connection: Connection, record: tuple[str, int], name: str, reason: str, now: datetime) -> int:
    """Place a hold on a record (entity, key); return its id."""
    values = {"entity": record[0], "record": record[1], "name": name, "reason": reason, "placed_at": now}
    return int(connection.execute(insert(HOLD).values(values).returning(HOLD.c.key)).scalar_one())


def lift(connection: Connection, hold: int, now: datetime) -> bool:
    """Lift a hold; False where there is none."""
    active = (HOLD.c.key == hold, HOLD.c.lifted_at.is_(None))
    return connection.execute(update(HOLD).where(*active).values(lifted_at=now)).rowcount == 1


def active(connection: Connection, entity: str, record: int) -> bool:
    """True when a hold is on a record."""
    held = select(HOLD.c.key).where(HOLD.c.entity == entity, HOLD.c.record == record, HOLD.c.lifted_at.is_(None))
    return connection.execute(held.limit(1)).first() is not None


def listing(connection: Connection, tables: RecordTables) -> list[dict[str, object]]:
    """Return the active holds with the ids of what they keep."""
    found: list[dict[str, object]] = []
    for entity, records in tables.records.items():
        rows = select(HOLD.c.key, records.c.id, HOLD.c.name, HOLD.c.reason, HOLD.c.placed_at).join(
            records, records.c.key == HOLD.c.record
        )
        rows = rows.where(HOLD.c.entity == entity, HOLD.c.lifted_at.is_(None)).order_by(HOLD.c.key)
        names = ("id", "contact", "name", "reason", "placed_at")
        found += [dict(zip(names, row, strict=True)) for row in connection.execute(rows)]
    return found
