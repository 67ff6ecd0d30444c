"""`notify`: a message, once per case, to the contact, its owner, a role or a person."""

from dataclasses import dataclass
from typing import ClassVar

from actions.messaging import THE_CONTACT, Sending, send
from engine.language.arguments import argument, message_name, only, word
from engine.language.scope import Scope
from engine.language.source import Mapping, Node
from engine.vocabulary.effect import Effect
from engine.vocabulary.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Notify:
    """Send a message. To the contact it needs a purpose, for which there must be consent; `legal_duty` passes."""

    verb: ClassVar[str] = "notify"
    effect: ClassVar[Effect] = Effect.REMOTE
    shorthand: ClassVar[str] = ""

    to: str = argument(word)
    using: str = argument(message_name)
    purpose: str = argument(word, "")
    send: str = argument(only("at_once", "a daily digest is not part of this version"), "at_once")

    @staticmethod
    def check(scope: Scope, node: Node) -> None:
        """Note a message to the contact without a purpose."""
        to, purpose = (node.get(key) if isinstance(node, Mapping) else None for key in ("to", "purpose"))
        if to is not None and getattr(to, "text", "") == THE_CONTACT and purpose is None:
            remedy = "say what it is for: `purpose: marketing`, or `legal_duty` where the law asks for it"
            scope.report("R102", to.place, "a message to the contact needs `purpose`", remedy)

    def perform(self, sending: Sending) -> Outcome:
        """Send the message, or say why it was withheld."""
        return send(sending, self.to, self.using, self.purpose)
