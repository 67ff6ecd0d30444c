"""Steps of a rule test: the clock moves, something changes or is decided, and then we look. Read from text."""

from collections.abc import Mapping as Map
from dataclasses import dataclass
from datetime import datetime

from engine.language.arguments import duration
from engine.language.expectations import Expected, Names, read_expected
from engine.language.given_text import Given, read_given
from engine.language.scope import Scope
from engine.language.source import Mapping, Node, Scalar, plain_value
from engine.model.values import ValueRefused, read_datetime
from engine.vocabulary.duration import Duration
from engine.vocabulary.problem import Place, nearest_or_all

STEP_KEYS = ("move_clock", "change", "event", "place_hold", "lift_hold", "decide", "expect")
DECISIONS = ("approve", "keep", "restore", "release")  # as in `ansgar deletions` and `ansgar rules`
ANY_HOLD = "any"
EVENT_KEYS = ("type", "data", "time", "id")
RECORD_ID = "the-one"  # of the record that a test is about; there is no other
MOST_STEPS = 200
MOST_EVENTS = 200

ReportedEvent = Map[str, object]  # the keys of a CloudEvent, `type` without `crm.` or with it


@dataclass(frozen=True, slots=True)
class Hold:
    """A person's word that the record is kept."""

    name: str
    reason: str = "a test"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a test: the clock moves, something changes or is reported, people decide, and then we look.

    `lift_hold` names a hold or is `any`, `decide` is one of DECISIONS.
    """

    place: Place
    expected: Expected
    move_clock: Duration | None = None
    change: tuple[Given, ...] = ()
    event: ReportedEvent | None = None
    place_hold: Hold | None = None
    lift_hold: str | None = None
    decide: str | None = None

    @property
    def is_eventful(self) -> bool:
        """True when something happens in it besides a look."""
        return any((self.move_clock, self.change, self.event, self.place_hold, self.lift_hold, self.decide))


def read_steps(scope: Scope, block: Mapping, names: Names) -> tuple[Step, ...]:
    """Return the steps of a test: those under `steps`, or the one look that `expect` stands for."""
    expect, node = block.get("expect"), block.get("steps")
    if node is None:
        place = (block.key("expect") or block).place
        return (Step(place, read_expected(scope, expect, names)),) if expect is not None else ()
    items = scope.sequence(node, "`steps`")
    if items is None:
        return ()
    if not 0 < len(items.items) <= MOST_STEPS:
        scope.report("R122", node.place, f"a test has 1 to {MOST_STEPS} steps")
    steps, holds = [], frozenset[str]()
    for item in items.items:
        step = _step(scope, item, names, holds)
        steps += [step] if step is not None else []
        holds |= {step.place_hold.name} if step is not None and step.place_hold is not None else frozenset()
    if steps and not any(step.expected for step in steps):
        scope.report("R122", node.place, "a test that expects nothing", "add `expect: …` to its last step")
    return tuple(steps)


def read_events(scope: Scope, node: Node) -> tuple[ReportedEvent, ...]:
    """Return the events of a list, in their order, with a problem noted for each that cannot be used."""
    items = scope.sequence(node, "`events`")
    if items is None:
        return ()
    if not 0 < len(items.items) <= MOST_EVENTS:
        scope.report("R122", node.place, f"`events` holds 1 to {MOST_EVENTS} events", "leave it out for none")
    return tuple(event for item in items.items if (event := _event(scope, item)) is not None)


def instant(scope: Scope, node: Node, what: str) -> datetime | None:
    """Return the instant of a date or time as written, in the zone where it names none; None with a problem noted."""
    word = scope.text(node, what)
    if word is None:
        return None
    try:
        return read_datetime(word.text, scope.zone)
    except ValueRefused as refused:
        scope.report("R106", word.place, f"`{word.text}`: {refused}")
        return None


def _step(scope: Scope, node: Node, names: Names, holds: frozenset[str]) -> Step | None:
    """Return a step; `holds` are the names of those that steps before it have placed."""
    block = scope.mapping(node, "a step")
    if block is None:
        return None
    scope.only(block, STEP_KEYS, "a step")
    if not block.entries:
        scope.report("R122", node.place, "a step in which nothing happens", f"add one of: {', '.join(STEP_KEYS)}")
    move, change, event, place, lift, decide, expect = (block.get(key) for key in STEP_KEYS)
    return Step(
        node.place,
        read_expected(scope, expect, names) if expect is not None else {},
        duration(scope, move) if move is not None else None,
        read_given(scope, change, RECORD_ID) if change is not None else (),
        _event(scope, event) if event is not None else None,
        _hold(scope, place) if place is not None else None,
        _lifted(scope, lift, holds) if lift is not None else None,
        _decision(scope, decide) if decide is not None else None,
    )


def _hold(scope: Scope, node: Node) -> Hold | None:
    """Return a hold: by its name alone, or with a reason."""
    if not isinstance(node, Mapping):
        word = scope.text(node, "`place_hold`")
        return Hold(word.text) if word is not None else None
    block = scope.keyed(node, "a hold", ("name",), ("reason",), "add `name: …`")
    if block is None:
        return None
    name = scope.text(block["name"], "`name`")
    why = block.get("reason")
    reason = scope.text(why, "`reason`") if why is not None else None
    return Hold(name.text, *([reason.text] if reason is not None else [])) if name is not None else None


def _lifted(scope: Scope, node: Node, holds: frozenset[str]) -> str | None:
    word = scope.text(node, "`lift_hold`")
    if word is None or (holds and word.text in {*holds, ANY_HOLD}):
        return word.text if word is not None else None
    hint = nearest_or_all(word.text, holds) if holds else "place it in a step before: `place_hold: …`"
    scope.report("R122", word.place, f"no step before places a hold `{word.text}`", hint)
    return None


def _decision(scope: Scope, node: Node) -> str | None:
    word = scope.text(node, "`decide`")
    if word is None or word.text in DECISIONS:
        return word.text if word is not None else None
    scope.report("R106", word.place, f"`{word.text}` is no decision", nearest_or_all(word.text, DECISIONS))
    return None


def _event(scope: Scope, node: Node) -> ReportedEvent | None:
    block = scope.mapping(node, "an event")
    if block is None:
        return None
    scope.only(block, EVENT_KEYS, "an event")
    if scope.entity.name != "contact":
        hint = f"write a `change` of the {scope.entity.name}"
        scope.report("R122", block.place, f"events are about contacts, and the rule about a {scope.entity.name}", hint)
    kind, data, time = block.get("type"), block.get("data"), block.get("time")
    if kind is None:
        scope.report("R102", block.place, "an event needs `type`", "add for example `type: consent.withdrawn`")
    elif scope.text(kind, "`type`") and data is not None:
        scope.mapping(data, "`data`")
    at = instant(scope, time, "`time`") if time is not None else None
    said = {
        key.text: value.text if isinstance(value, Scalar) and key.text != "data" else plain_value(value)
        for key, value in block.entries
    }
    return said | ({"time": at.isoformat()} if at is not None else {})
