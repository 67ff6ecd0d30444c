"""The records of a rule test: a mapping as written becomes checked snapshots, through the same door as the CRM's."""

from collections.abc import Mapping as Map
from dataclasses import dataclass, replace

from engine.language.scope import Scope
from engine.language.source import Mapping, Node, Scalar, Sequence, plain_value
from engine.model.entity import Collection, Entity, Field, FieldType
from engine.model.snapshot import Refused, Snapshot, read_snapshot
from engine.vocabulary.problem import nearest_or_all

# Read as their field asks, from the text as written: `0123` keeps its zero, and `NO` is Norway.
_AS_WRITTEN = frozenset({FieldType.TEXT, FieldType.DATE, FieldType.DATETIME, FieldType.LIST})


@dataclass(frozen=True, slots=True)
class Given:
    """What a test gives of one record: an entity, and a snapshot that is taken in as the CRM's are."""

    entity: str
    snapshot: Snapshot


def read_given(scope: Scope, node: Node, record_id: str) -> tuple[Given, ...]:
    """Return the record of a mapping, after those that it refers to; every fault of them is noted with its place."""
    block = scope.mapping(node, f"what is given of a {scope.entity.name}")
    if block is None:
        return ()
    before = len(scope.problems)
    raw: dict[str, object] = {"id": record_id}
    places: dict[str, Node] = {"": node}
    referred: list[Given] = []
    for key, value in block.entries:
        one = scope.entity.fields.get(key.text)
        if one is not None and one.references is not None and isinstance(value, Mapping):
            raw[key.text] = its_id = f"{record_id}-{key.text}"
            referred += read_given(replace(scope, entity=scope.model.entity(one.references)), value, its_id)
        elif one is not None:
            raw[key.text] = _value(scope, one, value)
            places[f"/{key.text}"] = value
        elif key.text in scope.entity.collections:
            raw[key.text] = _items(scope, scope.entity.collections[key.text], value, places)
        else:
            _report_unknown(scope, scope.entity, key)
    if len(scope.problems) > before:
        return ()
    try:
        snapshot = read_snapshot(scope.entity, raw, scope.zone)
    except Refused as refused:
        for refusal in refused.refusals:
            place = _nearest(places, refusal.pointer)
            written = f"`{place.text}`: " if isinstance(place, Scalar) else ""
            scope.report("R106", place.place, f"{written}{refusal.reason}")
        return ()
    return (*referred, Given(scope.entity.name, snapshot))


def _report_unknown(scope: Scope, entity: Entity, key: Scalar) -> None:
    if key.text in {"id", "version"}:
        scope.report("R103", key.place, f"a record in a test has no `{key.text}`", "leave it out: there is only one")
        return
    known = (*entity.fields, *entity.collections)
    message = f"unknown field or collection `{key.text}` of {entity.name}"
    scope.report("R103", key.place, message, nearest_or_all(key.text, known))


def _items(scope: Scope, collection: Collection, node: Node, places: dict[str, Node]) -> object:
    pointer = f"/{collection.name}"
    places[pointer] = node
    if isinstance(node, Scalar) and node.is_null:
        return None
    items = scope.sequence(node, f"`{collection.name}`")
    found: list[dict[str, object]] = []
    for number, item in enumerate(items.items if items else ()):
        block = scope.mapping(item, f"an item of {collection.name}")
        places[f"{pointer}/{number}"] = item
        found.append({})
        for key, value in block.entries if block else ():
            one = collection.fields.get(key.text)
            if one is None and key.text != "id":
                hint = nearest_or_all(key.text, (*collection.fields, "id"))
                scope.report("R103", key.place, f"unknown field `{key.text}` of {collection.name}", hint)
                continue
            places[f"{pointer}/{number}/{key.text}"] = value
            found[-1][key.text] = _value(scope, one or Field("id", FieldType.TEXT), value)
    return found


def _value(scope: Scope, one: Field, node: Node) -> object:
    if isinstance(node, Scalar) and node.is_null:
        return None
    if one.type is FieldType.FLAG and not isinstance(plain_value(node), bool):
        hint = "write `null` for one that the CRM sent badly: it then counts as set"
        scope.report("R106", node.place, f"`{one.name}` is `true` or `false`", hint)
    if one.type in _AS_WRITTEN and isinstance(node, Scalar):
        return node.text
    if one.type is FieldType.LIST and isinstance(node, Sequence):
        return [item.text if isinstance(item, Scalar) else plain_value(item) for item in node.items]
    return plain_value(node)


def _nearest(places: Map[str, Node], pointer: str) -> Node:
    """Return the node that a pointer leads to, or the nearest one around it."""
    while pointer not in places:
        pointer = pointer.rpartition("/")[0]
    return places[pointer]
