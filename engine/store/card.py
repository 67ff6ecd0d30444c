"""The card of a contact: what stands about one record, by a few statements that are made once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, exists, literal, or_, select

from engine.store.deletions import ENDS
from engine.store.records import RecordTables, is_set
from engine.store.restrictions import FLAG, has_flag, is_restricted
from engine.store.tables import DELETION, HOLD, MEMBER, RULE

ITS_ID, ITS_KEY = "its_id", "its_key"


@dataclass(frozen=True, slots=True)
class Held:
    """A record that is held: its key, and what protects it."""

    key: int
    is_restricted: bool
    has_hold: bool


@dataclass(frozen=True, slots=True)
class Planned:
    """A deletion that has not ended: its state, when it is due, and by which rule."""

    state: str
    due_at: datetime
    rule: str


def held(connection: Connection, tables: RecordTables, entity: str, record_id: str) -> Held | None:
    """Return what protects a record, or None where it is not held."""
    found = connection.execute(_made(tables, entity, _held), {ITS_ID: record_id}).one_or_none()
    return None if found is None else Held(found[0], bool(found[1]), bool(found[2]))


def selections_of(connection: Connection, tables: RecordTables, entity: str, key: int) -> list[str]:
    """Return the selections that a record is a member of."""
    return list(connection.execute(_made(tables, entity, _selections), {ITS_KEY: key}).scalars())


def planned(connection: Connection, tables: RecordTables, entity: str, key: int) -> Planned | None:
    """Return the deletion of a record that is due first of those that have not ended; None where there is none."""
    found = connection.execute(_made(tables, entity, _planned), {ITS_KEY: key}).first()
    return None if found is None else Planned(*found)


def _made(tables: RecordTables, entity: str, make: Any) -> Select[Any]:
    statement: Select[Any] = tables.shelf.get((), ("card", make, entity), lambda: make(tables, entity))
    return statement


def _held(tables: RecordTables, entity: str) -> Select[Any]:
    records = tables.records[entity]
    restricted: ColumnElement[bool] = literal(False)
    if has_flag(tables, entity):
        restricted = or_(is_set(records, FLAG), is_restricted(entity, records.c.key))
    on_it = (HOLD.c.entity == entity, HOLD.c.record == records.c.key, HOLD.c.lifted_at.is_(None))
    hold = exists().where(*on_it).correlate_except(HOLD)
    return select(records.c.key, restricted, hold).where(records.c.id == bindparam(ITS_ID))


def _selections(_tables: RecordTables, entity: str) -> Select[Any]:
    its = (MEMBER.c.record == bindparam(ITS_KEY), RULE.c.entity == entity, RULE.c.selection.is_not(None))
    found = select(RULE.c.selection).join(MEMBER, MEMBER.c.rule == RULE.c.key).where(*its)
    return found.order_by(RULE.c.selection)


def _planned(_tables: RecordTables, entity: str) -> Select[Any]:
    its = (DELETION.c.record == bindparam(ITS_KEY), RULE.c.entity == entity, DELETION.c.state.not_in(sorted(ENDS)))
    found = select(DELETION.c.state, DELETION.c.due_at, RULE.c.id).join(RULE, RULE.c.key == DELETION.c.rule)
    return found.where(*its).order_by(DELETION.c.due_at, DELETION.c.key).limit(1)
