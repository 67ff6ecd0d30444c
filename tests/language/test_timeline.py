"""The timeline: what is said to come first does so at every moment, in every zone; what is not sure is not said."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.language.algebra import Constant, Term, Threshold
from engine.language.timeline import Edge, is_never_after
from engine.service.holiday_calendar import workdays_of
from engine.vocabulary.calendar import Moment
from engine.vocabulary.duration import MICROSECOND, Duration

ZONES = tuple(map(ZoneInfo, ("Europe/Stockholm", "America/Havana", "Australia/Lord_Howe", "Asia/Kolkata", "UTC")))
CLOCKS_GO_BACK = datetime(2025, 10, 26, 1, 15, tzinfo=UTC)
moments = st.one_of(
    st.datetimes(datetime(2023, 1, 1), datetime(2028, 12, 31)).map(lambda wall: wall.replace(tzinfo=UTC)),
    st.dates(date(2023, 1, 1), date(2028, 12, 31)).map(lambda day: datetime(day.year, day.month, day.day, tzinfo=UTC)),
    st.just(CLOCKS_GO_BACK),
)
durations = st.one_of(
    st.builds(Duration, minutes=st.integers(1, 3_000)),
    st.builds(Duration, days=st.integers(1, 40)),
    st.builds(Duration, months=st.integers(1, 14)),
    st.builds(Duration, workdays=st.integers(1, 30)),
    st.builds(Duration, st.integers(0, 14), st.integers(0, 40), st.integers(0, 3_000), st.integers(0, 12)).filter(
        lambda one: not one.is_zero
    ),
)
days = st.dates(date(2024, 2, 27), date(2024, 3, 2))
terms: st.SearchStrategy[Term] = st.one_of(
    st.sampled_from((Threshold("now"), Threshold("after_now"), Threshold("day_start"), Threshold("day_end"))),
    st.builds(Threshold, st.sampled_from(("older", "ahead")), durations),
    st.builds(lambda kind, day: Threshold(kind, day=day), st.sampled_from(("day_start", "day_end")), days),
    days.map(lambda day: Constant(datetime(day.year, day.month, day.day, 12, tzinfo=UTC))),
)
edges = st.builds(Edge, terms, st.booleans())


def _instant(edge: Edge, moment: Moment) -> datetime:
    term = edge.term
    assert isinstance(term, Threshold | Constant)
    at = term.at(moment) if isinstance(term, Threshold) else term.value
    assert isinstance(at, datetime)
    return at + edge.is_next * MICROSECOND


@settings(max_examples=500)
@given(edges, edges, moments, st.sampled_from(ZONES))
@example(
    Edge(Threshold("older", Duration(minutes=90))),
    Edge(Threshold("older", Duration(minutes=60))),
    CLOCKS_GO_BACK,
    ZONES[0],
)
def test_what_is_said_to_come_first_does(one: Edge, other: Edge, now: datetime, zone: ZoneInfo) -> None:
    """Whatever the durations, the moment and the zone, the threshold that is never after is never after."""
    moment = Moment(now, zone, workdays_of("SE"))

    assert not is_never_after(one, other) or _instant(one, moment) <= _instant(other, moment)


def _older(months: int = 0, days: int = 0, minutes: int = 0) -> Edge:
    return Edge(Threshold("older", Duration(months, days, minutes)))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (_older(months=13), _older(months=12), True),
        (_older(months=12), _older(months=12), True),
        (_older(months=12), _older(days=364), False),
        (_older(months=12), _older(days=300), True),
        (_older(days=3), _older(days=2), True),
        (_older(days=2), _older(days=3), False),
        (_older(days=1), _older(minutes=24 * 60), False),
        (_older(minutes=120), _older(minutes=60), True),
        (Edge(Threshold("older", Duration(workdays=5))), _older(days=4), True),
        (Edge(Threshold("older", Duration(workdays=5))), _older(days=7), False),
        (_older(days=30), _older(months=1), False),
        (_older(months=1), _older(days=30), False),
        (_older(days=1), Edge(Threshold("day_start")), True),
        (_older(minutes=60), Edge(Threshold("day_start")), False),
        (_older(minutes=1), Edge(Threshold("now")), True),
        (Edge(Threshold("now"), is_next=True), Edge(Threshold("after_now")), True),
        (Edge(Threshold("now"), is_next=True), Edge(Threshold("now")), False),
        (Edge(Threshold("day_end")), Edge(Threshold("ahead", Duration(days=1))), True),
        (Edge(Threshold("ahead", Duration(months=1))), Edge(Threshold("ahead", Duration(months=3))), True),
        (Edge(Threshold("day_end", day=date(2024, 2, 29))), Edge(Threshold("day_start", day=date(2024, 3, 1))), True),
        (
            Edge(Threshold("day_start", day=date(2024, 3, 1))),
            Edge(Threshold("day_start", day=date(2024, 2, 29))),
            False,
        ),
        (Edge(Constant(datetime(2024, 2, 1, tzinfo=UTC))), Edge(Threshold("day_start", day=date(2024, 3, 1))), True),
        (Edge(Threshold("day_start", day=date(2024, 3, 1))), Edge(Threshold("now")), False),
    ],
)
def test_the_order_of_thresholds(one: Edge, other: Edge, expected: bool) -> None:
    """Sure where lengths or days tell, silent where the calendar or the moment decides."""
    assert expected is is_never_after(one, other)
