"""Telling moves: the CRM hears of every move of a selection and an alert once, in order, and of nobody who is gone."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.service import telling_moves
from engine.service.acting import carry_out
from engine.service.config import Settings
from engine.service.events import delete_contact
from engine.service.retrying import MOST_ATTEMPTS
from engine.store import alerts, moves_told, pauses, registry, runs
from engine.store.schema import open_store
from engine.vocabulary.clock import SystemClock
from tests.installations import Place
from tests.receivers import SECRET, Receiver
from tests.rulebooks import rulebook

RULES = """\
rules:
  - rule: wanted
    stage: live
    if: [{field: country, is: NO}]
    then: [{keep_in_selection: {name: norwegians, purpose: marketing}}]
  - rule: careful
    stage: live
    if: [{field: category, is: Lead}]
    then: [{raise_alert: {message: "Mind {{ contact.name }}", severity: warning, blocks: [email, phone]}}]
"""
BOTH = ("selections", "alerts")
ANNA: dict[str, Any] = {"id": "a", "name": "Anna Canary", "country": "NO", "category": "Lead"}
JOINED, LEFT, RAISED, LOWERED = "selection.joined", "selection.left", "alert.raised", "alert.lowered"


@pytest.fixture
def crm() -> Iterator[Receiver]:
    """Give a CRM that listens."""
    with Receiver(204) as server:
        yield server


def settings_of(folder: Path, crm: Receiver, *tell: str) -> Settings:
    """Return a configuration whose CRM is told of topics."""
    folder.mkdir(exist_ok=True)
    (folder / "secret").write_text(SECRET)
    (folder / "secret").chmod(0o600)
    return Settings.of({"crm": {"url": crm.url, "secret": {"file": "secret"}, "tell": list(tell)}})


def place_of(folder: Path, crm: Receiver, *tell: str, rules: str = RULES) -> Place:
    """Return a place whose CRM is told, and whose clock shows the real time."""
    place = Place(folder, rules, settings_of(folder, crm, *(tell or BOTH)))
    place.clock.instant = SystemClock().now()
    return place


def said(crm: Receiver) -> list[tuple[str, str]]:
    """Return type and contact of each call, each key once, the first first."""
    found = [json.loads(body) for body in crm.ledger().values()]
    return [(one["type"], one["data"]["contact"]) for one in found]


def waiting(place: Place, state: str | None = None) -> list[tuple[str, bool, str | None]]:
    """Return contact, direction and reason of what the CRM is still to be told, the oldest first."""
    with place.store.database.reading() as connection:
        rows = moves_told.listing(connection, place.store.tables, state)
    return [(row["contact"], row["came"], row["reason"]) for row in reversed(rows)]


def parked(place: Place) -> list[int]:
    """Return the ids of what is parked, the oldest first."""
    with place.store.database.reading() as connection:
        return [row["id"] for row in reversed(moves_told.listing(connection, place.store.tables, "parked"))]


def replay(place: Place, *ids: int) -> None:
    """Let what is parked begin anew."""
    with place.store.database.writing() as connection:
        assert all(moves_told.replay(connection, one, place.clock.now()) for one in ids)


def pass_hours(place: Place, hours: int) -> None:
    """Let hours pass, in steps shorter than any wait."""
    for _ in range(hours * 6):
        place.clock.move(timedelta(minutes=10))
        place.act()


def test_the_crm_is_told_who_joined_and_which_alert_rose_and_of_the_way_back(tmp_path: Path, crm: Receiver) -> None:
    """Four events, signed, each with the id, the rule and when; nothing else of the contact, and no text."""
    place = place_of(tmp_path, crm)
    place.take(ANNA)
    place.live()
    at = place.clock.now().isoformat()
    about = {"entity": "contact", "contact": "a", "at": at}
    joined, raised = sorted((one for one in crm.verified()), key=lambda one: str(one["type"]), reverse=True)

    assert joined["data"] == about | {"rule": "wanted", "selection": "norwegians", "cursor": 1}
    assert raised["data"] == about | {
        "rule": "careful",
        "alert": 1,
        "severity": "warning",
        "blocks": ["email", "phone"],
    }
    place.take({"id": "a", "country": "SE", "category": "Customer"})
    place.live()
    assert sorted(said(crm)) == sorted([(JOINED, "a"), (RAISED, "a"), (LEFT, "a"), (LOWERED, "a")])
    assert waiting(place) == []
    assert "Canary" not in "".join(body for _, body in crm.calls)


@pytest.mark.parametrize(("tell", "types"), [(("selections",), [JOINED]), (("alerts",), [RAISED])])
def test_only_what_is_configured_is_told(
    tmp_path: Path, crm: Receiver, tell: tuple[str, ...], types: list[str]
) -> None:
    """Selections, or alerts."""
    place = place_of(tmp_path, crm, *tell)
    place.take(ANNA)
    place.live()

    assert [one for one, _ in said(crm)] == types


def test_by_default_nothing_is_told_or_written_down(tmp_path: Path, crm: Receiver) -> None:
    """A CRM that asks with `tell` for nothing gets tasks and the like alone."""
    place = Place(tmp_path, RULES, settings_of(tmp_path, crm))
    place.take(ANNA)
    place.run()

    assert (waiting(place), place.members("norwegians")) == ([], ["a"])


def test_what_was_before_it_was_configured_is_not_told(tmp_path: Path, crm: Receiver) -> None:
    """Configured later, it begins with the next move; taken back, what waits goes, and it begins anew."""
    place = place_of(tmp_path, crm)
    quiet = place.installation.settings.zone
    model = place.installation.model
    open_store(place.store.database, model, quiet)
    place.take(ANNA)
    place.run()
    open_store(place.store.database, model, quiet, told=BOTH)
    place.act()
    assert said(crm) == []
    place.take({"id": "a", "country": "SE", "category": "Customer"})
    place.run()
    assert len(waiting(place)) == 2
    open_store(place.store.database, model, quiet, told=("alerts",))
    place.act()

    assert said(crm) == [(LOWERED, "a")]


def test_opening_the_store_again_tells_nothing_anew(tmp_path: Path, crm: Receiver) -> None:
    """Each process that starts goes on where the last one was."""
    place = place_of(tmp_path, crm)
    place.take(ANNA)
    place.run()
    open_store(place.store.database, place.installation.model, place.store.zone, told=BOTH)
    place.act()

    assert sorted(said(crm)) == [(RAISED, "a"), (JOINED, "a")]


def test_r2_a_crash_in_the_transaction_of_a_move_loses_and_doubles_none(tmp_path: Path, crm: Receiver) -> None:
    """Rolled back with its move, it is written with it when the run is made again."""
    place = place_of(tmp_path, crm)
    place.take(ANNA)

    def crash(*_: object) -> None:
        raise SystemExit

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "finish", crash)
        with pytest.raises(SystemExit):
            place.run()
    assert waiting(place) == []
    place.live()
    place.live()

    assert sorted(said(crm)) == [(RAISED, "a"), (JOINED, "a")]
    assert len(crm.calls) == 2


def test_r2_killed_between_call_and_outcome_the_same_key_comes_again(tmp_path: Path, crm: Receiver) -> None:
    """The receiver has the change once; its body differs in the attempt's own time alone."""
    place = place_of(tmp_path, crm, "selections")
    place.take(ANNA)
    place.run()

    def crash(*_: object) -> None:
        raise SystemExit

    scene = place.scene()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(moves_told, "remove", crash)
        with pytest.raises(SystemExit):
            carry_out(scene, place.installation.moment())
    place.act()

    assert (len(crm.calls), len(crm.ledger())) == (2, 1)


