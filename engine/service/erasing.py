"""Erasing: a confirmed deletion puts the copy into the recycle bin, and in the end nothing but a receipt remains."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from actions.schedule_deletion import DEFAULT_BIN, ScheduleDeletion
from engine.crm.mail import Outbox
from engine.model.anonymity import anonymised
from engine.model.snapshot import Refused, Snapshot, as_json, read_snapshot
from engine.service import partial_erasing, recipients
from engine.service.effects import CONFIRMATION
from engine.service.logs import logger
from engine.service.preparing import digest_key, letter_key
from engine.service.receipts import proof_of
from engine.service.recording import record_deletion, record_erasure
from engine.service.scene import Scene
from engine.store import anonymous, deletions, erasure, intents, merges, selection_feed, traces
from engine.store.database import Connection
from engine.store.deletions import Deletion
from engine.store.intake import Intake
from engine.store.restrictions import FLAG
from engine.store.traces import Person
from engine.vocabulary.calendar import Moment
from engine.vocabulary.duration import Duration

LOG = logger("erasing")
NO_BIN = Duration()
ANONYMISE = "anonymise"


def put_away(scene: Scene, one: Deletion, moment: Moment) -> str:
    """Move the copy of a record out of every rule's reach, restorable for as long as the rule says."""
    with scene.store.database.writing() as connection:
        put_away_within(scene, connection, one, moment)
    return "in_recycle_bin"


def put_away_within(scene: Scene, connection: Connection, one: Deletion, moment: Moment) -> None:
    """Put a confirmed deletion's copy away in the caller's transaction."""
    contact, until = one.contact, _bin_of(scene, one).after(moment.now, moment)
    if one.purposes:
        partial_erasing.put_away(scene, connection, one, moment)
    elif (snapshot := _snapshot(scene, connection, one)) is not None and one.record is not None:
        contact = str(snapshot["id"])
        erasure.put_into_bin(connection, one, snapshot)
        erasure.remove_copy(connection, scene.store.tables, one.entity, one.record, moment.now)
        deletions.cancel(connection, deletions.of_record(one.rule_key, one.record), "GONE", moment.now)
    deletions.move(connection, one, "in_recycle_bin", at=moment.now, bin_until=until, contact=contact)
    recipients.tell(scene, connection, recipients.erased(one, contact), moment)
    LOG.info("contact put away", deletion=one.key, rule=one.rule, by=scene.erased_by, purposes=one.purposes)


def erase(scene: Scene, one: Deletion, moment: Moment) -> str:
    """Erase what is left of a record and write its receipt. The tombstone comes first: no crash loses it."""
    with scene.store.database.reading() as connection:
        kept = erasure.in_bin(connection, one.key) or {}
        is_telling = intents.pending_of_deletion(connection, one.key, CONFIRMATION)
    if is_telling:
        return ""
    if one.purposes:
        partial_erasing.erase(scene, one, moment)
    else:
        _erase_all(scene, one, kept, moment)
    LOG.info("contact erased", deletion=one.key, rule=one.rule, by=scene.erased_by, purposes=one.purposes)
    return "erased"


def _erase_all(scene: Scene, one: Deletion, kept: dict[str, Any], moment: Moment) -> None:
    person = traces.person_in(scene.store.tables, one.entity, one.record, {"id": one.contact or "", **kept})
    hashes = [scene.tombstones.id_hash(one.entity, person.id)]
    if isinstance(kept.get("email"), str):
        hashes.append(scene.tombstones.email_hash(kept["email"]))
    with scene.store.database.reading() as connection:  # who was merged into this one must not come back either
        others = merges.ended_in(connection, one.entity, person.id)
    hashes += [scene.tombstones.id_hash(one.entity, other) for other in sorted(others)]
    added = scene.tombstones.add(hashes, moment.now)
    with scene.store.database.writing() as connection:
        deletions.move(connection, one, "erased", at=moment.now, ended_at=moment.now, bin_until=None)
        erasure.write_receipt(connection, one, proof_of(scene, one, person.id), moment.now)
        record_erasure(scene, connection, one, (hashes[0], added), moment.now)
        if one.how == ANONYMISE and (left := _left(scene, one, kept)):
            anonymous.add(connection, one.entity, left)
        erasure.empty_bin(connection, one.key)
        erasure.mark(connection, one.key)
        end_others(scene, connection, person, moment)
        letters = erasure.forget_messages(connection, one.entity, one.record) if one.record else []
        if one.record is not None:
            selection_feed.forget(connection, one.entity, one.record)
        traces.forget_events(connection, person)
        traces.forget_deletions(connection, person)
        traces.forget_mentions(connection, person)
        # Before the commit: the intents are all that leads to letters, so these must not be left when the rows go.
        remove_letters(scene, letters)


