"""The inbox: events about records, each taken once by source and id, in the transaction that applies it.

Most are the CRM's; changes of fields that event patterns wait for are written here as well, by `field_changes.py`.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, delete, select, update

from engine.store import positions
from engine.store.columns import to_microseconds
from engine.store.rows import insert_rows, padded
from engine.store.tables import INBOX

OWN = ""  # the source of what writes of state cause: no CloudEvent can have it
HEARD = "heard_events"
LARGEST_EXPONENT = 300  # of a number that is surely a double, to which JSON goes
COLUMNS = ("source", "event", "type", "entity", "subject", "body", "occurred_at", "received_at")  # as in the table


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


def known(connection: Connection, events: Iterable[Event]) -> set[tuple[str, str]]:
    """Return source and id of those events that were taken before."""
    asked: dict[str, set[str]] = {}
    for event in events:
        asked.setdefault(event.source, set()).add(event.id)
    found: set[tuple[str, str]] = set()
    for source, ids in asked.items():  # one as a rule; pairs in one statement would have SQLite read all there are
        its = select(INBOX.c.event).where(INBOX.c.source == source, INBOX.c.event.in_(padded(ids)))
        found |= {(source, one) for one in connection.execute(its).scalars()}
    return found


def take(connection: Connection, events: Iterable[Event], at: datetime) -> None:
    """Keep events that have come at an instant, in their order."""
    received = to_microseconds(at)
    rows = [
        (
            event.source,
            event.id,
            event.type,
            event.entity,
            event.subject,
            json.dumps(event.data, ensure_ascii=False, default=_plain),
            received if event.occurred_at is None else to_microseconds(event.occurred_at),
            received,
        )
        for event in events
    ]
    insert_rows(connection, INBOX, COLUMNS, rows)


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
