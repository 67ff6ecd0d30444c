"""`call_webhook`: a webhook of the configuration is told of the case."""

from dataclasses import dataclass
from typing import ClassVar

from actions.asking import ask
from actions.sending import Sending
from engine.language.arguments import argument
from engine.language.recipients import webhook_name
from engine.vocabulary.effect import Effect
from engine.vocabulary.outcome import Outcome


@dataclass(frozen=True, slots=True)
class CallWebhook:
    """Call a webhook by the name that the configuration gives it. The case is the payload, not the contact's values."""

    verb: ClassVar[str] = "call_webhook"
    effect: ClassVar[Effect] = Effect.REMOTE
    shorthand: ClassVar[str] = "name"

    name: str = argument(webhook_name, about="a webhook of the configuration")

    def perform(self, sending: Sending) -> Outcome:
        """Call it, or say why it was withheld."""
        endpoint = sending.outside.webhooks.get(self.name)
        if endpoint is None:
            return Outcome("withheld", "NO_WEBHOOK")
        return ask(sending, endpoint, "case.reported", {})
