"""Planning: what a run would do at a moment, with whatever rules, on a snapshot that is only read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from time import perf_counter

from actions.schedule_deletion import ScheduleDeletion
from engine.language.rule import Rule, Rulebook, digest_of
from engine.service.activation import LIVE, WATCH, awaiting_promotion
from engine.service.installation import Installation
from engine.service.plan import DailyLimits, Plan, PlannedDeletions, PlannedRule
from engine.service.runner import chosen_rules, judged_rule, off_rules, opened_assessment, rules_with_sources
from engine.service.settlement import rule_run
from engine.store import cases, deletions, pending, registry, room
from engine.store.assessment import Assessment
from engine.store.database import Connection
from engine.store.difference import Tally
from engine.store.registry import Registered
from engine.store.runs import RuleRun
from engine.store.schema import Store
from engine.vocabulary.calendar import Moment
from engine.vocabulary.effect import Effect

OFF = "off"


@dataclass(frozen=True, slots=True)
class _Ground:
    """What every rule of a plan is compared with."""

    installation: Installation
    store: Store
    assessment: Assessment
    known: Mapping[str, Registered]
    sizes: Mapping[int, tuple[int, int]]
    waiting: frozenset[str]

    @property
    def connection(self) -> Connection:
        return self.assessment.connection

    @property
    def moment(self) -> Moment:
        return self.assessment.moment


def plan(
    installation: Installation, store: Store, rulebook: Rulebook, moment: Moment, *, only: Iterable[str] = ()
) -> Plan:
    """Return what a run of a rulebook, as its files are written, would do at a moment; writes nothing."""
    with store.database.reading() as connection:
        return planned(installation, store, connection, rulebook, moment, only)


def planned(
    installation: Installation,
    store: Store,
    connection: Connection,
    rulebook: Rulebook,
    moment: Moment,
    only: Iterable[str] = (),
) -> Plan:
    """Return the plan as a connection sees the store.

    Rules that the named ones read are looked at afresh too, so that a rule's plan is the same with others and alone.
    """
    started, names = perf_counter(), frozenset(only)
    chosen = {rule.id for rule in chosen_rules(rulebook, names)}
    known = registry.registered(connection)
    waiting = frozenset(awaiting_promotion(installation, rulebook, known))
    found: list[PlannedRule] = []
    with opened_assessment(connection, store, moment, off_rules(rulebook)) as assessment:
        ground = _Ground(installation, store, assessment, known, registry.counts(connection), waiting)
        for rule in rules_with_sources(rulebook, chosen):
            if rule.id in chosen:
                found.append(_planned(ground, rule))
            else:
                judged_rule(assessment, rule, None)
        found += [] if names else _ended(ground, rulebook)
        limits = _daily(ground, found)
    return Plan(moment, perf_counter() - started, rulebook.digest, tuple(found), limits)


def plan_digest(rule: Rule, entering: Iterable[str]) -> str:
    """Return what stands for a version of a rule and exactly those who would enter."""
    return digest_of((rule.id, rule.version, tuple(sorted(entering))))


def _planned(ground: _Ground, rule: Rule) -> PlannedRule:
    stored = ground.known.get(rule.id)
    going_on = _with_its_cases(rule, stored)
    key = None if going_on is None else going_on.key
    judged = judged_rule(ground.assessment, rule, going_on)
    waits = rule.id in ground.waiting
    found = rule_run(judged, stage=WATCH if waits else None)
    change, opened = _change(rule, stored), ground.sizes.get(key or 0, (0, 0))[0]
    if judged.error is not None:
        return PlannedRule(found, change, waits_for_promotion=waits, paused=_paused(stored), unchanged=opened)
    entering, leaving = ground.assessment.moves(rule, key)
    about = _deletions(ground, rule, key, len(entering)) if rule.deletes else None
    if about is not None and about.is_stopped:
        stopped = {call.verb: 0 for call in rule.calls if call.effect is Effect.IRREVERSIBLE}
        found = replace(found, actions={**found.actions, **stopped}, is_stopped=True)
    return PlannedRule(
        found,
        change,
        waits_for_promotion=waits,
        paused=_paused(stored),
        unchanged=opened - len(leaving),
        entering=tuple(entering),
        leaving=tuple(leaving),
        deletions=about,
        digest=plan_digest(rule, entering),
    )


def _with_its_cases(rule: Rule, stored: Registered | None) -> Registered | None:
    """Return the rule as stored with whose cases it goes on; None where its cases begin anew."""
    if stored is None or stored.entity != rule.entity:
        return None
    becomes_live = stored.stage != LIVE and rule.stage == LIVE
    return None if becomes_live else stored


def _change(rule: Rule, stored: Registered | None) -> str:
    if stored is None or stored.state == registry.RETIRED:
        return "new"
    if stored.state == registry.ORPHANED:
        return "returned"
    if stored.version != rule.version or stored.entity != rule.entity:
        return "changed"
    return "same" if stored.stage == rule.stage else "stage"


def _paused(stored: Registered | None) -> str | None:
    if stored is None or (stored.paused_at is None and stored.paused is None):
        return None
    return "limit" if stored.paused_at is None else "person"


def _deletions(ground: _Ground, rule: Rule, key: int | None, entering: int) -> PlannedDeletions:
    """Return what would become of a rule's deletions, with the limit as a run would ask it."""
    connection, now = ground.connection, ground.moment.now
    stored, limit = ground.known.get(rule.id), rule.limit
    if limit is None:
        raise AssertionError("a rule that deletes without a limit does not load")
    count, lately, present, stays = entering, 0, pending.NONE, pending.NONE
    is_stopped = stored is not None and stored.paused is not None
    if stored is not None:
        present = pending.of_rule(connection, stored.key, now)
        lately = deletions.scheduled_lately(connection, stored.key, now)
    if key is not None and rule.stage == LIVE:
        stays = pending.of_rule(connection, key, now, *pending.staying(ground.assessment, rule.id, key, rule.version))
        count += pending.restarting(ground.assessment, rule.id, key, rule.version, all_open=is_stopped)
    population = ground.store.tables.population(connection, rule.entity)
    is_stopped |= bool(count) and limit.is_passed(count + lately, population)
    call = next(call for call in rule.calls if isinstance(call, ScheduleDeletion))
    due = call.grace.after(now, ground.moment)
    firsts = [stays.first] if stays.first is not None else []
    return PlannedDeletions(
        count=count + lately,
        limit=limit,
        population=population,
        is_stopped=is_stopped,
        scheduled=0 if is_stopped else count,
        cancelled=present.count - stays.count,
        due=0 if stored is None or _paused(stored) else stays.due,
        first_due=min([*firsts, due] if count and not is_stopped else firsts, default=None),
    )


