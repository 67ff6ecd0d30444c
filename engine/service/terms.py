"""Terms: event patterns that time alone makes true: nothing came in time, or what was announced is now.

Each rule has its own position in time, which moves with every look: none fires twice, a late start catches up, and a
rule that was not loaded meanwhile has missed nothing.
"""

from dataclasses import replace
from datetime import datetime

from engine.language.event_pattern import occasions
from engine.language.rule import Rule
from engine.service.activation import activated
from engine.service.logs import logger
from engine.service.observing import failure_told
from engine.service.occasions import Occasions
from engine.service.scene import Scene
from engine.service.watching import BATCH, look
from engine.store import evaluations, registry
from engine.store.changes import Changed
from engine.store.event_patterns import StoredEvents
from engine.vocabulary.calendar import Moment

LOG = logger("terms")


def look_at_terms(scene: Scene, moment: Moment) -> int:
    """Look at the records whose terms have ended since the last time; return how many."""
    waiting = [rule for rule in scene.rulebook.rules.values() if rule.check.pattern is not None and rule.stage != "off"]
    if not waiting:
        return 0
    with scene.store.database.writing() as connection:
        active, keys = activated(scene.installation, connection, scene.rulebook, moment.now)
        known = registry.registered(connection)
    scene, total = replace(scene, rulebook=active), 0
    for rule in waiting:
        since = known[rule.id].waited_until or known[rule.id].known_since
        total += _look_at_rule(scene, rule, keys, min(since, moment.now), moment)
    with scene.store.database.writing() as connection:
        for rule in waiting:
            evaluations.mark_waited(connection, keys[rule.id], moment.now)
            if rule.check.sole_pattern is not None:
                # There is nobody else that it could look at: other rules may rely on its cases.
                evaluations.mark_evaluated(connection, {keys[rule.id]: rule.version}, moment.now)
    return total


def _look_at_rule(scene: Scene, rule: Rule, keys: dict[str, int], since: datetime, moment: Moment) -> int:
    """Look at the records of one rule, in transactions of bounded size; what a crash undoes is done again."""
    pattern = rule.check.pattern
    if pattern is None:
        return 0
    with scene.store.database.reading() as connection:
        records = StoredEvents(connection, scene.store.tables, rule.entity, moment).ripened(pattern, since)
    types = frozenset(kind.type for kind in occasions(pattern))
    for start in range(0, len(records), BATCH):
        touched = [
            Changed(rule.entity, record, frozenset(), is_new=False, events=types)
            for record in records[start : start + BATCH]
        ]
        with failure_told(scene, "schedule"), scene.store.database.writing() as connection:
            number, _ = look(Occasions(scene, connection, moment, keys, events_for=rule.id), touched, "schedule")
        LOG.info("terms looked at", run=number, rule=rule.id, records=len(touched))
    return len(records)
