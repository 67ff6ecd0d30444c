"""Letters: what is posted, and what takes it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a letter. Channels have none."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to one address. `key` is the same at every attempt, so that a receiver can tell repetitions."""

    key: str
    to: str
    subject: str
    body: str
    written_at: datetime
    attachments: tuple[Attachment, ...] = ()


class Post(Protocol):
    """Takes letters; raises TemporaryFailure or PermanentFailure."""

    def deliver(self, letter: Letter) -> None:
        """Hand a letter over; returns once it is taken."""
        ...
