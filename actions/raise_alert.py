"""`raise_alert`: a notice on the contact's card for as long as the case is open."""

from dataclasses import dataclass
from typing import ClassVar

from actions.settling import Settling
from engine.language.arguments import MOST_PRIORITY, argument, choice, choices, template, whole_number, word, yes_no
from engine.language.template import Template
from engine.vocabulary.effect import Effect

USES = ("email", "phone", "mailing", "export", "profiling", "letter", "sms", "visit")
DEFAULT_PRIORITY = 100


@dataclass(frozen=True, slots=True)
class RaiseAlert:
    """Raise an alert. The lowest priority number is shown first; `blocks` names the uses that it forbids."""

    verb: ClassVar[str] = "raise_alert"
    effect: ClassVar[Effect] = Effect.STATE
    shorthand: ClassVar[str] = "message"

    message: Template = argument(template, about="what the alert says")
    severity: str = argument(choice("info", "warning", "blocking"), "info", about="how grave it is")
    priority: int = argument(whole_number(0, MOST_PRIORITY), DEFAULT_PRIORITY, about="the lowest number is shown first")
    blocks: tuple[str, ...] = argument(choices(*USES), (), about="uses that it forbids; the card lists them as blocked")
    image: str = argument(word, "", about="the name of a picture; kept, and shown nowhere by this version")
    suggest_follow_up: bool = argument(yes_no, False, about="kept, and shown nowhere by this version")

    def settle(self, settling: Settling) -> None:
        """Raise the alert for cases that opened, let it fall for those that closed."""
        from engine.store import alerts  # noqa: PLC0415 - rules are read without a store

        settings = {"severity": self.severity, "priority": self.priority, "blocks": ",".join(self.blocks)}
        alerts.follow(settling.connection, settling.key, settling.call, settling.now, settings, late=settling.late)
