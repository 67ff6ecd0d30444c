"""Mail: letters go out by SMTP, or into a folder where no server is configured."""

import os
import smtplib
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import urlsplit

from engine.crm.letter import Letter
from engine.vocabulary.outcome import PermanentFailure, TemporaryFailure

TIMEOUT = 20  # seconds
FIRST_PERMANENT = 500  # SMTP replies from here on are final (RFC 5321, 4.2.1)
# What the library's own reader of addresses raises on some that it cannot read: `a@[`, `.:`, `(@).@;,`.
UNREADABLE = (ValueError, LookupError, AttributeError, TypeError)
CLOSING = 421  # the server as a whole is not available (RFC 5321, 4.2.2)


@dataclass(frozen=True, slots=True)
class SmtpPost:
    """Hands letters to an SMTP server: `smtp://host:port`. Each of its answers may take `timeout` seconds."""

    url: str
    sender: str
    timeout: float = TIMEOUT

    def deliver(self, letter: Letter) -> None:
        """Send a letter; the connection is closed after each, so that no failure outlives it."""
        server = urlsplit(self.url)
        try:
            with smtplib.SMTP(server.hostname or "127.0.0.1", server.port or 25, timeout=self.timeout) as connection:
                connection.send_message(_message(letter, self.sender))
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise _failure(max(codes, default=0), "the address was refused") from None
        except smtplib.SMTPResponseException as error:
            raise _failure(error.smtp_code, "the mail server refused the message") from None
        except smtplib.SMTPNotSupportedError:
            raise PermanentFailure("the mail server cannot take such an address") from None
        except (smtplib.SMTPException, OSError) as error:
            reason = f"the mail server cannot be reached ({type(error).__name__})"
            raise TemporaryFailure(reason, is_down=True) from None


@dataclass(frozen=True, slots=True)
class Outbox:
    """Puts letters into a folder, one file each: the embedded default. Writing one again changes nothing."""

    folder: Path
    sender: str

    def deliver(self, letter: Letter) -> None:
        """Write a letter under its key, whole or not at all."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            partial = self.folder / f".{letter.key}.part"
            with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
                stream.write(bytes(_message(letter, self.sender)))
                stream.flush()
                os.fsync(stream.fileno())
            partial.replace(self.folder / f"{letter.key}.eml")
        except OSError as error:
            raise TemporaryFailure(f"the outbox cannot be written ({error.strerror})") from None

    def forget(self, key: str) -> None:
        """Remove the letters of a key: what was written to an erased contact goes with it."""
        for name in (f"{key}.eml", f"{key}-*.eml", f".{key}.part", f".{key}-*.part"):
            for file in self.folder.glob(name):
                file.unlink(missing_ok=True)


def _message(letter: Letter, sender: str) -> EmailMessage:
    """Return a letter as it is sent; raises PermanentFailure where its address leads to nobody, or to several."""
    message = EmailMessage()
    try:
        message["From"], message["To"] = sender, one_line(letter.to)
        message["Subject"] = one_line(letter.subject)
        message["Message-ID"] = f"<{letter.key}@ansgar.invalid>"
        message["Date"] = format_datetime(letter.written_at)
        message.set_content(letter.body)
        for one in letter.attachments:
            main, _, sub = one.media_type.partition("/")
            message.add_attachment(one.content, main, sub, filename=one.name)
        bytes(message)
        receivers = message["To"].addresses
    except UNREADABLE:
        raise PermanentFailure("the address cannot be used") from None
    if len(receivers) != 1 or not (receivers[0].username and receivers[0].domain):
        raise PermanentFailure("the address cannot be used")
    return message


def one_line(text: str) -> str:
    """Return text in which nothing begins a header of its own."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _failure(code: int, what: str) -> Exception:
    if code >= FIRST_PERMANENT:
        return PermanentFailure(f"{what} ({code})")
    return TemporaryFailure(f"{what} ({code})", is_down=code == CLOSING)
