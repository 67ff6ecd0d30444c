"""Intents: effects about to happen, written before them; what came of each attempt is written after."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
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

from engine.store import ledger
from engine.store.columns import Instant
from engine.store.tables import CASES, INTENT, RULE
from engine.store.turn import Turn

PENDING, DONE, WITHHELD, PARKED, FAILED = "pending", "done", "withheld", "parked", "failed"
REPORTED = "REPORTED"  # begins the reason where the receiver itself has reported what came of it
BATCH = 500
COLUMNS = (
    *("rule", "record", "case", "call", "part", "deletion", "repetition", "inputs"),
    *("state", "not_before", "attempts", "created_at", "run"),
)


@dataclass(frozen=True, slots=True)
class Intent:
    """One effect of a case that is to happen at some time.

    `digest` is the daily letter that it is gathered into; `reached` the marks of the destinations that were told.
    """

    key: int
    rule: str
    rule_key: int
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
    digest: datetime | None
    reached: str | None


@dataclass(frozen=True, slots=True)
class Planned:
    """What intents are planned for: a rule's call, in which part of a case, with which inputs (JSON), by which run."""

    rule: int
    call: int
    part: str = ""
    inputs: str | None = None
    run: int | None = None

    @property
    def its(self) -> tuple[ColumnElement[bool], ...]:
        """The conditions of the intents of this call."""
        return INTENT.c.rule == self.rule, INTENT.c.call == self.call, INTENT.c.part == self.part

    @property
    def of_case(self) -> tuple[ColumnElement[bool], ...]:
        """The same of a case, which has one rule: naming that too, SQLite looks through all intents of it each time."""
        return INTENT.c.case == CASES.c.key, INTENT.c.call == self.call, INTENT.c.part == self.part


def plan_once_per_case(connection: Connection, planned: Planned, which: ColumnElement[bool], now: datetime) -> int:
    """Write the intents of a call for the cases of a condition, once for each case; return how many."""
    return _plan(connection, planned, and_(which, ~exists().where(*planned.of_case)), literal(""), now)


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
    its = planned.of_case
    is_recent = exists().where(*its, INTENT.c.created_at >= before)
    count = select(func.count()).where(*its).scalar_subquery()
    return _plan(connection, planned, and_(which, ~is_recent), case((count == 0, ""), else_=cast(count, Text)), now)


def are_open(rule: int) -> ColumnElement[bool]:
    """Return the condition of a rule's open cases that are not in doubt."""
    return and_(CASES.c.rule == rule, CASES.c.opened_at.is_not(None), ~CASES.c.undecided)


def opened_at(turn: Turn) -> ColumnElement[bool]:
    """Return the condition of the cases that opened just now."""
    return and_(are_open(turn.key), CASES.c.opened_at == turn.now, turn.looked_at(CASES.c.record))


def _plan(
    connection: Connection,
    planned: Planned,
    which: ColumnElement[bool],
    repetition: ColumnElement[str],
    now: datetime,
) -> int:
    at = literal(now, Instant())
    values = (literal(planned.call), literal(planned.part), literal(0), repetition, literal(planned.inputs, Text()))
    state = (literal(PENDING), at, literal(0), at, literal(planned.run, BigInteger()))
    rows = select(CASES.c.rule, CASES.c.record, CASES.c.key, *values, *state).where(which)
    return connection.execute(insert(INTENT).from_select(COLUMNS, rows)).rowcount


def add(connection: Connection, rows: Iterable[dict[str, Any]]) -> None:
    """Write single intents."""
    found = [{"state": PENDING, "attempts": 0, "repetition": "", **row} for row in rows]
    if found:
        connection.execute(insert(INTENT), found)


def due(connection: Connection, now: datetime, limit: int = 500) -> list[Intent]:
    """Return the pending intents whose time has come, the oldest first; those of digests are apart."""
    rows = _pending(now).where(INTENT.c.digest.is_(None)).order_by(INTENT.c.not_before, INTENT.c.key)
    return [Intent(**row) for row in connection.execute(rows.limit(limit)).mappings()]


def digests_due(connection: Connection, now: datetime) -> list[Intent]:
    """Return all pending intents that are gathered into digests whose time has come, digest by digest."""
    rows = _pending(now).where(INTENT.c.digest.is_not(None)).order_by(INTENT.c.digest, INTENT.c.key)
    return [Intent(**row) for row in connection.execute(rows).mappings()]


def _pending(now: datetime) -> Select[Any]:
    columns = [
        INTENT.c.key, RULE.c.id.label("rule"), INTENT.c.rule.label("rule_key"), RULE.c.entity, RULE.c.stage,
        RULE.c.state.label("rule_state"), INTENT.c.record, INTENT.c.case, INTENT.c.call, INTENT.c.part,
        INTENT.c.deletion, INTENT.c.repetition, INTENT.c.inputs, INTENT.c.attempts, INTENT.c.created_at,
        INTENT.c.digest, INTENT.c.reached,
    ]  # fmt: skip
    rows = select(*columns).join(RULE, RULE.c.key == INTENT.c.rule)
    is_active = and_(RULE.c.paused.is_(None), RULE.c.paused_at.is_(None))
    return rows.where(INTENT.c.state == PENDING, INTENT.c.not_before <= now, is_active)


