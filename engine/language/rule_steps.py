"""Steps of a rule test: the clock moves, something changes or is reported, and then we look. Read from text."""

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
from engine.vocabulary.problem import Place

STEP_KEYS = ("move_clock", "change", "event", "expect")
EVENT_KEYS = ("type", "data", "time", "id")
RECORD_ID = "the-one"  # of the record that a test is about; there is no other
MOST_STEPS = 200
MOST_EVENTS = 200

ReportedEvent = Map[str, object]  # the keys of a CloudEvent, `type` without `crm.` or with it


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a test: the clock moves, then something changes or is reported, then we look."""

    place: Place
    expected: Expected
    move_clock: Duration | None = None
    change: tuple[Given, ...] = ()
    event: ReportedEvent | None = None


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
    steps = tuple(step for item in items.items if (step := _step(scope, item, names)) is not None)
    if steps and not any(step.expected for step in steps):
        scope.report("R122", node.place, "a test that expects nothing", "add `expect: …` to its last step")
    return steps


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


def _step(scope: Scope, node: Node, names: Names) -> Step | None:
    block = scope.mapping(node, "a step")
    if block is None:
        return None
    scope.only(block, STEP_KEYS, "a step")
    move, change, event, expect = (block.get(key) for key in STEP_KEYS)
    if not block.entries:
        scope.report("R122", node.place, "a step in which nothing happens", f"add one of: {', '.join(STEP_KEYS)}")
    return Step(
        node.place,
        read_expected(scope, expect, names) if expect is not None else {},
        duration(scope, move) if move is not None else None,
        read_given(scope, change, RECORD_ID) if change is not None else (),
        _event(scope, event) if event is not None else None,
    )


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
