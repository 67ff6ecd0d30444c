"""Sentences of `check`: when a rule looks, and which events it waits for."""

from collections.abc import Iterator
from datetime import date

from engine.language.check import Check
from engine.language.event_pattern import (
    EventKind,
    EventPattern,
    Expected,
    FieldChange,
    Following,
    Repeated,
    Unfollowed,
)
from engine.language.speech import Speech
from engine.language.statement import Statement
from engine.model.names import FIELDS
from engine.vocabulary.schedule_sentences import scheduled
from engine.vocabulary.wording import bilingual

OCCASIONS = {
    "created": bilingual(en="created", sv="skapas"),
    "changed": bilingual(en="changed", sv="ändras"),
    "merged": bilingual(en="merged with another", sv="slås samman med en annan post"),
    "imported": bilingual(en="imported", sv="importeras"),
}

_FLAGS = {"true": True, "false": False}


def occasions(check: Check, speech: Speech) -> Iterator[Statement]:
    """Give each occasion on which a rule looks."""
    record = speech.record
    if check.asked:
        asked = speech.tongue.quoted(check.asked)
        yield speech.state(
            en=f"Only when a person, or another system, asks for it ({asked}).",
            sv=f"Bara när en person eller ett annat system begär det ({asked}).",
        )
        return
    if check.always:
        yield speech.state(
            en="Whenever something changes that the criteria read, and at the very moment at which time alone makes "
            "them true or untrue.",
            sv="När något ändras som villkoren läser, och i det ögonblick då tiden ensam gör att de blir uppfyllda "
            "eller upphör att vara det.",
        )
        return
    if check.schedule is not None:
        yield _on_schedule(check, speech)
    if check.when:
        kinds = speech.tongue.either([speech.wording(words) for kind, words in OCCASIONS.items() if kind in check.when])
        yield speech.state(en=f"When {record} is {kinds}.", sv=f"När {record} {kinds}.")
    if check.changed is None:
        yield speech.state(
            en="Whenever something changes that the criteria read.", sv="När något ändras som villkoren läser."
        )
    elif check.changed:
        yield _on_change(check.changed, speech)
    if check.pattern is not None:
        yield _on_events(check, check.pattern, speech)


def _on_schedule(check: Check, speech: Speech) -> Statement:
    times = scheduled(check.schedule, speech.tongue) if check.schedule is not None else ""
    if check.if_missed == "skip":
        return speech.state(
            en=f"{times}; a time at which the service is down is left out.",
            sv=f"{times}; en gång då tjänsten står stilla hoppas över.",
        )
    return speech.state(
        en=f"{times}; if the service is down at that time, once as soon as it is up again.",
        sv=f"{times}; om tjänsten då står stilla, en gång så snart den är igång igen.",
    )


def _on_change(names: frozenset[str], speech: Speech) -> Statement:
    changed = [
        f"{speech.owner} {speech.collection_name(name)}" if name in speech.entity.collections else speech.field((name,))
        for name in sorted(names)
    ]
    one_of = speech.tongue.either(changed)
    return speech.state(en=f"When {one_of} changes.", sv=f"När {one_of} ändras.")


def _on_events(check: Check, pattern: EventPattern, speech: Speech) -> Statement:
    happening = _pattern(pattern, speech)
    if check.sole_pattern is None:
        return speech.state(en=f"When {happening}.", sv=f"När {happening}.")
    return speech.state(
        en=f"Only when {happening}. For all others nothing begins, changes or ends.",
        sv=f"Bara när {happening}. För alla andra varken börjar, ändras eller slutar något.",
    )


def _pattern(pattern: EventPattern, speech: Speech) -> str:
    event = _event(pattern.event, speech)
    match pattern:
        case FieldChange():
            return event
        case Repeated(times=times, within=within):
            number, length = speech.number(times), speech.duration(within)
            return speech.say(en=f"{event} {number} times within {length}", sv=f"{event} {number} gånger inom {length}")
        case Following(after=first, within=within):
            other, length = _event(first, speech), speech.duration(within)
            return speech.say(
                en=f"{event} within {length} after {other}", sv=f"{event} inom {length} efter att {other}"
            )
        case Unfollowed(not_followed_by=missing, within=within):
            other, length = _event(missing, speech), speech.duration(within)
            return speech.say(
                en=f"{event} and it does not happen within {length} that {other}",
                sv=f"{event} och det inom {length} inte händer att {other}",
            )


def _event(kind: EventKind, speech: Speech) -> str:
    """Return a kind of event as a clause."""
    expected = {one.field: one for one in kind.expected}
    if kind.field is None:
        name = speech.tongue.quoted(kind.name)
        happens = speech.say(en=f"the event {name} arrives", sv=f"händelsen {name} kommer in")
        where = [f"{speech.named(FIELDS, one.field)} {_values(one, speech)}" for one in kind.expected]
        return happens + (f" ({speech.tongue.both(where)})" if where else "")
    changes = [speech.say(en=f"{speech.field((kind.field,))} changes", sv=f"{speech.field((kind.field,))} ändras")]
    if (before := expected.pop("from", None)) is not None:
        changes.append(speech.say(en=f"from {_values(before, speech)}", sv=f"från {_values(before, speech)}"))
    if (after := expected.pop("to", None)) is not None:
        changes.append(speech.say(en=f"to {_values(after, speech)}", sv=f"till {_values(after, speech)}"))
    rest = [f"{speech.named(FIELDS, one.field)} {_values(one, speech)}" for one in expected.values()]
    return " ".join(changes) + (f" ({speech.tongue.both(rest)})" if rest else "")


def _values(expected: Expected, speech: Speech) -> str:
    return speech.tongue.either([speech.value(_plain(text)) for text in sorted(expected.values)])


def _plain(text: str) -> object:
    """Return the value that events are compared with as what it looks like: they keep it as text."""
    if text in _FLAGS:
        return _FLAGS[text]
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text
