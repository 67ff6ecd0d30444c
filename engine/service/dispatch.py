"""Dispatch: due intents are handed to their actions; failures wait longer each time, and are parked in the end."""

import hashlib
from collections import Counter
from datetime import timedelta

import structlog

from actions.messaging import LEGAL_DUTY, RemoteAction, Sending, send
from actions.schedule_deletion import ScheduleDeletion
from engine.language.rule import Rule
from engine.model.facts import Facts
from engine.model.snapshot import read_snapshot
from engine.service.alert_text import template_values
from engine.service.effects import CONFIRMATION, WARNING
from engine.service.scene import Scene
from engine.store import cases, deletions, erasure, intents, pauses
from engine.store.database import Connection
from engine.store.deletions import Deletion
from engine.store.intents import Intent
from engine.vocabulary.calendar import Moment
from engine.vocabulary.outcome import Outcome, PermanentFailure, TemporaryFailure

LOG = structlog.get_logger("ansgar.dispatch")
MOST_ATTEMPTS = 8
FIRST_WAIT = timedelta(seconds=30)


def dispatch(scene: Scene, moment: Moment) -> Counter[str]:
    """Carry out the intents that are due; return how many ended in which state."""
    with scene.store.database.reading() as connection:
        found = intents.due(connection, moment.now)
    return Counter(state for intent in found if (state := _one(scene, intent, moment)))


def wait_after(attempts: int, key: int) -> timedelta:
    """Return how long to wait after so many failures: doubled each time, spread so that retries do not meet."""
    spread = int(hashlib.sha256(f"{key}-{attempts}".encode()).hexdigest()[:4], 16) / 0xFFFF
    return FIRST_WAIT * float(2**attempts) * (0.75 + spread / 2)


def _one(scene: Scene, intent: Intent, moment: Moment) -> str:
    """Attempt one intent and write what came of it. One contact's failure never stops others."""
    state: str
    with scene.store.database.reading() as connection:
        if pauses.is_paused(connection, intent.rule):
            return ""
    try:
        outcome = _attempt(scene, intent, moment)
        state, reason = outcome.state, outcome.reason
    except TemporaryFailure as failure:
        if intent.attempts + 1 < MOST_ATTEMPTS:
            until = moment.now + max(wait_after(intent.attempts, intent.key), failure.after or timedelta())
            with scene.store.database.writing() as connection:
                intents.postpone(connection, intent.key, str(failure), until)
            LOG.warning("effect postponed", intent=intent.key, rule=intent.rule, reason=str(failure))
            return "postponed"
        state, reason = intents.PARKED, str(failure)
    except PermanentFailure as failure:
        state, reason = intents.PARKED, str(failure)
    with scene.store.database.writing() as connection:
        intents.settle(connection, intent.key, state, reason, moment.now)
        if intent.part.startswith(WARNING) and state == intents.DONE:
            _mark_warned(scene, connection, intent.deletion)
    LOG.info("effect ended", intent=intent.key, rule=intent.rule, state=state, reason=reason)
    return state


def _attempt(scene: Scene, intent: Intent, moment: Moment) -> Outcome:
    rule = scene.rulebook.rules.get(intent.rule)
    if rule is None or rule.stage != "live" or intent.stage != "live" or intent.rule_state != "active":
        return Outcome("withheld", "RULE_GONE")
    if intent.call >= len(rule.calls):
        return Outcome("withheld", "RULE_CHANGED")
    with scene.store.database.reading() as connection:
        deletion = _deletion(scene, connection, intent.deletion)
        sending = _sending(scene, connection, intent, rule, deletion, moment)
        is_open = bool(intent.deletion) or cases.is_open(connection, intent.case)
    if sending is None:
        return Outcome("withheld", "GONE")
    if not is_open:
        return Outcome("withheld", "CASE_CLOSED")
    call = rule.calls[intent.call]
    if isinstance(call, ScheduleDeletion) and deletion is not None:
        return _about_deletion(sending, call, intent.part, deletion)
    return call.perform(sending) if isinstance(call, RemoteAction) else Outcome("withheld", "RULE_CHANGED")


def _about_deletion(sending: Sending, call: ScheduleDeletion, part: str, deletion: Deletion) -> Outcome:
    if part == CONFIRMATION:
        return (
            send(sending, call.confirm.to, call.confirm.using, LEGAL_DUTY)
            if call.confirm
            else Outcome("withheld", "RULE_CHANGED")
        )
    number = int(part.removeprefix(f"{WARNING}-"))
    if number >= len(call.warn):
        return Outcome("withheld", "RULE_CHANGED")
    return send(sending, call.warn[number].to, call.warn[number].using, LEGAL_DUTY, deletion.due_at)


def _sending(
    scene: Scene, connection: Connection, intent: Intent, rule: Rule, deletion: Deletion | None, moment: Moment
) -> Sending | None:
    facts = scene.records.facts(connection, intent.entity, intent.record)
    flags = scene.records.set_flags(connection, intent.entity, intent.record) if facts else frozenset()
    if facts is None:
        facts = _from_bin(scene, connection, intent)
    if facts is None:
        return None
    settings = scene.installation.settings
    values = template_values(intent.entity, facts) | {
        "case": {"opened_at": intent.created_at},
        "rule": {"id": rule.id, "title": rule.title.in_language(*settings.languages)},
        "deletion": {"due_at": deletion.due_at if deletion else None},
    }
    return Sending(
        f"intent-{intent.key}",
        rule,
        facts,
        flags,
        values,
        scene.people,
        scene.rulebook.messages,
        settings.languages,
        moment,
        scene.post,
    )


def _from_bin(scene: Scene, connection: Connection, intent: Intent) -> Facts | None:
    kept = erasure.in_bin(connection, intent.deletion)
    entity = scene.store.tables.model.entity(intent.entity)
    return None if kept is None else read_snapshot(entity, kept, scene.store.zone, ignore_unknown=True).as_facts()


def _deletion(scene: Scene, connection: Connection, key: int) -> Deletion | None:
    return deletions.by_key(connection, scene.store.tables, key) if key else None


def _mark_warned(scene: Scene, connection: Connection, key: int) -> None:
    deletion = _deletion(scene, connection, key)
    if deletion is not None and deletion.state == "scheduled":
        deletions.move(connection, deletion, "warned")
