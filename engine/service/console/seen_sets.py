"""Seen sets: what was in a batch when somebody looked at it, so that a late approval is told what has changed since."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.store.batches import Exactly

MOST_DELETIONS = 100_000  # of all sets together; who looked longer ago is told that there was a change, not which


@dataclass(frozen=True, slots=True)
class Difference:
    """What became of a set: the keys of the deletions that joined it, left it, or whose contact has changed."""

    joined: tuple[int, ...]
    left: tuple[int, ...]
    changed: tuple[int, ...]


@dataclass(slots=True)
class SeenSets:
    """The sets that were looked at last, by their digests."""

    _sets: OrderedDict[str, Mapping[int, str]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, one: Exactly) -> None:
        """Note that somebody looks at a set."""
        with self._lock:
            self._sets[one.digest] = one.states
            self._sets.move_to_end(one.digest)
            while len(self._sets) > 1 and sum(map(len, self._sets.values())) > MOST_DELETIONS:
                self._sets.popitem(last=False)

    def difference(self, digest: str, now: Exactly) -> Difference | None:
        """Return how a set that somebody saw differs from what there is now; None where it is not known any more."""
        before = self._sets.get(digest)
        if before is None:
            return None
        same = before.keys() & now.states.keys()
        return Difference(
            tuple(sorted(now.states.keys() - same)),
            tuple(sorted(before.keys() - same)),
            tuple(sorted(key for key in same if before[key] != now.states[key])),
        )


SEEN = SeenSets()  # a digest stands for its set alone, whichever store it is of
