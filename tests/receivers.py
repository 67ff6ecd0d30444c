"""Receivers for tests: a real HTTP server that answers as told and keeps what it was sent."""

import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from standardwebhooks.webhooks import Webhook

from engine.crm.webhooks import Endpoint

SECRET = "whsec_uev+pWMH1EFlGkM8Fxu0SxOMV3WVqdCu"  # noqa: S105 - of nobody
NO_CONTENT = 204


class Receiver(ThreadingHTTPServer):
    """A CRM, webhook or channel. `script` are answers to give first, as (status, body); then `status` and `body`."""

    daemon_threads = True

    def __init__(self, status: int = 200, body: bytes = b'{"result": "deleted"}') -> None:
        self.status, self.body = status, body
        self.more: dict[str, str] = {}
        self.script: list[tuple[int, bytes]] = []
        self.before_answer: Callable[[], object] = lambda: None
        self.calls: list[tuple[dict[str, str], str]] = []
        self._changed = threading.Condition()
        super().__init__(("127.0.0.1", 0), _Handler)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}/ansgar"

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint that calls it."""
        return Endpoint("the CRM", self.url, SECRET)

    def verified(self) -> list[dict[str, Any]]:
        """Return what was sent, each signature checked by the official library."""
        return [Webhook(SECRET).verify(body, headers) for headers, body in self.calls]

    def ledger(self) -> dict[str, str]:
        """Return what was sent by its idempotency key, as a receiver that honours keys keeps it."""
        return {headers["webhook-id"]: body for headers, body in self.calls}

    def is_first(self) -> bool:
        """True when the newest call is the first one under its key."""
        keys = [headers["webhook-id"] for headers, _ in self.calls]
        return keys.count(keys[-1]) == 1

    def take(self, headers: dict[str, str], body: str) -> tuple[int, bytes]:
        """Keep a call and return the answer to it."""
        with self._changed:
            self.calls.append((headers, body))
            self._changed.notify_all()
            self.before_answer()
            return self.script.pop(0) if self.script else (self.status, self.body)

    def wait_for(self, count: int, seconds: float = 60) -> None:
        """Wait until so many calls with different keys have come."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.ledger()) >= count, seconds), self.ledger()


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        """Keep the call and answer."""
        body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        status, answer = self.server.take({name.lower(): value for name, value in self.headers.items()}, body)
        self.send_response(status)
        for name, value in self.server.more.items():
            self.send_header(name, value)
        with suppress(ConnectionError):  # whoever asked may be gone
            self.end_headers()
            if status != NO_CONTENT:
                self.wfile.write(answer)

    def do_GET(self) -> None:
        """Keep the question and answer."""
        self.do_POST()

    def log_message(self, *_: object) -> None:
        """Say nothing."""
