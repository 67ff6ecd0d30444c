"""Partial erasing: what a record has for some purposes only goes, by way of the recycle bin; the record stays."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from engine.language.event_pattern import CHANGED
from engine.model.purposes import CONSENTS, parting, returning
from engine.model.snapshot import as_json, read_snapshot
from engine.service.event_types import ITEMS, STATE
from engine.service.receipts import proof_of
from engine.service.recording import record_erasure
from engine.service.scene import Scene
from engine.store import deletions, erasure, inbox
from engine.store.database import Connection
from engine.store.deletions import Deletion, IllegalMove
from engine.store.intake import Intake
from engine.vocabulary.calendar import Moment

SINCE, WENT = "~since", "~went"  # beside what was put away: when that was, and the fields and collections as a whole


def put_away(scene: Scene, connection: Connection, one: Deletion, moment: Moment) -> None:
    """Take what goes out of the record, and keep it restorable. Other deletions of the record go on as they are."""
    facts = scene.records.facts(connection, one.entity, one.record) if one.record is not None else None
    if facts is None:
        return
    entity = scene.store.tables.model.entity(one.entity)
    parts = parting(entity, facts, one.purposes or (), moment.now)
    went = sorted({*parts.written.values, *parts.written.collections} - {CONSENTS})
    erasure.put_into_bin(connection, one, as_json(parts.gone) | {SINCE: moment.now.isoformat(), WENT: went})
    Intake(scene.store.tables, entity, scene.store.zone).take(connection, [parts.written], moment.now)


def erase(scene: Scene, one: Deletion, moment: Moment) -> None:
    """Erase what was put away and what events say of it, and write the receipt. The person stays: no tombstone."""
    with scene.store.database.writing() as connection:
        kept = erasure.in_bin(connection, one.key) or {}
        record_id = str(kept.get("id") or one.contact or "")
        ended: dict[str, Any] = {"ended_at": moment.now, "bin_until": None, "contact": None, "digest": None}
        deletions.move(connection, one, "erased", at=moment.now, **ended)
        proof = proof_of(scene, one, record_id)
        erasure.write_receipt(connection, one, proof, moment.now)
        record_erasure(scene, connection, one, (proof.id_hash, 0), moment.now)
        erasure.empty_bin(connection, one.key)
        erasure.mark(connection, one.key)
        inbox.redact(connection, one.entity, record_id, _redacting(kept.get(WENT) or (), one.purposes or ()))


def restore(scene: Scene, connection: Connection, one: Deletion, kept: Mapping[str, Any], moment: Moment) -> None:
    """Put back exactly what went, save where something has come since; raises IllegalMove where the record is away."""
    tables, entity = scene.store.tables, scene.store.tables.model.entity(one.entity)
    record = scene.records.key_of(connection, one.entity, str(kept["id"]))
    facts = None if record is None else scene.records.facts(connection, one.entity, record)
    if record is None or facts is None:
        raise IllegalMove("the record to which this belongs is away itself: restore that first, if it can be")
    gone = read_snapshot(entity, kept, scene.store.zone, ignore_unknown=True)
    back, stayed = returning(entity, facts, gone, datetime.fromisoformat(str(kept[SINCE])))
    if stayed:
        erasure.remove_items(connection, tables.items[(one.entity, CONSENTS)], record, stayed)
    Intake(tables, entity, scene.store.zone).take(connection, [back], moment.now)


def _redacting(went: Iterable[str], purposes: tuple[str, ...]) -> Callable[[str, dict[str, Any]], object]:
    """Return what events about the record still say: nothing of what went."""
    names = frozenset(went)
    changed = frozenset(f"{name}.{CHANGED}" for name in names)

    def told(kind: str, said: dict[str, Any]) -> object:
        collection = ITEMS[kind][0] if kind in ITEMS else ""
        if kind in changed or collection in names or (collection == CONSENTS and _is_for(said, purposes)):
            return {}
        if kind not in STATE:
            return said
        left = {name: value for name, value in said.items() if name not in names}
        if isinstance(left.get(CONSENTS), list):
            left[CONSENTS] = [row for row in left[CONSENTS] if not _is_for(row, purposes)]
        return left

    return told


def _is_for(row: object, purposes: tuple[str, ...]) -> bool:
    return isinstance(row, Mapping) and str(row.get("purpose")).casefold() in purposes
