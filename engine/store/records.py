"""Record tables: typed columns made from the model, with the shadow columns that make text compare without case."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    MetaData,
    Table,
    func,
    inspect,
    literal,
    select,
)
from sqlalchemy.types import TypeEngine

from engine.model.entity import Collection, Entity, Field, FieldType, Model
from engine.model.facts import ENDED, HOLDS
from engine.store.columns import Exact, Instant, Text, TextList
from engine.store.prepared import Shelf
from engine.store.tables import CATALOGUE, KEY
from engine.store.unavailable import StoreMisconfigured

__all__ = [
    "FOLDED", "STORED_AT", "UNCLEAR", "RecordTables", "Table", "bring_up_to_date", "column_names", "is_set", "mask_of",
    "masks", "tables_of",
]  # fmt: skip

FOLDED, UNCLEAR = "__folded", "__unclear"
STORED_AT = "stored_at"
MASK_BITS = 62
_TYPES: Mapping[FieldType, TypeEngine[Any]] = {
    FieldType.TEXT: Text(),
    FieldType.NUMBER: Exact(),
    FieldType.MONEY: Exact(),
    FieldType.FLAG: Boolean(),
    FieldType.DATE: Instant(),  # the first instant of the day, so that all dates compare as integers
    FieldType.DATETIME: Instant(),
    FieldType.LIST: TextList(),
}
_FOLDED_TYPES = frozenset({FieldType.TEXT, FieldType.LIST})


@dataclass(frozen=True, slots=True)
class RecordTables:
    """The tables of one model: records by entity, items by entity and collection, field changes by entity.

    `shelf` keeps the statements on them that were prepared once.
    """

    model: Model
    metadata: MetaData
    records: Mapping[str, Table]
    items: Mapping[tuple[str, str], Table]
    changes: Mapping[str, Table]
    shelf: Shelf = field(default_factory=Shelf, compare=False)

    def population(self, connection: Connection, entity: str) -> int:
        """Return how many records of an entity there are."""
        return int(connection.execute(select(func.count()).select_from(self.records[entity])).scalar_one())


def tables_of(model: Model) -> RecordTables:
    """Return the tables that a model asks for."""
    metadata = MetaData()
    records = {entity.name: _record_table(metadata, entity) for entity in model.entities.values()}
    items = {
        (entity.name, collection.name): _item_table(metadata, entity, collection)
        for entity in model.entities.values()
        for collection in entity.collections.values()
    }
    changes = {entity.name: _change_table(metadata, entity) for entity in model.entities.values()}
    return RecordTables(model, metadata, records, items, changes)


def bring_up_to_date(connection: Connection, tables: RecordTables) -> None:
    """Make what the model asks for and the store lacks: tables, columns, bits of the change log. Nothing is dropped."""
    inspector = inspect(connection)
    existing = {
        name: columns
        for (_, name), columns in inspector.get_multi_columns(filter_names=list(tables.metadata.tables)).items()
    }
    longest = connection.dialect.max_identifier_length
    for table in tables.metadata.sorted_tables:
        if len(table.name) > longest:
            remedy = f"together may have {longest - len('item___')} characters at most in this database"
            raise StoreMisconfigured(
                f"model: {table.name} is too long: the names of an entity and a collection {remedy}"
            )
        if table.name not in existing:
            table.create(connection)
            continue
        known = {column["name"] for column in existing[table.name]}
        for column in table.columns:
            if column.name not in known:
                from engine.store.migrating import add_column  # noqa: PLC0415 - few models change, and it is slow to load

                add_column(connection, table.name, Column(column.name, column.type, nullable=True))
    for entity in tables.model.entities.values():
        _assign_bits(connection, entity)


def masks(connection: Connection, entity: str) -> dict[str, int]:
    """Return, for each field and collection of an entity, its bit in the masks of the change log."""
    rows = connection.execute(select(CATALOGUE.c.name, CATALOGUE.c.bit).where(CATALOGUE.c.entity == entity))
    return {name: 1 << bit for name, bit in rows}


def mask_of(names: Iterable[str], bits: Mapping[str, int]) -> int:
    """Return the mask of several fields and collections."""
    mask = 0
    for name in names:
        mask |= bits[name]
    return mask


def is_set(records: Table, flag: str) -> ColumnElement[bool]:
    """Return whether a guarding flag counts as set: true, or sent so badly that it cannot be told."""
    return func.coalesce(records.c[flag], literal(False)) | func.coalesce(records.c[flag + UNCLEAR], literal(False))


def column_names(one: Field) -> tuple[str, ...]:
    """Return the names of a field's columns: its value, and what is kept beside it."""
    folded = (one.name + FOLDED,) if one.type in _FOLDED_TYPES else ()
    return (one.name, *folded, *((one.name + UNCLEAR,) if one.guards else ()))


def columns_of(one: Field) -> Iterator[Column[Any]]:
    """Give the columns of a field."""
    for name in column_names(one):
        yield Column(name, Boolean() if name.endswith(UNCLEAR) else _TYPES[one.type])


def _record_table(metadata: MetaData, entity: Entity) -> Table:
    return Table(
        f"record_{entity.name}",
        metadata,
        Column("key", KEY, primary_key=True, autoincrement=True),
        Column("id", Text, nullable=False, unique=True),
        Column("version", BigInteger),
        Column(STORED_AT, Instant),
        *(column for one in entity.fields.values() for column in columns_of(one)),
        info={"entity": entity.name},
        sqlite_autoincrement=True,
    )


def _item_table(metadata: MetaData, entity: Entity, collection: Collection) -> Table:
    return Table(
        f"item_{entity.name}__{collection.name}",
        metadata,
        # Clustered by owner: the items of a record lie together, which is how every criterion reads them.
        Column("owner_key", ForeignKey(f"record_{entity.name}.key", ondelete="CASCADE"), primary_key=True),
        Column("id", Text, primary_key=True),
        *(column for one in collection.fields.values() for column in columns_of(one)),
        sqlite_with_rowid=False,
    )


def _change_table(metadata: MetaData, entity: Entity) -> Table:
    """Return the table of when fields got their present values, where that was after the record was first stored."""
    return Table(
        f"field_change_{entity.name}",
        metadata,
        Column("owner_key", ForeignKey(f"record_{entity.name}.key", ondelete="CASCADE"), primary_key=True),
        Column("field", Text, primary_key=True),
        Column("changed_at", Instant, nullable=False),
        sqlite_with_rowid=False,
    )


def _assign_bits(connection: Connection, entity: Entity) -> None:
    rows = connection.execute(select(CATALOGUE).where(CATALOGUE.c.entity == entity.name)).mappings()
    taken = {row["name"]: row["type"] for row in rows}
    present = {name: one.type.value for name, one in entity.fields.items()} | dict.fromkeys(entity.collections, "items")
    present |= {HOLDS: "holds", ENDED: "deletions"}
    for name in present.keys() & taken.keys():
        if present[name] != taken[name]:
            now, before = present[name], taken[name]
            remedy = "declare it as it was, or give the new one another name"
            raise StoreMisconfigured(
                f"model: {entity.name}.{name} is {before} in the store, and is declared as {now}: {remedy}"
            )
    # Beyond the width of a mask fields share the last bit: rules on them look once too often, never too seldom.
    fresh = [
        {"entity": entity.name, "name": name, "type": present[name], "bit": min(len(taken) + index, MASK_BITS - 1)}
        for index, name in enumerate(name for name in present if name not in taken)
    ]
    if fresh:
        connection.execute(CATALOGUE.insert(), fresh)
