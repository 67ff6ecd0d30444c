"""Snapshots: JSON from a CRM becomes typed values, or every reason why not, with pointers and no personal value."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from engine.model.entity import Collection, Entity, Field
from engine.model.facts import Facts, Item, Value
from engine.model.values import READERS, ValueRefused, read_id
from engine.vocabulary.problem import nearest

MOST_ITEMS = 20_000
MOST_VERSION = 2**62
LONGEST_KEY = 60  # characters of an unknown key that are repeated


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a record was not taken: a JSON pointer (RFC 6901) and a sentence."""

    pointer: str
    reason: str

    def __str__(self) -> str:
        """Return both in one line."""
        return f"{self.pointer}: {self.reason}" if self.pointer else self.reason


class Refused(ValueError):
    """A record that was not taken; carries every refusal."""

    def __init__(self, refusals: list[Refusal]) -> None:
        self.refusals = tuple(refusals)
        super().__init__("; ".join(map(str, refusals)))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of one record as sent. What is absent is unchanged; None clears; a named collection is replaced.

    `unclear` names the guarding flags that were sent as null or ill-typed: they count as set until corrected.
    """

    id: str
    values: Mapping[str, Value | None]
    collections: Mapping[str, tuple[Item, ...]] = field(default_factory=dict)
    unclear: frozenset[str] = frozenset()
    version: int | None = None
    ignored: tuple[str, ...] = ()

    def as_facts(self) -> Facts:
        """Return the snapshot as the facts of a record that nothing was known of before."""
        return Facts(self.id, self.values, self.collections, unclear=self.unclear)


def as_json(snapshot: Snapshot) -> dict[str, object]:
    """Return a snapshot as the JSON that `read_snapshot` takes; unclear flags stay unclear."""
    record: dict[str, object] = {"id": snapshot.id}
    record |= {name: plain(value) for name, value in snapshot.values.items() if value is not None}
    record |= dict.fromkeys(snapshot.unclear)
    if snapshot.version is not None:
        record["version"] = snapshot.version
    for name, items in snapshot.collections.items():
        record[name] = [
            {"id": item.id} | {key: plain(value) for key, value in item.values.items() if value is not None}
            for item in items
        ]
    return record


def plain(value: Value | None) -> object:
    """Return a value as JSON has it: dates as ISO 8601, lists as lists, whole numbers without a point."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value) if value != value.to_integral() else int(value)
    return list(value) if isinstance(value, tuple) else value


def read_json(text: str | bytes) -> Any:
    """Return strict JSON: no duplicate keys, no NaN, numbers with a fraction as exact decimals.

    Raises Refused with one refusal.
    """
    try:
        return _DECODER.decode(text.decode("utf-8") if isinstance(text, bytes) else text)
    except UnicodeDecodeError:
        raise Refused([Refusal("", "the text is not UTF-8")]) from None
    except RecursionError:
        raise Refused([Refusal("", "the JSON is nested too deeply")]) from None
    except json.JSONDecodeError as error:
        raise Refused([Refusal("", f"not JSON: {error.msg} at column {error.colno}")]) from None
    except ArithmeticError:
        raise Refused([Refusal("", "a number is too large")]) from None
    except ValueError as error:
        reason = "a number is too large" if "integer string" in str(error) else str(error)
        raise Refused([Refusal("", reason)]) from None


def read_snapshot(entity: Entity, raw: object, zone: ZoneInfo, *, ignore_unknown: bool = False) -> Snapshot:
    """Return the checked snapshot of a record; raises Refused with every fault found."""
    if not isinstance(raw, Mapping):
        raise Refused([Refusal("", "a record is a JSON object")])
    refusals: list[Refusal] = []
    unknown = [key for key in raw if key not in entity.fields and key not in entity.collections and key not in _OWN]
    if unknown and not ignore_unknown:
        refusals += [_unknown(f"/{escaped(key)}", key, (*entity.fields, *entity.collections)) for key in unknown]
    try:
        record_id = read_id(raw.get("id"))
    except ValueRefused as error:
        record_id = ""
        refusals.append(Refusal("/id", str(error)))
    values, unclear = _values(entity, raw, zone, refusals)
    collections = {
        name: _items(collection, raw[name], zone, refusals, ignore_unknown=ignore_unknown)
        for name, collection in entity.collections.items()
        if name in raw
    }
    version = raw.get("version")
    if version is not None and (
        not isinstance(version, int) or isinstance(version, bool) or not 0 <= version < MOST_VERSION
    ):
        refusals.append(Refusal("/version", "a version is a whole number from 0"))
    if refusals:
        raise Refused(refusals)
    return Snapshot(record_id, values, collections, unclear, version, tuple(unknown))


