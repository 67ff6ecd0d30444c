"""The running service: state and events in, status out, broken rules survived, and events waited for over crashes."""

import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.server import Ledger, Server

RULES = """\
rules:
  - rule: norwegians
    stage: live
    if: [{field: country, is: NO}]
    then:
      - keep_in_selection: norwegians
      - raise_alert: {severity: blocking, message: "{{ contact.name }}: ask first", blocks: [email]}
      - notify: {to: dpo, using: hello}
messages:
  hello: {subject: "{{ contact.id }}", body: hello}
"""


@pytest.fixture
def server(tmp_path: Path, ledger: Ledger) -> Iterator[Server]:
    """Give a server with one rule and a real mail server behind it."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "rules.yaml").write_text(RULES)
    people = '{"eva": {"email": "eva@firm.example", "roles": ["dpo"]}}'
    made = Server(tmp_path, ANSGAR_MAIL__URL=ledger.url, ANSGAR_PEOPLE=people)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.kill()


def event(number: int, **data: Any) -> dict[str, Any]:
    """Return a CloudEvent about a contact that has come."""
    return {
        "specversion": "1.0",
        "id": f"e{number}",
        "source": "/crm",
        "type": "crm.contact.created",
        "subject": f"c{number}",
        "data": {"country": "NO"} | data,
    }


def test_a_contact_goes_in_and_its_card_comes_out(server: Server, ledger: Ledger) -> None:
    """PUT, events, status, members, runs and DELETE, as a CRM uses them."""
    server.start()
    assert server.call("PUT", "/v1/contacts/1", json={"country": "NO", "name": "Åse"}).json() == {
        "id": "1",
        "created": True,
        "changed": False,
        "outdated": False,
    }
    assert server.call("POST", "/v1/events", json=[event(2)]).json() == {"accepted": 1, "repeated": 0, "refused": []}
    again = server.call("POST", "/v1/events", json=event(2))
    assert (again.status_code, again.json()) == (202, {"accepted": 0, "repeated": 1, "refused": []})
    ledger.wait_for(2)
    assert {"1", "c2"} == set(ledger.subjects.values())
    card = server.call("GET", "/v1/contacts/1/status").json()
    assert (
        [alert["message"] for alert in card["alerts"]], card["blocked"], card["selections"], card["deletion"], card["held"],
    ) == (["Åse: ask first"], ["email"], ["norwegians"], None, False)  # fmt: skip
    assert server.call("GET", "/v1/selections/norwegians/members").json()["members"] == ["1", "c2"]
    assert server.call("GET", "/v1/runs").json()["runs"]
    assert {"id": "1", "name": "Åse", "country": "NO"}.items() <= server.call("GET", "/v1/contacts/1").json().items()
    imported = server.call("POST", "/v1/contacts/import", content=b'{"id": "3", "country": "NO"}\nnonsense\n').json()
    assert (imported["created"], [line["line"] for line in imported["refused"]]) == (1, [2])
    assert server.call("DELETE", "/v1/contacts/1").status_code == 200
    assert server.call("GET", "/v1/contacts/1").status_code == 404
    assert server.kill(signal.SIGTERM) == 0


@pytest.mark.parametrize(
    ("method", "path", "keywords", "status", "said"),
    [
        ("PUT", "/v1/contacts/1", {"json": {"emial": "x"}}, 422, "/emial"),
        ("PUT", "/v1/contacts/1", {"json": {"id": "2"}}, 422, "/id"),
        ("PUT", "/v1/contacts/1", {"content": b"{"}, 422, "not JSON"),
        ("PUT", "/v1/contacts/1", {"content": b"[" * 20_000}, 422, "deep"),
        ("POST", "/v1/events", {"json": {"id": "1"}}, 422, "specversion"),
        ("POST", "/v1/events", {"json": {"specversion": "1.0"}}, 422, "/id"),
        ("POST", "/v1/events", {"data": {"id": "1"}}, 415, "application/cloudevents-batch+json"),
        ("GET", "/v1/contacts/nobody/status", {}, 404, "no such contact"),
        ("GET", "/v1/nothing", {}, 404, "Not Found"),
        ("POST", "/v1/runs", {}, 405, "Method Not Allowed"),
        ("GET", "/v1/runs?limit=0", {}, 422, "/query/limit"),
        ("GET", "/v1/selections/none/members", {}, 404, "no rule keeps"),
        ("GET", "/v1/runs", {"headers": {"authorization": "Bearer wrong"}}, 401, "not valid"),
        ("PUT", "/v1/contacts/1", {"headers": {"authorization": ""}, "content": b"x"}, 401, "Bearer"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_as_a_problem(
    server: Server, method: str, path: str, keywords: dict[str, Any], status: int, said: str
) -> None:
    """Each failure is problem+json with its status and a pointer; nothing of a bad batch is taken."""
    server.start()
    answer = server.call(method, path, **keywords)

    assert (status, "application/problem+json") == (answer.status_code, answer.headers["content-type"])
    assert said in answer.text
    assert "Traceback" not in answer.text + (server.folder / "log").read_text()


def test_health_needs_no_token_and_a_scope_is_asked_for(server: Server) -> None:
    """Anybody may ask whether it lives; a token for reading cannot write."""
    server.start()
    token = server.command("token", "create", "--scope", "read", "--name", "reader").strip()
    headers = {"authorization": f"Bearer {token}"}

    assert httpx.get(f"http://127.0.0.1:{server.port}/readyz").status_code == 200
    assert server.call("PUT", "/v1/contacts/1", json={}, headers=headers).status_code == 403
    assert server.call("GET", "/v1/runs", headers=headers).status_code == 200


def test_r8_a_broken_rule_file_changes_nothing_that_runs_and_is_named(server: Server, ledger: Ledger) -> None:
    """The last good rules go on; `/readyz` and the log name file and line; mending it brings it in."""
    server.start()
    rules = server.folder / "rules" / "rules.yaml"
    rules.write_text(RULES.replace("country", "kountry"))
    broken = _until(server, lambda ready: ready["broken"])
    assert "rules.yaml:4:18" in broken["broken"]
    assert "rules.yaml:4:18" in (server.folder / "log").read_text()
    server.call("POST", "/v1/events", json=event(1))
    ledger.wait_for(1)
    rules.write_text(RULES.replace("NO", "SE"))
    mended = _until(server, lambda ready: ready["broken"] is None and ready["rulebook"] != broken["rulebook"])
    assert mended["status"] == "ready"


def _until(server: Server, wanted: Any) -> dict[str, Any]:
    """Return the readiness once it is as wanted; what has changed in the folder is read once two looks, a second apart, find it the same."""
    ready: dict[str, Any] = {}
    for _ in range(400):
        ready = server.call("GET", "/readyz").json()
        if wanted(ready):
            return ready
        threading.Event().wait(0.05)
    raise AssertionError(ready)


WAITING = """\
rules:
  - rule: bounced
    stage: live
    check: {when_event: {event: mailing.bounced, times: 3, within: 30 days}}
    if: [{field: country, is: NO}]
    then: [{notify: {to: dpo, using: note}}]
  - rule: restricted
    stage: live
    check: {when_event: {event: restrict_processing.changed, from: false, to: true}}
    if: [{field: restrict_processing, is: true}]
    then: [{notify: {to: dpo, using: note}}]
messages:
  note: {subject: "{{ rule.id }} {{ contact.id }}", body: hello}
"""


def test_rules_that_wait_for_events_hear_them_across_crashes(server: Server, ledger: Ledger) -> None:
    """Bounces are counted over restarts, a flag is seen to change from the first request on, and each is told once."""
    (server.folder / "rules" / "rules.yaml").write_text(WAITING)
    server.start()
    server.call("PUT", "/v1/contacts/c1", json={"country": "NO", "restrict_processing": False})
    server.call("PUT", "/v1/contacts/c1", json={"restrict_processing": True})
    for number in range(3):
        bounce = event(1) | {"id": f"b{number}", "type": "crm.mailing.bounced"}
        assert server.call("POST", "/v1/events", json=bounce).status_code == 202
        server.kill()
        server.start()
    ledger.wait_for(2)

    assert sorted(ledger.subjects.values()) == ["bounced c1", "restricted c1"]
