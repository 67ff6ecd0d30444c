"""Messaging: who a message goes to, what keeps it from the contact, and how its text is filled in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from engine.crm.mail import Letter, Post
from engine.language.rule import Message, Rule
from engine.language.subjects.consent import GIVEN, Consent
from engine.language.template import Setting
from engine.model.facts import Facts
from engine.vocabulary.calendar import Moment
from engine.vocabulary.outcome import DONE, Outcome

THE_CONTACT, CONTACT_OWNER = "the contact", "contact owner"
LEGAL_DUTY, MARKETING = "legal_duty", "marketing"
# The service's own words, for a warning that names no text.
OWN_WARNING = ("Data will be deleted", "The data of a contact of yours will be deleted on {}. Rule: {}.")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom messages can reach by name or role."""

    name: str
    email: str
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sending:
    """All that a message needs: the record as it is now, the people, the texts, and the post."""

    key: str
    rule: Rule
    facts: Facts
    set_flags: frozenset[str]
    values: Mapping[str, Any]
    people: tuple[Person, ...]
    messages: Mapping[str, Message]
    languages: tuple[str, ...]
    moment: Moment
    post: Post


@runtime_checkable
class RemoteAction(Protocol):
    """An action of effect `remote`: somebody is told, at least once under one key."""

    def perform(self, sending: Sending) -> Outcome:
        """Do it; raises TemporaryFailure or PermanentFailure."""
        ...


def send(sending: Sending, to: str, using: str, purpose: str, due: datetime | None = None) -> Outcome:
    """Send a message, or return why it is withheld.

    A message to the contact is withheld when the contact is restricted, objects, or lacks consent for the purpose;
    `legal_duty` passes (GDPR Art. 6(1)(c), 18, 21).
    """
    if to == THE_CONTACT:
        reason = withheld_because(sending, purpose)
        if reason:
            return Outcome("withheld", reason)
    addresses = _addresses(sending, to)
    if not addresses:
        return Outcome("withheld", "NO_ADDRESS")
    for number, address in enumerate(addresses):
        subject, body = _text(sending, to, using, due)
        key = sending.key if number == 0 else f"{sending.key}-{number}"
        sending.post.deliver(Letter(key, address, subject, body, sending.moment.now))
    return DONE


def withheld_because(sending: Sending, purpose: str) -> str:
    """Return the reason for which a message must not reach the contact; empty where it may."""
    if purpose == LEGAL_DUTY:
        return ""
    if "deceased" in sending.set_flags:
        return "DECEASED"
    if "restrict_processing" in sending.set_flags:
        return "RESTRICTED"
    has_objected = any(
        str(item.values.get("type")).casefold() == "objection" and str(item.values.get("status")).casefold() == "open"
        for item in sending.facts.items("requests")
    )
    if has_objected or (purpose.casefold() == MARKETING and "objects_to_marketing" in sending.set_flags):
        return "OBJECTS"
    state = Consent(purpose.casefold()).reading(sending.facts, sending.moment).low
    return "" if state == GIVEN else "NO_CONSENT"


def _addresses(sending: Sending, to: str) -> tuple[str, ...]:
    if to == THE_CONTACT:
        email = sending.facts.value(("email",))
        return (email,) if isinstance(email, str) and "@" in email else ()
    name = str(sending.facts.value(("owner",))) if to == CONTACT_OWNER else to
    return tuple(one.email for one in sending.people if name == one.name or name in one.roles)


def _text(sending: Sending, to: str, using: str, due: datetime | None) -> tuple[str, str]:
    wanted = sending.facts.value(("language",)) if to == THE_CONTACT else None
    language = wanted if isinstance(wanted, str) and wanted in sending.languages else sending.languages[0]
    setting = Setting(sending.moment.zone, language)
    message = sending.messages.get(using)
    if message is None:
        day = f"{due.astimezone(sending.moment.zone):%Y-%m-%d}" if due else ""
        return OWN_WARNING[0], OWN_WARNING[1].format(day, sending.rule.id)
    return message.subject.render(sending.values, setting), message.body.render(sending.values, setting)
