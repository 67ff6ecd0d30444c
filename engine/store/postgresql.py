"""PostgreSQL: how its sessions are set up, transactions of one snapshot or of one writer, and what its faults say."""

from contextlib import nullcontext
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError

from engine.store.backend import BUSY_MILLISECONDS, Backend
from engine.store.unavailable import StoreMisconfigured

OLDEST = 16
DRIVER = "psycopg"
SETTINGS = {"connect_timeout": 10, "application_name": "ansgar", "client_encoding": "utf8"}  # where the URL has none
MOST_PREPARED = 1_000  # statements a session: a run of a few hundred rules has some for each
SESSION = (
    f"SET lock_timeout = {BUSY_MILLISECONDS}",
    "SET jit = off",  # predicates are wide and look costly: compiling them takes longer than running them
    "SET client_min_messages = warning",
)
# The first half of the advisory lock of writers; the second is the schema, so that each has a lock of its own.
LOCK = 0x616E7367
# Classes and codes (SQLSTATE) of faults of the machine: connection, transaction rolled back by others, resources,
# lock not to be had, server going down, system, damaged; no such database, not let in, read-only.
LOCK_NOT_AVAILABLE = "55P03"
TOLD = {"22003": "a number overflows", "22012": "division by zero"}
ENVIRONMENT = ("08", "28", "3D", "40", "53", LOCK_NOT_AVAILABLE, "57", "58", "F0", "XX", "25006")


def _connected(url: URL, _file: Path | None) -> Engine:
    if find_spec(DRIVER) is None:
        raise StoreMisconfigured("store.url: PostgreSQL needs its driver; run pip install 'ansgar[postgresql]'")
    engine = create_engine(
        url.set(drivername=f"postgresql+{DRIVER}"),
        connect_args=SETTINGS | dict(url.query),
        isolation_level="READ COMMITTED",
        execution_options={"preserve_rowcount": True},  # of inserts, too
        pool_pre_ping=True,  # a server that was restarted costs nobody an error
    )
    event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: Any, _record: object) -> None:
    connection.autocommit = True
    connection.execute("; ".join(SESSION))
    connection.autocommit = False
    connection.prepared_max = MOST_PREPARED


def _take_turn(connection: Connection) -> None:
    """Wait until nobody else writes; raises what becomes StoreUnavailable after a while.

    What comes after sees all that was committed before: a statement of READ COMMITTED sees what is there when it
    begins, where a snapshot of the whole transaction would be taken before the lock is had. The lock goes with the
    transaction, after its commit can be seen. So numbers of sequences become visible in their order, and a position in
    the change log or the inbox leaves nothing behind.
    """
    connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK}, hashtext(current_schema()))"))


def _check(connection: Connection) -> None:
    found = connection.execute(text("SHOW server_version_num")).scalar_one()
    if int(found) < OLDEST * 10_000:
        raise StoreMisconfigured(f"store.url: PostgreSQL {int(found) // 10_000} is too old; use {OLDEST} or newer")
    encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
    if encoding != "UTF8":
        remedy = "make the database with ENCODING 'UTF8' TEMPLATE template0"
        raise StoreMisconfigured(f"store.url: the encoding of the database is {encoding}; {remedy}")
    if connection.execute(text("SELECT current_schema()")).scalar_one() is None:
        raise StoreMisconfigured("store.url: there is no schema to make tables in; make one and name it in search_path")


def _is_environment(error: DBAPIError) -> bool:
    """True when the machine, not the statement, is at fault; without a code there was no connection."""
    code = getattr(error.orig, "sqlstate", None)
    return code.startswith(ENVIRONMENT) if code else type(error.orig).__name__ == "OperationalError"


def _said(error: DBAPIError) -> str:
    """Return what may be told of a fault: its sentence can repeat values, unless the machine is at fault."""
    code = getattr(error.orig, "sqlstate", None) or ""
    if code == LOCK_NOT_AVAILABLE:
        return "another process is writing; try again"
    if not _is_environment(error):
        return TOLD.get(code, f"SQLSTATE {code}")
    sentence = getattr(getattr(error.orig, "diag", None), "message_primary", None) or str(error.orig)
    return " ".join(sentence.split())


POSTGRESQL = Backend(
    connected=_connected,
    # Not READ ONLY, in which no temporary table can be made; whoever reads rolls back.
    reading={"isolation_level": "REPEATABLE READ"},
    writing={"isolation_level": "READ COMMITTED"},
    alone=lambda _: nullcontext(),
    take_turn=_take_turn,
    check=_check,
    is_environment=_is_environment,
    said=_said,
)
