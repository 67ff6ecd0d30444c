"""Selections in pages: how large each is without counting all of it, and its members in the order of their keys."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from engine.store.keepers import is_keeper
from engine.store.records import RecordTables
from engine.store.tables import MEMBER, RULE

NAME = "name"  # the field of an entity that members are shown with, where it has one


@dataclass(frozen=True, slots=True)
class Kept:
    """A selection with the rule that keeps it; `matched` is how many that rule matches, as of its last evaluation.

    `size` counts its members, up to a bound.
    """

    name: str
    key: int
    rule: str
    entity: str
    stage: str
    state: str
    matched: int | None
    evaluated_at: datetime | None
    size: int


def listing(connection: Connection, most: int) -> list[Kept]:
    """Return all selections by name, the size of each up to a bound."""
    names = select(RULE.c.selection).where(RULE.c.selection.is_not(None), RULE.c.state != "retired").distinct()
    found = [named(connection, name, most) for name in connection.execute(names.order_by(RULE.c.selection)).scalars()]
    return [one for one in found if one is not None]


def named(connection: Connection, name: str, most: int) -> Kept | None:
    """Return a selection by its name; None where no rule keeps it."""
    names = ("key", "id", "entity", "stage", "state", "matched", "evaluated_at")
    its = select(*(RULE.c[one] for one in names)).where(is_keeper(connection, name))
    rule = connection.execute(its).one_or_none()
    if rule is None:
        return None
    some = select(MEMBER.c.record).where(MEMBER.c.rule == rule.key).limit(most).subquery()
    size = int(connection.execute(select(func.count()).select_from(some)).scalar_one())
    return Kept(name, rule.key, rule.id, rule.entity, rule.stage, rule.state, rule.matched, rule.evaluated_at, size)


def members(connection: Connection, tables: RecordTables, kept: Kept, after: int, limit: int) -> list[dict[str, Any]]:
    """Return the members behind a key: key, id, since when, and the name where their kind has one."""
    records = tables.records.get(kept.entity)
    if records is None:
        return []
    name = [records.c[NAME].label("name")] if NAME in records.c else []
    rows = select(MEMBER.c.record.label("key"), records.c.id.label("contact"), MEMBER.c.since, *name)
    rows = rows.join(records, records.c.key == MEMBER.c.record).where(MEMBER.c.rule == kept.key)
    behind = rows.where(MEMBER.c.record > after).order_by(MEMBER.c.record).limit(limit)
    return [dict(row) for row in connection.execute(behind).mappings()]
