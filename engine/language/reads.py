"""What a rule reads: fields, collections, and the collections that it counts; a visitor of the algebra."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from engine.language.algebra import Aggregate, Column, ConsentState, LegalBases, Predicate
from engine.language.subjects.consent import CONSENTS


def reads(predicate: Predicate) -> frozenset[str]:
    """Return the fields and collections that a predicate reads; a reference stands for what is behind it."""
    return frozenset(_names(predicate))


def paths(predicate: Predicate) -> frozenset[tuple[str, ...]]:
    """Return the paths of all fields of the record, or behind its references, that a predicate reads."""
    return frozenset(node.path for node in _nodes(predicate, inside_items=False) if isinstance(node, Column))


def counts(predicate: Predicate) -> frozenset[str]:
    """Return the collections over which a predicate aggregates; consents are looked up, not counted."""
    return frozenset(node.collection for node in _nodes(predicate) if isinstance(node, Aggregate)) - {CONSENTS}


def _names(predicate: Predicate) -> Iterator[str]:
    for node in _nodes(predicate, inside_items=False):
        match node:
            case Aggregate(collection=collection):
                yield collection
            case Column(path=path):
                yield path[0]
            case ConsentState() | LegalBases():
                yield CONSENTS


def _nodes(node: object, *, inside_items: bool = True) -> Iterator[object]:
    if isinstance(node, tuple):
        for one in node:
            yield from _nodes(one, inside_items=inside_items)
    elif is_dataclass(node) and not isinstance(node, type):
        yield node
        if inside_items or not isinstance(node, Aggregate):
            for spec in fields(node):
                yield from _nodes(getattr(node, spec.name), inside_items=inside_items)
