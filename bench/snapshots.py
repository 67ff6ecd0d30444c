"""Snapshots of the population: the JSON lines that a CRM would send, one per contact."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Any

from bench.population import FIELDS, Contact

DATES = frozenset({"created_on", "birth_date", "last_activity_on", "last_invoice_on", "privacy_notice_sent_on"})


def lines(found: Iterable[Contact]) -> Iterator[bytes]:
    """Give each contact as a line of JSON; what is missing is not said."""
    for one in found:
        yield json.dumps(record(one)).encode()


def record(one: Contact) -> dict[str, Any]:
    """Return a contact as the CRM's JSON has it."""
    values = {name: _written(name, value) for name, value in zip(FIELDS, one.values, strict=True) if value is not None}
    return {"id": one.id, **values, "activities": _items(one.activities), "consents": _items(one.consents)}


def instant(second: int) -> str:
    """Return an instant in ISO 8601."""
    return datetime.fromtimestamp(second, UTC).isoformat()


def day(ordinal: int) -> str:
    """Return a day in ISO 8601."""
    return date.fromordinal(ordinal).isoformat()


def _written(name: str, value: Any) -> Any:
    if name in DATES:
        return day(value)
    return list(value) if isinstance(value, tuple) else value


def _items(items: Iterable[Any]) -> list[dict[str, Any]]:
    return [
        {name: _of_item(name, value) for name, value in item._asdict().items() if value is not None} for item in items
    ]


def _of_item(name: str, value: Any) -> Any:
    if name == "at":
        return instant(value)
    return day(value) if name == "expires_on" else value
