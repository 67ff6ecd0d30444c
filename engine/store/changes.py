"""The change log as work: which records changed since it was last looked at, and in what."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, literal, select

from engine.store import positions
from engine.store.columns import Instant
from engine.store.records import RecordTables, mask_of, masks
from engine.store.tables import CHANGE_LOG, RULE

SEEN, PRUNED = "seen_changes", "pruned_changes"


@dataclass(frozen=True, slots=True)
class Changed:
    """One record, with all that changed of it since the last look; changes to one record are one.

    `events` are the types of the events that arrived about it, `position` is that of the last change.
    """

    entity: str
    record: int
    names: frozenset[str]
    is_new: bool
    events: frozenset[str] = frozenset()
    position: int = 0


def unseen(connection: Connection, limit: int) -> tuple[list[Changed], int]:
    """Return the records that changed, the oldest change first, and the position up to which they reach."""
    seen = positions.read(connection, SEEN)
    rows = connection.execute(
        select(CHANGE_LOG).where(CHANGE_LOG.c.seq > seen).order_by(CHANGE_LOG.c.seq).limit(limit)
    ).all()
    joined: dict[tuple[str, int], tuple[int, bool, int]] = {}
    for row in rows:
        mask, is_new, _ = joined.get((row.entity, row.record), (0, False, 0))
        joined[(row.entity, row.record)] = (mask | row.mask, is_new or row.is_new, row.seq)
    bits = {entity: masks(connection, entity) for entity in {entity for entity, _ in joined}}
    changed = [
        Changed(
            entity,
            record,
            frozenset(name for name, bit in bits[entity].items() if bit & mask),
            is_new,
            position=position,
        )
        for (entity, record), (mask, is_new, position) in joined.items()
    ]
    return changed, rows[-1].seq if rows else seen


def note(connection: Connection, record: tuple[str, int], name: str, at: datetime) -> None:
    """Note that something changed about a record (entity, key) that no snapshot tells."""
    row = {"entity": record[0], "record": record[1], "mask": masks(connection, record[0])[name], "is_new": False}
    connection.execute(insert(CHANGE_LOG).values(row | {"changed_at": at}))


def note_again(connection: Connection, changed: Iterable[Changed], at: datetime) -> None:
    """Note changes anew of which a run had seen the first note, before they were judged at a later instant.

    Their verdicts are then newer than the rules' thresholds; the next run looks at them and so stays right, also where
    the clock goes back.
    """
    last = connection.execute(select(func.max(RULE.c.seen))).scalar_one() or 0
    rows = [
        {
            "entity": one.entity,
            "record": one.record,
            "mask": mask_of(one.names, masks(connection, one.entity)),
            "is_new": one.is_new,
            "changed_at": at,
        }
        for one in changed
        if 0 < one.position <= last
    ]
    if rows:
        connection.execute(insert(CHANGE_LOG), rows)


def note_referrers(connection: Connection, tables: RecordTables, record: tuple[str, int], at: datetime) -> None:
    """Note for all who refer to a record (entity, key) that what they refer to is about to go."""
    entity, key = record
    its = tables.records[entity]
    name = select(its.c.id).where(its.c.key == key).scalar_subquery()
    for other in tables.model.entities.values():
        bits, table = masks(connection, other.name), tables.records[other.name]
        for field in (one.name for one in other.fields.values() if one.references == entity):
            said = (literal(other.name), table.c.key, literal(bits[field]), literal(False), literal(at, Instant()))
            referrers = select(*said).where(table.c[field] == name)
            columns = ["entity", "record", "mask", "is_new", "changed_at"]
            connection.execute(insert(CHANGE_LOG).from_select(columns, referrers))


def mark_seen(connection: Connection, position: int) -> None:
    """Note that changes up to a position were looked at: in the transaction of what came of them."""
    positions.write(connection, SEEN, position)


def newest(connection: Connection) -> int:
    """Return the position of the newest change, which may have been pruned; 0 where there never was one."""
    return int(connection.execute(select(func.max(CHANGE_LOG.c.seq))).scalar_one() or pruned_to(connection))


def pruned_to(connection: Connection) -> int:
    """Return up to where changes were removed."""
    return positions.read(connection, PRUNED)


def prune(connection: Connection, before: datetime) -> int:
    """Remove changes that were looked at and are older than an instant; who saw none of them has to start anew."""
    old = (CHANGE_LOG.c.seq <= positions.read(connection, SEEN), CHANGE_LOG.c.changed_at < before)
    last = connection.execute(select(func.max(CHANGE_LOG.c.seq)).where(*old)).scalar_one()
    if last is None:
        return 0
    positions.write(connection, PRUNED, int(last))
    return connection.execute(CHANGE_LOG.delete().where(*old)).rowcount
