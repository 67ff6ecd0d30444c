"""Keeping: the state of one record as the CRM sends it; what is named replaces what is held, or joins it."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.model.snapshot import Refusal, Refused, Snapshot, as_json, read_snapshot
from engine.service import events
from engine.service.naming import CHANGED_SINCE, NOT_THERE, Declined
from engine.service.returning import IN_BIN, refused, unless_erased
from engine.service.scene import Scene
from engine.store import erasure
from engine.store.database import Connection
from engine.store.intake import Intake, Taken
from engine.vocabulary.calendar import Moment

TAG_LENGTH = 32  # hexadecimal digits
Expectation = Callable[[str | None], bool]  # of the tag of the state that is held; None where none is


@dataclass(frozen=True, slots=True)
class Addressed:
    """A record by its entity and id, and what the caller expects to be held of it."""

    entity: str
    id: str
    expects: Expectation = lambda _tag: True


def held(scene: Scene, connection: Connection, entity: str, record_id: str) -> bytes | None:
    """Return what is held of a record as JSON that a PUT takes; None where nothing is."""
    key = scene.records.key_of(connection, entity, record_id)
    facts = None if key is None else scene.records.facts(connection, entity, key)
    if facts is None:
        return None
    found = as_json(Snapshot(facts.id, facts.values, facts.collections, facts.unclear))
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()


def tag(content: bytes) -> str:
    """Return what tells one content from another (an entity tag, RFC 9110, 8.8.3, without its quotes)."""
    return hashlib.sha256(content).hexdigest()[:TAG_LENGTH]


def keep(scene: Scene, whose: Addressed, record: Any, moment: Moment, *, joins: bool) -> Taken:
    """Take in what was sent of a record. With `joins` it must be held, and named items join those that are there.

    Raises Refused with every fault, and Declined where the record is not there or not what the caller expects.
    """
    snapshot = _read(scene, whose, record)
    with scene.store.database.writing() as connection:
        _expect(scene, connection, whose, must_be_there=joins)
        if snapshot.id in erasure.ids_in_bin(connection, whose.entity):
            raise refused(IN_BIN)
        tables = scene.store.tables
        intake = Intake(tables, tables.model.entity(whose.entity), scene.store.zone, upserts=joins)
        return intake.take(connection, [snapshot], moment.now)


def remove(scene: Scene, whose: Addressed, moment: Moment) -> None:
    """Remove the copy of a record that the CRM has deleted; raises Declined as `keep` does."""
    with scene.store.database.writing() as connection:
        _expect(scene, connection, whose, must_be_there=True)
        events.delete_contact(scene, connection, whose.entity, whose.id, moment)


def _read(scene: Scene, whose: Addressed, record: Any) -> Snapshot:
    if not isinstance(record, Mapping):
        raise Refused([Refusal("", "a record is a JSON object")])
    if record.get("id", whose.id) != whose.id:
        raise Refused([Refusal("/id", "the id in the body is not that of the address")])
    entity = scene.store.tables.model.entity(whose.entity)
    ignores = scene.installation.settings.unknown_fields == "ignore"
    snapshot = read_snapshot(entity, {"id": whose.id, **record}, scene.store.zone, ignore_unknown=ignores)
    return unless_erased(scene.tombstones, whose.entity, snapshot, _erased(scene, whose.entity, snapshot))


def _erased(scene: Scene, entity: str, snapshot: Snapshot) -> frozenset[str]:
    """Return the hashes of a record's id and address that are on the list of the erased."""
    email = snapshot.values.get("email")
    hashes = scene.tombstones.id_hashes(entity, snapshot.id)
    if isinstance(email, str):
        hashes |= scene.tombstones.email_hashes(email)
    return scene.tombstones.among(hashes)


def _expect(scene: Scene, connection: Connection, whose: Addressed, *, must_be_there: bool) -> None:
    content = held(scene, connection, whose.entity, whose.id)
    if content is None and must_be_there:
        raise Declined(NOT_THERE, f"no such {whose.entity} is held here")
    if not whose.expects(None if content is None else tag(content)):
        raise Declined(CHANGED_SINCE, "what is held is not what you saw: read it anew, and send your change again")
