"""The database: connections, and transactions that either read one snapshot or write as the only writer."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import URL, ColumnElement, Connection, Engine, inspect, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as NoneFree

from engine.store import private_file
from engine.store.backend import BUSY_MILLISECONDS, Backend
from engine.store.postgresql import POSTGRESQL
from engine.store.queueing import QueueLock
from engine.store.sqlite import SQLITE
from engine.store.unavailable import StoreMisconfigured, StoreUnavailable

__all__ = [
    "Condition",
    "Connection",
    "Database",
    "StatementFailed",
    "StoreUnavailable",
    "after_commit",
    "files_at",
    "open_database",
    "open_existing",
    "savepoint",
]

PATIENCE_MILLISECONDS = 200  # with readers of what can be done later
Condition = ColumnElement[bool]  # of a statement, for those who only pass it on

AFTER_COMMIT = "after_commit"
SIDES = ("-wal", "-shm")  # what stands beside a file of SQLite

BACKENDS: Mapping[str, Backend] = {"sqlite": SQLITE, "postgresql": POSTGRESQL}


class StatementFailed(Exception):
    """One statement failed on what it was given; others can go on. The text carries no values."""


@dataclass(slots=True)
class Database:
    """One store. One writes at a time, through one transaction.

    `file` is None where it is not a file; `place` says where it is, without a password.
    """

    engine: Engine
    file: Path | None
    place: str
    _writer: QueueLock = field(default_factory=QueueLock)

    @property
    def is_in_memory(self) -> bool:
        """True for a store that ends with its process."""
        return self.file is None and self.engine.dialect.name == "sqlite"

    @property
    def is_near(self) -> bool:
        """True for a store within this process, which answers a small question faster than a thread takes over."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one snapshot and changes nothing; temporary tables are its own."""
        with _as_unavailable(self._backend, self.place), self.engine.connect() as connection:
            connection.execution_options(**self._backend.reading)
            with connection.begin() as transaction:
                yield connection
                transaction.rollback()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give the only connection that writes; all of it is committed at the end, or nothing.

        What `after_commit` was told is done then, while still nobody else writes; not after a rollback.
        """
        backend = self._backend
        with (
            _as_unavailable(backend, self.place),
            self._writer,
            backend.alone(self.file),
            self.engine.connect() as connection,
        ):
            connection.execution_options(**backend.writing)
            info = connection.info
            info[AFTER_COMMIT] = {}
            try:
                with connection.begin():
                    backend.take_turn(connection)
                    yield connection
                for then in info[AFTER_COMMIT].values():
                    then()
            finally:
                del info[AFTER_COMMIT]

    def write_anew(self) -> None:
        """Write a file anew with nothing in it but what is there; others read on meanwhile, nobody writes."""
        with self._alone_without_transaction() as connection:
            connection.exec_driver_sql("PRAGMA temp_store=FILE")  # as large as what is there
            connection.exec_driver_sql("VACUUM")
            connection.exec_driver_sql("PRAGMA temp_store=MEMORY")

    def empty_log(self) -> bool:
        """Bring the write-ahead log of a file into it and empty it; False while somebody reads from it."""
        with self._alone_without_transaction() as connection:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={PATIENCE_MILLISECONDS}")  # nobody writes meanwhile
            is_busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
            connection.exec_driver_sql(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
            return not is_busy

    @contextmanager
    def _alone_without_transaction(self) -> Iterator[Connection]:
        backend = self._backend
        with _as_unavailable(backend, self.place), self._writer, backend.alone(self.file), self.engine.connect() as one:
            yield one.execution_options(ansgar_begin="")

    @property
    def _backend(self) -> Backend:
        return BACKENDS[self.engine.dialect.name]

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def open_database(url: str) -> Database:
    """Return the database at a URL, its folder made where it is a file; raises StoreUnavailable."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreMisconfigured("store.url is not a database URL; write for example sqlite:///var/ansgar.db") from None
    backend = BACKENDS.get(parsed.get_backend_name())
    if backend is None:
        known = " or ".join(BACKENDS)
        raise StoreMisconfigured(
            f"store.url: {parsed.get_backend_name()} is not supported by this version; use {known}"
        )
    file = _file(parsed)
    place = str(file or "") if backend is SQLITE else _without_password(parsed)
    with _as_unavailable(backend, place):
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            private_file.make_empty(file)  # SQLite gives its log the mode of the file
        engine = backend.connected(parsed, file)
        try:
            with engine.connect() as connection:
                backend.check(connection)
        except StoreMisconfigured:
            engine.dispose()
            raise
    return Database(engine, file, place)


def open_existing(url: str) -> Database | None:
    """Return the database at a URL where a store is in it; None otherwise, and nothing is made."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return None
    if parsed.get_backend_name() == "sqlite":
        file = _file(parsed)
        return open_database(url) if file is not None and file.is_file() and file.stat().st_size > 0 else None
    database = open_database(url)
    with database.reading() as connection:
        is_there = inspect(connection).has_table("alembic_version")
    if is_there:
        return database
    database.close()
    return None


def files_at(url: str) -> tuple[Path, ...]:
    """Return the files of the database at a URL that are there: itself, and its log; none of one on a server."""
    try:
        file = _file(make_url(url))
    except ArgumentError:
        return ()
    named = () if file is None else (file, *(file.with_name(file.name + end) for end in SIDES))
    return tuple(one for one in named if one.is_file())


def after_commit(connection: Connection, name: str, then: Callable[[], None]) -> None:
    """Let something be done once a writing transaction is committed; of one name, the last. It must not fail."""
    connection.info[AFTER_COMMIT][name] = then


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """Undo only what happens inside when a statement fails; raises StatementFailed then."""
    told = dict(connection.info.get(AFTER_COMMIT, {}))
    try:
        with connection.begin_nested():
            yield
    except DBAPIError as error:
        if AFTER_COMMIT in connection.info:
            connection.info[AFTER_COMMIT] = told
        backend = BACKENDS[connection.dialect.name]
        if backend.is_environment(error):
            raise
        raise StatementFailed(f"{type(error.orig).__name__}: {backend.said(error)}") from None


def _file(url: URL) -> Path | None:
    is_file = url.get_backend_name() == "sqlite" and url.database not in {None, "", ":memory:"}
    return Path(url.database or "") if is_file else None


def _without_password(url: URL) -> str:
    return URL.create("postgresql", url.username, None, url.host, url.port, url.database).render_as_string()


@contextmanager
def _as_unavailable(backend: Backend, place: str) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if not error.connection_invalidated and not backend.is_environment(error):
            raise
        raise StoreUnavailable(f"the store {place} cannot be used: {backend.said(error)}") from None
    except NoneFree:
        raise StoreUnavailable(f"the store {place} is asked by too many at once; try again") from None
    except OSError as error:
        raise StoreUnavailable(f"the store {place} cannot be used: {error.strerror}") from None
