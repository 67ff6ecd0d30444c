"""Rules that wait for events: looked at when their pattern is satisfied, when a term ends, and never twice for it."""

import json
import sys
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from engine.evaluate.decision import Decider
from engine.evaluate.explain import with_sources
from engine.evaluate.matcher import AVAILABLE
from engine.evaluate.matcher_worker import Matcher
from engine.service.activation import activated
from engine.service.config import Settings
from engine.service.events import read_events, take_events
from engine.service.pruning import prune
from engine.service.terms import look_at_terms
from engine.service.tick import follow_changes, tick
from engine.store import evaluations, registry, runs
from engine.store.tables import CASES, INBOX
from engine.vocabulary.truth import Truth
from tests.installations import NOON, Place, tally
from tests.rulebooks import rulebook

RULES = """\
rules:
  - rule: bounced
    stage: live
    check: {when_event: {event: mailing.bounced, times: 3, within: 30 days}}
    if: [{field: email, is_missing: false}]
    then: [{keep_in_selection: bounced}, {notify: {to: dpo, using: note}}]
  - rule: too-late
    stage: live
    check: {when_event: {event: mailing.sent, after: consent.withdrawn, within: 24 hours}}
    if: [{consent: marketing, is: withdrawn}]
    then: [{keep_in_selection: too-late}, {notify: {to: dpo, using: note}}]
  - rule: restricted
    stage: live
    check: {when_event: {event: restrict_processing.changed, from: false, to: true}}
    if: [{field: restrict_processing, is: true}]
    then: [{notify: {to: dpo, using: note}}]
  - rule: unanswered
    stage: live
    check:
      when_event: {event: request.received, where: {type: erasure}, not_followed_by: request.answered, within: 20 days}
    if: [{count: requests, where: {type: erasure, status: open}, at_least: 1}]
    then: [{keep_in_selection: unanswered}, {notify: {to: dpo, using: note}}]
messages:
  note: {subject: "{{ rule.id }} {{ contact.id }}", body: "-"}
"""
# The real worker, that says the opposite of what it found about events.
CONTRARY = """
import json, os, sys
from engine.evaluate.matcher_worker import serve

def write(line):
    answer = json.loads(line)
    if "matches" in answer:
        answer["matches"] = not answer["matches"]
    os.write(1, json.dumps(answer).encode() + b"\\n")

serve(sys.stdin.buffer, write)
"""
SETTINGS = Settings.model_validate({"people": {"eva": {"email": "eva@firm.example", "roles": ["dpo"]}}})
NUMBERS = count(1)


def place_with(folder: Path, rules: str = RULES) -> Place:
    """Return a place with the rules active and one contact."""
    place = Place(folder, rules, SETTINGS)
    beat(place)
    place.take({"id": "1", "email": "a@firm.example", "restrict_processing": False})
    return place


def beat(place: Place, **passed: float) -> None:
    """Let time pass, then do all that a tick does."""
    place.clock.move(timedelta(**passed))
    tick(place.scene(), place.installation.moment())


def send(place: Place, kind: str, *, contact: str = "1", time: datetime | None = None, **data: Any) -> None:
    """Send an event as the CRM does."""
    event: dict[str, Any] = {"specversion": "1.0", "id": str(next(NUMBERS)), "source": "/crm"}
    event |= {"type": f"crm.{kind}", "subject": contact, "data": data}
    if time is not None:
        event["time"] = time.isoformat()
    take_events(place.scene(), read_events(json.loads(json.dumps(event))), place.installation.moment())


def told(place: Place) -> list[str]:
    """Return the subjects of the letters that went out."""
    return [str(letter["Subject"]) for letter in place.letters()]


def ago(**parts: float) -> datetime:
    """Return an instant before the clocks of the tests begin."""
    return NOON - timedelta(**parts)


# The four examples of the contract, through the door that the CRM uses.


def test_three_bounces_in_thirty_days(tmp_path: Path) -> None:
    """The third within thirty days is the occasion; one that is too old does not count, and a fourth tells nothing new."""
    place = place_with(tmp_path)
    for time in (ago(days=31), ago(days=20), ago(days=1)):
        send(place, "mailing.bounced", time=time)
        beat(place, minutes=1)
    assert (place.members("bounced"), told(place)) == ([], [])
    send(place, "mailing.bounced")
    beat(place, minutes=1)
    send(place, "mailing.bounced")
    beat(place, minutes=1)

    assert (place.members("bounced"), told(place)) == (["1"], ["bounced 1"])


