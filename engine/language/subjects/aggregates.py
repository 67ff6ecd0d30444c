"""`count`, `first`, `last`, `next`: how many related items there are, and when."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from engine.language.algebra import Term
from engine.language.criteria import Record
from engine.language.kinds import Kind
from engine.language.scope import Scope
from engine.language.source import Mapping, Scalar
from engine.language.speech import Speech
from engine.language.statement import Phrase
from engine.language.subjects.kind_of_subject import Named, SubjectKind
from engine.language.subjects.related import WINDOWS, Related, Window, read_related, read_window
from engine.vocabulary.calendar import FIRST_INSTANT, Moment
from engine.vocabulary.reading import Reading
from engine.vocabulary.wording import bilingual


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

    def words(self, speech: Speech) -> Phrase:
        """Return the number of the items in words."""
        return self.related.words(speech, bilingual(en="the number of {owner} {items}", sv="{owner} antal {items}"))


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

    def words(self, speech: Speech) -> Phrase:
        """Return the date in words."""
        return self.related.words(speech, _END_WORDS[self.which])


_END_WORDS = {
    "first": bilingual(en="the earliest date among {owner} {items}", sv="det tidigaste datumet bland {owner} {items}"),
    "last": bilingual(
        en="the latest date until now among {owner} {items}", sv="det senaste datumet hittills bland {owner} {items}"
    ),
    "next": bilingual(
        en="the nearest coming date among {owner} {items}", sv="det närmast kommande datumet bland {owner} {items}"
    ),
}
_ENDS: dict[str, Window | None] = {"first": None, "last": Window("past"), "next": Window("future")}


def _read_count(scope: Scope, word: Scalar, block: Mapping) -> Count | None:
    found = read_related(scope, word, word.text, block, read_window(scope, block))
    return Count(found[0]) if found else None


_ABOUT = {
    "first": "the date of the first related item; missing where there is none",
    "last": "the date of the newest related item up to now; missing where there is none",
    "next": "the date of the nearest related item after now; missing where there is none",
}


def _date_kinds() -> Iterator[SubjectKind]:
    for which, window in _ENDS.items():

        def read(
            scope: Scope, word: Scalar, block: Mapping, which: str = which, window: Window | None = window
        ) -> ItemDate | None:
            found = read_related(scope, word, word.text, block, window)
            return ItemDate(which, found[0]) if found else None

        yield SubjectKind(which, read, Kind.DATE, Named.COLLECTION, ("where",), _ABOUT[which])


AGGREGATES = (
    SubjectKind(
        "count",
        _read_count,
        Kind.NUMBER,
        Named.COLLECTION,
        ("where", *WINDOWS),
        "how many related items there are; 0 where there are none. Without a window, future ones count too",
    ),
    *_date_kinds(),
)