def test_r10_a_failed_call_holds_up_its_contact_alone(tmp_path: Path, crm: Receiver) -> None:
    """What follows about the same contact waits for it; what is about others goes out meanwhile."""
    place = place_of(tmp_path, crm, "selections")
    crm.script = [(500, b"")]
    place.take(ANNA, {"id": "b", "country": "NO"})
    place.live()
    place.take({"id": "a", "country": "SE"})
    place.live()

    assert [contact for _, contact in said(crm)] == ["a", "b"]
    assert [one[:2] for one in waiting(place)] == [("a", True), ("a", False)]
    place.clock.move(timedelta(minutes=2))
    place.act()
    assert [json.loads(body)["type"] for _, body in crm.calls] == [JOINED, JOINED, JOINED, LEFT]
    assert (len(crm.ledger()), waiting(place)) == (3, [])


def test_r10_after_the_last_attempt_it_is_parked_and_holds_up_nobody(tmp_path: Path, crm: Receiver) -> None:
    """Each attempt waits longer; replayed it goes out under its old key."""
    place = place_of(tmp_path, crm, "selections")
    crm.status = 500
    place.take(ANNA)
    place.live()
    pass_hours(place, 4)
    assert waiting(place) == [("a", True, "the CRM answered 500")]
    assert (len(crm.calls), len(crm.ledger()), len(parked(place))) == (MOST_ATTEMPTS, 1, 1)
    crm.status = 204
    replay(place, *parked(place))
    place.act()

    assert (waiting(place), len(crm.ledger())) == ([], 1)


