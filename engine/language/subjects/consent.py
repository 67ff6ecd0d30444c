"""`consent` and `legal_basis`: what the newest row of each stream of consents says now (GDPR Art. 6 and 7)."""

from collections.abc import Iterator
from collections.abc import Mapping as Map
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from engine.language.algebra import ConsentState, LegalBases, Term
from engine.language.criteria import Record
from engine.language.kinds import Kind
from engine.language.operators.standing import BasisSet
from engine.language.scope import Scope
from engine.language.source import Mapping, Scalar
from engine.language.speech import Speech
from engine.language.statement import Phrase
from engine.language.subjects.kind_of_subject import SubjectKind
from engine.model.facts import Facts, Item
from engine.vocabulary.calendar import Moment, end_of_day
from engine.vocabulary.reading import Reading

CONSENTS = "consents"
MARKETING = "marketing"  # the one purpose that the law names (GDPR Art. 21(2))
GIVEN, WITHDRAWN, EXPIRED, NEVER_GIVEN, UNCLEAR = "given", "withdrawn", "expired", "never_given", "unclear"
# On a tie the more protective row holds: withdrawn over unclear over given.
_PROTECTION = {WITHDRAWN: 0, UNCLEAR: 1, GIVEN: 2}


@dataclass(frozen=True, slots=True)
class Consent:
    """The state of a purpose's consent: given, withdrawn, expired or never given."""

    purpose: str
    kind: Kind = Kind.CONSENT

    def reading(self, record: Record, moment: Moment) -> Reading[Any]:
        """Return the state; missing where the stream is unclear."""
        state = dict(_streams(record, moment)).get((self.purpose, "consent"), NEVER_GIVEN)
        return Reading.exact(None if state == UNCLEAR else state)

    def term(self) -> Term:
        """Return the state as of now."""
        return ConsentState(self.purpose)

    def words(self, speech: Speech) -> Phrase:
        """Return the consent with its purpose."""
        purpose = speech.value(self.purpose)
        return Phrase(
            speech.say(en=f"{speech.owner} consent to {purpose}", sv=f"{speech.owner} samtycke till {purpose}")
        )


@dataclass(frozen=True, slots=True)
class LegalBasis:
    """The set of bases now valid for a purpose, or for any when none is named."""

    purpose: str | None
    kind: Kind = Kind.BASIS

    def reading(self, record: Record, moment: Moment) -> Reading[Any]:
        """Return the valid and the unclear bases."""
        states = [
            (basis, state)
            for (purpose, basis), state in _streams(record, moment)
            if self.purpose is None or purpose == self.purpose
        ]
        valid = frozenset(basis for basis, state in states if state == GIVEN)
        return Reading.exact(BasisSet(valid, frozenset(basis for basis, state in states if state == UNCLEAR) - valid))

    def term(self) -> Term:
        """Return the set as of now."""
        return LegalBases(self.purpose)

    def words(self, speech: Speech) -> Phrase:
        """Return the bases that are valid, among which one is looked for."""
        if self.purpose is None:
            purpose = speech.say(en="for any purpose", sv="oavsett ändamål")
        else:
            quoted = speech.value(self.purpose)
            purpose = speech.say(en=f"for {quoted}", sv=f"för {quoted}")
        return Phrase(
            speech.say(
                en=f"among {speech.owner} legal bases that are valid now {purpose}",
                sv=f"bland {speech.owner} rättsliga grunder som nu gäller, {purpose},",
            )
        )


def standing(record: Record, moment: Moment) -> tuple[tuple[str, str, str], ...]:
    """Return the purpose, basis and state now of each stream of consents that a record has."""
    return tuple(sorted((purpose, basis, state) for (purpose, basis), state in _streams(record, moment)))


def _streams(record: Record, moment: Moment) -> Iterator[tuple[tuple[str, str], str]]:
    """Give the state of each stream (purpose, basis) that has a row."""
    streams: dict[tuple[str, str], list[Item]] = {}
    for row in record.items(CONSENTS) if isinstance(record, Facts) else ():
        purpose, basis = row.values.get("purpose"), row.values.get("legal_basis") or "consent"
        streams.setdefault((str(purpose).casefold(), str(basis).casefold()), []).append(row)
    for stream, rows in streams.items():
        yield stream, _state([row.values for row in rows], moment)


def _state(rows: list[Map[str, Any]], moment: Moment) -> str:
    if any(row.get("at") is None for row in rows):
        return UNCLEAR
    past = [row for row in rows if row["at"] <= moment.now]
    if not past:
        return NEVER_GIVEN
    newest = max(row["at"] for row in past)
    tied = [row for row in past if row["at"] == newest]
    status = min((_status(row) for row in tied), key=_PROTECTION.__getitem__)
    if status != GIVEN:
        return status
    expiries = [row["expires_on"] for row in tied if row.get("expires_on") is not None]
    is_over = any(_end(day, moment) <= moment.now for day in expiries)
    return EXPIRED if is_over else GIVEN


def _status(row: Map[str, Any]) -> str:
    status = str(row.get("status")).casefold()
    return status if status in {GIVEN, WITHDRAWN} else UNCLEAR


def _end(day: date | datetime, moment: Moment) -> datetime:
    return day if isinstance(day, datetime) else end_of_day(day, moment.zone)


def _read_consent(scope: Scope, word: Scalar, _block: Mapping) -> Consent | None:
    return Consent(word.text.casefold()) if scope.collection_named(word, CONSENTS) else None


def _read_basis(scope: Scope, word: Scalar, _block: Mapping) -> LegalBasis | None:
    if not scope.collection_named(word, CONSENTS):
        return None
    return LegalBasis(None if word.text == "any" else word.text.casefold())


CONSENT_SUBJECTS = (
    SubjectKind(
        "consent",
        _read_consent,
        Kind.CONSENT,
        about="what the newest consent for that purpose says now: given, withdrawn, expired or never_given",
    ),
    SubjectKind(
        "legal_basis",
        _read_basis,
        Kind.BASIS,
        about="the set of legal bases valid now for that purpose, or for `any`; `is` means: has it",
    ),
)
