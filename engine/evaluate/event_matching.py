"""Event matching: what a pattern means. Whether the events of one record satisfy it at a moment, in plain Python."""

from collections.abc import Iterable

from engine.language.event_pattern import EventPattern, FieldChange, Following, Repeated, Unfollowed
from engine.model.past_event import PastEvent
from engine.vocabulary.calendar import Moment


def satisfied(pattern: EventPattern, events: Iterable[PastEvent], moment: Moment) -> bool:
    """True when a record's events, in any order, satisfy a pattern; what lies after the moment does not count.

    One event follows another when it happened later or, at the same instant, arrived later. A term is reckoned
    forwards from the earlier of two events, on the calendar; its last instant belongs to it.
    """
    past = [event for event in events if event.at <= moment.now]
    match pattern:
        case FieldChange():
            return any(map(pattern.event.takes, past))
        case Repeated():
            return recent_count(pattern, past, moment) >= pattern.times
        case Following():
            return any(_follows(pattern, one, past, moment) for one in past if pattern.event.takes(one))
        case Unfollowed():
            return any(_is_unfollowed(pattern, one, past, moment) for one in past if pattern.event.takes(one))


def recent_count(pattern: Repeated, past: Iterable[PastEvent], moment: Moment) -> int:
    """Return how many events a counted pattern finds in its window; an event leaves it as `in_last` says."""
    return sum(pattern.event.takes(one) and not pattern.within.is_passed(one.at, moment) for one in past)


def _follows(pattern: Following, later: PastEvent, past: list[PastEvent], moment: Moment) -> bool:
    return any(
        pattern.after.takes(one) and one.order < later.order and later.at <= pattern.within.after(one.at, moment)
        for one in past
    )


def _is_unfollowed(pattern: Unfollowed, first: PastEvent, past: list[PastEvent], moment: Moment) -> bool:
    until = pattern.within.after(first.at, moment)
    answers = (one for one in past if pattern.not_followed_by.takes(one) and first.order < one.order)
    return until <= moment.now and not any(one.at <= until for one in answers)
