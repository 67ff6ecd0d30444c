"""Intents: effects about to happen, written before them; what came of each attempt is written after."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Text,
    and_,
    case,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from engine.store.columns import Instant
from engine.store.tables import CASES, INTENT, RULE

PENDING, DONE, WITHHELD, PARKED, FAILED = "pending", "done", "withheld", "parked", "failed"
COLUMNS = (
    *("rule", "record", "case", "call", "part", "deletion", "repetition", "inputs"),
    *("state", "not_before", "attempts", "created_at"),
)


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
    repetition: str
    inputs: str | None
    attempts: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Planned:
    """What intents are planned for: a rule's call, in which part of a case's life, with which inputs (JSON)."""

    rule: int
    call: int
    part: str = ""
    inputs: str | None = None

    @property
    def its(self) -> tuple[ColumnElement[bool], ...]:
        """The conditions of the intents of this call."""
        return INTENT.c.rule == self.rule, INTENT.c.call == self.call, INTENT.c.part == self.part


def plan_once_per_case(connection: Connection, planned: Planned, which: ColumnElement[bool], now: datetime) -> int:
    """Write the intents of a call for the cases of a condition, once for each case; return how many."""
    is_planned = exists().where(*planned.its, INTENT.c.case == CASES.c.key)
    return _plan(connection, planned, and_(which, ~is_planned), literal(""), now)


def plan_once_per_record(
    connection: Connection, planned: Planned, repetition: str, which: ColumnElement[bool], now: datetime
) -> int:
    """Write the intents of a call for the cases of a condition, once a record and repetition, in any case."""
    is_planned = exists().where(*planned.its, INTENT.c.record == CASES.c.record, INTENT.c.repetition == repetition)
    return _plan(connection, planned, and_(which, ~is_planned), literal(repetition), now)


def plan_again(
    connection: Connection, planned: Planned, before: datetime, which: ColumnElement[bool], now: datetime
) -> int:
    """Write the intents of a call for the cases of a condition whose last one was written before an instant."""
    its = (*planned.its, INTENT.c.case == CASES.c.key)
    is_recent = exists().where(*its, INTENT.c.created_at >= before)
    count = select(func.count()).where(*its).scalar_subquery()
    return _plan(connection, planned, and_(which, ~is_recent), case((count == 0, ""), else_=cast(count, Text)), now)


def are_open(rule: int) -> ColumnElement[bool]:
    """Return the condition of a rule's open cases that are not in doubt."""
    return and_(CASES.c.rule == rule, CASES.c.opened_at.is_not(None), ~CASES.c.undecided)


def opened_at(rule: int, now: datetime) -> ColumnElement[bool]:
    """Return the condition of the cases that opened at an instant."""
    return and_(are_open(rule), CASES.c.opened_at == now)


def _plan(
    connection: Connection,
    planned: Planned,
    which: ColumnElement[bool],
    repetition: ColumnElement[str],
    now: datetime,
) -> int:
    at = literal(now, Instant())
    values = (literal(planned.call), literal(planned.part), literal(0), repetition, literal(planned.inputs, Text()))
    state = (literal(PENDING), at, literal(0), at)
    rows = select(CASES.c.rule, CASES.c.record, CASES.c.key, *values, *state).where(which)
    return connection.execute(insert(INTENT).from_select(COLUMNS, rows)).rowcount


def add(connection: Connection, rows: Iterable[dict[str, Any]]) -> None:
    """Write single intents."""
    found = [{"state": PENDING, "attempts": 0, "repetition": "", **row} for row in rows]
    if found:
        connection.execute(insert(INTENT), found)


def due(connection: Connection, now: datetime, limit: int = 500) -> list[Intent]:
    """Return the pending intents whose time has come, the oldest first."""
    columns = [
        INTENT.c.key, RULE.c.id.label("rule"), RULE.c.entity, RULE.c.stage, RULE.c.state.label("rule_state"),
        INTENT.c.record, INTENT.c.case, INTENT.c.call, INTENT.c.part, INTENT.c.deletion, INTENT.c.repetition,
        INTENT.c.inputs, INTENT.c.attempts, INTENT.c.created_at,
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


def prune(connection: Connection, before: datetime, rules_that_remember: Collection[int] = ()) -> int:
    """Remove ended intents of closed cases that are older than an instant.

    An open case's tell that it has acted, and those of `rules_that_remember` that the record was acted upon.
    """
    is_open = or_(exists().where(CASES.c.key == INTENT.c.case), INTENT.c.rule.in_(rules_that_remember))
    old = and_(INTENT.c.ended_at < before, INTENT.c.state.in_((DONE, WITHHELD)), ~is_open)
    return connection.execute(delete(INTENT).where(old)).rowcount


def sums(connection: Connection) -> dict[str, int]:
    """Return how many intents are in each state."""
    rows = connection.execute(select(INTENT.c.state, func.count()).group_by(INTENT.c.state))
    return {row[0]: row[1] for row in rows}
