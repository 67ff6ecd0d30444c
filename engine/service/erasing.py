"""Erasing: a confirmed deletion puts the copy into the recycle bin, and in the end nothing but a receipt remains."""

from datetime import datetime

from actions.schedule_deletion import DEFAULT_BIN, ScheduleDeletion
from engine.crm.mail import Outbox
from engine.model.snapshot import Snapshot, as_json, read_snapshot
from engine.service import recipients
from engine.service.effects import CONFIRMATION
from engine.service.logs import logger
from engine.service.preparing import digest_key, letter_key
from engine.service.scene import Scene
from engine.store import deletions, erasure, inbox, intents
from engine.store.database import Connection
from engine.store.deletions import Deletion
from engine.store.intake import Intake
from engine.vocabulary.calendar import Moment
from engine.vocabulary.duration import Duration

LOG = logger("erasing")
NO_BIN = Duration()


def put_away(scene: Scene, one: Deletion, moment: Moment) -> str:
    """Move the copy of a record out of every rule's reach, restorable for as long as the rule says."""
    with scene.store.database.writing() as connection:
        put_away_within(scene, connection, one, moment)
    return "in_recycle_bin"


def put_away_within(scene: Scene, connection: Connection, one: Deletion, moment: Moment) -> None:
    """Put a confirmed deletion's copy away in the caller's transaction."""
    snapshot = _snapshot(scene, connection, one)
    if snapshot is not None and one.record is not None:
        erasure.put_into_bin(connection, one, snapshot)
        erasure.remove_copy(connection, scene.store.tables, one.entity, one.record, moment.now)
        deletions.cancel(connection, deletions.of_record(one.rule_key, one.record), "GONE", moment.now)
    contact, until = snapshot["id"] if snapshot else one.contact, _bin_of(scene, one).after(moment.now, moment)
    deletions.move(connection, one, "in_recycle_bin", at=moment.now, bin_until=until, contact=contact)
    recipients.tell(scene, connection, recipients.erased(one, contact), moment)
    LOG.info("contact put away", contact=contact, deletion=one.key, rule=one.rule, by=scene.erased_by)


def erase(scene: Scene, one: Deletion, moment: Moment) -> str:
    """Erase what is left of a record and write its receipt. The tombstone comes first: no crash loses it."""
    with scene.store.database.reading() as connection:
        kept = erasure.in_bin(connection, one.key) or {}
        is_telling = intents.pending_of_deletion(connection, one.key, CONFIRMATION)
    if is_telling:
        return ""
    record_id = str(kept.get("id") or one.contact or "")
    hashes = [scene.tombstones.id_hash(one.entity, record_id)]
    if isinstance(kept.get("email"), str):
        hashes.append(scene.tombstones.email_hash(kept["email"]))
    scene.tombstones.add(hashes, moment.now)
    rule = scene.rulebook.rules.get(one.rule)
    with scene.store.database.writing() as connection:
        letters = erasure.forget_messages(connection, one.entity, one.record) if one.record else []
        inbox.forget(connection, one.entity, record_id)
        erasure.empty_bin(connection, one.key)
        deletions.move(connection, one, "erased", at=moment.now, ended_at=moment.now, bin_until=None)
        proof = erasure.Proof(hashes[0], rule.legal_basis if rule else "", "erase", scene.erased_by)
        erasure.write_receipt(connection, one, proof, moment.now)
    remove_letters(scene, letters)
    erasure.scrub(scene.store.database)
    LOG.info("contact erased", deletion=one.key, rule=one.rule, by=scene.erased_by)
    return "erased"


def restore(scene: Scene, one: Deletion, moment: Moment, by: str | None = None) -> None:
    """Bring a record back from the recycle bin; raises IllegalMove where it is not there."""
    with scene.store.database.writing() as connection:
        values = {"ended_at": moment.now, "reason": "RESTORED", "contact": None, "record": None}
        deletions.move(connection, one, "restored", at=moment.now, by=by, **values)
        kept = erasure.in_bin(connection, one.key)
        if kept is not None:
            entity = scene.store.tables.model.entity(one.entity)
            snapshot = read_snapshot(entity, kept, scene.store.zone, ignore_unknown=True)
            Intake(scene.store.tables, entity, scene.store.zone).take(connection, [snapshot], moment.now)
            back = scene.records.key_of(connection, one.entity, snapshot.id)
            if one.record is not None and back is not None:
                intents.follow_record(connection, one.entity, one.record, back)
        erasure.empty_bin(connection, one.key)


def _snapshot(scene: Scene, connection: Connection, one: Deletion) -> dict[str, object] | None:
    if one.record is None:
        return None
    facts = scene.records.facts(connection, one.entity, one.record)
    if facts is None:
        return None
    unclear = scene.records.unclear(connection, one.entity, one.record)
    version = scene.records.version(connection, one.entity, one.record)
    return as_json(Snapshot(facts.id, facts.values, facts.collections, unclear, version))


def _bin_of(scene: Scene, one: Deletion) -> Duration:
    rule = scene.rulebook.rules.get(one.rule)
    calls = [call for call in rule.calls if isinstance(call, ScheduleDeletion)] if rule else []
    return calls[0].recycle_bin if calls else DEFAULT_BIN


def remove_letters(scene: Scene, said: list[tuple[int, datetime | None]]) -> None:
    """Remove the letters that spoke of a record from the outbox; a digest goes as a whole."""
    if isinstance(scene.post, Outbox):
        for intent, digest in said:
            scene.post.forget(letter_key(intent))
            if digest is not None:
                scene.post.forget(digest_key(digest))
