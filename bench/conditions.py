"""Conditions over flat facts: what rules ask, in the few forms that every engine of the comparison can say.

Two-valued: a comparison with a fact that is missing does not hold, and neither does its opposite.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

Fact: TypeAlias = str | int | bool | tuple[str, ...] | None
Facts: TypeAlias = Mapping[str, Fact]
Condition: TypeAlias = "Is | OneOf | NoneOf | Below | AtLeast | Missing | Has | Every | Some"


@dataclass(frozen=True, slots=True)
class Is:
    """A fact is a value."""

    fact: str
    value: str | bool


@dataclass(frozen=True, slots=True)
class OneOf:
    """A fact is one of several texts."""

    fact: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoneOf:
    """A fact is there, and none of several texts."""

    fact: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Below:
    """A number, or a date in microseconds, is less than another."""

    fact: str
    limit: int


@dataclass(frozen=True, slots=True)
class AtLeast:
    """A number, or a date in microseconds, is another or more."""

    fact: str
    limit: int


@dataclass(frozen=True, slots=True)
class Missing:
    """A fact is missing; with `negated`, it is there."""

    fact: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Has:
    """A list has a member."""

    fact: str
    member: str


@dataclass(frozen=True, slots=True)
class Every:
    """All parts hold."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one part holds."""

    parts: tuple[Condition, ...]


def every(*parts: Condition) -> Every:
    """Return the condition that all parts hold."""
    return Every(parts)


def some(*parts: Condition) -> Some:
    """Return the condition that at least one part holds."""
    return Some(parts)


def facts_of(condition: Condition) -> Iterator[str]:
    """Give the names of the facts that a condition asks for."""
    if isinstance(condition, Every | Some):
        for part in condition.parts:
            yield from facts_of(part)
    else:
        yield condition.fact
