"""Metrics: what is counted of the service's work, what is read of how it stands, at what cost, and never of whom."""

from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert

from engine.crm.orders import Answered
from engine.service import watching
from engine.service.config import Settings
from engine.service.events import read_events, take_events
from engine.service.results import Reported, take_result
from engine.service.tick import tick
from engine.store import levels, pauses, registry
from engine.store.tables import DELETION
from engine.store.tables import RULE as RULE_TABLE
from engine.vocabulary.outcome import PermanentFailure, TemporaryFailure
from tests.doors import Api
from tests.installations import Place
from tests.measures import Measures, measured
from tests.service.test_destroying import ScriptedCrm
from tests.service.test_dispatch import ANNA, PEOPLE, FailingPost, place_with
from tests.service.test_serving import RULE, service_of, write_rules

RULES = """\
rules:
  - rule: lost
    stage: live
    check: {every: day}
    if: [{field: created_on, older_than: 1 year}]
    then: [{keep_in_selection: lost}]
"""
POISON = "  - rule: poison\n    stage: live\n    if: [{sum: sales.amount, at_least: 1}]\n    then: [{keep_in_selection: rich}]\n"
ERASE = """\
rules:
  - rule: erase
    owner: dpo
    legal_basis: x
    stage: live
    if: [{field: category, is: Prospect}]
    then: [{schedule_deletion: {grace: 1 day, purposes: all, recycle_bin: 1 day}}]
    stop_if_more_than: {contacts: 3, percent: 100}
"""


def ticked(place: Place) -> Measures:
    """Return what is measured after a tick of a service over a place."""
    service = Api(place).service
    tick(service.scene, place.installation.moment())
    return measured(service)


def event_of(number: int, subject: str = "anna", **more: Any) -> dict[str, Any]:
    """Return an event of the CRM's."""
    return {
        "specversion": "1.0",
        "id": f"e{number}",
        "source": "/crm",
        "type": "crm.contact.changed",
        "subject": subject,
        "data": {"country": "NO"},
    } | more


def test_a_run_is_measured_by_mode_and_each_of_its_rules_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first run by schedule looks at all; a rule that has no candidates the next day is not measured then."""
    place = Place(tmp_path, RULES)
    place.take({"id": "old", "created_on": "2020-01-01"}, {"id": "none"})
    service = Api(place).service
    seconds = count()  # one goes by between two looks at the clock
    monkeypatch.setattr("engine.service.runner.perf_counter", lambda: float(next(seconds)))
    for days in (0, 1, 1):
        place.clock.move(timedelta(days=days))
        tick(service.scene, place.installation.moment())
    found = measured(service)

    assert found("runs_total", trigger="schedule", outcome="done") == 2
    assert (found("run_duration_seconds_count", mode="full"), found("run_duration_seconds_count", mode="delta")) == (
        1,
        2,
    )
    assert found("rule_evaluation_duration_seconds_count", rule="lost") == 1
    assert 1 < (found("rule_evaluation_duration_seconds_sum", rule="lost") or 0) < 2
    assert (found("cases_open", rule="lost"), found("cases_undecided", rule="lost")) == (1, 1)


def test_a_run_in_which_a_rule_failed_is_told_apart(tmp_path: Path) -> None:
    """The other rules' work counts, and the run is not among the good ones."""
    place = Place(tmp_path, RULES + POISON)
    huge = [{"id": f"s{n}", "amount": 999_999_999_999, "at": "2026-01-01"} for n in range(1_000)]
    place.take({"id": "rich", "sales": huge})
    found = ticked(place)

    assert found("runs_total", trigger="schedule", outcome="rule_failed") == 1
    assert found("runs_total", trigger="schedule", outcome="done") == 0


