"""Merging: a contact ends in another, which gets its items and all that protects it; the copy of the former goes.

The person is still here, so there is no tombstone, and what was written about others keeps its mentions.
"""

from uuid import uuid4

from engine.model.merging import carried
from engine.service.erasing import end_others, remove_letters
from engine.service.recording import ANSGAR, record, subject_of
from engine.service.returning import ENDED
from engine.service.scene import Scene
from engine.store import erasure, inbox, intents, merges, selection_feed, traces
from engine.store.chain import Act
from engine.store.database import Connection
from engine.store.inbox import OWN, Event
from engine.store.intake import Intake
from engine.vocabulary.calendar import Moment


def merge(scene: Scene, connection: Connection, ends: Event, moment: Moment) -> list[Event]:
    """Let the contact of an event end in the one that its data names, which is held here.

    Return what is still to be kept of it before the event itself: changed fields, and for patterns that there was one.
    """
    entity, into = ends.entity, str(ends.data[merges.INTO])
    before = scene.records.key_of(connection, entity, ends.subject)
    after = scene.records.key_of(connection, entity, into)
    if after is None:
        raise LookupError("the contact that stays is not held")
    merges.move_events(connection, entity, ends.subject, into)
    told = [] if before is None else _move(scene, connection, (entity, before, after), moment)
    said = {"ended": subject_of(scene.installation, entity, ends.subject)}
    act = Act(ANSGAR, "contact.merged", subject=subject_of(scene.installation, entity, into), details=said)
    record(scene.installation, connection, act, moment.now)
    return [*told, Event(OWN, uuid4().hex, merges.MERGED, into, {}, ends.occurred_at, entity)]


def _move(scene: Scene, connection: Connection, of: tuple[str, int, int], moment: Moment) -> list[Event]:
    """Write to the one that stays what goes over, and remove the other; return the fields that changed by it."""
    entity, before, after = of
    tables, shape = scene.store.tables, scene.store.tables.model.entity(entity)
    facts = scene.records.facts_of(connection, entity, [before, after], 0)
    merges.move_protection(connection, entity, before, after, moment.now)
    intake = Intake(tables, shape, scene.store.zone, upserts=True)
    _, (told,) = intake.take_telling(connection, [carried(shape, facts[before], facts[after])], moment.now)
    person = traces.Person(entity, before, facts[before].id)
    end_others(scene, connection, person, moment, ENDED)
    # What was said stays known as said, so that nobody is told twice; what was about to be said goes.
    intents.follow_record(connection, entity, before, after)
    remove_letters(scene, erasure.forget_messages(connection, entity, before))
    erasure.remove_copy(connection, tables, entity, before, moment.now)
    selection_feed.forget(connection, entity, before)
    inbox.forget(connection, entity, person.id, own_only=True)
    traces.forget_deletions(connection, person)
    erasure.mark(connection, before)
    return told
