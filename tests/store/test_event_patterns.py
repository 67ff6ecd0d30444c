"""Event patterns in SQL: the same as their meaning in Python, and what time alone brings up."""

import os
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import delete, update

from engine.evaluate.event_matching import satisfied
from engine.language.event_pattern import EventKind, EventPattern, FieldChange, Following, Repeated, Unfollowed
from engine.model.past_event import PastEvent
from engine.model.shipped import SHIPPED_MODEL
from engine.model.snapshot import Snapshot
from engine.store import inbox
from engine.store.database import Connection
from engine.store.event_patterns import StoredEvents
from engine.store.inbox import OWN, Event
from engine.store.intake import Intake
from engine.store.tables import INBOX
from engine.vocabulary.calendar import Moment
from engine.vocabulary.duration import read_duration
from tests.event_strategies import Situation, situations
from tests.rulebooks import STOCKHOLM
from tests.stores import STORES

EXAMPLES = 20_000 if os.environ.get("ANSGAR_SOAK") else 60
RECEIVED = datetime(2023, 1, 1, tzinfo=UTC)
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
PEOPLE = ("anna", "bert")
SENT, WITHDRAWN = EventKind("mailing.sent"), EventKind("consent.withdrawn")
DAY = read_duration("1 day")


def fill(connection: Connection, subject: str, events: Iterable[PastEvent], received_at: datetime = RECEIVED) -> None:
    """Keep events about a contact in the order given; those named as changes of a field are the service's own."""
    kept = []
    for one in events:
        is_own = one.name == "restrict_processing.changed"
        source, prefix = (OWN, "") if is_own else ("/crm", "crm.")
        kept.append(Event(source, f"{subject}-{one.seq}", prefix + one.name, subject, dict(one.data), one.at))
    inbox.take(connection, kept, received_at)


def empty(connection: Connection) -> dict[str, int]:
    """Empty the store of events, and return the keys of the two contacts."""
    connection.execute(delete(INBOX))
    contact = SHIPPED_MODEL.entity("contact")
    people = [Snapshot(one, {}) for one in PEOPLE]
    Intake(STORES.kept(STOCKHOLM, __name__).tables, contact, STOCKHOLM).take(connection, people, RECEIVED)
    records = STORES.kept(STOCKHOLM, __name__).tables.records["contact"]
    return {row.id: row.key for row in connection.execute(records.select())}


def keys(connection: Connection, pattern: EventPattern, moment: Moment) -> set[int]:
    """Return the keys of the contacts whose events satisfy a pattern."""
    return set(
        connection.execute(
            StoredEvents(connection, STORES.kept(STOCKHOLM, __name__).tables, "contact", moment).satisfying(pattern)
        ).scalars()
    )


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(situations(), situations())
def test_sql_says_what_the_pattern_means(situation: Situation, other: Situation) -> None:
    """For any pattern, events of two contacts and moment; and so do the few events that are read of one of them."""
    pattern = situation.pattern
    histories = dict(zip(PEOPLE, (situation.events, other.events), strict=True))
    with STORES.kept(STOCKHOLM, __name__).database.writing() as connection:
        people = empty(connection)
        for subject, events in histories.items():
            fill(connection, subject, events)
        for moment in situation.moments:
            stored = StoredEvents(connection, STORES.kept(STOCKHOLM, __name__).tables, "contact", moment)
            expected = {people[name] for name in PEOPLE if satisfied(pattern, histories[name], moment)}
            read = {name: stored.of_record(name, pattern) for name in PEOPLE}

            assert expected == keys(connection, pattern, moment)
            assert expected == {people[name] for name in PEOPLE if satisfied(pattern, read[name], moment)}


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(situations())
def test_looking_at_what_ripens_misses_no_unfollowed_event(situation: Situation) -> None:
    """From moment to moment, whoever begins to satisfy such a pattern is brought up, whatever the steps of time."""
    pattern, events = situation.pattern, situation.events
    if not isinstance(pattern, Unfollowed):
        pattern = Unfollowed(pattern.event, SENT, DAY)
    with STORES.kept(STOCKHOLM, __name__).database.writing() as connection:
        people = empty(connection)
        fill(connection, "anna", events)
        for before, now in pairwise(situation.moments):
            ripened = StoredEvents(connection, STORES.kept(STOCKHOLM, __name__).tables, "contact", now).ripened(
                pattern, before.now
            )
            began = satisfied(pattern, events, now) and not satisfied(pattern, events, before)

            assert set(ripened) <= {people["anna"]}
            assert not began or ripened == [people["anna"]]


def events_of(name: str, *minutes: float, seq: int = 1) -> list[PastEvent]:
    """Return events so many minutes after the start."""
    return [PastEvent(name, START + timedelta(minutes=at), number, {}) for number, at in enumerate(minutes, seq)]


def later(**parts: float) -> Moment:
    """Return the moment so long after the start."""
    return Moment(START + timedelta(**parts), STOCKHOLM)


