"""Faults: SIGKILL after answers and in the middle of requests; what was acknowledged is there, and nothing twice.

`ANSGAR_FAULTS` is how often the server is killed in each test; `make faults` does so two hundred times.
"""

import json
import os
import random
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance import books
from tests.acceptance.server import Ledger, Server
from tests.receivers import SECRET, Receiver

ROUNDS = int(os.environ.get("ANSGAR_FAULTS", "20"))
LONGEST = 0.02  # seconds between the answer that is waited for and the kill: about as long as one request takes
PATIENCE = (
    60 + 3 * ROUNDS
)  # seconds for all that waits after the last start: most effects do, at a kill right after answers
CALLS = 2  # of the rule that go outside
RULES = """\
rules:
  - rule: norwegians
    stage: live
    if: [{field: country, is: NO}]
    then:
      - keep_in_selection: norwegians
      - notify: {to: dpo, using: hello}
      - call_webhook: bridge
messages:
  hello: {subject: "{{ contact.id }}", body: hello}
"""
BATCH = {"content-type": "application/cloudevents-batch+json"}


@dataclass(frozen=True)
class Sent:
    """One request of a round: its path and body, which events are in it, and what has to be known of contacts then."""

    number: int
    method: str
    path: str
    body: Any
    events: tuple[str, ...] = ()
    state: dict[str, dict[str, Any]] = field(default_factory=dict)

    def to(self, server: Server) -> httpx.Response:
        """Send it, as often as need be with the same ids."""
        if self.path.endswith("/import"):
            lines = "\n".join(json.dumps(one) for one in self.body)
            return server.call(self.method, self.path, content=lines.encode())
        headers = BATCH if isinstance(self.body, list) else {}
        return server.call(self.method, self.path, json=self.body, headers=headers)


def norwegian(name: str) -> dict[str, Any]:
    """Return what is known of a contact that the rule is about."""
    return {"country": "NO", "name": name.upper()}


def event(name: str) -> dict[str, Any]:
    """Return an event about a contact that has come."""
    head = {"specversion": "1.0", "source": "/crm", "type": "crm.contact.created"}
    return head | {"id": f"event-{name}", "subject": name, "data": norwegian(name)}


def one_event(number: int) -> Sent:
    """Return the sending of one event, about a contact of its own."""
    name = f"single-{number}"
    return Sent(number, "POST", "/v1/events", event(name), (f"event-{name}",), {name: norwegian(name)})


def many_events(number: int) -> Sent:
    """Return the sending of three events at once."""
    names = [f"batch-{number}-{index}" for index in range(3)]
    events = tuple(f"event-{name}" for name in names)
    state = {name: norwegian(name) for name in names}
    return Sent(number, "POST", "/v1/events", [event(name) for name in names], events, state)


def a_put(number: int) -> Sent:
    """Return a PUT of a contact of its own."""
    name = f"put-{number}"
    return Sent(number, "PUT", f"/v1/contacts/{name}", norwegian(name), state={name: norwegian(name)})


def a_newer_put(number: int) -> Sent:
    """Return a PUT of the contact that every round changes; by its version the newest holds, whatever comes late (R3)."""
    state = norwegian("standing") | {"email_bounces": number}
    return Sent(number, "PUT", "/v1/contacts/standing", state | {"version": number + 1}, state={"standing": state})


def an_import(number: int) -> Sent:
    """Return an import of three contacts."""
    names = [f"import-{number}-{index}" for index in range(3)]
    lines = [{"id": name} | norwegian(name) for name in names]
    return Sent(number, "POST", "/v1/contacts/import", lines, state={name: norwegian(name) for name in names})


KINDS = (one_event, many_events, a_put, a_newer_put, an_import)


