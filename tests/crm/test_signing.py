"""Signing: receivers with the official library take what we sent just now, by either secret, and nothing else."""

import base64
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from engine.crm.event import Event
from engine.crm.orders import ID, InquiringCrm, Order, WebhookCrm
from engine.crm.webhooks import Endpoint, is_signed
from engine.vocabulary.clock import MovingClock, SystemClock
from tests.receivers import SECRET, Receiver

FORMER = "whsec_" + base64.b64encode(b"the secret of last year").decode()
STRANGE = "whsec_" + base64.b64encode(b"somebody else's secret").decode()
EVENT = Event("intent-1", "task.requested", {"contact": "4711", "title": "Ring Åse"}, SystemClock().now())
SIGNED = ("webhook-id", "webhook-timestamp", "webhook-signature")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Give a receiver that listens."""
    with Receiver() as server:
        yield server


def is_taken(headers: dict[str, str], body: bytes, secret: str = SECRET) -> bool:
    """Return whether a receiver with a secret takes a call for ours."""
    try:
        Webhook(secret).verify(body, headers, json_parse=False)
    except (WebhookVerificationError, ValueError):
        return False
    return True


def flipped(raw: bytes) -> Iterator[bytes]:
    """Give some bytes with each bit changed, one at a time."""
    for place in range(len(raw) * 8):
        changed = bytearray(raw)
        changed[place // 8] ^= 1 << place % 8
        yield bytes(changed)


def sent(receiver: Receiver, endpoint: Endpoint | None = None) -> tuple[dict[str, str], bytes]:
    """Return headers and body of a call as it came."""
    (endpoint or receiver.endpoint).tell(EVENT)
    headers, body = receiver.calls[-1]
    return {name: headers[name] for name in SIGNED}, body.encode()


def test_s4_one_changed_bit_of_the_body_is_noticed(receiver: Receiver) -> None:
    """Each bit of it, one at a time."""
    headers, body = sent(receiver)

    assert is_taken(headers, body)
    assert not [one for one in flipped(body) if is_taken(headers, one)]


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp"])
def test_s4_one_changed_bit_of_a_header_is_noticed(receiver: Receiver, name: str) -> None:
    """The key and the time are signed as the body is."""
    headers, body = sent(receiver)
    changed = [headers | {name: one.decode("latin-1")} for one in flipped(headers[name].encode())]

    assert not [one for one in changed if is_taken(one, body)]


def test_s4_one_changed_bit_of_the_signature_is_noticed(receiver: Receiver) -> None:
    """Each bit of its 32 bytes, and of the version before them."""
    headers, body = sent(receiver)
    version, signature = headers["webhook-signature"].split(",")
    signatures = [f"{version},{base64.b64encode(one).decode()}" for one in flipped(base64.b64decode(signature))]
    signatures += [f"{one.decode('latin-1')},{signature}" for one in flipped(version.encode())]

    assert not [one for one in signatures if is_taken(headers | {"webhook-signature": one}, body)]


@pytest.mark.parametrize(("minutes", "taken"), [(-6, False), (-4, True), (4, True), (6, False)])
def test_s4_an_old_or_early_timestamp_is_refused(receiver: Receiver, minutes: int, taken: bool) -> None:
    """Five minutes either way: a call that is held back and sent again later is not taken."""
    clock = MovingClock(SystemClock().now() + timedelta(minutes=minutes))
    headers, body = sent(receiver, replace(receiver.endpoint, clock=clock))

    assert taken is is_taken(headers, body)


def test_s4_each_attempt_is_signed_at_its_own_time(receiver: Receiver) -> None:
    """A call that goes out again an hour later is as fresh, under the same key."""
    clock = MovingClock(SystemClock().now() - timedelta(hours=1))
    first, _ = sent(receiver, replace(receiver.endpoint, clock=clock))
    clock.move(timedelta(hours=1))
    second, body = sent(receiver, replace(receiver.endpoint, clock=clock))

    assert first["webhook-id"] == second["webhook-id"]
    assert is_taken(second, body)


def test_s4_while_the_secret_is_changed_either_verifies(receiver: Receiver) -> None:
    """Two signatures, the new one first, with a space between; a stranger's secret verifies neither."""
    headers, body = sent(receiver, replace(receiver.endpoint, former=FORMER))
    new, former = headers["webhook-signature"].split(" ")

    assert [is_taken(headers, body, secret) for secret in (SECRET, FORMER, STRANGE)] == [True, True, False]
    assert is_taken(headers | {"webhook-signature": new}, body, SECRET)
    assert is_taken(headers | {"webhook-signature": former}, body, FORMER)
    assert is_signed(FORMER, headers, body.decode())


def test_s4_before_and_after_the_secret_is_changed_there_is_one_signature(receiver: Receiver) -> None:
    """Once the former secret is gone from the configuration it opens nothing."""
    headers, body = sent(receiver)

    assert " " not in headers["webhook-signature"]
    assert [is_taken(headers, body, secret) for secret in (SECRET, FORMER)] == [True, False]


def test_s4_two_signatures_are_noticed_to_be_of_another_body(receiver: Receiver) -> None:
    """Neither covers a changed bit."""
    headers, body = sent(receiver, replace(receiver.endpoint, former=FORMER))

    assert not [one for one in flipped(body) if is_taken(headers, one) or is_taken(headers, one, FORMER)]


def test_s4_orders_and_questions_carry_two_signatures_as_well(receiver: Receiver) -> None:
    """Everything that is signed is, also over an empty body."""
    endpoint = replace(receiver.endpoint, former=FORMER)
    WebhookCrm(endpoint).order(Order("deletion-1", "4711", "erase", "v", "d", "x"), SystemClock().now())
    receiver.body = b'{"id": "4711"}'
    InquiringCrm(endpoint, f"{receiver.url}/contacts/{ID}").presence("4711", "deletion-1")

    assert len(receiver.calls) == 2
    for headers, body in receiver.calls:
        assert [is_taken(headers, body.encode(), secret) for secret in (SECRET, FORMER)] == [True, True]
