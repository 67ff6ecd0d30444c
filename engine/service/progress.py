"""Progress: how far a run is, told while it goes on to whoever looks; where nobody does it costs next to nothing."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from engine.store.runs import RuleRun

EVALUATING, SETTLING, DONE, FAILED = "evaluating", "settling", "done", "failed"


@dataclass(frozen=True, slots=True)
class Step:
    """How far a run is: of so many rules so many are evaluated; when it is done, the sums of what it found."""

    run: int
    trigger: str
    done: int
    rules: int
    state: str = EVALUATING
    entered: int = 0
    left: int = 0
    undecided: int = 0
    failed: int = 0

    @property
    def is_over(self) -> bool:
        """True when nothing more will be told of the run."""
        return self.state in {DONE, FAILED}


Listener = Callable[[Step | None], None]


class Progress:
    """Passes on what runs of this process tell. What listens is called in the thread of the run, and must not wait."""

    def __init__(self) -> None:
        self._listeners: frozenset[Listener] = frozenset()
        self._lock = threading.Lock()
        self.is_closed = False
        self.newest: Step | None = None  # of the run that goes on, or of the last one

    @property
    def listeners(self) -> int:
        """How many listen."""
        return len(self._listeners)

    def tell(self, step: Step) -> None:
        """Pass a step on."""
        self.newest = step
        for listener in self._listeners:
            listener(step)

    def ended(self, run: int, trigger: str, rules: Sequence[RuleRun]) -> None:
        """Pass on that a run has ended, once it is committed, and what it found."""
        if self._listeners or (self.newest is not None and self.newest.run == run):
            self.tell(_sums(run, trigger, rules))

    def undone(self) -> None:
        """Pass on that the run that goes on, if one does, has come to nothing."""
        if self.newest is not None and not self.newest.is_over:
            self.tell(replace(self.newest, state=FAILED))

    @contextmanager
    def heard_by(self, listener: Listener) -> Iterator[None]:
        """Let somebody listen for a while; None tells them that there will be nothing more."""
        with self._lock:
            self._listeners |= {listener}
        try:
            if self.is_closed:
                listener(None)
            yield
        finally:
            with self._lock:
                self._listeners -= {listener}

    def close(self) -> None:
        """Tell all who listen that there will be nothing more: the service stops."""
        self.is_closed = True
        for listener in self._listeners:
            listener(None)


def unheard(_step: Step) -> None:
    """Let a step pass: a command tells nobody."""


def _sums(run: int, trigger: str, rules: Sequence[RuleRun]) -> Step:
    entered, left, undecided = (
        sum(getattr(one.tally, name) for one in rules) for name in ("entered", "left", "undecided")
    )
    failed = sum(one.error is not None and not one.is_stopped for one in rules)
    return Step(run, trigger, len(rules), len(rules), DONE, entered, left, undecided, failed)
