"""`raise_alert`: a notice on the contact's card for as long as the case is open."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from actions.settling import Settling, alike
from engine.language.arguments import MOST_PRIORITY, argument, choice, choices, template, whole_number, word, yes_no
from engine.language.speech import Speech
from engine.language.statement import Statement
from engine.language.template import Template
from engine.vocabulary.effect import Effect
from engine.vocabulary.wording import bilingual

USES = {
    "email": bilingual(en="e-mail", sv="e-post"),
    "phone": bilingual(en="phone calls", sv="telefonsamtal"),
    "mailing": bilingual(en="mailings", sv="massutskick"),
    "export": bilingual(en="export", sv="export"),
    "profiling": bilingual(en="profiling", sv="profilering"),
    "letter": bilingual(en="letters", sv="brev"),
    "sms": bilingual(en="text messages", sv="sms"),
    "visit": bilingual(en="visits", sv="besök"),
}
SEVERITIES = {
    "info": bilingual(en="an alert for information", sv="en upplysande avisering"),
    "warning": bilingual(en="a warning alert", sv="en varnande avisering"),
    "blocking": bilingual(en="a blocking alert", sv="en spärrande avisering"),
}
DEFAULT_PRIORITY = 100


@dataclass(frozen=True, slots=True)
class RaiseAlert:
    """Raise an alert. The lowest priority number is shown first; `blocks` names the uses that it forbids."""

    verb: ClassVar[str] = "raise_alert"
    effect: ClassVar[Effect] = Effect.STATE
    shorthand: ClassVar[str] = "message"

    message: Template = argument(template, about="what the alert says")
    severity: str = argument(choice(*SEVERITIES), "info", about="how grave it is")
    priority: int = argument(whole_number(0, MOST_PRIORITY), DEFAULT_PRIORITY, about="the lowest number is shown first")
    blocks: tuple[str, ...] = argument(choices(*USES), (), about="uses that it forbids; the card lists them as blocked")
    image: str = argument(word, "", about="the name of a picture; kept, and shown nowhere by this version")
    suggest_follow_up: bool = argument(yes_no, False, about="kept, and shown nowhere by this version")

    def words(self, speech: Speech) -> Statement:
        """Return what the alert says, how serious it is, and what it forbids."""
        severity, message = (
            speech.wording(SEVERITIES[self.severity]),
            speech.tongue.quoted(speech.template(self.message)),
        )
        return speech.state(
            en=f"For as long as this is true, {severity} is shown on {speech.owner} card: {message}",
            sv=f"Så länge detta är uppfyllt visas {severity} på {speech.owner} kort: {message}",
            parts=tuple(self._settings(speech)),
        )

    def _settings(self, speech: Speech) -> Iterator[Statement]:
        if self.blocks:
            uses = speech.tongue.both([speech.wording(USES[one]) for one in self.blocks])
            yield speech.state(en=f"It forbids these uses: {uses}.", sv=f"Den förbjuder dessa användningar: {uses}.")
        if self.suggest_follow_up:
            yield speech.state(en="It suggests following up.", sv="Den föreslår en uppföljning.")
        if self.image:
            image = speech.tongue.quoted(self.image)
            yield speech.state(en=f"It is shown with the image {image}.", sv=f"Den visas med bilden {image}.")
        rank = speech.number(self.priority)
        yield speech.state(
            en=f"Its rank among alerts is {rank} (the lowest number is shown first).",
            sv=f"Dess ordningstal bland aviseringarna är {rank} (lägst tal visas först).",
        )

    @classmethod
    def settle(cls, settlings: Sequence[Settling]) -> None:
        """Raise alerts for cases that opened, let them fall for those that closed."""
        from engine.store import alerts  # noqa: PLC0415 - rules are read without a store

        for group in alike(settlings, lambda one: one.late):
            alerts.follow(
                [
                    alerts.Raising(
                        one.turn, one.number, one.call.severity, one.call.priority, ",".join(one.call.blocks)
                    )
                    for one in group
                ],
                late=group[0].late,
            )
