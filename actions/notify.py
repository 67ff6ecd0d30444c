"""`notify`: a message, once per case, to the contact, its owner, a role, a person or a channel."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from actions.messaging import Note, Telling, notes, permission, tell
from actions.sending import Sending
from engine.language.arguments import argument, choice, message_name, pace, word
from engine.language.audience import EMAIL, THE_CONTACT
from engine.language.recipients import recipient, ways
from engine.language.scope import Scope
from engine.language.source import Mapping, Node, Scalar, Sequence
from engine.language.speech import Speech
from engine.language.statement import Statement
from engine.vocabulary.effect import Effect
from engine.vocabulary.outcome import Outcome
from engine.vocabulary.pace import Pace
from engine.vocabulary.wording import bilingual

PACE_UNITS = {
    "minute": bilingual(en="a minute", sv="i minuten"),
    "hour": bilingual(en="an hour", sv="i timmen"),
    "day": bilingual(en="a day", sv="om dagen"),
}
AT_ONCE, IN_DAILY_DIGEST = "at_once", "in_daily_digest"


@dataclass(frozen=True, slots=True)
class Notify:
    """Send a message. To the contact it needs a purpose, for which there must be consent; `legal_duty` passes."""

    verb: ClassVar[str] = "notify"
    effect: ClassVar[Effect] = Effect.REMOTE
    shorthand: ClassVar[str] = ""

    to: str = argument(recipient, about="`the contact`, `contact owner`, a person, a role or a channel")
    using: str = argument(message_name, about="the text, by its name under `messages`")
    purpose: str = argument(
        word, "", about="what it is for, which the contact must have consented to; required where `to` is `the contact`"
    )
    by: tuple[str, ...] = argument(
        ways, (), about="`email` and channels; without it e-mail, or the channel that `to` names"
    )
    pace: Pace | None = argument(pace, None, about="at most so many of this action within such a time; the others wait")
    send: str = argument(
        choice(AT_ONCE, IN_DAILY_DIGEST), AT_ONCE, about="alone, or with others in one letter a day at `mail.digest_at`"
    )

    @staticmethod
    def check(scope: Scope, node: Node) -> None:
        """Note a message to the contact without a purpose, and settings that do not go together."""
        if not isinstance(node, Mapping):
            return
        to = node.get("to")
        if isinstance(to, Scalar):
            _check_contact(scope, node, to) if to.text == THE_CONTACT else _check_channel(scope, node, to)
        pace, send = node.get("pace"), node.get("send")
        if pace is not None and _text(send) == IN_DAILY_DIGEST:
            scope.report("R004", pace.place, "a daily digest is one letter and has no pace", "leave one of the two out")

    def words(self, speech: Speech) -> Statement:
        """Return to whom the message goes and how, its text, and what keeps it from going out."""
        ways = speech.ways(self.to, self.by)
        text, conditions = speech.message(self.using), tuple(self._conditions(speech))
        if self.is_gathered:
            when = speech.say(en="gathered in one letter a day", sv="samlat i ett brev om dagen")
        else:
            when = speech.say(en="at once", sv="genast")
        whom = speech.whom(self.to)
        return speech.state(
            en=f"A message is sent {ways}, {when}, to {whom}:",
            sv=f"Ett meddelande skickas {ways}, {when}, till {whom}:",
            parts=(*text, *conditions),
        )

    def _conditions(self, speech: Speech) -> Iterator[Statement]:
        if self.pace is not None:
            pace = f"{speech.number(self.pace.count)} {speech.wording(PACE_UNITS[self.pace.unit])}"
            yield speech.state(en=f"The pace is {pace} at most.", sv=f"Takten är högst {pace}.")
        if self.to == THE_CONTACT:
            yield permission(self.purpose, speech)

    @property
    def is_gathered(self) -> bool:
        """True when the message goes out with others in one letter a day."""
        return self.send == IN_DAILY_DIGEST

    def notes(self, sending: Sending) -> Outcome | tuple[Note, ...]:
        """Return the message as it goes to each destination, or why it is withheld."""
        return notes(sending, Telling(self.to, self.using, self.purpose, self.by))

    def perform(self, sending: Sending) -> Outcome:
        """Send the message, or say why it was withheld."""
        found = self.notes(sending)
        return found if isinstance(found, Outcome) else tell(sending, found)


def _check_contact(scope: Scope, node: Mapping, to: Scalar) -> None:
    if node.get("purpose") is None:
        remedy = "say what it is for: `purpose: marketing`, or `legal_duty` where the law asks for it"
        scope.report("R102", to.place, "a message to the contact needs `purpose`", remedy)
    send = node.get("send")
    if send is not None and _text(send) == IN_DAILY_DIGEST:
        message = "a daily digest gathers what is said of many contacts, so none of them can have it"
        scope.report("R004", send.place, message, f"write `{AT_ONCE}`")
    for way in _items(node.get("by")):
        if _text(way) != EMAIL:
            scope.report("R004", way.place, "the contact is reached by e-mail only", f"write `by: [{EMAIL}]`")


def _check_channel(scope: Scope, node: Mapping, to: Scalar) -> None:
    if scope.audience is None or to.text not in scope.audience.channels:
        return
    for way in _items(node.get("by")):
        if _text(way) == EMAIL:
            scope.report("R004", way.place, "a channel has no e-mail address", "name a person or a role in `to`")


def _items(node: Node | None) -> tuple[Node, ...]:
    return node.items if isinstance(node, Sequence) else ()


def _text(node: Node | None) -> str:
    return node.text if isinstance(node, Scalar) else ""
