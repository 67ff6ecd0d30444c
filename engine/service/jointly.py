"""Jointly: what callers bring while the store is busy is written in one transaction; each gets its own answer.

A commit costs the disk as much for one as for many, and so does most of what a transaction asks before it writes.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from engine.service.faults import contained

Brought = TypeVar("Brought")
Answer = TypeVar("Answer")
Collect = Callable[[], Sequence[Brought]]


@dataclass(slots=True)
class _Waiting(Generic[Brought, Answer]):
    """What one caller brought, and what came of it."""

    what: Brought
    size: int
    answers: list[Answer] = field(default_factory=list)  # one, once it is committed
    error: Exception | None = None
    is_done: bool = False

    def fail(self, error: Exception) -> None:
        self.error, self.is_done = error, True


@dataclass(slots=True)
class Jointly(Generic[Brought, Answer]):
    """Lets one of those who wait write for all of them, up to `most` in sizes.

    `write` asks for what there is once it has its turn in the store, and returns an answer for each after its commit.
    Where that fails as a whole it is done for each alone, so that nobody fails for what another has brought.
    """

    write: Callable[[Collect[Brought]], list[Answer]]
    most: int
    _queue: deque[_Waiting[Brought, Answer]] = field(default_factory=deque)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _is_writing: bool = False

    @property
    def length(self) -> int:
        """How many wait to be written."""
        return len(self._queue)

    def bring(self, what: Brought, size: int) -> Answer:
        """Have something written; return its answer once it is committed, or raise what befell it."""
        mine = _Waiting[Brought, Answer](what, size)
        with self._changed:
            self._queue.append(mine)
            self._changed.wait_for(lambda: mine.is_done or not self._is_writing)
            leads = not mine.is_done
            self._is_writing = self._is_writing or leads
        if leads:
            self._lead(mine)
        if mine.error is not None:
            raise mine.error
        return mine.answers[0]

    def _lead(self, mine: _Waiting[Brought, Answer]) -> None:
        try:
            while not mine.is_done:  # where more waited before than are written at once, it is not among the first
                self._write([])
        finally:
            with self._changed:
                self._is_writing = False
                self._changed.notify_all()

    def _write(self, together: list[_Waiting[Brought, Answer]]) -> None:
        def collect() -> list[Brought]:
            together.extend(self._taken())
            return [one.what for one in together]

        def failed(error: Exception) -> None:
            for one in together or self._taken():
                if len(together) > 1:
                    self._write_alone(one)
                else:
                    one.fail(error)

        with contained(failed):
            answers = self.write(collect)
            for one, answer in zip(together, answers, strict=True):
                one.answers, one.is_done = [answer], True

    def _write_alone(self, one: _Waiting[Brought, Answer]) -> None:
        with contained(one.fail):
            one.answers, one.is_done = self.write(lambda: [one.what]), True

    def _taken(self) -> list[_Waiting[Brought, Answer]]:
        """Take what waits out of the queue, the oldest first: one at least."""
        found: list[_Waiting[Brought, Answer]] = []
        with self._changed:
            while self._queue and (not found or sum(one.size for one in found) + self._queue[0].size <= self.most):
                found.append(self._queue.popleft())
        return found
