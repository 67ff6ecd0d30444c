"""The database: connections, and transactions that either read one snapshot or write as the only writer."""

import fcntl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import IO, Any

from sqlalchemy import ColumnElement, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import StaticPool

from engine.store.functions import register
from engine.store.unavailable import StoreMisconfigured, StoreUnavailable

__all__ = [
    "Condition",
    "Connection",
    "Database",
    "StatementFailed",
    "StoreUnavailable",
    "open_database",
    "open_existing",
    "savepoint",
]

Condition = ColumnElement[bool]  # of a statement, for those who only pass it on

BUSY_MILLISECONDS = 15_000
LOCK_SECONDS = 0.01  # between two tries at the lock
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",  # accepted means durable (R1)
    "secure_delete=ON",  # what is erased is overwritten (L9)
    "foreign_keys=ON",
    "temp_store=MEMORY",
    f"busy_timeout={BUSY_MILLISECONDS}",
    "cache_size=-65536",
)


class StatementFailed(Exception):
    """One statement failed on what it was given; others can go on. The text carries no values."""


@dataclass(slots=True)
class Database:
    """One store. All writing goes through one connection, one transaction at a time."""

    engine: Engine
    file: Path | None
    _writer: threading.RLock = field(default_factory=threading.RLock)

    @property
    def is_in_memory(self) -> bool:
        """True for a store that ends with its process."""
        return self.file is None and self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one snapshot and changes nothing; temporary tables are its own."""
        with _as_unavailable(self.file), self.engine.connect() as connection:
            connection.execution_options(ansgar_begin="BEGIN")
            with connection.begin() as transaction:
                yield connection
                transaction.rollback()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give the only connection that writes; all of it is committed at the end, or nothing."""
        with _as_unavailable(self.file), self._writer, self._alone(), self.engine.connect() as connection:
            connection.execution_options(ansgar_begin="BEGIN IMMEDIATE")
            with connection.begin():
                yield connection

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes from writing meanwhile: this SQLite has a WAL fault under several writers."""
        if self.file is None:
            yield
            return
        with self.file.with_name(self.file.name + ".lock").open("a") as lock:
            self._wait_for(lock)
            yield

    def _wait_for(self, lock: IO[str]) -> None:
        """Take the lock of writers, as patiently as the database itself is; raises StoreUnavailable."""
        give_up = monotonic() + BUSY_MILLISECONDS / 1000
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if monotonic() > give_up:
                    raise StoreUnavailable(f"the store {self.file} is written by another process; try again") from None
                sleep(LOCK_SECONDS)
            else:
                return

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def open_database(url: str) -> Database:
    """Return the database at a URL, its folder made where it is a file; raises StoreUnavailable."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreMisconfigured("store.url is not a database URL; write for example sqlite:///var/ansgar.db") from None
    if parsed.get_backend_name() != "sqlite":
        raise StoreMisconfigured(f"store.url: {parsed.get_backend_name()} is not supported by this version; use sqlite")
    file = Path(parsed.database) if parsed.database not in {None, "", ":memory:"} else None
    with _as_unavailable(file):
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
        pool: dict[str, Any] = {"poolclass": StaticPool} if file is None else {}
        engine = create_engine(
            url, connect_args={"check_same_thread": False, "timeout": BUSY_MILLISECONDS / 1000}, **pool
        )
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
        with engine.connect():
            pass
    return Database(engine, file)


def open_existing(url: str) -> Database | None:
    """Return the database at a URL where its file is there; None otherwise, and nothing is made."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return None
    file = Path(parsed.database or "")
    is_there = parsed.get_backend_name() == "sqlite" and file.is_file() and file.stat().st_size > 0
    return open_database(url) if is_there else None


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """Undo only what happens inside when a statement fails; raises StatementFailed then."""
    try:
        with connection.begin_nested():
            yield
    except DBAPIError as error:
        if _is_environment(error):
            raise
        raise StatementFailed(f"{type(error.orig).__name__}: {error.orig}") from None


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun by _begin, not by the driver's guess
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    register(connection)


def _begin(connection: Connection) -> None:
    # A deferred transaction that reads and then writes fails at once with BUSY_SNAPSHOT, whatever the time-out.
    connection.exec_driver_sql(connection.get_execution_options().get("ansgar_begin", "BEGIN"))


@contextmanager
def _as_unavailable(file: Path | None) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if not error.connection_invalidated and not _is_environment(error):
            raise
        raise StoreUnavailable(f"the store {file or ''} cannot be used: {error.orig}") from None
    except OSError as error:
        raise StoreUnavailable(f"the store {file or ''} cannot be used: {error.strerror}") from None


def _is_environment(error: DBAPIError) -> bool:
    """True when the machine, not the statement, is at fault: locked, full, read-only, missing, damaged."""
    text = str(error.orig)
    return any(
        word in text
        for word in ("locked", "full", "readonly", "unable to open", "disk I/O", "malformed", "not a database")
    )
