"""Replay: the events of one contact as facts for durable-rules, whose joins say whether they satisfy a pattern.

State stays in the database and the engine is a function: facts are asserted into one fixed session of a fixed rule set,
what fires is drained, and all are retracted. Names, data and calendars never cross: Python has evaluated which part in
the pattern an event plays, whether a term has passed, and, as ranks, which events lie within it.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from engine.evaluate.event_matching import recent_count
from engine.evaluate.matcher import RESERVED, MatcherError, asserted, refuse_collisions, retract, warmed
from engine.language.event_pattern import REPLAYED, EventPattern, FieldChange, Following, Repeated, Unfollowed
from engine.model.past_event import PastEvent
from engine.vocabulary.calendar import Moment

# The parts that an event can play.
ALONE, EARLIER, LATER, ANSWER, ASKED, NOW = range(1, 7)
# Two kinds of the newest events, each of which may play both parts where the kinds share a name, and the present. One
# fact then matches with 40 others at most: 64 pending matches are the engine's error 303.
MOST_MARKS = 4 * REPLAYED + 1


@dataclass(frozen=True, slots=True)
class Mark:
    """An event as the engine sees it.

    `rank` is its place in the order of events, `until` the last place that lies within its term, `met` 1 where what
    Python has evaluated of it holds.
    """

    part: int
    rank: int
    until: int = 0
    met: int = 1


def marks(pattern: EventPattern, events: Iterable[PastEvent], moment: Moment) -> list[Mark]:
    """Return events as marks, in the order in which they must be asserted: those that excuse others first."""
    past = sorted((event for event in events if event.at <= moment.now), key=lambda event: event.order)
    match pattern:
        case FieldChange():
            return [Mark(ALONE, rank, met=int(pattern.event.takes(one))) for rank, one in enumerate(past)]
        case Repeated():
            # Combinations of n events grow beyond all bounds: they are counted here, and only the answer goes in.
            return [Mark(ALONE, 0, met=int(recent_count(pattern, past, moment) >= pattern.times))]
        case Following():
            terms = [pattern.within.after(one.at, moment) for one in past]
            earlier = _played(EARLIER, past, [pattern.after.takes(one) for one in past], terms)
            return [*earlier, *_played(LATER, past, [pattern.event.takes(one) for one in past], terms)]
        case Unfollowed():
            terms = [pattern.within.after(one.at, moment) for one in past]
            answers = _played(ANSWER, past, [pattern.not_followed_by.takes(one) for one in past], terms)
            asked = _played(ASKED, past, [pattern.event.takes(one) for one in past], terms)
            due = [Mark(one.part, one.rank, one.until, int(terms[one.rank] <= moment.now)) for one in asked]
            return [*answers, *due, Mark(NOW, 0)]


def _played(part: int, past: Sequence[PastEvent], taken: Sequence[bool], terms: Sequence[Any]) -> list[Mark]:
    """Return the marks of the events that play a part; events of one instant lie within a term together."""
    return [
        Mark(part, rank, sum(one.at <= terms[rank] for one in past) - 1)
        for rank, is_taken in enumerate(taken)
        if is_taken
    ]


def _pattern(part: int, *further: dict[str, Any]) -> dict[str, Any]:
    """Return the condition on a fact of a part; what is positive comes first."""
    return {"$and": [{"k": 1}, {"part": part}, {"met": 1}, *further]}


def _within(other: str) -> tuple[dict[str, Any], ...]:
    """Return the condition that a fact lies within the term of another.

    An always-true reference ends it: the engine reads past the end of a condition whose last reference is false.
    """
    return {"$gt": {"rank": {other: "rank"}}}, {"$lte": {"rank": {other: "until"}}}, _guard(other)


def _guard(other: str) -> dict[str, Any]:
    return {"k": {other: "k"}}


_REFERRED = ({"$ex": {"rank": 1}}, {"$ex": {"until": 1}})  # a reference to what is not there is the engine's error 311
RULES: dict[str, Any] = {
    "alone": {"all": [{"m": _pattern(ALONE)}]},
    "following": {"all": [{"b": _pattern(EARLIER, *_REFERRED)}, {"a": _pattern(LATER, *_within("b"))}]},
    "unfollowed": {
        "all": [
            {"x": _pattern(ASKED, *_REFERRED)},
            {"y$not": _pattern(ANSWER, *_within("x"))},
            {"n": _pattern(NOW, _guard("x"))},
        ]
    },
    "warm": {"all": [{"m": {"warm": 1}}]},
}


class Replay:
    """The rule set of event patterns inside the engine; made when it is first needed, and anew after a failure."""

    def __init__(self) -> None:
        self.handle: int | None = None
        refuse_collisions((*RESERVED, "part", "rank", "until", "met"))

    def matches(self, marked: Sequence[Mark]) -> bool:
        """Return whether facts, asserted in the order given, fire a rule. None of them stays."""
        if len(marked) > MOST_MARKS:
            raise MatcherError(f"{len(marked)} events are too many to replay")
        if self.handle is None:
            self.handle = warmed("replay", RULES)
        messages = [json.dumps({"sid": "0", "id": f"f{n}", "k": 1} | asdict(one)) for n, one in enumerate(marked)]
        try:
            fired = [asserted(self.handle, message) for message in messages]
            # Backwards, so that what an excuse kept from matching is gone before the excuse is.
            for message in reversed(messages):
                retract(self.handle, message)
        except MatcherError:
            self.handle = None  # left unfreed: facts may remain, and freeing an unknown state may crash
            raise
        return any(fired)