def settle(
    connection: Connection, intent: Intent, ended: tuple[str, str], reached: Iterable[str], now: datetime
) -> None:
    """Write what came of an intent, as (state, reason), and the marks of those who were told."""
    state, reason = ended
    values = {"state": state, "reason": reason or None, "ended_at": now, "attempts": INTENT.c.attempts + 1}
    _write(connection, intent, values, reached)


def postpone(connection: Connection, intent: Intent, reason: str, reached: Iterable[str], until: datetime) -> None:
    """Write that an attempt failed, whom it reached nevertheless, and when the next one is due."""
    values = {"reason": reason, "not_before": until, "attempts": INTENT.c.attempts + 1}
    _write(connection, intent, values, reached)


def _write(connection: Connection, intent: Intent, values: dict[str, Any], reached: Iterable[str]) -> None:
    marks = " ".join(sorted(reached)) or None
    is_open = or_(INTENT.c.reason.is_(None), ~INTENT.c.reason.startswith(REPORTED))
    its = (INTENT.c.key == intent.key, is_open)
    connection.execute(update(INTENT).where(*its).values(values | {"reached": marks}))


def delay(connection: Connection, keys: Iterable[int], until: datetime) -> None:
    """Let intents wait that were not attempted."""
    _change(connection, list(keys), {"not_before": until})


def gather(connection: Connection, keys: Iterable[int], digest: datetime) -> None:
    """Let intents wait for a daily letter, which they become part of."""
    _change(connection, list(keys), {"not_before": digest, "digest": digest, "attempts": 0})


def _change(connection: Connection, keys: list[int], values: dict[str, Any]) -> None:
    for start in range(0, len(keys), BATCH):
        its = INTENT.c.key.in_(keys[start : start + BATCH])
        connection.execute(update(INTENT).where(its).values(values))


def attempts_at(connection: Connection, digest: datetime) -> int:
    """Return how often a daily letter has been attempted: what is in it does not change after the first time."""
    found = select(func.max(INTENT.c.attempts)).where(INTENT.c.digest == digest)
    return connection.execute(found).scalar_one() or 0


def done_since(connection: Connection, like: Intent, since: datetime) -> int:
    """Return how many intents of the same call were done after an instant."""
    done = (*_of_call(like), INTENT.c.state == DONE, INTENT.c.ended_at > since)
    return int(connection.execute(select(func.count()).where(*done)).scalar_one())


def nth_newest_done(connection: Connection, like: Intent, number: int) -> datetime | None:
    """Return when, counted back from the newest, the n-th intent of the same call was done; None where fewer were."""
    done = select(INTENT.c.ended_at).where(*_of_call(like), INTENT.c.state == DONE)
    nth = done.order_by(INTENT.c.ended_at.desc()).limit(1).offset(number - 1)
    return connection.execute(nth).scalar_one_or_none()


def delay_call(connection: Connection, like: Intent, until: datetime) -> None:
    """Let all pending intents of the same call wait, those that wait longer excepted."""
    waiting = (*_of_call(like), INTENT.c.state == PENDING, INTENT.c.not_before < until)
    connection.execute(update(INTENT).where(*waiting).values(not_before=until))


def _of_call(like: Intent) -> tuple[Any, ...]:
    return (INTENT.c.rule == like.rule_key, INTENT.c.call == like.call, INTENT.c.part == like.part)


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


def replay(connection: Connection, key: int, now: datetime) -> bool:
    """Let a parked intent begin anew, for those whom it has not reached; False where none such is parked."""
    parked = and_(INTENT.c.key == key, INTENT.c.state == PARKED)
    anew = {"state": PENDING, "reason": None, "attempts": 0, "not_before": now, "ended_at": None, "digest": None}
    return connection.execute(update(INTENT).where(parked).values(anew)).rowcount == 1


def prune(
    connection: Connection, before: datetime, rules_that_remember: Collection[int] = ()
) -> list[tuple[int, datetime | None]]:
    """Remove ended intents of closed cases that are older than an instant; return their keys and digests.

    An open case's tell that it has acted, and those of `rules_that_remember` that the record was acted upon.
    """
    is_open = or_(exists().where(CASES.c.key == INTENT.c.case), INTENT.c.rule.in_(rules_that_remember))
    old = and_(INTENT.c.ended_at < before, INTENT.c.state.in_((DONE, WITHHELD)), ~is_open)
    ledger.note_gone(connection, old)
    gone = connection.execute(delete(INTENT).where(old).returning(INTENT.c.key, INTENT.c.digest))
    return [(row.key, row.digest) for row in gone]


def follow_record(connection: Connection, entity: str, before: int, after: int) -> None:
    """Let the ended intents of a record that came back under another key be found under that one."""
    its = and_(INTENT.c.record == before, INTENT.c.rule.in_(select(RULE.c.key).where(RULE.c.entity == entity)))
    connection.execute(update(INTENT).where(its, INTENT.c.state != PENDING).values(record=after))


def sums(connection: Connection) -> dict[str, int]:
    """Return how many intents are in each state."""
    rows = connection.execute(select(INTENT.c.state, func.count()).group_by(INTENT.c.state))
    return {row[0]: row[1] for row in rows}
