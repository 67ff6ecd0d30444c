"""Tests of rules as an admin writes them: a record, an instant, and what is expected then and after time has passed."""

from collections.abc import Mapping as Map
from dataclasses import dataclass, replace
from datetime import datetime

from engine.language.arguments import duration
from engine.language.expectations import Expected, Names, read_expected
from engine.language.given_text import Given, read_given
from engine.language.rule import Rule
from engine.language.scope import Scope
from engine.language.source import Mapping, Node, Scalar, plain_value
from engine.model.values import ValueRefused, read_datetime
from engine.vocabulary.duration import Duration
from engine.vocabulary.problem import Place, nearest_or_all

KEYS = ("test", "rule", "now", "given", "broken_feeds", "expect", "steps")
STEP_KEYS = ("move_clock", "change", "event", "expect")
EVENT_KEYS = ("type", "data", "time", "id")
RECORD_ID = "the-one"  # of the record that a test is about; there is no other
MOST_STEPS = 200


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a test: the clock moves, then something changes or is reported, then we look."""

    place: Place
    expected: Expected
    move_clock: Duration | None = None
    change: tuple[Given, ...] = ()
    event: Map[str, object] | None = None


@dataclass(frozen=True, slots=True)
class RuleTest:
    """A test of one rule. `given` holds the record after those that it refers to.

    `broken_feeds` are the collections in which nobody else has anything new, as when their feed is broken.
    """

    sentence: str
    rule: str
    now: datetime
    given: tuple[Given, ...]
    steps: tuple[Step, ...]
    place: Place
    broken_feeds: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RuleTestReader:
    """Reads the tests of a rulebook. `unreadable` are the rules that have problems of their own."""

    rules: Map[str, Rule]
    unreadable: frozenset[str]
    names: Names

    def read(self, scope: Scope, node: Node) -> RuleTest | None:
        """Return the test of a node; None, with problems noted, where it cannot be used."""
        before = len(scope.problems)
        block = scope.mapping(node, "a test")
        if block is None:
            return None
        scope.only(block, KEYS, "a test")
        self._check_required(scope, block)
        rule = self._rule(scope, block)
        if rule is None:
            return None
        scope = replace(scope, entity=scope.model.entity(rule.entity))
        sentence = scope.text(block.get("test"), "`test`") if block.get("test") else None
        now, given = _now(scope, block), block.get("given")
        records = read_given(scope, given, RECORD_ID) if given is not None else ()
        steps, broken = self._steps(scope, block), _broken_feeds(scope, block)
        if len(scope.problems) > before or sentence is None or now is None:
            return None
        place = (block.key("test") or block).place
        return RuleTest(sentence.text, rule.id, now, records, steps, place, broken)

    def _check_required(self, scope: Scope, block: Mapping) -> None:
        for key in ("test", "rule", "now", "given"):
            if block.get(key) is None:
                scope.report("R102", block.place, f"a test needs `{key}`", f"add `{key}: …`")
        expect, steps = block.key("expect"), block.key("steps")
        if expect is None and steps is None:
            scope.report("R102", block.place, "a test needs `expect`, or `steps`", "add `expect: match`")
        elif expect is not None and steps is not None:
            hint = "put it into the first step"
            scope.report("R122", expect.place, "`expect` beside `steps`: what is expected stands in a step", hint)

    def _rule(self, scope: Scope, block: Mapping) -> Rule | None:
        node = block.get("rule")
        word = scope.text(node, "`rule`") if node is not None else None
        if word is None:
            return None
        rule = self.rules.get(word.text)
        if rule is None and word.text.partition("[")[0] not in self.unreadable:
            scope.report("R122", word.place, f"no rule is called `{word.text}`", nearest_or_all(word.text, self.rules))
        return rule

    def _steps(self, scope: Scope, block: Mapping) -> tuple[Step, ...]:
        expect, node = block.get("expect"), block.get("steps")
        if node is None:
            place = (block.key("expect") or block).place
            return (Step(place, read_expected(scope, expect, self.names)),) if expect is not None else ()
        items = scope.sequence(node, "`steps`")
        if items is None:
            return ()
        if not 0 < len(items.items) <= MOST_STEPS:
            scope.report("R122", node.place, f"a test has 1 to {MOST_STEPS} steps")
        steps = tuple(step for item in items.items if (step := self._step(scope, item)) is not None)
        if steps and not any(step.expected for step in steps):
            scope.report("R122", node.place, "a test that expects nothing", "add `expect: …` to its last step")
        return steps

    def _step(self, scope: Scope, node: Node) -> Step | None:
        block = scope.mapping(node, "a step")
        if block is None:
            return None
        scope.only(block, STEP_KEYS, "a step")
        move, change, event, expect = (block.get(key) for key in STEP_KEYS)
        if not block.entries:
            scope.report("R122", node.place, "a step in which nothing happens", f"add one of: {', '.join(STEP_KEYS)}")
        return Step(
            node.place,
            read_expected(scope, expect, self.names) if expect is not None else {},
            duration(scope, move) if move is not None else None,
            read_given(scope, change, RECORD_ID) if change is not None else (),
            _event(scope, event) if event is not None else None,
        )


def _now(scope: Scope, block: Mapping) -> datetime | None:
    node = block.get("now")
    word = scope.text(node, "`now`") if node is not None else None
    if word is None:
        return None
    try:
        return read_datetime(word.text, scope.zone)
    except ValueRefused as refused:
        scope.report("R106", word.place, f"`{word.text}`: {refused}")
        return None


def _event(scope: Scope, node: Node) -> Map[str, object] | None:
    block = scope.mapping(node, "an event")
    if block is None:
        return None
    scope.only(block, EVENT_KEYS, "an event")
    if scope.entity.name != "contact":
        hint = f"write a `change` of the {scope.entity.name}"
        scope.report("R122", block.place, f"events are about contacts, and the rule about a {scope.entity.name}", hint)
    kind, data = block.get("type"), block.get("data")
    if kind is None:
        scope.report("R102", block.place, "an event needs `type`", "add for example `type: consent.withdrawn`")
    elif scope.text(kind, "`type`") and data is not None:
        scope.mapping(data, "`data`")
    return {
        key.text: value.text if isinstance(value, Scalar) and key.text != "data" else plain_value(value)
        for key, value in block.entries
    }


def _broken_feeds(scope: Scope, block: Mapping) -> frozenset[str]:
    node = block.get("broken_feeds")
    items = scope.sequence(node, "`broken_feeds`") if node is not None else None
    found = [word for item in items.items if (word := scope.text(item, "a collection"))] if items else []
    for word in found:
        scope.collection_named(word, word.text)
    return frozenset(word.text for word in found)
