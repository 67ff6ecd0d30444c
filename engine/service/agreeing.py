"""Agreeing: whether SQL, Python and durable-rules come to the same in a rehearsal; where not, the fault is ours."""

from collections.abc import Iterator
from dataclasses import replace

from engine.evaluate.decision import Decision
from engine.language.event_pattern import EventPattern
from engine.model.facts import Facts
from engine.service.examining import truth_by_sql
from engine.service.rehearsal import Rehearsal, Sight
from engine.store.database import Connection
from engine.store.event_patterns import StoredEvents
from engine.vocabulary.truth import Truth


def disagreements(rehearsal: Rehearsal, sight: Sight, label: str) -> Iterator[str]:
    """Give what is amiss where the ways of evaluating a rule, or what it waits for, do not come to the same."""
    facts = sight.facts
    if facts is None:
        return
    by_network = _by_python_and_network(rehearsal, facts, label)
    by_sql = _by_sql(rehearsal, sight)
    if by_network.truth is not by_sql or by_network.note:
        yield _said(by_sql, by_network)
    pattern = rehearsal.rule.check.pattern
    if pattern is not None:
        found, by_replay = is_satisfied(rehearsal, pattern), _by_replay(rehearsal, pattern, facts, label)
        if by_replay.truth is not Truth.of(found) or by_replay.note:
            yield _said(Truth.of(found), by_replay)


def is_satisfied(rehearsal: Rehearsal, pattern: EventPattern) -> bool:
    """Return whether the events of the record satisfy a pattern, by the SQL of a run."""
    with rehearsal.scene.store.database.reading() as connection:
        return connection.execute(_events(rehearsal, connection).satisfying(pattern)).first() is not None


def _by_python_and_network(rehearsal: Rehearsal, facts: Facts, label: str) -> Decision:
    rule, moment = rehearsal.rule, rehearsal.moment
    if rule.inputs:  # the network of a rule that is asked for is that of its text, not of its inputs
        return Decision(rule.criteria.truth(facts, moment))
    return rehearsal.scene.decider.decide([rule], facts, moment, label)[rule.id]


def _by_sql(rehearsal: Rehearsal, sight: Sight) -> Truth:
    """Return what the criteria are by SQL: as the run has just found, unless it looks at nobody without events."""
    scene, rule = rehearsal.scene, rehearsal.rule
    if rule.check.sole_pattern is None:
        return sight.case.truth if sight.case is not None else Truth.FALSE
    with scene.store.database.reading() as connection:
        # Criteria are compared: how long they must have been true is the run's to know.
        return truth_by_sql(scene, connection, replace(rule, lasting=None), sight.key or 0, rehearsal.moment)


def _by_replay(rehearsal: Rehearsal, pattern: EventPattern, facts: Facts, label: str) -> Decision:
    with rehearsal.scene.store.database.reading() as connection:
        events = _events(rehearsal, connection).of_record(facts.id, pattern)
    return rehearsal.scene.decider.satisfied(pattern, events, rehearsal.moment, f"{label}-events")


def _events(rehearsal: Rehearsal, connection: Connection) -> StoredEvents:
    return StoredEvents(connection, rehearsal.scene.store.tables, rehearsal.rule.entity, rehearsal.moment)


def _said(by_sql: Truth, decision: Decision) -> str:
    return f"{by_sql.value} by SQL, {decision.truth.value} by Python {decision.note}".strip()