_OWN = frozenset({"id", "version"})


def _values(
    entity: Entity, raw: Mapping[str, object], zone: ZoneInfo, refusals: list[Refusal]
) -> tuple[dict[str, Value | None], frozenset[str]]:
    values: dict[str, Value | None] = {}
    unclear = set()
    for name, one in entity.fields.items():
        if name not in raw:
            continue
        if one.guards and not isinstance(raw[name], bool):
            # Safety over form: a flag that stops effects is never lost because it was sent badly.
            values[name] = None
            unclear.add(name)
            continue
        values[name] = _value(one, raw[name], zone, f"/{name}", refusals)
    return values, frozenset(unclear)


def _value(one: Field, raw: object, zone: ZoneInfo, pointer: str, refusals: list[Refusal]) -> Value | None:
    if raw is None:
        return None
    try:
        value: Value = READERS[one.type](raw, zone)
    except ValueRefused as error:
        refusals.append(Refusal(pointer, str(error)))
        return None
    if one.choices and isinstance(value, str) and value.casefold() not in one.choices:
        refusals.append(Refusal(pointer, nearest(value.casefold(), one.choices) or f"one of: {', '.join(one.choices)}"))
    return value


def _items(
    collection: Collection, raw: object, zone: ZoneInfo, refusals: list[Refusal], *, ignore_unknown: bool
) -> tuple[Item, ...]:
    pointer = f"/{collection.name}"
    if raw is None:
        return ()
    if not isinstance(raw, list) or len(raw) > MOST_ITEMS:
        refusals.append(Refusal(pointer, f"a collection is a list of {MOST_ITEMS:,} items at most"))
        return ()
    items: dict[str, Item] = {}
    for index, one in enumerate(raw):
        item = _item(collection, one, zone, f"{pointer}/{index}", refusals, ignore_unknown=ignore_unknown)
        if item is None:
            continue
        if item.id in items and "id" in one:
            refusals.append(Refusal(f"{pointer}/{index}/id", "two items of one list cannot have the same id"))
        items[item.id if item.id not in items else f"{item.id}-{index}"] = item
    return tuple(Item(key, item.values) for key, item in items.items())


def _item(
    collection: Collection, raw: object, zone: ZoneInfo, pointer: str, refusals: list[Refusal], *, ignore_unknown: bool
) -> Item | None:
    if not isinstance(raw, dict):
        refusals.append(Refusal(pointer, "an item is a JSON object"))
        return None
    before = len(refusals)
    if not ignore_unknown:
        strange = [key for key in raw if key not in collection.fields and key != "id"]
        refusals += [_unknown(f"{pointer}/{escaped(key)}", key, collection.fields) for key in strange]
    values = {
        name: _value(one, raw[name], zone, f"{pointer}/{name}", refusals)
        for name, one in collection.fields.items()
        if name in raw
    }
    refusals += [
        Refusal(f"{pointer}/{one.name}", "an item of this kind needs it")
        for one in collection.fields.values()
        if one.required and values.get(one.name) is None
    ]
    try:
        item_id = read_id(raw["id"]) if "id" in raw else identity_of(collection, values)
    except ValueRefused as error:
        refusals.append(Refusal(f"{pointer}/id", str(error)))
        return None
    return Item(item_id, values) if len(refusals) == before else None


def identity_of(collection: Collection, values: Mapping[str, Value | None]) -> str:
    """Return the id of an item that came without one: a digest of what tells it apart."""
    told_by = collection.identity or tuple(collection.fields)
    parts = [str(values.get(name)) for name in told_by]
    return "~" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:24]


def _unknown(pointer: str, key: str, known: Mapping[str, Field] | tuple[str, ...]) -> Refusal:
    hint = nearest(key, known) or "add it to `model` in the configuration, or set `unknown_fields: ignore`"
    return Refusal(pointer, f"the model has no such field; {hint}")


def escaped(key: str) -> str:
    """Return a key as a part of a JSON pointer (RFC 6901), shortened, and printable whatever it holds."""
    plain = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in key[:LONGEST_KEY])
    return plain.replace("~", "~0").replace("/", "~1")


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _no_constant(name: str) -> Iterator[None]:
    raise ValueError(f"{name} is no JSON number")


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_float=Decimal, parse_constant=_no_constant)
