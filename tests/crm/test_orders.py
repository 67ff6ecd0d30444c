"""Orders: signed as the official library checks it, and each answer of a real HTTP receiver taken for what it says."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from standardwebhooks.webhooks import Webhook

from engine.crm.orders import Answered, Order, WebhookCrm
from engine.vocabulary.clock import SystemClock
from engine.vocabulary.outcome import PermanentFailure, TemporaryFailure

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - the standard's own example
ORDER = Order("deletion-1", "4711", "erase", "v1", "d1", "GDPR Art. 17")


class Receiver(HTTPServer):
    """A CRM that answers as told and keeps what it was sent."""

    status, body, more = 200, b'{"result": "deleted"}', {}  # type: ignore[var-annotated]

    def __init__(self) -> None:
        self.calls: list[tuple[dict[str, str], str]] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def crm(self) -> WebhookCrm:
        """Return the CRM at its address."""
        return WebhookCrm(f"http://127.0.0.1:{self.server_port}/ansgar", SECRET)


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        """Keep the call and answer."""
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self.server.calls.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(self.server.status)
        for name, value in self.server.more.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Give a receiver that listens."""
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def now() -> datetime:
    """Return the present instant: the official library checks the timestamp against the real clock."""
    return SystemClock().now()


def test_s4_an_order_is_signed_as_the_official_library_checks(receiver: Receiver) -> None:
    """The signature holds for exactly what was sent, under the idempotency key as its id."""
    assert Answered("deleted") == receiver.crm.order(ORDER, now())
    headers, body = receiver.calls[0]
    content = Webhook(SECRET).verify(body, headers)

    assert tuple(content["data"][name] for name in ("order", "contact", "rule", "version")) == (
        "deletion-1",
        "4711",
        "erase",
        "v1",
    )
    assert headers["webhook-id"] == "deletion-1"
    with pytest.raises(Exception, match="No matching signature"):
        Webhook(SECRET).verify(body.replace("4711", "4712"), headers)


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, {"result": "deleted"}, Answered("deleted")),
        (202, {}, Answered("accepted")),
        (409, {"reason": "open invoice"}, Answered("refused", "open invoice")),
    ],
)
def test_each_answer_is_taken_for_what_it_says(
    receiver: Receiver, status: int, body: dict[str, str], expected: Answered
) -> None:
    """Deleted, accepted and refused are told apart."""
    receiver.status, receiver.body = status, json.dumps(body).encode()

    assert expected == receiver.crm.order(ORDER, now())


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b'{"result": "del'),
        (200, b'{"result": "maybe"}'),
        (200, b"[]"),
        (204, b""),
        (500, b""),
        (502, b"<html>"),
        (302, b""),
        (404, b""),
    ],
)
def test_r5_what_does_not_say_what_happened_is_unknown(receiver: Receiver, status: int, body: bytes) -> None:
    """Truncated, contradicting, foreign and failing answers are asked for again, never assumed."""
    receiver.status, receiver.body = status, body
    receiver.more = {"location": "http://127.0.0.1:1/elsewhere"} if status == 302 else {}

    with pytest.raises(TemporaryFailure):
        receiver.crm.order(ORDER, now())
    assert len(receiver.calls) == 1


def test_r10_retry_after_is_honoured_and_410_is_final(receiver: Receiver) -> None:
    """The CRM can ask to wait, and can close its door."""
    receiver.status, receiver.more = 429, {"retry-after": "120"}
    with pytest.raises(TemporaryFailure) as caught:
        receiver.crm.order(ORDER, now())
    assert timedelta(seconds=120) == caught.value.after
    receiver.status = 410
    with pytest.raises(PermanentFailure):
        receiver.crm.order(ORDER, now())


def test_r5_a_crm_that_is_not_there_is_unknown() -> None:
    """No answer at all says nothing about what happened."""
    with pytest.raises(TemporaryFailure):
        WebhookCrm("http://127.0.0.1:9/ansgar", SECRET).order(ORDER, datetime(2026, 3, 1, tzinfo=UTC))
