"""Intake: snapshots become rows and change-log entries; what has not changed is not written."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, delete, select

from engine.model.entity import Entity
from engine.model.facts import Item
from engine.model.purposes import STAYING
from engine.model.snapshot import Snapshot
from engine.store import registry, restrictions
from engine.store.columns import to_microseconds
from engine.store.field_changes import FieldChanges
from engine.store.inbox import Event
from engine.store.records import FOLDED, STORED_AT, UNCLEAR, RecordTables, mask_of, masks
from engine.store.restrictions import FLAG
from engine.store.rows import FieldRows, Stored, insert_rows, padded, selecting
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


class Intake:
    """Takes snapshots of one entity into the store. With `upserts` named items join those that are held."""

    def __init__(self, tables: RecordTables, entity: Entity, zone: ZoneInfo, *, upserts: bool = False) -> None:
        self._entity = entity
        self._zone = zone
        self._upserts = upserts
        self._records = tables.records[entity.name]
        self._items = {name: tables.items[(entity.name, name)] for name in entity.collections}
        self._changes = tables.changes[entity.name]
        self._can_restrict = restrictions.has_flag(tables, entity.name)
        self._fields = FieldRows(entity.fields, zone)
        self._item_fields: dict[str, FieldRows] = {}

    def take(self, connection: Connection, snapshots: Sequence[Snapshot], at: datetime) -> Taken:
        """Write a batch in the caller's transaction; snapshots of one record are taken in their order."""
        taken, noted = self._take_all(connection, snapshots, at)
        noted.write(connection)
        return taken

    def take_telling(
        self, connection: Connection, snapshots: Sequence[Snapshot], at: datetime
    ) -> tuple[Taken, list[list[Event]]]:
        """Write a batch as `take` does; return besides, by snapshot, the changes of fields, still to be kept."""
        taken, noted = self._take_all(connection, snapshots, at)
        return taken, noted.by_place(len(snapshots))

    def _take_all(
        self, connection: Connection, snapshots: Sequence[Snapshot], at: datetime
    ) -> tuple[Taken, FieldChanges]:
        taken = Taken()
        bits = masks(connection, self._entity.name)
        noted = FieldChanges(self._entity, self._zone, registry.watched_fields(connection, self._entity.name), at)
        for places in _in_turns(snapshots):
            noted.places = places
            batch = {record_id: snapshots[place] for record_id, place in places.items()}
            taken.add(self._take(connection, batch, bits, noted))
        return taken, noted

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
        flagged = [key for (key, _), one in zip(changes, fresh, strict=True) if self._can_restrict and _restricts(one)]
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
        self._restrict(connection, flagged, updates, noted.at)
        taken.changed = sum(bool(names) for _, names in named)
        taken.unchanged = len(named) - taken.changed
        self._log(connection, changes, bits, noted.at, is_new=True)
        self._log(connection, [one for one in named if one[1]], bits, noted.at, is_new=False)
        return taken

    def _known(self, connection: Connection, batch: Mapping[str, Snapshot]) -> dict[str, Row]:
        wanted = selecting(self._records).where(self._records.c.id.in_(padded(batch)))
        return {row["id"]: dict(row) for row in connection.execute(wanted).mappings()}

    def _create(
        self, connection: Connection, fresh: Sequence[Snapshot], noted: FieldChanges
    ) -> list[tuple[int, Iterable[str]]]:
        if not fresh:
            return []
        stored_at = to_microseconds(noted.at)
        rows = [(one.id, one.version, stored_at, *self._fields.fresh(one.values, one.unclear)) for one in fresh]
        insert_rows(connection, self._records, ("id", "version", STORED_AT, *self._fields.columns), rows)
        for one in fresh if noted.watched else ():
            noted.created(one.id, self._told(one))
        ids = [one.id for one in fresh]
        keyed = select(self._records.c.id, self._records.c.key).where(self._records.c.id.in_(padded(ids)))
        keys = {record_id: key for record_id, key in connection.execute(keyed)}  # noqa: C416 - rows are no pairs to mypy
        for name in self._items:
            self._insert_items(
                connection,
                name,
                [row for one in fresh for row in self._item_rows(name, keys[one.id], one.collections.get(name, ()))],
            )
        return [
            (keys[one.id], (*one.values, *(name for name, held in one.collections.items() if held))) for one in fresh
        ]

    def _update(
        self, connection: Connection, updates: Sequence[tuple[int, Snapshot, Row]], noted: FieldChanges
    ) -> list[tuple[int, set[str]]]:
        named: dict[int, set[str]] = {key: set() for key, _, _ in updates}
        before = self._before(connection, list(named)) if noted.watched else {}
        rows = []
        for key, snapshot, known in updates:
            row = self._fields.sent(snapshot.values, snapshot.unclear)
            differing = {name for name in row if row[name] != known[name]}
            named[key] |= {name.removesuffix(UNCLEAR) for name in differing if not name.endswith(FOLDED)}
            if noted.watched:
                noted.updated(snapshot.id, before[key], self._told(snapshot))
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
        for name in self._items:
            replaced = {key: snapshot.collections[name] for key, snapshot, _ in updates if name in snapshot.collections}
            for key in self._replace_items(connection, name, replaced):
                named[key].add(name)
        return list(named.items())

    def _restrict(
        self, connection: Connection, fresh: list[int], updates: Sequence[tuple[int, Snapshot, Row]], at: datetime
    ) -> None:
        """Let restrictions follow their flag, where it was sent and is not what it was."""
        flagged, free = fresh, []
        for key, one, row in updates if self._can_restrict else ():
            was_set = row[FLAG] or row[FLAG + UNCLEAR]
            if not was_set and _restricts(one):
                flagged.append(key)
            elif was_set and one.values.get(FLAG) is False:
                free.append(key)
        restrictions.follow(connection, self._records, self._entity.name, flagged, free, at)

    def _before(self, connection: Connection, keys: list[int]) -> dict[int, Row]:
        """Return the records as they are, with values as the model has them."""
        wanted = select(self._records).where(self._records.c.key.in_(padded(keys)))
        return {row["key"]: dict(row) for row in connection.execute(wanted).mappings()}

    def _stamp(self, connection: Connection, named: Mapping[int, set[str]], at: datetime) -> None:
        """Note when fields got their present values; what came with the record itself is told by its own instant."""
        changes = self._changes
        stamps = [(key, name, to_microseconds(at)) for key, names in named.items() for name in names]
        if stamps:
            which = (changes.c.owner_key == bindparam("_owner")) & (changes.c.field == bindparam("_field"))
            former = [{"_owner": key, "_field": name} for key, name, _ in stamps]
            connection.execute(delete(changes).where(which), former)
            insert_rows(connection, changes, ("owner_key", "field", "changed_at"), stamps)

    def _replace_items(
        self, connection: Connection, name: str, wanted: Mapping[int, tuple[Item, ...]]
    ) -> Iterator[int]:
        if not wanted:
            return
        table = self._items[name]
        held: dict[int, dict[str, Stored]] = {key: {} for key in wanted}
        for row in connection.execute(selecting(table).where(table.c.owner_key.in_(padded(wanted)))):
            held[row[0]][row[1]] = tuple(row)
        gone: list[dict[str, Any]] = []
        arrived: list[Stored] = []
        for key, items in wanted.items():
            there = held[key]
            new = {row[1]: row for row in self._item_rows(name, key, items)}
            if there == new:
                continue
            lost = [
                item_id
                for item_id, row in there.items()
                if new.get(item_id) != row and (item_id in new or not (self._upserts or item_id.startswith(STAYING)))
            ]
            come = [row for item_id, row in new.items() if there.get(item_id) != row]
            gone += [{"_owner": key, "_id": item_id} for item_id in lost]
            arrived += come
            if lost or come:
                yield key
        if gone:
            which = (table.c.owner_key == bindparam("_owner")) & (table.c.id == bindparam("_id"))
            connection.execute(delete(table).where(which), gone)
        self._insert_items(connection, name, arrived)

    def _insert_items(self, connection: Connection, name: str, rows: list[Stored]) -> None:
        table = self._items[name]
        insert_rows(connection, table, [column.name for column in table.columns], rows)

    def _item_rows(self, name: str, owner: int, items: Iterable[Item]) -> list[Stored]:
        if name not in self._item_fields:
            self._item_fields[name] = FieldRows(self._entity.collections[name].fields, self._zone)
        columns = self._item_fields[name].all
        return [(owner, item.id, *columns(item.values)) for item in items]

    def _told(self, snapshot: Snapshot) -> Row:
        """Return the fields that were sent with values as the model has them: a day is its first instant."""
        told: Row = {
            name: value
            if isinstance(value, datetime) or not isinstance(value, date)
            else start_of_day(value, self._zone)
            for name, value in snapshot.values.items()
        }
        return told | {name + UNCLEAR: True for name in snapshot.unclear}

    def _log(
        self,
        connection: Connection,
        changes: Iterable[tuple[int, Iterable[str]]],
        bits: Mapping[str, int],
        at: datetime,
        *,
        is_new: bool,
    ) -> None:
        logged = to_microseconds(at)
        rows = [(self._entity.name, key, mask_of(names, bits), is_new, logged) for key, names in changes]
        insert_rows(connection, CHANGE_LOG, ("entity", "record", "mask", "is_new", "changed_at"), rows)


def _restricts(snapshot: Snapshot) -> bool:
    return snapshot.values.get(FLAG) is True or FLAG in snapshot.unclear


def _in_turns(snapshots: Sequence[Snapshot]) -> list[dict[str, int]]:
    """Return the places of snapshots by record, in turns in which no record stands twice: its first, its second, ..."""
    turns: list[dict[str, int]] = []
    taken: dict[str, int] = {}
    for place, snapshot in enumerate(snapshots):
        turn = taken[snapshot.id] = taken.get(snapshot.id, -1) + 1
        if turn == len(turns):
            turns.append({})
        turns[turn][snapshot.id] = place
    return turns
