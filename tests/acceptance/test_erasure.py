"""Erasure over the installed command: neither logs nor any file say whom they were about; what is anonymous is counted."""

import json
import signal
import subprocess
import threading
from pathlib import Path
from typing import Any

from tests.acceptance.server import ANSGAR, Server
from tests.receivers import SECRET, Receiver

CANARY = "zzcanary"
PERSON: dict[str, Any] = {
    "id": f"{CANARY}-1",
    "name": "Zzcanary Åkesson",
    "email": f"{CANARY}@example.se",
    "category": "Prospect",
    "country": "SE",
    "created_on": "2024-05-17",
    "tags": [CANARY],
    "sales": [{"id": CANARY, "status": "lost", "at": "2025-06-30"}],
}
DELETES = """\
  - rule: {name}
    owner: dpo
    legal_basis: GDPR Art. 17
    stage: live
    if: [{{field: category, is: Prospect}}]
    then: [{{schedule_deletion: {{purposes: all, {more}}}}}]
    stop_if_more_than: {{contacts: 3}}
"""
RULES = "rules:\n" + "".join(
    DELETES.format(name=name, more=more)
    for name, more in (
        ("first", "grace: 1 day"),
        ("second", "grace: 10 days, how: anonymise, recycle_bin: 0 days, warn: [{to: the contact}]"),
    )
)
BAD_LINES = (
    json.dumps(PERSON | {"created_on": f"{CANARY} day"}),
    json.dumps(PERSON | {"nickname": CANARY}),
    json.dumps(PERSON | {"sales": [{"amount": CANARY}]}),
    "{" + CANARY,
)


def with_log(server: Server, *arguments: str, stdin: str = "") -> None:
    """Run a command, and keep all that it says beside what the server logs."""
    command = [str(ANSGAR), *arguments]
    with (server.folder / "log").open("a") as log:
        subprocess.run(
            command,
            cwd=server.folder,
            env=server.environment,
            input=stdin,
            stdout=log,
            stderr=log,
            text=True,
            check=False,
        )


def refused_once(receiver: Receiver) -> None:
    """Let the CRM refuse the first order, with the name in its reason."""
    receiver.script.append((409, json.dumps({"reason": f"{PERSON['name']} has an invoice"}).encode()))


def wait_until_all_has_ended(server: Server) -> None:
    """Wait until the service has carried out what it had scheduled."""
    states: set[str] = set()
    for _ in range(200):
        states = {one["state"] for one in json.loads(server.command("--json", "deletions"))["deletions"]}
        if states == {"erased", "refused"}:
            return
        threading.Event().wait(0.1)
    raise AssertionError(states)


def test_l9_s9_nothing_that_was_said_on_the_way_names_whom_it_was_about(tmp_path: Path) -> None:
    """Refused lines and requests, a CRM that refuses with the name, runs and a service: no canary in any file."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "rules.yaml").write_text(RULES)
    with Receiver() as crm:
        called = json.dumps({"url": crm.url, "secret": {"env": "THE_SECRET"}})
        server = Server(tmp_path, THE_SECRET=SECRET, ANSGAR_CRM=called, ANSGAR_LIMITS__PERCENT_PER_DAY="100")
        refused_once(crm)
        server.start()
        assert (
            server.call("PUT", f"/v1/contacts/{PERSON['id']}", json=PERSON | {"birth_date": CANARY}).status_code == 422
        )
        event = {"specversion": "1.0", "source": f"/{CANARY}", "id": CANARY, "type": "crm.sale.logged"}
        about = event | {"subject": PERSON["id"], "data": {"amount": CANARY}}
        assert server.call("POST", "/v1/events", json=about).status_code == 422
        server.kill(signal.SIGTERM)
        with_log(server, "import", "-", stdin="\n".join((*BAD_LINES, json.dumps(PERSON, ensure_ascii=False))))
        for day in ("2026-01-01", "2026-01-03"):
            with_log(server, "run", "--at", f"{day}T08:00:00Z", "--act")
        server.start()
        crm.wait_for(2)
        wait_until_all_has_ended(server)
        server.kill(signal.SIGTERM)
        bodies = [body for _, body in crm.calls]
    assert len(bodies) == 2
    assert "second" in (tmp_path / "log").read_text()  # what is searched is there
    counted = json.loads(server.command("--json", "anonymous", "--to", "left.ndjson"))

    assert counted == {"anonymous": {"contact": 1}, "file": "left.ndjson"}
    row = json.loads((tmp_path / "left.ndjson").read_text())
    assert row == {
        "entity": "contact", "category": "Prospect", "country": "SE", "created_on": "2024-05-01",
        "sales": [{"at": "2025-06-01", "status": "lost"}],
    }  # fmt: skip
    assert files_with(tmp_path, CANARY.encode()) == []


def files_with(folder: Path, word: bytes) -> list[str]:
    """Return the files below a folder in which a word is."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    return [file.name for file in files if word in file.read_bytes().lower() or word.decode() in file.name.lower()]
