"""Declared only: of a record's JSON, the part for which the model has a place; the rest is kept nowhere (L12)."""

from collections.abc import Iterable, Mapping
from typing import Any

from engine.model.entity import Collection, Entity

OWN = ("id", "version")


def declared_of_record(entity: Entity, raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the model declares of a record, and of the items in it."""
    known = _among(raw, (*OWN, *entity.fields, *entity.collections))
    return {
        name: _items(entity.collections[name], value) if name in entity.collections else value
        for name, value in known.items()
    }


def declared_of_item(collection: Collection, raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the model declares of an item."""
    return _among(raw, ("id", *collection.fields))


def _items(collection: Collection, raw: Any) -> Any:
    return [declared_of_item(collection, one) for one in raw] if isinstance(raw, list) else raw


def _among(raw: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    known = frozenset(names)
    return {name: value for name, value in raw.items() if name in known}
