"""Anonymity: what is left of a record once nobody can tell whose it was, field by field as the model says."""

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from engine.model.entity import Entity, Field, Treatment
from engine.model.facts import Item, Value
from engine.model.snapshot import Snapshot, plain
from engine.vocabulary.calendar import local_date


def treatment(entity: Entity) -> dict[str, object]:
    """Return what becomes of every field, and of those of items by collection, so that others can do the same."""
    of_items = {name: _treatments(one.fields) for name, one in entity.collections.items()}
    return {**_treatments(entity.fields), **of_items}


def anonymised(entity: Entity, snapshot: Snapshot, zone: ZoneInfo) -> str:
    """Return what the treatment leaves of a record, as JSON in which nothing but the values makes a difference.

    No id is in it, and no order: items stand sorted by what is left of them, and go where nothing is.
    """
    left: dict[str, object] = dict(_left(entity.fields, snapshot.values, zone))
    for name, collection in entity.collections.items():
        items = sorted(
            filter(None, (_item(collection.fields, one, zone) for one in snapshot.collections.get(name, ())))
        )
        if items:
            left[name] = [json.loads(one) for one in items]
    return _canonical(left)


def _treatments(fields: Mapping[str, Field]) -> dict[str, str]:
    return {name: one.anonymise.value for name, one in fields.items()}


def _item(fields: Mapping[str, Field], item: Item, zone: ZoneInfo) -> str:
    """Return what is left of an item; empty where nothing is."""
    left = dict(_left(fields, item.values, zone))
    return _canonical(left) if left else ""


def _left(
    fields: Mapping[str, Field], values: Mapping[str, Value | None], zone: ZoneInfo
) -> Iterator[tuple[str, object]]:
    for name, one in fields.items():
        value = _treated(one.anonymise, values.get(name), zone)
        if value is not None:
            yield name, plain(value)


def _treated(how: Treatment, value: Value | None, zone: ZoneInfo) -> Value | None:
    """Return what a treatment leaves of a value; a day that is rounded down is the first of its month or year."""
    if value is None or how is Treatment.CLEAR:
        return None
    if how is Treatment.KEEP:
        return value
    if not isinstance(value, date):
        return None
    day = local_date(value, zone) if isinstance(value, datetime) else value
    return day.replace(day=1) if how is Treatment.MONTH else day.replace(month=1, day=1)


def _canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
