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

    message: Template = argument(template)
    severity: str = argument(choice("info", "warning", "blocking"), "info")
    priority: int = argument(whole_number(0, MOST_PRIORITY), DEFAULT_PRIORITY)
    blocks: tuple[str, ...] = argument(choices(*USES), ())
    image: str = argument(word, "")
    suggest_follow_up: bool = argument(yes_no, False)

    def settle(self, settling: Settling) -> None:
        """Raise the alert for cases that opened, let it fall for those that closed."""
        from engine.store import alerts  # noqa: PLC0415 - rules are read without a store

        settings = {"severity": self.severity, "priority": self.priority, "blocks": ",".join(self.blocks)}
        alerts.follow(settling.connection, settling.key, settling.call, settling.now, settings, late=settling.late)
