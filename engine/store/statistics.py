"""Statistics: what a database knows of its tables when it plans a statement, gathered after much was written."""

from collections.abc import Iterable

from sqlalchemy import Connection, Table, text

from engine.store.records import RecordTables
from engine.store.tables import CHANGE_LOG

MANY = 1_000  # new or changed records after which old statistics mislead
SAMPLE = 1_000  # rows of an index that SQLite looks at


def gather(connection: Connection, tables: RecordTables, entity: str) -> None:
    """Gather statistics of all that belongs to the records of an entity, in the caller's transaction."""
    items = [table for (owner, _), table in tables.items.items() if owner == entity]
    _gather(connection, (tables.records[entity], tables.changes[entity], *items, CHANGE_LOG))


def _gather(connection: Connection, tables: Iterable[Table]) -> None:
    if connection.dialect.name == "sqlite":
        connection.execute(text(f"PRAGMA analysis_limit = {SAMPLE}"))
    for table in tables:
        connection.execute(text(f"ANALYZE {connection.dialect.identifier_preparer.format_table(table)}"))
