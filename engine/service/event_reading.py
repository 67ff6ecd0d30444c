"""Event reading: what an event says to the model: the state that it brings, and what of its data is kept (L12)."""

from dataclasses import dataclass, replace
from typing import Any

from engine.model.declared_only import declared_of_item, declared_of_record
from engine.model.entity import Entity
from engine.model.snapshot import Refusal, Refused, Snapshot, SnapshotReader, escaped
from engine.model.values import ValueRefused, read_id
from engine.service.cloud_events import Told
from engine.service.event_types import DELETED, ITEMS, KNOWN, MERGED, STATE
from engine.service.scene import Scene
from engine.store.inbox import Event
from engine.store.merges import INTO
from engine.vocabulary.problem import nearest_or_all

CONTACT = "contact"


@dataclass(frozen=True, slots=True)
class ReadEvent:
    """An event with what it says of state: the snapshot to be joined to the record, None where it says nothing.

    `event` is as it is kept, None where it is none; `refusals` say why it does not fit.
    """

    told: Told
    event: Event | None
    snapshot: Snapshot | None = None
    refusals: tuple[Refusal, ...] = ()


class EventReader:
    """Reads events by the model and settings of an installation."""

    def __init__(self, scene: Scene) -> None:
        settings = scene.installation.settings
        self._entity: Entity = scene.store.tables.model.entity(CONTACT)
        self._ignores = settings.unknown_fields == "ignore"
        self._takes_unknown = settings.events.unknown_types == "store"
        self._reader = SnapshotReader(self._entity, scene.store.zone, ignore_unknown=self._ignores)

    def read(self, told: Told) -> ReadEvent:
        """Return what an event says, or why it does not fit, with pointers from the body's root."""
        event = told.event
        if event is None:
            return ReadEvent(told, None, refusals=told.refusals)
        if event.type in ITEMS or event.type in STATE:
            return self._state(told, event)
        if event.type == MERGED:
            return self._merge(told, event)
        if event.type == DELETED:
            return ReadEvent(told, replace(event, data={}))  # of somebody who is gone nothing is kept
        if event.type not in KNOWN and not self._takes_unknown:
            hint = nearest_or_all(event.type, KNOWN)
            return ReadEvent(told, event, refusals=(Refusal(f"{told.pointer}/type", f"no such type; {hint}"),))
        return ReadEvent(told, event)  # kept for patterns; it says nothing about state

    def _state(self, told: Told, event: Event) -> ReadEvent:
        if event.type in ITEMS:
            name, says = ITEMS[event.type]
            record: dict[str, Any] = {"id": event.subject, name: [event.data | says]}
            within, kept = f"/{name}/0", declared_of_item(self._entity.collections[name], event.data)
        else:
            record, within = event.data | {"id": event.subject}, ""
            kept = declared_of_record(self._entity, event.data)
        try:
            snapshot = self._reader.read(record)
        except Refused as error:
            base = f"{told.pointer}/data"
            found = tuple(Refusal(base + one.pointer.removeprefix(within), one.reason) for one in error.refusals)
            return ReadEvent(told, event, refusals=found)
        return ReadEvent(told, replace(event, data=kept), snapshot)

    def _merge(self, told: Told, event: Event) -> ReadEvent:
        base, refusals = f"{told.pointer}/data", []
        try:
            if read_id(event.data.get(INTO)) == event.subject:
                refusals.append(Refusal(f"{base}/{INTO}", "a contact cannot end in itself"))
        except ValueRefused:
            refusals.append(Refusal(f"{base}/{INTO}", "the id of the contact that stays was expected"))
        if not self._ignores:
            hint = f"only `{INTO}` was expected; what else changed of the one that stays is a `crm.contact.changed`"
            refusals += [Refusal(f"{base}/{escaped(key)}", hint) for key in event.data if key != INTO]
        kept = {INTO: event.data[INTO]} if not refusals else {}
        return ReadEvent(told, replace(event, data=kept), refusals=tuple(refusals))
