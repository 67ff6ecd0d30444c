"""Forecasts: who reaches a deletion when, as time alone makes it so; what really happens is the oracle."""

import tempfile
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.service.config import Settings
from engine.service.forecasting import Forecast, forecast
from engine.service.tick import tick
from engine.store import deletions, holds, pauses, registry
from engine.vocabulary.calendar import end_of_day, local_date, start_of_day
from tests.installations import Place
from tests.rulebooks import STOCKHOLM, rulebook
from tests.service.test_planning import files

RULE = """\
  - rule: {name}
    owner: dpo
    legal_basis: GDPR Art. 17(1)(b)
    stage: {stage}
    check: {check}
    if: {criteria}
    then:
      - schedule_deletion: {{purposes: all, grace: {grace}, recycle_bin: 100 days}}
    stop_if_more_than: {{contacts: {most}}}
"""
DAILY = '{every: day, at: "02:00"}'
OLD = "[{field: created_on, older_than: 30 days}]"
OPEN = Settings.of({"limits": {"percent_per_day": 100}})
TODAY = date(2026, 3, 1)


def erase(name: str = "erase", **keywords: Any) -> str:
    """Return a rule that deletes."""
    given = {"stage": "live", "check": DAILY, "criteria": OLD, "grace": "14 days", "most": 50} | keywords
    return RULE.format(name=name, **given)


def place_with(folder: Path, *rules: str) -> Place:
    """Return a place with rules."""
    return Place(folder, "rules:\n" + "".join(rules), OPEN)


def person(name: str, created_on: str, **more: Any) -> dict[str, Any]:
    """Return a contact."""
    return {"id": name, "created_on": created_on, **more}


def ahead(place: Place, days: int = 90) -> Forecast:
    """Return the forecast of a place, with who it is."""
    return forecast(place.installation, place.store, place.rules, days, show_ids=True)


def told(found: Forecast, kind: str = "expected") -> dict[tuple[str, str | None], int]:
    """Return the counts of a kind by day and owner."""
    return {(str(row.day), row.owner): getattr(row, kind) for row in found.rows if getattr(row, kind)}


def test_who_will_match_is_foreseen_by_day_and_owner(tmp_path: Path) -> None:
    """Thirty days after creation, at the rule's next look, and then the grace; later than the horizon is not told."""
    place = place_with(tmp_path, erase())
    place.take(
        person("a", "2026-02-10", owner="eva"),
        person("b", "2026-02-10", owner="eva"),
        person("c", "2026-02-10", owner="dag"),
        person("d", "2026-02-20"),
        person("late", "2026-06-01"),
    )
    found = ahead(place)

    assert told(found) == {("2026-03-26", "dag"): 1, ("2026-03-26", "eva"): 2, ("2026-04-05", None): 1}
    assert [row.contacts for row in found.rows] == [("c",), ("a", "b"), ("d",)]
    assert {(row.rule, row.stage) for row in found.rows} == {("erase", "live")}
    assert told(ahead(place, 25)) == {("2026-03-26", "dag"): 1, ("2026-03-26", "eva"): 2}
    assert told(ahead(place, 24)) == {}


def test_a_forecast_writes_nothing(tmp_path: Path) -> None:
    """The store's bytes are the same before and after."""
    place = place_with(tmp_path, erase())
    place.take(person("a", "2025-01-01"))
    place.run()
    before = files(tmp_path)
    ahead(place)

    assert before == files(tmp_path)


def test_pending_deletions_are_told_with_their_day(tmp_path: Path) -> None:
    """What is scheduled is due when its row says; who gets no deletion any more is not expected anew."""
    place = place_with(tmp_path, erase(check="{every: hour}"))
    place.take(person("a", "2025-01-01", owner="eva"), person("b", "2025-01-01"))
    place.run()
    with place.store.database.writing() as connection:
        kept = next(one for one in deletions.read(connection, place.store.tables) if one.contact == "b")
        deletions.cancel(connection, deletions.is_one(kept.key), "KEPT_BY_PERSON", place.clock.now())
    found = ahead(place)

    assert (told(found, "scheduled"), told(found)) == ({("2026-03-15", "eva"): 1}, {})


def test_what_a_guard_or_a_person_stops_is_told_apart(tmp_path: Path) -> None:
    """Kept by a hold: for today, as if let go; a paused rule: all of it stopped."""
    place = place_with(tmp_path, erase())
    place.take(person("a", "2025-01-01"), person("b", "2026-02-27"))
    place.live()
    with place.store.database.writing() as connection:
        holds.add(connection, ("contact", place.key_of("a")), "hold", "lawsuit", place.clock.now())
    place.clock.move(timedelta(days=20))
    place.live()
    assert place.deletions()["a"] == ("kept", "HOLD")
    found = ahead(place)
    assert (told(found, "stopped"), told(found)) == ({("2026-03-21", None): 1}, {("2026-04-12", None): 1})
    with place.store.database.writing() as connection:
        pauses.pause(connection, registry.registered(connection)["erase"].key, "look", place.clock.now())
    paused = ahead(place)

    assert (told(paused, "stopped"), told(paused)) == ({("2026-03-21", None): 1, ("2026-04-12", None): 1}, {})


