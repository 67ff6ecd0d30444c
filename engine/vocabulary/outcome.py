"""Outcomes: what came of one attempt at an effect, and the two kinds of failure that decide what happens next."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal


class TemporaryFailure(Exception):
    """It may work later. `after` is what the other side asked to be waited for, if it did."""

    def __init__(self, reason: str, after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.after = after


class PermanentFailure(Exception):
    """Trying again would not help."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt: done, or withheld for a reason that is recorded."""

    state: Literal["done", "withheld"]
    reason: str = ""


DONE = Outcome("done")
