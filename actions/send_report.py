"""`send_report`: all that is held and was decided about the contact, once per case, as an attachment of a message."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from actions.messaging import LEGAL_DUTY, Telling, language_for, notes, tell
from actions.sending import Sending
from engine.language.arguments import argument, choice, message_name
from engine.language.audience import EMAIL, THE_CONTACT
from engine.language.recipients import reader
from engine.language.speech import Speech
from engine.language.statement import Statement
from engine.vocabulary.effect import Effect
from engine.vocabulary.outcome import Outcome
from engine.vocabulary.wording import bilingual

HTML, JSON, CSV = "html", "json", "csv"
FORMS = {
    HTML: bilingual(en="as a page to read and print", sv="som en sida att läsa och skriva ut"),
    JSON: bilingual(en="as a file that machines read", sv="som en maskinläsbar fil"),
    CSV: bilingual(en="as a table of the data alone (CSV)", sv="som en tabell med enbart uppgifterna (CSV)"),
}


@dataclass(frozen=True, slots=True)
class SendReport:
    """Send the report about the contact (GDPR Art. 15, 20). To the contact it is a legal duty: restriction passes."""

    verb: ClassVar[str] = "send_report"
    effect: ClassVar[Effect] = Effect.REMOTE
    shorthand: ClassVar[str] = ""

    to: str = argument(reader, about="`the contact`, `contact owner`, a person or a role; never a channel")
    using: str = argument(message_name, about="the text of the message, by its name under `messages`")
    as_: str = argument(
        choice(*FORMS), HTML, about="a page for people, a file for machines, or a table of the data alone"
    )

    def words(self, speech: Speech) -> Statement:
        """Return to whom the report goes and in which form, the text that comes with it, and what keeps it back."""
        whom, form = speech.whom(self.to), speech.wording(FORMS[self.as_])
        return speech.state(
            en=f"A report on all that is held and was decided about {speech.record} is sent by e-mail to {whom}, "
            f"{form}, with this message:",
            sv=f"Ett registerutdrag, med allt som finns och har beslutats om {speech.record}, skickas med e-post till "
            f"{whom}, {form}, med detta meddelande:",
            parts=(*speech.message(self.using), *self._conditions(speech)),
        )

    def _conditions(self, speech: Speech) -> Iterator[Statement]:
        if self.to == THE_CONTACT:
            yield speech.state(
                en="It is sent as a legal duty (GDPR Art. 15), whatever the consents, objections and restrictions, but "
                "not where the person has died.",
                sv="Det skickas som en rättslig skyldighet (GDPR art. 15), oavsett samtycken, invändningar och "
                "begränsningar, men inte om personen har avlidit.",
            )

    def perform(self, sending: Sending) -> Outcome:
        """Send the report, or say why it was withheld."""
        if self.to == THE_CONTACT and "deceased" in sending.set_flags:
            return Outcome("withheld", "DECEASED")  # the right of access is the living person's, the mailbox is not
        found = notes(sending, Telling(self.to, self.using, LEGAL_DUTY, (EMAIL,)))
        if isinstance(found, Outcome):
            return found
        letters = [note for note in found if note.by == EMAIL]
        if not letters:
            return Outcome("withheld", "NO_ADDRESS")
        report = sending.report(self.as_, language_for(sending, self.to))
        return Outcome("withheld", "GONE") if report is None else tell(sending, letters, (report,))
