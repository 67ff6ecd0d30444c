"""Webhooks: signed, never redirected, capped; and each kind of answer leads to what is done next."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from engine.crm import webhooks
from engine.crm.event import Event
from engine.crm.webhooks import LONGEST_ANSWER, Endpoint, is_secret
from engine.vocabulary.clock import SystemClock
from engine.vocabulary.outcome import PermanentFailure, TemporaryFailure
from tests.receivers import SECRET, Receiver

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
EVENT = Event("intent-1", "task.requested", {"contact": "4711", "title": "Ring Åse"}, LONG_AGO)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Give a receiver that listens."""
    with Receiver() as server:
        yield server


def test_s4_a_call_is_signed_as_the_official_library_checks(receiver: Receiver) -> None:
    """One changed letter breaks the signature; the time is that of the attempt, also of a run for another instant."""
    receiver.endpoint.tell(EVENT)
    headers, body = receiver.calls[0]

    assert receiver.verified() == [
        {"type": "task.requested", "timestamp": LONG_AGO.isoformat(), "data": {"contact": "4711", "title": "Ring Åse"}}
    ]
    assert headers["webhook-id"] == "intent-1"
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body.replace("4711", "4712"), headers)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_a_call_that_is_taken_is_done(receiver: Receiver, status: int) -> None:
    """Every success means taken; nothing more is asked of an answer."""
    receiver.status = status
    receiver.endpoint.tell(EVENT)

    assert len(receiver.calls) == 1


@pytest.mark.parametrize("status", [400, 401, 404, 409, 422, 410])
def test_r10_a_refusal_is_final(receiver: Receiver, status: int) -> None:
    """Whoever refuses a call would refuse it again."""
    receiver.status = status
    with pytest.raises(PermanentFailure, match=str(status)):
        receiver.endpoint.tell(EVENT)


def test_s9_the_words_of_a_refusal_are_kept_apart_from_its_sentence(receiver: Receiver) -> None:
    """What a receiver says can name people: operators see it, in one line; logs do not."""
    receiver.status, receiver.body = 409, '{"reason": "Åse has\\na task\\u001b[31m"}'.encode()
    with pytest.raises(PermanentFailure) as caught:
        receiver.endpoint.tell(EVENT)

    assert (str(caught.value), caught.value.said) == ("the CRM refused the call (409)", "Åse has a task [31m")


@pytest.mark.parametrize(
    ("status", "is_down"),
    [
        (500, False),
        (302, False),
        (307, False),
        (308, False),
        (408, False),
        (429, True),
        (502, True),
        (503, True),
        (504, True),
    ],
)
def test_r5_an_answer_that_leaves_open_what_happened_is_asked_again(
    receiver: Receiver, status: int, is_down: bool
) -> None:
    """A redirect is never followed; some answers say that the receiver as a whole is at fault."""
    receiver.status, receiver.more = status, {"location": f"http://127.0.0.1:{receiver.server_port}/elsewhere"}
    with pytest.raises(TemporaryFailure) as caught:
        receiver.endpoint.tell(EVENT)

    assert is_down is caught.value.is_down
    assert len(receiver.calls) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("120", timedelta(seconds=120)),
        ("999999", timedelta(days=1)),
        ("9" * 5_000, None),
        ("soon", None),
        (format_datetime(LONG_AGO, usegmt=True), timedelta()),
    ],
)
def test_r10_retry_after_is_honoured_within_a_day(receiver: Receiver, text: str, expected: timedelta | None) -> None:
    """As seconds or as a date; what cannot be read asks for nothing."""
    receiver.status, receiver.more = 503, {"retry-after": text}
    with pytest.raises(TemporaryFailure) as caught:
        receiver.endpoint.tell(EVENT)

    assert expected == caught.value.after


def test_r10_retry_after_as_a_date_counts_from_now(receiver: Receiver) -> None:
    """A date ahead is waited for."""
    until = SystemClock().now() + timedelta(hours=1)
    receiver.status, receiver.more = 429, {"retry-after": format_datetime(until, usegmt=True)}
    with pytest.raises(TemporaryFailure) as caught:
        receiver.endpoint.tell(EVENT)

    assert timedelta(minutes=58) < (caught.value.after or timedelta()) <= timedelta(hours=1)


@pytest.mark.parametrize(
    "body", [b"[" * 50_000, b'{"reason": "' + b"x" * LONGEST_ANSWER + b'"}', b"\xff\xfe", b"", b"[1]"]
)
def test_an_answer_that_is_too_long_or_no_object_says_nothing(receiver: Receiver, body: bytes) -> None:
    """It is read no further than 64 KiB, and never taken for more than its status."""
    receiver.body = body
    receiver.endpoint.tell(EVENT)

    assert receiver.endpoint.post(EVENT).content == {}


