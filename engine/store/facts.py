"""Facts from the store: one record as values, with items, the records it refers to, and other rules' verdicts."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from engine.model.entity import Entity, Field, FieldType
from engine.model.facts import Facts, Item, Value
from engine.store import holds, restrictions
from engine.store.listed import listed
from engine.store.records import STORED_AT, UNCLEAR, RecordTables
from engine.store.tables import CASES, RULE
from engine.vocabulary.calendar import local_date
from engine.vocabulary.truth import Truth

DEEPEST_REFERENCE = 4
STAYS = "~restricted"


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

    def keys_of(self, connection: Connection, entity: str, ids: Collection[str]) -> dict[str, int]:
        """Return the keys of records by their ids, of those that the store has; none of an entity that it does not."""
        table = self.tables.records.get(entity)
        if table is None or not ids:
            return {}
        rows = connection.execute(select(table.c.id, table.c.key).where(table.c.id.in_(listed(connection, ids))))
        return {row.id: row.key for row in rows}

    def id_of(self, connection: Connection, entity: str, key: int) -> str | None:
        """Return the id of a record, or None where it is gone."""
        table = self.tables.records[entity]
        found: str | None = connection.execute(select(table.c.id).where(table.c.key == key)).scalar_one_or_none()
        return found

    def facts(self, connection: Connection, entity: str, key: int) -> Facts | None:
        """Return all that is held about a record, or None where it is gone."""
        return self.facts_of(connection, entity, [key]).get(key)

    def named(self, connection: Connection, entity: str, key: int, depth: int = DEEPEST_REFERENCE) -> Facts | None:
        """Return what texts can name of a record: its values, and the records that it refers to; None where it is gone.

        That is less, and faster, than all that is held.
        """
        table, shape = self.tables.records[entity], self.tables.model.entity(entity)
        row = connection.execute(select(table).where(table.c.key == key)).mappings().one_or_none()
        if row is None:
            return None
        values = self._values(shape.fields, row)
        referred: dict[str, Facts] = {}
        for one in shape.fields.values() if depth else ():
            if one.references is not None and isinstance(to := values[one.name], str):
                target = self.key_of(connection, one.references, to)
                found = None if target is None else self.named(connection, one.references, target, depth - 1)
                referred |= {} if found is None else {one.name: found}
        return Facts(row["id"], values, references=referred)

    def facts_of(
        self,
        connection: Connection,
        entity: str,
        keys: Collection[int],
        depth: int = DEEPEST_REFERENCE,
        *,
        rules: Collection[str] | None = None,
    ) -> dict[int, Facts]:
        """Return all that is held about several records, by key, in as many statements as for one.

        With `rules`, verdicts of just those rules are looked up.
        """
        table, shape = self.tables.records[entity], self.tables.model.entity(entity)
        rows = {row["key"]: row for row in connection.execute(select(table).where(table.c.key.in_(keys))).mappings()}
        if not rows:
            return {}
        values = {key: self._values(shape.fields, row) for key, row in rows.items()}
        items = {name: self._items(connection, shape, name, rows) for name in shape.collections}
        referred = self._references(connection, shape, values.values(), depth) if depth else {}
        cases, held = self._cases(connection, entity, rows, rules), holds.names_on(connection, entity, rows)
        stamps = self._stamps(connection, shape, rows)
        found = {}
        for key, row in rows.items():
            unclear = frozenset(one.name for one in shape.fields.values() if one.guards and row[one.name + UNCLEAR])
            found[key] = Facts(
                row["id"],
                values[key],
                {name: tuple(by_owner.get(key, ())) for name, by_owner in items.items()},
                {name: targets[to] for name, targets in referred.items() if (to := values[key][name]) in targets},
                {rule: _verdict(case) for rule, case in cases[key].items()},
                unclear,
                {rule: case.opened_at for rule, case in cases[key].items() if case and case.opened_at is not None},
                self._changed(shape, row, unclear) | stamps.get(key, {}),
                held.get(key, frozenset()),
                {rule: case.true_since for rule, case in cases[key].items() if case and case.true_since is not None},
            )
        return found

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
        """Return the guarding flags that count as set: true, or sent so badly that it cannot be told.

        That of a restriction counts until the restriction ends, also when the CRM has unset it before.
        """
        table = self.tables.records[entity]
        stays = restrictions.is_restricted(entity, table.c.key).label(STAYS)
        row = connection.execute(select(table, stays).where(table.c.key == key)).mappings().one_or_none()
        if row is None:
            return frozenset()
        flags = [one.name for one in self.tables.model.entity(entity).fields.values() if one.guards]
        still = {restrictions.FLAG} if row[STAYS] else set()
        return frozenset({name for name in flags if row[name] or row[name + UNCLEAR]} | still)

    def _items(
        self, connection: Connection, shape: Entity, name: str, keys: Collection[int]
    ) -> Mapping[int, list[Item]]:
        """Return the items of a collection by the record that they belong to."""
        table, fields = self.tables.items[(shape.name, name)], shape.collections[name].fields
        rows = select(table).where(table.c.owner_key.in_(keys)).order_by(table.c.owner_key, table.c.id)
        found: dict[int, list[Item]] = defaultdict(list)
        for row in connection.execute(rows).mappings():
            found[row["owner_key"]].append(Item(row["id"], self._values(fields, row)))
        return found

    def _references(
        self, connection: Connection, shape: Entity, records: Collection[Mapping[str, Value | None]], depth: int
    ) -> dict[str, dict[Value | None, Facts]]:
        """Return, for each field that refers to records, those that are there, by the id with which it does."""
        found: dict[str, dict[Value | None, Facts]] = {}
        for one in shape.fields.values():
            targets = {values.get(one.name) for values in records} - {None} if one.references else set()
            if one.references is None or not targets:
                continue
            table = self.tables.records[one.references]
            keys = connection.execute(select(table.c.key).where(table.c.id.in_(targets))).scalars().all()
            facts = self.facts_of(connection, one.references, keys, depth - 1, rules=()) if keys else {}
            found[one.name] = {referred.id: referred for referred in facts.values()}
        return found

    def _cases(
        self, connection: Connection, entity: str, keys: Collection[int], rules: Collection[str] | None
    ) -> dict[int, dict[str, Any]]:
        """Return, by record and every rule of the entity that was evaluated, its case; None where it has none."""
        if rules is not None and not rules:
            return {key: {} for key in keys}
        evaluated = select(RULE.c.key, RULE.c.id).where(RULE.c.entity == entity, RULE.c.evaluated_version.is_not(None))
        chosen = evaluated if rules is None else evaluated.where(RULE.c.id.in_(rules))
        names: dict[int, str] = {row.key: row.id for row in connection.execute(chosen)}
        found: dict[int, dict[str, Any]] = {key: dict.fromkeys(names.values()) for key in keys}
        columns = (CASES.c.rule, CASES.c.record, CASES.c.undecided, CASES.c.opened_at, CASES.c.true_since)
        for row in connection.execute(select(*columns).where(CASES.c.record.in_(keys))):
            if row.rule in names:
                found[row.record][names[row.rule]] = row
        return found

    def _stamps(
        self, connection: Connection, shape: Entity, keys: Collection[int]
    ) -> Mapping[int, dict[str, datetime]]:
        """Return, by record, when fields got the values that they have, where that was after it was first stored."""
        stamps = self.tables.changes[shape.name]
        found: dict[int, dict[str, datetime]] = defaultdict(dict)
        for row in connection.execute(select(stamps).where(stamps.c.owner_key.in_(keys))):
            found[row.owner_key][row.field] = row.changed_at
        return found

    def _changed(self, shape: Entity, row: Mapping[Any, Any], unclear: frozenset[str]) -> dict[str, datetime]:
        """Return when each field got the value that it has, had none been changed since the record was stored."""
        first = row[STORED_AT]
        return {name: first for name in shape.fields if first and (row[name] is not None or name in unclear)}

    def _values(self, fields: Mapping[str, Field], row: Mapping[Any, Any]) -> dict[str, Value | None]:
        return {name: stored_value(one, row[name], self.zone) for name, one in fields.items()}


def stored_value(one: Field, value: Any, zone: ZoneInfo) -> Value | None:
    """Return what a column holds as the value of its field: of a day the date, not its first instant."""
    if one.type is FieldType.DATE and isinstance(value, datetime):
        return local_date(value, zone)
    found: Value | None = value
    return found


def _verdict(case: Any) -> Truth:
    """Return what a case, or that there is none, says of the verdict."""
    if case is None:
        return Truth.FALSE
    return Truth.UNKNOWN if case.undecided else Truth.of(case.opened_at is not None)  # one that waits is none yet
