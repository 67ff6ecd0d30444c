"""Sending: what a remote action is handed: the record as it is now, the people, the texts, and the ways outside."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from engine.crm.letter import Attachment
from engine.crm.outside import Outside
from engine.language.audience import CONTACT_OWNER
from engine.language.rule import Message, Rule
from engine.model.facts import Facts
from engine.vocabulary.calendar import Moment
from engine.vocabulary.outcome import Outcome
from engine.vocabulary.pace import Pace

CRM = "crm"  # as a receiver: its key of the configuration


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom messages can reach by name or role."""

    name: str
    email: str
    roles: tuple[str, ...] = ()


# Makes the report about the record, as `html` or `json` and in a language; None where nothing is held about it.
MakeReport = Callable[[str, str], Attachment | None]


@dataclass(frozen=True, slots=True)
class Sending:
    """All that telling somebody needs.

    `key` is the same at every attempt; `since` is when the case opened, its repetition came, or it closed, which
    `is_closed` tells; `reached` are the marks of the destinations that have been told, and grows as more are;
    `permitted` are the uses that are allowed although the processing is restricted.
    """

    key: str
    rule: Rule
    facts: Facts
    set_flags: frozenset[str]
    values: Mapping[str, Any]
    since: datetime
    people: tuple[Person, ...]
    messages: Mapping[str, Message]
    languages: tuple[str, ...]
    moment: Moment
    outside: Outside
    reached: set[str] = field(default_factory=set)
    is_closed: bool = False
    permitted: frozenset[str] = frozenset()
    report: MakeReport = lambda _form, _language: None

    def is_restricted(self, use: str) -> bool:
        """True where the contact's processing is restricted, and this use of it is not permitted (Art. 18)."""
        return "restrict_processing" in self.set_flags and use not in self.permitted

    def named(self, to: str) -> tuple[Person, ...]:
        """Return the people whom a name, a role or `contact owner` means."""
        name = self.owner if to == CONTACT_OWNER else to
        return tuple(one for one in self.people if name and (name == one.name or name in one.roles))

    @property
    def owner(self) -> str:
        """Who owns the contact, as the CRM names them; empty where nobody does."""
        owner = self.facts.value(("owner",))
        return owner if isinstance(owner, str) else ""


@runtime_checkable
class RemoteAction(Protocol):
    """An action of effect `remote`: somebody is told, at least once under one key."""

    def perform(self, sending: Sending) -> Outcome:
        """Do it; raises TemporaryFailure or PermanentFailure."""
        ...


@runtime_checkable
class CallingAction(Protocol):
    """A remote action that calls a system about the record: calls to one receiver keep the order they were meant in."""

    @property
    def receiver(self) -> str:
        """The key of the configuration under which the receiver stands."""
        ...


@runtime_checkable
class PacedAction(Protocol):
    """A remote action that can be slowed down: no more than so many of a rule's go out within a stretch of time."""

    @property
    def pace(self) -> Pace | None:
        """The pace; None where it is not slowed down."""
        ...
