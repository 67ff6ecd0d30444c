"""`changed`: when the present value of a field was stored."""

from dataclasses import dataclass
from typing import Any

from engine.language.algebra import ChangedAt
from engine.language.criteria import Record
from engine.language.kinds import Kind
from engine.language.scope import Scope
from engine.language.source import Mapping, Scalar
from engine.language.speech import Speech
from engine.language.statement import Phrase
from engine.language.subjects.kind_of_subject import Named, SubjectKind
from engine.model.facts import Facts
from engine.vocabulary.calendar import Moment
from engine.vocabulary.problem import nearest_or_all
from engine.vocabulary.reading import Reading


@dataclass(frozen=True, slots=True)
class ChangedSubject:
    """The instant at which a field got the value that it has; missing where it never had one."""

    field: str
    kind: Kind = Kind.DATE

    def reading(self, record: Record, _moment: Moment) -> Reading[Any]:
        """Return the instant."""
        return Reading.exact(record.changed.get(self.field) if isinstance(record, Facts) else None)

    def term(self) -> ChangedAt:
        """Return the instant as a term."""
        return ChangedAt(self.field)

    def words(self, speech: Speech) -> Phrase:
        """Return when the field got the value that it has."""
        field = speech.field((self.field,))
        return Phrase(
            speech.say(
                en=f"the date on which {field} was last set", sv=f"datumet då {field} senast fick ett nytt värde"
            )
        )


def _read(scope: Scope, word: Scalar, _block: Mapping) -> ChangedSubject | None:
    if scope.collection is not None:
        scope.report("R107", word.place, "items do not tell when they changed", "use a date field of the item")
        return None
    if word.text not in scope.entity.fields:
        hint = nearest_or_all(word.text, scope.entity.fields)
        scope.report("R103", word.place, f"unknown field `{word.text}` of {scope.entity.name}", hint)
        return None
    return ChangedSubject(word.text)


CHANGED = SubjectKind(
    "changed", _read, Kind.DATE, Named.OWN_FIELD, about="the instant at which the present value of the field was stored"
)
