"""The observer: what the service tells of its work to whoever measures it; a command tells nobody."""

from collections.abc import Sequence
from typing import Protocol

from engine.store.runs import RuleRun


class Observer(Protocol):
    """Is told what has happened, once it is committed. It does not fail, takes no time, and learns of nobody."""

    def run_ended(self, trigger: str, mode: str, seconds: float, rules: Sequence[RuleRun]) -> None:
        """Take note of a run and what it found, rule by rule."""

    def run_failed(self, trigger: str) -> None:
        """Take note of a run that was undone."""

    def effect_came_to(self, verb: str, state: str) -> None:
        """Take note of what came of an attempt at an effect."""

    def events_taken(self, taken: int, repeated: int, refused: int) -> None:
        """Take note of how many events were kept, known already, and not taken."""


class Nobody:
    """Measures nothing."""

    def run_ended(self, trigger: str, mode: str, seconds: float, rules: Sequence[RuleRun]) -> None:
        """Let it pass."""

    def run_failed(self, trigger: str) -> None:
        """Let it pass."""

    def effect_came_to(self, verb: str, state: str) -> None:
        """Let it pass."""

    def events_taken(self, taken: int, repeated: int, refused: int) -> None:
        """Let it pass."""


NOBODY: Observer = Nobody()
