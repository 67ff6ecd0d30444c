"""Plans: they say what a run then does, with whatever rules and at whatever instant, and write nothing."""

import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.service.config import Settings
from engine.service.plan import Plan, PlannedRule
from engine.store import deletions, pauses, registry
from engine.store.deletions import Deletion
from tests.installations import NOON, Place
from tests.rulebooks import rulebook

LOST = """\
  - rule: lost
    stage: {stage}
    if:
      - {{field: created_on, older_than: {age}}}
    then:
      - keep_in_selection: lost
      - raise_alert: "{{{{ contact.name }}}}"
"""
ERASE = """\
  - rule: erase
    owner: dpo
    legal_basis: GDPR Art. 17(1)(b)
    stage: {stage}
    if:
      - {{field: category, is: Prospect}}
      - {{field: created_on, older_than: {age}}}
    then:
      - schedule_deletion: {{purposes: all, grace: {grace}, recycle_bin: 5 days}}
    stop_if_more_than: {{contacts: {most}}}
"""
READER = """\
  - rule: reader
    if: [{selection: lost, is_member: true}]
    then: [{keep_in_selection: readers}]
"""
OPEN = Settings.of({"limits": {"percent_per_day": 100}})
OLD, NEW, NONE = (
    {"id": "old", "name": "O", "created_on": "2020-01-01"},
    {"id": "new", "created_on": "2026-02-01"},
    {"id": "none"},
)


def lost(stage: str = "live", age: str = "1 year") -> str:
    """Return a rule that keeps a selection and raises an alert."""
    return LOST.format(stage=stage, age=age)


def erase(stage: str = "live", age: str = "30 days", most: int = 3, grace: str = "14 days") -> str:
    """Return a rule that deletes."""
    return ERASE.format(stage=stage, age=age, most=most, grace=grace)


def book(*rules: str) -> str:
    """Return a file of rules."""
    return "rules:\n" + "".join(rules) if rules else "rules: []"


def prospects(*names: str, created_on: str = "2025-01-01") -> list[dict[str, Any]]:
    """Return contacts that the deleting rule matches."""
    return [{"id": name, "category": "Prospect", "created_on": created_on, "email": f"{name}@x.se"} for name in names]


def line(found: Plan, rule: str) -> PlannedRule:
    """Return what a plan says of a rule."""
    return next(one for one in found.rules if one.found.rule == rule)


def files(folder: Path) -> dict[str, bytes]:
    """Return every file of the store, bytewise, but for the index of its log, which is shared memory."""
    return {
        file.name: file.read_bytes() for file in folder.iterdir() if file.is_file() and not file.name.endswith("-shm")
    }


def test_a_plan_writes_nothing_and_tells_who_would_move(tmp_path: Path) -> None:
    """The plan counts what the run then does, and the store's bytes are the same before and after."""
    place = Place(tmp_path, book(lost(), erase()), OPEN)
    place.take(OLD, NEW, NONE, *prospects("p"))
    before = files(tmp_path)
    found = place.plan()

    assert before == files(tmp_path)
    assert (line(found, "lost").entering, line(found, "lost").leaving) == (("old", "p"), ())
    assert found.has_changes
    ran = [replace(one, basis="full") for one in place.run().rules]
    assert [one.found.as_json() for one in found.rules] == [one.as_json() for one in ran]
    again = place.plan()
    assert not again.has_changes
    assert [one.unchanged for one in again.rules] == [2, 1]


def test_a_plan_at_another_instant_sees_what_time_alone_does(tmp_path: Path) -> None:
    """With another `now` the same state matches others, and what would be due counts from then."""
    place = Place(tmp_path, book(erase()), OPEN)
    place.take(*prospects("p", created_on="2026-02-20"))
    then = NOON + timedelta(days=40)

    assert line(place.plan(), "erase").entering == ()
    planned = line(place.plan(at=then), "erase")
    assert planned.entering == ("p",)
    assert planned.deletions is not None
    assert planned.deletions.first_due == then + timedelta(days=14)


def test_the_actions_each_would_get_are_told_by_contact(tmp_path: Path) -> None:
    """Who enters gets every verb of the rule; who leaves gets none."""
    place = Place(tmp_path, book(lost()))
    place.take(OLD)
    place.run()
    place.take({"id": "old", "created_on": "2026-02-01"}, NEW | {"created_on": "2020-01-01"})
    told = place.plan().as_json(show_ids=True)["rules"]

    assert isinstance(told, list)
    assert told[0]["contacts"] == [
        {"contact": "new", "moves": "enters", "actions": ["keep_in_selection", "raise_alert"]},
        {"contact": "old", "moves": "leaves", "actions": []},
    ]
    assert "contacts" not in place.plan().rules[0].as_json(show_ids=False)


