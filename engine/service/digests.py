"""Digests: messages that can wait are gathered into one letter a day for each destination.

What is in a digest is settled when its time comes: whoever comes later is in the next one. So a letter that has to be
attempted again says the same under the same key, and a receiver that knows the key misses nothing.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from actions.messaging import GatheredAction, Note, worst
from engine.crm.letter import Letter
from engine.crm.mail import one_line
from engine.service.logs import logger
from engine.service.preparing import digest_key, prepared, verb_of
from engine.service.retrying import next_attempt
from engine.service.scene import Scene
from engine.store import intents
from engine.store.database import Connection
from engine.store.intents import Intent
from engine.vocabulary.calendar import Moment, local_date
from engine.vocabulary.occurrence import next_after, read_every
from engine.vocabulary.outcome import DONE, Outcome, PermanentFailure, TemporaryFailure

LOG = logger("digests")
BETWEEN = "\n\n---\n\n"


@dataclass(slots=True)
class _Member:
    """One message of a digest: what it says to whom, who has been told, and what kept it from the others."""

    intent: Intent
    outcome: Outcome
    notes: tuple[Note, ...] = ()
    reached: set[str] = field(default_factory=set)
    failures: list[TemporaryFailure | PermanentFailure] = field(default_factory=list)


def next_digest(scene: Scene, moment: Moment) -> datetime:
    """Return when the next digest goes out."""
    return next_after(read_every("day", scene.installation.settings.mail.digest_at), moment.now, moment.zone)


def send_due(scene: Scene, moment: Moment) -> Counter[str]:
    """Send the digests whose time has come; return how many of their messages ended in which state, or wait on."""
    with scene.store.database.reading() as connection:
        found = intents.digests_due(connection, moment.now)
    states: Counter[str] = Counter()
    for digest, those in groupby(found, key=lambda one: one.digest):
        if digest is not None and not scene.is_stopping():
            states += _send(scene, digest, _settled(scene, digest, list(those), moment), moment)
    return states


def _settled(scene: Scene, digest: datetime, those: list[Intent], moment: Moment) -> list[Intent]:
    """Return those that belong to a digest; who missed an attempt at it is gathered into the next."""
    with scene.store.database.writing() as connection:
        made = intents.attempts_at(connection, digest)
        late = [one.key for one in those if one.attempts < made]
        if late:
            intents.gather(connection, late, next_digest(scene, moment))
    return [one for one in those if one.attempts == made]


def _send(scene: Scene, digest: datetime, those: list[Intent], moment: Moment) -> Counter[str]:
    members = [_member(scene, intent, moment) for intent in those]
    day = local_date(digest, moment.zone)
    outside = scene.outside.with_mail(scene.post)
    for note, told in _letters(members):
        subject = f"{len(told)} message{'' if len(told) == 1 else 's'} of {day}"
        body = BETWEEN.join(f"{one_line(one.subject)}\n\n{one.body}" for _, one in told)
        try:
            letter = Letter(f"{digest_key(digest)}-{note.mark}", note.address, subject, body, moment.now)
            outside.deliver(note.by, letter)
            for member, _ in told:
                member.reached.add(note.mark)
        except (TemporaryFailure, PermanentFailure) as failure:
            for member, _ in told:
                member.failures.append(failure)
    with scene.store.database.writing() as connection:
        until = _next_attempt(members, digest, moment.now)
        states = [_settle(connection, member, until, moment.now) for member in members]
    for member, state in zip(members, states, strict=True):
        scene.observer.effect_came_to(verb_of(scene, member.intent), state)
    LOG.info("digest attempted", digest=digest.isoformat(), **Counter(states))
    return Counter(states)


def _member(scene: Scene, intent: Intent, moment: Moment) -> _Member:
    found = prepared(scene, intent, moment)
    if isinstance(found, Outcome):
        return _Member(intent, found)
    if not isinstance(found.call, GatheredAction):
        return _Member(intent, Outcome("withheld", "RULE_CHANGED"))
    notes = found.call.notes(found.sending)
    if isinstance(notes, Outcome):
        return _Member(intent, notes)
    return _Member(intent, DONE, notes, found.sending.reached)


def _letters(members: list[_Member]) -> Iterator[tuple[Note, list[tuple[_Member, Note]]]]:
    """Give each destination that is still to be told, as one of its notes, with all that it is to be told."""
    found: dict[str, list[tuple[_Member, Note]]] = {}
    for member in members:
        for note in member.notes:
            if note.mark not in member.reached:
                found.setdefault(note.mark, []).append((member, note))
    for told in found.values():
        yield told[0][1], told


def _next_attempt(members: list[_Member], digest: datetime, now: datetime) -> datetime | None:
    """Return when what failed is attempted again: all of a digest together, or its letters would change."""
    again = [
        next_attempt(failure, member.intent.attempts, int(digest.timestamp()), now)
        for member in members
        for failure in member.failures
        if isinstance(failure, TemporaryFailure)
    ]
    return max((one for one in again if one is not None), default=None)


def _settle(connection: Connection, member: _Member, until: datetime | None, now: datetime) -> str:
    outcome = member.outcome
    if not member.failures:
        intents.settle(connection, member.intent, (outcome.state, outcome.reason), member.reached, now)
        return outcome.state
    failure = worst(member.failures)
    if isinstance(failure, TemporaryFailure) and until is not None:
        intents.postpone(connection, member.intent, str(failure), member.reached, until)
        return "postponed"
    intents.settle(connection, member.intent, (intents.PARKED, str(failure)), member.reached, now)
    return intents.PARKED
