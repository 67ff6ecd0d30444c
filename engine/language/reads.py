"""What a rule reads: fields, collections, those that it counts, and other rules; a visitor of the algebra."""

from collections.abc import Iterator

from engine.language.algebra import (
    Aggregate,
    ChangedAt,
    Column,
    ConsentState,
    HoldState,
    LegalBases,
    Predicate,
    RuleState,
)
from engine.language.subjects.consent import CONSENTS
from engine.model.facts import HOLDS
from engine.vocabulary.parts import parts


def reads(predicate: Predicate) -> frozenset[str]:
    """Return the fields and collections that a predicate reads; a reference stands for what is behind it."""
    return frozenset(_names(predicate))


def paths(predicate: Predicate) -> frozenset[tuple[str, ...]]:
    """Return the paths of all fields of the record, or behind its references, that a predicate reads."""
    return frozenset(_paths(predicate))


def counts(predicate: Predicate) -> frozenset[str]:
    """Return the collections over which a predicate aggregates; consents are looked up, not counted."""
    return frozenset(node.collection for node in walk(predicate) if isinstance(node, Aggregate)) - {CONSENTS}


def sources(predicate: Predicate) -> frozenset[str]:
    """Return the rules whose verdicts a predicate reads."""
    return frozenset(node.rule for node in walk(predicate) if isinstance(node, RuleState) and node.rule)


def _paths(predicate: object) -> Iterator[tuple[str, ...]]:
    for node in walk(predicate, inside_items=False):
        match node:
            case Aggregate(after=after):
                yield from _paths(after)
            case Column(path=path):
                yield path


def _names(predicate: object) -> Iterator[str]:
    for node in walk(predicate, inside_items=False):
        match node:
            case Aggregate(collection=collection, after=after):
                yield collection
                yield from _names(after)
            case Column(path=path):
                yield path[0]
            case ConsentState() | LegalBases():
                yield CONSENTS
            case ChangedAt(field=field):
                yield field
            case HoldState():
                yield HOLDS


def walk(node: object, *, inside_items: bool = True) -> Iterator[object]:
    """Give every node at and below one, terms included; what is asked of items only where `inside_items` says so."""
    yield node
    if inside_items or not isinstance(node, Aggregate):
        for part in parts(node):
            yield from walk(part, inside_items=inside_items)
