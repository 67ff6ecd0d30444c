"""`keep_in_selection`: membership follows the case, in and out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from actions.settling import Settling, alike
from engine.language.arguments import argument, slug, word, yes_no
from engine.language.speech import Speech
from engine.language.statement import Statement
from engine.language.subjects.consent import MARKETING
from engine.vocabulary.effect import Effect


@dataclass(frozen=True, slots=True)
class KeepInSelection:
    """Keep the contact in a selection for as long as the case is open.

    Restricted contacts, and objectors where the purpose is marketing, are hidden from its members (GDPR Art. 18, 21).
    """

    verb: ClassVar[str] = "keep_in_selection"
    effect: ClassVar[Effect] = Effect.STATE
    shorthand: ClassVar[str] = "name"

    name: str = argument(slug, about="the selection; one rule keeps it, and that rule keeps no other")
    purpose: str = argument(word, "", about="what it is used for; `marketing` hides those who object to it")
    include_restricted: bool = argument(yes_no, False, about="whether restricted contacts are shown among its members")

    @property
    def looks_at(self) -> frozenset[str]:
        """The flags of a record that hide it from the members."""
        restricted = set() if self.include_restricted else {"restrict_processing"}
        objecting = {"objects_to_marketing"} if self.purpose.casefold() == MARKETING else set()
        return frozenset(restricted | objecting)

    def words(self, speech: Speech) -> Statement:
        """Return which selection it is, and who is hidden from it."""
        name, record = speech.tongue.quoted(self.name), speech.record
        return speech.state(
            en=f"For as long as this is true, {record} is in the selection {name}.",
            sv=f"Så länge detta är uppfyllt ingår {record} i urvalet {name}.",
            parts=tuple(self._purpose_and_hidden(speech)),
        )

    def _purpose_and_hidden(self, speech: Speech) -> Iterator[Statement]:
        purpose, all_ = speech.value(self.purpose), speech.records.capitalize()
        if self.purpose:
            yield speech.state(
                en=f"The selection is made for the purpose {purpose}.", sv=f"Urvalet görs för ändamålet {purpose}."
            )
        if self.purpose.casefold() == MARKETING:
            yield speech.state(
                en=f"{all_} with an objection to marketing are not shown in it.",
                sv=f"{all_} som invänder mot marknadsföring visas inte i urvalet.",
            )
        if self.include_restricted:
            yield speech.state(
                en=f"{all_} whose processing is restricted are shown in it as well.",
                sv=f"{all_} vars behandling är begränsad visas också i urvalet.",
            )
        else:
            yield speech.state(
                en=f"{all_} whose processing is restricted are not shown in it.",
                sv=f"{all_} vars behandling är begränsad visas inte i urvalet.",
            )

    @classmethod
    def settle(cls, settlings: Sequence[Settling]) -> None:
        """Let members join and leave as cases opened and closed."""
        from engine.store import selections  # noqa: PLC0415 - rules are read without a store

        for group in alike(settlings, lambda one: (one.records, one.call.looks_at)):
            selections.follow([one.turn for one in group], group[0].records, group[0].call.looks_at)
