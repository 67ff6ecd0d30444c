"""Concerns: what of a record can matter to a rule, in its criteria, its deadline and what its actions look at."""

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

from engine.language.algebra import Predicate
from engine.language.crossings import Crossing, crossings
from engine.language.reads import paths, reads
from engine.language.rule import Rule


@runtime_checkable
class Looking(Protocol):
    """An action that looks at the record when it settles, besides at the case."""

    looks_at: frozenset[str]


def asked(rule: Rule) -> Iterator[Predicate]:
    """Give the predicates that a rule asks of a record: its criteria, and whether its deadline is near or over."""
    yield rule.predicate
    if rule.deadline is not None:
        yield rule.deadline.is_at_risk
        yield rule.deadline.is_late


def concerns(rule: Rule) -> frozenset[str]:
    """Return the fields and collections of which a change can matter to a rule."""
    return rule.reads | besides(rule)


def concerning_paths(rule: Rule) -> frozenset[tuple[str, ...]]:
    """Return the paths to all fields of the record, or behind its references, that matter to a rule."""
    return frozenset[tuple[str, ...]]().union(*map(paths, asked(rule)))


def concerning_crossings(rule: Rule) -> frozenset[Crossing]:
    """Return every crossing at which time alone can change something for a rule."""
    return frozenset[Crossing]().union(*map(crossings, asked(rule)))


def besides(rule: Rule) -> frozenset[str]:
    """Return the fields and collections that give a rule something to do though its case does not move."""
    looked_at = [call.looks_at for call in rule.calls if isinstance(call, Looking)]
    of_deadline = () if rule.deadline is None else (reads(rule.deadline.is_at_risk), reads(rule.deadline.is_late))
    return frozenset[str]().union(*looked_at, *of_deadline)


def is_restless(rule: Rule) -> bool:
    """True when a rule can have something to do though no record has changed and no date was passed."""
    return rule.repeat.kind == "every"
