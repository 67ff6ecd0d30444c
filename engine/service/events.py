"""Events: what the CRM tells is applied and kept, once each, all of a batch in one transaction.

What is next to each other and says something of state is written together, which comes out as if it had been written
one by one. An event by which a contact ends is applied alone.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine.model.snapshot import Refusal, Refused
from engine.service.absence import Absent
from engine.service.cloud_events import Told, read_events
from engine.service.erasing import end_others, put_away_within, remove_letters
from engine.service.event_reading import EventReader, ReadEvent
from engine.service.event_types import DELETED, ENDING
from engine.service.merging import merge
from engine.service.returning import said_of
from engine.service.scene import Scene
from engine.store import deletions, erasure, inbox, selection_feed, traces
from engine.store.database import Connection
from engine.store.inbox import Event
from engine.store.intake import Intake
from engine.store.merges import INTO
from engine.vocabulary.calendar import Moment

__all__ = ["TakenEvents", "delete_contact", "read_events", "take_all", "take_events", "take_one"]

INVALID = "INVALID"
MOST_FAULTS = 100  # of a batch that are listed; of each event that is refused there is one at least


@dataclass(frozen=True, slots=True)
class RefusedEvent:
    """An event that was refused alone: why in a word, and each fault with a pointer from the body's root."""

    told: Told
    reason: str
    refusals: tuple[Refusal, ...]


@dataclass(slots=True)
class TakenEvents:
    """What became of the events of a batch."""

    accepted: int = 0
    repeated: int = 0
    refused: list[RefusedEvent] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        """Return the answer to a batch."""
        room, listed = MOST_FAULTS, list[dict[str, Any]]()
        for one in self.refused:
            shown = one.refusals[: max(1, room)]
            room -= len(shown)
            said = [{"pointer": fault.pointer, "reason": fault.reason} for fault in shown]
            listed.append({"index": one.told.index, "id": one.told.id, "reason": one.reason, "refusals": said})
        return {"accepted": self.accepted, "repeated": self.repeated, "refused": listed}


def take_events(scene: Scene, told: Iterable[Told], moment: Moment) -> TakenEvents:
    """Apply and keep events that were not taken before. Durable once this returns.

    One that does not fit the model, or is about somebody who must not come back, is refused alone.
    """
    (taken,) = take_all(scene, lambda: [read_by_model(scene, told)], moment)
    return taken


def take_all(scene: Scene, brought: Callable[[], Sequence[list[ReadEvent]]], moment: Moment) -> list[TakenEvents]:
    """Apply and keep the events of several batches, one after the other, in one transaction.

    What is `brought` is asked for once nobody else writes. Returns what became of each batch.
    """
    with scene.store.database.writing() as connection:
        batches = brought()
        taking = _Taking(scene, connection, moment, [one for batch in batches for one in batch])
        found = [taking.batch(batch) for batch in batches]
        taking.write()
    for taken in found:
        scene.observer.events_taken(taken.accepted, taken.repeated, len(taken.refused))
    return found


def read_by_model(scene: Scene, told: Iterable[Told]) -> list[ReadEvent]:
    """Return what events say to the model of an installation."""
    reader = EventReader(scene)
    return [reader.read(one) for one in told]


def take_one(scene: Scene, told: Told, moment: Moment) -> TakenEvents:
    """Take a single event; raises Refused where it would have been refused alone."""
    return unless_refused(take_events(scene, [told], moment))


def unless_refused(taken: TakenEvents) -> TakenEvents:
    """Return what became of a single event; raises Refused where it was refused."""
    for one in taken.refused:
        raise Refused(list(one.refusals[:MOST_FAULTS]))
    return taken


