"""Column reading: what is stored of all records, column by column and as it is stored, in chunks of bounded size."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Integer, Select, Text, and_, select, type_coerce
from sqlalchemy.types import TypeEngine

from engine.model import stored_columns
from engine.model.entity import Field, FieldType
from engine.model.stored_columns import (
    AT,
    CHANGED,
    ENTITY,
    FIELD,
    HELD,
    ID,
    IS_NEW,
    KEY,
    MASK,
    NAME,
    OPENED,
    OWNER,
    RULE,
    SEQ,
    SINCE,
    STORED,
    UNSETTLED,
    Chunk,
    Source,
)
from engine.store.records import STORED_AT, UNCLEAR, RecordTables, Table, masks
from engine.store.tables import CASES, CHANGE_LOG, HOLD

ROWS = 500  # at once; of many more the garbage collector would look at each, again and again

# As what each type stands in its column: no value is converted on the way.
_RAW: dict[FieldType, type[TypeEngine[Any]]] = {
    FieldType.TEXT: Text,
    FieldType.NUMBER: BigInteger,
    FieldType.MONEY: BigInteger,
    FieldType.FLAG: Integer,
    FieldType.DATE: BigInteger,
    FieldType.DATETIME: BigInteger,
    FieldType.LIST: Text,
}


def read_columns(
    connection: Connection, tables: RecordTables, source: Source, names: frozenset[str]
) -> Iterator[Chunk]:
    """Give the columns of a source with these fields, sorted by the key of the record."""
    if source.part == CHANGED:
        table = tables.changes[source.entity]
        chosen = (table.c.owner_key.label(OWNER), table.c.field.label(FIELD), _instant(table.c.changed_at, AT))
        return _chunks(connection, select(*chosen).order_by(table.c.owner_key))
    if source.part == HELD:
        active = and_(HOLD.c.entity == source.entity, HOLD.c.lifted_at.is_(None))
        chosen_holds = select(HOLD.c.record.label(OWNER), HOLD.c.name.label(NAME)).where(active)
        return _chunks(connection, chosen_holds.order_by(HOLD.c.record))
    entity = tables.model.entity(source.entity)
    if source.part:
        items = tables.items[(source.entity, source.part)]
        fields = _fields(items, [entity.collections[source.part].fields[name] for name in sorted(names)])
        return _chunks(connection, select(items.c.owner_key.label(OWNER), *fields).order_by(items.c.owner_key))
    records = tables.records[source.entity]
    own = (records.c.key.label(KEY), records.c.id.label(ID), _instant(records.c[STORED_AT], STORED))
    fields = _fields(records, [entity.fields[name] for name in sorted(names)])
    return _chunks(connection, select(*own, *fields).order_by(records.c.key))


def read_cases(connection: Connection, rules: Sequence[int]) -> Iterator[Chunk]:
    """Give the stored cases of rules, by their keys: whose they are, whether undecided, since when open or waiting."""
    chosen = (
        CASES.c.rule.label(RULE),
        CASES.c.record.label(OWNER),
        type_coerce(CASES.c.undecided, Integer).label(UNSETTLED),
        _instant(CASES.c.opened_at, OPENED),
        _instant(CASES.c.true_since, SINCE),
    )
    return _chunks(connection, select(*chosen).where(CASES.c.rule.in_(rules)))


def read_changes(connection: Connection, after: int) -> Iterator[Chunk]:
    """Give the entries of the change log after a position."""
    chosen = (
        CHANGE_LOG.c.seq.label(SEQ),
        CHANGE_LOG.c.entity.label(ENTITY),
        CHANGE_LOG.c.record.label(OWNER),
        CHANGE_LOG.c.mask.label(MASK),
        type_coerce(CHANGE_LOG.c.is_new, Integer).label(IS_NEW),
    )
    return _chunks(connection, select(*chosen).where(CHANGE_LOG.c.seq > after))


def bits_of(connection: Connection, entity: str) -> dict[str, int]:
    """Return the bit in the change log's masks of each field and collection of an entity."""
    return masks(connection, entity)


def _fields(table: Table, fields: Sequence[Field]) -> Iterator[ColumnElement[Any]]:
    for one in fields:
        yield type_coerce(table.c[one.name], _RAW[one.type]).label(one.name)
        if one.guards:
            yield type_coerce(table.c[one.name + UNCLEAR], Integer).label(one.name + stored_columns.UNCLEAR)


def _instant(column: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    return type_coerce(column, BigInteger).label(name)


def _chunks(connection: Connection, query: Select[Any]) -> Iterator[Chunk]:
    names = [one.name for one in query.selected_columns]
    # A client that gets all rows at once would hold them twice; one that steps through them has nothing to stream.
    streams = connection.dialect.supports_server_side_cursors
    for rows in connection.execute(query.execution_options(stream_results=streams)).partitions(ROWS):
        yield dict(zip(names, zip(*rows, strict=True), strict=True))
