"""Prepared statements: what a rule was lowered to, kept for as long as the store is open: lowering is dear."""

import threading
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Connection, Executable

from engine.language.algebra import Threshold
from engine.store.readings import PatternInText, found_in
from engine.vocabulary.calendar import Moment

MOST = 2_000  # statements; 200 rules have some 1,200, beyond that the oldest go

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement, and what it compares with: what follows from `now`, and texts in which patterns are looked for.

    Both are by the names of its parameters.
    """

    statement: Executable
    thresholds: Mapping[str, Threshold]
    patterns: Mapping[str, PatternInText]

    def bound(self, connection: Connection, moment: Moment, more: Mapping[str, Any]) -> dict[str, Any]:
        """Return the parameters at a moment, with `more` that it has."""
        thresholds = {name: threshold.at(moment) for name, threshold in self.thresholds.items()}
        return {**more, **thresholds, **found_in(connection, self.patterns, more)}


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
