"""The decision network: one rule as and/or over leaves that Python has evaluated, and how rules share rule sets.

Negation was pushed into the leaves before, so a network only ever rises with them: reading every unknown leaf as false
tells what is certain, reading it as true what is possible. Two readings of one network therefore give Kleene's third
value to an engine that only knows "matched". The limits are those of durable-rules 2.0.28, each kept with a margin.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any, assert_never

# Leaves + branches of a rule set. Beyond 64 matches at once the engine fires no rule at all (its error 303).
MOST_WEIGHT = 60
# Groups of one rule. Each costs two of the 31 places of a rule's expression list, as does the surrounding one (113).
MOST_GROUPS = 14
# Firings of a rule set for one message: an `and` of `or`s fires once per combination of true branches, which is right
# after deduplication but exponential (13 pairs: 8,192 firings, 10 ms and 8 MB), so it is bounded.
MOST_FIRINGS = 256


@dataclass(frozen=True, slots=True)
class Fact:
    """A leaf: the truth of the rule's test number `index`, true, false or unknown."""

    index: int

    def __post_init__(self) -> None:
        if self.index < 0:
            raise ValueError(f"a fact has the number of its leaf, not {self.index}")


@dataclass(frozen=True, slots=True)
class AllOf:
    """True when every part is. Never empty: durable-rules accepts an empty `all` silently and then does as it likes."""

    parts: tuple["Node", ...]

    def __post_init__(self) -> None:
        if not self.parts:
            raise ValueError("all of nothing is no decision: give it at least one part")


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True when one part is. Never empty."""

    parts: tuple["Node", ...]

    def __post_init__(self) -> None:
        if not self.parts:
            raise ValueError("any of nothing is no decision: give it at least one part")


Node = Fact | AllOf | AnyOf


@dataclass(frozen=True, slots=True)
class Size:
    """What a network costs in the engine."""

    leaves: int = 0
    branches: int = 0
    groups: int = 0
    firings: int = 0

    @property
    def weight(self) -> int:
        """Leaves and branches together, which is what the engine's stack holds at once."""
        return self.leaves + self.branches

    @property
    def fits(self) -> bool:
        """True when a rule of this size may be given to the engine."""
        return self.weight <= MOST_WEIGHT and self.groups <= MOST_GROUPS and self.firings <= MOST_FIRINGS


@dataclass(frozen=True, slots=True)
class Sharding:
    """Rules laid out in rule sets, each within the limits, and the names of those that no rule set can hold."""

    rule_sets: tuple[Mapping[str, Node], ...]
    too_large: frozenset[str]


@dataclass(slots=True)
class _Shard:
    rules: dict[str, Node] = field(default_factory=dict)
    weight: int = 0
    firings: int = 0

    def has_room(self, size: Size) -> bool:
        return self.weight + size.weight <= MOST_WEIGHT and self.firings + size.firings <= MOST_FIRINGS

    def take(self, name: str, node: Node, size: Size) -> None:
        self.rules[name] = node
        self.weight += size.weight
        self.firings += size.firings


def decide(node: Node, leaves: Sequence[bool | None]) -> bool | None:
    """Return what a network says of its leaves, in Kleene's logic: None is unknown."""
    match node:
        case Fact(index):
            return leaves[index]
        case AllOf(parts):
            values = [decide(part, leaves) for part in parts]
            return False if False in values else None if None in values else True
        case AnyOf(parts):
            values = [decide(part, leaves) for part in parts]
            return True if True in values else None if None in values else False
    assert_never(node)


def facts(node: Node) -> Iterator[int]:
    """Give the number of each leaf as often as it occurs."""
    if isinstance(node, Fact):
        yield node.index
        return
    for part in node.parts:
        yield from facts(part)


def size(node: Node) -> Size:
    """Return what a network costs; a leaf that is named twice counts twice."""
    if isinstance(node, Fact):
        return Size(leaves=1, firings=1)
    sizes = [size(part) for part in node.parts]
    either = isinstance(node, AnyOf)
    firings = [one.firings for one in sizes]
    return Size(
        leaves=sum(one.leaves for one in sizes),
        branches=sum(one.branches for one in sizes) + (len(sizes) if either else 0),
        groups=sum(one.groups for one in sizes) + 1,
        firings=sum(firings) if either else prod(firings),
    )


def flattened(node: Node) -> Node:
    """Return the same decision without groups of one and groups inside their own kind: the engine pays for each."""
    if isinstance(node, Fact):
        return node
    kind = type(node)
    parts: list[Node] = []
    for part in map(flattened, node.parts):
        parts.extend(part.parts if isinstance(part, kind) else (part,))
    return kind(tuple(parts)) if len(parts) > 1 else parts[0]


def sharded(rules: Mapping[str, Node]) -> Sharding:
    """Lay rules out in rule sets: each goes, flattened, to the first set with room, in the order given."""
    shards: list[_Shard] = []
    too_large: set[str] = set()
    for name, node in ((name, flattened(node)) for name, node in rules.items()):
        measure = size(node)
        if not measure.fits:
            too_large.add(name)
            continue
        room = next((shard for shard in shards if shard.has_room(measure)), None)
        if room is None:
            room = _Shard()
            shards.append(room)
        room.take(name, node, measure)
    return Sharding(tuple(shard.rules for shard in shards), frozenset(too_large))


def written(node: Node) -> Any:
    """Return a network as JSON: a number for a leaf, `all` or `any` with a list for a group."""
    match node:
        case Fact(index):
            return index
        case AllOf(parts):
            return {"all": [written(part) for part in parts]}
        case AnyOf(parts):
            return {"any": [written(part) for part in parts]}
    assert_never(node)


def read(raw: Any) -> Node:
    """Return the network that `written` wrote; a ValueError for anything else."""
    match raw:
        case bool():
            pass
        case int():
            return Fact(raw)
        case {"all": list(parts)} if len(raw) == 1:
            return AllOf(tuple(map(read, parts)))
        case {"any": list(parts)} if len(raw) == 1:
            return AnyOf(tuple(map(read, parts)))
    raise ValueError(f"not a decision network: {raw!r}")
