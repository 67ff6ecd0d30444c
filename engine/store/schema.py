"""The schema: made or migrated when a store is opened, and what it must remember of the installation."""

from collections.abc import Collection
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, delete, insert, inspect, select, text, update

from engine.language.rule import digest_of
from engine.model.entity import FieldType, Model
from engine.store import finding, moves_told
from engine.store.database import Database
from engine.store.functions import Rezoned
from engine.store.records import RecordTables, bring_up_to_date, tables_of
from engine.store.tables import HOLD, PERMISSION, RESTRICTION, RULE, SETTING
from engine.store.zones import prepare
from engine.vocabulary.workdays import MONDAY_TO_FRIDAY, Workdays

NEWEST = "0005"  # of `migrations/versions`
ZONE, HOLIDAYS = "time_zone", "holidays"


@dataclass(frozen=True, slots=True)
class Store:
    """An open store that fits the model: the database, its record tables, and the zone of its days."""

    database: Database
    tables: RecordTables
    zone: ZoneInfo


def open_store(
    database: Database,
    model: Model,
    zone: ZoneInfo,
    workdays: Workdays = MONDAY_TO_FRIDAY,
    told: Collection[str] = (),
) -> Store:
    """Return the store after making or migrating its tables; raises StoreUnavailable where it is too new.

    `told` is what the CRM is told of from now on.
    """
    tables = tables_of(model)
    with database.writing() as connection:
        _migrate(connection)
        bring_up_to_date(connection, tables)
        finding.make(connection, tables)
        _move_zone(connection, tables, zone)
        _note_holidays(connection, workdays)
        moves_told.begin(connection, told)
    return Store(database, tables, zone)


def schema_version(connection: Connection) -> str | None:
    """Return the migration that a store is at; None where there is none yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _migrate(connection: Connection) -> None:
    present = schema_version(connection)
    if present != NEWEST:
        from engine.store.migrating import upgrade  # noqa: PLC0415 - it is slow to load, and most stores are up to date

        upgrade(connection, present)


def _move_zone(connection: Connection, tables: RecordTables, zone: ZoneInfo) -> None:
    """Keep days what they are when the configured zone changes: a stored day is its first instant in the zone."""
    known = _setting(connection, ZONE)
    prepare(connection, zone)
    if known == str(zone):
        return
    _set(connection, ZONE, str(zone))
    if known is None:
        return
    prepare(connection, ZoneInfo(known))
    for entity in tables.model.entities.values():
        for owner, fields in (
            (tables.records[entity.name], entity.fields),
            *((tables.items[(entity.name, name)], one.fields) for name, one in entity.collections.items()),
        ):
            for one in fields.values():
                if one.type is FieldType.DATE:
                    column = owner.c[one.name]
                    connection.execute(update(owner).values({column: Rezoned(column, known, str(zone))}))
    for day in (HOLD.c.review_at, RESTRICTION.c.told_at, PERMISSION.c.said_at):
        connection.execute(update(day.table).values({day: Rezoned(day, known, str(zone))}))
    _evaluate_all_again(connection)


def _note_holidays(connection: Connection, workdays: Workdays) -> None:
    """Let every rule be evaluated fully again when other days are holidays: by configuration, or by a new library."""
    known, present = _setting(connection, HOLIDAYS), f"{workdays.place} {digest_of(workdays.holidays)}".strip()
    if known == present:
        return
    _set(connection, HOLIDAYS, present)
    if known is not None:
        _evaluate_all_again(connection)


def _setting(connection: Connection, name: str) -> str | None:
    return connection.execute(select(SETTING.c.value).where(SETTING.c.name == name)).scalar_one_or_none()


def _set(connection: Connection, name: str, value: str) -> None:
    connection.execute(delete(SETTING).where(SETTING.c.name == name))
    connection.execute(insert(SETTING).values(name=name, value=value))


def _evaluate_all_again(connection: Connection) -> None:
    connection.execute(update(RULE).values(evaluated_version=None))
