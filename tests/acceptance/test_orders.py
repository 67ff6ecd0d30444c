"""Orders, over the installed command: killed between the CRM's deed and its answer, results by POST, and the demo CRM."""

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, timedelta
from pathlib import Path

import httpx
import pytest

from engine.crm.event import Event
from engine.crm.orders import ID, InquiringCrm, Order
from engine.crm.webhooks import Endpoint
from engine.vocabulary.clock import SystemClock
from engine.vocabulary.outcome import TemporaryFailure
from tests.acceptance.server import ANSGAR, Server, free_port
from tests.receivers import SECRET
from tests.scripted_crm import ScriptedCrm

RULES = """\
rules:
  - rule: erase
    owner: dpo
    legal_basis: GDPR Art. 17(1)(b)
    stage: live
    if: [{field: category, is: Prospect}]
    then: [{schedule_deletion: {purposes: all, grace: 1 day}}]
    stop_if_more_than: {contacts: 25, percent: 100}
"""


@pytest.fixture
def crm() -> Iterator[ScriptedCrm]:
    """Give a CRM."""
    with ScriptedCrm() as running:
        yield running


@pytest.fixture
def server(tmp_path: Path, crm: ScriptedCrm) -> Iterator[Server]:
    """Give a server with a deletion that is due since yesterday."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "rules.yaml").write_text(RULES)
    called = {"url": crm.url, "secret": {"env": "THE_SECRET"}}
    made = Server(
        tmp_path,
        THE_SECRET=SECRET,
        ANSGAR_CRM=json.dumps(called),
        ANSGAR_PEOPLE='{"d": {"email": "d@f.example", "roles": ["dpo"]}}',
    )
    (tmp_path / "contacts.ndjson").write_text('{"id": "4711", "category": "Prospect"}')
    made.command("import", "contacts.ndjson")
    made.command("run", "--at", (SystemClock().now() - timedelta(days=2)).astimezone(UTC).isoformat())
    yield made
    if made.process is not None and made.process.poll() is None:
        made.kill()


def state(server: Server) -> str:
    """Return the state of the deletion."""
    return str(json.loads(server.command("--json", "deletions"))["deletions"][0]["state"])


def test_r2_r5_sigkill_between_the_deed_and_its_answer_orders_nothing_twice(server: Server, crm: ScriptedCrm) -> None:
    """Killed while the CRM answers: after the restart the contact is asked for, and it is gone."""
    crm.before_answer = lambda: server.kill() if len(crm.calls) == 1 else None
    with suppress(AssertionError):  # it may be killed before it is ready
        server.start()
    assert server.process is not None
    server.process.wait(15)
    assert (crm.ledger.done, state(server)) == ({"deletion-1": "4711"}, "ordered")
    server.command("run")
    crm.verify()

    assert (state(server), crm.ledger.attempts) == ("in_recycle_bin", ["deletion-1"])
    assert [(call.method, call.path) for call in crm.calls] == [("POST", "/ansgar"), ("GET", "/ansgar/contacts/4711")]


def test_r5_a_result_is_posted_once(server: Server, crm: ScriptedCrm) -> None:
    """Accepted, then reported: 200, the same again 200, another 409, unknown 404, malformed 422, no token 401."""
    crm.script.orders.append("accept")
    server.command("run")
    server.start()
    where = "/v1/orders/deletion-1/result"
    found = [
        server.call("POST", where, json={"result": "maybe"}),
        server.call("POST", where, content=b"{"),
        server.call("POST", "/v1/orders/deletion-9/result", json={"result": "deleted"}),
        server.call("POST", where, json={"result": "deleted"}, headers={"authorization": ""}),
        server.call("POST", where, json={"result": "deleted"}),
        server.call("POST", where, json={"result": "deleted"}),
        server.call("POST", where, json={"result": "refused", "reason": "no"}),
    ]

    assert [one.status_code for one in found] == [422, 422, 404, 401, 200, 200, 409]
    assert found[4].json() == found[5].json() == {"order": "deletion-1", "result": "deleted"}
    assert {one.headers["content-type"] for one in found if one.status_code > 400} == {"application/problem+json"}
    assert state(server) == "in_recycle_bin"


def test_the_demo_crm_answers_as_told_and_ends_with_its_ledger(tmp_path: Path) -> None:
    """It checks signatures, takes each order once, shows who is there, and exits 0 on SIGTERM."""
    port = free_port()
    (tmp_path / "config.yaml").write_text(
        f'crm: {{url: "http://127.0.0.1:{port}/ansgar", secret: {{env: THE_SECRET}}}}'
    )
    (tmp_path / "contacts.ndjson").write_text('{"id": "4711"}\n\n{"id": "4712"}\n')
    (tmp_path / "script.yaml").write_text('orders: [error, "unavailable"]\ncontacts: {"4712": {refuse: open invoice}}')
    given = ["--port", str(port), "--contacts", "contacts.ndjson", "--script", "script.yaml"]
    process = subprocess.Popen(
        [ANSGAR, "demo-crm", *given], cwd=tmp_path, env={"THE_SECRET": SECRET}, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert str(port) in process.stdout.readline()
    endpoint = Endpoint("the CRM", f"http://127.0.0.1:{port}/ansgar", SECRET)
    crm, now = InquiringCrm(endpoint, f"{endpoint.url}/contacts/{ID}"), SystemClock().now()
    first, second = (Order(f"deletion-{n}", contact, "r", "v", "d", "b") for n, contact in ((1, "4711"), (2, "4712")))
    for _ in range(2):
        with pytest.raises(TemporaryFailure):
            crm.order(first, now)

    assert [crm.presence(one, "k") for one in ("4711", "4713")] == ["there", "gone"]
    assert (crm.order(second, now).reason, crm.order(second, now).reason) == ("open invoice", "open invoice")
    assert (crm.order(first, now).answer, crm.order(first, now).answer) == ("deleted", "deleted")
    assert crm.presence("4711", "k") == "gone"
    endpoint.tell(Event("intent-1", "task.requested", {"contact": "4712"}, now))
    assert httpx.get(f"{endpoint.url}/contacts/4712", timeout=10).status_code == 401
    process.send_signal(signal.SIGTERM)
    said = process.communicate(timeout=15)[0].splitlines()
    assert process.returncode == 0
    assert said[:3] == ["deletion-1 4711: error", "deletion-1 4711: unavailable", "asked 4711: honest"]
    assert "intent-1 4712: task.requested" in said


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("orders: [eror]", "did you mean `error`?"),
        ("order: [error]", "did you mean `orders`?"),
        ("[error]", "a script is a mapping"),
        ("contacts: [error]", "`contacts` is a mapping"),
    ],
)
def test_a_script_that_cannot_be_read_is_told(tmp_path: Path, script: str, said: str) -> None:
    """Which word is wrong, and the nearest right one; exit 2."""
    (tmp_path / "config.yaml").write_text('crm: {url: "http://127.0.0.1:9/ansgar", secret: {env: THE_SECRET}}')
    (tmp_path / "script.yaml").write_text(script)
    done = subprocess.run(
        [ANSGAR, "demo-crm", "--script", "script.yaml"],
        cwd=tmp_path,
        env={"THE_SECRET": SECRET},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )

    assert done.returncode == 2
    assert said in done.stderr
