"""Three truth values after Kleene (1938), which is also SQL's logic: unknown is not false."""

from collections.abc import Iterable
from enum import Enum


class Truth(Enum):
    """True, false, or unknown: what a criterion can be for a contact at an instant."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"

    @staticmethod
    def of(value: bool | None) -> "Truth":
        """Return the truth that stands for a bool, or unknown for None."""
        if value is None:
            return Truth.UNKNOWN
        return Truth.TRUE if value else Truth.FALSE

    def as_bool(self) -> bool | None:
        """Return True, False, or None for unknown, as SQL does."""
        return {Truth.TRUE: True, Truth.FALSE: False}.get(self)

    def negated(self) -> "Truth":
        """Return the opposite; unknown stays unknown."""
        return {Truth.TRUE: Truth.FALSE, Truth.FALSE: Truth.TRUE}.get(self, Truth.UNKNOWN)

    def decided(self, default: "Truth | None") -> "Truth":
        """Return the truth itself, or the default where it is unknown and a default is given."""
        return default if self is Truth.UNKNOWN and default is not None else self


def all_of(truths: Iterable[Truth]) -> Truth:
    """Return false if one is false, else unknown if one is unknown, else true (also for none at all)."""
    seen = set(truths)
    if Truth.FALSE in seen:
        return Truth.FALSE
    return Truth.UNKNOWN if Truth.UNKNOWN in seen else Truth.TRUE


def any_of(truths: Iterable[Truth]) -> Truth:
    """Return true if one is true, else unknown if one is unknown, else false (also for none at all)."""
    return all_of(truth.negated() for truth in truths).negated()


def none_of(truths: Iterable[Truth]) -> Truth:
    """Return true if all are false, false if one is true, else unknown."""
    return any_of(truths).negated()


def at_least_of(least: int, truths: Iterable[Truth]) -> Truth:
    """Return true if so many are true, false if so many cannot be any more, else unknown."""
    seen = list(truths)
    if seen.count(Truth.TRUE) >= least:
        return Truth.TRUE
    return Truth.FALSE if len(seen) - seen.count(Truth.FALSE) < least else Truth.UNKNOWN
