"""The JSON Schema of rule files for a model: what editors complete and underline, made from the lists in code.

It knows shapes, not meanings: what only loading can tell (a circle of rules, a message that is nowhere) it lets pass.
"""

from collections.abc import Iterator
from collections.abc import Mapping as Map
from dataclasses import MISSING
from typing import Any

from engine.language.arguments import DURATION, PARAMETER, SLUG_SHAPE, TEXT, WORDING, Shape, keys_of, shape_of
from engine.language.kinds import BASES, CONSENT_STATES, KIND_OF, Kind, OperandKind
from engine.language.needs import STAND_INS
from engine.language.operators.catalogue import BY_KIND
from engine.language.operators.operator import Operator
from engine.language.rule import Call
from engine.language.schema_of_tests import definitions_of_tests
from engine.language.subjects.catalogue import SUBJECTS
from engine.language.subjects.kind_of_subject import Named, SubjectKind
from engine.language.subjects.related import WINDOWS
from engine.model.entity import Entity, Field, Model
from engine.vocabulary.effect import Effect

DIALECT = "http://json-schema.org/draft-07/schema#"  # the one that editors know best
DEEPEST = 2  # references that field names are spelled out along
NUMBER: Shape = {"anyOf": [{"type": "number"}, PARAMETER]}
YES_NO: Shape = {"type": "boolean"}
DATE: Shape = {"type": "string", "pattern": r"^(\$[a-z][a-z0-9_]*|\d{4}-\d\d-\d\d.*)$"}
CASED = frozenset({Kind.TEXT, Kind.LIST})
GROUPS = ("all", "any", "none")


def schema_of(model: Model, actions: Map[str, type[Call]]) -> dict[str, Any]:
    """Return the schema of rule files for a model and the actions that exist."""
    definitions: dict[str, Any] = dict(definitions_of_tests(model))
    for entity in model.entities.values():
        definitions |= dict(_definitions(model, entity))
    definitions |= {f"action_{verb}": _action(action) for verb, action in actions.items()}
    definitions["actions"] = _actions(actions, tuple(actions))
    once = tuple(verb for verb, action in actions.items() if action.effect is Effect.REMOTE)
    definitions["once"] = _actions(actions, once)
    definitions["rule"] = _rule(model)
    message = _object({"subject": WORDING, "body": WORDING}, required=("subject", "body"))
    return {
        "$schema": DIALECT,
        "title": "Rules of Ansgar",
        **_object(
            {
                "conditions": {
                    "type": "object",
                    "additionalProperties": {"anyOf": [_criteria(one) for one in model.entities]},
                },
                "messages": {"type": "object", "propertyNames": SLUG_SHAPE, "additionalProperties": message},
                "rules": {"type": "array", "items": {"$ref": "#/definitions/rule"}},
                "tests": {"$ref": "#/definitions/tests"},
            }
        ),
        "definitions": definitions,
    }


def _object(properties: Map[str, Any], required: tuple[str, ...] = ()) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    return found | ({"required": list(required)} if required else {})


def _rule(model: Model) -> dict[str, Any]:
    text_list = {"type": "array", "items": TEXT}
    shape = _object(
        {
            "rule": SLUG_SHAPE,
            **dict.fromkeys(("title", "description"), WORDING),
            **dict.fromkeys(("owner", "legal_basis", "edited_by"), TEXT),
            **dict.fromkeys(("articles", "tags"), text_list),
            "stage": {"enum": ["live", "watch", "off"], "default": "watch"},
            "applies_to": {"enum": list(model.entities), "default": "contact"},
            "check": {"type": "object"},
            "if": {},
            "then": {"$ref": "#/definitions/actions"},
            "when_no_longer": {"$ref": "#/definitions/once"},
            "repeat": {"type": "string", "pattern": "^(once per |every )"},
            "deadline": _object(
                {"within": DURATION, "of": {}, "remind_before": DURATION, "if_late": {"$ref": "#/definitions/actions"}},
                ("within", "of"),
            ),
            "needs": {
                "type": "object",
                "additionalProperties": _object({"type": {"enum": list(STAND_INS)}, "ask": TEXT}),
            },
            "for_each": {"type": "array", "minItems": 1, "items": {"type": "object", "minProperties": 1}},
            "stop_if_more_than": _object({"contacts": NUMBER, "percent": NUMBER}, ("contacts",)),
        },
        ("rule", "if", "then"),
    )
    about = [_about(name) for name in model.entities if name != "contact"]
    otherwise = {
        "if": {"properties": {"applies_to": {"const": "contact"}}},
        "then": {"properties": {"if": _criteria("contact")}},
    }
    return shape | {"allOf": [otherwise, *about]}