def test_a_run_that_a_limit_stopped_is_told_and_its_rule_shown_paused(tmp_path: Path) -> None:
    """Also by whom a rule is paused: a limit, or a person."""
    place = Place(tmp_path, ERASE)
    place.take(*({"id": f"p{n}", "category": "Prospect"} for n in range(4)))
    service = Api(place).service
    tick(service.scene, place.installation.moment())
    before = measured(service)
    with place.store.database.writing() as connection:
        pauses.pause(connection, registry.registered(connection)["erase"].key, "a look", place.clock.now())
    after = measured(service)

    stopped = sum(before("runs_total", trigger=one, outcome="stopped") or 0 for one in ("change", "schedule"))
    assert (stopped, before("rule_paused_by_limit", rule="erase")) == (2, 1)
    assert [one("rule_paused_by_person", rule="erase") for one in (before, after)] == [0, 1]


def test_a_run_counts_once_it_is_committed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is undone after the judging is a run that failed, and none that was done; the next one is."""
    place = Place(tmp_path, RULES)
    place.take({"id": "old", "created_on": "2020-01-01"})
    service = Api(place).service
    monkeypatch.setattr("engine.store.changes.mark_seen", lambda *_: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        watching.look_at_changes(service.scene, place.installation.moment())
    monkeypatch.undo()
    before = measured(service)
    watching.look_at_changes(service.scene, place.installation.moment())
    after = measured(service)

    assert [one("runs_total", trigger="change", outcome="failed") for one in (before, after)] == [1, 1]
    assert [one("runs_total", trigger="change", outcome="done") for one in (before, after)] == [0, 1]


def test_a_run_that_somebody_asks_for_is_counted_as_such(tmp_path: Path) -> None:
    """`POST /v1/rules/{rule}/runs` has a trigger of its own."""
    api = Api(Place(tmp_path, RULES))
    api.caller("ola", "operate").post("/v1/rules/lost/runs")

    assert measured(api.service)("runs_total", trigger="api", outcome="done") == 1


@pytest.mark.parametrize(
    ("failure", "state"),
    [(None, "done"), (TemporaryFailure("later"), "postponed"), (PermanentFailure("never"), "parked")],
)
def test_effects_are_counted_by_verb_and_by_what_came_of_them(
    tmp_path: Path, failure: Exception | None, state: str
) -> None:
    """A message that goes out, one that waits, one that is given up and waits for a person."""
    place = place_with(tmp_path, "eva")
    place.take(ANNA)
    place.post = FailingPost(failure) if failure else None
    service = Api(place).service
    tick(service.scene, place.installation.moment())
    place.clock.move(timedelta(seconds=10))
    found = measured(service)

    states = ("done", "withheld", "postponed", "parked", "failed")
    assert {one for one in states if found("effects_total", verb="notify", state=one)} == {state}
    assert (found("intents_waiting"), found("intents_parked")) == (
        float(state == "postponed"),
        float(state == "parked"),
    )


def test_a_message_in_a_daily_letter_counts_when_the_letter_goes_out(tmp_path: Path) -> None:
    """Gathering is no attempt."""
    place = Place(
        tmp_path,
        "rules: [{rule: a, stage: live, if: [{field: country, is: NO}], then: [{notify: {to: eva, using: x, send: in_daily_digest}}]}]\n"
        "messages: {x: {subject: x, body: x}}",
        PEOPLE,
    )
    place.take(ANNA)
    service = Api(place).service
    counts = []
    for days in (0, 1):
        place.clock.move(timedelta(days=days))
        tick(service.scene, place.installation.moment())
        counts.append(measured(service)("effects_total", verb="notify", state="done"))

    assert counts == [0, 1]
    assert measured(service)("effects_total", verb="notify", state="gathered") is None


def test_an_effect_that_the_receiver_refused_afterwards_is_counted_as_failed_once(tmp_path: Path) -> None:
    """A task that was taken, and of which the CRM reports twice that it was refused."""
    rules = (
        "rules: [{rule: a, stage: live, if: [{field: country, is: NO}], then: [{create_task: {for: eva, title: x}}]}]"
    )
    place = Place(tmp_path, rules, PEOPLE)
    place.take(ANNA)
    service = Api(place).service
    tick(service.scene, place.installation.moment())
    withheld = measured(service)("effects_total", verb="create_task", state="withheld")
    with place.store.database.writing() as connection:
        connection.exec_driver_sql("UPDATE intent SET state = 'done', reason = NULL")
    for _ in range(2):
        take_result(service.scene, "intent-1", Reported("refused", "busy"), place.installation.moment())
    found = measured(service)

    assert (withheld, found("effects_total", verb="create_task", state="failed"), found("intents_parked")) == (1, 1, 1)


def test_the_oldest_effect_that_is_due_has_an_age_unless_a_person_is_waited_for(tmp_path: Path) -> None:
    """It grows while nothing goes out; intents of a rule that is paused do not count, and those to come are not due."""
    place = place_with(tmp_path, "eva")
    place.take(ANNA)
    place.run()
    service = Api(place).service
    found = [measured(service)("intents_oldest_due_seconds")]
    for paused in ({}, {"paused_at": place.clock.now()}, {"paused_at": None, "paused": "digest"}):
        with place.store.database.writing() as connection:
            connection.execute(RULE_TABLE.update().values({"state": "active", **paused}))
        place.clock.move(timedelta(minutes=10))
        found.append(measured(service)("intents_oldest_due_seconds"))
    place.clock.move(timedelta(days=-1))

    assert found == [0, 600, 0, 0]
    assert measured(service)("intents_waiting") == 1


def test_changes_and_events_that_nobody_looked_at_are_counted_with_the_age_of_the_oldest(tmp_path: Path) -> None:
    """Two changes and an event wait for an hour; a pass works them off."""
    place = Place(tmp_path, RULES)
    place.take({"id": "anna"}, {"id": "bo"})
    service = Api(place).service
    take_events(service.scene, read_events([event_of(1)]), place.installation.moment())
    place.clock.move(timedelta(hours=1))
    waits = measured(service)
    service.attempt()
    done = measured(service)

    names = ("changes_waiting", "changes_oldest_seconds", "inbox_waiting", "inbox_oldest_seconds")
    assert [waits(name) for name in names] == [3, 3_600, 1, 3_600]
    assert [done(name) for name in names] == [0, 0, 0, 0]


def test_events_are_counted_as_taken_repeated_and_refused(tmp_path: Path) -> None:
    """A batch with one that came before; another in which one does not fit the model, and is refused alone."""
    place = Place(tmp_path, RULES)
    service, moment = Api(place).service, place.installation.moment()
    take_events(service.scene, read_events([event_of(1), event_of(2), event_of(1)]), moment)
    take_events(service.scene, read_events([event_of(3), event_of(4, data={"shoe": 1})]), moment)
    found = measured(service)

    assert [found("events_total", outcome=one) for one in ("taken", "repeated", "refused")] == [3, 1, 1]


def test_deletions_erasures_and_the_room_that_is_left_are_shown(tmp_path: Path) -> None:
    """Two are scheduled, take up room when they are ordered, and leave it a day later, with two receipts."""
    settings = Settings.of({"limits": {"deletions_per_day": 10, "percent_per_day": 100}})
    place = Place(tmp_path, ERASE, settings, crm=ScriptedCrm(Answered("deleted"), Answered("deleted")))
    place.take({"id": "a", "category": "Prospect"}, {"id": "b", "category": "Prospect"})
    service = Api(place).service
    found = []
    for days in (0, 1, 2):
        place.clock.move(timedelta(days=days))
        tick(service.scene, place.installation.moment())
        found.append(measured(service))

    states = ("scheduled", "in_recycle_bin", "erased")
    assert [[one("deletions", state=state) for state in states] for one in found] == [[2, 0, 0], [0, 2, 0], [0, 0, 2]]
    assert [one("deletions_room") for one in found] == [10, 8, 10]
    assert [one("erasures_total") for one in found] == [0, 0, 2]


def test_the_room_is_counted_once_a_minute(tmp_path: Path) -> None:
    """No index finds who takes it up, so whoever asks often is told what was counted last."""
    place = Place(tmp_path, ERASE)
    place.take({"id": "a", "category": "Prospect"})
    place.run()
    service = Api(place).service
    found = []
    for seconds in (0, 59, 2):
        place.clock.move(timedelta(seconds=seconds))
        found.append(measured(service)("deletions_room"))
        with place.store.database.writing() as connection:
            connection.execute(DELETION.update().values(cleared_at=place.clock.now()))

    assert found == [500, 500, 499]


def test_asking_costs_the_same_whatever_is_in_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is counted beyond a number, and the statements are as many for five of everything as for none."""
    place = Place(tmp_path, RULES)
    place.run()
    service = Api(place).service
    measured(service)
    statements: list[str] = []
    event.listen(place.store.database.engine, "before_cursor_execute", lambda *said: statements.append(said[2]))
    measured(service)
    before = len(statements)
    place.take(*({"id": f"c{n}"} for n in range(5)))
    row = {"rule": 1, "case": 1, "call": 0, "state": "erased", "version": "x", "attempts": 0}
    with place.store.database.writing() as connection:
        dates = {"scheduled_at": place.clock.now(), "due_at": place.clock.now()}
        connection.execute(insert(DELETION), [row | dates for _ in range(5)])
    monkeypatch.setattr(levels, "MOST", 3)
    statements.clear()
    found = measured(service)

    assert len(statements) == before < 40
    assert (found("changes_waiting"), found("deletions", state="erased")) == (3, 3)