def test_a_mailing_after_a_withdrawal(tmp_path: Path) -> None:
    """A mailing within 24 hours of the withdrawal is told; one before it, or days later, is not."""
    place = place_with(tmp_path)
    send(place, "mailing.sent", time=ago(hours=2))
    send(place, "consent.withdrawn", time=ago(hours=1), purpose="marketing", at=ago(hours=1).isoformat())
    send(place, "mailing.sent", time=NOON + timedelta(days=3))
    beat(place, days=3, minutes=1)
    assert told(place) == []
    send(place, "mailing.sent", time=ago(minutes=30))  # the CRM tells it late
    beat(place, minutes=1)

    assert (place.members("too-late"), told(place)) == (["1"], ["too-late 1"])


@pytest.mark.parametrize("door", ["import", "event"])
def test_a_restriction_that_is_set(tmp_path: Path, door: str) -> None:
    """From false to true is the occasion, through every door; the other way is none, and a second time tells it again."""
    place = place_with(tmp_path)
    for value in (True, False, True):
        if door == "import":
            place.take({"id": "1", "restrict_processing": value})
        else:
            send(place, "contact.changed", restrict_processing=value)
        beat(place, minutes=1)

    assert told(place) == ["restricted 1", "restricted 1"]


def test_a_request_that_nobody_answers(tmp_path: Path) -> None:
    """Nothing is told before the term ends, then once; the answer closes the case."""
    place = place_with(tmp_path)
    send(place, "request.received", id="r", type="erasure")
    beat(place, days=19, hours=23)
    assert (place.members("unanswered"), told(place)) == ([], [])
    beat(place, hours=1)
    beat(place, hours=1)
    assert (place.members("unanswered"), told(place)) == (["1"], ["unanswered 1"])
    send(place, "request.answered", id="r", type="erasure")
    beat(place, minutes=1)

    assert (place.members("unanswered"), told(place)) == ([], ["unanswered 1"])


def test_requests_that_are_answered_or_of_another_type_are_never_told(tmp_path: Path) -> None:
    """An answer in time ends the waiting."""
    place = place_with(tmp_path)
    send(place, "request.received", id="r", type="erasure")
    send(place, "request.received", id="s", type="access")
    beat(place, days=10)
    send(place, "request.answered", id="r", type="erasure")
    for _ in range(12):
        beat(place, days=1)

    assert told(place) == []


# When it is looked.


def test_what_the_pattern_does_not_call_for_is_not_looked_at(tmp_path: Path) -> None:
    """Neither a change of what `if` reads, nor another event, nor a run of all rules opens a case."""
    place = place_with(tmp_path)
    place.take({"id": "1", "email": "b@firm.example"})
    send(place, "mailing.sent")
    beat(place, minutes=1)
    report = place.run()

    assert place.cases() == []
    assert tally(report, "bounced") == (0, 0, 0, 0)


def test_events_about_a_contact_that_comes_later_are_not_lost(tmp_path: Path) -> None:
    """The contact's arrival is an occasion to look at what was heard of it."""
    place = place_with(tmp_path)
    for _ in range(3):
        send(place, "mailing.bounced", contact="2")
    beat(place, minutes=1)
    place.take({"id": "2", "email": "c@firm.example"})
    beat(place, minutes=1)

    assert place.members("bounced") == ["2"]


def test_an_event_from_a_clock_that_is_ahead_counts_when_its_time_comes(tmp_path: Path) -> None:
    """It is not forgotten because it was looked at too early."""
    place = place_with(tmp_path)
    for minutes in (1, 2, 3):
        send(place, "mailing.bounced", time=NOON + timedelta(minutes=minutes))
    beat(place, minutes=2)
    assert place.members("bounced") == []
    beat(place, minutes=2)

    assert place.members("bounced") == ["1"]


def test_a_case_that_events_opened_closes_when_its_criteria_change(tmp_path: Path) -> None:
    """Whoever has an open case is looked at when something changes that `if` reads, events or none."""
    place = place_with(tmp_path)
    for _ in range(3):
        send(place, "mailing.bounced")
    beat(place, minutes=1)
    assert place.members("bounced") == ["1"]
    beat(place, days=90)
    assert place.members("bounced") == ["1"]
    place.take({"id": "1", "email": None})
    follow_changes(place.scene(), place.installation.moment())

    assert place.members("bounced") == []


def test_a_rule_that_is_off_is_never_looked_at(tmp_path: Path) -> None:
    """Events reach only rules that are awake."""
    place = place_with(tmp_path, RULES.replace("stage: live", "stage: 'off'"))
    for _ in range(3):
        send(place, "mailing.bounced")
    send(place, "request.received", id="r", type="erasure")
    beat(place, days=21)

    assert place.cases() == []


