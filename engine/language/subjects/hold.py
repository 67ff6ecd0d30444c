"""`hold`: whether a person's word keeps the record."""

from dataclasses import dataclass
from typing import Any

from engine.language.algebra import HoldState, Term
from engine.language.criteria import Record
from engine.language.kinds import Kind
from engine.language.scope import Scope
from engine.language.source import Mapping, Scalar
from engine.language.speech import Speech
from engine.language.statement import Phrase
from engine.language.subjects.kind_of_subject import SubjectKind
from engine.model.facts import Facts
from engine.vocabulary.calendar import Moment
from engine.vocabulary.reading import Reading

ANY = "any"


@dataclass(frozen=True, slots=True)
class HoldSubject:
    """Whether a hold of a name is active, or any where none is named."""

    name: str | None
    kind: Kind = Kind.HOLD

    def reading(self, record: Record, _moment: Moment) -> Reading[Any]:
        """Return whether such a hold is active; always known."""
        holds = record.holds if isinstance(record, Facts) else frozenset()
        return Reading.exact(bool(holds) if self.name is None else self.name in holds)

    def term(self) -> Term:
        """Return the holds in question."""
        return HoldState(self.name)

    def words(self, speech: Speech) -> Phrase:
        """Return the hold, or that any will do."""
        if self.name is None:
            return Phrase(
                speech.say(
                    en=f"a hold that keeps {speech.record} from being deleted",
                    sv=f"en spärr mot radering av {speech.record}",
                )
            )
        name = speech.value(self.name)
        return Phrase(
            speech.say(en=f"the hold {name} on {speech.record}", sv=f"spärren {name} mot radering av {speech.record}")
        )


def _read(scope: Scope, word: Scalar, _block: Mapping) -> HoldSubject | None:
    if scope.collection is not None:
        scope.report("R107", word.place, "inside `where` criteria speak of the item alone", "use `field`")
        return None
    return HoldSubject(None if word.text == ANY else word.text)


HOLD = SubjectKind(
    "hold", _read, Kind.HOLD, about="whether a hold of that name is on the record; `any`: whether one is"
)
