"""Time in rehearsals: cases move at the very instants at which they would in the running service."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from engine.language.rule import Rule
from engine.model.facts import Facts
from engine.service.passing import Agenda, later
from engine.store.tables import CASE_MOVE, CASES, OCCURRENCE
from engine.vocabulary.calendar import Moment
from engine.vocabulary.duration import MICROSECOND, read_duration
from engine.vocabulary.occurrence import due_between
from engine.vocabulary.truth import Truth
from tests.rehearsals import differences, hall_of, load_with_tests, rule_test
from tests.rulebooks import STOCKHOLM, rule

BEGIN = datetime(2026, 3, 26, 9, 30, tzinfo=UTC)  # three days before clocks go forward
END = BEGIN + timedelta(days=5, hours=-1)
LENGTHS = ("90 minutes", "5 hours", "36 hours", "1 day", "2 days", "1 week", "1 month", "1 day 3 hours")
CRITERIA = (
    "{last: activities, older_than: LENGTH}",
    "{last: activities, newer_than: LENGTH}",
    "{count: activities, in_last: LENGTH, at_least: 1}",
    "{next: sales, in_next: LENGTH, if_missing: no_match}",
    "{count: sales, in_next: LENGTH, equals: 0}",
    "{field: created_on, older_than: LENGTH}",
    "{field: created_on, in_next: LENGTH}",
    "{field: birth_date, anniversary_in_next: LENGTH}",
    "{field: created_on, today: true}",
    "{consent: storage, is: expired}",
)
STEP = timedelta(minutes=5)  # all that is drawn and all durations are multiples of it
minutes = st.integers(-6 * 24 * 12, 6 * 24 * 12).map(lambda number: BEGIN + number * STEP)


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What is left of a rehearsal: its rule and record, how its case moved, and the states of its occurrences."""

    rule: Rule
    facts: Facts
    moves: list[tuple[bool, datetime]]
    occurrences: set[str]

    def expected_moves(self, looks: Iterable[datetime]) -> list[tuple[bool, datetime]]:
        """Return how the case moves by the meaning of the criteria, looked at one instant after the other."""
        is_open, moves = False, []
        for at in looks:
            truth = self.rule.criteria.truth(self.facts, Moment(at, STOCKHOLM))
            if truth is not Truth.UNKNOWN and truth.as_bool() != is_open:
                is_open = not is_open
                moves.append((is_open, at))
        return moves


def rehearsed(criteria: str, record: str, check: str) -> Rehearsed:
    """Return what came of moving the clock once by five days."""
    rules = f"rules: [{{rule: the-rule, check: {check}, if: [{criteria}], then: [keep_in_selection: chosen]}}]\n"
    test = rule_test("[{move_clock: 5 days, expect: match}]", given=record, now=BEGIN.isoformat())
    loaded = load_with_tests(rules + test)
    with hall_of(loaded) as hall:
        rehearsal = hall.rehearsal(loaded.tests[0])
        rehearsal.perform(loaded.tests[0].steps[0], 1)
        facts = rehearsal.facts()
        assert facts is not None
        with rehearsal.scene.store.database.reading() as connection:
            rows = connection.execute(select(CASE_MOVE.c.entered, CASE_MOVE.c.moved_at).order_by(CASE_MOVE.c.seq))
            moves = [(row.entered, row.moved_at) for row in rows]
            states = set(connection.execute(select(OCCURRENCE.c.state)).scalars())
        return Rehearsed(rehearsal.rule, facts, moves, states)


@st.composite
def records(draw: st.DrawFn) -> str:
    """Give a record whose dates lie around the five days, to the minute."""
    at = [draw(minutes).isoformat() for _ in range(4)]
    day, expiry = (draw(minutes).date().isoformat() for _ in range(2))
    born = draw(minutes).date().replace(year=1980).isoformat()
    return (
        f"{{created_on: {day}, birth_date: {born}, activities: [{{at: '{at[0]}'}}, {{at: '{at[1]}'}}], "
        f"sales: [{{at: '{at[2]}'}}, {{at: '{at[3]}'}}], "
        f"consents: [{{purpose: storage, status: given, at: 2026-01-01, expires_on: {expiry}}}]}}"
    )


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(CRITERIA), st.sampled_from(LENGTHS), records())
def test_a_rule_without_schedule_moves_at_the_very_minute(criteria: str, length: str, record: str) -> None:
    """A clock that is moved once by five days opens and closes cases when looking all the time would have."""
    found = rehearsed(criteria.replace("LENGTH", length), record, "{}")
    looks = (BEGIN + number * STEP for number in range((END - BEGIN) // STEP + 1))

    assert found.expected_moves(looks) == found.moves


@settings(max_examples=15, deadline=None)
@given(
    st.sampled_from(CRITERIA),
    st.sampled_from(LENGTHS),
    records(),
    st.sampled_from(("{every: day, at: '03:00'}", "{every: 6 hours}", "{cron: '30 2 * * *'}")),
)
def test_a_rule_with_a_schedule_moves_at_its_occurrences(criteria: str, length: str, record: str, check: str) -> None:
    """It is looked at when it is due and at the end of the step, and at no other time."""
    found = rehearsed(criteria.replace("LENGTH", length), record, check)
    schedule = found.rule.check.schedule
    assert schedule is not None
    looks = sorted({*due_between(schedule, BEGIN, END, STOCKHOLM), END})

    assert found.expected_moves(looks) == found.moves


def test_no_occurrence_counts_as_missed() -> None:
    """A rehearsal leaves looks out that would find nothing; their occurrences are done all the same."""
    found = rehearsed("{count: sales, in_last: 1 day, equals: 1}", "{sales: [{at: 2026-03-28T10:00}]}", "{every: hour}")

    assert len(found.moves) == 2
    assert {"done"} == found.occurrences


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("0 days", "2026-03-28T02:30:00+01:00"),
        ("1 day", "2026-03-29T03:00:00+02:00"),  # half past two does not exist on this day
        ("2 days", "2026-03-30T02:30:00+02:00"),
        ("24 hours", "2026-03-29T03:30:00+02:00"),
        ("1 month", "2026-04-28T02:30:00+02:00"),
        ("1 month 3 days 30 minutes", "2026-05-01T03:00:00+02:00"),
        ("11 months", "2027-02-28T02:30:00+01:00"),
    ],
)
def test_a_clock_is_moved_as_people_count(by: str, expected: str) -> None:
    """Days, months and years keep the time of day, hours and minutes are elapsed time."""
    start = Moment(datetime.fromisoformat("2026-03-28T02:30:00+01:00"), STOCKHOLM)

    assert datetime.fromisoformat(expected) == later(start, read_duration(by))


