"""A model as declared: the shipped one with the additions of a configuration, or every fault found in them."""

import re
from collections.abc import Iterator, Mapping

from engine.model.entity import Collection, Entity, Field, FieldType, Model, by_name
from engine.vocabulary.problem import nearest_or_all

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
LONGEST_NAME = 40
RESERVED = frozenset({"id", "key", "version", "owner_key", "contact", "all", "any", "none"})
MOST_FIELDS = 500
DATES = frozenset({FieldType.DATE, FieldType.DATETIME})


class ModelError(ValueError):
    """A model that cannot be used; carries (path, sentence) for each fault."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{path}: {sentence}" for path, sentence in faults))


def with_additions(model: Model, additions: Mapping[str, object]) -> Model:
    """Return the model with a configuration's `model:` section added to it.

    Entities gain fields and collections, or are new; what is shipped is never retyped. Raises ModelError with every
    fault found.
    """
    faults: list[tuple[str, str]] = []
    entities = dict(model.entities)
    names = {*entities, *additions}
    for name, addition in additions.items():
        path = f"model.{name}"
        faults += [(path, fault) for fault in _name_faults(name)]
        if not isinstance(addition, Mapping):
            faults.append((path, "write a mapping with `fields` and `collections`"))
            continue
        faults += [
            (f"{path}.{key}", f"unknown key; {nearest_or_all(str(key), ('fields', 'collections'))}")
            for key in addition
            if key not in {"fields", "collections"}
        ]
        known = entities.get(name) or Entity(name, f"{name}s", {}, {})
        entities[name] = _extended(known, addition, names, path, faults)
    if faults:
        raise ModelError(faults)
    return Model(entities)


def _extended(
    entity: Entity, addition: Mapping[str, object], names: set[str], path: str, faults: list[tuple[str, str]]
) -> Entity:
    fields = dict(entity.fields)
    for one in _fields(addition.get("fields") or {}, names, f"{path}.fields", faults):
        if one.name in fields and fields[one.name] != one:
            faults.append((f"{path}.fields.{one.name}", "this field is shipped and cannot be declared differently"))
        fields[one.name] = one
    collections = dict(entity.collections)
    declared = addition.get("collections") or {}
    if not isinstance(declared, Mapping):
        faults.append((f"{path}.collections", "write a mapping of collection name to its fields"))
        declared = {}
    for name, items in declared.items():
        where = f"{path}.collections.{name}"
        faults += [(where, fault) for fault in _name_faults(str(name))]
        known = collections.get(name)
        shape = dict(known.fields) if known else {}
        shape |= by_name(tuple(_fields(items or {}, names, where, faults)))
        if shape.setdefault("at", Field("at", FieldType.DATETIME)).type not in DATES:
            faults.append((f"{where}.at", "items are dated by `at`: it is a date or a datetime"))
        collections[name] = Collection(name, shape, identity=known.identity if known else ())
    for name in set(fields) & set(collections):
        faults.append((f"{path}.{name}", "a field and a collection cannot have one name"))
    if len(fields) + len(collections) > MOST_FIELDS:
        faults.append((path, f"an entity may have {MOST_FIELDS} fields and collections at most"))
    return Entity(entity.name, entity.plural, fields, collections)


def _fields(declared: object, names: set[str], path: str, faults: list[tuple[str, str]]) -> Iterator[Field]:
    if not isinstance(declared, Mapping):
        faults.append((path, "write a mapping of field name to type"))
        return
    for name, spec in declared.items():
        where = f"{path}.{name}"
        faults += [(where, fault) for fault in _name_faults(str(name))]
        shape = spec if isinstance(spec, Mapping) else {"type": spec}
        for key in set(shape) - {"type", "personal", "references"}:
            faults.append((f"{where}.{key}", nearest_or_all(str(key), ("type", "personal", "references"))))
        types = {one.value: one for one in FieldType}
        written = str(shape.get("type", "text"))
        if written not in types:
            faults.append((where, f"`{written}` is no type; {nearest_or_all(written, types)}"))
            continue
        target = shape.get("references")
        if target is not None and (
            not isinstance(target, str) or target not in names or types[written] is not FieldType.TEXT
        ):
            faults.append(
                (where, f"a reference is a text field that holds the id of one of: {', '.join(sorted(names))}")
            )
            continue
        yield Field(str(name), types[written], bool(shape.get("personal", False)), target)


def _name_faults(name: str) -> Iterator[str]:
    if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        yield f"a name is small letters, digits and single underscores, {LONGEST_NAME} at most"
    elif name in RESERVED and name != "contact":
        yield "this name is the service's own; choose another"
