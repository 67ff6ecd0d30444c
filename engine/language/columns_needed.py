"""Which stored columns a predicate needs to be derived from: a visitor of the algebra."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from engine.language.algebra import (
    Aggregate,
    ChangedAt,
    Column,
    ConsentState,
    HoldState,
    LegalBases,
    Predicate,
)
from engine.language.reads import walk
from engine.language.subjects.consent import CONSENTS
from engine.model.entity import Model
from engine.model.stored_columns import CHANGED, HELD, Source, Wanted

_TEXTS_OF_CONSENTS = ("purpose", "legal_basis", "status")
_OF_CONSENTS = (*_TEXTS_OF_CONSENTS, "at", "expires_on")


@dataclass(frozen=True, slots=True)
class Needed:
    """Columns by the source in which they stand, and those texts among them that are compared without case."""

    columns: Wanted
    folded: frozenset[tuple[Source, str]]


Need = tuple[Source, str, bool]


def columns_needed(model: Model, predicates: Iterable[tuple[str, Predicate]]) -> Needed:
    """Return the columns that predicates on entities need; what every row has is not named."""
    wanted: dict[Source, set[str]] = defaultdict(set)
    folded: set[tuple[Source, str]] = set()
    for entity, predicate in predicates:
        wanted[Source(entity)] |= set()
        for source, name, is_folded in _needs(model, entity, predicate):
            wanted[source] |= {name} if name else set()
            folded |= {(source, name)} if is_folded else set()
    return Needed({source: frozenset(names) for source, names in wanted.items()}, frozenset(folded))


def _needs(model: Model, entity: str, predicate: object) -> Iterator[Need]:
    for node in walk(predicate, inside_items=False):
        match node:
            case Column(path=path, folded=folded):
                yield from _along(model, entity, path, folded=folded)
            case Aggregate():
                yield from _of_items(model, entity, node)
            case ConsentState() | LegalBases():
                yield from ((Source(entity, CONSENTS), name, False) for name in _OF_CONSENTS)
                yield from ((Source(entity, CONSENTS), name, True) for name in _TEXTS_OF_CONSENTS)
            case ChangedAt(field=field):
                yield Source(entity, CHANGED), "", False
                yield Source(entity), field, False
            case HoldState():
                yield Source(entity, HELD), "", False


def _along(model: Model, entity: str, path: tuple[str, ...], *, folded: bool) -> Iterator[Need]:
    for depth, step in enumerate(path, 1):
        yield Source(entity), step, folded and depth == len(path)
        entity = model.entity(entity).fields[step].references or ""


def _of_items(model: Model, entity: str, aggregate: Aggregate) -> Iterator[Need]:
    items = Source(entity, aggregate.collection)
    yield items, aggregate.dated_by, False
    yield items, aggregate.field, False
    yield from _needs(model, entity, aggregate.after)
    for node in walk(aggregate.where):
        if isinstance(node, Column):
            yield items, node.path[0], node.folded
