"""Preparing: an intent becomes a call of its rule with all that it needs, from the record as it is now."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from actions.reminder import Reminder
from actions.sending import Sending
from engine.crm.letter import Attachment
from engine.language.rule import CLOSING, Call, Rule
from engine.model.facts import Facts
from engine.model.snapshot import read_snapshot
from engine.service.alert_text import template_values
from engine.service.effects import REMINDER
from engine.service.report.files import attached
from engine.service.reporting import Reporter
from engine.service.scene import Scene
from engine.store import cases, deletions, erasure, restrictions
from engine.store.database import Connection
from engine.store.deletions import Deletion
from engine.store.intents import Intent
from engine.vocabulary.calendar import Moment
from engine.vocabulary.outcome import Outcome
from engine.vocabulary.problem import Problems


@dataclass(frozen=True, slots=True)
class Prepared:
    """An intent that nothing speaks against, so far."""

    call: Call
    sending: Sending
    deletion: Deletion | None


def letter_key(intent: int) -> str:
    """Return the key under which everything goes out that an intent says or asks."""
    return f"intent-{intent}"


def digest_key(digest: datetime) -> str:
    """Return what the keys of a digest's letters begin with."""
    return f"digest-{digest.astimezone(UTC):%Y%m%dT%H%M}"


def prepared(scene: Scene, intent: Intent, moment: Moment) -> Prepared | Outcome:
    """Return what an intent is to do, or why it is withheld."""
    rule = _rule(scene, intent)
    if rule is None or rule.stage != "live" or intent.stage != "live" or intent.rule_state != "active":
        return Outcome("withheld", "RULE_GONE")
    with scene.store.database.reading() as connection:
        deletion = _deletion(scene, connection, intent.deletion)
        sending = _sending(scene, connection, intent, rule, deletion, moment)
        needs_no_case = bool(intent.deletion) or intent.part == CLOSING
        is_open = needs_no_case or cases.is_open(connection, intent.case)
    if sending is None:
        return Outcome("withheld", "GONE")
    if not is_open:
        return Outcome("withheld", "CASE_CLOSED")
    call = _call(rule, intent)
    return Prepared(call, sending, deletion) if call is not None else Outcome("withheld", "RULE_CHANGED")


def _rule(scene: Scene, intent: Intent) -> Rule | None:
    """Return the rule of an intent, with the inputs that it was asked with."""
    rule = scene.rulebook.rules.get(intent.rule)
    if rule is None or intent.inputs is None:
        return rule
    try:
        return scene.rulebook.asked([rule.id], json.loads(intent.inputs)).rules[rule.id]
    except Problems:
        return None  # its text has changed, and takes other inputs now


def _call(rule: Rule, intent: Intent) -> Call | None:
    """Return what an intent is about; the reminder of a deadline is a notice to the rule's owner."""
    if intent.part == REMINDER:
        return Reminder(rule.owner) if rule.deadline and rule.owner else None
    return rule.call_of(intent.part, intent.call)


def verb_of(scene: Scene, intent: Intent) -> str:
    """Return the verb of an intent's call; empty where its rule knows of none any more."""
    rule = scene.rulebook.rules.get(intent.rule)
    call = _call(rule, intent) if rule is not None else None
    return call.verb if call is not None else ""


def mark_warned(scene: Scene, connection: Connection, key: int, now: datetime) -> None:
    """Note that a warning of a deletion has gone out."""
    deletion = _deletion(scene, connection, key)
    if deletion is not None and deletion.state == "scheduled":
        deletions.move(connection, deletion, "warned", at=now)


def _sending(
    scene: Scene, connection: Connection, intent: Intent, rule: Rule, deletion: Deletion | None, moment: Moment
) -> Sending | None:
    facts = scene.records.facts(connection, intent.entity, intent.record)
    flags = scene.records.set_flags(connection, intent.entity, intent.record) if facts else frozenset()
    if facts is None:
        facts = _from_bin(scene, connection, intent)
    if facts is None:
        return None
    languages = scene.installation.settings.languages
    values = template_values(intent.entity, facts) | {
        "case": {"opened_at": intent.created_at},
        "rule": {"id": rule.id, "title": rule.title.in_language(*languages)},
        "deletion": {"due_at": deletion.due_at if deletion else None},
        "deadline": {"due_at": rule.deadline.due_at(facts, moment) if rule.deadline else None},
        "needs": dict(rule.inputs),
    }
    return Sending(
        letter_key(intent.key),
        rule,
        facts,
        flags,
        values,
        intent.created_at,
        scene.people,
        scene.rulebook.messages,
        languages,
        moment,
        scene.outside.with_mail(scene.post),
        set((intent.reached or "").split()),
        intent.part == CLOSING,
        restrictions.permitted(connection, intent.entity, intent.record),
        partial(_report, scene, intent.entity, facts.id, moment),
    )


def _report(scene: Scene, entity: str, record_id: str, moment: Moment, form: str, language: str) -> Attachment | None:
    """Return the report about a record as a file, from the record as it is now; None where nothing is held any more."""
    with scene.store.database.reading() as connection:
        found = Reporter.of(scene).report(connection, entity, record_id, moment, language)
    return None if found is None else attached(found, form, scene.store.zone)


def _from_bin(scene: Scene, connection: Connection, intent: Intent) -> Facts | None:
    kept = erasure.in_bin(connection, intent.deletion)
    entity = scene.store.tables.model.entity(intent.entity)
    return None if kept is None else read_snapshot(entity, kept, scene.store.zone, ignore_unknown=True).as_facts()


def _deletion(scene: Scene, connection: Connection, key: int) -> Deletion | None:
    return deletions.by_key(connection, scene.store.tables, key) if key else None
