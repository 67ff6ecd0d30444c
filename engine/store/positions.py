"""Positions: up to where a growing table was worked through, each by name in the settings of the store."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from engine.store.columns import EPOCH, MICROSECOND, to_microseconds
from engine.store.tables import SETTING

CLOCK_SEEN = "clock_seen"  # when the system's clock was last looked at


def read(connection: Connection, name: str) -> int:
    """Return a position; 0 where nothing was worked through yet."""
    return known(connection, name) or 0


def known(connection: Connection, name: str) -> int | None:
    """Return a position; None where none was ever noted."""
    found = connection.execute(select(SETTING.c.value).where(SETTING.c.name == name)).scalar_one_or_none()
    return int(found) if found else None


def write(connection: Connection, name: str, position: int) -> None:
    """Note a position: in the transaction of what came of the rows up to it."""
    if connection.execute(update(SETTING).where(SETTING.c.name == name).values(value=str(position))).rowcount == 0:
        connection.execute(insert(SETTING).values(name=name, value=str(position)))


def instant(connection: Connection, name: str) -> datetime | None:
    """Return an instant that was noted; None where none was."""
    found = read(connection, name)
    return EPOCH + found * MICROSECOND if found else None


def note_instant(connection: Connection, name: str, at: datetime) -> None:
    """Note an instant."""
    write(connection, name, to_microseconds(at))


def forget(connection: Connection, name: str) -> None:
    """Let nothing be noted under a name."""
    connection.execute(delete(SETTING).where(SETTING.c.name == name))
