"""The inbox: events about records, each taken once by source and id, in the transaction that applies it.

Most are the CRM's; changes of fields that event patterns wait for are written here as well, by `field_changes.py`.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from engine.store import positions
from engine.store.tables import INBOX

OWN = ""  # the source of what writes of state cause: no CloudEvent can have it
HEARD = "heard_events"
LARGEST_EXPONENT = 300  # of a number that is surely a double, to which JSON goes


@dataclass(frozen=True, slots=True)
class Event:
    """A CloudEvent (1.0) as far as it matters here; without a time it happened when it came."""

    source: str
    id: str
    type: str
    subject: str
    data: dict[str, Any]
    occurred_at: datetime | None = None
    entity: str = "contact"


@dataclass(frozen=True, slots=True)
class Arrived:
    """That an event of a type about a record has arrived."""

    entity: str
    subject: str
    type: str


def is_known(connection: Connection, event: Event) -> bool:
    """True when an event was taken before."""
    same = select(INBOX.c.seq).where(INBOX.c.source == event.source, INBOX.c.event == event.id)
    return connection.execute(same).first() is not None


def take(connection: Connection, events: list[Event], at: datetime) -> None:
    """Keep events that have come at an instant, in their order."""
    rows = [
        {
            "source": event.source,
            "event": event.id,
            "type": event.type,
            "entity": event.entity,
            "subject": event.subject,
            "occurred_at": event.occurred_at or at,
            "received_at": at,
            "body": json.dumps(event.data, ensure_ascii=False, default=_plain),
        }
        for event in events
    ]
    if rows:
        connection.execute(insert(INBOX), rows)


def unheard(connection: Connection, limit: int) -> tuple[list[Arrived], int]:
    """Return what has arrived since the last look, the oldest first, and the position up to which that reaches."""
    heard = positions.read(connection, HEARD)
    columns = (INBOX.c.seq, INBOX.c.entity, INBOX.c.subject, INBOX.c.type)
    rows = connection.execute(select(*columns).where(INBOX.c.seq > heard).order_by(INBOX.c.seq).limit(limit)).all()
    return [Arrived(row.entity, row.subject, row.type) for row in rows], rows[-1].seq if rows else heard


def mark_heard(connection: Connection, position: int) -> None:
    """Note that events up to a position were looked at: in the transaction of what came of them."""
    positions.write(connection, HEARD, position)


def forget(connection: Connection, entity: str, subject: str, *, own_only: bool = False) -> None:
    """Remove the events about a record: all, or those that its own state has caused."""
    its = delete(INBOX).where(INBOX.c.entity == entity, INBOX.c.subject == subject)
    connection.execute(its.where(INBOX.c.source == OWN) if own_only else its)


def redact(connection: Connection, entity: str, subject: str, told: Callable[[str, dict[str, Any]], object]) -> None:
    """Let the events about a record say only what is told of each, given its type and what it says."""
    its = select(INBOX.c.seq, INBOX.c.type, INBOX.c.body).where(INBOX.c.entity == entity, INBOX.c.subject == subject)
    for row in connection.execute(its).all():
        said = json.loads(row.body)
        left = told(row.type, said)
        if left != said:
            body = json.dumps(left, ensure_ascii=False)
            connection.execute(update(INBOX).where(INBOX.c.seq == row.seq).values(body=body))


def prune(connection: Connection, before: datetime) -> int:
    """Remove events that were looked at, and that came and happened before an instant."""
    is_heard = INBOX.c.seq <= positions.read(connection, HEARD)
    old = delete(INBOX).where(is_heard, INBOX.c.received_at < before, INBOX.c.occurred_at < before)
    return connection.execute(old).rowcount


def _plain(value: object) -> object:
    """Return what JSON can say: a decimal as a number, unless it is beyond those; what else it cannot as text."""
    if isinstance(value, Decimal) and abs(value.adjusted()) < LARGEST_EXPONENT:
        return float(value)
    return str(value)
