"""Examining: where a deletion goes by the state as it is now; three executions must find its rule true."""

from dataclasses import dataclass

from engine.language.rule import Rule
from engine.service.doubts import Doubts, doubts
from engine.service.effects import WARNING
from engine.service.guarding import Case, reviewed, standing_around, state_digest
from engine.service.guards import HUMAN_REVIEW, Examined, first_guard
from engine.service.logs import logger
from engine.service.runner import opened_assessment
from engine.service.scene import Scene
from engine.store import intents, pauses, registry, reviews
from engine.store.database import Connection
from engine.store.deletions import Deletion
from engine.vocabulary.calendar import Moment
from engine.vocabulary.truth import Truth

LOG = logger("examining")


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
    case = Case(rule, facts, one.record, one)
    truth = _truth(scene, connection, case, one, moment)
    if truth.state != "true":
        return truth
    doubted = around if around is not None else doubts(scene, connection, [rule], moment)
    seen = standing_around(scene, connection, case, moment, doubted, over=over)
    guard = first_guard(seen)
    if guard is not None:
        if guard[0] == HUMAN_REVIEW:
            reviews.ask(connection, one, reviewed(rule, facts, seen), moment.now)
        return Found(guard[1] or one.state, guard[0])
    return _waits_for_person(connection, one) or Found("ready", digest=state_digest(rule, facts))


def _waits_for_person(connection: Connection, one: Deletion) -> Found | None:
    """Return what holds a deletion until a person lets it go on: what held it before, or a warning that failed."""
    if one.released_at is not None:
        return None
    if one.state == "held":
        return Found("held", one.reason or "")
    has_failed = intents.unsettled_of_deletion(connection, one.key, WARNING)
    return Found("held", "WARNING_FAILED") if has_failed else None


def _truth(scene: Scene, connection: Connection, case: Case, one: Deletion, moment: Moment) -> Found:
    rule, facts = case.rule, case.facts
    decision = scene.decider.decide([rule], facts, moment, f"deletion-{one.key}")[rule.id]
    by_sql = truth_by_sql(scene, connection, rule, case.record, moment)
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


def surroundings(
    scene: Scene, connection: Connection, one: Deletion, moment: Moment, around: Doubts | None = None
) -> tuple[Case, Examined] | None:
    """Return a deletion with its rule and facts, and how things stand around it; None where either is gone.

    `around` are the doubts about the whole input, where they are known already.
    """
    rule = scene.rulebook.rules.get(one.rule)
    facts = None if one.record is None else scene.records.facts(connection, one.entity, one.record)
    if rule is None or facts is None:
        return None
    case = Case(rule, facts, one.record or 0, one)
    doubted = around if around is not None else doubts(scene, connection, [rule], moment)
    return case, standing_around(scene, connection, case, moment, doubted)


def is_still_due(scene: Scene, one: Deletion, moment: Moment) -> bool:
    """True while nothing speaks against an ordered deletion and its record is what it was."""
    found = examined(scene, one, moment, over=False)
    return found.is_ready and found.digest == one.digest
