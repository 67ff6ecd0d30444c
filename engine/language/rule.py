"""Rules and the rulebook: what was read, checked and put into normal form. Frozen."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from decimal import Decimal
from enum import Enum
from typing import ClassVar, Literal, Protocol

from engine.language.algebra import Predicate, RuleHolds, leaves
from engine.language.check import ALWAYS, Check
from engine.language.criteria import Group
from engine.language.template import Template
from engine.vocabulary.effect import Effect
from engine.vocabulary.problem import Place
from engine.vocabulary.wording import Wording

Stage = Literal["live", "watch", "off"]
DIGEST_LENGTH = 16
LEAST_POPULATION = 50  # below this a percentage says little


class Call(Protocol):
    """An action as a rule calls it: a frozen dataclass whose fields are its YAML keys."""

    verb: ClassVar[str]
    effect: ClassVar[Effect]
    shorthand: ClassVar[str]


@dataclass(frozen=True, slots=True)
class Message:
    """A text that `using:` names."""

    name: str
    subject: Template
    body: Template


@dataclass(frozen=True, slots=True)
class Limit:
    """How many deletions a rule may schedule in a day: a number, and a percentage of the entity's population."""

    contacts: int
    percent: Decimal | None = None

    def is_passed(self, count: int, population: int) -> bool:
        """True when so many are too many; the percentage counts from a population of 50."""
        by_share = self.percent is not None and population >= LEAST_POPULATION
        return count > self.contacts or (by_share and count * 100 > self.percent * population)  # type: ignore[operator]  # not None by_share


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, ready to run. `criteria` is as written, `predicate` its normal form; `version` their digest."""

    id: str
    entity: str
    stage: Stage
    criteria: Group
    predicate: Predicate
    calls: tuple[Call, ...]
    version: str
    place: Place
    title: Wording
    description: str = ""
    owner: str = ""
    legal_basis: str = ""
    articles: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    check: Check = ALWAYS
    limit: Limit | None = None

    @property
    def selection(self) -> str | None:
        """The selection that the rule keeps, if any."""
        return next((str(call.name) for call in self.calls if call.verb == KEEPS_SELECTION), None)  # type: ignore[attr-defined]

    @property
    def sources(self) -> frozenset[str]:
        """The rules whose verdicts this one reads."""
        return frozenset(leaf.term.rule for leaf in leaves(self.predicate) if isinstance(leaf, RuleHolds))

    @property
    def deletes(self) -> bool:
        """True when something of the rule cannot be undone."""
        return any(call.effect is Effect.IRREVERSIBLE for call in self.calls)


KEEPS_SELECTION = "keep_in_selection"


@dataclass(frozen=True, slots=True)
class Rulebook:
    """All rules that hold together, in an order in which every rule follows those that it reads."""

    rules: Mapping[str, Rule]
    messages: Mapping[str, Message] = field(default_factory=dict)

    @property
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
    if is_dataclass(value) and not isinstance(value, type):
        inner = ",".join(f"{one.name}={canonical(getattr(value, one.name))}" for one in fields(value))
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
