"""Indexes: those that rules need to find whom time has passed without looking at everybody; made, and dropped again."""

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, Index, MetaData, Table, inspect
from sqlalchemy.schema import CreateIndex, DropIndex

from engine.language.concerns import concerning_crossings, concerning_paths
from engine.language.crossings import CaseDate, Dates, FieldDate, ItemDate, StoredDate
from engine.language.rule import Rule
from engine.store.records import STORED_AT, RecordTables
from engine.store.tables import CASES

PREFIX = "for_rules__"

Wanted = tuple[Table, tuple[str, ...]]


def make(connection: Connection, tables: RecordTables, rules: Iterable[Rule]) -> tuple[list[str], list[str]]:
    """Make the indexes that rules need and drop those that none needs any more; return the names of both.

    Without them every rule comes to the same, more slowly.
    """
    needed = {_name(table, columns): (table, columns) for rule in rules for table, columns in _needed(tables, rule)}
    present = dict(_present(connection, tables))
    made, dropped = sorted(needed.keys() - present.keys()), sorted(present.keys() - needed.keys())
    for name in made:
        connection.execute(CreateIndex(_index(name, *needed[name])))
    for name in dropped:
        connection.execute(DropIndex(_index(name, present[name], ())))
    return made, dropped


def _needed(tables: RecordTables, rule: Rule) -> Iterator[Wanted]:
    for crossing in concerning_crossings(rule):
        yield from _of_dates(tables, rule.entity, crossing.dates)
    for path in concerning_paths(rule):
        entity = rule.entity
        for step in path[:-1]:
            yield tables.records[entity], (step,)
            entity = tables.model.entity(entity).fields[step].references or ""
    if rule.lasting is not None:
        yield CASES, ("rule", "true_since")


def _of_dates(tables: RecordTables, entity: str, dates: Dates) -> Iterator[Wanted]:
    match dates:
        case FieldDate(path=path):
            for step in path[:-1]:
                entity = tables.model.entity(entity).fields[step].references or ""
            yield tables.records[entity], (path[-1],)
        case ItemDate(collection=collection, field=name):
            yield tables.items[(entity, collection)], (name, "owner_key")
        case StoredDate():
            yield tables.records[entity], (STORED_AT,)
            yield tables.changes[entity], ("field", "changed_at")
        case CaseDate():
            yield CASES, ("rule", "opened_at")


def _present(connection: Connection, tables: RecordTables) -> Iterator[tuple[str, Table]]:
    inspector = inspect(connection)
    for table in (*tables.metadata.sorted_tables, CASES):
        for one in inspector.get_indexes(table.name):
            if (name := one["name"] or "").startswith(PREFIX):
                yield name, table


def _name(table: Table, columns: tuple[str, ...]) -> str:
    return PREFIX + "__".join((table.name, *columns))


def _index(name: str, table: Table, columns: tuple[str, ...]) -> Index:
    """Return an index on a copy of a table, which alone knows of it."""
    copied = table.to_metadata(MetaData())
    return Index(name, *(copied.c[column] for column in columns or copied.c.keys()[:1]))
