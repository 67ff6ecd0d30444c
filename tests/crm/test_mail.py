"""Mail: a real SMTP server takes letters, refuses some for good and some for now, and knows a repeated one by its key."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from hypothesis import given
from hypothesis import strategies as st

from engine.crm.letter import Letter
from engine.crm.mail import Outbox, SmtpPost
from engine.vocabulary.outcome import PermanentFailure, TemporaryFailure
from tests.acceptance.server import free_port

NOW = datetime(2026, 3, 1, tzinfo=UTC)


class MailServer:
    """A mail server that answers to recipients as told and keeps what it took."""

    def __init__(self) -> None:
        self.answer = "250 taken"
        self.letters: list[EmailMessage] = []
        self.controller = Controller(self, hostname="127.0.0.1", port=free_port())

    @property
    def post(self) -> SmtpPost:
        """The post that hands letters to it."""
        return SmtpPost(f"smtp://127.0.0.1:{self.controller.port}", "privacy@firm.example")

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Answer to a recipient."""
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - likewise
        """Take a letter."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        self.letters.append(message_from_bytes(content, _class=EmailMessage, policy=policy.default))
        return "250 taken"


@pytest.fixture
def server() -> Iterator[MailServer]:
    """Give a mail server that listens."""
    made = MailServer()
    made.controller.start()
    yield made
    made.controller.stop()


def letter(to: str = "anna@example.se", subject: str = "Hello") -> Letter:
    """Return a letter."""
    return Letter("intent-1", to, subject, "Text with Åäö.", NOW)


def test_a_letter_arrives_under_its_key(server: MailServer) -> None:
    """Address, subject, text and the id by which a receiver knows repetitions."""
    server.post.deliver(letter())
    found = server.letters[0]

    assert (found["To"], found["Subject"], found["Message-ID"]) == (
        "anna@example.se",
        "Hello",
        "<intent-1@ansgar.invalid>",
    )
    assert found.get_content().strip() == "Text with Åäö."


def test_s2_nothing_in_a_letter_adds_a_header_or_a_recipient(server: MailServer) -> None:
    """Line breaks and their like become spaces, in the subject as in the address."""
    server.post.deliver(letter(subject="Hello\r\nBcc: evil@example.se\u2028X: y"))
    found = server.letters[0]

    assert (found["Bcc"], found["Subject"]) == (None, "Hello Bcc: evil@example.se X: y")


@pytest.mark.parametrize(
    ("answer", "is_final", "is_down"),
    [("550 no such user", True, False), ("450 try later", False, False), ("421 closing", False, True)],
)
def test_r10_each_reply_of_the_server_is_taken_for_what_it_means(
    server: MailServer, answer: str, is_final: bool, is_down: bool
) -> None:
    """From 500 on a reply is final (RFC 5321); 421 speaks of the server, not of this letter."""
    server.answer = answer
    with pytest.raises(PermanentFailure if is_final else TemporaryFailure) as caught:
        server.post.deliver(letter())

    assert is_down is getattr(caught.value, "is_down", False)
    assert "anna" not in str(caught.value)


def test_r10_a_server_that_is_not_there_is_down() -> None:
    """No connection says nothing about any one letter."""
    with pytest.raises(TemporaryFailure) as caught:
        SmtpPost("smtp://127.0.0.1:9", "privacy@firm.example").deliver(letter())

    assert caught.value.is_down


@pytest.mark.parametrize("to", ["anna@[", ".:", "(@).@;%,", "@", "anna@", "@example.se", "a@x.se, b@x.se", ""])
def test_r9_an_address_that_cannot_be_used_is_a_failure_of_its_own_letter(server: MailServer, to: str) -> None:
    """Whatever it is that the library stumbles over, the letter fails for good, and the next one goes out."""
    with pytest.raises(PermanentFailure, match="the address cannot be used"):
        server.post.deliver(letter(to))
    server.post.deliver(letter())

    assert [one["To"] for one in server.letters] == ["anna@example.se"]


@given(st.text('ab@.[]()<>,;:"\\ =?é\ud800\n'), st.text())
def test_r9_every_letter_is_written_or_fails_for_good(to: str, subject: str) -> None:
    """No address and no subject is anything else than usable or not; who is written to is one."""
    with TemporaryDirectory() as folder, suppress(PermanentFailure):
        Outbox(Path(folder), "privacy@firm.example").deliver(letter(to, subject))
        written = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in Path(folder).glob("*.eml")]

        assert [len(one["To"].addresses) for one in written] == [1]
