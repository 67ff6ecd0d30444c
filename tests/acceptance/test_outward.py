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


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Give a receiver for everything."""
    with Receiver() as running:
        yield running


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    """Give a mail server that keeps count."""
    with Ledger() as running:
        yield running


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


def test_a_name_that_nobody_has_does_not_load(server: Server) -> None:
    """`check` knows the configuration, and says what would be right."""
    rules = server.folder / "rules" / "rules.yaml"
    rules.write_text(RULES.replace("by: [email, ops]", "by: [email, opps]").replace("for: dpo", "for: dpoo"))
    found = server.finding("--json", "check")["problems"]

    assert [(problem["code"], problem["help"]) for problem in found] == [
        ("R121", "did you mean `dpo`?"),
        ("R121", "did you mean `ops`?"),
    ]
