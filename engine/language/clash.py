"""Clash: whether all that is asked of one term can be true of one value. Pure; what is not understood never clashes."""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import replace
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from engine.language.algebra import (
    Aggregate,
    Column,
    Compare,
    Comparison,
    ConsentState,
    Constant,
    Decided,
    Has,
    IsNull,
    OneOf,
    Predicate,
    Term,
    TextMatch,
    Threshold,
)
from engine.language.kinds import CONSENT_STATES
from engine.language.timeline import Edge, is_never_after
from engine.vocabulary.pattern import matches

Leaves = tuple[Predicate, ...]
NEEDS_A_VALUE = (Compare, OneOf, TextMatch, Has)
NUMBERS = frozenset({"count", "sum"})  # aggregates that are never missing
SIGNS: dict[Comparison, frozenset[str]] = {
    "=": frozenset("="),
    "!=": frozenset("<>"),
    "<": frozenset("<"),
    "<=": frozenset("<="),
    ">": frozenset(">"),
    ">=": frozenset(">="),
}
FLIPPED: dict[Comparison, Comparison] = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def subject_of(leaf: Predicate) -> Hashable:
    """Return what a leaf speaks of: leaves of one subject can clash, others cannot."""
    match leaf:
        case Compare(left=left, right=Constant() | Threshold()):
            return _unfolded(left)
        case Compare(left=left, right=right):
            return frozenset({left, right})
        case Decided(part=part):
            return subject_of(part)
    term = getattr(leaf, "term", None)
    if term is not None:
        return _unfolded(term)
    return _affirmed(leaf) if hasattr(leaf, "negated") else leaf


def clash(leaves: Leaves) -> bool:
    """True when no value at all makes every leaf true; the leaves are of one subject."""
    if _presence(leaves) or _opposites(leaves):
        return True
    looks = {look for leaf in leaves if (look := _look_at(leaf)) is not None}
    return any(look(leaves) for look in looks)


def perhaps_missing(term: Term) -> Predicate:
    """Return the predicate that is true where a term is missing or may be."""
    return Decided(IsNull(term), default=True)


def _opposites(leaves: Leaves) -> bool:
    """One asks for exactly what another excludes."""
    excluded = [leaf for leaf in leaves if getattr(leaf, "negated", False)]
    if not 0 < len(excluded) < len(leaves):
        return False
    asked = frozenset(leaves)
    return any(_affirmed(leaf) in asked for leaf in excluded)


def _presence(leaves: Leaves) -> bool:
    """One asks for a value, another for none; or a value is asked for that cannot be."""
    if not any(isinstance(leaf, Decided) or (isinstance(leaf, IsNull) and not leaf.negated) for leaf in leaves):
        return False
    term = _aggregate(leaves)
    is_never_missing = term is not None and term.kind in NUMBERS
    return is_never_missing or any(isinstance(leaf, NEEDS_A_VALUE) or _is_not_null(leaf) for leaf in leaves)


def _is_not_null(leaf: Predicate) -> bool:
    return isinstance(leaf, IsNull) and leaf.negated


def _texts(leaves: Leaves) -> bool:
    """No text, flag or consent state is left."""
    exact, folded = _allowed(leaves, folded=False), _allowed(leaves, folded=True)
    if exact is not None:
        return not any(all(_is_true(leaf, value) for leaf in leaves) for value in exact)
    if folded is None:
        return False
    # Of a text that is known without its case, only tests without case can be told.
    tests = [leaf for leaf in leaves if _is_folded(leaf)]
    return not any(all(_is_true(leaf, value) for leaf in tests) for value in folded)


def _numbers(leaves: Leaves) -> bool:
    """No number is left between the bounds."""
    asked = [(op, value) for op, value in _compared(leaves) if isinstance(value, Decimal)]
    if not asked:
        return False
    term = _aggregate(leaves)
    is_whole = term is not None and term.kind == "count"
    if is_whole:
        asked = [*map(_whole, asked), (">=", Decimal(0))]
    low = max(((value, op == ">") for op, value in asked if op in {"=", ">", ">="}), default=None)
    high = min(((value, op != "<") for op, value in asked if op in {"=", "<", "<="}), default=None)
    if low is None or high is None:
        return False
    excluded = {value for op, value in asked if op == "!="}
    if low[0] >= high[0]:
        return low[0] > high[0] or low[1] or not high[1] or low[0] in excluded
    return is_whole and high[0] - low[0] < len(excluded) and excluded.issuperset(range(int(low[0]), int(high[0]) + 1))


