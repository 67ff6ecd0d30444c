"""Strategies of event patterns and of the events of one contact, on the edges where executions could differ."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from engine.language.event_pattern import (
    EventKind,
    EventPattern,
    Expected,
    FieldChange,
    Following,
    Repeated,
    Unfollowed,
)
from engine.model.past_event import PastEvent
from engine.vocabulary.duration import Duration, read_duration

SENT, WITHDRAWN, FLAG = "mailing.sent", "consent.withdrawn", "restrict_processing.changed"
NAMES = (SENT, WITHDRAWN, FLAG)
ZONES = ("Europe/Stockholm", "America/Havana", "Australia/Lord_Howe")
# Around clock changes in those zones, the ends of months, and a leap day.
ANCHORS = tuple(
    datetime.fromisoformat(text).replace(tzinfo=UTC)
    for text in (
        "2026-03-29T01:00", "2025-10-26T00:30", "2025-10-26T01:00", "2026-01-31T22:59:59.999999", "2026-02-28T23:00",
        "2024-02-29T12:00", "2025-11-02T04:30", "2026-04-04T15:00", "2026-03-08T05:00",
    )
)  # fmt: skip
STEPS = tuple(
    read_duration(text)
    for text in (
        "1 minute",
        "30 minutes",
        "1 hour",
        "24 hours",
        "1 day",
        "2 days",
        "30 days",
        "1 month",
        "1 month 1 day",
    )
)
terms: st.SearchStrategy[Duration] = st.sampled_from(STEPS)
zones = st.sampled_from(ZONES)
_offsets = st.sampled_from(
    [timedelta(0)] * 3
    + [
        sign * offset
        for sign in (1, -1)
        for offset in (
            timedelta(microseconds=1), timedelta(minutes=1), timedelta(minutes=30), timedelta(hours=1), timedelta(hours=24),
            timedelta(hours=25), timedelta(days=2), timedelta(days=30), timedelta(days=31),
        )
    ]
)  # fmt: skip
instants = st.tuples(st.sampled_from(ANCHORS), _offsets, _offsets).map(
    sum_of := lambda parts: parts[0] + parts[1] + parts[2]
)
clusters = st.sampled_from(ANCHORS).flatmap(
    lambda anchor: st.lists(st.tuples(_offsets, _offsets).map(lambda two: anchor + two[0] + two[1]), max_size=12)
)

_data = st.one_of(
    st.just({}),
    st.sampled_from(
        ({"type": "Erasure"}, {"type": "access"}, {"type": None}, {"type": 5}, {"type": 5.0}, {"type": [1]})
    ),
    st.tuples(st.sampled_from((True, False, None)), st.sampled_from((True, False, None))).map(
        lambda pair: {"from": pair[0], "to": pair[1]}
    ),
)


@st.composite
def histories(draw: st.DrawFn, most: int = 12) -> tuple[PastEvent, ...]:
    """Give events of one contact in the order of their arrival, which is not that of their happening."""
    times = draw(clusters)[:most]
    return tuple(PastEvent(draw(st.sampled_from(NAMES)), at, seq, draw(_data)) for seq, at in enumerate(times, 1))


_expected = st.sampled_from(
    (
        (),
        (Expected("type", frozenset({"erasure"})),),
        (Expected("type", frozenset({"5", "access"})),),
        (Expected("from", frozenset({"false"})), Expected("to", frozenset({"true"}))),
    )
)
_plain = st.sampled_from(NAMES).map(lambda name: EventKind(name, "restrict_processing" if name == FLAG else None))
_kinds = st.tuples(_plain, _expected).map(lambda two: EventKind(two[0].name, two[0].field, two[1]))
_changes = _expected.map(lambda expected: EventKind(FLAG, "restrict_processing", expected))
patterns: st.SearchStrategy[EventPattern] = st.one_of(
    st.builds(Repeated, _kinds, st.integers(2, 4), terms),
    st.builds(Following, _kinds, _plain, terms),
    st.builds(FieldChange, _changes),
    st.builds(Unfollowed, _kinds, _plain, terms),
)