class _Taking:
    """The events of batches on their way into the store, within one transaction."""

    def __init__(self, scene: Scene, connection: Connection, moment: Moment, read: list[ReadEvent]) -> None:
        self.taken = TakenEvents()
        self._scene, self._connection, self._moment = scene, connection, moment
        events = [one.event for one in read if one.event is not None]
        self._known = inbox.known(connection, events)
        fresh = [event for event in events if (event.source, event.id) not in self._known]
        self._absent = Absent.among(scene, connection, fresh)
        self._waiting: list[ReadEvent] = []

    def batch(self, batch: list[ReadEvent]) -> TakenEvents:
        """Take the events of a batch; return what became of them."""
        self.taken = TakenEvents()
        for one in batch:
            self.take(one)
        return self.taken

    def take(self, one: ReadEvent) -> None:
        """Take an event, or note why not."""
        event = one.event
        if event is None:
            self._refuse(one, INVALID, one.refusals)
        elif (event.source, event.id) in self._known:
            self.taken.repeated += 1
        elif reason := self._absent.why_not(event):
            self._refuse(one, reason, (said_of(reason, f"{one.told.pointer}/subject"),))
        elif one.refusals:
            self._refuse(one, INVALID, one.refusals)
        elif event.type in ENDING:
            self._end(one, event)
        else:
            self._accept(one, event)

    def write(self) -> None:
        """Write what waits: state together, then the events, each after the changes of fields that it caused."""
        scene, now, waiting = self._scene, self._moment.now, self._waiting
        snapshots = [one.snapshot for one in waiting if one.snapshot is not None]
        changed = iter(_intake(scene).take_telling(self._connection, snapshots, now)[1] if snapshots else ())
        rows: list[Event] = []
        for one in waiting:
            rows += next(changed) if one.snapshot is not None else ()
            rows += [one.event] if one.event is not None else ()
        inbox.take(self._connection, rows, now)
        waiting.clear()

    def _accept(self, one: ReadEvent, event: Event) -> None:
        self._known.add((event.source, event.id))
        self._waiting.append(one)
        self.taken.accepted += 1

    def _refuse(self, one: ReadEvent, reason: str, refusals: tuple[Refusal, ...]) -> None:
        self.taken.refused.append(RefusedEvent(one.told, reason, refusals))

    def _end(self, one: ReadEvent, event: Event) -> None:
        """Let a contact end, after all that was told before: who is here and who is not may be others then."""
        self.write()
        if event.type == DELETED:
            delete_contact(self._scene, self._connection, event.entity, event.subject, self._moment)
        elif refused := self._why_not_into(one, event):
            self._refuse(one, *refused)
            return
        else:
            told = merge(self._scene, self._connection, event, self._moment)
            inbox.take(self._connection, told, self._moment.now)
        self._accept(one, event)
        self.write()
        self._absent = self._absent.anew(self._connection)

    def _why_not_into(self, one: ReadEvent, event: Event) -> tuple[str, tuple[Refusal, ...]] | None:
        """Return why a contact cannot end in the one that is named: it has to be held here."""
        into, where = str(event.data[INTO]), f"{one.told.pointer}/data/{INTO}"
        if reason := self._absent.why(event.entity, into):
            return reason, (said_of(reason, where),)
        if self._scene.records.key_of(self._connection, event.entity, into) is None:
            return INVALID, (Refusal(where, "no such contact is held here: send its state first"),)
        return None


def _intake(scene: Scene) -> Intake:
    entity = scene.store.tables.model.entity("contact")
    return Intake(scene.store.tables, entity, scene.store.zone, upserts=True)


def delete_contact(scene: Scene, connection: Connection, entity: str, record_id: str, moment: Moment) -> bool:
    """Remove the copy of a record that the CRM has deleted, cancelling its deletions. False where it is unknown."""
    key = scene.records.key_of(connection, entity, record_id)
    if key is None:
        return False
    tables = scene.store.tables
    its = [one for one in deletions.read(connection, tables, deletions.is_of(key)) if one.entity == entity]
    for one in its:
        if one.state == "ordered" and not one.purposes:
            # What the CRM was asked for it has done: the deletion goes its way to the receipt.
            deletions.move(connection, one, "confirmed", at=moment.now, reason=None, next_at=None)
            put_away_within(scene, connection, replace(one, state="confirmed"), moment)
            return True
    facts = scene.records.facts(connection, entity, key)
    person = traces.person_in(tables, entity, key, {**(facts.values if facts else {}), "id": record_id})
    end_others(scene, connection, person, moment)
    # Before the commit: the rows are all that leads to the letters, so these must not be left when the rows go.
    remove_letters(scene, erasure.forget_messages(connection, entity, key))
    erasure.remove_copy(connection, scene.store.tables, entity, key, moment.now)
    selection_feed.forget(connection, entity, key)
    inbox.forget(connection, entity, record_id, own_only=True)
    traces.forget_deletions(connection, person)
    traces.forget_mentions(connection, person)
    erasure.mark(connection, key)
    return True