def _dates(leaves: Leaves) -> bool:
    """The latest instant that is allowed comes before the earliest."""
    lower: list[Edge] = []
    upper: list[Edge] = []
    for leaf in leaves:
        if isinstance(leaf, Compare) and _is_instant(leaf.right):
            if leaf.op in {">", ">=", "="}:
                lower.append(Edge(leaf.right, leaf.op == ">"))
            if leaf.op in {"<", "<=", "="}:
                upper.append(Edge(leaf.right, leaf.op != "<"))
    if not lower and not upper:
        return False
    term = _aggregate(leaves)
    if term is not None:
        lower += [Edge(term.after)] if term.after else []
        upper += [Edge(term.before)] if term.before else []
    return any(is_never_after(end, start) for end in upper for start in lower)


def _lists(leaves: Leaves) -> bool:
    """A list that is empty has nothing."""
    asked = [leaf for leaf in leaves if isinstance(leaf, Has)]
    is_empty = any(leaf.value is None and leaf.negated for leaf in asked)
    return is_empty and any(not leaf.negated for leaf in asked)


def _pairs(leaves: Leaves) -> bool:
    """Two terms are asked to stand in two ways to each other."""
    first = leaves[0]
    if not isinstance(first, Compare) or isinstance(first.right, Constant | Threshold):
        return False
    signs = frozenset("=") if first.left == first.right else frozenset("<=>")
    for leaf in leaves:
        if isinstance(leaf, Compare):
            signs &= SIGNS[leaf.op if leaf.left == first.left else FLIPPED[leaf.op]]
    return not signs


def _look_at(leaf: Predicate) -> Callable[[Leaves], bool] | None:
    """Return how leaves of the kind of this one are held against each other; None where that is not known."""
    match leaf:
        case Compare(right=Constant(value=str() | bool())) | OneOf():
            return _texts
        case Compare(right=Constant(value=Decimal())):
            return _numbers
        case Compare(right=Constant() | Threshold()):
            return _dates
        case Compare():
            return _pairs
        case Has():
            return _lists
    return None


def _unfolded(term: Term) -> Term:
    return Column(term.path) if isinstance(term, Column) and term.folded else term


def _affirmed(leaf: Any) -> Predicate:
    affirmed: Predicate = replace(leaf, negated=False)
    return affirmed


def _aggregate(leaves: Leaves) -> Aggregate | None:
    found = subject_of(leaves[0])
    return found if isinstance(found, Aggregate) else None


def _compared(leaves: Leaves) -> Iterator[tuple[Comparison, object]]:
    for leaf in leaves:
        if isinstance(leaf, Compare) and isinstance(leaf.right, Constant):
            yield leaf.op, leaf.right.value


def _is_instant(term: Term) -> bool:
    return isinstance(term, Threshold) or (isinstance(term, Constant) and isinstance(term.value, datetime))


def _is_folded(leaf: Predicate) -> bool:
    term = leaf.left if isinstance(leaf, Compare) else getattr(leaf, "term", None)
    return isinstance(term, Column) and term.folded


def _allowed(leaves: Leaves, *, folded: bool) -> frozenset[object] | None:
    """Return the values that the leaves with (or without) folded case list, if any lists them."""
    found: frozenset[object] | None = None
    for leaf in leaves:
        if _is_folded(leaf) is folded and (listed := _listed(leaf)) is not None:
            found = listed if found is None else found & listed
    return found


def _listed(leaf: Predicate) -> frozenset[object] | None:
    match leaf:
        case Compare(left=ConsentState()):
            return frozenset(CONSENT_STATES)
        case Compare(right=Constant(value=bool())):
            return frozenset({True, False})
        case Compare(op="=", right=Constant(value=str() as value)):
            return frozenset({value})
        case OneOf(values=values, negated=False):
            return frozenset(values)
    return None


def _is_true(leaf: Predicate, value: Any) -> bool:
    """Return whether a leaf holds for a value; true where it says nothing of it."""
    seen = value.casefold() if _is_folded(leaf) else value
    match leaf:
        case Compare(op="=" | "!=" as op, right=Constant(value=asked)):
            return bool((seen == asked) is (op == "="))
        case OneOf(values=values, negated=negated):
            return (seen in values) is not negated
        case TextMatch(negated=negated):
            return _is_found(leaf, seen) is not negated
    return True


def _is_found(leaf: TextMatch, text: str) -> bool:
    match leaf.how:
        case "contains":
            return leaf.text in text
        case "starts_with":
            return text.startswith(leaf.text)
        case "ends_with":
            return text.endswith(leaf.text)
    return matches(text, leaf.text, exact=leaf.exact)


def _whole(asked: tuple[Comparison, Decimal]) -> tuple[Comparison, Decimal]:
    """Return what a comparison asks of a whole number, its bound included."""
    op, value = asked
    up, down = value.to_integral_value(ROUND_CEILING), value.to_integral_value(ROUND_FLOOR)
    match op:
        case ">":
            return ">=", down + 1
        case ">=":
            return ">=", up
        case "<":
            return "<=", up - 1
        case "<=":
            return "<=", down
        case "=" if up != down:
            return "=", Decimal(-1)  # which no count is
    return op, value