@pytest.mark.parametrize(
    ("stored", "planned", "rule", "expected"),
    [
        (book(), book(lost()), "lost", ("new", 1, 0, 0)),
        (book(lost()), book(lost()), "lost", ("same", 0, 0, 1)),
        (book(lost()), book(lost(age="10 years")), "lost", ("changed", 0, 1, 0)),
        (book(lost(age="10 years")), book(lost()), "lost", ("changed", 1, 0, 0)),
        (book(lost("watch")), book(lost()), "lost", ("stage", 1, 0, 0)),
        (book(lost()), book(lost("watch")), "lost", ("stage", 0, 0, 1)),
        (book(lost()), book(lost('"off"')), "lost", ("stage", 0, 1, 0)),
        (book(lost()), book(), "lost", ("gone", 0, 0, 1)),
    ],
)
def test_other_rules_are_compared_with_those_that_hold(
    tmp_path: Path, stored: str, planned: str, rule: str, expected: tuple[str, int, int, int]
) -> None:
    """Per rule: how it changed, and who would enter, leave or stay; a rule that is gone freezes its cases."""
    place = Place(tmp_path, stored)
    place.take(OLD)
    place.run()
    found = line(place.plan(rules=rulebook(planned)), rule)

    assert expected == (found.change, found.found.tally.entered, found.found.tally.left, found.unchanged)
    assert (expected[0] != "same") == found.has_changes


def test_a_rule_that_returns_goes_on_with_its_cases(tmp_path: Path) -> None:
    """Orphaned and back again is told, and nobody enters twice."""
    place = Place(tmp_path, book(lost()))
    place.take(OLD)
    place.run()
    place.rules = rulebook(book())
    place.run()
    found = line(place.plan(rules=rulebook(book(lost()))), "lost")

    assert (found.change, found.entering, found.unchanged) == ("returned", (), 1)


def test_a_plan_tells_what_becomes_of_deletions(tmp_path: Path) -> None:
    """New ones with the day on which the first is due; a new version cancels what is pending and starts anew."""
    place = Place(tmp_path, book(erase()), OPEN)
    place.take(*prospects("a", "b"))
    first = line(place.plan(), "erase").deletions

    assert first is not None
    assert (first.scheduled, first.cancelled, first.first_due) == (2, 0, NOON + timedelta(days=14))
    place.run()
    place.clock.move(timedelta(days=2))
    kept = line(place.plan(), "erase").deletions
    assert kept is not None
    assert (kept.scheduled, kept.cancelled, kept.first_due) == (0, 0, NOON + timedelta(days=14))
    anew = line(place.plan(rules=rulebook(book(erase(age="40 days")))), "erase")
    assert anew.deletions is not None
    assert (anew.deletions.scheduled, anew.deletions.cancelled) == (2, 2)
    assert anew.deletions.first_due == NOON + timedelta(days=16)
    assert anew.has_changes
    for others in (book(), book(erase("watch"))):
        ended = line(place.plan(rules=rulebook(others)), "erase").deletions
        assert ended is not None
        assert (ended.cancelled, ended.first_due) == (2, None)


def test_a_deletion_that_begins_anew_is_foreseen(tmp_path: Path) -> None:
    """Cancelled as undecided at its due time, with the case still open: once decided it would be scheduled again."""
    place = Place(tmp_path, book(erase()), OPEN)
    place.take(*prospects("a"))
    place.live()
    place.take({"id": "a", "created_on": None})
    place.clock.move(timedelta(days=20))
    place.live()
    assert place.deletions()["a"] == ("cancelled", "UNDECIDED")
    place.take(*prospects("a"))
    found = line(place.plan(), "erase")

    assert (found.entering, found.unchanged) == ((), 1)
    assert found.deletions is not None
    assert found.deletions.scheduled == 1
    place.run()
    assert place.deletions()["a"] == ("scheduled", None)


def test_a_limit_that_would_trip_is_shown_with_its_numbers(tmp_path: Path) -> None:
    """Four are more than three: none would be scheduled, and the plan says what counted against what."""
    place = Place(tmp_path, book(erase()), OPEN)
    place.take(*prospects("a", "b", "c", "d"))
    found = line(place.plan(), "erase")

    assert found.deletions is not None
    assert (found.deletions.is_stopped, found.deletions.scheduled, found.deletions.first_due) == (True, 0, None)
    assert found.deletions.as_json()["limit"] == {
        "contacts": 3,
        "percent": None,
        "count": 4,
        "population": 4,
        "trips": True,
    }
    assert (found.found.actions, found.actions) == ({"schedule_deletion": 0}, ())
    place.run()
    assert (line(place.plan(), "erase").paused, line(place.plan(), "erase").found.is_stopped) == ("limit", True)


def test_the_limits_over_all_rules_are_shown(tmp_path: Path) -> None:
    """Too many due now, and too many that would be due at one time, are told apart."""
    place = Place(tmp_path, book(erase()), Settings.of({"limits": {"deletions_per_day": 2}}))
    place.take(*prospects("a", "b", "c"))
    before = place.plan().limits

    assert (before.due, before.scheduled, before.trips_now, before.trips_later) == (0, 3, False, True)
    place.run()
    place.clock.move(timedelta(days=20))
    after = place.plan().limits
    assert (after.due, after.scheduled, after.trips_now, after.trips_later) == (3, 0, True, False)
    with place.store.database.writing() as connection:
        pauses.pause(connection, registry.registered(connection)["erase"].key, "look", place.clock.now())
    assert place.plan().limits.due == 0


