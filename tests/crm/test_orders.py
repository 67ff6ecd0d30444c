"""Orders: signed as the official library checks it, and each answer of a real HTTP receiver taken for what it says."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook

from engine.crm.orders import ID, Answered, InquiringCrm, Order, WebhookCrm, is_addressable
from engine.crm.webhooks import Endpoint
from engine.vocabulary.clock import SystemClock
from engine.vocabulary.outcome import PermanentFailure, TemporaryFailure
from tests.receivers import SECRET, Receiver
from tests.scripted_crm import ScriptedCrm

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
        (409, b""),
        (409, b"<html>conflict</html>"),
        (409, b'{"reason": "open inv'),
        (409, b'{"order": "deletion-2", "reason": "open invoice"}'),
        (200, b'{"result": "kept"}'),
        (200, b'{"result": "deleted", "order": "deletion-2"}'),
        (200, b'{"result": "deleted", "contact": "4712"}'),
        (200, b'{"result": "deleted", "contact": true}'),
        (202, b'{"order": "deletion-2"}'),
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


@pytest.mark.parametrize("named", ['"contact": "4711"', '"contact": 4711', '"order": "deletion-1"', '"contact": null'])
def test_an_answer_may_name_what_it_is_about(receiver: Receiver, named: str) -> None:
    """Some write ids as numbers."""
    receiver.body = f'{{"result": "deleted", {named}}}'.encode()

    assert Answered("deleted") == ask(receiver)


@pytest.mark.parametrize(
    ("contact", "path"), [("4711", "4711"), ("a/b?c#d", "a%2Fb%3Fc%23d"), ("å@x", "%C3%A5%40x"), ("a%2f", "a%252f")]
)
def test_s4_s7_a_question_is_signed_and_its_id_is_one_segment(contact: str, path: str) -> None:
    """Signed as a call is, over an empty body; whatever the id is made of leads nowhere else."""
    with ScriptedCrm(contacts=[contact]) as crm:
        assert crm.asked.presence(contact, "deletion-1") == "there"
        crm.verify()
        call = crm.calls[0]

        assert (call.method, call.path, call.body) == ("GET", f"/ansgar/contacts/{path}", "")
        assert call.headers["webhook-id"] == "deletion-1"


def test_s7_a_question_goes_to_no_inner_address_that_nobody_configured() -> None:
    """The same rules of hosts as for every call."""
    endpoint = Endpoint("the CRM", "https://crm.example/ansgar", SECRET, resolve=lambda _: ["169.254.169.254"])
    with pytest.raises(TemporaryFailure, match="inner address"):
        InquiringCrm(endpoint, f"https://crm.example/contacts/{ID}").presence("4711", "deletion-1")


@pytest.mark.parametrize("status", [201, 202, 206, 300, 409, 500, 503])
def test_r5_a_contact_is_there_only_by_a_clear_answer(receiver: Receiver, status: int) -> None:
    """Another status leaves it unknown, whatever stands below it; how long to wait is heard."""
    receiver.status, receiver.body, receiver.more = status, b'{"id": "4711"}', {"retry-after": "120"}
    crm = InquiringCrm(receiver.endpoint, f"{receiver.endpoint.url}/contacts/{ID}")
    with pytest.raises(TemporaryFailure) as caught:
        crm.presence("4711", "deletion-1")
    assert caught.value.after == timedelta(seconds=120)


@pytest.mark.parametrize("contact", ["", ".", "..", "..."])
def test_r5_an_id_of_dots_is_not_asked_for(contact: str) -> None:
    """Every server takes dots for another place, where 404 says nothing about the contact."""
    assert not is_addressable(contact)
    with ScriptedCrm() as crm, pytest.raises(TemporaryFailure):
        crm.asked.presence(contact, "deletion-1")