BESIDE = """\
rules:
  - rule: both
    stage: live
    check: {every: day, at: "03:00", when_event: {event: country.changed, to: NO}}
    if: [{field: category, is: Lead}]
    then: [{keep_in_selection: both}]
"""


def test_beside_a_schedule_a_pattern_is_one_more_occasion(tmp_path: Path) -> None:
    """The schedule looks at everybody, the event at its contact at once."""
    place = place_with(tmp_path, BESIDE)
    place.take({"id": "2", "category": "Lead"}, {"id": "3", "category": "Lead"})
    beat(place, minutes=1)
    assert place.members("both") == []
    place.take({"id": "3", "country": "NO"})
    beat(place, minutes=1)
    assert place.members("both") == ["3"]
    beat(place, days=1)

    assert place.members("both") == ["2", "3"]


# Terms.


def test_a_term_that_ends_while_the_service_is_down_is_told_once_by_the_next_start(tmp_path: Path) -> None:
    """A late start catches up, and what a crash left half done is done again without telling it twice."""
    place = place_with(tmp_path)
    place.take(*({"id": str(number), "email": "x@firm.example"} for number in range(2, 5)))
    for number in range(2, 5):
        send(place, "request.received", contact=str(number), id="r", type="erasure")
    beat(place, minutes=1)
    place.clock.move(timedelta(days=300))
    again = Place(tmp_path, RULES, SETTINGS)
    again.clock.instant = place.clock.instant
    assert look_at_terms(again.scene(), again.installation.moment()) == 3
    with again.store.database.writing() as connection:  # as if the process had died before it noted how far it was
        for rule in registry.registered(connection).values():
            evaluations.mark_waited(connection, rule.key, NOON)
    assert look_at_terms(again.scene(), again.installation.moment()) == 3
    assert look_at_terms(again.scene(), again.installation.moment()) == 0
    again.act()

    assert told(again) == [f"unanswered {number}" for number in range(2, 5)]


def test_a_request_that_is_told_of_after_its_term_is_looked_at_at_once(tmp_path: Path) -> None:
    """The CRM was down for a month: the term is over when the event arrives."""
    place = place_with(tmp_path)
    send(place, "request.received", time=ago(days=30), id="r", type="erasure")
    beat(place, minutes=1)

    assert told(place) == ["unanswered 1"]


def test_a_clock_that_goes_back_and_forth_tells_nothing_twice(tmp_path: Path) -> None:
    """Terms are looked at again, cases are not opened again."""
    place = place_with(tmp_path)
    send(place, "request.received", id="r", type="erasure")
    for days in (21, -10, 10, -21, 30):
        beat(place, days=days)

    assert told(place) == ["unanswered 1"]


def test_other_rules_rely_on_the_cases_of_a_rule_that_waits(tmp_path: Path) -> None:
    """Who was never looked at is no member; who was is, also for rules that read the selection."""
    reader = "  - {rule: reader, stage: live, if: [{selection: unanswered, is_member: true}], then: [{keep_in_selection: r}]}\n"
    place = place_with(tmp_path, RULES.replace("messages:", reader + "messages:"))
    place.take({"id": "2"})
    send(place, "request.received", id="r", type="erasure")
    beat(place, days=21)
    place.run()
    facts = place.scene().records
    with place.store.database.reading() as connection:
        held = {name: facts.facts(connection, "contact", place.key_of(name)) for name in ("1", "2")}
    sources = {
        name: with_sources(place.rules, place.rules.rules["reader"], one, place.installation.moment()).memberships
        for name, one in held.items()
        if one is not None
    }

    assert place.members("r") == ["1"]
    assert [sources[name]["unanswered"] for name in ("1", "2")] == [Truth.TRUE, Truth.FALSE]
    assert ("reader", "2", "undecided") not in place.cases()


# Runs.


def test_a_run_looks_at_those_whose_events_satisfy_the_pattern_and_leaves_the_others(tmp_path: Path) -> None:
    """Who has no such events stays as they were; counts are totals, candidates those who were looked at."""
    place = place_with(tmp_path)
    place.take({"id": "2", "email": "c@firm.example"}, {"id": "3", "email": "d@firm.example"})
    for contact in ("1", "1", "1", "2", "2"):
        send(place, "mailing.bounced", contact=contact)
    planned = place.plan("bounced")
    report = place.run("bounced")
    assert (list(planned.rules[0].entering), place.members("bounced")) == (["1"], ["1"])
    assert tally(report, "bounced") == (1, 1, 0, 0)
    assert report.rules[0].tally.candidates == 1
    place.clock.move(timedelta(days=31))
    place.take({"id": "1", "email": None})
    later = place.run("bounced")

    assert place.members("bounced") == ["1"]
    assert tally(later, "bounced") == (1, 0, 0, 0)
    assert later.rules[0].tally.candidates == 0