def test_an_hour_that_comes_twice_is_an_hour() -> None:
    """A clock that is moved by hours in the night in which clocks go back does not fall back with them."""
    second_half_past_two = Moment(datetime(2026, 10, 25, 1, 30, tzinfo=UTC), STOCKHOLM)

    assert later(second_half_past_two, read_duration("0 days")) == second_half_past_two.now
    assert later(second_half_past_two, read_duration("1 hour")) == second_half_past_two.now + timedelta(hours=1)


@pytest.mark.parametrize(("length", "at"), [("90 minutes", "22:30+01:00"), ("1 day 3 hours", "21:00+01:00")])
def test_an_anniversary_is_noticed_as_many_hours_before_its_day_as_the_rule_says(length: str, at: str) -> None:
    """It stands nowhere in the store: the next one is found from the days that come."""
    found = rehearsed(f"{{field: birth_date, anniversary_in_next: {length}}}", "{birth_date: 1980-03-28}", "{}")
    day = 27 if length == "90 minutes" else 26

    assert found.moves[0] == (True, datetime.fromisoformat(f"2026-03-{day}T{at}"))


def test_what_arrives_is_noticed_before_time_passes() -> None:
    """A notice that is due on arrival goes out on arrival, not when the clock has been moved."""
    rules = """\
rules:
  - rule: the-rule
    if: [{field: category, is: Lead}]
    then:
      - notify: {to: dpo, using: hello}
      - schedule_deletion: {grace: 10 days}
    owner: dpo
    legal_basis: x
    stop_if_more_than: {contacts: 1}
messages:
  hello: {subject: a, body: b}
"""
    steps = "[{move_clock: 10 days, expect: {deletion: in_recycle_bin, messages: [hello]}}]"

    assert differences(rules + rule_test(steps, given="{category: Lead}")) == []


def test_the_next_instant_is_the_nearest_of_what_is_scheduled_stored_and_a_new_day() -> None:
    """Durations of the rule count around what is stored, before and after it."""
    chosen = rule("[{last: activities, older_than: 36 hours}]")
    agenda, moment = Agenda((chosen,)), Moment(BEGIN, STOCKHOLM)
    midnight = datetime(2026, 3, 26, 23, tzinfo=UTC)
    soon = BEGIN + timedelta(hours=3)

    assert (midnight, False) == (agenda.next_due([], moment).at, agenda.next_due([], moment).is_stored)
    for stored in (soon, soon - timedelta(hours=36), soon + timedelta(hours=36)):
        due = agenda.next_due([stored], moment)
        assert (soon, True, frozenset()) == (due.at, due.is_stored, due.scheduled)
    assert midnight == agenda.next_due([BEGIN, datetime(1, 1, 3, tzinfo=UTC)], moment).at


def test_a_deadline_is_near_and_over_when_it_is() -> None:
    """The reminder's instant follows from two durations and a date, and none of the three is at midnight."""
    rules = """\
rules:
  - rule: the-rule
    if: [{count: requests, at_least: 1}]
    then: [keep_in_selection: chosen]
    deadline: {within: 72 hours, of: {last: requests}, remind_before: 5 hours}
"""
    given_ = "{requests: [{at: '2026-03-26T10:17:00+01:00'}]}"
    test = rule_test("[{move_clock: 5 days, expect: match}]", given=given_, now=BEGIN.isoformat())
    loaded = load_with_tests(rules + test)
    with hall_of(loaded) as hall:
        rehearsal = hall.rehearsal(loaded.tests[0])
        rehearsal.perform(loaded.tests[0].steps[0], 1)
        with rehearsal.scene.store.database.reading() as connection:
            marks = connection.execute(select(CASES.c.at_risk_at, CASES.c.late_at)).one()

    over = datetime(2026, 3, 29, 9, 17, tzinfo=UTC) + MICROSECOND
    assert (over - timedelta(hours=5), over) == tuple(marks)


def test_a_guard_that_lets_go_by_itself_is_noticed_when_it_does() -> None:
    """A child's deletion is kept until the day on which it is sixteen (Art. 8, 22), although no date of it tells so."""
    rules = """\
rules:
  - rule: the-rule
    owner: dpo
    legal_basis: x
    check: {every: day, at: "03:00"}
    if: [{field: category, is: Lead}]
    then: [{schedule_deletion: {grace: 10 days, recycle_bin: 3 days}}]
    stop_if_more_than: {contacts: 1}
"""
    steps = """
      - move_clock: 15 days
        expect: {deletion: kept, reason: HUMAN_REVIEW}
      - move_clock: 10 days
        expect: {deletion: erased}
"""

    assert differences(rules + rule_test(steps, given="{category: Lead, birth_date: 2010-03-20}")) == []
