"""Field changes: what event patterns wait for as `<field>.changed`, noted while state is written, from and to.

Only the fields that patterns of the active rulebook name are noted: the values are personal data like any event.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from engine.language.event_pattern import CHANGED
from engine.model.entity import Entity, Field, FieldType
from engine.store import inbox
from engine.store.inbox import OWN, Event
from engine.store.records import UNCLEAR
from engine.vocabulary.calendar import local_date

Row = Mapping[str, Any]


@dataclass(slots=True)
class FieldChanges:
    """Collects the changes of watched fields in records that are written at an instant, as rows before and after."""

    entity: Entity
    zone: ZoneInfo
    watched: frozenset[str]
    at: datetime
    places: Mapping[str, int] = field(default_factory=dict)  # by record, of the snapshots that are being written
    _events: list[tuple[int, Event]] = field(default_factory=list)

    def created(self, record_id: str, row: Row) -> None:
        """Note the values that a new record came with; there is nothing that they changed from."""
        for one in self._named(row):
            value = self._value(one, row)
            if value is not None and not (one.guards and value is False):
                self._add(record_id, one, {"to": value})

    def updated(self, record_id: str, before: Row, after: Row) -> None:
        """Note the values that are others than before; `after` has those that were sent."""
        for one in self._named(after):
            old, new = self._value(one, before), self._value(one, after)
            if old != new:
                self._add(record_id, one, {"from": old, "to": new})

    def write(self, connection: Connection) -> None:
        """Write what was noted: in the transaction of the state."""
        inbox.take(connection, (event for _, event in self._events), self.at)

    def by_place(self, count: int) -> list[list[Event]]:
        """Return what was noted of each of so many snapshots, for whoever keeps it together with what caused it."""
        found: list[list[Event]] = [[] for _ in range(count)]
        for place, event in self._events:
            found[place].append(event)
        return found

    def _named(self, row: Row) -> Iterator[Field]:
        return (self.entity.fields[name] for name in sorted(self.watched) if name in row and name in self.entity.fields)

    def _value(self, one: Field, row: Row) -> object:
        """Return the value of a column as JSON says it. A flag that was never sent is not set."""
        value = row[one.name]
        if one.guards and value is None:
            return None if row.get(one.name + UNCLEAR) else False
        if isinstance(value, datetime):
            return (local_date(value, self.zone) if one.type is FieldType.DATE else value).isoformat()
        if isinstance(value, Decimal):
            return int(value) if value == value.to_integral() else float(value)
        return list(value) if isinstance(value, tuple) else value

    def _add(self, record_id: str, one: Field, data: dict[str, Any]) -> None:
        name = f"{one.name}.{CHANGED}"
        event = Event(OWN, uuid4().hex, name, record_id, data, entity=self.entity.name)
        self._events.append((self.places.get(record_id, 0), event))
