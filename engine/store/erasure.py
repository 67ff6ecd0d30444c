"""Erasure: a record leaves every table; what remains is a receipt that names nobody."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, and_, delete, insert, select

from engine.store import changes, evaluations, ledger, moves_told, reviews, selection_feed
from engine.store.database import Database
from engine.store.deletions import Deletion
from engine.store.records import RecordTables
from engine.store.rows import padded
from engine.store.tables import (
    ALERT,
    CASE_MOVE,
    CASES,
    CHANGE_LOG,
    DELETION,
    HOLD,
    INTENT,
    PERMISSION,
    RECEIPT,
    RECYCLE_BIN,
    RESTRICTION,
    RULE,
    SETTING,
    VERDICT_MOVE,
)

UNCLEAN = "unclean"  # the name of the setting that says so
AT_ONCE = 64 << 20  # bytes that are written anew within a second or so; more waits for the nightly tidying


def remove_copy(connection: Connection, tables: RecordTables, entity: str, record: int, now: datetime) -> None:
    """Remove all that is held about a record: state, items, cases, alerts, changes, holds, restrictions.

    It leaves its selections; its moves in their feeds stay until it is erased. The CRM is told no more of it: who asked
    for the deletion, or carried it out, knows.
    """
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
    selection_feed.leave(connection, entity, record, now)
    for one in (ALERT, CASE_MOVE, VERDICT_MOVE, CASES):
        connection.execute(delete(one).where(one.c.record == record, one.c.rule.in_(rules)))
    for one in (CHANGE_LOG, HOLD, RESTRICTION, PERMISSION):
        connection.execute(delete(one).where(one.c.entity == entity, one.c.record == record))
    reviews.forget(connection, entity, record, now)
    moves_told.forget(connection, entity, record)


def forget_messages(connection: Connection, entity: str, record: int) -> list[tuple[int, datetime | None]]:
    """Remove the intents of a record; return their keys and digests, by which letters in an outbox are named."""
    its = and_(INTENT.c.record == record, INTENT.c.rule.in_(select(RULE.c.key).where(RULE.c.entity == entity)))
    found = [(row.key, row.digest) for row in connection.execute(select(INTENT.c.key, INTENT.c.digest).where(its))]
    ledger.note_gone(connection, its)
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


def ids_in_bin(connection: Connection, entity: str, among: Collection[str] | None = None) -> frozenset[str]:
    """Return the ids of the records, of all or of some, that are put away and not yet erased."""
    whole = (DELETION.c.state == "in_recycle_bin", DELETION.c.purposes.is_(None))
    ids = select(DELETION.c.contact).join(RULE).where(*whole, RULE.c.entity == entity)
    if among is not None:
        ids = ids.where(DELETION.c.contact.in_(padded(among)))
    return frozenset(one for one in connection.execute(ids).scalars() if one is not None)


def empty_bin(connection: Connection, deletion: int) -> None:
    """Remove what a deletion put into the bin."""
    connection.execute(delete(RECYCLE_BIN).where(RECYCLE_BIN.c.deletion == deletion))


def remove_items(connection: Connection, items: Table, record: int, ids: Iterable[str]) -> None:
    """Remove single items of a record."""
    connection.execute(delete(items).where(items.c.owner_key == record, items.c.id.in_(list(ids))))


@dataclass(frozen=True, slots=True)
class Proof:
    """What a receipt says besides the deletion's own dates: nothing that names the person."""

    id_hash: str
    legal_basis: str
    how: str
    by: str
    purposes: tuple[str, ...] | None = None  # what it was limited to; None where everything went


def write_receipt(connection: Connection, deletion: Deletion, proof: Proof, now: datetime) -> None:
    """Write the proof of an erasure."""
    values = {
        "rule": deletion.rule,
        "version": deletion.version,
        "scheduled_at": deletion.scheduled_at,
        "ordered_at": deletion.ordered_at or now,
        "erased_at": now,
    }
    connection.execute(insert(RECEIPT).values(values | asdict(proof)))


def receipt_of(connection: Connection, id_hash: str) -> dict[str, Any] | None:
    """Return the newest receipt of an id; that of an erasure as a whole before those for some purposes."""
    order = (RECEIPT.c.purposes.is_not(None), RECEIPT.c.key.desc())
    rows = select(RECEIPT).where(RECEIPT.c.id_hash == id_hash).order_by(*order).limit(1)
    found = connection.execute(rows).mappings().one_or_none()
    return None if found is None else {name: value for name, value in found.items() if name != "key"}


def receipt_like(connection: Connection, one: Deletion, ended_at: datetime) -> dict[str, Any] | None:
    """Return the receipt that an erased deletion left, without what stands for the person.

    A receipt names no deletion. Of several by one rule at one instant, which tell the same, it is the first.
    """
    its = (RECEIPT.c.erased_at == ended_at, RECEIPT.c.rule == one.rule, RECEIPT.c.version == one.version)
    rows = select(RECEIPT).where(*its, RECEIPT.c.scheduled_at == one.scheduled_at).order_by(RECEIPT.c.key)
    found = [row for row in connection.execute(rows).mappings() if row["purposes"] == one.purposes]
    return {name: value for name, value in found[0].items() if name not in {"key", "id_hash"}} if found else None


def mark(connection: Connection, deletion: int) -> None:
    """Note that files can still hold bytes of what was deleted, until the database is written anew."""
    connection.execute(delete(SETTING).where(SETTING.c.name == UNCLEAN))
    connection.execute(insert(SETTING).values(name=UNCLEAN, value=str(deletion)))


def scrub(database: Database, most: int | None = AT_ONCE) -> bool:
    """Write a database of up to so many bytes anew where something was erased, and empty its write-ahead log.

    SQLite overwrites what is deleted, yet leaves bytes of it behind where it has moved rows within and between pages.
    False where something is left to do, be it that somebody still reads from the log: then the next time does it.
    """
    if database.file is None:
        return True
    with database.reading() as connection:
        marked = connection.execute(select(SETTING.c.value).where(SETTING.c.name == UNCLEAN)).scalar_one_or_none()
    is_let = most is None or database.file.stat().st_size <= most
    if marked is not None and is_let:
        database.write_anew()
        with database.writing() as connection:
            connection.execute(delete(SETTING).where(SETTING.c.name == UNCLEAN, SETTING.c.value == marked))
    return database.empty_log() and (marked is None or is_let)