def _left(scene: Scene, one: Deletion, kept: dict[str, Any]) -> str:
    """Return what the model's treatment, as it is now, leaves of a record; empty where nothing was put away."""
    entity = scene.store.tables.model.entity(one.entity)
    try:
        snapshot = read_snapshot(entity, kept, scene.store.zone, ignore_unknown=True) if kept else None
    except Refused:
        LOG.warning("nothing is kept of a record that does not fit the model any more", deletion=one.key, rule=one.rule)
        return ""
    return anonymised(entity, snapshot, scene.store.zone) if snapshot is not None else ""


def _finish(scene: Scene, connection: Connection, one: Deletion, person: Person, moment: Moment) -> None:
    """Let go of what a deletion put away of somebody of whom nothing is left, with its receipt."""
    erasure.empty_bin(connection, one.key)
    deletions.move(connection, one, "erased", at=moment.now, ended_at=moment.now, bin_until=None)
    proof = proof_of(scene, one, person.id)
    erasure.write_receipt(connection, one, proof, moment.now)
    record_erasure(scene, connection, one, (proof.id_hash, 0), moment.now)


def end_others(scene: Scene, connection: Connection, person: Person, moment: Moment, reason: str = "GONE") -> None:
    """End the other deletions of somebody of whom nothing is left: what was put away for them goes as well."""
    tables = scene.store.tables
    for one in deletions.read(connection, tables, traces.deletions_of(person)):
        if one.state == "confirmed":  # its copy was about to be put away, and there is none any more
            deletions.move(connection, one, "in_recycle_bin", at=moment.now)
            _finish(scene, connection, replace(one, state="in_recycle_bin"), person, moment)
        elif one.state == "in_recycle_bin":
            _finish(scene, connection, one, person, moment)
        elif one.state == "ordered":
            deletions.move(connection, one, "failed", at=moment.now, reason=reason, ended_at=moment.now, next_at=None)
        elif one.state not in deletions.ENDS:
            deletions.cancel(connection, deletions.is_one(one.key), reason, moment.now)


def restore(scene: Scene, one: Deletion, moment: Moment, by: str | None = None, reason: str = "") -> None:
    """Bring back what lies in the recycle bin; raises IllegalMove where it is not there."""
    with scene.store.database.writing() as connection:
        values = {"ended_at": moment.now, "reason": "RESTORED", "contact": None}
        deletions.move(connection, one, "restored", at=moment.now, by=by, said=reason, **values)
        record_deletion(scene.installation, connection, "deletion.restored", one, by or "")
        kept = erasure.in_bin(connection, one.key)
        if kept is not None and one.purposes:
            partial_erasing.restore(scene, connection, one, kept, moment)
        elif kept is not None:
            _bring_back(scene, connection, one, kept, moment)
        erasure.empty_bin(connection, one.key)


def _bring_back(scene: Scene, connection: Connection, one: Deletion, kept: dict[str, Any], moment: Moment) -> None:
    entity = scene.store.tables.model.entity(one.entity)
    snapshot = read_snapshot(entity, kept, scene.store.zone, ignore_unknown=True)
    Intake(scene.store.tables, entity, scene.store.zone).take(connection, [snapshot], moment.now)
    back = scene.records.key_of(connection, one.entity, snapshot.id)
    if one.record is not None and back is not None:
        intents.follow_record(connection, one.entity, one.record, back)
        selection_feed.forget(connection, one.entity, one.record)  # under the key that it had
        traces.follow_record(connection, one.entity, one.record, back)


def _snapshot(scene: Scene, connection: Connection, one: Deletion) -> dict[str, object] | None:
    if one.record is None:
        return None
    facts = scene.records.facts(connection, one.entity, one.record)
    if facts is None:
        return None
    unclear = scene.records.unclear(connection, one.entity, one.record)
    version = scene.records.version(connection, one.entity, one.record)
    values = facts.values
    if FLAG in scene.records.set_flags(connection, one.entity, one.record) - unclear:
        values = {**values, FLAG: True}  # a restriction outlasts the bin, also where the CRM has unset its flag
    return as_json(Snapshot(facts.id, values, facts.collections, unclear, version))


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
