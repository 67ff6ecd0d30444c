"""Outward, over the installed command: real receivers get each task, change, call and message once, whatever is killed."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.acceptance.server import Ledger, Server
from tests.receivers import SECRET, Receiver

RULES = """\
rules:
  - rule: norwegians
    stage: live
    owner: eva
    if: [{field: country, is: NO}]
    then:
      - create_task: {for: dpo, title: "Call {{ contact.id }}", due: 5 days}
      - set_field: {field: category, to: Norwegian}
      - call_webhook: bridge
      - notify: {to: dpo, using: hello, by: [email, ops]}
messages:
  hello: {subject: "{{ contact.id }}", body: hello}
"""
MOVING = """\
rules:
  - rule: norwegians
    stage: live
    if: [{field: country, is: NO}]
    then: [{keep_in_selection: norwegians}, {raise_alert: "Mind {{ contact.id }}"}]
"""


@pytest.fixture
def server(tmp_path: Path, receiver: Receiver, ledger: Ledger) -> Iterator[Server]:
    """Give a server whose CRM, webhook and channel are the receiver."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "rules.yaml").write_text(RULES)
    called = {"url": receiver.url, "secret": {"env": "THE_SECRET"}}
    made = Server(
        tmp_path,
        THE_SECRET=SECRET,
        THE_ROOM=f"json://127.0.0.1:{receiver.server_port}/room?+webhook-id=room",
        ANSGAR_CRM=json.dumps(called),
        ANSGAR_WEBHOOKS=json.dumps({"bridge": called}),
        ANSGAR_CHANNELS=json.dumps({"ops": {"apprise": {"env": "THE_ROOM"}}}),
        ANSGAR_MAIL__URL=ledger.url,
        ANSGAR_PEOPLE=json.dumps({"eva": {"email": "eva@firm.example", "roles": ["dpo"]}}),
    )
    yield made
    if made.process is not None and made.process.poll() is None:
        made.kill()


def test_r2_sigkill_while_a_receiver_is_being_called_loses_and_doubles_nothing(
    server: Server, receiver: Receiver, ledger: Ledger
) -> None:
    """Killed between each effect and its outcome: every receiver that honours keys has everything once."""
    server.start()
    receiver.before_answer = lambda: server.kill() if receiver.is_first() else None
    with suppress(httpx.TransportError):  # it is killed as soon as the first call goes out
        server.call("PUT", "/v1/contacts/4711", json={"country": "NO"})
    for count in range(1, 5):
        receiver.wait_for(count)
        if server.process is not None:
            server.process.wait(15)
        with suppress(AssertionError):  # it may be killed again before it is ready
            server.start()
    ledger.wait_for(1)
    calls = {key: json.loads(body) for key, body in receiver.ledger().items() if key != "room"}

    assert sorted(one["type"] for one in calls.values()) == ["case.reported", "field.requested", "task.requested"]
    assert {"4711"} == {one["data"]["contact"] for one in calls.values()}
    assert {key: one["data"]["order"] for key, one in calls.items()} == {key: key for key in calls}
    assert list(ledger.subjects.values()) == ["4711"]


def test_r10_parked_calls_are_seen_with_their_reason_and_replayed(
    server: Server, receiver: Receiver, ledger: Ledger
) -> None:
    """An operator lists what a receiver refused, and lets it begin anew under its old key."""
    receiver.status, receiver.body = 422, b'{"reason": "not today"}'
    server.command("run")
    line = json.dumps({"id": "4711", "country": "NO"})
    (server.folder / "contacts.ndjson").write_text(line)
    server.command("import", "contacts.ndjson")
    server.command("run")
    ledger.wait_for(1)
    parked = json.loads(server.command("--json", "messages", "list", "--state", "parked"))["messages"]
    assert [
        (one["contact"], one["action"].removeprefix("create_").removeprefix("set_").split("_")[0], one["attempts"])
        for one in sorted(parked, key=lambda one: one["id"])
    ] == [("4711", "task", 1), ("4711", "field", 1), ("4711", "call", 1)]
    assert {"the CRM refused the call (422): not today", "the webhook `bridge` refused the call (422): not today"} == {
        one["reason"] for one in parked
    }
    assert server.finding("--json", "messages", "replay", "999") is None
    receiver.status = 200
    before = set(receiver.ledger())
    server.command("messages", "replay", *(str(one["id"]) for one in parked))
    server.command("run")

    assert json.loads(server.command("--json", "messages", "list", "--state", "parked"))["messages"] == []
    assert before == set(receiver.ledger())
    assert len(ledger.subjects) == 1


