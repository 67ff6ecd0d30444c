"""Purge: how far a store knows the list of the erased, and everybody of whom it holds something, to compare with it.

A store counts what it put on the list itself. One that was restored from a backup has counted less than is there.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, select

from engine.store import positions
from engine.store.records import RecordTables
from engine.store.tables import DELETION, INBOX, RECEIPT, RECYCLE_BIN, RULE

SEEN = "erased_seen"
AT_A_TIME = 1_000
EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody of whom something is held: id, and address where one is."""

    entity: str
    id: str
    email: str | None = None


def seen(connection: Connection) -> int:
    """Return how many hashes of the list of the erased the store knows of."""
    return positions.read(connection, SEEN)


def note_seen(connection: Connection, count: int) -> None:
    """Note that the store knows of so many more hashes: in the transaction of what came of them."""
    if count:
        positions.write(connection, SEEN, seen(connection) + count)


def everybody(connection: Connection, tables: RecordTables) -> Iterator[Held]:
    """Give everybody of whom the store holds something: records, the recycle bin, events, deletions."""
    in_parts = {"yield_per": AT_A_TIME}
    for entity, records in tables.records.items():
        columns = [records.c.id, *([records.c[EMAIL]] if EMAIL in records.c else ())]
        for row in connection.execute(select(*columns), execution_options=in_parts):
            yield Held(entity, *row)
    for row in connection.execute(select(RECYCLE_BIN.c.entity, RECYCLE_BIN.c.snapshot), execution_options=in_parts):
        kept = json.loads(row.snapshot)
        email = kept.get(EMAIL)
        yield Held(row.entity, str(kept["id"]), email if isinstance(email, str) else None)
    for row in connection.execute(select(INBOX.c.entity, INBOX.c.subject).distinct(), execution_options=in_parts):
        yield Held(*row)
    named = select(RULE.c.entity, DELETION.c.contact).join(RULE).where(DELETION.c.contact.is_not(None)).distinct()
    for row in connection.execute(named, execution_options=in_parts):
        yield Held(*row)


def instants_of_receipts(connection: Connection) -> frozenset[object]:
    """Return the instants of the erasures that the store has seen itself."""
    return frozenset(connection.execute(select(RECEIPT.c.erased_at).distinct()).scalars())
