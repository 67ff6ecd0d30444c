"""Outcomes: the temporary tables in which an evaluation keeps its verdicts, and whom it is to look at, by rule."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Integer,
    MetaData,
    Select,
    SmallInteger,
    Table,
    and_,
    case,
    exists,
    func,
    select,
    union_all,
)

from engine.store.tables import CASES

# A rule that waits (`for_at_least`) is true, but not for long enough yet: it matches nobody so far.
NEITHER, MATCHES, UNDECIDED, WAITING = 0, 1, 2, 3

OUTCOME = Table(
    "outcome",
    MetaData(),
    Column("slot", Integer, primary_key=True),
    Column("record", BigInteger, primary_key=True),
    Column("state", SmallInteger, nullable=False),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
    postgresql_on_commit="DELETE ROWS",
)

CANDIDATE = Table(
    "candidate",
    MetaData(),
    Column("slot", Integer, primary_key=True),
    Column("record", BigInteger, primary_key=True),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
    postgresql_on_commit="DELETE ROWS",
)


def assessed_state() -> ColumnElement[int]:
    """Return the state of an outcome for those who read the rule: one that waits is none yet."""
    return case((OUTCOME.c.state == WAITING, NEITHER), else_=OUTCOME.c.state)


def stored_state() -> ColumnElement[int]:
    """Return the state that a case stands for."""
    return case((CASES.c.undecided, UNDECIDED), (CASES.c.opened_at.is_(None), NEITHER), else_=MATCHES)


def differing(rule: ColumnElement[int], *, is_partial: bool) -> Select[Any]:
    """Select the keys of the records for which an assessed rule is something else than its cases say."""
    of_rule = OUTCOME.c.slot == rule
    its = and_(CASES.c.rule == rule, CASES.c.record == OUTCOME.c.record)
    held = func.coalesce(select(stored_state()).where(its).scalar_subquery(), NEITHER)
    found: Select[Any] = select(OUTCOME.c.record.label("key")).where(of_rule, assessed_state() != held)
    if is_partial:
        return found
    is_gone = ~exists().where(of_rule, OUTCOME.c.record == CASES.c.record)
    gone = select(CASES.c.record.label("key")).where(CASES.c.rule == rule, is_gone, stored_state() != NEITHER)
    return select(union_all(found, gone).subquery().c.key)