def test_an_answer_that_never_ends_is_not_waited_for(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is a longest time for an answer as a whole, whatever trickles in meanwhile."""
    monkeypatch.setattr(webhooks, "LONGEST_WAIT", 0.0)
    with pytest.raises(TemporaryFailure, match="takes too long"):
        receiver.endpoint.tell(EVENT)


def test_s7_a_name_is_called_at_the_address_that_was_checked(receiver: Receiver) -> None:
    """It is resolved once: what it leads to a moment later no longer matters. The receiver sees its own name."""
    asked: list[str] = []

    def resolve(host: str) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    url = f"http://crm.example:{receiver.server_port}/ansgar"
    Endpoint("the CRM", url, SECRET, is_internal=True, resolve=resolve).tell(EVENT)

    assert asked == ["crm.example"]
    assert f"crm.example:{receiver.server_port}" == receiver.calls[0][0]["host"]


def test_s7_a_name_that_turns_inwards_is_not_called(receiver: Receiver) -> None:
    """Without `internal: true` nothing is sent, and the sentence holds neither address nor secret."""
    endpoint = Endpoint("the CRM", f"http://2130706433:{receiver.server_port}/ansgar", SECRET)
    with pytest.raises(TemporaryFailure) as caught:
        endpoint.tell(EVENT)

    sentence = "the CRM: its name leads to an inner address; where that is meant, write `internal: true`"
    assert sentence == str(caught.value)
    assert receiver.calls == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("question", [False, True])
def test_s7_a_redirect_is_never_followed(receiver: Receiver, status: int, question: bool) -> None:
    """Neither of a call nor of a question: whoever is named there hears nothing."""
    with Receiver() as elsewhere:
        receiver.status, receiver.more = status, {"location": elsewhere.url}
        if question:
            assert receiver.endpoint.get("deletion-1", receiver.url).status == status
        else:
            with pytest.raises(TemporaryFailure):
                receiver.endpoint.tell(EVENT)

        assert (len(receiver.calls), elsewhere.calls) == (1, [])


def test_s7_when_nobody_listens_at_one_address_the_next_is_called(receiver: Receiver) -> None:
    """A name with several addresses is reached as long as one of them answers."""
    url = f"http://crm.example:{receiver.server_port}/ansgar"
    Endpoint("the CRM", url, SECRET, is_internal=True, resolve=lambda _: ["127.0.0.2", "127.0.0.1"]).tell(EVENT)

    assert len(receiver.calls) == 1


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/ansgar", "https://127.0.0.1:9/ansgar"])
def test_r5_who_is_not_there_is_down(url: str, receiver: Receiver) -> None:
    """No connection, plain or encrypted, says nothing about what happened."""
    with pytest.raises(TemporaryFailure, match="cannot be reached") as caught:
        replace(receiver.endpoint, url=url).tell(EVENT)

    assert caught.value.is_down


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"])
def test_s7_no_proxy_of_the_environment_is_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A call goes to the configured host, whatever the environment says."""
    with Receiver() as proxy:
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.server_port}")
        receiver.endpoint.tell(EVENT)

        assert (len(receiver.calls), proxy.calls) == (1, [])


def test_s7_no_password_of_the_machine_is_sent(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A `.netrc` that knows the host is none of the receiver's business."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login eva password hunter2")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    receiver.endpoint.tell(EVENT)

    assert "authorization" not in receiver.calls[0][0]


@pytest.mark.parametrize("host", ["2130706433", "017700000001", "0x7f000001", "127.1", "0177.1"])
def test_s7_an_address_in_disguise_is_not_called(receiver: Receiver, host: str) -> None:
    """Decimal, octal, hexadecimal, shortened: somebody listens there, and hears nothing."""
    endpoint = Endpoint("the CRM", f"http://{host}:{receiver.server_port}/ansgar", SECRET)
    with pytest.raises(TemporaryFailure, match="inner address"):
        endpoint.tell(EVENT)

    assert receiver.calls == []


@pytest.mark.parametrize("found", ["::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe"])
def test_s7_a_name_that_leads_to_ipv4_in_ipv6_is_not_called(receiver: Receiver, found: str) -> None:
    """Mapped or translated, it is the inner address that it stands for."""
    url = f"http://crm.example:{receiver.server_port}/ansgar"
    with pytest.raises(TemporaryFailure, match="inner address"):
        Endpoint("the CRM", url, SECRET, resolve=lambda _: [found]).tell(EVENT)

    assert receiver.calls == []


@pytest.mark.parametrize(
    ("text", "expected"), [(SECRET, True), ("c2VjcmV0", True), ("whsec_x", False), ("", False), ("not base 64!", False)]
)
def test_a_secret_that_cannot_sign_is_told_beforehand(text: str, expected: bool) -> None:
    """A secret is base64, with its prefix or without."""
    assert expected is is_secret(text)
