"""A reading: what is known of a value. Mostly exact; a range where items that lack a field could move it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from engine.vocabulary.truth import Truth

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Reading(Generic[V]):
    """The least and the greatest that a value can be.

    Both None: the value is missing. Equal: it is exact. One None: it may be missing, so no test of it is decided.
    """

    low: V | None
    high: V | None

    @staticmethod
    def exact(value: V | None) -> "Reading[V]":
        """Return the reading of a value that is known, or known to be missing (None)."""
        return Reading(value, value)

    @property
    def is_exact(self) -> bool:
        """True when there is just one possible value."""
        return self.low is not None and self.low == self.high

    def holds(self, test: Callable[[V], bool]) -> Truth:
        """Return whether a test holds that, going up through the values, changes at most once."""
        if self.low is None or self.high is None:
            return Truth.UNKNOWN
        at_low = test(self.low)
        if self.low == self.high:
            return Truth.of(at_low)
        return Truth.of(at_low) if at_low == test(self.high) else Truth.UNKNOWN

    def exactly(self, test: Callable[[V], bool]) -> Truth:
        """Return whether any test holds, where the value is exact; else unknown."""
        return Truth.of(test(self.low)) if self.low is not None and self.is_exact else Truth.UNKNOWN

    def is_missing(self) -> Truth:
        """Return whether there is no value."""
        if self.low is None and self.high is None:
            return Truth.TRUE
        return Truth.UNKNOWN if self.low is None or self.high is None else Truth.FALSE


MISSING: Reading[object] = Reading(None, None)
