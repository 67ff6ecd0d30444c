"""Watching: changes and events wake the rules that they concern, once per contact however much happened to it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from time import perf_counter

from engine.service.activation import activated
from engine.service.judging import Judging
from engine.service.logs import bound, logger
from engine.service.notices import post_stopped
from engine.service.observing import failure_told, tell_once_committed
from engine.service.occasions import Occasions
from engine.service.recipients import rectified
from engine.service.runner import opened_assessment
from engine.service.scene import Scene
from engine.store import changes, inbox, registry, runs
from engine.store.changes import Changed
from engine.store.database import Connection
from engine.store.delta import DELTA
from engine.store.inbox import Arrived
from engine.store.runs import RuleRun, RunHead
from engine.vocabulary.calendar import Moment

LOG = logger("watching")
BATCH = 1_000
CHANGE = "change"


def look_at_changes(scene: Scene, moment: Moment) -> int:
    """Evaluate the records that something happened to, one batch in one transaction.

    Returns how many changes and events were looked at.
    """
    with failure_told(scene, CHANGE), scene.store.database.writing() as connection:
        return look_at_unseen(scene, connection, moment)


def look_at_unseen(scene: Scene, connection: Connection, moment: Moment) -> int:
    """Evaluate a batch of records in a transaction; return how many changes and events were looked at."""
    changed, position = changes.unseen(connection, BATCH)
    arrived, heard = inbox.unheard(connection, BATCH)
    if not changed and not arrived:
        return 0
    active, keys = activated(scene.installation, connection, scene.rulebook, moment.now)
    scene = replace(scene, rulebook=active)
    touched = _with_events(scene, connection, changed, arrived)
    number, found = look(Occasions(scene, connection, moment, keys), touched, CHANGE)
    with bound(run=number):
        rectified(scene, connection, touched, moment)
    if changed:
        changes.note_again(connection, changed, moment.now)
        changes.mark_seen(connection, position)
    if arrived:
        inbox.mark_heard(connection, heard)
    LOG.info("changes looked at", run=number, records=len(touched), rules=found)
    return len(changed) + len(arrived)


def look(occasions: Occasions, touched: Sequence[Changed], trigger: str) -> tuple[int, int]:
    """Judge records by the rules that what happened to them concerns; return the run and how many rules there were."""
    scene, connection, moment = occasions.scene, occasions.connection, occasions.moment
    started = perf_counter()
    head = RunHead(moment.now, moment.now, DELTA, trigger, scene.rulebook.digest)
    number = runs.begin(connection, head)
    with bound(run=number):
        found = _judged(occasions, touched, number)
        seconds = perf_counter() - started
        runs.finish(connection, number, (seconds, 0.0), found, day=moment.today)
        post_stopped(connection, scene.installation.settings, scene.rulebook, found, moment)
    tell_once_committed(scene, connection, number, (trigger, DELTA, perf_counter() - started), found)
    return number, len(found)


def _judged(occasions: Occasions, touched: Sequence[Changed], number: int) -> list[RuleRun]:
    connection, batches = occasions.connection, occasions.woken(touched)
    sources = {source for batch in batches for source in batch.rule.sources}
    known = registry.registered(connection, {batch.rule.id for batch in batches} | sources)
    with opened_assessment(connection, occasions.scene.store, occasions.moment, known=known) as assessment:
        changed = frozenset[str]().union(*(change.names for change in touched))
        is_any_new = any(change.is_new for change in touched)
        return Judging(occasions, assessment, known, number).all(batches, None if is_any_new else changed)


def _with_events(
    scene: Scene, connection: Connection, changed: Sequence[Changed], arrived: Sequence[Arrived]
) -> list[Changed]:
    """Return the records that changed or that events arrived about, each once; events about nobody known are none."""
    types: Mapping[tuple[str, int], set[str]] = defaultdict(set)
    subjects: Mapping[str, set[str]] = defaultdict(set)
    for one in arrived:
        subjects[one.entity].add(one.subject)
    keys = {entity: scene.records.keys_of(connection, entity, ids) for entity, ids in subjects.items()}
    for one in arrived:
        key = keys[one.entity].get(one.subject)
        if key is not None:
            types[(one.entity, key)].add(one.type)
    touched = {(change.entity, change.record): change for change in changed}
    for (entity, record), found in types.items():
        change = touched.get((entity, record), Changed(entity, record, frozenset(), is_new=False))
        touched[(entity, record)] = replace(change, events=frozenset(found))
    return list(touched.values())
