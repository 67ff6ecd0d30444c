"""The tick: changes wake the rules that read them, schedules run once, and nothing fires twice."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from engine.service import timetable
from engine.service.activation import activated
from engine.service.config import Settings
from engine.service.occasions import wakes
from engine.service.pruning import prune
from engine.service.tick import follow_changes, tick
from engine.service.watching import look_at_changes
from engine.store import runs
from engine.store.changes import Changed
from engine.store.tables import OCCURRENCE
from tests.installations import Place
from tests.rulebooks import rule, rulebook

RULES = """\
rules:
  - rule: norwegians
    stage: live
    if: [{field: country, is: NO}]
    then:
      - keep_in_selection: norwegians
      - notify: {to: dpo, using: hello}
  - rule: others
    stage: live
    check: {when_changed: [category]}
    if: [{selection: norwegians, is_member: false}, {field: category, is: Lead}]
    then: [{keep_in_selection: others}]
messages:
  hello: {subject: "{{ contact.id }}", body: hello}
"""
PEOPLE = {"people": {"eva": {"email": "eva@firm.example", "roles": ["dpo"]}}}


def place_with(folder: Path, text: str = RULES) -> Place:
    """Return a place with the rules and somebody to tell."""
    return Place(folder, text, Settings.model_validate(PEOPLE))


def run_rules(place: Place) -> list[list[str]]:
    """Return the rules of each run, the oldest first."""
    with place.store.database.reading() as connection:
        listed = [runs.read(connection, int(str(one["run"]))) for one in reversed(runs.listing(connection))]
    return [[rule["rule"] for rule in one["rules"]] for one in listed if one]


@pytest.mark.parametrize(
    ("check", "names", "is_new", "woken"),
    [
        ("", {"country"}, False, True),
        ("", {"email"}, False, False),
        ("", {"email"}, True, True),
        ("check: {when_changed: [email]}", {"email"}, False, True),
        ("check: {when_changed: [email]}", {"country"}, False, False),
        ("check: {when_changed: auto}", {"country"}, False, True),
        ("check: {every: day}", {"country"}, False, False),
        ("check: {when: created}", {"country"}, True, True),
        ("check: {when: created}", {"country"}, False, False),
        ("check: {when: changed}", {"phone"}, False, True),
    ],
)
def test_a_change_wakes_exactly_the_rules_that_read_or_wait_for_it(
    check: str, names: set[str], is_new: bool, woken: bool
) -> None:
    """By default what the rule reads; otherwise what its `check` says."""
    chosen = rule("[{field: country, is: NO}]", more=f"    {check}\n" if check else "")

    assert woken is wakes(chosen, Changed("contact", 1, frozenset(names), is_new))


def test_changes_are_coalesced_and_looked_at_once(tmp_path: Path) -> None:
    """Three changes of one contact are one evaluation with the newest state, and the letter goes out once."""
    place = place_with(tmp_path)
    for country in ("SE", "DK", "NO"):
        place.take({"id": "1", "country": country})

    assert look_at_changes(place.scene(), place.installation.moment()) == 1
    assert look_at_changes(place.scene(), place.installation.moment()) == 0
    assert place.members("norwegians") == ["1"]
    place.act()
    place.act()
    assert [letter["Subject"] for letter in place.letters()] == ["1"]


def test_a_change_touches_no_other_contact(tmp_path: Path) -> None:
    """Who did not change stays a member, also when the batch closes another's case."""
    place = place_with(tmp_path)
    place.take({"id": "1", "country": "NO"}, {"id": "2", "country": "NO"})
    place.run()
    follow_changes(place.scene(), place.installation.moment())
    place.take({"id": "1", "country": "SE", "category": "Lead"})
    follow_changes(place.scene(), place.installation.moment())

    assert (place.members("norwegians"), place.members("others")) == (["2"], ["1"])


@pytest.mark.parametrize(
    ("check", "follows"),
    [
        ("", True),
        ("check: {when_changed: auto}", True),
        ("check: {every: day}", False),
        ("check: {when_changed: [category]}", False),
    ],
)
def test_a_change_goes_on_to_rules_that_read_another_unless_they_look_at_their_own_time(
    tmp_path: Path, check: str, follows: bool
) -> None:
    """A rule on a schedule, or with a list of what it looks at, is not woken by a rule that it reads."""
    place = place_with(tmp_path, RULES.replace("check: {when_changed: [category]}", check))
    place.take({"id": "1", "category": "Lead"})
    look_at_changes(place.scene(), place.installation.moment())
    before = len(run_rules(place))
    place.take({"id": "1", "country": "NO"})

    look_at_changes(place.scene(), place.installation.moment())

    assert run_rules(place)[before:] == [["norwegians", *(["others"] if follows else [])]]


