"""Levels: how much of everything stands and waits in the store, read so often that no reading may count all there is.

What the store has counted already is taken from there; what waits is found by an index, and counted up to `MOST`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select

from engine.store import positions
from engine.store.changes import SEEN
from engine.store.deletions import MOVES
from engine.store.inbox import HEARD
from engine.store.intents import PARKED, PENDING
from engine.store.registry import RETIRED
from engine.store.tables import CHANGE_LOG, DELETION, INBOX, INTENT, RECEIPT, RULE

MOST = 100_000  # rows that one reading looks at: a few milliseconds on both kinds of database


@dataclass(frozen=True, slots=True)
class RuleLevel:
    """How a rule stands. Its cases, as they were counted with the last move, are None where it was never evaluated."""

    open: int | None
    undecided: int | None
    is_paused_by_limit: bool
    is_paused_by_person: bool


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits to be worked through: how much, up to `MOST`, and since when the oldest of it does, if any."""

    waiting: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Levels:
    """How the store stands. `receipts` is the number of the newest; those in a sequence of PostgreSQL can have gaps."""

    rules: Mapping[str, RuleLevel]
    deletions: Mapping[str, int]
    receipts: int
    intents: Queue
    parked: int
    changes: Queue
    events: Queue


def read(connection: Connection) -> Levels:
    """Return how the store stands now, in one snapshot."""
    return Levels(
        _rules(connection),
        of_deletions(connection),
        int(connection.execute(select(func.max(RECEIPT.c.key))).scalar_one() or 0),
        Queue(_count(connection, INTENT.c.key, INTENT.c.state == PENDING), _oldest_intent(connection)),
        _count(connection, INTENT.c.key, INTENT.c.state == PARKED),
        _behind(connection, CHANGE_LOG.c.seq, CHANGE_LOG.c.changed_at, SEEN),
        _behind(connection, INBOX.c.seq, INBOX.c.received_at, HEARD),
    )


def of_deletions(connection: Connection) -> dict[str, int]:
    """Return how many deletions there are in each state."""
    return {state: _count(connection, DELETION.c.key, DELETION.c.state == state) for state in MOVES}


def _rules(connection: Connection) -> dict[str, RuleLevel]:
    """Return how each rule stands that is not retired; one that is off, or was never evaluated, counts no cases."""
    columns = ("id", "stage", "evaluated_version", "matched", "undecided", "paused", "paused_at")
    rows = connection.execute(select(*(RULE.c[name] for name in columns)).where(RULE.c.state != RETIRED))
    found = {}
    for row in rows:
        counted = (row.matched, row.undecided) if row.stage != "off" and row.evaluated_version else (None, None)
        found[row.id] = RuleLevel(counted[0], counted[1], row.paused is not None, row.paused_at is not None)
    return found


def _count(connection: Connection, key: ColumnElement[Any], condition: ColumnElement[bool]) -> int:
    some = select(key).where(condition).limit(MOST).subquery()
    return int(connection.execute(select(func.count()).select_from(some)).scalar_one())


def _oldest_intent(connection: Connection) -> datetime | None:
    """Return since when the oldest pending intent is due, or will be; those of paused rules wait for a person."""
    some = _first(select(INTENT.c.rule, INTENT.c.not_before).where(INTENT.c.state == PENDING), INTENT.c.not_before)
    is_active = and_(RULE.c.paused.is_(None), RULE.c.paused_at.is_(None))
    awake = select(some.c.not_before).join(RULE, RULE.c.key == some.c.rule).where(is_active)
    return connection.execute(awake.order_by(some.c.not_before).limit(1)).scalar_one_or_none()


def _first(rows: Select[Any], order: ColumnElement[Any]) -> Any:
    return rows.order_by(order).limit(MOST).subquery()


def _behind(connection: Connection, seq: ColumnElement[Any], at: ColumnElement[Any], position: str) -> Queue:
    """Return what of a growing table lies beyond a position; its rows are in the order of their arrival."""
    beyond = seq > positions.read(connection, position)
    oldest = connection.execute(select(at).where(beyond).order_by(seq).limit(1)).scalar_one_or_none()
    return Queue(_count(connection, seq, beyond), oldest)