def test_a_rule_that_its_limit_paused_is_told_as_if_released_today(tmp_path: Path) -> None:
    """Its open cases wait for the release; the grace would begin then."""
    place = place_with(tmp_path, erase(most=1))
    place.take(person("a", "2025-01-01"), person("b", "2025-01-01"))
    place.run()
    place.clock.move(timedelta(days=3))

    assert told(ahead(place), "stopped") == {("2026-03-18", None): 2}


def test_rules_in_watch_are_told_as_if_they_went_live(tmp_path: Path) -> None:
    """Marked as such, whether or not they keep shadow cases already; a rule that is off says nothing."""
    place = place_with(tmp_path, erase("one", stage="watch", check="{every: hour}"), erase("none", stage='"off"'))
    place.take(person("a", "2025-01-01"))
    before = ahead(place)
    place.run()
    after = ahead(place)

    assert before.rows == after.rows
    assert [(row.rule, row.stage, str(row.day), row.expected) for row in after.rows] == [
        ("one", "watch", "2026-03-15", 1)
    ]


def test_a_new_version_starts_the_grace_anew(tmp_path: Path) -> None:
    """Pending deletions of the former text are not told; its contacts are expected from the next look on."""
    place = place_with(tmp_path, erase())
    place.take(person("a", "2025-01-01"))
    place.run()
    place.clock.move(timedelta(days=5))
    place.rules = rulebook("rules:\n" + erase(criteria="[{field: created_on, older_than: 40 days}]"))
    found = ahead(place)

    assert (told(found, "scheduled"), told(found)) == ({}, {("2026-03-21", None): 1})


def test_what_stops_being_true_before_its_day_is_not_told(tmp_path: Path) -> None:
    """A birthday within ten days is true for ten days, which is less than the grace."""
    window = "[{field: birth_date, anniversary_in_next: 10 days}]"
    place = place_with(tmp_path, erase("long", criteria=window), erase("short", criteria=window, grace="5 days"))
    place.take({"id": "a", "birth_date": "1980-03-20"})

    assert [(row.rule, str(row.day)) for row in ahead(place).rows] == [("short", "2026-03-15")]


def test_a_rule_is_seen_with_those_that_it_reads(tmp_path: Path) -> None:
    """Who is no member any more on a later day is expected on that day."""
    source = "  - {rule: fresh, stage: live, if: [{field: created_on, in_last: 60 days}], then: [{keep_in_selection: fresh}]}\n"
    place = place_with(tmp_path, source, erase(criteria="[{selection: fresh, is_member: false}]"))
    place.take(person("a", "2026-02-10"))
    place.run()

    assert told(ahead(place)) == {("2026-04-25", None): 1}


def test_a_rule_that_only_changes_wake_opens_nothing_by_time(tmp_path: Path) -> None:
    """Who matches already is told, because the next run finds them; time alone wakes nothing."""
    place = place_with(tmp_path, erase(check="{when_changed: auto}"))
    place.take(person("a", "2025-01-01"), person("b", "2026-02-20"))

    assert told(ahead(place)) == {("2026-03-15", None): 1}


def test_a_rule_that_fails_is_told_and_stops_no_other(tmp_path: Path) -> None:
    """Its error is in the forecast; the others are foreseen (R9)."""
    place = place_with(tmp_path, erase("poison", criteria="[{sum: sales.amount, at_least: 1}]"), erase())
    huge = [{"id": f"s{n}", "amount": 999_999_999_999, "at": "2026-01-01"} for n in range(1_000)]
    place.take(person("a", "2026-02-10", sales=huge))
    found = ahead(place)

    assert found.has_failed
    assert "overflow" in found.errors["poison"]
    assert told(found) == {("2026-03-26", None): 1}


def test_the_document_has_ids_only_where_they_are_asked_for(tmp_path: Path) -> None:
    """Counts by day, rule, stage and owner; contacts on request; progress day by day."""
    place = place_with(tmp_path, erase())
    place.take(person("a", "2026-02-10"))
    steps: list[int] = []
    found = forecast(place.installation, place.store, place.rules, 40, steps.append, show_ids=True)

    assert (len(steps), found.as_json()["days"]) == (41, 40)
    assert found.as_json()["deletions"] == [
        {
            "day": date(2026, 3, 26),
            "rule": "erase",
            "stage": "live",
            "owner": None,
            "scheduled": 0,
            "stopped": 0,
            "expected": 1,
        }
    ]
    rows = found.as_json(show_ids=True)["deletions"]
    assert isinstance(rows, list)
    assert rows[0]["contacts"] == ("a",)


