"""`call_webhook`: a webhook of the configuration is told of the case."""

from dataclasses import dataclass
from typing import ClassVar

from actions.asking import ask
from actions.sending import Sending
from engine.language.arguments import argument
from engine.language.recipients import webhook_name
from engine.language.speech import Speech
from engine.language.statement import Statement
from engine.vocabulary.effect import Effect
from engine.vocabulary.outcome import Outcome


@dataclass(frozen=True, slots=True)
class CallWebhook:
    """Call a webhook by the name that the configuration gives it. The case is the payload, not the contact's values.

    Of a contact whose processing is restricted nothing goes outside (GDPR Art. 18).
    """

    verb: ClassVar[str] = "call_webhook"
    effect: ClassVar[Effect] = Effect.REMOTE
    shorthand: ClassVar[str] = "name"

    name: str = argument(webhook_name, about="a webhook of the configuration")

    @property
    def receiver(self) -> str:
        """Who is called."""
        return f"webhooks.{self.name}"

    def words(self, speech: Speech) -> Statement:
        """Return which system is told."""
        name, record = speech.tongue.quoted(self.name), speech.record
        return speech.state(
            en=f"The outside system {name} is told that this has happened, with the number of {record} and no other "
            "data about it.",
            sv=f"Det externa systemet {name} får veta att detta har hänt, med numret på {record} och inga andra "
            "uppgifter.",
            parts=(
                speech.state(
                    en="Nothing is told where the processing is restricted.",
                    sv="Inget lämnas ut om behandlingen är begränsad.",
                ),
            ),
        )

    def perform(self, sending: Sending) -> Outcome:
        """Call it, or say why it was withheld."""
        endpoint = sending.outside.webhooks.get(self.name)
        if endpoint is None:
            return Outcome("withheld", "NO_WEBHOOK")
        if sending.is_restricted("export"):
            return Outcome("withheld", "RESTRICTED")
        return ask(sending, endpoint, "case.reported", {})
