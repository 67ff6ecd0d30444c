"""Watching changes: a change wakes the rules that read what changed, once per contact however often it changed."""

from dataclasses import replace

import structlog

from engine.language.reads import reads
from engine.language.rule import Rule
from engine.model.facts import Facts
from engine.service.activation import activated
from engine.service.runner import settle
from engine.service.scene import Scene
from engine.store import changes, runs
from engine.store.assessment import Assessment
from engine.store.changes import Changed
from engine.store.database import Connection
from engine.store.runs import RuleRun, RunHead
from engine.vocabulary.calendar import Moment
from engine.vocabulary.truth import Truth

LOG = structlog.get_logger("ansgar.watching")
BATCH = 500


def look_at_changes(scene: Scene, moment: Moment) -> int:
    """Evaluate the records that changed, one batch in one transaction; return how many changes were looked at."""
    with scene.store.database.writing() as connection:
        changed, position = changes.unseen(connection, BATCH)
        if not changed:
            return 0
        active, keys = activated(scene.installation, connection, scene.rulebook, moment.now)
        scene = replace(scene, rulebook=active)
        head = RunHead(moment.now, moment.now, "delta", "change", scene.rulebook.digest)
        number = runs.begin(connection, head)
        assessment = Assessment(connection, scene.store.tables, moment)
        assessment.begin({})
        found = [
            _rule(scene, assessment, rule, keys[rule.id], number, batch)
            for rule, batch in _woken(scene, connection, changed)
        ]
        assessment.end()
        runs.finish(connection, number, (0.0, 0.0), found)
        changes.mark_seen(connection, position)
    LOG.info("changes looked at", run=number, records=len(changed), rules=len(found))
    return len(changed)


def wakes(rule: Rule, change: Changed) -> bool:
    """True when a change is an occasion to look at a rule: it reads, or waits for, what changed."""
    if rule.stage == "off" or rule.entity != change.entity:
        return False
    check = rule.check
    if change.is_new and (check.on_change or "created" in check.when):
        return True
    watched = reads(rule.predicate) if check.changed is None else check.changed
    return bool(watched & change.names) or bool({"changed", "imported"} & check.when)


Batch = dict[int, Facts]


def _woken(scene: Scene, connection: Connection, changed: list[Changed]) -> list[tuple[Rule, Batch]]:
    """Return the rules that the changes wake, sources before dependents, each with the facts of its records."""
    facts: dict[tuple[str, int], Facts | None] = {}
    found: dict[str, tuple[Rule, Batch]] = {}
    for rule in scene.rulebook.rules.values():
        batch: Batch = {}
        for change in changed:
            from_source = any(change.record in found[source][1] for source in rule.sources if source in found)
            if not wakes(rule, change) and not (from_source and rule.entity == change.entity):
                continue
            key = (change.entity, change.record)
            if key not in facts:
                facts[key] = scene.records.facts(connection, *key)
            if (held := facts[key]) is not None:
                batch[change.record] = held
        if batch:
            found[rule.id] = (rule, batch)
    return list(found.values())


def _rule(scene: Scene, assessment: Assessment, rule: Rule, key: int, number: int, batch: Batch) -> RuleRun:
    verdicts: dict[int, Truth] = {}
    for record, facts in batch.items():
        decision = scene.decider.decide([rule], facts, assessment.moment, f"run-{number}-record-{record}")[rule.id]
        if decision.note:
            LOG.error("decision in doubt", rule=rule.id, contact=facts.id, note=decision.note)
        verdicts[record] = decision.truth
        facts.memberships[rule.id] = decision.truth  # type: ignore[index]  # the facts of this batch alone
    assessment.judge(rule, key, verdicts)
    tally = assessment.tally(rule, key, candidates=len(batch))
    tripped = settle(assessment, scene.store, rule, key, number)
    actions = {call.verb: tally.entered for call in rule.calls}
    return RuleRun(
        rule.id, rule.stage, rule.version, tally, actions, tripped.sentence if tripped else None, tripped is not None
    )