def test_the_digest_stands_for_the_version_and_exactly_those_who_enter(tmp_path: Path) -> None:
    """It is the same alone and among other rules, and another with one contact more or another version."""
    place = Place(tmp_path, book(lost(), READER))
    place.take(OLD)
    digest = line(place.plan(), "reader").digest

    assert digest == line(place.plan("reader"), "reader").digest
    assert digest == line(place.plan(at=NOON + timedelta(hours=1)), "reader").digest
    assert digest != line(place.plan(), "lost").digest
    place.take(OLD | {"id": "other"})
    assert digest != line(place.plan(), "reader").digest
    assert (
        line(place.plan(), "lost").digest != line(place.plan(rules=rulebook(book(lost(age="2 years")))), "lost").digest
    )


def test_a_rule_that_fails_is_told_and_stops_no_other(tmp_path: Path) -> None:
    """Its line has the error and no digest; the others are planned (R9)."""
    poison = "  - {rule: poison, if: [{sum: sales.amount, at_least: 1}], then: [{keep_in_selection: rich}]}\n"
    place = Place(tmp_path, book(lost(), poison))
    huge = [{"id": f"s{n}", "amount": 999_999_999_999, "at": "2026-01-01"} for n in range(1_000)]
    place.take(OLD | {"sales": huge})
    found = place.plan()

    assert found.has_failed
    assert "overflow" in str(line(found, "poison").found.error)
    assert line(found, "poison").digest is None
    assert line(found, "lost").entering == ("old",)


def pending(place: Place) -> list[Deletion]:
    """Return the deletions that are not ordered yet."""
    with place.store.database.reading() as connection:
        found = deletions.read(connection, place.store.tables)
    return [one for one in found if one.state in deletions.BEFORE_ORDER]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("book"), st.tuples(
            st.sampled_from(["live", "live", "live", "watch", '"off"', "gone"]),
            st.sampled_from(["30 days", "60 days"]),
            st.sampled_from([1, 3]),
            st.sampled_from(["live", "watch", '"off"']),
        )),
        st.tuples(st.just("take"), st.tuples(
            st.sampled_from("abcd"), st.sampled_from(["Prospect", "Lead"]),
            st.sampled_from(["2026-02-15", "2026-01-10", "2025-06-01", None]),
        )),
        st.tuples(st.just("wait"), st.sampled_from([0, 1, 10, 20])),
        st.tuples(st.just("run"), st.none()),
        st.tuples(st.just("act"), st.none()),
    ),
    min_size=2, max_size=12,
)  # fmt: skip


def _step(place: Place, what: str, value: Any) -> None:
    place.clock.move(timedelta(minutes=1))
    match what:
        case "book":
            stage, age, most, lost_stage = value
            deleting = [] if stage == "gone" else [erase(stage, age, most)]
            place.rules = rulebook(book(lost(lost_stage), READER, *deleting))
        case "take":
            contact, category, created = value
            place.take({"id": contact, "category": category, "created_on": created})
        case "wait":
            place.clock.move(timedelta(days=value))
        case "run":
            place.run()
        case "act":
            place.act()


@settings(max_examples=50, deadline=None)
@given(STEPS)
def test_a_plan_is_always_what_the_run_then_does(steps: list[tuple[str, Any]]) -> None:
    """After any history: moves, limits, deletions scheduled, cancelled and first due are those of the next run."""
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder), book(lost(), READER, erase()), OPEN)
        place.take(*prospects("a", "b"), *prospects("c", created_on="2026-01-10"))
        place.run()
        for what, value in steps:
            _step(place, what, value)
        place.clock.move(timedelta(minutes=1))
        found, before = place.plan(), {one.key: one for one in pending(place)}
        report, after = place.run(), {one.key: one for one in pending(place)}

        run = {one.rule: one for one in report.rules}
        for one in found.rules:
            if one.change != "gone" and one.found.stage != "off":
                # A plan looks at everybody, a run at those who may have changed.
                ran = run[one.found.rule].tally
                assert replace(ran, candidates=one.found.tally.candidates) == one.found.tally
            if one.found.stage == "live" and one.change != "gone":
                assert run[one.found.rule].is_stopped == one.found.is_stopped
        about = next((one for one in found.rules if one.found.rule == "erase"), None)
        told = about.deletions if about is not None else None
        is_live = about is not None and about.found.stage == "live" and about.change != "gone"
        assert len(before.keys() - after.keys()) == (told.cancelled if told else 0)
        assert len(after.keys() - before.keys()) == (told.scheduled if told and is_live else 0)
        if is_live and told is not None:
            assert min((one.due_at for one in after.values()), default=None) == told.first_due
        place.clock.move(timedelta(minutes=1))
        assert not any(one.entering or one.leaving for one in place.plan().rules)
        place.store.database.close()
