"""Baselines: how much there usually is of what deletion rules read, so that a feed that loses half of it is noticed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from engine.store.records import RecordTables
from engine.store.tables import BASELINE, HOLD

HOLDS = "holds"
GIVEN = "given"  # consents that are given, beside how many there are


@dataclass(frozen=True, slots=True)
class Level:
    """How much there was of something, and when that was counted."""

    value: int
    taken_at: datetime


def read(connection: Connection) -> dict[str, Level]:
    """Return every baseline by its name."""
    rows = connection.execute(select(BASELINE.c.name, BASELINE.c.value, BASELINE.c.taken_at))
    return {row.name: Level(row.value, row.taken_at) for row in rows}


def write(connection: Connection, levels: Mapping[str, int], now: datetime) -> None:
    """Let these be the baselines from now on."""
    for name, value in levels.items():
        values = {"value": value, "taken_at": now}
        if connection.execute(update(BASELINE).where(BASELINE.c.name == name).values(values)).rowcount == 0:
            connection.execute(insert(BASELINE).values(name=name, **values))


def count(connection: Connection, tables: RecordTables, entity: str, name: str) -> dict[str, int]:
    """Return how many records have a value in a field; or how many dated items there are, and consents given."""
    label = f"{entity}.{name}"
    shape = tables.model.entity(entity)
    if name in shape.fields:
        filled = select(func.count(tables.records[entity].c[name]))
        return {label: int(connection.execute(filled).scalar_one())}
    items = tables.items[(entity, name)]
    dated = select(func.count(items.c[shape.collections[name].dated_by]))
    found = {label: int(connection.execute(dated).scalar_one())}
    if name == "consents":
        given = select(func.count()).where(items.c.status__folded == "given")
        found[f"{label}.{GIVEN}"] = int(connection.execute(given).scalar_one())
    return found


def holds(connection: Connection) -> dict[str, int]:
    """Return how many holds are active."""
    active = select(func.count()).where(HOLD.c.lifted_at.is_(None))
    return {HOLDS: int(connection.execute(active).scalar_one())}
