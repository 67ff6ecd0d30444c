"""The JSON Schema of the tests in rule files: every key that a test, a step, an event and an expectation can have."""

from collections.abc import Iterator
from collections.abc import Mapping as Map
from typing import Any

from engine.language.arguments import DURATION, TEXT, Shape
from engine.language.expectations import LISTS, VERDICTS, WORDS
from engine.language.rule_steps import DECISIONS, MOST_EVENTS, MOST_STEPS
from engine.model.entity import Collection, Entity, Field, FieldType, Model

INSTANT: Shape = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d"}
NULL: Shape = {"type": "null"}
VALUES: Map[FieldType, Shape] = {
    FieldType.NUMBER: {"type": "number"},
    FieldType.MONEY: {"type": "number"},
    FieldType.FLAG: {"type": "boolean"},
    FieldType.DATE: INSTANT,
    FieldType.DATETIME: INSTANT,
    FieldType.LIST: {"type": "array", "items": TEXT},
}


def definitions_of_tests(model: Model) -> Iterator[tuple[str, Any]]:
    """Give the definitions that `#/definitions/tests` is made of, by their names, itself included.

    The text of a test does not tell an editor which entity its rule is about: what is given can be any of them.
    """
    for entity in model.entities.values():
        yield f"given_{entity.name}", _record(entity)
    yield "given", {"anyOf": [_given(name) for name in model.entities]}
    yield "test_event", _event()
    yield "expected", {"anyOf": [{"enum": list(VERDICTS)}, _expected()]}
    yield "test_step", _step()
    test = _closed(
        {
            "test": TEXT,
            "rule": TEXT,
            "with": {"type": "object", "additionalProperties": TEXT},
            "now": INSTANT,
            "given": _named("given"),
            "events": {"type": "array", "minItems": 1, "maxItems": MOST_EVENTS, "items": _named("test_event")},
            "broken_feeds": {
                "type": "array",
                "items": {"enum": sorted({name for one in model.entities.values() for name in one.collections})},
            },
            "expect": _named("expected"),
            "steps": {"type": "array", "minItems": 1, "maxItems": MOST_STEPS, "items": _named("test_step")},
        },
        ("test", "rule", "now", "given"),
    )
    alternatives = [{"required": ["expect"]}, {"required": ["steps"]}]
    yield "tests", {"type": "array", "items": test | {"oneOf": alternatives}}


def _step() -> Shape:
    hold = {"anyOf": [TEXT, _closed({"name": TEXT, "reason": TEXT}, ("name",))]}
    keys = {
        "move_clock": DURATION,
        "change": _named("given"),
        "event": _named("test_event"),
        "place_hold": hold,
        "lift_hold": TEXT,
        "decide": {"enum": list(DECISIONS)},
        "expect": _named("expected"),
    }
    return _closed(keys) | {"minProperties": 1}


def _event() -> Shape:
    return _closed({"type": TEXT, "data": {"type": "object"}, "time": INSTANT, "id": TEXT}, ("type",))


def _expected() -> Shape:
    words = {key: {"enum": list(known)} if known else TEXT for key, known in WORDS.items()}
    lists = {key: {"type": "array", "items": TEXT} for key in LISTS}
    return _closed(words | lists) | {"minProperties": 1}


def _record(entity: Entity) -> Shape:
    fields = {name: _value(one) for name, one in entity.fields.items()}
    collections = {name: {"anyOf": [_items(one), NULL]} for name, one in entity.collections.items()}
    return _closed(fields | collections)


def _value(one: Field) -> Shape:
    shapes = [VALUES.get(one.type, TEXT), NULL]
    if one.choices:  # they can be written in capitals, too
        shapes = [{"enum": list(one.choices)}, {"type": "string", "pattern": "[A-Z]"}, NULL]
    return {"anyOf": [_given(one.references), *shapes] if one.references else shapes}


def _items(collection: Collection) -> Shape:
    fields = {name: _value(one) for name, one in collection.fields.items()}
    required = tuple(name for name, one in collection.fields.items() if one.required)
    return {"type": "array", "items": _closed({"id": TEXT} | fields, required)}


def _given(entity: str) -> Shape:
    return _named(f"given_{entity}")


def _named(definition: str) -> Shape:
    return {"$ref": f"#/definitions/{definition}"}


def _closed(properties: Map[str, Any], required: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the shape of a mapping that has no further keys."""
    shape: dict[str, Any] = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    return shape | ({"required": list(required)} if required else {})
