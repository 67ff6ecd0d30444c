"""Prepared statements: what a rule was lowered to, kept for as long as the store is open: lowering is dear."""

import threading
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Executable

from engine.language.algebra import Threshold
from engine.vocabulary.calendar import Moment

MOST = 4_000  # statements of a few rules each; beyond that the oldest go

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement, and what it compares with that follows from `now`, by the names of its parameters."""

    statement: Executable
    thresholds: Mapping[str, Threshold]

    def bound(self, moment: Moment) -> dict[str, Any]:
        """Return the parameters at a moment."""
        return {name: threshold.at(moment) for name, threshold in self.thresholds.items()}


@dataclass(slots=True)
class Shelf:
    """Keeps what was made of frozen values. They are told apart by identity: comparing deep ones costs too much."""

    _kept: dict[Hashable, tuple[tuple[object, ...], Any]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, of: tuple[object, ...], form: Hashable, make: Callable[[], T]) -> T:
        """Return what was made of values in a form, making it where there is none; a form has one type of result."""
        key = (tuple(map(id, of)), form)
        with self._lock:
            found = self._kept.get(key)
        if found is not None:
            kept: T = found[1]
            return kept
        made = make()
        with self._lock:
            self._kept[key] = of, made  # the values stay as long as their identity stands for them
            if len(self._kept) > MOST:
                del self._kept[next(iter(self._kept))]
        return made
