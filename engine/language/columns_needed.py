"""Which stored columns a predicate needs to be derived from: a visitor of the algebra."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

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

_OF_CONSENTS = ("purpose", "legal_basis", "status", "at", "expires_on")
Need = tuple[Source, str]


def columns_needed(model: Model, predicates: Iterable[tuple[str, Predicate]]) -> Wanted:
    """Return the columns that predicates on entities need; what every row has is not named."""
    wanted: dict[Source, set[str]] = defaultdict(set)
    for entity, predicate in predicates:
        wanted[Source(entity)] |= set()
        for source, name in _needs(model, entity, predicate):
            wanted[source] |= {name} if name else set()
    return {source: frozenset(names) for source, names in wanted.items()}


def _needs(model: Model, entity: str, predicate: object) -> Iterator[Need]:
    for node in walk(predicate, inside_items=False):
        match node:
            case Column(path=path):
                yield from _along(model, entity, path)
            case Aggregate():
                yield from _of_items(model, entity, node)
            case ConsentState() | LegalBases():
                yield from ((Source(entity, CONSENTS), name) for name in _OF_CONSENTS)
            case ChangedAt(field=field):
                yield Source(entity, CHANGED), ""
                yield Source(entity), field
            case HoldState():
                yield Source(entity, HELD), ""


def _along(model: Model, entity: str, path: tuple[str, ...]) -> Iterator[Need]:
    for step in path:
        yield Source(entity), step
        entity = model.entity(entity).fields[step].references or ""


def _of_items(model: Model, entity: str, aggregate: Aggregate) -> Iterator[Need]:
    items = Source(entity, aggregate.collection)
    yield items, aggregate.dated_by
    yield items, aggregate.field
    yield from _needs(model, entity, aggregate.after)
    for node in walk(aggregate.where):
        if isinstance(node, Column):
            yield items, node.path[0]
