"""Stopping (R14): SIGTERM and SIGKILL while requests, a large import and calls that hang are under way."""

import json
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from time import monotonic

import httpx
import pytest

from engine.service.importing import BATCH
from engine.store.database import open_database
from tests.acceptance import books
from tests.acceptance.server import Ledger, Server
from tests.receivers import SECRET, Receiver

MOST_SECONDS = 10
LINES = BATCH * 5 // 2  # two batches, and half of one
RULES = """\
rules:
  - rule: told
    stage: live
    if: [{field: category, is: Told}]
    then: [{call_webhook: bridge}, {notify: {to: dpo, using: hello}}]
messages:
  hello: {subject: "{{ contact.id }}", body: hello}
"""


@dataclass
class Held:
    """A receiver's answers, which are held back until they are let go."""

    receiver: Receiver
    asked: threading.Event = field(default_factory=threading.Event)
    gone_on: threading.Event = field(default_factory=threading.Event)

    def hold(self) -> None:
        """Keep whoever asks waiting."""
        self.asked.set()
        self.gone_on.wait(60)


@dataclass
class Streamed:
    """An import whose lines come in part; the rest, when it is told to go on."""

    server: Server
    goes_on: threading.Event = field(default_factory=threading.Event)

    def lines(self) -> Iterator[bytes]:
        """Give two batches and a half, wait, and give a half again: all in all three batches."""
        text = [json.dumps({"id": f"i{number}", "country": "NO"}).encode() + b"\n" for number in range(BATCH * 3)]
        yield b"".join(text[:LINES])
        assert self.goes_on.wait(60)
        yield b"".join(text[LINES:])

    def send(self) -> int | None:
        """Send it; return the status, or None where there was no answer."""
        with suppress(httpx.TransportError):
            return self.server.call("POST", "/v1/contacts/import", content=self.lines()).status_code
        return None


@pytest.fixture
def held() -> Iterator[Held]:
    """Give a receiver that takes calls and does not answer them."""
    with Receiver() as receiver:
        made = Held(receiver)
        receiver.before_answer = made.hold
        yield made
        made.gone_on.set()


