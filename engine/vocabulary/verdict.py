"""Verdicts: what a rule says of a contact at an instant, and the trace that shows why."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from engine.vocabulary.truth import Truth


class Verdict(Enum):
    """What a rule's criteria come to for one contact."""

    MATCH = "match"
    NO_MATCH = "no_match"
    UNDECIDED = "undecided"

    @staticmethod
    def of(truth: Truth) -> "Verdict":
        """Return the verdict that a truth value means."""
        return {Truth.TRUE: Verdict.MATCH, Truth.FALSE: Verdict.NO_MATCH}.get(truth, Verdict.UNDECIDED)


@dataclass(frozen=True, slots=True)
class Flip:
    """The first instant at which a truth becomes another if nothing but time changes; `at` in local time."""

    at: datetime
    truth: Truth

    def __str__(self) -> str:
        """Return the local day, with the time where that is not the day's start."""
        return f"{self.at:%Y-%m-%d %H:%M}".removesuffix(" 00:00")


@dataclass(frozen=True, slots=True)
class Trace:
    """One node of an explanation: the words of the rule, what was found, and what it came to.

    `flip` says when that ends by itself, where it does.
    """

    words: str
    truth: Truth
    actual: str = ""
    bounds: str = ""
    place: str = ""
    parts: tuple["Trace", ...] = ()
    flip: Flip | None = None

    def as_json(self) -> dict[str, object]:
        """Return the node and all below it for `--json`."""
        node: dict[str, object] = {"words": self.words, "truth": self.truth.value}
        for key in ("actual", "bounds", "place"):
            if value := getattr(self, key):
                node[key] = value
        if self.flip:
            node |= {"flips_at": self.flip.at.isoformat(), "flips_to": self.flip.truth.value}
        if self.parts:
            node["parts"] = [part.as_json() for part in self.parts]
        return node
