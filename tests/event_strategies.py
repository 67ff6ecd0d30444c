"""Strategies of event patterns with the events of one contact, on the edges where executions could differ."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from engine.language.event_pattern import (
    EventKind,
    EventPattern,
    Expected,
    FieldChange,
    Following,
    Repeated,
    Unfollowed,
    kinds,
    term,
)
from engine.model.past_event import PastEvent
from engine.vocabulary.calendar import Moment
from engine.vocabulary.duration import read_duration

MICROSECOND = timedelta(microseconds=1)
SENT, WITHDRAWN, FLAG = "mailing.sent", "consent.withdrawn", "restrict_processing.changed"
NAMES = (SENT, WITHDRAWN, FLAG)
ZONES = tuple(map(ZoneInfo, ("Europe/Stockholm", "America/Havana", "Australia/Lord_Howe")))
# Around clock changes in those zones, the ends of months, and a leap day.
ANCHORS = tuple(
    datetime.fromisoformat(text).replace(tzinfo=UTC)
    for text in (
        "2026-03-29T01:00", "2025-10-26T00:30", "2025-10-26T01:00", "2026-01-31T22:59:59.999999", "2026-02-28T23:00",
        "2024-02-29T12:00", "2025-11-02T04:30", "2026-04-04T15:00", "2026-03-08T05:00",
    )
)  # fmt: skip
TERMS = tuple(
    map(
        read_duration,
        ("1 minute", "30 minutes", "1 hour", "24 hours", "1 day", "2 days", "30 days", "1 month", "1 month 1 day"),
    )
)
OFFSETS = tuple(
    timedelta(**parts)
    for parts in (
        {}, {}, {}, {"microseconds": 1}, {"minutes": 1}, {"minutes": 30}, {"hours": 1}, {"hours": 23}, {"hours": 24},
        {"hours": 25}, {"days": 2}, {"days": 30}, {"days": 31},
    )
)  # fmt: skip
DATA: tuple[dict[str, Any], ...] = (
    {"type": "Erasure", "from": False, "to": True},
    {"type": "Erasure", "from": False, "to": True},
    {"type": 5.0, "from": True, "to": False},
    {"type": "access", "from": None, "to": True},
    {"type": [1], "from": "false", "to": "TRUE"},
    {"type": None, "to": True},
    {},
)
EXPECTED = (
    (),
    (),
    (Expected("type", frozenset({"erasure"})),),
    (Expected("type", frozenset({"5", "access"})),),
    (Expected("from", frozenset({"false"})), Expected("to", frozenset({"true"}))),
)

_offsets = st.tuples(st.sampled_from(OFFSETS), st.sampled_from((1, 1, -1))).map(lambda two: two[0] * two[1])
_times = st.sampled_from(ANCHORS).flatmap(
    lambda anchor: st.lists(st.tuples(_offsets, _offsets).map(lambda two: anchor + two[0] + two[1]), max_size=8)
)
_plain = st.sampled_from(NAMES).map(lambda name: EventKind(name, "restrict_processing" if name == FLAG else None))
_narrowed = st.tuples(_plain, st.sampled_from(EXPECTED)).map(lambda two: EventKind(two[0].name, two[0].field, two[1]))
_changes = st.sampled_from(EXPECTED).map(lambda expected: EventKind(FLAG, "restrict_processing", expected))
_terms = st.sampled_from(TERMS)
patterns: st.SearchStrategy[EventPattern] = st.one_of(
    st.builds(Repeated, _narrowed, st.integers(2, 3), _terms),
    st.builds(Following, _narrowed, _plain, _terms),
    st.builds(FieldChange, _changes),
    st.builds(Unfollowed, _narrowed, _plain, _terms),
)


@dataclass(frozen=True)
class Situation:
    """A pattern, the events of one contact in the order of their arrival, and the moments at which something is new."""

    pattern: EventPattern
    events: tuple[PastEvent, ...]
    moments: tuple[Moment, ...]


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    """Give situations; their moments are those at which something happens or a term ends, and those right beside."""
    pattern, zone = draw(patterns), draw(st.sampled_from(ZONES))
    wanted = [kind.name for kind in kinds(pattern)]
    names, data = st.sampled_from((*wanted, *wanted, *NAMES)), st.sampled_from(DATA)
    events = tuple(PastEvent(draw(names), at, seq, draw(data)) for seq, at in enumerate(draw(_times), 1))
    within = term(pattern)
    edges = [event.at for event in events]
    edges += [within.after(at, Moment(at, zone)) for at in edges if within]
    nows = sorted({at + step * MICROSECOND for at in edges or [ANCHORS[0]] for step in (-1, 0, 1)})
    return Situation(pattern, events, tuple(Moment(now, zone) for now in nows))
