"""Guarding: how things stand around a deletion, planned or only possible, and which guards keep it from happening."""

import hashlib
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Any

from actions.schedule_deletion import ScheduleDeletion
from engine.language.anchors import anchors_of, is_implausible
from engine.language.rule import Rule, canonical, digest_of
from engine.model.declared import GUARDED
from engine.model.facts import Facts
from engine.service.deletion_shapes import shown
from engine.service.doubts import Doubts, Ground, doubts
from engine.service.guards import GUARDS, Examined
from engine.store import deletions, holds, restrictions, reviews
from engine.store.database import Connection
from engine.store.deletions import Deletion
from engine.store.facts import Records
from engine.vocabulary.calendar import Moment


@dataclass(frozen=True, slots=True)
class Case:
    """A record (its key and facts) that a rule would delete, with the deletion where one is scheduled."""

    rule: Rule
    facts: Facts
    record: int
    deletion: Deletion | None = None


def standing_around(
    ground: Ground, connection: Connection, case: Case, moment: Moment, doubted: Doubts, *, over: bool = False
) -> Examined:
    """Return how things stand around a deletion; `over`: there is no room under the limits over all rules."""
    rule, one, entity, record = case.rule, case.deletion, case.rule.entity, case.record
    found = Examined(
        case.facts,
        Records(ground.store.tables, ground.store.zone).set_flags(connection, entity, record),
        holds.active(connection, entity, record),
        purposes_named=bool(deletion_call(rule, one).purposes),
        is_over_limit=over,
        is_feed_stale=doubted.is_stale(rule),
        is_input_suspect=doubted.is_suspect(rule),
        is_clock_off=doubted.is_clock_off,
        is_stale=one is not None and one.version != rule.version,
        is_released=one is not None and one.released_at is not None,
        due_at=one.due_at if one else moment.now,
        moment=moment,
        permitted=restrictions.permitted(connection, entity, record),
        is_anchor_implausible=is_implausible(anchors_of(rule.predicate), case.facts),
    )
    if one is None or not found.causes:
        return found
    return replace(found, is_carried=reviews.is_carried(connection, one.key, reviewed(rule, case.facts, found)))


def guards_of(
    ground: Ground, connection: Connection, rule: Rule, facts: Facts, record: int, moment: Moment
) -> dict[str, Any]:
    """Return the deletion that a rule has scheduled of a record, if any, and what each guard says, in their order."""
    tables = ground.store.tables
    its = deletions.of_rule_and_record(rule.id, record)
    one = max(deletions.read(connection, tables, its), key=lambda each: each.key, default=None)
    active = one if one is not None and one.state in deletions.BEFORE_ORDER else None
    doubted = doubts(ground, connection, [rule], moment)
    seen = standing_around(ground, connection, Case(rule, facts, record, active), moment, doubted)
    said = [
        {"code": code, "applies": applies(seen), "then": state or "waits", "says": applies.__doc__ or ""}
        for code, applies, state in GUARDS
    ]
    return {"deletion": shown(one) if one else None, "guards": said}


def in_words(guarded: dict[str, Any], zone: tzinfo) -> list[str]:
    """Return a deletion and the guards that apply, as lines, instants as they are in a zone."""
    one = guarded["deletion"]
    reason = f", {one['reason']}" if one and one["reason"] else ""
    due = f"{one['due_at'].astimezone(zone):%Y-%m-%d %H:%M}" if one else ""
    head = f"deletion {one['id']}: {one['state']}{reason}, due {due}" if one else ""
    applying = [each for each in guarded["guards"] if each["applies"]]
    lines = [f"guard {each['code']} ({each['then']}): {each['says']}" for each in applying]
    return [*([head] if head else []), *(lines or ["no guard would keep its deletion from happening"])]


def reviewed(rule: Rule, facts: Facts, seen: Examined) -> reviews.About:
    """Return what a review is about: the rule's version, what it and the guards read, and why a person decides."""
    return reviews.About(rule.version, digest_of((state_digest(rule, facts), seen.causes)))


def deletion_call(rule: Rule, one: Deletion | None) -> ScheduleDeletion:
    """Return the action that scheduled a deletion, or the one that the rule has (instead, by now)."""
    call = rule.calls[one.call] if one is not None and one.call < len(rule.calls) else None
    if isinstance(call, ScheduleDeletion):
        return call
    return next(each for each in rule.calls if isinstance(each, ScheduleDeletion))


def state_digest(rule: Rule, facts: Facts) -> str:
    """Return a digest of the fields and collections that the rule and the guards read."""
    names = sorted({*rule.reads, *GUARDED})
    seen = [(name, facts.values.get(name), facts.items(name)) for name in names]
    return hashlib.sha256(canonical(seen).encode()).hexdigest()[:32]
