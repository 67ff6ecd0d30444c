"""Intake: snapshots become rows and change-log entries; what has not changed is not written."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Table, bindparam, delete, select

from engine.model.entity import Entity, Field, FieldType
from engine.model.facts import Item, Value
from engine.model.snapshot import Snapshot
from engine.store import registry
from engine.store.copying import write
from engine.store.field_changes import FieldChanges
from engine.store.records import FOLDED, STORED_AT, UNCLEAR, RecordTables, mask_of, masks
from engine.store.tables import CHANGE_LOG
from engine.vocabulary.calendar import start_of_day

Row = dict[str, Any]


@dataclass(slots=True)
class Taken:
    """What became of snapshots."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    outdated: int = 0

    def add(self, other: "Taken") -> None:
        """Add the counts of another batch."""
        self.created += other.created
        self.changed += other.changed
        self.unchanged += other.unchanged
        self.outdated += other.outdated


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes snapshots of one entity into the store. With `upserts` named items join those that are held."""

    tables: RecordTables
    entity: Entity
    zone: ZoneInfo
    upserts: bool = False

    @property
    def _records(self) -> Table:
        return self.tables.records[self.entity.name]

    def take(self, connection: Connection, snapshots: Sequence[Snapshot], at: datetime) -> Taken:
        """Write a batch in the caller's transaction; snapshots of one record are taken in their order."""
        taken = Taken()
        bits = masks(connection, self.entity.name)
        noted = FieldChanges(self.entity, self.zone, registry.watched_fields(connection, self.entity.name), at)
        for batch in _without_repeats(snapshots):
            taken.add(self._take(connection, batch, bits, noted))
        noted.write(connection)
        return taken

    def _take(
        self,
        connection: Connection,
        batch: Mapping[str, Snapshot],
        bits: Mapping[str, int],
        noted: FieldChanges,
    ) -> Taken:
        known = self._known(connection, batch)
        fresh = [snapshot for snapshot in batch.values() if snapshot.id not in known]
        changes = self._create(connection, fresh, noted)
        taken = Taken(created=len(fresh))
        current = [snapshot for snapshot in batch.values() if snapshot.id in known]
        updates: list[tuple[int, Snapshot, Row]] = []
        for snapshot in current:
            row = known[snapshot.id]
            if snapshot.version is not None and row["version"] is not None and snapshot.version <= row["version"]:
                taken.outdated += 1
            else:
                updates.append((row["key"], snapshot, row))
        named = self._update(connection, updates, noted)
        taken.changed = sum(bool(names) for _, names in named)
        taken.unchanged = len(named) - taken.changed
        self._log(connection, changes, bits, noted.at, is_new=True)
        self._log(connection, [one for one in named if one[1]], bits, noted.at, is_new=False)
        return taken

    def _known(self, connection: Connection, batch: Mapping[str, Snapshot]) -> dict[str, Row]:
        wanted = select(self._records).where(self._records.c.id.in_(list(batch)))
        return {row["id"]: dict(row) for row in connection.execute(wanted).mappings()}

    def _create(
        self, connection: Connection, fresh: Sequence[Snapshot], noted: FieldChanges
    ) -> list[tuple[int, set[str]]]:
        if not fresh:
            return []
        blank: Row = {column.name: None for column in self._records.columns if column.name != "key"}
        blank[STORED_AT] = noted.at
        rows = [blank | {"id": one.id, "version": one.version} | self.row(one.values, one.unclear) for one in fresh]
        write(connection, self._records, rows)
        for one, row in zip(fresh, rows, strict=True):
            noted.created(one.id, row)
        ids = [one.id for one in fresh]
        keyed = select(self._records.c.id, self._records.c.key).where(self._records.c.id.in_(ids))
        keys = {record_id: key for record_id, key in connection.execute(keyed)}  # noqa: C416 - rows are no pairs to mypy
        for name in self.entity.collections:
            items = [(keys[one.id], item) for one in fresh for item in one.collections.get(name, ())]
            self._insert_items(connection, name, items)
        return [
            (keys[one.id], {*one.values, *(name for name, held in one.collections.items() if held)}) for one in fresh
        ]

    def _update(
        self, connection: Connection, updates: Sequence[tuple[int, Snapshot, Row]], noted: FieldChanges
    ) -> list[tuple[int, set[str]]]:
        named: dict[int, set[str]] = {key: set() for key, _, _ in updates}
        rows = []
        for key, snapshot, known in updates:
            row = self.row(snapshot.values, snapshot.unclear)
            differing = {name for name in row if row[name] != known[name]}
            named[key] |= {name.removesuffix(UNCLEAR) for name in differing if not name.endswith(FOLDED)}
            noted.updated(snapshot.id, known, row)
            if differing or snapshot.version is not None:
                merged = {name: known[name] for name in known if name != "id"} | row
                rows.append(
                    {f"_{name}": value for name, value in merged.items()}
                    | {"_version": known["version"] if snapshot.version is None else snapshot.version}
                )
        if rows:
            names = [name.removeprefix("_") for name in rows[0] if name != "_key"]
            change = self._records.update().where(self._records.c.key == bindparam("_key"))
            connection.execute(change.values({name: bindparam(f"_{name}") for name in names}), rows)
        self._stamp(connection, named, noted.at)
        for name in self.entity.collections:
            replaced = {key: snapshot.collections[name] for key, snapshot, _ in updates if name in snapshot.collections}
            for key in self._replace_items(connection, name, replaced):
                named[key].add(name)
        return list(named.items())

    def _stamp(self, connection: Connection, named: Mapping[int, set[str]], at: datetime) -> None:
        """Note when fields got their present values; what came with the record itself is told by its own instant."""
        changes = self.tables.changes[self.entity.name]
        rows = [{"owner_key": key, "field": name, "changed_at": at} for key, names in named.items() for name in names]
        if rows:
            former = [{"_owner": row["owner_key"], "_field": row["field"]} for row in rows]
            which = (changes.c.owner_key == bindparam("_owner")) & (changes.c.field == bindparam("_field"))
            connection.execute(delete(changes).where(which), former)
            write(connection, changes, rows)

    def _replace_items(
        self, connection: Connection, name: str, wanted: Mapping[int, tuple[Item, ...]]
    ) -> Iterator[int]:
        if not wanted:
            return
        table = self.tables.items[(self.entity.name, name)]
        held: dict[int, dict[str, Row]] = {key: {} for key in wanted}
        for row in connection.execute(select(table).where(table.c.owner_key.in_(list(wanted)))).mappings():
            held[row["owner_key"]][row["id"]] = dict(row)
        gone, arrived = [], []
        for key, items in wanted.items():
            new = {item.id: self._item_row(name, key, item) for item in items}
            lost = [
                item_id
                for item_id, row in held[key].items()
                if new.get(item_id) != row and (item_id in new or not self.upserts)
            ]
            come = [row for item_id, row in new.items() if held[key].get(item_id) != row]
            gone += [{"_owner": key, "_id": item_id} for item_id in lost]
            arrived += come
            if lost or come:
                yield key
        if gone:
            which = (table.c.owner_key == bindparam("_owner")) & (table.c.id == bindparam("_id"))
            connection.execute(delete(table).where(which), gone)
        write(connection, table, arrived)

    def _insert_items(self, connection: Connection, name: str, items: Iterable[tuple[int, Item]]) -> None:
        rows = [self._item_row(name, key, item) for key, item in items]
        write(connection, self.tables.items[(self.entity.name, name)], rows)

    def _item_row(self, name: str, owner: int, item: Item) -> Row:
        fields = self.entity.collections[name].fields
        row: Row = {"owner_key": owner, "id": item.id}
        for one in fields.values():
            row |= self._columns(one, item.values.get(one.name))
        return row

    def row(self, values: Mapping[str, Value | None], unclear: Iterable[str] = ()) -> Row:
        """Return the columns of the given fields, with what is kept beside them."""
        row: Row = {}
        for name, value in values.items():
            row |= self._columns(self.entity.fields[name], value)
        return row | {name + UNCLEAR: True for name in unclear}

    def _columns(self, one: Field, value: Value | None) -> Row:
        if isinstance(value, date) and not isinstance(value, datetime):
            value = start_of_day(value, self.zone)
        row: Row = {one.name: value}
        if one.type is FieldType.TEXT:
            row[one.name + FOLDED] = value.casefold() if isinstance(value, str) else None
        elif one.type is FieldType.LIST:
            row[one.name + FOLDED] = tuple(text.casefold() for text in value) if isinstance(value, tuple) else None
        if one.guards:
            row[one.name + UNCLEAR] = False
        return row

    def _log(
        self,
        connection: Connection,
        changes: Iterable[tuple[int, set[str]]],
        bits: Mapping[str, int],
        at: datetime,
        *,
        is_new: bool,
    ) -> None:
        rows = [
            {
                "entity": self.entity.name,
                "record": key,
                "mask": mask_of(names, bits),
                "is_new": is_new,
                "changed_at": at,
            }
            for key, names in changes
        ]
        write(connection, CHANGE_LOG, rows)


def _without_repeats(snapshots: Sequence[Snapshot]) -> Iterator[dict[str, Snapshot]]:
    """Give batches in which no record stands twice, in the order of arrival."""
    batch: dict[str, Snapshot] = {}
    for snapshot in snapshots:
        if snapshot.id in batch:
            yield batch
            batch = {}
        batch[snapshot.id] = snapshot
    if batch:
        yield batch
