"""`create_task`: a follow-up in the CRM, for a person, a role or the contact's owner."""

from dataclasses import dataclass
from typing import ClassVar

from actions.asking import ask
from actions.sending import CRM, Sending
from engine.language.arguments import argument, duration, template
from engine.language.audience import CONTACT_OWNER
from engine.language.recipients import colleague
from engine.language.speech import Speech
from engine.language.statement import Statement
from engine.language.template import Setting, Template
from engine.vocabulary.duration import Duration
from engine.vocabulary.effect import Effect
from engine.vocabulary.outcome import Outcome


@dataclass(frozen=True, slots=True)
class CreateTask:
    """Ask the CRM for a task. `due` counts from the opening of the case, so that a late attempt moves nothing."""

    verb: ClassVar[str] = "create_task"
    effect: ClassVar[Effect] = Effect.REMOTE
    shorthand: ClassVar[str] = ""

    for_: str = argument(colleague, about="`contact owner`, a person or a role")
    title: Template = argument(template, about="what is to be done; the CRM gets it in the first configured language")
    due: Duration | None = argument(
        duration, None, about="when it is to be done by, counted from the opening of the case"
    )

    @property
    def receiver(self) -> str:
        """Who is called."""
        return CRM

    def words(self, speech: Speech) -> Statement:
        """Return for whom the task is, what it says, and when it is due."""
        title, whom = speech.tongue.quoted(speech.template(self.title)), speech.whom(self.for_)
        length = speech.duration(self.due) if self.due is not None else ""
        due = speech.say(en=f", to be done within {length}", sv=f", att utföra inom {length}") if length else ""
        return speech.state(
            en=f"A task is created in the CRM for {whom}: {title}{due}.",
            sv=f"En uppgift skapas i CRM-systemet för {whom}: {title}{due}.",
        )

    def perform(self, sending: Sending) -> Outcome:
        """Ask for the task, or say why it was withheld."""
        crm = sending.outside.crm
        if crm is None:
            return Outcome("withheld", "NO_CRM")
        whom = sending.owner if self.for_ == CONTACT_OWNER else self.for_
        if not whom:
            return Outcome("withheld", "NO_ADDRESS")
        due = self.due.after(sending.since, sending.moment).isoformat() if self.due else None
        title = self.title.render(sending.values, Setting(sending.moment.zone, sending.languages[0]))
        people = [one.name for one in sending.named(self.for_)]
        return ask(sending, crm, "task.requested", {"for": whom, "people": people, "title": title, "due_at": due})
