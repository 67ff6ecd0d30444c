"""The schema: made or migrated when a store is opened, and what it must remember of the installation."""

from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, select, update

from engine.model.entity import FieldType, Model
from engine.store.database import Database, StoreUnavailable
from engine.store.functions import Rezoned
from engine.store.records import RecordTables, bring_up_to_date, tables_of
from engine.store.tables import RULE, SETTING

MIGRATIONS = Path(__file__).parent / "migrations"
ZONE = "time_zone"


@dataclass(frozen=True, slots=True)
class Store:
    """An open store that fits the model: the database, its record tables, and the zone of its days."""

    database: Database
    tables: RecordTables
    zone: ZoneInfo


def open_store(database: Database, model: Model, zone: ZoneInfo) -> Store:
    """Return the store after making or migrating its tables; raises StoreUnavailable where it is too new."""
    tables = tables_of(model)
    with database.writing() as connection:
        _migrate(connection)
        bring_up_to_date(connection, tables)
        _move_zone(connection, tables, zone)
    return Store(database, tables, zone)


def schema_version(connection: Connection) -> str | None:
    """Return the migration that a store is at."""
    return MigrationContext.configure(connection).get_current_revision()


def _migrate(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    scripts = ScriptDirectory.from_config(config)
    present, newest = schema_version(connection), scripts.get_current_head()
    if present == newest:
        return
    if present is not None and present not in {script.revision for script in scripts.walk_revisions()}:
        raise StoreUnavailable(f"the store is at version {present}, newer than this ansgar ({newest}): upgrade ansgar")
    command.upgrade(config, "head")


def _move_zone(connection: Connection, tables: RecordTables, zone: ZoneInfo) -> None:
    """Keep days what they are when the configured zone changes: a stored day is its first instant in the zone."""
    known = connection.execute(select(SETTING.c.value).where(SETTING.c.name == ZONE)).scalar_one_or_none()
    if known == str(zone):
        return
    if known is None:
        connection.execute(insert(SETTING).values(name=ZONE, value=str(zone)))
        return
    for entity in tables.model.entities.values():
        for owner, fields in (
            (tables.records[entity.name], entity.fields),
            *((tables.items[(entity.name, name)], one.fields) for name, one in entity.collections.items()),
        ):
            for one in fields.values():
                if one.type is FieldType.DATE:
                    column = owner.c[one.name]
                    connection.execute(update(owner).values({column: Rezoned(column, known, str(zone))}))
    connection.execute(update(SETTING).where(SETTING.c.name == ZONE).values(value=str(zone)))
    connection.execute(update(RULE).values(evaluated_version=None))
