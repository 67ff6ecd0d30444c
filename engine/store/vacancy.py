"""Vacancy: fields that no record has a value for. Reads a store as it is, also one of an older or newer model."""

from collections.abc import Iterable

from sqlalchemy import Connection, exists, inspect, literal, select

from engine.store.records import RecordTables


def vacant(connection: Connection, tables: RecordTables, entity: str, fields: Iterable[str]) -> frozenset[str]:
    """Return those of an entity's fields that no record has a value for; none where there are no records at all."""
    table = tables.records[entity]
    inspector = inspect(connection)
    if not inspector.has_table(table.name):
        return frozenset()
    stored = {column["name"] for column in inspector.get_columns(table.name)}
    wanted = sorted(set(fields))
    asked = [name for name in wanted if name in stored]
    filled = [exists().where(table.c[name].is_not(None)).label(name) for name in asked]
    row = connection.execute(select(exists().select_from(table).label("any"), *filled)).one()
    if not row[0]:
        return frozenset()
    return frozenset(wanted) - {name for name, is_filled in zip(asked, row[1:], strict=True) if is_filled}


def held(connection: Connection, tables: RecordTables, entity: str, part: str, field: str) -> bool:
    """True when some record of an entity has a value in a field, or an item in a collection; "" names no field."""
    table = tables.items[(entity, part)] if part else tables.records[entity]
    if not inspect(connection).has_table(table.name):
        return False
    some = select(literal(1)).select_from(table).limit(1)
    return connection.execute(some.where(table.c[field].is_not(None)) if field else some).first() is not None
