"""Expectations: deletions that are pending or would come, followed from instant to instant in a temporary table."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Integer,
    MetaData,
    Select,
    SmallInteger,
    Table,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
)

from engine.store.assessment import MATCHES, NEITHER, OUTCOME, Assessment
from engine.store.columns import Instant
from engine.store.deletions import BEFORE_ORDER, CAN_BEGIN_ANEW
from engine.store.functions import LocalDayStart
from engine.store.records import RecordTables
from engine.store.tables import CASES, DELETION

SCHEDULED, STOPPED, EXPECTED, NEVER = range(4)

EXPECTATION = Table(
    "expectation",
    MetaData(),
    Column("rule", Integer, primary_key=True),
    Column("record", BigInteger, primary_key=True),
    Column("kind", SmallInteger, nullable=False),
    Column("due_at", Instant),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)


def begin(connection: Connection) -> None:
    """Make the temporary table."""
    EXPECTATION.drop(connection, checkfirst=True)
    EXPECTATION.create(connection)


def end(connection: Connection) -> None:
    """Drop the temporary table."""
    EXPECTATION.drop(connection)


def seed(connection: Connection, slot: int, rule: int, version: str, due_if_released: datetime | None) -> None:
    """Take in what is stored of a live rule: its pending deletions, and open cases that get none any more.

    Cases whose deletion would begin anew are left out: they count when the rule is next found true. `due_if_released`
    is for a rule that a limit has paused: when the cases without a deletion would be due if it were released now.
    """
    of_case = DELETION.c.case == CASES.c.key
    is_pending = DELETION.c.state.in_(BEFORE_ORDER)
    waits = DELETION.c.state.in_(("kept", "held"))
    pending = select(
        literal(slot), DELETION.c.record, case((waits, STOPPED), else_=SCHEDULED), DELETION.c.due_at
    ).where(DELETION.c.rule == rule, is_pending, DELETION.c.version == version)
    connection.execute(insert(EXPECTATION).from_select(_NAMES, pending))
    begins_anew = or_(and_(is_pending, DELETION.c.version != version), DELETION.c.reason.in_(CAN_BEGIN_ANEW))
    is_over = and_(of_case, ~begins_anew)
    rest = and_(
        CASES.c.rule == rule,
        CASES.c.opened_at.is_not(None),
        ~exists().where(EXPECTATION.c.rule == slot, EXPECTATION.c.record == CASES.c.record),
    )
    if due_if_released is not None:
        stopped = and_(rest, ~exists().where(is_over), ~exists().where(of_case, begins_anew))
        values = (literal(slot), CASES.c.record, literal(STOPPED), literal(due_if_released, Instant()))
        connection.execute(insert(EXPECTATION).from_select(_NAMES, select(*values).where(stopped)))
    over = and_(rest, or_(exists().where(is_over), ~exists().where(of_case)))
    never = select(literal(slot), CASES.c.record, literal(NEVER), null()).where(over)
    connection.execute(insert(EXPECTATION).from_select(_NAMES, never))


def follow(
    assessment: Assessment, rule_id: str, slot: int, after: datetime | None, due: datetime, *, opens: bool
) -> None:
    """Follow an assessed rule to its instant, the last one having been `after`.

    What fell due since must be true now, or it was cancelled; what is not due is cancelled when the rule is false. With
    `opens`, who is matched and not expected yet will be due at `due`.
    """
    connection, now = assessment.connection, assessment.moment.now
    mine = EXPECTATION.c.rule == slot
    judged = and_(assessment.of(rule_id), OUTCOME.c.record == EXPECTATION.c.record)
    fell_due = and_(
        EXPECTATION.c.due_at <= now, EXPECTATION.c.due_at > after if after is not None else literal(value=True)
    )
    is_later = or_(EXPECTATION.c.due_at.is_(None), EXPECTATION.c.due_at > now)
    connection.execute(delete(EXPECTATION).where(mine, fell_due, ~exists().where(judged, OUTCOME.c.state == MATCHES)))
    connection.execute(delete(EXPECTATION).where(mine, is_later, ~exists().where(judged, OUTCOME.c.state != NEITHER)))
    if opens:
        is_expected = exists().where(mine, EXPECTATION.c.record == OUTCOME.c.record)
        values = (literal(slot), OUTCOME.c.record, literal(EXPECTED), literal(due, Instant()))
        fresh = select(*values).where(assessment.of(rule_id), OUTCOME.c.state == MATCHES, ~is_expected)
        connection.execute(insert(EXPECTATION).from_select(_NAMES, fresh))


def counts(
    connection: Connection, tables: RecordTables, slot: int, where: tuple[str, str], until: datetime
) -> list[tuple[datetime, str | None, int, int]]:
    """Return how many are due before an instant: (start of day, owner, kind, count), `where` being (entity, zone)."""
    entity, zone = where
    day, owner = LocalDayStart(EXPECTATION.c.due_at, zone), _owner(tables, entity)
    rows = _due(tables, slot, entity, until, day, owner, EXPECTATION.c.kind, func.count())
    return [tuple(row) for row in connection.execute(rows.group_by(day, owner, EXPECTATION.c.kind))]


def contacts(
    connection: Connection, tables: RecordTables, slot: int, where: tuple[str, str], until: datetime
) -> list[tuple[datetime, str | None, str]]:
    """Return who is due before an instant: (start of day, owner, id), by id."""
    entity, zone = where
    ident = tables.records[entity].c.id
    day = LocalDayStart(EXPECTATION.c.due_at, zone)
    rows = _due(tables, slot, entity, until, day, _owner(tables, entity), ident)
    return [tuple(row) for row in connection.execute(rows.order_by(ident))]


_NAMES = ["rule", "record", "kind", "due_at"]


def _due(tables: RecordTables, slot: int, entity: str, until: datetime, *columns: Any) -> Select[Any]:
    records = tables.records[entity]
    joined = EXPECTATION.join(records, records.c.key == EXPECTATION.c.record)
    return select(*columns).select_from(joined).where(EXPECTATION.c.rule == slot, EXPECTATION.c.due_at < until)


def _owner(tables: RecordTables, entity: str) -> ColumnElement[Any]:
    records = tables.records[entity]
    return records.c.owner if "owner" in records.c else null()
