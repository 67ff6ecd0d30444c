"""SQLite: one file, WAL, one writer at a time, also where several processes have it open."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import IO, Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from engine.store.backend import BUSY_MILLISECONDS, Backend
from engine.store.functions import register
from engine.store.unavailable import StoreUnavailable

LOG_PAGES = 8_000  # of the log, 32 MB, after which it is brought into the file: pages written often are brought once
LOCK_SECONDS = 0.01  # between two tries at the lock
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",  # accepted means durable (R1)
    "secure_delete=ON",  # what is erased is overwritten (L9)
    "foreign_keys=ON",
    "temp_store=MEMORY",
    f"busy_timeout={BUSY_MILLISECONDS}",
    "cache_size=-65536",
    f"wal_autocheckpoint={LOG_PAGES}",
)


def _connected(url: URL, file: Path | None) -> Engine:
    pool: dict[str, Any] = {"poolclass": StaticPool} if file is None else {}
    engine = create_engine(url, connect_args={"check_same_thread": False, "timeout": BUSY_MILLISECONDS / 1000}, **pool)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun by _begin, not by the driver's guess
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    register(connection)


def _begin(connection: Connection) -> None:
    # A deferred transaction that reads and then writes fails at once with BUSY_SNAPSHOT, whatever the time-out.
    if begin := connection.get_execution_options().get("ansgar_begin", "BEGIN"):
        connection.exec_driver_sql(begin)


@contextmanager
def _alone(file: Path | None) -> Iterator[None]:
    """Keep other processes from writing meanwhile: this SQLite has a WAL fault under several writers."""
    if file is None:
        yield
        return
    with file.with_name(file.name + ".lock").open("a") as lock:
        _wait_for(lock, file)
        yield


def _wait_for(lock: IO[str], file: Path) -> None:
    """Take the lock of writers, as patiently as the database itself is; raises StoreUnavailable."""
    give_up = monotonic() + BUSY_MILLISECONDS / 1000
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if monotonic() > give_up:
                raise StoreUnavailable(f"the store {file} is written by another process; try again") from None
            sleep(LOCK_SECONDS)
        else:
            return


def _is_environment(error: DBAPIError) -> bool:
    """True when the machine, not the statement, is at fault: locked, full, read-only, missing, damaged."""
    text = str(error.orig)
    return any(
        word in text
        for word in ("locked", "full", "readonly", "unable to open", "disk I/O", "malformed", "not a database")
    )


SQLITE = Backend(
    connected=_connected,
    reading={"ansgar_begin": "BEGIN"},
    writing={"ansgar_begin": "BEGIN IMMEDIATE"},
    alone=_alone,
    take_turn=lambda _: None,  # BEGIN IMMEDIATE has
    check=lambda _: None,
    is_environment=_is_environment,
    said=lambda error: str(error.orig),
)