@pytest.fixture
def server(tmp_path: Path, held: Held, ledger: Ledger) -> Iterator[Server]:
    """Give a server that is running, with one rule whose cases are told outside."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "rules.yaml").write_text(RULES)
    made = Server(
        tmp_path,
        THE_SECRET=SECRET,
        ANSGAR_WEBHOOKS=json.dumps({"bridge": {"url": held.receiver.url, "secret": {"env": "THE_SECRET"}}}),
        ANSGAR_MAIL__URL=ledger.url,
        ANSGAR_PEOPLE='{"eva": {"email": "eva@firm.example", "roles": ["dpo"]}}',
    )
    made.start()
    yield made
    if made.process is not None and made.process.poll() is None:
        made.kill()


def born_of(parent: int) -> dict[int, str]:
    """Return the processes that a process has started, and theirs: when each began, by its number."""
    found: dict[int, str] = {}
    parents = {parent}
    every = [int(one.name) for one in Path("/proc").iterdir() if one.name.isdecimal()]
    begun = {number: stat for number in every if (stat := standing(number))}
    while added := {number for number, stat in begun.items() if int(stat[1]) in parents and number not in found}:
        found |= {number: begun[number][19] for number in added}
        parents |= added
    return found


def standing(number: int) -> list[str]:
    """Return how a process stands, from its state on (proc_pid_stat(5)); empty where it is gone or dead."""
    with suppress(OSError):
        fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
        return [] if fields[0] in "ZX" else fields
    return []


def left_of(processes: dict[int, str], seconds: float = 10) -> list[int]:
    """Return those that are still there after some time, which they do not need where nothing is wrong."""
    left: list[int] = []
    for _ in range(int(seconds / 0.05)):
        left = [number for number, began in processes.items() if standing(number)[19:20] == [began]]
        if not left:
            return []
        threading.Event().wait(0.05)  # nobody is told when the child of another ends
    return left


def until_stored(server: Server, name: str) -> None:
    """Wait until a contact is stored."""
    for _ in range(1_000):
        if server.call("GET", f"/v1/contacts/{name}").status_code == 200:
            return
        threading.Event().wait(0.02)  # nothing tells that a batch is stored
    raise AssertionError((server.folder / "log").read_text())


def put_until_it_ends(server: Server) -> list[str]:
    """PUT one contact after the other until the server takes no more; return those that were acknowledged."""
    acknowledged: list[str] = []
    for number in count():
        try:
            answer = server.call("PUT", f"/v1/contacts/p{number}", json={"country": "NO"})
        except httpx.TransportError:
            return acknowledged
        acknowledged += [f"p{number}"] if answer.is_success else []
    raise AssertionError(acknowledged)


def stored(server: Server, kind: str) -> list[str]:
    """Return the contacts of a kind that a stopped server holds."""
    return sorted(
        one for (one,) in books.rows(server.folder, "SELECT id FROM record_contact WHERE id LIKE ?", f"{kind}%")
    )


@contextmanager
def another_that_writes(server: Server) -> Iterator[None]:
    """Let another process have the turn to write in the store of a server."""
    database = open_database(f"sqlite:///{server.folder / 'var' / 'ansgar.db'}")
    with database.writing():
        yield
    database.close()


def until_waiting(server: Server) -> None:
    """Wait until a request of the server waits for its turn to write: it tries again and again to lock the file."""
    assert server.process is not None
    open_files: list[str] = []
    for _ in range(1_000):
        open_files = [
            str(one.readlink()) for one in Path(f"/proc/{server.process.pid}/fd").iterdir() if one.is_symlink()
        ]
        if any(one.endswith("ansgar.db.lock") for one in open_files):
            return
        threading.Event().wait(0.02)  # nothing tells that somebody waits
    raise AssertionError(open_files)


def import_again(server: Server) -> None:
    """Send the whole import once more: all is there then, and nothing twice."""
    whole = Streamed(server)
    whole.goes_on.set()
    assert whole.send() == 200
    assert len(stored(server, "i")) == BATCH * 3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_r14_it_ends_in_time_whatever_is_under_way_and_the_rest_is_resumed(
    server: Server, held: Held, ledger: Ledger, number: signal.Signals
) -> None:
    """Exit 0 within ten seconds where it is asked; of an import whole batches are kept, and no process is left."""
    assert server.process is not None
    streamed = Streamed(server)
    with ThreadPoolExecutor(2) as callers:
        importing: Future[int | None] = callers.submit(streamed.send)
        until_stored(server, f"i{BATCH * 2 - 1}")
        assert server.call("PUT", "/v1/contacts/t1", json={"category": "Told"}).is_success
        assert held.asked.wait(30)
        putting = callers.submit(put_until_it_ends, server)
        until_stored(server, "p3")
        children, began = born_of(server.process.pid), monotonic()
        code = server.kill(number)
        took = monotonic() - began
        left = left_of(children)
        streamed.goes_on.set()
        acknowledged, answered = putting.result(), importing.result()

    assert (code, took < MOST_SECONDS) == (0 if number == signal.SIGTERM else -number, True), took
    assert len(children) >= 2
    assert left == []
    assert answered in {None, 500, 503}
    assert set(acknowledged) <= set(stored(server, "p"))
    assert len(stored(server, "i")) == BATCH * 2
    held.gone_on.set()
    server.start()
    held.receiver.wait_for(1)
    ledger.wait_for(1)
    import_again(server)
    assert server.kill(signal.SIGTERM) == 0
    assert (len(held.receiver.ledger()), len(ledger.subjects)) == (1, 1)


def test_r14_it_ends_in_time_while_a_request_waits_for_the_store(server: Server) -> None:
    """Another process writes for long: the request that waits for it is not waited for, and nothing of it is stored."""
    with ThreadPoolExecutor(1) as callers:
        with another_that_writes(server):
            putting = callers.submit(put_until_it_ends, server)
            until_waiting(server)
            began = monotonic()
            code = server.kill(signal.SIGTERM)
            took = monotonic() - began
        acknowledged = putting.result()

    assert (code, took < MOST_SECONDS) == (0, True), took
    assert acknowledged == stored(server, "p")
