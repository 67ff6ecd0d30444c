"""CloudEvents 1.0 as JSON: what a CRM posts becomes events, each alone, or every reason why one of them does not."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine.model.snapshot import Refusal, Refused, escaped
from engine.model.values import ValueRefused, is_storable, read_datetime, read_id
from engine.store.inbox import Event

MOST_EVENTS = 1_000
DEEPEST = 100  # objects and lists within each other in an event's data
VERSION = "1.0"
# RFC 3339, to the microsecond: some clocks tell nanoseconds.
_TIME = re.compile(r"(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d)(?:(\.\d{1,6})\d*)?([Zz]|[+-]\d\d:\d\d)")
_JSON = re.compile(r"[^/\s;]+/(?:[^/\s;]+\+)?json\s*(?:;.*)?", re.IGNORECASE)
_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Told:
    """An event as it was told: its place in the batch, the pointer to it, and the event, or why it is none.

    `id` is the id with which it came, None where that cannot be told.
    """

    index: int
    pointer: str
    id: str | None
    event: Event | None
    refusals: tuple[Refusal, ...] = ()


def read_events(raw: Any) -> list[Told]:
    """Return what is told by a single CloudEvent (an object) or a batch (a list), in its order.

    Attributes that are extensions are let be and go no further. Raises Refused where there are more events than a batch
    may have.
    """
    if not isinstance(raw, list):
        return [_read(0, "", raw)]
    if len(raw) > MOST_EVENTS:
        raise Refused([Refusal("", f"a batch has {MOST_EVENTS:,} events at most")])
    return [_read(index, f"/{index}", one) for index, one in enumerate(raw)]


def _read(index: int, pointer: str, raw: Any) -> Told:
    if not isinstance(raw, Mapping) or raw.get("specversion") != VERSION:
        where = f"{pointer}/specversion" if isinstance(raw, Mapping) else pointer
        wrong = Refusal(where, f"a CloudEvent of specversion {VERSION} was expected")
        return Told(index, pointer, _id_of(raw), None, (wrong,))
    refusals: list[Refusal] = []
    words = {name: _word(raw, name, pointer, refusals) for name in ("source", "id", "type", "subject")}
    data = _data(raw, pointer, refusals)
    time = _time(raw.get("time"), f"{pointer}/time", refusals)
    if refusals:
        return Told(index, pointer, _id_of(raw), None, tuple(refusals))
    event = Event(words["source"], words["id"], words["type"], words["subject"], data, time)
    return Told(index, pointer, event.id, event)


def _word(raw: Mapping[str, Any], name: str, pointer: str, refusals: list[Refusal]) -> str:
    try:
        return read_id(raw.get(name))
    except ValueRefused as error:
        refusals.append(Refusal(f"{pointer}/{name}", str(error).replace("an id", "it", 1)))
        return ""


def _id_of(raw: Any) -> str | None:
    """Return the id of what is no event, where it has one."""
    try:
        return read_id(raw.get("id")) if isinstance(raw, Mapping) else None
    except ValueRefused:
        return None


def _data(raw: Mapping[str, Any], pointer: str, refusals: list[Refusal]) -> dict[str, Any]:
    """Return the data of an event: a JSON object, empty where there is none."""
    kind = raw.get("datacontenttype")
    if kind is not None and not (isinstance(kind, str) and _JSON.fullmatch(kind)):
        refusals.append(Refusal(f"{pointer}/datacontenttype", "data is JSON here: write application/json, or nothing"))
    if "data_base64" in raw:
        refusals.append(Refusal(f"{pointer}/data_base64", "data is a JSON object here: send it as `data`"))
    data = raw.get("data")
    if data is None:
        return {}
    if not isinstance(data, Mapping):
        refusals.append(Refusal(f"{pointer}/data", "a JSON object was expected"))
        return {}
    refusals += _unstorable(data, f"{pointer}/data")
    return dict(data)


def _unstorable(raw: object, pointer: str, depth: int = 0) -> Iterator[Refusal]:
    """Give what no store keeps: lone surrogates in texts and keys, and data nested beyond all use."""
    if isinstance(raw, str) and not is_storable(raw):
        yield Refusal(pointer, "text cannot hold lone surrogates")
    elif depth > DEEPEST:
        yield Refusal(pointer, f"data is nested {DEEPEST} deep at most")
    elif isinstance(raw, Mapping):
        for key, value in raw.items():
            if not is_storable(key):
                yield Refusal(pointer, "a key cannot hold lone surrogates")
            if not isinstance(value, str) or not value.isascii():
                yield from _unstorable(value, f"{pointer}/{escaped(key)}", depth + 1)
    elif isinstance(raw, list):
        for index, one in enumerate(raw):
            yield from _unstorable(one, f"{pointer}/{index}", depth + 1)


def _time(raw: Any, pointer: str, refusals: list[Refusal]) -> datetime | None:
    """Return when an event happened; None where it does not say."""
    if raw is None:
        return None
    found = _TIME.fullmatch(raw) if isinstance(raw, str) else None
    try:
        if found is not None:
            return read_datetime("".join(filter(None, found.groups())), _UTC)
    except ValueRefused:
        found = None
    refusals.append(Refusal(pointer, "a time with its offset was expected: 2026-03-01T08:00:00+01:00"))
    return None