def test_a_run_closes_the_case_of_whom_it_looks_at(tmp_path: Path) -> None:
    """The criteria decide: an event that was is no reason to keep a case."""
    place = place_with(tmp_path)
    place.take({"id": "1", "restrict_processing": True})
    assert tally(place.run("restricted"), "restricted") == (1, 1, 0, 0)
    place.take({"id": "1", "restrict_processing": False})

    assert tally(place.run("restricted"), "restricted") == (0, 0, 1, 0)
    assert place.cases() == []


def test_a_run_for_another_instant_takes_the_events_of_before_it(tmp_path: Path) -> None:
    """`--at` looks back from there."""
    place = place_with(tmp_path)
    for _ in range(3):
        send(place, "mailing.bounced")
    reports = [place.run("bounced", at=NOON + timedelta(days=days)) for days in (-1, 29, 30)]

    assert [report.rules[0].tally.candidates for report in reports] == [0, 1, 0]


# Doubt, pruning, erasing.


@pytest.mark.skipif(not AVAILABLE, reason="durable-rules does not run on this Python")
def test_what_two_executions_see_differently_is_undecided(tmp_path: Path) -> None:
    """The case neither opens nor acts, and the doubt is shown; the next event finds the two agreeing again."""
    place = place_with(tmp_path)
    beat(place)
    honest, place.decider = place.decider, Decider(Matcher(command=[sys.executable, "-c", CONTRARY]))
    for _ in range(3):
        send(place, "mailing.bounced")
    beat(place, minutes=1)
    place.decider.close()
    assert place.cases() == [("bounced", "1", "undecided")]
    place.decider = honest
    send(place, "mailing.bounced")
    beat(place, minutes=1)

    assert (place.cases(), told(place)) == ([("bounced", "1", "open")], ["bounced 1"])


def test_events_stay_for_as_long_as_patterns_look_back(tmp_path: Path) -> None:
    """Whatever is configured; what no pattern can need any more goes."""
    place = place_with(tmp_path, RULES.replace("within: 30 days", "within: 60 days"))
    send(place, "mailing.bounced")
    send(place, "mailing.bounced", time=NOON + timedelta(days=20))
    beat(place, days=45)

    def left() -> int:
        prune(place.scene(), place.installation.moment())
        with place.store.database.reading() as connection:
            return len(connection.execute(select(INBOX.c.seq)).all())

    assert left() == 2
    beat(place, days=17)
    assert left() == 1
    place.rules = rulebook("rules: []")
    assert left() == 0


def test_events_that_were_not_looked_at_are_not_pruned(tmp_path: Path) -> None:
    """However old: a service that was down for a year still hears them."""
    place = place_with(tmp_path)
    send(place, "mailing.bounced")
    place.clock.move(timedelta(days=400))
    prune(place.scene(), place.installation.moment())
    with place.store.database.reading() as connection:
        assert len(connection.execute(select(INBOX.c.seq)).all()) == 1


def test_the_cases_and_runs_of_a_look_are_recorded(tmp_path: Path) -> None:
    """A look for a term is a run of the rule alone; a tick without one leaves no run."""
    place = place_with(tmp_path)
    send(place, "request.received", id="r", type="erasure")
    beat(place, days=19)
    with place.store.database.reading() as connection:
        before = len(runs.listing(connection))
    beat(place, hours=1)
    beat(place, days=1)
    with place.store.database.reading() as connection:
        listed = runs.listing(connection)
        cases = connection.execute(select(CASES.c.opened_at)).scalars().all()

    assert len(listed) == before + 1
    assert (listed[0]["trigger"], listed[0]["entered"]) == ("schedule", 1)
    assert cases == [datetime(2026, 3, 21, 13, tzinfo=UTC)]


def test_activating_again_changes_nothing(tmp_path: Path) -> None:
    """The registry keeps which fields are watched through every activation."""
    place = place_with(tmp_path)
    with place.store.database.writing() as connection:
        activated(place.installation, connection, place.rules, place.clock.now())

        assert registry.watched_fields(connection, "contact") == {"restrict_processing"}
        assert registry.watched_fields(connection, "company") == frozenset()
