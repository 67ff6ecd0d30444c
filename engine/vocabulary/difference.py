"""Differences: stored verdicts that come to something else when they are derived again."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """A record of which a rule is stored to be something else than it is; None for one that is not there any more.

    Both are a verdict, or `waiting`: true, but not for as long as the rule asks.
    """

    record: str | None
    stored: str
    derived: str


@dataclass(frozen=True, slots=True)
class Findings:
    """What the audit of one rule came to: verdicts compared, records set aside because they changed, differences."""

    compared: int
    changed_since: int
    differences: tuple[Difference, ...]