@pytest.fixture
def server(tmp_path: Path, receiver: Receiver, ledger: Ledger) -> Iterator[Server]:
    """Give a server with one rule, of which each case is a member, a letter and a signed call."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "rules.yaml").write_text(RULES)
    made = Server(
        tmp_path,
        THE_SECRET=SECRET,
        ANSGAR_WEBHOOKS=json.dumps({"bridge": {"url": receiver.url, "secret": {"env": "THE_SECRET"}}}),
        ANSGAR_MAIL__URL=ledger.url,
        ANSGAR_PEOPLE='{"eva": {"email": "eva@firm.example", "roles": ["dpo"]}}',
    )
    yield made
    if made.process is not None and made.process.poll() is None:
        made.kill()


def test_r1_r2_r15_sigkill_right_after_an_answer_loses_and_doubles_nothing(
    server: Server, receiver: Receiver, ledger: Ledger
) -> None:
    """Events one by one and in batches, PUTs and imports: each is acknowledged, and the server killed at once."""
    acknowledged = []
    for number in range(ROUNDS):
        sent = KINDS[number % len(KINDS)](number)
        server.start()
        assert sent.to(server).is_success
        server.kill()
        acknowledged.append(sent)

    assert_all_is_there_once(server, receiver, ledger, acknowledged)


def test_r1_r2_r15_sigkill_in_the_middle_of_requests_loses_and_doubles_nothing(
    server: Server, receiver: Receiver, ledger: Ledger
) -> None:
    """Five callers at once, killed at some moment; what was not acknowledged is sent again with the same ids."""
    chance, acknowledged, again = random.SystemRandom(), list[Sent](), list[Sent]()
    with ThreadPoolExecutor(len(KINDS)) as callers:
        for number in range(ROUNDS // 2):
            server.start()
            sent = [*again, *(kind(number) for kind in KINDS)]
            chance.shuffle(sent)
            fate = Fate(server, chance.randrange(len(KINDS)), chance.uniform(0, LONGEST))
            answers = list(callers.map(fate.is_acknowledged, sent))
            fate.timer.join()
            again = [one for one, is_known in zip(sent, answers, strict=True) if not is_known]
            acknowledged += [one for one, is_known in zip(sent, answers, strict=True) if is_known]
    server.start()
    assert all(one.to(server).is_success for one in again)
    server.kill()

    assert_all_is_there_once(server, receiver, ledger, [*acknowledged, *again])


class Fate:
    """When a server is killed: so many answers from now, and then some seconds later."""

    def __init__(self, server: Server, answers: int, seconds: float) -> None:
        self.server, self.left = server, answers
        self.timer = threading.Timer(seconds, server.kill)
        self._lock = threading.Lock()
        self._pass(0)

    def is_acknowledged(self, sent: Sent) -> bool:
        """Tell whether a request is answered before the server is gone."""
        with suppress(httpx.TransportError):
            answer = sent.to(self.server)
            assert answer.is_success, answer.text
            self._pass(1)
            return True
        return False

    def _pass(self, answers: int) -> None:
        with self._lock:
            self.left -= answers
            if self.left <= 0 and self.timer.ident is None:
                self.timer.start()


def assert_all_is_there_once(server: Server, receiver: Receiver, ledger: Ledger, acknowledged: list[Sent]) -> None:
    """Start once more, let all be carried out, stop, and compare what is there with what was acknowledged."""
    newest = sorted(acknowledged, key=lambda one: one.number)
    state = {name: values for one in newest for name, values in one.state.items()}
    server.start()
    ledger.wait_for(len(state), PATIENCE)
    receiver.wait_for(len(state), PATIENCE)
    until_nothing_waits(server)
    found = {name: server.call("GET", f"/v1/contacts/{name}").json() for name in state}
    members = server.call("GET", "/v1/selections/norwegians/members").json()["members"]
    server.kill()  # the last one: what was carried out is noted already

    assert members == sorted(state)
    assert {name: {key: found[name].get(key) for key in values} for name, values in state.items()} == state
    assert books.inbox(server.folder) == Counter(one for sent in acknowledged for one in sent.events)
    assert_each_effect_came_once(receiver, ledger, sorted(state))
    assert_nothing_moves(server)
    assert_each_effect_came_once(receiver, ledger, sorted(state))


def assert_each_effect_came_once(receiver: Receiver, ledger: Ledger, names: list[str]) -> None:
    """One key for each case, and under one key always the same."""
    receiver.verified()
    calls = [(headers["webhook-id"], json.loads(body)["data"]) for headers, body in receiver.calls]
    by_key = dict(calls)

    assert sorted(ledger.subjects.values()) == names
    assert sorted(one["contact"] for one in by_key.values()) == names
    assert all(by_key[key] == data for key, data in calls)


def assert_nothing_moves(server: Server) -> None:
    """A look at everything finds all as it is, the books balance, and the chain and every verdict are sound."""
    report = json.loads(server.command("--json", "run", "--full"))

    assert [(one["entered"], one["left"], one["undecided"], one["error"]) for one in report["rules"]] == [
        (0, 0, 0, None)
    ]
    assert books.unbalanced(server.folder, CALLS) == []
    assert json.loads(server.command("--json", "audit", "verify"))["verified"] is True
    server.command("audit", "verdicts")


def until_nothing_waits(server: Server) -> None:
    """Wait until what came of every effect is noted."""
    for _ in range(PATIENCE * 20):
        if not books.rows(server.folder, "SELECT key FROM intent WHERE state = 'pending' LIMIT 1"):
            return
        threading.Event().wait(0.05)  # nothing tells that an outcome is noted
    raise AssertionError(books.rows(server.folder, "SELECT state, reason, attempts FROM intent"))
