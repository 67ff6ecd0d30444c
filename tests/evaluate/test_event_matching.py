"""What event patterns mean: which events count, which follow which, and at which instant a term has passed."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from engine.evaluate.event_matching import satisfied
from engine.language.event_pattern import EventPattern
from engine.model.past_event import PastEvent
from engine.vocabulary.calendar import Moment
from tests.rulebooks import rule

ZONE = ZoneInfo("Europe/Stockholm")
BOUNCES = "{event: mailing.bounced, times: 3, within: 30 days}"
AFTER = "{event: mailing.sent, after: consent.withdrawn, within: 24 hours}"
AFTER_A_MONTH = "{event: mailing.sent, after: consent.withdrawn, within: 1 month}"
FLAGGED = "{event: restrict_processing.changed, from: false, to: true}"
ASKED = "{event: request.received, where: {type: erasure}, not_followed_by: request.answered, within: 20 days}"
AGAIN = "{event: mailing.sent, not_followed_by: mailing.sent, within: 1 day}"


def pattern(text: str) -> EventPattern:
    """Return the pattern of a text."""
    found = rule("[{field: country, is: NO}]", more=f"    check: {{when_event: {text}}}\n").check.pattern
    assert found is not None
    return found


def happened(*events: str, **data: object) -> list[PastEvent]:
    """Return events written as `name wall-clock-time`, in the order of their arrival, all with the same data."""
    return [
        PastEvent(name, datetime.fromisoformat(at).replace(tzinfo=ZONE), seq, data)
        for seq, (name, at) in enumerate((one.split(" ") for one in events), 1)
    ]


def is_satisfied(text: str, events: list[PastEvent], now: str) -> bool:
    """Return whether events satisfy a pattern when clocks in Stockholm show a time."""
    return satisfied(pattern(text), events, Moment(datetime.fromisoformat(now).replace(tzinfo=ZONE), ZONE))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-03-10T11:59", False),  # the third has not happened yet
        ("2026-03-10T12:00", True),
        ("2026-03-31T11:59", True),
        ("2026-03-31T12:00", False),  # the first is 30 days ago, by the wall clock
    ],
)
def test_a_count_looks_back_from_now_and_not_ahead(now: str, expected: bool) -> None:
    """Three in 30 days: the window begins after the instant 30 days ago and ends with now."""
    events = happened(*(f"mailing.bounced 2026-03-{day}T12:00" for day in ("01", "05", "10")))

    assert expected is is_satisfied(BOUNCES, events, now)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (["consent.withdrawn 2026-03-01T12:00", "mailing.sent 2026-03-02T12:00"], True),
        (["consent.withdrawn 2026-03-01T12:00", "mailing.sent 2026-03-02T12:01"], False),
        (["mailing.sent 2026-03-01T12:00", "consent.withdrawn 2026-03-01T13:00"], False),
        (["mailing.sent 2026-03-01T13:00", "consent.withdrawn 2026-03-01T12:00"], True),  # arrived late
        (["consent.withdrawn 2026-03-01T12:00", "mailing.sent 2026-03-01T12:00"], True),
        (["mailing.sent 2026-03-01T12:00", "consent.withdrawn 2026-03-01T12:00"], False),
        (["consent.withdrawn 2026-03-01T12:00"], False),
        # 24 hours are elapsed time: the clocks go forward in between.
        (["consent.withdrawn 2026-03-28T12:00", "mailing.sent 2026-03-29T13:00"], True),
        (["consent.withdrawn 2026-03-28T12:00", "mailing.sent 2026-03-29T13:01"], False),
    ],
)
def test_one_event_follows_another_within_a_time(events: list[str], expected: bool) -> None:
    """What counts is when they happened; of two at one instant, the one that arrived first is the earlier."""
    assert expected is is_satisfied(AFTER, happened(*events), "2026-04-01T12:00")


@pytest.mark.parametrize(("sent", "expected"), [("2026-02-28T00:00", True), ("2026-02-28T00:01", False)])
def test_months_are_counted_on_the_calendar(sent: str, expected: bool) -> None:
    """A month from 31 January has passed when 28 February begins."""
    events = happened("consent.withdrawn 2026-01-31T15:00", f"mailing.sent {sent}")

    assert expected is is_satisfied(AFTER_A_MONTH, events, "2026-04-01T12:00")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"from": False, "to": True}, True),
        ({"from": True, "to": False}, False),
        ({"from": None, "to": True}, False),  # was sent badly before, so it may have been set
        ({"to": True}, False),  # came with the record
    ],
)
def test_a_change_is_from_and_to(data: dict[str, object], expected: bool) -> None:
    """Both values are as written; what is not said is not as expected."""
    events = happened("restrict_processing.changed 2026-03-01T12:00", **data)

    assert expected is is_satisfied(FLAGGED, events, "2026-04-01T12:00")


@pytest.mark.parametrize(
    ("answered", "now", "expected"),
    [
        (None, "2026-03-21T11:59", False),
        (None, "2026-03-21T12:00", True),
        ("2026-03-21T12:00", "2026-04-01T12:00", False),
        ("2026-03-21T12:01", "2026-04-01T12:00", True),  # too late
        ("2026-03-01T11:00", "2026-04-01T12:00", True),  # an answer to something else
    ],
)
def test_what_nothing_follows_in_time_is_told_when_its_term_ends(
    answered: str | None, now: str, expected: bool
) -> None:
    """Not a minute before, and an answer at the last instant is in time."""
    events = happened("request.received 2026-03-01T12:00", type="ERASURE")
    events += happened("x.y 2026-03-01T12:00", *([f"request.answered {answered}"] if answered else []))[1:]

    assert expected is is_satisfied(ASKED, events, now)


@pytest.mark.parametrize("data", [{"type": "access"}, {"type": None}, {"type": ["erasure"]}, {}])
def test_an_event_whose_data_does_not_say_so_is_none_of_the_kind(data: dict[str, object]) -> None:
    """Missing or other data never makes an event that of a pattern."""
    events = happened("request.received 2026-03-01T12:00", **data)

    assert not is_satisfied(ASKED, events, "2026-05-01T12:00")


def test_an_event_does_not_follow_itself() -> None:
    """Of two mailings a day apart the first is followed; the second is not."""
    events = happened("mailing.sent 2026-03-01T12:00", "mailing.sent 2026-03-02T12:00")

    assert not is_satisfied(AGAIN, events, "2026-03-03T11:59")
    assert is_satisfied(AGAIN, events, "2026-03-03T12:00")
