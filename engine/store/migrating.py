"""Migrating: tables are brought to this version by Alembic, which is slow to load: only where they are not is it."""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection

from engine.store.unavailable import StoreUnavailable

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(connection: Connection, present: str | None) -> None:
    """Make the tables, or migrate them from a version; raises StoreUnavailable where that is newer than this ansgar."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    scripts = ScriptDirectory.from_config(config)
    if present is not None and present not in {script.revision for script in scripts.walk_revisions()}:
        newest = scripts.get_current_head()
        raise StoreUnavailable(f"the store is at version {present}, newer than this ansgar ({newest}): upgrade ansgar")
    command.upgrade(config, "head")


def newest() -> str | None:
    """Return the version to which tables are brought."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


def add_column(connection: Connection, table: str, column: Column[Any]) -> None:
    """Add a column to a table."""
    Operations(MigrationContext.configure(connection)).add_column(table, column)
