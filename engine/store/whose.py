"""Whose: rows name records by entity and key; beside them stands the id by which the CRM knows the record."""

from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, func, null

from engine.store.records import RecordTables


def with_ids(
    rows: FromClause, tables: RecordTables, entity: ColumnElement[Any], record: ColumnElement[Any]
) -> tuple[FromClause, ColumnElement[Any]]:
    """Return rows of any entities joined with their records, and the id of each; null where the record is gone.

    One statement for all entities keeps the order of an index, so that a page reads no more rows than it shows.
    """
    joined = rows
    for name, records in tables.records.items():
        joined = joined.outerjoin(records, and_(entity == name, records.c.key == record))
    return joined, func.coalesce(*(records.c.id for records in tables.records.values()), null())
