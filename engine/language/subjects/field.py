"""`field`: a field of the record or item, or along references."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from engine.language.algebra import Column
from engine.language.criteria import Record
from engine.language.kinds import KIND_OF, Kind
from engine.language.scope import Scope
from engine.language.source import Mapping, Scalar
from engine.language.speech import Speech
from engine.language.statement import Phrase
from engine.language.subjects.kind_of_subject import Named, SubjectKind
from engine.model.facts import Facts
from engine.vocabulary.calendar import Moment, start_of_day
from engine.vocabulary.reading import Reading


@dataclass(frozen=True, slots=True)
class FieldSubject:
    """The value of a field."""

    path: tuple[str, ...]
    kind: Kind

    def reading(self, record: Record, moment: Moment) -> Reading[Any]:
        """Return the field's value; a day as its first instant."""
        value = record.value(self.path)
        if value is None and isinstance(record, Facts) and record.is_unclear(self.path):
            return Reading(None, True)
        if isinstance(value, date) and not isinstance(value, datetime):
            return Reading.exact(start_of_day(value, moment.zone))
        return Reading.exact(value)

    def term(self) -> Column:
        """Return the field as a column."""
        return Column(self.path)

    def words(self, speech: Speech) -> Phrase:
        """Return the field's name with its owner."""
        return Phrase(speech.field(self.path))


def _read(scope: Scope, word: Scalar, _block: Mapping) -> FieldSubject | None:
    found = scope.field_path(word)
    return FieldSubject(found[0], KIND_OF[found[1].type]) if found else None


FIELD = SubjectKind(
    "field", _read, None, Named.FIELD, about="the value of the field; a dotted path follows a reference"
)