def _about(entity: str) -> dict[str, Any]:
    condition = {"properties": {"applies_to": {"const": entity}}, "required": ["applies_to"]}
    return {"if": condition, "then": {"properties": {"if": _criteria(entity)}}}


def _criteria(entity: str) -> dict[str, Any]:
    return {"$ref": f"#/definitions/criteria_{entity}"}


def _definitions(model: Model, entity: Entity) -> Iterator[tuple[str, Any]]:
    """Give the definitions of an entity: its criteria, and those on the items of each of its collections."""
    name, part = entity.name, {"$ref": f"#/definitions/part_{entity.name}"}
    branches = [branch for kind in SUBJECTS.values() for branch in _subject(model, entity, kind)]
    counted = _object({"count": {"type": "integer", "minimum": 1}, "of": _list(part)}, ("count", "of"))
    groups = dict.fromkeys(GROUPS, _list(part)) | {"at_least_of": counted}
    group = _object(groups) | {"minProperties": 1}
    yield f"part_{name}", {"anyOf": [*branches, group]}
    top = _object(groups | {"for_at_least": DURATION}) | {"minProperties": 1}
    yield f"criteria_{name}", {"anyOf": [_list(part), top, *branches]}
    for collection in entity.collections.values():
        item = {"$ref": f"#/definitions/item_{name}_{collection.name}"}
        of_items = [*_fields(collection.fields), _object(dict.fromkeys(GROUPS, _list(item)))]
        yield f"item_{name}_{collection.name}", {"anyOf": of_items}
        values = {field: _plain_value(KIND_OF[one.type]) for field, one in collection.fields.items()}
        one_or_more = {field: {"anyOf": [value, _list(value)]} for field, value in values.items()}
        yield f"where_{name}_{collection.name}", {"anyOf": [_object(one_or_more), _list(item)]}


def _list(item: Shape) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "items": item}


def _subject(model: Model, entity: Entity, kind: SubjectKind) -> Iterator[dict[str, Any]]:
    """Give the shapes of criteria on a subject: one, or one for each kind of field or each collection."""
    match kind.named:
        case Named.FIELD:
            yield from _fields(dict(_paths(model, entity, DEEPEST)))
        case Named.OWN_FIELD:
            yield _criterion(kind, {"enum": list(entity.fields)}, Kind.DATE)
        case Named.COLLECTION | Named.ITEM_NUMBER:
            for collection in entity.collections.values():
                numbers = [field for field, one in collection.fields.items() if KIND_OF[one.type] is Kind.NUMBER]
                names = [f"{collection.name}.{field}" for field in numbers]
                names = [collection.name] if kind.named is Named.COLLECTION else names
                if names:
                    where = {"$ref": f"#/definitions/where_{entity.name}_{collection.name}"}
                    yield _criterion(kind, {"enum": names}, kind.kind or Kind.NUMBER, {"where": where})
        case Named.DATES | Named.PARTS:
            yield _criterion(kind, {"type": "array", "minItems": 1}, kind.kind or Kind.DATE)
        case Named.WORD:
            yield _criterion(kind, TEXT, kind.kind or Kind.TEXT)


