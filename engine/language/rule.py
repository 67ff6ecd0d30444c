"""Rules and the rulebook: what was read, checked and put into normal form. Frozen."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import Enum
from functools import cached_property
from typing import ClassVar, Literal, Protocol

from engine.language.algebra import Always, Compare, Predicate, Threshold
from engine.language.check import ALWAYS, Check
from engine.language.criteria import Group, Subject
from engine.language.needs import Need
from engine.language.reads import reads, sources
from engine.language.repeat import ONCE_PER_CASE, Repeat
from engine.language.speech import Speech
from engine.language.statement import Statement
from engine.language.template import Template
from engine.model.facts import Facts
from engine.vocabulary.calendar import Moment
from engine.vocabulary.duration import MICROSECOND, Duration
from engine.vocabulary.effect import Effect
from engine.vocabulary.parts import names_of
from engine.vocabulary.problem import Place
from engine.vocabulary.truth import Truth
from engine.vocabulary.wording import Wording

Stage = Literal["live", "watch", "off"]
DIGEST_LENGTH = 16
LEAST_POPULATION = 50  # below this a percentage says little


class Call(Protocol):
    """An action as a rule calls it: a frozen dataclass whose fields are its YAML keys."""

    verb: ClassVar[str]
    effect: ClassVar[Effect]
    shorthand: ClassVar[str]

    def words(self, speech: Speech) -> Statement:
        """Return what it does as a sentence, its settings below."""
        ...


@dataclass(frozen=True, slots=True)
class Message:
    """A text that `using:` names."""

    name: str
    subject: Template
    body: Template


class Askable(Protocol):
    """A rule that is complete only with inputs."""

    def ask(self, inputs: Mapping[str, str]) -> "Rule":
        """Return the rule with inputs filled in; raises Problems where they do not fit."""
        ...


@dataclass(frozen=True, slots=True)
class Limit:
    """How many deletions a rule may schedule in a day: a number, and a percentage of the entity's population."""

    contacts: int
    percent: Decimal | None = None

    def is_passed(self, count: int, population: int) -> bool:
        """True when so many are too many; the percentage counts from a population of 50."""
        if count > self.contacts or self.percent is None or population < LEAST_POPULATION:
            return count > self.contacts
        return count * 100 > self.percent * population


@dataclass(frozen=True)  # without slots: what follows from it is found once
class Rule:
    """One rule, ready to run. `criteria` is as written, `predicate` its normal form; `version` their digest.

    `lasting` is how long it must have been true before a case opens, `closing` what happens when one closes. A rule
    with `needs` is evaluated only when asked, with `inputs`.
    """

    id: str
    entity: str
    stage: Stage
    criteria: Group
    predicate: Predicate
    calls: tuple[Call, ...]
    version: str
    place: Place
    title: Wording
    description: Wording | None = None
    owner: str = ""
    legal_basis: str = ""
    articles: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    check: Check = ALWAYS
    limit: Limit | None = None
    lasting: Duration | None = None
    repeat: Repeat = ONCE_PER_CASE
    deadline: "Deadline | None" = None
    closing: tuple[Call, ...] = ()
    needs: tuple[Need, ...] = ()
    inputs: Mapping[str, str] = field(default_factory=dict)
    edited_by: str = ""

    def call_of(self, part: str, number: int) -> Call | None:
        """Return the call that an intent is about: of the case, of its end, or of its missed deadline."""
        late = self.deadline.if_late if self.deadline else ()
        calls = {CLOSING: self.closing, LATE: late}.get(part, self.calls)
        return calls[number] if number < len(calls) else None

    def numbered_calls(self) -> Iterator[tuple[int, Call]]:
        """Give the calls under `then`, and those under `if_late`, each with its number in the store."""
        yield from enumerate(self.calls)
        yield from enumerate(self.deadline.if_late if self.deadline else (), LATE_CALLS)

    @property
    def selection(self) -> str | None:
        """The selection that the rule keeps, if any."""
        return next((str(call.name) for call in self.calls if call.verb == KEEPS_SELECTION), None)  # type: ignore[attr-defined]

    @cached_property
    def sources(self) -> frozenset[str]:
        """The rules whose verdicts this one reads."""
        return sources(self.predicate)

    @cached_property
    def reads(self) -> frozenset[str]:
        """The fields and collections that the criteria read; a reference stands for what is behind it."""
        return reads(self.predicate)

    @property
    def deletes(self) -> bool:
        """True when something of the rule cannot be undone."""
        return any(call.effect is Effect.IRREVERSIBLE for call in self.calls)


