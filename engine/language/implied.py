"""Implied: what else is true where one leaf of a predicate is, and what must be true for a part not to be false."""

from collections.abc import Iterator
from decimal import Decimal

from engine.language.algebra import (
    Aggregate,
    Always,
    Both,
    Calendar,
    Column,
    Compare,
    ConsentState,
    Constant,
    Decided,
    Either,
    Extreme,
    Has,
    HasBasis,
    HoldState,
    IsNull,
    LegalBases,
    OneOf,
    OnHold,
    Predicate,
    RuleHolds,
    RuleState,
    Term,
    TextMatch,
    Threshold,
)
from engine.language.clash import clash, perhaps_missing
from engine.language.subjects.consent import GIVEN
from engine.vocabulary.truth import Truth

CONSENT = "consent"  # the legal basis of the stream that `consent: purpose` looks at
ANYTHING = Always(Truth.TRUE)


def implied(leaf: Predicate) -> Iterator[Predicate]:
    """Give predicates that are true wherever a leaf is."""
    match leaf:
        case Compare(left=Extreme() as extreme):
            yield _of_members(leaf, extreme)
        case IsNull(term=Extreme() as extreme):
            yield _of_missing_members(extreme, leaf)
        case Compare(left=Aggregate() as items):
            yield from _of_all_items(leaf, items)
        case Compare(left=ConsentState()) | HasBasis():
            yield from _of_consents(leaf)
        case OnHold(term=HoldState(name=str()), negated=False):
            yield OnHold(HoldState(None))
        case RuleHolds(term=RuleState(rule=rule, opened_before=Threshold()), negated=False):
            yield RuleHolds(RuleState(rule))
    if isinstance(leaf, Compare):
        yield from _of_operands(leaf)


def not_false(part: Predicate) -> Predicate:
    """Return what is true wherever a part is true or unknown: what `if_missing: match` lets pass."""
    match part:
        case Both(parts=parts):
            return Both(tuple(map(not_false, parts)))
        case Either(parts=parts):
            return Either(tuple(map(not_false, parts)))
        case Decided(part=inner, default=default):
            return part if default else inner
        case Always(truth=truth):
            return Always(Truth.of(truth is not Truth.FALSE))
        case IsNull(term=term, negated=False):
            return perhaps_missing(term)
        case Compare(left=Aggregate(kind="count") as count, right=Constant()):
            return _not_false_of_count(part, count)
        case Compare(left=left, right=right):
            return _or_missing(part, left, right)
        case OneOf(term=term) | TextMatch(term=term) | Has(term=term):
            return _or_missing(part, term)
    return ANYTHING


def _of_members(leaf: Compare, extreme: Extreme) -> Predicate:
    """Return what a comparison of an extreme says of its members.

    All of them that are there lie on the near side of a bound on the far side, one at least on the other.
    """
    each = tuple(Compare(leaf.op, member, leaf.right) for member in extreme.members)
    far_side = {"<", "<="} if extreme.kind == "latest" else {">", ">="}
    are_there = tuple(IsNull(member, negated=True) for member in extreme.members) if extreme.strict else ()
    if leaf.op in far_side:
        ways = each if extreme.strict else tuple(Either((one, perhaps_missing(one.left))) for one in each)
        return Both(ways)
    if leaf.op in {"<", "<=", ">", ">="}:
        return Both((Either(each), *are_there))
    return Both(are_there)


def _of_missing_members(extreme: Extreme, leaf: IsNull) -> Predicate:
    if extreme.strict and not leaf.negated:
        return Either(tuple(map(perhaps_missing, extreme.members)))
    members = tuple(IsNull(member, negated=leaf.negated) for member in extreme.members)
    return Either(members) if leaf.negated and not extreme.strict else Both(members)


def _of_all_items(leaf: Compare, items: Aggregate) -> Iterator[Predicate]:
    """Give what a count or date over some items says of the count of all."""
    everything = Aggregate("count", items.collection, "", items.dated_by)
    if (
        items.kind == "count"
        and items != everything
        and leaf.op in {"=", ">", ">="}
        and isinstance(leaf.right, Constant)
    ):
        yield Compare(">" if leaf.op == ">" else ">=", everything, leaf.right)
    elif items.kind in {"first", "last", "next"}:
        yield Compare(">=", everything, Constant(Decimal(1)))


def _of_consents(leaf: Predicate) -> Iterator[Predicate]:
    """Give what the state of a consent says of legal bases, and a basis for one purpose of bases for any."""
    match leaf:
        case Compare(op="=", left=ConsentState(purpose=purpose), right=Constant(value=value)) if value == GIVEN:
            yield HasBasis(LegalBases(purpose), CONSENT)
            yield HasBasis(LegalBases(None), CONSENT)
        case HasBasis(term=LegalBases(purpose=str() as purpose), basis=basis, negated=False):
            yield HasBasis(LegalBases(None), basis)
            if basis == CONSENT:
                yield Compare("=", ConsentState(purpose), Constant(GIVEN))


def _of_operands(leaf: Compare) -> Iterator[Predicate]:
    """Give that the terms of a comparison are there, and what the edge of a day says of the instant whose day it is."""
    match leaf:
        case Compare(op=">" | ">=", right=Calendar(part="day_end", of=inner)):
            yield Compare(">", leaf.left, inner)
        case Compare(op="<" | "<=" as op, right=Calendar(part="day_start", of=inner)):
            yield Compare(op, leaf.left, inner)
    is_looked_up = isinstance(leaf.left, Calendar) or not isinstance(leaf.right, Constant | Threshold)
    for term in map(_dated, (leaf.left, leaf.right)):
        if is_looked_up and not isinstance(term, Constant | Threshold):
            yield IsNull(term, negated=True)


def _not_false_of_count(leaf: Compare, count: Aggregate) -> Predicate:
    # A fraction is no count, and yet lies between the least and the greatest that an uncertain count may be.
    bound = Compare("<=", count, leaf.right) if leaf.op == "=" else leaf
    if clash((bound,)):
        return Always(Truth.FALSE)
    is_certain = count.where is None and count.after is None and count.before is None
    return leaf if is_certain else ANYTHING


def _or_missing(leaf: Predicate, *terms: Term) -> Predicate:
    """Return a leaf, or one of its terms missing; anything at all where a term is not simply there or not."""
    looked_up = [term for term in terms if not isinstance(term, Constant | Threshold)]
    if not all(isinstance(term, Column | ConsentState) for term in looked_up):
        return ANYTHING
    return Either((leaf, *map(perhaps_missing, looked_up)))


def _dated(term: Term) -> Term:
    while isinstance(term, Calendar):
        term = term.of
    return term
