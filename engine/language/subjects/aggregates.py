"""`count`, `sum`, `first`, `last`, `next`: one number or date over related items."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from engine.language.algebra import Term
from engine.language.criteria import Record
from engine.language.kinds import KIND_OF, Kind
from engine.language.scope import Scope
from engine.language.source import Mapping, Scalar
from engine.language.subjects.kind_of_subject import SubjectKind
from engine.language.subjects.related import Related, Window, read_related, read_window
from engine.vocabulary.calendar import FIRST_INSTANT, Moment
from engine.vocabulary.problem import nearest_or_all
from engine.vocabulary.reading import Reading


@dataclass(frozen=True, slots=True)
class Count:
    """How many related items there are."""

    related: Related
    kind: Kind = Kind.NUMBER

    def reading(self, record: Record, moment: Moment) -> Reading[Any]:
        """Return the number of items that belong, up to that with those that might."""
        belong = [certain for _, certain in self.related.items(record, moment)]
        return Reading(Decimal(sum(belong)), Decimal(len(belong)))

    def term(self) -> Term:
        """Return the count as an aggregate."""
        return self.related.aggregate("count", "")


@dataclass(frozen=True, slots=True)
class Sum:
    """The sum of a number over related items; 0 over none."""

    related: Related
    field: str
    kind: Kind = Kind.NUMBER

    def reading(self, record: Record, moment: Moment) -> Reading[Any]:
        """Return the least and greatest sum; unbounded where an item's number is missing."""
        low = high = Decimal(0)
        for item, certain in self.related.items(record, moment):
            value = item.values.get(self.field)
            if not isinstance(value, Decimal):
                return Reading(Decimal("-Infinity"), Decimal("Infinity"))
            low += value if certain else min(value, Decimal(0))
            high += value if certain else max(value, Decimal(0))
        return Reading(low, high)

    def term(self) -> Term:
        """Return the sum as an aggregate."""
        return self.related.aggregate("sum", self.field)


@dataclass(frozen=True, slots=True)
class ItemDate:
    """The date of the first, most recent past, or nearest future item; missing where there is none."""

    which: str
    related: Related
    kind: Kind = Kind.DATE

    def reading(self, record: Record, moment: Moment) -> Reading[Any]:
        """Return the date; a range, or possibly missing, where items lack a field."""
        certain: list[datetime] = []
        possible: list[datetime] = []
        for item, belongs in self.related.items(record, moment):
            at = self.related.date_of(item, moment)
            if at is not None and belongs:
                certain.append(at)
            else:
                possible.append(at if at is not None else self._undated(moment))
        if self.which == "last":
            return Reading(max(certain, default=None), max([*certain, *possible], default=None))
        return Reading(min([*certain, *possible], default=None), min(certain, default=None))

    def _undated(self, moment: Moment) -> datetime:
        # What an item without a date could at most turn out to be: the newest past, the nearest future, the very first.
        return FIRST_INSTANT if self.which == "first" else moment.now

    def term(self) -> Term:
        """Return the date as an aggregate."""
        return self.related.aggregate(self.which, self.related.dated_by)


_NUMBERS = frozenset({Kind.NUMBER})
_WINDOWS: dict[str, Window | None] = {"first": None, "last": Window("past"), "next": Window("future")}


def _read_count(scope: Scope, word: Scalar, block: Mapping) -> Count | None:
    found = read_related(scope, word, word.text, block, read_window(scope, block))
    return Count(found[0]) if found else None


def _read_sum(scope: Scope, word: Scalar, block: Mapping) -> Sum | None:
    name, _, field = word.text.partition(".")
    found = read_related(scope, word, name, block, read_window(scope, block))
    if found is None:
        return None
    related, collection = found
    numbers = {one for one, spec in collection.fields.items() if KIND_OF[spec.type] in _NUMBERS}
    if field not in numbers:
        scope.report(
            "R103",
            word.place,
            f"`{field}` is no number of {name}",
            nearest_or_all(f"{name}.{field}", (f"{name}.{one}" for one in numbers)),
        )
        return None
    return Sum(related, field)


def _date_kinds() -> Iterator[SubjectKind]:
    for which, window in _WINDOWS.items():

        def read(
            scope: Scope, word: Scalar, block: Mapping, which: str = which, window: Window | None = window
        ) -> ItemDate | None:
            found = read_related(scope, word, word.text, block, window)
            return ItemDate(which, found[0]) if found else None

        yield SubjectKind(which, read, ("where",))


AGGREGATES = (
    SubjectKind("count", _read_count, ("where", "in_last", "in_next")),
    SubjectKind("sum", _read_sum, ("where", "in_last", "in_next")),
    *_date_kinds(),
)