def test_what_is_parked_goes_once_a_later_move_of_the_same_was_told(tmp_path: Path, crm: Receiver) -> None:
    """Replayed it would bring back who has left since."""
    place = place_of(tmp_path, crm, "selections")
    crm.status = 422
    place.take(ANNA)
    place.live()
    assert len(parked(place)) == 1
    crm.status = 204
    place.take({"id": "a", "country": "SE"})
    place.live()

    assert said(crm)[-1] == (LEFT, "a")
    assert waiting(place) == []


def test_r10_a_receiver_that_is_down_is_asked_once_and_left_alone_as_long_as_it_asks(
    tmp_path: Path, crm: Receiver
) -> None:
    """What was not tried keeps its attempts, and goes out afterwards."""
    place = place_of(tmp_path, crm, "selections")
    crm.status, crm.more = 503, {"retry-after": "600"}
    place.take(*({"id": f"c{number}", "country": "NO"} for number in range(5)))
    place.run()
    scene = place.scene()
    carry_out(scene, place.installation.moment())
    with place.store.database.reading() as connection:
        rows = moves_told.listing(connection, place.store.tables)
    assert [row["attempts"] for row in reversed(rows)] == [1, 0, 0, 0, 0]
    crm.status = 204
    place.clock.move(timedelta(minutes=9))
    carry_out(scene, place.installation.moment())
    assert len(crm.calls) == 1
    place.clock.move(timedelta(minutes=2))
    carry_out(scene, place.installation.moment())

    assert (len(crm.calls), len(crm.ledger()), waiting(place)) == (6, 5, [])


def test_r10_410_parks_all_until_a_person_replays_one(tmp_path: Path, crm: Receiver) -> None:
    """Nobody is called at an address that takes no more, also not about what comes later."""
    place = place_of(tmp_path, crm, "selections")
    crm.status = 410
    place.take(*({"id": f"c{number}", "country": "NO"} for number in range(3)))
    place.live()
    place.take(ANNA)
    place.live()
    assert (len(crm.calls), {reason for _, _, reason in waiting(place, "parked")}) == (1, {"GONE"})
    crm.status = 204
    replay(place, parked(place)[0])
    place.act()
    place.take({"id": "d", "country": "NO"})
    place.live()

    assert [contact for _, contact in said(crm)] == ["c0", "d"]
    assert len(parked(place)) == 3


def test_l9_whoever_is_put_away_is_told_of_no_more(tmp_path: Path, crm: Receiver) -> None:
    """Neither what waited, nor what was parked, nor that it left and its alert fell; no row is left."""
    place = place_of(tmp_path, crm)
    crm.status = 500
    place.take(ANNA, {"id": "b", "country": "NO"})
    place.live()
    crm.status = 204
    before = len(crm.calls)
    with place.store.database.writing() as connection:
        delete_contact(place.scene(), connection, "contact", "a", place.installation.moment())
    assert [contact for contact, *_ in waiting(place)] == ["b"]
    place.clock.move(timedelta(hours=1))
    place.live()

    assert [json.loads(body)["data"]["contact"] for _, body in crm.calls[before:]] == ["b"]
    assert waiting(place) == []


