"""Lines: what was meant for a record before something else, and still waits. What a pause stops holds up nobody."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, func, or_, select

from engine.store.intents import PENDING
from engine.store.tables import DELETION, INTENT, RULE


@dataclass(frozen=True, slots=True)
class Waiting:
    """An intent that waits: which call of which rule, and until when."""

    rule: str
    part: str
    call: int
    not_before: datetime


def intents_before(
    connection: Connection, entity: str, record: int, at: datetime, key: int | None = None
) -> list[Waiting]:
    """Return the pending intents of a record that were meant before an instant; of those at it, before a key or all."""
    is_same = INTENT.c.created_at == at
    is_before = or_(INTENT.c.created_at < at, is_same if key is None else and_(is_same, INTENT.c.key < key))
    its = (INTENT.c.record == record, INTENT.c.state == PENDING, RULE.c.entity == entity, is_before)
    is_active = and_(RULE.c.paused.is_(None), RULE.c.paused_at.is_(None))
    columns = (RULE.c.id, INTENT.c.part, INTENT.c.call, INTENT.c.not_before)
    rows = select(*columns).select_from(INTENT.join(RULE)).where(*its, is_active)
    return [Waiting(*row) for row in connection.execute(rows)]


def order_before(connection: Connection, entity: str, record: int, at: datetime) -> datetime | None:
    """Return when an order about a record, written before an instant, is looked at again; None where none is open."""
    its = (DELETION.c.record == record, DELETION.c.state == "ordered", DELETION.c.ordered_at < at)
    last = select(func.max(DELETION.c.next_at)).select_from(DELETION.join(RULE))
    found: datetime | None = connection.execute(
        last.where(*its, RULE.c.entity == entity, RULE.c.paused_at.is_(None))
    ).scalar_one()
    return found
