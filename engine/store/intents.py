"""Intents: effects about to happen, written before them; what came of each attempt is written after."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, exists, func, insert, literal, or_, select, update

from engine.store.columns import Instant
from engine.store.tables import CASES, INTENT, RULE

PENDING, DONE, WITHHELD, PARKED, FAILED = "pending", "done", "withheld", "parked", "failed"
COLUMNS = ("rule", "record", "case", "call", "part", "deletion", "state", "not_before", "attempts", "created_at")


@dataclass(frozen=True, slots=True)
class Intent:
    """One effect of a case that is to happen at some time."""

    key: int
    rule: str
    entity: str
    stage: str
    rule_state: str
    record: int
    case: int
    call: int
    part: str
    deletion: int
    attempts: int
    created_at: datetime


def plan_for_new_cases(connection: Connection, rule: int, call: int, now: datetime) -> int:
    """Write the intents of a call for the cases that opened at an instant; return how many."""
    is_planned = exists().where(INTENT.c.case == CASES.c.key, INTENT.c.call == call, INTENT.c.part == "")
    at, values = literal(now, Instant()), (literal(call), literal(""), literal(0), literal(PENDING))
    opened = select(CASES.c.rule, CASES.c.record, CASES.c.key, *values, at, literal(0), at).where(
        CASES.c.rule == rule, CASES.c.opened_at == now, ~CASES.c.undecided, ~is_planned
    )
    return connection.execute(insert(INTENT).from_select(COLUMNS, opened)).rowcount


def add(connection: Connection, rows: Iterable[dict[str, Any]]) -> None:
    """Write single intents."""
    found = [{"state": PENDING, "attempts": 0, **row} for row in rows]
    if found:
        connection.execute(insert(INTENT), found)


def due(connection: Connection, now: datetime, limit: int = 500) -> list[Intent]:
    """Return the pending intents whose time has come, the oldest first."""
    columns = [
        INTENT.c.key, RULE.c.id.label("rule"), RULE.c.entity, RULE.c.stage, RULE.c.state.label("rule_state"),
        INTENT.c.record, INTENT.c.case, INTENT.c.call, INTENT.c.part, INTENT.c.deletion, INTENT.c.attempts,
        INTENT.c.created_at,
    ]  # fmt: skip
    rows = select(*columns).join(RULE, RULE.c.key == INTENT.c.rule)
    is_active = and_(RULE.c.paused.is_(None), RULE.c.paused_at.is_(None))
    rows = rows.where(INTENT.c.state == PENDING, INTENT.c.not_before <= now, is_active)
    return [
        Intent(**row)
        for row in connection.execute(rows.order_by(INTENT.c.not_before, INTENT.c.key).limit(limit)).mappings()
    ]


def settle(connection: Connection, key: int, state: str, reason: str, now: datetime) -> None:
    """Write what came of an intent."""
    values = {"state": state, "reason": reason or None, "ended_at": now, "attempts": INTENT.c.attempts + 1}
    connection.execute(update(INTENT).where(INTENT.c.key == key).values(values))


def postpone(connection: Connection, key: int, reason: str, until: datetime) -> None:
    """Write that an attempt failed and when the next one is due."""
    values = {"reason": reason, "not_before": until, "attempts": INTENT.c.attempts + 1}
    connection.execute(update(INTENT).where(INTENT.c.key == key).values(values))


def drop_of_deletions(connection: Connection, deletions: Any, reason: str, now: datetime) -> None:
    """Withhold what is still to be said about deletions that will not happen."""
    pending = and_(INTENT.c.deletion.in_(deletions), INTENT.c.state == PENDING)
    connection.execute(update(INTENT).where(pending).values(state=WITHHELD, reason=reason, ended_at=now))


def unsettled_of_deletion(connection: Connection, deletion: int, part: str) -> int:
    """Return how many messages of a kind about a deletion have neither gone out nor been withheld."""
    open_ = or_(INTENT.c.state == PENDING, INTENT.c.state == PARKED, INTENT.c.state == FAILED)
    found = select(func.count()).where(INTENT.c.deletion == deletion, INTENT.c.part.startswith(part), open_)
    return int(connection.execute(found).scalar_one())


def pending_of_deletion(connection: Connection, deletion: int, part: str) -> bool:
    """True while a message of a kind about a deletion is still to go out."""
    found = select(INTENT.c.key).where(INTENT.c.deletion == deletion, INTENT.c.part.startswith(part))
    return connection.execute(found.where(INTENT.c.state == PENDING).limit(1)).first() is not None


def prune(connection: Connection, before: datetime) -> int:
    """Remove ended intents of closed cases that are older than an instant; an open case's tell that it has acted."""
    is_open = exists().where(CASES.c.key == INTENT.c.case)
    old = and_(INTENT.c.ended_at < before, INTENT.c.state.in_((DONE, WITHHELD)), ~is_open)
    return connection.execute(delete(INTENT).where(old)).rowcount


def sums(connection: Connection) -> dict[str, int]:
    """Return how many intents are in each state."""
    rows = connection.execute(select(INTENT.c.state, func.count()).group_by(INTENT.c.state))
    return {row[0]: row[1] for row in rows}
