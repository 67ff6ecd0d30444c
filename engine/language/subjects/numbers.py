"""`sum`, `average`, `highest`, `lowest`: one number over a field of related items."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

from engine.language.algebra import Term
from engine.language.criteria import Record
from engine.language.kinds import KIND_OF, Kind
from engine.language.scope import Scope
from engine.language.source import Mapping, Scalar
from engine.language.speech import Speech
from engine.language.statement import Phrase
from engine.language.subjects.kind_of_subject import Named, SubjectKind
from engine.language.subjects.related import WINDOWS, Related, read_related, read_window
from engine.model.names import FIELDS
from engine.model.values import QUANTUM
from engine.vocabulary.calendar import Moment
from engine.vocabulary.problem import nearest_or_all
from engine.vocabulary.reading import Reading
from engine.vocabulary.wording import Wording, bilingual

Which = Literal["sum", "average", "highest", "lowest"]
_WORDS: dict[Which, Wording] = {
    "sum": bilingual(en="the total {field} of {owner} {items}", sv="sammanlagt {field} för {owner} {items}"),
    "average": bilingual(en="the average {field} of {owner} {items}", sv="genomsnittligt {field} för {owner} {items}"),
    "highest": bilingual(en="the highest {field} among {owner} {items}", sv="högsta {field} bland {owner} {items}"),
    "lowest": bilingual(en="the lowest {field} among {owner} {items}", sv="lägsta {field} bland {owner} {items}"),
}
ENDLESS = Decimal("Infinity")
ANYTHING: Reading[Any] = Reading(-ENDLESS, ENDLESS)


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of the items that belong, and of those that might; `has_gap` where one lacks its number."""

    certain: tuple[Decimal, ...]
    possible: tuple[Decimal, ...]
    has_gap: bool


@dataclass(frozen=True, slots=True)
class NumberOverItems:
    """A number over a field of related items. The sum over none is 0; the others are missing there."""

    which: Which
    related: Related
    field: str
    kind: Kind = Kind.NUMBER

    def reading(self, record: Record, moment: Moment) -> Reading[Any]:
        """Return the number; a range where an item that might belong could move it."""
        found = list(self.related.items(record, moment))
        values = [(item.values.get(self.field), belongs) for item, belongs in found]
        numbers = Numbers(
            tuple(value for value, belongs in values if belongs and isinstance(value, Decimal)),
            tuple(value for value, belongs in values if not belongs and isinstance(value, Decimal)),
            any(not isinstance(value, Decimal) for value, _ in values),
        )
        if self.which == "sum":
            return _sum(numbers)
        if not any(belongs for _, belongs in found):
            return Reading(None, ENDLESS if found else None)
        return _MEANINGS[self.which](numbers)

    def term(self) -> Term:
        """Return the number as an aggregate."""
        return self.related.aggregate(self.which, self.field)

    def words(self, speech: Speech) -> Phrase:
        """Return the number in words."""
        return self.related.words(speech, _WORDS[self.which], speech.named(FIELDS, self.field))


def _sum(numbers: Numbers) -> Reading[Any]:
    if numbers.has_gap:
        return ANYTHING
    sure, zero = sum(numbers.certain, Decimal(0)), Decimal(0)
    least, most = (sum((pick(one, zero) for one in numbers.possible), zero) for pick in (min, max))
    return Reading(sure + least, sure + most)


def _average(numbers: Numbers) -> Reading[Any]:
    # Items that might belong pull the mean no further than their own least and greatest number.
    if numbers.has_gap:
        return ANYTHING
    mean = (sum(numbers.certain, Decimal(0)) / len(numbers.certain)).quantize(QUANTUM, ROUND_HALF_UP)
    return Reading(min(mean, *numbers.possible, mean), max(mean, *numbers.possible, mean))


def _highest(numbers: Numbers) -> Reading[Any]:
    low = max(numbers.certain, default=-ENDLESS)
    return Reading(low, ENDLESS if numbers.has_gap else max(low, *numbers.possible, low))


def _lowest(numbers: Numbers) -> Reading[Any]:
    high = min(numbers.certain, default=ENDLESS)
    return Reading(-ENDLESS if numbers.has_gap else min(high, *numbers.possible, high), high)


_MEANINGS: dict[str, Callable[[Numbers], Reading[Any]]] = {
    "average": _average,
    "highest": _highest,
    "lowest": _lowest,
}


_ABOUT: dict[Which, str] = {
    "sum": "the sum over related items; 0 where there are none",
    "average": "the mean over related items, to four decimals; missing where there are none",
    "highest": "the highest number of related items; missing where there are none",
    "lowest": "the lowest number of related items; missing where there are none",
}


def _kinds() -> Iterator[SubjectKind]:
    for which, about in _ABOUT.items():

        def read(scope: Scope, word: Scalar, block: Mapping, which: Which = which) -> NumberOverItems | None:
            return _read(scope, word, block, which)

        yield SubjectKind(which, read, Kind.NUMBER, Named.ITEM_NUMBER, ("where", *WINDOWS), about)


def _read(scope: Scope, word: Scalar, block: Mapping, which: Which) -> NumberOverItems | None:
    name, _, field = word.text.partition(".")
    found = read_related(scope, word, name, block, read_window(scope, block))
    if found is None:
        return None
    related, collection = found
    numbers = {one for one, spec in collection.fields.items() if KIND_OF[spec.type] is Kind.NUMBER}
    if field not in numbers:
        hint = nearest_or_all(f"{name}.{field}", (f"{name}.{one}" for one in numbers))
        message = f"`{field}` is no number of {name}" if field else f"`{which}` needs a number of {name}"
        scope.report("R103", word.place, message, hint)
        return None
    return NumberOverItems(which, related, field)


NUMBERS = tuple(_kinds())
