"""Erasure: a record leaves every table; what remains is a receipt that names nobody."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, or_, select, text, update

from engine.store import changes, evaluations, reviews
from engine.store.database import Database
from engine.store.deletions import Deletion, of_record
from engine.store.records import RecordTables
from engine.store.tables import (
    ALERT,
    CASE_MOVE,
    CASES,
    CHANGE_LOG,
    DELETION,
    HOLD,
    INTENT,
    MEMBER,
    MEMBER_MOVE,
    PERMISSION,
    RECEIPT,
    RECYCLE_BIN,
    RESTRICTION,
    RULE,
    VERDICT_MOVE,
)


def remove_copy(connection: Connection, tables: RecordTables, entity: str, record: int, now: datetime) -> None:
    """Remove all that is held about a record: state, items, cases, members, alerts, changes, holds, restrictions."""
    changes.note_referrers(connection, tables, (entity, record), now)
    table = tables.records[entity]
    for (owner, _), items in tables.items.items():
        if owner == entity:
            connection.execute(delete(items).where(items.c.owner_key == record))
    stamps = tables.changes[entity]
    connection.execute(delete(stamps).where(stamps.c.owner_key == record))
    connection.execute(delete(table).where(table.c.key == record))
    evaluations.uncount(connection, entity, record)
    rules = select(RULE.c.key).where(RULE.c.entity == entity)
    for one in (MEMBER, MEMBER_MOVE, ALERT, CASE_MOVE, VERDICT_MOVE, CASES):
        connection.execute(delete(one).where(one.c.record == record, one.c.rule.in_(rules)))
    connection.execute(delete(CHANGE_LOG).where(CHANGE_LOG.c.entity == entity, CHANGE_LOG.c.record == record))
    for kept in (HOLD, RESTRICTION, PERMISSION):
        connection.execute(delete(kept).where(kept.c.entity == entity, kept.c.record == record))
    reviews.forget(connection, entity, record, now)


def forget_messages(connection: Connection, entity: str, record: int) -> list[tuple[int, datetime | None]]:
    """Remove the intents of a record; return their keys and digests, by which letters in an outbox are named."""
    its = and_(INTENT.c.record == record, INTENT.c.rule.in_(select(RULE.c.key).where(RULE.c.entity == entity)))
    found = [(row.key, row.digest) for row in connection.execute(select(INTENT.c.key, INTENT.c.digest).where(its))]
    connection.execute(delete(INTENT).where(its))
    return found


def put_into_bin(connection: Connection, deletion: Deletion, snapshot: Mapping[str, Any]) -> None:
    """Keep a record restorable for a while, out of reach of every rule."""
    values = {"deletion": deletion.key, "entity": deletion.entity, "snapshot": json.dumps(snapshot, ensure_ascii=False)}
    connection.execute(insert(RECYCLE_BIN).values(values))


def in_bin(connection: Connection, deletion: int) -> dict[str, Any] | None:
    """Return the snapshot that a deletion put into the bin."""
    kept = select(RECYCLE_BIN.c.snapshot).where(RECYCLE_BIN.c.deletion == deletion)
    found = connection.execute(kept).scalar_one_or_none()
    return None if found is None else dict(json.loads(found))


def ids_in_bin(connection: Connection, entity: str) -> frozenset[str]:
    """Return the ids of the records that are put away and not yet erased."""
    ids = select(DELETION.c.contact).join(RULE).where(DELETION.c.state == "in_recycle_bin", RULE.c.entity == entity)
    return frozenset(one for one in connection.execute(ids).scalars() if one is not None)


def empty_bin(connection: Connection, deletion: int) -> None:
    """Remove what a deletion put into the bin."""
    connection.execute(delete(RECYCLE_BIN).where(RECYCLE_BIN.c.deletion == deletion))


@dataclass(frozen=True, slots=True)
class Proof:
    """What a receipt says besides the deletion's own dates: nothing that names the person."""

    id_hash: str
    legal_basis: str
    how: str
    by: str


def write_receipt(connection: Connection, deletion: Deletion, proof: Proof, now: datetime) -> None:
    """Write the proof of an erasure, and take the contact's id out of every deletion of the record."""
    values = {
        "rule": deletion.rule,
        "version": deletion.version,
        "scheduled_at": deletion.scheduled_at,
        "ordered_at": deletion.ordered_at or now,
        "erased_at": now,
    }
    connection.execute(insert(RECEIPT).values(values | asdict(proof)))
    its = DELETION.c.key == deletion.key
    if deletion.record is not None:
        its = or_(its, of_record(deletion.rule_key, deletion.record))
    connection.execute(update(DELETION).where(its).values(contact=None, record=None))


def receipt_of(connection: Connection, id_hash: str) -> dict[str, Any] | None:
    """Return the newest receipt of an erased id."""
    rows = select(RECEIPT).where(RECEIPT.c.id_hash == id_hash).order_by(RECEIPT.c.key.desc()).limit(1)
    found = connection.execute(rows).mappings().one_or_none()
    return None if found is None else {name: value for name, value in found.items() if name != "key"}


def scrub(database: Database) -> None:
    """Bring the write-ahead log into the database and empty it, so that no file keeps what was erased."""
    if database.file is None:
        return
    with database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
