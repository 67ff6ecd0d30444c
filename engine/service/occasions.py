"""Occasions: which rules what happened to records concerns, and of whom their events leave that in doubt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.language.event_pattern import EventPattern, occasions
from engine.language.reads import reads
from engine.language.rule import Rule
from engine.model.facts import Facts
from engine.service.logs import logger
from engine.service.scene import Scene
from engine.store import cases
from engine.store.changes import Changed
from engine.store.database import Connection
from engine.store.event_patterns import StoredEvents
from engine.vocabulary.calendar import Moment
from engine.vocabulary.truth import Truth

LOG = logger("occasions")


@dataclass(frozen=True, slots=True)
class Batch:
    """The records that a rule is to judge, and those of whom it cannot be told whether it is to look at them."""

    rule: Rule
    facts: dict[int, Facts] = field(default_factory=dict)
    doubtful: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Occasions:
    """Finds the rules that are concerned. Events concern all rules, or just the one that they are looked up for."""

    scene: Scene
    connection: Connection
    moment: Moment
    keys: Mapping[str, int]
    events_for: str | None = None

    def woken(self, touched: Sequence[Changed]) -> list[Batch]:
        """Return the rules to look at, sources before dependents, each with its records."""
        facts: dict[tuple[str, int], Facts | None] = {}
        found: dict[str, Batch] = {}
        for rule in self.scene.rulebook.rules.values():
            batch = Batch(rule)
            for change in touched:
                from_source = any(change.record in found[source].facts for source in rule.sources if source in found)
                if not self._may_call(rule, change, from_source=from_source):
                    continue
                key = (change.entity, change.record)
                if key not in facts:
                    facts[key] = self.scene.records.facts(self.connection, *key)
                if (held := facts[key]) is not None:
                    self._add(batch, change, held, from_source=from_source)
            if batch.facts:
                found[rule.id] = batch
        return list(found.values())

    def _may_call(self, rule: Rule, change: Changed, *, from_source: bool) -> bool:
        """True when it is worth to read a record's facts."""
        if rule.stage == "off" or rule.entity != change.entity:
            return False
        if from_source or wakes(rule, change):
            return True
        concerns = change.is_new or change.events or reads(rule.predicate) & change.names
        return rule.check.pattern is not None and bool(concerns)

    def _add(self, batch: Batch, change: Changed, facts: Facts, *, from_source: bool) -> None:
        called = self._calls(batch.rule, change, facts, from_source=from_source)
        if called is not Truth.FALSE:
            batch.facts[change.record] = facts
        if called is Truth.UNKNOWN:
            batch.doubtful.add(change.record)

    def _calls(self, rule: Rule, change: Changed, facts: Facts, *, from_source: bool) -> Truth:
        """Return whether what happened to a record is an occasion to look at a rule."""
        pattern, follows_sources = rule.check.pattern, rule.check.changed is None
        if wakes(rule, change) or (from_source and follows_sources):
            return Truth.TRUE
        if pattern is None:
            return Truth.FALSE  # a schedule has its own time, and what is listed to look at is not the source
        concerns = from_source or bool(reads(rule.predicate) & change.names)
        if concerns and cases.is_known(self.connection, self.keys[rule.id], change.record):
            return Truth.TRUE  # so that a case that events have opened can close
        return self._satisfies(rule, pattern, change, facts)

    def _satisfies(self, rule: Rule, pattern: EventPattern, change: Changed, facts: Facts) -> Truth:
        """Return whether a record's events satisfy a pattern, now that one of them or the record itself arrived."""
        concerns = self.events_for is None or self.events_for == rule.id
        arrived = change.events & {kind.type for kind in occasions(pattern)}
        if not concerns or not (arrived or change.is_new):
            return Truth.FALSE
        stored = StoredEvents(self.connection, self.scene.store.tables, rule.entity, self.moment)
        events = stored.of_record(facts.id, pattern)
        if not events:
            return Truth.FALSE
        label = f"events-of-{rule.entity}-{change.record}"
        decision = self.scene.decider.satisfied(pattern, events, self.moment, label)
        if decision.note:
            LOG.error("event pattern in doubt", rule=rule.id, contact=facts.id, note=decision.note)
        return decision.truth


def wakes(rule: Rule, change: Changed) -> bool:
    """True when a change is an occasion to look at a rule: it reads, or waits for, what changed."""
    if rule.stage == "off" or rule.entity != change.entity:
        return False
    check = rule.check
    if change.is_new and (check.on_change or "created" in check.when):
        return True
    watched = reads(rule.predicate) if check.changed is None else check.changed
    is_change = bool(change.names) or change.is_new  # else it is just that an event arrived
    return bool(watched & change.names) or (is_change and bool({"changed", "imported"} & check.when))
