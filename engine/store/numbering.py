"""Numbering: numbers of rows that others know, of orders, messages and cursors. None ever stands for two things.

A store that is put back from a backup would use again what was used after the backup, and a CRM would take a new order
for one that it has carried out.
"""

from sqlalchemy import Connection, Table, text

from engine.store.tables import DELETION, INTENT, MEMBER_MOVE, NOTICE, RESTRICTION

FAR = 1_000_000  # beyond what was used between any backup and its return
NUMBERED = (DELETION, INTENT, NOTICE, RESTRICTION, MEMBER_MOVE)
_BEGUN = text("INSERT INTO sqlite_sequence SELECT :name, 0 WHERE :name NOT IN (SELECT name FROM sqlite_sequence)")
_SQLITE = text("UPDATE sqlite_sequence SET seq = seq + :far WHERE name = :name")
_POSTGRESQL = text("SELECT setval(its, nextval(its) + :far) FROM (SELECT CAST(:sequence AS regclass) AS its) AS one")


def move_on(connection: Connection) -> None:
    """Let what comes next be numbered far beyond what may have been used before."""
    for table in NUMBERED:
        if connection.dialect.name == "sqlite":
            connection.execute(_BEGUN, {"name": table.name})
            connection.execute(_SQLITE, {"name": table.name, "far": FAR})
        else:
            connection.execute(_POSTGRESQL, {"sequence": _sequence(table), "far": FAR})


def _sequence(table: Table) -> str:
    return f"{table.name}_{next(iter(table.primary_key)).name}_seq"
