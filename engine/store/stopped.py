"""Stopped: whose deletions a tripped limit keeps from being scheduled, page by page, in the order of their cases."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from engine.store.deletions import all_candidates
from engine.store.levels import MOST
from engine.store.records import RecordTables
from engine.store.tables import CASES


@dataclass(frozen=True, slots=True)
class Stopped:
    """One whose deletion would be scheduled: the case, and the record's id."""

    case: int
    record: str


def listing(
    connection: Connection, tables: RecordTables, entity: str, rule: int, limit: int, after: int = 0
) -> list[Stopped]:
    """Return those whose deletions a released rule, given by its key, would schedule; those behind a case."""
    some = all_candidates(rule).where(CASES.c.key > after).order_by(CASES.c.key).limit(limit).subquery()
    records = tables.records[entity]
    rows = select(some.c.key, records.c.id).join(records, records.c.key == some.c.record).order_by(some.c.key)
    return [Stopped(row.key, row.id) for row in connection.execute(rows)]


def count(connection: Connection, rule: int) -> int:
    """Return how many they are, up to `levels.MOST`."""
    some = all_candidates(rule).limit(MOST).subquery()
    return int(connection.execute(select(func.count()).select_from(some)).scalar_one())
