"""Outcomes: what came of one attempt at an effect, and the two kinds of failure that decide what happens next."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal


class TemporaryFailure(Exception):
    """It may work later. `after` is what the other side asked to be waited for, if it did.

    `is_down` says that the provider, and not this one message, is at fault: others for it would fail too. `was_tried`
    is False where for that reason it was not even asked.
    """

    def __init__(
        self, reason: str, after: timedelta | None = None, *, is_down: bool = False, was_tried: bool = True
    ) -> None:
        super().__init__(reason)
        self.after, self.is_down, self.was_tried = after, is_down, was_tried


class PermanentFailure(Exception):
    """Trying again would not help. `said` is the other side's own words: shown to operators, never logged."""

    def __init__(self, reason: str, said: str = "") -> None:
        super().__init__(reason)
        self.said = said


class GoneForGood(PermanentFailure):
    """Whoever was called takes no more calls at all: not this one, and no other."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt: done, or withheld for a reason that is recorded."""

    state: Literal["done", "withheld"]
    reason: str = ""


DONE = Outcome("done")
