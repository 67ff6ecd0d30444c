"""The inbox: events from the CRM, each taken once by source and id, in the transaction that applies it."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from engine.store.tables import INBOX


@dataclass(frozen=True, slots=True)
class Event:
    """A CloudEvent (1.0) as far as it matters here."""

    source: str
    id: str
    type: str
    subject: str
    data: dict[str, Any]


def is_known(connection: Connection, event: Event) -> bool:
    """True when an event was taken before."""
    same = select(INBOX.c.seq).where(INBOX.c.source == event.source, INBOX.c.event == event.id)
    return connection.execute(same).first() is not None


def take(connection: Connection, event: Event, at: datetime) -> None:
    """Keep an event."""
    values = {
        "source": event.source,
        "event": event.id,
        "type": event.type,
        "subject": event.subject,
        "received_at": at,
    }
    connection.execute(insert(INBOX).values(values | {"body": json.dumps(event.data, ensure_ascii=False, default=str)}))


def prune(connection: Connection, before: datetime) -> int:
    """Remove events that are older than an instant."""
    return connection.execute(delete(INBOX).where(INBOX.c.received_at < before)).rowcount
