"""Satisfiable: whether a predicate can ever be true, whatever the record, the moment and the zone.

Every answer errs on one side: `never` and `always` say yes only where it is sure, `overlap` says no only where it is.
What is not understood can be anything, and the search gives up, unsure, after a bounded number of steps.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any

from engine.language.algebra import (
    Aggregate,
    Always,
    Both,
    Compare,
    Constant,
    Decided,
    Either,
    IsNull,
    Predicate,
    RuleHolds,
    Score,
    negate,
)
from engine.language.clash import NUMBERS, Leaves, clash, perhaps_missing, subject_of
from engine.language.implied import implied, not_false
from engine.vocabulary.truth import Truth

MOST_STEPS = 5_000  # nodes that one question looks at

# What is so where a rule that is referred to matches, and where it does not.
Sources = Mapping[str, tuple[Predicate, Predicate]]
NO_SOURCES: Sources = {}
Known = dict[Any, Leaves]  # what is asked, by what it is asked of


@dataclass(frozen=True, slots=True)
class Demand:
    """What must hold for a predicate to be true: leaves by their subject, and choices of which one part must hold."""

    known: Known
    choices: tuple[tuple[Predicate, ...], ...] = ()


def never(predicate: Predicate, sources: Sources = NO_SOURCES) -> bool:
    """True when surely no record at any moment makes a predicate true."""
    return demand_of(predicate, sources) is None


def always(predicate: Predicate) -> bool:
    """True when surely every record at every moment makes a predicate true, so that it is never unknown either."""
    return never(Decided(negate(predicate), default=True))


def overlap(one: Predicate, other: Predicate, sources: Sources = NO_SOURCES) -> bool:
    """True unless surely no record at any moment makes both predicates true."""
    return not never(Both((one, other)), sources)


def demand_of(predicate: Predicate, sources: Sources = NO_SOURCES) -> Demand | None:
    """Return what a predicate demands; None when surely nothing can meet it."""
    search = _Search(sources)
    demand = search.taken(Demand({}), (predicate,))
    return demand if demand is not None and search.can_be_met(demand) else None


def can_meet(one: Demand, other: Demand, sources: Sources = NO_SOURCES) -> bool:
    """True unless surely nothing can meet both demands."""
    few, many = (one.known, other.known) if len(one.known) <= len(other.known) else (other.known, one.known)
    shared: Known = {}
    for subject, leaves in few.items():
        there = many.get(subject, ())
        shared[subject] = (*there, *(leaf for leaf in leaves if leaf not in there))
        if there and clash(shared[subject]):
            return False
    return _Search(sources).can_be_met(Demand(many | shared, one.choices + other.choices))


@dataclass(slots=True)
class _Search:
    """One search, which counts its steps."""

    sources: Sources
    left: int = field(default=MOST_STEPS)

    def taken(self, demand: Demand, predicates: Iterable[Predicate]) -> Demand | None:
        """Return a demand with further predicates; None where they clash."""
        known, choices = dict(demand.known), list(demand.choices)
        waiting = list(predicates)
        while waiting and self.left > 0:
            one = waiting.pop()
            self.left -= 1
            match one:
                case Both(parts=parts):
                    waiting += reversed(parts)  # in the order of the text, which has the telling ones first
                case Either(parts=parts):
                    choices.append(parts)
                case Always(truth=truth):
                    if truth is not Truth.TRUE:
                        return None
                case Decided(part=part, default=False):
                    waiting.append(part)
                case Decided(part=part) if not isinstance(part, IsNull) or part.negated:
                    waiting.append(not_false(part))
                case _:
                    further = self._added(known, one)
                    if further is None:
                        return None
                    waiting += further
        return Demand(known, tuple(choices))

    def _added(self, known: Known, leaf: Predicate) -> tuple[Predicate, ...] | None:
        """Add a leaf to what is known and return what follows from it; None where it clashes."""
        subject = subject_of(leaf)
        there = known.get(subject, ())
        if leaf in there:
            return ()
        known[subject] = (*there, leaf)
        return None if clash(known[subject]) else (*implied(leaf), *self._of_source(leaf), *_of_items(subject))

    def _of_source(self, leaf: Predicate) -> Iterator[Predicate]:
        # A rule that matches, and not for long enough, says nothing of what it asks.
        if isinstance(leaf, RuleHolds) and leaf.term.opened_before is None and leaf.term.rule in self.sources:
            yield self.sources[leaf.term.rule][leaf.negated]

    def can_be_met(self, demand: Demand) -> bool:
        """False when every way through the choices clashes; true also when there are too many to tell."""
        narrowed = self._narrowed(demand)
        if narrowed is None:
            return False
        if not narrowed.choices or self.left <= 0:
            return True
        first, *others = sorted(narrowed.choices, key=len)
        rest = Demand(narrowed.known, tuple(others))
        return any(one is not None and self.can_be_met(one) for one in (self.taken(rest, (way,)) for way in first))

    def _narrowed(self, demand: Demand) -> Demand | None:
        """Return a demand without the ways that clash with it; what has one way left is no choice any more."""
        known, choices, has_moved = demand.known, demand.choices, True
        while has_moved and self.left > 0:
            has_moved = False
            if not all(self._is_in_reach(known, one) for one in known if isinstance(one, Score)):
                return None
            still_open: list[tuple[Predicate, ...]] = []
            for parts in choices:
                ways = [(one, part) for part in parts if (one := self.taken(Demand(known), (part,))) is not None]
                if not ways:
                    return None
                if any(one.known == known and not one.choices for one, _ in ways):
                    continue  # one way holds already
                if len(ways) == 1:
                    known, has_moved = ways[0][0].known, True
                    still_open += ways[0][0].choices
                else:
                    still_open.append(tuple(part for _, part in ways))
            choices = tuple(still_open)
        return Demand(known, choices)

    def _is_in_reach(self, known: Known, score: Score) -> bool:
        """False when the points of all parts that do not clash with what is known are too few."""
        fitting = (points for part, points in score.parts if self.taken(Demand(known), (part,)) is not None)
        most = sum((points for points in fitting if points > 0), Decimal(0))
        return not clash((*known[score], Compare("<=", score, Constant(most))))


def _of_items(subject: object) -> Iterator[Predicate]:
    """Give what is certain of an aggregate over items of which none can ever satisfy its `where`."""
    if isinstance(subject, Aggregate) and subject.where is not None and _is_empty(subject.where):
        is_number = subject.kind in NUMBERS
        yield Compare("=", subject, Constant(Decimal(0))) if is_number else perhaps_missing(subject)


@lru_cache(maxsize=1_024)
def _is_empty(where: Predicate) -> bool:
    return never(where)
