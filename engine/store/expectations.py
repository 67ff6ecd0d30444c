"""Expectations: deletions that are pending or would come, followed from instant to instant in a temporary table."""

from dataclasses import dataclass
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
    true,
    update,
)

from engine.store.assessment import Assessment
from engine.store.columns import Instant
from engine.store.deletions import BEFORE_ORDER, CAN_BEGIN_ANEW
from engine.store.functions import LocalDayStart
from engine.store.outcome import MATCHES, NEITHER, OUTCOME, UNDECIDED
from engine.store.records import RecordTables
from engine.store.tables import CASES, DELETION

SCHEDULED, STOPPED, EXPECTED, NEVER = range(4)

_NAMES = ["rule", "record", "kind", "due_at"]

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


@dataclass(frozen=True, slots=True)
class Day:
    """A day, or all that was before and a day, where it has no start; the end is not part of it."""

    start: datetime | None
    end: datetime


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
    begins_anew = or_(
        and_(is_pending, DELETION.c.version != version), func.coalesce(DELETION.c.reason, "").in_(CAN_BEGIN_ANEW)
    )
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


def follow(assessment: Assessment, rule_id: str, slot: int, day: Day, due: datetime | None) -> None:
    """Follow an assessed rule through a day.

    What falls due on that day must be true, or is cancelled. `due` is when somebody's deletion would be due whose case
    opens then; None on a day on which the rule is not looked at and cases stay as they are.
    """
    connection = assessment.connection
    judged = and_(assessment.of(rule_id), OUTCOME.c.record == EXPECTATION.c.record)
    is_due = and_(
        EXPECTATION.c.rule == slot,
        EXPECTATION.c.due_at < day.end,
        true() if day.start is None else EXPECTATION.c.due_at >= day.start,
    )
    is_undecided = exists().where(judged, OUTCOME.c.state == UNDECIDED)
    is_possible = exists().where(judged, OUTCOME.c.state != NEITHER)
    # Undecided begins anew when it is true again; false is over for as long as the case stays open.
    connection.execute(delete(EXPECTATION).where(is_due, is_undecided))
    connection.execute(update(EXPECTATION).where(is_due, ~is_possible).values(kind=NEVER, due_at=None))
    if due is None:
        return
    is_later = or_(EXPECTATION.c.due_at.is_(None), EXPECTATION.c.due_at >= day.end)
    connection.execute(delete(EXPECTATION).where(EXPECTATION.c.rule == slot, is_later, ~is_possible))
    is_expected = exists().where(EXPECTATION.c.rule == slot, EXPECTATION.c.record == OUTCOME.c.record)
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


def _due(tables: RecordTables, slot: int, entity: str, until: datetime, *columns: Any) -> Select[Any]:
    records = tables.records[entity]
    joined = EXPECTATION.join(records, records.c.key == EXPECTATION.c.record)
    return select(*columns).select_from(joined).where(EXPECTATION.c.rule == slot, EXPECTATION.c.due_at < until)


def _owner(tables: RecordTables, entity: str) -> ColumnElement[Any]:
    records = tables.records[entity]
    return records.c.owner if "owner" in records.c else null()
