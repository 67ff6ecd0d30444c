"""Tests of rules as an admin writes them: a record, an instant, and what is expected then and after time has passed."""

from collections.abc import Mapping as Map
from dataclasses import dataclass, field, replace
from datetime import datetime

from engine.language.event_pattern import EventPattern, FieldChange, occasions
from engine.language.expectations import CASE, VERDICT, Names
from engine.language.given_text import Given, read_given
from engine.language.rule import Askable, Rule
from engine.language.rule_steps import RECORD_ID, ReportedEvent, Step, instant, read_events, read_steps
from engine.language.scope import Scope
from engine.language.source import Mapping, Node
from engine.vocabulary.problem import Place, Problems, nearest_or_all

KEYS = ("test", "rule", "with", "now", "given", "events", "broken_feeds", "expect", "steps")
BY_EVENTS = frozenset({"match", "undecided", "open", "waiting"})  # what a rule on events alone is not without one
YEARS = range(1900, 2201)  # in which a test can begin: whatever it adds, calendars go on


@dataclass(frozen=True, slots=True)
class RuleTest:
    """A test of one rule. `given` holds the record after those that it refers to, `inputs` what the rule is asked with.

    `broken_feeds` are the collections in which nobody else has anything new, as when their feed is broken. `events` are
    those that were reported before the first step.
    """

    sentence: str
    rule: str
    now: datetime
    given: tuple[Given, ...]
    steps: tuple[Step, ...]
    place: Place
    broken_feeds: frozenset[str] = frozenset()
    inputs: Map[str, str] = field(default_factory=dict)
    events: tuple[ReportedEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleTestReader:
    """Reads the tests of a rulebook. `unreadable` are the rules that have problems of their own."""

    rules: Map[str, Rule]
    askable: Map[str, Askable]
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
        steps, broken, inputs = (
            read_steps(scope, block, self.names),
            _broken_feeds(scope, block),
            self._inputs(scope, block, rule),
        )
        past = block.get("events")
        events = read_events(scope, past) if past is not None else ()
        _check_occasion(scope, block, rule, steps)
        if len(scope.problems) > before or sentence is None or now is None:
            return None
        place = (block.key("test") or block).place
        return RuleTest(sentence.text, rule.id, now, records, steps, place, broken, inputs, events)

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
        if rule is None and word.text not in self.unreadable:
            scope.report("R122", word.place, f"no rule is called `{word.text}`", nearest_or_all(word.text, self.rules))
        return rule

    def _inputs(self, scope: Scope, block: Mapping, rule: Rule) -> Map[str, str]:
        node = block.get("with")
        given = scope.mapping(node, "`with`") if node is not None else None
        if node is not None and given is None:
            return {}
        words = [(key, scope.text(value, f"`{key.text}`")) for key, value in given.entries] if given else []
        inputs = {key.text: word.text for key, word in words if word is not None}
        askable = self.askable.get(rule.id)
        if askable is not None:
            try:
                askable.ask(inputs)
            except Problems as problems:
                hint = f"write `with: {{{', '.join(f'{need.name}: …' for need in rule.needs)}}}`"
                for one in problems.found:
                    scope.report(one.code, (node or block).place, one.message, hint)
        elif node is not None:
            scope.report("R122", node.place, f"`{rule.id}` needs no inputs", "leave `with` out")
        return inputs


def _now(scope: Scope, block: Mapping) -> datetime | None:
    node = block.get("now")
    now = instant(scope, node, "`now`") if node is not None else None
    if node is not None and now is not None and now.year not in YEARS:
        scope.report("R106", node.place, f"`now` lies between {YEARS.start} and {YEARS.stop - 1}")
    return now


def _check_occasion(scope: Scope, block: Mapping, rule: Rule, steps: tuple[Step, ...]) -> None:
    """Note a look at a rule that events alone can bring up, where none is told of: it could never find a match."""
    pattern = rule.check.sole_pattern
    if pattern is None or block.get("expect") is None or block.get("events") is not None:
        return
    wanted = {steps[0].expected.get(VERDICT), steps[0].expected.get(CASE)} if steps else set()
    if wanted & BY_EVENTS:
        kinds = " or ".join(f"`{kind.name}`" for kind in occasions(pattern))
        message = f"`{rule.id}` is looked at only when {kinds} happens, and no event is told of"
        scope.report("R122", (block.key("expect") or block).place, message, _how_to_tell(pattern))


def _how_to_tell(pattern: EventPattern) -> str:
    if isinstance(pattern, FieldChange):  # the service itself writes such events, when it stores the change
        return f"write `steps`, one of them with `change: {{{pattern.event.field}: …}}`"
    return f"add `events: [{{type: {pattern.event.name}, time: …}}]`, or write `steps` with an `event`"


def _broken_feeds(scope: Scope, block: Mapping) -> frozenset[str]:
    node = block.get("broken_feeds")
    items = scope.sequence(node, "`broken_feeds`") if node is not None else None
    found = [word for item in items.items if (word := scope.text(item, "a collection"))] if items else []
    for word in found:
        scope.collection_named(word, word.text)
    return frozenset(word.text for word in found)
