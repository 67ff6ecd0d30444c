"""The one door to durable-rules: rule sets used as a stateless matcher, over its C binding.

`durable.engine.Host` is not used: it starts two timer threads that cannot be stopped, swallows what actions raise and
may run them on other threads. Here a rule set has one session ("0"), warmed once; a message is asserted as a fact, the
names of the rules that fire are drained into a set, and the fact is retracted. Nothing waits in the engine, so nothing
grows. The engine sees properties f0…fn that are 1 or 0, never a text, a null or a missing one, and every pattern starts
with `k == 1`, because a pattern that a message without properties could match also matches the engine's own record.

A defect of the engine is a segmentation fault: call this from `matcher_worker` only, outside tests. Event patterns
(several facts in one `all`, with guards) have a rule set of their own in `replay.py`, which calls the engine from here.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, assert_never

from engine.evaluate.network import MOST_FIRINGS, MOST_WEIGHT, AllOf, AnyOf, Fact, Node, facts, sharded, size

try:
    import durable_rules_engine as dre

    AVAILABLE = True
except ImportError:  # it cannot be built or imported on Python 3.13 and later
    AVAILABLE = False

# Names that the engine or this module gives a meaning: none of ours may share a hash with them.
RESERVED = ("k", "warm", "id", "sid", "$s", "$m", "$i", "$time", "$forward", "$and", "$or", "name")
MOST_PROPERTIES = 250  # of a message; the engine's error 302 comes at 254
WARM = '{"sid":"0","id":"w","warm":1}'
MATCHED, NOT_HANDLED = 0, 1  # return codes of `assert_fact`; 2 and 3 say that a former message is still there

Leaves = Sequence[bool | None]


class MatcherError(Exception):
    """The engine cannot be used for this, or did what it must not: Python decides instead."""


def fnv1a(name: str) -> int:
    """Return the 32-bit FNV-1a hash of a name (Fowler, Noll, Vo), by which alone the engine tells names apart."""
    value = 0x811C9DC5
    for byte in name.encode():
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value


def refuse_collisions(names: Iterable[str]) -> None:
    """Raise when two names have one hash: the engine would take either for the other."""
    seen: dict[int, str] = {}
    for name in names:
        other = seen.setdefault(fnv1a(name), name)
        if other != name:
            raise MatcherError(f"durable-rules cannot tell the properties `{other}` and `{name}` apart")


def condition(node: Node, properties: Mapping[int, str]) -> dict[str, Any]:
    """Return a network as a condition of durable-rules over the properties that stand for its leaves."""
    match node:
        case Fact(index):
            return {properties[index]: 1}
        case AllOf(parts):
            return {"$and": [condition(part, properties) for part in parts]}
        case AnyOf(parts):
            return {"$or": [condition(part, properties) for part in parts]}
    assert_never(node)


def compiled(rules: Mapping[str, Node], properties: Mapping[str, Mapping[int, str]]) -> dict[str, Any]:
    """Return the definition of a rule set, in which rules have numbers for names, and the rule that warms it."""
    tests = (condition(node, properties[name]) for name, node in rules.items())
    spec = {f"r{number}": _pattern(test) for number, test in enumerate(tests)}
    return {**spec, "warm": {"all": [{"m": {"warm": 1}}]}}


class RuleSet:
    """One rule set inside the engine, warmed, with what its properties stand for."""

    def __init__(self, rules: Mapping[str, Node]) -> None:
        _refuse_oversize(rules)
        self.rules = rules
        self.names = tuple(rules)
        self.properties = _properties(rules)
        refuse_collisions((*RESERVED, *(one for own in self.properties.values() for one in own.values())))
        self.handle = warmed("network", compiled(rules, self.properties))

    def verdicts(self, leaves: Mapping[str, Leaves]) -> dict[str, bool | None]:
        """Return the verdict of each rule of this set for which leaves are given: None is unknown."""
        asked = [name for name in self.names if name in leaves]
        if not asked:
            return {}
        certain = self._matched(leaves, unknown=0)
        unsure = any(None in leaves[name] for name in asked)
        possible = self._matched(leaves, unknown=1) if unsure else certain
        return {name: True if name in certain else None if name in possible else False for name in asked}

    def close(self) -> None:
        """Give the memory back. Safe because the session is warmed: deleting one that never fired is a crash."""
        _call("delete_state", self.handle, "0")
        _call("delete_ruleset", self.handle)

    def _matched(self, leaves: Mapping[str, Leaves], unknown: int) -> set[str]:
        """Return the rules that fire when an unknown leaf counts as given; rules without leaves get all false."""
        message: dict[str, Any] = {"sid": "0", "id": "f", "k": 1}
        for name, own in self.properties.items():
            values = leaves.get(name)
            for index, key in own.items():
                value = False if values is None else values[index]
                message[key] = unknown if value is None else int(value is True)
        return {self.names[int(fired[1:])] for fired in _fired(self.handle, json.dumps(message))}


class DecisionNetwork:
    """All rules of one load, in as many rule sets as their limits ask for."""

    def __init__(self) -> None:
        self.rule_sets: tuple[RuleSet, ...] = ()

    def load(self, rules: Mapping[str, Node]) -> None:
        """Replace the rules: all of them or, with a MatcherError, none."""
        layout = sharded(rules)
        if layout.too_large:
            raise MatcherError(f"too large for durable-rules: {', '.join(sorted(layout.too_large))}")
        retired, self.rule_sets = self.rule_sets, _built(layout.rule_sets)
        for rule_set in retired:
            rule_set.close()

    def verdicts(self, leaves: Mapping[str, Leaves]) -> dict[str, bool | None]:
        """Return each verdict; after a MatcherError the rule set concerned is a new one, since messages may remain."""
        verdicts: dict[str, bool | None] = {}
        for rule_set in self.rule_sets:
            try:
                verdicts |= rule_set.verdicts(leaves)
            except MatcherError:
                self._rebuild(rule_set)
                raise
        return verdicts

    def close(self) -> None:
        """Forget all rules."""
        self.load({})

    def _rebuild(self, broken: RuleSet) -> None:
        """Put a new rule set in place of a broken one, which is left unfreed: freeing an unknown state may crash."""
        fresh = RuleSet(broken.rules)
        self.rule_sets = tuple(fresh if one is broken else one for one in self.rule_sets)


def _built(layout: Iterable[Mapping[str, Node]]) -> tuple[RuleSet, ...]:
    built: list[RuleSet] = []
    try:
        for rules in layout:
            built.append(RuleSet(rules))  # noqa: PERF401 - what was built before a failure must be closed
    except MatcherError:
        for rule_set in built:
            rule_set.close()
        raise
    return tuple(built)


def _refuse_oversize(rules: Mapping[str, Node]) -> None:
    sizes = [size(node) for node in rules.values()]
    weight, firings = sum(one.weight for one in sizes), sum(one.firings for one in sizes)
    if not rules or weight > MOST_WEIGHT or firings > MOST_FIRINGS or not all(one.fits for one in sizes):
        raise MatcherError(f"not a rule set that durable-rules can hold: {len(rules)} rules of weight {weight}")


def _properties(rules: Mapping[str, Node]) -> dict[str, dict[int, str]]:
    """Return, for each rule, the property that stands for each of its leaves, numbered throughout the set."""
    used = [(name, index) for name, node in rules.items() for index in sorted(set(facts(node)))]
    if len(used) + len(RESERVED) > MOST_PROPERTIES:
        raise MatcherError(f"{len(used)} properties are too many for one message of durable-rules")
    properties: dict[str, dict[int, str]] = {name: {} for name in rules}
    for number, (name, index) in enumerate(used):
        properties[name][index] = f"f{number}"
    return properties


def _pattern(test: dict[str, Any]) -> dict[str, Any]:
    return {"all": [{"m": {"$and": [{"k": 1}, test]}}]}


def warmed(name: str, spec: Mapping[str, Any]) -> int:
    """Return the handle of a new rule set, one with `warm` among its rules, whose session has run an action."""
    handle: int = _call("create_ruleset", name, json.dumps(spec))
    if _fired(handle, WARM) != {"warm"}:
        raise MatcherError("durable-rules did not fire the rule that every rule set starts with")
    return handle


def asserted(handle: int, message: str) -> set[str] | None:
    """Assert a message as a fact and return the names of the rules that fire, each once; None where it fits no pattern.

    Nothing fires for a fact that is part of a pattern and waits for the others.
    """
    code, offset = _call("assert_fact", handle, message)
    if code == NOT_HANDLED:
        return None
    if code != MATCHED:
        raise MatcherError(f"durable-rules answered {code} to a new message: an earlier one is still there")
    started = _call("start_action_for_state", handle, offset)
    fired: set[str] = set()
    action: str | None = started[1] if started else None
    while action:  # `{"<rule>": …}`; the rest is our own message
        fired.add(action[2 : action.index('"', 2)])
        action = _call("complete_and_start_action", handle, offset)
    return fired


def retract(handle: int, message: str) -> None:
    """Take a fact back."""
    code, _ = _call("retract_fact", handle, message)
    if code != MATCHED:
        raise MatcherError(f"durable-rules answered {code} to taking its message back")


def _fired(handle: int, message: str) -> set[str]:
    """Assert a message that needs no other one, collect the names of the rules that fire, and retract it."""
    fired = asserted(handle, message)
    if fired is None:
        return set()
    if not fired:
        raise MatcherError("durable-rules matched a message and fired no rule")
    retract(handle, message)
    return fired


def _call(name: str, *arguments: object) -> Any:
    """Call the C binding; its errors are bare numbers, and running into its limits is a MemoryError."""
    if not AVAILABLE:
        raise MatcherError("durable-rules does not run on this Python; it needs one before 3.13")
    try:
        return getattr(dre, name)(*arguments)
    except (dre.error, MemoryError) as problem:
        raise MatcherError(f"durable-rules failed in {name}: {problem}") from problem
