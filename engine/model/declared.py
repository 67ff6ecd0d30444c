"""A model as declared: the shipped one with the additions of a configuration, or every fault found in them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from engine.model.entity import Collection, Entity, Field, FieldType, Model, Treatment, by_name
from engine.vocabulary.problem import nearest_or_all

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
LONGEST_NAME = 40
RESERVED = frozenset({"id", "key", "version", "owner_key", "contact", "all", "any", "none"})
MOST_FIELDS = 500
DATES = frozenset({FieldType.DATE, FieldType.DATETIME})
KEYS = ("type", "personal", "references", "anonymise", "purposes")
GUARDED = frozenset({"requests", "consents", "birth_date"})  # what guards of deletions read, besides flags
Fault = tuple[str, str]  # where, and what is wrong


class ModelError(ValueError):
    """A model that cannot be used; carries (path, sentence) for each fault."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{path}: {sentence}" for path, sentence in faults))


class _Unfit(ValueError):
    """Something of a declaration that cannot be; the text says what would be right."""


def with_additions(model: Model, additions: Mapping[str, object]) -> Model:
    """Return the model with a configuration's `model:` section added to it.

    Entities gain fields and collections, or are new; what is shipped is never retyped: only how it is anonymised and
    what it is held for can be said anew. Raises ModelError with every fault found.
    """
    faults: list[Fault] = []
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
    entity: Entity, addition: Mapping[str, object], names: set[str], path: str, faults: list[Fault]
) -> Entity:
    declared = addition.get("fields") or {}
    fields = dict(entity.fields) | by_name(tuple(_fields(declared, entity.fields, names, f"{path}.fields", faults)))
    collections = dict(entity.collections)
    declared = addition.get("collections") or {}
    if not isinstance(declared, Mapping):
        faults.append((f"{path}.collections", "write a mapping of collection name to its fields"))
        declared = {}
    for name, items in declared.items():
        where = f"{path}.collections.{name}"
        faults += [(where, fault) for fault in _name_faults(str(name))]
        known = collections.get(name) or Collection(str(name), {})
        collections[name] = _collection(known, items or {}, names, where, faults)
    for name in set(fields) & set(collections):
        faults.append((f"{path}.{name}", "a field and a collection cannot have one name"))
    if len(fields) + len(collections) > MOST_FIELDS:
        faults.append((path, f"an entity may have {MOST_FIELDS} fields and collections at most"))
    return Entity(entity.name, entity.plural, fields, collections)


def _collection(known: Collection, declared: object, names: set[str], path: str, faults: list[Fault]) -> Collection:
    """Return a collection with the fields that are declared; a list under `purposes` is no field but what it is for."""
    purposes, written = known.purposes, declared.get("purposes") if isinstance(declared, Mapping) else None
    if isinstance(declared, Mapping) and isinstance(written, list):
        try:
            purposes = _purposes(written, is_guarded=known.name in GUARDED)
        except _Unfit as error:
            faults.append((f"{path}.purposes", str(error)))
        declared = {name: spec for name, spec in declared.items() if name != "purposes"}
    shape = dict(known.fields) | by_name(tuple(_fields(declared, known.fields, names, path, faults)))
    if shape.setdefault("at", Field("at", FieldType.DATETIME)).type not in DATES:
        faults.append((f"{path}.at", "items are dated by `at`: it is a date or a datetime"))
    return Collection(known.name, shape, identity=known.identity, purposes=purposes)


def _fields(
    declared: object, known: Mapping[str, Field], names: set[str], path: str, faults: list[Fault]
) -> Iterator[Field]:
    """Give the fields that are declared: new ones, and known ones with what may be said of them."""
    if not isinstance(declared, Mapping):
        faults.append((path, "write a mapping of field name to type"))
        return
    for name, spec in declared.items():
        where = f"{path}.{name}"
        faults += [(where, fault) for fault in _name_faults(str(name))]
        shape = spec if isinstance(spec, Mapping) else {"type": spec}
        faults += [(f"{where}.{key}", nearest_or_all(str(key), KEYS)) for key in shape if key not in KEYS]
        try:
            shipped = known.get(str(name))
            one = _new(str(name), shape, names) if shipped is None else _unchanged(shipped, shape)
            yield replace(
                one,
                anonymise=_treatment(one, shape.get("anonymise", one.anonymise.value)),
                purposes=_purposes(shape["purposes"], is_guarded=one.guards or one.name in GUARDED)
                if "purposes" in shape
                else one.purposes,
            )
        except _Unfit as error:
            faults.append((where, str(error)))


def _new(name: str, shape: Mapping[str, object], names: set[str]) -> Field:
    types = {one.value: one for one in FieldType}
    written = str(shape.get("type", "text"))
    if written not in types:
        raise _Unfit(f"`{written}` is no type; {nearest_or_all(written, types)}")
    target = shape.get("references")
    if target is not None and (
        not isinstance(target, str) or target not in names or types[written] is not FieldType.TEXT
    ):
        raise _Unfit(f"a reference is a text field that holds the id of one of: {', '.join(sorted(names))}")
    return Field(name, types[written], bool(shape.get("personal", False)), target)


def _unchanged(shipped: Field, shape: Mapping[str, object]) -> Field:
    """Return a field that is shipped; what it is cannot be said anew, only what becomes of it."""
    said = {"type": shipped.type.value, "personal": shipped.personal, "references": shipped.references}
    if any(shape[key] != said[key] for key in shape if key in said):
        raise _Unfit("this field is shipped and cannot be declared differently, but for `anonymise` and `purposes`")
    return shipped


def _treatment(one: Field, written: object) -> Treatment:
    """Return what becomes of a field when its record is anonymised."""
    treatments = {each.value: each for each in Treatment}
    if written not in treatments:
        raise _Unfit(f"`{written}` is no way to anonymise; {nearest_or_all(str(written), treatments)}")
    found = treatments[str(written)]
    if found in {Treatment.YEAR, Treatment.MONTH} and one.type not in DATES:
        raise _Unfit(f"`anonymise: {written}` rounds dates down, and this is none: write `clear` or `keep`")
    if found is Treatment.KEEP and (one.personal or one.references or one.guards):
        why = "is personal data" if one.personal else "is the id of a record" if one.references else "stops effects"
        raise _Unfit(f"what {why} cannot be kept of somebody anonymous: leave it out, or write `anonymise: clear`")
    return found


def _purposes(written: object, *, is_guarded: bool) -> tuple[str, ...]:
    """Return all that something is held for, case aside."""
    if is_guarded:
        raise _Unfit("what keeps a deletion from happening is held for more than some purposes: leave `purposes` out")
    words = written if isinstance(written, list) else [None]
    if not words or not all(isinstance(one, str) and one.strip() for one in words):
        raise _Unfit("`purposes` is a list of one or more purposes, such as `[marketing]`")
    return tuple(dict.fromkeys(str(one).strip().casefold() for one in words))


def _name_faults(name: str) -> Iterator[str]:
    if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        yield f"a name is small letters, digits and single underscores, {LONGEST_NAME} at most"
    elif name in RESERVED and name != "contact":
        yield "this name is the service's own; choose another"
