"""Anchors: the dates from which a rule measures how old something is; retention begins with them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from engine.language.algebra import Aggregate, Column, Compare, Predicate, Threshold
from engine.language.reads import walk
from engine.model.facts import Facts

FIRST_YEAR = 1900  # what is older stands for "no date" in other systems, or is a slip of the pen
AGES = frozenset({"older", "lapsed"})


@dataclass(frozen=True, slots=True)
class Anchors:
    """The paths of fields, and the collections with the field that dates their items."""

    fields: frozenset[tuple[str, ...]]
    collections: frozenset[tuple[str, str]]


@lru_cache(maxsize=1_000)
def anchors_of(predicate: Predicate) -> Anchors:
    """Return the dates that a predicate compares with an age."""
    found = [term for node in walk(predicate) if isinstance(node, Compare) for term in _terms(node)]
    fields = frozenset(term.path for term in found if isinstance(term, Column))
    return Anchors(fields, frozenset((one.collection, one.dated_by) for one in found if isinstance(one, Aggregate)))


def is_implausible(anchors: Anchors, facts: Facts) -> bool:
    """True where one of the dates that a record has is none that retention can begin with (L8)."""
    dates = [facts.value(path) for path in anchors.fields]
    dates += [item.value((dated_by,)) for name, dated_by in anchors.collections for item in facts.items(name)]
    return any(getattr(one, "year", FIRST_YEAR) < FIRST_YEAR for one in dates)


def _terms(node: Compare) -> Iterator[object]:
    sides = (node.left, node.right)
    if any(isinstance(one, Threshold) and one.kind in AGES for one in sides):
        for side in sides:
            yield from walk(side, inside_items=False)