@pytest.mark.parametrize(
    "pattern",
    [Repeated(SENT, 2, DAY), FieldChange(SENT), Following(SENT, WITHDRAWN, DAY), Following(WITHDRAWN, SENT, DAY)],
)
def test_an_event_that_was_announced_is_brought_up_when_it_happens(pattern: EventPattern) -> None:
    """A CRM whose clock is ahead sends events from the future; they count from then on, and are not forgotten."""
    with STORES.kept(STOCKHOLM, __name__).database.writing() as connection:
        people = empty(connection)
        fill(connection, "anna", events_of("mailing.sent", 5), START)
        fill(connection, "bert", events_of("mailing.sent", -5), START)

        def ripened(since: Moment, now: Moment) -> list[int]:
            return StoredEvents(connection, STORES.kept(STOCKHOLM, __name__).tables, "contact", now).ripened(
                pattern, since.now
            )

        assert ripened(later(minutes=0), later(minutes=4)) == []
        assert ripened(later(minutes=4), later(minutes=5)) == [people["anna"]]
        assert ripened(later(minutes=5), later(minutes=9)) == []


def test_a_term_is_brought_up_by_the_look_that_sees_it_end_and_by_no_other() -> None:
    """At the instant itself, not before it, and not again by the next look."""
    pattern = Unfollowed(SENT, WITHDRAWN, DAY)
    with STORES.kept(STOCKHOLM, __name__).database.writing() as connection:
        people = empty(connection)
        fill(connection, "anna", events_of("mailing.sent", 0))
        looks = [later(hours=23), later(days=1, microseconds=-1), later(days=1), later(days=1, hours=1)]
        found = [
            StoredEvents(connection, STORES.kept(STOCKHOLM, __name__).tables, "contact", now).ripened(
                pattern, since.now
            )
            for since, now in pairwise(looks)
        ]

        assert found == [[], [people["anna"]], []]


def test_whose_term_ended_first_comes_first() -> None:
    """The order is that of the instants, so that a look that is cut short loses nothing."""
    pattern = Unfollowed(SENT, WITHDRAWN, DAY)
    with STORES.kept(STOCKHOLM, __name__).database.writing() as connection:
        people = empty(connection)
        fill(connection, "anna", events_of("mailing.sent", 5, 1))
        fill(connection, "bert", events_of("mailing.sent", 3))
        found = StoredEvents(connection, STORES.kept(STOCKHOLM, __name__).tables, "contact", later(days=2)).ripened(
            pattern, START
        )
        fill(connection, "bert", events_of("mailing.sent", 0.5, seq=2))
        again = StoredEvents(connection, STORES.kept(STOCKHOLM, __name__).tables, "contact", later(days=2)).ripened(
            pattern, START
        )

        assert [people["anna"], people["bert"]] == found
        assert [people["bert"], people["anna"]] == again


def test_an_old_answer_excuses_however_many_came_since() -> None:
    """Of a contact with hundreds of events a few are read, and those are the ones that decide."""
    pattern, moment = Unfollowed(SENT, WITHDRAWN, DAY), later(days=9)
    answered = events_of("mailing.sent", 0) + events_of("consent.withdrawn", *range(1, 200), seq=2)
    with STORES.kept(STOCKHOLM, __name__).database.writing() as connection:
        empty(connection)
        fill(connection, "anna", answered)
        fill(connection, "bert", events_of("mailing.sent", *range(200)))
        read = [
            StoredEvents(connection, STORES.kept(STOCKHOLM, __name__).tables, "contact", moment).of_record(one, pattern)
            for one in PEOPLE
        ]

        assert [satisfied(pattern, events, moment) for events in read] == [False, True]
        assert [len(events) for events in read] == [2, 20]


def test_counts_are_exact_beyond_what_is_replayed() -> None:
    """A thousand in a day is a thousand, for one contact as for all."""
    with STORES.kept(STOCKHOLM, __name__).database.writing() as connection:
        people = empty(connection)
        fill(connection, "anna", events_of("mailing.sent", *range(1_000)))
        fill(connection, "bert", events_of("mailing.sent", *range(999)))
        pattern, moment = Repeated(SENT, 1_000, DAY), later(hours=17)
        read = [
            StoredEvents(connection, STORES.kept(STOCKHOLM, __name__).tables, "contact", moment).of_record(one, pattern)
            for one in PEOPLE
        ]

        assert {people["anna"]} == keys(connection, pattern, moment)
        assert [satisfied(pattern, events, moment) for events in read] == [True, False]


def test_events_of_another_entity_are_nobodys() -> None:
    """A company with the id of a contact has events of its own."""
    with STORES.kept(STOCKHOLM, __name__).database.writing() as connection:
        empty(connection)
        fill(connection, "anna", events_of("mailing.sent", 0))
        connection.execute(update(INBOX).values(entity="company"))

        assert keys(connection, FieldChange(SENT), later(days=1)) == set()


def test_a_change_of_a_field_comes_from_writes_of_state_alone() -> None:
    """An event from outside that calls itself so is none."""
    change = FieldChange(EventKind("country.changed", "country"))
    with STORES.kept(STOCKHOLM, __name__).database.writing() as connection:
        empty(connection)
        forged = Event("/crm", "1", "country.changed", "anna", {}, START)
        inbox.take(connection, [forged, replace(forged, id="2", type="crm.country.changed")], START)

        assert keys(connection, change, later(days=1)) == set()


def test_a_term_that_ends_beyond_the_calendar_never_ends() -> None:
    """An event in the year 9998 neither counts nor makes a statement fail."""
    pattern = Unfollowed(SENT, WITHDRAWN, read_duration("500 years"))
    with STORES.kept(STOCKHOLM, __name__).database.writing() as connection:
        empty(connection)
        fill(connection, "anna", [PastEvent("mailing.sent", datetime(9998, 1, 1, tzinfo=UTC), 1, {})])

        assert keys(connection, pattern, Moment(START, ZoneInfo("UTC"))) == set()
