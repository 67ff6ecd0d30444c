"""Queueing: calls about one record to one receiver go out in the order in which they were meant, others go their way."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.crm.orders import WebhookCrm
from engine.service.config import Settings
from engine.store import intents, pauses, registry
from engine.vocabulary.clock import SystemClock
from tests.actions.outward import told
from tests.installations import Place
from tests.receivers import SECRET, Receiver

RULES = """\
rules:
  - rule: first
    stage: live
    if: [{field: country, is: NO}]
    then:
      - set_field: {field: category, to: Norwegian}
      - call_webhook: bridge
      - create_task: {for: dpo, title: "Call"}
  - rule: later
    stage: live
    if: [{field: language, is: sv}]
    then:
      - create_task: {for: dpo, title: "Write"}
  - rule: erase
    owner: dpo
    legal_basis: x
    stage: live
    if: [{field: phone, is: "0"}]
    then: [{schedule_deletion: {grace: 1 minute, purposes: all, recycle_bin: 2 days}}]
    stop_if_more_than: {contacts: 25, percent: 100}
"""
ANNA: dict[str, Any] = {"id": "a", "country": "NO"}
FIELD, TASK, ORDER = "field.requested", "task.requested", "deletion.ordered"


@pytest.fixture
def crm() -> Iterator[Receiver]:
    """Give a CRM that deletes what it is ordered to, and takes everything else."""
    with Receiver() as server:
        yield server


@pytest.fixture
def bridge() -> Iterator[Receiver]:
    """Give a webhook."""
    with Receiver() as server:
        yield server


def place_of(folder: Path, crm: Receiver, bridge: Receiver) -> Place:
    """Return a place whose CRM and webhook listen; the CRM is not asked for contacts."""
    (folder / "secret").write_text(SECRET)
    (folder / "secret").chmod(0o600)
    known = {name: {"url": one.url, "secret": {"file": "secret"}} for name, one in (("crm", crm), ("bridge", bridge))}
    people = {"eva": {"email": "eva@firm.example", "roles": ["dpo"]}}
    limits = {"percent_per_day": 100, "feed_freshness": "900 days"}
    made = Settings.of(
        {"people": people, "limits": limits, "crm": known["crm"], "webhooks": {"bridge": known["bridge"]}}
    )
    place = Place(folder, RULES, made, crm=WebhookCrm(crm.endpoint))
    place.clock.instant = SystemClock().now()
    return place


def types(receiver: Receiver, contact: str = "a") -> list[str]:
    """Return the types of what came about a contact, each attempt."""
    found = [json.loads(body) for _, body in receiver.calls]
    return [one["type"] for one in found if one["data"]["contact"] == contact]


def test_a_task_waits_for_the_field_change_that_was_meant_before_it(
    tmp_path: Path, crm: Receiver, bridge: Receiver
) -> None:
    """To the same receiver about the same contact: other receivers and contacts hear at once."""
    place = place_of(tmp_path, crm, bridge)
    crm.script = [(500, b"")]
    place.take(ANNA, ANNA | {"id": "b"})
    place.live()

    assert (types(crm), types(crm, "b"), types(bridge)) == ([FIELD], [FIELD, TASK], ["case.reported"])
    place.clock.move(timedelta(minutes=1))
    place.act()
    assert types(crm) == [FIELD, FIELD, TASK]
    assert told(place) == {"done": 6}


def test_what_another_rule_means_later_waits_too(tmp_path: Path, crm: Receiver, bridge: Receiver) -> None:
    """The order is the contact's, not the rule's."""
    place = place_of(tmp_path, crm, bridge)
    crm.script = [(500, b""), (500, b"")]
    place.take(ANNA)
    place.live()
    place.clock.move(timedelta(seconds=5))
    place.take({"id": "a", "language": "sv"})
    place.live()
    assert types(crm) == [FIELD]
    for _ in range(30):
        place.clock.move(timedelta(seconds=20))
        place.act()

    assert types(crm) == [FIELD, FIELD, FIELD, TASK, TASK]


def test_what_is_parked_holds_up_nobody(tmp_path: Path, crm: Receiver, bridge: Receiver) -> None:
    """A refusal parks at once, and the task goes out."""
    place = place_of(tmp_path, crm, bridge)
    crm.script = [(422, b"")]
    place.take(ANNA)
    place.live()

    assert types(crm) == [FIELD, TASK]
    assert told(place) == {"parked": 1, "done": 2}


def test_what_a_pause_stops_holds_up_nobody(tmp_path: Path, crm: Receiver, bridge: Receiver) -> None:
    """The paused rule's calls go out once it is released."""
    place = place_of(tmp_path, crm, bridge)
    place.take(ANNA | {"language": "sv"})
    place.run()
    with place.store.database.writing() as connection:
        key = registry.registered(connection)["first"].key
        pauses.pause(connection, key, "look", place.clock.now())
    place.act()
    assert types(crm) == [TASK]
    with place.store.database.writing() as connection:
        pauses.release(connection, key, place.clock.now())
    place.act()

    assert types(crm) == [TASK, FIELD, TASK]


