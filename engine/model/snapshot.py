"""Snapshots: JSON from a CRM becomes typed values, or every reason why not, with pointers and no personal value."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from engine.model.entity import Collection, Entity, Field
from engine.model.facts import Facts, Item, Value
from engine.model.values import READERS, ValueRefused, read_id, read_text
from engine.vocabulary.problem import nearest

MOST_ITEMS = 20_000
MOST_VERSION = 2**62
MOST_FAULTS = 100  # of one record for which somebody looks what was meant
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
    """Return the checked snapshot of a record; raises Refused with every fault found.

    Who reads many makes one SnapshotReader.
    """
    return SnapshotReader(entity, zone, ignore_unknown=ignore_unknown).read(raw)


class SnapshotReader:
    """Reads records of one entity: what reads which field is found out once."""

    def __init__(self, entity: Entity, zone: ZoneInfo, *, ignore_unknown: bool = False) -> None:
        self._entity = entity
        self._zone = zone
        self._ignore_unknown = ignore_unknown
        self._fields = _FieldsReader(entity.fields, zone)
        self._guards = tuple(name for name, one in entity.fields.items() if one.guards)
        self._known = frozenset({*entity.fields, *entity.collections, *_OWN})
        self._items: dict[str, _ItemsReader] = {}

    def read(self, raw: object) -> Snapshot:
        """Return the checked snapshot of a record; raises Refused with every fault found."""
        if not isinstance(raw, Mapping):
            raise Refused([Refusal("", "a record is a JSON object")])
        refusals: list[Refusal] = []
        unknown = tuple(key for key in raw if key not in self._known)
        if unknown and not self._ignore_unknown:
            known = (*self._entity.fields, *self._entity.collections)
            refusals += [_unknown(f"/{escaped(key)}", key, known) for key in unknown[:MOST_FAULTS]]
        try:
            record_id = read_id(raw.get("id"))
        except ValueRefused as error:
            record_id = ""
            refusals.append(Refusal("/id", str(error)))
        # Safety over form: a flag that stops effects is never lost because it was sent badly.
        unclear = frozenset(name for name in self._guards if name in raw and not isinstance(raw[name], bool))
        values = self._fields.read({**raw, **dict.fromkeys(unclear)} if unclear else raw, "", refusals)
        named = [name for name in self._entity.collections if name in raw]
        collections = {name: self._reader_of(name).read(raw[name], refusals) for name in named}
        version = _version(raw, refusals)
        if refusals:
            raise Refused(refusals)
        return Snapshot(record_id, values, collections, unclear, version, unknown)

    def _reader_of(self, name: str) -> "_ItemsReader":
        if name not in self._items:
            collection = self._entity.collections[name]
            self._items[name] = _ItemsReader(collection, self._zone, ignore_unknown=self._ignore_unknown)
        return self._items[name]


_OWN = frozenset({"id", "version"})


def _version(raw: Mapping[str, object], refusals: list[Refusal]) -> int | None:
    version = raw.get("version")
    if version is None or (isinstance(version, int) and not isinstance(version, bool) and 0 <= version < MOST_VERSION):
        return version
    refusals.append(Refusal("/version", "a version is a whole number from 0"))
    return None


class _FieldsReader:
    """Reads the fields of a record or of an item."""

    def __init__(self, fields: Mapping[str, Field], zone: ZoneInfo) -> None:
        self._zone = zone
        self._readers = {
            name: _among(one.choices) if one.choices else READERS[one.type] for name, one in fields.items()
        }

    def read(self, raw: Mapping[str, object], pointer: str, refusals: list[Refusal]) -> dict[str, Value | None]:
        """Return the values of all fields that are there; what does not fit is noted."""
        values: dict[str, Value | None] = {}
        readers, zone = self._readers, self._zone
        for name, one in raw.items():
            read = readers.get(name)
            if read is None:
                continue
            try:
                values[name] = None if one is None else read(one, zone)
            except ValueRefused as error:
                refusals.append(Refusal(f"{pointer}/{name}", str(error)))
        return values


def _among(choices: tuple[str, ...]) -> Callable[[object, ZoneInfo], Value]:
    """Return what reads one of some texts, in any letter case."""

    def read(raw: object, zone: ZoneInfo) -> str:
        text = read_text(raw, zone)
        if text.casefold() not in choices:
            raise ValueRefused(nearest(text.casefold(), choices) or f"one of: {', '.join(choices)}")
        return text

    return read


class _ItemsReader:
    """Reads the items of one collection."""

    def __init__(self, collection: Collection, zone: ZoneInfo, *, ignore_unknown: bool) -> None:
        self._collection = collection
        self._fields = _FieldsReader(collection.fields, zone)
        self._required = tuple(one.name for one in collection.fields.values() if one.required)
        self._known = None if ignore_unknown else frozenset({*collection.fields, "id"})

    def read(self, raw: object, refusals: list[Refusal]) -> tuple[Item, ...]:
        """Return the items of a list; what does not fit is noted."""
        pointer = f"/{self._collection.name}"
        if raw is None:
            return ()
        if not isinstance(raw, list) or len(raw) > MOST_ITEMS:
            refusals.append(Refusal(pointer, f"a collection is a list of {MOST_ITEMS:,} items at most"))
            return ()
        items: dict[str, Item] = {}
        for index, one in enumerate(raw):
            item = self._item(one, f"{pointer}/{index}", refusals)
            if item is None:
                continue
            if item.id in items:
                if "id" in one:
                    refusals.append(Refusal(f"{pointer}/{index}/id", "two items of one list cannot have the same id"))
                item = Item(f"{item.id}-{index}", item.values)
            items[item.id] = item
        return tuple(items.values())

    def _item(self, raw: object, pointer: str, refusals: list[Refusal]) -> Item | None:
        if not isinstance(raw, dict):
            refusals.append(Refusal(pointer, "an item is a JSON object"))
            return None
        before = len(refusals)
        if self._known is not None and not raw.keys() <= self._known:
            # To look for what was meant by thousands of keys takes minutes: of so many faults, a few more help nobody.
            strange = [key for key in raw if key not in self._known][: max(1, MOST_FAULTS - before)]
            refusals += [_unknown(f"{pointer}/{escaped(key)}", key, self._collection.fields) for key in strange]
        values = self._fields.read(raw, pointer, refusals)
        for name in self._required:
            if raw.get(name) is None:
                refusals.append(Refusal(f"{pointer}/{name}", "an item of this kind needs it"))
        try:
            item_id = read_id(raw["id"]) if "id" in raw else identity_of(self._collection, values)
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
