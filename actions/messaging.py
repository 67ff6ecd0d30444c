"""Messaging: who a message goes to and by which ways, what keeps it from the contact, and how its text is filled in."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from actions.sending import Sending
from engine.crm.letter import Attachment, Letter
from engine.language.audience import EMAIL, THE_CONTACT
from engine.language.speech import Speech
from engine.language.statement import Statement
from engine.language.subjects.consent import GIVEN, MARKETING, Consent
from engine.language.template import Setting
from engine.vocabulary.outcome import DONE, Outcome, PermanentFailure, TemporaryFailure

LEGAL_DUTY = "legal_duty"
MARK_LENGTH = 12
# The service's own words, (subject, body with a day and a rule) by language, for a warning that names no text.
OwnWords = Mapping[str, tuple[str, str]]
ENGLISH = "en"
OWN_WARNING: OwnWords = {
    "en": ("Data will be deleted", "The data of a contact of yours will be deleted on {}. Rule: {}."),
    "sv": ("Uppgifter kommer att raderas", "Uppgifterna om en av dina kontakter raderas den {}. Regel: {}."),
}


@dataclass(frozen=True, slots=True)
class Telling:
    """What somebody is to be told: to whom, with which text, for what, and by which ways; none named means e-mail.

    `due` is the day that a warning speaks of; `own` are the service's words where no text is named.
    """

    to: str
    using: str
    purpose: str
    by: tuple[str, ...] = ()
    due: datetime | None = None
    own: OwnWords = field(default_factory=lambda: OWN_WARNING)


@dataclass(frozen=True, slots=True)
class Note:
    """A message as it goes to one address by one way; a channel has no address."""

    by: str
    address: str
    subject: str
    body: str

    @property
    def mark(self) -> str:
        """What tells this destination from others without naming it."""
        return hashlib.sha256(f"{self.by}\n{self.address}".encode()).hexdigest()[:MARK_LENGTH]


@runtime_checkable
class GatheredAction(Protocol):
    """A remote action whose message can go out with others, in one letter a day for each destination."""

    @property
    def is_gathered(self) -> bool:
        """True when it does."""
        ...

    def notes(self, sending: Sending) -> Outcome | tuple[Note, ...]:
        """Return the message as it goes to each destination, or why it is withheld."""
        ...


def send(sending: Sending, telling: Telling) -> Outcome:
    """Send a message, or return why it is withheld; raises TemporaryFailure or PermanentFailure."""
    found = notes(sending, telling)
    return found if isinstance(found, Outcome) else tell(sending, found)


def notes(sending: Sending, telling: Telling) -> Outcome | tuple[Note, ...]:
    """Return a message as it goes to each destination, or why it is withheld.

    A message to the contact is withheld when the contact is restricted, objects, or lacks consent for the purpose;
    `legal_duty` passes (GDPR Art. 6(1)(c), 18, 21).
    """
    if telling.to == THE_CONTACT:
        reason = withheld_because(sending, telling.purpose)
        if reason:
            return Outcome("withheld", reason)
    destinations = _destinations(sending, telling)
    if not destinations:
        return Outcome("withheld", "NO_ADDRESS")
    subject, body = _text(sending, telling)
    return tuple(Note(by, address, subject, body) for by, address in destinations)


def tell(sending: Sending, wanted: Iterable[Note], attachments: tuple[Attachment, ...] = ()) -> Outcome:
    """Deliver notes to those who have not had theirs yet; one that fails keeps no other from going out."""
    failures: list[TemporaryFailure | PermanentFailure] = []
    for number, note in enumerate(wanted):
        if note.mark in sending.reached:
            continue
        key = sending.key if number == 0 else f"{sending.key}-{note.mark}"
        try:
            letter = Letter(key, note.address, note.subject, note.body, sending.moment.now, attachments)
            sending.outside.deliver(note.by, letter)
            sending.reached.add(note.mark)
        except (TemporaryFailure, PermanentFailure) as failure:
            failures.append(failure)
    if failures:
        raise worst(failures)
    return DONE


def worst(failures: list[TemporaryFailure | PermanentFailure]) -> TemporaryFailure | PermanentFailure:
    """Return the failure that decides what happens next: one that is worth another attempt, and the longest wait."""
    temporary = [one for one in failures if isinstance(one, TemporaryFailure)]
    if not temporary:
        return failures[0]
    return max(temporary, key=lambda one: (one.was_tried, one.after or timedelta()))


def withheld_because(sending: Sending, purpose: str) -> str:
    """Return the reason for which a message must not reach the contact; empty where it may."""
    if purpose == LEGAL_DUTY:
        return ""
    if "deceased" in sending.set_flags:
        return "DECEASED"
    if sending.is_restricted("message"):
        return "RESTRICTED"
    has_objected = any(
        str(item.values.get("type")).casefold() == "objection" and str(item.values.get("status")).casefold() == "open"
        for item in sending.facts.items("requests")
    )
    if has_objected or (purpose.casefold() == MARKETING and "objects_to_marketing" in sending.set_flags):
        return "OBJECTS"
    state = Consent(purpose.casefold()).reading(sending.facts, sending.moment).low
    return "" if state == GIVEN else "NO_CONSENT"


def own_letter(words: OwnWords, speech: Speech) -> tuple[Statement, ...]:
    """Return the service's own words as people read them."""
    subject, body = words[speech.tongue.language]
    day = speech.say(en="[the date of the deletion]", sv="[datum för raderingen]")
    return speech.letter(subject, body.format(day, speech.say(en="[the name of the rule]", sv="[regelns namn]")))


