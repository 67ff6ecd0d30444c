"""`request_review`: a person is asked about the case, for as long as it is open."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from actions.settling import Settling, alike
from engine.language.arguments import argument, duration, wording
from engine.language.recipients import person_or_role
from engine.language.speech import Speech
from engine.language.statement import Statement
from engine.vocabulary.duration import Duration
from engine.vocabulary.effect import Effect
from engine.vocabulary.wording import Wording


@dataclass(frozen=True, slots=True)
class RequestReview:
    """Ask a person about the case, once for as long as it is open. `ansgar reviews` has the questions and answers."""

    verb: ClassVar[str] = "request_review"
    effect: ClassVar[Effect] = Effect.STATE
    shorthand: ClassVar[str] = ""

    from_: str = argument(person_or_role, about="who is to answer: a person or a role")
    question: Wording = argument(wording, about="what is asked; `carry_out` answers it with yes, `keep` with no")
    within: Duration | None = argument(
        duration, None, about="when an answer is due, counted from the question; without one it stays unanswered"
    )

    def words(self, speech: Speech) -> Statement:
        """Return who is asked what, and until when."""
        whom, question = speech.whom(self.from_), speech.tongue.quoted(speech.wording(self.question))
        length = speech.duration(self.within) if self.within is not None else ""
        due = speech.say(en=f", to be answered within {length}", sv=f", att besvara inom {length}") if length else ""
        return speech.state(
            en=f"For as long as this is true, a question is put to {whom}{due}: {question}",
            sv=f"Så länge detta är uppfyllt ställs en fråga till {whom}{due}: {question}",
            parts=(
                speech.state(
                    en="Whoever answers gives a reason, and is somebody other than the last editor of the rule. "
                    "Nothing happens by itself where nobody answers.",
                    sv="Den som svarar anger skäl, och är någon annan än den som senast ändrade regeln. Inget sker av "
                    "sig självt om ingen svarar.",
                ),
            ),
        )

    @classmethod
    def settle(cls, settlings: Sequence[Settling]) -> None:
        """Ask about cases that opened, let the questions about those that closed be void."""
        from engine.store import reviews  # noqa: PLC0415 - rules are read without a store

        for group in alike(settlings, lambda one: one.call.verb):
            asked = [
                reviews.Request(
                    one.turn,
                    one.number,
                    one.call.within.after(one.moment.now, one.moment) if one.call.within else None,
                )
                for one in group
            ]
            reviews.follow(asked)
