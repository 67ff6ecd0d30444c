"""Merging: what goes over to a record from one that ends in it: its items, and what keeps effects from happening.

Nothing else does. The CRM has said which of the two stays, and what that one is called and where it lives with it.
"""

from engine.model.declared import GUARDED
from engine.model.entity import Entity
from engine.model.facts import Facts
from engine.model.snapshot import Snapshot


def carried(entity: Entity, ended: Facts, stays: Facts) -> Snapshot:
    """Return what is to be written of the record that stays; items whose ids it has already are not in it.

    Flags that guard go over where they are set, or were sent so badly that they count as set. What guards read besides
    goes over where the one that stays has none of it.
    """
    flags = [name for name, one in entity.fields.items() if one.guards and stays.values.get(name) is not True]
    is_set = [name for name in flags if ended.values.get(name) is True]
    unclear = frozenset(name for name in flags if name in ended.unclear and name not in {*is_set, *stays.unclear})
    read = [name for name in sorted(GUARDED & entity.fields.keys()) if stays.values.get(name) is None]
    values = dict.fromkeys(is_set, True) | dict.fromkeys(unclear)
    values |= {name: ended.values[name] for name in read if ended.values.get(name) is not None}
    collections = {}
    for name in entity.collections:
        there = {item.id for item in stays.items(name)}
        come = tuple(item for item in ended.items(name) if item.id not in there)
        if come:
            collections[name] = come
    return Snapshot(stays.id, values, collections, unclear)