def _criterion(kind: SubjectKind, value: Shape, of: Kind, more: Map[str, Any] | None = None) -> dict[str, Any]:
    """Return the shape of a criterion: the subject's key, its further keys, and the tests that its kind takes."""
    further = {key: _FURTHER[key] for key in kind.further if key in _FURTHER} | dict(more or {})
    tests = {} if of is Kind.TRUTH else _tests(of)
    return _object({kind.key: value} | further | tests, (kind.key,))


def _fields(fields: Map[str, Field]) -> Iterator[dict[str, Any]]:
    by_kind: dict[Kind, list[str]] = {}
    for name, one in fields.items():
        by_kind.setdefault(KIND_OF[one.type], []).append(name)
    for kind, names in by_kind.items():
        yield _criterion(SUBJECTS["field"], {"enum": names}, kind)


def _paths(model: Model, entity: Entity, depth: int) -> Iterator[tuple[str, Field]]:
    for name, one in entity.fields.items():
        yield name, one
        if one.references and depth:
            for rest, last in _paths(model, model.entity(one.references), depth - 1):
                yield f"{name}.{rest}", last


def _tests(kind: Kind) -> dict[str, Any]:
    found: dict[str, Any] = {test.name: _operand(kind, test) for test in BY_KIND[kind].values()}
    found["if_missing"] = {"enum": ["match", "no_match"]}
    return found | ({"case": {"const": "exact"}} if kind in CASED else {})


def _operand(kind: Kind, test: Operator) -> Shape:
    value = {"anyOf": [_plain_value(kind), _object({"field": TEXT}, ("field",))]}
    shapes: Map[OperandKind, Shape] = {
        OperandKind.VALUE: value,
        OperandKind.VALUES: _list(value),
        OperandKind.PAIR: _list(value) | {"minItems": 2, "maxItems": 2},
        OperandKind.DURATION: DURATION,
        OperandKind.SHORT_DURATION: DURATION,
        OperandKind.TEXT: TEXT,
        OperandKind.TEXTS: _list(TEXT),
        OperandKind.PATTERN: TEXT,
        OperandKind.YES_NO: {"anyOf": [YES_NO, PARAMETER]},
        OperandKind.YES: {"const": True},
    }
    return shapes[test.operand]


def _plain_value(kind: Kind) -> Shape:
    """Return the shape of a value written out."""
    values: Map[Kind, Shape] = {
        Kind.NUMBER: NUMBER,
        Kind.FLAG: {"anyOf": [YES_NO, PARAMETER]},
        Kind.DATE: DATE,
        Kind.CONSENT: {"anyOf": [{"enum": list(CONSENT_STATES)}, PARAMETER]},
        Kind.BASIS: {"anyOf": [{"enum": [*BASES, "none"]}, PARAMETER]},
    }
    return values.get(kind, TEXT)


def _action(action: type[Call]) -> Shape:
    keys = keys_of(action)
    required = tuple(name for name, spec in keys.items() if spec.default is MISSING)
    settings = _object({name: shape_of(spec.metadata["read"]) for name, spec in keys.items()}, required)
    no_mapping = {"not": {"type": "object"}}
    short = [{"allOf": [shape_of(keys[action.shorthand].metadata["read"]), no_mapping]}] if action.shorthand else []
    return {"description": (action.__doc__ or "").split("\n")[0], "anyOf": [*short, settings]}


def _actions(actions: Map[str, type[Call]], verbs: tuple[str, ...]) -> Shape:
    one = _object({verb: {"$ref": f"#/definitions/action_{verb}"} for verb in verbs if verb in actions})
    one |= {"minProperties": 1, "maxProperties": 1}
    return {"anyOf": [one, {"type": "array", "minItems": 1, "items": one}]}


_SINCE = {"anyOf": [_object({"field": TEXT}, ("field",)), _object({"changed": TEXT}, ("changed",))]}
_FURTHER: Map[str, Shape] = {
    **dict.fromkeys(WINDOWS, DURATION),
    "since": _SINCE,
    "for_at_least": DURATION,
    "missing": {"const": "skip"},
}
