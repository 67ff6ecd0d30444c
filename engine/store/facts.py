"""Facts from the store: one record as values, with items, the records it refers to, and other rules' verdicts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from engine.model.entity import Entity, Field, FieldType
from engine.model.facts import Facts, Item, Value
from engine.store import holds
from engine.store.records import STORED_AT, UNCLEAR, RecordTables
from engine.store.tables import CASES, RULE
from engine.vocabulary.calendar import local_date
from engine.vocabulary.truth import Truth

DEEPEST_REFERENCE = 4


@dataclass(frozen=True, slots=True)
class Records:
    """Reads single records."""

    tables: RecordTables
    zone: ZoneInfo

    def key_of(self, connection: Connection, entity: str, record_id: str) -> int | None:
        """Return the key of a record, or None where the store has no such record."""
        table = self.tables.records[entity]
        found = connection.execute(select(table.c.key).where(table.c.id == record_id)).scalar_one_or_none()
        return None if found is None else int(found)

    def facts(self, connection: Connection, entity: str, key: int, depth: int = DEEPEST_REFERENCE) -> Facts | None:
        """Return all that is held about a record, or None where it is gone."""
        table = self.tables.records[entity]
        row = connection.execute(select(table).where(table.c.key == key)).mappings().one_or_none()
        if row is None:
            return None
        shape = self.tables.model.entity(entity)
        values = self._values(shape.fields, row)
        collections = {name: self._items(connection, shape, name, key) for name in shape.collections}
        references = dict(self._references(connection, shape, values, depth)) if depth else {}
        unclear = frozenset(one.name for one in shape.fields.values() if one.guards and row[one.name + UNCLEAR])
        cases = self._cases(connection, entity, key)
        return Facts(
            row["id"],
            values,
            collections,
            references,
            {rule: _verdict(case.undecided, case.opened_at) for rule, case in cases.items()},
            unclear,
            {rule: case.opened_at for rule, case in cases.items() if case.opened_at is not None},
            self._changed(connection, shape, row, unclear),
            holds.names_on(connection, entity, key),
            {rule: case.true_since for rule, case in cases.items() if case.true_since is not None},
        )

    def version(self, connection: Connection, entity: str, key: int) -> int | None:
        """Return the version that the CRM gave a record's state, or None where it gave none."""
        table = self.tables.records[entity]
        return connection.execute(select(table.c.version).where(table.c.key == key)).scalar_one_or_none()

    def unclear(self, connection: Connection, entity: str, key: int) -> frozenset[str]:
        """Return the guarding flags of a record that were sent badly and so count as set."""
        table = self.tables.records[entity]
        names = [one.name for one in self.tables.model.entity(entity).fields.values() if one.guards]
        columns = [table.c[name + UNCLEAR].label(name) for name in names]
        row = connection.execute(select(table.c.key, *columns).where(table.c.key == key)).mappings().one()
        return frozenset(name for name in names if row[name])

    def set_flags(self, connection: Connection, entity: str, key: int) -> frozenset[str]:
        """Return the guarding flags that count as set: true, or sent so badly that it cannot be told."""
        table = self.tables.records[entity]
        row = connection.execute(select(table).where(table.c.key == key)).mappings().one_or_none()
        flags = [one.name for one in self.tables.model.entity(entity).fields.values() if one.guards]
        return frozenset(name for name in flags if row is not None and (row[name] or row[name + UNCLEAR]))

    def _items(self, connection: Connection, shape: Entity, name: str, key: int) -> tuple[Item, ...]:
        table = self.tables.items[(shape.name, name)]
        rows = connection.execute(select(table).where(table.c.owner_key == key).order_by(table.c.id)).mappings()
        return tuple(Item(row["id"], self._values(shape.collections[name].fields, row)) for row in rows)

    def _references(
        self, connection: Connection, shape: Entity, values: Mapping[str, Value | None], depth: int
    ) -> list[tuple[str, Facts]]:
        found = []
        for one in shape.fields.values():
            target = values.get(one.name)
            if one.references is None or not isinstance(target, str):
                continue
            key = self.key_of(connection, one.references, target)
            referred = None if key is None else self.facts(connection, one.references, key, depth - 1)
            if referred is not None:
                found.append((one.name, referred))
        return found

    def _cases(self, connection: Connection, entity: str, key: int) -> dict[str, Any]:
        """Return, for every rule of the entity that was evaluated, what its case is; nulls where it has none."""
        its = (CASES.c.rule == RULE.c.key) & (CASES.c.record == key)
        columns = (CASES.c.undecided, CASES.c.opened_at, CASES.c.true_since)
        state = select(RULE.c.id, *columns).select_from(RULE.outerjoin(CASES, its))
        rows = connection.execute(state.where(RULE.c.entity == entity, RULE.c.evaluated_version.is_not(None)))
        return {row.id: row for row in rows}

    def _changed(
        self, connection: Connection, shape: Entity, row: Mapping[Any, Any], unclear: frozenset[str]
    ) -> dict[str, datetime]:
        """Return when each field got the value that it has."""
        stamps = self.tables.changes[shape.name]
        later = select(stamps.c.field, stamps.c.changed_at).where(stamps.c.owner_key == row["key"])
        first = row[STORED_AT]
        held = {name: first for name in shape.fields if first and (row[name] is not None or name in unclear)}
        return held | {name: at for name, at in connection.execute(later)}  # noqa: C416 - rows are no pairs to mypy

    def _values(self, fields: Mapping[str, Field], row: Mapping[Any, Any]) -> dict[str, Value | None]:
        return {name: self._value(one, row[name]) for name, one in fields.items()}

    def _value(self, one: Field, value: Any) -> Value | None:
        if one.type is FieldType.DATE and isinstance(value, datetime):
            return local_date(value, self.zone)
        found: Value | None = value
        return found


def _verdict(undecided: bool | None, opened_at: datetime | None) -> Truth:
    if undecided:
        return Truth.UNKNOWN
    return Truth.of(opened_at is not None)  # a case that waits is none yet