@pytest.mark.parametrize("flag", ["restrict_processing", "objects_to_marketing"])
def test_l3_l4_who_must_not_be_seen_in_a_selection_does_not_join_it_in_the_crm(
    tmp_path: Path, crm: Receiver, flag: str
) -> None:
    """Flagged before the CRM was told: that it left is told, that it joined is not; once free it joins."""
    place = place_of(tmp_path, crm, "selections")
    place.take(ANNA)
    place.run()
    place.take({"id": "a", flag: True})
    place.act()  # before anybody has looked at the change
    assert said(crm) == []
    place.clock.move(timedelta(minutes=1))
    place.live()
    assert said(crm) == [(LEFT, "a")]
    if flag == "objects_to_marketing":
        place.take({"id": "a", flag: False})
        place.live()
        assert said(crm) == [(LEFT, "a"), (JOINED, "a")]


def test_l3_an_alert_about_a_restricted_contact_is_told(tmp_path: Path, crm: Receiver) -> None:
    """It keeps people from using the data, and says nothing of it."""
    place = place_of(tmp_path, crm)
    place.take(ANNA | {"restrict_processing": True})
    place.live()

    assert said(crm) == [(RAISED, "a")]


def test_an_alert_that_a_person_lowers_is_told_once(tmp_path: Path, crm: Receiver) -> None:
    """When its case closes it has fallen already."""
    place = place_of(tmp_path, crm, "alerts")
    place.take(ANNA)
    place.live()
    with place.store.database.writing() as connection:
        assert alerts.lower(connection, 1, place.clock.now())
    place.act()
    place.take({"id": "a", "category": "Customer"})
    place.live()

    assert said(crm) == [(RAISED, "a"), (LOWERED, "a")]


def test_an_alert_that_blocks_other_uses_now_is_told_again_under_its_id(tmp_path: Path, crm: Receiver) -> None:
    """Under another key: the newest holds. Its priority and text alone are told nobody."""
    place = place_of(tmp_path, crm, "alerts")
    place.take(ANNA)
    place.live()
    place.rules = rulebook(RULES.replace("[email, phone]", "[email]"))
    place.live()
    place.rules = rulebook(RULES.replace("[email, phone]", "[email]").replace("Mind", "Heed"))
    place.live()
    found = [json.loads(body)["data"] for _, body in crm.calls]

    assert [(one["alert"], one["blocks"]) for one in found] == [(1, ["email", "phone"]), (1, ["email"])]


@pytest.mark.parametrize("how", ["off", "watch", "retired"])
def test_a_rule_that_ends_lets_all_leave_and_all_alerts_fall(tmp_path: Path, crm: Receiver, how: str) -> None:
    """Whether it is off, only watches again, or is gone and retired."""
    place = place_of(tmp_path, crm)
    place.take(ANNA)
    place.live()
    if how == "retired":
        with place.store.database.writing() as connection:
            registry.orphan_missing(connection, (), place.clock.now())
            assert all(registry.retire(connection, rule, place.clock.now()) for rule in ("wanted", "careful"))
    else:
        place.rules = rulebook(RULES.replace("stage: live", f"stage: {how}"))
        place.run()
    place.act()

    assert sorted(said(crm)[2:]) == [(LOWERED, "a"), (LEFT, "a")]


def test_a_selection_that_gets_another_name_is_left_and_joined(tmp_path: Path, crm: Receiver) -> None:
    """The CRM knows it by its name alone."""
    place = place_of(tmp_path, crm, "selections")
    place.take(ANNA)
    place.live()
    place.rules = rulebook(RULES.replace("norwegians", "northerners"))
    place.live()
    found = [json.loads(body) for _, body in crm.calls]

    assert [(one["type"], one["data"]["selection"]) for one in found] == [
        (JOINED, "norwegians"), (LEFT, "norwegians"), (JOINED, "northerners"),
    ]  # fmt: skip