def test_r10_parked_moves_are_seen_with_their_reason_and_replayed(server: Server, receiver: Receiver) -> None:
    """`messages` shows what the CRM could not be told of selections and alerts, and `messages replay` takes it up."""
    called = {"url": receiver.url, "secret": {"env": "THE_SECRET"}, "tell": ["selections", "alerts"]}
    server.environment["ANSGAR_CRM"] = json.dumps(called)
    (server.folder / "rules" / "rules.yaml").write_text(MOVING)
    receiver.status, receiver.body = 422, b'{"reason": "not today"}'
    (server.folder / "contacts.ndjson").write_text(json.dumps({"id": "4711", "country": "NO"}))
    server.command("import", "contacts.ndjson")
    server.command("run")
    parked = json.loads(server.command("--json", "messages", "list", "--state", "parked"))["messages"]
    assert [(one["contact"], one["rule"], one["action"], one["attempts"]) for one in parked] == [
        ("4711", "norwegians", "alert.raised", 1),
        ("4711", "norwegians", "selection.joined", 1),
    ]
    assert {one["reason"] for one in parked} == {"the CRM refused the call (422): not today"}
    assert "move-1" in server.command("messages", "list")
    assert server.finding("--json", "messages", "replay", "move-1", "1") is None
    receiver.status = 200
    before = set(receiver.ledger())
    server.command("messages", "replay", *(one["id"] for one in parked))
    server.command("run")

    assert json.loads(server.command("--json", "messages", "list"))["messages"] == []
    assert (before, len(receiver.calls)) == (set(receiver.ledger()), 4)


def test_r2_sigkill_while_the_crm_is_told_of_moves_loses_and_doubles_none(server: Server, receiver: Receiver) -> None:
    """Killed between call and outcome, twice: each move comes under its one key."""
    called = {"url": receiver.url, "secret": {"env": "THE_SECRET"}, "tell": ["selections", "alerts"]}
    server.environment["ANSGAR_CRM"] = json.dumps(called)
    (server.folder / "rules" / "rules.yaml").write_text(MOVING)
    server.start()
    receiver.before_answer = lambda: server.kill() if receiver.is_first() else None
    with suppress(httpx.TransportError):  # it is killed as soon as the first call goes out
        server.call("PUT", "/v1/contacts/4711", json={"country": "NO"})
    for count in range(1, 3):
        receiver.wait_for(count)
        if server.process is not None:
            server.process.wait(15)
        with suppress(AssertionError):  # it may be killed again before it is ready
            server.start()
    calls = [json.loads(body) for body in receiver.ledger().values()]

    assert sorted(one["type"] for one in calls) == ["alert.raised", "selection.joined"]
    assert {"4711"} == {one["data"]["contact"] for one in calls}


def test_a_name_that_nobody_has_does_not_load(server: Server) -> None:
    """`check` knows the configuration, and says what would be right."""
    rules = server.folder / "rules" / "rules.yaml"
    rules.write_text(RULES.replace("by: [email, ops]", "by: [email, opps]").replace("for: dpo", "for: dpoo"))
    found = server.finding("--json", "check")["problems"]

    assert [(problem["code"], problem["help"]) for problem in found] == [
        ("R121", "did you mean `dpo`?"),
        ("R121", "did you mean `ops`?"),
    ]
