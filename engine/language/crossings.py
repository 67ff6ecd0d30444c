"""Crossings: at which dates time alone can change what a predicate is; a visitor of the algebra.

A predicate's leaves are functions of what is stored and of thresholds that follow from `now`. Of what nobody wrote to,
a leaf can change between two evaluations only where a stored date lies between the old and the new value of the
threshold that it is compared with (`incremental.md`). Looking at too many records is harmless, at too few is not.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.language.algebra import (
    Aggregate,
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
    LegalBases,
    RuleState,
    Score,
    Threshold,
)
from engine.language.subjects.consent import CONSENTS

NOW, TODAY = Threshold("now"), Threshold("day_start")
AT, EXPIRES_ON = "at", "expires_on"
DATES = frozenset({"first", "last", "next"})  # aggregates that are a date


@dataclass(frozen=True, slots=True)
class FieldDate:
    """A date of the record, or behind its references."""

    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ItemDate:
    """A date of the items of a collection."""

    collection: str
    field: str


@dataclass(frozen=True, slots=True)
class StoredDate:
    """The instant at which the present value of a field was stored."""

    field: str


@dataclass(frozen=True, slots=True)
class CaseDate:
    """The instant at which another rule's case was opened."""

    rule: str


@dataclass(frozen=True, slots=True)
class Everybody:
    """An instant that is the same for all records; None: whatever moves the threshold concerns all of them."""

    at: Constant | Threshold | None = None


Dates = FieldDate | ItemDate | StoredDate | CaseDate | Everybody


@dataclass(frozen=True, slots=True)
class Crossing:
    """Dates that a threshold may pass. `is_rounded`: they are compared as the start or end of their day."""

    dates: Dates
    threshold: Threshold
    is_rounded: bool = False


def crossings(node: object) -> frozenset[Crossing]:
    """Return every crossing at which a predicate can change while nothing is written."""
    return frozenset(_crossings(node))


def _crossings(node: object) -> Iterator[Crossing]:
    match node:
        case Both(parts=parts) | Either(parts=parts):
            for part in parts:
                yield from _crossings(part)
        case Decided(part=part):
            yield from _crossings(part)
        case Compare(left=left, right=right):
            yield from _between(left, right)
            yield from _between(right, left)
            yield from _within(left)
            yield from _within(right)
        case _:
            yield from _within(getattr(node, "term", None))


def _between(one: object, other: object) -> Iterator[Crossing]:
    """Give the crossings of the dates of one side with the thresholds of the other."""
    for threshold in _thresholds(other):
        if threshold.kind == "anniversary" and _is_month_day(one):
            yield Crossing(Everybody(), threshold)
            continue
        for dates, is_rounded in _dates(one, is_rounded=False):
            yield Crossing(dates, threshold, is_rounded)
    if _may_be_now(one):
        for dates, is_rounded in _dates(other, is_rounded=False):
            yield Crossing(dates, NOW, is_rounded)


def _dates(term: object, *, is_rounded: bool) -> Iterator[tuple[Dates, bool]]:
    """Give the dates that a term can be."""
    match term:
        case Column(path=path):
            yield FieldDate(path), is_rounded
        case Aggregate(kind=kind, collection=collection, field=field) if kind in DATES:
            yield ItemDate(collection, field), is_rounded
        case ChangedAt(field=field):
            yield StoredDate(field), is_rounded
        case Calendar(of=of):
            yield from _dates(of, is_rounded=True)
        case Extreme(members=members):
            for member in members:
                yield from _dates(member, is_rounded=is_rounded)
        case Threshold(kind="anniversary"):
            return  # days of the year, which pass for everybody at once
        case Constant() | Threshold():
            yield Everybody(term), is_rounded


def _thresholds(term: object) -> Iterator[Threshold]:
    match term:
        case Threshold():
            yield term
        case Calendar(of=of):
            yield from _thresholds(of)
        case Extreme(members=members):
            for member in members:
                yield from _thresholds(member)


def _may_be_now(term: object) -> bool:
    """True for a date over items: while one of them has none, it may be as late as now."""
    match term:
        case Aggregate(kind=kind):
            return kind in DATES
        case Calendar(of=of):
            return _may_be_now(of)
        case Extreme(members=members):
            return any(map(_may_be_now, members))
    return False


def _is_month_day(term: object) -> bool:
    return isinstance(term, Calendar) and term.part == "month_day"


def _within(term: object) -> Iterator[Crossing]:
    """Give the crossings at which a term itself changes, whatever it is compared with."""
    match term:
        case Aggregate():
            yield from _within_items(term)
        case Extreme(members=members):
            for member in members:
                yield from _within(member)
        case Calendar(of=of):
            yield from _within(of)
        case ConsentState() | LegalBases():
            yield Crossing(ItemDate(CONSENTS, AT), NOW)
            yield Crossing(ItemDate(CONSENTS, EXPIRES_ON), TODAY)
        case RuleState(rule=rule, opened_before=Threshold() as threshold):
            yield Crossing(CaseDate(rule), threshold)
        case Score(parts=parts):
            for part, _ in parts:
                yield from _crossings(part)


def _within_items(term: Aggregate) -> Iterator[Crossing]:
    for edge in (term.after, term.before):
        if isinstance(edge, Threshold):
            yield Crossing(ItemDate(term.collection, term.dated_by), edge)
    for one in _crossings(term.where):
        yield Crossing(_of_items(term.collection, one.dates), one.threshold, one.is_rounded)


def _of_items(collection: str, dates: Dates) -> Dates:
    """Return dates that are named inside `where` as what they are outside: those of the items."""
    return ItemDate(collection, dates.path[0]) if isinstance(dates, FieldDate) else dates
