"""Shapes: JSON Schemas of bodies and answers as plain values, and what a route says of itself by them.

A schema with a title becomes a component of that name in the OpenAPI document. No answer is checked by its shape when
it is given: the test suite does that.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

Schema = dict[str, Any]

JSON, TEXT_PLAIN = "application/json", "text/plain"
TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
NUMBER: Schema = {"type": "number"}
WHOLE: Schema = {"type": "integer"}
COUNT: Schema = {"type": "integer", "minimum": 0}
ID: Schema = {"type": "integer", "minimum": 1, "description": "The id of one of ours."}
RECORD: Schema = {"type": "string", "minLength": 1, "maxLength": 200, "description": "The id of a record in the CRM."}
GONE: Schema = {"type": ["string", "null"], "description": "The id of a contact; null once it was erased."}
INSTANT: Schema = {"type": "string", "format": "date-time"}
DAY: Schema = {"type": "string", "format": "date"}
ANYTHING: Schema = {"type": "object", "additionalProperties": True}
NEXT: Schema = {"type": ["integer", "null"], "description": "Sent as `after` for the next page; null behind the last."}
NEXT_TEXT: Schema = NEXT | {"type": ["string", "null"]}
NEVER: Schema = {"type": "null", "description": "All of it is here: there is no next page."}


def said(schema: Schema, description: str) -> Schema:
    """Return a schema with a sentence that says what it is."""
    return schema | {"description": description}


def or_null(schema: Schema) -> Schema:
    """Return the schema of what may also be null."""
    kind = schema.get("type")
    if isinstance(kind, str) and not {"enum", "title"} & schema.keys():
        return schema | {"type": [kind, "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def one_of(*words: str) -> Schema:
    """Return the schema of some words."""
    return {"type": "string", "enum": list(words)}


def listed(schema: Schema, most: int | None = None) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": schema} | ({} if most is None else {"maxItems": most})


def by_name(schema: Schema) -> Schema:
    """Return the schema of an object whose keys are names."""
    return {"type": "object", "additionalProperties": schema}


def answer(title: str, example: Schema, fields: dict[str, Schema], optional: tuple[str, ...] = ()) -> Schema:
    """Return the schema of an object that is answered: all its fields are there, but for those that are optional."""
    needed = [name for name in fields if name not in optional]
    return {"title": title, "type": "object", "properties": fields, "required": needed, "examples": [example]}


def body(title: str, example: Schema, fields: dict[str, Schema], needed: tuple[str, ...] = ()) -> Schema:
    """Return the schema of an object that is sent: some fields are needed, and others than these are refused."""
    shape = {"title": title, "type": "object", "properties": fields, "additionalProperties": False}
    return shape | ({"required": list(needed)} if needed else {}) | {"examples": [example]}


NOTHING = body("Nothing", {}, {}) | {"description": "Nothing is to be said: `{}`, or no body at all."}


@dataclass(frozen=True, slots=True)
class Described:
    """What a route answers and takes. `problems` are statuses beside those that follow from how it is called.

    `bodies` are those by content type, where it is not JSON of one shape alone.
    """

    answer: Schema
    body: Schema | None = None
    problems: tuple[int, ...] = ()
    status: int = HTTPStatus.OK
    answered_as: str = JSON
    bodies: Mapping[str, Schema] = field(default_factory=dict)


def told(one: Described) -> dict[str, Any]:
    """Return a description as keywords for the decorator of its route."""
    answers = {one.status: {"content": {one.answered_as: {"schema": one.answer}}}}
    problems: dict[int, dict[str, Any]] = {status: {} for status in one.problems}
    extra: dict[str, Any] = {}
    bodies = one.bodies or ({} if one.body is None else {JSON: one.body})
    if bodies:
        content = {kind: {"schema": schema} for kind, schema in bodies.items()}
        extra["requestBody"] = {"required": one.body is not NOTHING, "content": content}
    return {"status_code": one.status, "responses": answers | problems, "openapi_extra": extra}