def test_what_a_paused_rule_moves_waits_and_holds_up_nobody(tmp_path: Path, crm: Receiver) -> None:
    """Nothing of it reaches outside until it is released."""
    place = place_of(tmp_path, crm)
    place.take(ANNA)
    place.run()
    with place.store.database.writing() as connection:
        keys = {name: one.key for name, one in registry.registered(connection).items()}
        pauses.pause(connection, keys["careful"], "look", place.clock.now())
        pauses.pause(connection, keys["wanted"], "look", place.clock.now())
    place.act()
    assert said(crm) == []
    with place.store.database.writing() as connection:
        pauses.release(connection, keys["careful"], place.clock.now())
    place.act()

    assert said(crm) == [(RAISED, "a")]


def test_many_who_join_at_once_are_written_by_the_database_and_read_a_few_at_a_time(
    tmp_path: Path, crm: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No more than so many are ever held, however many wait; all are told in the end, in order."""
    place = place_of(tmp_path, crm, "selections")
    place.take(*({"id": f"c{number:04}", "country": "NO"} for number in range(1_200)))
    place.run()
    with place.store.database.reading() as connection:
        assert len(moves_told.due(connection, place.clock.now())) == 500
    heard: list[str] = []
    outside = replace(place.scene().outside, hand_over=lambda _, event: heard.append(str(event.data["contact"])))
    done = carry_out(replace(place.scene(), outside=outside), place.installation.moment())

    assert (done[telling_moves.TOLD], heard) == (1_200, [f"c{number:04}" for number in range(1_200)])


def test_the_page_for_receivers_shows_what_is_sent(tmp_path: Path, crm: Receiver) -> None:
    """Each example has the keys of the real event, and every type of a move is there."""
    place = place_of(tmp_path, crm)
    place.take(ANNA)
    place.live()
    place.take({"id": "a", "country": "SE", "category": "Customer"})
    place.live()
    page = (Path(__file__).parents[2] / "docs" / "callbacks.md").read_text()
    shown = {one["type"]: one for one in map(json.loads, re.findall(r"```json\n(.*?)```", page, re.DOTALL))}

    for body in crm.ledger().values():
        one = json.loads(body)
        assert list(shown[one["type"]]["data"]) == list(one["data"])
    assert {JOINED, LEFT, RAISED, LOWERED} <= shown.keys()


STEPS = st.lists(st.tuples(st.sampled_from(("NO", "SE", "gone", "wait")), st.sampled_from("abc")), max_size=10)


@settings(
    max_examples=9, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(STEPS, st.lists(st.sampled_from((204, 500, 503)), max_size=6))
def test_whatever_fails_meanwhile_the_crm_ends_with_the_members(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str]], answers: list[int]
) -> None:
    """Property: moves, deletions and failures in any order; each key changes the CRM once, in the order of the calls."""
    with Receiver(204) as crm:
        place = place_of(tmp_path_factory.mktemp("moves"), crm, "selections")
        crm.script = [(status, b"") for status in answers]
        deleted = set()
        for what, contact in steps:
            if what == "gone":
                with place.store.database.writing() as connection:
                    delete_contact(place.scene(), connection, "contact", contact, place.installation.moment())
                deleted.add(contact)
            elif what != "wait" and contact not in deleted:
                place.take({"id": contact, "country": what})
            place.clock.move(timedelta(seconds=20))
            place.live()
        pass_hours(place, 3)
        members: set[str] = set()
        for body in crm.ledger().values():
            one = json.loads(body)
            (members.add if one["type"] == JOINED else members.discard)(one["data"]["contact"])

        assert members - deleted == set(place.members("norwegians") or ())
        assert waiting(place) == []


def test_its_key_is_another_after_a_backup_was_put_back(tmp_path: Path, crm: Receiver) -> None:
    """A store that counts its moves anew would else be taken for having told them."""
    keys = []
    for number, at in enumerate((datetime.fromisoformat("2026-03-01T12:00+00:00"), None)):
        place = place_of(tmp_path / str(number), crm, "selections")
        place.clock.instant = at or place.clock.instant
        place.take(ANNA)
        place.live()
        keys = list(crm.ledger())

    assert (keys[0], len(keys)) == ("move-1-20260301T120000", 2)
