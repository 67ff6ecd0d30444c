"""Event patterns: what `when_event` waits for over the events of one record. Read by `event_pattern_text.py`."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from engine.model.past_event import PastEvent
from engine.vocabulary.duration import Duration

PREFIX = "crm."  # of CloudEvent types; patterns leave it out
CHANGED = "changed"  # `<field>.changed` is written by the service itself when it stores another value
REPLAYED = 20  # newest events of a kind that are looked at for one record: durable-rules tries every combination
MOST_DIGITS = 400  # of a number on either side of its point: more than a JSON number has where it is exact


@dataclass(frozen=True, slots=True)
class Expected:
    """What a field of an event's data is to be: one of some values, each as `said` says it."""

    field: str
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class EventKind:
    """Events of one name whose data is as expected. `field` is set for changes of that field of the record."""

    name: str
    field: str | None = None
    expected: tuple[Expected, ...] = ()

    @property
    def type(self) -> str:
        """The type under which such events are stored."""
        return self.name if self.field else PREFIX + self.name

    def takes(self, event: PastEvent) -> bool:
        """True when an event is of this kind. What its data does not say is not as expected."""
        return event.name == self.name and fits(self.expected, event.data)


@dataclass(frozen=True, slots=True)
class Repeated:
    """`times` events, each less than `within` before now."""

    event: EventKind
    times: int
    within: Duration


@dataclass(frozen=True, slots=True)
class Following:
    """An event that comes `within` a time after another one."""

    event: EventKind
    after: EventKind
    within: Duration


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A change of a field, from and to the values that are expected."""

    event: EventKind


@dataclass(frozen=True, slots=True)
class Unfollowed:
    """An event whose term has passed and that none of another kind has followed within it."""

    event: EventKind
    not_followed_by: EventKind
    within: Duration


EventPattern = Repeated | Following | FieldChange | Unfollowed


def kinds(pattern: EventPattern) -> tuple[EventKind, ...]:
    """Return every kind of event that a pattern looks at, the one that it is about first."""
    match pattern:
        case Following(event=event, after=other) | Unfollowed(event=event, not_followed_by=other):
            return event, other
    return (pattern.event,)


def occasions(pattern: EventPattern) -> tuple[EventKind, ...]:
    """Return the kinds of event whose arrival can make a pattern true; the one that excuses another cannot."""
    return (pattern.event,) if isinstance(pattern, Unfollowed) else kinds(pattern)


def watched_fields(pattern: EventPattern) -> frozenset[str]:
    """Return the fields whose changes must be written down for a pattern."""
    return frozenset(kind.field for kind in kinds(pattern) if kind.field)


def term(pattern: EventPattern) -> Duration | None:
    """Return how far back a pattern looks, or None where it looks at single events."""
    return None if isinstance(pattern, FieldChange) else pattern.within


def fits(expected: tuple[Expected, ...], data: Mapping[str, object]) -> bool:
    """True when data says all that is expected."""
    return all(said(data.get(one.field)) in one.values for one in expected)


def said(value: object) -> str | None:
    """Return a plain value as text to compare by, letters folded, `5.0` as `5`; None for what is not plain."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float() | Decimal():
            number = Decimal(str(value))
            is_plain = number.is_finite() and abs(number.adjusted()) <= MOST_DIGITS
            return f"{number.normalize() + 0:f}" if is_plain else None
        case str():
            return value.casefold()
    return None
