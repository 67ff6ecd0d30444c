"""Looking at a rehearsal: what there is to see of its record, in the words in which tests expect it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from actions.schedule_deletion import ScheduleDeletion
from engine.language.expectations import CASE, DELETION_WARNING, LIMIT, NONE, REMINDER, VERDICT, Found
from engine.language.rule import Rule
from engine.service import effects
from engine.service.effects import CONFIRMATION, WARNING
from engine.service.rehearsal import Rehearsal, Sight
from engine.store import alerts, deletion_queue, reviews, selections
from engine.store.database import Connection
from engine.store.deletions import Deletion
from engine.store.intents import DONE
from engine.store.intents import WITHHELD as NOT_SENT
from engine.store.rehearsal import Effect
from engine.vocabulary.verdict import Verdict

GONE = "gone"  # the record was deleted
TASK, FIELD, REPORT = "task.requested", "field.requested", "case.reported"  # what events to others are about


def seen(rehearsal: Rehearsal, sight: Sight, wanted: Iterable[str]) -> dict[str, Found]:
    """Return what is to be seen after a step, of what is wanted by the keys of an expectation."""
    names = frozenset(wanted)
    found = {name: OF_THE_CASE[name](rehearsal, sight) for name in names & OF_THE_CASE.keys()}
    others = names - found.keys()
    if others:
        with rehearsal.scene.store.database.reading() as connection:
            look = _Look(rehearsal, connection, sight.key)
            found |= {name: SIGHTS[name](look) for name in others}
    return found


def message_of(rule: Rule, effect: Effect) -> str:
    """Return the name of the message that an effect sent: that of its text, or of what the service says itself.

    Empty where it asked somebody for something instead.
    """
    if effect.part == effects.REMINDER:
        return REMINDER
    call = rule.call_of(effect.part, effect.call)
    if not isinstance(call, ScheduleDeletion):
        return str(getattr(call, "using", ""))
    if effect.part == CONFIRMATION and call.confirm is not None:
        return call.confirm.using
    return call.warn[int(effect.part.removeprefix(f"{WARNING}-"))].using or DELETION_WARNING


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at a rehearsal; `key` is that of the record, None once it is gone."""

    rehearsal: Rehearsal
    connection: Connection
    key: int | None

    @property
    def deletion(self) -> Deletion | None:
        """The newest deletion that the rule has scheduled."""
        return deletion_queue.newest_of(self.connection, self.rehearsal.scene.store.tables, self.rehearsal.rule.id)


def _verdict(_rehearsal: Rehearsal, sight: Sight) -> str:
    """Return the verdict of the last run: match while a case is open, which undecided leaves as it was."""
    if sight.key is None:
        return GONE
    if sight.case is None:
        return Verdict.NO_MATCH.value
    if sight.case.undecided:
        return Verdict.UNDECIDED.value
    verdict = Verdict.MATCH if sight.case.opened_at is not None else Verdict.NO_MATCH
    return verdict.value


def _case(rehearsal: Rehearsal, sight: Sight) -> str:
    if sight.case is None:
        return "closed" if rehearsal.was_open else NONE
    return sight.case.state


def _deletion(look: _Look) -> str:
    found = look.deletion
    return found.state if found else NONE


def _reason(look: _Look) -> str:
    found = look.deletion
    return (found.reason if found else None) or NONE


def _refused(look: _Look) -> str:
    refusal = look.rehearsal.refusal
    if refusal is not None:
        return refusal.code
    return LIMIT if look.rehearsal.is_stopped else NONE


def _review(look: _Look) -> str:
    tables, of_rule = look.rehearsal.scene.store.tables, reviews.of_rule(look.rehearsal.rule.id)
    found = reviews.read(look.connection, tables, of_rule)
    return found[-1].state if found else NONE


def _messages(look: _Look) -> tuple[str, ...]:
    rules = look.rehearsal.scene.rulebook.rules
    said = (message_of(rules[one.rule], one) for one in look.rehearsal.fresh if one.state == DONE)
    return tuple(sorted(name for name in said if name))


def _withheld(look: _Look) -> tuple[str, ...]:
    return tuple(sorted({one.reason or "" for one in look.rehearsal.fresh if one.state == NOT_SENT}))


def _tasks(look: _Look) -> tuple[str, ...]:
    return tuple(sorted(str(one.data["title"]) for one in look.rehearsal.asked if one.type == TASK))


def _fields(look: _Look) -> tuple[str, ...]:
    return tuple(sorted(str(one.data["field"]) for one in look.rehearsal.asked if one.type == FIELD))


def _webhooks(look: _Look) -> tuple[str, ...]:
    return tuple(sorted(one.receiver for one in look.rehearsal.asked if one.type == REPORT))


def _selections(look: _Look) -> tuple[str, ...]:
    entity = look.rehearsal.rule.entity
    return () if look.key is None else tuple(selections.of_record(look.connection, entity, look.key))


def _alerts(look: _Look) -> tuple[str, ...]:
    if look.key is None:
        return ()
    tables, record = look.rehearsal.scene.store.tables, (look.rehearsal.rule.entity, look.key)
    return tuple(sorted({one.rule for one in alerts.raised(look.connection, tables, record=record)}))


OF_THE_CASE: Mapping[str, Callable[[Rehearsal, Sight], Found]] = {VERDICT: _verdict, CASE: _case}
SIGHTS: Mapping[str, Callable[[_Look], Found]] = {
    "deletion": _deletion,
    "reason": _reason,
    "refused": _refused,
    "review": _review,
    "messages": _messages,
    "withheld": _withheld,
    "tasks": _tasks,
    "fields": _fields,
    "webhooks": _webhooks,
    "selections": _selections,
    "alerts": _alerts,
}