def permission(purpose: str, speech: Speech) -> Statement:
    """Return in words what `withheld_because` withholds from the contact."""
    if purpose == LEGAL_DUTY:
        return speech.state(
            en="It is sent as a legal duty, whatever the consents, objections and restrictions.",
            sv="Det skickas som en rättslig skyldighet, oavsett samtycken, invändningar och begränsningar.",
        )
    quoted = speech.value(purpose)
    return speech.state(
        en=f"It is sent only where consent to {quoted} is given, and not where the processing is restricted, an "
        "objection stands or the person has died.",
        sv=f"Det skickas bara om det finns samtycke till {quoted}, och inte om behandlingen är begränsad, en "
        "invändning gäller eller personen har avlidit.",
    )


def _destinations(sending: Sending, telling: Telling) -> list[tuple[str, str]]:
    """Return (way, address) of everybody whom a message goes to."""
    channels = sending.outside.posts.keys() - {EMAIL}
    to_channel = [telling.to] if telling.to in channels else []
    ways = [*to_channel, *(telling.by or ([] if to_channel else [EMAIL]))]
    by_mail = [(EMAIL, address) for address in _addresses(sending, telling.to)] if EMAIL in ways else []
    return [*by_mail, *((way, "") for way in dict.fromkeys(ways) if way in channels)]


def _addresses(sending: Sending, to: str) -> tuple[str, ...]:
    if to == THE_CONTACT:
        email = sending.facts.value(("email",))
        return (email,) if isinstance(email, str) and "@" in email else ()
    return tuple(dict.fromkeys(one.email for one in sending.named(to)))


def language_for(sending: Sending, to: str) -> str:
    """Return the language of a message: the contact's own where it is configured, else the first configured one."""
    wanted = sending.facts.value(("language",)) if to == THE_CONTACT else None
    return wanted if isinstance(wanted, str) and wanted in sending.languages else sending.languages[0]


def _text(sending: Sending, telling: Telling) -> tuple[str, str]:
    language = language_for(sending, telling.to)
    setting = Setting(sending.moment.zone, language)
    text = sending.messages.get(telling.using)
    if text is None:
        day = f"{telling.due.astimezone(sending.moment.zone):%Y-%m-%d}" if telling.due else ""
        subject, body = telling.own.get(language, telling.own[ENGLISH])
        return subject, body.format(day, sending.rule.id)
    return text.subject.render(sending.values, setting), text.body.render(sending.values, setting)