DATES = st.sampled_from(["2025-06-01", "2026-02-01", "2026-02-05", "2026-02-10", "2026-02-27", None])
CRITERIA = st.sampled_from(
    [
        OLD,
        "[{field: created_on, in_last: 30 days}]",
        "[{field: birth_date, anniversary_in_next: 8 days}]",
        "[{consent: storage, one_of: [never_given, expired]}, {field: created_on, older_than: 1 month}]",
        "{any: [{field: birth_date, anniversary_in_next: 4 days}, {field: created_on, older_than: 1 month}]}",
        "[{selection: fresh, is_member: false}]",
    ]
)
CHECKS = st.sampled_from(["null", DAILY, '{every: week, at: "Wednesday 02:00"}', "{when_changed: auto}"])
PEOPLE = st.lists(
    st.fixed_dictionaries(
        {"created_on": DATES, "birth_date": st.sampled_from(["1980-03-09", "1981-03-20", None])},
        optional={"consents": st.sampled_from(["2026-03-04", "2026-03-18"])},
    ),
    min_size=1,
    max_size=4,
)
FRESH = (
    "  - {rule: fresh, stage: live, if: [{field: created_on, in_last: 40 days}], then: [{keep_in_selection: fresh}]}\n"
)


def record(number: int, values: dict[str, Any]) -> dict[str, Any]:
    """Return a contact, its consent given once and expiring on a day."""
    row = {"purpose": "storage", "status": "given", "at": "2025-01-01", "expires_on": values.get("consents")}
    return {"id": f"p{number}", **values, "consents": [row] if "consents" in values else []}


def live_on(place: Place, days: int) -> set[tuple[date, str]]:
    """Let days pass as the service lives them; return on which day each contact was ordered to be deleted."""
    for offset in range(days + 1):
        day = TODAY + timedelta(days=offset)
        start = start_of_day(day, STOCKHOLM)
        for instant in (start, start + timedelta(hours=3), end_of_day(day, STOCKHOLM) - timedelta(minutes=1)):
            if instant > place.clock.now():
                place.clock.instant = instant
                tick(place.scene(), place.installation.moment())
    with place.store.database.reading() as connection:
        found = deletions.read(connection, place.store.tables)
    return {(local_date(one.ordered_at, STOCKHOLM), one.contact or "") for one in found if one.ordered_at is not None}


@settings(max_examples=12, deadline=None)
@given(PEOPLE, CRITERIA, CHECKS, st.sampled_from(["3 days", "7 days", "6 hours"]), st.integers(1, 3))
def test_what_is_foreseen_is_what_happens(
    people: list[dict[str, Any]], criteria: str, check: str, grace: str, ahead_of_time: int
) -> None:
    """Day by day over a month, by the service itself: exactly the foreseen contacts on exactly their days."""
    with tempfile.TemporaryDirectory() as folder:
        rule = erase(criteria=criteria, check=check, grace=grace).replace("    check: null\n", "")
        place = place_with(Path(folder), FRESH, rule)
        place.take(*(record(number, values) for number, values in enumerate(people)))
        place.clock.move(timedelta(hours=-3))
        for _ in range(ahead_of_time):
            tick(place.scene(), place.installation.moment())
            place.clock.move(timedelta(hours=1))
        found = ahead(place, 30)
        place.clock.move(timedelta(minutes=1))
        tick(place.scene(), place.installation.moment())

        foreseen = {(row.day, contact) for row in found.rows for contact in row.contacts}
        assert live_on(place, 30) == foreseen
        place.store.database.close()


def test_the_clock_change_costs_no_day(tmp_path: Path) -> None:
    """A look at half past two that does not exist in March is made, and the day is the local one."""
    place = place_with(tmp_path, erase(check='{every: day, at: "02:30"}'))
    place.take(person("a", "2026-02-27"))
    place.clock.instant = datetime(2026, 3, 28, 12, tzinfo=STOCKHOLM)

    assert told(ahead(place)) == {("2026-04-12", None): 1}


@pytest.mark.parametrize("days", [1, 3])
def test_the_horizon_is_the_rest_of_today_and_the_days_after(tmp_path: Path, days: int) -> None:
    """A deletion due on the last of the days is told, one of the day after is not."""
    place = place_with(tmp_path, erase(check="{every: hour}", grace=f"{days} days"))
    place.take(person("a", "2025-01-01"))

    assert len(ahead(place, days).rows) == 1
    assert ahead(place, days - 1).rows == ()
