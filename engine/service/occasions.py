"""Occasions: which rules what happened to records concerns, and of whom their events leave that in doubt."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from engine.language.event_pattern import EventPattern, occasions
from engine.language.rule import Rule
from engine.model.facts import ENDED, Facts
from engine.service.logs import logger
from engine.service.scene import Scene
from engine.store import cases
from engine.store.changes import Changed
from engine.store.database import Connection
from engine.store.event_patterns import StoredEvents
from engine.vocabulary.calendar import Moment
from engine.vocabulary.truth import Truth

LOG = logger("occasions")
NOBODY: frozenset[int] = frozenset()

# What tells one change from another, but for whom it befell: what changed, whether all is new, which events came.
Kind = tuple[str, frozenset[str], bool, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Batch:
    """The records that a rule is to judge, and those of whom it cannot be told whether it is to look at them."""

    rule: Rule
    records: set[int] = field(default_factory=set)
    doubtful: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Occasions:
    """Finds the rules that are concerned. Events concern all rules, or just the one that they are looked up for.

    `facts` are those of the records that had to be read, by entity and key.
    """

    scene: Scene
    connection: Connection
    moment: Moment
    keys: Mapping[str, int]
    events_for: str | None = None
    _facts: dict[tuple[str, int], Facts | None] = field(default_factory=dict)

    def woken(self, touched: Sequence[Changed]) -> list[Batch]:
        """Return the rules to look at, sources before dependents, each with its records."""
        kinds: dict[Kind, list[Changed]] = {}
        for change in touched:
            kinds.setdefault((change.entity, change.names, change.is_new, change.events), []).append(change)
        found: dict[str, Batch] = {}
        for rule in self.scene.rulebook.rules.values():
            if rule.stage == "off":
                continue
            batch, moved = Batch(rule), self._of_sources(rule, found) if rule.sources else NOBODY
            for (entity, *_), alike in kinds.items():
                if entity == rule.entity:
                    self._add(batch, alike, moved)
            if batch.records:
                found[rule.id] = batch
        return list(found.values())

    def facts(self, entity: str, records: Iterable[int]) -> dict[int, Facts]:
        """Return the facts of records, each read once; those that are gone are left out."""
        wanted = list(records)
        if missing := [record for record in wanted if (entity, record) not in self._facts]:
            sources = self.scene.rulebook.sources
            read = self.scene.records.facts_of(self.connection, entity, missing, rules=sources)
            self._facts.update({(entity, record): read.get(record) for record in missing})
        return {record: held for record in wanted if (held := self._facts[(entity, record)]) is not None}

    def _of_sources(self, rule: Rule, found: Mapping[str, Batch]) -> frozenset[int]:
        """Return the records that the rules which this one reads are to judge."""
        return NOBODY.union(*(found[source].records for source in rule.sources if source in found))

    def _add(self, batch: Batch, alike: Sequence[Changed], moved: frozenset[int]) -> None:
        """Add those of several records that changed alike whom a rule is to judge."""
        rule, pattern = batch.rule, batch.rule.check.pattern
        if wakes(rule, alike[0]):
            batch.records.update(change.record for change in alike)
            return
        if rule.check.changed is None:  # what is listed to look at is not the source
            batch.records.update(change.record for change in alike if change.record in moved)
        if pattern is not None:  # without one, a schedule has its own time
            concerns = bool(rule.reads & alike[0].names)
            for change in alike:
                if change.record not in batch.records:
                    self._add_by_events(batch, pattern, change, concerns=concerns or change.record in moved)

    def _add_by_events(self, batch: Batch, pattern: EventPattern, change: Changed, *, concerns: bool) -> None:
        """Add a record whose case events have opened, so that it can close, or whose events satisfy a pattern."""
        rule, record = batch.rule, change.record
        if concerns and cases.is_known(self.connection, self.keys[rule.id], record):
            batch.records.add(record)
            return
        satisfied = self._satisfies(rule, pattern, change)
        if satisfied is not Truth.FALSE:
            batch.records.add(record)
        if satisfied is Truth.UNKNOWN:
            batch.doubtful.add(record)

    def _satisfies(self, rule: Rule, pattern: EventPattern, change: Changed) -> Truth:
        """Return whether a record's events satisfy a pattern, now that one of them or the record itself arrived."""
        is_meant = self.events_for is None or self.events_for == rule.id
        arrived = change.events & {kind.type for kind in occasions(pattern)}
        facts = self.facts(rule.entity, [change.record]).get(change.record) if arrived or change.is_new else None
        if not is_meant or facts is None:
            return Truth.FALSE
        stored = StoredEvents(self.connection, self.scene.store.tables, rule.entity, self.moment)
        events = stored.of_record(facts.id, pattern)
        if not events:
            return Truth.FALSE
        label = f"events-of-{rule.entity}-{change.record}"
        decision = self.scene.decider.satisfied(pattern, events, self.moment, label)
        if decision.note:
            LOG.error("event pattern in doubt", rule=rule.id, record=change.record, note=decision.note)
        return decision.truth


def wakes(rule: Rule, change: Changed) -> bool:
    """True when a change is an occasion to look at a rule: it reads, or waits for, what changed."""
    check = rule.check
    if change.is_new and (check.on_change or "created" in check.when):
        return True
    watched = rule.reads if check.changed is None else check.changed
    is_change = bool(change.names - {ENDED}) or change.is_new  # else it is just that an event arrived
    return bool(watched & change.names) or (is_change and bool({"changed", "imported"} & check.when))
