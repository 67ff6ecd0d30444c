"""Who may call, over the installed command: tokens that end, what `doctor` tells, and what does not start (S12)."""

import json
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from engine.vocabulary.clock import SystemClock
from tests.acceptance.server import Server
from tests.acceptance.test_commands import Folder
from tests.receivers import SECRET

WEAK = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SIGNED = json.dumps({"secret": {"env": "THE_SECRET"}})
OTHERS = ".".join("0000")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Give a working directory with one rule."""
    return Folder(tmp_path)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Give a server whose CRM signs its calls."""
    Folder(tmp_path)
    made = Server(tmp_path, ANSGAR_SERVER__SIGNED_BY=SIGNED, THE_SECRET=SECRET)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.kill()


def findings(folder: Folder, **environment: str) -> dict[str, tuple[bool, str]]:
    """Return what `doctor` finds, by what it is about."""
    return {one["what"]: (one["ok"], one["detail"]) for one in folder.json("doctor", **environment)["findings"]}


def test_s12_nothing_listens_to_other_machines_without_a_token(folder: Folder) -> None:
    """Exit 2 with one sentence, whether the option or the configuration says so; `doctor` names the same."""
    for arguments, environment in ((("--host", OTHERS), {}), ((), {"ANSGAR_SERVER__HOST": OTHERS})):
        done = folder.run("serve", "--port", "1", *arguments, **environment)
        sentence = [line for line in done.stderr.splitlines() if not line.startswith("{")]
        assert (done.returncode, len(sentence)) == (2, 1), done.stderr
        assert "no token is valid: make one first with `ansgar token create`" in sentence[0]
    assert findings(folder)["tokens"][0]
    is_well, told = findings(folder, ANSGAR_SERVER__HOST=OTHERS)["tokens"]

    assert (is_well, "no token is valid" in told) == (False, True)


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        (
            {"ANSGAR_CRM": json.dumps({"url": "http://127.0.0.1:9/ansgar", "secret": {"env": "THE_SECRET"}})},
            "`crm.secret`",
        ),
        ({"ANSGAR_SERVER__SIGNED_BY": SIGNED}, "`server.signed_by.secret`"),
    ],
)
def test_s12_a_default_secret_does_not_start(folder: Folder, environment: dict[str, str], said: str) -> None:
    """Exit 2 with one sentence that never repeats it; `doctor` names the same."""
    named = environment | {"THE_SECRET": WEAK}
    done = folder.run("serve", "--port", "1", **named)
    is_well, told = findings(folder, **named)["secrets"]

    assert (done.returncode, is_well) == (2, False)
    assert (
        done.stderr == f"{said} is an example out of documentation, which everybody knows: {told.partition(': ')[2]}\n"
    )
    assert "MfKQ" not in done.stderr + told
    assert findings(folder, **named | {"THE_SECRET": SECRET})["secrets"][0]


def test_s12_a_key_that_others_can_read_does_not_start(folder: Folder) -> None:
    """Exit 2 with one sentence and the command that mends it; `doctor` names the same."""
    folder.run("token", "create", "--scope", "read", "--name", "x")
    key = folder.path / "var" / "ansgar.chain.key"
    key.chmod(0o644)
    done = folder.run("serve", "--port", "1")
    is_well, told = findings(folder)["secrets"]

    assert (done.returncode, is_well) == (2, False)
    assert (
        done.stderr
        == f"{told}\n"
        == "`store.chain_key`: var/ansgar.chain.key can be read by others: run chmod 600 on it\n"
    )


def test_s12_a_database_that_everybody_can_read_is_closed_at_the_start(server: Server) -> None:
    """`doctor` tells of it before; afterwards nobody else can read it."""
    database = server.folder / "var" / "ansgar.db"
    assert database.stat().st_mode & 0o777 == 0o600
    database.chmod(0o644)
    told = server.finding("--json", "doctor")["findings"]
    server.start()

    (detail,) = (one["detail"] for one in told if not one["ok"])
    assert detail.startswith("var/ansgar.db can be read by everybody: run chmod 600 on var/ansgar.db")
    assert database.stat().st_mode & 0o777 == 0o600
    assert server.kill(signal.SIGTERM) == 0


def test_s4_the_crm_signs_and_needs_no_token(server: Server) -> None:
    """An event is taken by its signature, once; a token is needed for all else."""
    server.start()
    body = json.dumps(
        {"specversion": "1.0", "id": "e", "source": "/crm", "type": "crm.contact.created", "subject": "1"}
    )
    at = SystemClock().now()
    said = {
        "webhook-id": "e", "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": Webhook(SECRET).sign("e", at, body)
    }  # fmt: skip
    where = f"http://127.0.0.1:{server.port}"
    found = [httpx.post(f"{where}/v1/events", content=body, headers=said) for _ in range(2)]

    assert [(one.status_code, one.json()["accepted"]) for one in found] == [(202, 1), (202, 0)]
    assert httpx.post(f"{where}/v1/decisions", content=body, headers=said).status_code == 401
    assert server.call("GET", "/v1/contacts/1").status_code == 200


def test_tokens_are_made_for_a_while_and_listed_with_their_use(folder: Folder) -> None:
    """`--json` gives the token, its id and when it ends; the list has all but the token; `doctor` tells which end soon."""
    day = (SystemClock().now() + timedelta(days=400)).date().isoformat()
    folder.run("token", "create", "--scope", "crm", "--name", "short", "--expires", "13 days")
    made = folder.json("token", "create", "--scope", "crm", "--name", "long", "--expires", day)
    assert (set(made), made["id"]) == ({"token", "id", "expires_at"}, 2)
    folder.run("token", "create", "--scope", "read", "--scope", "crm", "--name", "ever")
    listed = folder.json("token", "list")["tokens"]
    is_well, told = findings(folder)["tokens"]

    assert [(one["name"], one["scopes"], one["expires_at"] is None) for one in listed] == [
        ("short", "crm", False), ("long", "crm", False), ("ever", "read crm", True),
    ]  # fmt: skip
    assert {one["last_used_at"] for one in listed} == {None}
    assert "expires_at" in folder.run("token").stdout
    assert made["token"] not in str(listed)
    assert (is_well, told) == (False, "expire within 14 days: short")
    done = folder.run("token", "create", "--scope", "crm", "--name", "x", "--expires", "yesterday")
    assert (done.returncode, "or a duration, such as `90 days`" in done.stderr) == (2, True)