def test_rules_that_read_nothing_of_a_change_sleep_on(tmp_path: Path) -> None:
    """A new telephone number concerns neither rule: no run has them."""
    place = place_with(tmp_path)
    place.take({"id": "1", "country": "NO"})
    follow_changes(place.scene(), place.installation.moment())
    place.take({"id": "1", "phone": "1"})
    follow_changes(place.scene(), place.installation.moment())

    assert run_rules(place) == [["norwegians", "others"], []]


DAILY = "rules: [{rule: daily, stage: live, check: {every: day, at: '03:00'%s}, if: [{field: country, is: NO}], then: [{keep_in_selection: a}]}]"


def occurrences(place: Place) -> list[tuple[datetime, str]]:
    """Return every occurrence with its state."""
    with place.store.database.reading() as connection:
        rows = connection.execute(select(OCCURRENCE.c.due_at, OCCURRENCE.c.state).order_by(OCCURRENCE.c.due_at))
        return [(row.due_at, row.state) for row in rows]


def test_r4_a_schedule_runs_each_occurrence_once(tmp_path: Path) -> None:
    """Ticks before, at and after the instant make one run of it."""
    place = place_with(tmp_path, DAILY % "")
    place.clock.instant = datetime(2026, 3, 2, 1, 50, tzinfo=UTC)
    for _ in range(30):
        tick(place.scene(), place.installation.moment())
        place.clock.move(timedelta(minutes=1))

    assert [(datetime(2026, 3, 2, 2, tzinfo=UTC), "done")] == occurrences(place)
    assert run_rules(place) == [["daily"]]


@pytest.mark.parametrize(
    ("missed", "states"), [("", ["skipped", "skipped", "done"]), (", if_missed: skip", ["skipped"] * 3)]
)
def test_r4_missed_occurrences_run_once_or_are_skipped_with_a_reason(
    tmp_path: Path, missed: str, states: list[str]
) -> None:
    """After three days down, `run_once` makes one run and `skip` none; each missed instant has its row."""
    place = place_with(tmp_path, DAILY % missed)
    tick(place.scene(), place.installation.moment())
    place.clock.move(timedelta(days=3))
    tick(place.scene(), place.installation.moment())

    assert states == [state for _, state in occurrences(place)]
    assert states.count("done") == len(run_rules(place))


def test_a_crash_between_claim_and_run_costs_no_occurrence(tmp_path: Path) -> None:
    """An occurrence that was claimed and not done is run by the next tick."""
    place = place_with(tmp_path, DAILY % "")
    tick(place.scene(), place.installation.moment())
    place.clock.move(timedelta(days=1))
    with place.store.database.writing() as connection:
        keys = activated(place.installation, connection, place.rules, place.clock.now())[1]
        assert timetable.claim_due(connection, place.rules, keys, place.installation.moment()) == ["daily"]
    tick(place.scene(), place.installation.moment())

    assert [state for _, state in occurrences(place)] == ["done"]


def test_pruning_lets_nothing_fire_again(tmp_path: Path) -> None:
    """After years runs, changes and old messages are gone, and an open case still does not act twice."""
    place = place_with(tmp_path)
    place.take({"id": "1", "country": "NO"})
    tick(place.scene(), place.installation.moment())
    place.clock.move(timedelta(days=800))
    pruned = prune(place.scene(), place.installation.moment())
    tick(place.scene(), place.installation.moment())

    assert pruned["runs"] > 0
    assert pruned["change_log"] > 0
    assert len(place.letters()) == 1


def test_a_rule_that_is_not_live_writes_to_nobody(tmp_path: Path) -> None:
    """In watch the same rule sends nothing."""
    place = place_with(tmp_path)
    place.rules = rulebook(RULES.replace("stage: live", "stage: watch"))
    place.take({"id": "1", "country": "NO"})
    tick(place.scene(), place.installation.moment())

    assert place.letters() == []
