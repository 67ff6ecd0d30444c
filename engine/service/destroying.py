"""Destroying: a due deletion is examined afresh, twice, guarded and ordered; every step resumes from its row."""

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

import structlog

from actions.schedule_deletion import ScheduleDeletion
from engine.crm.orders import Answered, Order
from engine.language.reads import counts, reads
from engine.language.rule import Rule, canonical
from engine.model.facts import Facts
from engine.service.effects import CONFIRMATION, WARNING
from engine.service.erasing import erase, put_away
from engine.service.guards import Examined, first_guard, is_feed_stale
from engine.service.retrying import wait_after
from engine.service.scene import Scene
from engine.store import deletions, feeds, holds, intents, pauses, registry
from engine.store.assessment import Assessment
from engine.store.database import Connection
from engine.store.deletions import Deletion
from engine.vocabulary.calendar import Moment
from engine.vocabulary.outcome import PermanentFailure, TemporaryFailure
from engine.vocabulary.truth import Truth

LOG = structlog.get_logger("ansgar.destroying")
GUARDED = ("requests", "consents", "birth_date")


@dataclass(frozen=True, slots=True)
class _Found:
    """What an examination came to: where the deletion goes and why; ready means that nothing speaks against it."""

    state: str
    reason: str = ""
    digest: str = ""

    @property
    def is_ready(self) -> bool:
        return self.state == "ready"


@dataclass(frozen=True, slots=True)
class _Case:
    """A deletion with its rule and the fresh facts of its record."""

    rule: Rule
    facts: Facts
    deletion: Deletion


def advance(scene: Scene, moment: Moment) -> Counter[str]:
    """Move every deletion on as far as it can go without waiting; return how many came to which state."""
    with scene.store.database.reading() as connection:
        found = deletions.due(connection, scene.store.tables, moment.now)
    waiting = [one for one in found if one.state in deletions.BEFORE_ORDER]
    moved = _decide(scene, waiting, moment)
    for one in found:
        match one.state:
            case "ordered":
                moved[_ask(scene, one, moment)] += 1
            case "confirmed":
                moved[put_away(scene, one, moment)] += 1
            case "in_recycle_bin":
                moved[erase(scene, one, moment)] += 1
    return Counter({state: count for state, count in moved.items() if state})


def _decide(scene: Scene, waiting: list[Deletion], moment: Moment) -> Counter[str]:
    """Examine due deletions; when more are ready than a day allows, none of them is ordered."""
    examined = [(one, _examined(scene, one, moment, over=False)) for one in waiting]
    ready = [one for one, found in examined if found.is_ready]
    over = _is_over_limit(scene, [one for one in ready if one.released_at is None], moment)
    moved: Counter[str] = Counter()
    for one, found in examined:
        moved[_go(scene, one, moment, over=over) if found.is_ready else _write(scene, one, found, moment)] += 1
    return moved


def _is_over_limit(scene: Scene, ready: list[Deletion], moment: Moment) -> bool:
    limits = scene.installation.settings.limits
    with scene.store.database.reading() as connection:
        lately = deletions.ordered_lately(connection, moment.now)
        population = scene.store.tables.population(connection, "contact") + lately
    return bool(ready) and limits.is_passed(lately + len(ready), population)


def _examined(scene: Scene, one: Deletion, moment: Moment, *, over: bool) -> _Found:
    with scene.store.database.writing() as connection:
        return _examine(scene, connection, one, moment, over=over)


