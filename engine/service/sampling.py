"""Sampling: real cases out of a batch, chosen by chance and by its digest, so that all who look see the same ones."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from heapq import nsmallest

from engine.evaluate.explain import explained, with_sources
from engine.language.description import Describer
from engine.model.facts import Facts
from engine.service.scene import Scene
from engine.store import deletion_queue
from engine.store.batches import Batch, Exactly
from engine.store.database import Connection
from engine.store.deletions import Deletion
from engine.vocabulary.calendar import Moment, start_of_day
from engine.vocabulary.verdict import Trace

SIZE = 10
ACTIVITIES, NAME = "activities", "name"


@dataclass(frozen=True, slots=True)
class Sampled:
    """One case: the deletion, what the contact is called, each criterion with what was found, and the last activity."""

    deletion: Deletion
    name: str
    criteria: tuple[Trace, ...]
    last_activity: datetime | None


def sample(
    scene: Scene, connection: Connection, one: Batch, exactly: Exactly, moment: Moment, describer: Describer
) -> list[Sampled]:
    """Return some of the deletions of a set; whose contact is gone meanwhile is told without anything about it."""
    chosen = nsmallest(SIZE, exactly.states, key=lambda key: _lot(exactly.digest, key))
    found = deletion_queue.named(connection, scene.store.tables, chosen)
    records = [each.record for each in found.values() if each.record is not None]
    facts = scene.records.facts_of(connection, one.entity, records)
    return [_sampled(scene, each, facts.get(each.record or 0), moment, describer) for each in found.values()]


def _lot(digest: str, key: int) -> bytes:
    return hashlib.sha256(f"{digest}:{key}".encode()).digest()


def _sampled(scene: Scene, one: Deletion, facts: Facts | None, moment: Moment, describer: Describer) -> Sampled:
    if facts is None:
        return Sampled(one, "", (), None)
    rule, criteria = scene.rulebook.rules.get(one.rule), tuple[Trace, ...]()
    if rule is not None:
        _, trace = explained(rule, with_sources(scene.rulebook, rule, facts, moment), moment)
        criteria = tuple(_leaves(describer.spoken(rule, trace)))
    name = facts.value((NAME,))
    return Sampled(one, name if isinstance(name, str) else "", criteria, _last_activity(scene, one, facts, moment))


def _leaves(trace: Trace) -> Iterator[Trace]:
    if not trace.parts:
        yield trace
    for part in trace.parts:
        yield from _leaves(part)


def _last_activity(scene: Scene, one: Deletion, facts: Facts, moment: Moment) -> datetime | None:
    shape = scene.store.tables.model.entity(one.entity)
    if ACTIVITIES not in shape.collections:
        return None
    dated_by = shape.collections[ACTIVITIES].dated_by
    dates = (_instant(item.values.get(dated_by), moment) for item in facts.items(ACTIVITIES))
    return max((at for at in dates if at is not None and at <= moment.now), default=None)


def _instant(value: object, moment: Moment) -> datetime | None:
    if isinstance(value, datetime):
        return value
    return start_of_day(value, moment.zone) if isinstance(value, date) else None
