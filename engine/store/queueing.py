"""Queueing: a lock that is given in the order in which it was asked for; whoever has it may take it again."""

import threading
from collections import deque
from dataclasses import dataclass, field
from types import TracebackType


@dataclass(slots=True)
class QueueLock:
    """A fair lock of threads. Python's own goes to whoever asks first once it is free: mostly who has just had it."""

    _guard: threading.Lock = field(default_factory=threading.Lock)
    _waiting: deque[threading.Lock] = field(default_factory=deque)
    _owner: int | None = None
    _depth: int = 0

    @property
    def length(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def __enter__(self) -> None:
        """Take the lock, after all who asked for it before."""
        me = threading.get_ident()
        with self._guard:
            if self._owner in {None, me}:
                self._owner, self._depth = me, self._depth + 1
                return
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        turn.acquire()  # until whoever has it hands it over
        with self._guard:
            self._owner, self._depth = me, 1

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Hand the lock over to who has waited longest."""
        with self._guard:
            self._depth -= 1
            if self._depth:
                return
            if self._waiting:
                self._owner = 0  # nobody's yet, and nobody else's: the next is on its way
                self._waiting.popleft().release()
            else:
                self._owner = None
