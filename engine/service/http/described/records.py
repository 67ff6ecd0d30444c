"""Shapes of records: what the model in force says of contacts, companies, projects and whatever else it has."""

from collections.abc import Iterable
from functools import cached_property

from engine.model.entity import Collection, Entity, Field, FieldType
from engine.model.snapshot import MOST_ITEMS, MOST_VERSION
from engine.model.values import LARGEST, LONGEST_TEXT
from engine.service.http.described.shapes import (
    COUNT,
    DAY,
    FLAG,
    INSTANT,
    RECORD,
    TEXT,
    Described,
    Schema,
    answer,
    listed,
    or_null,
    said,
)
from engine.service.importing import MOST_LISTED

NDJSON = "application/x-ndjson"
LARGE = int(LARGEST)
AMOUNT: Schema = {"type": "number", "exclusiveMinimum": -LARGE, "exclusiveMaximum": LARGE}
WRITTEN: Schema = {"type": "string", "maxLength": LONGEST_TEXT}
SENT_OF_TYPE: dict[FieldType, Schema] = {
    FieldType.TEXT: WRITTEN,
    FieldType.NUMBER: said(AMOUNT, "Four decimals are kept."),
    FieldType.MONEY: said(AMOUNT, "Exact; four decimals at most."),
    FieldType.FLAG: FLAG,
    FieldType.DATE: said(TEXT | {"anyOf": [DAY, INSTANT]}, "A day; of an instant, the local day that holds it."),
    FieldType.DATETIME: said(TEXT | {"anyOf": [INSTANT, DAY]}, "An instant; of a day, its start."),
    FieldType.LIST: listed(WRITTEN),
}
HELD_OF_TYPE = SENT_OF_TYPE | {FieldType.DATE: DAY, FieldType.DATETIME: INSTANT}
EXAMPLES: dict[FieldType, object] = {
    FieldType.TEXT: "text",
    FieldType.NUMBER: 3,
    FieldType.MONEY: 1200.5,
    FieldType.FLAG: False,
    FieldType.DATE: "2026-03-01",
    FieldType.DATETIME: "2026-03-01T12:00:00+00:00",
    FieldType.LIST: ["one", "two"],
}
UNCLEAR = "It stops effects: sent as anything but true or false it counts as set, and is held as null, until corrected."
VERSION: Schema = {
    "type": ["integer", "null"],
    "minimum": 0,
    "maximum": MOST_VERSION - 1,
    "description": "Of two states, the one with the lower version is not taken.",
}


class RecordShapes:
    """The shapes of one entity's records: as they are sent, and as they are held.

    Their names are those of the model, in lower case, so that none of ours is called so.
    """

    def __init__(self, entity: Entity) -> None:
        self._entity = entity

    @cached_property
    def sent(self) -> Schema:
        """What a PUT or a PATCH takes: what is absent stays, null clears, a collection is replaced or joined."""
        fields = {"id": RECORD, "version": VERSION}
        fields |= {name: _sent(one) for name, one in self._entity.fields.items()}
        fields |= {name: or_null(self._items(one, is_held=False)) for name, one in self._entity.collections.items()}
        shape = {
            "title": f"{self._entity.name}-sent",
            "type": "object",
            "properties": fields,
            "additionalProperties": False,
        }
        return shape | {"examples": [self._example]}

    @cached_property
    def held(self) -> Schema:
        """What a GET shows: what has no value is absent."""
        fields = {"id": RECORD} | {name: _held(one) for name, one in self._entity.fields.items()}
        fields |= {name: self._items(one, is_held=True) for name, one in self._entity.collections.items()}
        shape = {"title": self._entity.name, "type": "object", "properties": fields, "required": ["id"]}
        return shape | {"examples": [self._example]}

    @cached_property
    def _example(self) -> Schema:
        kept = {one.name: [_example(one.fields.values()) | {"id": "1"}] for one in self._entity.collections.values()}
        return {"id": "4711"} | _example(self._entity.fields.values()) | kept

    def _items(self, one: Collection, *, is_held: bool) -> Schema:
        title = f"{self._entity.name}.{one.name}"
        of = _held if is_held else _sent
        fields = {"id": RECORD} | {name: of(each) for name, each in one.fields.items()}
        needed = [each.name for each in one.fields.values() if each.required]
        shape: Schema = {"title": title if is_held else f"{title}-sent", "type": "object", "properties": fields}
        if not is_held:
            shape["additionalProperties"] = False
        required = ["id"] if is_held else needed
        example = _example(one.fields.values()) | {"id": "1"}
        return listed(shape | ({"required": required} if required else {}) | {"examples": [example]}, MOST_ITEMS)


def _sent(one: Field) -> Schema:
    if one.guards:
        return {"description": UNCLEAR}
    if one.choices:
        return {
            "type": ["string", "null"],
            "description": f"One of these, in any letter case: {', '.join(one.choices)}.",
        }
    shape = SENT_OF_TYPE[one.type]
    return shape if one.required else or_null(shape)


def _held(one: Field) -> Schema:
    return or_null(FLAG) | {"description": UNCLEAR} if one.guards else HELD_OF_TYPE[one.type]


def _example(fields: Iterable[Field]) -> Schema:
    return {one.name: one.choices[0] if one.choices else EXAMPLES[one.type] for one in fields}


AS_LINE: Schema = {"line": 3, "reason": "/emial: the model has no such field; did you mean `email`?"}
REFUSED_LINE = answer("RefusedLine", AS_LINE, {"line": {"type": "integer", "minimum": 1}, "reason": TEXT})
IMPORTED = answer(
    "ImportReport",
    {
        "lines": 3,
        "created": 1,
        "changed": 1,
        "unchanged": 0,
        "outdated": 0,
        "refused": [AS_LINE],
        "refused_count": 1,
        "kept": True,
    },
    {
        **dict.fromkeys(("lines", "created", "changed", "unchanged", "outdated"), COUNT),
        "refused": listed(REFUSED_LINE, MOST_LISTED),
        "refused_count": COUNT,
        "kept": FLAG,
    },
)
LINES: Schema = {
    "title": "Lines",
    "type": "string",
    "description": "A record in each line, as a PUT takes it, with its `id`.",
    "examples": ['{"id": "4711", "name": "Eva"}\n{"id": "4712", "name": "Dag"}\n'],
}
IMPORTS = Described(IMPORTED, bodies={NDJSON: LINES})
TAKEN = answer(
    "TakenRecord",
    {"id": "4711", "created": False, "changed": True, "outdated": False},
    {"id": RECORD, "created": FLAG, "changed": FLAG, "outdated": said(FLAG, "A newer version was held.")},
)
REMOVED = Described(
    answer("RemovedRecord", {"id": "4711", "deleted": True}, {"id": RECORD, "deleted": {"const": True}}),
    problems=(404, 412),
)


def put(entity: Entity) -> Described:
    """Return what the PUT of an entity's record says of itself."""
    return Described(TAKEN, RecordShapes(entity).sent, (409, 412))


def patched(entity: Entity) -> Described:
    """Return what the PATCH of an entity's record says of itself."""
    return Described(TAKEN, RecordShapes(entity).sent, (404, 409, 412))


def got(entity: Entity) -> Described:
    """Return what the GET of an entity's record says of itself."""
    return Described(RecordShapes(entity).held, problems=(404,))
