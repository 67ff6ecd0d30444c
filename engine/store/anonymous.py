"""Anonymous records: what an anonymisation left, with nothing that tells whose it was or when it came."""

import json
import secrets
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, text

from engine.store.tables import ANONYMOUS

KEY_BITS = 63


def add(connection: Connection, entity: str, content: str) -> None:
    """Keep what is left of a record, under a key by chance: keys, and so the order of rows, tell nothing."""
    values = {"key": secrets.randbits(KEY_BITS), "entity": entity, "content": content}
    connection.execute(insert(ANONYMOUS).values(values))


def rows(connection: Connection, entity: str) -> list[dict[str, Any]]:
    """Return what was left of the records of an entity, in the order of keys by chance."""
    content = select(ANONYMOUS.c.content).where(ANONYMOUS.c.entity == entity).order_by(ANONYMOUS.c.key)
    return [dict(json.loads(one)) for one in connection.execute(content).scalars()]


def counts(connection: Connection) -> dict[str, int]:
    """Return how many records were anonymised, by entity."""
    found = select(ANONYMOUS.c.entity, func.count()).group_by(ANONYMOUS.c.entity).order_by(ANONYMOUS.c.entity)
    return {row[0]: row[1] for row in connection.execute(found)}


def shuffle(connection: Connection) -> bool:
    """Write all rows anew in the order of their keys where the database remembers in which they came; tell whether.

    SQLite keeps the table sorted by key. PostgreSQL keeps rows as they came, each with the transaction that wrote it.
    """
    if connection.dialect.name == "sqlite":
        return False
    writers = text("SELECT count(DISTINCT xmin::text) FROM anonymous")
    if connection.execute(writers).scalar_one() <= 1:
        return False
    kept = [dict(row) for row in connection.execute(select(ANONYMOUS).order_by(ANONYMOUS.c.key)).mappings()]
    connection.execute(delete(ANONYMOUS))
    connection.execute(insert(ANONYMOUS), kept)
    return True
