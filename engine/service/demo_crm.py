"""A CRM for trying things out and for tests: a real server with a ledger of its own, which answers as a script says."""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import unquote, urlsplit

from engine.crm.webhooks import is_signed
from engine.service.demo_answers import Reply, answer_of, contact_shown
from engine.service.demo_ledger import Ledger
from engine.vocabulary.clock import Clock, SystemClock

PATH = "/ansgar"
CONTACTS = f"{PATH}/contacts/"
ORDERED = "deletion.ordered"
HONEST = "honest"


@dataclass(slots=True)
class Script:
    """Which answers are given, by name: to a contact's orders, else to orders as they come; then the honest ones."""

    orders: deque[str] = field(default_factory=deque)
    questions: deque[str] = field(default_factory=deque)
    contacts: dict[str, deque[str]] = field(default_factory=dict)

    def of_order(self, contact: str) -> str:
        """Return the answer to an order about a contact."""
        own = self.contacts.get(contact) or self.orders
        return own.popleft() if own else HONEST

    def of_question(self) -> str:
        """Return the answer to a question about a contact."""
        return self.questions.popleft() if self.questions else HONEST


@dataclass(frozen=True, slots=True)
class Call:
    """One call that came in: its headers, in lower case, and its body."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: str


class DemoCrm(ThreadingHTTPServer):
    """A CRM that listens. `script` is what it is told to answer, `ledger` what it did, `calls` what came in."""

    daemon_threads = True

    def __init__(
        self,
        secret: str,
        contacts: Iterable[str] | None = None,
        script: Script | None = None,
        *,
        port: int = 0,
        clock: Clock | None = None,
    ) -> None:
        self.secret, self.script, self.clock = secret, script or Script(), clock or SystemClock()
        self.ledger = Ledger(None if contacts is None else set(contacts))
        self.calls: list[Call] = []
        self.tell: Callable[[str, str, str], None] = lambda _what, _contact, _answer: None
        self.before_answer: Callable[[], object] = lambda: None
        self.is_over = threading.Event()
        self.turn = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_over.set()
        self.shutdown()
        self._thread.join()
        self.server_close()

    @property
    def url(self) -> str:
        """Where it takes orders."""
        return f"http://127.0.0.1:{self.server_port}{PATH}"

    def take(self, call: Call) -> Reply:
        """Do what a call asks for, as far as the script lets it, and return the answer."""
        with self.turn:
            self.calls.append(call)
            if not is_signed(self.secret, call.headers, call.body):
                self.tell("unsigned", "", "unauthorized")
                return answer_of("unauthorized")
            found = self._ordered(call) if call.method == "POST" else self._asked(call)
        self.before_answer()
        return found

    def _ordered(self, call: Call) -> Reply:
        said = json.loads(call.body)
        key, contact = call.headers["webhook-id"], str(said["data"].get("contact", ""))
        if said["type"] != ORDERED:
            self.tell(key, contact, str(said["type"]))
            return Reply(200)
        self.ledger.take(key, said["data"], self.clock.now())
        name = self.script.of_order(contact)
        self.tell(key, contact, name)
        if name == HONEST:
            refused = self.ledger.refused.get(key)
            name = "delete" if refused is None else f"refuse: {refused}"
        reply = answer_of(name)
        if reply.refuses and key in self.ledger.done:  # what is done is not refused any more
            return answer_of("delete")
        if reply.refuses:
            self.ledger.refused[key] = str(json.loads(reply.content)["reason"])
        if reply.does and not self.ledger.carry_out(key, self.clock.now()):
            return answer_of("error")
        return reply

    def _asked(self, call: Call) -> Reply:
        path = urlsplit(call.path).path
        contact, name = unquote(path.removeprefix(CONTACTS)), self.script.of_question()
        self.tell("asked", contact, name)
        if name != HONEST:
            return answer_of(name)
        is_there = path.startswith(CONTACTS) and self.ledger.has(contact)
        return contact_shown(contact) if is_there else answer_of("not_found")


class _Handler(BaseHTTPRequestHandler):
    server: DemoCrm

    def do_POST(self) -> None:
        """Take an order."""
        self._take()

    def do_GET(self) -> None:
        """Answer a question."""
        self._take()

    def log_message(self, *_: object) -> None:
        """Say nothing: an address holds an id."""

    def _take(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.server.take(Call(self.command, self.path, headers, body))
        with suppress(ConnectionError):  # whoever asked may be gone
            self._answer(reply)

    def _answer(self, reply: Reply) -> None:
        if reply.silent == "before":
            self.server.is_over.wait()
        if "before" in (reply.silent, reply.ends):
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if not reply.silent:
            self.send_header("content-length", str(len(reply.content)))
        self.end_headers()
        is_half = "within" in (reply.silent, reply.ends)
        self.wfile.write(reply.content[: len(reply.content) // 2] if is_half else reply.content)
        self.wfile.flush()
        if reply.silent:
            self.server.is_over.wait()