KEEPS_SELECTION, RAISES_ALERT = "keep_in_selection", "raise_alert"
CLOSING, LATE = "closing", "late"  # the parts of intents that are not about a case's beginning
LATE_CALLS = 1_000  # the number of the first call under `if_late`, behind those under `then`


@dataclass(frozen=True, slots=True)
class Deadline:
    """A term that begins with a date of the record: when a case is at risk, and what happens when it is late."""

    within: Duration
    of: Subject
    remind_before: Duration | None
    if_late: tuple[Call, ...]

    def due_at(self, facts: Facts, moment: Moment) -> datetime | None:
        """Return the last instant of the term; None where the date with which it begins is not certain."""
        begins = self.of.reading(facts, moment)
        if begins.low is None or not begins.is_exact:
            return None
        return self.within.lapses(begins.low, moment) - MICROSECOND

    @property
    def is_late(self) -> Predicate:
        """The predicate of a case whose deadline has passed."""
        return Compare("<", self.of.term(), Threshold("lapsed", self.within))

    @property
    def is_at_risk(self) -> Predicate:
        """The predicate of a case whose deadline is near; never true where no reminder is asked for."""
        if self.remind_before is None:
            return Always(Truth.FALSE)
        return Compare("<", self.of.term(), Threshold("lapsed", self.within, ahead=self.remind_before))

    @property
    def meaning(self) -> tuple[object, ...]:
        """What belongs to the version of a rule."""
        return (self.within, self.of.term(), self.remind_before, self.if_late)


@dataclass(frozen=True)  # without slots: its digest is found once
class Rulebook:
    """All rules that hold together, in an order in which every rule follows those that it reads.

    `askable` holds the texts of rules that need inputs: they are read anew each time somebody asks.
    """

    rules: Mapping[str, Rule]
    messages: Mapping[str, Message] = field(default_factory=dict)
    askable: Mapping[str, "Askable"] = field(default_factory=dict)

    def asked(self, names: Iterable[str], inputs: Mapping[str, str]) -> "Rulebook":
        """Return the rulebook in which the named rules that need inputs have them.

        The version of such a rule is that of its text, whatever the inputs. Raises Problems where they do not fit.
        """
        wanted = [self.rules[name] for name in names if name in self.askable]
        filled = {one.id: replace(self.askable[one.id].ask(inputs), version=one.version) for one in wanted}
        return replace(self, rules={**self.rules, **filled})

    @cached_property
    def sources(self) -> frozenset[str]:
        """The rules whose verdicts others read."""
        return frozenset[str]().union(*(rule.sources for rule in self.rules.values()))

    @cached_property
    def digest(self) -> str:
        """The version of the whole: changes when any rule's meaning or stage does."""
        return digest_of(tuple(sorted((rule.id, rule.version, rule.stage) for rule in self.rules.values())))


def digest_of(value: object) -> str:
    """Return a short stable digest of a value made of frozen dataclasses, tuples and plain values; wording left out."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()[:DIGEST_LENGTH]


def canonical(value: object) -> str:
    """Return the text of which a digest is made."""
    if isinstance(value, Wording | Template):
        return "~"
    if names := names_of(type(value)):
        inner = ",".join(f"{name}={canonical(getattr(value, name))}" for name in names)
        return f"{type(value).__name__}({inner})"
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, tuple | list):
        return f"[{','.join(map(canonical, value))}]"
    if isinstance(value, frozenset | set):
        return f"{{{','.join(sorted(map(canonical, value)))}}}"
    if isinstance(value, Mapping):
        return f"{{{','.join(f'{key}:{canonical(one)}' for key, one in sorted(value.items()))}}}"
    return repr(value)
