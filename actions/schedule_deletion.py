"""`schedule_deletion`: the contact is erased after a grace period, unless the rule stops being true before."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from actions.deletion_sentences import aftermath, course
from actions.messaging import OWN_WARNING, own_letter
from engine.language.approval import Approval, approval
from engine.language.arguments import (
    SLUG_SHAPE,
    TEXT,
    Shape,
    argument,
    choice,
    duration,
    message_name,
    only,
    shaped,
    word,
)
from engine.language.recipients import recipient
from engine.language.scope import Scope
from engine.language.source import Mapping, Node, Sequence
from engine.language.speech import Speech
from engine.language.statement import Statement
from engine.model.facts import ENDED
from engine.vocabulary.calendar import Moment
from engine.vocabulary.duration import Duration, DurationError, read_duration
from engine.vocabulary.effect import Effect

START = "start"
DEFAULT_WARNING = ""  # the service's own words
DEFAULT_BIN = Duration(days=14)
_NOTICE: Shape = {
    "type": "object",
    "properties": {"to": TEXT, "using": SLUG_SHAPE},
    "required": ["to", "using"],
    "additionalProperties": False,
    "description": "`{to: …, using: message}`",
}
_ONE_WARNING: Shape = {
    "type": "object",
    "properties": {"to": TEXT, "using": SLUG_SHAPE, "at": {"type": "string", "examples": [START, "7 days before"]}},
    "required": ["to"],
    "additionalProperties": False,
}
_WARNINGS: Shape = {
    "anyOf": [_ONE_WARNING, {"type": "array", "items": _ONE_WARNING}],
    "description": f"a list of `{{to: …, using: message, at: {START} or 7 days before}}`",
}


@dataclass(frozen=True, slots=True)
class Forewarning:
    """A message before a deletion: to whom, with which text, and how long before it is due (None: at its start)."""

    to: str
    using: str
    before: Duration | None

    def at(self, scheduled: datetime, due: datetime, moment: Moment) -> datetime:
        """Return when it goes out; never before the deletion was scheduled."""
        if self.before is None:
            return scheduled
        return max(scheduled, self.before.earlier(due, moment))


@dataclass(frozen=True, slots=True)
class Notice:
    """A message after a deletion."""

    to: str
    using: str


@shaped(_WARNINGS)
def _warnings(scope: Scope, node: Node) -> tuple[Forewarning, ...] | None:
    items = scope.sequence(node, "`warn`") if not isinstance(node, Mapping) else Sequence((node,), node.place)
    if items is None:
        return None
    found = [_warning(scope, item) for item in items.items]
    return tuple(one for one in found if one is not None) if None not in found else None


def _warning(scope: Scope, node: Node) -> Forewarning | None:
    block = scope.keyed(node, "a warning", ("to",), ("using", "at"))
    if block is None:
        return None
    using, at = block.get("using"), block.get("at")
    whom, text = recipient(scope, block["to"]), message_name(scope, using) if using is not None else DEFAULT_WARNING
    when = word(scope, at) if at is not None else START
    if whom is None or text is None or when is None:
        return None
    if when == START:
        return Forewarning(whom, text, None)
    try:
        return Forewarning(whom, text, read_duration(when.removesuffix(" before")))
    except DurationError as error:
        scope.report("R113", (at or block).place, f"`{when}`: {error}", "write `start` or `7 days before`")
        return None


@shaped(_NOTICE)
def _notice(scope: Scope, node: Node) -> Notice | None:
    block = scope.keyed(node, "`confirm`", ("to", "using"))
    if block is None:
        return None
    whom, text = recipient(scope, block["to"]), message_name(scope, block["using"])
    return Notice(whom, text) if whom and text else None


def _is_nothing(text: str) -> bool:
    """True for a duration in which no time passes, however it is written; what is none is reported elsewhere."""
    try:
        return read_duration(text).is_zero
    except DurationError:
        return False


def _warned(warning: Forewarning, speech: Speech) -> Statement:
    whom = speech.whom(warning.to)
    if warning.before is None:
        when = speech.say(en="At the start of the period of grace", sv="När väntetiden börjar")
    else:
        length = speech.duration(warning.before)
        when = speech.say(en=f"{length} before the deletion", sv=f"{length} före raderingen")
    return speech.state(
        en=f"{when}, a warning goes by e-mail to {whom}:",
        sv=f"{when} går en varning med e-post till {whom}:",
        parts=speech.message(warning.using) if warning.using else own_letter(OWN_WARNING, speech),
    )


def _confirmed(notice: Notice, speech: Speech) -> Statement:
    whom = speech.whom(notice.to)
    return speech.state(
        en=f"Once the data is deleted, word goes by e-mail to {whom}:",
        sv=f"När uppgifterna är raderade går ett besked med e-post till {whom}:",
        parts=speech.message(notice.using),
    )


@dataclass(frozen=True, slots=True)
class ScheduleDeletion:
    """Erase the contact once the grace period has passed and the rule is still true, seen afresh, twice."""

    verb: ClassVar[str] = "schedule_deletion"
    effect: ClassVar[Effect] = Effect.IRREVERSIBLE
    shorthand: ClassVar[str] = ""
    looks_at: ClassVar[frozenset[str]] = frozenset({ENDED})  # what was cancelled for a reason that passes begins anew

    grace: Duration = argument(
        duration, about="from the opening of the case to the deletion; `0 days` only with an `approval`"
    )
    how: str = argument(choice("erase"), "erase", about="the one way of this version")
    purposes: str = argument(
        only("all", "deleting for some purposes only is not part of this version"),
        "",
        about="`all` also deletes whom a valid legal basis would keep (OTHER_BASIS)",
    )
    warn: tuple[Forewarning, ...] = argument(
        _warnings, (), about="who is told before; without `using` in the service's own words"
    )
    approval: Approval | None = argument(approval, None, about="whose word is needed once it is due")
    recycle_bin: Duration = argument(duration, DEFAULT_BIN, about="how long it can be restored")
    confirm: Notice | None = argument(_notice, None, about="who is told after")

    def words(self, speech: Speech) -> Statement:
        """Return when it happens, who is told, and what keeps it from happening."""
        length, record = speech.duration(self.grace), speech.record
        told = [_warned(one, speech) for one in self.warn]
        confirmed = [_confirmed(self.confirm, speech)] if self.confirm is not None else []
        asked = [self.approval.words(speech)] if self.approval is not None else []
        between = (*course(speech, all_purposes=bool(self.purposes)), *asked)
        return speech.state(
            en=f"All data about {record} is deleted once this has been true for {length} (the period of grace).",
            sv=f"Alla uppgifter om {record} raderas när detta har varit uppfyllt i {length} (väntetiden).",
            parts=(*told, *between, *aftermath(self.recycle_bin, speech), *confirmed),
        )

    @staticmethod
    def check(scope: Scope, node: Node) -> None:
        """Note a grace of nothing where nobody is asked either."""
        grace = node.get("grace") if isinstance(node, Mapping) else None
        is_asked = isinstance(node, Mapping) and node.get("approval") is not None
        if grace is not None and not is_asked and _is_nothing(getattr(grace, "text", "")):
            remedy = "give people time: `grace: 14 days`, or let somebody approve: `approval: {from: dpo}`"
            scope.report("R118", grace.place, "a grace of `0 days` needs an `approval`", remedy)