def _examine(scene: Scene, connection: Connection, one: Deletion, moment: Moment, *, over: bool) -> _Found:
    """Return where a deletion goes by the state as it is now: three executions must find the rule true."""
    rule = scene.rulebook.rules.get(one.rule)
    if pauses.is_paused(connection, one.rule):
        return _Found(one.state, one.reason or "")
    if rule is None or rule.stage != "live" or one.record is None:
        return _Found("cancelled", "RULE_GONE")
    facts = scene.records.facts(connection, one.entity, one.record)
    if facts is None:
        return _Found("cancelled", "GONE")
    if intents.unsettled_of_deletion(connection, one.key, WARNING):
        return _Found(one.state, "WARNING_PENDING")
    case = _Case(rule, facts, one)
    truth = _truth(scene, connection, case, moment)
    if truth.state != "true":
        return truth
    guard = first_guard(_around(scene, connection, case, moment, over=over))
    if guard is not None:
        return _Found(guard[1] or one.state, guard[0])
    return _Found("ready", digest=_digest(rule, facts))


def _truth(scene: Scene, connection: Connection, case: _Case, moment: Moment) -> _Found:
    rule, facts, one = case.rule, case.facts, case.deletion
    decision = scene.decider.decide([rule], facts, moment, f"deletion-{one.key}")[rule.id]
    by_sql = truth_by_sql(scene, connection, rule, one.record or 0, moment)
    if decision.note or decision.truth is not by_sql:
        LOG.error("executions disagree", rule=rule.id, deletion=one.key, note=decision.note, sql=by_sql.value)
        return _Found("kept", "DISAGREEMENT")
    if by_sql is Truth.TRUE:
        return _Found("true")
    return _Found("cancelled", "NO_LONGER_TRUE" if by_sql is Truth.FALSE else "UNDECIDED")


def truth_by_sql(scene: Scene, connection: Connection, rule: Rule, record: int, moment: Moment) -> Truth:
    """Return what a rule is for one record by set-based evaluation; rules that it reads by their stored cases."""
    assessment = Assessment(connection, scene.store.tables, moment)
    known = registry.registered(connection)
    assessment.begin({each.id: each.key for each in known.values() if each.evaluated_version is not None})
    stored = known.get(rule.id)
    assessment.assess(rule, stored.key if stored else None, only=record)
    truth = assessment.state_of(rule.id, record)
    assessment.end()
    return truth


def _around(scene: Scene, connection: Connection, case: _Case, moment: Moment, *, over: bool) -> Examined:
    rule, facts, one = case.rule, case.facts, case.deletion
    call = _call(rule, one)
    record = one.record or 0
    freshness = scene.installation.settings.limits.freshness
    stale_feed = any(
        is_feed_stale(feeds.newest(connection, scene.store.tables, one.entity, name, moment.now), freshness, moment)
        for name in counts(rule.predicate)
    )
    return Examined(
        facts,
        scene.records.set_flags(connection, one.entity, record),
        holds.active(connection, one.entity, record),
        all_purposes=call.purposes == "all",
        is_over_limit=over,
        is_feed_stale=stale_feed,
        is_stale=one.version != rule.version,
        is_released=one.released_at is not None,
        due_at=one.due_at,
        moment=moment,
    )


def _call(rule: Rule, one: Deletion) -> ScheduleDeletion:
    call = rule.calls[one.call] if one.call < len(rule.calls) else None
    return (
        call
        if isinstance(call, ScheduleDeletion)
        else next(each for each in rule.calls if isinstance(each, ScheduleDeletion))
    )


def _digest(rule: Rule, facts: Facts) -> str:
    """Return a digest of the fields and collections that the rule and the guards read."""
    names = sorted({*reads(rule.predicate), *GUARDED})
    seen = [(name, facts.values.get(name), facts.items(name)) for name in names]
    return hashlib.sha256(canonical(seen).encode()).hexdigest()[:32]


def _write(scene: Scene, one: Deletion, found: _Found, moment: Moment) -> str:
    if (found.state, found.reason) == (one.state, one.reason or ""):
        return ""
    with scene.store.database.writing() as connection:
        if found.state == "cancelled":
            deletions.cancel(connection, deletions.is_one(one.key), found.reason, moment.now)
        else:
            deletions.move(connection, one, found.state, reason=found.reason)
    LOG.info("deletion moved", deletion=one.key, rule=one.rule, state=found.state, reason=found.reason)
    return found.state if found.state != one.state else ""


