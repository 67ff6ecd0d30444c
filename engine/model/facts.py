"""Facts: the state of one record as values, with its items and the records it refers to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from engine.vocabulary.truth import Truth

# Among the names of what can change of a record these stand for its holds, and for deletions that ended for a reason
# that passes.
HOLDS, ENDED = "~hold", "~deletion"
Value = str | Decimal | bool | date | datetime | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a collection; a value that is not there is None or absent."""

    id: str
    values: Mapping[str, Value | None]

    def value(self, path: tuple[str, ...]) -> Value | None:
        """Return the value of a field of the item."""
        return self.values.get(path[0])


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one record.

    `memberships` holds, by rule, the verdicts that other rules refer to, `member_since` when each open case opened;
    `unclear` names the flags that were sent badly, `changed` tells when the present value of each field was stored,
    `holds` names the active holds, `true_since` tells by rule since when a case waits (`for_at_least`).
    """

    id: str
    values: Mapping[str, Value | None]
    collections: Mapping[str, tuple[Item, ...]] = field(default_factory=dict)
    references: Mapping[str, "Facts"] = field(default_factory=dict)
    memberships: Mapping[str, Truth] = field(default_factory=dict)
    unclear: frozenset[str] = frozenset()
    member_since: Mapping[str, datetime] = field(default_factory=dict)
    changed: Mapping[str, datetime] = field(default_factory=dict)
    holds: frozenset[str] = frozenset()
    true_since: Mapping[str, datetime] = field(default_factory=dict)

    def value(self, path: tuple[str, ...]) -> Value | None:
        """Return the value at a path; None where it, or a record on the way to it, is missing."""
        if len(path) == 1:
            return self.values.get(path[0])
        referred = self.references.get(path[0])
        return referred.value(path[1:]) if referred else None

    def is_unclear(self, path: tuple[str, ...]) -> bool:
        """True when what stands at a path was sent so badly that it cannot be told."""
        if len(path) == 1:
            return path[0] in self.unclear
        referred = self.references.get(path[0])
        return referred is not None and referred.is_unclear(path[1:])

    def items(self, collection: str) -> tuple[Item, ...]:
        """Return the items of a collection; none where it was never sent."""
        return self.collections.get(collection, ())
