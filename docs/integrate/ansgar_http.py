"""Both directions of HTTP between a CRM and Ansgar: the client that calls it, and the receiver that it calls."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote, unquote

import httpx
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

Json = dict[str, Any]
Answer = tuple[int, Json]
CONTACTS = "/ansgar/contacts/"  # below `crm.url`, which ends with /ansgar
PASSING = {408, 429, 500, 502, 503, 504}  # says nothing about the request: the same again, later
MOST_ASKED = 10_000  # contacts of one decision
AWAY = 30.0  # seconds until the next try, where no answer says how many


class Problem(Exception):
    """What Ansgar answered instead, as RFC 9457 has it: `kind` names it, `wait` are the seconds to leave it alone."""

    def __init__(self, answer: httpx.Response) -> None:
        is_problem = answer.headers.get("content-type") == "application/problem+json"
        self.status, self.said = answer.status_code, dict(answer.json()) if is_problem else {}
        self.kind = str(self.said.get("type", "")).rpartition("/")[2]
        after = answer.headers.get("retry-after", "")
        self.wait = float(after) if after.isdecimal() else AWAY
        super().__init__(f"{self.status} {self.kind}: {self.said.get('detail', '')}")


def _of(contact: str) -> str:
    return f"/v1/contacts/{quote(contact, safe='')}"


class Ansgar:
    """The client: one method for each thing that a CRM asks or tells. Raises Problem, and httpx.TransportError."""

    def __init__(self, url: str, token: str) -> None:
        self._http = httpx.Client(base_url=url, headers={"authorization": f"Bearer {token}"}, timeout=30)

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Call a route, and return its answer where it is none of a failure."""
        answer = self._http.request(method, path, **more)
        if answer.is_error:
            raise Problem(answer)
        return answer

    def import_all(self, contacts: Iterable[Json]) -> Json:
        """Send the state of many contacts, one a line, as they come: none are held in memory."""
        lines = (json.dumps(one).encode() + b"\n" for one in contacts)
        return dict(self.call("POST", "/v1/contacts/import", content=lines).json())

    def put(self, contact: str, state: Json) -> Json:
        """Send the state of one contact: what is named replaces what is held."""
        return dict(self.call("PUT", _of(contact), json=state).json())

    def patch(self, contact: str, change: Callable[[Json], Json]) -> Json:
        """Merge what `change` makes of the state that is held, and of no other: if it has changed, it is read anew."""
        address = _of(contact)
        while True:
            held = self.call("GET", address)
            try:
                tag = {"if-match": held.headers["etag"]}
                return dict(self.call("PATCH", address, json=change(held.json()), headers=tag).json())
            except Problem as problem:
                if problem.status != HTTPStatus.PRECONDITION_FAILED:
                    raise

    def tell(self, events: Sequence[Json]) -> Json:
        """Send up to 1,000 events; what does not fit is refused alone, and listed."""
        kind = {"content-type": "application/cloudevents-batch+json"}
        return dict(self.call("POST", "/v1/events", content=json.dumps(events), headers=kind).json())

    def card(self, contact: str, etag: str) -> httpx.Response:
        """Return the card of a contact, or 304 where it is the one with that tag."""
        tag = {"if-none-match": etag} if etag else {}
        return self.call("GET", f"{_of(contact)}/status", headers=tag)

    def decide(self, use: str, purpose: str, contacts: Sequence[str]) -> Iterator[Json]:
        """Ask who may be used for a purpose now, and why the others may not; an answer for each 10,000."""
        for first in range(0, len(contacts), MOST_ASKED):
            asked = {"use": use, "purpose": purpose, "contacts": contacts[first : first + MOST_ASKED]}
            yield self.call("POST", "/v1/decisions", json=asked).json()

    def members(self, selection: str) -> tuple[list[str], int]:
        """Return who is in a selection, and the cursor from which its changes go on: that of the first page."""
        page = first = self._page(selection, "members", "")
        members = list(first["members"])
        while page["next"]:
            page = self._page(selection, "members", page["next"])
            members += page["members"]
        return members, first["cursor"]

    def changes(self, selection: str, cursor: int) -> tuple[list[Json], int]:
        """Return who came and went behind a cursor, a page of them, and the next; 410: read the members anew."""
        page = self._page(selection, "changes", str(cursor))
        return page["changes"], page["next"]

    def _page(self, selection: str, what: str, after: str) -> Json:
        address = f"/v1/selections/{quote(selection, safe='')}/{what}"
        return dict(self.call("GET", address, params={"after": after}).json())

    def report(self, order: str, result: Json) -> str:
        """Tell what came of an order that was accepted; return why it was not taken, where something else is known."""
        try:
            self.call("POST", f"/v1/orders/{order}/result", json=result)
        except Problem as problem:
            if problem.status not in {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT}:
                raise
            return str(problem)
        return ""


class Receiver(ThreadingHTTPServer):
    """Where Ansgar calls: `POST /ansgar` with an id and an event, and `GET /ansgar/contacts/{id}`."""

    def __init__(self, secret: str, take: Callable[[str, Json], Answer], has: Callable[[str], bool], port: int) -> None:
        self.webhook, self.take, self.has = Webhook(secret), take, has
        super().__init__(("127.0.0.1", port), Handler)


class Handler(BaseHTTPRequestHandler):
    """One call. Nothing is done, and nothing said, before its signature is checked."""

    server: Receiver
    timeout = 30

    def do_POST(self) -> None:
        """Take what Ansgar tells or asks for."""
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.answer(body, lambda: self.server.take(self.headers["webhook-id"], json.loads(body)))

    def do_GET(self) -> None:
        """Say whether a contact is there."""
        self.answer(b"", self.shown)

    def shown(self) -> Answer:
        """Return 404 where a contact is gone; it means nothing else, so no other address gets it."""
        contact = unquote(self.path.removeprefix(CONTACTS))
        if not self.path.startswith(CONTACTS):
            return 400, {}
        return (200, {"id": contact}) if self.server.has(contact) else (404, {})

    def is_signed(self, body: bytes) -> bool:
        """True where the signature fits the bytes as they came, and its time is within five minutes of ours."""
        try:
            self.server.webhook.verify(body, dict(self.headers.items()), json_parse=False)
        except (WebhookVerificationError, ValueError):
            return False
        return True

    def answer(self, body: bytes, deed: Callable[[], Answer]) -> None:
        """Answer a call that is signed; 401 to any other."""
        status, said = deed() if self.is_signed(body) else (401, {})
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(said).encode())

    def log_message(self, *_: object) -> None:
        """Log no address: it holds an id."""
