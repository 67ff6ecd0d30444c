"""Orders: signed as the official library checks it, and each answer of a real HTTP receiver taken for what it says."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook

from engine.crm.orders import Answered, Order, WebhookCrm
from engine.crm.webhooks import Endpoint
from engine.vocabulary.clock import SystemClock
from engine.vocabulary.outcome import PermanentFailure, TemporaryFailure
from tests.receivers import SECRET, Receiver

ORDER = Order("deletion-1", "4711", "erase", "v1", "d1", "GDPR Art. 17")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Give a receiver that listens."""
    with Receiver() as server:
        yield server


def ask(receiver: Receiver) -> Answered:
    """Order a deletion from a receiver."""
    return WebhookCrm(receiver.endpoint).order(ORDER, now())


def now() -> datetime:
    """Return the present instant."""
    return SystemClock().now()


def test_s4_an_order_is_signed_as_the_official_library_checks(receiver: Receiver) -> None:
    """The signature holds for exactly what was sent, under the idempotency key as its id."""
    assert Answered("deleted") == ask(receiver)
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

    assert expected == ask(receiver)


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
        ask(receiver)
    assert len(receiver.calls) == 1


def test_r10_retry_after_is_honoured_and_410_is_final(receiver: Receiver) -> None:
    """The CRM can ask to wait, and can close its door."""
    receiver.status, receiver.more = 429, {"retry-after": "120"}
    with pytest.raises(TemporaryFailure) as caught:
        ask(receiver)
    assert timedelta(seconds=120) == caught.value.after
    receiver.status = 410
    with pytest.raises(PermanentFailure):
        ask(receiver)


def test_r5_a_crm_that_is_not_there_is_unknown() -> None:
    """No answer at all says nothing about what happened."""
    with pytest.raises(TemporaryFailure):
        WebhookCrm(Endpoint("the CRM", "http://127.0.0.1:9/ansgar", SECRET)).order(
            ORDER, datetime(2026, 3, 1, tzinfo=UTC)
        )