def _ended(ground: _Ground, rulebook: Rulebook) -> list[PlannedRule]:
    """Return the rules that a run would end: gone from the rulebook, or off by now."""
    found = []
    for stored in ground.known.values():
        rule = rulebook.rules.get(stored.id)
        is_off = rule is not None and rule.stage == OFF
        if stored.state != registry.ACTIVE or (rule is not None and not is_off) or (stored.stage == OFF and is_off):
            continue
        found.append(_end(ground, stored, is_off=is_off))
    return found


def _end(ground: _Ground, stored: Registered, *, is_off: bool) -> PlannedRule:
    """Return the end of a rule: off closes its cases; gone leaves them as they are until it returns or is retired."""
    connection, opened = ground.connection, ground.sizes.get(stored.key, (0, 0))[0]
    left = opened if is_off else 0
    listed = cases.listing(connection, ground.store.tables, stored.id) if is_off else []
    voided = pending.of_rule(connection, stored.key, ground.moment.now).count
    return PlannedRule(
        RuleRun(stored.id, OFF if is_off else stored.stage, stored.version, Tally(0, 0, 0, left, 0)),
        "stage" if is_off else "gone",
        paused=_paused(stored),
        unchanged=opened - left,
        leaving=tuple(str(one["contact"]) for one in listed if one["opened_at"] is not None),
        deletions=PlannedDeletions(cancelled=voided) if voided else None,
    )


def _daily(ground: _Ground, found: list[PlannedRule]) -> DailyLimits:
    """Return how the plan stands to the limits over all rules, which are asked when deletions are ordered."""
    connection, now = ground.connection, ground.moment.now
    limits = ground.installation.settings.limits
    lately = room.taken(connection, now)
    population = ground.store.tables.population(connection, "contact") + lately
    seen = {one.found.rule for one in found}
    due = sum(one.deletions.due for one in found if one.deletions)
    due += sum(
        pending.of_rule(connection, one.key, now).due
        for one in ground.known.values()
        if one.id not in seen and _paused(one) is None
    )
    acting = [one for one in found if one.found.stage == LIVE or one.waits_for_promotion]
    scheduled = sum(one.deletions.scheduled for one in acting if one.deletions)
    return DailyLimits(
        limits.deletions_per_day,
        limits.percent_per_day,
        population=population,
        ordered_lately=lately,
        due=due,
        scheduled=scheduled,
        trips_now=bool(due) and limits.is_passed(due + lately, population),
        trips_later=bool(scheduled) and limits.is_passed(scheduled, population),
    )
