"""The reminder of a deadline: the service's own notice to the rule's owner; no verb that rules write."""

from dataclasses import dataclass
from typing import ClassVar

from actions.messaging import LEGAL_DUTY, OwnWords, Telling, send
from actions.sending import Sending
from engine.language.speech import Speech
from engine.language.statement import Statement
from engine.vocabulary.effect import Effect
from engine.vocabulary.outcome import Outcome

OWN_WORDS: OwnWords = {
    "en": ("A deadline is near", "Something must be done about a contact by {}. Rule: {}."),
    "sv": ("En tidsfrist närmar sig", "Något måste göras för en kontakt senast den {}. Regel: {}."),
}


@dataclass(frozen=True, slots=True)
class Reminder:
    """Tell a person or role that a case is at risk of becoming late."""

    verb: ClassVar[str] = "reminder"
    effect: ClassVar[Effect] = Effect.REMOTE
    shorthand: ClassVar[str] = ""

    to: str

    def words(self, speech: Speech) -> Statement:
        """Return who is reminded."""
        whom = speech.whom(self.to)
        return speech.state(en=f"A reminder is sent to {whom}.", sv=f"En påminnelse skickas till {whom}.")

    def perform(self, sending: Sending) -> Outcome:
        """Send the reminder, or say why it was withheld."""
        deadline = sending.rule.deadline
        due = deadline.due_at(sending.facts, sending.moment) if deadline else None
        return send(sending, Telling(self.to, "", LEGAL_DUTY, due=due, own=OWN_WORDS))
