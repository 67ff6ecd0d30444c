"""Purging: a store that was restored from a backup lets go of who was erased since, before anything acts (L11).

An address alone is no proof. It counts where nobody with it is known by id, and where the store has no receipt of that
erasure: else whoever has the same address stayed here lawfully when the other one was erased.
"""

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime

from engine.evaluate.decision import Decider
from engine.language.rule import Rulebook
from engine.service.erasing import erase, put_away_within, remove_letters
from engine.service.installation import Installation
from engine.service.logs import logger
from engine.service.recording import ANSGAR, record, subject_of
from engine.service.scene import Scene, open_scene
from engine.store import deletions, erasure, intents, numbering, purge, selection_feed, traces
from engine.store.chain import Act
from engine.store.database import Connection
from engine.store.deletions import Deletion, IllegalMove
from engine.store.purge import Held
from engine.store.schema import Store
from engine.store.tombstones import Tombstones
from engine.store.traces import Person
from engine.vocabulary.calendar import Moment

LOG = logger("purging")
BY_ID, BY_ADDRESS = "id", "address"
REASON = "ERASED"


def is_behind(store: Store, tombstones: Tombstones) -> bool:
    """True where the store does not know of everybody who was erased here."""
    with store.database.reading() as connection:
        return purge.seen(connection) != tombstones.count()


def purge_first(installation: Installation, store: Store, rulebook: Rulebook, moment: Moment) -> None:
    """Purge a store before a command acts on it; where it knows of everybody, that costs a look at two numbers."""
    tombstones = installation.open_tombstones()
    with closing(tombstones.database):
        if not is_behind(store, tombstones):
            return
    decider = Decider()
    try:
        purge_restored(open_scene(installation, store, rulebook, decider), moment)
    finally:
        decider.close()


def purge_restored(scene: Scene, moment: Moment) -> bool:
    """Purge a store of whoever is on the list of the erased and still there; True once nobody is.

    Stopped between two people it begins anew: only then does the store count as knowing the list. What is numbered
    from now on has numbers that were never used: the CRM may know those from after the backup.
    """
    count = scene.tombstones.count()
    with scene.store.database.reading() as connection:
        missing = count - purge.seen(connection)
        if not missing:
            return True
        found = _listed(connection, scene)
    with scene.store.database.writing() as connection:
        numbering.move_on(connection)
    for held, by in found.items():
        if scene.is_stopping():
            return False
        _purge(scene, held, by, moment)
    if found:
        erasure.scrub(scene.store.database)
    with scene.store.database.writing() as connection:
        purge.note_seen(connection, missing)
    _tell(found.values(), missing)
    return True


def _tell(found: Iterable[str], missing: int) -> None:
    by = list(found)
    if missing < 0:
        LOG.error("the list of the erased is shorter than the store has seen", so="look for its newest backup")
    if by:
        LOG.error("purged of who was erased before", people=len(by), by_address=by.count(BY_ADDRESS))
    else:
        LOG.warning("compared with the list of the erased", people=0)


@dataclass(slots=True)
class _Comparison:
    """A comparison of everybody with the list: who is on it by id, with which addresses; and who by address alone."""

    by_id: dict[Held, str] = field(default_factory=dict)
    addresses: set[str] = field(default_factory=set)
    by_address: dict[Held, frozenset[str]] = field(default_factory=dict)


def _listed(connection: Connection, scene: Scene) -> dict[Held, str]:
    """Return everybody in the store who is on the list, once each, and by what."""
    tombstones, listed, found = scene.tombstones, scene.tombstones.listed(), _Comparison()
    for held in purge.everybody(connection, scene.store.tables):
        one, addresses = replace(held, email=None), tombstones.email_hashes(held.email) if held.email else frozenset()
        if tombstones.id_hashes(held.entity, held.id) & listed.keys():
            found.by_id[one] = BY_ID
            found.addresses |= addresses
        elif addresses & listed.keys():
            found.by_address[one] = addresses & listed.keys()
    return found.by_id | _by_address_alone(found, listed, purge.instants_of_receipts(connection))


def _by_address_alone(found: _Comparison, listed: dict[str, datetime], known: frozenset[object]) -> dict[Held, str]:
    def is_proof(one: str) -> bool:
        return one not in found.addresses and listed[one] not in known

    return {held: BY_ADDRESS for held, hashes in found.by_address.items() if any(map(is_proof, hashes))}


def _purge(scene: Scene, held: Held, by: str, moment: Moment) -> None:
    """Let go of one: the copy, what was said, events; what was under way of a deletion ends in its receipt."""
    with scene.store.database.writing() as connection:
        key = scene.records.key_of(connection, held.entity, held.id)
        person = _person(scene, connection, held, key)
        its = deletions.read(connection, scene.store.tables, traces.deletions_of(person))
        binned = [one for one in its if _is_put_away(scene, connection, one, moment)]
        if key is not None:
            # Before the commit: the rows are all that leads to the letters, so these must not be left.
            remove_letters(scene, erasure.forget_messages(connection, held.entity, key))
            erasure.remove_copy(connection, scene.store.tables, held.entity, key, moment.now)
            selection_feed.forget(connection, held.entity, key)
        traces.forget_events(connection, person)
        traces.forget_mentions(connection, person)
        if not binned:  # else their erasure, which needs to know whose they are, does it
            traces.forget_deletions(connection, person)
        erasure.mark(connection, key or 0)
        act = Act(ANSGAR, "contact.purged", subject=subject_of(scene.installation, held.entity, held.id))
        record(scene.installation, connection, replace(act, details={"known_by": by}), moment.now)
    for one in binned:
        _finish(scene, one, moment)


def _person(scene: Scene, connection: Connection, held: Held, key: int | None) -> Person:
    """Return who is purged, with the texts by which a mention is recognised."""
    facts = None if key is None else scene.records.facts(connection, held.entity, key)
    return traces.person_in(scene.store.tables, held.entity, key, {**(facts.values if facts else {}), "id": held.id})


def _is_put_away(scene: Scene, connection: Connection, one: Deletion, moment: Moment) -> bool:
    """Bring a deletion to where the erasure is the next step, or to its end; True for the former."""
    if one.state == "ordered":
        deletions.move(connection, one, "confirmed", at=moment.now, reason=None, next_at=None)
        one = replace(one, state="confirmed")
    if one.state == "confirmed":
        put_away_within(scene, connection, one, moment)
    deletions.cancel(connection, deletions.is_one(one.key), REASON, moment.now)
    intents.drop_of_deletions(connection, [one.key], REASON, moment.now)
    return one.state in {"confirmed", "in_recycle_bin"}


def _finish(scene: Scene, one: Deletion, moment: Moment) -> None:
    with scene.store.database.reading() as connection:
        present = deletions.by_key(connection, scene.store.tables, one.key)
    try:
        if present is not None:
            erase(scene, present, moment)
    except IllegalMove:
        LOG.info("deletion moved meanwhile", deletion=one.key, rule=one.rule)
