"""Events: CloudEvents from the CRM are checked, applied and kept, once each, all of a batch in one transaction."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine.model.declared_only import declared_of_item, declared_of_record
from engine.model.snapshot import Refusal, Refused, escaped, read_snapshot
from engine.model.values import ValueRefused, is_storable, read_datetime, read_id
from engine.service.erasing import end_others, put_away_within, remove_letters
from engine.service.event_types import DELETED, ITEMS, STATE
from engine.service.returning import IN_BIN, refused, why_erased
from engine.service.scene import Scene
from engine.store import deletions, erasure, inbox, selection_feed, traces
from engine.store.database import Connection
from engine.store.inbox import Event
from engine.store.intake import Intake
from engine.store.tombstones import Tombstones
from engine.vocabulary.calendar import Moment

MOST_EVENTS = 1_000
LONGEST_WORD = 200
DEEPEST = 100  # objects and lists within each other in an event's data
# RFC 3339, to the microsecond: some clocks tell nanoseconds.
_TIME = re.compile(r"(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d)(?:(\.\d{1,6})\d*)?([Zz]|[+-]\d\d:\d\d)")


@dataclass(slots=True)
class TakenEvents:
    """What became of the events of a batch: those refused alone come with the reason, `ERASED` or `IN_RECYCLE_BIN`."""

    accepted: int = 0
    repeated: int = 0
    refused: list[tuple[Event, str]] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        """Return the answer to a batch."""
        refused = [{"id": event.id, "reason": reason} for event, reason in self.refused]
        return {"accepted": self.accepted, "repeated": self.repeated, "refused": refused}


def read_events(raw: Any) -> list[Event]:
    """Return the events of a single CloudEvent or a batch; raises Refused with a pointer for every fault."""
    listed = raw if isinstance(raw, list) else [raw]
    if len(listed) > MOST_EVENTS:
        raise Refused([Refusal("", f"a batch has {MOST_EVENTS:,} events at most")])
    refusals: list[Refusal] = []
    events = [_read(one, f"/{index}" if isinstance(raw, list) else "", refusals) for index, one in enumerate(listed)]
    if refusals:
        raise Refused(refusals)
    return [event for event in events if event is not None]


def take_events(scene: Scene, events: list[Event], moment: Moment) -> TakenEvents:
    """Apply and keep events that were not taken before, save those about somebody erased. Durable once this returns.

    Raises Refused, and takes nothing, where data does not fit the model.
    """
    taken = TakenEvents()
    try:
        _take(scene, events, taken, moment)
    except Refused:
        scene.observer.events_taken(0, 0, len(events))
        raise
    scene.observer.events_taken(taken.accepted, taken.repeated, len(taken.refused))
    return taken


def _take(scene: Scene, events: list[Event], taken: TakenEvents, moment: Moment) -> None:
    erased = scene.tombstones.all()
    with scene.store.database.writing() as connection:
        binned = erasure.ids_in_bin(connection, "contact")
        for event in events:
            if inbox.is_known(connection, event):
                taken.repeated += 1
            elif reason := _why_not(scene.tombstones, event, erased, binned):
                taken.refused.append((event, reason))
            else:
                _apply(scene, connection, event, moment)
                inbox.take(connection, [_as_declared(scene, event)], moment.now)
                taken.accepted += 1


def _as_declared(scene: Scene, event: Event) -> Event:
    """Return an event as it is kept: what it says of state is what the model declares, whatever else was sent."""
    entity = scene.store.tables.model.entity(event.entity)
    if event.type in ITEMS:
        return replace(event, data=declared_of_item(entity.collections[ITEMS[event.type][0]], event.data))
    return replace(event, data=declared_of_record(entity, event.data)) if event.type in STATE else event


def take_one(scene: Scene, event: Event, moment: Moment) -> TakenEvents:
    """Take a single event; raises Refused also where it would have been refused alone."""
    taken = take_events(scene, [event], moment)
    for _, reason in taken.refused:
        raise refused(reason, "/subject")
    return taken


def _why_not(tombstones: Tombstones, event: Event, erased: frozenset[str], binned: frozenset[str]) -> str:
    """Return why an event must not bring somebody back; empty where it may. That one is gone may always be said."""
    if event.type == DELETED:
        return ""
    email = event.data.get("email")
    reason = why_erased(tombstones, event.entity, event.subject, email, erased)
    return IN_BIN if not reason and event.subject in binned else reason


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


def _read(raw: Any, pointer: str, refusals: list[Refusal]) -> Event | None:
    if not isinstance(raw, Mapping) or raw.get("specversion") != "1.0":
        refusals.append(Refusal(pointer, "a CloudEvent of specversion 1.0 was expected"))
        return None
    words = {name: raw.get(name) for name in ("id", "source", "type", "subject")}
    for name, word in words.items():
        try:
            read_id(word)
        except ValueRefused as error:
            refusals.append(Refusal(f"{pointer}/{name}", str(error)))
    data = raw.get("data", {})
    if not isinstance(data, Mapping):
        refusals.append(Refusal(f"{pointer}/data", "a JSON object was expected"))
        return None
    refusals += _unstorable(data, f"{pointer}/data")
    if words["type"] == "crm.contact.merged":
        refusals.append(Refusal(f"{pointer}/type", "merging is not part of this version: send both contacts' state"))
    time = _time(raw.get("time"), f"{pointer}/time", refusals)
    return Event(str(words["source"]), str(words["id"]), str(words["type"]), str(words["subject"]), dict(data), time)


def _unstorable(raw: object, pointer: str, depth: int = 0) -> Iterator[Refusal]:
    """Give what no store keeps: lone surrogates in texts and keys, and data nested beyond all use."""
    if isinstance(raw, str) and not is_storable(raw):
        yield Refusal(pointer, "text cannot hold lone surrogates")
    elif depth > DEEPEST:
        yield Refusal(pointer, f"data is nested {DEEPEST} deep at most")
    elif isinstance(raw, Mapping):
        for key, value in raw.items():
            if not is_storable(key):
                yield Refusal(pointer, "a key cannot hold lone surrogates")
            yield from _unstorable(value, f"{pointer}/{escaped(key)}", depth + 1)
    elif isinstance(raw, list):
        for index, one in enumerate(raw):
            yield from _unstorable(one, f"{pointer}/{index}", depth + 1)


def _time(raw: Any, pointer: str, refusals: list[Refusal]) -> datetime | None:
    """Return when an event happened; None where it does not say."""
    if raw is None:
        return None
    found = _TIME.fullmatch(raw) if isinstance(raw, str) else None
    try:
        if found is not None:
            return read_datetime("".join(filter(None, found.groups())), ZoneInfo("UTC"))
    except ValueRefused:
        found = None
    refusals.append(Refusal(pointer, "a time with its offset was expected: 2026-03-01T08:00:00+01:00"))
    return None


def _apply(scene: Scene, connection: Connection, event: Event, moment: Moment) -> None:
    if event.type == DELETED:
        delete_contact(scene, connection, "contact", event.subject, moment)
        return
    if event.type in ITEMS:
        collection, says = ITEMS[event.type]
        record: dict[str, Any] = {"id": event.subject, collection: [event.data | says]}
    elif event.type in STATE:
        record = event.data | {"id": event.subject}
    else:
        return  # kept for patterns; it says nothing about state
    entity = scene.store.tables.model.entity("contact")
    ignores = scene.installation.settings.unknown_fields == "ignore"
    snapshot = read_snapshot(entity, record, scene.store.zone, ignore_unknown=ignores)
    Intake(scene.store.tables, entity, scene.store.zone, upserts=True).take(connection, [snapshot], moment.now)
