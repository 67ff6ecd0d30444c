"""Announcing: notices go out by mail and channels; one that fails waits longer each time, and is parked in the end."""

from collections import Counter
from datetime import timedelta

from actions.messaging import Note
from engine.crm.letter import Letter
from engine.crm.outside import Outside
from engine.language.audience import EMAIL
from engine.service.logs import logger
from engine.service.notice_text import Kind, text_of
from engine.service.retrying import next_attempt
from engine.service.scene import Scene
from engine.store import notices
from engine.store.notices import NOBODY, Stored
from engine.vocabulary.calendar import Moment
from engine.vocabulary.outcome import PermanentFailure, TemporaryFailure

LOG = logger("announcing")
SENT, PARKED, POSTPONED, WITHHELD = "notices sent", "notices parked", "notices postponed", "notices withheld"


def deliver(scene: Scene, moment: Moment) -> Counter[str]:
    """Send the notices that are due; return what became of how many. None keeps another from going out."""
    with scene.store.database.reading() as connection:
        found = notices.due(connection, moment.now)
    outside = scene.outside.with_mail(scene.post)
    return Counter(_attempt(scene, outside, one, moment) for one in found if not scene.is_stopping())


def _attempt(scene: Scene, outside: Outside, one: Stored, moment: Moment) -> str:
    note = _note(scene, one)
    if note is None:
        with scene.store.database.writing() as connection:
            notices.withhold(connection, one.key, NOBODY, moment.now)
        return WITHHELD
    try:
        if note.mark != one.reached:
            letter = Letter(f"notice-{one.key}", note.address, note.subject, note.body, moment.now)
            outside.deliver(note.by, letter)
    except (TemporaryFailure, PermanentFailure) as failure:
        return _fail(scene, one, failure, moment)
    with scene.store.database.writing() as connection:
        notices.reach(connection, one.key, note.mark, moment.now)
    return SENT


def _note(scene: Scene, one: Stored) -> Note | None:
    """Return a notice as it goes to whom it is for; None where the configuration knows nobody of that name now."""
    settings = scene.installation.settings
    subject, body = text_of(Kind(one.kind), one.details, settings.languages)
    if one.to in scene.outside.posts:
        return Note(one.to, "", subject, body)
    person = settings.people.get(one.to)
    return Note(EMAIL, person.email, subject, body) if person else None


def _fail(scene: Scene, one: Stored, failure: TemporaryFailure | PermanentFailure, moment: Moment) -> str:
    until, was_tried = None, True
    if isinstance(failure, TemporaryFailure):
        was_tried = failure.was_tried
        rested = moment.now + (failure.after or timedelta())
        until = next_attempt(failure, one.attempts, one.key, moment.now) if was_tried else rested
    with scene.store.database.writing() as connection:
        if until is None:
            notices.park(connection, one.key, str(failure), moment.now)
        else:
            notices.postpone(connection, one.key, str(failure), until, was_tried=was_tried)
    LOG.warning("notice not sent", notice=one.key, kind=one.kind, reason=str(failure), parked=until is None)
    return POSTPONED if until else PARKED
