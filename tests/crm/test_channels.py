"""Channels: Apprise posts to a real receiver, follows nothing, and tells no secret when it fails."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from engine.crm.channels import Channel, ChannelRefused, open_channel
from engine.crm.letter import Letter
from engine.vocabulary.outcome import TemporaryFailure
from tests.receivers import Receiver

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Give a receiver that listens."""
    with Receiver() as server:
        yield server


def channel(receiver: Receiver, options: str = "") -> Channel:
    """Return a channel that posts to a receiver, with a password in its address."""
    return open_channel("ops", f"json://eva:hunter2@127.0.0.1:{receiver.server_port}/room{options}")


def letter(subject: str = "Ring Åse", body: str = "She asked for it.") -> Letter:
    """Return a letter to a channel, which needs no address."""
    return Letter("intent-1", "", subject, body, NOW)


def test_a_letter_is_posted_with_its_subject_as_the_title(receiver: Receiver) -> None:
    """The channel gets title and text."""
    channel(receiver).deliver(letter())
    posted = json.loads(receiver.calls[0][1])

    assert (posted["title"], posted["message"]) == ("Ring Åse", "She asked for it.")


@pytest.mark.parametrize(
    ("subject", "body", "expected"),
    [
        ("a\r\nX-Evil: b\x1b", "line\nline", ("a X-Evil: b", "line\nline")),
        ("a", "", ("a", "…")),
        ("a", "{{ contact.name }} \\n :smile: <b>", ("a", "{{ contact.name }} \\n :smile: <b>")),
    ],
)
def test_s2_text_stays_text(receiver: Receiver, subject: str, body: str, expected: tuple[str, str]) -> None:
    """A title is one line, and nothing in a text is taken for an instruction."""
    channel(receiver).deliver(letter(subject, body))
    posted = json.loads(receiver.calls[0][1])

    assert expected == (posted["title"], posted["message"])


@pytest.mark.parametrize("options", ["", "?redirect=yes&retry=5"])
def test_s7_a_channel_is_asked_once_and_never_followed_elsewhere(receiver: Receiver, options: str) -> None:
    """A redirect is a failure, whatever the address itself asks for."""
    receiver.status, receiver.more = 307, {"location": f"http://127.0.0.1:{receiver.server_port}/elsewhere"}
    with pytest.raises(TemporaryFailure):
        channel(receiver, options).deliver(letter())

    assert len(receiver.calls) == 1


def test_s9_a_failure_names_the_channel_and_nothing_else(
    receiver: Receiver, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither address, password nor text is in its sentence, in a log or on the terminal."""
    receiver.status = 500
    caplog.set_level(logging.DEBUG)
    with pytest.raises(TemporaryFailure) as caught:
        channel(receiver).deliver(letter())
    said = str(caught.value) + caplog.text + "".join(capfd.readouterr())

    assert str(caught.value) == "the channel `ops` did not take the message"
    assert not [word for word in ("hunter2", "eva", "Åse", "asked") if word in said]


def test_r5_a_channel_that_is_not_there_is_down() -> None:
    """No connection is a failure like any other."""
    with pytest.raises(TemporaryFailure) as caught:
        open_channel("ops", "json://127.0.0.1:9/room").deliver(letter())

    assert caught.value.is_down


@pytest.mark.parametrize("url", ["", "nonsense", "nowhere://x", "json://"])
def test_an_address_that_apprise_does_not_know_is_refused_beforehand(url: str) -> None:
    """A channel that could never work does not open."""
    with pytest.raises(ChannelRefused, match="Apprise"):
        open_channel("ops", url)