def _go(scene: Scene, one: Deletion, moment: Moment, *, over: bool) -> str:
    """Examine once more, right before the order, in the transaction that writes it; then order."""
    with scene.store.database.writing() as connection:
        found = _examine(scene, connection, one, moment, over=over)
        if found.is_ready:
            if one.state != "due":
                deletions.move(connection, one, "due", reason=None)
            due = deletions.by_key(connection, scene.store.tables, one.key)
            if due is None:
                return ""
            deletions.move(
                connection,
                due,
                "ordered",
                digest=found.digest,
                ordered_at=moment.now,
                next_at=moment.now,
                contact=due.contact,
            )
    if not found.is_ready:
        return _write(scene, one, found, moment)
    with scene.store.database.reading() as connection:
        ordered = deletions.by_key(connection, scene.store.tables, one.key)
    return _ask(scene, ordered, moment) if ordered else ""


def _ask(scene: Scene, one: Deletion, moment: Moment) -> str:
    """Hand the order over, or ask again under the same key; without a CRM our own copy is all there is."""
    rule = scene.rulebook.rules.get(one.rule)
    with scene.store.database.reading() as connection:
        if pauses.is_paused(connection, one.rule):
            return ""
    # An order that was written in an earlier pass may be stale, whether or not it went out.
    is_old = one.attempts > 0 or one.ordered_at != moment.now
    if is_old and (rule is None or not _is_still_due(scene, one, moment)):
        return _end(scene, one, "failed", "OUTCOME_UNKNOWN", moment)
    try:
        answered = _answer(scene, one, rule.legal_basis if rule else "", moment)
    except TemporaryFailure as failure:
        with scene.store.database.writing() as connection:
            until = moment.now + max(wait_after(one.attempts, one.key), failure.after or timedelta())
            deletions.move(connection, one, "ordered", attempts=one.attempts + 1, next_at=until, reason=str(failure))
        return ""
    except PermanentFailure as failure:
        return _end(scene, one, "failed", str(failure), moment)
    if answered.answer == "refused":
        return _end(scene, one, "refused", answered.reason, moment)
    if answered.answer == "accepted":
        with scene.store.database.writing() as connection:
            deletions.move(connection, one, "ordered", next_at=None, reason="ACCEPTED")
        return ""
    return confirm(scene, one, moment)


def _answer(scene: Scene, one: Deletion, legal_basis: str, moment: Moment) -> Answered:
    if scene.crm is None:
        return Answered("deleted")
    order = Order(f"deletion-{one.key}", one.contact or "", one.rule, one.version, one.digest or "", legal_basis)
    return scene.crm.order(order, moment.now)


def _is_still_due(scene: Scene, one: Deletion, moment: Moment) -> bool:
    found = _examined(scene, one, moment, over=False)
    return found.is_ready and found.digest == one.digest


def confirm(scene: Scene, one: Deletion, moment: Moment) -> str:
    """Note that the CRM, or nobody where there is none, has deleted; then the copy here is put away."""
    rule = scene.rulebook.rules.get(one.rule)
    call = _call(rule, one) if rule else None
    with scene.store.database.writing() as connection:
        deletions.move(connection, one, "confirmed", reason=None, next_at=None)
        if call is not None and call.confirm is not None and one.record is not None:
            row = {"rule": one.rule_key, "record": one.record, "case": one.case, "call": one.call, "part": CONFIRMATION}
            intents.add(connection, [row | {"deletion": one.key, "not_before": moment.now, "created_at": moment.now}])
        confirmed = deletions.by_key(connection, scene.store.tables, one.key)
    return put_away(scene, confirmed, moment) if confirmed else ""


def _end(scene: Scene, one: Deletion, state: str, reason: str, moment: Moment) -> str:
    with scene.store.database.writing() as connection:
        deletions.move(connection, one, state, reason=reason, ended_at=moment.now, next_at=None)
    LOG.warning("deletion ended", deletion=one.key, rule=one.rule, state=state)
    return state