def test_the_rulebook_is_shown_with_its_digest_and_whether_its_files_are_broken(tmp_path: Path) -> None:
    """A broken edit is counted, shown until it is mended, and leaves the digest as it is."""
    service = service_of(tmp_path)
    digest = service.scene.rulebook.digest
    found = [measured(service)]
    for text in ("rules: [", (RULE % "every: day").replace("NO", "SE")):
        write_rules(tmp_path, text)
        service.reload()
        service.take_in()
        found.append(measured(service))
    after = service.scene.rulebook.digest
    service.scene.decider.close()

    assert [one("rulebook_broken") for one in found] == [0, 1, 0]
    assert [one("rulebook_info", digest=digest) for one in found] == [1, 1, None]
    assert found[2]("rulebook_info", digest=after) == 1
    assert [found[2]("rulebook_reloads_total", result=one) for one in ("read", "broken")] == [1, 1]


def test_durations_of_a_rule_that_is_gone_go_with_it(tmp_path: Path) -> None:
    """Rules that come and go leave nothing behind, so that the text stays as long as the rulebook."""
    service = service_of(tmp_path)
    clock: Any = service.installation.clock
    for days in (0, 1):
        clock.move(timedelta(days=days))
        tick(service.scene, service.installation.moment())
    before = measured(service)
    write_rules(tmp_path, (RULE % "every: day").replace("rule: a", "rule: b"))
    service.reload()
    service.take_in()
    after = measured(service)
    service.scene.decider.close()

    assert (before("rule_evaluation_duration_seconds_count", rule="a") or 0) > 0
    assert after("rule_evaluation_duration_seconds_count", rule="a") is None