def test_an_order_does_not_overtake_what_was_meant_before_it(tmp_path: Path, crm: Receiver, bridge: Receiver) -> None:
    """The field change fails for a while; the order goes out after it and the task."""
    place = place_of(tmp_path, crm, bridge)
    crm.script = [(500, b"")] * 4
    place.take(ANNA | {"phone": "0"})
    place.live()
    for _ in range(40):
        place.clock.move(timedelta(minutes=1))
        place.act()

    assert types(crm) == [FIELD] * 5 + [TASK, ORDER]
    assert place.deletions()["a"][0] == "in_recycle_bin"


def test_an_order_is_not_overtaken_by_what_is_meant_after_it(tmp_path: Path, crm: Receiver, bridge: Receiver) -> None:
    """Accepted, its outcome is not known yet: a task about the contact waits; refused, it goes out."""
    place = place_of(tmp_path, crm, bridge)
    crm.status = 202
    place.take({"id": "a", "phone": "0"})
    place.live()
    place.clock.move(timedelta(minutes=2))
    place.act()
    assert types(crm) == [ORDER]
    place.clock.move(timedelta(seconds=1))
    place.take({"id": "a", "country": "NO"}, {"id": "b", "country": "NO"})
    place.live()
    assert (types(crm), types(crm, "b"), types(bridge)) == ([ORDER], [FIELD, TASK], ["case.reported"])
    crm.status, crm.body = 409, b'{"reason": "open invoice"}'
    crm.script = [(409, crm.body), (200, b""), (200, b"")]
    for _ in range(4):
        place.clock.move(timedelta(minutes=2))
        place.act()

    assert types(crm) == [ORDER, ORDER, FIELD, TASK]
    assert place.deletions()["a"] == ("refused", "open invoice")


def test_r10_what_waits_behind_others_does_not_keep_messages_from_going_out(
    tmp_path: Path, crm: Receiver, bridge: Receiver
) -> None:
    """However many wait for a CRM that fails, the bridge hears of all of them."""
    place = place_of(tmp_path, crm, bridge)
    crm.status = 500
    place.take(*({"id": f"c{number}", "country": "NO"} for number in range(120)))
    place.live()

    assert len(bridge.ledger()) == 120
    with place.store.database.reading() as connection:
        assert intents.due(connection, place.clock.now()) == []


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from((200, 500, 503, 422)), max_size=14), st.lists(st.sampled_from("NSL"), max_size=5))
def test_whatever_fails_the_order_stays(
    tmp_path_factory: pytest.TempPathFactory, answers: list[int], steps: list[str]
) -> None:
    """Property: the first attempts of a contact's calls to the CRM come in the order of their keys, and all end."""
    sent: dict[str, dict[str, Any]] = {"N": {"country": "NO"}, "S": {"country": "SE"}, "L": {"language": "sv"}}
    with ExitStack() as stack:
        crm, bridge = (stack.enter_context(Receiver(200)) for _ in range(2))
        place = place_of(tmp_path_factory.mktemp("line"), crm, bridge)
        crm.script = [(status, b"") for status in answers]
        for step in ["N", *steps]:
            place.take({"id": "a"} | sent[step])
            place.live()
            place.clock.move(timedelta(seconds=17))
        for _ in range(60):
            place.clock.move(timedelta(minutes=5))
            place.act()
        keys = [int(key.removeprefix("intent-")) for key in crm.ledger()]

    assert keys == sorted(keys)
    assert "pending" not in told(place)
