"""Feeds: how fresh the collections are that deletion rules count. A broken feed looks like inactivity."""

from datetime import datetime

from sqlalchemy import Connection, func, select

from engine.store.records import RecordTables


def newest(
    connection: Connection, tables: RecordTables, entity: str, collection: str, now: datetime
) -> datetime | None:
    """Return when the newest past item of anyone in a collection is dated; None where nobody ever had one."""
    items = tables.items[(entity, collection)]
    at = items.c[tables.model.entity(entity).collections[collection].dated_by]
    found: datetime | None = connection.execute(select(func.max(at)).where(at <= now)).scalar_one()
    return found