def test_passes_are_counted_and_the_last_good_one_has_an_age(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pass that fails makes the service not ready and grows the age; the next good one ends both."""
    service = service_of(tmp_path)
    clock: Any = service.installation.clock
    service.attempt()
    clock.move(timedelta(minutes=5))
    with monkeypatch.context() as broken:
        broken.setattr("engine.service.serving.look_at_changes", lambda *_: 1 // 0)
        service.attempt()
    failed = measured(service)
    service.attempt()
    good = measured(service)
    service.scene.decider.close()

    assert [one("ready") for one in (failed, good)] == [0, 1]
    assert [one("pass_age_seconds") for one in (failed, good)] == [300, 0]
    assert [good("passes_total", outcome=one) for one in ("done", "failed", "store_unavailable")] == [2, 1, 0]


def test_r11_what_was_counted_is_shown_while_the_store_cannot_be_read(tmp_path: Path) -> None:
    """It is said that the store cannot be read, and nothing is said of what is in it."""
    service = service_of(tmp_path)
    service.attempt()
    service.store.database.close()
    (tmp_path / "var" / "ansgar.db").write_bytes(b"no database" * 1_000)
    service.attempt()
    found = measured(service)
    service.scene.decider.close()

    assert (found("store_readable"), found("passes_total", outcome="store_unavailable")) == (0, 1)
    assert (found("changes_waiting"), found("build_info", version="0.1.0")) == (None, 1)


def test_two_services_count_apart(tmp_path: Path) -> None:
    """Nothing is kept for the whole process."""
    one, other = (Api(Place(tmp_path / name)).service for name in ("one", "other"))
    one.metrics.pass_ended("done")

    assert [measured(service)("passes_total", outcome="done") for service in (one, other)] == [1, 0]


def test_requests_are_measured_by_route_method_and_status(tmp_path: Path) -> None:
    """What is no route and what is no method are one each, whatever somebody makes up."""
    service = Api(Place(tmp_path)).service
    for route, method in (("/v1/contacts/{contact}", "GET"), ("", "BREW"), ("", "BREW")):
        service.metrics.observe_request(route, method, 200, 0.02)
    found = measured(service)

    assert found("http_requests_total", route="/v1/contacts/{contact}", method="GET", status="200") == 1
    assert found("http_requests_total", route="other", method="other", status="200") == 2
    assert found("http_request_duration_seconds_count", route="other", method="other") == 2


def test_s9_no_label_says_anything_of_a_person(tmp_path: Path) -> None:
    """A canary in every id and text that comes in: contacts, events, messages, deletions and reasons leave none."""
    rules = (
        ERASE
        + "  - rule: greet\n    stage: live\n    if: [{field: category, is: Prospect}]\n    then: [{notify: {to: the contact, using: x, purpose: legal_duty}}]\n"
        + 'messages: {x: {subject: "{{ contact.name }}", body: "{{ contact.id }}"}}'
    )
    place = Place(tmp_path, rules, crm=ScriptedCrm(Answered("refused", "Zzcanary owes us")))
    api = Api(place)
    crm = api.caller("zzcanary", "crm")
    place.post = FailingPost(PermanentFailure("no", "zzcanary@example.se is unknown"))
    crm.call(
        "PUT",
        "/v1/contacts/zzcanary-1",
        json={"name": "Zzcanary", "email": "zzcanary@example.se", "category": "Prospect"},
    )
    said = {
        "specversion": "1.0",
        "id": "zzcanary",
        "source": "/zzcanary",
        "type": "shop.zzcanary",
        "subject": "zzcanary-1",
    }
    crm.post("/v1/events", said)
    crm.get("/v1/contacts/zzcanary-2/status")
    for _ in range(3):
        place.clock.move(timedelta(days=1))
        tick(api.service.scene, place.installation.moment())
    text = api.service.metrics.text().decode()

    assert "zzcanary" not in text.casefold()
    assert Measures(text)("deletions", state="refused") == 1


def test_every_metric_begins_with_the_name_and_says_what_it_is(tmp_path: Path) -> None:
    """Seconds are seconds, counters end in `_total`, and a sentence stands at each."""
    text = Api(Place(tmp_path)).service.metrics.text().decode()
    helps = [line.split(" ", 3)[2:] for line in text.splitlines() if line.startswith("# HELP")]
    kinds = dict(line.split(" ")[2:] for line in text.splitlines() if line.startswith("# TYPE"))

    assert all(name.startswith("ansgar_") and said.endswith(".") for name, said in helps)
    assert [name for name, kind in kinds.items() if (kind == "counter") != name.endswith("_total")] == []
    assert [name for name in kinds if "_ms" in name or "milli" in name or "minutes" in name] == []
    assert len(kinds) == len(set(kinds)) == len(helps)
