"""Newborn: what a predicate comes to for a contact that was created today and has no related items yet."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

from engine.language.algebra import (
    Aggregate,
    Always,
    Both,
    Calendar,
    ChangedAt,
    Column,
    Compare,
    ConsentState,
    Constant,
    Decided,
    Either,
    Extreme,
    HasBasis,
    IsNull,
    Predicate,
    RuleHolds,
    RuleState,
    Score,
    Term,
    Threshold,
)
from engine.language.clash import FLIPPED, NUMBERS, SIGNS, perhaps_missing
from engine.language.kinds import KIND_OF, Kind
from engine.language.operators.date import AFTER_NOW
from engine.language.reads import walk
from engine.language.subjects.consent import NEVER_GIVEN
from engine.language.timeline import Edge, is_never_after
from engine.model.entity import Entity
from engine.vocabulary.duration import Duration
from engine.vocabulary.truth import Truth

CREATED_ON, TODAY = "created_on", Threshold("day_start")


def of_newborn(predicate: Predicate, entity: Entity, today: date | None) -> Predicate:
    """Return what a predicate asks of a record created now, or, where `today` is given, on that day or later."""
    left = without_items(predicate)
    changed = {node for node in walk(left, inside_items=False) if isinstance(node, ChangedAt)}
    since_today = (Either((Compare(">=", one, TODAY), perhaps_missing(one))) for one in changed)
    return Both((left, *_created(entity, today), *since_today))


def is_longer_than_today(length: Duration) -> bool:
    """True when what began today has surely not lasted for so long."""
    return is_never_after(Edge(Threshold("older", length)), Edge(TODAY))


def without_items(predicate: Predicate) -> Predicate:
    """Return what is left of a predicate where there are no items: counts and sums are 0, all else of them missing."""
    match predicate:
        case Both(parts=parts) | Either(parts=parts):
            return replace(predicate, parts=tuple(map(without_items, parts)))
        case Decided(part=part):
            return replace(predicate, part=without_items(part))
        case Compare():
            return _compared(predicate)
        case IsNull(term=term, negated=negated):
            known = _without_items(term)
            if known is None or isinstance(known, Constant):
                return Always(Truth.of((known is None) is not negated))
            return replace(predicate, term=known)
        case HasBasis(negated=negated):
            return Always(Truth.of(negated))
        case RuleHolds(term=RuleState(opened_before=Threshold(duration=Duration() as length)), negated=False):
            return Always(Truth.UNKNOWN) if is_longer_than_today(length) else predicate
    return predicate


def _created(entity: Entity, today: date | None) -> Iterator[Predicate]:
    field = entity.fields.get(CREATED_ON)
    if field is None or KIND_OF[field.type] is not Kind.DATE:
        return
    created = Column((CREATED_ON,))
    yield Compare(">=", created, TODAY)
    yield Compare("<", created, AFTER_NOW)
    if today is not None:
        yield Compare(">=", created, Threshold("day_start", day=today))


def _compared(compare: Compare) -> Predicate:
    left, right = _without_items(compare.left), _without_items(compare.right)
    if left is None or right is None:
        return Always(Truth.UNKNOWN)
    if not isinstance(left, Constant):
        return Compare(compare.op, left, right)
    if not isinstance(right, Constant):
        return Compare(FLIPPED[compare.op], right, left)
    return Always(Truth.of(_sign(left.value, right.value) in SIGNS[compare.op]))


def _sign(left: object, right: object) -> str:
    if isinstance(left, Decimal) and isinstance(right, Decimal) and left != right:
        return "<" if left < right else ">"
    return "=" if left == right else "<"


def _without_items(term: Term) -> Term | None:
    """Return a term where there are no items; None where it is missing then."""
    match term:
        case Aggregate(kind=kind):
            return Constant(Decimal(0)) if kind in NUMBERS else None
        case ConsentState():
            return Constant(NEVER_GIVEN)
        case Calendar(of=inner):
            known = _without_items(inner)
            return None if known is None else replace(term, of=known)
        case Extreme(members=members, strict=strict):
            found = [known for member in members if (known := _without_items(member)) is not None]
            is_missing = not found or (strict and len(found) < len(members))
            return None if is_missing else replace(term, members=tuple(found))
        case Score(parts=parts):
            return Score(tuple((without_items(part), points) for part, points in parts))
    return term
