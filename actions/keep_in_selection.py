"""`keep_in_selection`: membership follows the case, in and out."""

from dataclasses import dataclass
from typing import ClassVar

from actions.settling import Settling
from engine.language.arguments import argument, slug, word, yes_no
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

    def settle(self, settling: Settling) -> None:
        """Let members join and leave as cases opened and closed."""
        from engine.store import selections  # noqa: PLC0415 - rules are read without a store

        selections.follow(
            settling.connection,
            settling.records,
            settling.key,
            settling.now,
            marketing=self.purpose.casefold() == selections.MARKETING,
            include_restricted=self.include_restricted,
        )
