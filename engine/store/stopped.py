"""Stopped: whose deletions a tripped limit keeps from being scheduled, page by page, in the order of the records."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from engine.store.deletions import all_candidates
from engine.store.levels import MOST
from engine.store.records import RecordTables
from engine.store.tables import CASES


@dataclass(frozen=True, slots=True)
class Stopped:
    """One whose deletion would be scheduled: the record's key and id."""

    key: int
    record: str


def listing(
    connection: Connection, tables: RecordTables, entity: str, rule: int, limit: int, after: int = 0
) -> list[Stopped]:
    """Return those whose deletions a released rule, given by its key, would schedule; those behind the key of one."""
    some = all_candidates(rule).where(CASES.c.record > after).order_by(CASES.c.record).limit(limit).subquery()
    records = tables.records[entity]
    rows = select(some.c.record, records.c.id).join(records, records.c.key == some.c.record).order_by(some.c.record)
    return [Stopped(row.record, row.id) for row in connection.execute(rows)]


def count(connection: Connection, rule: int) -> int:
    """Return how many they are, up to `levels.MOST`."""
    some = all_candidates(rule).limit(MOST).subquery()
    return int(connection.execute(select(func.count()).select_from(some)).scalar_one())
