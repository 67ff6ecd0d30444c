"""Examining: where a deletion goes by the state as it is now; three executions must find its rule true."""

import hashlib
from dataclasses import dataclass

from actions.schedule_deletion import ScheduleDeletion
from engine.language.rule import Rule, canonical
from engine.model.facts import Facts
from engine.service.doubts import Doubts, doubts
from engine.service.effects import WARNING
from engine.service.guards import Examined, first_guard
from engine.service.logs import logger
from engine.service.runner import opened_assessment
from engine.service.scene import Scene
from engine.store import holds, intents, pauses, registry
from engine.store.database import Connection
from engine.store.deletions import Deletion
from engine.vocabulary.calendar import Moment
from engine.vocabulary.truth import Truth

LOG = logger("examining")
GUARDED = ("requests", "consents", "birth_date")


@dataclass(frozen=True, slots=True)
class Found:
    """What an examination came to: where the deletion goes and why; ready means that nothing speaks against it."""

    state: str
    reason: str = ""
    digest: str = ""

    @property
    def is_ready(self) -> bool:
        """True when nothing speaks against the deletion."""
        return self.state == "ready"

    @property
    def standing(self) -> tuple[str, str]:
        """The state and the reason."""
        return self.state, self.reason


@dataclass(frozen=True, slots=True)
class Case:
    """A deletion with its rule and the fresh facts of its record."""

    rule: Rule
    facts: Facts
    deletion: Deletion


def examined(scene: Scene, one: Deletion, moment: Moment, *, over: bool) -> Found:
    """Return where a deletion goes, examined in a transaction of its own; `over`: the daily limit has tripped."""
    with scene.store.database.writing() as connection:
        return examine(scene, connection, one, moment, over=over)


def examine(
    scene: Scene, connection: Connection, one: Deletion, moment: Moment, *, over: bool, around: Doubts | None = None
) -> Found:
    """Return where a deletion goes by the state as it is now: three executions must find the rule true.

    `around` are the doubts about the whole input, where they are known already.
    """
    rule = scene.rulebook.rules.get(one.rule)
    if pauses.is_paused(connection, one.rule):
        return Found(one.state, one.reason or "")
    if rule is None or rule.stage != "live" or one.record is None:
        return Found("cancelled", "RULE_GONE")
    facts = scene.records.facts(connection, one.entity, one.record)
    if facts is None:
        return Found("cancelled", "GONE")
    if intents.pending_of_deletion(connection, one.key, WARNING):
        return Found(one.state, "WARNING_PENDING")
    case = Case(rule, facts, one)
    truth = _truth(scene, connection, case, moment)
    if truth.state != "true":
        return truth
    found = around if around is not None else doubts(scene, connection, [rule], moment)
    guard = first_guard(_around(scene, connection, case, moment, found, over=over))
    if guard is not None:
        return Found(guard[1] or one.state, guard[0])
    return _waits_for_person(connection, one) or Found("ready", digest=_digest(rule, facts))


def _waits_for_person(connection: Connection, one: Deletion) -> Found | None:
    """Return what holds a deletion until a person lets it go on: what held it before, or a warning that failed."""
    if one.released_at is not None:
        return None
    if one.state == "held":
        return Found("held", one.reason or "")
    has_failed = intents.unsettled_of_deletion(connection, one.key, WARNING)
    return Found("held", "WARNING_FAILED") if has_failed else None


def _truth(scene: Scene, connection: Connection, case: Case, moment: Moment) -> Found:
    rule, facts, one = case.rule, case.facts, case.deletion
    decision = scene.decider.decide([rule], facts, moment, f"deletion-{one.key}")[rule.id]
    by_sql = truth_by_sql(scene, connection, rule, one.record or 0, moment)
    if decision.note or decision.truth is not by_sql:
        LOG.error("executions disagree", rule=rule.id, deletion=one.key, note=decision.note, sql=by_sql.value)
        return Found("kept", "DISAGREEMENT")
    if by_sql is Truth.TRUE:
        return Found("true")
    return Found("cancelled", "NO_LONGER_TRUE" if by_sql is Truth.FALSE else "UNDECIDED")


def truth_by_sql(scene: Scene, connection: Connection, rule: Rule, record: int, moment: Moment) -> Truth:
    """Return what a rule is for one record by set-based evaluation; rules that it reads by their stored cases."""
    stored = registry.registered(connection).get(rule.id)
    with opened_assessment(connection, scene.store, moment) as assessment:
        assessment.assess(rule, stored.key if stored else None, only=record)
        return assessment.state_of(rule.id, record)


def _around(
    scene: Scene, connection: Connection, case: Case, moment: Moment, doubted: Doubts, *, over: bool
) -> Examined:
    rule, facts, one = case.rule, case.facts, case.deletion
    call = deletion_call(rule, one)
    record = one.record or 0
    return Examined(
        facts,
        scene.records.set_flags(connection, one.entity, record),
        holds.active(connection, one.entity, record),
        all_purposes=call.purposes == "all",
        is_over_limit=over,
        is_feed_stale=doubted.is_stale(rule),
        is_input_suspect=doubted.is_suspect(rule),
        is_clock_off=doubted.is_clock_off,
        is_stale=one.version != rule.version,
        is_released=one.released_at is not None,
        due_at=one.due_at,
        moment=moment,
    )


def deletion_call(rule: Rule, one: Deletion) -> ScheduleDeletion:
    """Return the action that scheduled a deletion, or the one that the rule has instead by now."""
    call = rule.calls[one.call] if one.call < len(rule.calls) else None
    return (
        call
        if isinstance(call, ScheduleDeletion)
        else next(each for each in rule.calls if isinstance(each, ScheduleDeletion))
    )


def _digest(rule: Rule, facts: Facts) -> str:
    """Return a digest of the fields and collections that the rule and the guards read."""
    names = sorted({*rule.reads, *GUARDED})
    seen = [(name, facts.values.get(name), facts.items(name)) for name in names]
    return hashlib.sha256(canonical(seen).encode()).hexdigest()[:32]


def is_still_due(scene: Scene, one: Deletion, moment: Moment) -> bool:
    """True while nothing speaks against an ordered deletion and its record is what it was."""
    found = examined(scene, one, moment, over=False)
    return found.is_ready and found.digest == one.digest
